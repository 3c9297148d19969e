/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Encoded words (RFC 2047) and raw bytes of header values to UTF-8, as lenient as mail demands. */
#ifndef CURSUS_MIME_WORDS_H
#define CURSUS_MIME_WORDS_H

#include <glib.h>

/* Decode an unfolded value: encoded words wherever they stand, also inside quoted strings and
 * beside other text; bytes above 127 as UTF-8 or by guess.  The result is one line of valid UTF-8
 * (line ends that come out of a word are blanks, NUL a replacement character), not sanitised.  Not
 * for addr-specs. Caller frees.  Any thread. */
char *words_decode(const char *value, gsize nbytes);
/* Bytes of the encoded word at p, 0 when there is none. */
gsize words_length(const char *p, const char *end);
/* The same without encoded words: valid UTF-8 from raw bytes. */
char *words_repair(const char *value, gsize nbytes);

#endif
