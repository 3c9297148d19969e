/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A view: the rows that match, in order.  Threads by their newest message in the folders looked at
 * (whether it matches or not, as their place must not depend on a limit), else flat. */
#include "store/view.h"
#include "base/fold.h"

#include <string.h>

void store_view_free(store_view *v)
{
    if (v == NULL)
        return;
    g_free(v->rows);
    g_free(v);
}

static store_view *view_from(GArray *rows, const view_scan *scan)
{
    store_view *v = g_new0(store_view, 1);
    v->n = rows->len;
    v->rows = (view_row *)(gpointer)g_array_free(rows, FALSE);
    v->complete = scan->complete;
    v->unread = scan->complete ? scan->unread : 0;
    return v;
}

/* ---- threads */

typedef struct view_thread {
    gint64 newest;
    guint32 thread, start, n; /* entries */
} view_thread;

/* Like the index of marks: by date, then by number. */
static int compare_threads(gconstpointer a, gconstpointer b)
{
    const view_thread *x = a, *y = b;
    if (x->newest != y->newest)
        return x->newest > y->newest ? -1 : 1;
    return x->thread > y->thread ? -1 : x->thread < y->thread;
}

static GArray *find_threads(const view_scan *scan)
{
    GArray *threads = g_array_new(FALSE, FALSE, sizeof(view_thread));
    const view_entry *entries = (const view_entry *)(gpointer)scan->entries->data;
    guint n = scan->entries->len;
    for (guint start = 0, end; start < n; start = end) {
        for (end = start + 1; end < n && entries[end].thread == entries[start].thread; end++)
            ;
        view_thread t = { entries[end - 1].date, entries[start].thread, start, end - start };
        g_array_append_val(threads, t);
    }
    return threads;
}

static store_view *build_threads(view_scan *scan, GError **error)
{
    g_autoptr(GArray) threads = find_threads(scan);
    g_autoptr(view_tree) tree = view_tree_new(scan->s);
    g_autoptr(GArray) rows = g_array_sized_new(FALSE, FALSE, sizeof(view_row), scan->entries->len);
    if (threads->len > 0) /* an empty array has no data to point to */
        g_array_sort(threads, compare_threads);
    for (guint i = 0; i < threads->len; i++) {
        guint at = scan->request->reverse ? threads->len - 1 - i : i;
        const view_thread *t = &g_array_index(threads, view_thread, at);
        if (!view_tree_rows(tree, &g_array_index(scan->entries, view_entry, t->start), t->n, rows,
                            error))
            return NULL;
    }
    return view_from(g_steal_pointer(&rows), scan);
}

/* ---- flat */

typedef struct flat_row {
    view_key key;
    gint64 date;
    guint32 thread, id; /* the thread decides like in the index of marks: see view_scan_first */
} flat_row;

static int compare_flat(gconstpointer a, gconstpointer b)
{
    const flat_row *x = a, *y = b;
    if (x->key.number != y->key.number)
        return x->key.number > y->key.number ? -1 : 1;
    int order = x->key.text != NULL ? strcmp(x->key.text, y->key.text) : 0;
    if (order != 0)
        return order;
    if (x->date != y->date)
        return x->date > y->date ? -1 : 1;
    if (x->thread != y->thread)
        return x->thread > y->thread ? -1 : 1;
    return x->id > y->id ? -1 : x->id < y->id;
}

/* The subject without the prefixes that answers and forwards put before it. */
static const char *subject_base(const char *subject)
{
    static const char *const prefixes[] = { "re:", "fw:", "fwd:", "aw:", "wg:", "sv:", "antw:" };
    for (guint i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        subject += strspn(subject, " ");
        gsize n = strlen(prefixes[i]);
        if (g_ascii_strncasecmp(subject, prefixes[i], n) == 0) {
            subject += n;
            i = (guint)-1; /* from the first again */
        }
    }
    return subject;
}

const char *view_key_text(view_sort sort, const char *column, GStringChunk *texts)
{
    g_autofree char *text = NULL;
    if (sort == SORT_SUBJECT) {
        text = text_fold(subject_base(column));
    } else {
        g_autoptr(GPtrArray) from = addresses_unpack(column);
        text = text_fold(from->len > 0 ? address_label(g_ptr_array_index(from, 0)) : "");
    }
    return g_string_chunk_insert(texts, text);
}

static store_view *build_flat(const view_scan *scan)
{
    g_autoptr(GArray) flat = g_array_sized_new(FALSE, FALSE, sizeof(flat_row), scan->entries->len);
    for (guint i = 0; i < scan->entries->len; i++) {
        const view_entry *e = &g_array_index(scan->entries, view_entry, i);
        flat_row row = { .date = e->date, .thread = e->thread, .id = e->id };
        if (e->id == 0)
            continue;
        if (scan->keys->len > 0)
            row.key = g_array_index(scan->keys, view_key, i);
        g_array_append_val(flat, row);
    }
    if (flat->len > 0) /* an empty array has no data to point to */
        g_array_sort(flat, compare_flat);
    guint n = scan->complete ? flat->len : MIN(flat->len, scan->request->first_page);
    GArray *rows = g_array_sized_new(FALSE, FALSE, sizeof(view_row), n);
    for (guint i = 0; i < n; i++) {
        const flat_row *f =
            &g_array_index(flat, flat_row, scan->request->reverse ? flat->len - 1 - i : i);
        g_array_append_val(rows, ((view_row){ .id = f->id, .last = 1, .thread_start = 1 }));
    }
    return view_from(rows, scan);
}

/* ---- */

/* Can the top rows be found without looking at all? */
static bool has_first_page(const view_request *r)
{
    return r->first_page > 0 && (r->sort == SORT_THREADS || (r->sort == SORT_DATE && !r->reverse));
}

static store_view *build(store *s, const view_request *request, GError **error)
{
    view_scan scan;
    store_view *v = NULL;
    bool ok =
        view_scan_open(&scan, s, request, error) &&
        (has_first_page(request) ? view_scan_first(&scan, error) : view_scan_all(&scan, error));
    if (ok)
        v = request->sort == SORT_THREADS ? build_threads(&scan, error) : build_flat(&scan);
    view_scan_close(&scan);
    return v;
}

store_view *store_view_build(store *s, const view_request *request, GError **error)
{
    if (store_empty(s)) {
        store_view *none = g_new0(store_view, 1);
        none->complete = true;
        return none;
    }
    /* Its several statements must see one state. */
    bool own = !s->in_transaction;
    if (own && !db_run(&s->d, "BEGIN", NO_VALUES, error))
        return NULL;
    store_view *v = build(s, request, error);
    if (own)
        db_run(&s->d, "COMMIT", NO_VALUES, NULL);
    return v;
}
