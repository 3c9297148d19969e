/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options, accounts and the config files.  A config file is a script of commands (command/). */
#ifndef CURSUS_CONF_CONF_H
#define CURSUS_CONF_CONF_H

#include "command/command.h"
#include "model/account.h"

#include <glib.h>
#include <stdbool.h>

typedef struct conf conf;

conf *conf_new(void);
void conf_free(conf *c);
/* Registers set, unset, toggle, reset, why, account, folder, end, bind, unbind, macro, source, if/else/end, color,
 * hook on the table, and their completion.  The table must not outlive conf. */
void conf_register(conf *c, command_table *table);
/* Where the answers of "set ?sort" and "why sort" go; host is the call's (NULL while a file is read). */
typedef void (*conf_say_fn)(const char *sentence, gpointer host);
void conf_set_say(conf *c, conf_say_fn say);

/* Read DIR/accounts, then the config file (config_path NULL: the XDG one, which may be missing).  Mistakes go to
 * report as "FILE:LINE: what is wrong and what is expected", reading goes on.  Returns their number.  An accounts
 * file that others may read counts as one. */
int conf_load(conf *c, command_table *table, const char *config_path, gpointer host, command_report_fn report, gpointer data);
const char *conf_config_path(const conf *c); /* the file that was (or would be) read */

/* ---- options: rows of conf/options.c */
typedef enum option_type { OPTION_BOOL, OPTION_NUMBER, OPTION_TEXT, OPTION_CHOICE } option_type;
typedef struct option_row {
    const char *name;
    option_type type;
    const char *standard;      /* default, as text */
    const char *choices;       /* CHOICE: words separated by blanks; NUMBER: words for numbers ("all=-1 none=0") */
    gint64 min, max;           /* NUMBER */
    const char *unit;          /* "s" (then 90, 90s, 5m, 1h, 1d are taken), "columns", or NULL */
    bool account;              /* belongs into an account block */
    bool folder;               /* may stand in a folder block too */
    const char *help;          /* N_() */
} option_row;
const option_row *conf_options(void); /* ends with name NULL */
const option_row *conf_option(const char *name); /* '_' counts as '-'; NULL unknown */

/* The name must be one of the table that belongs to no account. */
bool conf_bool(const conf *c, const char *option);
gint64 conf_number(const conf *c, const char *option);
const char *conf_text(const conf *c, const char *option); /* borrowed until changed */
/* What a folder block says of an option (the last that matches), else the global value; borrowed until changed. */
const char *conf_folder_text(const conf *c, const char *account, const char *folder, const char *option);
/* Global option; errors INPUT naming what is allowed. */
bool conf_set(conf *c, const char *option, const char *value, GError **error);
/* "sort is date, set at FILE:LINE; the default is threads"; option may be ACCOUNT:OPTION.  Caller frees; NULL with
 * ERROR_INPUT. */
char *conf_why(const conf *c, const char *option, GError **error);
typedef void (*conf_changed_fn)(const char *account, const char *option, gpointer data); /* account NULL: global */
void conf_watch(conf *c, conf_changed_fn fn, gpointer data);

/* ---- accounts in the order they were written; of account_settings, borrowed */
const GPtrArray *conf_accounts(const conf *c);
/* Set an account option at run time ("sync-interval"); errors as conf_set. */
bool conf_account_set(conf *c, const char *account, const char *option, const char *value, GError **error);
/* An option of an account as text, as it may stand behind set; NULL: no such account or option.  Borrowed. */
const char *conf_account_text(const conf *c, const char *account, const char *option);
/* What a complete account still lacks ("imap"); NULL when usable.  Caller frees. */
char *conf_account_lacks(const account_settings *a);

/* Colour rules of "color QUERY-or-ROLE words": role or query text -> words. */
typedef struct color_rule {
    char *what;   /* role word ("cursor") or query text */
    char *words;  /* "bold red on blue" */
} color_rule;
const GPtrArray *conf_colors(const conf *c);

/* Rules of "hook EVENT QUERY COMMAND": what to run for mail that matches. */
typedef struct hook_rule {
    char *event;   /* "new-mail" */
    char *query;   /* valid query text */
    char *command; /* text of the command language */
} hook_rule;
const GPtrArray *conf_hooks(const conf *c);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(conf, conf_free)

#endif
