/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Breaking one line of text at a width. */
#ifndef CURSUS_TEXT_BREAK_H
#define CURSUS_TEXT_BREAK_H

#include "text/links.h"

#include <glib.h>

/* Append to pieces (of text_span, ascending) what goes on each screen line of ncols > 0 columns.  Breaks
 * where Unicode allows (UAX 14, so kinsoku too), never inside a span of links unless a line cannot hold it;
 * what has no place to break is cut between clusters.  Blanks at a break are dropped.  At least one piece.
 * Valid UTF-8; linear. */
void text_break(GArray *pieces, const char *text, gsize nbytes, const GArray *links, int ncols);

#endif
