/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Problems to sentences: each names the place and the cause, says what to do, and lets no foreign byte
 * reach a terminal as it is. */
#include "action/face.h"
#include "base/error.h"
#include "unit/runner.h"

#include <string.h>

typedef struct sample {
    int kind;
    const char *step, *detail;
    const char *says;   /* what was wrong, in the sentence */
    const char *advice; /* what to do, in the sentence */
} sample;

static const sample problems[] = {
    { ERROR_AUTH, "login", "[AUTHENTICATIONFAILED] Authentication failed.", "imap.example.org:993 refused the login",
      "the password" },
    { ERROR_REFUSED, "login", "LOGIN disabled for you", "refused the login: LOGIN disabled for you.", "the password" },
    { ERROR_TLS, "tls", "the certificate is self-signed, by CN = x: nobody else vouches for it", "is not trusted",
      "ca-file" },
    { ERROR_TLS, "tls", "the certificate comes from an authority that is not trusted here: CN = Own", "not trusted",
      "ca-file" },
    { ERROR_TLS, "tls", "the certificate is not for imap.example.org but for mail.example.net",
      "but for mail.example.net", "tls-name" },
    { ERROR_TLS, "tls", "the certificate expired on 2020-01-01 00:00 UTC (CN = x)", "expired on 2020", "clock" },
    { ERROR_TLS, "tls", "the certificate is valid only from 2090-01-01 on (x)", "2090", "clock" },
    { ERROR_TLS, "tls", "the server does not speak TLS on this port", "no safe connection", "993" },
    { ERROR_TLS, "login", "the connection is not private", "no password was sent", "imaps://" },
    { ERROR_TLS, "tls", "no certificate could be read from ca-file /x: No such file", "cannot check", "PEM" },
    { ERROR_NETWORK, "connect", "the connection was refused", "cannot connect to imap.example.org:993",
      "Is the port right" },
    { ERROR_NETWORK, "connect", "the network is unreachable", "cannot connect to imap.example.org:993",
      "Check the network" },
    { ERROR_TIMEOUT, "connect", "no answer in time", "cannot connect to imap.example.org:993: no answer in time",
      "firewall" },
    { ERROR_TIMEOUT, "greeting", "no answer in time", "imap.example.org:993", "firewall" },
    { ERROR_TIMEOUT, "session", "no answer in time", "fell silent", "the next sync" },
    { ERROR_NETWORK, "resolve", "the host name was not found", "cannot find imap.example.org:", "spelling" },
    { ERROR_NETWORK, "greeting", "the server closed the connection", "imap.example.org:993", "993" },
    { ERROR_NETWORK, "session", "the server closed the connection", "broke", "Nothing is lost" },
    { ERROR_NETWORK, "tunnel", "sh: 1: nosuch: not found", "the tunnel failed: sh: 1: nosuch: not found", "correct it" },
    { ERROR_AUTH, "password", "the command failed: pass: no such entry", "pass: no such entry", "password-command" },
    { ERROR_AUTH, "password", "no password was given", "no password was given", "password-command" },
    { ERROR_REFUSED, "select", "Mailbox doesn't exist: Old", "Mailbox doesn't exist: Old", "folder list" },
    { ERROR_REFUSED, "fetch", "the message is gone", "the message is gone", "sync" },
    { ERROR_REFUSED, "move", "INBOX: You may not write here", "refused a change: INBOX: You may not write here", "journal" },
    { ERROR_BUSY, "connect", "connected already", "nothing to do", "connected already" },
    { ERROR_DISK, "export", "/x/y.mbox: Permission denied", "/x/y.mbox: Permission denied", "file" },
    { ERROR_REFUSED, "get", "the message is too large", "the message is too large", "not everything" },
    { ERROR_BUSY, "store", "process 4711 has it", "another cursus", "leave it first" },
    { ERROR_INPUT, "store", "mail.db was written by a newer version", "newer version", "cannot be used" },
    { ERROR_DISK, "store", "/x/mail.db is damaged: malformed", "is damaged", "store check" },
    { ERROR_DISK, "store", "/x/mail.db: database or disk is full", "the disk is full", "Make room" },
    { ERROR_DISK, "store", "/x/mail.db: unable to open database file", "unable to open", "directory" },
    { ERROR_QUOTA, "store", "Quota exceeded", "Quota exceeded", "Delete mail" },
    { ERROR_PROTOCOL, "greeting", "HTTP/1.1 400 Bad Request", "HTTP/1.1 400", "Check the port" },
    { ERROR_INTERNAL, "x", "impossible", "impossible", "report" },
};

START_TEST(each_problem_says_what_where_why_and_what_to_do)
{
    const sample *t = &problems[_i];
    mtm_problem p = { .kind = t->kind, .account = (char *)"work", .host = (char *)"imap.example.org", .port = 993,
                      .step = (char *)t->step, .detail = (char *)t->detail };
    g_autofree char *sentence = action_sentence(&p);
    ck_assert_msg(g_str_has_prefix(sentence, "work: "), "%s", sentence);
    ck_assert_msg(strstr(sentence, t->says) != NULL, "'%s' is not in: %s", t->says, sentence);
    ck_assert_msg(strstr(sentence, t->advice) != NULL, "'%s' is not in: %s", t->advice, sentence);
    ck_assert_msg(strpbrk(sentence, "{}\n") == NULL, "%s", sentence);
}
END_TEST

START_TEST(foreign_words_are_made_harmless)
{
    mtm_problem p = { .kind = ERROR_AUTH, .account = (char *)"a\x1b[2J", .host = (char *)"h\xe2\x80\xaex", .port = 1,
                      .step = (char *)"login", .detail = (char *)"no\r\n\x1b]0;owned\x07 {host} \xc2\x9b" "31m" };
    g_autofree char *sentence = action_sentence(&p);
    for (const char *c = sentence; *c != '\0'; c++)
        ck_assert_msg((unsigned char)*c >= 0x20 && *c != 0x7f, "%s", sentence);
    ck_assert_ptr_null(strstr(sentence, "\xc2\x9b"));
    ck_assert_ptr_null(strstr(sentence, "\xe2\x80\xae"));
    ck_assert_msg(strstr(sentence, "{host}") != NULL, "a placeholder in foreign words is no placeholder: %s", sentence);
}
END_TEST

START_TEST(long_words_are_cut_at_a_character)
{
    g_autoptr(GString) detail = g_string_new("x");
    for (int i = 0; i < 5000; i++)
        g_string_append(detail, "\xc3\xa9");
    mtm_problem p = { .kind = ERROR_REFUSED, .detail = detail->str };
    g_autofree char *sentence = action_sentence(&p);
    ck_assert(g_utf8_validate(sentence, -1, NULL));
    ck_assert_uint_lt(strlen(sentence), 700);
}
END_TEST

START_TEST(without_a_host_the_tunnel_failed)
{
    mtm_problem p = { .kind = ERROR_NETWORK, .account = (char *)"work", .step = (char *)"greeting",
                      .detail = (char *)"the tunnel command ended with status 3" };
    g_autofree char *sentence = action_sentence(&p);
    ck_assert_msg(strstr(sentence, "work: the tunnel failed: ") != NULL, "%s", sentence);
    p.kind = ERROR_PROTOCOL; /* it works, but talks nonsense */
    g_autofree char *other = action_sentence(&p);
    ck_assert_msg(strstr(other, "tunnel failed") == NULL, "%s", other);
}
END_TEST

START_TEST(what_is_unknown_is_left_out)
{
    mtm_problem p = { .kind = ERROR_NETWORK };
    g_autofree char *sentence = action_sentence(&p);
    ck_assert_ptr_null(strstr(sentence, "(null)"));
    ck_assert_ptr_nonnull(strstr(sentence, "the server"));
}
END_TEST

START_TEST(errors_of_ours_keep_their_words)
{
    g_autoptr(GError) input = NULL, busy = NULL, foreign = NULL;
    error_set(&input, ERROR_INPUT, "there is no folder 'x'");
    g_autofree char *a = action_sentence_error(input);
    ck_assert_str_eq(a, "there is no folder 'x'");
    error_set(&busy, ERROR_BUSY, "process 12");
    g_autofree char *b = action_sentence_error(busy);
    ck_assert_ptr_nonnull(strstr(b, "another cursus"));
    g_file_get_contents("/does/not/exist", &(char *){ NULL }, NULL, &foreign);
    g_autofree char *c = action_sentence_error(foreign);
    ck_assert_ptr_nonnull(strstr(c, "/does/not/exist"));
    ck_assert_ptr_null(strstr(c, "mistake inside"));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("action/sentence");
    TCase *tc = tcase_create("sentence");
    tcase_add_loop_test(tc, each_problem_says_what_where_why_and_what_to_do, 0, G_N_ELEMENTS(problems));
    tcase_add_test(tc, foreign_words_are_made_harmless);
    tcase_add_test(tc, long_words_are_cut_at_a_character);
    tcase_add_test(tc, without_a_host_the_tunnel_failed);
    tcase_add_test(tc, what_is_unknown_is_left_out);
    tcase_add_test(tc, errors_of_ours_keep_their_words);
    suite_add_tcase(suite, tc);
    return suite;
}
