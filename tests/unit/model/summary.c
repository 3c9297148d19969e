/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mail summaries: what a new one promises, deep copies, the date of a row. */
#include "model/summary.h"
#include "unit/runner.h"

START_TEST(a_new_summary_holds_what_the_header_promises)
{
    g_autoptr(mail_summary) s = mail_summary_new();
    ck_assert_str_eq(s->keywords, "");
    ck_assert_str_eq(s->subject, "");
    ck_assert_uint_eq(s->from->len + s->to->len + s->cc->len, 0);
    ck_assert_ptr_null(s->message_id);
    ck_assert_ptr_null(s->references);
}
END_TEST

START_TEST(a_copy_shares_nothing)
{
    mail_summary *s = mail_summary_new();
    s->id = 7;
    s->message_id = g_strdup("a@b");
    s->preview = g_strdup("Dear all");
    s->list_id = g_strdup("list.example.org");
    s->references = g_strsplit("x@y a@b", " ", -1);
    g_ptr_array_add(s->from, address_new("Ada", "ada@example.org"));
    g_autoptr(mail_summary) copy = mail_summary_dup(s);
    mail_summary_free(s);
    ck_assert_uint_eq(copy->id, 7);
    ck_assert_str_eq(copy->message_id, "a@b");
    ck_assert_str_eq(copy->preview, "Dear all");
    ck_assert_str_eq(copy->list_id, "list.example.org");
    ck_assert_str_eq(copy->references[1], "a@b");
    ck_assert_str_eq(((address *)g_ptr_array_index(copy->from, 0))->mailbox, "ada@example.org");
}
END_TEST

#define T G_GINT64_CONSTANT(1700000000)
#define DAY G_GINT64_CONSTANT(86400)

static const struct {
    gint64 date_s, received_s, sorted_s;
} dates[] = {
    { T, T, T },
    { T - 3600, T, T - 3600 },
    { T + DAY, T, T + DAY },
    { T + DAY + 1, T, T },
    { T - DAY, T, T - DAY },
    { T - DAY - 1, T, T },
    { 0, T, T },
    { T, 0, T },
    { 0, 0, 0 },
    { G_MAXINT64, T, T },
    { G_MININT64, T, T },
    { G_MININT64, G_MAXINT64, G_MAXINT64 },
    { -5, 0, -5 },
};

START_TEST(a_date_far_off_is_not_believed)
{
    g_autoptr(mail_summary) s = mail_summary_new();
    s->date_s = dates[_i].date_s;
    s->received_s = dates[_i].received_s;
    ck_assert_int_eq(mail_summary_sort_date(s), dates[_i].sorted_s);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("summary");
    TCase *values = tcase_create("values");
    tcase_add_test(values, a_new_summary_holds_what_the_header_promises);
    tcase_add_test(values, a_copy_shares_nothing);
    tcase_add_loop_test(values, a_date_far_off_is_not_believed, 0, G_N_ELEMENTS(dates));
    suite_add_tcase(suite, values);
    return suite;
}
