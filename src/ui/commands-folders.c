/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands of the folder list, at the left and as a view of its own. */
#include "base/error.h"
#include "base/i18n.h"
#include "ui/folders.h"
#include "ui/index.h"
#include "ui/prompt-words.h"

#include <string.h>

static void go(ui *u, guint32 id)
{
    GError *error = NULL;
    if (!u->face.open_folder(&u->face, id, &error))
        ui_warn_error(u, error);
}

static bool run_folder_list(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    screen_pop_to_index(u);
    screen_push(u, folders_view_new(u));
    return true;
}

static bool run_open_folder(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    view *v = screen_find(u, CONTEXT_FOLDERS);
    guint32 id = v != NULL ? folders_view_selected(v) : 0;
    if (id != 0)
        go(u, id);
    else if (v == NULL || !folders_view_fold(v))
        ui_say(u, _("This name holds no mail."));
    return true;
}

static bool run_fold_folder(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    view *v = screen_find(u, CONTEXT_FOLDERS);
    if (v == NULL || !folders_view_fold(v))
        ui_say(u, _("Nothing lies below this folder."));
    return true;
}

/* ---- by name */

static void folder_typed(ui *u, const char *text, gpointer data)
{
    if (text == NULL)
        return;
    g_autofree char *name = g_strstrip(g_strdup(text));
    guint32 standard = GPOINTER_TO_UINT(data);
    const folder *f = *name != '\0' ? mtm_folder_find(u->mtm, name) : mtm_folder(u->mtm, standard);
    if (f == NULL && *name != '\0') { /* a part of one name is enough */
        gsize start;
        g_autoptr(GPtrArray) list = prompt_complete_folder(u, name, &start);
        if (list->len == 1)
            f = mtm_folder_find(u->mtm, ((candidate *)list->pdata[0])->word);
    }
    if (f != NULL) {
        go(u, f->id);
    } else if (*name != '\0') {
        g_autofree char *sentence = g_strdup_printf(_("There is no folder '%s'."), name);
        ui_warn(u, sentence);
    }
}

static const prompt_kind folder_prompt = {
    .history = "folder", .list = true, .complete = prompt_complete_folder, .done = folder_typed
};

static bool run_change_folder_prompt(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    guint32 next = folders_next_unread(u->folders, index_folder(u->index));
    const folder *f = next != 0 ? mtm_folder(u->mtm, next) : NULL;
    g_autofree char *title = f != NULL ? ui_folder_title(u, f) : NULL;
    g_autofree char *label = title != NULL ? g_strdup_printf(_("Go to folder (Enter: %s): "), title)
                                           : g_strdup(_("Go to folder: "));
    prompt_open(u, &folder_prompt, label, NULL, GUINT_TO_POINTER(next));
    return true;
}

/* ---- the sidebar */

static bool run_sidebar_toggle(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u == NULL)
        return false;
    u->sidebar = screen_sidebar_shown(u) ? SIDEBAR_NO : SIDEBAR_YES;
    if (u->sidebar == SIDEBAR_YES && !screen_sidebar_shown(u))
        ui_say(u, _("The window is too narrow for the folder list at the left."));
    ui_dirty(u);
    return true;
}

static bool run_sidebar_next(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u != NULL)
        folders_mark_move(u->folders, 1);
    return u != NULL;
}

static bool run_sidebar_previous(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u != NULL)
        folders_mark_move(u->folders, -1);
    return u != NULL;
}

static bool run_sidebar_open(command_call *call, GError **error)
{
    ui *u = ui_of_call(call, error);
    if (u != NULL && folders_marked(u->folders) != 0)
        go(u, folders_marked(u->folders));
    return u != NULL;
}

const command_row ui_folder_rows[] = {
    { "folder-list", NULL, CONTEXT_GLOBAL, "", 0, 0, N_("list the folders"), run_folder_list },
    { "open-folder", NULL, CONTEXT_FOLDERS, "", 0, 0, N_("go to this folder"), run_open_folder },
    { "fold-folder", NULL, CONTEXT_FOLDERS, "", 0, 0, N_("fold what lies below, or show it"),
      run_fold_folder },
    { "change-folder-prompt", NULL, CONTEXT_GLOBAL, "", 0, 0, N_("go to a folder by its name"),
      run_change_folder_prompt },
    { "sidebar-toggle", "sidebar-toggle-visible", CONTEXT_GLOBAL, "", 0, 0,
      N_("show the folder list at the left, or hide it"), run_sidebar_toggle },
    { "sidebar-next", NULL, CONTEXT_GLOBAL, "", 0, 0, N_("mark the next folder at the left"),
      run_sidebar_next },
    { "sidebar-previous", "sidebar-prev", CONTEXT_GLOBAL, "", 0, 0,
      N_("mark the previous folder at the left"), run_sidebar_previous },
    { "sidebar-open", NULL, CONTEXT_GLOBAL, "", 0, 0, N_("go to the marked folder"),
      run_sidebar_open },
    { NULL },
};
