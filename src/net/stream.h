/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A byte stream to a server: TCP with TLS, or a tunnel command's pipes; compressed where asked.
 * Blocking calls with a deadline and a GCancellable; one thread at a time owns a stream. */
#ifndef CURSUS_NET_STREAM_H
#define CURSUS_NET_STREAM_H

#include <gio/gio.h>
#include <glib.h>
#include <stdbool.h>

typedef struct stream stream;

typedef struct stream_settings {
    const char *host;     /* dialled, and verified unless tls_name is given */
    guint16 port;
    const char *proxy;    /* URL of a proxy to dial through, or NULL */
    const char *tls_name; /* or NULL */
    const char *ca_file;  /* further roots beside the system's, or NULL */
    const char *tunnel;   /* a command run by /bin/sh -c instead of dialling; no TLS; or NULL */
    const char *client_certificate; /* PEM file with certificate and key, or NULL */
    const char *pin;      /* "sha256:HEX" of the only key that is taken where the chain or the name
                           * cannot be verified (tls.h), or NULL */
    bool starttls;        /* dial only: not private until stream_start_tls */
    int connect_timeout_ms; /* for dial and handshake each */
} stream_settings;

/* Dial (happy eyeballs), then unless starttls handshake (implicit TLS >= 1.2, chain and name
 * verified, SNI, ALPN "imap"). *phase (may be NULL) always names the step that was reached:
 * "resolve", "connect", "tls", "tunnel". Errors: NETWORK (text: cause), TIMEOUT, TLS (text: why the
 * certificate was refused, and what it names), CANCELLED. */
stream *stream_open(const stream_settings *settings, GCancellable *cancel, const char **phase,
                    GError **error);
/* The handshake behind STARTTLS, on a stream opened with starttls; the settings are remembered from
 * there.  The peer's next byte must be TLS: a byte that has been read already, or waits in the
 * inbox, was sent in clear and ends it.  False: the stream is unusable and stays not private.
 * Errors: as stream_open's phase "tls"; PROTOCOL for bytes in clear.  RFC 9051 6.2.1. */
bool stream_start_tls(stream *s, GCancellable *cancel, GError **error);
/* Raw deflate both ways from here on (RFC 4978); what was received and not yet read counts as
 * compressed.  Once a stream.  Memory stays bounded: output is made no faster than it is read.
 * Errors: INTERNAL (no memory). */
bool stream_start_deflate(stream *s, GError **error);
/* 32 bytes that only the two ends of this TLS connection know (tls-exporter, RFC 9266).  Caller
 * unrefs; NULL without TLS 1.3. */
GBytes *stream_channel_binding(stream *s);

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
/* Bytes received and sent so far: payload of TLS, compressed where deflate is on. */
void stream_counts(const stream *s, guint64 *received, guint64 *sent);
/* The round trip as the kernel has measured it, milliseconds; -1 unknown (a tunnel). */
int stream_rtt_ms(const stream *s);
/* "TLSv1.3 TLS_AES_256_GCM_SHA384" or "tunnel".  Borrowed. */
const char *stream_security(const stream *s);
bool stream_is_private(const stream *s); /* TLS or tunnel: passwords may be sent */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(stream, stream_close)

#endif
