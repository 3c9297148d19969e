/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a server staples to its certificate about revocation: for net/tls only. */
#ifndef CURSUS_NET_TLS_STAPLE_H
#define CURSUS_NET_TLS_STAPLE_H

#include <glib.h>
#include <openssl/ssl.h>
#include <stdbool.h>

/* After a handshake whose chain was verified: false with ERROR_TLS when the stapled answer (RFC 6066 8)
 * says "revoked", or when the certificate demands an answer (RFC 7633) and there is no current, signed
 * one.  Nobody else is asked: that would tell an authority whom we talk to. */
bool tls_staple_check(SSL *ssl, GError **error);

#endif
