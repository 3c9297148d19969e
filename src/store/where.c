/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a message is: where the server has it (its row, or the table home) and where it is shown (the target of the
 * last row that waits, else where the server has it).  Every change of either ends in where_write, which keeps
 * counters and the marks of threads. */
#include "store/internal.h"

/* ---- the newest of a thread in a folder */

bool top_leave(store *s, guint32 folder, guint32 thread, GError **error)
{
    return db_run(&s->d,
                  "UPDATE placement SET top = 1 WHERE id = (SELECT id FROM placement INDEXED BY placement_thread"
                  " WHERE folder = ?1 AND thread = ?2 ORDER BY date DESC, node DESC LIMIT 1)",
                  VALUES(V(folder), V(thread)), error);
}

bool top_enter(store *s, guint32 folder, guint32 thread, gint64 date, guint32 node, bool *top, GError **error)
{
    gint64 newest;
    guint32 newest_node;
    {
        g_auto(db_rows) rows = db_query(&s->d,
                                        "SELECT date, node FROM placement INDEXED BY placement_thread"
                                        " WHERE folder = ?1 AND thread = ?2 ORDER BY date DESC, node DESC LIMIT 1",
                                        VALUES(V(folder), V(thread)));
        int step = db_step(&s->d, rows, error);
        *top = true;
        if (step <= 0)
            return step == 0;
        newest = db_int(rows, 0);
        newest_node = db_u32(rows, 1);
    }
    *top = date > newest || (date == newest && node > newest_node);
    /* Copies of one message lie beside each other: any of them may have the mark. */
    return !*top || db_run(&s->d,
                           "UPDATE placement INDEXED BY placement_thread SET top = 0 WHERE folder = ?1 AND thread = ?2"
                           " AND date = ?3 AND node = ?4 AND top",
                           VALUES(V(folder), V(thread), V(newest), V(newest_node)), error);
}

/* ---- reading and writing */

#define WHERE_COLUMNS                                                                                                  \
    "p.id, p.folder, p.uid, p.lost, h.folder, h.uid, h.floor, h.lost, p.thread, p.node, p.mail, p.date, p.flags,"      \
    " p.top, p.received, p.size, p.keywords"

static void read_row(whereabouts *w, db_rows rows)
{
    *w = (whereabouts){
        .id = db_u32(rows, 0), .shown = db_u32(rows, 1), .thread = db_u32(rows, 8), .node = db_u32(rows, 9),
        .mail = db_u32(rows, 10), .date = db_int(rows, 11), .flags = db_u32(rows, 12), .top = db_int(rows, 13) != 0,
        .received = db_int(rows, 14), .size = (guint64)db_int(rows, 15), .keywords = g_strdup(db_str(rows, 16)),
    };
    if (db_u32(rows, 4) != 0) {
        w->homed = true;
        w->server = (location){ db_u32(rows, 4), db_u32(rows, 5), db_u32(rows, 6), db_int(rows, 7) != 0 };
    } else if (db_u32(rows, 2) != 0 || db_int(rows, 3) != 0) {
        w->server = (location){ w->shown, db_u32(rows, 2), 0, db_int(rows, 3) != 0 };
    }
}

int where_read(store *s, guint32 id, whereabouts *w, GError **error)
{
    *w = (whereabouts){ 0 };
    g_auto(db_rows) rows =
        db_query(&s->d,
                 "SELECT " WHERE_COLUMNS " FROM placement p LEFT JOIN home h ON h.placement = p.id WHERE p.id = ?1",
                 VALUES(V(id)));
    int step = db_step(&s->d, rows, error);
    if (step > 0)
        read_row(w, rows);
    return step;
}

void where_clear(whereabouts *w)
{
    g_clear_pointer(&w->keywords, g_free);
}

guint32 account_of_folder(store *s, guint32 folder)
{
    gint64 account = 0;
    db_one(&s->d, "SELECT account FROM folder WHERE id = ?1", VALUES(V(folder)), &account, NULL);
    return (guint32)account;
}

guint32 where_account(store *s, const whereabouts *w)
{
    gint64 account = account_of_folder(s, w->shown != 0 ? w->shown : w->server.folder);
    if (account == 0)
        db_one(&s->d, "SELECT account FROM journal INDEXED BY journal_placement WHERE placement = ?1 LIMIT 1",
               VALUES(V(w->id)), &account, NULL);
    return (guint32)account;
}

static bool write_home(store *s, const whereabouts *old, const location *home, GError **error)
{
    if (home == NULL)
        return !old->homed || db_run(&s->d, "DELETE FROM home WHERE placement = ?1", VALUES(V(old->id)), error);
    return db_run(&s->d, "REPLACE INTO home (placement, folder, uid, floor, lost) VALUES (?1, ?2, ?3, ?4, ?5)",
                  VALUES(V(old->id), V(home->folder), home->uid != 0 ? V(home->uid) : SQL_NULL, V(home->floor),
                         V(home->lost)),
                  error);
}

bool where_write(store *s, const whereabouts *old, guint32 shown, const location *server, mail_flags mark,
                 GError **error)
{
    location there = *server;
    /* A row that is lost in its own folder is as a new numbering leaves it. */
    bool at_home = there.folder != 0 && there.folder == shown && (there.uid != 0 || there.lost);
    bool moves = shown != old->shown, top = old->top;
    bool same_uid = there.folder == old->server.folder && there.uid == old->server.uid;
    bool same_home = same_uid && there.floor == old->server.floor && there.lost == old->server.lost && old->homed;
    if (moves && !top_enter(s, shown, old->thread, old->date, old->node, &top, error))
        return false;
    if ((at_home || there.folder == 0 || !same_home) &&
        !write_home(s, old, at_home || there.folder == 0 ? NULL : &there, error))
        return false;
    if (!db_run(&s->d,
                "UPDATE placement SET folder = ?2, uid = ?3, lost = ?4, top = ?5, modseq = iif(?6, modseq, 0),"
                " flags = flags | ?7 WHERE id = ?1",
                VALUES(V(old->id), V(shown), at_home && there.uid != 0 ? V(there.uid) : SQL_NULL,
                       V(at_home && there.lost), V(top), V(same_uid), V(mark)),
                error))
        return false;
    if (!moves)
        return true;
    int unseen = old->flags & FLAG_SEEN ? 0 : 1;
    count_add(s, old->shown, -1, -unseen);
    count_add(s, shown, 1, unseen);
    return !old->top || top_leave(s, old->shown, old->thread, error);
}

/* ---- what the rows that wait make of it */

int where_wanted(store *s, guint32 id, guint32 *folder, GError **error)
{
    gint64 target = 0;
    int step = db_one(&s->d,
                      "SELECT target FROM journal INDEXED BY journal_placement WHERE placement = ?1 AND state < 2"
                      " AND kind BETWEEN 1 AND 3 ORDER BY id DESC LIMIT 1",
                      VALUES(V(id)), &target, error);
    *folder = (guint32)target;
    return step;
}

int where_rows(store *s, guint32 id, int state, GError **error)
{
    gint64 one = 0;
    return db_one(&s->d,
                  "SELECT 1 FROM journal INDEXED BY journal_placement WHERE placement = ?1 AND kind BETWEEN 1 AND 3"
                  " AND ?2 IN (-1, state) LIMIT 1",
                  VALUES(V(id), V(state)), &one, error);
}

/* A message that the server has not, and that it refused to take, is shown nowhere. */
static int refused(store *s, guint32 id, GError **error)
{
    gint64 one = 0;
    return db_one(&s->d,
                  "SELECT 1 FROM journal INDEXED BY journal_placement WHERE placement = ?1 AND state = 2"
                  " AND kind IN (1, 3) LIMIT 1",
                  VALUES(V(id)), &one, error);
}

bool where_settle(store *s, guint32 id, const location *server, GError **error)
{
    g_auto(whereabouts) w = { 0 };
    guint32 shown = 0;
    int step = where_read(s, id, &w, error);
    if (step <= 0)
        return step == 0;
    location there = server != NULL ? *server : w.server;
    step = where_wanted(s, id, &shown, error);
    if (step == 0) {
        shown = there.folder != 0 ? there.folder : w.shown;
        if (there.folder == 0 && (step = refused(s, id, error)) > 0)
            shown = 0;
    }
    if (step < 0)
        return false;
    if (shown == 0 && there.folder == 0 && (step = where_rows(s, id, -1, error)) <= 0)
        return step == 0 && placement_remove(s, id, error);
    return where_write(s, &w, shown, &there, 0, error) && flags_recompute(s, id, error);
}

/* ---- two rows of one message */

static bool take_over(store *s, guint32 id, guint32 other, GError **error)
{
    return db_run(&s->d, "UPDATE journal SET placement = ?1 WHERE placement = ?2", VALUES(V(id), V(other)), error) &&
           db_run(&s->d, "UPDATE journal SET source = ?1 WHERE source = ?2", VALUES(V(id), V(other)), error) &&
           placement_remove(s, other, error);
}

bool where_claim(store *s, guint32 id, guint32 folder, guint32 uid, GError **error)
{
    gint64 other = 0;
    int step = db_one(&s->d,
                      "SELECT id FROM placement INDEXED BY placement_uid WHERE folder = ?1 AND uid = ?2 UNION ALL"
                      " SELECT placement FROM home INDEXED BY home_uid WHERE folder = ?1 AND uid = ?2 LIMIT 1",
                      VALUES(V(folder), V(uid)), &other, error);
    return step == 0 || (step > 0 && ((guint32)other == id || take_over(s, id, (guint32)other, error)));
}

bool store_where(store *s, guint32 placement, guint32 *folder, guint32 *uid, GError **error)
{
    *folder = *uid = 0;
    if (store_empty(s))
        return true;
    for (int depth = 0; depth < 16; depth++) { /* a copy of a copy of a copy ... */
        g_auto(whereabouts) w = { 0 };
        gint64 source = 0;
        int step = where_read(s, placement, &w, error);
        if (step <= 0)
            return step == 0;
        *folder = w.server.uid != 0 ? w.server.folder : 0;
        *uid = w.server.uid;
        if (*uid != 0)
            return true;
        step = db_one(&s->d,
                      "SELECT source FROM journal INDEXED BY journal_placement WHERE placement = ?1 AND kind IN (1, 3)",
                      VALUES(V(placement)), &source, error);
        if (step <= 0)
            return step == 0;
        placement = (guint32)source;
    }
    return true;
}

guint32 store_shown(store *s, guint32 placement)
{
    gint64 folder = 0;
    if (!store_empty(s))
        db_one(&s->d, "SELECT folder FROM placement WHERE id = ?1", VALUES(V(placement)), &folder, NULL);
    return (guint32)folder;
}
