/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The screen: one of the two faces.  main.c wires everything below it and hands it over here;
 * nothing else of ui/ is seen from outside. */
#ifndef CURSUS_UI_UI_H
#define CURSUS_UI_UI_H

#include "command/command.h"
#include "conf/conf.h"
#include "mtm/mtm.h"

#include <stdbool.h>

typedef struct ui_options {
    mtm *mtm;   /* joined: the engine, or beside the one that runs */
    conf *conf; /* the config file is loaded */
    command_table *commands; /* every row is registered, the person's keys are bound */
    const char *folder; /* where to begin: NAME or ACCOUNT:NAME; NULL: the first account's inbox */
    char **commands_e;  /* lines of the command language, run in order before the first paint; a
                         * mistake is  shown, the next one still runs; NULL-terminated, NULL: none */
    bool offline;       /* --offline: never connect */
} ui_options;

/* The screen from the first paint until the person leaves.  Everything in options is borrowed and
 * outlives the call.  Main thread, default GMainContext, standard input and output are a terminal.
 * Returns the exit status of the program: 0, or 1 after a sentence on standard error when there can
 * be no screen (unknown TERM). */
int ui_run(const ui_options *options);

/* Register the rows of the commands that need a screen, and bind the default keys.  Called without
 * a screen too
 * (`cursus run`, `cursus config check`), so that the same config loads everywhere: there the
 * functions are never to touch a terminal, and answer ERROR_INPUT ("needs the screen") while ui_run
 * does not run.  The host of a call is the face of whoever runs it: it is the screen's own only
 * inside ui_run. */
void ui_register(command_table *table);

#endif
