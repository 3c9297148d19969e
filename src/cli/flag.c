/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flag: changes are put into the journal here and sent by the next sync. */
#include "base/error.h"
#include "base/i18n.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/session.h"

#include <string.h>

static bool is_change(const char *word)
{
    return word[0] == '+' || word[0] == '-';
}

static bool parse(const cli_request *r, action_flags *flags, GArray *ids, GError **error)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    for (guint i = 0; i < r->nargs; i++) {
        const char *word = r->args->pdata[i];
        guint64 id;
        if (is_change(word))
            g_ptr_array_add(words, (gpointer)word);
        else if (g_ascii_string_to_unsigned(word, 10, 1, G_MAXUINT32, &id, NULL)) {
            guint32 id32 = (guint32)id;
            g_array_append_val(ids, id32);
        } else {
            error_set(error, ERROR_INPUT, _("flag: '%s' is neither a change (+X, -Y) nor an id"), word);
            return false;
        }
    }
    if (words->len == 0 || ids->len == 0) {
        error_set(error, ERROR_INPUT, _("flag wants changes and ids: flag +seen -flagged 12 13"));
        return false;
    }
    g_ptr_array_add(words, NULL);
    return action_flags_parse((const char *const *)words->pdata, flags, error);
}

/* Ids that are in the store; the others are said. */
static GArray *known(cli_session *s, const GArray *ids)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (guint i = 0; i < ids->len; i++) {
        guint32 id = g_array_index(ids, guint32, i);
        g_autoptr(mail_summary) m = mtm_summary(s->mtm, id, NULL);
        if (m != NULL)
            g_array_append_val(found, id);
    }
    return found;
}

static void say_unknown(const GArray *ids, const GArray *found)
{
    g_autoptr(GString) list = g_string_new(NULL);
    guint j = 0;
    for (guint i = 0; i < ids->len; i++) {
        guint32 id = g_array_index(ids, guint32, i);
        if (j < found->len && g_array_index(found, guint32, j) == id)
            j++;
        else
            g_string_append_printf(list, "%s%u", list->len > 0 ? ", " : "", id);
    }
    g_autofree char *sentence =
        g_strdup_printf(_("no such message in the store: %s; 'cursus list' shows the ids"), list->str);
    err_line(sentence);
}

static void print_json(cli_session *s, const GArray *ids)
{
    for (guint i = 0; i < ids->len; i++) {
        g_autoptr(mail_summary) m = mtm_summary(s->mtm, g_array_index(ids, guint32, i), NULL);
        if (m == NULL)
            continue;
        const folder *where = mtm_folder(s->mtm, m->folder);
        g_autoptr(GString) object = g_string_new(NULL);
        cli_json_message(object, m, where != NULL ? where->account_name : NULL, where != NULL ? where->name : NULL);
        out_json(object);
    }
}

static int apply(cli_session *s, const action_flags *flags, const GArray *ids)
{
    g_autoptr(GArray) found = known(s, ids);
    if (found->len < ids->len)
        say_unknown(ids, found);
    if (found->len == 0)
        return EXIT_FAILED;
    guint64 op = mtm_flag(s->mtm, (const guint32 *)(const void *)found->data, found->len, flags->add, flags->remove,
                          (const char *const *)flags->add_keywords->pdata,
                          (const char *const *)flags->remove_keywords->pdata);
    session_started(s, op);
    const mtm_problem *p = session_wait(s, op);
    if (p != NULL)
        return session_fail_problem(s, p);
    if (s->request->json)
        print_json(s, found);
    return found->len < ids->len ? EXIT_PARTLY : EXIT_DONE;
}

int cli_flag(cli_session *s)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    action_flags flags = { 0 };
    if (!parse(s->request, &flags, ids, &error))
        return session_usage(error->message);
    int status = session_open_engine(s, &error) ? apply(s, &flags, ids) : session_fail(error);
    action_flags_clear(&flags);
    return status;
}
