/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The limit of the cache: what it takes on the disk, what goes when room is needed (used longest ago
 * first), and giving the room back.  Pages that are free inside bodies.db are used again by the next
 * body, so the file is only made shorter when files beside it need the room.  The log is part of the
 * sum, so it is kept in a fixed share. */
#include "store/body.h"
#include "base/clock.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_BLOCK 4096u
#define LOG_SHARE 16                 /* of the limit */
#define LOG_MIN (64u << 10)
#define LOG_MAX (4u << 20)
#define FIXED_BYTES (128u << 10)     /* shared memory of the log, and the schema's own pages */
#define LOW_SHARE 16                 /* evict so much more than needed: the next ones need no new look */
#define LARGEST_SHARE 4              /* of the limit: a larger body is not kept */
#define BATCH 64                     /* rows deleted in one transaction */

guint64 body_file_cost(guint64 nbytes)
{
    return (nbytes + FILE_BLOCK - 1) / FILE_BLOCK * FILE_BLOCK;
}

static guint64 file_size(const char *path)
{
    GStatBuf st;
    return g_stat(path, &st) == 0 ? (guint64)st.st_size : 0;
}

static guint64 beside(const body_store *b, const char *suffix)
{
    g_autofree char *path = g_strconcat(b->d.path, suffix, NULL);
    return file_size(path);
}

static gint64 pragma(body_store *b, const char *sql)
{
    gint64 n = 0;
    db_one(&b->d, sql, NO_VALUES, &n, NULL);
    return n;
}

static guint64 log_share(const body_store *b)
{
    return CLAMP(b->limit / LOG_SHARE, (guint64)LOG_MIN, (guint64)LOG_MAX);
}

/* ---- how much there is */

static bool ours(const char *name)
{
    return g_str_has_prefix(name, database_bodies.file);
}

/* Files set aside lie beside bodies.db. */
static guint64 directory_bytes(const char *dir, bool (*counts)(const char *))
{
    guint64 sum = 0;
    GDir *d = g_dir_open(dir, 0, NULL);
    for (const char *name; d != NULL && (name = g_dir_read_name(d)) != NULL;) {
        g_autofree char *path = counts == NULL || counts(name) ? g_build_filename(dir, name, NULL) : NULL;
        sum += path != NULL ? body_file_cost(file_size(path)) : 0;
    }
    if (d != NULL)
        g_dir_close(d);
    return sum;
}

guint64 body_disk_bytes(body_store *b)
{
    return directory_bytes(b->dir, ours) + directory_bytes(b->files, NULL);
}

typedef struct space {
    guint64 page, pages, free_pages, fixed;
} space;

static space look(body_store *b)
{
    return (space){ .page = (guint64)pragma(b, "PRAGMA page_size"),
                    .pages = (guint64)pragma(b, "PRAGMA page_count"),
                    .free_pages = (guint64)pragma(b, "PRAGMA freelist_count"),
                    .fixed = log_share(b) + FIXED_BYTES };
}

static guint64 logical(const body_store *b, const space *s)
{
    return (s->pages - s->free_pages) * s->page + b->file_bytes + s->fixed;
}

static guint64 physical(const body_store *b, const space *s)
{
    return s->pages * s->page + b->file_bytes + s->fixed;
}

/* ---- the log */

static void empty_log(body_store *b)
{
    sqlite3_wal_checkpoint_v2(b->d.handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

void body_trim_log(body_store *b)
{
    if (b->limit != 0 && beside(b, "-wal") > log_share(b))
        empty_log(b);
}

/* ---- what goes */

typedef struct candidate {
    gint64 used_s;
    guint64 size;
    guint32 mail;
} candidate;

static int compare_candidates(gconstpointer a, gconstpointer b)
{
    const candidate *x = a, *y = b;
    if (x->used_s != y->used_s)
        return x->used_s < y->used_s ? -1 : 1;
    return x->mail < y->mail ? -1 : x->mail > y->mail;
}

static GArray *candidates(body_store *b, gint64 before_s)
{
    GArray *list = g_array_new(FALSE, FALSE, sizeof(candidate));
    g_autoptr(GHashTable) keep = b->protect != NULL ? b->protect(b->protect_data) : NULL;
    g_auto(db_rows) rows = db_query(&b->d, "SELECT used, size, mail FROM body WHERE used < ?1", VALUES(V(before_s)));
    while (db_step(&b->d, rows, NULL) > 0) {
        candidate c = { db_int(rows, 0), (guint64)db_int(rows, 1), db_u32(rows, 2) };
        if (keep == NULL || !g_hash_table_contains(keep, GUINT_TO_POINTER(c.mail)))
            g_array_append_val(list, c);
    }
    if (list->len > 0)
        g_array_sort(list, compare_candidates);
    return list;
}

/* Files go after the commit: a row without its file is only a missing body. */
static bool delete_batch(body_store *b, const candidate *list, guint n, GError **error)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    if (!db_run(&b->d, "BEGIN IMMEDIATE", NO_VALUES, error))
        return false;
    bool ok = true;
    for (guint i = 0; ok && i < n; i++) {
        char *file = NULL;
        ok = body_delete(b, list[i].mail, &file, error);
        if (file != NULL)
            g_ptr_array_add(files, file);
    }
    if (!ok || !db_run(&b->d, "COMMIT", NO_VALUES, error)) {
        db_run(&b->d, "ROLLBACK", NO_VALUES, NULL);
        return false;
    }
    for (guint i = 0; i < files->len; i++)
        body_unlink(b, g_ptr_array_index(files, i));
    body_trim_log(b);
    return true;
}

/* Until so much is left, of what was used before. */
static bool evict(body_store *b, guint64 target, gint64 before_s, GError **error)
{
    space s = look(b);
    g_autoptr(GArray) list = candidates(b, before_s);
    for (guint i = 0; i < list->len && logical(b, &s) > target;) {
        guint n = MIN(list->len - i, BATCH);
        const candidate *first = &g_array_index(list, candidate, i);
        guint64 sum = 0, wanted = logical(b, &s) - target;
        for (guint k = 0; k < n; k++) /* no more than needed */
            if ((sum += first[k].size) >= wanted)
                n = k + 1;
        if (!delete_batch(b, first, n, error))
            return false;
        b->floor_s = MAX(b->floor_s, first[n - 1].used_s);
        i += n;
        s = look(b);
    }
    return true;
}

/* ---- giving room back */

/* A file of before the limit cannot be shortened page by page: written anew once, it can. */
static bool rewrite(body_store *b, GError **error)
{
    return db_script(&b->d, "PRAGMA temp_store=FILE; PRAGMA auto_vacuum=INCREMENTAL; VACUUM; PRAGMA temp_store=MEMORY",
                     error);
}

static bool shorten(body_store *b, guint64 limit, GError **error)
{
    space s = look(b);
    if (physical(b, &s) <= limit || s.free_pages == 0)
        return true;
    bool ok = pragma(b, "PRAGMA auto_vacuum") == 2 || rewrite(b, error);
    guint64 step = MAX(log_share(b) / 2 / s.page, 4);
    g_autofree char *some = g_strdup_printf("PRAGMA incremental_vacuum(%" G_GUINT64_FORMAT ")", step);
    for (s = look(b); ok && physical(b, &s) > limit && s.free_pages > 0; s = look(b)) {
        guint64 before = s.free_pages;
        ok = db_script(&b->d, some, error);
        empty_log(b);
        if ((guint64)pragma(b, "PRAGMA freelist_count") >= before)
            break;
    }
    return ok;
}

/* What was set aside goes first: nobody reads it. */
static void drop_aside(body_store *b)
{
    GDir *d = g_dir_open(b->dir, 0, NULL);
    g_autofree char *prefix = g_strconcat(database_bodies.file, ".damaged-", NULL);
    for (const char *name; d != NULL && (name = g_dir_read_name(d)) != NULL;)
        if (g_str_has_prefix(name, prefix)) {
            g_autofree char *path = g_build_filename(b->dir, name, NULL);
            unlink(path);
        }
    if (d != NULL)
        g_dir_close(d);
}

/* The lowest "used" that is there: what is older would be the first to go. */
static void raise_floor(body_store *b)
{
    b->floor_s = MAX(b->floor_s, pragma(b, "SELECT coalesce(min(used), 0) FROM body"));
}

static void find_floor(body_store *b)
{
    b->floor_s = 0;
    space s = look(b);
    if (b->limit != 0 && logical(b, &s) > b->limit - 2 * b->limit / LOW_SHARE)
        raise_floor(b);
}

bool body_room(body_store *b, guint64 nbytes, gint64 used_s, GError **error)
{
    if (b->limit == 0)
        return true;
    guint64 need = body_file_cost(nbytes) + 4 * (guint64)database_bodies.page_size;
    if (nbytes > b->limit / LARGEST_SHARE || used_s < b->floor_s)
        return false;
    guint64 most = b->limit - 2 * need; /* once in the log, once in its place */
    space s = look(b);
    if (logical(b, &s) > most && !evict(b, most - MIN(most, b->limit / LOW_SHARE), used_s, error))
        return false;
    s = look(b);
    if (logical(b, &s) > most) {
        raise_floor(b);
        return false;
    }
    return physical(b, &s) <= most || shorten(b, most, error);
}

bool body_evict(body_store *b, GError **error)
{
    if (b->limit == 0)
        return true;
    space s = look(b);
    if (body_disk_bytes(b) > b->limit)
        drop_aside(b);
    if (logical(b, &s) > b->limit && !evict(b, b->limit - b->limit / LOW_SHARE, G_MAXINT64, error))
        return false;
    bool ok = shorten(b, b->limit, error);
    body_trim_log(b);
    return ok;
}

/* ---- the rest */

void body_limit(body_store *b, guint64 limit, body_protect protect, gpointer data)
{
    b->limit = limit == 0 ? 0 : MAX(limit, (guint64)BODY_LIMIT_MIN);
    b->protect = protect;
    b->protect_data = data;
    b->file_bytes = directory_bytes(b->files, NULL);
    find_floor(b);
}

gint64 body_floor(const body_store *b)
{
    return b->floor_s;
}

bool body_used(body_store *b, const guint32 *mails, gsize n, gint64 now_s, GError **error)
{
    if (!db_run(&b->d, "BEGIN IMMEDIATE", NO_VALUES, error))
        return false;
    bool ok = true;
    for (gsize i = 0; ok && i < n; i++)
        ok = db_run(&b->d, "UPDATE body SET used = ?2 WHERE mail = ?1 AND used < ?2", VALUES(V(mails[i]), V(now_s)),
                    error);
    if (ok && db_run(&b->d, "COMMIT", NO_VALUES, error)) {
        body_trim_log(b);
        return true;
    }
    db_run(&b->d, "ROLLBACK", NO_VALUES, NULL);
    return false;
}

/* Files that a crash left, or that were beside a file which was set aside. */
static void sweep_files(body_store *b)
{
    GDir *d = g_dir_open(b->files, 0, NULL);
    for (const char *name; d != NULL && (name = g_dir_read_name(d)) != NULL;) {
        gint64 one = 0;
        if (db_one(&b->d, "SELECT 1 FROM body WHERE file = ?1", VALUES(V(name)), &one, NULL) == 0)
            body_unlink(b, name);
    }
    if (d != NULL)
        g_dir_close(d);
}

bool body_sweep(body_store *b, store *s, guint *removed, GError **error)
{
    *removed = 0;
    if (store_empty(s))
        return true;
    g_autoptr(GArray) gone = g_array_new(FALSE, FALSE, sizeof(candidate));
    {
        g_auto(db_rows) rows = db_query(&b->d, "SELECT mail FROM body ORDER BY mail", NO_VALUES);
        int step;
        while ((step = db_step(&b->d, rows, error)) > 0) {
            candidate c = { .mail = db_u32(rows, 0) };
            gint64 one = 0;
            if (db_one(&s->d, "SELECT 1 FROM mail WHERE id = ?1", VALUES(V(c.mail)), &one, NULL) == 0)
                g_array_append_val(gone, c);
        }
        if (step < 0)
            return false;
    }
    for (guint i = 0; i < gone->len; i += BATCH)
        if (!delete_batch(b, &g_array_index(gone, candidate, i), MIN(gone->len - i, BATCH), error))
            return false;
    *removed = gone->len;
    sweep_files(b);
    find_floor(b);
    return true;
}

bool body_store_claim(body_store *b, store *s, GError **error)
{
    g_autoptr(GBytes) key = NULL;
    gint64 others = 0;
    if (store_empty(s))
        return true;
    {
        g_auto(db_rows) rows = db_query(&s->d, "SELECT hash_key FROM high", NO_VALUES);
        if (db_step(&s->d, rows, error) <= 0)
            return false;
        key = g_bytes_new(sqlite3_column_blob(rows, 0), (gsize)sqlite3_column_bytes(rows, 0));
    }
    int step = db_one(&b->d, "SELECT hash_key <> ?1 FROM owner", VALUES(V(key)), &others, error);
    if (step < 0 || (step > 0 && others == 0))
        return step > 0;
    if (others != 0 && !db_script(&b->d, "DELETE FROM raw; DELETE FROM body", error))
        return false;
    bool ok = db_run(&b->d, "REPLACE INTO owner VALUES (1, ?1)", VALUES(V(key)), error);
    if (ok && others != 0)
        sweep_files(b);
    return ok;
}
