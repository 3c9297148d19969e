/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One run of a shell command whose output is a secret: read without a main loop and without helper threads, into a
 * buffer that never moves, so that nothing of it is left behind. */
#ifndef CURSUS_MTM_COMMAND_OUTPUT_H
#define CURSUS_MTM_COMMAND_OUTPUT_H

#include <gio/gio.h>
#include <stdbool.h>

typedef struct command_run {
    const char *command;          /* for /bin/sh -c */
    char **environment;           /* or NULL: ours */
    GSpawnFlags flags;            /* G_SPAWN_CHILD_INHERITS_STDIN, else it reads nothing */
    GSpawnChildSetupFunc setup;   /* in the child; or NULL */
    bool session;                 /* setup makes it the leader of one: its children are ended with it */
    bool collect_errors;          /* else its standard error is ours */
} command_run;

enum { COMMAND_OUTPUT_MAX = 64 << 10 }; /* bytes of either stream that are kept; the rest is read and dropped */

typedef struct command_output {
    char *out;                    /* wiped by command_output_clear */
    gsize out_nbytes;
    GString *err;
    int status;                   /* as of waitpid */
} command_output;

/* Blocks until the command has ended and closed its output, or cancel (may be NULL; then it is ended).  False with
 * *error: it could not be started, or was cancelled (ERROR_CANCELLED).  Any thread.  Clear result either way. */
bool command_output_read(const command_run *run, GCancellable *cancel, command_output *result, GError **error);
void command_output_clear(command_output *result);

#endif
