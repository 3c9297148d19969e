/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands of the screen itself: help, the command line, leaving views, messages, redrawing, ^Z. */
#include "base/error.h"
#include "base/i18n.h"
#include "ui/index.h"
#include "ui/pager.h"
#include "ui/pane.h"
#include "ui/prompt-words.h"

#include <string.h>

static bool run_help(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    command_context context = screen_top(u)->class->context;
    if (context != CONTEXT_HELP)
        screen_push(u, pane_view_new(u, _("Keys and commands"), help_lines(u, context)));
    return true;
}

static bool run_messages(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    g_autoptr(GPtrArray) all = messages_all(u);
    GPtrArray *lines = styled_lines_new();
    for (guint i = all->len; i-- > 0;)
        pane_add(lines, all->pdata[i], STYLE_PLAIN);
    if (all->len == 0)
        pane_add(lines, _("Nothing was said yet."), STYLE_NOTE);
    screen_push(u, pane_view_new(u, _("Messages, the newest first"), lines));
    return true;
}

/* ---- the command line */

static void command_typed(ui *u, const char *text, gpointer data)
{
    u->on_tagged = GPOINTER_TO_INT(data) != 0;
    if (text != NULL && *text != '\0')
        ui_run_text(u, text);
    u->on_tagged = false;
}

static const prompt_kind command_prompt = {
    .history = "command", .list = true, .complete = prompt_complete_command, .done = command_typed
};

void ui_command_prompt(ui *u, const char *initial)
{
    prompt_open(u, &command_prompt, ":", initial, GINT_TO_POINTER(u->on_tagged ? 1 : 0));
}

static bool run_prompt(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    g_autofree char *text = command_call_written(call, 0);
    ui_command_prompt(u, text);
    return true;
}

/* ---- leaving */

static bool run_back(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    if (u->views->len > 1)
        screen_pop(u);
    return true;
}

static bool run_stop(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    view *v = screen_top(u);
    if (v->class->context != CONTEXT_PAGER || !pager_stop_waiting(v))
        mtm_sync_cancel(u->mtm, NULL);
    return true;
}

static bool run_refresh(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    term_resized();
    term_redraw();
    index_refresh(u->index);
    return true;
}

static bool run_suspend(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    term_suspend();
    ui_dirty(u);
    return true;
}

const command_row ui_screen_rows[] = {
    { "help", NULL, CONTEXT_GLOBAL, "", 0, 0, N_("list keys and commands"), run_help },
    { "prompt", "enter-command", CONTEXT_GLOBAL, "[TEXT]", 0, -1, N_("write a command"),
      run_prompt },
    { "back", NULL, CONTEXT_GLOBAL, "", 0, 0, N_("leave this view"), run_back },
    { "stop", NULL, CONTEXT_GLOBAL, "", 0, 0,
      N_("stop fetching what is waited for, or the synchronisation"), run_stop },
    { "messages", "error-history", CONTEXT_GLOBAL, "", 0, 0, N_("list what the message line said"),
      run_messages },
    { "refresh", "redraw-screen", CONTEXT_GLOBAL, "", 0, 0,
      N_("draw the screen and read the list anew"), run_refresh },
    { "suspend", NULL, CONTEXT_GLOBAL, "", 0, 0, N_("stop cursus until the shell continues it"),
      run_suspend },
    { NULL },
};
