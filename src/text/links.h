/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses of pages in plain text: where they start and end. */
#ifndef CURSUS_TEXT_LINKS_H
#define CURSUS_TEXT_LINKS_H

#include <glib.h>

typedef struct text_span {
    gsize start, length; /* bytes */
} text_span;

/* Append the spans of URLs in text ("scheme://...", "mailto:...", "www....") to spans (of text_span),
 * ascending.  Punctuation behind an address is not of it; a closing bracket only if it was opened inside.
 * Valid UTF-8; linear. */
void text_find_links(GArray *spans, const char *text, gsize nbytes);

#endif
