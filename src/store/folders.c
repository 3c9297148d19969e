/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Accounts and folders as they are stored, and how far each folder is synchronised.  The list that a
 * server gives is compared with them in folder-list.c. */
#include "store/internal.h"
#include "base/error.h"

#include <string.h>

guint32 store_account_find(store *s, const char *name)
{
    gint64 id = 0;
    if (store_empty(s) ||
        db_one(&s->d, "SELECT id FROM account WHERE name = ?1", VALUES(V(name)), &id, NULL) <= 0)
        return 0;
    return (guint32)id;
}

char *store_account_name(store *s, guint32 id)
{
    if (store_empty(s))
        return NULL;
    g_auto(db_rows) rows = db_query(&s->d, "SELECT name FROM account WHERE id = ?1", VALUES(V(id)));
    return db_step(&s->d, rows, NULL) > 0 ? db_strdup(rows, 0) : NULL;
}

guint32 store_account(store *s, const char *name, GError **error)
{
    guint32 id = store_account_find(s, name);
    bool own;
    if (id != 0 || !write_begin(s, &own, error))
        return id;
    bool ok = db_run(&s->d, "INSERT INTO account (name) VALUES (?1)", VALUES(V(name)), error);
    id = (guint32)sqlite3_last_insert_rowid(s->d.handle);
    return write_end(s, own, ok, false, error) ? id : 0;
}

#define FOLDER_SELECT                                                                              \
    "SELECT f.id, f.account, a.name, f.name, wire_name, delimiter, role, selectable,"              \
    " subscribed, uidvalidity, uidnext, highestmodseq, messages, unseen, server_messages,"         \
    " synced, provisional, mailbox_id, subscribed_here, local, parting FROM folder f JOIN account a ON a.id = f.account"

static folder *folder_read(db_rows rows)
{
    folder *f = g_new0(folder, 1);
    f->id = db_u32(rows, 0);
    f->account = db_u32(rows, 1);
    f->account_name = g_strdup(db_str(rows, 2));
    f->name = g_strdup(db_str(rows, 3));
    f->wire_name = g_strdup(db_str(rows, 4));
    f->delimiter = (char)db_int(rows, 5);
    f->role = (folder_role)db_int(rows, 6);
    f->selectable = db_int(rows, 7) != 0;
    f->subscribed = db_int(rows, 8) != 0;
    f->uidvalidity = db_u32(rows, 9);
    f->uidnext = db_u32(rows, 10);
    f->highestmodseq = (guint64)db_int(rows, 11);
    f->messages = db_u32(rows, 12);
    f->unseen = db_u32(rows, 13);
    f->server_messages = db_u32(rows, 14);
    f->synced_at_s = db_int(rows, 15);
    f->provisional = db_int(rows, 16) != 0;
    f->mailbox_id = db_strdup(rows, 17);
    f->subscribed_here = db_int(rows, 18) != 0;
    f->local = db_int(rows, 19) != 0;
    f->parting = db_int(rows, 20) != 0;
    return f;
}

static int compare_folders(gconstpointer a, gconstpointer b)
{
    return folder_compare(*(const folder *const *)a, *(const folder *const *)b);
}

static GPtrArray *read_folders(store *s, guint32 account, bool all, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)folder_free);
    if (store_empty(s))
        return g_steal_pointer(&list);
    g_auto(db_rows) rows = db_query(
        &s->d, FOLDER_SELECT " WHERE ?1 IN (0, f.account) AND (?2 OR NOT parting) ORDER BY f.account",
        VALUES(V(account), V(all)));
    int step;
    guint start = 0; /* of the account's folders: accounts stay together */
    while ((step = db_step(&s->d, rows, error)) > 0) {
        folder *f = folder_read(rows);
        g_ptr_array_add(list, f);
        const folder *first = g_ptr_array_index(list, start);
        if (first->account != f->account) {
            qsort(list->pdata + start, list->len - 1 - start, sizeof(gpointer), compare_folders);
            start = list->len - 1;
        }
    }
    if (list->len > start)
        qsort(list->pdata + start, list->len - start, sizeof(gpointer), compare_folders);
    return step == 0 ? g_steal_pointer(&list) : NULL;
}

GPtrArray *store_folders(store *s, guint32 account, GError **error)
{
    return read_folders(s, account, false, error);
}

GPtrArray *folders_all(store *s, guint32 account, GError **error)
{
    return read_folders(s, account, true, error);
}

GPtrArray *store_folders_all(store *s, guint32 account, GError **error)
{
    return folders_all(s, account, error);
}

folder *store_folder(store *s, guint32 id, GError **error)
{
    if (store_empty(s))
        return NULL;
    g_auto(db_rows) rows = db_query(&s->d, FOLDER_SELECT " WHERE f.id = ?1", VALUES(V(id)));
    return db_step(&s->d, rows, error) > 0 ? folder_read(rows) : NULL;
}

folder *store_folder_find(store *s, guint32 account, const char *name)
{
    if (store_empty(s))
        return NULL;
    g_auto(db_rows) rows = db_query(
        &s->d,
        FOLDER_SELECT " WHERE ?1 IN (0, f.account) AND NOT parting AND (f.name = ?2 OR"
                      " (lower(?2) = 'inbox' AND lower(f.name) = 'inbox')) ORDER BY f.id LIMIT 1",
        VALUES(V(account), V(name)));
    return db_step(&s->d, rows, NULL) > 0 ? folder_read(rows) : NULL;
}

/* ---- how far it is synchronised */

bool store_folder_state_get(store *s, guint32 folder_id, store_folder_state *state, GError **error)
{
    *state = (store_folder_state){ .server_messages = G_MAXUINT32, .server_unseen = G_MAXUINT32 };
    if (store_empty(s))
        return true;
    g_auto(db_rows) rows =
        db_query(&s->d,
                 "SELECT uidvalidity, uidnext, server_messages, server_unseen, highestmodseq,"
                 " synced, provisional, mailbox_id FROM folder WHERE id = ?1",
                 VALUES(V(folder_id)));
    int step = db_step(&s->d, rows, error);
    if (step == 0)
        error_set(error, ERROR_INPUT, "there is no folder %u", folder_id);
    if (step <= 0)
        return false;
    *state = (store_folder_state){
        .uidvalidity = db_u32(rows, 0),
        .uidnext = db_u32(rows, 1),
        .server_messages = db_u32(rows, 2),
        .server_unseen = db_u32(rows, 3),
        .highestmodseq = (guint64)db_int(rows, 4),
        .synced_at_s = db_int(rows, 5),
        .provisional = db_int(rows, 6) != 0,
    };
    g_strlcpy(state->mailbox_id, db_str(rows, 7), sizeof state->mailbox_id);
    return true;
}

/* What was done without telling the new number is there, or it has been removed again.  The first synchronisation may
 * have begun before it was done, the second one has not. */
#define SYNCS_WAITED 2

static bool whole_sync(store *s, guint32 folder_id, gint64 synced_at_s, GError **error)
{
    gint64 before = 0;
    if (db_one(&s->d, "SELECT synced FROM folder WHERE id = ?1", VALUES(V(folder_id)), &before, error) < 0 ||
        !db_run(&s->d,
                "UPDATE home SET syncs = syncs + 1 WHERE folder = ?1 AND uid IS NULL AND NOT lost AND ?2 > ?3",
                VALUES(V(folder_id), V(synced_at_s), V(before)), error))
        return false;
    return sqlite3_changes(s->d.handle) == 0 || homes_drop(s, folder_id, SYNCS_WAITED, error);
}

bool store_folder_state_set(store *s, guint32 folder_id, const store_folder_state *state,
                            GError **error)
{
    bool own;
    if (!write_begin(s, &own, error))
        return false;
    bool ok = (state->provisional || whole_sync(s, folder_id, state->synced_at_s, error)) &&
              db_run(&s->d,
                     "UPDATE folder SET uidvalidity = ?2, uidnext = ?3, server_messages = ?4, "
                     "server_unseen = ?5,"
                     " highestmodseq = ?6, synced = ?7, provisional = ?8,"
                     " mailbox_id = coalesce(?9, mailbox_id) WHERE id = ?1",
                     VALUES(V(folder_id), V(state->uidvalidity), V(state->uidnext),
                            V(state->server_messages), V(state->server_unseen),
                            V((gint64)state->highestmodseq), V(state->synced_at_s),
                            V(state->provisional),
                            V(state->mailbox_id[0] != '\0' ? (const char *)state->mailbox_id : NULL)),
                     error);
    return write_end(s, own, ok, false, error);
}
