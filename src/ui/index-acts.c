/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What acts on messages needs of the list: tags, rows that left by one's own act, and all rows that match. */
#include "ui/index-private.h"

#include "base/clock.h"

/* ---- rows that left */

bool index_left(const index_view *ix, const mail_summary *s)
{
    return s->folder != ix->folder && ix->folder != 0;
}

bool index_left_deleted(const index_view *ix, const mail_summary *s)
{
    const folder *to = mtm_folder(ix->base.ui->mtm, s->folder);
    return index_left(ix, s) && (s->folder == 0 || (to != NULL && to->role == ROLE_TRASH));
}

bool index_is_deleted(const index_view *ix, const mail_summary *s)
{
    return (s->flags & FLAG_DELETED) != 0 || index_left(ix, s);
}

const mail_summary *index_summary_of(index_view *ix, guint32 id)
{
    guint32 row = ix->rows != NULL ? mtm_view_index(ix->rows, id) : NO_ROW;
    return row != NO_ROW ? mtm_view_summary(ix->rows, row) : NULL;
}

bool index_left_id(const index_view *ix, guint32 id)
{
    guint32 row = ix->rows != NULL ? mtm_view_index(ix->rows, id) : NO_ROW;
    const mail_summary *s = row != NO_ROW ? mtm_view_summary(ix->rows, row) : NULL;
    return s != NULL ? index_left(ix, s) : ix->rows != NULL && mtm_view_has_left(ix->rows, id);
}

GArray *index_left_rows(const index_view *ix)
{
    return ix->rows != NULL ? mtm_view_left(ix->rows) : g_array_new(FALSE, FALSE, sizeof(guint32));
}

/* ---- tags */

bool index_is_tagged(const index_view *ix, guint32 id)
{
    return g_hash_table_contains(ix->tags, GUINT_TO_POINTER(id));
}

void index_tag(index_view *ix, const GArray *ids, bool tag)
{
    for (guint i = 0; i < ids->len; i++) {
        gpointer key = GUINT_TO_POINTER(g_array_index(ids, guint32, i));
        if (tag)
            g_hash_table_add(ix->tags, key);
        else
            g_hash_table_remove(ix->tags, key);
    }
    ui_dirty(ix->base.ui);
}

void index_untag_all(index_view *ix)
{
    g_hash_table_remove_all(ix->tags);
    ui_dirty(ix->base.ui);
}

/* In the order of the list; what is no longer in it counts no more. */
GArray *index_tagged(index_view *ix)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(guint32));
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    GHashTableIter it;
    gpointer key;
    g_hash_table_iter_init(&it, ix->tags);
    while (g_hash_table_iter_next(&it, &key, NULL)) {
        guint32 row = ix->rows != NULL ? mtm_view_index(ix->rows, GPOINTER_TO_UINT(key)) : NO_ROW;
        if (row == NO_ROW)
            g_hash_table_iter_remove(&it);
        else
            g_array_append_val(rows, row);
    }
    g_array_sort(rows, index_compare_rows);
    for (guint i = 0; i < rows->len; i++)
        g_array_append_val(ids, mtm_view_row(ix->rows, g_array_index(rows, guint32, i))->id);
    return ids;
}

int index_compare_rows(gconstpointer a, gconstpointer b)
{
    guint32 x = *(const guint32 *)a, y = *(const guint32 *)b;
    return (x > y) - (x < y);
}

guint index_tag_count(const index_view *ix)
{
    return g_hash_table_size(ix->tags);
}

/* ---- parts of threads */

GArray *index_thread_ids(const index_view *ix, bool below_only)
{
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 n = index_count(ix);
    if (n == 0)
        return ids;
    guint32 first = below_only ? ix->cursor : index_thread_first(ix, ix->cursor);
    const mtm_row *top = mtm_view_row(ix->rows, first);
    g_array_append_val(ids, top->id);
    for (guint32 row = first + 1; row < n; row++) {
        const mtm_row *one = mtm_view_row(ix->rows, row);
        if (one->thread_start || (below_only && one->depth <= top->depth))
            break;
        g_array_append_val(ids, one->id);
    }
    return ids;
}

/* ---- all that match */

void index_gather_stop(index_view *ix)
{
    if (ix->gather.view != NULL)
        mtm_view_close(ix->gather.view);
    ix->gather = (index_gather){ 0 };
}

static void gathered(index_view *ix)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    mtm_view *view = ix->gather.view;
    for (guint32 i = 0; i < mtm_view_count(view); i++) {
        guint32 id = mtm_view_row(view, i)->id;
        if (mtm_view_index(ix->rows, id) != NO_ROW)
            g_array_append_val(ids, id);
    }
    index_gathered_fn done = ix->gather.done;
    index_gather_stop(ix);
    done(ix->base.ui, ids);
    keys_settled(ix->base.ui);
}

void index_gather_event(index_view *ix, const mtm_event *event)
{
    if (event->kind == MTM_VIEW && mtm_view_complete(ix->gather.view))
        gathered(ix);
}

bool index_gather_for(index_view *ix, const char *text, index_gathered_fn done, GError **error)
{
    g_autoptr(query) q = query_parse(text, clock_now_s(), error);
    if (q == NULL)
        return false;
    index_gather_stop(ix);
    if (index_count(ix) == 0)
        return true;
    g_autoptr(query) both = index_within_limit(ix, q);
    ix->gather.done = done;
    ix->gather.view = mtm_view_open(ix->base.ui->mtm, ix->folder, both, MTM_SORT_DATE, false);
    return true;
}
