/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Message ids out of Message-ID, In-Reply-To and References (RFC 5322 section 3.6.4), as they
 * come. */
#ifndef CURSUS_MIME_IDS_H
#define CURSUS_MIME_IDS_H

#include <glib.h>

/* Append the ids of an unfolded value to ids (owning strings), without <> and without blanks
 * inside, valid UTF-8; only the last LIMIT_REFERENCES are kept.  Comments and words are passed
 * over, and so are addresses after the word "from", as old In-Reply-To fields have them. */
void ids_parse(GPtrArray *ids, const char *value, gsize nbytes);

#endif
