/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Styled lines that scroll: the body of the message view, of help and of other lists to read. */
#ifndef CURSUS_UI_PANE_H
#define CURSUS_UI_PANE_H

#include "text/styled.h"
#include "ui/screen.h"

typedef struct pane {
    ui *ui;
    GPtrArray *lines; /* of styled_line, owning; PANE_RULE as text is a ruled line */
    int top;
    int nrows;     /* of the last drawing */
    int indent;    /* columns before the text */
    char *pattern; /* of the search, NULL none */
    int match;     /* line that was found last, -1 */
} pane;

/* No sanitised line has a control character. */
#define PANE_RULE "\f"

void pane_init(pane *p, ui *u, int indent);
void pane_clear(pane *p);
/* Takes lines; the line that was on top stays there, also when they are broken anew. */
void pane_set(pane *p, GPtrArray *lines);
void pane_draw(pane *p, rect area);
void pane_move(pane *p, view_motion motion, int n);
bool pane_at_end(const pane *p);
void pane_place(const pane *p, GString *out);
/* As view_class.search. */
bool pane_search(pane *p, const char *text, bool backwards, GError **error);
/* Where pattern begins in text from byte `from` on, letters compared without case; *nbytes: of the
 * hit.  NULL. */
const char *pane_find(const char *text, const char *pattern, gsize *nbytes);

/* A view to read lines in: help, messages, the parts of a mail.  Takes lines; title is copied. */
view *pane_view_new(ui *u, const char *title, GPtrArray *lines);
/* "name<gap>value" with the name in a style of its own, appended. */
void pane_add(GPtrArray *lines, const char *text, text_style style);
void pane_add_pair(GPtrArray *lines, const char *name, int ncols, text_style style,
                   const char *value);

#endif
