/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dialling through GSocketClient: only its asynchronous form races addresses (RFC 8305), so it is
 * turned on a private main context.  Proxies of the desktop are not asked, only one that is set. */
#include "net/dial.h"

#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

/* A silent link is given up after about two minutes even when nobody waits with a deadline. */
enum {
    KEEPALIVE_IDLE_S = 60,
    KEEPALIVE_INTERVAL_S = 15,
    KEEPALIVE_TRIES = 4,
    UNACKNOWLEDGED_MS = 120000
};

typedef struct dialling {
    GSocketConnection *connection;
    GError *error;
    GCancellable *inner; /* cancelled by the caller's cancellable or by the timer */
    const char **phase;
    bool done, timed_out;
} dialling;

static void on_event(GSocketClient *client, GSocketClientEvent event, GSocketConnectable *where,
                     GIOStream *connection, gpointer data)
{
    dialling *d = data;
    if (event == G_SOCKET_CLIENT_CONNECTING && d->phase != NULL)
        *d->phase = "connect";
}

static void on_connected(GObject *client, GAsyncResult *result, gpointer data)
{
    dialling *d = data;
    d->connection = g_socket_client_connect_finish(G_SOCKET_CLIENT(client), result, &d->error);
    d->done = true;
}

static gboolean on_timeout(gpointer data)
{
    dialling *d = data;
    d->timed_out = true;
    g_cancellable_cancel(d->inner);
    return G_SOURCE_REMOVE;
}

static void on_cancelled(GCancellable *outer, gpointer inner)
{
    g_cancellable_cancel(inner);
}

static void explain(const dialling *d, GCancellable *cancel, GError **error)
{
    const GError *cause = d->error;
    if (g_cancellable_is_cancelled(cancel))
        error_set(error, ERROR_CANCELLED, _("cancelled"));
    else if (d->timed_out || g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
        error_set(error, ERROR_TIMEOUT, _("no answer in time"));
    else if (g_error_matches(cause, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND))
        error_set(error, ERROR_NETWORK, _("the host name was not found"));
    else if (cause->domain == G_RESOLVER_ERROR)
        error_set(error, ERROR_NETWORK, _("the host name could not be looked up: %s"),
                  cause->message);
    else if (g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
        error_set(error, ERROR_NETWORK, _("the connection was refused"));
    else if (g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE))
        error_set(error, ERROR_NETWORK, _("the network is unreachable"));
    else if (g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE))
        error_set(error, ERROR_NETWORK, _("the host is unreachable"));
    else
        error_set(error, ERROR_NETWORK, "%s", cause->message);
}

static void tune(int fd)
{
    const int on = 1;
    /* Whole commands are written at once. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
#ifdef TCP_KEEPIDLE
    const int idle = KEEPALIVE_IDLE_S, interval = KEEPALIVE_INTERVAL_S, tries = KEEPALIVE_TRIES;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &tries, sizeof tries);
#endif
#ifdef TCP_USER_TIMEOUT
    const unsigned unacknowledged = UNACKNOWLEDGED_MS;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged, sizeof unacknowledged);
#endif
}

/* GLib closes its own descriptor with the object: ours is a duplicate. */
static int take_socket(GSocketConnection *connection, GError **error)
{
    int theirs = g_socket_get_fd(g_socket_connection_get_socket(connection));
    int fd = fcntl(theirs, F_DUPFD_CLOEXEC, 3);
    if (fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
        error_set(error, ERROR_NETWORK, "%s", g_strerror(errno));
        return -1;
    }
    tune(fd);
    return fd;
}

static void turn(GMainContext *context, dialling *d, int timeout_ms)
{
    g_autoptr(GSource) timer = g_timeout_source_new(timeout_ms > 0 ? (guint)timeout_ms : 30000);
    g_source_set_callback(timer, on_timeout, d, NULL);
    g_source_attach(timer, context);
    while (!d->done)
        g_main_context_iteration(context, TRUE);
    g_source_destroy(timer);
    while (g_main_context_iteration(context, FALSE)) /* the attempts that lost the race end here */
        ;
}

static GSocketConnectable *address_of(const char *host, guint16 port)
{
    gsize n = strlen(host);
    g_autofree char *bare =
        host[0] == '[' && n > 2 && host[n - 1] == ']' ? g_strndup(host + 1, n - 2) : g_strdup(host);
    return g_network_address_new(bare, port);
}

/* A host name goes to the proxy unresolved where its protocol can carry it. */
static void through_proxy(GSocketClient *client, const char *proxy)
{
    g_socket_client_set_enable_proxy(client, proxy != NULL);
    if (proxy == NULL)
        return;
    g_autoptr(GProxyResolver) resolver = g_simple_proxy_resolver_new(proxy, NULL);
    g_socket_client_set_proxy_resolver(client, resolver);
}

int dial_tcp(const char *host, guint16 port, const char *proxy, int timeout_ms, GCancellable *cancel,
             const char **phase, GError **error)
{
    dialling d = { .inner = g_cancellable_new(), .phase = phase };
    if (phase != NULL)
        *phase = "resolve";
    gulong link =
        cancel == NULL ? 0 : g_cancellable_connect(cancel, G_CALLBACK(on_cancelled), d.inner, NULL);
    GMainContext *context = g_main_context_new();
    g_main_context_push_thread_default(context);

    g_autoptr(GSocketClient) client = g_socket_client_new();
    through_proxy(client, proxy);
    g_signal_connect(client, "event", G_CALLBACK(on_event), &d);
    g_autoptr(GSocketConnectable) where = address_of(host, port);
    g_socket_client_connect_async(client, where, d.inner, on_connected, &d);
    turn(context, &d, timeout_ms);

    g_main_context_pop_thread_default(context);
    g_main_context_unref(context);
    g_cancellable_disconnect(cancel, link);
    int fd = -1;
    if (d.connection != NULL)
        fd = take_socket(d.connection, error);
    else
        explain(&d, cancel, error);
    g_clear_object(&d.connection);
    g_clear_error(&d.error);
    g_object_unref(d.inner);
    return fd;
}
