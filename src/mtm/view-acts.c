/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Acts of the person in views: shown at once, kept over answers that are older than their commit; and rows that leave
 * a view by such an act (moved, deleted, read under a limit) stay where they were, until the view is opened anew. */
#include "mtm/view-private.h"
#include "mtm/remote.h"

#include <stdlib.h>
#include <string.h>

static int compare_u32(const void *a, const void *b)
{
    guint32 x = *(const guint32 *)a, y = *(const guint32 *)b;
    return (x > y) - (x < y);
}

/* ---- overlays */

static void overlay_apply(const overlay *o, mail_summary *s)
{
    if (bsearch(&s->id, o->ids, o->n, sizeof s->id, compare_u32) == NULL)
        return;
    if (o->move)
        s->folder = o->target;
    s->flags = (s->flags & ~o->remove) | o->add | FLAG_PENDING;
}

void overlays_apply(const mtm_view *v, mail_summary *s)
{
    for (guint i = 0; i < v->overlays->len; i++)
        overlay_apply(&g_array_index(v->overlays, overlay, i), s);
}

void overlays_drop_old(mtm_view *v, guint64 request)
{
    for (guint i = v->overlays->len; i-- > 0;) {
        overlay *o = &g_array_index(v->overlays, overlay, i);
        if (o->committed != 0 && request > o->committed) {
            g_free(o->ids);
            g_array_remove_index(v->overlays, i);
        }
    }
}

void overlays_free(mtm_view *v)
{
    for (guint i = 0; i < v->overlays->len; i++)
        g_free(g_array_index(v->overlays, overlay, i).ids);
    g_array_free(v->overlays, TRUE);
}

/* ---- rows that stay */

static void hold(mtm_view *v, const guint32 *ids, gsize n, bool moved)
{
    for (gsize i = 0; i < n; i++) {
        gpointer key = GUINT_TO_POINTER(ids[i]);
        if (mtm_view_index(v, ids[i]) == G_MAXUINT32)
            continue;
        if (moved || !g_hash_table_contains(v->held, key))
            g_hash_table_insert(v->held, key, GUINT_TO_POINTER(moved ? HOLD_MOVED : HOLD_FLAGGED));
    }
}

guint32 *view_held(const mtm_view *v, gsize *n)
{
    guint32 *ids = g_new(guint32, g_hash_table_size(v->held) + 1);
    GHashTableIter it;
    gpointer key;
    gsize count = 0;
    g_hash_table_iter_init(&it, v->held);
    while (g_hash_table_iter_next(&it, &key, NULL))
        ids[count++] = GPOINTER_TO_UINT(key);
    qsort(ids, count, sizeof *ids, compare_u32);
    *n = count;
    return ids;
}

GArray *mtm_view_left(const mtm_view *v)
{
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    GHashTableIter it;
    gpointer key, moved;
    g_hash_table_iter_init(&it, v->held);
    while (g_hash_table_iter_next(&it, &key, &moved)) {
        guint32 id = GPOINTER_TO_UINT(key);
        if (GPOINTER_TO_UINT(moved) != HOLD_FLAGGED)
            g_array_append_val(ids, id);
    }
    return ids;
}

bool mtm_view_has_left(const mtm_view *v, guint32 id)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(v->held, GUINT_TO_POINTER(id))) == HOLD_MOVED;
}

static bool has_row(const store_view *view, const id_index *by_id, guint32 id)
{
    /* id is the first member of an entry, so the same comparison serves. */
    return view->n > 0 && bsearch(&id, by_id, view->n, sizeof *by_id, compare_u32) != NULL;
}

static bool is_gone(const mtm_view *v, guint32 id, const store_view *fresh, const id_index *fresh_by_id)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(v->held, GUINT_TO_POINTER(id))) != HOLD_FLAGGED &&
           !has_row(fresh, fresh_by_id, id);
}

static void add_row(store_view *out, const view_row *row)
{
    out->rows[out->n++] = *row;
}

/* After the row `anchor` of the old snapshot (behind: the first row), as long as rows are gone. */
static guint32 add_gone_from(const mtm_view *v, guint32 at, const store_view *fresh, const id_index *fresh_by_id,
                             store_view *out)
{
    guint32 n = 0;
    for (; at + n < v->snapshot->n && is_gone(v, v->snapshot->rows[at + n].id, fresh, fresh_by_id); n++)
        add_row(out, &v->snapshot->rows[at + n]);
    return n;
}

store_view *view_keep_gone(const mtm_view *v, const store_view *fresh, const id_index *fresh_by_id)
{
    guint32 missing = 0;
    GHashTableIter it;
    gpointer key;
    g_hash_table_iter_init(&it, v->held);
    while (g_hash_table_iter_next(&it, &key, NULL)) {
        guint32 id = GPOINTER_TO_UINT(key);
        missing += is_gone(v, id, fresh, fresh_by_id) && mtm_view_index(v, id) != G_MAXUINT32;
    }
    if (missing == 0)
        return NULL;
    store_view *out = g_new0(store_view, 1);
    out->rows = g_new(view_row, fresh->n + missing);
    out->complete = fresh->complete;
    out->unread = fresh->unread;
    guint32 at_top = 0; /* those above every other row go before the first that stood there */
    while (at_top < v->snapshot->n && is_gone(v, v->snapshot->rows[at_top].id, fresh, fresh_by_id))
        at_top++;
    guint32 below_top = at_top < v->snapshot->n && at_top > 0 ? v->snapshot->rows[at_top].id : 0;
    for (guint32 i = 0; i < fresh->n; i++) {
        if (fresh->rows[i].id == below_top)
            add_gone_from(v, 0, fresh, fresh_by_id, out);
        add_row(out, &fresh->rows[i]);
        guint32 old = mtm_view_index(v, fresh->rows[i].id);
        if (old != G_MAXUINT32)
            add_gone_from(v, old + 1, fresh, fresh_by_id, out);
    }
    if (at_top == v->snapshot->n)
        add_gone_from(v, 0, fresh, fresh_by_id, out);
    return out;
}

/* ---- what acts.c tells */

/* An overlay for every view; ids are copied. */
static void act(mtm *m, const overlay *shape, const guint32 *ids, gsize n)
{
    for (guint i = 0; i < m->views->len; i++) {
        mtm_view *v = g_ptr_array_index(m->views, i);
        overlay o = *shape;
        o.ids = g_memdup2(ids, n * sizeof *ids);
        o.n = n;
        qsort(o.ids, n, sizeof *o.ids, compare_u32);
        g_array_append_val(v->overlays, o);
        if (o.move || v->query != NULL)
            hold(v, ids, n, o.move);
        for (gsize k = 0; k < n; k++) {
            cached *c = g_hash_table_lookup(v->cache, GUINT_TO_POINTER(ids[k]));
            if (c != NULL)
                overlay_apply(&o, c->summary);
        }
        mtm_event e = { .kind = MTM_ROWS, .view = v, .folder = v->folder };
        mtm_emit(m, &e);
    }
}

void views_acted(mtm *m, guint64 op, const guint32 *ids, gsize n, mail_flags add, mail_flags remove)
{
    act(m, &(overlay){ .op = op, .add = add, .remove = remove }, ids, n);
}

void views_moved(mtm *m, guint64 op, const guint32 *ids, gsize n, guint32 target)
{
    act(m, &(overlay){ .op = op, .move = true, .target = target }, ids, n);
}

void views_act_done(mtm *m, guint64 op)
{
    for (guint i = 0; i < m->views->len; i++) {
        mtm_view *v = g_ptr_array_index(m->views, i);
        for (guint k = 0; k < v->overlays->len; k++) {
            overlay *o = &g_array_index(v->overlays, overlay, k);
            if (o->op == op)
                o->committed = MAX(v->asked, 1);
        }
        v->stale_before = v->asked + 1;
        view_rows_request(v);
    }
}

void views_taken_back(mtm *m)
{
    remote_server_changed(m, 0, true, true, false);
    for (guint i = 0; i < m->views->len; i++) {
        mtm_view *v = g_ptr_array_index(m->views, i);
        v->stale_before = v->asked + 1;
        view_rows_request(v);
        if (v->building)
            v->dirty = v->urgent = true;
        else
            view_rebuild(v, false);
    }
}
