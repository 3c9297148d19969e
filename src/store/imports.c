/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an import has done so far.  Each message is noted in the transaction that makes it, and its journal row waits
 * (for itself) until its text is stored: whatever is killed in between, nothing is sent without its text, and nothing
 * is imported twice. */
#include "store/internal.h"

bool store_import_begin(store *s, const char *source, const char *stamp, guint32 folder, GHashTable *items, GError **error)
{
    if (!db_run(&s->d, "DELETE FROM imported WHERE source = ?1 AND folder = ?2 AND stamp <> ?3",
                VALUES(V(source), V(folder), V(stamp)), error))
        return false;
    g_auto(db_rows) rows = db_query(&s->d, "SELECT item, placement FROM imported WHERE source = ?1 AND folder = ?2",
                                    VALUES(V(source), V(folder)));
    int step;
    while ((step = db_step(&s->d, rows, error)) > 0)
        g_hash_table_insert(items, db_strdup(rows, 0), GUINT_TO_POINTER(db_u32(rows, 1)));
    return step == 0;
}

bool store_import_note(store *s, const char *source, const char *stamp, guint32 folder, const char *item,
                       guint32 placement, GError **error)
{
    return db_run(&s->d, "INSERT INTO imported (source, stamp, folder, item, placement) VALUES (?1, ?2, ?3, ?4, ?5)",
                  VALUES(V(source), V(stamp), V(folder), V(item), V(placement)), error) &&
           db_run(&s->d, "UPDATE journal SET after = id WHERE placement = ?1 AND kind = ?2",
                  VALUES(V(placement), V((gint64)JOURNAL_APPEND)), error);
}

bool store_import_release(store *s, const guint32 *placements, gsize n, GError **error)
{
    for (gsize i = 0; i < n; i++)
        if (!db_run(&s->d, "UPDATE journal SET after = 0 WHERE placement = ?1 AND kind = ?2 AND after = id",
                    VALUES(V(placements[i]), V((gint64)JOURNAL_APPEND)), error))
            return false;
    return true;
}

bool store_import_end(store *s, const char *source, guint32 folder, GError **error)
{
    return db_run(&s->d, "DELETE FROM imported WHERE source = ?1 AND folder = ?2", VALUES(V(source), V(folder)), error);
}
