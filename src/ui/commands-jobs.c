/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands of the view of what runs and what waits. */
#include "base/error.h"
#include "base/i18n.h"
#include "ui/jobs.h"
#include "ui/pane.h"

static bool run_jobs(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u != NULL && screen_find(u, CONTEXT_JOBS) == NULL)
        screen_push(u, jobs_view_new(u));
    return u != NULL;
}

static bool change(command_call *call, const char *verb, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    view *v = screen_find(u, CONTEXT_JOBS);
    guint64 row = v != NULL ? jobs_view_row(v) : 0;
    if (row == 0) {
        ui_say(u, _("There is no change here."));
        return true;
    }
    g_autofree char *command = g_strdup_printf("journal %s %" G_GUINT64_FORMAT, verb, row);
    ui_run_text(u, command);
    return true;
}

static bool run_retry(command_call *call, GError **error)
{
    return change(call, "retry", error);
}

static bool run_cancel(command_call *call, GError **error)
{
    return change(call, "cancel", error);
}

static bool run_show(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    view *v = u != NULL ? screen_find(u, CONTEXT_JOBS) : NULL;
    GPtrArray *lines = v != NULL ? jobs_view_details(v) : NULL;
    if (lines != NULL)
        screen_push(u, pane_view_new(u, _("A change for the server"), lines));
    return u != NULL;
}

const command_row ui_jobs_rows[] = {
    { "jobs", NULL, CONTEXT_GLOBAL, "", 0, 0, N_("show how the accounts are, and the changes that wait or were refused"),
      run_jobs },
    { "retry-job", NULL, CONTEXT_JOBS, "", 0, 0, N_("send a refused change again"), run_retry },
    { "cancel-job", NULL, CONTEXT_JOBS, "", 0, 0, N_("forget this change: what is shown goes back"), run_cancel },
    { "show-job", NULL, CONTEXT_JOBS, "", 0, 0, N_("tell all about this change"), run_show },
    { NULL },
};
