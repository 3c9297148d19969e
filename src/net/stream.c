/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One byte stream over TLS, a tunnel or a given socket: the waiting that net/tls and net/tunnel
 * leave to others, and the inbox that keeps two full pipes from locking. */
#include "net/stream.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/i18n.h"
#include "base/log.h"
#include "net/deflate.h"
#include "net/dial.h"
#include "net/tls.h"
#include "net/tunnel.h"
#include "net/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

enum {
    INBOX_MAX = 16 << 20, /* bytes taken in while the peer does not read */
    INBOX_KEEP = 1 << 20, /* a larger one is given back when it is empty */
    PIECE = 64 << 10,     /* bytes of one read into the inbox */
    EXPAND_ROUNDS = 4,    /* reads that expand to nothing before the deadline is looked at */
};

struct stream {
    int fd;
    int out_fd;     /* to write: fd, or the tunnel's other one */
    tls *tls;       /* or NULL */
    tunnel *tunnel; /* or NULL */
    deflater *deflater; /* or NULL: between the caller and the above */
    GByteArray *inbox;
    gsize inbox_at;  /* bytes of it already given out */
    bool ended;      /* the peer closed in order */
    GError *broken;  /* kept: given again and again */
    wait_watch watch;
    guint64 received, sent;
    char *security;
    bool is_private;
    tls_settings plan; /* for stream_start_tls, with strings of our own; name NULL: none */
    int handshake_ms;
};

static stream *stream_new(int fd)
{
    stream *s = g_new0(stream, 1);
    s->fd = s->out_fd = fd;
    s->inbox = g_byte_array_new();
    wait_watch_init(&s->watch);
#ifdef SO_NOSIGPIPE
    const int on = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
    return s;
}

/* ---- one step without waiting: a count, or IO_* of net/tls.h */

static gssize plain_result(const stream *s, ssize_t n, gssize want, GError **error)
{
    if (n >= 0)
        return n;
    if (errno == EAGAIN || errno == EINTR)
        return want;
    if (s->tunnel != NULL && (errno == EPIPE || errno == ECONNRESET)) {
        g_autofree char *verdict = tunnel_verdict(s->tunnel);
        error_set(error, ERROR_NETWORK, "%s",
                  verdict != NULL ? verdict : _("the tunnel command ended"));
    } else
        error_set(error, ERROR_NETWORK, "%s", g_strerror(errno));
    return IO_ERROR;
}

/* The end of a tunnel is in order only when its command says so. */
static gssize end_of(const stream *s, GError **error)
{
    g_autofree char *verdict = s->tunnel != NULL ? tunnel_verdict(s->tunnel) : NULL;
    if (verdict == NULL)
        return IO_END;
    error_set(error, ERROR_NETWORK, "%s", verdict);
    return IO_ERROR;
}

static gssize take_raw(stream *s, void *bytes, gsize nbytes)
{
    if (s->broken != NULL)
        return IO_ERROR;
    if (s->ended)
        return IO_END;
    gssize n = s->tls != NULL
                   ? tls_read(s->tls, bytes, nbytes, &s->broken)
                   : plain_result(s, recv(s->fd, bytes, nbytes, 0), IO_WANT_READ, &s->broken);
    if (n == IO_END)
        n = end_of(s, &s->broken);
    if (n == IO_END)
        s->ended = true;
    else if (n > 0)
        s->received += (guint64)n;
    return n;
}

/* The reads end now and then though bytes keep coming: nothing is left inside TLS then, since there
 * is room for a whole record, so that who polls for more gets it. */
static gssize take_expanded(stream *s, void *bytes, gsize nbytes)
{
    for (int round = 0; s->broken == NULL && round < EXPAND_ROUNDS; round++) {
        gssize n = deflater_expand(s->deflater, bytes, nbytes, &s->broken);
        if (n == DEFLATE_END)
            s->ended = true;
        if (n != DEFLATE_HUNGRY)
            return n == DEFLATE_END ? IO_END : n == DEFLATE_ERROR ? IO_ERROR : n;
        gsize nroom;
        void *room = deflater_room(s->deflater, &nroom);
        n = take_raw(s, room, nroom);
        if (n <= 0)
            return n;
        deflater_received(s->deflater, (gsize)n);
    }
    return s->broken != NULL ? IO_ERROR : IO_WANT_READ;
}

static gssize take(stream *s, void *bytes, gsize nbytes)
{
    return s->deflater != NULL ? take_expanded(s, bytes, nbytes) : take_raw(s, bytes, nbytes);
}

static gssize give(stream *s, const void *bytes, gsize nbytes)
{
    if (s->broken != NULL)
        return IO_ERROR;
    gssize n = s->tls != NULL ? tls_write(s->tls, bytes, nbytes, &s->broken)
                              : plain_result(s, send(s->out_fd, bytes, nbytes, MSG_NOSIGNAL),
                                             IO_WANT_WRITE, &s->broken);
    if (n == IO_END) {
        s->ended = true;
        error_set(&s->broken, ERROR_NETWORK, _("the server closed the connection"));
        return IO_ERROR;
    }
    if (n > 0)
        s->sent += (guint64)n;
    return n;
}

static int fail(const stream *s, GError **error)
{
    if (error != NULL && *error == NULL)
        *error = g_error_copy(s->broken);
    return -1;
}

/* ---- waiting */

/* Wait for events on the socket or for wake_fd; a tunnel's complaints are heard meanwhile.  1 with
 * *ready (what of events there is, and ends), 2 wake_fd, 0 deadline, -1. */
static int wait_socket(stream *s, short events, gint64 deadline_ms, int wake_fd, short *ready,
                       GError **error)
{
    bool one = s->out_fd == s->fd;
    for (;;) {
        struct pollfd fds[4] = {
            { .fd = s->fd, .events = one ? events : events & POLLIN },
            { .fd = wake_fd, .events = POLLIN },
            { .fd = s->tunnel != NULL ? tunnel_error_fd(s->tunnel) : -1, .events = POLLIN },
            { .fd = one || (events & POLLOUT) == 0 ? -1 : s->out_fd, .events = POLLOUT },
        };
        if (!one && (events & POLLIN) == 0)
            fds[0].fd = -1;
        int result = wait_poll(&s->watch, fds, 4, deadline_ms, error);
        if (result <= 0)
            return result;
        if (fds[2].revents != 0)
            tunnel_listen(s->tunnel); /* without end perhaps, so the time is looked at here too */
        if ((fds[0].revents | fds[3].revents) != 0) {
            *ready = fds[0].revents | fds[3].revents;
            return 1;
        }
        if (fds[1].revents != 0)
            return 2;
        if (deadline_ms != 0 && clock_monotonic_ms() >= deadline_ms)
            return 0;
    }
}

static bool timed_out(GError **error)
{
    error_set(error, ERROR_TIMEOUT, _("no answer in time"));
    return false;
}

static short events_of(gssize want)
{
    return want == IO_WANT_WRITE ? POLLOUT : POLLIN;
}

/* ---- opening and closing */

static bool handshake(stream *s, gint64 deadline_ms, GError **error)
{
    for (;;) {
        gssize step = tls_handshake(s->tls, error);
        if (step == 1)
            return true;
        if (step == IO_ERROR)
            return false;
        short ready;
        int result = wait_socket(s, events_of(step), deadline_ms, -1, &ready, error);
        if (result == 0)
            return timed_out(error);
        if (result < 0)
            return false;
    }
}

/* Over what is connected. */
static bool start_tls(stream *s, const tls_settings *plan, GError **error)
{
    s->tls = tls_new(s->fd, plan, error);
    if (s->tls == NULL || !handshake(s, clock_monotonic_ms() + s->handshake_ms, error))
        return false;
    g_free(s->security);
    s->security = tls_describe(s->tls);
    s->is_private = true;
    return true;
}

static stream *open_tunnel(const char *command, GError **error)
{
    int in_fd, out_fd;
    tunnel *t = tunnel_start(command, &in_fd, &out_fd, error);
    if (t == NULL)
        return NULL;
    stream *s = stream_new(in_fd);
    s->out_fd = out_fd;
    s->tunnel = t;
    s->security = g_strdup("tunnel");
    s->is_private = true;
    return s;
}

stream *stream_open(const stream_settings *settings, GCancellable *cancel, const char **phase,
                    GError **error)
{
    const char *ignored;
    if (phase == NULL)
        phase = &ignored;
    if (settings->tunnel != NULL) {
        *phase = "tunnel";
        return open_tunnel(settings->tunnel, error);
    }
    int fd = dial_tcp(settings->host, settings->port, settings->proxy, settings->connect_timeout_ms, cancel, phase,
                      error);
    if (fd < 0)
        return NULL;
    g_autoptr(stream) s = stream_new(fd);
    s->handshake_ms = settings->connect_timeout_ms > 0 ? settings->connect_timeout_ms : 30000;
    const tls_settings plan = {
        .name = settings->tls_name != NULL ? settings->tls_name : settings->host,
        .ca_file = settings->ca_file,
        .client_certificate = settings->client_certificate,
        .pin = settings->pin,
    };
    if (settings->starttls) {
        s->plan = (tls_settings){ g_strdup(plan.name), g_strdup(plan.ca_file),
                                  g_strdup(plan.client_certificate), g_strdup(plan.pin) };
        s->security = g_strdup("none");
        return g_steal_pointer(&s);
    }
    *phase = "tls";
    wait_watch_set(&s->watch, cancel);
    if (!start_tls(s, &plan, error))
        return NULL;
    log_debug(LOG_NET, "%s:%u: %s", settings->host, settings->port, s->security);
    return g_steal_pointer(&s);
}

/* A server waits for our hello: who speaks before it speaks in clear, to be heard as if it were
 * protected. */
static bool silent(const stream *s, GError **error)
{
    char byte;
    if (s->inbox->len == s->inbox_at && recv(s->fd, &byte, 1, MSG_PEEK) <= 0)
        return true;
    error_set(error, ERROR_PROTOCOL, _("something was sent in clear where TLS was to begin"));
    return false;
}

bool stream_start_tls(stream *s, GCancellable *cancel, GError **error)
{
    g_assert(s->plan.name != NULL && s->tls == NULL && s->deflater == NULL);
    wait_watch_set(&s->watch, cancel);
    GError *cause = NULL;
    if (!wait_cancelled(&s->watch, &cause) && silent(s, &cause) && start_tls(s, &s->plan, &cause)) {
        log_debug(LOG_NET, "%s: STARTTLS: %s", s->plan.name, s->security);
        return true;
    }
    if (s->broken == NULL)
        s->broken = g_error_copy(cause);
    g_propagate_error(error, cause);
    return false;
}

stream *stream_from_socket(int fd, bool is_private)
{
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    stream *s = stream_new(fd);
    s->security = g_strdup("socket");
    s->is_private = is_private;
    return s;
}

void stream_close(stream *s)
{
    if (s == NULL)
        return;
    tls_free(s->tls);
    close(s->fd);
    if (s->out_fd != s->fd)
        close(s->out_fd);
    tunnel_free(s->tunnel);
    deflater_free(s->deflater);
    wait_watch_clear(&s->watch);
    g_byte_array_unref(s->inbox);
    g_clear_error(&s->broken);
    g_free(s->security);
    g_free((char *)s->plan.name);
    g_free((char *)s->plan.ca_file);
    g_free((char *)s->plan.client_certificate);
    g_free((char *)s->plan.pin);
    g_free(s);
}

/* ---- reading */

static gsize inbox_nbytes(const stream *s)
{
    return s->inbox->len - s->inbox_at;
}

static gsize from_inbox(stream *s, void *bytes, gsize nbytes)
{
    gsize n = MIN(nbytes, inbox_nbytes(s));
    memcpy(bytes, s->inbox->data + s->inbox_at, n);
    s->inbox_at += n;
    if (inbox_nbytes(s) > 0)
        return n;
    s->inbox_at = 0;
    if (s->inbox->len > INBOX_KEEP) {
        g_byte_array_unref(s->inbox);
        s->inbox = g_byte_array_new();
    } else {
        g_byte_array_set_size(s->inbox, 0);
    }
    return n;
}

/* Take what has arrived into the inbox, without waiting.  As take(). */
static gssize into_inbox(stream *s)
{
    guint before = s->inbox->len;
    g_byte_array_set_size(s->inbox, before + PIECE);
    gssize n = take(s, s->inbox->data + before, PIECE);
    g_byte_array_set_size(s->inbox, before + (n > 0 ? (guint)n : 0));
    return n;
}

/* A socket that is always readable, but never with bytes for us (empty records, empty blocks), must
 * not hide the end of a deadline. */
static bool is_over(gint64 deadline_ms)
{
    return deadline_ms != 0 && clock_monotonic_ms() >= deadline_ms;
}

gssize stream_read(stream *s, void *bytes, gsize nbytes, gint64 deadline_ms, GCancellable *cancel,
                   GError **error)
{
    wait_watch_set(&s->watch, cancel);
    if (wait_cancelled(&s->watch, error))
        return -1;
    if (inbox_nbytes(s) > 0)
        return (gssize)from_inbox(s, bytes, nbytes);
    for (bool late = false;; late = is_over(deadline_ms)) {
        gssize n = take(s, bytes, nbytes);
        if (n >= 0)
            return n;
        if (n == IO_ERROR)
            return fail(s, error);
        short ready;
        int result = late ? 0 : wait_socket(s, events_of(n), deadline_ms, -1, &ready, error);
        if (result == 0)
            timed_out(error);
        if (result <= 0)
            return -1;
    }
}

/* Asked first: a peer that never pauses must not hide it. */
static bool woken(int wake_fd)
{
    struct pollfd wake = { .fd = wake_fd, .events = POLLIN };
    return wake_fd >= 0 && poll(&wake, 1, 0) > 0;
}

int stream_wait_or(stream *s, gint64 deadline_ms, int wake_fd, GCancellable *cancel, GError **error)
{
    wait_watch_set(&s->watch, cancel);
    if (wait_cancelled(&s->watch, error))
        return -1;
    if (woken(wake_fd))
        return 2;
    for (bool late = false; inbox_nbytes(s) == 0; late = is_over(deadline_ms)) {
        /* A readable socket may hold TLS records without any bytes for us. */
        gssize n = into_inbox(s);
        if (n == IO_ERROR)
            return fail(s, error);
        if (n >= 0)
            break; /* the end is for stream_read to tell */
        if (late)
            return 0;
        short ready;
        int result = wait_socket(s, events_of(n), deadline_ms, wake_fd, &ready, error);
        if (result != 1)
            return result;
    }
    return 1;
}

int stream_wait(stream *s, gint64 deadline_ms, GCancellable *cancel, GError **error)
{
    return stream_wait_or(s, deadline_ms, -1, cancel, error);
}

/* ---- writing */

/* The socket is full: wait until it takes more, taking in what the peer says meanwhile (it may be
 * waiting for us to read before it reads). */
static bool wait_to_write(stream *s, gssize want, gint64 deadline_ms, GError **error)
{
    bool room = s->inbox->len < INBOX_MAX && !s->ended;
    short events = events_of(want) | (room ? POLLIN : 0);
    short ready;
    int result = wait_socket(s, events, deadline_ms, -1, &ready, error);
    if (result == 0)
        return timed_out(error);
    if (result < 0)
        return false;
    if (room && (ready & (POLLIN | POLLHUP)) != 0 && into_inbox(s) == IO_ERROR) {
        fail(s, error);
        return false;
    }
    return true;
}

static bool write_raw(stream *s, const void *bytes, gsize nbytes, gint64 deadline_ms,
                      GError **error)
{
    const char *at = bytes;
    while (nbytes > 0) {
        gssize n = give(s, at, nbytes);
        if (n > 0) {
            at += n;
            nbytes -= (gsize)n;
        } else if (n == IO_ERROR) {
            fail(s, error);
            return false;
        } else if (!wait_to_write(s, n, deadline_ms, error))
            return false;
    }
    return true;
}

/* What was begun must be finished: the peer cannot expand a stream with a hole. */
static bool write_compressed(stream *s, const void *bytes, gsize nbytes, gint64 deadline_ms,
                             GError **error)
{
    const void *piece;
    GError *cause = NULL;
    deflater_compress(s->deflater, bytes, nbytes);
    for (gsize n; (n = deflater_compressed(s->deflater, &piece)) > 0;)
        if (!write_raw(s, piece, n, deadline_ms, &cause)) {
            if (s->broken == NULL)
                s->broken = g_error_copy(cause);
            g_propagate_error(error, cause);
            return false;
        }
    return true;
}

bool stream_write(stream *s, const void *bytes, gsize nbytes, gint64 deadline_ms,
                  GCancellable *cancel, GError **error)
{
    wait_watch_set(&s->watch, cancel);
    if (wait_cancelled(&s->watch, error))
        return false;
    if (s->broken != NULL) {
        fail(s, error);
        return false;
    }
    return s->deflater != NULL ? write_compressed(s, bytes, nbytes, deadline_ms, error)
                               : write_raw(s, bytes, nbytes, deadline_ms, error);
}

bool stream_start_deflate(stream *s, GError **error)
{
    g_assert(s->deflater == NULL);
    gsize unread = inbox_nbytes(s);
    s->deflater = deflater_new(unread > 0 ? s->inbox->data + s->inbox_at : NULL, unread, error);
    if (s->deflater == NULL)
        return false;
    g_byte_array_set_size(s->inbox, 0);
    s->inbox_at = 0;
    return true;
}

/* ---- facts */

void stream_counts(const stream *s, guint64 *received, guint64 *sent)
{
    if (received != NULL)
        *received = s->received;
    if (sent != NULL)
        *sent = s->sent;
}

int stream_rtt_ms(const stream *s)
{
#ifdef TCP_INFO
    struct tcp_info info;
    socklen_t n = sizeof info;
    if (s->tunnel == NULL && getsockopt(s->fd, IPPROTO_TCP, TCP_INFO, &info, &n) == 0)
        return (int)(info.tcpi_rtt / 1000);
#endif
    return -1;
}

const char *stream_security(const stream *s)
{
    return s->security;
}

GBytes *stream_channel_binding(stream *s)
{
    return s->tls != NULL && s->is_private ? tls_channel_binding(s->tls) : NULL;
}

bool stream_is_private(const stream *s)
{
    return s->is_private;
}
