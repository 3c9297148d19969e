/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The limit of the cache: what is on the disk never exceeds it, what goes is what was used longest ago,
 * and what must stay does. */
#include "store/body.h"
#include "unit/store/fixture.h"

#define LIMIT (8u << 20)

typedef struct cache {
    fixture t;
    body_store *b;
    GHashTable *kept;
    guint64 most; /* seen on the disk */
} cache;

static GHashTable *protect(gpointer data)
{
    cache *c = data;
    return g_hash_table_ref(c->kept);
}

static void cache_open(cache *c, guint64 limit)
{
    g_autoptr(GError) error = NULL;
    *c = (cache){ .kept = g_hash_table_new(NULL, NULL) };
    fixture_open(&c->t);
    g_autofree char *dir = g_build_filename(c->t.dir, "cache", NULL);
    c->b = body_store_open(dir, STORE_WRITE, NULL, &error);
    no_error(error);
    body_limit(c->b, limit, protect, c);
}

static void cache_close(cache *c)
{
    body_store_close(c->b);
    g_hash_table_unref(c->kept);
    fixture_close(&c->t);
}

/* A body that nobody else has. */
static body_outcome put(cache *c, guint32 mail, gsize nbytes, gint64 used_s)
{
    g_autoptr(GError) error = NULL;
    char *data = g_malloc(nbytes);
    for (gsize i = 0; i < nbytes; i++)
        data[i] = (char)(mail * 7 + i * 13 + i / 251);
    g_autoptr(GBytes) raw = g_bytes_new_take(data, nbytes);
    body_outcome out = body_put(c->b, mail, raw, used_s, &error);
    no_error(error);
    c->most = MAX(c->most, body_disk_bytes(c->b));
    return out;
}

static body_outcome put_next(cache *c, guint32 *mail, gsize nbytes)
{
    ++*mail;
    return put(c, *mail, nbytes, *mail);
}

START_TEST(disk_use_stays_under_the_limit)
{
    static const guint64 limits[] = { 1u << 20, 3u << 20, LIMIT };
    for (guint k = 0; k < G_N_ELEMENTS(limits); k++) {
        cache c;
        cache_open(&c, limits[k]);
        g_autoptr(GRand) rand = g_rand_new_with_seed(k);
        guint64 sum = 0;
        guint32 mail = 0;
        while (sum < limits[k] * 3) {
            gsize n = g_rand_int_range(rand, 0, 10) == 0 ? (gsize)g_rand_int_range(rand, 130 << 10, 900 << 10)
                                                         : (gsize)g_rand_int_range(rand, 500, 90 << 10);
            put_next(&c, &mail, n);
            sum += n;
        }
        ck_assert_msg(c.most <= limits[k], "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT, c.most, limits[k]);
        ck_assert_uint_gt(body_store_bytes(c.b), limits[k] / 3); /* and is made use of */
        ck_assert(!body_has(c.b, 1));
        ck_assert_int_gt(body_floor(c.b), 0);
        cache_close(&c);
    }
}
END_TEST

/* First many small ones, then large ones: the room that the small ones took comes back. */
START_TEST(room_moves_from_the_file_to_files)
{
    cache c;
    cache_open(&c, LIMIT);
    guint32 mail = 0;
    while (mail < 800)
        put_next(&c, &mail, 20000);
    guint64 before = body_store_bytes(c.b);
    for (guint i = 0; i < 8; i++)
        ck_assert_int_eq(put_next(&c, &mail, 900 << 10), BODY_STORED);
    ck_assert_uint_le(c.most, LIMIT);
    ck_assert_uint_gt(body_store_bytes(c.b), before / 2);
    for (guint i = 0; i < 500; i++) /* and back */
        put_next(&c, &mail, 20000);
    ck_assert_uint_le(c.most, LIMIT);
    ck_assert(body_has(c.b, mail));
    cache_close(&c);
}
END_TEST

START_TEST(what_was_used_stays_longest)
{
    cache c;
    cache_open(&c, LIMIT);
    guint32 mail = 0;
    while (mail < 200)
        put_next(&c, &mail, 20000);
    guint32 read[] = { 3, 7 };
    ck_assert(body_used(c.b, read, 2, 100000, NULL));
    while (mail < 900)
        put_next(&c, &mail, 20000);
    ck_assert(body_has(c.b, 3) && body_has(c.b, 7));
    ck_assert(!body_has(c.b, 4) && !body_has(c.b, 8));
    ck_assert(body_has(c.b, 900) && body_has(c.b, 850));
    /* older than all that is here: it would be the first to go, so it does not come */
    ck_assert_int_eq(put(&c, 5000, 20000, 2), BODY_NO_ROOM);
    ck_assert(!body_has(c.b, 5000));
    ck_assert_int_eq(put(&c, 5001, 5 << 20, 999999), BODY_NO_ROOM); /* more than its share */
    cache_close(&c);
}
END_TEST

START_TEST(what_is_protected_is_never_evicted)
{
    cache c;
    cache_open(&c, LIMIT);
    for (guint32 mail = 1; mail <= 40; mail++)
        g_hash_table_add(c.kept, GUINT_TO_POINTER(mail));
    for (guint32 mail = 1; mail <= 900; mail++)
        put(&c, mail, 20000, mail);
    for (guint32 mail = 1; mail <= 40; mail++)
        ck_assert_msg(body_has(c.b, mail), "%u", mail);
    ck_assert(!body_has(c.b, 41));
    ck_assert_uint_le(c.most, LIMIT);
    cache_close(&c);
}
END_TEST

START_TEST(lower_limit_takes_effect_at_once)
{
    cache c;
    cache_open(&c, 0);
    for (guint32 mail = 1; mail <= 1200; mail++)
        ck_assert_int_eq(put(&c, mail, mail % 100 == 0 ? 400 << 10 : 15000, mail), BODY_STORED);
    ck_assert_uint_gt(body_disk_bytes(c.b), 2 * LIMIT);
    body_limit(c.b, LIMIT, protect, &c);
    g_autoptr(GError) error = NULL;
    ck_assert(body_evict(c.b, &error));
    no_error(error);
    ck_assert_uint_le(body_disk_bytes(c.b), LIMIT);
    ck_assert(body_has(c.b, 1200) && !body_has(c.b, 1));
    cache_close(&c);
}
END_TEST

START_TEST(beginnings_are_counted_and_evicted)
{
    cache c;
    cache_open(&c, LIMIT);
    for (guint32 mail = 1; mail <= 300; mail++)
        for (guint k = 0; k < 3; k++) {
            g_autofree char *text = g_strnfill(60 << 10, (char)('a' + k));
            g_autoptr(GBytes) piece = g_bytes_new(text, 60 << 10);
            body_append(c.b, mail, k * (60u << 10), piece, 1 << 20, mail, NULL);
            c.most = MAX(c.most, body_disk_bytes(c.b));
        }
    ck_assert_uint_le(c.most, LIMIT);
    g_autoptr(GBytes) last = body_beginning(c.b, 300), first = body_beginning(c.b, 1);
    ck_assert_ptr_nonnull(last);
    ck_assert_ptr_null(first);
    cache_close(&c);
}
END_TEST

START_TEST(bodies_of_nobody_are_swept)
{
    cache c;
    cache_open(&c, 0);
    add_mail(c.t.s, c.t.folder, new_mail(1, "a@x", NULL, 1));
    g_autoptr(mail_summary) m = summary_of_uid(c.t.s, c.t.folder, 1);
    put(&c, m->mail, 300000, 1);
    put(&c, m->mail + 1, 300000, 1);
    put(&c, m->mail + 2, 100, 1);
    g_autofree char *stray = g_build_filename(c.b->files, "part-77.new", NULL);
    g_file_set_contents(stray, "left by a crash", -1, NULL);
    guint removed = 0;
    ck_assert(body_sweep(c.b, c.t.s, &removed, NULL));
    ck_assert_uint_eq(removed, 2);
    ck_assert(body_has(c.b, m->mail));
    ck_assert_uint_lt(body_disk_bytes(c.b), 900000);
    ck_assert(!g_file_test(stray, G_FILE_TEST_EXISTS));
    cache_close(&c);
}
END_TEST

/* mail.db begun anew gives its numbers to other messages: they must not get the bodies of before. */
START_TEST(bodies_belong_to_one_mail_db)
{
    cache c;
    fixture other;
    cache_open(&c, 0);
    fixture_open(&other);
    g_autoptr(GError) error = NULL;
    ck_assert(body_store_claim(c.b, c.t.s, &error));
    put(&c, 1, 300000, 1);
    put(&c, 2, 100, 1);
    ck_assert(body_store_claim(c.b, c.t.s, &error));
    ck_assert(body_has(c.b, 1) && body_has(c.b, 2));
    ck_assert(body_store_claim(c.b, other.s, &error));
    no_error(error);
    ck_assert(!body_has(c.b, 1) && !body_has(c.b, 2));
    put(&c, 1, 100, 1);
    ck_assert(body_store_claim(c.b, other.s, &error));
    ck_assert(body_has(c.b, 1));
    fixture_close(&other);
    cache_close(&c);
}
END_TEST

START_TEST(pending_and_unsent_are_protected)
{
    fixture t;
    fixture_open(&t);
    add_mail(t.s, t.folder, new_mail(1, "a@x", NULL, 1));
    add_mail(t.s, t.folder, new_mail(2, "b@x", NULL, 1));
    add_mail(t.s, t.folder, new_mail(0, "c@x", NULL, 1));
    guint32 id = id_of_uid(t.s, t.folder, 2);
    store_act_flag(t.s, "mark", &id, 1, FLAG_FLAGGED, 0, NULL, NULL, NULL);
    g_autoptr(GHashTable) set = store_protected(t.s);
    ck_assert_uint_eq(g_hash_table_size(set), 2);
    g_autoptr(mail_summary) pending = summary_of_uid(t.s, t.folder, 2);
    ck_assert(g_hash_table_contains(set, GUINT_TO_POINTER(pending->mail)));
    fixture_close(&t);
}
END_TEST

/* Another body for a content that others share: the one it came for gets its own. */
START_TEST(different_body_splits_the_content)
{
    fixture t;
    fixture_open(&t);
    g_autoptr(GError) error = NULL;
    guint32 archive = folder_id(t.s, t.account, "Archive");
    mail_summary *a = new_mail(1, "a@x", NULL, 1), *b = new_mail(7, "a@x", NULL, 1);
    b->size = a->size;
    add_mail(t.s, t.folder, a);
    add_mail(t.s, archive, b);
    g_autoptr(mail_summary) here = summary_of_uid(t.s, t.folder, 1), there = summary_of_uid(t.s, archive, 7);
    ck_assert_uint_eq(here->mail, there->mail);
    g_autoptr(GBytes) raw = g_bytes_new_static("hello", 5), hash = content_hash(raw);
    ck_assert_ptr_null(store_content_hash(t.s, here->mail));
    ck_assert(store_content_hashed(t.s, here->mail, hash, &error));
    g_autoptr(GBytes) known = store_content_hash(t.s, here->mail);
    ck_assert(g_bytes_equal(known, hash));
    guint32 mail = 0;
    ck_assert(store_content_split(t.s, there->id, &mail, &error));
    ck_assert_uint_ne(mail, here->mail);
    check_invariants(t.s);
    g_autoptr(mail_summary) after = summary_of_uid(t.s, archive, 7);
    ck_assert_uint_eq(after->mail, mail);
    ck_assert_str_eq(after->message_id, "a@x");
    ck_assert_ptr_null(store_content_hash(t.s, mail));
    guint32 again = 0; /* alone, it needs no other */
    ck_assert(store_content_split(t.s, there->id, &again, &error));
    ck_assert_uint_eq(again, mail);
    fixture_close(&t);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("store/limit");
    TCase *t = tcase_create("limit");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, disk_use_stays_under_the_limit);
    tcase_add_test(t, room_moves_from_the_file_to_files);
    tcase_add_test(t, what_was_used_stays_longest);
    tcase_add_test(t, what_is_protected_is_never_evicted);
    tcase_add_test(t, lower_limit_takes_effect_at_once);
    tcase_add_test(t, beginnings_are_counted_and_evicted);
    tcase_add_test(t, bodies_of_nobody_are_swept);
    tcase_add_test(t, bodies_belong_to_one_mail_db);
    tcase_add_test(t, pending_and_unsent_are_protected);
    tcase_add_test(t, different_body_splits_the_content);
    suite_add_tcase(suite, t);
    return suite;
}
