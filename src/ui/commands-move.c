/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands that move: in any view by lines and pages, among messages, to what is searched for. */
#include "base/error.h"
#include "base/i18n.h"
#include "ui/index.h"
#include "ui/pager.h"
#include "ui/prompt.h"
#include "ui/prompt-words.h"
#include "ui/screen.h"

#include <string.h>

static bool move(command_call *call, GError **error, view_motion motion, int n)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    view *v = screen_top(u);
    if (v->class->move != NULL)
        v->class->move(v, motion, n);
    return true;
}

static bool run_next_line(command_call *call, GError **error)
{
    return move(call, error, MOVE_LINE, 1);
}

static bool run_previous_line(command_call *call, GError **error)
{
    return move(call, error, MOVE_LINE, -1);
}

static bool run_half_down(command_call *call, GError **error)
{
    return move(call, error, MOVE_HALF, 1);
}

static bool run_half_up(command_call *call, GError **error)
{
    return move(call, error, MOVE_HALF, -1);
}

static bool run_previous_page(command_call *call, GError **error)
{
    return move(call, error, MOVE_PAGE, -1);
}

static bool run_first(command_call *call, GError **error)
{
    return move(call, error, MOVE_END, -1);
}

static bool run_last(command_call *call, GError **error)
{
    return move(call, error, MOVE_END, 1);
}

/* ---- among messages: the index moves, and an open message view follows */

static void follow(ui *u)
{
    if (screen_top(u)->class->context == CONTEXT_PAGER)
        pager_open(u, index_cursor_id(u->index));
}

/* Did the open message leave the list meanwhile, as one that was read does under the limit
 * is:unread? */
static bool is_replaced(ui *u)
{
    view *v = screen_top(u);
    guint32 id = index_cursor_id(u->index);
    return v->class->context == CONTEXT_PAGER && id != 0 && id != pager_message(v);
}

static bool step(command_call *call, GError **error, int direction, bool skip_deleted)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    if (direction > 0 && is_replaced(u)) /* what stands in its place is the next one */
        follow(u);
    else if (index_step(u->index, direction, skip_deleted))
        follow(u);
    else
        ui_say(u, index_count(u->index) == 0 ? _("There is no message here.")
                  : direction > 0            ? _("This is the last message.")
                                             : _("This is the first message."));
    return true;
}

static bool run_next_message(command_call *call, GError **error)
{
    return step(call, error, 1, true);
}

static bool run_previous_message(command_call *call, GError **error)
{
    return step(call, error, -1, true);
}

static bool run_next_entry(command_call *call, GError **error)
{
    return step(call, error, 1, false);
}

static bool run_previous_entry(command_call *call, GError **error)
{
    return step(call, error, -1, false);
}

/* At the end of a message the next page is the next message, as mutt's readers are used to. */
static bool run_next_page(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    view *v = screen_top(u);
    if (v->class->context == CONTEXT_PAGER && pager_at_end(v))
        return run_next_message(call, error);
    return move(call, error, MOVE_PAGE, 1);
}

static bool unread(command_call *call, GError **error, int direction)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    index_step_unread(u->index, direction);
    follow(u);
    return true;
}

static bool run_next_unread(command_call *call, GError **error)
{
    return unread(call, error, 1);
}

static bool run_previous_unread(command_call *call, GError **error)
{
    return unread(call, error, -1);
}

static bool thread(command_call *call, GError **error, int direction)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    if (index_step_thread(u->index, direction))
        follow(u);
    else
        ui_say(u, direction > 0 ? _("There is no thread below.") : _("There is no thread above."));
    return true;
}

static bool run_next_thread(command_call *call, GError **error)
{
    return thread(call, error, 1);
}

static bool run_previous_thread(command_call *call, GError **error)
{
    return thread(call, error, -1);
}

static bool run_parent(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    if (index_parent(u->index))
        follow(u);
    else
        ui_say(u, _("What this answers is not in this list."));
    return true;
}

/* ---- to a number */

static bool go_to_number(ui *u, const char *text, GError **error)
{
    guint64 number;
    g_autofree char *plain = g_strstrip(g_strdup(text));
    if (!g_ascii_string_to_unsigned(plain, 10, 1, G_MAXUINT32, &number, NULL)) {
        error_set(error, ERROR_INPUT, _("'%s' is no message number; expected 1 or more"), plain);
        return false;
    }
    if (number > index_count(u->index)) {
        error_set(error, ERROR_INPUT, _("there are %u messages here"), index_count(u->index));
        return false;
    }
    index_goto(u->index, (guint32)number - 1);
    follow(u);
    return true;
}

static void number_typed(ui *u, const char *text, gpointer data)
{
    GError *error = NULL;
    if (text != NULL && *text != '\0' && !go_to_number(u, text, &error))
        ui_warn_error(u, error);
}

static const prompt_kind number_prompt = { .done = number_typed };

static bool run_jump(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    if (call->nargs > 0)
        return go_to_number(u, call->args[0], error);
    prompt_open(u, &number_prompt, _("Go to message: "), NULL, NULL);
    return true;
}

static bool run_jump_prompt(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    prompt_open(u, &number_prompt, _("Go to message: "), call->args[0], NULL);
    return true;
}

/* ---- search */

static bool search(ui *u, const char *text, bool backwards, GError **error)
{
    view *v = screen_top(u);
    if (v->class->search == NULL) {
        error_set(error, ERROR_INPUT, _("there is nothing to search here"));
        return false;
    }
    return v->class->search(v, text, backwards, error);
}

static void search_typed(ui *u, const char *text, gpointer data)
{
    GError *error = NULL;
    if (text == NULL)
        return;
    /* An empty line searches again. */
    if (!search(u, *text != '\0' ? text : NULL, GPOINTER_TO_INT(data) != 0, &error))
        ui_warn_error(u, error);
}

static char *check_search(ui *u, const char *text, int *column)
{
    return screen_top(u)->class->context == CONTEXT_INDEX ? prompt_check_query(text, column) : NULL;
}

static GPtrArray *complete_search(ui *u, const char *text, gsize *start)
{
    return screen_top(u)->class->context == CONTEXT_INDEX ? prompt_complete_query(u, text, start)
                                                          : NULL;
}

static const prompt_kind search_prompt = {
    .history = "search", .check = check_search, .complete = complete_search, .done = search_typed
};

static bool search_command(command_call *call, GError **error, bool backwards)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    if (call->nargs > 0) {
        g_autofree char *text = command_call_text(call, 0);
        return search(u, text, backwards, error);
    }
    prompt_open(u, &search_prompt, backwards ? _("Search backwards: ") : _("Search: "), NULL,
                GINT_TO_POINTER(backwards ? 1 : 0));
    return true;
}

/* Where there is no list to search in, the mail is searched. */
static bool run_search(command_call *call, GError **error)
{
    if (ui_of_call(call, NULL) == NULL && call->nargs > 0)
        return action_search(call, error);
    return search_command(call, error, false);
}

static bool run_search_reverse(command_call *call, GError **error)
{
    return search_command(call, error, true);
}

static bool run_search_next(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    return u != NULL && search(u, NULL, false, error);
}

static bool run_search_opposite(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    return u != NULL && search(u, NULL, true, error);
}

#define MESSAGES (CONTEXT_INDEX | CONTEXT_PAGER)
const command_row ui_move_rows[] = {
    { "next-message", "next-undeleted", MESSAGES, "", 0, 0,
      N_("to the next message that is not deleted"), run_next_message },
    { "previous-message", "previous-undeleted", MESSAGES, "", 0, 0,
      N_("to the previous message that is not deleted"), run_previous_message },
    { "next-entry", NULL, MESSAGES, "", 0, 0, N_("to the next message"), run_next_entry },
    { "previous-entry", NULL, MESSAGES, "", 0, 0, N_("to the previous message"),
      run_previous_entry },
    { "next-line", NULL, CONTEXT_GLOBAL, "", 0, 0, N_("one line down"), run_next_line },
    { "previous-line", NULL, CONTEXT_GLOBAL, "", 0, 0, N_("one line up"), run_previous_line },
    { "next-page", NULL, CONTEXT_GLOBAL, "", 0, 0,
      N_("one page down; behind the end, the next message"), run_next_page },
    { "previous-page", NULL, CONTEXT_GLOBAL, "", 0, 0, N_("one page up"), run_previous_page },
    { "half-down", NULL, CONTEXT_GLOBAL, "", 0, 0, N_("half a page down"), run_half_down },
    { "half-up", NULL, CONTEXT_GLOBAL, "", 0, 0, N_("half a page up"), run_half_up },
    { "first-entry", "top", CONTEXT_GLOBAL, "", 0, 0, N_("to the beginning"), run_first },
    { "last-entry", "bottom", CONTEXT_GLOBAL, "", 0, 0, N_("to the end"), run_last },
    { "jump", NULL, MESSAGES, "[NUMBER]", 0, 1, N_("go to a message by its number"), run_jump },
    { "jump-prompt", NULL, MESSAGES, "DIGITS", 1, 1, N_("ask for a message number that begins so"),
      run_jump_prompt },
    { "next-unread", "next-new-then-unread next-new", MESSAGES, "", 0, 0,
      N_("to the next unread message"), run_next_unread },
    { "previous-unread", "previous-new-then-unread previous-new", MESSAGES, "", 0, 0,
      N_("to the previous unread message"), run_previous_unread },
    { "next-thread", NULL, MESSAGES, "", 0, 0, N_("to the next thread"), run_next_thread },
    { "previous-thread", NULL, MESSAGES, "", 0, 0, N_("to the previous thread"),
      run_previous_thread },
    { "parent-message", NULL, MESSAGES, "", 0, 0, N_("to the message this one answers"),
      run_parent },
    { "search", NULL, CONTEXT_GLOBAL, "[TEXT]", 0, -1,
      N_("search: a query in the list, a text in a message"), run_search },
    { "search-reverse", NULL, CONTEXT_GLOBAL, "[TEXT]", 0, -1, N_("search backwards"),
      run_search_reverse },
    { "search-next", NULL, CONTEXT_GLOBAL, "", 0, 0, N_("search for the same again"),
      run_search_next },
    { "search-opposite", NULL, CONTEXT_GLOBAL, "", 0, 0,
      N_("search for the same in the other direction"), run_search_opposite },
    { NULL },
};
