/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much is stored, and writing the files anew without gaps. */
#include "store/check.h"
#include "base/error.h"
#include "store/body.h"

#include <glib/gstdio.h>

static guint64 number(database *d, const char *sql)
{
    gint64 n = 0;
    if (d->handle != NULL)
        db_one(d, sql, NO_VALUES, &n, NULL);
    return (guint64)MAX(n, 0);
}

static guint64 free_bytes(database *d)
{
    return number(d, "PRAGMA freelist_count") * number(d, "PRAGMA page_size");
}

static guint64 bytes_of(const database *d)
{
    static const char *const suffixes[] = { "", "-wal", "-shm" };
    guint64 sum = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *path = g_strconcat(d->path, suffixes[i], NULL);
        GStatBuf st;
        sum += g_stat(path, &st) == 0 ? (guint64)st.st_size : 0;
    }
    return sum;
}

static bool mail_figures(const char *data_dir, store_figures *f, GError **error)
{
    database d;
    if (!database_open(&d, &database_mail, data_dir, STORE_READ, error))
        return false;
    f->data_bytes = bytes_of(&d);
    f->free_bytes += free_bytes(&d);
    f->accounts = number(&d, "SELECT count(*) FROM account");
    f->folders = number(&d, "SELECT count(*) FROM folder");
    f->messages = number(&d, "SELECT coalesce(sum(messages), 0) FROM folder");
    f->contents = number(&d, "SELECT count(*) FROM mail");
    f->orphans = number(&d, "SELECT count(*) FROM orphan");
    f->changes = number(&d, "SELECT count(*) FROM journal");
    f->threads = number(&d, "SELECT count(DISTINCT thread) FROM placement");
    database_close(&d);
    return true;
}

bool store_stats(const char *data_dir, const char *cache_dir, store_figures *f, GError **error)
{
    *f = (store_figures){ 0 };
    if (!mail_figures(data_dir, f, error))
        return false;
    body_store *b = body_store_open(cache_dir, STORE_READ, NULL, error);
    if (b == NULL)
        return false;
    f->cache_bytes = body_disk_bytes(b);
    f->free_bytes += free_bytes(&b->d);
    f->bodies = number(&b->d, "SELECT count(*) FROM body WHERE total = 0");
    f->beginnings = number(&b->d, "SELECT count(*) FROM body WHERE total > 0");
    f->body_bytes = body_store_bytes(b);
    f->oldest_used_s = (gint64)number(&b->d, "SELECT coalesce(min(used), 0) FROM body");
    body_store_close(b);
    return true;
}

/* ---- compacting */

typedef struct rewriting {
    database *d;
    guint64 nbytes;
    store_progress progress;
    gpointer data;
    const char *phase;
} rewriting;

enum { STEPS_A_LOOK = 200000 }; /* of SQLite's machine: some milliseconds */

/* The new file is made beside and then copied into the log: that is the half that can be seen. */
static int look(gpointer data)
{
    const rewriting *r = data;
    g_autofree char *log = g_strconcat(r->d->path, "-wal", NULL);
    GStatBuf st;
    guint64 written = g_stat(log, &st) == 0 ? (guint64)st.st_size : 0;
    if (r->progress != NULL)
        r->progress(r->phase, MIN(written, r->nbytes), r->nbytes, r->data);
    return 0;
}

/* On the disk, not in memory: the copy is as large as the file. */
static bool rewrite(rewriting *r, bool shortens, GError **error)
{
    GStatBuf st;
    r->nbytes = g_stat(r->d->path, &st) == 0 ? (guint64)st.st_size : 0;
    look(r);
    sqlite3_progress_handler(r->d->handle, STEPS_A_LOOK, look, r);
    bool ok = db_script(r->d, "PRAGMA temp_store=FILE", error) &&
              (!shortens || db_script(r->d, "PRAGMA auto_vacuum=INCREMENTAL", error)) && db_script(r->d, "VACUUM", error);
    sqlite3_progress_handler(r->d->handle, 0, NULL, NULL);
    sqlite3_wal_checkpoint_v2(r->d->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (ok && r->progress != NULL)
        r->progress(r->phase, r->nbytes, r->nbytes, r->data);
    return ok;
}

static GHashTable *protected_in(gpointer data)
{
    return store_protected(data);
}

static bool compact_cache(body_store *b, store *s, guint64 limit, rewriting *r, GError **error)
{
    guint removed;
    body_limit(b, limit, protected_in, s);
    return body_store_claim(b, s, error) && body_sweep(b, s, &removed, error) && body_evict(b, error) && rewrite(r, true, error);
}

bool store_compact(const char *data_dir, const char *cache_dir, guint64 limit, store_progress progress, gpointer data,
                   GError **error)
{
    g_autoptr(store) s = store_open(data_dir, STORE_WRITE, error);
    if (s == NULL)
        return false;
    rewriting mail = { .d = &s->d, .progress = progress, .data = data, .phase = "mail.db" };
    if (!rewrite(&mail, false, error))
        return false;
    body_store *b = body_store_open(cache_dir, STORE_WRITE, NULL, error);
    if (b == NULL)
        return false;
    rewriting bodies = { .d = &b->d, .progress = progress, .data = data, .phase = "bodies.db" };
    bool ok = compact_cache(b, s, limit, &bodies, error);
    body_store_close(b);
    return ok;
}
