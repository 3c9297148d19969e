/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plain text bodies to styled lines: quote levels, signatures, format=flowed, breaking at a width. */
#ifndef CURSUS_TEXT_WRAP_H
#define CURSUS_TEXT_WRAP_H

#include "text/styled.h"

#include <glib.h>
#include <stdbool.h>

typedef struct wrap_settings {
    guint ncols;      /* columns a line may have; 0: no limit */
    bool flowed;      /* RFC 3676: join soft breaks first */
    bool delsp;       /* and drop the blank at them */
    bool diff;        /* colour unified diffs */
    bool signature;   /* find "-- " and style what follows */
} wrap_settings;

/* A text of line ends alone costs a hundred times its size as lines; no text that is read has so many. */
#define WRAP_LINES_MAX 500000

/* Append the lines of a sanitised body (text_sanitise_body's output) to lines (styled_lines_new).  Breaks by
 * the Unicode rules; a word longer than a line is cut.  Quote prefixes are repeated on wrapped lines.
 * When lines has WRAP_LINES_MAX a note stands for the rest.  Any thread; linear. */
void text_wrap_body(GPtrArray *lines, const char *text, gsize nbytes, const wrap_settings *settings);
/* Quote level and bytes of the prefix of a line (">> > x" is 3). */
guint text_quote_level(const char *line, gsize nbytes, gsize *prefix);

#endif
