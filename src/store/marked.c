/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages that carry \Deleted because somebody said so here: what another program marked is not ours to expunge. */
#include "store/internal.h"

/* The last act that touched the mark decides. */
GArray *store_marked(store *s, guint32 account, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    if (store_empty(s))
        return g_steal_pointer(&ids);
    g_auto(db_rows) rows =
        db_query(&s->d,
                 "SELECT p.id FROM placement p JOIN folder f ON f.id = p.folder WHERE p.id IN (SELECT what FROM difference"
                 " WHERE kind = 0 AND add_flags & ?2) AND f.account = ?1 AND p.uid IS NOT NULL AND p.server_flags & ?2"
                 " AND p.flags & ?2 AND (SELECT d.add_flags & ?2 FROM difference d WHERE d.what = p.id AND d.kind = 0 AND"
                 " (d.add_flags | d.remove_flags) & ?2 ORDER BY d.action DESC LIMIT 1)",
                 VALUES(V(account), V((guint32)FLAG_DELETED)));
    int step;
    while ((step = db_step(&s->d, rows, error)) > 0) {
        guint32 id = db_u32(rows, 0);
        g_array_append_val(ids, id);
    }
    return step == 0 ? g_steal_pointer(&ids) : NULL;
}
