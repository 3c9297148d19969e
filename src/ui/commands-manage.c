/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Managing folders from their list: each command runs `folders VERB` for the one under the cursor. */
#include "base/error.h"
#include "base/i18n.h"
#include "text/sanitise.h"
#include "ui/folders.h"
#include "ui/prompt-words.h"

#include <string.h>

/* The folder under the cursor of the list; NULL has been said. */
static const folder *selected(ui *u)
{
    view *v = screen_find(u, CONTEXT_FOLDERS);
    const folder *f = v != NULL ? mtm_folder(u->mtm, folders_view_id(v)) : NULL;
    if (f == NULL)
        ui_say(u, _("This is no folder."));
    return f;
}

static char *quoted_name(const folder *f)
{
    g_autofree char *full = g_strdup_printf("%s:%s", f->account_name, f->name);
    return command_quote(full);
}

static bool run_verb(command_call *call, const char *verb, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    const folder *f = selected(u);
    if (f == NULL)
        return true;
    g_autofree char *name = quoted_name(f);
    g_autofree char *command = g_strdup_printf("folders %s %s", verb, name);
    ui_run_text(u, command);
    return true;
}

static bool run_delete(command_call *call, GError **error)
{
    return run_verb(call, "delete", error);
}

static bool run_empty(command_call *call, GError **error)
{
    return run_verb(call, "empty", error);
}

static bool run_subscribe(command_call *call, GError **error)
{
    return run_verb(call, "subscribe", error);
}

static bool run_unsubscribe(command_call *call, GError **error)
{
    return run_verb(call, "unsubscribe", error);
}

static bool run_mark_read(command_call *call, GError **error)
{
    return run_verb(call, "mark-read", error);
}

/* ---- names that are asked for */

/* data: the account's name, owned. */
static void create_typed(ui *u, const char *text, gpointer data)
{
    g_autofree char *account = data;
    g_autofree char *name = text != NULL ? g_strstrip(g_strdup(text)) : NULL;
    if (name == NULL || *name == '\0')
        return;
    g_autofree char *full = g_strdup_printf("%s:%s", account, name);
    g_autofree char *quoted = command_quote(full);
    g_autofree char *command = g_strdup_printf("folders create %s", quoted);
    ui_run_text(u, command);
    view *v = screen_find(u, CONTEXT_FOLDERS);
    if (v != NULL)
        folders_view_await(v, full);
}

static const prompt_kind create_prompt = { .done = create_typed };

/* In the account of the row, beside the folder it is on. */
static bool run_create(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    view *v = u != NULL ? screen_find(u, CONTEXT_FOLDERS) : NULL;
    if (v == NULL)
        return u != NULL;
    const folder *f = mtm_folder(u->mtm, folders_view_id(v));
    const char *account = folders_view_account(v);
    if (account == NULL) {
        ui_say(u, _("There is no account to make a folder in."));
        return true;
    }
    const char *slash = f != NULL ? strrchr(f->name, '/') : NULL;
    g_autofree char *beside = slash != NULL ? g_strndup(f->name, (gsize)(slash + 1 - f->name)) : NULL;
    g_autofree char *shown = text_sanitise_line(account, -1);
    g_autofree char *label = mtm_account_count(u->mtm) > 1 ? g_strdup_printf(_("New folder in %s: "), shown)
                                                           : g_strdup(_("New folder: "));
    prompt_open(u, &create_prompt, label, beside, g_strdup(account));
    return true;
}

static void rename_typed(ui *u, const char *text, gpointer data)
{
    const folder *f = mtm_folder(u->mtm, GPOINTER_TO_UINT(data));
    g_autofree char *name = text != NULL ? g_strstrip(g_strdup(text)) : NULL;
    if (f == NULL || name == NULL || *name == '\0' || strcmp(name, f->name) == 0)
        return;
    g_autofree char *old = quoted_name(f), *new = command_quote(name);
    g_autofree char *command = g_strdup_printf("folders rename %s %s", old, new);
    ui_run_text(u, command);
}

static const prompt_kind rename_prompt = { .done = rename_typed };

static bool run_rename(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    const folder *f = u != NULL ? selected(u) : NULL;
    if (f != NULL)
        prompt_open(u, &rename_prompt, _("New name (what lies below follows): "), f->name, GUINT_TO_POINTER(f->id));
    return u != NULL;
}

const command_row ui_manage_rows[] = {
    { "create-folder", "create-mailbox", CONTEXT_FOLDERS, "", 0, 0, N_("make a folder; its name is asked for"),
      run_create },
    { "rename-folder", "rename-mailbox", CONTEXT_FOLDERS, "", 0, 0, N_("rename or move this folder"), run_rename },
    { "delete-folder", "delete-mailbox", CONTEXT_FOLDERS, "", 0, 0,
      N_("delete this folder and what lies below it, when asked"), run_delete },
    { "empty-folder", NULL, CONTEXT_FOLDERS, "", 0, 0, N_("delete all messages in this folder for good, when asked"),
      run_empty },
    { "subscribe-folder", "subscribe", CONTEXT_FOLDERS, "", 0, 0, N_("subscribe to this folder"), run_subscribe },
    { "unsubscribe-folder", "unsubscribe", CONTEXT_FOLDERS, "", 0, 0, N_("do not subscribe to this folder any more"),
      run_unsubscribe },
    { "mark-folder-read", "catchup", CONTEXT_FOLDERS, "", 0, 0, N_("mark all messages in this folder as read"),
      run_mark_read },
    { NULL },
};
