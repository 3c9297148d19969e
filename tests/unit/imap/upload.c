/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Uploads that a dialogue cannot show: large ones, and whose bytes they are. */
#include "base/error.h"
#include "imap/private.h"
#include "unit/runner.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void say(int server, const char *text)
{
    ck_assert_int_eq(write(server, text, strlen(text)), (ssize_t)strlen(text));
}

static imap_connection *connect_to(int *server, const char *capabilities)
{
    int pair[2];
    bool preauth;
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    *server = pair[1];
    imap_connection *c = imap_connection_new(stream_from_socket(pair[0], true), "upload");
    g_autofree char *greeting =
        g_strdup_printf("* PREAUTH [CAPABILITY IMAP4rev1 %s] hello\r\n", capabilities);
    say(*server, greeting);
    ck_assert(imap_greet(c, true, &preauth, NULL));
    return c;
}

/* Everything up to the closing of a write end, as a thread: the pipe is smaller than a message. */
static gpointer take_all(gpointer data)
{
    int fd = GPOINTER_TO_INT(data);
    GString *heard = g_string_new(NULL);
    char bytes[65536];
    for (ssize_t n; (n = read(fd, bytes, sizeof bytes)) > 0;) {
        bool asked = g_str_has_suffix(heard->str, "}\r\n");
        g_string_append_len(heard, bytes, n);
        if (!asked && g_str_has_suffix(heard->str, "}\r\n"))
            say(fd, "+ go on\r\n");
    }
    return heard;
}

/* A message that the server may refuse is announced first, whatever it takes unasked. */
START_TEST(large_message_waits_and_is_not_copied)
{
    int server;
    imap_connection *c = connect_to(&server, "LITERAL+");
    char *text = g_strnfill(300000, 'x');
    GBytes *message = g_bytes_new_take(text, 300000);
    imap_upload upload = { .message = message };
    guint32 tag = imap_send_append(c, "INBOX", &upload, 1, NULL);
    ck_assert_uint_ne(tag, 0);
    const queued_command *q = g_queue_peek_tail(&c->queue);
    ck_assert_uint_lt(q->text->len, 100);
    ck_assert_ptr_eq(g_bytes_get_data(g_array_index(q->inserts, insert, 0).bytes, NULL), text);
    g_bytes_unref(message); /* the connection's own reference holds it */
    GThread *peer = g_thread_new("server", take_all, GINT_TO_POINTER(server));
    ck_assert(imap_flush(c, NULL));
    imap_connection_free(c);
    GString *heard = g_thread_join(peer);
    ck_assert(strstr(heard->str, " APPEND INBOX () {300000}\r\n") != NULL);
    ck_assert_uint_gt(heard->len, 300000);
    g_string_free(heard, TRUE);
    close(server);
}
END_TEST

START_TEST(what_cannot_be_sent_is_refused_and_nothing_is_queued)
{
    int server;
    imap_connection *c = connect_to(&server, "APPENDLIMIT=10 BINARY");
    g_autoptr(GBytes) small = g_bytes_new_static("x", 1), large = g_bytes_new_static("0123456789a", 11);
    g_autoptr(GBytes) empty = g_bytes_new_static("", 0);
    imap_upload uploads[2] = { { .message = small }, { .message = large } };
    imap_upload nothing = { .message = empty };
    g_autoptr(GError) error = NULL, error2 = NULL, error3 = NULL;
    ck_assert_uint_eq(imap_send_append(c, "INBOX", uploads, 2, &error), 0);
    ck_assert_int_eq(error_kind_of(error), ERROR_QUOTA);
    ck_assert_uint_eq(imap_send_append(c, "INBOX", &nothing, 1, &error2), 0);
    ck_assert_int_eq(error_kind_of(error2), ERROR_INPUT);
    ck_assert_uint_eq(imap_send_append(c, "a\r\nb", uploads, 1, &error3), 0);
    ck_assert_int_eq(error_kind_of(error3), ERROR_INPUT);
    ck_assert_uint_eq(g_queue_get_length(&c->queue), 0);
    imap_connection_free(c);
    close(server);
}
END_TEST

START_TEST(nul_goes_as_literal8_where_binary_is_known)
{
    int server;
    char heard[200] = "";
    imap_connection *c = connect_to(&server, "BINARY LITERAL+");
    g_autoptr(GBytes) message = g_bytes_new_static("a\0b", 3);
    static const char *const keywords[] = { "work", "not one", NULL };
    imap_upload upload = { .message = message, .flags = FLAG_SEEN | FLAG_RECENT, .keywords = keywords,
                           .received_s = -1 };
    imap_send_append(c, "x", &upload, 1, NULL);
    ck_assert(imap_flush(c, NULL));
    ssize_t n = read(server, heard, sizeof heard - 1);
    const char *text = strchr(heard, ' ');
    ck_assert_int_gt(n, 0);
    static const char expected[] = " APPEND x (\\Seen work) \"31-Dec-1969 23:59:59 +0000\" ~{3+}\r\na\0b\r\n";
    ck_assert_int_eq(heard + n - text, sizeof expected - 1);
    ck_assert_mem_eq(text, expected, sizeof expected - 1);
    imap_connection_free(c);
    close(server);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("imap/upload");
    TCase *t = tcase_create("upload");
    tcase_add_test(t, large_message_waits_and_is_not_copied);
    tcase_add_test(t, what_cannot_be_sent_is_refused_and_nothing_is_queued);
    tcase_add_test(t, nul_goes_as_literal8_where_binary_is_known);
    suite_add_tcase(s, t);
    return s;
}
