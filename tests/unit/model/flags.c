/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flag names both ways, and keyword strings. */
#include "model/flags.h"
#include "unit/runner.h"

#include <string.h>

START_TEST(wire_names_and_words_go_both_ways)
{
    for (guint bit = 0; bit < 32; bit++) {
        mail_flags flag = (mail_flags)1 << bit;
        const char *wire = flag_to_wire(flag), *word = flag_to_word(flag);
        if (wire != NULL)
            ck_assert_uint_eq(flag_from_wire(wire), flag);
        if (word != NULL)
            ck_assert_uint_eq(flag_from_word(word), flag);
        /* Whatever may be stored on a server needs both names. */
        if ((flag & FLAGS_STORABLE) != 0)
            ck_assert(wire != NULL && word != NULL);
    }
    ck_assert_uint_eq(flag_from_wire("\\sEEN"), FLAG_SEEN);
    ck_assert_uint_eq(flag_from_wire("$forwarded"), FLAG_FORWARDED);
    ck_assert_uint_eq(flag_from_wire("$MDNSent"), FLAG_MDNSENT);
    ck_assert_uint_eq(flag_from_wire("Seen"), 0);
    ck_assert_uint_eq(flag_from_wire(""), 0);
    ck_assert_uint_eq(flag_from_word("Junk"), FLAG_JUNK);
    ck_assert_uint_eq(flag_from_word("recent"), 0);
    ck_assert_ptr_null(flag_to_wire(FLAG_PENDING));
    ck_assert_ptr_null(flag_to_wire(FLAG_SEEN | FLAG_DRAFT));
    ck_assert_ptr_null(flag_to_word(FLAG_RECENT));
    ck_assert_uint_eq(FLAGS_STORABLE & (FLAG_RECENT | FLAG_PENDING), 0);
}
END_TEST

static const struct {
    const char *words[5], *joined;
} joins[] = {
    { { NULL }, "" },
    { { "work", NULL }, " work " },
    { { "work", "todo", NULL }, " todo work " },
    { { "work", "Work", "WORK", NULL }, " work " },
    { { "b", "A", "c", "a", NULL }, " A b c " },
    { { "", "two words", "x\ny", "ok", NULL }, " ok " },
    { { "gr\xc3\xbcn", NULL }, " gr\xc3\xbcn " },
};

START_TEST(keywords_are_joined_sorted_and_once)
{
    g_autofree char *joined = keywords_join(joins[_i].words);
    ck_assert_str_eq(joined, joins[_i].joined);
    g_auto(GStrv) back = keywords_split(joined);
    g_autofree char *again = keywords_join((const char *const *)back);
    ck_assert_str_eq(again, joined);
}
END_TEST

START_TEST(split_gives_the_words)
{
    g_auto(GStrv) words = keywords_split(" todo work ");
    ck_assert_uint_eq(g_strv_length(words), 2);
    ck_assert_str_eq(words[0], "todo");
    ck_assert_str_eq(words[1], "work");
    g_auto(GStrv) none = keywords_split("");
    ck_assert_uint_eq(g_strv_length(none), 0);
}
END_TEST

START_TEST(have_finds_whole_words_only)
{
    ck_assert(keywords_have(" todo work ", "work"));
    ck_assert(keywords_have(" todo work ", "TODO"));
    ck_assert(!keywords_have(" todo work ", "wor"));
    ck_assert(!keywords_have(" todo work ", "ork"));
    ck_assert(!keywords_have(" todo work ", "workx"));
    ck_assert(!keywords_have(" todo work ", ""));
    ck_assert(!keywords_have("", "work"));
}
END_TEST

static const struct {
    const char *joined, *added[3], *removed[3], *result;
} changes[] = {
    { " a b ", { "c", NULL }, { "A", NULL }, " b c " }, { "", { "x", NULL }, { NULL }, " x " },
    { " x ", { NULL }, { "x", "y", NULL }, "" },        { " x ", { "X", NULL }, { NULL }, " x " },
    { " x ", { "y", NULL }, { "y", NULL }, " x " },
};

START_TEST(change_adds_and_removes)
{
    g_autofree char *result =
        keywords_change(changes[_i].joined, changes[_i].added, changes[_i].removed);
    ck_assert_str_eq(result, changes[_i].result);
    g_autofree char *same = keywords_change(changes[_i].joined, NULL, NULL);
    ck_assert_str_eq(same, changes[_i].joined);
}
END_TEST

START_TEST(a_keyword_is_an_atom)
{
    static const char *const good[] = { "work", "$Label1", "a-b_c.d", "x+y", "[", "}", "'", "~" };
    static const char *const bad[] = { "",     "a b",    "\\Seen",      "a(b",  "a)b",
                                       "a{1}", "100%",   "*",           "a\"b", "a]b",
                                       "a\nb", "a\x7fz", "gr\xc3\xbcn", "\t" };
    for (guint i = 0; i < G_N_ELEMENTS(good); i++)
        ck_assert_msg(keyword_valid(good[i]), "%s", good[i]);
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
        ck_assert_msg(!keyword_valid(bad[i]), "%s", bad[i]);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("flags");
    TCase *names = tcase_create("names");
    tcase_add_test(names, wire_names_and_words_go_both_ways);
    suite_add_tcase(suite, names);
    TCase *keywords = tcase_create("keywords");
    tcase_add_loop_test(keywords, keywords_are_joined_sorted_and_once, 0, G_N_ELEMENTS(joins));
    tcase_add_test(keywords, split_gives_the_words);
    tcase_add_test(keywords, have_finds_whole_words_only);
    tcase_add_loop_test(keywords, change_adds_and_removes, 0, G_N_ELEMENTS(changes));
    tcase_add_test(keywords, a_keyword_is_an_atom);
    suite_add_tcase(suite, keywords);
    return suite;
}
