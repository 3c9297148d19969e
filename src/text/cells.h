/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Terminal columns.  Rule: print only what every terminal and ncurses agree on, decided a grapheme cluster
 * at a time; of an emoji cluster the base emoji is printed (2 columns), the rest is dropped on screen. */
#ifndef CURSUS_TEXT_CELLS_H
#define CURSUS_TEXT_CELLS_H

#include <glib.h>
#include <stdbool.h>

/* Columns of text as text_cells_put would print it.  nbytes -1: to the NUL.  Any valid UTF-8, any thread. */
int text_columns(const char *text, gssize nbytes);

/* The next cluster at *p (before end): *p moves behind it; what to print for it is written to out (at most
 * TEXT_CLUSTER_MAX bytes with its NUL: base and up to 5 combining marks); returns its columns, 0 to 2
 * (control characters and what has no width become U+FFFD, 1 column; format characters nothing, 0). */
#define TEXT_CLUSTER_MAX 64
int text_next_cluster(const char **p, const char *end, char out[TEXT_CLUSTER_MAX]);

/* Append text to out cut to at most ncols columns; where it was cut the last column is an ellipsis
 * (U+2026, or '.' when ascii).  With pad, filled with blanks to exactly ncols.  Returns columns written. */
int text_fit(GString *out, const char *text, gssize nbytes, int ncols, bool pad, bool ascii);
/* The same, right aligned. */
int text_fit_right(GString *out, const char *text, gssize nbytes, int ncols, bool ascii);

/* Bytes of text that fit in ncols columns, at a cluster border. */
gsize text_bytes_for_columns(const char *text, gsize nbytes, int ncols);

#endif
