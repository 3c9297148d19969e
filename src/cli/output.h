/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Standard output and standard error of the command line.  Main thread. */
#ifndef CURSUS_CLI_OUTPUT_H
#define CURSUS_CLI_OUTPUT_H

#include <glib.h>
#include <stdbool.h>

bool out_is_terminal(void);
/* Columns of the terminal on standard output (else $COLUMNS), 80 when unknown. */
int out_columns(void);
bool out_is_ascii(void); /* the locale cannot show an ellipsis */

/* UTF-8 to standard output in the locale's charset ('?' for what it lacks).  Foreign text must be sanitised
 * already. */
void out_text(const char *text);
void out_line(const char *text); /* with '\n' */
/* UTF-8 as it is: JSON. */
void out_json(const GString *object);
/* Bytes as they are. */
void out_bytes(GBytes *bytes);
/* All is written and flushed; false with ERROR_DISK ("No space left", not for a closed pipe, which is the
 * reader's choice). */
bool out_finish(GError **error);

/* "cursus: SENTENCE" on standard error. */
void err_line(const char *sentence);

#endif
