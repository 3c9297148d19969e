/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading what is to be imported: what was written comes back byte for byte, also where the window ends, and what is no
 * mail file is said so. */
#include "unit/runner.h"
#include "base/error.h"
#include "mime/mbox.h"
#include "mtm/import-read.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct fixture {
    char *dir, *path;
} fixture;

static void fixture_open(fixture *f)
{
    f->dir = g_dir_make_tmp("cursus-import-XXXXXX", NULL);
    f->path = g_build_filename(f->dir, "box", NULL);
}

static void remove_tree(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        remove_tree(inner);
    }
    if (dir != NULL)
        g_dir_close(dir);
    g_remove(path);
}

static void fixture_close(fixture *f)
{
    remove_tree(f->dir);
    g_free(f->dir);
    g_free(f->path);
}

static void put(const char *path, const void *data, gsize n)
{
    ck_assert(g_file_set_contents(path, data, (gssize)n, NULL));
}

/* Everything a source gives, as items that the caller clears. */
static GArray *read_source(const char *kind, const char *path)
{
    g_autoptr(GError) error = NULL;
    import_source *s = import_open(kind, path, &error);
    ck_assert_msg(s != NULL, "%s", error != NULL ? error->message : "");
    GArray *items = g_array_new(FALSE, FALSE, sizeof(import_item));
    g_array_set_clear_func(items, (GDestroyNotify)import_item_clear);
    import_item item;
    while (import_next(s, &item, &error) > 0)
        g_array_append_val(items, item);
    ck_assert_ptr_null(error);
    import_close(s);
    return items;
}

static GByteArray *box_of(const GPtrArray *mails)
{
    GByteArray *box = g_byte_array_new();
    for (guint i = 0; i < mails->len; i++) {
        g_autoptr(GBytes) quoted = mbox_quote(g_ptr_array_index(mails, i), "ada@example.org", 1000000000 + i);
        gsize n;
        const guint8 *data = g_bytes_get_data(quoted, &n);
        g_byte_array_append(box, data, (guint)n);
    }
    return box;
}

static void must_come_back(const fixture *f, const GPtrArray *mails)
{
    g_autoptr(GByteArray) box = box_of(mails);
    put(f->path, box->data, box->len);
    g_autoptr(GArray) items = read_source("mbox", f->path);
    ck_assert_uint_eq(items->len, mails->len);
    for (guint i = 0; i < items->len; i++) {
        const import_item *item = &g_array_index(items, import_item, i);
        ck_assert_msg(g_bytes_equal(item->raw, g_ptr_array_index(mails, i)), "message %u is another", i);
        ck_assert_int_eq(item->received_s, 1000000000 + i);
    }
}

/* Sizes about the window's (1 MB): separators fall on its end, before it and behind it. */
START_TEST(messages_across_the_window_come_back)
{
    fixture f;
    fixture_open(&f);
    g_autoptr(GPtrArray) mails = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    static const gsize sizes[] = { 10, (1 << 20) - 120, 40, 1 << 20, 3 << 20, 5, (1 << 20) - 3, 70, 7 << 19 };
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        GString *text = g_string_new("Subject: x\r\n\r\n");
        while (text->len < sizes[i])
            g_string_append(text, i % 2 ? "From me\r\n\r\n>From you\r\n" : "text\r\n\r\n");
        g_ptr_array_add(mails, g_string_free_to_bytes(text));
    }
    must_come_back(&f, mails);
    fixture_close(&f);
}
END_TEST

START_TEST(many_small_ones_are_read_in_a_moment)
{
    fixture f;
    fixture_open(&f);
    g_autoptr(GPtrArray) mails = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    for (int i = 0; i < 20000; i++) {
        char *text = g_strdup_printf("Subject: %d\r\n\r\nFrom here\r\n", i);
        g_ptr_array_add(mails, g_bytes_new_take(text, strlen(text)));
    }
    gint64 began = g_get_monotonic_time();
    must_come_back(&f, mails);
    ck_assert_int_lt(g_get_monotonic_time() - began, 5 * G_USEC_PER_SEC);
    fixture_close(&f);
}
END_TEST

START_TEST(a_maildir_tells_flags_and_names)
{
    fixture f;
    fixture_open(&f);
    static const struct {
        const char *path;
        mail_flags flags;
        const char *name;
    } rows[] = {
        { "cur/1.a:2,FS", FLAG_FLAGGED | FLAG_SEEN, "1.a" },
        { "cur/2.b:2,", 0, "2.b" },
        { "cur/3.c", 0, "3.c" },
        { "new/4.d", 0, "4.d" },
        { "cur/5.e:2,DPRTX", FLAG_DRAFT | FLAG_FORWARDED | FLAG_ANSWERED | FLAG_DELETED, "5.e" },
    };
    for (gsize i = 0; i < 2; i++) {
        g_autofree char *sub = g_build_filename(f.dir, i == 0 ? "cur" : "new", NULL);
        g_mkdir(sub, 0700);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_build_filename(f.dir, rows[i].path, NULL);
        put(path, "A: 1\n\nx\r\ny", 10);
    }
    g_autofree char *hidden = g_build_filename(f.dir, "cur", ".hidden", NULL), *folder = g_build_filename(f.dir, "cur", "9.dir", NULL);
    put(hidden, "x", 1);
    g_mkdir(folder, 0700);
    g_autoptr(GArray) items = read_source("maildir", f.dir);
    ck_assert_uint_eq(items->len, G_N_ELEMENTS(rows) + 1);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const import_item *item = &g_array_index(items, import_item, i);
        ck_assert_str_eq(item->name, rows[i].name);
        ck_assert_int_eq(item->flags, rows[i].flags);
        ck_assert(g_bytes_get_size(item->raw) == 12 && memcmp(g_bytes_get_data(item->raw, NULL), "A: 1\r\n\r\nx\r\ny", 12) == 0);
    }
    ck_assert_ptr_nonnull(g_array_index(items, import_item, G_N_ELEMENTS(rows)).problem); /* the directory */
    fixture_close(&f);
}
END_TEST

START_TEST(what_is_no_mail_file_is_said)
{
    static const char *const kinds[] = { "mbox", "maildir", "eml" };
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autoptr(GError) error = NULL;
        ck_assert_ptr_null(import_open(kinds[i], "/nonexistent/x", &error));
        ck_assert_int_eq(error_kind_of(error), ERROR_INPUT);
        ck_assert_ptr_nonnull(strstr(error->message, "/nonexistent/x"));
    }
    g_autoptr(GError) error = NULL;
    ck_assert_ptr_null(import_open("mbox", "/dev/zero", &error));
    ck_assert_int_eq(error_kind_of(error), ERROR_INPUT);
    fixture f;
    fixture_open(&f);
    g_autoptr(GError) plain = NULL;
    put(f.path, "\x7f" "ELF", 4);
    ck_assert_ptr_null(import_open("mbox", f.path, &plain));
    ck_assert_int_eq(error_kind_of(plain), ERROR_INPUT);
    put(f.path, "", 0);
    g_autoptr(GArray) none = read_source("mbox", f.path);
    ck_assert_uint_eq(none->len, 0);
    fixture_close(&f);
}
END_TEST

/* Real mail, where a collection is at hand. */
static void gather(const char *path, GPtrArray *mails, int depth)
{
    GDir *dir = depth < 4 ? g_dir_open(path, 0, NULL) : NULL;
    for (const char *name; dir != NULL && mails->len < 1500 && (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *inner = g_build_filename(path, name, NULL), *data = NULL;
        gsize n;
        if (g_file_test(inner, G_FILE_TEST_IS_DIR)) {
            gather(inner, mails, depth + 1);
        } else if (g_str_has_suffix(name, ".eml") && g_file_get_contents(inner, &data, &n, NULL) && n > 0 && data[n - 1] == '\n') {
            GBytes *canonical = mail_canonical(data, n);
            g_autoptr(GBytes) lines = mail_unix(canonical);
            if (g_bytes_get_size(lines) < g_bytes_get_size(canonical)) /* no bare CR in it: its line ends can be undone */
                g_ptr_array_add(mails, canonical);
            else
                g_bytes_unref(canonical);
        }
    }
    if (dir != NULL)
        g_dir_close(dir);
}

START_TEST(real_mail_comes_back)
{
    const char *named = g_getenv("CURSUS_CORPUS");
    g_autofree char *corpus = named != NULL ? g_strdup(named) : g_build_filename(SRCDIR, "..", "shared", "corpus", NULL);
    g_autoptr(GPtrArray) mails = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    gather(corpus, mails, 0);
    fixture f;
    fixture_open(&f);
    must_come_back(&f, mails);
    fixture_close(&f);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("mtm/import-read");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 30);
    tcase_add_test(t, messages_across_the_window_come_back);
    tcase_add_test(t, many_small_ones_are_read_in_a_moment);
    tcase_add_test(t, a_maildir_tells_flags_and_names);
    tcase_add_test(t, what_is_no_mail_file_is_said);
    tcase_add_test(t, real_mail_comes_back);
    suite_add_tcase(suite, t);
    return suite;
}
