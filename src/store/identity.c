/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages known again: contents that lost their last placement and turn up elsewhere, and the rows of a
 * folder that the server numbered anew.  Only what is certain counts: the server's own name of the content
 * (RFC 8474, X-GM-MSGID), or the Message-ID with the size; what every message of a folder can be told
 * apart by, where nothing else is there. */
#include "store/internal.h"
#include "base/clock.h"

#include <string.h>

/* Longer ones are no server's: RFC 8474 section 7. */
#define OBJECT_ID_MAX 255

bool object_known(const mail_summary *m)
{
    return m->object_id != NULL && m->object_id[0] != '\0' && strlen(m->object_id) <= OBJECT_ID_MAX;
}

bool same_object(store *s, guint32 mail, const mail_summary *m)
{
    if (!object_known(m))
        return false;
    g_auto(db_rows) rows = db_query(&s->d, "SELECT object_id FROM mail WHERE id = ?1", VALUES(V(mail)));
    return db_step(&s->d, rows, NULL) > 0 && strcmp(db_str(rows, 0), m->object_id) == 0;
}

bool object_learned(store *s, guint32 mail, const mail_summary *m, GError **error)
{
    return !object_known(m) ||
           db_run(&s->d, "UPDATE mail SET object_id = ?2 WHERE id = ?1 AND object_id IS NULL",
                  VALUES(V(mail), V(m->object_id)), error);
}

/* ---- contents without a placement */

bool orphan_add(store *s, const orphan *o, GError **error)
{
    return db_run(&s->d, "REPLACE INTO orphan VALUES (?1, ?2, ?3, ?4, ?5)",
                  VALUES(V(o->mail), V(o->node), V(o->placement), V((gint64)o->size), V(clock_now_s())), error);
}

bool orphans_there(store *s)
{
    gint64 any = 0;
    return db_one(&s->d, "SELECT 1 FROM orphan LIMIT 1", NO_VALUES, &any, NULL) > 0;
}

int orphan_take(store *s, guint32 node, const mail_summary *m, orphan *found, GError **error)
{
    *found = (orphan){ 0 };
    {
        g_auto(db_rows) rows = db_query(&s->d,
                                        "SELECT mail, placement, size FROM orphan INDEXED BY orphan_node"
                                        " WHERE node = ?1 ORDER BY since DESC, mail",
                                        VALUES(V(node)));
        int step;
        while (found->mail == 0 && (step = db_step(&s->d, rows, error)) != 0) {
            if (step < 0)
                return -1;
            guint32 mail = db_u32(rows, 0);
            if ((guint64)db_int(rows, 2) == m->size || same_object(s, mail, m))
                *found = (orphan){ .mail = mail, .node = node, .placement = db_u32(rows, 1) };
        }
    }
    if (found->mail == 0)
        return 0;
    return db_run(&s->d, "DELETE FROM orphan WHERE mail = ?1", VALUES(V(found->mail)), error) ? 1 : -1;
}

bool store_prune(store *s, gint64 before_s, guint limit, guint *removed, GError **error)
{
    bool own;
    *removed = 0;
    if (!write_begin(s, &own, error))
        return false;
    bool ok = db_run(&s->d,
                     "DELETE FROM mail WHERE id IN (SELECT mail FROM orphan WHERE since < ?1 ORDER BY mail LIMIT ?2)",
                     VALUES(V(before_s), V(limit)), error);
    *removed = ok ? (guint)sqlite3_changes(s->d.handle) : 0;
    ok = ok && db_run(&s->d,
                      "DELETE FROM orphan WHERE mail IN (SELECT mail FROM orphan WHERE since < ?1 ORDER BY mail"
                      " LIMIT ?2)",
                      VALUES(V(before_s), V(limit)), error);
    return write_end(s, own, ok, false, error);
}

/* ---- rows of a folder that was numbered anew: by the server's name of the content, and those without a
 * Message-ID by all that is known of them */

struct lost_rows {
    guint32 folder;
    GHashTable *by_name; /* of placement ids; 0: several rows have the name */
};

void lost_forget(store *s)
{
    if (s->lost != NULL)
        g_hash_table_unref(s->lost->by_name);
    g_clear_pointer(&s->lost, g_free);
}

static char *name_by_object(const char *object_id)
{
    return g_strconcat("o", object_id, NULL);
}

static char *name_by_looks(guint64 size, gint64 received_s, gint64 date_s, const char *subject, const char *from)
{
    return g_strdup_printf("l%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %s\n%s", size, received_s,
                           date_s, subject, from);
}

static void lost_add(lost_rows *lost, char *name, guint32 placement)
{
    if (g_hash_table_contains(lost->by_name, name))
        placement = 0;
    g_hash_table_replace(lost->by_name, name, GUINT_TO_POINTER(placement));
}

static void lost_read(lost_rows *lost, db_rows rows)
{
    guint32 placement = db_u32(rows, 0);
    if (db_str(rows, 1)[0] != '\0')
        lost_add(lost, name_by_object(db_str(rows, 1)), placement);
    if (db_str(rows, 2)[0] == '\0')
        lost_add(lost,
                 name_by_looks((guint64)db_int(rows, 3), db_int(rows, 4), db_int(rows, 5), db_str(rows, 6),
                               db_str(rows, 7)),
                 placement);
}

bool lost_open(store *s, guint32 folder, bool *any, GError **error)
{
    gint64 one = 0;
    int step =
        db_one(&s->d,
               "SELECT 1 FROM placement INDEXED BY placement_uid WHERE folder = ?1 AND uid IS NULL AND lost"
               " UNION ALL SELECT 1 FROM home INDEXED BY home_uid WHERE folder = ?1 AND uid IS NULL AND lost LIMIT 1",
               VALUES(V(folder)), &one, error);
    *any = step > 0;
    if (step <= 0 || (s->lost != NULL && s->lost->folder == folder))
        return step >= 0;
    lost_forget(s);
    s->lost = g_new0(lost_rows, 1);
    s->lost->folder = folder;
    s->lost->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_auto(db_rows) rows =
        db_query(&s->d,
                 "SELECT p.id, object_id, message_id, size, received, m.date, subject, sender FROM placement p"
                 " JOIN mail m ON m.id = p.mail WHERE p.id IN (SELECT id FROM placement INDEXED BY placement_uid WHERE "
                 "folder = ?1"
                 " AND uid IS NULL AND lost UNION ALL SELECT placement FROM home INDEXED BY home_uid WHERE folder = ?1 "
                 "AND uid IS"
                 " NULL AND lost)",
                 VALUES(V(folder)));
    while ((step = db_step(&s->d, rows, error)) > 0)
        lost_read(s->lost, rows);
    if (step < 0)
        lost_forget(s);
    return step == 0;
}

static guint32 lost_named(store *s, char *name)
{
    g_autofree char *own = name;
    gint64 still = 0;
    guint32 id = GPOINTER_TO_UINT(g_hash_table_lookup(s->lost->by_name, own));
    /* It may have been bound or removed since. */
    if (id == 0 || db_one(&s->d,
                          "SELECT 1 FROM placement WHERE id = ?1 AND folder = ?2 AND uid IS NULL AND lost UNION ALL"
                          " SELECT 1 FROM home WHERE placement = ?1 AND folder = ?2 AND uid IS NULL AND lost",
                          VALUES(V(id), V(s->lost->folder)), &still, NULL) <= 0)
        return 0;
    return id;
}

guint32 lost_find(store *s, const mail_summary *m)
{
    guint32 id = object_known(m) ? lost_named(s, name_by_object(m->object_id)) : 0;
    if (id != 0 || (m->message_id != NULL && m->message_id[0] != '\0'))
        return id;
    g_autofree char *from = addresses_pack(m->from);
    return lost_named(s, name_by_looks(m->size, m->received_s, m->date_s, m->subject, from));
}
