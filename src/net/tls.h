/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A TLS client over a connected, non-blocking socket.  Nothing here waits: who is told to, polls.
 */
#ifndef CURSUS_NET_TLS_H
#define CURSUS_NET_TLS_H

#include <glib.h>
#include <stdbool.h>

typedef struct tls tls;

/* Results of tls_handshake, tls_read and tls_write beside a count. */
enum {
    IO_END = 0,         /* the peer closed in order (close_notify, or the end of a plain stream) */
    IO_ERROR = -1,      /* *error is set */
    IO_WANT_READ = -2,  /* nothing done: poll for reading */
    IO_WANT_WRITE = -3, /* nothing done: poll for writing */
};

typedef struct tls_settings {
    const char *name;    /* to verify: a host name, internationalised or not, or an IP literal */
    const char *ca_file; /* PEM of roots beside the system's, or NULL */
    const char *client_certificate; /* PEM with certificate (chain) and unencrypted key, or NULL */
    const char *pin;     /* "sha256:HEX" (64 digits): SHA-256 of the SubjectPublicKeyInfo, or NULL */
} tls_settings;

/* Prepare a handshake on fd (borrowed): TLS 1.2 or newer, chain and name verified, SNI, ALPN "imap"
 * (RFC 7301).  A pin excuses a leaf of exactly that key from chain, name and dates, not from being
 * weak or revoked; another key is refused, unless it verifies.  Errors: TLS (the name or a file
 * cannot be used). */
tls *tls_new(int fd, const tls_settings *settings, GError **error);
/* One step: 1 done, IO_WANT_*, IO_ERROR.  Errors: TLS with the reason and what the certificate
 * says, NETWORK. */
gssize tls_handshake(tls *t, GError **error);
gssize tls_read(tls *t, void *bytes, gsize nbytes, GError **error);
gssize tls_write(tls *t, const void *bytes, gsize nbytes, GError **error);
/* "TLSv1.3 TLS_AES_256_GCM_SHA384".  Caller frees. */
char *tls_describe(const tls *t);
/* tls-exporter's 32 bytes (RFC 9266), NULL below TLS 1.3, where servers mean tls-unique.  Caller
 * unrefs. */
GBytes *tls_channel_binding(const tls *t);
/* Sends close_notify if it fits into the socket now.  NULL is ignored. */
void tls_free(tls *t);

#endif
