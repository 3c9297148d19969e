/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two pipes, one poll, one waitpid. */
#include "mtm/command-output.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    REAP_US = 2000,
    POLITE_MS = 2000, /* between SIGTERM and SIGKILL */
};

typedef struct running {
    GPid pid;
    int out, err; /* -1: closed */
    command_output *result;
} running;

static void take_out(command_output *o, const char *bytes, gsize n)
{
    n = MIN(n, COMMAND_OUTPUT_MAX - o->out_nbytes);
    memcpy(o->out + o->out_nbytes, bytes, n);
    o->out_nbytes += n;
}

/* One read of a pipe that poll has named; closes it at its end. */
static void read_some(int *fd, running *r)
{
    char bytes[4096];
    ssize_t n = read(*fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        close(*fd);
        *fd = -1;
        return;
    }
    if (fd == &r->out)
        take_out(r->result, bytes, (gsize)n);
    else if (r->result->err->len < COMMAND_OUTPUT_MAX)
        g_string_append_len(r->result->err, bytes, n);
    secret_wipe(bytes, (gsize)n);
}

/* Until both pipes are at their ends.  False: cancelled. */
static bool read_all(running *r, GCancellable *cancel)
{
    GPollFD cancelled = { .fd = -1 };
    bool pollable = cancel != NULL && g_cancellable_make_pollfd(cancel, &cancelled);
    while ((r->out >= 0 || r->err >= 0) && !g_cancellable_is_cancelled(cancel)) {
        struct pollfd fds[] = { { .fd = r->out, .events = POLLIN }, { .fd = r->err, .events = POLLIN },
                                { .fd = cancelled.fd, .events = POLLIN } };
        if (poll(fds, G_N_ELEMENTS(fds), -1) <= 0)
            continue; /* a signal */
        if (fds[0].revents != 0)
            read_some(&r->out, r);
        if (fds[1].revents != 0)
            read_some(&r->err, r);
    }
    if (pollable)
        g_cancellable_release_fd(cancel);
    return !g_cancellable_is_cancelled(cancel);
}

static bool has_ended(running *r)
{
    pid_t pid = waitpid(r->pid, &r->result->status, WNOHANG);
    return pid == r->pid || (pid < 0 && errno != EINTR);
}

/* It has closed its output; most are gone by now. */
static bool reap(running *r, GCancellable *cancel)
{
    while (!has_ended(r)) {
        if (g_cancellable_is_cancelled(cancel))
            return false;
        g_usleep(REAP_US);
    }
    return true;
}

static void end(running *r, bool session)
{
    pid_t whom = session ? -r->pid : r->pid;
    gint64 until = clock_monotonic_ms() + POLITE_MS;
    kill(whom, SIGTERM);
    while (!has_ended(r)) {
        if (clock_monotonic_ms() >= until)
            kill(whom, SIGKILL);
        g_usleep(REAP_US);
    }
}

bool command_output_read(const command_run *run, GCancellable *cancel, command_output *result, GError **error)
{
    *result = (command_output){ .out = g_malloc(COMMAND_OUTPUT_MAX), .err = g_string_new(NULL) };
    running r = { .out = -1, .err = -1, .result = result };
    char *argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)(gpointer)(gsize)run->command, NULL };
    g_autoptr(GError) cause = NULL;
    if (!g_spawn_async_with_pipes(NULL, argv, run->environment, run->flags | G_SPAWN_DO_NOT_REAP_CHILD, run->setup, NULL,
                                  &r.pid, NULL, &r.out, run->collect_errors ? &r.err : NULL, &cause)) {
        error_set(error, ERROR_AUTH, "%s", cause->message);
        return false;
    }
    bool ended = read_all(&r, cancel) && reap(&r, cancel);
    if (!ended)
        end(&r, run->session);
    for (int *fd = (int[]){ r.out, r.err, -2 }; *fd != -2; fd++)
        if (*fd >= 0)
            close(*fd);
    g_spawn_close_pid(r.pid);
    if (!ended)
        error_set(error, ERROR_CANCELLED, "the command was ended");
    return ended;
}

void command_output_clear(command_output *result)
{
    if (result->out != NULL)
        secret_wipe(result->out, result->out_nbytes);
    g_clear_pointer(&result->out, g_free);
    if (result->err != NULL)
        g_string_free(result->err, TRUE);
    result->err = NULL;
}
