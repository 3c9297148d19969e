/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why TLS failed, in words that name what is wrong: for net/tls only. */
#ifndef CURSUS_NET_TLS_REASON_H
#define CURSUS_NET_TLS_REASON_H

#include <glib.h>
#include <openssl/x509_vfy.h>
#include <stdbool.h>

/* "sha256:HEX" of a certificate's SubjectPublicKeyInfo (as in RFC 7469).  Caller frees. */
char *tls_reason_key(const X509 *certificate);
/* The certificate at hand in store was refused: who issued it, since when it is over, which names
 * it has, and the leaf's key; or that its key is not pin (NULL none).  name is the one that was
 * expected.  ERROR_TLS. */
void tls_reason_certificate(X509_STORE_CTX *store, const char *name, const char *pin,
                            GError **error);
/* A handshake or an established connection broke; io_errno is the socket's (0 none).  TLS or
 * NETWORK. */
void tls_reason_failure(bool established, int io_errno, GError **error);
/* The oldest entry of OpenSSL's error queue.  Caller frees. */
char *tls_reason_queue(void);

#endif
