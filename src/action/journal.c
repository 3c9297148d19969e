/* SPDX-License-Identifier: GPL-3.0-or-later */
/* journal: what waits for the servers, and what they refused. */
#include "action/internal.h"
#include "action/journal.h"
#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

static bool list(command_call *call, GError **error)
{
    face *f = call->host;
    g_autoptr(GPtrArray) rows = mtm_journal_list(NULL, error);
    if (rows == NULL)
        return false;
    guint shown = 0;
    for (guint i = 0; i < rows->len; i++) {
        const mtm_journal_row *row = rows->pdata[i];
        if (f->account != NULL && g_strcmp0(f->account, row->account) != 0)
            continue;
        g_autofree char *line = action_journal_line(row);
        f->say(f, line);
        shown++;
    }
    if (shown == 0 && f->wait == NULL)
        f->say(f, _("Nothing waits."));
    return true;
}

/* ---- which rows: ROW... | --message ID... | --folder FOLDER | --account NAME | --all */

typedef struct chosen {
    GArray *rows, *messages; /* of guint64, of guint32 */
    guint32 folder;
    const char *account;
    bool all;
} chosen;

static bool take_number(const char *word, bool message, chosen *c, GError **error)
{
    guint64 value;
    if (!g_ascii_string_to_unsigned(word, 10, 1, message ? G_MAXUINT32 : G_MAXINT64, &value, NULL)) {
        error_set(error, ERROR_INPUT, _("'%s' is no number of a row: 'journal list' shows them"), word);
        return false;
    }
    guint32 id = (guint32)value;
    if (message)
        g_array_append_val(c->messages, id);
    else
        g_array_append_val(c->rows, value);
    return true;
}

static bool take_folder(face *f, const char *name, chosen *c, GError **error)
{
    const folder *found = action_folder(f, name, error);
    if (found != NULL)
        c->folder = found->id;
    return found != NULL;
}

static bool choose(command_call *call, chosen *c, GError **error)
{
    face *f = call->host;
    bool messages = false;
    for (int i = 1; i < call->nargs; i++) {
        const char *word = call->args[i], *next = call->args[i + 1];
        bool good = true;
        if (strcmp(word, "--message") == 0)
            messages = true;
        else if (strcmp(word, "--all") == 0)
            c->all = true;
        else if (strcmp(word, "--folder") == 0 && next != NULL)
            good = take_folder(f, call->args[++i], c, error);
        else if (strcmp(word, "--account") == 0 && next != NULL)
            good = action_account(f, call->args[++i], &c->account, error);
        else
            good = take_number(word, messages, c, error);
        if (!good)
            return false;
    }
    if (c->rows->len + c->messages->len > 0 || c->folder != 0 || c->account != NULL)
        return true;
    c->account = f->account;
    if (c->all || c->account != NULL)
        return true;
    error_set(error, ERROR_INPUT, _("which changes? Name rows, or --message ID, --folder FOLDER, --account NAME, --all"));
    return false;
}

static bool change(command_call *call, bool cancel, GError **error)
{
    face *f = call->host;
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(guint64));
    g_autoptr(GArray) messages = g_array_new(FALSE, FALSE, sizeof(guint32));
    chosen c = { .rows = rows, .messages = messages };
    if (!choose(call, &c, error))
        return false;
    mtm_journal_scope scope = { .rows = (const guint64 *)(const void *)rows->data, .nrows = rows->len,
                                .messages = action_ids_data(messages), .nmessages = messages->len,
                                .folder = c.folder, .account = c.account };
    return action_posted(f, mtm_journal_change(f->mtm, &scope, cancel), cancel ? _("cancel") : _("retry"), error);
}

static bool run_journal(command_call *call, GError **error)
{
    if (action_face(call, error) == NULL)
        return false;
    int verb = call->nargs > 0 ? action_choice("list|cancel|retry", call->args[0], error) : 0;
    return verb == 0 ? list(call, error) : verb > 0 && change(call, verb == 1, error);
}

const command_row action_journal_rows[] = {
    { "journal", NULL, CONTEXT_GLOBAL,
      "[list|cancel|retry] [ROW...|--message ID...|--folder FOLDER|--account NAME|--all]", 0, -1,
      N_("list the changes that wait for the server, take some back, or try refused ones again"), run_journal },
    { NULL },
};
