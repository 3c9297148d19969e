/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one error domain.  A kind says what a caller can do; the text says what happened, with the
 * server's own words where there are any.  The sentence for the person is made in the faces. */
#ifndef CURSUS_BASE_ERROR_H
#define CURSUS_BASE_ERROR_H

#include <glib.h>

#define CURSUS_ERROR (cursus_error_quark())
GQuark cursus_error_quark(void);

typedef enum error_kind {
    ERROR_NETWORK = 1, /* no connection, or it broke: try again later */
    ERROR_TIMEOUT,     /* a deadline passed */
    ERROR_TLS,         /* handshake or certificate: never retried in clear */
    ERROR_AUTH,        /* the server refused the credentials: ask again */
    ERROR_REFUSED,     /* the server said NO: its words are in the text */
    ERROR_PROTOCOL,    /* the server's bytes make no sense */
    ERROR_QUOTA,       /* the server or the disk is full by rule */
    ERROR_DISK,        /* local storage failed */
    ERROR_BUSY,        /* another engine or operation has it */
    ERROR_CANCELLED,   /* the person cancelled */
    ERROR_INPUT,       /* what the person wrote is wrong */
    ERROR_CRYPTO,      /* a key or signature failed */
    ERROR_INTERNAL     /* a bug here */
} error_kind;

/* Set *error (may be NULL) to kind with a formatted text, valid UTF-8. */
void error_set(GError **error, error_kind kind, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* The kind of an error: ours as it is, GIO's cancelled and timed-out mapped, else ERROR_INTERNAL.
 * 0 for NULL. */
error_kind error_kind_of(const GError *error);

/* The stable lower_snake_case word of a kind, for logs and JSON ("network", "auth", ...). */
const char *error_kind_word(error_kind kind);

/* An error of our kind holding the text of one of GLib's (takes nothing). */
void error_from(GError **error, error_kind kind, const GError *cause, const char *what);

#endif
