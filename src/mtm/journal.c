/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Journal rows with names instead of ids.  A handle of its own for the moment: no view of a running engine is
 * touched.  Replay is elsewhere. */
#include "mtm/journal.h"
#include "base/paths.h"
#include "store/store.h"

void mtm_journal_row_free(mtm_journal_row *row)
{
    if (row == NULL)
        return;
    g_free(row->account);
    g_free(row->folder);
    g_free(row->add_keywords);
    g_free(row->remove_keywords);
    g_free(row->problem);
    g_free(row);
}

static void row_free(gpointer row)
{
    mtm_journal_row_free(row);
}

static mtm_journal_row *row_of(const store_journal_row *r, const folder *where)
{
    mtm_journal_row *row = g_new0(mtm_journal_row, 1);
    row->id = r->id;
    row->action = r->action;
    row->account = g_strdup(where->account_name);
    row->folder = g_strdup(where->name);
    row->message = r->placement;
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

static bool add_rows(store *s, const folder *where, GPtrArray *out, GError **error)
{
    g_autoptr(GPtrArray) rows = store_journal(s, where->account, where->id, error);
    for (guint i = 0; rows != NULL && i < rows->len; i++)
        g_ptr_array_add(out, row_of(rows->pdata[i], where));
    return rows != NULL;
}

static int by_id(gconstpointer a, gconstpointer b)
{
    const mtm_journal_row *x = *(const mtm_journal_row *const *)a, *y = *(const mtm_journal_row *const *)b;
    return x->id < y->id ? -1 : x->id > y->id;
}

GPtrArray *mtm_journal_list(const char *data_dir, GError **error)
{
    g_autofree char *standard = data_dir == NULL ? path_data_dir() : g_strdup(data_dir);
    g_autoptr(GPtrArray) out = g_ptr_array_new_with_free_func(row_free);
    if (!store_exists(standard))
        return g_steal_pointer(&out);
    g_autoptr(store) s = store_open(standard, STORE_READ, error);
    g_autoptr(GPtrArray) folders = s != NULL ? store_folders(s, 0, error) : NULL;
    if (folders == NULL)
        return NULL;
    for (guint i = 0; i < folders->len; i++)
        if (!add_rows(s, folders->pdata[i], out, error))
            return NULL;
    g_ptr_array_sort(out, by_id);
    return g_steal_pointer(&out);
}
