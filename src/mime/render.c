/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One cursus-render for the whole program, started when first needed.  It forks a child a request,
 * so a hostile page spoils nothing for the next one; a server that answers nonsense, late or not at
 * all is killed with its children and started anew. */
#include "mime/render.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/log.h"
#include "mime/render-answer.h"
#include "text/render_protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The pipe to the program and its process group, which its children share.  One talk at a time. */
static GMutex lock;
static pid_t server;
static int server_fd = -1;

char *mime_render_path(void)
{
    const char *chosen = g_getenv("CURSUS_RENDER");
    if (chosen && *chosen)
        return g_strdup(chosen);
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    if (self) {
        g_autofree char *dir = g_path_get_dirname(self);
        g_autofree char *beside = g_build_filename(dir, "cursus-render", NULL);
        if (g_file_test(beside, G_FILE_TEST_IS_EXECUTABLE))
            return g_steal_pointer(&beside);
    }
    return g_build_filename(LIBEXECDIR, "cursus-render", NULL);
}

static void stop_server(void)
{
    if (server_fd >= 0)
        close(server_fd);
    server_fd = -1;
    if (server > 0) {
        kill(-server, SIGKILL);
        while (waitpid(server, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    server = 0;
}

/* A group of its own, so that the children go with it; signals as a new program expects them. */
static int spawn(const char *path, int fd, pid_t *pid)
{
    extern char **environ;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, standard;
    char *argv[] = { (char *)"cursus-render", NULL };
    sigemptyset(&none);
    sigemptyset(&standard);
    sigaddset(&standard, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &standard);
    int status = posix_spawn(pid, path, &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return status;
}

static bool start_server(GError **error)
{
    if (server > 0)
        return true;
    int pair[2];
    g_autofree char *path = mime_render_path();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        error_set(error, ERROR_INTERNAL, "no socket for cursus-render: %s", g_strerror(errno));
        return false;
    }
    int status = spawn(path, pair[1], &server);
    close(pair[1]);
    if (status != 0) {
        close(pair[0]);
        server = 0;
        error_set(error, ERROR_INTERNAL, "%s cannot be started: %s", path, g_strerror(status));
        return false;
    }
    server_fd = pair[0];
    log_debug(LOG_MIME, "started %s, process %d", path, (int)server);
    return true;
}

static bool wait_for(short events, gint64 deadline_ms, GError **error)
{
    struct pollfd p = { .fd = server_fd, .events = events };
    for (;;) {
        gint64 left_ms = deadline_ms - clock_monotonic_ms();
        int n = left_ms > 0 ? poll(&p, 1, (int)MIN(left_ms, G_MAXINT)) : 0;
        if (n > 0)
            return true;
        if (n == 0) {
            error_set(error, ERROR_TIMEOUT, "cursus-render took too long");
            return false;
        }
        if (errno != EINTR) {
            error_set(error, ERROR_INTERNAL, "cursus-render: %s", g_strerror(errno));
            return false;
        }
    }
}

static bool write_all(const void *bytes, gsize nbytes, gint64 deadline_ms, GError **error)
{
    const char *p = bytes;
    while (nbytes > 0) {
        ssize_t n = send(server_fd, p, nbytes, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0) {
            p += n;
            nbytes -= (gsize)n;
        } else if (errno == EAGAIN) {
            if (!wait_for(POLLOUT, deadline_ms, error))
                return false;
        } else if (errno != EINTR) {
            error_set(error, ERROR_INTERNAL, "cursus-render does not listen: %s",
                      g_strerror(errno));
            return false;
        }
    }
    return true;
}

static bool read_all(void *bytes, gsize nbytes, gint64 deadline_ms, GError **error)
{
    char *p = bytes;
    while (nbytes > 0) {
        ssize_t n = recv(server_fd, p, nbytes, MSG_DONTWAIT);
        if (n > 0) {
            p += n;
            nbytes -= (gsize)n;
        } else if (n < 0 && errno == EAGAIN) {
            if (!wait_for(POLLIN, deadline_ms, error))
                return false;
        } else if (n == 0 || errno != EINTR) {
            error_set(error, ERROR_INTERNAL, "cursus-render ended: %s",
                      n == 0 ? "no answer" : g_strerror(errno));
            return false;
        }
    }
    return true;
}

static guint32 number_at(const guchar *p)
{
    return (guint32)p[0] << 24 | (guint32)p[1] << 16 | (guint32)p[2] << 8 | p[3];
}

static bool send_request(const char *html, gsize nbytes, guint ncols, gint64 deadline_ms,
                         GError **error)
{
    const guint32 header[4] = { g_htonl(RENDER_REQUEST_MAGIC), g_htonl(RENDER_KIND_HTML),
                                g_htonl(ncols), g_htonl((guint32)nbytes) };
    G_STATIC_ASSERT(sizeof header == RENDER_REQUEST_HEADER);
    return write_all(header, sizeof header, deadline_ms, error) &&
           write_all(html, nbytes, deadline_ms, error);
}

/* *spoilt: what comes next on the stream is unknown. */
static GPtrArray *read_answer(guint ncols, gint64 deadline_ms, mime_render_facts *facts,
                              bool *spoilt, GError **error)
{
    guchar header[RENDER_ANSWER_HEADER];
    *spoilt = true;
    if (!read_all(header, sizeof header, deadline_ms, error))
        return NULL;
    guint32 status = number_at(header + 4), nbytes = number_at(header + 8);
    if (number_at(header) != RENDER_ANSWER_MAGIC || nbytes > LIMIT_RENDER_ANSWER) {
        error_set(error, ERROR_PROTOCOL, "the answer of cursus-render makes no sense");
        return NULL;
    }
    g_autofree guchar *payload = g_try_malloc(nbytes + 1);
    if (!payload || !read_all(payload, nbytes, deadline_ms, error)) {
        if (!payload)
            error_set(error, ERROR_INTERNAL, "no memory for the answer of cursus-render");
        return NULL;
    }
    if (status != RENDER_STATUS_OK) {
        *spoilt = false;
        error_set(error, ERROR_INTERNAL,
                  status == RENDER_STATUS_DIED ? "cursus-render could not finish this page"
                                               : "cursus-render does not take this page");
        return NULL;
    }
    GPtrArray *lines = render_answer_parse(payload, nbytes, ncols, facts, error);
    *spoilt = lines == NULL;
    return lines;
}

static GPtrArray *talk(const char *html, gsize nbytes, guint ncols, gint64 deadline_ms,
                       mime_render_facts *facts, GError **error)
{
    bool was_running = server > 0, spoilt = true;
    if (!start_server(error))
        return NULL;
    g_autoptr(GError) cause = NULL;
    bool sent = send_request(html, nbytes, ncols, deadline_ms, &cause);
    if (!sent && was_running && error_kind_of(cause) != ERROR_TIMEOUT) {
        /* It died while idle: that says nothing about this page. */
        stop_server();
        g_clear_error(&cause);
        if (!start_server(error))
            return NULL;
        sent = send_request(html, nbytes, ncols, deadline_ms, &cause);
    }
    GPtrArray *lines = sent ? read_answer(ncols, deadline_ms, facts, &spoilt, &cause) : NULL;
    if (spoilt)
        stop_server();
    if (!lines)
        g_propagate_error(error, g_steal_pointer(&cause));
    return lines;
}

GPtrArray *mime_render_page(const char *html, gsize nbytes, guint ncols, int timeout_ms,
                            mime_render_facts *facts, GError **error)
{
    if (nbytes > LIMIT_RENDER_REQUEST) {
        error_set(error, ERROR_INPUT, "the page is too large");
        return NULL;
    }
    ncols = CLAMP(ncols, RENDER_MIN_COLUMNS, RENDER_MAX_COLUMNS);
    g_mutex_lock(&lock);
    GPtrArray *lines = talk(html, nbytes, ncols, clock_monotonic_ms() + timeout_ms, facts, error);
    g_mutex_unlock(&lock);
    return lines;
}

GPtrArray *mime_render_html(const char *html, gsize nbytes, guint ncols, int timeout_ms,
                            GError **error)
{
    return mime_render_page(html, nbytes, ncols, timeout_ms, NULL, error);
}

bool mime_render_start(GError **error)
{
    g_mutex_lock(&lock);
    bool started = start_server(error);
    g_mutex_unlock(&lock);
    return started;
}

void mime_render_stop(void)
{
    g_mutex_lock(&lock);
    stop_server();
    g_mutex_unlock(&lock);
}
