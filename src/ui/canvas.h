/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drawing text into cells: rectangles, and a pen that moves along one row.  Knows styles, no roles,
 * no mail. */
#ifndef CURSUS_UI_CANVAS_H
#define CURSUS_UI_CANVAS_H

#include "ui/term-curses.h"

typedef struct rect {
    int row, col, nrows, ncols;
} rect;

/* May line drawing and marks outside of ASCII be used?  (UTF-8 locale, and not the option
 * `accessible`.) */
void canvas_set_ascii(bool ascii);
bool canvas_ascii(void);
/* mark where the terminal can show it, else plain. */
const char *canvas_mark(const char *mark, const char *plain);

term_style style_over(term_style below, term_style above);

/* A place on one row; what does not fit before `end` is cut, with an ellipsis in the last column.
 */
typedef struct pen {
    int row, col, end; /* end: the column behind the last that may be drawn */
} pen;

pen pen_at(int row, int col, int ncols);
/* text must be free of control characters (text/sanitise); nbytes -1: to the NUL. */
void pen_text(pen *p, const char *text, gssize nbytes, term_style style);
/* Exactly ncols columns: cut or filled with blanks. */
void pen_field(pen *p, const char *text, int ncols, term_style style);
void pen_field_right(pen *p, const char *text, int ncols, term_style style);
void pen_blank(pen *p, int ncols, term_style style);
void pen_to(pen *p, int col, term_style style); /* blanks up to this column */
void pen_rest(pen *p, term_style style);        /* blanks up to the end */
int pen_left(const pen *p);                     /* columns that remain */

void canvas_fill(rect area, term_style style);
void canvas_hline(int row, int col, int ncols, term_style style);
void canvas_vline(int row, int col, int nrows, term_style style);

#endif
