/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows without a uid and the messages that they are, when they are seen to arrive.  That a message is the same one is
 * messages.c's to say; here is, whether its row waits for it just there. */
#include "store/internal.h"

int home_of(store *s, guint32 folder, guint32 uid, guint32 *placement, GError **error)
{
    gint64 id = 0;
    int step = db_one(&s->d, "SELECT placement FROM home INDEXED BY home_uid WHERE folder = ?1 AND uid = ?2",
                      VALUES(V(folder), V(uid)), &id, error);
    *placement = (guint32)id;
    return step;
}

/* A row that was sent there may have been done; where the server has the message nowhere (any more), somebody else did
 * what a row only wants. */
static int row_awaits(store *s, const whereabouts *w, guint32 folder, guint32 uid, bool gone, guint64 *row,
                      GError **error)
{
    gint64 id = 0;
    int step = db_one(&s->d,
                      "SELECT id FROM journal INDEXED BY journal_placement WHERE placement = ?1 AND target = ?2 AND"
                      " kind BETWEEN 1 AND 3 AND ((state = 1 AND floor <= ?3) OR (state = 0 AND ?4))"
                      " ORDER BY id DESC LIMIT 1",
                      VALUES(V(w->id), V(folder), V(uid), V(gone)), &id, error);
    *row = (guint64)id;
    return step > 0 && w->server.folder == 0 ? 2 : step;
}

int awaits(store *s, guint32 placement, guint32 folder, guint32 uid, guint64 *row, GError **error)
{
    g_auto(whereabouts) w = { 0 };
    gint64 rows = 0, made = 0;
    *row = 0;
    int step = where_read(s, placement, &w, error);
    if (step <= 0)
        return step;
    if (w.server.folder == folder && w.server.uid == 0 && w.server.floor <= uid)
        return 3;
    if (db_one(
            &s->d,
            "SELECT count(*) FROM journal INDEXED BY journal_placement WHERE placement = ?1 AND kind BETWEEN 1 AND 3",
            VALUES(V(placement)), &rows, error) < 0 ||
        db_one(&s->d,
               "SELECT count(*) FROM journal INDEXED BY journal_placement WHERE placement = ?1 AND kind IN (1, 3)",
               VALUES(V(placement)), &made, error) < 0)
        return -1;
    if (rows == 0) /* it waits since it was stored without a uid */
        return w.server.folder == 0 && w.shown == folder ? 3 : 0;
    return row_awaits(s, &w, folder, uid, w.server.folder == 0 && made == 0, row, error);
}

bool arrived(store *s, guint32 placement, guint32 folder, guint32 uid, guint64 row, GError **error)
{
    location there = { .folder = folder, .uid = uid };
    if (!db_run(&s->d,
                "UPDATE placement SET uid = ?3, lost = 0, modseq = 0 WHERE id = ?1 AND folder = ?2 AND lost",
                VALUES(V(placement), V(folder), V(uid)), error))
        return false;
    if (sqlite3_changes(s->d.handle) > 0) /* after a new numbering all of a folder comes this way */
        return true;
    return (row == 0 || db_run(&s->d,
                               "DELETE FROM journal WHERE placement = ?1 AND id <= ?2 AND kind BETWEEN 1 AND 3",
                               VALUES(V(placement), V((gint64)row)), error)) &&
           where_settle(s, placement, &there, error);
}
