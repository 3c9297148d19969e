/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person asks for, as a server is asked. */
#include "imap/private.h"
#include "model/query.h"
#include "unit/runner.h"

/* 2024-06-15 12:00 UTC */
#define NOW_S 1718452800

static const struct {
    const char *query, *keys; /* NULL: cannot be said */
} cases[] = {
    { "", " ALL" },
    { "ada", " OR OR OR SUBJECT ada FROM ada TO ada CC ada" },
    { "from:ada subject:\"the engine\"", " FROM ada SUBJECT \"the engine\"" },
    { "from:ada or to:bob or cc:eve", " OR FROM ada OR TO bob CC eve" },
    { "from:ada (to:bob or cc:eve)", " FROM ada OR TO bob CC eve" },
    { "(from:a to:b) or cc:c", " OR (FROM a TO b) CC c" },
    { "-from:ada", " NOT FROM ada" },
    { "-(from:ada to:b)", " NOT (FROM ada TO b)" },
    { "-(from:a or to:b)", " NOT OR FROM a TO b" },
    { "is:unread", " UNSEEN" },
    { "is:read", " SEEN" },
    { "-is:unread", " NOT UNSEEN" },
    { "is:flagged is:answered", " FLAGGED ANSWERED" },
    { "is:draft is:deleted", " DRAFT DELETED" },
    { "is:forwarded", " KEYWORD $Forwarded" },
    { "tag:work", " KEYWORD work" },
    { "tag:\"a b\"", NULL },
    { "has:attachment", NULL },
    { "from:ada or has:attachment", NULL },
    { "body:\"50% off\"", " BODY \"50% off\"" },
    { "body:\"say \\\"hi\\\" \\\\\"", " BODY \"say \\\"hi\\\" \\\\\"" },
    { "list:linux-man", " HEADER LIST-ID linux-man" },
    { "id:<1@a.example>", " HEADER MESSAGE-ID 1@a.example" },
    { "subject:nil", " SUBJECT \"nil\"" },
    { "subject:caf\xc3\xa9", " CHARSET UTF-8 SUBJECT {5}\r\ncaf\xc3\xa9" },
    { "from:x or subject:caf\xc3\xa9", " CHARSET UTF-8 OR FROM x SUBJECT {5}\r\ncaf\xc3\xa9" },
    { "in:INBOX", " ALL" },
    { "in:inbox is:unread", " ALL UNSEEN" },
    { "in:work:INBOX", " ALL" },
    { "in:Sent", " NOT ALL" },
    { "account:work", " ALL" },
    { "account:home", " NOT ALL" },
    { "larger:1M", " LARGER 1048575" },
    { "smaller:1K", " SMALLER 1024" },
    { "larger:1K smaller:2K", " LARGER 1023 SMALLER 2048" },
    { "larger:5000000000", " NOT ALL" },
    { "smaller:5000000000", " ALL" },
    { "newer:1d", " (SINCE 13-Jun-2024)" },
    { "older:1d", " (BEFORE 16-Jun-2024)" },
    { "-newer:1d", " NOT (SINCE 15-Jun-2024)" },
    { "-older:1d", " NOT (BEFORE 13-Jun-2024)" },
};

static char *keys_of(const imap_connection *c, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(query) q = query_parse(text, NOW_S, &error);
    ck_assert_msg(q != NULL, "%s: %s", text, error != NULL ? error->message : "");
    g_autoptr(GString) command = imap_command("X");
    bool ok = imap_add_search(c, command, q, "work", "INBOX");
    ck_assert(imap_command_is_safe(command));
    ck_assert(ok || g_strcmp0(command->str, "X") == 0);
    return ok ? g_strdup(command->str + 1) : NULL;
}

START_TEST(query_becomes_keys)
{
    g_autofree char *keys = keys_of(NULL, cases[_i].query);
    ck_assert_msg(g_strcmp0(keys, cases[_i].keys) == 0, "%s\n  gives    %s\n  expected %s",
                  cases[_i].query, keys != NULL ? keys : "(nothing)",
                  cases[_i].keys != NULL ? cases[_i].keys : "(nothing)");
}
END_TEST

/* Days of the server may begin half a day before or after ours: what is meant lies inside. */
START_TEST(dates_hold_what_is_meant_in_every_zone)
{
    g_autoptr(query) q = query_parse("date:2024-06-10", NOW_S, NULL);
    g_autofree char *keys = keys_of(NULL, "date:2024-06-10");
    g_autofree char *not_keys = keys_of(NULL, "-date:2024-06-10");
    ck_assert(q != NULL);
    ck_assert_str_eq(keys, " (SINCE 9-Jun-2024 BEFORE 13-Jun-2024)");
    ck_assert_str_eq(not_keys, " NOT (SINCE 11-Jun-2024 BEFORE 10-Jun-2024)"); /* leaves out nothing */
}
END_TEST

/* As deep as a query may be; no text makes another command of it. */
START_TEST(deep_and_hostile_queries_are_one_command)
{
    g_autoptr(GString) deep = g_string_new(NULL);
    for (int i = 0; i < 90; i++)
        g_string_append(deep, "-(");
    g_string_append(deep, "from:a");
    for (int i = 0; i < 90; i++)
        g_string_append_c(deep, ')');
    g_autofree char *keys = keys_of(NULL, deep->str);
    ck_assert(keys != NULL && g_str_has_suffix(keys, "FROM a"));
    g_autofree char *long_word = g_strnfill(9000, 'x');
    ck_assert_ptr_null(keys_of(NULL, long_word));
    query q = { .kind = QUERY_SUBJECT, .text = (char *)"x\r\na1 LOGOUT" };
    g_autoptr(GString) command = imap_command("X");
    ck_assert(!imap_add_search(NULL, command, &q, NULL, NULL));
    ck_assert_str_eq(command->str, "X");
}
END_TEST

Suite *unit_suite(void)
{
    g_setenv("TZ", "UTC", TRUE);
    Suite *s = suite_create("imap/search-keys");
    TCase *t = tcase_create("search-keys");
    tcase_add_loop_test(t, query_becomes_keys, 0, G_N_ELEMENTS(cases));
    tcase_add_test(t, dates_hold_what_is_meant_in_every_zone);
    tcase_add_test(t, deep_and_hostile_queries_are_one_command);
    suite_add_tcase(s, t);
    return s;
}
