/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unified diffs in a message: which line is what. */
#ifndef CURSUS_TEXT_DIFF_H
#define CURSUS_TEXT_DIFF_H

#include "text/styled.h"

#include <glib.h>
#include <stdbool.h>

/* Zero it before the first line. */
typedef struct diff_state {
    guint64 old_left, new_left; /* lines the hunk still has, by its own header */
    bool in_header;             /* between "diff" and the first hunk of a file */
} diff_state;

/* Style of the next line; left bytes from line on hold the rest of the text (to look ahead).  A hunk's own
 * counts say where it ends, so that a signature or a quotation behind it is not taken for a change. */
text_style diff_line(diff_state *d, const char *line, gsize nbytes, gsize left);
bool diff_in_hunk(const diff_state *d);

#endif
