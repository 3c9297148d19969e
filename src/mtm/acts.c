/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Acts of the person on messages: in the views at once (view-acts.c), durable by the keeper, on the server by replay.
 * What "delete" and "archive" mean is decided here, from the account's settings.  Folders are in acts-folder.c. */
#include "mtm/remote.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "mtm/view-private.h"

#include <string.h>

/* ---- an act on its way to the keeper */

/* What an account's settings say of deleting and archiving; names by hand or NULL. */
typedef struct habits {
    guint32 account;
    delete_choice del;
    char *trash, *archive;
} habits;

typedef struct message_act {
    enum { ACT_FLAG, ACT_COPY, ACT_MOVE, ACT_DELETE, ACT_EXPUNGE, ACT_UNDELETE, ACT_ARCHIVE } kind;
    guint32 *ids;
    gsize n;
    guint32 folder;
    mail_flags add, remove;
    char **add_keywords, **remove_keywords;
    GArray *habits; /* of every account; NULL where they do not matter */
} message_act;

static void habits_clear(gpointer data)
{
    habits *h = data;
    g_free(h->trash);
    g_free(h->archive);
}

static void act_free(gpointer data)
{
    message_act *a = data;
    g_free(a->ids);
    g_strfreev(a->add_keywords);
    g_strfreev(a->remove_keywords);
    if (a->habits != NULL)
        g_array_unref(a->habits);
    g_free(a);
}

static GArray *take_habits(mtm *m)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(habits));
    g_array_set_clear_func(all, habits_clear);
    for (guint i = 0; i < m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        g_mutex_lock(&a->mutex);
        habits h = { a->id, a->settings->del, g_strdup(a->settings->roles[ROLE_TRASH]),
                     g_strdup(a->settings->roles[ROLE_ARCHIVE]) };
        g_mutex_unlock(&a->mutex);
        g_array_append_val(all, h);
    }
    return all;
}

static const habits *habits_of(const GArray *all, guint32 account)
{
    static const habits none = { .del = DELETE_TRASH };
    for (guint i = 0; i < all->len; i++)
        if (g_array_index(all, habits, i).account == account)
            return &g_array_index(all, habits, i);
    return &none;
}

/* The account's folder of a role: by hand, else as the server says; 0 none. */
static guint32 role_folder(store *s, guint32 account, const char *by_hand, folder_role role)
{
    g_autoptr(folder) named = by_hand != NULL ? store_folder_find(s, account, by_hand) : NULL;
    if (named != NULL)
        return named->id;
    g_autoptr(GPtrArray) all = store_folders(s, account, NULL);
    for (guint i = 0; all != NULL && i < all->len; i++) {
        const folder *f = all->pdata[i];
        if (f->role == role && f->selectable)
            return f->id;
    }
    return 0;
}

/* Ids by the folder they are shown in: folder -> GArray of guint32. */
static GHashTable *by_folder(store *s, const message_act *a)
{
    GHashTable *folders = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_array_unref);
    for (gsize i = 0; i < a->n; i++) {
        gpointer key = GUINT_TO_POINTER(store_shown(s, a->ids[i]));
        GArray *ids = g_hash_table_lookup(folders, key);
        if (key == NULL) /* gone already */
            continue;
        if (ids == NULL)
            g_hash_table_insert(folders, key, ids = g_array_new(FALSE, FALSE, sizeof(guint32)));
        g_array_append_val(ids, a->ids[i]);
    }
    return folders;
}

/* *error may be set though 0 alone says nothing: nothing had to change. */
static bool act_failed(GError *problem, GError **error)
{
    if (problem == NULL)
        return false;
    g_propagate_error(error, problem);
    return true;
}

static bool delete_in(store *s, const habits *h, guint32 account, guint32 folder, const GArray *ids, GError **error)
{
    const guint32 *list = (const guint32 *)(const void *)ids->data;
    guint32 trash = role_folder(s, account, h->trash, ROLE_TRASH);
    GError *problem = NULL;
    if (h->del == DELETE_EXPUNGE || folder == trash || (h->del == DELETE_TRASH && trash == 0))
        store_act_expunge(s, "delete", list, ids->len, &problem);
    else if (h->del == DELETE_MARK)
        store_act_flag(s, "delete", list, ids->len, FLAG_DELETED, 0, NULL, NULL, &problem);
    else
        store_act_move(s, "delete", list, ids->len, trash, &problem);
    return !act_failed(problem, error);
}

static guint32 account_of(store *s, guint32 folder_id)
{
    g_autoptr(folder) f = store_folder(s, folder_id, NULL);
    return f != NULL ? f->account : 0;
}

static guint64 run_delete(store *s, const message_act *a, GError **error)
{
    g_autoptr(GHashTable) folders = by_folder(s, a);
    GHashTableIter it;
    gpointer key, ids;
    bool ok = true;
    store_acts_join(s, "delete");
    g_hash_table_iter_init(&it, folders);
    while (ok && g_hash_table_iter_next(&it, &key, &ids)) {
        guint32 account = account_of(s, GPOINTER_TO_UINT(key));
        ok = delete_in(s, habits_of(a->habits, account), account, GPOINTER_TO_UINT(key), ids, error);
    }
    return store_acts_joined(s, ok ? error : NULL);
}

static guint64 run_archive(store *s, const message_act *a, GError **error)
{
    g_autoptr(GHashTable) folders = by_folder(s, a);
    GHashTableIter it;
    gpointer key, ids;
    for (int pass = 0; pass < 2; pass++) { /* nothing is done before all can be */
        if (pass == 1)
            store_acts_join(s, "archive");
        g_hash_table_iter_init(&it, folders);
        while (g_hash_table_iter_next(&it, &key, &ids)) {
            g_autoptr(folder) f = store_folder(s, GPOINTER_TO_UINT(key), NULL);
            guint32 account = f != NULL ? f->account : 0;
            guint32 archive = role_folder(s, account, habits_of(a->habits, account)->archive, ROLE_ARCHIVE);
            const GArray *list = ids;
            GError *problem = NULL;
            if (archive == 0)
                error_set(error, ERROR_INPUT, _("%s has no archive; name one: set archive FOLDER"),
                          f != NULL ? f->account_name : "");
            if (archive == 0)
                return 0;
            if (pass == 1)
                store_act_move(s, "archive", (const guint32 *)(const void *)list->data, list->len, archive, &problem);
            if (act_failed(problem, error)) {
                store_acts_joined(s, NULL);
                return 0;
            }
        }
    }
    return store_acts_joined(s, error);
}

static guint64 run_act(store *s, gpointer data, act_outcome *out, GError **error)
{
    const message_act *a = data;
    out->rows = a->kind != ACT_FLAG;
    switch (a->kind) {
    case ACT_FLAG:
        return store_act_flag(s, "flag", a->ids, a->n, a->add, a->remove, (const char *const *)a->add_keywords,
                              (const char *const *)a->remove_keywords, error);
    case ACT_COPY:
        return store_act_copy(s, "copy", a->ids, a->n, a->folder, NULL, error);
    case ACT_MOVE:
        return store_act_move(s, "move", a->ids, a->n, a->folder, error);
    case ACT_DELETE:
        return run_delete(s, a, error);
    case ACT_EXPUNGE:
        return store_act_expunge(s, "delete", a->ids, a->n, error);
    case ACT_UNDELETE:
        out->taken_back = true;
        return a->folder != 0 ? store_act_undelete_all(s, "undelete", a->folder, error)
                              : store_act_undelete(s, "undelete", a->ids, a->n, error);
    case ACT_ARCHIVE:
        return run_archive(s, a, error);
    }
    return 0;
}

/* ---- posting */

/* True: it is complete already (*op), refused or empty. */
static bool act_ended(mtm *m, const guint32 *ids, gsize n, guint64 *op)
{
    owner_assert(&m->owner);
    *op = m->remote == NULL ? mtm_not_acting(m) : 0;
    if (*op != 0)
        return true;
    *op = mtm_next_op(m);
    if (n > 0 && ids != NULL)
        return false;
    mtm_post_done(m, *op, NULL, NULL); /* an empty selection is success */
    return true;
}

static message_act *act_new(int kind, const guint32 *ids, gsize n)
{
    message_act *a = g_new0(message_act, 1);
    a->kind = kind;
    a->ids = g_memdup2(ids, n * sizeof *ids);
    a->n = n;
    return a;
}

/* Beside another engine: it is shown here, and done there. */
static void post_there(mtm *m, guint64 op, const message_act *a)
{
    static const char *const names[] = { [ACT_FLAG] = "flag",       [ACT_COPY] = "copy",         [ACT_MOVE] = "move",
                                         [ACT_DELETE] = "delete",   [ACT_EXPUNGE] = "expunge",
                                         [ACT_UNDELETE] = "undelete", [ACT_ARCHIVE] = "archive" };
    const char *name = a->kind == ACT_UNDELETE && a->folder != 0 ? "undelete-all" : names[a->kind];
    remote_post_as(m, op, name, &(remote_args){ .ids = a->ids, .nids = a->n, .folder = a->folder, .add = a->add,
                                                .remove = a->remove,
                                                .add_keywords = (const char *const *)a->add_keywords,
                                                .remove_keywords = (const char *const *)a->remove_keywords });
}

static guint64 act_post(mtm *m, guint64 op, message_act *a)
{
    if (m->remote != NULL) {
        post_there(m, op, a);
        act_free(a);
        return op;
    }
    keeper_act(m, op, run_act, a, act_free);
    return op;
}

guint64 mtm_flag(mtm *m, const guint32 *ids, gsize n, mail_flags add, mail_flags remove,
                 const char *const *add_keywords, const char *const *remove_keywords)
{
    guint64 op;
    if (act_ended(m, ids, n, &op))
        return op;
    views_acted(m, op, ids, n, add, remove);
    message_act *a = act_new(ACT_FLAG, ids, n);
    a->add = add;
    a->remove = remove;
    a->add_keywords = g_strdupv((char **)(void *)add_keywords);
    a->remove_keywords = g_strdupv((char **)(void *)remove_keywords);
    return act_post(m, op, a);
}

/* A folder that is not in the list cannot be meant. */
static bool folder_unknown(mtm *m, guint32 folder_id, guint64 *op)
{
    const folder *f = mtm_folder(m, folder_id);
    if (f != NULL && f->selectable)
        return false;
    *op = mtm_refuse(m, ERROR_INPUT, "folder", f != NULL ? _("this folder cannot hold messages") : _("no such folder"));
    return true;
}

guint64 mtm_copy(mtm *m, const guint32 *ids, gsize n, guint32 folder)
{
    guint64 op;
    if (act_ended(m, ids, n, &op) || folder_unknown(m, folder, &op))
        return op;
    message_act *a = act_new(ACT_COPY, ids, n);
    a->folder = folder;
    return act_post(m, op, a);
}

guint64 mtm_move(mtm *m, const guint32 *ids, gsize n, guint32 folder)
{
    guint64 op;
    if (act_ended(m, ids, n, &op) || folder_unknown(m, folder, &op))
        return op;
    views_moved(m, op, ids, n, folder);
    message_act *a = act_new(ACT_MOVE, ids, n);
    a->folder = folder;
    return act_post(m, op, a);
}

/* As far as a view knows it; 0 unknown. */
static const folder *folder_on_screen(mtm *m, guint32 id)
{
    for (guint i = 0; i < m->views->len; i++) {
        const mtm_view *v = g_ptr_array_index(m->views, i);
        const cached *c = g_hash_table_lookup(v->cache, GUINT_TO_POINTER(id));
        if (c != NULL)
            return mtm_folder(m, c->summary->folder);
    }
    return NULL;
}

static const folder *role_on_screen(mtm *m, guint32 account, const char *by_hand, folder_role role)
{
    const folder *found = NULL;
    for (guint i = 0; i < m->folders->len; i++) {
        const folder *f = g_ptr_array_index(m->folders, i);
        if (f->account != account)
            continue;
        if (by_hand != NULL && strcmp(f->name, by_hand) == 0)
            return f;
        if (found == NULL && f->role == role)
            found = f;
    }
    return found;
}

/* What is shown until the keeper has decided: the same, from what the screen knows. */
static void show_deleted(mtm *m, guint64 op, const message_act *a)
{
    g_autoptr(GHashTable) targets = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_array_unref);
    g_autoptr(GArray) marked = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (gsize i = 0; i < a->n; i++) {
        const folder *f = folder_on_screen(m, a->ids[i]);
        const habits *h = habits_of(a->habits, f != NULL ? f->account : 0);
        const folder *trash = f != NULL ? role_on_screen(m, f->account, h->trash, ROLE_TRASH) : NULL;
        if (f != NULL && h->del == DELETE_MARK && f != trash) {
            g_array_append_val(marked, a->ids[i]);
            continue;
        }
        gpointer key = GUINT_TO_POINTER(h->del == DELETE_TRASH && trash != NULL && trash != f ? trash->id : 0);
        GArray *ids = g_hash_table_lookup(targets, key);
        if (ids == NULL)
            g_hash_table_insert(targets, key, ids = g_array_new(FALSE, FALSE, sizeof(guint32)));
        g_array_append_val(ids, a->ids[i]);
    }
    if (marked->len > 0)
        views_acted(m, op, (const guint32 *)(void *)marked->data, marked->len, FLAG_DELETED, 0);
    GHashTableIter it;
    gpointer key, ids;
    g_hash_table_iter_init(&it, targets);
    while (g_hash_table_iter_next(&it, &key, &ids))
        views_moved(m, op, (const guint32 *)(void *)((GArray *)ids)->data, ((GArray *)ids)->len, GPOINTER_TO_UINT(key));
}

guint64 mtm_delete(mtm *m, const guint32 *ids, gsize n)
{
    guint64 op;
    if (act_ended(m, ids, n, &op))
        return op;
    message_act *a = act_new(ACT_DELETE, ids, n);
    a->habits = take_habits(m);
    show_deleted(m, op, a);
    return act_post(m, op, a);
}

guint64 mtm_expunge(mtm *m, const guint32 *ids, gsize n)
{
    guint64 op;
    if (act_ended(m, ids, n, &op))
        return op;
    views_moved(m, op, ids, n, 0);
    return act_post(m, op, act_new(ACT_EXPUNGE, ids, n));
}

guint64 mtm_undelete(mtm *m, const guint32 *ids, gsize n)
{
    guint64 op;
    return act_ended(m, ids, n, &op) ? op : act_post(m, op, act_new(ACT_UNDELETE, ids, n));
}

guint64 mtm_undelete_all(mtm *m, guint32 folder)
{
    guint64 op;
    if (act_ended(m, &folder, 1, &op) || folder_unknown(m, folder, &op))
        return op;
    message_act *a = act_new(ACT_UNDELETE, NULL, 0);
    a->folder = folder;
    return act_post(m, op, a);
}

guint64 mtm_archive(mtm *m, const guint32 *ids, gsize n)
{
    guint64 op;
    if (act_ended(m, ids, n, &op))
        return op;
    message_act *a = act_new(ACT_ARCHIVE, ids, n);
    const folder *f = folder_on_screen(m, ids[0]);
    a->habits = take_habits(m);
    const folder *archive =
        f != NULL ? role_on_screen(m, f->account, habits_of(a->habits, f->account)->archive, ROLE_ARCHIVE) : NULL;
    if (archive != NULL && archive != f)
        views_moved(m, op, ids, n, archive->id);
    return act_post(m, op, a);
}

/* ---- undo */

static guint64 run_undo(store *s, gpointer data, act_outcome *out, GError **error)
{
    out->rows = out->taken_back = out->folders = true;
    return store_undo(s, GPOINTER_TO_INT(data) != 0, &out->label, error);
}

static guint64 post_undo(mtm *m, bool redo)
{
    if (m->remote != NULL)
        return remote_post(m, redo ? "redo" : "undo", NULL);
    guint64 op, refused = mtm_not_acting(m);
    if (refused != 0)
        return refused;
    op = mtm_next_op(m);
    keeper_act(m, op, run_undo, GINT_TO_POINTER(redo), NULL);
    return op;
}

guint64 mtm_undo(mtm *m)
{
    return post_undo(m, false);
}

guint64 mtm_redo(mtm *m)
{
    return post_undo(m, true);
}
