/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A byte stream to a server: TCP with TLS, or a tunnel command's pipes.  Blocking calls with a
 * deadline and a GCancellable; one thread at a time owns a stream. */
#ifndef CURSUS_NET_STREAM_H
#define CURSUS_NET_STREAM_H

#include <gio/gio.h>
#include <glib.h>
#include <stdbool.h>

typedef struct stream stream;

typedef struct stream_settings {
    const char *host;     /* dialled, and verified unless tls_name is given */
    guint16 port;
    const char *tls_name; /* or NULL */
    const char *ca_file;  /* further roots beside the system's, or NULL */
    const char *tunnel;   /* a command run by /bin/sh -c instead of dialling; no TLS; or NULL */
    int connect_timeout_ms; /* for dial and handshake each */
} stream_settings;

/* Dial (happy eyeballs), handshake (implicit TLS >= 1.2, chain and name verified, SNI, ALPN
 * "imap"). *phase (may be NULL) always names the step that was reached: "resolve", "connect",
 * "tls", "tunnel". Errors: NETWORK (text: cause), TIMEOUT, TLS (text: why the certificate was
 * refused, and what it names), CANCELLED. */
stream *stream_open(const stream_settings *settings, GCancellable *cancel, const char **phase,
                    GError **error);
/* close_notify where possible; never blocks long; frees; NULL is ignored. */
void stream_close(stream *s);

/* A stream over a connected, stream-type socket that somebody else made (takes the descriptor): a
 * server started by ourselves, the tests' socket pair.  is_private as stream_is_private tells. */
stream *stream_from_socket(int fd, bool is_private);

/* Read what is there, at least one byte, at most nbytes.  deadline_ms is clock_monotonic_ms' (0
 * none). Returns the count, 0 at a clean end, -1 with *error.  A TLS end without close_notify is an
 * error. */
gssize stream_read(stream *s, void *bytes, gsize nbytes, gint64 deadline_ms, GCancellable *cancel,
                   GError **error);
/* Write all, or fail.  While the peer does not read, arriving bytes are taken into memory (<= 16
 * MB) so that two full pipes cannot lock. */
bool stream_write(stream *s, const void *bytes, gsize nbytes, gint64 deadline_ms,
                  GCancellable *cancel, GError **error);
/* Wait for bytes to read: 1 there are, 0 the deadline passed, -1 error or cancelled. */
int stream_wait(stream *s, gint64 deadline_ms, GCancellable *cancel, GError **error);
/* The same, and wake_fd (-1 none) being readable ends it too, before all else: 2. */
int stream_wait_or(stream *s, gint64 deadline_ms, int wake_fd, GCancellable *cancel,
                   GError **error);
/* Bytes received and sent so far, payload. */
void stream_counts(const stream *s, guint64 *received, guint64 *sent);
/* "TLSv1.3 TLS_AES_256_GCM_SHA384" or "tunnel".  Borrowed. */
const char *stream_security(const stream *s);
bool stream_is_private(const stream *s); /* TLS or tunnel: passwords may be sent */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(stream, stream_close)

#endif
