/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A page of styled lines under construction: text flows into paragraphs, paragraphs break at the
 * width, with quote prefixes, indentation and hanging markers.  Knows nothing of HTML. */
#ifndef CURSUS_RENDER_PAGE_H
#define CURSUS_RENDER_PAGE_H

#include "text/styled.h"

#include <glib.h>
#include <stdbool.h>

typedef struct page page;

/* max_nbytes: of the answer that the lines become; beyond it the page is full and takes no more. */
page *page_new(guint ncols, gsize max_nbytes);
void page_free(page *p);

/* Where paragraphs from now on stand; ends the current one if that changes anything. */
void page_place(page *p, guint quote, guint indent);
/* Columns a line has at this place. */
guint page_width(const page *p);
/* Hang a marker ("1. ") at the end of the indentation of the next line, beside one that waits
 * further left; NULL takes unused ones back. */
void page_marker(page *p, const char *marker);

/* Add text; white space collapses as in HTML unless kept (pre).  Sanitised here. */
void page_text(page *p, const char *text, gsize nbytes, text_style style, bool keep);
/* Add text that is ours, as it is, never broken off from what stands before it. */
void page_attach(page *p, const char *text, text_style style);
/* Two blanks between what stands side by side; a line may end there. */
void page_separate(page *p);
/* Bytes of the paragraph so far, and those behind an earlier length; not NUL-terminated in
 * general. */
gsize page_paragraph_length(const page *p);
const char *page_paragraph_from(const page *p, gsize offset, gsize *nbytes);
/* How many paragraphs were ended: to know whether an offset is still good. */
guint page_paragraphs(const page *p);

void page_newline(page *p); /* <br> */
void page_break(page *p);   /* the paragraph ends here */
void page_gap(page *p);     /* and an empty line stands before the next */
void page_rule(page *p);
/* Add a line that is laid out already (takes it); it gets the prefix of this place. */
void page_line(page *p, styled_line *line);
bool page_is_full(const page *p);

/* The lines so far (of styled_line); the page keeps working.  Borrowed. */
const GPtrArray *page_lines(page *p);
/* The widest word that could not be broken, in columns. */
guint page_longest_word(const page *p);

#endif
