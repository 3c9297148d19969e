/* SPDX-License-Identifier: GPL-3.0-or-later */
/* color and hook: rules that are checked and kept here, and used by others. */
#include "conf/internal.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/i18n.h"
#include "model/query.h"

#include <string.h>

static bool is_hex(const char *p, gsize n)
{
    return strlen(p) == n && strspn(p, "0123456789abcdefABCDEF") == n;
}

static bool is_color(const char *word)
{
    static const char *const names[] = { "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white" };
    guint64 number;
    if (strcmp(word, "default") == 0 || (word[0] == '#' && is_hex(word + 1, 6)))
        return true;
    if (g_ascii_string_to_unsigned(g_str_has_prefix(word, "color") ? word + 5 : word, 10, 0, 255, &number, NULL))
        return true;
    if (g_str_has_prefix(word, "bright"))
        word += word[6] == '-' ? 7 : 6;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(word, names[i]) == 0)
            return true;
    return false;
}

static bool is_attribute(const char *word)
{
    static const char *const names[] = { "bold", "dim", "faint", "italic", "underline", "reverse", "none", "normal" };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(word, names[i]) == 0)
            return true;
    return false;
}

/* *( color / attribute / "on" color ) */
static bool check_words(char **words, GError **error)
{
    for (; *words != NULL; words++) {
        bool on = strcmp(*words, "on") == 0;
        if (on && words[1] != NULL && is_color(words[1]))
            words++;
        else if (on || (!is_color(*words) && !is_attribute(*words))) {
            error_set(error, ERROR_INPUT,
                      _("'%s' is no colour and no attribute; expected words such as red, bright-blue, '#d75f00' (in quotes), "
                        "bold, dim, italic, underline, reverse, and 'on COLOUR' for the ground"),
                      on && words[1] != NULL ? words[1] : *words);
            return false;
        }
    }
    return true;
}

static bool check_query(const char *text, GError **error)
{
    g_autoptr(GError) own = NULL;
    g_autoptr(query) q = query_parse(text, clock_now_s(), &own);
    if (q == NULL)
        error_set(error, ERROR_INPUT, _("\"%s\": %s"), text, own->message);
    return q != NULL;
}

static bool run_color(command_call *call, GError **error)
{
    const char *what = call->args[0];
    /* What is a role is known to the theme; each reads as a query, but for the labels. */
    if (!check_words(call->args + 1, error) || (!g_str_has_prefix(what, "label:") && !check_query(what, error)))
        return false;
    color_rule *rule = g_new0(color_rule, 1);
    rule->what = g_strdup(what);
    rule->words = g_strjoinv(" ", call->args + 1);
    g_ptr_array_add(conf_of(call)->colors, rule);
    conf_changed(conf_of(call), NULL, "color");
    return true;
}

/* "exec" is for hooks alone: the rest of the line goes to the shell. */
static bool check_command(const command_table *t, const char *name, GError **error)
{
    if (strcmp(name, "exec") == 0 || command_find(t, name, false) != NULL)
        return true;
    const char *near = command_near(t, name);
    error_set(error, ERROR_INPUT, _("there is no command '%s'; did you mean '%s'?"), name, near != NULL ? near : "exec");
    return false;
}

static bool run_hook(command_call *call, GError **error)
{
    if (strcmp(call->args[0], "new-mail") != 0) {
        error_set(error, ERROR_INPUT, _("there is no event '%s'; expected new-mail"), call->args[0]);
        return false;
    }
    if (!check_query(call->args[1], error) || !check_command(call->table, call->args[2], error))
        return false;
    hook_rule *rule = g_new0(hook_rule, 1);
    rule->event = g_strdup(call->args[0]);
    rule->query = g_strdup(call->args[1]);
    rule->command = command_call_written(call, 2);
    g_ptr_array_add(conf_of(call)->hooks, rule);
    return true;
}

const command_row conf_rule_rows[] = {
    { "color", "colour", CONTEXT_GLOBAL, "ROLE|QUERY COLOUR|ATTRIBUTE...", 2, -1,
      N_("colour a part of the screen, or messages by a query"), run_color },
    { "hook", NULL, CONTEXT_GLOBAL, "EVENT QUERY COMMAND...", 3, -1, N_("what to run when mail comes"), run_hook },
    { NULL },
};
