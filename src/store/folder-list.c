/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folder list of a server against the stored one, over which the acts that wait are played again: a folder made
 * here stays until the server has it, one that is renamed or deleted here stays so.  What matters is to know a folder
 * again: one that was renamed elsewhere keeps its row, its messages and their bodies (MAILBOXID, RFC 8474 section 4;
 * without it the numbers of STATUS). */
#include "store/internal.h"
#include "base/i18n.h"

#include <string.h>

/* One stored folder and what the list made of it. */
typedef struct known_folder {
    const folder *old;
    const folder *now; /* NULL: not in the list */
} known_folder;

typedef struct listing {
    store *s;
    guint32 account;
    GArray *known;      /* of known_folder */
    GPtrArray *listed;  /* of folder, each name once; matched ones are NULL */
    bool changed;
} listing;

static bool is_inbox(const folder *f)
{
    return g_ascii_strcasecmp(f->name, "INBOX") == 0;
}

/* ---- which is which */

static bool same_mailbox_id(const folder *old, const folder *f)
{
    return old->mailbox_id != NULL && g_strcmp0(old->mailbox_id, f->mailbox_id) == 0 && !is_inbox(old) && !is_inbox(f);
}

/* A folder of the same name that bears another id is the stored one all the same: were it made anew, its
 * UIDVALIDITY would tell when it is selected. */
static bool same_wire_name(const folder *old, const folder *f)
{
    return strcmp(old->wire_name, f->wire_name) == 0;
}

/* A server that learned UTF8=ACCEPT spells anew; INBOX has many spellings. */
static bool same_name(const folder *old, const folder *f)
{
    return strcmp(old->name, f->name) == 0 || (is_inbox(old) && is_inbox(f));
}

static bool same_numbers(const folder *old, const folder *f)
{
    return old->uidvalidity != 0 && old->uidvalidity == f->uidvalidity && old->uidnext == f->uidnext &&
           old->server_messages == f->server_messages && old->selectable && f->selectable && !is_inbox(old) &&
           !is_inbox(f) && (old->mailbox_id == NULL || f->mailbox_id == NULL);
}

/* By a key that is a text, in one pass; accounts have thousands of folders. */
static void match_by(listing *l, gpointer (*key)(const folder *), bool (*same)(const folder *, const folder *))
{
    g_autoptr(GHashTable) by_key = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < l->known->len; i++) {
        known_folder *k = &g_array_index(l->known, known_folder, i);
        if (k->now == NULL && key(k->old) != NULL)
            g_hash_table_insert(by_key, key(k->old), k);
    }
    for (guint i = 0; i < l->listed->len; i++) {
        const folder *f = g_ptr_array_index(l->listed, i);
        known_folder *k = f != NULL && key(f) != NULL ? g_hash_table_lookup(by_key, key(f)) : NULL;
        if (k == NULL || k->now != NULL || !same(k->old, f))
            continue;
        k->now = f;
        l->listed->pdata[i] = NULL;
    }
}

static gpointer key_id(const folder *f)
{
    return f->mailbox_id;
}

static gpointer key_wire(const folder *f)
{
    return f->wire_name;
}

static gpointer key_name(const folder *f)
{
    return is_inbox(f) ? (gpointer) "INBOX" : f->name;
}

/* The one unmatched listed folder that has the numbers of old; -1 for none or several. */
static int only_listed(const listing *l, const folder *old)
{
    int found = -1;
    for (guint i = 0; i < l->listed->len; i++) {
        const folder *f = g_ptr_array_index(l->listed, i);
        if (f == NULL || !same_numbers(old, f))
            continue;
        if (found >= 0)
            return -1;
        found = (int)i;
    }
    return found;
}

static bool only_gone(const listing *l, const known_folder *of)
{
    for (guint i = 0; i < l->known->len; i++) {
        const known_folder *k = &g_array_index(l->known, known_folder, i);
        if (k != of && k->now == NULL && same_numbers(k->old, of->old))
            return false;
    }
    return true;
}

static void match_by_numbers(listing *l)
{
    for (guint i = 0; i < l->known->len; i++) {
        known_folder *k = &g_array_index(l->known, known_folder, i);
        int found = k->now == NULL ? only_listed(l, k->old) : -1;
        if (found < 0 || !only_gone(l, k))
            continue;
        k->now = g_ptr_array_index(l->listed, found);
        l->listed->pdata[found] = NULL;
    }
}

/* ---- writing */

static bool folder_insert(store *s, guint32 account, const folder *f, GError **error)
{
    return db_run(&s->d,
                  "INSERT INTO folder (account, name, wire_name, delimiter, role, selectable, subscribed,"
                  " mailbox_id, server_name, server_subscribed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?2, ?7)",
                  VALUES(V(account), V(f->name), V(f->wire_name), V(f->delimiter), V(f->role), V(f->selectable),
                         V(f->subscribed), V(f->mailbox_id)),
                  error);
}

/* Out of the way first: two folders may have changed their names for one another. */
static bool free_name(store *s, const folder *old, const folder *f, GError **error)
{
    return strcmp(old->wire_name, f->wire_name) == 0 ||
           db_run(&s->d, "UPDATE folder SET wire_name = char(1) || id WHERE id = ?1", VALUES(V(old->id)), error);
}

/* What the server says; what is shown of it follows behind all of them (write_shown). */
static bool folder_update(store *s, const folder *old, const folder *f, GError **error)
{
    return db_run(&s->d,
                  "UPDATE folder SET server_name = ?2, wire_name = ?3, delimiter = ?4, role = ?5, selectable = ?6,"
                  " server_subscribed = ?7, mailbox_id = coalesce(?8, mailbox_id) WHERE id = ?1 AND"
                  " ((server_name, wire_name, delimiter, role, selectable, server_subscribed) <> (?2, ?3, ?4, ?5, ?6, ?7)"
                  " OR (?8 IS NOT NULL AND mailbox_id IS NOT ?8))",
                  VALUES(V(old->id), V(f->name), V(f->wire_name), V(f->delimiter), V(f->role), V(f->selectable),
                         V(f->subscribed), V(f->mailbox_id)),
                  error);
}

/* Made here, and now the server has it. */
static bool folder_made(store *s, guint32 id, GError **error)
{
    return db_run(&s->d, "DELETE FROM journal WHERE kind = ?2 AND target = ?1", VALUES(V(id), V(JOURNAL_FOLDER_CREATE)),
                  error) &&
           db_run(&s->d, "UPDATE folder SET local = 0 WHERE id = ?1", VALUES(V(id)), error);
}

typedef bool (*each_id)(store *s, guint32 id, GError **error);

/* Rows of one number, taken before something is done with them. */
static GArray *numbers(store *s, const char *sql, guint32 folder, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint64));
    g_auto(db_rows) rows = db_query(&s->d, sql, VALUES(V(folder)));
    int step;
    while ((step = db_step(&s->d, rows, error)) > 0) {
        guint64 id = (guint64)db_int(rows, 0);
        g_array_append_val(ids, id);
    }
    return step == 0 ? g_steal_pointer(&ids) : NULL;
}

static bool for_each(store *s, const char *sql, guint32 folder, each_id fn, GError **error)
{
    g_autoptr(GArray) ids = numbers(s, sql, folder, error);
    bool ok = ids != NULL;
    for (guint i = 0; ok && i < ids->len; i++)
        ok = fn(s, (guint32)g_array_index(ids, guint64, i), error);
    return ok;
}

/* Messages on their way into it go back to where they are. */
static bool park_arrivals(store *s, guint32 folder, GError **error)
{
    g_autoptr(GArray) rows =
        numbers(s, "SELECT id FROM journal WHERE target = ?1 AND kind BETWEEN 1 AND 3 AND state < 2 ORDER BY id",
                folder, error);
    return rows != NULL &&
           (rows->len == 0 || store_journal_park(s, (const guint64 *)(gpointer)rows->data, rows->len,
                                                 _("the folder is no longer there"), error));
}

bool folder_remove(store *s, guint32 id, GError **error)
{
    if (!park_arrivals(s, id, error) ||
        !for_each(s, "SELECT placement FROM home INDEXED BY home_uid WHERE folder = ?1", id, placement_left_home,
                  error) ||
        !for_each(s, "SELECT id FROM placement INDEXED BY placement_uid WHERE folder = ?1", id, placement_remove,
                  error) ||
        !db_run(&s->d, "DELETE FROM journal WHERE target = ?1 AND kind >= ?2", VALUES(V(id), V(JOURNAL_FOLDER_CREATE)),
                error))
        return false;
    g_hash_table_remove(s->counts, GUINT_TO_POINTER(id));
    return db_run(&s->d, "DELETE FROM folder WHERE id = ?1", VALUES(V(id)), error);
}

static bool seen_change(const folder *old, const folder *now)
{
    return now == NULL || strcmp(old->name, now->name) != 0 || strcmp(old->wire_name, now->wire_name) != 0 ||
           old->delimiter != now->delimiter || old->role != now->role || old->selectable != now->selectable ||
           old->subscribed != now->subscribed || old->local != now->local || old->parting != now->parting;
}

/* Not in the list: gone, but for what the server was not told of yet. */
static bool write_missing(listing *l, const known_folder *k, GError **error)
{
    if (k->old->local)
        return true;
    l->changed = true;
    return folder_remove(l->s, k->old->id, error);
}

static bool write_known(listing *l, GError **error)
{
    for (guint i = 0; i < l->known->len; i++) {
        const known_folder *k = &g_array_index(l->known, known_folder, i);
        if (k->now != NULL ? !free_name(l->s, k->old, k->now, error) : !write_missing(l, k, error))
            return false;
    }
    for (guint i = 0; i < l->known->len; i++) {
        const known_folder *k = &g_array_index(l->known, known_folder, i);
        if (k->now != NULL && (!folder_update(l->s, k->old, k->now, error) ||
                               (k->old->local && !folder_made(l->s, k->old->id, error))))
            return false;
    }
    return true;
}

static bool write_shown(listing *l, GError **error)
{
    bool ok = folders_settle(l->s, l->account, error);
    for (guint i = 0; ok && i < l->known->len; i++) {
        const known_folder *k = &g_array_index(l->known, known_folder, i);
        g_autoptr(folder) now = l->changed ? NULL : store_folder(l->s, k->old->id, NULL);
        l->changed = l->changed || seen_change(k->old, now);
    }
    return ok;
}

static bool write_new(listing *l, GError **error)
{
    for (guint i = 0; i < l->listed->len; i++) {
        const folder *f = g_ptr_array_index(l->listed, i);
        if (f == NULL)
            continue;
        l->changed = true;
        if (!folder_insert(l->s, l->account, f, error))
            return false;
    }
    return true;
}

static void take_listed(listing *l, const GPtrArray *listed)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < listed->len; i++) {
        folder *f = g_ptr_array_index(listed, i);
        if (g_hash_table_add(seen, f->wire_name))
            g_ptr_array_add(l->listed, f);
    }
}

static bool folders_apply(store *s, guint32 account, const GPtrArray *listed, bool *changed, GError **error)
{
    g_autoptr(GPtrArray) stored = folders_all(s, account, error);
    if (stored == NULL)
        return false;
    g_autoptr(GArray) known = g_array_new(FALSE, FALSE, sizeof(known_folder));
    g_autoptr(GPtrArray) unmatched = g_ptr_array_new();
    listing l = { .s = s, .account = account, .known = known, .listed = unmatched };
    for (guint i = 0; i < stored->len; i++) {
        known_folder k = { .old = g_ptr_array_index(stored, i) };
        g_array_append_val(known, k);
    }
    take_listed(&l, listed);
    match_by(&l, key_id, same_mailbox_id);
    match_by(&l, key_wire, same_wire_name);
    match_by(&l, key_name, same_name);
    match_by_numbers(&l);
    bool ok = write_known(&l, error) && write_new(&l, error) && write_shown(&l, error);
    *changed = l.changed;
    return ok;
}

bool store_folders_apply(store *s, guint32 account, const GPtrArray *listed, bool *changed, GError **error)
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
