/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mechanism of commands: rows, arguments, key maps, the command language.  Knows no screen and no mtm. */
#ifndef CURSUS_COMMAND_COMMAND_H
#define CURSUS_COMMAND_COMMAND_H

#include <glib.h>
#include <stdbool.h>

typedef enum command_context {
    CONTEXT_GLOBAL = 1 << 0, /* everywhere */
    CONTEXT_INDEX = 1 << 1,
    CONTEXT_PAGER = 1 << 2,
    CONTEXT_FOLDERS = 1 << 3, /* folder list */
    CONTEXT_HELP = 1 << 4,
} command_context;
#define CONTEXT_COUNT 5
const char *command_context_word(command_context one); /* "global" "index" "pager" "folders" "help" */
command_context command_context_from_word(const char *word); /* 0 unknown */

typedef struct command_table command_table;
typedef struct command_call command_call;

/* Runs a command.  False with *error (INPUT for wrong arguments). */
typedef bool (*command_fn)(command_call *call, GError **error);

typedef struct command_row {
    const char *name;      /* "next-message" */
    const char *aliases;   /* mutt's names and short forms, separated by blanks, or NULL */
    unsigned contexts;     /* command_context bits */
    const char *args;      /* for help: "[ID...]", "" when none */
    int min_args, max_args; /* max -1: any number */
    const char *help;      /* one line, N_() */
    command_fn run;
} command_row;

struct command_call {
    const command_row *row;
    command_table *table;
    char **args;            /* NULL-terminated, borrowed */
    int nargs;
    gpointer host;          /* struct face * of action/ */
    const char *file;       /* where it stands, or NULL */
    int line;
};

command_table *command_table_new(void);
void command_table_free(command_table *t);
/* Rows are static and end with name NULL. */
void command_table_add(command_table *t, const command_row *rows);
/* By name or alias, or an unambiguous prefix when prefix is set. */
const command_row *command_find(const command_table *t, const char *name, bool prefix);
const GPtrArray *command_rows(const command_table *t); /* of const command_row *, in order of adding; borrowed */

/* ---- key maps.  Key names: "a", "<enter>", "<esc>v", "<ctrl-d>", "^D", "<pagedown>", "<f1>", "<tab>", "<space>". */
typedef struct key_binding {
    char *keys;          /* canonical: key names one after the other */
    char *command;       /* text of the command language */
    char *note;          /* description or NULL */
    command_context context;
} key_binding;
/* context_word may be a comma list ("index,pager"); errors name the key or context. */
bool command_bind(command_table *t, const char *contexts, const char *keys, const char *command, bool macro, GError **error);
bool command_unbind(command_table *t, const char *contexts, const char *keys, GError **error);
typedef enum key_match { KEY_NONE, KEY_PREFIX, KEY_FOUND } key_match;
/* keys: canonical names typed so far.  Looks in context, then in global. */
key_match command_key(const command_table *t, command_context context, const char *keys, const key_binding **found);
GPtrArray *command_bindings(const command_table *t, command_context context); /* of const key_binding *, sorted; container owned by caller */
/* The keys of a command in a context for help ("Esc v"), NULL none; caller frees. */
char *command_keys_of(const command_table *t, command_context context, const char *command);
/* Canonical form of one or more keys as written; NULL with *error. */
char *command_keys_canonical(const char *written, GError **error);

/* ---- the language */
/* Run one line or several (newlines, ';').  file and first_line for errors: "FILE:LINE: text".  Stops at the
 * first error unless go_on, which reports each to report and returns false at the end. */
typedef void (*command_report_fn)(const char *message, gpointer data);
bool command_run_text(command_table *t, const char *text, gpointer host, const char *file, int first_line,
                      command_report_fn report, gpointer report_data, GError **error);
bool command_run_file(command_table *t, const char *path, gpointer host, command_report_fn report,
                      gpointer report_data, GError **error);
/* Cut a line into words by the language's quoting ('..' literal, ".." with \\ escapes, \\ outside); NULL with *error. */
char **command_words(const char *line, GError **error);
/* Completion of the word at the end of line: candidates as strings, owning. */
GPtrArray *command_complete(const command_table *t, const char *line);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(command_table, command_table_free)

#endif
