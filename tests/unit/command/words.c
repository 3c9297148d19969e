/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words and quoting. */
#include "command/command.h"
#include "base/error.h"
#include "unit/runner.h"

static const struct {
    const char *line, *words; /* joined by '|' */
} table[] = {
    { "", "" },
    { "  a  b\tc ", "a|b|c" },
    { "'a b' \"c d\"", "a b|c d" },
    { "'a'\"b\"c", "abc" },
    { "''", "" },
    { "a '' b", "a||b" },
    { "'a\\b'", "a\\b" },
    { "\"a\\\"b\\\\c\"", "a\"b\\c" },
    { "\"a\\nb\\tc\\xd\"", "a\nb\tcxd" },
    { "a\\ b \\\"c", "a b|\"c" },
    { "a;b #c", "a;b|#c" },
    { "\"'\" '\"'", "'|\"" },
    { "a\\", "a" },
    { "Grüße 'お 知'", "Grüße|お 知" },
    { "a\nb", "a|b" },
};

START_TEST(words_are_cut)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *exact = g_strdup(table[_i].line);
    g_auto(GStrv) words = command_words(exact, &error);
    ck_assert_ptr_nonnull(words);
    g_autofree char *joined = g_strjoinv("|", words);
    ck_assert_str_eq(joined, table[_i].words);
}
END_TEST

START_TEST(open_quote_is_refused)
{
    static const char *const lines[] = { "'a", "\"a", "a \"b\\\"", "\"\\", "'", "\"a'" };
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *exact = g_strdup(lines[i]);
        ck_assert_msg(command_words(exact, &error) == NULL, "%s", lines[i]);
        ck_assert_int_eq(error_kind_of(error), ERROR_INPUT);
    }
}
END_TEST

START_TEST(quoted_word_comes_back)
{
    static const char *const words[] = { "a",    "",    "a b", "it's",       "\"",      "'\"",   "\\",     "a\\",
                                         "#x",   "a;b", "a\nb", "a'b\\\"c\n", "$(rm *)", "Grüße", "a\tb'c", "\\'" };
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        g_autofree char *quoted = command_quote(words[i]);
        g_autofree char *line = g_strdup_printf("x %s y", quoted);
        g_auto(GStrv) back = command_words(line, NULL);
        ck_assert_msg(back != NULL && g_strv_length(back) == 3, "%s", line);
        ck_assert_str_eq(back[1], words[i]);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("words");
    TCase *c = tcase_create("words");
    tcase_add_loop_test(c, words_are_cut, 0, G_N_ELEMENTS(table));
    tcase_add_test(c, open_quote_is_refused);
    tcase_add_test(c, quoted_word_comes_back);
    suite_add_tcase(s, c);
    return s;
}
