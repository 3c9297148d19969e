/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sync: every account or folder is an operation of its own, all at once; what fails is said, the rest goes on. */
#include "action/journal.h"
#include "action/sync.h"
#include "base/error.h"
#include "base/i18n.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/session.h"

#include <string.h>

#define REFUSED_SAID 5

static bool wanted(const cli_session *s, action_sync *what, GError **error)
{
    const cli_request *r = s->request;
    *what = (action_sync){ .account = r->account, .folders = (char **)r->args->pdata,
                           .new_only = cli_has(r, "new"), .until = UNTIL_SYNC };
    const char *until = cli_value(r, "until");
    if (until != NULL && !action_until_parse(until, &what->until, error))
        return false;
    if (conf_accounts(s->conf)->len > 0)
        return true;
    error_set(error, ERROR_INPUT, _("no account is configured: write an account block into %s"),
              conf_config_path(s->conf));
    return false;
}

static void print_status(const cli_session *s, const GPtrArray *ops)
{
    for (guint i = 0; i < mtm_account_count(s->mtm); i++) {
        const mtm_account_status *status = mtm_status(s->mtm, i);
        bool meant = false;
        for (guint j = 0; j < ops->len && !meant; j++)
            meant = strcmp(((const action_op *)ops->pdata[j])->account, status->account) == 0;
        if (!meant)
            continue;
        g_autoptr(GString) object = g_string_new(NULL);
        cli_json_status(object, status, mtm_is_live(s->mtm));
        out_json(object);
    }
}

/* Ctrl-C is how a sync that watches ends: no failure. */
static bool is_wished_end(const cli_session *s, const mtm_problem *p, mtm_until until)
{
    return until == UNTIL_DISCONNECT && s->interrupted && p->kind == ERROR_CANCELLED;
}

/* The account was synchronised but for a folder that its server does not open. */
static bool is_partial(const action_op *o, const mtm_problem *p)
{
    return strcmp(o->label, o->account) == 0 && p->kind == ERROR_REFUSED && g_strcmp0(p->step, "select") == 0;
}

static int wait_all(cli_session *s, const GPtrArray *ops, mtm_until until)
{
    guint failed = 0;
    bool partial = false;
    int status = EXIT_DONE;
    for (guint i = 0; i < ops->len; i++) {
        const action_op *o = ops->pdata[i];
        const mtm_problem *p = session_wait(s, o->op);
        if (p == NULL || is_wished_end(s, p, until))
            continue;
        failed++;
        if (action_is_refusal(p)) { /* all else was done */
            partial = true;
            continue;
        }
        partial = partial || is_partial(o, p);
        status = session_fail_problem(s, p);
    }
    return partial || (failed > 0 && failed < ops->len) ? EXIT_PARTLY : status;
}

/* ---- changes that the servers refused in this run */

static GHashTable *refused_rows(const cli_session *s)
{
    GHashTable *ids = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    g_autoptr(GPtrArray) rows = mtm_journal_list(NULL, NULL);
    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        const mtm_journal_row *row = rows->pdata[i];
        if (row->state == JOURNAL_PARKED && session_wants(s, row->account))
            g_hash_table_add(ids, g_memdup2(&row->id, sizeof row->id));
    }
    return ids;
}

static guint say_refused(const cli_session *s, GHashTable *before)
{
    g_autoptr(GPtrArray) rows = mtm_journal_list(NULL, NULL);
    guint n = 0;
    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        const mtm_journal_row *row = rows->pdata[i];
        if (row->state != JOURNAL_PARKED || !session_wants(s, row->account) || g_hash_table_contains(before, &row->id))
            continue;
        g_autofree char *what = action_journal_refused(row);
        g_autofree char *id = g_strdup_printf("%" G_GUINT64_FORMAT, row->id);
        g_autofree char *text = g_strdup_printf(
            _("%s. 'cursus journal retry %s' sends it again, 'cursus journal cancel %s' forgets it"), what, id, id);
        if (n++ < REFUSED_SAID)
            err_line(text);
    }
    if (n > REFUSED_SAID) {
        g_autofree char *more = g_strdup_printf(
            ngettext("%u more change was refused; 'cursus journal' lists all",
                     "%u more changes were refused; 'cursus journal' lists all", n - REFUSED_SAID),
            n - REFUSED_SAID);
        err_line(more);
    }
    return n;
}

/* Started; a folder that is not known here may be new on the server: then the list is fetched first. */
static GPtrArray *start(cli_session *s, const action_sync *what, GError **error)
{
    g_autoptr(GError) unknown = NULL;
    GPtrArray *ops = action_sync_start(s->mtm, what, &unknown);
    if (ops != NULL)
        return ops;
    if (error_kind_of(unknown) != ERROR_INPUT || what->folders[0] == NULL) {
        g_propagate_error(error, g_steal_pointer(&unknown));
        return NULL;
    }
    const mtm_problem *p = session_wait(s, mtm_sync_tree(s->mtm, what->account));
    if (p != NULL) {
        g_autofree char *sentence = action_sentence(p);
        error_set(error, p->kind != 0 ? (error_kind)p->kind : ERROR_INTERNAL, "%s", sentence);
        return NULL;
    }
    mtm_folders_load(s->mtm);
    return action_sync_start(s->mtm, what, error);
}

int cli_sync(cli_session *s)
{
    g_autoptr(GError) error = NULL;
    action_sync what;
    if (!wanted(s, &what, &error) || !session_open_engine(s, &error))
        return session_fail(error);
    g_autoptr(GHashTable) refused = refused_rows(s);
    s->lists_refusals = true;
    g_autoptr(GPtrArray) ops = start(s, &what, &error);
    if (ops == NULL)
        return session_fail(error);
    for (guint i = 0; i < ops->len; i++)
        session_started(s, ((const action_op *)ops->pdata[i])->op);
    int status = wait_all(s, ops, what.until);
    if (say_refused(s, refused) > 0 && status == EXIT_DONE)
        status = EXIT_PARTLY;
    if (s->request->json)
        print_status(s, ops);
    return status;
}
