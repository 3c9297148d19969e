/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bodies.db: raw messages by content id, a cache that may be thrown away.  Large ones are files
 * named by their hash in bodies/, written whole before the row says so.  What is missing is simply
 * not there. */
#include "store/body.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define INLINE_BYTES (128u << 10) /* up to here in the database */

body_store *body_store_open(const char *cache_dir, store_mode mode, GError **error)
{
    body_store *b = g_new0(body_store, 1);
    b->dir = g_strdup(cache_dir);
    b->files = g_build_filename(cache_dir, "bodies", NULL);
    b->mode = mode;
    if (database_open(&b->d, &database_bodies, cache_dir, mode, error))
        return b;
    body_store_close(b);
    return NULL;
}

void body_store_close(body_store *b)
{
    if (b == NULL)
        return;
    if (b->d.path != NULL)
        database_close(&b->d);
    if (b->wanted != NULL)
        g_array_unref(b->wanted);
    g_free(b->dir);
    g_free(b->files);
    g_free(b);
}

/* A reader's file may come later: true while there is none. */
bool body_store_empty(body_store *b)
{
    if (b->d.handle != NULL)
        return false;
    if (b->d.path != NULL)
        database_close(&b->d);
    return !database_open(&b->d, &database_bodies, b->dir, b->mode, NULL) || b->d.handle == NULL;
}

/* ---- files */

static bool write_all(int fd, const guint8 *data, gsize nbytes)
{
    while (nbytes > 0) {
        ssize_t n = write(fd, data, nbytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        data += n;
        nbytes -= (gsize)n;
    }
    return true;
}

/* Under another name until it is whole and on the disk. */
static bool write_file(const char *path, GBytes *raw, GError **error)
{
    g_autofree char *temporary = g_strconcat(path, ".new", NULL);
    gsize nbytes;
    const guint8 *data = g_bytes_get_data(raw, &nbytes);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write_all(fd, data, nbytes) && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    if (ok && rename(temporary, path) == 0)
        return true;
    error_set(error, ERROR_DISK, "%s: %s", path, g_strerror(ok ? errno : why));
    if (fd >= 0)
        unlink(temporary);
    return false;
}

/* The name of the file, NULL on error.  Caller frees. */
static char *put_file(body_store *b, GBytes *raw, GError **error)
{
    g_autofree char *name = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, raw);
    g_autofree char *path = g_build_filename(b->files, name, NULL);
    GStatBuf st;
    if (g_stat(path, &st) == 0 && (guint64)st.st_size == g_bytes_get_size(raw))
        return g_steal_pointer(&name);
    if (g_mkdir_with_parents(b->files, 0700) != 0) {
        error_set(error, ERROR_DISK, "%s: %s", b->files, g_strerror(errno));
        return NULL;
    }
    return write_file(path, raw, error) ? g_steal_pointer(&name) : NULL;
}

static GBytes *get_file(body_store *b, const char *name, guint64 size)
{
    g_autofree char *path = g_build_filename(b->files, name, NULL);
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);
    if (file == NULL || g_mapped_file_get_length(file) != size)
        return NULL;
    return g_mapped_file_get_bytes(file);
}

/* ---- rows */

static bool put_row(body_store *b, guint32 mail, GBytes *raw, const char *file, GError **error)
{
    gsize size = g_bytes_get_size(raw);
    if (!db_run(&b->d, "REPLACE INTO body VALUES (?1, ?2, ?3, ?4)",
                VALUES(V(mail), V((gint64)size), V(clock_now_s()), V(file)), error))
        return false;
    if (file != NULL)
        return db_run(&b->d, "DELETE FROM raw WHERE mail = ?1", VALUES(V(mail)), error);
    return db_run(&b->d, "REPLACE INTO raw VALUES (?1, ?2)", VALUES(V(mail), V(raw)), error);
}

bool body_put(body_store *b, guint32 mail, GBytes *raw, GError **error)
{
    gsize size = g_bytes_get_size(raw);
    if (size > LIMIT_LITERAL_BODY) {
        error_set(error, ERROR_QUOTA, "a message of %" G_GSIZE_FORMAT " bytes is too large to keep",
                  size);
        return false;
    }
    g_autofree char *file = size > INLINE_BYTES ? put_file(b, raw, error) : NULL;
    if ((size > INLINE_BYTES && file == NULL) ||
        !db_run(&b->d, "BEGIN IMMEDIATE", NO_VALUES, error))
        return false;
    if (put_row(b, mail, raw, file, error) && db_run(&b->d, "COMMIT", NO_VALUES, error))
        return true;
    db_run(&b->d, "ROLLBACK", NO_VALUES, NULL);
    return false;
}

static GBytes *get_raw(body_store *b, guint32 mail)
{
    g_auto(db_rows) rows =
        db_query(&b->d, "SELECT bytes FROM raw WHERE mail = ?1", VALUES(V(mail)));
    if (db_step(&b->d, rows, NULL) <= 0)
        return NULL;
    const void *bytes = sqlite3_column_blob(rows, 0);
    return g_bytes_new(bytes, (gsize)sqlite3_column_bytes(rows, 0));
}

GBytes *body_get(body_store *b, guint32 mail)
{
    if (body_store_empty(b))
        return NULL;
    g_autofree char *file = NULL;
    guint64 size;
    {
        g_auto(db_rows) rows =
            db_query(&b->d, "SELECT size, file FROM body WHERE mail = ?1", VALUES(V(mail)));
        if (db_step(&b->d, rows, NULL) <= 0)
            return NULL;
        size = (guint64)db_int(rows, 0);
        file = db_strdup(rows, 1);
    }
    return file != NULL ? get_file(b, file, size) : get_raw(b, mail);
}

bool body_has(body_store *b, guint32 mail)
{
    if (body_store_empty(b))
        return false;
    g_autofree char *path = NULL;
    {
        g_auto(db_rows) rows =
            db_query(&b->d, "SELECT file FROM body WHERE mail = ?1", VALUES(V(mail)));
        if (db_step(&b->d, rows, NULL) <= 0)
            return false;
        if (sqlite3_column_type(rows, 0) != SQLITE_NULL)
            path = g_build_filename(b->files, db_str(rows, 0), NULL);
    }
    return path == NULL || access(path, R_OK) == 0;
}

guint64 body_store_bytes(body_store *b)
{
    gint64 sum = 0;
    if (!body_store_empty(b))
        db_one(&b->d, "SELECT coalesce(sum(size), 0) FROM body", NO_VALUES, &sum, NULL);
    return (guint64)sum;
}
