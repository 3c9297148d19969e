/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One message as a line: columns that stay where they are, nothing foreign that a terminal obeys; the progress
 * line; a message as JSON. */
#include "cli/list.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "text/cells.h"
#include "unit/runner.h"

#include <string.h>

#define NOW_S 1795000000 /* 2026-11-18 10:26:40 UTC */

static mail_summary *sample(const char *name, const char *subject)
{
    mail_summary *s = mail_summary_new();
    s->id = 42;
    s->folder = 1;
    s->uid = 7;
    s->date_s = s->received_s = NOW_S - 3600;
    s->size = 1234;
    s->thread = 9;
    g_free(s->subject);
    s->subject = g_strdup(subject);
    g_ptr_array_add(s->from, address_new(name, "ada@example.org"));
    return s;
}

START_TEST(columns_stand_still_whatever_the_texts_are)
{
    static const char *const names[] = { "Ada", "日本語メーリングリストの長い名前", "e\xcc\x81\xcc\x81toile", "" };
    static const char *const subjects[] = { "Notes", "お知らせ: 来週の予定についてのとても長い題名がここにあります",
                                            "A long subject that does not fit into what is left of the line", "" };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        for (gsize j = 0; j < G_N_ELEMENTS(subjects); j++) {
            g_autoptr(mail_summary) s = sample(names[i], subjects[j]);
            g_autofree char *line = list_line_columns(s, 5, 60, false, false, NOW_S);
            ck_assert_int_le(text_columns(line, -1), 60);
            gsize before = text_bytes_for_columns(line, strlen(line), 5 + 1 + 4 + 1 + 9 + 2 + 20 + 2);
            g_autofree char *rest = g_strdup(line + before);
            ck_assert_msg(subjects[j][0] == '\0' || strncmp(rest, subjects[j], 3) == 0, "'%s'", line);
        }
}
END_TEST

START_TEST(marks_tell_the_flags)
{
    static const struct {
        mail_flags flags;
        const char *marks;
    } t[] = { { 0, "N   " },
              { FLAG_SEEN, "    " },
              { FLAG_SEEN | FLAG_ANSWERED | FLAG_FLAGGED | FLAG_PENDING, " r!^" },
              { FLAG_DELETED | FLAG_FORWARDED, "Df  " } };
    for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
        g_autoptr(mail_summary) s = sample("Ada", "x");
        s->flags = t[i].flags;
        g_autofree char *line = list_line_columns(s, 2, 60, false, true, NOW_S);
        ck_assert_msg(strncmp(line + 3, t[i].marks, 4) == 0, "'%s'", line);
    }
}
END_TEST

START_TEST(a_plain_line_is_whole_and_clean)
{
    g_autoptr(mail_summary) s = sample("A\tb\x1b[31m", "one\ttwo\nthree \xc2\x9b" "31m");
    s->flags = FLAG_SEEN | FLAG_FLAGGED;
    g_free(s->keywords);
    s->keywords = g_strdup(" todo work ");
    g_autofree char *line = list_line_plain(s);
    ck_assert_msg(g_str_has_prefix(line, "42  seen,flagged,todo,work  2026-11-18T"), "%s", line);
    ck_assert_ptr_null(strpbrk(line, "\t\n\r\x1b"));
    ck_assert_ptr_null(strstr(line, "\xc2\x9b"));
    ck_assert_ptr_nonnull(strstr(line, "ada@example.org"));
    ck_assert_ptr_nonnull(strstr(line, "one two three"));
}
END_TEST

START_TEST(a_line_without_anything_has_its_fields)
{
    g_autoptr(mail_summary) s = mail_summary_new();
    s->id = 3;
    g_autofree char *line = list_line_plain(s);
    ck_assert_str_eq(line, "3  -  -  -  ");
}
END_TEST

START_TEST(a_message_object_keeps_foreign_text_as_it_is)
{
    g_autoptr(mail_summary) s = sample("Ada \"the\" Countess", "a\x01\\\"b");
    s->flags = FLAG_FLAGGED | FLAG_PENDING | FLAG_RECENT;
    g_autoptr(GString) out = g_string_new(NULL);
    cli_json_message(out, s, "work", "INBOX");
    ck_assert_ptr_nonnull(strstr(out->str, "\"subject\":\"a\\u0001\\\\\\\"b\""));
    ck_assert_ptr_nonnull(strstr(out->str, "\"flags\":[\"flagged\"]"));
    ck_assert_ptr_nonnull(strstr(out->str, "\"pending\":true"));
    ck_assert_ptr_nonnull(strstr(out->str, "\"message_id\":null"));
    ck_assert_ptr_nonnull(strstr(out->str, "\"date\":\"2026-11-18T"));
    ck_assert_ptr_null(strchr(out->str, '\n'));
}
END_TEST

START_TEST(progress_fits_and_counts)
{
    mtm_event e = { .kind = MTM_PROGRESS, .account = "work", .phase = "headers", .folder_name = "Lists/\x1bx",
                    .done = 50, .total = 100 };
    g_autofree char *bar = progress_line(&e, 79, true);
    ck_assert_ptr_nonnull(strstr(bar, "[##########..........] 50/100"));
    ck_assert_ptr_null(strchr(bar, 0x1b));
    g_autofree char *narrow = progress_line(&e, 12, true);
    ck_assert_int_le(text_columns(narrow, -1), 12);
    e.done = 300; /* more than was promised */
    g_autofree char *over = progress_line(&e, 79, true);
    ck_assert_ptr_nonnull(strstr(over, "[####################]"));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("cli/list");
    TCase *tc = tcase_create("list");
    tcase_add_test(tc, columns_stand_still_whatever_the_texts_are);
    tcase_add_test(tc, marks_tell_the_flags);
    tcase_add_test(tc, a_plain_line_is_whole_and_clean);
    tcase_add_test(tc, a_line_without_anything_has_its_fields);
    tcase_add_test(tc, a_message_object_keeps_foreign_text_as_it_is);
    tcase_add_test(tc, progress_fits_and_counts);
    suite_add_tcase(suite, tc);
    return suite;
}
