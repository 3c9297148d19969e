/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the server's numbers of messages to ours. */
#include "store/internal.h"

GArray *store_placements_of(store *s, guint32 folder, const uid_set *uids, guint32 *highest, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (guint i = 0; i < uids->ranges->len; i++) {
        const uid_range *r = &g_array_index(uids->ranges, uid_range, i);
        g_auto(db_rows) rows = db_query(&s->d,
                                        "SELECT id, uid FROM placement INDEXED BY placement_uid"
                                        " WHERE folder = ?1 AND uid BETWEEN ?2 AND ?3 ORDER BY uid",
                                        VALUES(V(folder), V(r->first), V(r->last)));
        int step;
        while ((step = db_step(&s->d, rows, error)) > 0) {
            guint32 id = db_u32(rows, 0);
            g_array_append_val(ids, id);
            if (highest != NULL)
                *highest = MAX(*highest, db_u32(rows, 1));
        }
        if (step < 0)
            return NULL;
    }
    return g_steal_pointer(&ids);
}
