/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program on a terminal inside this process: bytes in, keys out, the picture as text and
 * attributes. */
#ifndef CURSUS_TESTS_SCREEN_TERMINAL_H
#define CURSUS_TESTS_SCREEN_TERMINAL_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct terminal terminal;

terminal *terminal_new(int nrows, int ncols);
void terminal_free(terminal *t); /* ends the program, if it still runs */
bool terminal_start(terminal *t, char **argv, char **envp);
void terminal_resize(terminal *t, int nrows, int ncols);
void terminal_type(terminal *t, const char *bytes, gsize n);
/* Take what the program draws for at most so long; false when it has closed the terminal. */
bool terminal_pump(terminal *t, int timeout_ms);
/* Its exit status (128 + signal when killed), -1 while it runs. */
int terminal_status(terminal *t);
pid_t terminal_pid(const terminal *t);
int terminal_nrows(const terminal *t);
/* The text of a row without trailing blanks; a wide character counts once.  Caller frees. */
char *terminal_row(terminal *t, int row);
/* "bold reverse underline italic" as far as they are set. */
char *terminal_attrs(terminal *t, int row, int col);
/* The column where text begins in a row, -1. */
int terminal_find(terminal *t, int row, const char *text);
bool terminal_cursor_visible(const terminal *t);

#endif
