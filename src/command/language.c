/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands that are the language itself: keys and files.  else and end get here only where there is nothing
 * to close; their work is done in run.c. */
#include "command/internal.h"
#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

/* The keys of an argument.  Key names have escapes of their own (\Cd), so they are taken as written, without the
 * quotes around them. */
static char *written_keys(const command_call *call, int index)
{
    g_autofree char *rest = command_call_written(call, index);
    gsize n = strlen(rest);
    if (index + 1 < call->nargs) {
        g_autofree char *after = command_call_written(call, index + 1);
        n -= strlen(after);
    }
    g_autofree char *word = g_strstrip(g_strndup(rest, n));
    n = strlen(word);
    if (n >= 2 && (word[0] == '"' || word[0] == '\'') && word[n - 1] == word[0])
        return g_strndup(word + 1, n - 2);
    return g_steal_pointer(&word);
}

static bool run_bind(command_call *call, GError **error)
{
    g_autofree char *keys = written_keys(call, 1);
    /* One quoted word holds the command and its arguments. */
    g_autofree char *command = call->nargs == 3 ? g_strdup(call->args[2]) : command_call_written(call, 2);
    return command_bind(call->table, call->args[0], keys, command, false, error);
}

static bool run_macro(command_call *call, GError **error)
{
    g_autofree char *keys = written_keys(call, 1);
    if (!command_bind(call->table, call->args[0], keys, call->args[2], true, error))
        return false;
    if (call->nargs > 3)
        command_bind_note(call->table, call->args[0], keys, call->args[3]);
    return true;
}

static bool run_unbind(command_call *call, GError **error)
{
    for (int i = 1; i < call->nargs; i++) {
        g_autofree char *keys = written_keys(call, i);
        if (!command_unbind(call->table, call->args[0], keys, error))
            return false;
    }
    return true;
}

static bool run_source(command_call *call, GError **error)
{
    return script_source(call->table, call->args[0], error);
}

static bool run_noop(command_call *call, GError **error)
{
    return true;
}

static bool run_stray_else(command_call *call, GError **error)
{
    error_set(error, ERROR_INPUT, _("'else' belongs to nothing; expected 'if' before it"));
    return false;
}

static bool run_stray_end(command_call *call, GError **error)
{
    error_set(error, ERROR_INPUT, _("'end' closes nothing; expected if, account or folder before it"));
    return false;
}

const command_row command_language_rows[] = {
    { "bind", NULL, CONTEXT_GLOBAL, "CONTEXT[,CONTEXT...] KEYS COMMAND [ARGUMENT...]", 3, -1, N_("bind keys to a command"),
      run_bind },
    { "macro", NULL, CONTEXT_GLOBAL, "CONTEXT[,CONTEXT...] KEYS COMMANDS [DESCRIPTION]", 3, 4,
      N_("bind keys to a line of commands"), run_macro },
    { "unbind", NULL, CONTEXT_GLOBAL, "CONTEXT[,CONTEXT...] KEYS...", 2, -1, N_("take a binding away"), run_unbind },
    { "source", NULL, CONTEXT_GLOBAL, "FILE", 1, 1, N_("run the commands of a file"), run_source },
    { "else", NULL, CONTEXT_GLOBAL, "", 0, 0, N_("what is run when the condition of 'if' is false"), run_stray_else },
    { "end", NULL, CONTEXT_GLOBAL, "", 0, 0, N_("close an if, account or folder block"), run_stray_end },
    { "noop", NULL, CONTEXT_GLOBAL, "", 0, 0, N_("do nothing: takes a key out of use"), run_noop },
    { NULL },
};
