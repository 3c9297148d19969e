/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which messages have no stored body.  The folder is walked once; while mail.db does not change,
 * further questions (a prefetch asks hundreds of times) go on in the list that was found. */
#include "store/body.h"

typedef struct wanted_body {
    gint64 date;
    guint32 placement, mail;
} wanted_body;

static int compare_wanted(gconstpointer a, gconstpointer b)
{
    const wanted_body *x = a, *y = b;
    if (x->date != y->date)
        return x->date > y->date ? -1 : 1;
    return x->placement > y->placement ? -1 : x->placement < y->placement;
}

/* Changes whenever any handle commits to mail.db. */
static gint64 stamp_of(store *s)
{
    gint64 version = 0;
    db_one(&s->d, "PRAGMA data_version", NO_VALUES, &version, NULL);
    return version + (gint64)sqlite3_total_changes64(s->d.handle);
}

/* A bit for each content that has a body. */
static GByteArray *stored_bodies(body_store *b)
{
    GByteArray *bits = g_byte_array_new();
    if (body_store_empty(b))
        return bits;
    g_auto(db_rows) rows = db_query(&b->d, "SELECT mail FROM body ORDER BY mail", NO_VALUES);
    while (db_step(&b->d, rows, NULL) > 0) {
        guint32 mail = db_u32(rows, 0);
        guint old = bits->len;
        if (mail / 8 >= old) {
            g_byte_array_set_size(bits, mail / 8 + 1);
            for (guint i = old; i < bits->len; i++)
                bits->data[i] = 0;
        }
        bits->data[mail / 8] |= (guint8)(1u << mail % 8);
    }
    return bits;
}

static void find_wanted(body_store *b, store *s, const GByteArray *stored)
{
    g_auto(db_rows) rows = db_query(
        &s->d,
        "SELECT id, mail, date FROM placement INDEXED BY placement_uid WHERE folder = ?1 AND uid > "
        "0"
        " AND size <= ?2 AND iif(received, received, date) >= ?3",
        VALUES(V(b->folder), V((gint64)MIN(b->max_size, (guint64)G_MAXINT64)), V(b->since_s)));
    while (db_step(&s->d, rows, NULL) > 0) {
        guint32 mail = db_u32(rows, 1);
        if (mail / 8 < stored->len && stored->data[mail / 8] & 1u << mail % 8)
            continue;
        g_array_append_val(b->wanted, ((wanted_body){ db_int(rows, 2), db_u32(rows, 0), mail }));
    }
    if (b->wanted->len > 0) /* an empty array has no data to point to */
        g_array_sort(b->wanted, compare_wanted);
}

static void look(body_store *b, store *s, guint32 folder, guint64 max_size, gint64 since_s)
{
    gint64 stamp = stamp_of(s);
    if (b->wanted != NULL && b->stamp == stamp && b->folder == folder && b->max_size == max_size &&
        b->since_s == since_s)
        return;
    if (b->wanted == NULL)
        b->wanted = g_array_new(FALSE, FALSE, sizeof(wanted_body));
    g_array_set_size(b->wanted, 0);
    b->first = 0;
    b->folder = folder;
    b->max_size = max_size;
    b->since_s = since_s;
    b->stamp = stamp;
    g_autoptr(GByteArray) stored = stored_bodies(b);
    find_wanted(b, s, stored);
}

GArray *body_missing(body_store *b, store *s, guint32 folder, guint64 max_size, gint64 since_s,
                     guint limit)
{
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    if (store_empty(s))
        return ids;
    look(b, s, folder, max_size, since_s);
    for (guint i = b->first; i < b->wanted->len && ids->len < limit; i++) {
        const wanted_body *w = &g_array_index(b->wanted, wanted_body, i);
        if (!body_has(b, w->mail))
            g_array_append_val(ids, w->placement);
        else if (i == b->first)
            b->first++;
    }
    return ids;
}
