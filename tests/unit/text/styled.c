/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs of styled lines stay ascending and apart, whatever is added. */
#include "text/styled.h"
#include "unit/runner.h"

static void check_runs(const styled_line *line, const char *expected)
{
    g_autoptr(GString) runs = g_string_new(NULL);
    for (guint i = 0; line->runs != NULL && i < line->runs->len; i++) {
        const styled_run *r = &g_array_index(line->runs, styled_run, i);
        g_string_append_printf(runs, "%u+%u:%d ", r->start, r->length, (int)r->style);
    }
    ck_assert_str_eq(runs->str, expected);
}

START_TEST(text_is_copied)
{
    g_autoptr(styled_line) whole = styled_line_new("hello", -1);
    ck_assert_str_eq(whole->text, "hello");
    g_autoptr(styled_line) part = styled_line_new("hello", 2);
    ck_assert_str_eq(part->text, "he");
    ck_assert_ptr_null(part->runs);
    ck_assert(!part->wrapped);
    ck_assert_uint_eq(part->quote, 0);
}
END_TEST

START_TEST(runs_join_and_never_overlap)
{
    g_autoptr(styled_line) line = styled_line_new("0123456789", -1);
    styled_line_add(line, 0, 3, STYLE_PLAIN);
    ck_assert_ptr_null(line->runs);
    styled_line_add(line, 1, 2, STYLE_BOLD);
    styled_line_add(line, 3, 1, STYLE_BOLD);
    check_runs(line, "1+3:1 ");
    styled_line_add(line, 2, 4, STYLE_LINK);
    check_runs(line, "1+3:1 4+2:5 ");
    styled_line_add(line, 0, 2, STYLE_CODE);
    styled_line_add(line, 7, 0, STYLE_CODE);
    check_runs(line, "1+3:1 4+2:5 ");
    styled_line_add(line, 8, 2, STYLE_LINK);
    check_runs(line, "1+3:1 4+2:5 8+2:5 ");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("styled");
    TCase *all = tcase_create("all");
    tcase_add_test(all, text_is_copied);
    tcase_add_test(all, runs_join_and_never_overlap);
    suite_add_tcase(suite, all);
    return suite;
}
