/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Journal rows read, and what becomes of them: done, sent, refused, tried again, forgotten.  What is shown follows in
 * the same transaction.  They are written by acts.c, acts-folder.c and undo.c. */
#include "store/acts.h"
#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

/* ---- reading */

void store_journal_row_free(store_journal_row *row)
{
    if (row == NULL)
        return;
    g_free(row->add_keywords);
    g_free(row->remove_keywords);
    g_free(row->name);
    g_free(row->problem);
    g_free(row);
}

static store_journal_row *journal_read(db_rows rows)
{
    store_journal_row *row = g_new0(store_journal_row, 1);
    row->id = (guint64)db_int(rows, 0);
    row->action = (guint64)db_int(rows, 1);
    row->after = (guint64)db_int(rows, 2);
    row->kind = (journal_kind)db_int(rows, 3);
    row->account = db_u32(rows, 4);
    row->placement = db_u32(rows, 5);
    row->source = db_u32(rows, 6);
    row->folder = db_u32(rows, 7);
    row->uid = db_u32(rows, 8);
    row->target = db_u32(rows, 9);
    row->shown = db_u32(rows, 10);
    row->bound = db_u32(rows, 11);
    row->add = db_u32(rows, 12);
    row->remove = db_u32(rows, 13);
    row->add_keywords = g_strdup(db_str(rows, 14));
    row->remove_keywords = g_strdup(db_str(rows, 15));
    row->state = (int)db_int(rows, 16);
    row->tries = (int)db_int(rows, 17);
    row->problem = db_strdup(rows, 18);
    row->name = db_strdup(rows, 19);
    return row;
}

/* The message m is the source of what is made, else the placement itself. */
#define JOURNAL_SELECT                                                                                                 \
    "SELECT j.id, j.action, coalesce((SELECT a.id FROM journal a WHERE a.id = j.after), 0), j.kind, j.account,"        \
    " j.placement, j.source, coalesce(h.folder, iif(m.uid IS NOT NULL OR m.lost, m.folder, 0), 0) AS place,"           \
    " iif(h.folder IS NULL, m.uid, h.uid), j.target, p.folder AS showing, p.uid, add_flags, remove_flags,"             \
    " add_keywords, remove_keywords, state, tries, problem, j.name FROM journal j"                                     \
    " LEFT JOIN placement p ON p.id = j.placement"                                                                     \
    " LEFT JOIN placement m ON m.id = iif(j.kind IN (1, 3), j.source, j.placement)"                                    \
    " LEFT JOIN home h ON h.placement = m.id"

GPtrArray *store_journal(store *s, guint32 account, guint32 folder, GError **error)
{
    g_autoptr(GPtrArray) list =
        g_ptr_array_new_with_free_func((GDestroyNotify)store_journal_row_free);
    if (store_empty(s))
        return g_steal_pointer(&list);
    g_auto(db_rows) rows = db_query(
        &s->d,
        JOURNAL_SELECT " WHERE ?1 IN (0, j.account) AND (?2 = 0 OR ?2 IN (place, j.target, showing)) ORDER BY j.id",
        VALUES(V(account), V(folder)));
    int step;
    while ((step = db_step(&s->d, rows, error)) > 0)
        g_ptr_array_add(list, journal_read(rows));
    return step == 0 ? g_steal_pointer(&list) : NULL;
}

guint store_journal_count(store *s, guint32 account)
{
    gint64 n = 0;
    if (!store_empty(s))
        db_one(&s->d, "SELECT count(*) FROM journal WHERE state < 2 AND account = ?1", VALUES(V(account)), &n, NULL);
    return (guint)n;
}

/* ---- one row */

typedef struct row {
    guint64 id;
    journal_kind kind;
    guint32 placement, target, floor;
    int state;
    char *name;
} row;

static void row_clear(row *r)
{
    g_clear_pointer(&r->name, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(row, row_clear)

static int row_read(store *s, guint64 id, row *r, GError **error)
{
    g_auto(db_rows) rows = db_query(
        &s->d, "SELECT kind, placement, target, floor, state, name FROM journal WHERE id = ?1", VALUES(V((gint64)id)));
    int step = db_step(&s->d, rows, error);
    if (step > 0)
        *r = (row){ id, (journal_kind)db_int(rows, 0), db_u32(rows, 1), db_u32(rows, 2), db_u32(rows, 3),
                    (int)db_int(rows, 4), db_strdup(rows, 5) };
    return step;
}

static bool row_delete(store *s, guint64 id, GError **error)
{
    return db_run(&s->d, "DELETE FROM journal WHERE id = ?1", VALUES(V((gint64)id)), error);
}

static bool places(journal_kind kind)
{
    return kind == JOURNAL_COPY || kind == JOURNAL_MOVE || kind == JOURNAL_APPEND;
}

/* What is shown follows a row that changed, or went. */
static bool row_follow(store *s, const row *r, GError **error)
{
    if (r->kind == JOURNAL_FLAG)
        return flags_recompute(s, r->placement, error);
    if (places(r->kind))
        return where_settle(s, r->placement, NULL, error);
    return folder_settle(s, r->target, error);
}

/* ---- done */

/* The server's flags with one row done. */
static bool server_takes(store *s, guint64 id, GError **error)
{
    g_auto(flag_state) old = { 0 };
    g_autofree char *keywords = NULL;
    mail_flags flags;
    {
        g_auto(db_rows) rows =
            db_query(&s->d,
                     "SELECT p.id, folder, server_flags, flags, modseq, server_keywords, keywords, "
                     "add_flags,"
                     " remove_flags, add_keywords, remove_keywords"
                     " FROM journal j JOIN placement p ON p.id = j.placement WHERE j.id = ?1",
                     VALUES(V((gint64)id)));
        int step = db_step(&s->d, rows, error);
        if (step <= 0)
            return step == 0;
        flag_state_read(&old, rows);
        flags = (old.server_flags | db_u32(rows, 7)) & ~db_u32(rows, 8);
        g_auto(GStrv) add = keywords_split(db_str(rows, 9));
        g_auto(GStrv) remove = keywords_split(db_str(rows, 10));
        keywords = keywords_change(old.server_keywords, (const char *const *)add,
                                   (const char *const *)remove);
    }
    /* The row goes first: it must not be played over what already contains it. */
    return row_delete(s, id, error) && flags_set_server(s, &old, flags, keywords, 0, error);
}

/* The message is in the row's target now, as uid; expunged, it is nowhere. */
static bool arrive_by_row(store *s, const row *r, guint32 uid, GError **error)
{
    g_auto(whereabouts) w = { 0 };
    int step = row_delete(s, r->id, error) ? where_read(s, r->placement, &w, error) : -1;
    if (step <= 0)
        return step == 0;
    if (r->target == 0) {
        step = where_rows(s, w.id, 0, error);
        step = step == 0 ? where_rows(s, w.id, 1, error) : step;
        if (step <= 0) /* nothing else is wanted of it */
            return step == 0 && placement_remove(s, w.id, error);
        return where_settle(s, w.id, &(location){ 0 }, error);
    }
    /* Moved away and back again: the server was never told. */
    if (uid == 0 && w.server.folder == r->target)
        return where_settle(s, w.id, NULL, error);
    location now = { r->target, uid, r->floor, false };
    return (uid == 0 || where_claim(s, w.id, r->target, uid, error)) && where_settle(s, w.id, &now, error);
}

/* Of several rows of one message that were sent as one the last says where it is. */
static bool superseded(GHashTable *last, guint32 placement, gsize at)
{
    return GPOINTER_TO_SIZE(g_hash_table_lookup(last, GUINT_TO_POINTER(placement))) != at + 1;
}

static bool row_done(store *s, const row *r, guint32 uid, bool last, GError **error)
{
    switch (r->kind) {
    case JOURNAL_FLAG:
        return server_takes(s, r->id, error);
    case JOURNAL_COPY:
    case JOURNAL_MOVE:
    case JOURNAL_APPEND:
        return last ? arrive_by_row(s, r, uid, error) : row_delete(s, r->id, error);
    case JOURNAL_FOLDER_CREATE:
    case JOURNAL_FOLDER_RENAME:
    case JOURNAL_FOLDER_DELETE:
    case JOURNAL_SUBSCRIBE:
    case JOURNAL_UNSUBSCRIBE:
        break;
    }
    return row_delete(s, r->id, error) && folder_row_done(s, r->kind, r->target, r->name, error);
}

static bool journal_done(store *s, const guint64 *ids, const guint32 *uids, gsize n, GError **error)
{
    g_autoptr(GHashTable) last = g_hash_table_new(NULL, NULL);
    for (gsize i = 0; n > 1 && i < n; i++) {
        g_auto(row) r = { 0 };
        if (row_read(s, ids[i], &r, error) < 0)
            return false;
        if (places(r.kind))
            g_hash_table_insert(last, GUINT_TO_POINTER(r.placement), GSIZE_TO_POINTER(i + 1));
    }
    for (gsize i = 0; i < n; i++) {
        g_auto(row) r = { 0 };
        int step = row_read(s, ids[i], &r, error);
        if (step < 0 || (step > 0 && !row_done(s, &r, uids != NULL ? uids[i] : 0,
                                               n == 1 || !superseded(last, r.placement, i), error)))
            return false;
    }
    return true;
}

bool store_journal_done(store *s, const guint64 *ids, const guint32 *uids, gsize n, GError **error)
{
    bool own;
    if (!write_begin(s, &own, error))
        return false;
    return write_end(s, own, journal_done(s, ids, uids, n, error), true, error);
}

/* ---- refused, tried again, forgotten: with the rows that wait for them */

/* ids and every row that waits for one of them, in order of their becoming known. */
static GArray *with_dependents(store *s, const guint64 *ids, gsize n, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(guint64));
    for (gsize i = 0; i < n; i++)
        if (g_hash_table_add(seen, g_memdup2(&ids[i], sizeof ids[i])))
            g_array_append_val(all, ids[i]);
    for (guint i = 0; i < all->len; i++) {
        g_auto(db_rows) rows = db_query(
            &s->d,
            "SELECT id FROM journal INDEXED BY journal_after WHERE after = ?1 AND after > 0 UNION ALL"
            " SELECT j.id FROM journal c JOIN journal j ON j.target = c.target WHERE c.id = ?1 AND c.kind = 4"
            " AND j.id <> c.id AND j.kind <> 0",
            VALUES(V((gint64)g_array_index(all, guint64, i))));
        int step;
        while ((step = db_step(&s->d, rows, error)) > 0) {
            guint64 id = (guint64)db_int(rows, 0);
            if (g_hash_table_add(seen, g_memdup2(&id, sizeof id)))
                g_array_append_val(all, id);
        }
        if (step < 0)
            return NULL;
    }
    return g_steal_pointer(&all);
}

static bool park_one(store *s, guint64 id, const char *problem, GError **error)
{
    g_auto(row) r = { 0 };
    int step = row_read(s, id, &r, error);
    if (step <= 0)
        return step == 0;
    return db_run(&s->d, "UPDATE journal SET state = 2, problem = ?2 WHERE id = ?1", VALUES(V((gint64)id), V(problem)),
                  error) &&
           row_follow(s, &r, error);
}

bool store_journal_park(store *s, const guint64 *ids, gsize n, const char *problem, GError **error)
{
    bool own;
    if (!write_begin(s, &own, error))
        return false;
    g_autoptr(GArray) all = with_dependents(s, ids, n, error);
    bool ok = all != NULL;
    for (guint i = 0; ok && i < all->len; i++)
        ok = park_one(s, g_array_index(all, guint64, i), problem, error);
    return write_end(s, own, ok, true, error);
}

bool store_journal_sent(store *s, const guint64 *ids, gsize n, guint32 floor, GError **error)
{
    bool own;
    if (!write_begin(s, &own, error))
        return false;
    bool ok = true;
    for (gsize i = 0; ok && i < n; i++)
        ok = db_run(&s->d,
                    "UPDATE journal SET state = 1, tries = tries + 1, floor = iif(state = 1, floor, ?2)"
                    " WHERE id = ?1 AND state < 2",
                    VALUES(V((gint64)ids[i]), V(floor)), error);
    return write_end(s, own, ok, false, error);
}

static bool cancel_one(store *s, guint64 id, GError **error)
{
    g_auto(row) r = { 0 };
    int step = row_read(s, id, &r, error);
    if (step <= 0)
        return step == 0;
    if (!db_run(&s->d,
                "DELETE FROM difference WHERE (action, kind, what) = (SELECT action, CASE WHEN kind = 0 THEN 0 WHEN"
                " kind < 4 THEN 1 WHEN kind = 8 THEN 5 ELSE kind - 2 END, iif(kind < 4, placement, target) FROM journal"
                " WHERE id = ?1)",
                VALUES(V((gint64)id)), error) ||
        !row_delete(s, id, error))
        return false;
    /* What was to be made is not made. */
    if (r.kind == JOURNAL_COPY || r.kind == JOURNAL_APPEND)
        return placement_remove(s, r.placement, error);
    if (r.kind == JOURNAL_FOLDER_CREATE)
        return folder_remove(s, r.target, error);
    if (r.kind != JOURNAL_MOVE)
        return row_follow(s, &r, error);
    /* What was to go and is gone, or was to go elsewhere from where it no longer is. */
    g_auto(whereabouts) w = { 0 };
    step = where_read(s, r.placement, &w, error);
    if (step > 0 && w.server.folder == 0 && (step = where_rows(s, w.id, -1, error)) == 0)
        return placement_remove(s, w.id, error);
    return step >= 0 && row_follow(s, &r, error);
}

bool journal_cancel(store *s, const guint64 *ids, gsize n, GError **error)
{
    g_autoptr(GArray) all = with_dependents(s, ids, n, error);
    bool ok = all != NULL;
    for (guint i = all != NULL ? all->len : 0; ok && i > 0; i--) /* what waits goes before what it waits for */
        ok = cancel_one(s, g_array_index(all, guint64, i - 1), error);
    return ok;
}

static bool any_sent(store *s, const guint64 *ids, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        gint64 one = 0;
        if (db_one(&s->d, "SELECT 1 FROM journal WHERE id = ?1 AND state = 1", VALUES(V((gint64)ids[i])), &one, NULL) >
            0)
            return true;
    }
    return false;
}

bool store_journal_cancel(store *s, const guint64 *ids, gsize n, GError **error)
{
    bool own;
    if (any_sent(s, ids, n)) {
        error_set(error, ERROR_INPUT, _("a change was sent, and its answer is not known yet"));
        return false;
    }
    if (!write_begin(s, &own, error))
        return false;
    return write_end(s, own, journal_cancel(s, ids, n, error), true, error);
}

/* The folder that a row wants something into, or of. */
static bool target_there(store *s, guint64 id)
{
    gint64 one = 0;
    return db_one(&s->d,
                  "SELECT 1 FROM journal j WHERE id = ?1 AND target > 0 AND NOT EXISTS (SELECT 1 FROM folder f WHERE"
                  " f.id = j.target)",
                  VALUES(V((gint64)id)), &one, NULL) == 0;
}

static bool retry_one(store *s, guint64 id, GError **error)
{
    g_auto(row) r = { 0 };
    int step = row_read(s, id, &r, error);
    if (step <= 0 || r.state != 2)
        return step >= 0;
    return db_run(&s->d, "UPDATE journal SET state = 0, problem = NULL WHERE id = ?1", VALUES(V((gint64)id)), error) &&
           row_follow(s, &r, error);
}

bool store_journal_retry(store *s, const guint64 *ids, gsize n, GError **error)
{
    bool own;
    for (gsize i = 0; i < n; i++)
        if (!target_there(s, ids[i])) {
            error_set(error, ERROR_INPUT, _("the folder is no longer there"));
            return false;
        }
    if (!write_begin(s, &own, error))
        return false;
    g_autoptr(GArray) all = with_dependents(s, ids, n, error);
    bool ok = all != NULL;
    for (guint i = 0; ok && i < all->len; i++)
        ok = retry_one(s, g_array_index(all, guint64, i), error);
    return write_end(s, own, ok, true, error);
}
