/* SPDX-License-Identifier: GPL-3.0-or-later */
/* folders: listing and managing them.  What is changed is changed here at once and on the server when there is a
 * connection. */
#include "action/internal.h"
#include "base/error.h"
#include "base/i18n.h"
#include "text/sanitise.h"

#include <string.h>

/* ---- helpers */

typedef guint64 (*folder_fn)(mtm *m, guint32 folder);

static guint64 subscribe(mtm *m, guint32 folder)
{
    return mtm_subscribe(m, folder, true);
}

static guint64 unsubscribe(mtm *m, guint32 folder)
{
    return mtm_subscribe(m, folder, false);
}

/* The ids of the named folders, or of the current one. */
static GArray *folders_of(command_call *call, GError **error)
{
    face *f = call->host;
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (int i = 1; i < call->nargs; i++) {
        const folder *one = action_folder(f, call->args[i], error);
        if (one == NULL)
            return NULL;
        g_array_append_val(ids, one->id);
    }
    guint32 current = f->folder(f);
    if (call->nargs == 1 && mtm_folder(f->mtm, current) != NULL)
        g_array_append_val(ids, current);
    if (ids->len == 0) {
        error_set(error, ERROR_INPUT, _("no folder is open"));
        return NULL;
    }
    return g_steal_pointer(&ids);
}

static bool each(face *f, const GArray *ids, folder_fn fn, const char *label, GError **error)
{
    bool good = true;
    for (guint i = 0; i < ids->len && good; i++)
        good = action_posted(f, fn(f->mtm, g_array_index(ids, guint32, i)), label, error);
    return good;
}

/* ---- create and rename */

/* "work:Lists/git" -> the account's name and the rest; without an account it is the face's, the only one, or that of
 * the folder that is open. */
static bool new_name(face *f, const char *text, char **account, const char **name, GError **error)
{
    *name = text;
    *account = NULL;
    for (guint i = 0; i < mtm_account_count(f->mtm) && *account == NULL; i++) {
        const char *one = mtm_account(f->mtm, i)->name;
        gsize n = strlen(one);
        if (strncmp(text, one, n) == 0 && text[n] == ':') {
            *account = g_strdup(one);
            *name = text + n + 1;
        }
    }
    const folder *open = mtm_folder(f->mtm, f->folder(f));
    if (*account == NULL && f->account != NULL)
        *account = g_strdup(f->account);
    else if (*account == NULL && mtm_account_count(f->mtm) == 1)
        *account = g_strdup(mtm_account(f->mtm, 0)->name);
    else if (*account == NULL && open != NULL)
        *account = g_strdup(open->account_name);
    if (*account != NULL && **name != '\0')
        return true;
    g_clear_pointer(account, g_free);
    if (**name == '\0')
        error_set(error, ERROR_INPUT, _("a folder needs a name"));
    else
        error_set(error, ERROR_INPUT, _("in which account? Write ACCOUNT:%s"), *name);
    return false;
}

static bool create(command_call *call, GError **error)
{
    face *f = call->host;
    for (int i = 1; i < call->nargs; i++) {
        g_autofree char *account = NULL;
        const char *name;
        if (!new_name(f, call->args[i], &account, &name, error) ||
            !action_posted(f, mtm_folder_create(f->mtm, account, name), _("create folder"), error))
            return false;
    }
    return true;
}

static bool rename_folder(command_call *call, GError **error)
{
    face *f = call->host;
    const folder *old = action_folder(f, call->args[1], error);
    if (old == NULL)
        return false;
    g_autofree char *prefix = g_strconcat(old->account_name, ":", NULL);
    const char *name = call->args[2];
    if (g_str_has_prefix(name, prefix))
        name += strlen(prefix);
    return action_posted(f, mtm_folder_rename(f->mtm, old->id, name), _("rename folder"), error);
}

/* ---- what asks first */

typedef struct asked {
    GArray *ids;
    folder_fn fn;
    const char *label;
} asked;

static void asked_free(gpointer data)
{
    asked *a = data;
    g_array_unref(a->ids);
    g_free(a);
}

static void asked_yes(face *f, gpointer data)
{
    asked *a = data;
    g_autoptr(GError) error = NULL;
    if (!each(f, a->ids, a->fn, a->label, &error))
        f->warn(f, error->message);
}

/* Messages in it; with below, in what lies below it too. */
static guint count(face *f, guint32 id, bool below)
{
    const folder *top = mtm_folder(f->mtm, id);
    g_autofree char *prefix = g_strconcat(top->name, "/", NULL);
    const GPtrArray *all = mtm_folders(f->mtm);
    guint n = 0;
    for (guint i = 0; i < all->len; i++) {
        const folder *one = all->pdata[i];
        if (one->id == id || (below && one->account == top->account && g_str_has_prefix(one->name, prefix)))
            n += one->server_messages != G_MAXUINT32 ? MAX(one->messages, one->server_messages) : one->messages;
    }
    return n;
}

static char *question_of(face *f, const GArray *ids, bool delete)
{
    guint n = 0;
    for (guint i = 0; i < ids->len; i++)
        n += count(f, g_array_index(ids, guint32, i), delete);
    const folder *first = mtm_folder(f->mtm, g_array_index(ids, guint32, 0));
    g_autofree char *name = text_sanitise_line(first->name, -1);
    if (delete && n == 0)
        return g_strdup_printf(_("Delete the folder %s and what lies below it? (y/n) "), name);
    if (delete)
        return g_strdup_printf(ngettext("Delete the folder %s, what lies below it, and %u message? (y/n) ",
                                        "Delete the folder %s, what lies below it, and %u messages? (y/n) ", n),
                               name, n);
    return g_strdup_printf(ngettext("Delete %u message in %s for good? (y/n) ",
                                    "Delete all %u messages in %s for good? (y/n) ", n),
                           n, name);
}

static bool ask_first(command_call *call, folder_fn fn, const char *label, GError **error)
{
    face *f = call->host;
    g_autoptr(GArray) ids = folders_of(call, error);
    if (ids == NULL)
        return false;
    if (f->confirm == NULL)
        return each(f, ids, fn, label, error);
    g_autofree char *question = question_of(f, ids, fn == mtm_folder_delete);
    asked *a = g_new0(asked, 1);
    a->ids = g_steal_pointer(&ids);
    a->fn = fn;
    a->label = label;
    f->confirm(f, question, asked_yes, a, asked_free);
    return true;
}

/* ---- the row */

static bool list(command_call *call, GError **error)
{
    face *f = call->host;
    const GPtrArray *all = mtm_folders(f->mtm);
    for (guint i = 0; i < all->len; i++) {
        const folder *one = all->pdata[i];
        if (f->account != NULL && strcmp(f->account, one->account_name) != 0)
            continue;
        g_autofree char *line =
            g_strdup_printf("%s:%s  %u/%u  %s", one->account_name, one->name, one->unseen, one->messages,
                            folder_role_word(one->role));
        f->say(f, g_strchomp(line));
    }
    return true;
}

static bool named(command_call *call, folder_fn fn, const char *label, GError **error)
{
    g_autoptr(GArray) ids = folders_of(call, error);
    return ids != NULL && each(call->host, ids, fn, label, error);
}

static bool run_folders(command_call *call, GError **error)
{
    static const char verbs[] = "list|create|rename|delete|subscribe|unsubscribe|empty|mark-read";
    enum { LIST, CREATE, RENAME, DELETE, SUBSCRIBE, UNSUBSCRIBE, EMPTY, MARK_READ };
    if (action_face(call, error) == NULL)
        return false;
    int verb = call->nargs > 0 ? action_choice(verbs, call->args[0], error) : LIST;
    if ((verb == CREATE && call->nargs < 2) || (verb == RENAME && call->nargs != 3)) {
        error_set(error, ERROR_INPUT,
                  verb == CREATE ? _("folders create wants a name") : _("folders rename wants FOLDER and its new name"));
        return false;
    }
    switch (verb) {
    case LIST:
        return list(call, error);
    case CREATE:
        return create(call, error);
    case RENAME:
        return rename_folder(call, error);
    case DELETE:
        return ask_first(call, mtm_folder_delete, _("delete folder"), error);
    case SUBSCRIBE:
        return named(call, subscribe, _("subscribe"), error);
    case UNSUBSCRIBE:
        return named(call, unsubscribe, _("unsubscribe"), error);
    case EMPTY:
        return ask_first(call, mtm_folder_empty, _("empty folder"), error);
    case MARK_READ:
        return named(call, mtm_folder_mark_read, _("mark read"), error);
    }
    return false;
}

const command_row action_folder_rows[] = {
    { "folders", NULL, CONTEXT_GLOBAL, "[list|create|rename|delete|subscribe|unsubscribe|empty|mark-read] [FOLDER...]", 0,
      -1, N_("list folders, or make, rename (FOLDER NEW-NAME), delete, subscribe, empty them, or mark all in them as read"),
      run_folders },
    { NULL },
};
