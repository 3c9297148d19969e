/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Starting, hearing and ending a tunnel command.  Socket pairs, not pipes: they can be written with
 * MSG_NOSIGNAL, so that a command that died is an error and not a SIGPIPE.  Input and output are
 * not one socket: in "ssh host imapd | tee log" ssh makes its input non-blocking, and tee would
 * write to the same. */
#include "net/tunnel.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    COMPLAINT_MAX = 2048, /* bytes kept of standard error, the last ones */
    LISTEN_ROUNDS = 64,   /* reads at once: one that never stops complaining must not keep us */
    VERDICT_MS = 500,     /* a command that closed its output ends about now */
    POLITE_MS = 300,      /* between SIGTERM and SIGKILL */
};

struct tunnel {
    GPid pid;
    bool reaped;
    int status;        /* as of waitpid, when reaped */
    int error_fd;      /* our end of its standard error, -1 at the end */
    GString *complaint;
};

static void in_child(gpointer data)
{
    sigset_t none;
    sigemptyset(&none); /* threads here block signals; the command should not inherit that */
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
}

static bool spawn(tunnel *t, const char *command, const int fds[3], GError **error)
{
    const char *argv[] = { "/bin/sh", "-c", command, NULL };
    g_autoptr(GError) cause = NULL;
    if (g_spawn_async_with_fds(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, in_child, NULL,
                               &t->pid, fds[0], fds[1], fds[2], &cause))
        return true;
    error_set(error, ERROR_NETWORK, _("the tunnel command could not be started: %s"),
              cause->message);
    return false;
}

/* A pipe for complaints: scripts write to /dev/stderr, which does not open a socket. */
static bool open_pair(bool complaints, int pair[2], GError **error)
{
    int result = complaints ? pipe(pair) : socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    if (result < 0) {
        error_set(error, ERROR_NETWORK, "%s", g_strerror(errno));
        return false;
    }
    (void)fcntl(pair[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(pair[1], F_SETFD, FD_CLOEXEC);
    (void)fcntl(pair[0], F_SETFL, O_NONBLOCK); /* ours only: the command expects a blocking one */
    return true;
}

/* Our ends and the command's, for its standard input, output and error. */
static bool open_pairs(int ours[3], int theirs[3], GError **error)
{
    for (int i = 0; i < 3; i++) {
        int pair[2];
        if (!open_pair(i == STDERR_FILENO, pair, error)) {
            while (i-- > 0) {
                close(ours[i]);
                close(theirs[i]);
            }
            return false;
        }
        ours[i] = pair[0];
        theirs[i] = pair[1];
    }
    return true;
}

tunnel *tunnel_start(const char *command, int *in_fd, int *out_fd, GError **error)
{
    int ours[3], theirs[3];
    if (!open_pairs(ours, theirs, error))
        return NULL;
    tunnel *t = g_new0(tunnel, 1);
    bool ok = spawn(t, command, theirs, error);
    for (int i = 0; i < 3; i++) {
        close(theirs[i]);
        if (!ok)
            close(ours[i]);
    }
    if (!ok) {
        g_free(t);
        return NULL;
    }
    t->error_fd = ours[2];
    t->complaint = g_string_new(NULL);
    *out_fd = ours[0];
    *in_fd = ours[1];
    return t;
}

int tunnel_error_fd(const tunnel *t)
{
    return t->error_fd;
}

void tunnel_listen(tunnel *t)
{
    char bytes[1024];
    for (int round = 0; t->error_fd >= 0 && round < LISTEN_ROUNDS; round++) {
        ssize_t n = read(t->error_fd, bytes, sizeof bytes);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0) {
            close(t->error_fd);
            t->error_fd = -1;
            return;
        }
        g_string_append_len(t->complaint, bytes, n);
        if (t->complaint->len > COMPLAINT_MAX)
            g_string_erase(t->complaint, 0, (gssize)(t->complaint->len - COMPLAINT_MAX));
    }
}

/* Reap it if it ends within ms. */
static bool ended_within(tunnel *t, int ms)
{
    gint64 until = clock_monotonic_ms() + ms;
    while (!t->reaped) {
        pid_t pid = waitpid(t->pid, &t->status, WNOHANG);
        if (pid == t->pid || (pid < 0 && errno != EINTR))
            t->reaped = true;
        else if (clock_monotonic_ms() >= until)
            return false;
        else
            g_usleep(2000);
    }
    return true;
}

char *tunnel_verdict(tunnel *t)
{
    bool ended = ended_within(t, VERDICT_MS);
    tunnel_listen(t);
    g_autofree char *words = g_utf8_make_valid(t->complaint->str, (gssize)t->complaint->len);
    g_strstrip(words);
    g_autofree char *fate = NULL;
    if (ended && WIFEXITED(t->status) && WEXITSTATUS(t->status) != 0)
        fate =
            g_strdup_printf(_("the tunnel command ended with status %d"), WEXITSTATUS(t->status));
    else if (ended && WIFSIGNALED(t->status))
        fate =
            g_strdup_printf(_("the tunnel command was killed by signal %d"), WTERMSIG(t->status));
    else if (words[0] != '\0')
        fate = g_strdup(_("the tunnel command closed the connection"));
    if (fate == NULL || words[0] == '\0')
        return g_steal_pointer(&fate);
    return g_strdup_printf("%s: %s", fate, words);
}

void tunnel_free(tunnel *t)
{
    if (t == NULL)
        return;
    if (!t->reaped && !ended_within(t, 0)) {
        kill(-t->pid, SIGTERM);
        if (!ended_within(t, POLITE_MS)) {
            kill(-t->pid, SIGKILL);
            ended_within(t, 10000);
        }
    }
    if (t->error_fd >= 0)
        close(t->error_fd);
    g_spawn_close_pid(t->pid);
    g_string_free(t->complaint, TRUE);
    g_free(t);
}
