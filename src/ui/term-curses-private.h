/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between the files that know curses. */
#ifndef CURSUS_UI_TERM_CURSES_PRIVATE_H
#define CURSUS_UI_TERM_CURSES_PRIVATE_H

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <term.h>

WINDOW *term_key_window(void);
/* Keys that terminfo does not describe: bracketed paste. */
void term_define_keys(void);

#endif
