/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bodies of parts: transfer encodings off (RFC 2045 section 6), characters to UTF-8. */
#ifndef CURSUS_MIME_BODY_H
#define CURSUS_MIME_BODY_H

#include <glib.h>
#include <stdbool.h>

/* Bytes without their transfer encoding; encoding in lower case, NULL and unknown ones mean none.
 * source is the message the bytes lie in: without an encoding the result is a slice of it.  NULL:
 * no memory. */
GBytes *body_decode(GBytes *source, gsize offset, gsize nbytes, const char *encoding);

/* Text in UTF-8 with '\n' line ends, no NUL and no byte order mark.  type "text/html" is asked for
 * its own charset where the label is missing.  *guessed (may be NULL): the label was missing or
 * wrong. */
char *body_text(const char *bytes, gsize nbytes, const char *type, const char *charset,
                gsize *out_nbytes, bool *guessed);

#endif
