/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SASL (RFC 4422), the client's side, for any protocol that carries base64 lines: which mechanism,
 * and its answers.  Never to be spoken over a stream that is not private. */
#ifndef CURSUS_NET_SASL_H
#define CURSUS_NET_SASL_H

#include "base/secret.h"
#include "model/account.h"

#include <stdbool.h>

typedef struct sasl_account {
    const char *user;      /* or NULL where the mechanism needs none */
    const char *service;   /* "imap" */
    const char *host;      /* or NULL (a tunnel) */
    guint16 port;
    bool has_certificate;  /* the TLS connection shows one of ours */
    bool has_token;        /* the secret is an access token (RFC 6750) */
    GBytes *binding;       /* stream_channel_binding, borrowed; NULL none */
} sasl_account;

/* Does the server offer a mechanism, named in upper case? */
typedef bool (*sasl_offered_fn)(const char *mechanism, gpointer data);
/* The mechanism to use, static; NULL: none fits.  AUTH_AUTO is the strongest that is offered:
 * EXTERNAL with a certificate; with a token only OAUTHBEARER, XOAUTH2; else SCRAM-SHA-256-PLUS,
 * SCRAM-SHA-256, SCRAM-SHA-1-PLUS, SCRAM-SHA-1, PLAIN.  Another choice is taken whether or not it
 * is offered, SCRAM with -PLUS where that is offered.  AUTH_LOGIN has no mechanism. */
const char *sasl_choose(auth_choice how, const sasl_account *a, sasl_offered_fn offered,
                        gpointer data);
bool sasl_needs_secret(const char *mechanism);

typedef struct sasl sasl;
/* Strings and secret must outlive it.  Errors: AUTH (this build does not know the mechanism), INPUT
 * (what cannot be said in it). */
sasl *sasl_new(const char *mechanism, const sasl_account *a, const secret *password,
               GError **error);
void sasl_free(sasl *s); /* NULL is ignored */

/* Does the client speak first?  Then sasl_step(s, NULL) is its initial response (RFC 4959). */
bool sasl_begins(const sasl *s);
/* The answer to a challenge (base64, "" for an empty one), base64 without a line end; free with
 * sasl_wipe.  NULL with PROTOCOL or AUTH: cancel the exchange. */
GString *sasl_step(sasl *s, const char *challenge, GError **error);
void sasl_wipe(GString *line);
/* What the server told in its last challenge instead of a reason, decoded, foreign text; NULL
 * nothing.  Borrowed. */
const char *sasl_remark(const sasl *s);
/* The server says that all is well: AUTH when it did not prove that it knows the password, where
 * the mechanism has that. */
bool sasl_finish(const sasl *s, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(sasl, sasl_free)

#endif
