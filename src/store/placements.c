/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows that go: vanished messages, and rows that a new numbering of the server left behind. */
#include "store/internal.h"
#include "base/error.h"

/* The content stays while another row of the node has it, and a while longer for a row that may come. */
static bool mail_release(store *s, const orphan *o, GError **error)
{
    gint64 others = 0;
    int step = db_one(
        &s->d,
        "SELECT 1 FROM node JOIN placement p ON p.id = node.first"
        " WHERE node.id = ?1 AND p.mail = ?2 UNION ALL"
        " SELECT 1 FROM placement INDEXED BY placement_copy WHERE copy AND node = ?1 AND mail = ?2",
        VALUES(V(o->node), V(o->mail)), &others, error);
    return step != 0 ? step > 0 : orphan_add(s, o, error);
}

static bool first_remove(store *s, guint32 node, GError **error)
{
    if (s->forest != NULL && node < s->forest->nodes->len)
        forest_get(s->forest, node)->first = 0;
    return db_run(&s->d, "UPDATE node SET first = 0 WHERE id = ?1", VALUES(V(node)), error);
}

bool placement_remove(store *s, guint32 id, GError **error)
{
    guint32 folder, thread, flags;
    orphan content = { .placement = id };
    bool top, copy;
    {
        g_auto(db_rows) rows = db_query(&s->d,
                                        "DELETE FROM placement WHERE id = ?1 RETURNING folder, "
                                        "thread, node, mail, flags, top, copy, size",
                                        VALUES(V(id)));
        int step = db_step(&s->d, rows, error);
        if (step <= 0)
            return step == 0;
        folder = db_u32(rows, 0);
        thread = db_u32(rows, 1);
        content.node = db_u32(rows, 2);
        content.mail = db_u32(rows, 3);
        flags = db_u32(rows, 4);
        top = db_int(rows, 5) != 0;
        copy = db_int(rows, 6) != 0;
        content.size = (guint64)db_int(rows, 7);
    }
    count_add(s, folder, -1, flags & FLAG_SEEN ? 0 : -1);
    /* What was asked for a message that is gone is done. */
    return db_run(&s->d, "DELETE FROM journal WHERE placement = ?1", VALUES(V(id)), error) &&
           db_run(&s->d, "DELETE FROM home WHERE placement = ?1", VALUES(V(id)), error) &&
           (copy || first_remove(s, content.node, error)) && (!top || top_leave(s, folder, thread, error)) &&
           mail_release(s, &content, error);
}

bool placement_left_home(store *s, guint32 id, GError **error)
{
    g_auto(whereabouts) w = { 0 };
    int step = where_read(s, id, &w, error), sent = step > 0 ? where_rows(s, id, 1, error) : 0;
    if (step <= 0 || sent < 0)
        return step == 0;
    /* It may have gone where a row that was sent has moved it. */
    if (sent == 0 && (w.shown == 0 || w.shown == w.server.folder))
        return placement_remove(s, id, error);
    return where_settle(s, id, &(location){ 0 }, error);
}

static bool leave_all(store *s, db_rows found, guint *removed, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    int step;
    while ((step = db_step(&s->d, found, error)) > 0) {
        guint32 id = db_u32(found, 0);
        g_array_append_val(ids, id);
    }
    if (step < 0)
        return false;
    for (guint i = 0; i < ids->len; i++)
        if (!placement_left_home(s, g_array_index(ids, guint32, i), error))
            return false;
    *removed += ids->len;
    return true;
}

bool homes_drop(store *s, guint32 folder, int syncs, GError **error)
{
    guint n = 0;
    g_auto(db_rows) rows = db_query(&s->d,
                                    "SELECT placement FROM home INDEXED BY home_uid WHERE folder = ?1 AND uid IS NULL"
                                    " AND NOT lost AND syncs >= ?2",
                                    VALUES(V(folder), V(syncs)));
    return leave_all(s, rows, &n, error);
}

bool store_vanished(store *s, guint32 folder, const uid_set *gone, guint *removed, GError **error)
{
    bool own;
    guint n = 0;
    if (!write_begin(s, &own, error))
        return false;
    bool ok = true;
    for (guint i = 0; ok && i < gone->ranges->len; i++) {
        const uid_range *r = &g_array_index(gone->ranges, uid_range, i);
        g_auto(db_rows) rows = db_query(&s->d,
                                        "SELECT id FROM placement INDEXED BY placement_uid"
                                        " WHERE folder = ?1 AND uid BETWEEN ?2 AND ?3 UNION ALL"
                                        " SELECT placement FROM home INDEXED BY home_uid"
                                        " WHERE folder = ?1 AND uid BETWEEN ?2 AND ?3",
                                        VALUES(V(folder), V(r->first), V(r->last)));
        ok = leave_all(s, rows, &n, error);
    }
    if (removed != NULL)
        *removed = n;
    return write_end(s, own, ok, false, error);
}

bool store_uid_count(store *s, guint32 folder, guint32 *n, GError **error)
{
    gint64 count = 0;
    *n = 0;
    if (store_empty(s))
        return true;
    int step = db_one(&s->d,
                      "SELECT (SELECT count(*) FROM placement INDEXED BY placement_uid WHERE folder = ?1 AND uid > 0) +"
                      " (SELECT count(*) FROM home INDEXED BY home_uid WHERE folder = ?1 AND uid > 0)",
                      VALUES(V(folder)), &count, error);
    *n = (guint32)count;
    return step > 0;
}

uid_set *store_uids(store *s, guint32 folder, GError **error)
{
    g_autoptr(uid_set) set = uid_set_new();
    if (store_empty(s))
        return g_steal_pointer(&set);
    g_auto(db_rows) rows = db_query(&s->d,
                                    "SELECT uid FROM placement INDEXED BY placement_uid"
                                    " WHERE folder = ?1 AND uid > 0 UNION ALL SELECT uid FROM home INDEXED BY home_uid"
                                    " WHERE folder = ?1 AND uid > 0 ORDER BY uid",
                                    VALUES(V(folder)));
    int step;
    guint32 first = 0, last = 0; /* one range, while it grows */
    while ((step = db_step(&s->d, rows, error)) > 0) {
        guint32 uid = db_u32(rows, 0);
        if (first != 0 && uid != last + 1)
            uid_set_add_range(set, first, last);
        if (first == 0 || uid != last + 1)
            first = uid;
        last = uid;
    }
    if (first != 0)
        uid_set_add_range(set, first, last);
    return step == 0 ? g_steal_pointer(&set) : NULL;
}

/* A row sent under the old numbers may or may not have arrived; flags may be stored twice, so it
 * waits again. */
bool store_folder_renumber(store *s, guint32 folder, guint32 uidvalidity, GError **error)
{
    bool own;
    lost_forget(s);
    if (!write_begin(s, &own, error))
        return false;
    bool ok =
        db_run(&s->d,
               "UPDATE journal SET state = 0 WHERE state = 1 AND kind = 0 AND placement IN"
               " (SELECT id FROM placement WHERE folder = ?1 AND uid > 0)",
               VALUES(V(folder)), error) &&
        db_run(
            &s->d,
            "UPDATE placement SET uid = NULL, modseq = 0, lost = 1 WHERE folder = ?1 AND uid > 0",
            VALUES(V(folder)), error) &&
        db_run(&s->d, "UPDATE home SET uid = NULL, floor = 0, lost = 1 WHERE folder = ?1", VALUES(V(folder)), error) &&
        /* what was sent into it may come under any number */
        db_run(&s->d, "UPDATE journal SET floor = 0 WHERE target = ?1", VALUES(V(folder)), error) &&
        db_run(&s->d,
               "UPDATE folder SET uidvalidity = ?2, uidnext = 0, highestmodseq = 0, provisional = 1"
               " WHERE id = ?1",
               VALUES(V(folder), V(uidvalidity)), error);
    return write_end(s, own, ok, false, error);
}

bool store_unbound_drop(store *s, guint32 folder, GError **error)
{
    bool own;
    guint n = 0;
    lost_forget(s);
    if (!write_begin(s, &own, error))
        return false;
    g_auto(db_rows) rows = db_query(&s->d,
                                    "SELECT id FROM placement INDEXED BY placement_uid"
                                    " WHERE folder = ?1 AND uid IS NULL AND lost UNION ALL"
                                    " SELECT placement FROM home INDEXED BY home_uid"
                                    " WHERE folder = ?1 AND uid IS NULL AND lost",
                                    VALUES(V(folder)));
    bool ok = leave_all(s, rows, &n, error);
    return write_end(s, own, ok, false, error);
}
