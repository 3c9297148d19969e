/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The indexing path: a header block's bytes to values, without message objects (130k blocks a
 * second a core is the aim).  Encoded words, charsets and their common violations are repaired here. */
#ifndef CURSUS_MIME_HEADER_H
#define CURSUS_MIME_HEADER_H

#include "model/summary.h"

#include <glib.h>

/* Call once at start, main thread, before other threads use mime/. */
void mime_init(void);

/* Fill subject, from, to, cc, message_id, references, date_s, date_offset_min, list_id and has_attachment
 * (from Content-Type: multipart/mixed and the like, a guess that the structure corrects) of s from a
 * header block (or any part of it, any line ends, an mbox "From " line in front is skipped).  The first
 * of repeated fields wins.  Hostile: limits of base/limits.h; never fails.  Any thread. */
void mime_header_summary(const char *block, gsize nbytes, mail_summary *s);

/* One field's value, unfolded but not decoded; NULL when absent.  Caller frees. */
char *mime_header_field(const char *block, gsize nbytes, const char *name);
/* An unstructured value (Subject) decoded to one line of UTF-8.  Caller frees. */
char *mime_header_decode(const char *value);
/* Bytes of the header block in a raw message: up to and with the empty line. */
gsize mime_header_length(const char *raw, gsize nbytes);

#endif
