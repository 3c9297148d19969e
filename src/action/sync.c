/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands that talk of connections: sync, connect, disconnect, status.  They post operations and leave
 * progress to the face. */
#include "action/sync.h"
#include "action/internal.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

static void op_free(gpointer data)
{
    action_op *o = data;
    g_free(o->label);
    g_free(o->account);
    g_free(o);
}

static void op_add(GPtrArray *ops, guint64 op, const char *account, const char *folder_name)
{
    action_op *o = g_new0(action_op, 1);
    o->op = op;
    o->account = g_strdup(account);
    o->label = folder_name != NULL ? g_strdup_printf("%s:%s", account, folder_name) : g_strdup(account);
    g_ptr_array_add(ops, o);
}

bool action_until_parse(const char *word, mtm_until *until, GError **error)
{
    static const char *const words[] = { [UNTIL_CONNECT] = "connect",
                                         [UNTIL_SYNC] = "sync",
                                         [UNTIL_DISCONNECT] = "disconnect" };
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcmp(word, words[i]) == 0) {
            *until = (mtm_until)i;
            return true;
        }
    error_set(error, ERROR_INPUT, _("'%s': connect, sync or disconnect is expected"), word);
    return false;
}

/* NAME within the chosen account, or as it stands. */
static const folder *find_folder(mtm *m, const char *account, const char *name)
{
    if (account == NULL)
        return mtm_folder_find(m, name);
    g_autofree char *full = g_strdup_printf("%s:%s", account, name);
    const folder *found = mtm_folder_find(m, full);
    if (found != NULL)
        return found;
    found = mtm_folder_find(m, name);
    return found != NULL && strcmp(found->account_name, account) == 0 ? found : NULL;
}

static GArray *find_folders(mtm *m, const action_sync *what, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (char **name = what->folders; name != NULL && *name != NULL; name++) {
        const folder *found = find_folder(m, what->account, *name);
        if (found == NULL) {
            error_set(error, ERROR_INPUT,
                      _("there is no folder '%s' in the store: 'folders' lists them, 'sync' fetches the list"),
                      *name);
            return NULL;
        }
        g_array_append_val(ids, found->id);
    }
    return g_steal_pointer(&ids);
}

/* The folder list may change while operations are posted: the name is taken first. */
static void start_folder(mtm *m, GPtrArray *ops, guint32 id, bool new_only)
{
    g_autoptr(folder) f = folder_dup(mtm_folder(m, id));
    op_add(ops, mtm_sync_folder(m, id, new_only), f->account_name, f->name);
}

static void start_account(mtm *m, GPtrArray *ops, const char *account, const action_sync *what)
{
    g_autofree char *inbox = g_strdup_printf("%s:INBOX", account);
    const folder *found = what->new_only ? mtm_folder_find(m, inbox) : NULL;
    if (found != NULL)
        start_folder(m, ops, found->id, true);
    else /* an account that was never synced has no inbox to ask for yet */
        op_add(ops, mtm_connect_and_sync(m, account, what->until), account, NULL);
}

GPtrArray *action_sync_start(mtm *m, const action_sync *what, GError **error)
{
    g_autoptr(GArray) folders = find_folders(m, what, error);
    if (folders == NULL)
        return NULL;
    GPtrArray *ops = g_ptr_array_new_with_free_func(op_free);
    for (guint i = 0; i < folders->len; i++)
        start_folder(m, ops, g_array_index(folders, guint32, i), what->new_only);
    for (guint i = 0; folders->len == 0 && i < mtm_account_count(m); i++) {
        const char *account = mtm_account(m, i)->name;
        if (what->account == NULL || strcmp(what->account, account) == 0)
            start_account(m, ops, account, what);
    }
    return ops;
}

/* All are started before the first is waited for: they run side by side. */
static bool post_all(face *f, const GPtrArray *ops, GError **error)
{
    for (guint i = 0; i < ops->len; i++) {
        const action_op *o = ops->pdata[i];
        f->started(f, o->op, o->label);
    }
    bool good = true;
    for (guint i = 0; i < ops->len && f->wait != NULL; i++) {
        const action_op *o = ops->pdata[i];
        if (!f->wait(f, o->op, good ? error : NULL))
            good = false;
    }
    return good;
}

static bool run_sync(command_call *call, GError **error)
{
    face *f = action_face(call, error);
    if (f == NULL)
        return false;
    action_sync what = { .until = UNTIL_SYNC };
    if (!action_account(f, NULL, &what.account, error))
        return false;
    g_autoptr(GPtrArray) folders = g_ptr_array_new();
    for (int i = 0; i < call->nargs; i++) {
        if (strcmp(call->args[i], "--new") == 0)
            what.new_only = true;
        else if (strcmp(call->args[i], "--until") == 0 && call->args[i + 1] != NULL) {
            if (!action_until_parse(call->args[++i], &what.until, error))
                return false;
        } else
            g_ptr_array_add(folders, call->args[i]);
    }
    g_ptr_array_add(folders, NULL);
    what.folders = (char **)folders->pdata;
    g_autoptr(GPtrArray) ops = action_sync_start(f->mtm, &what, error);
    return ops != NULL && post_all(f, ops, error);
}

static bool run_sync_folder(command_call *call, GError **error)
{
    face *f = action_face(call, error);
    if (f == NULL)
        return false;
    g_autoptr(GPtrArray) ops = g_ptr_array_new_with_free_func(op_free);
    guint32 current = f->folder(f);
    if (current == 0 || mtm_folder(f->mtm, current) == NULL) {
        error_set(error, ERROR_INPUT, _("no folder is open"));
        return false;
    }
    if (f->refresh != NULL)
        f->refresh(f);
    start_folder(f->mtm, ops, current, false);
    return post_all(f, ops, error);
}

static bool run_sync_new(command_call *call, GError **error)
{
    face *f = action_face(call, error);
    if (f == NULL)
        return false;
    action_sync what = { .account = f->account, .new_only = true, .until = UNTIL_SYNC };
    g_autoptr(GPtrArray) ops = action_sync_start(f->mtm, &what, error);
    return ops != NULL && post_all(f, ops, error);
}

/* ---- one account, or all */

/* The one named, else the face's. */
static bool account_of(const command_call *call, const char **account, GError **error)
{
    face *f = action_face(call, error);
    return f != NULL && action_account(f, call->nargs > 0 ? call->args[0] : NULL, account, error);
}

typedef guint64 (*account_fn)(mtm *m, const char *account);

static bool post_account(command_call *call, account_fn fn, const char *label, GError **error)
{
    const char *account;
    return account_of(call, &account, error) &&
           action_posted(call->host, fn(((face *)call->host)->mtm, account), label, error);
}

static bool run_connect(command_call *call, GError **error)
{
    return post_account(call, mtm_connect, _("connect"), error);
}

static bool run_disconnect(command_call *call, GError **error)
{
    return post_account(call, mtm_disconnect, _("disconnect"), error);
}

static bool run_sync_tree(command_call *call, GError **error)
{
    return post_account(call, mtm_sync_tree, _("folder list"), error);
}

static bool run_sync_wait(command_call *call, GError **error)
{
    return post_account(call, mtm_sync_wait, _("synchronisation"), error);
}

static bool run_batch_end(command_call *call, GError **error)
{
    return post_account(call, mtm_batch_end, _("batch"), error);
}

static bool run_batch_begin(command_call *call, GError **error)
{
    const char *account;
    if (!account_of(call, &account, error))
        return false;
    mtm_batch_begin(((face *)call->host)->mtm, account);
    return true;
}

static bool run_sync_cancel(command_call *call, GError **error)
{
    const char *account;
    if (!account_of(call, &account, error))
        return false;
    mtm_sync_cancel(((face *)call->host)->mtm, account);
    return true;
}

/* Says of each account what holds. */
static bool say_state(command_call *call, bool (*holds)(const mtm *m, const char *account), const char *yes,
                      const char *no, GError **error)
{
    const char *wanted;
    if (!account_of(call, &wanted, error))
        return false;
    face *f = call->host;
    for (guint i = 0; i < mtm_account_count(f->mtm); i++) {
        const char *name = mtm_account(f->mtm, i)->name;
        if (wanted != NULL && strcmp(wanted, name) != 0)
            continue;
        g_autofree char *line = g_strdup_printf("%s: %s", name, holds(f->mtm, name) ? yes : no);
        f->say(f, line);
    }
    return true;
}

static bool run_is_connected(command_call *call, GError **error)
{
    return say_state(call, mtm_is_connected, _("connected"), _("not connected"), error);
}

static bool run_is_busy(command_call *call, GError **error)
{
    return say_state(call, mtm_is_busy, _("busy"), _("not busy"), error);
}

static bool run_status(command_call *call, GError **error)
{
    face *f = action_face(call, error);
    if (f == NULL)
        return false;
    for (guint i = 0; i < mtm_account_count(f->mtm); i++) {
        const mtm_account_status *status = mtm_status(f->mtm, i);
        if (f->account != NULL && strcmp(f->account, status->account) != 0)
            continue;
        g_autofree char *line = action_status_line(status, clock_now_s());
        f->say(f, line);
    }
    return true;
}

const command_row action_sync_rows[] = {
    { "sync", "sync-all imap-fetch-mail", CONTEXT_GLOBAL, "[FOLDER...] [--new] [--until connect|sync|disconnect]", 0, -1,
      N_("fetch what is new and send what waits: whole accounts, or folders"), run_sync },
    { "sync-folder", "sync-mailbox", CONTEXT_GLOBAL, "", 0, 0,
      N_("send the changes of this folder now and fetch what is new in it"), run_sync_folder },
    { "sync-new", NULL, CONTEXT_GLOBAL, "", 0, 0, N_("fetch the new mail of the inboxes only"), run_sync_new },
    { "sync-tree", NULL, CONTEXT_GLOBAL, "[ACCOUNT]", 0, 1, N_("fetch the list of folders only"), run_sync_tree },
    { "sync-cancel", NULL, CONTEXT_GLOBAL, "[ACCOUNT]", 0, 1,
      N_("stop the synchronisation, stay connected"), run_sync_cancel },
    { "sync-wait", NULL, CONTEXT_GLOBAL, "[ACCOUNT]", 0, 1, N_("in a script: wait until the synchronisation ends"),
      run_sync_wait },
    { "connect", NULL, CONTEXT_GLOBAL, "[ACCOUNT]", 0, 1, N_("connect and stay online"), run_connect },
    { "disconnect", NULL, CONTEXT_GLOBAL, "[ACCOUNT]", 0, 1, N_("log out"), run_disconnect },
    { "is-connected", NULL, CONTEXT_GLOBAL, "[ACCOUNT]", 0, 1, N_("say whether there is a connection"),
      run_is_connected },
    { "is-busy", NULL, CONTEXT_GLOBAL, "[ACCOUNT]", 0, 1, N_("say whether an operation runs"), run_is_busy },
    { "batch-begin", NULL, CONTEXT_GLOBAL, "[ACCOUNT]", 0, 1,
      N_("in a script: keep the connection from one command to the next, until batch-end"), run_batch_begin },
    { "batch-end", NULL, CONTEXT_GLOBAL, "[ACCOUNT]", 0, 1, N_("end what batch-begin began"), run_batch_end },
    { "status", NULL, CONTEXT_GLOBAL, "", 0, 0, N_("say how the accounts are"), run_status },
    { NULL },
};
