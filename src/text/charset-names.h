/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside text/: facts about names of character sets. */
#ifndef CURSUS_TEXT_CHARSET_NAMES_H
#define CURSUS_TEXT_CHARSET_NAMES_H

#include <glib.h>
#include <stdbool.h>

/* The sets that are converted here and not by iconv (or not by it alone), compared by address-free
 * strcmp. */
#define CHARSET_ASCII "US-ASCII" /* also: nothing is known */
#define CHARSET_UTF8 "UTF-8"
#define CHARSET_1252 "WINDOWS-1252"
#define CHARSET_UTF16 "UTF-16"
#define CHARSET_2022_JP "ISO-2022-JP"
#define CHARSET_HZ "HZ"

/* May a name that came with a message be given to iconv_open? */
bool charset_may_open(const char *name);
/* What to try when iconv does not know our name; NULL when there is nothing. */
const char *charset_second_choice(const char *name);
/* Does text of bytes below 0x80 mean ASCII in this set? */
bool charset_extends_ascii(const char *name);
/* Bytes of a code unit: what is skipped after an invalid one. */
gsize charset_unit(const char *name);

#endif
