/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table as its own room sees it. */
#ifndef CURSUS_COMMAND_INTERNAL_H
#define CURSUS_COMMAND_INTERNAL_H

#include "command/command.h"
#include "command/words.h"

typedef struct script script;

struct command_table {
    GPtrArray *rows;        /* of const command_row *, in order of adding */
    GHashTable *by_name;    /* names and aliases -> const command_row * */
    GHashTable *attached;   /* room -> data */
    GArray *completers;     /* of struct completer */
    GHashTable *keys[CONTEXT_COUNT]; /* canonical keys -> key_binding, owning */
    GHashTable *order;      /* key_binding -> number of its turn, in which order they were bound */
    guint nbound;
    GHashTable *config;     /* set of const command_row *: run while a config is read */
    command_later_fn later; /* NULL: nothing waits */
    gpointer later_data;
    script *script;         /* the innermost one that runs, NULL none */
};

typedef struct completer {
    command_complete_fn fn;
    gpointer data;
} completer;

/* ---- keymap.c */
int context_index(command_context one);
void keymap_init(command_table *t);
void keymap_clear(command_table *t);

/* ---- run.c */
/* Is each command of the text known (and its quoting right)? */
bool script_check(command_table *t, const char *text, GError **error);
/* Run a file from inside a script (source): relative to the file of the script.  Its mistakes carry their own
 * place already. */
bool script_source(command_table *t, const char *path, GError **error);

/* ---- file.c */
/* A text file of at most LIMIT_CONFIG_FILE bytes, valid UTF-8, without a byte order mark; NULL with *error, which
 * names the file (and the line).  Caller frees. */
char *file_read_text(const char *path, GError **error);

/* ---- macro.c */
/* mutt's key sequences ("<limit>~N<enter>", ":set x=1<enter>") as text of the language; NULL with *error. */
char *macro_from_mutt(const command_table *t, const char *sequence, GError **error);

#endif
