/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Password, dial, greeting, login; each failure becomes a problem with its step. */
#include "mtm/link.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { ASK_POLL_MS = 200 }; /* how often a waiting question looks whether the program ends */

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

/* ---- the password */

static GSubprocess *start_command(const char *command, GError **error)
{
    const char *argv[] = { "/bin/sh", "-c", command, NULL };
    return g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, error);
}

/* The first line that the command prints. */
static secret *read_command(GSubprocess *child, GCancellable *cancel, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(GBytes) out = NULL, err = NULL;
    if (!g_subprocess_communicate(child, NULL, cancel, &out, &err, &cause)) {
        error_set(error, error_kind_of(cause) == ERROR_CANCELLED ? ERROR_CANCELLED : ERROR_AUTH,
                  "%s", cause->message);
        return NULL;
    }
    gsize n = 0;
    char *bytes = (char *)(gpointer)(gsize)g_bytes_get_data(out, &n);
    gsize line = 0;
    while (line < n && bytes[line] != '\n' && bytes[line] != '\r')
        line++;
    secret *result = NULL;
    if (!g_subprocess_get_successful(child)) {
        gsize nerr = 0;
        const char *words = g_bytes_get_data(err, &nerr);
        g_autofree char *text = g_strndup(words != NULL ? words : "", MIN(nerr, 300));
        g_strstrip(text);
        error_set(error, ERROR_AUTH, "the command failed%s%s", text[0] != '\0' ? ": " : "", text);
    } else if (line == 0) {
        error_set(error, ERROR_AUTH, "the command printed nothing");
    } else {
        result = secret_new(bytes, (gssize)line);
    }
    if (bytes != NULL)
        secret_wipe(bytes, n); /* ours alone: nothing else holds this GBytes */
    return result;
}

/* Park until the person answers.  With a->mutex held. */
static secret *ask(mtm_account_entry *a, GCancellable *cancel, GError **error)
{
    if (a->ask_op == 0) {
        a->ask_op = mtm_next_op(a->m);
        a->declined = false;
        posted *p = posted_new(MTM_ASK);
        p->event.op = a->ask_op;
        p->event.question = "password";
        p->account = g_strdup(a->name);
        mtm_post(a->m, p);
    }
    while (a->ask_op != 0 && !g_cancellable_is_cancelled(cancel) && !atomic_load(&a->m->closing))
        g_cond_wait_until(&a->answered, &a->mutex, g_get_monotonic_time() + ASK_POLL_MS * 1000);
    if (a->password != NULL)
        return secret_ref(a->password);
    a->ask_op = 0;
    error_set(error, a->declined ? ERROR_AUTH : ERROR_CANCELLED, "no password was given");
    return NULL;
}

static bool knows_password(mtm_account_entry *a)
{
    g_mutex_lock(&a->mutex);
    bool known = a->password != NULL;
    g_mutex_unlock(&a->mutex);
    return known;
}

/* early: the password command when it runs already. */
static secret *get_password(mtm_account_entry *a, const account_settings *settings, GSubprocess *early,
                            GCancellable *cancel, GError **error)
{
    g_mutex_lock(&a->mutex);
    secret *s = a->password != NULL ? secret_ref(a->password) : NULL;
    if (s == NULL && settings->password_command == NULL)
        s = ask(a, cancel, error);
    g_mutex_unlock(&a->mutex);
    if (s != NULL || settings->password_command == NULL)
        return s;
    g_autoptr(GError) cause = NULL;
    g_autoptr(GSubprocess) child = early != NULL ? g_object_ref(early)
                                                 : start_command(settings->password_command, &cause);
    if (child == NULL)
        error_set(error, ERROR_AUTH, "%s", cause->message);
    else
        s = read_command(child, cancel, error);
    if (s != NULL) {
        g_mutex_lock(&a->mutex);
        secret_unref(a->password);
        a->password = secret_ref(s);
        g_mutex_unlock(&a->mutex);
    }
    return s;
}

static void forget_password(mtm_account_entry *a)
{
    g_mutex_lock(&a->mutex);
    g_clear_pointer(&a->password, secret_unref);
    g_mutex_unlock(&a->mutex);
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
    GSubprocess *early;
    GCancellable *cancel;
    const char **step;
} asking;

static secret *password_for_login(gpointer data, GError **error)
{
    asking *q = data;
    *q->step = "password";
    secret *s = get_password(q->a, q->settings, q->early, q->cancel, error);
    if (s != NULL)
        *q->step = "login";
    return s;
}

static bool is_token(const account_settings *s)
{
    return s->auth == AUTH_OAUTHBEARER || s->auth == AUTH_XOAUTH2 ||
           (s->auth == AUTH_AUTO && s->token_command != NULL);
}

static bool log_in(mtm_account_entry *a, const account_settings *settings, imap_connection *c, GSubprocess *early,
                   GCancellable *cancel, const char **step, GError **error)
{
    *step = "login";
    asking q = { a, settings, early, cancel, step };
    const imap_login_settings how = {
        .how = settings->auth,
        .user = settings->imap_user != NULL ? settings->imap_user : settings->address,
        .host = settings->imap_host, .port = settings->imap_port,
        .has_certificate = settings->client_certificate != NULL && settings->tunnel == NULL,
        .has_token = is_token(settings), .password = password_for_login, .data = &q,
    };
    GError *cause = NULL;
    if (imap_login(c, &how, &cause))
        return true;
    if (error_kind_of(cause) == ERROR_AUTH)
        forget_password(a);
    g_propagate_error(error, cause);
    return false;
}

static imap_connection *open_steps(mtm_account_entry *a, const account_settings *settings, const char *log_name,
                                   GSubprocess *early, bool tell, GCancellable *cancel, const char **step,
                                   GError **error)
{
    *step = "settings";
    if (!check_settings(settings, error))
        return NULL;
    if (tell)
        account_set_state(a, STATE_CONNECTING, "connect");
    stream_settings dial = { .host = settings->imap_host, .port = settings->imap_port,
                             .tls_name = settings->tls_name, .ca_file = settings->ca_file,
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
    bool preauth = false;
    bool clear = settings->imap_starttls && settings->tunnel == NULL;
    if (clear ? !imap_start_tls(c, error) : !imap_greet(c, settings->tunnel != NULL, &preauth, error)) {
        imap_connection_free(c);
        return NULL;
    }
    if (tell)
        account_set_state(a, STATE_CONNECTING, "login");
    bool ok = preauth || log_in(a, settings, c, early, cancel, step, error);
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
    /* The password command runs while the connection is made.  (A tunnel may need none.) */
    g_autoptr(GSubprocess) early = NULL;
    if (settings->tunnel == NULL && settings->password_command != NULL && !knows_password(a))
        early = start_command(settings->password_command, NULL);
    imap_connection *c = open_steps(a, settings, log_name, early, tell, cancel, &step, &error);
    if (c == NULL && early != NULL)
        g_subprocess_force_exit(early);
    if (c == NULL) {
        log_warn(LOG_MTM, "%s: %s: %s", a->name, step, error != NULL ? error->message : "failed");
        *problem = problem_new(settings, step, error);
    }
    return c;
}
