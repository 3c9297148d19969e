/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Raw messages: small ones in the file, large ones beside it, and which are missing. */
#include "base/error.h"
#include "unit/store/fixture.h"

#include <sys/stat.h>
#include <unistd.h>

static GBytes *bytes_of(gsize nbytes, char fill)
{
    char *data = g_strnfill(nbytes, fill);
    return g_bytes_new_take(data, nbytes);
}

static body_store *open_bodies(const fixture *t, store_mode mode)
{
    g_autoptr(GError) error = NULL;
    body_store *b = body_store_open(t->dir, mode, &error);
    no_error(error);
    return b;
}

static void put(body_store *b, guint32 mail, GBytes *raw)
{
    g_autoptr(GError) error = NULL;
    body_put(b, mail, raw, &error);
    no_error(error);
}

START_TEST(bodies_come_back)
{
    static const gsize sizes[] = { 0, 1, 5000, 128 << 10, (128 << 10) + 1, 3 << 20 };
    fixture t;
    fixture_open(&t);
    body_store *reader = open_bodies(&t, STORE_READ);
    ck_assert_ptr_null(body_get(reader, 1)); /* no file yet */
    ck_assert(!body_has(reader, 1));
    ck_assert_uint_eq(body_store_bytes(reader), 0);
    body_store *b = open_bodies(&t, STORE_WRITE);
    guint64 sum = 0;
    for (guint32 i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(GBytes) raw = bytes_of(sizes[i], (char)('a' + i));
        put(b, i + 1, raw);
        sum += sizes[i];
    }
    for (guint32 i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(GBytes) raw = bytes_of(sizes[i], (char)('a' + i));
        g_autoptr(GBytes) back = body_get(reader, i + 1);
        ck_assert_ptr_nonnull(back);
        ck_assert(g_bytes_equal(raw, back));
        ck_assert(body_has(reader, i + 1));
    }
    ck_assert_ptr_null(body_get(reader, 99));
    ck_assert_uint_eq(body_store_bytes(reader), sum);
    /* another body of the same content, the other way of keeping it */
    g_autoptr(GBytes) small = bytes_of(10, 'x');
    put(b, 6, small);
    g_autoptr(GBytes) back = body_get(reader, 6);
    ck_assert_uint_eq(g_bytes_get_size(back), 10);
    body_store_close(b);
    body_store_close(reader);
    fixture_close(&t);
}
END_TEST

START_TEST(missing_or_cut_file_is_absent)
{
    fixture t;
    fixture_open(&t);
    body_store *b = open_bodies(&t, STORE_WRITE);
    g_autoptr(GBytes) raw = bytes_of(200000, 'q');
    put(b, 1, raw);
    g_autofree char *name = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, raw);
    g_autofree char *path = g_build_filename(t.dir, "bodies", name, NULL);
    GStatBuf st;
    ck_assert_int_eq(g_stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0600);
    ck_assert_int_eq(truncate(path, 100), 0);
    ck_assert_ptr_null(body_get(b, 1));
    put(b, 1, raw); /* makes it whole again */
    g_autoptr(GBytes) back = body_get(b, 1);
    ck_assert(g_bytes_equal(raw, back));
    g_unlink(path);
    ck_assert_ptr_null(body_get(b, 1));
    ck_assert(!body_has(b, 1));
    body_store_close(b);
    fixture_close(&t);
}
END_TEST

START_TEST(unwritable_directory_is_an_error)
{
    fixture t;
    fixture_open(&t);
    body_store *b = open_bodies(&t, STORE_WRITE);
    g_autofree char *path = g_build_filename(t.dir, "bodies", NULL);
    g_file_set_contents(path, "in the way", -1, NULL);
    g_autoptr(GBytes) raw = bytes_of(200000, 'q');
    g_autoptr(GError) error = NULL;
    ck_assert(!body_put(b, 1, raw, &error));
    ck_assert_int_eq(error_kind_of(error), ERROR_DISK);
    ck_assert(!body_has(b, 1));
    body_store_close(b);
    fixture_close(&t);
}
END_TEST

static char *missing(body_store *b, const fixture *t, guint64 max_size, gint64 since_s, guint limit)
{
    g_autoptr(GArray) ids = body_missing(b, t->s, t->folder, max_size, since_s, limit);
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < ids->len; i++) {
        g_autoptr(mail_summary) m = store_summary(t->s, g_array_index(ids, guint32, i), NULL);
        g_string_append_printf(out, "%u ", m->uid);
    }
    return g_string_free(out, FALSE);
}

static void expect_missing(body_store *b, const fixture *t, guint64 max_size, gint64 since_s,
                           guint limit, const char *expected)
{
    g_autofree char *got = missing(b, t, max_size, since_s, limit);
    ck_assert_str_eq(got, expected);
}

START_TEST(missing_bodies_are_named_newest_first)
{
    fixture t;
    fixture_open(&t);
    body_store *b = open_bodies(&t, STORE_READ);
    for (guint32 uid = 1; uid <= 6; uid++) {
        g_autofree char *id = g_strdup_printf("%u@x", uid);
        mail_summary *m = new_mail(uid, id, NULL, uid * 100);
        m->size = uid * 10;
        add_mail(t.s, t.folder, m);
    }
    expect_missing(b, &t, G_MAXUINT64, 0, 100, "6 5 4 3 2 1 ");
    expect_missing(b, &t, 40, 200, 2, "4 3 ");
    expect_missing(b, &t, 40, 200, 2, "4 3 "); /* asking changes nothing */
    body_store *writer = open_bodies(&t, STORE_WRITE);
    g_autoptr(GBytes) raw = bytes_of(5, 'q');
    for (guint32 uid = 3; uid <= 4; uid++) {
        g_autoptr(mail_summary) m = summary_of_uid(t.s, t.folder, uid);
        put(writer, m->mail, raw);
    }
    expect_missing(b, &t, 40, 200, 2, "2 ");
    expect_missing(b, &t, G_MAXUINT64, 0, 3, "6 5 2 ");
    add_mail(t.s, t.folder, new_mail(7, "7@x", NULL, 250)); /* seen at once */
    expect_missing(b, &t, G_MAXUINT64, 0, 3, "6 5 7 ");
    body_store_close(writer);
    body_store_close(b);
    fixture_close(&t);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("store/body");
    TCase *t = tcase_create("body");
    tcase_add_test(t, bodies_come_back);
    tcase_add_test(t, missing_or_cut_file_is_absent);
    tcase_add_test(t, unwritable_directory_is_an_error);
    tcase_add_test(t, missing_bodies_are_named_newest_first);
    suite_add_tcase(suite, t);
    return suite;
}
