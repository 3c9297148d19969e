/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line: the face that needs no screen.  main.c parses argv (options.h), reads the config and comes
 * here with a session. */
#ifndef CURSUS_CLI_CLI_H
#define CURSUS_CLI_CLI_H

#include "action/face.h"
#include "cli/json.h"
#include "cli/options.h"

#include <glib.h>
#include <stdbool.h>

typedef enum cli_exit {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,   /* one sentence on standard error */
    EXIT_USAGE = 2,
    EXIT_PARTLY = 3,
    EXIT_NOT_NOW = 75, /* another engine has the mail; nothing was queued */
} cli_exit;

typedef struct cli_found {
    guint32 id;
    bool server;
} cli_found;

struct cli_session {
    const cli_request *request;
    conf *conf;              /* loaded when the row needs it */
    command_table *commands;
    GPtrArray *mistakes;     /* "FILE:LINE: ..." of the config, of char *, owning */
    GPtrArray *startup;      /* commands of the config for when the screen is there, of char *, owning */
    mtm *mtm;                /* NULL until opened */
    face face;               /* host of the commands; face.mtm NULL until mail is opened */
    guint32 folder;          /* where `change-folder` of a script went */
    GHashTable *outcomes;    /* op -> struct outcome, see session.c */
    GHashTable *running;     /* ops that were started and not yet done */
    GHashTable *said;        /* sentences that stand on standard error already */
    GArray *found;           /* of cli_found: what searches have found */
    cli_sum sum;             /* of the operations that were waited for */
    bool lists_refusals;     /* the subcommand tells of them itself */
    bool partly;             /* something was said that could not be done */
    int failure;             /* exit status of the last operation that failed, EXIT_DONE none */
    bool interrupted;
    guint signals[3];        /* GSource ids */
};

extern const cli_subcommand cli_subcommands[]; /* ends with name NULL */

/* A session with the command line's face, no mail opened.  request, conf and commands are borrowed. */
cli_session *cli_session_new(const cli_request *request, conf *conf, command_table *commands);
void cli_session_free(cli_session *s);

/* conf_load's report: a mistake is kept in the session. */
void cli_report(const char *message, gpointer session);

/* Run the request's subcommand; its exit status, standard output flushed. */
int cli_run(cli_session *s);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(cli_session, cli_session_free)

#endif
