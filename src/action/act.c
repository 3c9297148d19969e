/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands that copy, move and delete messages, and take back what was done: of the ids given, else of the
 * face's selection.  Each is one action, shown and durable at once, sent when there is a connection. */
#include "action/internal.h"
#include "base/error.h"
#include "base/i18n.h"

/* Beyond so many the bodies are not looked for one by one before the question. */
#define ASK_WITHOUT_LOOKING 200

typedef guint64 (*post_fn)(mtm *m, const guint32 *ids, gsize n);

/* After an act on the selection the cursor goes on; ids that were written move nothing. */
static bool done_with(face *f, bool selection, bool good)
{
    if (good && selection && f->acted != NULL)
        f->acted(f);
    return good;
}

static bool post(command_call *call, post_fn fn, const char *label, GError **error)
{
    face *f = action_face(call, error);
    g_autoptr(GArray) ids = f != NULL ? action_ids(call, 0, call->nargs, error) : NULL;
    if (ids == NULL)
        return false;
    if (ids->len == 0)
        return true;
    bool good = action_posted(f, fn(f->mtm, action_ids_data(ids), ids->len), label, error);
    return done_with(f, call->nargs == 0, good);
}

/* ---- copy and move: [ID...] FOLDER */

static bool to_folder(command_call *call, bool move, GError **error)
{
    face *f = action_face(call, error);
    const folder *to = f != NULL ? action_folder(f, call->args[call->nargs - 1], error) : NULL;
    if (to == NULL)
        return false;
    if (!to->selectable) {
        error_set(error, ERROR_INPUT, _("'%s' holds folders only"), to->name);
        return false;
    }
    guint32 target = to->id;
    g_autoptr(GArray) ids = action_ids(call, 0, call->nargs - 1, error);
    if (ids == NULL)
        return false;
    if (ids->len == 0)
        return true;
    guint64 op = move ? mtm_move(f->mtm, action_ids_data(ids), ids->len, target)
                      : mtm_copy(f->mtm, action_ids_data(ids), ids->len, target);
    bool good = action_posted(f, op, move ? _("move") : _("copy"), error);
    return done_with(f, move && call->nargs == 1, good);
}

static bool run_copy(command_call *call, GError **error)
{
    return to_folder(call, false, error);
}

static bool run_move(command_call *call, GError **error)
{
    return to_folder(call, true, error);
}

/* ---- delete */

typedef struct deletion {
    GArray *ids;
    post_fn fn;
    bool selection;
} deletion;

static void deletion_free(gpointer data)
{
    deletion *d = data;
    g_array_unref(d->ids);
    g_free(d);
}

static void delete_now(face *f, gpointer data)
{
    deletion *d = data;
    g_autoptr(GError) error = NULL;
    bool good = action_posted(f, d->fn(f->mtm, action_ids_data(d->ids), d->ids->len), _("delete"), &error);
    done_with(f, d->selection, good);
}

static const account_settings *settings_of(face *f, const folder *where)
{
    for (guint i = 0; i < mtm_account_count(f->mtm); i++)
        if (g_strcmp0(mtm_account(f->mtm, i)->name, where->account_name) == 0)
            return mtm_account(f->mtm, i);
    return NULL;
}

/* Does deleting in this folder leave nothing to take it back from but a stored body? */
static bool is_for_good(face *f, guint32 id)
{
    const folder *where = mtm_folder(f->mtm, id);
    const account_settings *a = where != NULL ? settings_of(f, where) : NULL;
    return where != NULL && (where->role == ROLE_TRASH || (a != NULL && a->del == DELETE_EXPUNGE));
}

static bool all_kept(face *f, const GArray *ids)
{
    for (guint i = 0; i < ids->len; i++)
        if (i == ASK_WITHOUT_LOOKING || !mtm_body_kept(f->mtm, g_array_index(ids, guint32, i)))
            return false;
    return true;
}

static bool delete_messages(command_call *call, post_fn fn, bool for_good, GError **error)
{
    face *f = action_face(call, error);
    g_autoptr(GArray) ids = f != NULL ? action_ids(call, 0, call->nargs, error) : NULL;
    if (ids == NULL)
        return false;
    if (ids->len == 0)
        return true;
    if (f->confirm == NULL || !(for_good || is_for_good(f, f->folder(f))) || all_kept(f, ids)) {
        bool good = action_posted(f, fn(f->mtm, action_ids_data(ids), ids->len), _("delete"), error);
        return done_with(f, call->nargs == 0, good);
    }
    g_autofree char *question = g_strdup_printf(
        ngettext("Delete %u message for good? It is not stored here, so this cannot be taken back. (y/n) ",
                 "Delete %u messages for good? Not all are stored here, so this cannot be taken back. (y/n) ", ids->len),
        ids->len);
    deletion *d = g_new0(deletion, 1);
    d->ids = g_steal_pointer(&ids);
    d->fn = fn;
    d->selection = call->nargs == 0;
    f->confirm(f, question, delete_now, d, deletion_free);
    return true;
}

static bool run_delete(command_call *call, GError **error)
{
    return delete_messages(call, mtm_delete, false, error);
}

static bool run_expunge(command_call *call, GError **error)
{
    return delete_messages(call, mtm_expunge, true, error);
}

static bool run_archive(command_call *call, GError **error)
{
    return post(call, mtm_archive, _("archive"), error);
}

/* ---- taking back */

static bool run_undelete(command_call *call, GError **error)
{
    return post(call, mtm_undelete, _("undelete"), error);
}

static bool run_undelete_all(command_call *call, GError **error)
{
    face *f = action_face(call, error);
    if (f == NULL)
        return false;
    const folder *where = call->nargs > 0 ? action_folder(f, call->args[0], error) : mtm_folder(f->mtm, f->folder(f));
    if (where == NULL) {
        if (call->nargs == 0)
            error_set(error, ERROR_INPUT, _("no folder is open"));
        return false;
    }
    return action_posted(f, mtm_undelete_all(f->mtm, where->id), _("undelete"), error);
}

static bool run_undo(command_call *call, GError **error)
{
    face *f = action_face(call, error);
    return f != NULL && action_posted(f, mtm_undo(f->mtm), _("undo"), error);
}

static bool run_redo(command_call *call, GError **error)
{
    face *f = action_face(call, error);
    return f != NULL && action_posted(f, mtm_redo(f->mtm), _("redo"), error);
}

#define MESSAGES (CONTEXT_INDEX | CONTEXT_PAGER)
const command_row action_act_rows[] = {
    { "copy", NULL, MESSAGES, "[ID...] FOLDER", 1, -1, N_("copy into a folder, of any account"), run_copy },
    { "move", NULL, MESSAGES, "[ID...] FOLDER", 1, -1, N_("move into a folder, of any account"), run_move },
    { "delete", "delete-message", MESSAGES, "[ID...]", 0, -1,
      N_("delete as the account's option delete says: to the trash, marked, or for good; in the trash for good"),
      run_delete },
    { "undelete", "undelete-message", MESSAGES, "[ID...]", 0, -1, N_("take deletions of these messages back"),
      run_undelete },
    { "undelete-all", NULL, MESSAGES, "[FOLDER]", 0, 1, N_("take all deletions in a folder back that are not final"),
      run_undelete_all },
    { "archive", NULL, MESSAGES, "[ID...]", 0, -1, N_("move into the account's archive"), run_archive },
    { "expunge", "purge-message", MESSAGES, "[ID...]", 0, -1, N_("delete for good, whatever the options say"),
      run_expunge },
    { "undo", NULL, CONTEXT_GLOBAL, "", 0, 0, N_("take the last act back, also one that the server has done"),
      run_undo },
    { "redo", NULL, CONTEXT_GLOBAL, "", 0, 0, N_("do again what undo took back"), run_redo },
    { NULL },
};
