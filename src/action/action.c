/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of the commands that need no screen, and what their functions share.  The functions stand
 * beside their rows. */
#include "action/internal.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

void action_register(command_table *table)
{
    command_table_add(table, action_sync_rows);
    command_table_add(table, action_flag_rows);
    command_table_add(table, action_general_rows);
    command_table_add(table, action_act_rows);
    command_table_add(table, action_folder_rows);
    command_table_add(table, action_journal_rows);
    command_table_add(table, action_get_rows);
    command_table_add(table, action_transfer_rows);
}

face *action_face(const command_call *call, GError **error)
{
    face *f = call->host;
    if (f == NULL || f->mtm == NULL) {
        error_set(error, ERROR_INPUT, _("%s acts on mail: it cannot stand in a config file"),
                  call->row->name);
        return NULL;
    }
    return f;
}

/* ---- ids */

static bool add_query(face *f, const char *text, GArray *ids, GError **error)
{
    if (f->wait == NULL) {
        error_set(error, ERROR_INPUT, _("--query is for scripts; on the screen, tag what matches and act on it"));
        return false;
    }
    g_autoptr(query) q = query_parse(text, clock_now_s(), error);
    g_autoptr(GPtrArray) found = q != NULL ? mtm_list(f->mtm, q, MTM_SORT_DATE, false, 0, error) : NULL;
    for (guint i = 0; found != NULL && i < found->len; i++) {
        const mail_summary *m = found->pdata[i];
        const folder *where = mtm_folder(f->mtm, m->folder);
        if (f->account == NULL || (where != NULL && strcmp(where->account_name, f->account) == 0))
            g_array_append_val(ids, m->id);
    }
    return found != NULL;
}

static bool add_id(const char *word, GArray *ids, GError **error)
{
    guint64 value;
    if (!g_ascii_string_to_unsigned(word, 10, 1, G_MAXUINT32, &value, NULL)) {
        error_set(error, ERROR_INPUT, _("'%s' is no message id: ids are the numbers that list shows"), word);
        return false;
    }
    guint32 id = (guint32)value;
    g_array_append_val(ids, id);
    return true;
}

/* In a script, what is not there is said; a screen gives ids of rows it shows. */
static bool drop_unknown(face *f, GArray *ids, GError **error)
{
    g_autoptr(GString) unknown = g_string_new(NULL);
    for (guint i = 0; i < ids->len;) {
        guint32 id = g_array_index(ids, guint32, i);
        g_autoptr(mail_summary) m = mtm_summary(f->mtm, id, NULL);
        if (m != NULL) {
            i++;
            continue;
        }
        g_string_append_printf(unknown, "%s%u", unknown->len > 0 ? ", " : "", id);
        g_array_remove_index(ids, i);
    }
    if (unknown->len == 0)
        return true;
    g_autofree char *sentence =
        g_strdup_printf(_("no such message in the store: %s; 'cursus list' shows the ids"), unknown->str);
    if (ids->len == 0 || f->partly == NULL) {
        error_set(error, ERROR_INPUT, "%s", sentence);
        return false;
    }
    f->warn(f, sentence);
    f->partly(f);
    return true;
}

static bool take_ids(const command_call *call, int first, int end, GArray *ids, bool *named, GError **error)
{
    face *f = call->host;
    for (int i = first; i < end; i++) {
        bool is_query = strcmp(call->args[i], "--query") == 0 && i + 1 < end;
        if (is_query ? !add_query(f, call->args[++i], ids, error) : !add_id(call->args[i], ids, error))
            return false;
        *named = *named || !is_query;
    }
    return true;
}

GArray *action_ids(const command_call *call, int first, int end, GError **error)
{
    face *f = call->host;
    if (end <= first)
        return f->selection(f);
    bool named = false;
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    if (!take_ids(call, first, end, ids, &named, error))
        return NULL;
    if (named && f->wait != NULL && !drop_unknown(f, ids, error))
        return NULL;
    return g_steal_pointer(&ids);
}

const guint32 *action_ids_data(const GArray *ids)
{
    return (const guint32 *)(const void *)ids->data;
}

/* ---- names and numbers */

bool action_account(face *f, const char *name, const char **account, GError **error)
{
    *account = name != NULL ? name : f->account;
    if (*account == NULL)
        return true;
    for (guint i = 0; i < mtm_account_count(f->mtm); i++)
        if (strcmp(mtm_account(f->mtm, i)->name, *account) == 0)
            return true;
    error_set(error, ERROR_INPUT, _("there is no account '%s'"), *account);
    return false;
}

const folder *action_folder(face *f, const char *name, GError **error)
{
    g_autofree char *full = f->account != NULL ? g_strdup_printf("%s:%s", f->account, name) : NULL;
    const folder *found = full != NULL ? mtm_folder_find(f->mtm, full) : NULL;
    if (found == NULL)
        found = mtm_folder_find(f->mtm, name);
    if (found != NULL && f->account != NULL && strcmp(found->account_name, f->account) != 0 &&
        strchr(name, ':') == NULL)
        found = NULL;
    if (found == NULL)
        error_set(error, ERROR_INPUT, _("there is no folder '%s'; NAME or ACCOUNT:NAME is expected"), name);
    return found;
}

bool action_bytes_parse(const char *text, gint64 *nbytes, GError **error)
{
    char *end = NULL;
    guint64 value = g_ascii_strtoull(text, &end, 10);
    guint shift = *end == 'K' || *end == 'k' ? 10 : *end == 'M' || *end == 'm' ? 20 : *end == 'G' || *end == 'g' ? 30 : 0;
    if (!g_ascii_isdigit(text[0]) || end[shift > 0] != '\0' || value > (guint64)G_MAXINT64 >> shift) {
        error_set(error, ERROR_INPUT, _("'%s' is no size; expected a number of bytes, or 64K, 2M"), text);
        return false;
    }
    *nbytes = (gint64)(value << shift);
    return true;
}

int action_choice(const char *words, const char *word, GError **error)
{
    g_auto(GStrv) list = g_strsplit(words, "|", -1);
    for (int i = 0; list[i] != NULL; i++)
        if (strcmp(list[i], word) == 0)
            return i;
    g_autofree char *known = g_strjoinv(", ", list);
    error_set(error, ERROR_INPUT, _("'%s' is not possible here; expected one of %s"), word, known);
    return -1;
}

/* ---- operations */

bool action_posted(face *f, guint64 op, const char *label, GError **error)
{
    f->started(f, op, label);
    return f->wait == NULL || f->wait(f, op, error);
}

/* The store keeps actions by a plain word. */
static const char *words_of_act(const char *label)
{
    static const struct {
        const char *label, *words;
    } acts[] = { { "flag", N_("a change of flags") },
                 { "copy", N_("a copy") },
                 { "move", N_("a move") },
                 { "delete", N_("a deletion") },
                 { "archive", N_("archiving") },
                 { "undelete", N_("an undeletion") },
                 { "mark read", N_("marking as read") },
                 { "empty", N_("emptying a folder") },
                 { "import", N_("an import") },
                 { "create folder", N_("a new folder") },
                 { "rename folder", N_("the renaming of a folder") },
                 { "delete folder", N_("the deletion of a folder") },
                 { "subscribe", N_("a subscription") },
                 { "unsubscribe", N_("the end of a subscription") },
                 { "undo", N_("an undo") },
                 { "redo", N_("a redo") } };
    for (gsize i = 0; i < G_N_ELEMENTS(acts); i++)
        if (strcmp(acts[i].label, label) == 0)
            return _(acts[i].words);
    return label;
}

char *action_done_sentence(const mtm_event *event)
{
    if (event->problem != NULL || event->label == NULL)
        return NULL;
    if (event->count < 2)
        return g_strdup_printf(_("Taken back: %s."), words_of_act(event->label));
    return g_strdup_printf(ngettext("Taken back: %s, %u message.", "Taken back: %s, %u messages.", event->count),
                           words_of_act(event->label), event->count);
}
