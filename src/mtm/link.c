/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dial, greeting, login; each failure becomes a problem with its step. */
#include "mtm/link.h"
#include "base/clock.h"
#include "base/log.h"
#include "mtm/password.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* ---- waking */

void wake_open(wake_pipe *w)
{
    if (!g_unix_open_pipe(w->fds, FD_CLOEXEC, NULL))
        g_error("no file descriptors are left");
    g_unix_set_fd_nonblocking(w->fds[0], TRUE, NULL);
    g_unix_set_fd_nonblocking(w->fds[1], TRUE, NULL);
}

void wake_close(wake_pipe *w)
{
    close(w->fds[0]);
    close(w->fds[1]);
}

void wake_signal(wake_pipe *w)
{
    /* A full pipe is a signal already. */
    if (write(w->fds[1], "", 1) < 0 && errno != EAGAIN && errno != EINTR)
        log_error(LOG_MTM, "wake: %s", g_strerror(errno));
}

void wake_drain(wake_pipe *w)
{
    char buffer[64];
    while (read(w->fds[0], buffer, sizeof buffer) > 0)
        continue;
}

void wake_wait(wake_pipe *w, gint64 deadline_ms)
{
    int timeout = -1;
    if (deadline_ms > 0)
        timeout = (int)CLAMP(deadline_ms - clock_monotonic_ms(), 0, G_MAXINT);
    struct pollfd p = { .fd = w->fds[0], .events = POLLIN };
    (void)poll(&p, 1, timeout);
}

/* ---- connecting */

static bool check_settings(const account_settings *s, GError **error)
{
    if (s->tunnel == NULL && s->imap_host == NULL) {
        error_set(error, ERROR_INPUT, "the account has no server: set imap imaps://user@host");
        return false;
    }
    return true;
}

typedef struct asking {
    mtm_account_entry *a;
    const account_settings *settings;
    GCancellable *cancel;
    const char **step;
} asking;

static secret *password_for_login(gpointer data, GError **error)
{
    asking *q = data;
    *q->step = "password";
    secret *s = password_get(q->a, q->settings, q->cancel, error);
    if (s != NULL)
        *q->step = "login";
    return s;
}

/* A server that can bind the login to its TLS connection does not unlearn it by itself. */
static void compare_binding(mtm_account_entry *a, const account_settings *settings, const imap_connection *c)
{
    bool bound = g_str_has_suffix(imap_login_mechanism(c), "-PLUS");
    g_mutex_lock(&a->mutex);
    bool lost = a->was_bound && !bound;
    a->was_bound = bound;
    g_mutex_unlock(&a->mutex);
    if (!lost)
        return;
    g_autoptr(GError) error = NULL;
    error_set(&error, ERROR_TLS, "the login is no longer bound to the TLS connection, which it was before");
    posted *p = posted_new(MTM_NOTE);
    p->account = g_strdup(a->name);
    p->problem = problem_new(settings, "binding", error);
    mtm_post(a->m, p);
}

static bool log_in(mtm_account_entry *a, const account_settings *settings, imap_connection *c, GCancellable *cancel,
                   const char **step, GError **error)
{
    *step = "login";
    asking q = { a, settings, cancel, step };
    const imap_login_settings how = {
        .how = settings->auth,
        .user = settings->imap_user != NULL ? settings->imap_user : settings->address,
        .host = settings->imap_host, .port = settings->imap_port,
        .has_certificate = settings->client_certificate != NULL && settings->tunnel == NULL,
        .has_token = password_is_token(settings), .password = password_for_login, .data = &q,
    };
    GError *cause = NULL;
    if (imap_login(c, &how, &cause)) {
        log_debug(LOG_MTM, "%s: logged in by %s", a->name, imap_login_mechanism(c));
        compare_binding(a, settings, c);
        return true;
    }
    if (error_kind_of(cause) == ERROR_AUTH)
        password_forget(a);
    g_propagate_error(error, cause);
    return false;
}

static imap_connection *open_steps(mtm_account_entry *a, const account_settings *settings, const char *log_name,
                                   bool tell, GCancellable *cancel, const char **step, GError **error)
{
    *step = "settings";
    if (!check_settings(settings, error))
        return NULL;
    if (tell)
        account_set_state(a, STATE_CONNECTING, "connect");
    stream_settings dial = { .host = settings->imap_host, .port = settings->imap_port,
                             .proxy = settings->proxy, .tls_name = settings->tls_name, .ca_file = settings->ca_file,
                             .tunnel = settings->tunnel, .starttls = settings->imap_starttls,
                             .client_certificate = settings->client_certificate, .pin = settings->pin,
                             .connect_timeout_ms = settings->connect_timeout_s * 1000 };
    stream *stream_ = stream_open(&dial, cancel, step, error);
    if (stream_ == NULL)
        return NULL;
    *step = "greeting";
    imap_connection *c = imap_connection_new(stream_, log_name);
    imap_connection_set_cancel(c, cancel);
    imap_connection_set_timeout(c, settings->connect_timeout_s * 1000);
    imap_connection_set_overrides(c, (const char *const *)settings->no_capabilities);
    bool preauth = false;
    bool clear = settings->imap_starttls && settings->tunnel == NULL;
    if (clear ? !imap_start_tls(c, error) : !imap_greet(c, settings->tunnel != NULL, &preauth, error)) {
        imap_connection_free(c);
        return NULL;
    }
    if (tell)
        account_set_state(a, STATE_CONNECTING, "login");
    bool ok = preauth || log_in(a, settings, c, cancel, step, error);
    if (ok) {
        *step = "capability";
        ok = imap_capability(c, error);
    }
    if (!ok) {
        imap_connection_free(c);
        return NULL;
    }
    imap_connection_set_timeout(c, 60000);
    return c;
}

imap_connection *link_open(mtm_account_entry *a, const account_settings *settings, const char *log_name, bool tell,
                           GCancellable *cancel, mtm_problem **problem)
{
    const char *step = "connect";
    g_autoptr(GError) error = NULL;
    /* The password command runs while the connection is made.  (A tunnel or a certificate may need none.) */
    if (settings->tunnel == NULL && settings->client_certificate == NULL && settings->auth != AUTH_EXTERNAL &&
        settings->auth != AUTH_GSSAPI && settings->auth != AUTH_ANONYMOUS)
        password_begin(a, settings);
    imap_connection *c = open_steps(a, settings, log_name, tell, cancel, &step, &error);
    if (c == NULL) {
        log_warn(LOG_MTM, "%s: %s: %s", a->name, step, error != NULL ? error->message : "failed");
        *problem = problem_new(settings, step, error);
    }
    return c;
}

enum { FAR_MS = 15 }; /* a round trip: below it the line is faster than deflate */

bool link_compress(imap_connection *c, const account_settings *settings, bool much, GError **error)
{
    bool wanted = settings->compress == COMPRESS_YES ||
                  (settings->compress == COMPRESS_AUTO && much && imap_connection_rtt_ms(c) >= FAR_MS);
    return !wanted || imap_compress(c, error);
}
