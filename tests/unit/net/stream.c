/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Waiting, reading and writing over a plain socket pair, and dialling 127.0.0.1. */
#include "base/clock.h"
#include "base/error.h"
#include "net/dial.h"
#include "net/stream.h"
#include "unit/runner.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static stream *open_pair(int *theirs)
{
    int pair[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    *theirs = pair[1];
    return stream_from_socket(pair[0], true);
}

START_TEST(read_gives_bytes_then_a_clean_end)
{
    int fd;
    char bytes[8];
    g_autoptr(stream) s = open_pair(&fd);
    ck_assert_int_eq(write(fd, "abc", 3), 3);
    ck_assert_int_eq(stream_wait(s, 0, NULL, NULL), 1);
    ck_assert_int_eq(stream_read(s, bytes, 2, 0, NULL, NULL), 2);
    ck_assert_int_eq(stream_read(s, bytes, 8, 0, NULL, NULL), 1);
    close(fd);
    ck_assert_int_eq(stream_wait(s, 0, NULL, NULL), 1);
    ck_assert_int_eq(stream_read(s, bytes, 8, 0, NULL, NULL), 0);
    ck_assert_int_eq(stream_read(s, bytes, 8, 0, NULL, NULL), 0);
}
END_TEST

START_TEST(deadline_ends_a_read_and_a_wait)
{
    int fd;
    char byte;
    g_autoptr(stream) s = open_pair(&fd);
    g_autoptr(GError) error = NULL;
    gint64 deadline = clock_monotonic_ms() + 20;
    ck_assert_int_eq(stream_wait(s, deadline, NULL, NULL), 0);
    ck_assert_int_ge(clock_monotonic_ms(), deadline);
    ck_assert_int_eq(stream_read(s, &byte, 1, 1, NULL, &error), -1);
    ck_assert_uint_eq(error_kind_of(error), ERROR_TIMEOUT);
    /* It is no end: what comes later is read. */
    ck_assert_int_eq(write(fd, "x", 1), 1);
    ck_assert_int_eq(stream_read(s, &byte, 1, 1, NULL, NULL), 1);
    close(fd);
}
END_TEST

static gpointer cancel_it(gpointer cancel)
{
    g_cancellable_cancel(cancel);
    return NULL;
}

START_TEST(cancel_wakes_every_call)
{
    for (int call = 0; call < 4; call++)
        for (int before = 0; before < 2; before++) {
            int fd;
            static char bytes[1 << 20];
            g_autoptr(stream) s = open_pair(&fd);
            g_autoptr(GError) error = NULL;
            g_autoptr(GCancellable) cancel = g_cancellable_new();
            if (before)
                g_cancellable_cancel(cancel);
            GThread *thread = g_thread_new("cancel", cancel_it, cancel);
            if (call == 0)
                ck_assert_int_eq(stream_read(s, bytes, 1, 0, cancel, &error), -1);
            else if (call == 1)
                ck_assert_int_eq(stream_wait(s, 0, cancel, &error), -1);
            else if (call == 2)
                ck_assert_int_eq(stream_wait_or(s, 0, -1, cancel, &error), -1);
            else
                ck_assert(!stream_write(s, bytes, sizeof bytes, 0, cancel, &error));
            ck_assert_uint_eq(error_kind_of(error), ERROR_CANCELLED);
            g_thread_join(thread);
            close(fd);
        }
}
END_TEST

START_TEST(cancellable_that_was_reset_works_again)
{
    int fd;
    char byte;
    g_autoptr(stream) s = open_pair(&fd);
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    for (int round = 0; round < 3; round++) {
        ck_assert_int_eq(stream_wait(s, clock_monotonic_ms() + 2, cancel, NULL), 0);
        g_cancellable_cancel(cancel);
        ck_assert_int_eq(stream_read(s, &byte, 1, 0, cancel, NULL), -1);
        g_cancellable_reset(cancel);
    }
    close(fd);
}
END_TEST

START_TEST(wake_descriptor_ends_a_wait)
{
    int fd, wake[2];
    g_autoptr(stream) s = open_pair(&fd);
    ck_assert_int_eq(pipe(wake), 0);
    ck_assert_int_eq(stream_wait_or(s, clock_monotonic_ms() + 2, wake[0], NULL, NULL), 0);
    ck_assert_int_eq(write(wake[1], "x", 1), 1);
    ck_assert_int_eq(stream_wait_or(s, 0, wake[0], NULL, NULL), 2);
    ck_assert_int_eq(write(fd, "x", 1), 1);
    ck_assert_int_eq(stream_wait_or(s, 0, wake[0], NULL, NULL), 2); /* a peer that never pauses must not hide it */
    char byte;
    ck_assert_int_eq(read(wake[0], &byte, 1), 1);
    ck_assert_int_eq(stream_wait_or(s, 0, wake[0], NULL, NULL), 1);
    close(fd);
    close(wake[0]);
    close(wake[1]);
}
END_TEST

enum { MUCH = 4 << 20 };

/* Writes everything before it reads anything. */
static gpointer stubborn(gpointer data)
{
    int fd = GPOINTER_TO_INT(data);
    g_autofree char *bytes = g_malloc0(MUCH);
    gsize sum = 0;
    for (gsize at = 0; at < MUCH;) {
        ssize_t n = write(fd, bytes + at, MUCH - at);
        if (n <= 0)
            return NULL;
        at += (gsize)n;
    }
    for (ssize_t n; sum < MUCH && (n = read(fd, bytes, MUCH)) > 0;)
        sum += (gsize)n;
    return GSIZE_TO_POINTER(sum);
}

START_TEST(two_full_pipes_do_not_lock)
{
    int fd;
    stream *s = open_pair(&fd);
    GThread *thread = g_thread_new("stubborn", stubborn, GINT_TO_POINTER(fd));
    g_autofree char *bytes = g_malloc0(MUCH);
    gint64 deadline = clock_monotonic_ms() + 20000;
    ck_assert(stream_write(s, bytes, MUCH, deadline, NULL, NULL));
    gsize got = 0;
    while (got < MUCH) {
        gssize n = stream_read(s, bytes, MUCH, deadline, NULL, NULL);
        ck_assert_int_gt(n, 0);
        got += (gsize)n;
    }
    ck_assert_uint_eq(GPOINTER_TO_SIZE(g_thread_join(thread)), MUCH);
    stream_close(s);
    close(fd);
}
END_TEST

START_TEST(writing_to_a_dead_peer_is_an_error_and_no_signal)
{
    int fd;
    g_autoptr(stream) s = open_pair(&fd);
    g_autoptr(GError) error = NULL;
    close(fd);
    signal(SIGPIPE, SIG_DFL);
    ck_assert(!stream_write(s, "x", 1, 0, NULL, &error));
    ck_assert_uint_eq(error_kind_of(error), ERROR_NETWORK);
}
END_TEST

START_TEST(peer_that_does_not_read_times_out)
{
    int fd;
    g_autoptr(stream) s = open_pair(&fd);
    g_autoptr(GError) error = NULL;
    g_autofree char *bytes = g_malloc0(MUCH);
    ck_assert(!stream_write(s, bytes, MUCH, clock_monotonic_ms() + 20, NULL, &error));
    ck_assert_uint_eq(error_kind_of(error), ERROR_TIMEOUT);
    close(fd);
}
END_TEST

START_TEST(bytes_are_counted)
{
    int fd;
    char bytes[8];
    guint64 received, sent;
    g_autoptr(stream) s = open_pair(&fd);
    ck_assert_int_eq(write(fd, "abc", 3), 3);
    ck_assert(stream_write(s, "12345", 5, 0, NULL, NULL));
    ck_assert_int_eq(stream_read(s, bytes, 8, 0, NULL, NULL), 3);
    stream_counts(s, &received, &sent);
    ck_assert_uint_eq(received, 3);
    ck_assert_uint_eq(sent, 5);
    close(fd);
}
END_TEST

/* ---- dialling */

/* A port of 127.0.0.1 on which nobody listens. */
static guint16 closed_port(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, n), 0);
    getsockname(fd, (struct sockaddr *)&address, &n);
    close(fd);
    return ntohs(address.sin_port);
}

START_TEST(refused_connection_says_so)
{
    g_autoptr(GError) error = NULL;
    const char *phase = NULL;
    stream_settings settings = { .host = "127.0.0.1", .port = closed_port(), .connect_timeout_ms = 5000 };
    ck_assert_ptr_null(stream_open(&settings, NULL, &phase, &error));
    ck_assert_uint_eq(error_kind_of(error), ERROR_NETWORK);
    ck_assert_str_eq(error->message, "the connection was refused");
    ck_assert_str_eq(phase, "connect");
}
END_TEST

START_TEST(name_that_cannot_be_says_so)
{
    g_autoptr(GError) error = NULL;
    const char *phase = NULL;
    g_autofree char *label = g_strnfill(70, 'x'); /* 63 is the most: no resolver asks for it */
    stream_settings settings = { .host = label, .port = 993, .connect_timeout_ms = 5000 };
    ck_assert_ptr_null(stream_open(&settings, NULL, &phase, &error));
    ck_assert_uint_eq(error_kind_of(error), ERROR_NETWORK);
    ck_assert_msg(g_str_has_prefix(error->message, "the host name "), "%s", error->message);
    ck_assert_str_eq(phase, "resolve");
}
END_TEST

START_TEST(cancelled_dial_says_so)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    stream_settings settings = { .host = "127.0.0.1", .port = closed_port(), .connect_timeout_ms = 5000 };
    g_cancellable_cancel(cancel);
    ck_assert_ptr_null(stream_open(&settings, cancel, NULL, &error));
    ck_assert_uint_eq(error_kind_of(error), ERROR_CANCELLED);
}
END_TEST

/* A line that died without a word must not be waited for without end. */
START_TEST(dialled_connection_notices_a_dead_line)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, n), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    getsockname(listener, (struct sockaddr *)&address, &n);
    int fd = dial_tcp("127.0.0.1", ntohs(address.sin_port), NULL, 5000, NULL, NULL, NULL);
    ck_assert_int_ge(fd, 0);
    int value = 0;
    n = sizeof value;
    ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, &n), 0);
    ck_assert_int_ne(value, 0);
#ifdef TCP_KEEPIDLE
    ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &value, &n), 0);
    ck_assert_int_le(value, 120); /* seconds; the system's own are two hours */
#endif
#ifdef TCP_USER_TIMEOUT
    ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &value, &n), 0);
    ck_assert(value > 0 && value <= 300000);
#endif
    close(fd);
    close(listener);
}
END_TEST

/* A listener whose queue is full answers nothing. */
START_TEST(dial_that_nobody_answers_times_out)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), waiting[8];
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, n), 0);
    ck_assert_int_eq(listen(listener, 0), 0);
    getsockname(listener, (struct sockaddr *)&address, &n);
    for (gsize i = 0; i < G_N_ELEMENTS(waiting); i++) {
        waiting[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(waiting[i], (struct sockaddr *)&address, n);
    }
    g_autoptr(GError) error = NULL;
    const char *phase = NULL;
    stream_settings settings = { .host = "127.0.0.1", .port = ntohs(address.sin_port), .connect_timeout_ms = 80 };
    ck_assert_ptr_null(stream_open(&settings, NULL, &phase, &error));
    ck_assert_uint_eq(error_kind_of(error), ERROR_TIMEOUT);
    ck_assert_str_eq(phase, "connect");
    for (gsize i = 0; i < G_N_ELEMENTS(waiting); i++)
        close(waiting[i]);
    close(listener);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("net/stream");
    TCase *t = tcase_create("stream");
    tcase_set_timeout(t, 30);
    tcase_add_test(t, read_gives_bytes_then_a_clean_end);
    tcase_add_test(t, deadline_ends_a_read_and_a_wait);
    tcase_add_test(t, cancel_wakes_every_call);
    tcase_add_test(t, cancellable_that_was_reset_works_again);
    tcase_add_test(t, wake_descriptor_ends_a_wait);
    tcase_add_test(t, two_full_pipes_do_not_lock);
    tcase_add_test(t, writing_to_a_dead_peer_is_an_error_and_no_signal);
    tcase_add_test(t, peer_that_does_not_read_times_out);
    tcase_add_test(t, bytes_are_counted);
    suite_add_tcase(s, t);
    TCase *d = tcase_create("dial");
    tcase_set_timeout(d, 30);
    tcase_add_test(d, refused_connection_says_so);
    tcase_add_test(d, name_that_cannot_be_says_so);
    tcase_add_test(d, cancelled_dial_says_so);
    tcase_add_test(d, dialled_connection_notices_a_dead_line);
    tcase_add_test(d, dial_that_nobody_answers_times_out);
    suite_add_tcase(s, d);
    return s;
}
