/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Placements and their content read back as summaries, for the rows of a list. */
#include "store/internal.h"

mail_summary *store_summary(store *s, guint32 id, GError **error)
{
    if (store_empty(s))
        return NULL;
    g_auto(db_rows) rows =
        db_query(&s->d,
                 "SELECT p.mail, folder, thread, uid, modseq, received, m.date, date_offset, size, "
                 "flags, keywords,"
                 " attachment, message_id, subject, sender, recipients, copies, list_id, preview,"
                 " object_id"
                 " FROM placement p JOIN mail m ON m.id = p.mail WHERE p.id = ?1",
                 VALUES(V(id)));
    if (db_step(&s->d, rows, error) <= 0)
        return NULL;
    mail_summary *m = g_new0(mail_summary, 1);
    m->id = id;
    m->mail = db_u32(rows, 0);
    m->folder = db_u32(rows, 1);
    m->thread = db_u32(rows, 2);
    m->uid = db_u32(rows, 3);
    m->modseq = (guint64)db_int(rows, 4);
    m->received_s = db_int(rows, 5);
    m->date_s = db_int(rows, 6);
    m->date_offset_min = (int)db_int(rows, 7);
    m->size = (guint64)db_int(rows, 8);
    m->flags = db_u32(rows, 9);
    m->keywords = g_strdup(db_str(rows, 10));
    m->has_attachment = db_int(rows, 11) != 0;
    m->message_id = db_strdup(rows, 12);
    m->subject = g_strdup(db_str(rows, 13));
    m->from = addresses_unpack(db_str(rows, 14));
    m->to = addresses_unpack(db_str(rows, 15));
    m->cc = addresses_unpack(db_str(rows, 16));
    m->list_id = db_strdup(rows, 17);
    m->preview = db_strdup(rows, 18);
    m->object_id = db_strdup(rows, 19);
    return m;
}

GPtrArray *store_summaries(store *s, const guint32 *ids, gsize n, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_full((guint)n, (GDestroyNotify)mail_summary_free);
    for (gsize i = 0; i < n; i++) {
        GError *problem = NULL;
        g_ptr_array_add(list, store_summary(s, ids[i], &problem));
        if (problem != NULL) {
            g_propagate_error(error, problem);
            return NULL;
        }
    }
    return g_steal_pointer(&list);
}

GHashTable *store_protected(store *s)
{
    GHashTable *set = g_hash_table_new(NULL, NULL);
    if (store_empty(s))
        return set;
    g_auto(db_rows) rows = db_query(
        &s->d,
        "SELECT mail FROM placement WHERE id IN (SELECT placement FROM journal UNION SELECT source FROM journal) UNION"
        " ALL SELECT mail FROM placement INDEXED BY placement_uid WHERE folder IN (SELECT 0 UNION ALL SELECT id FROM"
        " folder) AND uid IS NULL AND NOT lost",
        NO_VALUES);
    while (db_step(&s->d, rows, NULL) > 0)
        g_hash_table_add(set, GUINT_TO_POINTER(db_u32(rows, 0)));
    return set;
}

bool store_knows_bodies(store *s)
{
    gint64 one = 0;
    return !store_empty(s) && db_one(&s->d, "SELECT 1 FROM mail WHERE hash IS NOT NULL LIMIT 1", NO_VALUES, &one, NULL) > 0;
}
