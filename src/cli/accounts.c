/* SPDX-License-Identifier: GPL-3.0-or-later */
/* accounts, status, folders, journal: what is configured and stored, one line each. */
#include "action/journal.h"
#include "action/sync.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/i18n.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/session.h"
#include "mtm/journal.h"
#include "text/cells.h"
#include "text/date.h"
#include "text/sanitise.h"

#include <string.h>

static void print_account(const account_settings *a, bool json)
{
    g_autofree char *lacks = conf_account_lacks(a);
    g_autoptr(GString) line = g_string_new(NULL);
    if (json) {
        cli_json_account(line, a, lacks);
        out_json(line);
        return;
    }
    g_string_append_printf(line, "%s: %s", a->name, a->address != NULL ? a->address : "-");
    if (a->tunnel != NULL)
        g_string_append(line, _(", by a tunnel"));
    else if (a->imap_host != NULL)
        g_string_append_printf(line, ", %s:%u", a->imap_host, a->imap_port);
    if (lacks != NULL) {
        g_string_append(line, ", ");
        g_string_append_printf(line, _("not usable: '%s' is not set"), lacks);
    }
    g_autofree char *clean = text_sanitise_line(line->str, (gssize)line->len);
    out_line(clean);
}

int cli_accounts(cli_session *s)
{
    const GPtrArray *accounts = conf_accounts(s->conf);
    for (guint i = 0; i < accounts->len; i++) {
        const account_settings *a = accounts->pdata[i];
        if (session_wants(s, a->name))
            print_account(a, s->request->json);
    }
    return EXIT_DONE;
}

/* ---- status */
#define ENGINE_PATIENCE_MS 500 /* one that runs answers within milliseconds */

/* Where no engine runs, what is known is what the store holds. */
static void add_stored(const cli_session *s, const GPtrArray *journal, mtm_account_status *status)
{
    for (guint i = 0; i < journal->len; i++) {
        const mtm_journal_row *row = journal->pdata[i];
        if (strcmp(row->account, status->account) == 0)
            *(row->state == JOURNAL_PARKED ? &status->parked : &status->pending) += 1;
    }
    const GPtrArray *folders = mtm_folders(s->mtm);
    for (guint i = 0; i < folders->len; i++) {
        const folder *f = folders->pdata[i];
        if (g_strcmp0(f->account_name, status->account) == 0)
            status->synced_at_s = MAX(status->synced_at_s, f->synced_at_s);
    }
}

int cli_status(cli_session *s)
{
    g_autoptr(GError) error = NULL;
    if (!session_open_reading(s, &error))
        return session_fail(error);
    bool live = mtm_look_on(s->mtm, ENGINE_PATIENCE_MS);
    g_autoptr(GPtrArray) journal = mtm_journal_list(NULL, &error);
    if (journal == NULL)
        return session_fail(error);
    for (guint i = 0; i < mtm_account_count(s->mtm); i++) {
        mtm_account_status status = *mtm_status(s->mtm, i);
        if (!session_wants(s, status.account))
            continue;
        status.pending = status.parked = 0; /* counted below: an engine that is offline does not */
        add_stored(s, journal, &status);
        if (s->request->json) {
            g_autoptr(GString) object = g_string_new(NULL);
            cli_json_status(object, &status, live);
            out_json(object);
        } else {
            g_autofree char *line = action_status_line(&status, clock_now_s());
            out_line(line);
        }
    }
    return EXIT_DONE;
}

/* ---- folders */
static char *folder_label(const folder *f)
{
    g_autofree char *full = g_strdup_printf("%s:%s", f->account_name, f->name);
    return text_sanitise_line(full, -1);
}

static void print_folder(const folder *f, int name_columns)
{
    g_autoptr(GString) line = g_string_new(NULL);
    g_autofree char *label = folder_label(f);
    text_fit(line, label, -1, name_columns, true, out_is_ascii());
    g_string_append_printf(line, "  %8u  %8u  ", f->unseen, f->messages);
    text_fit(line, folder_role_word(f->role), -1, 8, true, true);
    g_string_append(line, "  ");
    if (!f->selectable)
        g_string_append(line, _("holds folders only"));
    else if (f->synced_at_s > 0) {
        g_autofree char *ago = action_ago(f->synced_at_s, clock_now_s());
        g_string_append_printf(line, _("synced %s"), ago);
    } else
        g_string_append(line, _("never synced"));
    out_line(line->str);
}

int cli_folders(cli_session *s)
{
    if (s->request->nargs > 0 && strcmp(s->request->args->pdata[0], "list") != 0)
        return cli_act(s);
    g_autoptr(GError) error = NULL;
    if (!session_open_reading(s, &error))
        return session_fail(error);
    const GPtrArray *folders = mtm_folders(s->mtm);
    int name_columns = 0;
    for (guint i = 0; i < folders->len; i++) {
        g_autofree char *label = folder_label(folders->pdata[i]);
        name_columns = MAX(name_columns, text_columns(label, -1));
    }
    for (guint i = 0; i < folders->len; i++) {
        const folder *f = folders->pdata[i];
        if (!session_wants(s, f->account_name))
            continue;
        if (s->request->json) {
            g_autoptr(GString) object = g_string_new(NULL);
            cli_json_folder(object, f);
            out_json(object);
        } else
            print_folder(f, name_columns);
    }
    return EXIT_DONE;
}

/* ---- journal */
int cli_journal(cli_session *s)
{
    if (s->request->nargs > 0 && strcmp(s->request->args->pdata[0], "list") != 0)
        return cli_act(s);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) rows = mtm_journal_list(NULL, &error);
    if (rows == NULL)
        return session_fail(error);
    for (guint i = 0; i < rows->len; i++) {
        const mtm_journal_row *row = rows->pdata[i];
        if (!session_wants(s, row->account))
            continue;
        if (s->request->json) {
            g_autoptr(GString) object = g_string_new(NULL);
            cli_json_journal(object, row, action_journal_state(row->state));
            out_json(object);
        } else {
            g_autofree char *line = action_journal_line(row);
            out_line(line);
        }
    }
    return EXIT_DONE;
}
