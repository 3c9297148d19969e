/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mbox files (RFC 4155; quoting of mboxrd, which is also that of mboxo where nothing is quoted twice). */
#ifndef CURSUS_MIME_MBOX_H
#define CURSUS_MIME_MBOX_H

#include <glib.h>
#include <stdbool.h>

/* One message of a file: [start, next) with its "From " line, [message, end) without it and without the empty line that
 * belongs to the next one. */
typedef struct mbox_item {
    gsize start, message, end, next;
    gint64 received_s; /* of the "From " line, taken as UTC; 0 unreadable */
} mbox_item;

/* The item that starts at *at, or behind what stands before the first "From " line; *at moves behind it.  False: there
 * is none.  data is hostile; nothing is copied. */
bool mbox_next(const char *data, gsize nbytes, gsize *at, mbox_item *item);
/* Its bytes as a server takes them: every line ends in CRLF, one '>' of ">From " lines is taken away. */
GBytes *mbox_unquote(const char *data, const mbox_item *item);
/* Any message with every line end made CRLF; the last one gets none. */
GBytes *mail_canonical(const char *data, gsize nbytes);
/* The same bytes with LF for CRLF when that can be undone (no bare CR or LF is in it); else a reference of raw. */
GBytes *mail_unix(GBytes *raw);
/* A message as it stands in an mbox file: "From " line, quoted text, an empty line. */
GBytes *mbox_quote(GBytes *raw, const char *sender, gint64 received_s);

#endif
