/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands of the message index: opening, limits, order, folds. */
#include "base/error.h"
#include "base/i18n.h"
#include "ui/index.h"
#include "ui/pager.h"
#include "ui/prompt-words.h"

#include <string.h>

static bool run_open_message(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    guint32 id = index_cursor_id(u->index);
    if (id == 0)
        ui_say(u, _("There is no message here."));
    else if (index_goto_id(u->index, id)) /* from now on the cursor stays on it */
        pager_open(u, id);
    return true;
}

/* ---- limit: the list follows what is typed; Esc brings back what was */

typedef struct limit_before {
    char *text;     /* "" none */
    guint32 cursor; /* id */
} limit_before;

static void limit_changed(ui *u, const char *text, gpointer data)
{
    g_autoptr(GError) error = NULL;
    index_set_limit(u->index, text,
                    &error); /* half typed: the remark under the line says why not */
}

static void limit_typed(ui *u, const char *text, gpointer data)
{
    limit_before *before = data;
    GError *error = NULL;
    if (!index_set_limit(u->index, text != NULL ? text : before->text, &error))
        ui_warn_error(u, error);
    if (text == NULL)
        index_return_to(u->index, before->cursor);
    g_free(before->text);
    g_free(before);
}

static char *check_limit(ui *u, const char *text, int *column)
{
    return strcmp(text, ".") == 0 ? NULL : prompt_check_query(text, column);
}

static const prompt_kind limit_prompt = { .history = "limit",
                                          .check = check_limit,
                                          .complete = prompt_complete_query,
                                          .changed = limit_changed,
                                          .done = limit_typed };

static bool run_limit(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    if (call->nargs > 0) {
        g_autofree char *text = command_call_text(call, 0);
        return index_set_limit(u->index, text, error);
    }
    const char *limit = index_limit(u->index);
    limit_before *before = g_new0(limit_before, 1);
    before->text = g_strdup(limit != NULL ? limit : "");
    before->cursor = index_cursor_id(u->index);
    prompt_open(u, &limit_prompt, _("Limit to: "), limit, before);
    return true;
}

static bool run_show_limit(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    const char *limit = index_limit(u->index);
    g_autofree char *text = limit != NULL ? g_strdup_printf(_("Limit: %s"), limit)
                                          : g_strdup(_("No limit: all messages are shown."));
    ui_say(u, text);
    return true;
}

/* ---- order */

/* The letters of mutt's menu, as far as there is such an order. */
static const struct {
    const char *key, *word;
} sort_keys[] = { { "t", "threads" }, { "d", "date" },    { "r", "date" },
                  { "f", "from" },    { "s", "subject" }, { "z", "size" } };

static void sort_typed(ui *u, const char *key, gpointer data)
{
    mtm_sort sort;
    if (key == NULL)
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(sort_keys); i++) {
        if (strcmp(sort_keys[i].key, key) == 0 && index_sort_from_word(sort_keys[i].word, &sort)) {
            index_set_sort(u->index, sort, GPOINTER_TO_INT(data) != 0);
            return;
        }
    }
    ui_say(u, _("No order has this letter."));
}

static const prompt_kind sort_prompt = { .one_key = true, .done = sort_typed };

static bool sort_command(command_call *call, GError **error, bool reverse)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    mtm_sort sort;
    if (call->nargs == 0) {
        prompt_open(u, &sort_prompt,
                    reverse ? _("Reverse order: (t)hreads (d)ate (f)rom (s)ubject si(z)e ")
                            : _("Order: (t)hreads (d)ate (f)rom (s)ubject si(z)e "),
                    NULL, GINT_TO_POINTER(reverse ? 1 : 0));
        return true;
    }
    if (!index_sort_from_word(call->args[0], &sort)) {
        error_set(error, ERROR_INPUT,
                  _("'%s' is no order; expected threads, date, from, subject or size"),
                  call->args[0]);
        return false;
    }
    index_set_sort(u->index, sort, reverse);
    return true;
}

static bool run_sort(command_call *call, GError **error)
{
    return sort_command(call, error, false);
}

static bool run_sort_reverse(command_call *call, GError **error)
{
    return sort_command(call, error, true);
}

/* ---- folds */

static bool run_fold_thread(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u != NULL)
        index_fold_thread(u->index);
    return u != NULL;
}

static bool run_fold_all(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u != NULL)
        index_fold_all(u->index);
    return u != NULL;
}

#define MESSAGES (CONTEXT_INDEX | CONTEXT_PAGER)
const command_row ui_index_rows[] = {
    { "open-message", "display-message", CONTEXT_INDEX, "", 0, 0, N_("read the message"),
      run_open_message },
    { "limit", NULL, MESSAGES, "[QUERY]", 0, -1, N_("show only what matches; '.' shows all again"),
      run_limit },
    { "show-limit", NULL, MESSAGES, "", 0, 0, N_("say which limit is set"), run_show_limit },
    { "sort", "sort-mailbox", MESSAGES, "[threads|date|from|subject|size]", 0, 1,
      N_("choose the order of this list"), run_sort },
    { "sort-reverse", NULL, MESSAGES, "[threads|date|from|subject|size]", 0, 1,
      N_("choose the order of this list, turned round"), run_sort_reverse },
    { "fold-thread", "collapse-thread", CONTEXT_INDEX, "", 0, 0,
      N_("fold the thread to one row, or unfold it"), run_fold_thread },
    { "fold-all", "collapse-all", CONTEXT_INDEX, "", 0, 0, N_("fold or unfold all threads"),
      run_fold_all },
    { NULL },
};
