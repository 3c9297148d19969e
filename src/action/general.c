/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands about no message: where to be, what to say, how to leave. */
#include "action/internal.h"
#include "base/error.h"
#include "base/i18n.h"

static bool run_echo(command_call *call, GError **error)
{
    face *f = call->host;
    if (f == NULL)
        return true;
    g_autofree char *text = g_strjoinv(" ", call->args);
    f->say(f, text);
    return true;
}

static bool run_quit(command_call *call, GError **error)
{
    face *f = action_face(call, error);
    if (f == NULL)
        return false;
    f->quit(f);
    return true;
}

static bool run_change_folder(command_call *call, GError **error)
{
    face *f = action_face(call, error);
    if (f == NULL)
        return false;
    g_autofree char *name = g_strjoinv(" ", call->args);
    g_autoptr(GError) unknown = NULL;
    const folder *found = action_folder(f, name, &unknown);
    if (found != NULL)
        return f->open_folder(f, found->id, error);
    if (f->await_folder != NULL && !mtm_folders_settled(f->mtm)) {
        f->await_folder(f, name);
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&unknown));
    return false;
}

static void describe(face *f, const command_row *row)
{
    g_autofree char *args = g_strdup_printf("%s%s%s", row->name, row->args[0] != '\0' ? " " : "", row->args);
    g_autofree char *line = g_strdup_printf("%-32s %s", args, _(row->help));
    f->say(f, line);
}

static bool run_describe(command_call *call, GError **error)
{
    face *f = action_face(call, error);
    if (f == NULL)
        return false;
    for (int i = 0; i < call->nargs; i++) {
        const command_row *row = command_find(call->table, call->args[i], true);
        if (row == NULL) {
            error_set(error, ERROR_INPUT, _("there is no command '%s'"), call->args[i]);
            return false;
        }
        describe(f, row);
    }
    const GPtrArray *rows = command_rows(call->table);
    for (guint i = 0; call->nargs == 0 && i < rows->len; i++)
        describe(f, rows->pdata[i]);
    return true;
}

const command_row action_general_rows[] = {
    { "change-folder", "select", CONTEXT_GLOBAL, "FOLDER", 1, -1, N_("go to a folder"), run_change_folder },
    { "echo", NULL, CONTEXT_GLOBAL, "[TEXT...]", 0, -1, N_("say a text"), run_echo },
    { "describe", NULL, CONTEXT_GLOBAL, "[COMMAND...]", 0, -1,
      N_("say what a command does; without one, list all"), run_describe },
    { "quit", "exit", CONTEXT_GLOBAL, "", 0, 0, N_("leave"), run_quit },
    { NULL },
};
