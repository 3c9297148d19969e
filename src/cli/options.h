/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of the command line as rows: global options, subcommands and their options.  The parser, --help
 * and the shells' completion are made from them.  No I/O here. */
#ifndef CURSUS_CLI_OPTIONS_H
#define CURSUS_CLI_OPTIONS_H

#include <glib.h>
#include <stdbool.h>

typedef struct cli_option {
    const char *name;     /* "limit": --limit; NULL: short only */
    char letter;          /* -F; '\0': long only */
    const char *argument; /* "N" for help; NULL: takes none */
    const char *choices;  /* what the argument may be, separated by '|', for completion and the check; NULL any */
    const char *help;     /* N_() */
} cli_option;

typedef enum cli_needs {
    NEEDS_NOTHING,     /* neither config nor mail */
    NEEDS_CONF,        /* the config, read before */
    NEEDS_CONF_FOR_ID, /* the config, when the first word is a message id */
} cli_needs;

typedef struct cli_session cli_session;

typedef struct cli_subcommand {
    const char *name;
    const char *args;          /* for help: "QUERY..." */
    int min_args, max_args;    /* max -1: any number */
    const char *verbs;         /* words the first argument may be, separated by '|' ("list|add"); NULL none */
    const char *later;         /* those that are planned, as verbs; NULL none */
    const cli_option *options; /* ends with a row of zeros; NULL none */
    cli_needs needs;
    bool dashes;               /* "-word" is an argument, not an option (queries, flags) */
    const char *help;          /* one line, N_() */
    const char *more;          /* a paragraph, N_(); NULL none */
    int (*run)(cli_session *s); /* exit status; NULL: not there yet */
} cli_subcommand;

typedef struct cli_request {
    char *config;        /* -F */
    char *account;       /* -a */
    GPtrArray *commands; /* -e in order, of char *, NULL-terminated */
    GPtrArray *debug;    /* -d in order, of char *, NULL-terminated */
    char *log;
    bool offline, json, help, version;
    const cli_subcommand *subcommand; /* NULL: the screen */
    char *folder;        /* of the screen, or NULL */
    GHashTable *values;  /* the subcommand's options: name -> GPtrArray of char * */
    GPtrArray *args;     /* the subcommand's words, NULL-terminated; count in nargs */
    guint nargs;
} cli_request;

extern const cli_option cli_global_options[]; /* ends with a row of zeros */

/* Understand argv.  subcommands end with name NULL.  Global options stand anywhere (behind a subcommand whose
 * words may begin with a dash, only the long ones); "--" ends options.  NULL with ERROR_INPUT: usage. */
cli_request *cli_request_parse(int argc, char **argv, const cli_subcommand *subcommands, GError **error);
void cli_request_free(cli_request *r);

/* Is the config to be read for this request?  The screen needs it too. */
bool cli_needs_conf(const cli_request *r);

bool cli_has(const cli_request *r, const char *option);
const char *cli_value(const cli_request *r, const char *option);      /* the last one; NULL: not given */
const GPtrArray *cli_values(const cli_request *r, const char *option); /* NULL: not given */

/* The texts of --help; caller frees. */
char *cli_help(const cli_subcommand *subcommands);
char *cli_help_subcommand(const cli_subcommand *row);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(cli_request, cli_request_free)

#endif
