/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forest between memory and the table `node`, and what placements repeat of it: thread, parent,
 * and which row of a thread is the newest in a folder. */
#include "store/internal.h"
#include "base/error.h"

static bool load_nodes(store *s, forest *f, GError **error)
{
    g_auto(db_rows) rows =
        db_query(&s->d, "SELECT id, hash, parent, thread, first FROM node ORDER BY id", NO_VALUES);
    int step;
    while ((step = db_step(&s->d, rows, error)) > 0)
        forest_restore(f, db_u32(rows, 0), (guint64)db_int(rows, 1), db_u32(rows, 2),
                       db_u32(rows, 3), db_u32(rows, 4));
    return step == 0;
}

static bool load_copies(store *s, forest *f, GError **error)
{
    g_auto(db_rows) rows =
        db_query(&s->d, "SELECT DISTINCT node FROM placement INDEXED BY placement_copy WHERE copy",
                 NO_VALUES);
    int step;
    while ((step = db_step(&s->d, rows, error)) > 0)
        if (db_u32(rows, 0) < f->nodes->len)
            forest_set_copies(f, db_u32(rows, 0), true);
    return step == 0;
}

forest *forest_open(store *s, GError **error)
{
    if (s->forest != NULL)
        return s->forest;
    gint64 last = 0;
    if (db_one(&s->d, "SELECT node FROM high", NO_VALUES, &last, error) <= 0)
        return NULL;
    if (last < 0 || last >= G_MAXUINT32 / 64) { /* no mailbox is so large: the number is damaged */
        error_set(error, ERROR_DISK, "%s: damaged: highest node %" G_GINT64_FORMAT, s->d.path,
                  last);
        return NULL;
    }
    g_autoptr(forest) f = forest_new((guint32)last);
    if (!load_nodes(s, f, error) || !load_copies(s, f, error))
        return NULL;
    forest_restored(f);
    s->forest = g_steal_pointer(&f);
    return s->forest;
}

static bool save_node(store *s, guint32 number, GError **error)
{
    const forest_node *n = forest_get(s->forest, number);
    if (number > s->forest->saved)
        return db_run(
            &s->d, "INSERT INTO node VALUES (?1, ?2, ?3, ?4, ?5)",
            VALUES(V(number), V((gint64)n->hash), V(n->parent), V(n->thread), V(n->first)), error);
    return db_run(&s->d, "UPDATE node SET parent = ?2, thread = ?3, first = ?4 WHERE id = ?1",
                  VALUES(V(number), V(n->parent), V(n->thread), V(n->first)), error);
}

/* A thread in a folder as one number, for a set of them. */
typedef struct folder_thread {
    guint32 folder, thread;
} folder_thread;

static void remember(GArray *touched, guint32 folder, guint32 thread)
{
    g_array_append_val(touched, ((folder_thread){ folder, thread }));
}

static bool follow_rows(store *s, db_rows rows, guint32 from, guint32 to, GArray *touched,
                        GError **error)
{
    int step;
    while ((step = db_step(&s->d, rows, error)) > 0)
        if (from != to) {
            remember(touched, db_u32(rows, 0), from);
            remember(touched, db_u32(rows, 0), to);
        }
    return step == 0;
}

/* The placements of a node take its thread and parent. */
static bool follow(store *s, const forest_move *move, GArray *touched, GError **error)
{
    const forest_node *n = forest_get(s->forest, move->node);
    guint32 thread = n->thread, parent = n->parent;
    s->forest->state[thread] |= FOREST_NAMING;
    if (n->first != 0) {
        g_auto(db_rows) rows = db_query(
            &s->d, "UPDATE placement SET thread = ?2, parent = ?3 WHERE id = ?1 RETURNING folder",
            VALUES(V(n->first), V(thread), V(parent)));
        if (!follow_rows(s, rows, move->from, thread, touched, error))
            return false;
    }
    if (!forest_copies(s->forest, move->node))
        return true;
    g_auto(db_rows) rows =
        db_query(&s->d,
                 "UPDATE placement INDEXED BY placement_copy SET thread = ?2, parent = ?3"
                 " WHERE copy AND node = ?1 RETURNING folder",
                 VALUES(V(move->node), V(thread), V(parent)));
    return follow_rows(s, rows, move->from, thread, touched, error);
}

static int compare_folder_threads(gconstpointer a, gconstpointer b)
{
    const folder_thread *x = a, *y = b;
    if (x->folder != y->folder)
        return x->folder < y->folder ? -1 : 1;
    return x->thread < y->thread ? -1 : x->thread > y->thread;
}

static bool retop_all(store *s, GArray *touched, GError **error)
{
    g_array_sort(touched, compare_folder_threads);
    for (guint i = 0; i < touched->len; i++) {
        const folder_thread *t = &g_array_index(touched, folder_thread, i);
        if (i > 0 && compare_folder_threads(t - 1, t) == 0)
            continue;
        if (!thread_retop(s, t->folder, t->thread, error))
            return false;
    }
    return true;
}

bool forest_save(store *s, GError **error)
{
    forest *f = s->forest;
    for (guint i = 0; i < f->dirty->len; i++)
        if (!save_node(s, g_array_index(f->dirty, guint32, i), error))
            return false;
    g_autoptr(GArray) touched = g_array_new(FALSE, FALSE, sizeof(folder_thread));
    for (guint i = 0; i < f->moved->len; i++)
        if (!follow(s, &g_array_index(f->moved, forest_move, i), touched, error))
            return false;
    forest_clean(f);
    s->ids_changed = true;
    return retop_all(s, touched, error);
}

/* All of the thread's rows are read, for after trees joined there is more than one mark. */
bool thread_retop(store *s, guint32 folder, guint32 thread, GError **error)
{
    g_autoptr(GArray) marked = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 newest = 0;
    {
        g_auto(db_rows) rows =
            db_query(&s->d,
                     "SELECT id, top FROM placement INDEXED BY placement_thread"
                     " WHERE folder = ?1 AND thread = ?2 ORDER BY date DESC, node DESC",
                     VALUES(V(folder), V(thread)));
        int step;
        while ((step = db_step(&s->d, rows, error)) > 0) {
            guint32 id = db_u32(rows, 0);
            bool top = db_int(rows, 1) != 0, wanted = newest == 0;
            if (wanted)
                newest = id;
            if (top != wanted)
                g_array_append_val(marked, id);
        }
        if (step < 0)
            return false;
    }
    for (guint i = 0; i < marked->len; i++)
        if (!db_run(&s->d, "UPDATE placement SET top = NOT top WHERE id = ?1",
                    VALUES(V(g_array_index(marked, guint32, i))), error))
            return false;
    return true;
}
