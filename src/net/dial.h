/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a host name and a port to a connected socket. */
#ifndef CURSUS_NET_DIAL_H
#define CURSUS_NET_DIAL_H

#include <gio/gio.h>

/* Resolve and connect, trying IPv6 and IPv4 side by side (RFC 8305).  timeout_ms covers both.
 * proxy (or NULL): the URL of one, socks5:// socks4a:// socks4:// http://; then it is what is resolved and connected to.
 * *phase (may be NULL) becomes "resolve", then "connect".  Returns a non-blocking descriptor,
 * close-on-exec, yours; -1 with NETWORK, TIMEOUT or CANCELLED.  Any thread: it turns a main context
 * of its own. */
int dial_tcp(const char *host, guint16 port, const char *proxy, int timeout_ms, GCancellable *cancel,
             const char **phase, GError **error);

#endif
