/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Editing the line of a prompt, and finding text in lines. */
#include "ui/line.h"

#include "ui/pane.h"
#include "unit/runner.h"

#include <string.h>

typedef void (*edit_fn)(line *l);

/* What is typed, then edits as letters, and what comes out with the cursor as '|'. */
static const struct {
    const char *typed, *edits, *expected;
} cases[] = {
    { "abc", "", "abc|" },
    { "abc", "<", "ab|c" },
    { "abc", "<<<<", "|abc" },
    { "abc", "H>", "a|bc" },
    { "abc", "b", "ab|" },
    { "abc", "Hd", "|bc" },
    { "one two", "w", "one |" },
    { "one two  ", "w", "one |" },
    { "one two", "L", "one |two" },
    { "one two", "HR", "one| two" },
    { "one two", "HRk", "one|" },
    { "one two", "HRu", "| two" },
    { "one two", "wHy", "two|one " },
    { "one two", "HD", "| two" },
    { "abc", "t", "acb|" },
    { "abc", "Ht", "|abc" },
    /* A cluster is one step: a wide one, one with accents, a family. */
    { "日本", "<b", "|本" },
    { "e\xcc\x81x", "<b", "|x" },
    { "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7!", "<b", "|!" },
    { "", "b<>dwku", "|" },
};

static edit_fn edit_of(char letter)
{
    switch (letter) {
    case '<':
        return line_left;
    case '>':
        return line_right;
    case 'L':
        return line_word_left;
    case 'R':
        return line_word_right;
    case 'H':
        return line_home;
    case 'b':
        return line_backspace;
    case 'd':
        return line_delete;
    case 'k':
        return line_kill_end;
    case 'u':
        return line_kill_begin;
    case 'w':
        return line_kill_word;
    case 'D':
        return line_kill_word_ahead;
    case 'y':
        return line_yank;
    case 't':
        return line_transpose;
    default:
        return line_end;
    }
}

START_TEST(edits_do_what_their_keys_say)
{
    line *l = line_new(false);
    line_insert(l, cases[_i].typed);
    for (const char *e = cases[_i].edits; *e != '\0'; e++)
        edit_of (*e)(l);
    g_autoptr(GString) shown = g_string_new(line_text(l));
    g_string_insert_c(shown, (gssize)line_cursor(l), '|');
    ck_assert_str_eq(shown->str, cases[_i].expected);
    line_free(l);
}
END_TEST

START_TEST(a_secret_keeps_its_place_in_memory_and_has_an_end)
{
    line *l = line_new(true);
    const char *before = line_text(l);
    for (int i = 0; i < 3000; i++)
        line_insert(l, "x");
    ck_assert_ptr_eq(line_text(l), before);
    ck_assert_uint_lt(strlen(line_text(l)), 1024);
    line_free(l);
}
END_TEST

static const struct {
    const char *text, *pattern;
    int at;
} finds[] = {
    { "One Two", "two", 4 }, { "Größe", "GRÖSSE", -1 }, { "ÄRGER", "ärger", 0 }, { "aab", "ab", 1 },
    { "abc", "", -1 },       { "", "x", -1 },           { "日本語", "本", 3 },
};

START_TEST(find_ignores_case)
{
    gsize n;
    const char *found = pane_find(finds[_i].text, finds[_i].pattern, &n);
    ck_assert_int_eq(found == NULL ? -1 : (int)(found - finds[_i].text), finds[_i].at);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("line");
    TCase *t = tcase_create("line");
    tcase_add_loop_test(t, edits_do_what_their_keys_say, 0, G_N_ELEMENTS(cases));
    tcase_add_test(t, a_secret_keeps_its_place_in_memory_and_has_an_end);
    tcase_add_loop_test(t, find_ignores_case, 0, G_N_ELEMENTS(finds));
    suite_add_tcase(s, t);
    return s;
}
