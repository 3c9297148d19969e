/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line of text that is being written: editing by clusters and words, drawing with the cursor in
 * sight. A secret one is never drawn, never moved in memory and wiped at its end. */
#ifndef CURSUS_UI_LINE_H
#define CURSUS_UI_LINE_H

#include "ui/canvas.h"

typedef struct line line;

line *line_new(bool secret);
void line_free(line *l);
const char *line_text(const line *l);
gsize line_cursor(const line *l);         /* byte */
void line_set(line *l, const char *text); /* cursor at the end */
void line_insert(line *l, const char *text);
void line_left(line *l);
void line_right(line *l);
void line_word_left(line *l);
void line_word_right(line *l);
void line_home(line *l);
void line_end(line *l);
void line_backspace(line *l);
void line_delete(line *l);
void line_kill_end(line *l);
void line_kill_begin(line *l);
void line_kill_word(line *l);
void line_kill_word_ahead(line *l);
void line_yank(line *l);
void line_transpose(line *l);
/* Draws the part around the cursor; returns the column of the cursor. */
int line_draw(const line *l, pen *p, term_style style);

#endif
