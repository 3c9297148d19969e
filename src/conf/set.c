/* SPDX-License-Identifier: GPL-3.0-or-later */
/* set, unset, toggle, reset, why: the commands that change and show options.  They act on the account or folder
 * block that is open, on ACCOUNT:OPTION, else on the global value. */
#include "conf/internal.h"
#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

typedef struct target {
    const option_row *row;
    conf_account *account; /* or */
    folder_rule *folder;   /* or global */
} target;

/* ---- which value is meant */

static bool in_place(const conf *c, const option_row *row, bool account, GError **error)
{
    if (account && !row->account)
        error_set(error, ERROR_INPUT, _("'%s' is no option of an account; expected it outside of account blocks"), row->name);
    else if (!account && row->account)
        error_set(error, ERROR_INPUT, _("'%s' belongs to an account; expected it between 'account NAME' and 'end'"), row->name);
    else if (c->folder != NULL && !account && !row->folder)
        error_set(error, ERROR_INPUT, _("'%s' cannot differ by folder; expected sort or reverse"), row->name);
    else
        return true;
    return false;
}

static bool find_target(conf *c, const char *name, target *out, GError **error)
{
    const char *colon = strchr(name, ':');
    g_autofree char *account = colon != NULL ? g_strndup(name, (gsize)(colon - name)) : NULL;
    *out = (target){ .account = account != NULL ? account_find(c, account) : c->account };
    if (account != NULL && out->account == NULL) {
        error_set(error, ERROR_INPUT, _("there is no account '%s'"), account);
        return false;
    }
    out->row = option_find(colon != NULL ? colon + 1 : name, error);
    if (out->row == NULL || !in_place(c, out->row, out->account != NULL, error))
        return false;
    out->folder = out->account == NULL ? c->folder : NULL;
    return true;
}

static const value *current(const conf *c, const target *t)
{
    const value *v = NULL;
    if (t->account != NULL)
        v = g_hash_table_lookup(t->account->values, t->row->name);
    else if (t->folder != NULL)
        v = g_hash_table_lookup(t->folder->values, t->row->name);
    if (v != NULL)
        return v;
    return t->account != NULL ? g_ptr_array_index(c->standards, t->row - conf_options()) : conf_value(c, t->row);
}

static bool assign(const command_call *call, const target *t, const char *text, GError **error)
{
    conf *c = conf_of(call);
    g_autofree char *origin = conf_origin(call);
    if (t->account != NULL)
        return account_assign(c, t->account, t->row, text, origin, error);
    if (t->folder == NULL)
        return conf_assign(c, t->row, text, origin, error);
    value *v = option_parse(t->row, text, origin, error);
    if (v != NULL)
        g_hash_table_replace(t->folder->values, (gpointer)t->row->name, v);
    if (v != NULL)
        conf_changed(c, NULL, t->row->name);
    return v != NULL;
}

static void reset(conf *c, const target *t)
{
    if (t->account != NULL)
        account_reset(c, t->account, t->row);
    else if (t->folder != NULL)
        g_hash_table_remove(t->folder->values, t->row->name);
    else
        conf_reset(c, t->row);
}

/* ---- showing */

static void say(const command_call *call, const char *sentence)
{
    const conf *c = conf_of(call);
    if (c->say != NULL)
        c->say(sentence, call->host);
}

static char *shown(const conf *c, const target *t)
{
    g_autofree char *quoted = command_quote(current(c, t)->text);
    return t->account != NULL ? g_strdup_printf("set %s:%s %s", t->account->settings->name, t->row->name, quoted)
                              : g_strdup_printf("set %s %s", t->row->name, quoted);
}

static bool show(const command_call *call, const char *name, GError **error)
{
    target t;
    if (!find_target(conf_of(call), name, &t, error))
        return false;
    g_autofree char *line = shown(conf_of(call), &t);
    say(call, line);
    return true;
}

/* Everything that is not at its default. */
static void show_all(const command_call *call)
{
    conf *c = conf_of(call);
    for (guint i = 0; c->account == NULL && i < c->states->len; i++)
        for (const option_row *row = conf_options(); row->name != NULL; row++) {
            target t = { .row = row, .account = g_ptr_array_index(c->states, i) };
            g_autofree char *line = g_hash_table_contains(t.account->values, row->name) ? shown(c, &t) : NULL;
            if (line != NULL)
                say(call, line);
        }
    for (const option_row *row = conf_options(); row->name != NULL; row++) {
        target t = { .row = row };
        g_autofree char *line = g_hash_table_contains(c->values, row->name) ? shown(c, &t) : NULL;
        if (line != NULL)
            say(call, line);
    }
}

char *conf_why(const conf *c, const char *option, GError **error)
{
    target t;
    if (!find_target((conf *)c, option, &t, error))
        return NULL;
    const value *v = current(c, &t);
    const value *standard = g_ptr_array_index(c->standards, t.row - conf_options());
    if (v == standard)
        return g_strdup_printf(_("%s is '%s', the default"), option, v->text);
    return g_strdup_printf(_("%s is '%s', set at %s; the default is '%s'"), option, v->text,
                           v->origin != NULL ? v->origin : _("the prompt or command line"), standard->text);
}

static bool run_why(command_call *call, GError **error)
{
    for (int i = 0; i < call->nargs; i++) {
        g_autofree char *sentence = conf_why(conf_of(call), call->args[i], error);
        if (sentence == NULL)
            return false;
        say(call, sentence);
    }
    return true;
}

/* ---- changing */

static bool is_switch(const option_row *row)
{
    return row->type == OPTION_BOOL ||
           (row->type == OPTION_CHOICE && strstr(row->choices, "yes") != NULL && strstr(row->choices, "no") != NULL);
}

static bool toggle(const command_call *call, const char *name, GError **error)
{
    conf *c = conf_of(call);
    target t;
    if (!find_target(c, name, &t, error))
        return false;
    const value *v = current(c, &t);
    if (t.row->type == OPTION_BOOL)
        return assign(call, &t, v->number != 0 ? "no" : "yes", error);
    if (t.row->type == OPTION_CHOICE) {
        g_auto(GStrv) words = g_strsplit(t.row->choices, " ", -1);
        guint next = (guint)(v->number + 1) % g_strv_length(words);
        return assign(call, &t, words[next], error);
    }
    error_set(error, ERROR_INPUT, _("'%s' is no switch; expected set %s VALUE"), t.row->name, t.row->name);
    return false;
}

static bool unset(const command_call *call, const char *name, GError **error)
{
    target t;
    if (!find_target(conf_of(call), name, &t, error))
        return false;
    if (is_switch(t.row))
        return assign(call, &t, "no", error);
    reset(conf_of(call), &t);
    return true;
}

static bool run_reset_one(const command_call *call, const char *name, GError **error)
{
    target t;
    if (!find_target(conf_of(call), name, &t, error))
        return false;
    reset(conf_of(call), &t);
    return true;
}

/* A word of set without a value: mutt's "hints", "nohints", "invhints". */
static bool set_switch(const command_call *call, const char *word, GError **error)
{
    const option_row *row = conf_option(strchr(word, ':') != NULL ? strchr(word, ':') + 1 : word);
    if (row == NULL && g_str_has_prefix(word, "no") && conf_option(word + 2) != NULL)
        return unset(call, word + 2, error);
    if (row == NULL && g_str_has_prefix(word, "inv") && conf_option(word + 3) != NULL)
        return toggle(call, word + 3, error);
    target t;
    if (!find_target(conf_of(call), word, &t, error))
        return false;
    if (is_switch(t.row))
        return assign(call, &t, "yes", error);
    error_set(error, ERROR_INPUT, _("'%s' lacks a value; expected set %s VALUE, or set ?%s to see it"), t.row->name,
              t.row->name, t.row->name);
    return false;
}

static bool set_value(const command_call *call, const char *name, const char *text, GError **error)
{
    target t;
    return find_target(conf_of(call), name, &t, error) && assign(call, &t, text, error);
}

/* "name=value", "name= value"; *used is how many arguments that took. */
static bool set_equals(const command_call *call, int index, int *used, GError **error)
{
    const char *word = call->args[index], *equals = strchr(word, '=');
    g_autofree char *name = g_strndup(word, (gsize)(equals - word));
    bool behind = equals[1] == '\0' && index + 1 < call->nargs;
    *used = behind ? 2 : 1;
    return set_value(call, name, behind ? call->args[index + 1] : equals + 1, error);
}

static bool is_plain(const char *word)
{
    return strpbrk(word, "=?&") == NULL;
}

/* One assignment of a line that holds several, as mutt has them: a=1 b=2 noc d? */
static bool set_one(const command_call *call, int index, int *used, GError **error)
{
    const char *word = call->args[index];
    gsize n = strlen(word);
    *used = 1;
    if (word[0] == '?')
        return show(call, word + 1, error);
    if (word[0] == '&')
        return run_reset_one(call, word + 1, error);
    if (n > 1 && word[n - 1] == '?' && strchr(word, '=') == NULL) {
        g_autofree char *name = g_strndup(word, n - 1);
        return show(call, name, error);
    }
    if (strchr(word, '=') != NULL)
        return set_equals(call, index, used, error);
    if (index + 1 < call->nargs && call->args[index + 1][0] == '=') {
        bool alone = call->args[index + 1][1] == '\0';
        *used = alone && index + 2 < call->nargs ? 3 : 2;
        return set_value(call, word, *used == 3 ? call->args[index + 2] : call->args[index + 1] + 1, error);
    }
    return set_switch(call, word, error);
}

static bool run_set(command_call *call, GError **error)
{
    if (call->nargs == 0) {
        show_all(call);
        return true;
    }
    /* "name value": several words are one value, as they are written. */
    if (call->nargs > 1 && is_plain(call->args[0]) && call->args[1][0] != '=') {
        g_autofree char *text = call->nargs == 2 ? g_strdup(call->args[1]) : command_call_written(call, 1);
        return set_value(call, call->args[0], text, error);
    }
    for (int i = 0, used = 1; i < call->nargs; i += used)
        if (!set_one(call, i, &used, error))
            return false;
    return true;
}

static bool each(command_call *call, bool (*fn)(const command_call *, const char *, GError **), GError **error)
{
    for (int i = 0; i < call->nargs; i++)
        if (!fn(call, call->args[i], error))
            return false;
    return true;
}

static bool run_unset(command_call *call, GError **error)
{
    return each(call, unset, error);
}

static bool run_toggle(command_call *call, GError **error)
{
    return each(call, toggle, error);
}

static bool run_reset(command_call *call, GError **error)
{
    return each(call, run_reset_one, error);
}

const command_row conf_set_rows[] = {
    { "set", NULL, CONTEXT_GLOBAL, "OPTION VALUE", 0, -1, N_("change or show an option"), run_set },
    { "unset", NULL, CONTEXT_GLOBAL, "OPTION...", 1, -1, N_("switch an option off, or give it its default"), run_unset },
    { "toggle", NULL, CONTEXT_GLOBAL, "OPTION...", 1, -1, N_("switch an option to its next value"), run_toggle },
    { "reset", NULL, CONTEXT_GLOBAL, "OPTION...", 1, -1, N_("give an option its default"), run_reset },
    { "why", NULL, CONTEXT_GLOBAL, "OPTION...", 1, -1, N_("say where an option was set"), run_why },
    { NULL },
};
