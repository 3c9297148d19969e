/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The terminal as a grid of cells, and its keys: everything that knows curses is behind this
 * header. Main thread only.  Colours are what the theme wants; what the terminal can show is
 * decided here. */
#ifndef CURSUS_UI_TERM_CURSES_H
#define CURSUS_UI_TERM_CURSES_H

#include <glib.h>
#include <stdbool.h>

enum {
    TERM_INHERIT = -2,    /* in a style laid over another: leave what is below */
    TERM_DEFAULT = -1,    /* the terminal's own colour */
    TERM_RGB = 0x1000000, /* | 0xrrggbb; below 256: an index of the palette */
};
enum {
    TERM_BOLD = 1 << 0,
    TERM_DIM = 1 << 1,
    TERM_ITALIC = 1 << 2,
    TERM_UNDERLINE = 1 << 3,
    TERM_REVERSE = 1 << 4,
};

typedef struct term_style {
    gint32 fg, bg;
    guint attrs;
} term_style;

/* Take the terminal of standard input and output.  ERROR_INPUT when there is none or it cannot
 * place a cursor; the terminal is then as it was. */
bool term_open(GError **error);
/* Give it back as it was found.  May be called twice. */
void term_close(void);
/* Give the terminal to somebody else for a while, and take it again: it is written anew. */
void term_lend(void);
void term_take_back(void);
/* Give the terminal back, stop the process group as ^Z does, and take it again when continued. */
void term_suspend(void);
/* After somebody else drew on it or it was taken again: everything is written anew with the next
 * flush. */
void term_redraw(void);
/* After SIGWINCH: ask the size and follow it.  True when it changed. */
bool term_resized(void);

int term_fd(void); /* readable when keys wait */
int term_nrows(void);
int term_ncols(void);
int term_ncolors(void);  /* 0: none, 8, 16, 256, or 0x1000000 */
bool term_is_utf8(void); /* of the locale: may line drawing and marks be used? */

/* ---- cells: a picture is built from blank, then flushed; what did not change is not sent */
void term_erase(void);
/* One cluster (base character and combining marks) of ncols columns; outside of the screen:
 * nothing. */
void term_put(int row, int col, const char *cluster, int ncols, const term_style *style);
void term_fill(int row, int col, int ncols, const term_style *style);
void term_cursor(int row, int col, bool visible);
void term_flush(void);
void term_bell(void);

/* ---- keys */
typedef enum term_input { TERM_NOTHING, TERM_KEY, TERM_PASTE, TERM_MOUSE, TERM_GONE } term_input;
typedef struct term_mouse {
    int row, col;
    int wheel;    /* -1 up, 1 down, 0: a button */
    bool pressed; /* the first button went down */
} term_mouse;
/* The next input that waits, never blocking longer than the 25 ms that tell Esc from a function
 * key. TERM_KEY: out is one key name in the spelling of bind ("a", "<esc>", "<pagedown>").
 * TERM_PASTE: out is the whole pasted text, not sanitised.  TERM_MOUSE: *mouse is set.
 * TERM_GONE: the terminal is closed. */
term_input term_read(GString *out, term_mouse *mouse);
/* Ask the terminal for clicks and the wheel, or leave them to it. */
void term_want_mouse(bool want);

#endif
