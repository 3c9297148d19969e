/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the cursor may go: rows, threads, folds.  Folded rows are stepped over rather than taken
 * out, so that folding costs nothing for what is not on the screen. */
#include "ui/index-private.h"

/* Rows looked at beside the last known place before the whole view is asked for an id. */
#define NEAR 2000
/* Rows that are not here are taken as not deleted; at most so many deleted ones are skipped. */
#define SKIP_MAX 20000

guint32 index_count(const index_view *ix)
{
    return ix->rows != NULL ? mtm_view_count(ix->rows) : 0;
}

static const mtm_row *row_at(const index_view *ix, guint32 row)
{
    return ix->rows != NULL ? mtm_view_row(ix->rows, row) : NULL;
}

static bool any_folds(const index_view *ix)
{
    return ix->fold_all || g_hash_table_size(ix->folds) > 0;
}

bool index_is_folded(const index_view *ix, guint32 first)
{
    const mtm_row *row = row_at(ix, first);
    return row != NULL &&
           g_hash_table_contains(ix->folds, GUINT_TO_POINTER(row->id)) != ix->fold_all;
}

guint32 index_thread_first(const index_view *ix, guint32 row)
{
    while (row > 0 && !row_at(ix, row)->thread_start)
        row--;
    return row;
}

guint32 index_thread_size(const index_view *ix, guint32 first, guint32 max)
{
    guint32 n = 1;
    const mtm_row *row;
    while (n < max && (row = row_at(ix, first + n)) != NULL && !row->thread_start)
        n++;
    return n;
}

guint32 index_next_row(const index_view *ix, guint32 row)
{
    guint32 n = index_count(ix), next = row + 1;
    if (row >= n || next >= n)
        return NO_ROW;
    if (!any_folds(ix) || row_at(ix, next)->thread_start ||
        !index_is_folded(ix, index_thread_first(ix, next)))
        return next;
    while (next < n && !row_at(ix, next)->thread_start)
        next++;
    return next < n ? next : NO_ROW;
}

guint32 index_prev_row(const index_view *ix, guint32 row)
{
    if (row == 0 || row > index_count(ix))
        return NO_ROW;
    guint32 prev = row - 1;
    if (!any_folds(ix) || row_at(ix, prev)->thread_start)
        return prev;
    guint32 first = index_thread_first(ix, prev);
    return index_is_folded(ix, first) ? first : prev;
}

guint32 index_walk(const index_view *ix, guint32 row, int n)
{
    if (!any_folds(ix)) {
        guint32 count = index_count(ix);
        gint64 to = (gint64)row - n;
        return (guint32)CLAMP(to, 0, count > 0 ? (gint64)count - 1 : 0);
    }
    for (; n > 0; n--) {
        guint32 to = index_prev_row(ix, row);
        if (to == NO_ROW)
            break;
        row = to;
    }
    for (; n < 0; n++) {
        guint32 to = index_next_row(ix, row);
        if (to == NO_ROW)
            break;
        row = to;
    }
    return row;
}

guint32 index_find(const index_view *ix, guint32 id, guint32 near)
{
    guint32 n = index_count(ix);
    if (id == 0 || n == 0)
        return NO_ROW;
    for (guint32 d = 0; d < NEAR; d++) {
        if (near + d < n && row_at(ix, near + d)->id == id)
            return near + d;
        if (d <= near && near - d < n && row_at(ix, near - d)->id == id)
            return near - d;
    }
    return mtm_view_index(ix->rows, id);
}

void index_show_cursor(index_view *ix)
{
    guint32 n = index_count(ix);
    if (n == 0) {
        ix->top = ix->cursor = ix->top_id = ix->cursor_id = 0;
        return;
    }
    ix->cursor = MIN(ix->cursor, n - 1);
    if (any_folds(ix) && !row_at(ix, ix->cursor)->thread_start) {
        guint32 first = index_thread_first(ix, ix->cursor);
        if (index_is_folded(ix, first))
            ix->cursor = first;
    }
    int height = MAX(ix->nrows, 1);
    guint32 lowest_top = index_walk(ix, ix->cursor, height - 1);
    ix->top = CLAMP(ix->top, lowest_top, ix->cursor);
    if (any_folds(ix) && !row_at(ix, ix->top)->thread_start &&
        index_is_folded(ix, index_thread_first(ix, ix->top)))
        ix->top = index_thread_first(ix, ix->top);
    ix->cursor_id = row_at(ix, ix->cursor)->id;
    ix->top_id = row_at(ix, ix->top)->id;
    ix->above = MIN(ix->above, ix->top);
}

void index_set_cursor(index_view *ix, guint32 row)
{
    ix->cursor = row;
    ix->untouched = false;
    index_show_cursor(ix);
    ui_dirty(ix->base.ui);
}

void index_goto(index_view *ix, guint32 row)
{
    if (index_count(ix) == 0)
        return;
    row = MIN(row, index_count(ix) - 1);
    guint32 first = index_thread_first(ix, row);
    if (first != row && index_is_folded(ix, first))
        row = first;
    index_set_cursor(ix, row);
}

bool index_goto_id(index_view *ix, guint32 id)
{
    guint32 row = index_find(ix, id, ix->cursor);
    if (row == NO_ROW)
        return false;
    guint32 first = index_thread_first(ix, row);
    if (first != row && index_is_folded(ix, first)) { /* what was looked for is shown */
        ix->cursor = first;
        index_fold_thread(ix);
    }
    index_set_cursor(ix, row);
    return true;
}

guint32 index_cursor_id(const index_view *ix)
{
    return index_count(ix) > 0 ? ix->cursor_id : 0;
}

const mail_summary *index_cursor_summary(index_view *ix)
{
    return ix->rows != NULL ? mtm_view_summary(ix->rows, ix->cursor) : NULL;
}

const mail_summary *index_summary(index_view *ix, guint32 id)
{
    guint32 row = index_find(ix, id, ix->cursor);
    return row != NO_ROW ? mtm_view_summary(ix->rows, row) : NULL;
}

static bool is_deleted(index_view *ix, guint32 row)
{
    const mail_summary *s = mtm_view_summary(ix->rows, row);
    return s != NULL ? index_is_deleted(ix, s) : mtm_view_has_left(ix->rows, row_at(ix, row)->id);
}

bool index_step(index_view *ix, int direction, bool skip_deleted)
{
    guint32 row = ix->cursor;
    for (int i = 0; i < SKIP_MAX; i++) {
        row = direction > 0 ? index_next_row(ix, row) : index_prev_row(ix, row);
        if (row == NO_ROW)
            return false;
        if (!skip_deleted || !is_deleted(ix, row)) {
            index_set_cursor(ix, row);
            return true;
        }
    }
    return false;
}

bool index_step_thread(index_view *ix, int direction)
{
    guint32 n = index_count(ix);
    if (n == 0)
        return false;
    guint32 first = index_thread_first(ix, ix->cursor);
    if (direction < 0) {
        if (first == 0)
            return false;
        index_set_cursor(ix, index_thread_first(ix, first - 1));
        return true;
    }
    guint32 next = first + index_thread_size(ix, first, n);
    if (next >= n)
        return false;
    index_set_cursor(ix, next);
    return true;
}

bool index_parent(index_view *ix)
{
    const mtm_row *here = row_at(ix, ix->cursor);
    if (here == NULL || here->depth == 0)
        return false;
    for (guint32 row = ix->cursor; row-- > 0;) {
        const mtm_row *above = row_at(ix, row);
        if (above->depth < here->depth) {
            index_set_cursor(ix, row);
            return true;
        }
        if (above->thread_start)
            break;
    }
    return false;
}

void index_thread_place(index_view *ix, guint *nth, guint *total)
{
    *nth = *total = 0;
    if (index_count(ix) == 0)
        return;
    guint32 first = index_thread_first(ix, ix->cursor);
    *nth = ix->cursor - first + 1;
    *total = index_thread_size(ix, first, 9999);
}

/* ---- folds */

void index_fold_thread(index_view *ix)
{
    if (index_count(ix) == 0)
        return;
    guint32 first = index_thread_first(ix, ix->cursor);
    gpointer id = GUINT_TO_POINTER(row_at(ix, first)->id);
    if (!g_hash_table_remove(ix->folds, id))
        g_hash_table_add(ix->folds, id);
    index_set_cursor(ix, first);
}

void index_fold_all(index_view *ix)
{
    ix->fold_all = !ix->fold_all;
    g_hash_table_remove_all(ix->folds);
    if (index_count(ix) > 0 && ix->fold_all)
        ix->cursor = index_thread_first(ix, ix->cursor);
    index_set_cursor(ix, ix->cursor);
}

/* ---- screenfuls */

static void move_page(index_view *ix, int lines)
{
    guint32 before = ix->top;
    guint32 last_top = index_walk(ix, index_count(ix) - 1, ix->nrows - 1);
    guint32 top = MIN(index_walk(ix, ix->top, -lines), MAX(last_top, before));
    if (top == before) { /* at the end: the cursor goes the rest */
        index_set_cursor(ix, index_walk(ix, ix->cursor, -lines));
        return;
    }
    ix->top = top;
    ix->cursor = index_walk(ix, ix->cursor, -lines);
    index_set_cursor(ix, ix->cursor);
}

void index_move(view *v, view_motion motion, int n)
{
    index_view *ix = (index_view *)v;
    if (index_count(ix) == 0)
        return;
    switch (motion) {
    case MOVE_LINE:
        index_set_cursor(ix, index_walk(ix, ix->cursor, -n));
        break;
    case MOVE_HALF:
        move_page(ix, n * MAX(ix->nrows / 2, 1));
        break;
    case MOVE_PAGE:
        move_page(ix, n * MAX(ix->nrows - 1, 1));
        break;
    case MOVE_END:
        index_set_cursor(ix, n < 0 ? 0 : index_walk(ix, index_count(ix) - 1, 0));
        break;
    }
}
