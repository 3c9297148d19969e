/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an HTML element is to a page of text. */
#ifndef CURSUS_RENDER_TAGS_H
#define CURSUS_RENDER_TAGS_H

typedef enum tag {
    TAG_OTHER, /* unknown: its text flows on */
    TAG_A, TAG_BLOCKQUOTE, TAG_BOLD, TAG_BR, TAG_BUTTON, TAG_CAPTION, TAG_CELL, TAG_CODE, TAG_DD,
    TAG_DT, TAG_HEAD_CELL, TAG_HEADING, TAG_HR, TAG_IMG, TAG_INPUT, TAG_ITALIC, TAG_LI, TAG_OL,
    TAG_PRE, TAG_DEL, TAG_Q, TAG_ROW, TAG_ROWS, TAG_TABLE, TAG_UL, TAG_UNDERLINE, TAG_STYLE,
    TAG_BLOCK,     /* its content stands on lines of its own */
    TAG_PARAGRAPH, /* and with empty lines around */
    TAG_SILENT,    /* not for reading */
} tag;

/* By the name as the parser gives it (lower case). */
tag tag_of(const char *name);

#endif
