/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Journal rows with names instead of ids.  A handle of its own for the moment: no view of a running engine is
 * touched.  Replay is elsewhere. */
#include "mtm/journal.h"
#include "base/paths.h"
#include "store/store.h"

const char *mtm_journal_kind_word(mtm_journal_kind kind)
{
    static const char *const words[] = {
        [CHANGE_FLAGS] = "flag",
        [CHANGE_COPY] = "copy",
        [CHANGE_MOVE] = "move",
        [CHANGE_DELETE] = "delete",
        [CHANGE_APPEND] = "append",
        [CHANGE_FOLDER_CREATE] = "create",
        [CHANGE_FOLDER_RENAME] = "rename",
        [CHANGE_FOLDER_DELETE] = "delete-folder",
        [CHANGE_SUBSCRIBE] = "subscribe",
        [CHANGE_UNSUBSCRIBE] = "unsubscribe",
    };
    return words[kind];
}

void mtm_journal_row_free(mtm_journal_row *row)
{
    if (row == NULL)
        return;
    g_free(row->account);
    g_free(row->folder);
    g_free(row->target);
    g_free(row->name);
    g_free(row->add_keywords);
    g_free(row->remove_keywords);
    g_free(row->problem);
    g_free(row);
}

static void row_free(gpointer row)
{
    mtm_journal_row_free(row);
}

static mtm_journal_kind kind_of(const store_journal_row *r)
{
    switch (r->kind) {
    case JOURNAL_FLAG:
        return CHANGE_FLAGS;
    case JOURNAL_COPY:
        return CHANGE_COPY;
    case JOURNAL_MOVE:
        return r->target != 0 ? CHANGE_MOVE : CHANGE_DELETE;
    case JOURNAL_APPEND:
        return CHANGE_APPEND;
    case JOURNAL_FOLDER_CREATE:
        return CHANGE_FOLDER_CREATE;
    case JOURNAL_FOLDER_RENAME:
        return CHANGE_FOLDER_RENAME;
    case JOURNAL_FOLDER_DELETE:
        return CHANGE_FOLDER_DELETE;
    case JOURNAL_SUBSCRIBE:
        return CHANGE_SUBSCRIBE;
    case JOURNAL_UNSUBSCRIBE:
        return CHANGE_UNSUBSCRIBE;
    }
    return CHANGE_FLAGS;
}

static char *folder_name(store *s, guint32 id)
{
    g_autoptr(folder) f = id != 0 ? store_folder(s, id, NULL) : NULL;
    return f != NULL ? g_strdup(f->name) : NULL;
}

static char *account_name(store *s, guint32 id)
{
    char *name = store_account_name(s, id);
    return name != NULL ? name : g_strdup("");
}

static mtm_journal_row *row_of(store *s, const store_journal_row *r)
{
    mtm_journal_row *row = g_new0(mtm_journal_row, 1);
    bool of_folder = r->kind >= JOURNAL_FOLDER_CREATE;
    guint32 where = of_folder ? r->target : r->folder != 0 ? r->folder : r->kind == JOURNAL_FLAG ? r->shown : 0;
    row->id = r->id;
    row->action = r->action;
    row->after = r->after;
    row->kind = kind_of(r);
    row->account = account_name(s, r->account);
    row->folder = folder_name(s, where);
    if (row->folder == NULL)
        row->folder = g_strdup("");
    row->target = of_folder ? NULL : folder_name(s, r->target);
    row->name = g_strdup(r->name);
    row->message = r->source != 0 ? r->source : r->placement;
    row->uid = r->uid;
    row->add = r->add;
    row->remove = r->remove;
    row->add_keywords = g_strdup(r->add_keywords != NULL ? r->add_keywords : "");
    row->remove_keywords = g_strdup(r->remove_keywords != NULL ? r->remove_keywords : "");
    row->state = r->state == 2 ? JOURNAL_PARKED : r->state == 1 ? JOURNAL_SENT : JOURNAL_WAITING;
    row->tries = r->tries;
    row->problem = g_strdup(r->problem);
    return row;
}

GPtrArray *mtm_journal_list(const char *data_dir, GError **error)
{
    g_autofree char *standard = data_dir == NULL ? path_data_dir() : g_strdup(data_dir);
    g_autoptr(GPtrArray) out = g_ptr_array_new_with_free_func(row_free);
    if (!store_exists(standard))
        return g_steal_pointer(&out);
    g_autoptr(store) s = store_open(standard, STORE_READ, error);
    g_autoptr(GPtrArray) rows = s != NULL ? store_journal(s, 0, 0, error) : NULL;
    if (rows == NULL)
        return NULL;
    for (guint i = 0; i < rows->len; i++)
        g_ptr_array_add(out, row_of(s, rows->pdata[i]));
    return g_steal_pointer(&out);
}
