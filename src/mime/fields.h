/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A header block split into its fields, without copying: names and raw values as they lie there
 * (RFC 5322 section 2.2 and the obsolete forms of section 4.5). */
#ifndef CURSUS_MIME_FIELDS_H
#define CURSUS_MIME_FIELDS_H

#include <glib.h>
#include <stdbool.h>

/* One field: views into the block, valid as long as it is. */
typedef struct field_view {
    const char *name;
    gsize name_nbytes;
    const char *value; /* raw: folded, line ends inside, white space in front */
    gsize value_nbytes;
} field_view;

typedef struct field_cursor {
    const char *p, *end;
    char line_end; /* '\n', or '\r' where a block knows no other */
    bool strict;   /* a line that is no field may end the block, as it must where a body follows */
    bool any;      /* a field was seen */
    const char *trusted; /* strict: up to here it is known to go on */
} field_cursor;

/* A byte order mark and an mbox "From " line in front are stepped over; more than
 * LIMIT_HEADER_BLOCK bytes are not looked at. */
void field_cursor_init(field_cursor *c, const char *block, gsize nbytes, bool strict);
/* '\n', or '\r' for a text that knows no other line end. */
char field_line_end(const char *text, gsize nbytes);
/* The next field; false at the empty line or the end, with c->p behind that line. */
bool field_next(field_cursor *c, field_view *field);
bool field_is(const field_view *field, const char *name);

/* The value in one line: folds become one blank, NUL a replacement character, blanks at both ends
 * go. Bytes are not decoded and may be no UTF-8.  Caller frees; *nbytes may be NULL. */
char *field_unfold(const char *value, gsize nbytes, gsize *out_nbytes);
/* Is the value one line already?  Then *value and *nbytes are narrowed to it without a copy. */
bool field_trim(const char **value, gsize *nbytes);

#endif
