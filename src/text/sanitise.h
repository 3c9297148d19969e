/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one gate between foreign text and a terminal cell: C0 and C1 controls, DEL, ESC, bidi controls, zero
 * width and tag characters, lone surrogates, invalid UTF-8. */
#ifndef CURSUS_TEXT_SANITISE_H
#define CURSUS_TEXT_SANITISE_H

#include <glib.h>
#include <stdbool.h>

/* One line: newlines and tabs become blanks, runs of them one.  For subjects, names, server texts. */
char *text_sanitise_line(const char *text, gssize nbytes);
/* Many lines: '\n' stays, "\r\n" becomes '\n', tabs become blanks up to the next multiple of 8, the rest as
 * above; form feed is dropped.  For bodies. */
char *text_sanitise_body(const char *text, gssize nbytes);
/* Is it clean already (then no copy is needed)? */
bool text_is_clean_line(const char *text, gsize nbytes);

#endif
