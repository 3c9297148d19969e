/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of a message is its body to a reader (RFC 2046 section 5, RFC 2387, RFC 1847, RFC 2183). */
#ifndef CURSUS_MIME_SHOWN_H
#define CURSUS_MIME_SHOWN_H

#include "mime/structure.h"

#include <glib.h>

/* Says whether a text part has something to read in it. */
typedef bool (*shown_has_text_fn)(const entity *e, gpointer data);

/* Append the entities to show, in order, to out (not owning).  has_text is asked only for the plain
 * text of an alternative. */
void shown_choose(const entity *root, bool prefer_html, shown_has_text_fn has_text, gpointer data,
                  GPtrArray *out);

#endif
