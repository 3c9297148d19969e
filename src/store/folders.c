/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Accounts and folders: the list as the server gave it, and how far each folder is synchronised. */
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
    " synced, provisional FROM folder f JOIN account a ON a.id = f.account"

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
    return f;
}

static int compare_folders(gconstpointer a, gconstpointer b)
{
    return folder_compare(*(const folder *const *)a, *(const folder *const *)b);
}

GPtrArray *store_folders(store *s, guint32 account, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)folder_free);
    if (store_empty(s))
        return g_steal_pointer(&list);
    g_auto(db_rows) rows = db_query(
        &s->d, FOLDER_SELECT " WHERE ?1 IN (0, f.account) ORDER BY f.account", VALUES(V(account)));
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
        FOLDER_SELECT " WHERE ?1 IN (0, f.account) AND (f.name = ?2 OR"
                      " (lower(?2) = 'inbox' AND lower(f.name) = 'inbox')) ORDER BY f.id LIMIT 1",
        VALUES(V(account), V(name)));
    return db_step(&s->d, rows, NULL) > 0 ? folder_read(rows) : NULL;
}

/* ---- the list */

static bool folder_insert(store *s, guint32 account, const folder *f, GError **error)
{
    return db_run(
        &s->d,
        "INSERT INTO folder (account, name, wire_name, delimiter, role, selectable, subscribed)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        VALUES(V(account), V(f->name), V(f->wire_name), V(f->delimiter), V(f->role),
               V(f->selectable), V(f->subscribed)),
        error);
}

static bool folder_update(store *s, const folder *old, const folder *f, bool *changed,
                          GError **error)
{
    if (strcmp(old->name, f->name) == 0 && strcmp(old->wire_name, f->wire_name) == 0 &&
        old->delimiter == f->delimiter && old->role == f->role &&
        old->selectable == f->selectable && old->subscribed == f->subscribed)
        return true;
    *changed = true;
    return db_run(
        &s->d,
        "UPDATE folder SET name = ?2, wire_name = ?3, delimiter = ?4, role = ?5, selectable = ?6,"
        " subscribed = ?7 WHERE id = ?1",
        VALUES(V(old->id), V(f->name), V(f->wire_name), V(f->delimiter), V(f->role),
               V(f->selectable), V(f->subscribed)),
        error);
}

static bool folder_remove(store *s, guint32 id, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    {
        g_auto(db_rows) rows =
            db_query(&s->d, "SELECT id FROM placement INDEXED BY placement_uid WHERE folder = ?1",
                     VALUES(V(id)));
        int step;
        while ((step = db_step(&s->d, rows, error)) > 0) {
            guint32 placement = db_u32(rows, 0);
            g_array_append_val(ids, placement);
        }
        if (step < 0)
            return false;
    }
    for (guint i = 0; i < ids->len; i++)
        if (!placement_remove(s, g_array_index(ids, guint32, i), error))
            return false;
    g_hash_table_remove(s->counts, GUINT_TO_POINTER(id));
    return db_run(&s->d, "DELETE FROM folder WHERE id = ?1", VALUES(V(id)), error);
}

/* Find the stored folder that f is and take it out of the tables: by the server's spelling, else by
 * our name (a server that learned UTF8=ACCEPT spells anew). */
static const folder *folder_match(GHashTable *by_wire, GHashTable *by_name, const folder *f)
{
    const folder *old = g_hash_table_lookup(by_wire, f->wire_name);
    if (old == NULL)
        old = g_hash_table_lookup(by_name, f->name);
    if (old == NULL)
        return NULL;
    g_hash_table_remove(by_wire, old->wire_name);
    if (g_hash_table_lookup(by_name, old->name) == old)
        g_hash_table_remove(by_name, old->name);
    return old;
}

static bool folders_apply(store *s, guint32 account, const GPtrArray *listed, bool *changed,
                          GError **error)
{
    g_autoptr(GPtrArray) stored = store_folders(s, account, error);
    if (stored == NULL)
        return false;
    g_autoptr(GHashTable) by_wire = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) by_name = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < stored->len; i++) {
        folder *f = g_ptr_array_index(stored, i);
        g_hash_table_insert(by_wire, f->wire_name, f);
        g_hash_table_insert(by_name, f->name, f);
    }
    for (guint i = 0; i < listed->len; i++) {
        const folder *f = g_ptr_array_index(listed, i);
        if (!g_hash_table_add(seen, f->wire_name))
            continue;
        const folder *old = folder_match(by_wire, by_name, f);
        *changed = *changed || old == NULL;
        if (old != NULL ? !folder_update(s, old, f, changed, error)
                        : !folder_insert(s, account, f, error))
            return false;
    }
    GHashTableIter it;
    gpointer value;
    g_hash_table_iter_init(&it, by_wire);
    while (g_hash_table_iter_next(&it, NULL, &value)) {
        *changed = true;
        if (!folder_remove(s, ((const folder *)value)->id, error))
            return false;
    }
    return true;
}

bool store_folders_apply(store *s, guint32 account, const GPtrArray *listed, bool *changed,
                         GError **error)
{
    bool own, any = false;
    if (changed != NULL)
        *changed = false;
    if (listed->len == 0) /* no server has no INBOX: something went wrong on the way */
        return true;
    if (!write_begin(s, &own, error))
        return false;
    bool ok = folders_apply(s, account, listed, &any, error);
    if (changed != NULL)
        *changed = any;
    return write_end(s, own, ok, false, error);
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
                 " synced, provisional FROM folder WHERE id = ?1",
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
    return true;
}

bool store_folder_state_set(store *s, guint32 folder_id, const store_folder_state *state,
                            GError **error)
{
    bool own;
    if (!write_begin(s, &own, error))
        return false;
    bool ok = db_run(&s->d,
                     "UPDATE folder SET uidvalidity = ?2, uidnext = ?3, server_messages = ?4, "
                     "server_unseen = ?5,"
                     " highestmodseq = ?6, synced = ?7, provisional = ?8 WHERE id = ?1",
                     VALUES(V(folder_id), V(state->uidvalidity), V(state->uidnext),
                            V(state->server_messages), V(state->server_unseen),
                            V((gint64)state->highestmodseq), V(state->synced_at_s),
                            V(state->provisional)),
                     error);
    return write_end(s, own, ok, false, error);
}
