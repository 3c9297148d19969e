/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Raw messages: small ones in the file, large ones beside it, and which are missing. */
#include "base/error.h"
#include "store/body.h"
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
    body_store *b = body_store_open(t->dir, mode, NULL, &error);
    no_error(error);
    return b;
}

static void put(body_store *b, guint32 mail, GBytes *raw)
{
    g_autoptr(GError) error = NULL;
    body_outcome out = body_put(b, mail, raw, 1000, &error);
    no_error(error);
    ck_assert_int_eq(out, BODY_STORED);
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
    /* the same again, and another one: what is stored stays */
    g_autoptr(GBytes) same = bytes_of(sizes[5], 'f'), other = bytes_of(10, 'x');
    ck_assert_int_eq(body_put(b, 6, same, 1000, NULL), BODY_SAME);
    ck_assert_int_eq(body_put(b, 6, other, 1000, NULL), BODY_DIFFERS);
    g_autoptr(GBytes) back = body_get(reader, 6);
    ck_assert(g_bytes_equal(back, same));
    ck_assert(body_drop(b, 6, NULL));
    put(b, 6, other); /* the other way of keeping it */
    g_autoptr(GBytes) now = body_get(reader, 6);
    ck_assert(g_bytes_equal(now, other));
    ck_assert_int_eq(g_rmdir(b->files), -1);
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
    ck_assert_int_eq(body_put(b, 1, raw, 1000, &error), BODY_FAILED);
    ck_assert_int_eq(error_kind_of(error), ERROR_DISK);
    ck_assert(!body_has(b, 1));
    body_store_close(b);
    fixture_close(&t);
}
END_TEST

static char *missing(body_store *b, const fixture *t, guint64 max_size, gint64 since_s, guint limit)
{
    body_want want = { .folder = t->folder, .max_size = max_size, .since_s = since_s };
    g_autoptr(GArray) ids = body_missing(b, t->s, &want, limit);
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

/* ---- beginnings */

static body_outcome append(body_store *b, guint32 mail, guint64 offset, gsize nbytes, char fill)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) piece = bytes_of(nbytes, fill);
    body_outcome out = body_append(b, mail, offset, piece, 700000, 1000, &error);
    no_error(error);
    return out;
}

static void expect_beginning(body_store *b, guint32 mail, gsize nbytes, const char *ends)
{
    g_autoptr(GBytes) got = body_beginning(b, mail);
    ck_assert_ptr_nonnull(got);
    ck_assert_uint_eq(g_bytes_get_size(got), nbytes);
    gsize n = strlen(ends);
    ck_assert(memcmp((const char *)g_bytes_get_data(got, NULL) + nbytes - n, ends, n) == 0);
}

START_TEST(beginnings_grow_until_the_whole_is_there)
{
    fixture t;
    fixture_open(&t);
    body_store *b = open_bodies(&t, STORE_WRITE);
    ck_assert_int_eq(append(b, 1, 5, 10, 'x'), BODY_SAME); /* there is nothing to go on from */
    ck_assert_ptr_null(body_beginning(b, 1));
    ck_assert_int_eq(append(b, 1, 0, 100000, 'a'), BODY_STORED);
    expect_beginning(b, 1, 100000, "aaa");
    ck_assert_int_eq(append(b, 1, 0, 100000, 'x'), BODY_SAME);      /* again */
    ck_assert_int_eq(append(b, 1, 100001, 100000, 'x'), BODY_SAME); /* a gap */
    ck_assert_int_eq(append(b, 1, 100000, 100000, 'b'), BODY_STORED); /* becomes a file */
    expect_beginning(b, 1, 200000, "bbb");
    ck_assert_int_eq(append(b, 1, 200000, 256 << 10, 'c'), BODY_STORED);
    /* a crash between the file and its row */
    g_autofree char *path = g_build_filename(t.dir, "bodies", "part-1", NULL);
    FILE *file = fopen(path, "ab");
    fputs("left over", file);
    fclose(file);
    expect_beginning(b, 1, 200000 + (256 << 10), "ccc");
    body_store_close(b);
    b = open_bodies(&t, STORE_WRITE);
    ck_assert_int_eq(append(b, 1, 200000 + (256 << 10), 3, 'd'), BODY_STORED);
    expect_beginning(b, 1, 200003 + (256 << 10), "cddd");
    ck_assert_ptr_null(body_get(b, 1)); /* never taken for the whole */
    ck_assert(!body_has(b, 1));
    g_autoptr(GBytes) whole = bytes_of(700000, 'w');
    put(b, 1, whole);
    ck_assert_ptr_null(body_beginning(b, 1));
    ck_assert(body_has(b, 1));
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_int_eq(append(b, 1, 0, 10, 'x'), BODY_SAME);
    body_store_close(b);
    fixture_close(&t);
}
END_TEST

START_TEST(beginnings_count_where_they_are_enough)
{
    fixture t;
    fixture_open(&t);
    body_store *b = open_bodies(&t, STORE_WRITE);
    for (guint32 uid = 1; uid <= 3; uid++)
        add_mail(t.s, t.folder, new_mail(uid, NULL, NULL, uid * 100));
    g_autoptr(mail_summary) m = summary_of_uid(t.s, t.folder, 3);
    append(b, m->mail, 0, 100, 'a');
    body_want want = { .folder = t.folder, .max_size = G_MAXUINT64, .beginning = true };
    g_autoptr(GArray) few = body_missing(b, t.s, &want, 10);
    ck_assert_uint_eq(few->len, 2);
    want.beginning = false;
    g_autoptr(GArray) all = body_missing(b, t.s, &want, 10);
    ck_assert_uint_eq(all->len, 3);
    body_store_close(b);
    fixture_close(&t);
}
END_TEST

/* ---- damage */

START_TEST(changed_bytes_are_not_shown)
{
    fixture t;
    fixture_open(&t);
    body_store *b = open_bodies(&t, STORE_WRITE);
    g_autoptr(GBytes) small = bytes_of(5000, 's'), large = bytes_of(200000, 'l');
    put(b, 1, small);
    put(b, 2, large);
    db_run(&b->d, "UPDATE raw SET bytes = zeroblob(5000) WHERE mail = 1", NO_VALUES, NULL);
    g_autofree char *name = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, large);
    g_autofree char *path = g_build_filename(t.dir, "bodies", name, NULL);
    FILE *file = fopen(path, "r+b");
    fputs("noise", file);
    fclose(file);
    ck_assert_ptr_null(body_get(b, 1));
    ck_assert_ptr_null(body_get(b, 2));
    put(b, 1, small); /* fetched again, they are whole */
    put(b, 2, large);
    g_autoptr(GBytes) one = body_get(b, 1), two = body_get(b, 2);
    ck_assert(g_bytes_equal(one, small) && g_bytes_equal(two, large));
    body_store_close(b);
    fixture_close(&t);
}
END_TEST

static void damage(const char *path, int how)
{
    static const char noise[] = "this is noise, and more of it than any header of a database is long: "
                                "00000000000000000000000000000000000000000000000000000000000000000000";
    FILE *file = fopen(path, "r+b");
    ck_assert_ptr_nonnull(file);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    if (how == 1)
        ck_assert_int_eq(ftruncate(fileno(file), size - 16384), 0);
    for (long at = 0; how == 2 && at < size; at += 100) {
        fseek(file, at, SEEK_SET);
        fputs(noise, file);
    }
    if (how == 0) {
        rewind(file);
        fputs(noise, file);
    }
    fclose(file);
    if (how == 3) { /* of a version to come */
        sqlite3 *other;
        sqlite3_open(path, &other);
        sqlite3_exec(other, "PRAGMA user_version=99", NULL, NULL, NULL);
        sqlite3_close(other);
    }
}

START_TEST(damaged_file_is_set_aside)
{
    for (int how = 0; how < 4; how++) {
        fixture t;
        fixture_open(&t);
        body_store *b = open_bodies(&t, STORE_WRITE);
        for (guint32 mail = 1; mail <= 40; mail++) {
            g_autoptr(GBytes) raw = bytes_of(30000, 'a');
            put(b, mail, raw);
        }
        body_store_close(b);
        g_autofree char *path = g_build_filename(t.dir, "bodies.db", NULL), *aside = NULL;
        damage(path, how);
        g_autoptr(GError) error = NULL;
        b = body_store_open(t.dir, STORE_WRITE, &aside, &error);
        no_error(error);
        ck_assert_msg(aside != NULL, "damage %d was not noticed", how);
        ck_assert_ptr_nonnull(strstr(aside, "bodies.db.damaged-"));
        ck_assert_int_eq(access(aside, F_OK), 0);
        ck_assert_ptr_null(body_get(b, 1));
        g_autoptr(GBytes) raw = bytes_of(30000, 'a');
        put(b, 1, raw);
        body_store_close(b);
        g_autofree char *again = NULL;
        b = body_store_open(t.dir, STORE_WRITE, &again, &error); /* said once */
        ck_assert_ptr_null(again);
        ck_assert(body_has(b, 1));
        body_store_close(b);
        fixture_close(&t);
    }
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
    tcase_add_test(t, beginnings_grow_until_the_whole_is_there);
    tcase_add_test(t, beginnings_count_where_they_are_enough);
    tcase_add_test(t, changed_bytes_are_not_shown);
    tcase_add_test(t, damaged_file_is_set_aside);
    suite_add_tcase(suite, t);
    return suite;
}
