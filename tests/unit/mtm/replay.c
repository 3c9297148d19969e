/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a refusal of a change means for it: parked, narrowed down, its folder made again, or tried later. */
#include "unit/runner.h"

#include "mtm/replay.h"

#include <string.h>

static refusal meaning(const char *reply)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(imap_reply) r = imap_reply_parse(reply, strlen(reply), &error);
    ck_assert_ptr_nonnull(r);
    return refusal_of(r);
}

START_TEST(nothing_that_a_person_must_mend_is_tried_again_by_itself)
{
    ck_assert_int_eq(meaning("a1 NO [NOPERM] no"), REFUSAL_PARK);
    ck_assert_int_eq(meaning("a1 NO [READ-ONLY] no"), REFUSAL_PARK);
    ck_assert_int_eq(meaning("a1 NO [CONTACTADMIN] no"), REFUSAL_PARK);
}
END_TEST

START_TEST(one_message_may_be_to_blame)
{
    ck_assert_int_eq(meaning("a1 NO no"), REFUSAL_SPLIT);
    ck_assert_int_eq(meaning("a1 BAD no"), REFUSAL_SPLIT);
    ck_assert_int_eq(meaning("a1 NO [OVERQUOTA] no"), REFUSAL_SPLIT);
    ck_assert_int_eq(meaning("a1 NO [LIMIT] no"), REFUSAL_SPLIT);
    ck_assert_int_eq(meaning("a1 NO [TOOBIG] no"), REFUSAL_SPLIT);
    ck_assert_int_eq(meaning("a1 NO [CANNOT] no"), REFUSAL_SPLIT);
}
END_TEST

START_TEST(a_missing_folder_can_be_made)
{
    ck_assert_int_eq(meaning("a1 NO [TRYCREATE] no"), REFUSAL_MISSING);
    ck_assert_int_eq(meaning("a1 NO [NONEXISTENT] no"), REFUSAL_MISSING);
}
END_TEST

START_TEST(a_busy_server_is_asked_later)
{
    ck_assert_int_eq(meaning("a1 NO [INUSE] no"), REFUSAL_LATER);
    ck_assert_int_eq(meaning("a1 NO [UNAVAILABLE] no"), REFUSAL_LATER);
    ck_assert_int_eq(meaning("a1 NO [SERVERBUG] no"), REFUSAL_LATER);
    ck_assert_int_eq(meaning("a1 NO [THROTTLED] no"), REFUSAL_LATER);
    ck_assert_int_eq(meaning("a1 NO [EXPIRED] no"), REFUSAL_LATER);
}
END_TEST

START_TEST(the_servers_words_are_kept)
{
    static const char reply[] = "a1 NO [OVERQUOTA] No room";
    g_autoptr(imap_reply) r = imap_reply_parse(reply, strlen(reply), NULL);
    g_autofree char *words = refusal_words(r);
    ck_assert_ptr_nonnull(strstr(words, "No room"));
    ck_assert_ptr_nonnull(strstr(words, "the mailbox is full"));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("mtm/replay");
    TCase *c = tcase_create("refusals");
    tcase_add_test(c, nothing_that_a_person_must_mend_is_tried_again_by_itself);
    tcase_add_test(c, one_message_may_be_to_blame);
    tcase_add_test(c, a_missing_folder_can_be_made);
    tcase_add_test(c, a_busy_server_is_asked_later);
    tcase_add_test(c, the_servers_words_are_kept);
    suite_add_tcase(s, c);
    return s;
}
