/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command text: whatever the value, no argument becomes another command. */
#include "imap/connection.h"
#include "imap/parse.h"
#include "imap/private.h"
#include "unit/runner.h"

#include <string.h>

static const struct {
    const char *value, *text; /* text NULL: refused */
} strings[] = {
    { "INBOX", "X INBOX" },
    { "", "X \"\"" },
    { "NIL", "X \"NIL\"" },
    { "nil", "X \"nil\"" },
    { "a b", "X \"a b\"" },
    { "a\"b", "X \"a\\\"b\"" },
    { "a\\", "X \"a\\\\\"" },
    { "\"", "X \"\\\"\"" },
    { "a(b", "X \"a(b\"" },
    { "a{5}", "X \"a{5}\"" },
    { "100%", "X \"100%\"" },
    { "*", "X \"*\"" },
    { "a]b", "X \"a]b\"" },
    { "a\tb", "X \"a\tb\"" },
    { "caf\xc3\xa9", "X {5}\r\ncaf\xc3\xa9" },
    { "a\rb", NULL },
    { "a\nb", NULL },
    { "\r\n", NULL },
    { "caf\xc3\xa9\r\na2 LOGOUT", NULL },
};

START_TEST(string_is_atom_quoted_literal_or_refused)
{
    g_autoptr(GString) c = imap_command("X");
    bool ok = imap_add_string(c, strings[_i].value);
    ck_assert_int_eq(ok, strings[_i].text != NULL);
    ck_assert_str_eq(c->str, ok ? strings[_i].text : "X");
    ck_assert(imap_command_is_safe(c));
    g_autoptr(GString) c2 = imap_command("X");
    ck_assert_int_eq(imap_add_mailbox(NULL, c2, strings[_i].value), ok);
    ck_assert_str_eq(c2->str, c->str);
}
END_TEST

/* Whatever is sent reads back as the same, as one token with nothing behind it. */
START_TEST(string_that_is_sent_reads_back)
{
    static const char odd[] = "\"\\{}()[]%*+-&~ \t\r\n\x01\x7f\x80\xff\xc3\xa9" "5NILabc";
    g_autoptr(GRand) random = g_rand_new_with_seed(11);
    for (int round = 0; round < 20000; round++) {
        char value[12] = "";
        for (int i = 0, n = g_rand_int_range(random, 0, 11); i < n; i++)
            value[i] = odd[g_rand_int_range(random, 0, (int)sizeof odd - 1)];
        g_autoptr(GString) c = imap_command("X");
        bool breaks = strpbrk(value, "\r\n") != NULL;
        ck_assert_int_eq(imap_add_string(c, value), !breaks);
        ck_assert(imap_command_is_safe(c));
        if (breaks)
            continue;
        cursor at = { .p = c->str + 2, .end = c->str + c->len };
        slice s;
        ck_assert(cursor_string(&at, &s) && cursor_at_end(&at) && !slice_is_nil(&s));
        g_autofree char *back = slice_dup(&s);
        ck_assert_str_eq(back, value);
    }
}
END_TEST

#define BYTES(text) text, sizeof text - 1
static const struct {
    const char *bytes;
    gsize nbytes;
    bool safe;
} commands[] = {
    { BYTES("NOOP"), true },
    { BYTES("APPEND x {3}\r\na\nb"), true },
    { BYTES("APPEND x {2}\r\n\r\n (X {1}\r\n\0)"), true },
    { BYTES("APPEND x {0}\r\n"), true },
    { BYTES(""), false },
    { BYTES("NOOP\r\nLOGOUT"), false },
    { BYTES("NOOP\r\n"), false },
    { BYTES("NOOP\n"), false },
    { BYTES("NO\0OP"), false },
    { BYTES("APPEND x {3}\na\nb"), false },
    { BYTES("APPEND x {4}\r\nabc"), false },
    { BYTES("APPEND x {1}\r\nabc\r\nLOGOUT"), false },
    { BYTES("APPEND x {3+}\r\nabc"), false },
    { BYTES("APPEND x {-1}\r\nabc"), false },
    { BYTES("APPEND x {99999999999999999999}\r\nabc"), false },
    { BYTES("APPEND x {3} \r\nabc"), false },
    { BYTES("APPEND x 3}\r\nabc"), false },
};

START_TEST(command_is_one_line_but_for_literals)
{
    g_autoptr(GString) c = g_string_new_len(commands[_i].bytes, (gssize)commands[_i].nbytes);
    ck_assert_int_eq(imap_command_is_safe(c), commands[_i].safe);
}
END_TEST

START_TEST(flags_and_sets_are_written)
{
    static const char *const words[] = { "work", "not valid", "bad\r\nLOGOUT", "todo", NULL };
    g_autoptr(GString) c = imap_command("UID STORE");
    g_autoptr(uid_set) set = uid_set_new();
    uid_set_add_range(set, 3, 5);
    uid_set_add(set, 9);
    imap_add_set(c, set);
    imap_add_text(c, "+FLAGS");
    imap_add_flags(c, FLAG_SEEN | FLAG_RECENT | FLAG_FORWARDED | FLAG_PENDING, words);
    ck_assert_str_eq(c->str, "UID STORE 3:5,9 +FLAGS (\\Seen $Forwarded work todo)");
    g_autoptr(GString) none = imap_command("X");
    imap_add_flags(none, 0, NULL);
    ck_assert_str_eq(none->str, "X ()");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("imap/command");
    TCase *t = tcase_create("command");
    tcase_add_loop_test(t, string_is_atom_quoted_literal_or_refused, 0, G_N_ELEMENTS(strings));
    tcase_add_test(t, string_that_is_sent_reads_back);
    tcase_add_loop_test(t, command_is_one_line_but_for_literals, 0, G_N_ELEMENTS(commands));
    tcase_add_test(t, flags_and_sets_are_written);
    suite_add_tcase(s, t);
    return s;
}
