/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding the rows of a view: a walk along one covering index a folder, or, for the first page, the
 * newest threads by the index of their marks. */
#include "store/view.h"

#include <stdlib.h>

/* Threads looked through for a first page of matching rows; past that the whole walk is due. */
#define FIRST_THREADS 2000

static bool add_folder(view_scan *scan, guint32 id)
{
    g_array_append_val(scan->folders, id);
    return true;
}

static bool choose_folders(view_scan *scan, GError **error)
{
    const view_request *r = scan->request;
    if (r->query == NULL && r->folder != 0)
        return add_folder(scan, r->folder);
    g_autoptr(GPtrArray) known = store_folders(scan->s, 0, error);
    if (known == NULL)
        return false;
    for (guint i = 0; i < known->len; i++) {
        const folder *f = g_ptr_array_index(known, i);
        if ((r->folder == 0 || r->folder == f->id) &&
            (r->query == NULL || query_sql_allows(r->query, f)))
            add_folder(scan, f->id);
    }
    if (r->query != NULL)
        query_sql_compile(scan, known);
    return true;
}

bool view_scan_open(view_scan *scan, store *s, const view_request *request, GError **error)
{
    *scan = (view_scan){
        .s = s,
        .request = request,
        .folders = g_array_new(FALSE, FALSE, sizeof(guint32)),
        .entries = g_array_new(FALSE, FALSE, sizeof(view_entry)),
        .values = g_array_new(FALSE, FALSE, sizeof(db_value)),
        .texts = g_ptr_array_new_with_free_func(g_free),
        .keys = g_array_new(FALSE, FALSE, sizeof(view_key)),
        .key_texts = g_string_chunk_new(4096),
    };
    if (request->nheld > 0)
        scan->held = g_hash_table_new(NULL, NULL);
    for (gsize i = 0; i < request->nheld; i++)
        g_hash_table_add(scan->held, GUINT_TO_POINTER(request->held[i]));
    return choose_folders(scan, error);
}

void view_scan_close(view_scan *scan)
{
    g_array_unref(scan->folders);
    g_array_unref(scan->entries);
    g_array_unref(scan->values);
    g_ptr_array_unref(scan->texts);
    g_array_unref(scan->keys);
    g_string_chunk_free(scan->key_texts);
    g_clear_pointer(&scan->held, g_hash_table_unref);
    g_free(scan->condition);
}

/* Where the entries come from: in order along the index, folder (?1) by folder, with one_thread one
 * thread (?2) only; or all at once, as the rows lie in the file; or one row by its id (?1). */
typedef enum walk_kind { WALK_FOLDER, WALK_THREAD, WALK_TABLE, WALK_ROW } walk_kind;

static void append_source(const view_scan *scan, walk_kind kind, GString *sql)
{
    const char *comma = "";
    g_string_append(sql, kind == WALK_ROW     ? " FROM placement p"
                         : kind == WALK_TABLE ? " FROM placement p NOT INDEXED"
                                              : " FROM placement p INDEXED BY placement_thread");
    if (scan->needs_mail || scan->request->sort == SORT_FROM || scan->request->sort == SORT_SUBJECT)
        g_string_append(sql, " CROSS JOIN mail m ON m.id = p.mail");
    if (kind == WALK_ROW) {
        g_string_append(sql, " WHERE p.id = ?1");
        return;
    }
    if (kind != WALK_TABLE) {
        g_string_append_printf(sql, " WHERE p.folder = ?1%s ORDER BY p.thread, p.date, p.node",
                               kind == WALK_THREAD ? " AND p.thread = ?2" : "");
        return;
    }
    g_string_append(sql, " WHERE p.folder IN (");
    for (guint i = 0; i < scan->folders->len; i++, comma = ",")
        g_string_append_printf(sql, "%s%u", comma, g_array_index(scan->folders, guint32, i));
    g_string_append_c(sql, ')');
}

/* What rows are sorted by besides their date; NULL: nothing. */
static const char *key_column(view_sort sort)
{
    switch (sort) {
    case SORT_FROM:
        return "m.sender";
    case SORT_SUBJECT:
        return "m.subject";
    case SORT_SIZE:
        return "p.size";
    case SORT_THREADS:
    case SORT_DATE:
        break;
    }
    return NULL;
}

/* Without condition and key the index has all that is asked for. */
static sqlite3_stmt *prepare_walk(view_scan *scan, walk_kind kind, GError **error)
{
    g_autoptr(GString) sql = g_string_new("SELECT p.thread, p.date, p.node, p.parent, p.id");
    const char *key = key_column(scan->request->sort);
    if (scan->condition != NULL)
        g_string_append_printf(sql, ", %s, p.flags", scan->condition);
    else
        g_string_append(sql, ", 1, 0");
    g_string_append_printf(sql, ", %s", key != NULL ? key : "NULL");
    append_source(scan, kind, sql);
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(scan->s->d.handle, sql->str, (int)sql->len, &st, NULL) != SQLITE_OK) {
        database_error(&scan->s->d, error);
        return NULL;
    }
    for (guint i = 0; i < scan->values->len; i++) {
        const db_value *v = &g_array_index(scan->values, db_value, i);
        int index = QUERY_SQL_FIRST_VALUE + (int)i;
        if (v->kind == DB_TEXT)
            sqlite3_bind_text(st, index, v->bytes, -1, SQLITE_STATIC);
        else
            sqlite3_bind_int64(st, index, v->number);
    }
    return st;
}

static void take_key(view_scan *scan, sqlite3_stmt *st)
{
    view_key key = { 0 };
    if (scan->request->sort == SORT_SIZE)
        key.number = db_int(st, 7);
    else
        key.text = view_key_text(scan->request->sort, db_str(st, 7), scan->key_texts);
    g_array_append_val(scan->keys, key);
}

static bool walk(view_scan *scan, sqlite3_stmt *st, guint32 folder, guint32 thread, guint *matching,
                 GError **error)
{
    bool keys = key_column(scan->request->sort) != NULL;
    if (folder != 0)
        sqlite3_bind_int64(st, 1, folder);
    if (thread != 0)
        sqlite3_bind_int64(st, 2, thread);
    int code;
    while ((code = sqlite3_step(st)) == SQLITE_ROW) {
        bool match = sqlite3_column_int(st, 5) != 0;
        if (scan->held != NULL && g_hash_table_remove(scan->held, GUINT_TO_POINTER(db_u32(st, 4))))
            match = true;
        view_entry e = {
            .id = match ? db_u32(st, 4) : 0,
            .node = db_u32(st, 2),
            .parent = db_u32(st, 3),
            .thread = db_u32(st, 0),
            .date = db_int(st, 1),
        };
        g_array_append_val(scan->entries, e);
        if (keys)
            take_key(scan, st);
        *matching += match;
        if (match && scan->condition != NULL && !(db_u32(st, 6) & FLAG_SEEN))
            scan->unread++;
    }
    bool ok = code == SQLITE_DONE || database_error(&scan->s->d, error);
    sqlite3_reset(st);
    return ok;
}

static int compare_entries(const void *a, const void *b)
{
    const view_entry *x = a, *y = b;
    if (x->thread != y->thread)
        return x->thread < y->thread ? -1 : 1;
    if (x->date != y->date)
        return x->date < y->date ? -1 : 1;
    return x->node < y->node ? -1 : x->node > y->node;
}

static void sort_entries(view_scan *scan, guint from)
{
    if (scan->entries->len > from)
        qsort(&g_array_index(scan->entries, view_entry, from), scan->entries->len - from,
              sizeof(view_entry), compare_entries);
}

static bool count_unread(view_scan *scan, GError **error)
{
    gint64 n = 0;
    for (guint i = 0; i < scan->folders->len; i++) {
        guint32 id = g_array_index(scan->folders, guint32, i);
        if (db_one(&scan->s->d, "SELECT unseen FROM folder WHERE id = ?1", VALUES(V(id)), &n,
                   error) < 0)
            return false;
        scan->unread += (guint32)n;
    }
    return true;
}

/* A condition or a key reads the rows themselves; when the folders hold a good part of all rows,
 * they are read faster in the order of the file than in that of the index. */
static bool prefers_table(const view_scan *scan, GError **error)
{
    gint64 wanted = 0, all = 1;
    if (scan->condition == NULL && key_column(scan->request->sort) == NULL)
        return false;
    for (guint i = 0; i < scan->folders->len; i++) {
        gint64 n = 0;
        db_one(&scan->s->d, "SELECT messages FROM folder WHERE id = ?1",
               VALUES(V(g_array_index(scan->folders, guint32, i))), &n, error);
        wanted += n;
    }
    db_one(&scan->s->d, "SELECT sum(messages) FROM folder", NO_VALUES, &all, error);
    return wanted >= all / 4;
}

/* Held rows that the walk did not meet: they are in another folder by now. */
static bool add_held(view_scan *scan, GError **error)
{
    sqlite3_stmt *st = prepare_walk(scan, WALK_ROW, error);
    g_autoptr(GList) ids = g_hash_table_get_keys(scan->held);
    bool ok = st != NULL;
    guint matching = 0;
    for (GList *at = ids; ok && at != NULL; at = at->next)
        ok = walk(scan, st, GPOINTER_TO_UINT(at->data), 0, &matching, error);
    sqlite3_finalize(st);
    return ok;
}

bool view_scan_all(view_scan *scan, GError **error)
{
    scan->complete = true;
    if (scan->condition == NULL && !count_unread(scan, error))
        return false;
    bool table = prefers_table(scan, error);
    sqlite3_stmt *st = prepare_walk(scan, table ? WALK_TABLE : WALK_FOLDER, error);
    bool ok = st != NULL;
    guint matching = 0;
    for (guint i = 0; ok && i < (table ? 1 : scan->folders->len); i++)
        ok = walk(scan, st, table ? 0 : g_array_index(scan->folders, guint32, i), 0, &matching,
                  error);
    sqlite3_finalize(st);
    bool held = scan->held != NULL && g_hash_table_size(scan->held) > 0;
    if (ok && held)
        ok = add_held(scan, error);
    if (ok && scan->request->sort == SORT_THREADS && (table || held || scan->folders->len > 1))
        sort_entries(scan, 0);
    return ok;
}

/* ---- the first page */

typedef struct thread_mark {
    gint64 date;
    guint32 thread;
} thread_mark;

static int compare_marks(gconstpointer a, gconstpointer b)
{
    const thread_mark *x = a, *y = b;
    if (x->date != y->date)
        return x->date > y->date ? -1 : 1;
    return x->thread > y->thread ? -1 : x->thread < y->thread;
}

static int compare_marks_reversed(gconstpointer a, gconstpointer b)
{
    return compare_marks(b, a);
}

static bool read_marks(view_scan *scan, guint limit, GArray *marks, GError **error)
{
    for (guint i = 0; i < scan->folders->len; i++) {
        const char *sql = scan->request->reverse ? "SELECT date, thread FROM placement INDEXED BY "
                                                   "placement_top WHERE folder = ?1 AND top"
                                                   " ORDER BY date, thread LIMIT ?2"
                                                 : "SELECT date, thread FROM placement INDEXED BY "
                                                   "placement_top WHERE folder = ?1 AND top"
                                                   " ORDER BY date DESC, thread DESC LIMIT ?2";
        g_auto(db_rows) rows = db_query(
            &scan->s->d, sql, VALUES(V(g_array_index(scan->folders, guint32, i)), V(limit)));
        guint n = 0;
        int step;
        for (; (step = db_step(&scan->s->d, rows, error)) > 0; n++)
            g_array_append_val(marks, ((thread_mark){ db_int(rows, 0), db_u32(rows, 1) }));
        if (step < 0)
            return false;
        scan->complete = scan->complete && n < limit;
    }
    g_array_sort(marks, scan->request->reverse ? compare_marks_reversed : compare_marks);
    return true;
}

static bool walk_thread(view_scan *scan, sqlite3_stmt *st, guint32 thread, guint *matching,
                        GError **error)
{
    guint from = scan->entries->len;
    for (guint i = 0; i < scan->folders->len; i++)
        if (!walk(scan, st, g_array_index(scan->folders, guint32, i), thread, matching, error))
            return false;
    if (scan->folders->len > 1 && scan->request->sort == SORT_THREADS)
        sort_entries(scan, from);
    return true;
}

bool view_scan_first(view_scan *scan, GError **error)
{
    guint wanted = scan->request->first_page, matching = 0;
    /* The oldest mark in one folder says nothing of the thread's newest message in another. */
    if (scan->request->reverse && scan->folders->len > 1)
        return view_scan_all(scan, error);
    g_autoptr(GArray) marks = g_array_new(FALSE, FALSE, sizeof(thread_mark));
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    scan->complete = true;
    if (!read_marks(scan, scan->condition != NULL ? MAX(FIRST_THREADS, wanted) : wanted, marks,
                    error))
        return false;
    sqlite3_stmt *st = prepare_walk(scan, WALK_THREAD, error);
    bool ok = st != NULL;
    for (guint i = 0; ok && i < marks->len; i++) {
        guint32 thread = g_array_index(marks, thread_mark, i).thread;
        /* By date, every one of these threads may hold one of the newest messages. */
        if (matching >= wanted && scan->request->sort == SORT_THREADS) {
            scan->complete = false;
            break;
        }
        if (g_hash_table_add(seen, GUINT_TO_POINTER(thread)))
            ok = walk_thread(scan, st, thread, &matching, error);
    }
    sqlite3_finalize(st);
    if (ok && scan->complete && scan->condition == NULL)
        ok = count_unread(scan, error);
    return ok;
}
