/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every row of the table of response codes: a tagged NO with it, as the caller of a command sees it. */
#include "imap/connection.h"
#include "unit/runner.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What RFC 9051 section 7.1, RFC 5530 and the extensions define, and what each is to lead to.  A row
 * that is added to the table must be added here, with what a person is to be told. */
static const struct {
    const char *name;
    error_kind kind;
    imap_hint hint;
    bool told; /* it has a sentence of its own */
} expected[] = {
    { "ALERT", ERROR_REFUSED, HINT_TELL, false },
    { "BADCHARSET", ERROR_REFUSED, HINT_TELL, true },
    { "CAPABILITY", ERROR_REFUSED, HINT_IGNORE, false },
    { "PERMANENTFLAGS", ERROR_REFUSED, HINT_IGNORE, false },
    { "READ-ONLY", ERROR_REFUSED, HINT_PARK, true },
    { "READ-WRITE", ERROR_REFUSED, HINT_IGNORE, false },
    { "TRYCREATE", ERROR_REFUSED, HINT_RECREATE, true },
    { "UIDNEXT", ERROR_REFUSED, HINT_IGNORE, false },
    { "UIDVALIDITY", ERROR_REFUSED, HINT_RESYNC, false },
    { "UNSEEN", ERROR_REFUSED, HINT_IGNORE, false },
    { "PARSE", ERROR_REFUSED, HINT_TELL, true },
    { "APPENDUID", ERROR_REFUSED, HINT_IGNORE, false },
    { "COPYUID", ERROR_REFUSED, HINT_IGNORE, false },
    { "UIDNOTSTICKY", ERROR_REFUSED, HINT_IGNORE, false },
    { "CLOSED", ERROR_REFUSED, HINT_IGNORE, false },
    { "HASCHILDREN", ERROR_REFUSED, HINT_TELL, true },
    { "NOTSAVED", ERROR_REFUSED, HINT_RESYNC, true },
    { "UNKNOWN-CTE", ERROR_REFUSED, HINT_TELL, true },
    { "UNAVAILABLE", ERROR_REFUSED, HINT_RETRY_LATER, true },
    { "AUTHENTICATIONFAILED", ERROR_AUTH, HINT_RELOGIN, true },
    { "AUTHORIZATIONFAILED", ERROR_AUTH, HINT_RELOGIN, true },
    { "EXPIRED", ERROR_AUTH, HINT_RELOGIN, true },
    { "PRIVACYREQUIRED", ERROR_TLS, HINT_PARK, true },
    { "CONTACTADMIN", ERROR_REFUSED, HINT_PARK, true },
    { "NOPERM", ERROR_REFUSED, HINT_PARK, true },
    { "INUSE", ERROR_REFUSED, HINT_RETRY_LATER, true },
    { "EXPUNGEISSUED", ERROR_REFUSED, HINT_RESYNC, true },
    { "CORRUPTION", ERROR_REFUSED, HINT_PARK, true },
    { "SERVERBUG", ERROR_REFUSED, HINT_RETRY_LATER, true },
    { "CLIENTBUG", ERROR_REFUSED, HINT_TELL, true },
    { "CANNOT", ERROR_REFUSED, HINT_TELL, true },
    { "LIMIT", ERROR_REFUSED, HINT_RETRY_LATER, true },
    { "OVERQUOTA", ERROR_QUOTA, HINT_PARK, true },
    { "ALREADYEXISTS", ERROR_REFUSED, HINT_RESYNC, true },
    { "NONEXISTENT", ERROR_REFUSED, HINT_RECREATE, true },
    { "HIGHESTMODSEQ", ERROR_REFUSED, HINT_IGNORE, false },
    { "NOMODSEQ", ERROR_REFUSED, HINT_IGNORE, false },
    { "MODIFIED", ERROR_REFUSED, HINT_RESYNC, true },
    { "NOTIFICATIONOVERFLOW", ERROR_REFUSED, HINT_RESYNC, true },
    { "BADEVENT", ERROR_REFUSED, HINT_TELL, true },
    { "USEATTR", ERROR_REFUSED, HINT_TELL, true },
    { "COMPRESSIONACTIVE", ERROR_REFUSED, HINT_IGNORE, false },
    { "MAILBOXID", ERROR_REFUSED, HINT_IGNORE, false },
    { "INPROGRESS", ERROR_REFUSED, HINT_IGNORE, false },
    { "UIDREQUIRED", ERROR_REFUSED, HINT_TELL, true },
    { "MESSAGELIMIT", ERROR_REFUSED, HINT_RESYNC, true },
    { "TOOBIG", ERROR_QUOTA, HINT_PARK, true },
    { "BADURL", ERROR_REFUSED, HINT_TELL, true },
    { "URLMECH", ERROR_REFUSED, HINT_IGNORE, false },
    { "METADATA", ERROR_REFUSED, HINT_TELL, true },
    { "NOUPDATE", ERROR_REFUSED, HINT_TELL, true },
    { "REFERRAL", ERROR_REFUSED, HINT_PARK, true },
    { "UNDEFINED-FILTER", ERROR_REFUSED, HINT_TELL, true },
    { "ANNOTATE", ERROR_REFUSED, HINT_TELL, true },
    { "BADCOMPARATOR", ERROR_REFUSED, HINT_TELL, true },
    { "THROTTLED", ERROR_REFUSED, HINT_RETRY_LATER, true },
    { "WEBALERT", ERROR_AUTH, HINT_RELOGIN, true },
    { "X-NEVER-SEEN", ERROR_REFUSED, HINT_TELL, false },
};

static void say(int server, const char *text)
{
    ck_assert_int_eq(write(server, text, strlen(text)), (ssize_t)strlen(text));
}

static imap_connection *connect_to(int *server)
{
    int pair[2];
    bool preauth;
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    *server = pair[1];
    imap_connection *c = imap_connection_new(stream_from_socket(pair[0], true), "codes");
    say(*server, "* PREAUTH [CAPABILITY IMAP4rev1] hello\r\n");
    ck_assert(imap_greet(c, true, &preauth, NULL));
    return c;
}

/* Sends a command that the server answers with `answer`; gives its error. */
static GError *answered(imap_connection *c, int server, const char *answer, imap_code *code)
{
    char heard[256] = "";
    GError *error = NULL;
    guint32 tag = imap_send_text(c, "NOOP");
    ck_assert(imap_flush(c, NULL) && read(server, heard, sizeof heard - 1) > 0);
    g_autofree char *line = g_strdup_printf("a%u %s\r\n", tag, answer);
    say(server, line);
    ck_assert(!imap_wait(c, tag, code, &error));
    return error;
}

START_TEST(every_code_has_its_kind_hint_and_words)
{
    int server;
    imap_code code;
    imap_connection *c = connect_to(&server);
    g_autofree char *answer = g_strdup_printf("NO [%s] the server's words", expected[_i].name);
    g_autoptr(GError) error = answered(c, server, answer, &code);
    const imap_code_info *info = imap_code_lookup(code);
    ck_assert_int_eq(error_kind_of(error), expected[_i].kind);
    ck_assert_int_eq(info->hint, expected[_i].hint);
    ck_assert_int_eq(imap_is_refusal(error), error_kind_of(error) != ERROR_AUTH && error_kind_of(error) != ERROR_TLS);
    ck_assert_int_eq(info->sentence != NULL, expected[_i].told);
    ck_assert(g_str_has_suffix(error->message, "the server's words"));
    ck_assert_int_eq(strcmp(error->message, "the server's words") != 0, expected[_i].told);
    g_autofree char *silent = g_strdup_printf("NO [%s]", expected[_i].name);
    g_autoptr(GError) error2 = answered(c, server, silent, NULL);
    ck_assert_str_ne(error2->message, "");
    ck_assert(!g_str_has_suffix(error2->message, ": "));
    g_autofree char *bad = g_strdup_printf("BAD [%s] x", expected[_i].name);
    g_autoptr(GError) error3 = answered(c, server, bad, NULL);
    ck_assert_int_eq(error_kind_of(error3), ERROR_PROTOCOL);
    ck_assert(!imap_is_refusal(error3) && !imap_is_refusal(NULL));
    imap_connection_free(c);
    close(server);
}
END_TEST

START_TEST(table_has_no_row_that_is_not_expected)
{
    for (imap_code code = CODE_NONE + 1; code < CODE_OTHER; code++) {
        const imap_code_info *info = imap_code_lookup(code);
        guint found = 0;
        ck_assert_int_eq(info->code, code);
        ck_assert_int_eq(imap_code_from_name(info->name, strlen(info->name)), code);
        for (gsize i = 0; i < G_N_ELEMENTS(expected); i++)
            found += strcmp(expected[i].name, info->name) == 0;
        ck_assert_msg(found == 1, "%s", info->name);
    }
    ck_assert_int_eq(imap_code_lookup((imap_code)9999)->code, CODE_OTHER);
    ck_assert_int_eq(imap_code_from_name("alert", 5), CODE_ALERT);
    ck_assert_int_eq(imap_code_from_name("ALERT", 4), CODE_OTHER);
    ck_assert_int_eq(imap_code_from_name("ALERT\0XX", 8), CODE_OTHER);
    ck_assert_int_eq(imap_code_from_name("", 0), CODE_OTHER);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("imap/codes");
    TCase *t = tcase_create("codes");
    tcase_add_loop_test(t, every_code_has_its_kind_hint_and_words, 0, G_N_ELEMENTS(expected));
    tcase_add_test(t, table_has_no_row_that_is_not_expected);
    suite_add_tcase(s, t);
    return s;
}
