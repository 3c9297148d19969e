/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Defaults, copies and comparison of account settings. */
#include "model/account.h"
#include "unit/runner.h"

START_TEST(defaults_are_those_of_the_manual)
{
    g_autoptr(account_settings) a = account_settings_new("work");
    ck_assert_str_eq(a->name, "work");
    ck_assert_uint_eq(a->imap_port, 993);
    ck_assert(!a->imap_starttls);
    ck_assert_int_eq((int)a->auth, AUTH_AUTO);
    ck_assert_int_eq((int)a->sync, SYNC_SUBSCRIBED_REMOTE);
    ck_assert_int_eq(a->sync_interval_s, 300);
    ck_assert(a->idle && a->stay_online);
    ck_assert_int_eq(a->idle_timeout_s, 0);
    ck_assert_int_eq(a->inbox_limit, -1);
    ck_assert_int_eq(a->folder_limit, -1);
    ck_assert_int_eq((int)a->bodies, BODIES_TEXT);
    ck_assert_int_eq((int)a->seen, SEEN_READ);
    ck_assert_int_eq(a->connect_timeout_s, 30);
    ck_assert_ptr_null(a->password_command);
}
END_TEST

/* Each field changed alone makes a difference, also in the copy. */
static void change(account_settings *a, int field)
{
    char **strings[] = { &a->name,      &a->address,  &a->real_name,        &a->imap_host,
                         &a->imap_user, &a->smtp_url, &a->password_command, &a->ca_file,
                         &a->tls_name,  &a->tunnel };
    int *numbers[] = { &a->sync_interval_s, &a->idle_timeout_s, &a->inbox_limit, &a->folder_limit,
                       &a->connect_timeout_s };
    bool *switches[] = { &a->imap_starttls, &a->idle, &a->stay_online };
    if (field < 10) {
        g_free(*strings[field]);
        *strings[field] = g_strdup("changed");
    } else if (field < 15) {
        *numbers[field - 10] += 1;
    } else if (field < 18) {
        *switches[field - 15] = !*switches[field - 15];
    }
    switch (field) {
    case 18:
        a->imap_port = 143;
        break;
    case 19:
        a->auth = AUTH_LOGIN;
        break;
    case 20:
        a->sync = SYNC_LIST;
        break;
    case 21:
        a->bodies = BODIES_ALL;
        break;
    case 22:
        a->seen = SEEN_NEVER;
        break;
    case 23:
        a->sync_list = g_strsplit("INBOX Lists", " ", -1);
        break;
    }
}

#define NFIELDS 24

START_TEST(every_field_counts_in_a_comparison)
{
    g_autoptr(account_settings) a = account_settings_new("work");
    g_autoptr(account_settings) b = account_settings_dup(a);
    ck_assert(account_settings_equal(a, b));
    change(b, _i);
    ck_assert_msg(!account_settings_equal(a, b), "field %d", _i);
    g_autoptr(account_settings) c = account_settings_dup(b);
    ck_assert_msg(account_settings_equal(b, c), "field %d", _i);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("account");
    TCase *all = tcase_create("all");
    tcase_add_test(all, defaults_are_those_of_the_manual);
    tcase_add_loop_test(all, every_field_counts_in_a_comparison, 0, NFIELDS);
    suite_add_tcase(suite, all);
    return suite;
}
