/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mailbox names: modified UTF-7 (RFC 3501 section 5.1.3), hierarchy delimiters. */
#ifndef CURSUS_IMAP_NAME_H
#define CURSUS_IMAP_NAME_H

#include <glib.h>
#include <stdbool.h>

/* Modified UTF-7 (or UTF-8, where the server sent 8-bit) to UTF-8.  Invalid input is kept as it is,
 * made valid.  Caller frees. */
char *imap_name_decode(const char *wire);
/* UTF-8 to modified UTF-7.  Caller frees. */
char *imap_name_encode(const char *utf8);
/* Wire name to our name: decoded, levels joined by '/', a '/' inside a level shown as U+2215; INBOX
 * upper case. */
char *imap_name_from_wire(const char *wire, char delimiter);
char *imap_name_to_wire(const char *name, char delimiter);

#endif
