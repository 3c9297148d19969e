/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "+seen -flagged +work" to bits and keywords. */
#include "action/face.h"
#include "base/error.h"
#include "unit/runner.h"

#include <string.h>

typedef struct sample {
    const char *words;          /* separated by blanks */
    mail_flags add, remove;
    const char *add_keywords, *remove_keywords; /* joined by blanks */
} sample;

static const sample good[] = {
    { "+seen", FLAG_SEEN, 0, "", "" },
    { "+Seen -FLAGGED", FLAG_SEEN, FLAG_FLAGGED, "", "" },
    { "+read", FLAG_SEEN, 0, "", "" },
    { "+unread", 0, FLAG_SEEN, "", "" },
    { "-unread", FLAG_SEEN, 0, "", "" },
    { "+new", 0, FLAG_SEEN, "", "" },
    { "+\\Answered", FLAG_ANSWERED, 0, "", "" },
    { "+$Forwarded", FLAG_FORWARDED, 0, "", "" },
    { "+work -todo +later", 0, 0, "work later", "todo" },
    { "+deleted +draft -junk +x", FLAG_DELETED | FLAG_DRAFT, FLAG_JUNK, "x", "" },
    { "", 0, 0, "", "" },
};

START_TEST(words_become_bits_and_keywords)
{
    const sample *t = &good[_i];
    g_auto(GStrv) words = g_strsplit(t->words, " ", -1);
    action_flags f;
    g_autoptr(GError) error = NULL;
    ck_assert(action_flags_parse((const char *const *)words, &f, &error));
    ck_assert_uint_eq(f.add, t->add);
    ck_assert_uint_eq(f.remove, t->remove);
    g_autofree char *added = g_strjoinv(" ", (char **)f.add_keywords->pdata);
    g_autofree char *removed = g_strjoinv(" ", (char **)f.remove_keywords->pdata);
    ck_assert_str_eq(added, t->add_keywords);
    ck_assert_str_eq(removed, t->remove_keywords);
    action_flags_clear(&f);
}
END_TEST

static const char *const bad[] = {
    "seen", "+", "-", "+seen -seen", "+read +unread", "+work -WORK", "+a(b", "+caf\xc3\xa9", "+\\Unknown", "+recent \\",
};

START_TEST(mistakes_are_refused_and_leave_nothing)
{
    g_auto(GStrv) words = g_strsplit(bad[_i], " ", -1);
    action_flags f;
    g_autoptr(GError) error = NULL;
    ck_assert_msg(!action_flags_parse((const char *const *)words, &f, &error), "%s", bad[_i]);
    ck_assert_int_eq(error_kind_of(error), ERROR_INPUT);
    ck_assert_ptr_null(f.add_keywords);
    ck_assert_ptr_null(f.remove_keywords);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("action/flags");
    TCase *tc = tcase_create("flags");
    tcase_add_loop_test(tc, words_become_bits_and_keywords, 0, G_N_ELEMENTS(good));
    tcase_add_loop_test(tc, mistakes_are_refused_and_leave_nothing, 0, G_N_ELEMENTS(bad));
    suite_add_tcase(suite, tc);
    return suite;
}
