/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A compressed stream against zlib itself on the other end of a socket pair. */
#include "base/clock.h"
#include "base/error.h"
#include "net/stream.h"
#include "unit/runner.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

static const char text[] = "* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n"
                           "* 3 FETCH (UID 3 FLAGS ())\r\nA1 OK done\r\n";

static stream *open_deflated(int *theirs)
{
    int pair[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    *theirs = pair[1];
    stream *s = stream_from_socket(pair[0], true);
    ck_assert(stream_start_deflate(s, NULL));
    return s;
}

/* bytes as a peer compresses them, ended by flush. */
static GBytes *shrink(const void *bytes, gsize nbytes, int flush)
{
    z_stream z = { 0 };
    ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
    gsize nroom = deflateBound(&z, nbytes) + 64;
    guchar *out = g_malloc(nroom);
    z.next_in = (Bytef *)(gsize)bytes;
    z.avail_in = (uInt)nbytes;
    z.next_out = out;
    z.avail_out = (uInt)nroom;
    deflate(&z, flush);
    gsize n = nroom - z.avail_out;
    deflateEnd(&z);
    return g_bytes_new_take(out, n);
}

static void put(int fd, const void *bytes, gsize nbytes)
{
    ck_assert_int_eq(write(fd, bytes, nbytes), (gssize)nbytes);
}

/* Everything that can be read without waiting. */
static void take_all(stream *s, GString *got)
{
    char piece[7];
    while (stream_wait(s, 1, NULL, NULL) == 1) {
        gssize n = stream_read(s, piece, sizeof piece, 1, NULL, NULL);
        if (n <= 0)
            break;
        g_string_append_len(got, piece, n);
    }
}

START_TEST(compressed_bytes_may_be_split_anywhere)
{
    g_autoptr(GBytes) packed = shrink(text, strlen(text), Z_SYNC_FLUSH);
    gsize n;
    const guchar *bytes = g_bytes_get_data(packed, &n);
    for (gsize cut = 0; cut <= n; cut++) {
        int fd;
        g_autoptr(stream) s = open_deflated(&fd);
        g_autoptr(GString) got = g_string_new(NULL);
        put(fd, bytes, cut);
        take_all(s, got);
        put(fd, bytes + cut, n - cut);
        take_all(s, got);
        ck_assert_str_eq(got->str, text);
        close(fd);
    }
}
END_TEST

START_TEST(compressed_bytes_may_come_one_by_one)
{
    int fd;
    g_autoptr(stream) s = open_deflated(&fd);
    g_autoptr(GString) got = g_string_new(NULL);
    g_autoptr(GBytes) packed = shrink(text, strlen(text), Z_SYNC_FLUSH);
    gsize n;
    const guchar *bytes = g_bytes_get_data(packed, &n);
    for (gsize i = 0; i < n; i++) {
        put(fd, bytes + i, 1);
        take_all(s, got);
    }
    ck_assert_str_eq(got->str, text);
    guint64 received;
    stream_counts(s, &received, NULL);
    ck_assert_uint_eq(received, n); /* what it cost on the wire */
    close(fd);
}
END_TEST

START_TEST(each_write_can_be_read_by_the_peer)
{
    int fd;
    g_autoptr(stream) s = open_deflated(&fd);
    z_stream z = { 0 };
    ck_assert_int_eq(inflateInit2(&z, -15), Z_OK);
    static const gsize sizes[] = { 9, 1, 0, 32768, 65536, 300000, 9 };
    g_autofree char *sent = g_malloc(300000), *got = g_malloc(300000);
    for (gsize k = 0; k < G_N_ELEMENTS(sizes); k++) {
        g_autoptr(GRand) rand = g_rand_new_with_seed((guint32)k); /* grows when compressed */
        for (gsize i = 0; i < sizes[k]; i++)
            sent[i] = (char)g_rand_int(rand);
        const int buffer = 1 << 20;
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
        guchar packed[4096];
        gsize at = 0, done = 0;
        z.next_out = (Bytef *)got;
        z.avail_out = 300000;
        while (at < sizes[k]) {
            gsize part = MIN(sizes[k] - at, 60000); /* what a socket pair surely holds */
            ck_assert(stream_write(s, sent + at, part, clock_monotonic_ms() + 5000, NULL, NULL));
            at += part;
            for (gssize n; (n = recv(fd, packed, sizeof packed, MSG_DONTWAIT)) > 0;) {
                z.next_in = packed;
                z.avail_in = (uInt)n;
                inflate(&z, Z_SYNC_FLUSH);
                ck_assert_uint_eq(z.avail_in, 0);
            }
            done = 300000 - z.avail_out;
            ck_assert_uint_eq(done, at);
        }
        ck_assert_mem_eq(got, sent, sizes[k]);
    }
    inflateEnd(&z);
    close(fd);
}
END_TEST

START_TEST(unread_bytes_count_as_compressed)
{
    int pair[2];
    char line[8];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    g_autoptr(stream) s = stream_from_socket(pair[0], true);
    g_autoptr(GBytes) packed = shrink(text, strlen(text), Z_SYNC_FLUSH);
    g_autoptr(GString) all = g_string_new("A0 OK\r\n");
    gsize n;
    const char *bytes = g_bytes_get_data(packed, &n);
    g_string_append_len(all, bytes, (gssize)n);
    put(pair[1], all->str, all->len);
    ck_assert_int_eq(stream_wait(s, 0, NULL, NULL), 1); /* all of it is in the inbox */
    ck_assert_int_eq(stream_read(s, line, 7, 0, NULL, NULL), 7);
    ck_assert(stream_start_deflate(s, NULL));
    g_autoptr(GString) got = g_string_new(NULL);
    take_all(s, got);
    ck_assert_str_eq(got->str, text);
    close(pair[1]);
}
END_TEST

/* Pages that this process occupies; 0 unknown. */
static gsize resident_nbytes(void)
{
    g_autofree char *statm = NULL;
    unsigned long whole = 0, resident = 0;
    if (!g_file_get_contents("/proc/self/statm", &statm, NULL, NULL) ||
        sscanf(statm, "%lu %lu", &whole, &resident) != 2)
        return 0;
    return resident * (gsize)sysconf(_SC_PAGESIZE);
}

enum { BOMB = 256 << 20, ROOM = 8 << 20 };

static gpointer throw_bomb(gpointer data)
{
    g_autofree guchar *nothing = g_malloc0(1 << 20);
    z_stream z = { 0 };
    guchar out[4096];
    deflateInit2(&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
    for (gsize sent = 0; sent < BOMB; sent += 1 << 20) {
        z.next_in = nothing;
        z.avail_in = 1 << 20;
        do {
            z.next_out = out;
            z.avail_out = sizeof out;
            deflate(&z, Z_SYNC_FLUSH);
            if (send(GPOINTER_TO_INT(data), out, sizeof out - z.avail_out, MSG_NOSIGNAL) < 0)
                break;
        } while (z.avail_out == 0);
    }
    deflateEnd(&z);
    return NULL;
}

START_TEST(bomb_waits_compressed)
{
    int fd;
    g_autoptr(stream) s = open_deflated(&fd);
    GThread *thread = g_thread_new("bomb", throw_bomb, GINT_TO_POINTER(fd));
    g_autofree char *bytes = g_malloc(64 << 10);
    ck_assert_int_gt(stream_read(s, bytes, 64 << 10, 0, NULL, NULL), 0);
    gsize before = resident_nbytes(), got = 0, most = 0;
    for (int round = 0; got < BOMB - (64 << 10); round++) {
        ck_assert_int_eq(stream_wait(s, clock_monotonic_ms() + 10000, NULL, NULL), 1);
        gssize n = stream_read(s, bytes, 64 << 10, 0, NULL, NULL);
        ck_assert_int_gt(n, 0);
        got += (gsize)n;
        if (round % 64 == 0)
            most = MAX(most, resident_nbytes());
    }
    ck_assert_uint_lt(most, before + ROOM);
    g_thread_join(thread);
    close(fd);
}
END_TEST

/* As many stored blocks of no bytes as the socket takes. */
START_TEST(blocks_of_nothing_do_not_stretch_a_deadline)
{
    static const guchar empty[] = { 0, 0, 0, 0xff, 0xff };
    guchar many[sizeof empty * 1000];
    int fd;
    char byte;
    stream *s = open_deflated(&fd);
    const int buffer = 4 << 20;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    for (gsize i = 0; i < sizeof many; i++)
        many[i] = empty[i % sizeof empty];
    gsize waiting = 0;
    for (gssize n; (n = send(fd, many, sizeof many, MSG_NOSIGNAL | MSG_DONTWAIT)) > 0;)
        waiting += (gsize)n;
    g_autoptr(GError) error = NULL;
    ck_assert_int_eq(stream_read(s, &byte, 1, clock_monotonic_ms() - 1, NULL, &error), -1);
    ck_assert_uint_eq(error_kind_of(error), ERROR_TIMEOUT);
    guint64 received;
    stream_counts(s, &received, NULL);
    ck_assert_uint_gt(waiting, 300000);
    ck_assert_uint_le(received, 280000); /* then the clock was looked at */
    stream_close(s);
    close(fd);
}
END_TEST

START_TEST(damage_is_an_error_for_good)
{
    int fd;
    char byte;
    g_autoptr(stream) s = open_deflated(&fd);
    put(fd, "\x07 no such block", 15);
    for (int tries = 0; tries < 2; tries++) {
        g_autoptr(GError) error = NULL;
        ck_assert_int_eq(stream_read(s, &byte, 1, 0, NULL, &error), -1);
        ck_assert_uint_eq(error_kind_of(error), ERROR_PROTOCOL);
    }
    ck_assert(!stream_write(s, "x", 1, 0, NULL, NULL));
    close(fd);
}
END_TEST

START_TEST(end_of_the_compressed_stream_is_the_end)
{
    int fd;
    char bytes[sizeof text];
    g_autoptr(stream) s = open_deflated(&fd);
    g_autoptr(GBytes) packed = shrink(text, strlen(text), Z_FINISH);
    gsize n;
    const void *all = g_bytes_get_data(packed, &n);
    put(fd, all, n);
    put(fd, "* 9 EXISTS\r\n", 12);
    ck_assert_int_eq(stream_read(s, bytes, sizeof bytes, 0, NULL, NULL), (gssize)strlen(text));
    ck_assert_int_eq(stream_read(s, bytes, sizeof bytes, 0, NULL, NULL), 0);
    ck_assert_int_eq(stream_read(s, bytes, sizeof bytes, 0, NULL, NULL), 0);
    close(fd);
}
END_TEST

START_TEST(write_that_was_given_up_ends_the_stream)
{
    int fd;
    g_autoptr(stream) s = open_deflated(&fd);
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    g_autofree char *much = g_malloc(4 << 20);
    for (gsize i = 0; i < 4 << 20; i++)
        much[i] = (char)g_rand_int(rand);
    g_autoptr(GError) error = NULL;
    ck_assert(!stream_write(s, much, 4 << 20, clock_monotonic_ms() + 20, NULL, &error));
    ck_assert_uint_eq(error_kind_of(error), ERROR_TIMEOUT);
    ck_assert(!stream_write(s, "A1 NOOP\r\n", 9, 0, NULL, NULL)); /* the peer could not read it */
    close(fd);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("net/deflate");
    TCase *tc = tcase_create("deflate");
    tcase_add_test(tc, compressed_bytes_may_be_split_anywhere);
    tcase_add_test(tc, compressed_bytes_may_come_one_by_one);
    tcase_add_test(tc, each_write_can_be_read_by_the_peer);
    tcase_add_test(tc, unread_bytes_count_as_compressed);
    tcase_add_test(tc, bomb_waits_compressed);
    tcase_add_test(tc, blocks_of_nothing_do_not_stretch_a_deadline);
    tcase_add_test(tc, damage_is_an_error_for_good);
    tcase_add_test(tc, end_of_the_compressed_stream_is_the_end);
    tcase_add_test(tc, write_that_was_given_up_ends_the_stream);
    tcase_set_timeout(tc, 30);
    suite_add_tcase(suite, tc);
    return suite;
}
