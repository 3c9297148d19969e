/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The little of CSS that changes what a page of text says: what is hidden, bold, preformatted.
 * Colours, sizes and places are not looked at. */
#ifndef CURSUS_RENDER_CSS_H
#define CURSUS_RENDER_CSS_H

#include <glib.h>
#include <stdbool.h>

typedef enum css_answer { CSS_UNSAID, CSS_NO, CSS_YES } css_answer;

/* What declarations say; zero-initialise. */
typedef struct css_style {
    css_answer gone;      /* display: none and its equals: with everything inside */
    css_answer invisible; /* visibility: hidden: what is inside may come back */
    css_answer tiny;      /* font-size: 0: the same */
    css_answer bold, italic, underline, strike;
    css_answer keep_space; /* white-space: pre... */
    css_answer bullets;    /* list-style: CSS_NO none */
    css_answer border;     /* CSS_NO: border: none or 0 */
    css_answer block;      /* display: block and so on; CSS_NO inline */
    bool no_height;        /* max-height: 0 or height: 0; gone together with overflow: hidden */
    bool clipped;          /* overflow: hidden */
} css_style;

/* Read "name: value; ..." into style; later declarations win. */
void css_declarations(css_style *style, const char *text, gsize nbytes);

/* Rules of <style> elements: those with one plain selector (p, .class, #id, p.class), outside
 * @media. */
typedef struct css_sheet css_sheet;
css_sheet *css_sheet_new(void);
void css_sheet_free(css_sheet *sheet);
void css_sheet_add(css_sheet *sheet, const char *text, gsize nbytes);
/* Apply the rules for an element; class (blank separated) and id may be NULL. */
void css_sheet_apply(const css_sheet *sheet, css_style *style, const char *element,
                     const char *class_list, const char *id);

#endif
