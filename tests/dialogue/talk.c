/* SPDX-License-Identifier: GPL-3.0-or-later */
/* talk FILE SPLIT...: plays a dialogue at each split size and compares what the client made of it.
 * The socket pair keeps packets apart, so that a split is one for sure.  The wire is logged to
 * $TALK_LOG. */
#include "base/log.h"
#include "dialogue/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WATCHDOG_S = 60 };

/* "start: IDLE MOVE": the greeting of a tunnel and its hearing, for all that begins logged in. */
static void start(talk *t, const char *capabilities)
{
    g_ptr_array_add(t->server,
                    g_strdup_printf("S* PREAUTH [CAPABILITY IMAP4rev1 %s] ready", capabilities));
    g_ptr_array_add(t->actions, g_strdup("greet tunnel"));
    g_ptr_array_add(t->expected, g_strdup("greet preauth: ok"));
}

/* What stands behind head in line, NULL when it does not begin so. */
static const char *behind(const char *head, const char *line)
{
    return g_str_has_prefix(line, head) ? line + strlen(head) : NULL;
}

static bool take_server_line(talk *t, const char *line)
{
    static const char *const short_heads[] = { "S: ", "s: ", "w: ", "C: " };
    static const char *const long_heads[] = { "fill: ", "chatter: ", "trickle: ",
                                             "drip: " };
    for (gsize i = 0; i < G_N_ELEMENTS(short_heads); i++)
        if (behind(short_heads[i], line) != NULL) {
            g_ptr_array_add(t->server, g_strdup_printf("%c%s", line[0], line + 3));
            return true;
        }
    bool known = strcmp(line, "close") == 0;
    for (gsize i = 0; i < G_N_ELEMENTS(long_heads); i++)
        known = known || behind(long_heads[i], line) != NULL;
    if (known)
        g_ptr_array_add(t->server, g_strdup(line));
    return known;
}

static bool take_line(talk *t, const char *line)
{
    const char *rest;
    if (line[0] == '\0' || line[0] == '#' || take_server_line(t, line))
        return true;
    if (strcmp(line, "public") == 0)
        t->is_private = false;
    else if (strcmp(line, "flowing") == 0)
        t->flowing = true;
    else if (strcmp(line, "start:") == 0)
        start(t, "");
    else if ((rest = behind("start: ", line)) != NULL)
        start(t, rest);
    else if ((rest = behind("do: ", line)) != NULL)
        g_ptr_array_add(t->actions, g_strdup(rest));
    else if ((rest = behind("expect: ", line)) != NULL)
        g_ptr_array_add(t->expected, g_strdup(rest));
    else
        return false;
    return true;
}

static talk *load(const char *path)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(2);
    }
    talk *t = g_new(talk, 1);
    *t = (talk){ g_ptr_array_new_with_free_func(g_free), g_ptr_array_new_with_free_func(g_free),
                 g_ptr_array_new_with_free_func(g_free), true, false };
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++)
        if (!take_line(t, lines[i])) {
            fprintf(stderr, "%s:%u: not a line of a dialogue: %s\n", path, i + 1, lines[i]);
            exit(2);
        }
    return t;
}

static void release(talk *t)
{
    g_ptr_array_unref(t->server);
    g_ptr_array_unref(t->actions);
    g_ptr_array_unref(t->expected);
    g_free(t);
}

typedef struct stage {
    const talk *talk;
    int fd;
    gsize split;
} stage;

static gpointer server_thread(gpointer data)
{
    const stage *s = data;
    return server_play(s->talk, s->fd, s->split);
}

/* The first line that differs; both endings count. */
static bool same(const GPtrArray *expected, const GPtrArray *log, const char *path, gsize split)
{
    for (guint i = 0; i < MAX(expected->len, log->len); i++) {
        const char *wanted = i < expected->len ? expected->pdata[i] : "(nothing more)";
        const char *got = i < log->len ? log->pdata[i] : "(nothing more)";
        if (strcmp(wanted, got) == 0)
            continue;
        fprintf(stderr, "%s, split %zu:\n  expected: %s\n  happened: %s\n", path, split, wanted,
                got);
        return false;
    }
    return true;
}

static bool play(const talk *t, const char *path, gsize split)
{
    int pair[2];
    if (socketpair(AF_UNIX, t->flowing ? SOCK_STREAM : SOCK_SEQPACKET, 0, pair) < 0)
        abort();
    stage s = { t, pair[0], split };
    GThread *thread = g_thread_new("server", server_thread, &s);
    g_autoptr(GPtrArray) log = g_ptr_array_new_with_free_func(g_free);
    client_play(t, pair[1], log);
    g_autofree char *wrong = g_thread_join(thread);
    bool ok = same(t->expected, log, path, split);
    if (wrong != NULL)
        fprintf(stderr, "%s, split %zu: %s\n", path, split, wrong);
    return ok && wrong == NULL;
}

int main(int argc, char **argv)
{
    bool ok = argc > 2;
    if (!ok)
        fprintf(stderr, "usage: talk FILE SPLIT...\n");
    alarm(WATCHDOG_S);
    const char *log = g_getenv("TALK_LOG");
    if (log != NULL && (!log_open(log, NULL) || !log_set("wire=trace", NULL)))
        return 2;
    talk *t = ok ? load(argv[1]) : NULL;
    for (int i = 2; i < argc; i++)
        ok = play(t, argv[1], (gsize)strtoul(argv[i], NULL, 10)) && ok;
    if (t != NULL)
        release(t);
    return ok ? 0 : 1;
}
