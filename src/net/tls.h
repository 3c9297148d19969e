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

/* Prepare a handshake on fd (borrowed): TLS 1.2 or newer, the chain verified against the system's
 * roots and those of ca_file (PEM, may be NULL), the certificate against name (a host name,
 * internationalised or not, or an IP literal), SNI, ALPN "imap" (RFC 7301).  Errors: TLS (the name
 * or the file cannot be used). */
tls *tls_new(int fd, const char *name, const char *ca_file, GError **error);
/* One step: 1 done, IO_WANT_*, IO_ERROR.  Errors: TLS with the reason and what the certificate
 * says, NETWORK. */
gssize tls_handshake(tls *t, GError **error);
gssize tls_read(tls *t, void *bytes, gsize nbytes, GError **error);
gssize tls_write(tls *t, const void *bytes, gsize nbytes, GError **error);
/* "TLSv1.3 TLS_AES_256_GCM_SHA384".  Caller frees. */
char *tls_describe(const tls *t);
/* Sends close_notify if it fits into the socket now.  NULL is ignored. */
void tls_free(tls *t);

#endif
