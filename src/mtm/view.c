/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Views for the screen: a snapshot of rows made by the reader and a cache of the summaries that are shown.  Acts
 * that are shown before they are stored are view-acts.c's.  Main thread only. */
#include "mtm/view-private.h"
#include "mtm/remote.h"
#include "base/clock.h"

#include <stdlib.h>
#include <assert.h>
#include <string.h>

enum {
    CACHE_ROWS = 2000,        /* summaries kept around what is shown */
    FIRST_PAGE = 120,         /* rows of the page that comes before the whole vector */
    REBUILD_PAUSE = 4,        /* rest between builds, in multiples of what a build took */
    REBUILD_PAUSE_MIN_MS = 60,
    REBUILD_PAUSE_MAX_MS = 2000,
    REBUILD_BULK_MS = 1000,   /* a first synchronisation: its rows come far below the screen */
};

static_assert(sizeof(mtm_row) == sizeof(view_row), "snapshots are handed on as they are");
static_assert((int)MTM_SORT_SIZE == (int)SORT_SIZE, "sort keys are handed on as they are");

static guint64 last_serial;

static void cached_free(gpointer data)
{
    cached *c = data;
    mail_summary_free(c->summary);
    g_free(c);
}

static mtm_view *find_view(mtm *m, guint64 serial)
{
    for (guint i = 0; i < m->views->len; i++) {
        mtm_view *v = g_ptr_array_index(m->views, i);
        if (v->serial == serial)
            return v;
    }
    return NULL;
}

/* ---- building */

typedef struct build_job {
    job base;
    mtm *m;
    guint64 serial;
    guint32 folder;
    query *query;
    view_sort sort;
    bool reverse;
    guint32 first_page;
    guint32 *held;
    gsize nheld;
    store_view *result;
    id_index *by_id;          /* sorted here so that the main thread never has to */
    gint64 took_ms;
} build_job;

static void build_free(gpointer data)
{
    build_job *j = data;
    query_free(j->query);
    store_view_free(j->result);
    g_free(j->by_id);
    g_free(j->held);
    g_free(j);
}

static int compare_id(const void *a, const void *b)
{
    guint32 x = ((const id_index *)a)->id, y = ((const id_index *)b)->id;
    return (x > y) - (x < y);
}

id_index *view_index_by_id(const store_view *v)
{
    id_index *index = g_new(id_index, v->n + 1);
    for (guint32 i = 0; i < v->n; i++)
        index[i] = (id_index){ v->rows[i].id, i };
    qsort(index, v->n, sizeof *index, compare_id);
    return index;
}

static void view_schedule(mtm_view *v, guint delay_ms);

static void install(mtm_view *v, store_view *snapshot, id_index *by_id)
{
    store_view_free(v->snapshot);
    g_free(v->by_id);
    v->snapshot = snapshot;
    v->by_id = by_id;
}

static void emit_view(mtm_view *v)
{
    mtm_event e = { .kind = MTM_VIEW, .view = v, .folder = v->folder };
    mtm_emit(v->m, &e);
}

static void build_apply(mtm *m, posted *p)
{
    build_job *j = p->data;
    mtm_view *v = find_view(m, j->serial);
    if (v == NULL || j->result == NULL)
        return;
    bool first = j->first_page > 0;
    if (!first) {
        v->building = false;
        v->build_ms = j->took_ms;
    }
    /* A first page never replaces a whole vector. */
    store_view *kept = first ? NULL : view_keep_gone(v, j->result, j->by_id);
    if (kept != NULL)
        install(v, kept, view_index_by_id(kept));
    else if (!first || !v->snapshot->complete)
        install(v, g_steal_pointer(&j->result), g_steal_pointer(&j->by_id));
    if (!first && v->dirty) {
        view_rebuild(v, !v->urgent);
        v->dirty = v->urgent = false;
    }
    emit_view(v);
}

static void build_run(job *base, gpointer state)
{
    build_job *j = (build_job *)base;
    store *s = reader_store(state);
    g_autoptr(GError) error = NULL;
    view_request request = { .query = j->query, .folder = j->folder, .sort = j->sort,
                             .reverse = j->reverse, .first_page = j->first_page,
                             .held = j->held, .nheld = j->nheld };
    gint64 began = clock_monotonic_ms();
    if (s != NULL)
        j->result = store_view_build(s, &request, &error);
    if (j->result == NULL)
        j->result = g_new0(store_view, 1);
    j->by_id = view_index_by_id(j->result);
    j->took_ms = clock_monotonic_ms() - began;
}

static void build_hand_over(job *base)
{
    build_job *j = (build_job *)base;
    posted *p = posted_new(MTM_VIEW);
    p->quiet = true;
    p->apply = build_apply;
    p->data = j;
    p->free_data = build_free;
    mtm_post(j->m, p);
}

static void build_post(mtm_view *v, guint32 first_page)
{
    build_job *j = g_new0(build_job, 1);
    j->base.run = build_run;
    j->base.free = build_hand_over;
    j->m = v->m;
    j->serial = v->serial;
    j->folder = v->folder;
    j->query = v->query != NULL ? query_dup(v->query) : NULL;
    j->sort = (view_sort)v->sort;
    j->reverse = v->reverse;
    j->first_page = first_page;
    j->held = view_held(v, &j->nheld);
    if (first_page > 0)
        reader_post(v->m, &j->base);
    else
        worker_post(v->m->builder, WORKER_ACT, &j->base);
}

static void view_build(mtm_view *v)
{
    if (v->building) {
        v->dirty = true;
        return;
    }
    v->building = true;
    if (!v->snapshot->complete)
        build_post(v, FIRST_PAGE);
    build_post(v, 0);
}

static gboolean rebuild_now(gpointer data)
{
    mtm_view *v = data;
    v->timer = 0;
    view_build(v);
    return G_SOURCE_REMOVE;
}

static void view_schedule(mtm_view *v, guint delay_ms)
{
    if (v->timer == 0)
        v->timer = g_timeout_add(delay_ms, rebuild_now, v);
}

void views_refresh(mtm *m, guint32 folder)
{
    remote_server_refresh(m, folder);
    for (guint i = 0; i < m->views->len; i++) {
        mtm_view *v = g_ptr_array_index(m->views, i);
        if (folder != 0 && v->folder != 0 && v->folder != folder)
            continue;
        v->stale_before = v->asked + 1;
        view_rows_request(v);
    }
}

/* After a pause: longer behind slow builds, and for a crowd of rows that are no news. */
void view_rebuild(mtm_view *v, bool bulk)
{
    if (v->timer != 0 && v->timer_bulk && !bulk)
        g_clear_handle_id(&v->timer, g_source_remove);
    gint64 pause = CLAMP(v->build_ms * REBUILD_PAUSE, REBUILD_PAUSE_MIN_MS, REBUILD_PAUSE_MAX_MS);
    if (bulk)
        pause = MAX(pause, REBUILD_BULK_MS);
    if (v->snapshot->n < FIRST_PAGE)
        pause = 0;
    if (v->timer == 0)
        v->timer_bulk = bulk;
    view_schedule(v, (guint)pause);
}

void views_folder_changed(mtm *m, guint32 folder, bool rows, bool flags, bool bulk)
{
    remote_server_changed(m, folder, rows, flags, bulk);
    if (flags)
        views_refresh(m, folder);
    for (guint i = 0; i < m->views->len; i++) {
        mtm_view *v = g_ptr_array_index(m->views, i);
        if (v->folder != 0 && v->folder != folder)
            continue;
        if (!rows && !(flags && v->query != NULL))
            continue;
        if (v->building) {
            v->dirty = true;
            v->urgent |= !bulk;
        } else {
            view_rebuild(v, bulk);
        }
    }
}

/* ---- opening and closing */

mtm_view *mtm_view_open(mtm *m, guint32 folder_id, const query *q, mtm_sort sort, bool reverse)
{
    owner_assert(&m->owner);
    mtm_view *v = g_new0(mtm_view, 1);
    v->m = m;
    v->serial = ++last_serial;
    v->folder = folder_id;
    v->query = q != NULL && q->kind != QUERY_ALL ? query_dup(q) : NULL;
    v->sort = sort;
    v->reverse = reverse;
    v->snapshot = g_new0(store_view, 1);
    v->cache = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, cached_free);
    v->overlays = g_array_new(FALSE, FALSE, sizeof(overlay));
    v->held = g_hash_table_new(g_direct_hash, g_direct_equal);
    g_ptr_array_add(m->views, v);
    view_schedule(v, 0);
    return v;
}

void mtm_view_change(mtm_view *v, const query *q, mtm_sort sort, bool reverse)
{
    query_free(v->query);
    v->query = q != NULL && q->kind != QUERY_ALL ? query_dup(q) : NULL;
    v->sort = sort;
    v->reverse = reverse;
    v->serial = ++last_serial; /* answers to the old question are dropped */
    v->building = v->dirty = v->urgent = false;
    v->rows_running = false;
    g_hash_table_remove_all(v->held);
    install(v, g_new0(store_view, 1), NULL);
    view_build(v);
}

static void view_free(mtm_view *v)
{
    if (v->timer != 0)
        g_source_remove(v->timer);
    overlays_free(v);
    g_hash_table_unref(v->held);
    query_free(v->query);
    store_view_free(v->snapshot);
    g_free(v->by_id);
    g_hash_table_unref(v->cache);
    g_free(v);
}

void mtm_view_close(mtm_view *v)
{
    if (v == NULL)
        return;
    g_ptr_array_remove(v->m->views, v);
    view_free(v);
}

void views_free(mtm *m)
{
    for (guint i = 0; i < m->views->len; i++)
        view_free(g_ptr_array_index(m->views, i));
    g_ptr_array_set_size(m->views, 0);
}

/* ---- rows */

guint32 mtm_view_count(const mtm_view *v)
{
    return v->snapshot->n;
}

bool mtm_view_complete(const mtm_view *v)
{
    return v->snapshot->complete;
}

guint32 mtm_view_folder(const mtm_view *v)
{
    return v->folder;
}

const mtm_row *mtm_view_row(const mtm_view *v, guint32 index)
{
    if (index >= v->snapshot->n)
        return NULL;
    return (const mtm_row *)(const void *)&v->snapshot->rows[index];
}

guint32 mtm_view_index(const mtm_view *v, guint32 id)
{
    guint32 n = v->snapshot->n;
    if (n == 0)
        return G_MAXUINT32;
    id_index key = { id, 0 };
    id_index *found = bsearch(&key, v->by_id, n, sizeof key, compare_id);
    return found != NULL ? found->index : G_MAXUINT32;
}

typedef struct rows_job {
    job base;
    mtm *m;
    guint64 serial, request;
    guint32 *ids;
    gsize n;
    GPtrArray *summaries;
} rows_job;

static void rows_free(gpointer data)
{
    rows_job *j = data;
    g_free(j->ids);
    if (j->summaries != NULL)
        g_ptr_array_unref(j->summaries);
    g_free(j);
}

static void cache_trim(mtm_view *v)
{
    if (g_hash_table_size(v->cache) <= CACHE_ROWS)
        return;
    GHashTableIter it;
    gpointer key;
    guint32 first = v->want_first > CACHE_ROWS / 4 ? v->want_first - CACHE_ROWS / 4 : 0;
    g_hash_table_iter_init(&it, v->cache);
    while (g_hash_table_iter_next(&it, &key, NULL)) {
        guint32 index = mtm_view_index(v, GPOINTER_TO_UINT(key));
        if (g_hash_table_contains(v->held, key)) /* the store may have it no longer */
            continue;
        if (index < first || index - first > CACHE_ROWS / 2)
            g_hash_table_iter_remove(&it);
    }
}

static void rows_apply(mtm *m, posted *p)
{
    rows_job *j = p->data;
    mtm_view *v = find_view(m, j->serial);
    if (v == NULL)
        return;
    v->rows_running = false;
    overlays_drop_old(v, j->request);
    for (guint i = 0; j->summaries != NULL && i < j->summaries->len; i++) {
        mail_summary *s = g_ptr_array_index(j->summaries, i);
        if (s == NULL)
            continue;
        g_ptr_array_index(j->summaries, i) = NULL;
        overlays_apply(v, s);
        cached *c = g_new0(cached, 1);
        c->summary = s;
        c->request = j->request;
        g_hash_table_replace(v->cache, GUINT_TO_POINTER(s->id), c);
    }
    cache_trim(v);
    mtm_event e = { .kind = MTM_ROWS, .view = v, .folder = v->folder };
    mtm_emit(m, &e);
    if (find_view(m, j->serial) == v)
        view_rows_request(v); /* what was wanted meanwhile */
}

static void rows_run(job *base, gpointer state)
{
    rows_job *j = (rows_job *)base;
    store *s = reader_store(state);
    if (s != NULL)
        j->summaries = store_summaries(s, j->ids, j->n, NULL);
}

static void rows_hand_over(job *base)
{
    rows_job *j = (rows_job *)base;
    posted *p = posted_new(MTM_ROWS);
    p->quiet = true;
    p->apply = rows_apply;
    p->data = j;
    p->free_data = rows_free;
    mtm_post(j->m, p);
}

static bool needs(mtm_view *v, guint32 id)
{
    const cached *c = g_hash_table_lookup(v->cache, GUINT_TO_POINTER(id));
    return c == NULL || c->request < v->stale_before;
}

/* One request at a time: when it is answered the then wanted rows are asked for. */
void view_rows_request(mtm_view *v)
{
    if (v->rows_running || v->m->reader == NULL || v->want_n == 0)
        return;
    guint32 n = v->snapshot->n;
    guint32 end = MIN(v->want_first + v->want_n, n);
    g_autofree guint32 *ids = g_new(guint32, v->want_n);
    gsize count = 0;
    for (guint32 i = v->want_first; i < end; i++)
        if (needs(v, v->snapshot->rows[i].id))
            ids[count++] = v->snapshot->rows[i].id;
    if (count == 0)
        return;
    rows_job *j = g_new0(rows_job, 1);
    j->base.run = rows_run;
    j->base.free = rows_hand_over;
    j->m = v->m;
    j->serial = v->serial;
    j->request = ++v->asked;
    j->ids = g_steal_pointer(&ids);
    j->n = count;
    v->rows_running = true;
    reader_post(v->m, &j->base);
}

void mtm_view_want(mtm_view *v, guint32 first, guint32 n)
{
    v->want_first = first;
    v->want_n = MIN(n, CACHE_ROWS / 4);
    view_rows_request(v);
}

const mail_summary *mtm_view_summary(mtm_view *v, guint32 index)
{
    if (index >= v->snapshot->n)
        return NULL;
    const cached *c = g_hash_table_lookup(v->cache, GUINT_TO_POINTER(v->snapshot->rows[index].id));
    return c != NULL ? c->summary : NULL;
}

void mtm_view_prime(mtm_view *v, guint nrows)
{
    mtm *m = v->m;
    if (m->store == NULL)
        m->store = store_open(m->data_dir, STORE_READ, NULL);
    if (m->store == NULL)
        return;
    view_request request = { .query = v->query, .folder = v->folder, .sort = (view_sort)v->sort,
                             .reverse = v->reverse, .first_page = MAX(nrows, 1) };
    store_view *page = store_view_build(m->store, &request, NULL);
    if (page == NULL)
        return;
    install(v, page, view_index_by_id(page));
    guint32 n = MIN(nrows, page->n);
    g_autofree guint32 *ids = g_new(guint32, n + 1);
    for (guint32 i = 0; i < n; i++)
        ids[i] = page->rows[i].id;
    g_autoptr(GPtrArray) rows = store_summaries(m->store, ids, n, NULL);
    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        mail_summary *s = g_ptr_array_index(rows, i);
        if (s == NULL)
            continue;
        g_ptr_array_index(rows, i) = NULL;
        cached *c = g_new0(cached, 1);
        c->summary = s;
        g_hash_table_replace(v->cache, GUINT_TO_POINTER(s->id), c);
    }
}
