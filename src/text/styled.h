/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines ready for a pager: UTF-8 without control characters, with runs of styles.  The neutral form
 * between what makes text (mime, render) and what shows it (ui, cli). */
#ifndef CURSUS_TEXT_STYLED_H
#define CURSUS_TEXT_STYLED_H

#include <glib.h>
#include <stdbool.h>

typedef enum text_style {
    STYLE_PLAIN,
    STYLE_BOLD,
    STYLE_ITALIC,
    STYLE_UNDERLINE,
    STYLE_HEADING,
    STYLE_LINK,
    STYLE_CODE,
    STYLE_QUOTE,       /* level in styled_line.quote */
    STYLE_SIGNATURE,
    STYLE_HEADER_NAME,
    STYLE_HEADER_VALUE,
    STYLE_ATTACHMENT,
    STYLE_NOTE,        /* words of ours inside a message area: never of the message */
    STYLE_DIFF_ADD,
    STYLE_DIFF_DELETE,
    STYLE_DIFF_HUNK,
} text_style;

typedef struct styled_run {
    guint32 start, length; /* bytes in the line's text, at character borders */
    text_style style;
} styled_run;

typedef struct styled_line {
    char *text;          /* no '\n' */
    GArray *runs;        /* of styled_run, ascending, not overlapping; NULL when all plain */
    guint8 quote;        /* quote level, 0 none */
    bool wrapped;        /* goes on from the line above (for copying and searching) */
} styled_line;

styled_line *styled_line_new(const char *text, gssize nbytes); /* nbytes -1: to the NUL; not sanitised */
void styled_line_free(styled_line *line);
void styled_line_add(styled_line *line, guint32 start, guint32 length, text_style style);
GPtrArray *styled_lines_new(void); /* of styled_line, owning */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(styled_line, styled_line_free)

#endif
