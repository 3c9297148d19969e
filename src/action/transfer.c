/* SPDX-License-Identifier: GPL-3.0-or-later */
/* import and export of files, and search with the server's help. */
#include "action/internal.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/i18n.h"
#include "text/date.h"
#include "text/sanitise.h"

#include <string.h>

#define KINDS "mbox|maildir|eml"

static bool run_import(command_call *call, GError **error)
{
    face *f = action_face(call, error);
    if (f == NULL || action_choice(KINDS, call->args[0], error) < 0)
        return false;
    const folder *to = action_folder(f, call->args[2], error);
    return to != NULL &&
           action_posted(f, mtm_import(f->mtm, call->args[0], call->args[1], to->id), _("import"), error);
}

static bool run_export(command_call *call, GError **error)
{
    face *f = action_face(call, error);
    if (f == NULL || action_choice(KINDS, call->args[0], error) < 0)
        return false;
    g_autoptr(GArray) ids = action_ids(call, 2, call->nargs, error);
    if (ids == NULL)
        return false;
    return action_posted(f, mtm_export(f->mtm, call->args[0], call->args[1], action_ids_data(ids), ids->len),
                         _("export"), error);
}

/* ---- search */

typedef struct search {
    face *face;
    guint64 op;
} search;

static void say_found(face *f, guint32 id)
{
    g_autoptr(mail_summary) m = mtm_summary(f->mtm, id, NULL);
    if (m == NULL)
        return;
    g_autofree char *date = text_date_rfc3339(mail_summary_sort_date(m));
    g_autofree char *from = text_sanitise_line(m->from->len > 0 ? address_label(m->from->pdata[0]) : "", -1);
    g_autofree char *subject = text_sanitise_line(m->subject, -1);
    g_autofree char *line = g_strdup_printf("%u  %s  %s  %s", id, date, from, subject);
    f->say(f, line);
}

static void search_event(const mtm_event *e, gpointer data)
{
    search *s = data;
    if (e->op != s->op || s->op == 0)
        return;
    for (gsize i = 0; e->kind == MTM_FOUND && i < e->nids; i++)
        say_found(s->face, e->ids[i]);
}

bool action_search(command_call *call, GError **error)
{
    face *f = action_face(call, error);
    if (f == NULL)
        return false;
    bool local = call->nargs > 0 && strcmp(call->args[0], "--local") == 0;
    g_autofree char *text = command_call_text(call, local ? 1 : 0);
    g_autoptr(query) q = query_parse(text, clock_now_s(), error);
    if (q == NULL)
        return false;
    search s = { .face = f };
    mtm_observe(f->mtm, search_event, &s);
    s.op = mtm_search(f->mtm, 0, q, local);
    bool good = action_posted(f, s.op, _("search"), error);
    mtm_unobserve(f->mtm, &s);
    return good;
}

const command_row action_transfer_rows[] = {
    { "import", NULL, CONTEXT_GLOBAL, KINDS " PATH FOLDER", 3, 3,
      N_("put the messages of a file or directory into a folder, exactly as they are"), run_import },
    { "export", NULL, CONTEXT_GLOBAL, KINDS " PATH [ID...]", 2, -1,
      N_("write messages into a file or directory, exactly as they are"), run_export },
    { NULL },
};
