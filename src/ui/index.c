/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The index: opening folders and limits without a flash, and following the snapshots that mtm
 * makes. */
#include "ui/index.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/i18n.h"
#include "ui/index-private.h"

#include <string.h>

/* The old rows stay so long while the new ones are read; then what is there is shown, pale. */
#define SWAP_MS 150
#define SWAP_TURNS 10

static void place_keep(index_view *ix)
{
    if (ix->folder != 0 && ix->limit == NULL && index_count(ix) > 0)
        g_hash_table_insert(ix->places, GUINT_TO_POINTER(ix->folder),
                            GUINT_TO_POINTER(ix->cursor_id));
}

static mtm_view *open_rows(index_view *ix)
{
    return mtm_view_open(ix->base.ui->mtm, ix->folder, ix->limit, ix->sort, ix->reverse);
}

/* ---- the new rows take the place of the old */

static bool is_provisional(const index_view *ix)
{
    const folder *f = mtm_folder(ix->base.ui->mtm, ix->folder);
    return f != NULL && (f->provisional || f->synced_at_s == 0);
}

/* The row was taken away: the nearest of those that were on the screen takes its place, below
 * first. */
static guint32 nearest_survivor(index_view *ix, guint line)
{
    const GArray *ids = ix->screen_ids;
    for (guint i = line + 1; i < ids->len; i++) {
        guint32 row = index_find(ix, g_array_index(ids, guint32, i), ix->cursor);
        if (row != NO_ROW)
            return row;
    }
    for (guint i = MIN(line, ids->len); i-- > 0;) {
        guint32 row = index_find(ix, g_array_index(ids, guint32, i), ix->cursor);
        if (row != NO_ROW)
            return row;
    }
    return NO_ROW;
}

static guint line_of_cursor(const index_view *ix)
{
    for (guint i = 0; i < ix->screen_ids->len; i++)
        if (g_array_index(ix->screen_ids, guint32, i) == ix->cursor_id)
            return i;
    return 0;
}

static void show_rows(index_view *ix, mtm_view *rows)
{
    guint line = line_of_cursor(ix);
    if (ix->rows != NULL)
        mtm_view_close(ix->rows);
    ix->rows = rows;
    ix->wanted_top = NO_ROW;
    ix->above = 0;
    ix->was_complete = mtm_view_complete(rows);
    guint32 row = index_find(ix, ix->next_id, 0);
    if (row == NO_ROW && ix->next_same)
        row = nearest_survivor(ix, line);
    ix->cursor = row == NO_ROW ? 0 : row;
    ix->top = ix->next_same ? index_walk(ix, ix->cursor, (int)line) : 0;
    ix->untouched = ix->cursor == 0;
    ix->was_provisional = is_provisional(ix);
    index_show_cursor(ix);
    ui_dirty(ix->base.ui);
}

static void swap(index_view *ix)
{
    g_clear_handle_id(&ix->next_timer, g_source_remove);
    if (ix->next != NULL)
        show_rows(ix, g_steal_pointer(&ix->next));
    keys_settled(ix->base.ui);
}

bool index_settling(const index_view *ix)
{
    return ix->next != NULL || ix->hunt.waiting || ix->gather.view != NULL;
}

static gboolean swap_late(gpointer data)
{
    index_view *ix = data;
    /* In a very large folder the row to stand on takes longer to be found. */
    if (ix->next != NULL && ix->next_id != 0 && !mtm_view_complete(ix->next) &&
        ++ix->next_turns < SWAP_TURNS)
        return G_SOURCE_CONTINUE;
    ix->next_timer = 0;
    swap(ix);
    return G_SOURCE_REMOVE;
}

/* cursor_id: the row to stand on, 0 for the first; same: other rows of the same folder, where the
 * cursor stays near its place. */
static void change_rows(index_view *ix, guint32 cursor_id, bool same)
{
    index_search_stop(ix);
    index_gather_stop(ix);
    if (ix->next != NULL)
        mtm_view_close(g_steal_pointer(&ix->next));
    ix->next_id = cursor_id;
    ix->next_same = same;
    ix->next_turns = 0;
    ix->next = open_rows(ix);
    if (ix->next_timer == 0)
        ix->next_timer = g_timeout_add(SWAP_MS, swap_late, ix);
    ui_dirty(ix->base.ui);
}

static void next_event(index_view *ix, const mtm_event *e)
{
    if (e->kind == MTM_ROWS) {
        swap(ix);
        return;
    }
    guint32 n = mtm_view_count(ix->next);
    if (n == 0) {
        if (mtm_view_complete(ix->next))
            swap(ix);
        return;
    }
    guint32 row = ix->next_id != 0 ? mtm_view_index(ix->next, ix->next_id) : 0;
    if (row == NO_ROW && !mtm_view_complete(ix->next))
        return; /* the whole of it will tell where the cursor goes */
    guint32 height = (guint32)MAX(ix->nrows, 1);
    row = row == NO_ROW || row < height ? 0 : row - height + 1;
    mtm_view_want(ix->next, row, height);
}

/* ---- what the person asks for */

static void forget_limit(index_view *ix)
{
    g_clear_pointer(&ix->limit, query_free);
    g_clear_pointer(&ix->limit_text, g_free);
}

bool index_sort_from_word(const char *word, mtm_sort *sort)
{
    static const struct {
        const char *word;
        mtm_sort sort;
    } sorts[] = { { "threads", MTM_SORT_THREADS },
                  { "date", MTM_SORT_DATE },
                  { "from", MTM_SORT_FROM },
                  { "subject", MTM_SORT_SUBJECT },
                  { "size", MTM_SORT_SIZE } };
    for (gsize i = 0; i < G_N_ELEMENTS(sorts); i++) {
        if (strcmp(sorts[i].word, word) == 0) {
            *sort = sorts[i].sort;
            return true;
        }
    }
    return false;
}

/* What the options say for the folder. */
static void standard_sort(index_view *ix)
{
    ui *u = ix->base.ui;
    const folder *f = mtm_folder(u->mtm, ix->folder);
    if (f == NULL)
        return;
    index_sort_from_word(conf_folder_text(u->conf, f->account_name, f->name, "sort"), &ix->sort);
    ix->reverse =
        strcmp(conf_folder_text(u->conf, f->account_name, f->name, "reverse"), "yes") == 0;
}

static void set_folder(index_view *ix, guint32 folder)
{
    place_keep(ix);
    forget_limit(ix);
    ix->folder = folder;
    ix->fold_all = false;
    g_hash_table_remove_all(ix->folds);
    g_hash_table_remove_all(ix->tags);
    standard_sort(ix);
    mtm_select(ix->base.ui->mtm, folder);
}

void index_open(index_view *ix, guint32 folder)
{
    set_folder(ix, folder);
    change_rows(ix, GPOINTER_TO_UINT(g_hash_table_lookup(ix->places, GUINT_TO_POINTER(folder))),
                false);
}

void index_open_now(index_view *ix, guint32 folder)
{
    set_folder(ix, folder);
    ix->nrows = MAX(screen_index_area(ix->base.ui).nrows, 1);
    mtm_view *rows = open_rows(ix);
    mtm_view_prime(rows, (guint)ix->nrows);
    show_rows(ix, rows);
}

bool index_set_limit(index_view *ix, const char *text, GError **error)
{
    g_autofree char *plain = g_strstrip(g_strdup(text));
    bool none = *plain == '\0' || strcmp(plain, ".") == 0 || strcmp(plain, "all") == 0;
    query *limit = none ? NULL : query_parse(plain, clock_now_s(), error);
    if (!none && limit == NULL)
        return false;
    if (g_strcmp0(none ? NULL : plain, ix->limit_text) == 0) {
        query_free(limit);
        return true;
    }
    place_keep(ix);
    forget_limit(ix);
    ix->limit = limit;
    ix->limit_text = none ? NULL : g_strdup(plain);
    if (ix->folder != 0)
        change_rows(ix, index_count(ix) > 0 ? ix->cursor_id : 0, true);
    return true;
}

void index_return_to(index_view *ix, guint32 id)
{
    if (ix->next != NULL)
        ix->next_id = id;
    else
        index_goto_id(ix, id);
}

void index_options_changed(index_view *ix)
{
    mtm_sort sort = ix->sort;
    bool reverse = ix->reverse;
    standard_sort(ix);
    if ((sort != ix->sort || reverse != ix->reverse) && ix->folder != 0)
        change_rows(ix, index_count(ix) > 0 ? ix->cursor_id : 0, true);
}

void index_set_sort(index_view *ix, mtm_sort sort, bool reverse)
{
    if (sort == ix->sort && reverse == ix->reverse)
        return;
    ix->sort = sort;
    ix->reverse = reverse;
    if (ix->folder != 0)
        change_rows(ix, index_count(ix) > 0 ? ix->cursor_id : 0, true);
}

void index_refresh(index_view *ix)
{
    if (ix->folder != 0)
        change_rows(ix, index_count(ix) > 0 ? ix->cursor_id : 0, true);
}

guint32 index_folder(const index_view *ix)
{
    return ix->folder;
}

const char *index_limit(const index_view *ix)
{
    return ix->limit_text;
}

/* ---- a new snapshot of the same rows */

static void follow(index_view *ix)
{
    ix->wanted_top = NO_ROW;
    if (index_count(ix) == 0 || ix->cursor_id == 0) {
        ix->was_complete = mtm_view_complete(ix->rows);
        index_show_cursor(ix);
        return;
    }
    bool was_provisional = ix->was_provisional;
    ix->was_provisional = is_provisional(ix);
    if (ix->untouched && was_provisional) {
        /* The folder is being fetched for the first time: nothing to stand on yet. */
        ix->top = ix->cursor = 0;
        index_show_cursor(ix);
        return;
    }
    guint line = line_of_cursor(ix);
    guint32 old_top = ix->top;
    guint32 row = index_find(ix, ix->cursor_id, ix->cursor);
    if (row == NO_ROW)
        row = nearest_survivor(ix, line);
    ix->cursor = MIN(row == NO_ROW ? ix->cursor : row, index_count(ix) - 1);
    ix->top = index_walk(ix, ix->cursor, (int)line);
    /* Rows that the reader had not got to yet did not come in. */
    if (ix->top > old_top && ix->was_complete)
        ix->above += ix->top - old_top;
    ix->was_complete = mtm_view_complete(ix->rows);
    index_show_cursor(ix);
}

static void index_event(view *v, const mtm_event *e)
{
    index_view *ix = (index_view *)v;
    if (e->kind != MTM_VIEW && e->kind != MTM_ROWS)
        return;
    if (ix->hunt.view != NULL && e->view == ix->hunt.view) {
        index_hunt_event(ix, e);
        return;
    }
    if (ix->gather.view != NULL && e->view == ix->gather.view) {
        index_gather_event(ix, e);
        return;
    }
    if (ix->next != NULL && e->view == ix->next) {
        next_event(ix, e);
        return;
    }
    if (e->view != ix->rows)
        return;
    if (e->kind == MTM_VIEW)
        follow(ix);
    ui_dirty(v->ui);
}

static void index_click(view *v, int row)
{
    index_view *ix = (index_view *)v;
    if (row >= (int)ix->screen_ids->len)
        return;
    guint32 id = g_array_index(ix->screen_ids, guint32, row);
    if (id == ix->cursor_id)
        ui_run_text(v->ui, "open-message");
    else if (index_goto_id(ix, id) && screen_top(v->ui) != v)
        ui_run_text(v->ui, "open-message"); /* the message stands beside */
}

/* ---- life */

static void index_free(view *v)
{
    index_view *ix = (index_view *)v;
    g_clear_handle_id(&ix->next_timer, g_source_remove);
    index_search_stop(ix);
    index_gather_stop(ix);
    if (ix->next != NULL)
        mtm_view_close(ix->next);
    if (ix->rows != NULL)
        mtm_view_close(ix->rows);
    forget_limit(ix);
    query_free(ix->pattern);
    g_free(ix->pattern_text);
    g_array_unref(ix->screen_ids);
    g_hash_table_unref(ix->folds);
    g_hash_table_unref(ix->tags);
    g_hash_table_unref(ix->places);
    g_free(ix);
}

static const view_class index_class = {
    .context = CONTEXT_INDEX,
    .hints = "help open-message delete take-back move-prompt archive limit search toggle-flagged tag "
             "change-folder-prompt folder-list sync-folder quit toggle-new",
    .draw = index_draw,
    .title = index_title,
    .place = index_place,
    .event = index_event,
    .move = index_move,
    .search = index_search,
    .click = index_click,
    .free = index_free,
};

index_view *index_new(ui *u)
{
    index_view *ix = g_new0(index_view, 1);
    ix->base.class = &index_class;
    ix->base.ui = u;
    ix->wanted_top = NO_ROW;
    ix->screen_ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    ix->folds = g_hash_table_new(g_direct_hash, g_direct_equal);
    ix->tags = g_hash_table_new(g_direct_hash, g_direct_equal);
    ix->places = g_hash_table_new(g_direct_hash, g_direct_equal);
    return ix;
}
