/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parser of argv over the rows of options.h.  Long options take "--name value" and "--name=value"; letters
 * take "-x value" and "-xvalue" and are not grouped. */
#include "cli/options.h"
#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

const cli_option cli_global_options[] = {
    { NULL, 'F', "CONFIG", NULL, N_("read this config file, and the accounts file beside it") },
    { NULL, 'a', "ACCOUNT", NULL, N_("only this account; for the screen: begin in it") },
    { NULL, 'e', "COMMAND", NULL, N_("run a command when the screen starts; may be repeated") },
    { "offline", '\0', NULL, NULL, N_("never connect") },
    { "json", '\0', NULL, NULL, N_("one JSON object a line on standard output") },
    { "log", '\0', "FILE", NULL, N_("write a log to this file") },
    { NULL, 'd', "AREA=LEVEL", NULL, N_("what goes to the log: -d imap=debug, -d all=trace") },
    { "version", '\0', NULL, NULL, N_("say the version") },
    { "help", 'h', NULL, NULL, N_("this text; after a subcommand: about it") },
    { 0 },
};

/* ---- one word after the other */
typedef struct scan {
    char **argv;
    int argc, i;
    cli_request *r;
    const cli_subcommand *subcommands;
} scan;

static const cli_option *option_long(const cli_option *rows, const char *name, gsize n)
{
    for (; rows != NULL && (rows->name != NULL || rows->letter != '\0'); rows++)
        if (rows->name != NULL && strlen(rows->name) == n && memcmp(rows->name, name, n) == 0)
            return rows;
    return NULL;
}

static const cli_option *option_letter(const cli_option *rows, char letter)
{
    for (; rows != NULL && (rows->name != NULL || rows->letter != '\0'); rows++)
        if (rows->letter == letter)
            return rows;
    return NULL;
}

static const char *option_key(const cli_option *o)
{
    static const char letters[] = "F\0a\0e\0d\0h";
    if (o->name != NULL)
        return o->name;
    for (gsize i = 0; i < sizeof letters; i += 2)
        if (letters[i] == o->letter)
            return &letters[i];
    return "";
}

static bool is_choice(const char *choices, const char *value)
{
    g_auto(GStrv) list = g_strsplit(choices, "|", -1);
    return g_strv_contains((const char *const *)list, value);
}

static void keep_global(cli_request *r, const cli_option *o, const char *value)
{
    switch (o->letter) {
    case 'F':
        g_free(r->config);
        r->config = g_strdup(value);
        return;
    case 'a':
        g_free(r->account);
        r->account = g_strdup(value);
        return;
    case 'e':
        g_ptr_array_add(r->commands, g_strdup(value));
        return;
    case 'd':
        g_ptr_array_add(r->debug, g_strdup(value));
        return;
    default:
        break;
    }
    if (strcmp(o->name, "log") == 0) {
        g_free(r->log);
        r->log = g_strdup(value);
        return;
    }
    *(strcmp(o->name, "offline") == 0 ? &r->offline
      : strcmp(o->name, "json") == 0  ? &r->json
      : strcmp(o->name, "help") == 0  ? &r->help
                                      : &r->version) = true;
}

static void keep_own(cli_request *r, const cli_option *o, const char *value)
{
    const char *key = option_key(o);
    GPtrArray *list = g_hash_table_lookup(r->values, key);
    if (list == NULL) {
        list = g_ptr_array_new_with_free_func(g_free);
        g_hash_table_insert(r->values, g_strdup(key), list);
    }
    g_ptr_array_add(list, g_strdup(value != NULL ? value : ""));
}

/* The argument of the option at argv[i]: behind '=' or the letter, else the next word. */
static bool take_value(scan *s, const cli_option *o, const char *attached, const char **value, GError **error)
{
    const char *word = s->argv[s->i];
    *value = attached;
    if (o->argument == NULL) {
        if (attached == NULL)
            return true;
        error_set(error, ERROR_INPUT, _("'%s' takes no argument"), word);
        return false;
    }
    if (attached == NULL && s->i + 1 < s->argc)
        *value = s->argv[++s->i];
    if (*value == NULL) {
        error_set(error, ERROR_INPUT, _("'%s' wants an argument: %s"), word, o->argument);
        return false;
    }
    if (o->choices != NULL && !is_choice(o->choices, *value)) {
        error_set(error, ERROR_INPUT, _("'%s' is not possible for '%s': %s"), *value, word, o->choices);
        return false;
    }
    return true;
}

static bool unknown_option(const scan *s, GError **error)
{
    error_set(error, ERROR_INPUT, _("unknown option '%s'"), s->argv[s->i]);
    return false;
}

static bool take_option(scan *s, const cli_option *o, const char *attached, bool own, GError **error)
{
    const char *value;
    if (!take_value(s, o, attached, &value, error))
        return false;
    (own ? keep_own : keep_global)(s->r, o, value);
    return true;
}

static bool take_long(scan *s, GError **error)
{
    const char *name = s->argv[s->i] + 2;
    const char *equals = strchr(name, '=');
    gsize n = equals != NULL ? (gsize)(equals - name) : strlen(name);
    const cli_option *o = s->r->subcommand != NULL ? option_long(s->r->subcommand->options, name, n) : NULL;
    bool own = o != NULL;
    if (o == NULL)
        o = option_long(cli_global_options, name, n);
    if (o == NULL)
        return unknown_option(s, error);
    return take_option(s, o, equals != NULL ? equals + 1 : NULL, own, error);
}

static bool take_letter(scan *s, GError **error)
{
    const char *word = s->argv[s->i];
    const cli_option *o = s->r->subcommand != NULL ? option_letter(s->r->subcommand->options, word[1]) : NULL;
    bool own = o != NULL;
    if (o == NULL)
        o = option_letter(cli_global_options, word[1]);
    if (o == NULL || (o->argument == NULL && word[2] != '\0'))
        return unknown_option(s, error);
    return take_option(s, o, word[2] != '\0' ? word + 2 : NULL, own, error);
}

/* The first free word is a subcommand, else the folder of the screen. */
static bool take_word(scan *s, GError **error)
{
    const char *word = s->argv[s->i];
    cli_request *r = s->r;
    if (r->subcommand != NULL) {
        g_ptr_array_add(r->args, g_strdup(word));
        return true;
    }
    for (const cli_subcommand *row = s->subcommands; r->folder == NULL && row->name != NULL; row++)
        if (strcmp(row->name, word) == 0) {
            r->subcommand = row;
            return true;
        }
    if (r->folder != NULL) {
        error_set(error, ERROR_INPUT, _("'%s': one folder is enough, and a subcommand stands first"), word);
        return false;
    }
    r->folder = g_strdup(word);
    return true;
}

/* Is it an argument, whatever it begins with?  What is planned has no options yet that could be wrong. */
static bool is_argument(const cli_subcommand *row, const char *word)
{
    if (word[0] != '-' || word[1] == '\0')
        return true;
    return row != NULL && ((row->dashes && word[1] != '-') || (row->run == NULL && strcmp(word, "--help") != 0));
}

static bool take_all(scan *s, GError **error)
{
    bool options_end = false;
    for (s->i = 1; s->i < s->argc; s->i++) {
        const char *word = s->argv[s->i];
        bool good;
        if (options_end || is_argument(s->r->subcommand, word))
            good = take_word(s, error);
        else if (strcmp(word, "--") == 0)
            good = options_end = true;
        else if (word[1] == '-')
            good = take_long(s, error);
        else
            good = take_letter(s, error);
        if (!good)
            return false;
    }
    return true;
}

/* ---- is it enough, is it too much? */
static bool check_counts(cli_request *r, GError **error)
{
    const cli_subcommand *row = r->subcommand;
    if (row == NULL || r->help || row->run == NULL)
        return true;
    if (row->later != NULL && r->nargs > 0 && is_choice(row->later, r->args->pdata[0])) {
        error_set(error, ERROR_INPUT, _("'%s' is planned, but not there yet in this version"),
                  (char *)r->args->pdata[0]);
        return false;
    }
    if ((int)r->nargs < row->min_args) {
        error_set(error, ERROR_INPUT, _("something is missing: %s %s"), row->name, row->args);
        return false;
    }
    if (row->max_args >= 0 && (int)r->nargs > row->max_args) {
        error_set(error, ERROR_INPUT, _("'%s' is too much: %s %s"), (char *)r->args->pdata[row->max_args],
                  row->name, row->args);
        return false;
    }
    if (row->verbs != NULL && r->nargs > 0 && !is_choice(row->verbs, r->args->pdata[0])) {
        error_set(error, ERROR_INPUT, _("'%s' is not possible here: %s"), (char *)r->args->pdata[0], row->verbs);
        return false;
    }
    return true;
}

static void values_free(gpointer list)
{
    g_ptr_array_unref(list);
}

cli_request *cli_request_parse(int argc, char **argv, const cli_subcommand *subcommands, GError **error)
{
    g_autoptr(cli_request) r = g_new0(cli_request, 1);
    r->commands = g_ptr_array_new_with_free_func(g_free);
    r->debug = g_ptr_array_new_with_free_func(g_free);
    r->args = g_ptr_array_new_with_free_func(g_free);
    r->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, values_free);
    scan s = { .argv = argv, .argc = argc, .r = r, .subcommands = subcommands };
    g_autoptr(GError) wrong = NULL;
    if (take_all(&s, &wrong)) {
        r->nargs = r->args->len;
        g_ptr_array_add(r->commands, NULL);
        g_ptr_array_add(r->debug, NULL);
        g_ptr_array_add(r->args, NULL);
        if (check_counts(r, &wrong))
            return g_steal_pointer(&r);
    }
    const char *name = r->subcommand != NULL ? r->subcommand->name : NULL;
    if (name != NULL)
        error_set(error, ERROR_INPUT, _("%s: %s; see 'cursus %s --help'"), name, wrong->message, name);
    else
        error_set(error, ERROR_INPUT, _("%s; see 'cursus --help'"), wrong->message);
    return NULL;
}

void cli_request_free(cli_request *r)
{
    if (r == NULL)
        return;
    g_free(r->config);
    g_free(r->account);
    g_free(r->log);
    g_free(r->folder);
    g_ptr_array_unref(r->commands);
    g_ptr_array_unref(r->debug);
    g_ptr_array_unref(r->args);
    g_hash_table_unref(r->values);
    g_free(r);
}

static bool is_digits(const char *word)
{
    return word[0] != '\0' && word[strspn(word, "0123456789")] == '\0';
}

bool cli_needs_conf(const cli_request *r)
{
    if (r->subcommand == NULL || r->subcommand->needs == NEEDS_CONF)
        return true;
    return r->subcommand->needs == NEEDS_CONF_FOR_ID && r->nargs > 0 && is_digits(r->args->pdata[0]);
}

const GPtrArray *cli_values(const cli_request *r, const char *option)
{
    return g_hash_table_lookup(r->values, option);
}

bool cli_has(const cli_request *r, const char *option)
{
    return cli_values(r, option) != NULL;
}

const char *cli_value(const cli_request *r, const char *option)
{
    const GPtrArray *list = cli_values(r, option);
    return list != NULL ? list->pdata[list->len - 1] : NULL;
}

/* ---- help */
#define HELP_COLUMN 26

static void help_line(GString *out, const char *left, const char *right)
{
    if (strlen(left) > HELP_COLUMN)
        g_string_append_printf(out, "  %s\n  %-*s %s\n", left, HELP_COLUMN, "", right);
    else
        g_string_append_printf(out, "  %-*s %s\n", HELP_COLUMN, left, right);
}

static void help_options(GString *out, const cli_option *rows)
{
    for (; rows != NULL && (rows->name != NULL || rows->letter != '\0'); rows++) {
        g_autoptr(GString) left = g_string_new(NULL);
        if (rows->letter != '\0')
            g_string_append_printf(left, "-%c", rows->letter);
        if (rows->name != NULL)
            g_string_append_printf(left, "%s--%s", left->len > 0 ? ", " : "", rows->name);
        if (rows->argument != NULL)
            g_string_append_printf(left, " %s", rows->argument);
        help_line(out, left->str, _(rows->help));
    }
}

char *cli_help(const cli_subcommand *subcommands)
{
    GString *out = g_string_new(NULL);
    g_string_append(out, _("Usage: cursus [OPTION]... [FOLDER]\n"
                           "       cursus [OPTION]... SUBCOMMAND ...\n\n"
                           "A terminal mail user agent.  Without a subcommand it opens the screen.\n\n"
                           "Options:\n"));
    help_options(out, cli_global_options);
    g_string_append(out, _("\nSubcommands:\n"));
    for (const cli_subcommand *row = subcommands; row->name != NULL; row++)
        if (row->run != NULL) {
            g_autofree char *left = g_strdup_printf("%s%s%s", row->name, row->args[0] != '\0' ? " " : "", row->args);
            help_line(out, left, _(row->help));
        }
    g_string_append(out, _("\n'cursus SUBCOMMAND --help' tells more about one.\n\n"
                           "Exit status: 0 done, 1 failed, 2 usage, 3 partly done, 75 refused for now (another "
                           "cursus is at work).\n"));
    return g_string_free(out, FALSE);
}

char *cli_help_subcommand(const cli_subcommand *row)
{
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, _("Usage: cursus [OPTION]... %s%s%s%s\n\n"), row->name,
                           row->options != NULL ? _(" [OPTION]...") : "", row->args[0] != '\0' ? " " : "", row->args);
    g_string_append_printf(out, "%s.\n", _(row->help));
    if (row->more != NULL)
        g_string_append_printf(out, "\n%s\n", _(row->more));
    if (row->options != NULL) {
        g_string_append(out, _("\nOptions:\n"));
        help_options(out, row->options);
    }
    if (row->run == NULL)
        g_string_append(out, _("\nIt is not there yet.\n"));
    return g_string_free(out, FALSE);
}
