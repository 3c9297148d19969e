/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mbox files: what is a separator, and that what was written comes back byte for byte. */
#include "unit/runner.h"
#include "mime/mbox.h"

#include <string.h>

static GPtrArray *read_box(const char *data, gsize nbytes)
{
    GPtrArray *out = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    mbox_item item;
    for (gsize at = 0; mbox_next(data, nbytes, &at, &item);)
        g_ptr_array_add(out, mbox_unquote(data, &item));
    return out;
}

static void expect(const char *data, const char *const *messages)
{
    g_autoptr(GPtrArray) found = read_box(data, strlen(data));
    guint n = 0;
    for (; messages[n] != NULL; n++) {
        ck_assert_uint_lt(n, found->len);
        gsize nbytes;
        const char *bytes = g_bytes_get_data(g_ptr_array_index(found, n), &nbytes);
        ck_assert_msg(nbytes == strlen(messages[n]) && (nbytes == 0 || memcmp(bytes, messages[n], nbytes) == 0), "message %u is %.*s", n,
                      (int)nbytes, bytes);
    }
    ck_assert_uint_eq(found->len, n);
}

#define POSTMARK "From ada@example.org Sun Nov 22 19:35:23 2026\n"

START_TEST(separators_are_dated_lines_behind_an_empty_one)
{
    expect(POSTMARK "A: 1\n\nb\n\n" POSTMARK "A: 2\n\nc\n", (const char *const[]){ "A: 1\r\n\r\nb\r\n", "A: 2\r\n\r\nc\r\n", NULL });
    /* a sentence, also behind an empty line; a separator that stands right behind text is text */
    expect(POSTMARK "A: 1\n\nFrom here on 10:30\n\nFrom there\n" POSTMARK "x\n\n",
           (const char *const[]){ "A: 1\r\n\r\nFrom here on 10:30\r\n\r\nFrom there\r\n"
                                  "From ada@example.org Sun Nov 22 19:35:23 2026\r\nx\r\n", NULL });
    /* an unreadable date at the start, CRLF, no empty line at the end, a zone */
    expect("From -\r\nA: 1\r\n\r\nb\r\n\r\nFrom x Mon Jan  5 01:02:03 +0100 2026\r\nA: 2\r\n\r\n",
           (const char *const[]){ "A: 1\r\n\r\nb\r\n", "A: 2\r\n", NULL });
    expect("", (const char *const[]){ NULL });
    expect("no mbox at all\n\n", (const char *const[]){ NULL });
    expect("From ", (const char *const[]){ "", NULL });
}
END_TEST

START_TEST(one_quote_is_taken_away)
{
    expect(POSTMARK "A: 1\n\n>From me\n>>From you\n> From us\n>Fromage\n",
           (const char *const[]){ "A: 1\r\n\r\nFrom me\r\n>From you\r\n> From us\r\n>Fromage\r\n", NULL });
}
END_TEST

/* Nasty ones, as a server gives them out. */
static const char *const nasty[] = {
    "A: 1\r\n\r\nb\r\n",
    "A: 1\r\n\r\nFrom me\r\n>From you\r\n>>>From us\r\nFrom\r\n",
    "A: 1\r\n\r\n\r\n\r\n",
    "A: 1\r\n\r\nFrom ada@example.org Sun Nov 22 19:35:23 2026\r\nA: 2\r\n",
    "A: 1\r\n\r\nx\r\n\r\nFrom ada@example.org Sun Nov 22 19:35:23 2026\r\n\r\nx\r\n",
    "From: x\r\n",
    "\r\n",
    "A: \xff\xfe\r\n\r\n\xe4\x80\r\n",
};

START_TEST(what_is_written_comes_back)
{
    g_autoptr(GByteArray) box = g_byte_array_new();
    for (gsize i = 0; i < G_N_ELEMENTS(nasty); i++) {
        g_autoptr(GBytes) raw = g_bytes_new_static(nasty[i], strlen(nasty[i]));
        g_autoptr(GBytes) quoted = mbox_quote(raw, i % 2 ? "evil\nFrom x" : "ada@example.org", (gint64)i * 86400 * 400);
        gsize n;
        const guint8 *data = g_bytes_get_data(quoted, &n);
        g_byte_array_append(box, data, (guint)n);
    }
    g_autoptr(GPtrArray) found = read_box((const char *)box->data, box->len);
    ck_assert_uint_eq(found->len, G_N_ELEMENTS(nasty));
    for (gsize i = 0; i < G_N_ELEMENTS(nasty); i++) {
        g_autoptr(GBytes) raw = g_bytes_new_static(nasty[i], strlen(nasty[i]));
        ck_assert_msg(g_bytes_equal(raw, g_ptr_array_index(found, i)), "message %zu is another", i);
    }
}
END_TEST

START_TEST(the_date_of_the_separator_is_kept)
{
    mbox_item item;
    gsize at = 0;
    const char *box = POSTMARK "A: 1\n";
    ck_assert(mbox_next(box, strlen(box), &at, &item));
    ck_assert_int_eq(item.received_s, 1795376123);
    g_autoptr(GBytes) raw = g_bytes_new_static("A: 1\r\n", 6);
    g_autoptr(GBytes) quoted = mbox_quote(raw, "ada@example.org", item.received_s);
    ck_assert_int_eq(memcmp(g_bytes_get_data(quoted, NULL), POSTMARK, strlen(POSTMARK)), 0);
}
END_TEST

START_TEST(line_ends_change_only_where_that_can_be_undone)
{
    static const char *const mixed[] = { "a\r\nb\n", "a\rb\r\n", "a\r\n\r", "\n" };
    for (gsize i = 0; i < G_N_ELEMENTS(mixed); i++) {
        g_autoptr(GBytes) raw = g_bytes_new_static(mixed[i], strlen(mixed[i]));
        g_autoptr(GBytes) same = mail_unix(raw);
        ck_assert(g_bytes_equal(raw, same));
    }
    g_autoptr(GBytes) raw = g_bytes_new_static("a\r\n\r\nb", 6);
    g_autoptr(GBytes) lines = mail_unix(raw);
    ck_assert(g_bytes_get_size(lines) == 4 && memcmp(g_bytes_get_data(lines, NULL), "a\n\nb", 4) == 0);
    g_autoptr(GBytes) back = mail_canonical(g_bytes_get_data(lines, NULL), 4);
    ck_assert(g_bytes_equal(raw, back));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("mime/mbox");
    TCase *t = tcase_create("mbox");
    tcase_add_test(t, separators_are_dated_lines_behind_an_empty_one);
    tcase_add_test(t, one_quote_is_taken_away);
    tcase_add_test(t, what_is_written_comes_back);
    tcase_add_test(t, the_date_of_the_separator_is_kept);
    tcase_add_test(t, line_ends_change_only_where_that_can_be_undone);
    suite_add_tcase(suite, t);
    return suite;
}
