/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may be written into the prompts: completion and remarks for commands, folders and queries.
 */
#ifndef CURSUS_UI_PROMPT_WORDS_H
#define CURSUS_UI_PROMPT_WORDS_H

#include "ui/prompt.h"

GPtrArray *prompt_complete_command(ui *u, const char *text, gsize *start);
GPtrArray *prompt_complete_folder(ui *u, const char *text, gsize *start);
GPtrArray *prompt_complete_query(ui *u, const char *text, gsize *start);
/* A completer for the command table; data: the ui. */
void prompt_complete_arguments(const command_row *row, char **words, int nwords, GPtrArray *candidates, gpointer data);
char *prompt_check_query(const char *text, int *column);

#endif
