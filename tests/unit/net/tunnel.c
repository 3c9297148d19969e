/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A command as the connection: its bytes, its complaints, its end. */
#include "base/clock.h"
#include "base/error.h"
#include "net/stream.h"
#include "unit/runner.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static stream *start(const char *command)
{
    const char *phase = NULL;
    g_autoptr(GError) error = NULL;
    stream_settings settings = { .tunnel = command };
    stream *s = stream_open(&settings, NULL, &phase, &error);
    ck_assert_msg(s != NULL, "%s", error != NULL ? error->message : "");
    ck_assert_str_eq(phase, "tunnel");
    ck_assert(stream_is_private(s));
    ck_assert_str_eq(stream_security(s), "tunnel");
    return s;
}

static gint64 soon(void)
{
    return clock_monotonic_ms() + 10000;
}

/* Everything up to the end; the last result in *end. */
static char *read_all(stream *s, gssize *end, GError **error)
{
    GString *all = g_string_new(NULL);
    char bytes[256];
    while ((*end = stream_read(s, bytes, sizeof bytes, soon(), NULL, error)) > 0)
        g_string_append_len(all, bytes, *end);
    return g_string_free(all, FALSE);
}

START_TEST(tunnel_carries_bytes_both_ways)
{
    g_autoptr(stream) s = start("read line; echo \"you said $line\"");
    ck_assert(stream_write(s, "hello\n", 6, soon(), NULL, NULL));
    gssize end;
    g_autofree char *text = read_all(s, &end, NULL);
    ck_assert_str_eq(text, "you said hello\n");
    ck_assert_int_eq(end, 0);
}
END_TEST

/* As "ssh host imapd | tee log" does: what one of them makes of its input is not its neighbour's output. */
START_TEST(input_and_output_are_not_one_file)
{
    enum { NBYTES = 1 << 20 };
    g_autoptr(stream) s = start("dd iflag=nonblock count=0 of=/dev/null 2>/dev/null; head -c 1048576 /dev/zero");
    g_autoptr(GError) error = NULL;
    char bytes[4096];
    gsize total = 0;
    for (gssize n = 1; n > 0; total += (gsize)n) {
        g_usleep(10); /* slower than it, so that it must wait */
        n = stream_read(s, bytes, sizeof bytes, soon(), NULL, &error);
        ck_assert_msg(n >= 0, "%s", error != NULL ? error->message : "");
    }
    ck_assert_uint_eq(total, NBYTES);
}
END_TEST

static const struct {
    const char *command, *error; /* NULL: an end in order */
} ends[] = {
    { "exit 0", NULL },
    { "exit 3", "the tunnel command ended with status 3" },
    { "echo 'no route to host' >&2; exit 255", "the tunnel command ended with status 255: no route to host" },
    { "echo 'half of it' >&2; exit 0", "the tunnel command closed the connection: half of it" },
    { "kill -KILL $$", "the tunnel command was killed by signal 9" },
    { "/nonexistent/program 2>/dev/null", "the tunnel command ended with status 127" },
    { "printf 'caf\\351' >&2; exit 1", "the tunnel command ended with status 1: caf\xef\xbf\xbd" },
};

START_TEST(end_of_a_tunnel_gives_its_reason)
{
    g_autoptr(stream) s = start(ends[_i].command);
    g_autoptr(GError) error = NULL;
    gssize end;
    g_autofree char *text = read_all(s, &end, &error);
    ck_assert_str_eq(text, "");
    ck_assert_int_eq(end, ends[_i].error == NULL ? 0 : -1);
    if (ends[_i].error != NULL) {
        ck_assert_uint_eq(error_kind_of(error), ERROR_NETWORK);
        ck_assert_str_eq(error->message, ends[_i].error);
    }
}
END_TEST

START_TEST(writing_to_an_ended_command_gives_its_reason)
{
    g_autoptr(stream) s = start("exec <&- >&-; echo gone >&2; exit 7");
    g_autoptr(GError) error = NULL;
    char byte;
    (void)stream_read(s, &byte, 1, soon(), NULL, NULL); /* until it has ended */
    ck_assert(!stream_write(s, "x", 1, soon(), NULL, &error));
    ck_assert_msg(strstr(error->message, "status 7: gone") != NULL, "%s", error->message);
}
END_TEST

START_TEST(complaints_do_not_block_and_the_last_are_kept)
{
    g_autoptr(stream) s = start("i=0; while [ $i -lt 20000 ]; do echo \"complaint $i\" >&2; i=$((i+1)); done; echo done; exit 1");
    g_autoptr(GError) error = NULL;
    gssize end;
    g_autofree char *text = read_all(s, &end, &error);
    ck_assert_str_eq(text, "done\n");
    ck_assert_int_eq(end, -1);
    ck_assert(g_str_has_suffix(error->message, "complaint 19999"));
    ck_assert_uint_lt(strlen(error->message), 2200);
}
END_TEST

START_TEST(command_gets_no_other_descriptor)
{
    int leaked = dup(STDERR_FILENO); /* without close-on-exec */
    ck_assert_int_gt(leaked, 2);
    g_autoptr(stream) s = start("for f in 3 4 5 6 7 8 9; do (eval \": >&$f\") 2>/dev/null && echo $f; done; echo end");
    gssize end;
    g_autofree char *text = read_all(s, &end, NULL);
    ck_assert_str_eq(text, "end\n");
    close(leaked);
}
END_TEST

static pid_t first_number(stream *s)
{
    char bytes[32];
    gssize n = stream_read(s, bytes, sizeof bytes - 1, soon(), NULL, NULL);
    ck_assert_int_gt(n, 0);
    bytes[n] = '\0';
    return (pid_t)g_ascii_strtoll(bytes, NULL, 10);
}

/* Gone, or a zombie that waits for somebody else's wait. */
static bool is_over(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid), *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return kill(pid, 0) < 0 && errno == ESRCH;
    const char *state = strrchr(text, ')');
    return state != NULL && state[2] == 'Z';
}

START_TEST(command_has_a_session_of_its_own)
{
    g_autoptr(stream) s = start("echo $$; read line");
    pid_t pid = first_number(s);
    ck_assert_int_eq(getsid(pid), pid);
    ck_assert_int_eq(getpgid(pid), pid);
}
END_TEST

START_TEST(close_ends_and_reaps_the_command)
{
    static const char *const commands[] = {
        "echo $$; read line",                               /* ends by itself */
        "echo $$; exec sleep 1000",                         /* at SIGTERM */
        "trap '' TERM; echo $$; while :; do sleep 1; done", /* at SIGKILL */
    };
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        stream *s = start(commands[i]);
        pid_t pid = first_number(s);
        gint64 before = clock_monotonic_ms();
        stream_close(s);
        ck_assert_int_lt(clock_monotonic_ms() - before, 3000);
        ck_assert(kill(pid, 0) < 0 && errno == ESRCH);
    }
}
END_TEST

START_TEST(close_ends_the_commands_children)
{
    stream *s = start("sleep 1000 & echo $!; wait");
    pid_t grandchild = first_number(s);
    stream_close(s);
    gint64 deadline = soon();
    while (!is_over(grandchild) && clock_monotonic_ms() < deadline)
        g_usleep(1000); /* the signal was sent; when it arrives is the system's */
    ck_assert(is_over(grandchild));
}
END_TEST

static guint ndescriptors(void)
{
    guint n = 0;
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    while (dir != NULL && g_dir_read_name(dir) != NULL)
        n++;
    return n;
}

START_TEST(no_descriptor_stays_open)
{
    char byte;
    stream_close(start("exit 0")); /* what GLib opens once */
    guint before = ndescriptors();
    for (int i = 0; i < 20; i++) {
        g_autoptr(GCancellable) cancel = g_cancellable_new();
        stream *s = start(i % 2 == 0 ? "exit 1" : "exec sleep 1000");
        (void)stream_read(s, &byte, 1, clock_monotonic_ms() + (i % 2 == 0 ? 10000 : 1), cancel, NULL);
        stream_close(s);
    }
    ck_assert_uint_eq(ndescriptors(), before);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("net/tunnel");
    TCase *t = tcase_create("tunnel");
    tcase_set_timeout(t, 30);
    tcase_add_test(t, tunnel_carries_bytes_both_ways);
    tcase_add_test(t, input_and_output_are_not_one_file);
    tcase_add_loop_test(t, end_of_a_tunnel_gives_its_reason, 0, G_N_ELEMENTS(ends));
    tcase_add_test(t, writing_to_an_ended_command_gives_its_reason);
    tcase_add_test(t, complaints_do_not_block_and_the_last_are_kept);
    tcase_add_test(t, command_gets_no_other_descriptor);
    tcase_add_test(t, command_has_a_session_of_its_own);
    tcase_add_test(t, close_ends_and_reaps_the_command);
    tcase_add_test(t, close_ends_the_commands_children);
    tcase_add_test(t, no_descriptor_stays_open);
    suite_add_tcase(s, t);
    return s;
}
