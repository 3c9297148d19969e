/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Server URLs. */
#include "conf/internal.h"
#include "base/error.h"
#include "unit/runner.h"

#include <string.h>

static const struct {
    const char *text, *user, *host;
    int port;
    bool starttls;
} good[] = {
    { "imaps://imap.example.org", NULL, "imap.example.org", 993, false },
    { "imaps://imap.example.org/", NULL, "imap.example.org", 993, false },
    { "IMAPS://ada@imap.example.org:1993", "ada", "imap.example.org", 1993, false },
    { "imaps://ada@example.org@imap.example.org", "ada@example.org", "imap.example.org", 993, false },
    { "imaps://ada%40example.org@imap.example.org", "ada@example.org", "imap.example.org", 993, false },
    { "imaps://a%3Ab%20c@h", "a:b c", "h", 993, false },
    { "imaps://\xc3\xbcmit@h", "ümit", "h", 993, false },
    { "imaps://%C3%BCmit@h", "ümit", "h", 993, false },
    { "imaps://u@[2001:db8::1]:994", "u", "2001:db8::1", 994, false },
    { "imaps://[::1]", NULL, "::1", 993, false },
    { "imaps://127.0.0.1:10993", NULL, "127.0.0.1", 10993, false },
    { "imaps://bücher.example", NULL, "xn--bcher-kva.example", 993, false },
    { "imap://ada@h?starttls=required", "ada", "h", 143, true },
    { "imap://ada@h:1143/?starttls=required", "ada", "h", 1143, true },
};

START_TEST(url_is_taken_apart)
{
    g_autoptr(GError) error = NULL;
    server_url u;
    g_autofree char *exact = g_strdup(good[_i].text);
    ck_assert_msg(server_url_parse(exact, "imap", 993, 143, &u, &error), "%s: %s", exact, error != NULL ? error->message : "");
    ck_assert_pstr_eq(u.user, good[_i].user);
    ck_assert_str_eq(u.host, good[_i].host);
    ck_assert_int_eq(u.port, good[_i].port);
    ck_assert(u.starttls == good[_i].starttls);
    server_url_clear(&u);
}
END_TEST

static const struct {
    const char *text, *says;
} bad[] = {
    { "", "expected imaps://USER@HOST" },
    { "imap.example.org", "expected imaps://USER@HOST" },
    { "https://h", "expected imaps://USER@HOST" },
    { "smtps://h", "expected imaps://USER@HOST" },
    { "imapsx://h", "expected imaps://USER@HOST" },
    { "imaps:/h", "expected imaps://USER@HOST" },
    { "imaps://", "not a host name" },
    { "imaps://ada@", "not a host name" },
    { "imaps://@h", "not a user name" },
    { "imaps://ada:secret@h", "password-command" },
    { "imaps://a%zzb@h", "not a user name" },
    { "imaps://a%00b@h", "not a user name" },
    { "imaps://a%ff@h", "not a user name" },
    { "imaps://h:0", "not a port" },
    { "imaps://h:65536", "not a port" },
    { "imaps://h:", "not a port" },
    { "imaps://h:99x", "not a port" },
    { "imaps://h:-1", "not a port" },
    { "imaps://h h", "not a host name" },
    { "imaps://-h", "not a host name" },
    { "imaps://h..x", "not a host name" },
    { "imaps://h\nx", "not a host name" },
    { "imaps://[::1", "not a host name" },
    { "imaps://[h]", "not a host name" },
    { "imaps://[]", "not a host name" },
    { "imaps://[::1]x", "not known" },
    { "imaps://h/INBOX", "'INBOX' at the end" },
    { "imaps://h?starttls=required", "at the end" },
    { "imap://h", "without encryption" },
    { "imap://h?starttls=optional", "without encryption" },
    { "imap://h/x?starttls=required", "without encryption" },
};

START_TEST(wrong_url_says_what_is_expected)
{
    g_autoptr(GError) error = NULL;
    server_url u;
    g_autofree char *exact = g_strdup(bad[_i].text);
    ck_assert_msg(!server_url_parse(exact, "imap", 993, 143, &u, &error), "%s", exact);
    ck_assert_int_eq(error_kind_of(error), ERROR_INPUT);
    ck_assert_msg(strstr(error->message, bad[_i].says) != NULL, "%s: %s", exact, error->message);
    ck_assert_ptr_null(strstr(error->message, "secret"));
    ck_assert_ptr_null(u.user);
    ck_assert_ptr_null(u.host);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("url");
    TCase *c = tcase_create("url");
    tcase_add_loop_test(c, url_is_taken_apart, 0, G_N_ELEMENTS(good));
    tcase_add_loop_test(c, wrong_url_says_what_is_expected, 0, G_N_ELEMENTS(bad));
    suite_add_tcase(s, c);
    return s;
}
