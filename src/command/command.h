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
    CONTEXT_JOBS = 1 << 5, /* changes that wait */
} command_context;
#define CONTEXT_COUNT 6
const char *command_context_word(command_context one); /* "global" "index" "pager" "folders" "help" "jobs" */
command_context command_context_from_word(const char *word); /* 0 unknown; mutt's "generic" and "browser" too */
/* "index,pager" or "*" -> bits; 0 with ERROR_INPUT naming the words there are. */
unsigned command_contexts_parse(const char *list, GError **error);

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
    /* A command that opens a block up to "end": the commands that may stand inside, separated by blanks, or
     * "" for any, and then "else" too.  NULL: opens none. */
    const char *inside;
    command_fn end;        /* of a block: called at its end, not after a failed run; NULL none */
} command_row;

struct command_call {
    const command_row *row;
    command_table *table;
    char **args;            /* NULL-terminated, borrowed */
    int nargs;
    gpointer host;          /* struct face * of action/ */
    const char *file;       /* where it stands, or NULL */
    int line;
    bool skip;              /* set by the opener of a block: leave out the lines up to else or end */
    const struct statement *statement; /* as written, for the two below; may be NULL */
};

/* The arguments from number `from` (0: all) as they were written, quotes and all.  Caller frees. */
char *command_call_written(const command_call *call, int from);
/* The same for an argument with a language of its own (a query): one quoted word loses that pair of quotes,
 * anything else keeps its quotes: limit subject:"a b" is:new.  Caller frees. */
char *command_call_text(const command_call *call, int from);

command_table *command_table_new(void);
void command_table_free(command_table *t);
/* Rows are static and end with name NULL. */
void command_table_add(command_table *t, const command_row *rows);
/* The same, for rows that a config file is made of (set, bind ...): they run while it is read. */
void command_table_add_config(command_table *t, const command_row *rows);
/* While fn is set, all other commands that stand in a file are checked for their name and number of arguments and
 * handed to fn as text instead of being run: a config can hold what is to happen once the screen is there. */
typedef void (*command_later_fn)(const char *text, const char *file, int line, gpointer data);
void command_set_later(command_table *t, command_later_fn fn, gpointer data);
/* By name or alias, or an unambiguous prefix when prefix is set. */
const command_row *command_find(const command_table *t, const char *name, bool prefix);
const GPtrArray *command_rows(const command_table *t); /* of const command_row *, in order of adding; borrowed */
/* "did you mean": the known name or alias nearest to a mistyped one, NULL when none is near.  Borrowed. */
const char *command_near(const command_table *t, const char *name);
/* The same among any words. */
const char *command_near_word(const char *word, const char *const *words, gsize nwords);
/* What a room wants to find again from a call: room is a static string, data is borrowed. */
void command_attach(command_table *t, const char *room, gpointer data);
gpointer command_attached(const command_table *t, const char *room);

/* ---- key maps.  Canonical key names: a printing character stands for itself, all others in lower case between
 * < and >: <enter> (^M and ^J), <esc>, <tab>, <space>, <lt> (the character '<'), <backspace>, <backtab>, <delete>,
 * <insert>, <home>, <end>, <pageup>, <pagedown>, <up>, <down>, <left>, <right>, <f1>..<f24>, <ctrl-a>..<ctrl-z>,
 * <ctrl-@>, <ctrl-\>, <ctrl-]>, <ctrl-^>, <ctrl-_>.  Alt-v is the two keys <esc>v.
 * Written, also: mutt's <Return>, <PgDn>, <PageDown>, \Cd, \cd, ^D, \t, \r, \n, \e, \033, and <alt-v>, <C-d>. */
typedef struct key_binding {
    char *keys;          /* canonical: key names one after the other */
    char *command;       /* text of the command language */
    char *note;          /* description or NULL */
    command_context context;
} key_binding;
/* contexts may be a comma list ("index,pager"); errors name the key, the context or the unknown command.  A later
 * binding replaces an earlier one, and those that begin with its keys or that its keys begin with.
 * macro: command is any text of the language, or mutt's "<limit>~N<enter>"; its commands must be known. */
bool command_bind(command_table *t, const char *contexts, const char *keys, const char *command, bool macro, GError **error);
bool command_unbind(command_table *t, const char *contexts, const char *keys, GError **error);
typedef enum key_match { KEY_NONE, KEY_PREFIX, KEY_FOUND } key_match;
/* keys: canonical names typed so far.  Looks in context, then in global. */
key_match command_key(const command_table *t, command_context context, const char *keys, const key_binding **found);
/* Those of this context alone; of const key_binding *, sorted; container owned by caller. */
GPtrArray *command_bindings(const command_table *t, command_context context);
/* Keys as a person reads them: "Esc v", "^D", "PgDn".  Caller frees. */
char *command_keys_label(const char *canonical);
/* Give the last binding a description for help. */
void command_bind_note(command_table *t, const char *contexts, const char *keys, const char *note);
/* The keys of a command (any spelling, with arguments or none) in a context, else in global, for help
 * ("Esc v"); the one bound first.  NULL none; caller frees. */
char *command_keys_of(const command_table *t, command_context context, const char *command);
/* Canonical form of one or more keys as written; NULL with *error. */
char *command_keys_canonical(const char *written, GError **error);

/* ---- the language */
/* Run one line or several (newlines, ';').  file and first_line for errors: "FILE:LINE: text", just "text" when
 * file is NULL (then a name may also be an unambiguous prefix).  Stops at the first error; with report, each
 * is reported, the rest is run, and the answer is false at the end, *error the first one. */
typedef void (*command_report_fn)(const char *message, gpointer data);
bool command_run_text(command_table *t, const char *text, gpointer host, const char *file, int first_line,
                      command_report_fn report, gpointer report_data, GError **error);
/* At most LIMIT_CONFIG_FILE bytes of UTF-8.  A file that sources itself, or deeper than LIMIT_SOURCE_DEPTH, is
 * an error. */
bool command_run_file(command_table *t, const char *path, gpointer host, command_report_fn report,
                      gpointer report_data, GError **error);
/* The same for a file that may hold these commands only (separated by blanks). */
bool command_run_file_of(command_table *t, const char *path, const char *only, gpointer host,
                         command_report_fn report, gpointer report_data, GError **error);
/* Cut a line into words by the language's quoting ('..' literal, ".." with \\ escapes, \\ outside); ';' and '#'
 * are plain characters here.  NULL with *error. */
char **command_words(const char *line, GError **error);
/* A word quoted so that command_words gives it back.  Caller frees. */
char *command_quote(const char *word);

/* Completion of the word at the end of line: candidates as strings, sorted, owning. */
GPtrArray *command_complete(const command_table *t, const char *line);
/* Adds candidates for the argument after words (of a command; words[0] is its name); those that do not begin
 * with what is written are dropped by the caller. */
typedef void (*command_complete_fn)(const command_row *row, char **words, int nwords, GPtrArray *candidates,
                                    gpointer data);
void command_complete_with(command_table *t, command_complete_fn fn, gpointer data);

/* Rows of the language itself: bind, unbind, macro, source, else, end, noop.  Ends with name NULL. */
extern const command_row command_language_rows[];

G_DEFINE_AUTOPTR_CLEANUP_FUNC(command_table, command_table_free)

#endif
