/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Character sets to UTF-8 through iconv, with an alias table for what mail calls them. */
#ifndef CURSUS_TEXT_CHARSET_H
#define CURSUS_TEXT_CHARSET_H

#include <glib.h>
#include <stdbool.h>

/* Convert to valid UTF-8.  charset may be NULL, unknown or wrong: then valid UTF-8 is taken as such, else
 * windows-1252 (never fails); *guessed (may be NULL) says so.  Invalid bytes become U+FFFD.  Output is at
 * most 4 times the input.  *out_nbytes may be NULL; result is NUL-terminated.  Descriptors are cached per
 * thread.  Caller frees. */
char *charset_to_utf8(const char *bytes, gsize nbytes, const char *charset, gsize *out_nbytes, bool *guessed);
/* Our name for a label ("ks_c_5601-1987" -> "CP949"), the label itself when it has no alias; borrowed or static. */
const char *charset_alias(const char *label);

#endif
