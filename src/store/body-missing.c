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

/* A bit for each content that has what is wanted. */
static GByteArray *stored_bodies(body_store *b, bool beginning)
{
    GByteArray *bits = g_byte_array_new();
    if (body_store_empty(b))
        return bits;
    g_auto(db_rows) rows =
        db_query(&b->d, "SELECT mail FROM body WHERE ?1 OR total = 0 ORDER BY mail", VALUES(V(beginning)));
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
        VALUES(V(b->want.folder), V((gint64)MIN(b->want.max_size, (guint64)G_MAXINT64)), V(b->want.since_s)));
    while (db_step(&s->d, rows, NULL) > 0) {
        guint32 mail = db_u32(rows, 1);
        if (mail / 8 < stored->len && stored->data[mail / 8] & 1u << mail % 8)
            continue;
        g_array_append_val(b->wanted, ((wanted_body){ db_int(rows, 2), db_u32(rows, 0), mail }));
    }
    if (b->wanted->len > 0) /* an empty array has no data to point to */
        g_array_sort(b->wanted, compare_wanted);
}

static bool asked_before(const body_store *b, const body_want *want, gint64 stamp)
{
    return b->wanted != NULL && b->stamp == stamp && b->want.folder == want->folder &&
           b->want.max_size == want->max_size && b->want.since_s == want->since_s &&
           b->want.beginning == want->beginning;
}

static void look(body_store *b, store *s, const body_want *want)
{
    gint64 stamp = stamp_of(s);
    if (asked_before(b, want, stamp))
        return;
    if (b->wanted == NULL)
        b->wanted = g_array_new(FALSE, FALSE, sizeof(wanted_body));
    g_array_set_size(b->wanted, 0);
    b->first = 0;
    b->want = *want;
    b->stamp = stamp;
    g_autoptr(GByteArray) stored = stored_bodies(b, want->beginning);
    find_wanted(b, s, stored);
}

static bool stored_now(body_store *b, guint32 mail)
{
    gint64 one = 0;
    if (!b->want.beginning || body_store_empty(b))
        return body_has(b, mail);
    return db_one(&b->d, "SELECT 1 FROM body WHERE mail = ?1", VALUES(V(mail)), &one, NULL) > 0;
}

GArray *body_missing(body_store *b, store *s, const body_want *want, guint limit)
{
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    if (store_empty(s))
        return ids;
    look(b, s, want);
    for (guint i = b->first; i < b->wanted->len && ids->len < limit; i++) {
        const wanted_body *w = &g_array_index(b->wanted, wanted_body, i);
        if (!stored_now(b, w->mail))
            g_array_append_val(ids, w->placement);
        else if (i == b->first)
            b->first++;
    }
    return ids;
}
