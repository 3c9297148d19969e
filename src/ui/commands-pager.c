/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands of the message view. */
#include "base/error.h"
#include "base/i18n.h"
#include "ui/pager.h"
#include "ui/pane.h"

static view *pager_of_call(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return NULL;
    view *v = screen_find(u, CONTEXT_PAGER);
    if (v == NULL)
        error_set(error, ERROR_INPUT, _("%s acts on an open message; none is open"),
                  call->row->name);
    return v;
}

static bool run_toggle_headers(command_call *call, GError **error)
{
    view *v = pager_of_call(call, error);
    if (v != NULL)
        pager_toggle_headers(v);
    return v != NULL;
}

static bool run_toggle_quoted(command_call *call, GError **error)
{
    view *v = pager_of_call(call, error);
    if (v != NULL)
        pager_toggle_quoted(v);
    return v != NULL;
}

static bool run_skip_quoted(command_call *call, GError **error)
{
    view *v = pager_of_call(call, error);
    if (v != NULL)
        pager_skip_quoted(v);
    return v != NULL;
}

static bool run_view_attachments(command_call *call, GError **error)
{
    view *v = pager_of_call(call, error);
    if (v == NULL)
        return false;
    GPtrArray *lines = pager_parts(v);
    if (lines == NULL)
        ui_say(v->ui, _("This message is not here yet."));
    else
        screen_push(v->ui, pane_view_new(v->ui, _("Parts of this message"), lines));
    return true;
}

const command_row ui_pager_rows[] = {
    { "toggle-headers", "display-toggle-weed", CONTEXT_PAGER, "", 0, 0,
      N_("show all headers, or the usual ones"), run_toggle_headers },
    { "toggle-quoted", NULL, CONTEXT_PAGER, "", 0, 0, N_("fold quoted text, or show it"),
      run_toggle_quoted },
    { "skip-quoted", NULL, CONTEXT_PAGER, "", 0, 0, N_("go behind the next quoted text"),
      run_skip_quoted },
    { "view-attachments", NULL, CONTEXT_PAGER, "", 0, 0, N_("list the parts of this message"),
      run_view_attachments },
    { NULL },
};
