/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bodies.db: raw messages by content id, a cache that may be thrown away.  Large ones are files
 * named by their hash in bodies/, written whole before the row says so; a beginning that grows is
 * part-ID.  What is missing, cut or changed is simply not there.  How much is kept: body-limit.c. */
#include "store/body.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define INLINE_BYTES (128u << 10) /* up to here in the database */

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

/* SQLite refuses a file that is cut; other damage shows at the latest when the narrow table is
 * walked.  What lies in the wide one is checked by its hash when it is read. */
static bool readable(body_store *b, GError **error)
{
    gint64 sum;
    return db_one(&b->d, "SELECT coalesce(sum(size), 0) FROM body", NO_VALUES, &sum, error) > 0 &&
           db_one(&b->d, "SELECT coalesce(max(mail), 0) FROM raw", NO_VALUES, &sum, error) > 0;
}

static bool open_sound(body_store *b, GError **error)
{
    if (!database_open(&b->d, &database_bodies, b->dir, b->mode, error))
        return false;
    if (b->mode == STORE_READ || readable(b, error))
        return true;
    database_close(&b->d);
    return false;
}

body_store *body_store_open(const char *cache_dir, store_mode mode, char **aside, GError **error)
{
    body_store *b = g_new0(body_store, 1);
    b->dir = g_strdup(cache_dir);
    b->files = g_build_filename(cache_dir, "bodies", NULL);
    b->mode = mode;
    if (aside != NULL)
        *aside = NULL;
    g_autoptr(GError) cause = NULL;
    if (open_sound(b, &cause))
        return b;
    /* Busy or without room: waiting helps, beginning anew does not.  A newer version's cache is of no
     * use to this one. */
    bool useless = b->d.damaged || error_kind_of(cause) == ERROR_INPUT;
    g_autofree char *path = mode == STORE_WRITE && useless
                                ? store_set_aside(cache_dir, database_bodies.file, error)
                                : NULL;
    if (path != NULL && open_sound(b, error)) {
        if (aside != NULL)
            *aside = g_steal_pointer(&path);
        return b;
    }
    if (error != NULL && *error == NULL)
        g_propagate_error(error, g_steal_pointer(&cause));
    body_store_close(b);
    return NULL;
}

bool body_store_damaged(const body_store *b)
{
    return b->d.damaged;
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

static bool write_bytes(int fd, GBytes *bytes)
{
    gsize nbytes;
    const guint8 *data = g_bytes_get_data(bytes, &nbytes);
    return write_all(fd, data, nbytes);
}

/* Under another name until it is whole and on the disk. */
static bool write_file(const char *path, GBytes *raw, GError **error)
{
    g_autofree char *temporary = g_strconcat(path, ".new", NULL);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write_bytes(fd, raw) && fsync(fd) == 0;
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

static bool make_files(body_store *b, GError **error)
{
    if (g_mkdir_with_parents(b->files, 0700) == 0)
        return true;
    error_set(error, ERROR_DISK, "%s: %s", b->files, g_strerror(errno));
    return false;
}

/* A file of this name and size holds these bytes, if it was not damaged since. */
static bool same_file(const char *path, GBytes *raw)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);
    if (file == NULL || g_mapped_file_get_length(file) != g_bytes_get_size(raw))
        return false;
    g_autoptr(GBytes) bytes = g_mapped_file_get_bytes(file);
    return g_bytes_equal(bytes, raw);
}

/* The name of the file, NULL on error.  Caller frees. */
static char *put_file(body_store *b, GBytes *raw, GError **error)
{
    g_autofree char *name = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, raw);
    g_autofree char *path = g_build_filename(b->files, name, NULL);
    if (same_file(path, raw))
        return g_steal_pointer(&name);
    bool before = access(path, F_OK) == 0;
    if (!make_files(b, error) || !write_file(path, raw, error))
        return NULL;
    if (!before)
        b->file_bytes += body_file_cost(g_bytes_get_size(raw));
    return g_steal_pointer(&name);
}

static GBytes *get_file(body_store *b, const char *name, guint64 size, bool longer)
{
    g_autofree char *path = g_build_filename(b->files, name, NULL);
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);
    gsize length = file != NULL ? g_mapped_file_get_length(file) : 0;
    if (file == NULL || (longer ? length < size : length != size))
        return NULL;
    g_autoptr(GBytes) bytes = g_mapped_file_get_bytes(file);
    return g_bytes_new_from_bytes(bytes, 0, size);
}

void body_unlink(body_store *b, const char *file)
{
    g_autofree char *path = g_build_filename(b->files, file, NULL);
    GStatBuf st;
    if (g_stat(path, &st) != 0 || unlink(path) != 0)
        return;
    b->file_bytes -= MIN(b->file_bytes, body_file_cost((guint64)st.st_size));
}

/* ---- rows */

static void body_row_clear(body_row *row)
{
    g_clear_pointer(&row->file, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(body_row, body_row_clear)

static bool find_row(body_store *b, guint32 mail, body_row *row)
{
    *row = (body_row){ 0 };
    g_auto(db_rows) rows =
        db_query(&b->d, "SELECT size, total, file, hash FROM body WHERE mail = ?1", VALUES(V(mail)));
    if (db_step(&b->d, rows, NULL) <= 0)
        return false;
    row->size = (guint64)db_int(rows, 0);
    row->total = (guint64)db_int(rows, 1);
    row->file = db_strdup(rows, 2);
    row->hashed = sqlite3_column_bytes(rows, 3) == CONTENT_HASH_BYTES;
    if (row->hashed)
        memcpy(row->hash, sqlite3_column_blob(rows, 3), CONTENT_HASH_BYTES);
    return true;
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

GBytes *content_hash(GBytes *raw)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize nbytes, nhash = CONTENT_HASH_BYTES;
    guint8 hash[CONTENT_HASH_BYTES];
    const guint8 *data = g_bytes_get_data(raw, &nbytes);
    g_checksum_update(sum, data, (gssize)nbytes);
    g_checksum_get_digest(sum, hash, &nhash);
    return g_bytes_new(hash, nhash);
}

static GBytes *get_row(body_store *b, guint32 mail, const body_row *row)
{
    g_autoptr(GBytes) raw = row->file != NULL ? get_file(b, row->file, row->size, row->total > 0) : get_raw(b, mail);
    if (raw == NULL || g_bytes_get_size(raw) != row->size)
        return NULL;
    if (row->total > 0 || !row->hashed)
        return g_steal_pointer(&raw);
    g_autoptr(GBytes) hash = content_hash(raw);
    return memcmp(g_bytes_get_data(hash, NULL), row->hash, CONTENT_HASH_BYTES) == 0 ? g_steal_pointer(&raw) : NULL;
}

GBytes *body_get(body_store *b, guint32 mail)
{
    g_auto(body_row) row = { 0 };
    return !body_store_empty(b) && find_row(b, mail, &row) && row.total == 0 ? get_row(b, mail, &row) : NULL;
}

GBytes *body_beginning(body_store *b, guint32 mail)
{
    g_auto(body_row) row = { 0 };
    return !body_store_empty(b) && find_row(b, mail, &row) && row.total > 0 ? get_row(b, mail, &row) : NULL;
}

bool body_has(body_store *b, guint32 mail)
{
    g_auto(body_row) row = { 0 };
    if (body_store_empty(b) || !find_row(b, mail, &row) || row.total > 0)
        return false;
    g_autofree char *path = row.file != NULL ? g_build_filename(b->files, row.file, NULL) : NULL;
    return path == NULL || access(path, R_OK) == 0;
}

guint64 body_store_bytes(body_store *b)
{
    gint64 sum = 0;
    if (!body_store_empty(b))
        db_one(&b->d, "SELECT coalesce(sum(size), 0) FROM body", NO_VALUES, &sum, NULL);
    return (guint64)sum;
}

/* ---- writing */

bool body_delete(body_store *b, guint32 mail, char **file, GError **error)
{
    gint64 others = 0;
    *file = NULL;
    {
        g_auto(db_rows) rows = db_query(&b->d, "DELETE FROM body WHERE mail = ?1 RETURNING file", VALUES(V(mail)));
        int step = db_step(&b->d, rows, error);
        if (step <= 0)
            return step == 0;
        *file = db_strdup(rows, 0);
    }
    if (!db_run(&b->d, "DELETE FROM raw WHERE mail = ?1", VALUES(V(mail)), error))
        return false;
    if (*file != NULL && db_one(&b->d, "SELECT 1 FROM body WHERE file = ?1", VALUES(V(*file)), &others, NULL) > 0)
        g_clear_pointer(file, g_free);
    return true;
}

typedef struct body_write {
    guint32 mail;
    GBytes *raw;      /* of a row without a file */
    const char *file; /* or */
    guint64 size, total;
    GBytes *hash;
    gint64 used_s;
} body_write;

static bool put_row(body_store *b, const body_write *w, GError **error)
{
    return db_run(&b->d, "REPLACE INTO body (mail, size, used, file, total, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                  VALUES(V(w->mail), V((gint64)w->size), V(w->used_s), V(w->file), V((gint64)w->total),
                         w->hash != NULL ? V(w->hash) : SQL_NULL),
                  error) &&
           (w->file != NULL ||
            db_run(&b->d, "REPLACE INTO raw VALUES (?1, ?2)", VALUES(V(w->mail), V(w->raw)), error));
}

/* The old row goes with the new one's coming; its file when nobody has it any more. */
static bool replace_row(body_store *b, const body_write *w, GError **error)
{
    g_autofree char *old = NULL;
    if (!db_run(&b->d, "BEGIN IMMEDIATE", NO_VALUES, error))
        return false;
    if (!body_delete(b, w->mail, &old, error) || !put_row(b, w, error) ||
        !db_run(&b->d, "COMMIT", NO_VALUES, error)) {
        db_run(&b->d, "ROLLBACK", NO_VALUES, NULL);
        return false;
    }
    if (old != NULL && g_strcmp0(old, w->file) != 0)
        body_unlink(b, old);
    body_trim_log(b);
    return true;
}

/* BODY_STORED: there is no whole and sound one yet. */
static body_outcome compare_stored(body_store *b, guint32 mail, GBytes *raw)
{
    g_autoptr(GBytes) stored = body_get(b, mail);
    if (stored == NULL)
        return BODY_STORED;
    return g_bytes_equal(stored, raw) ? BODY_SAME : BODY_DIFFERS;
}

static bool too_large(gsize size, GError **error)
{
    if (size <= LIMIT_LITERAL_BODY)
        return false;
    error_set(error, ERROR_QUOTA, "a message of %" G_GSIZE_FORMAT " bytes is too large to keep", size);
    return true;
}

static body_outcome no_room(GError *const *error)
{
    return error != NULL && *error != NULL ? BODY_FAILED : BODY_NO_ROOM;
}

body_outcome body_put(body_store *b, guint32 mail, GBytes *raw, gint64 used_s, GError **error)
{
    GError *cause = NULL;
    gsize size = g_bytes_get_size(raw);
    if (too_large(size, error))
        return BODY_FAILED;
    body_outcome stored = compare_stored(b, mail, raw);
    if (stored != BODY_STORED)
        return stored;
    if (!body_room(b, size, used_s, &cause)) {
        body_outcome out = no_room(&cause);
        if (cause != NULL)
            g_propagate_error(error, cause);
        return out;
    }
    g_autofree char *file = size > INLINE_BYTES ? put_file(b, raw, error) : NULL;
    if (size > INLINE_BYTES && file == NULL)
        return BODY_FAILED;
    g_autoptr(GBytes) hash = content_hash(raw);
    body_write w = { .mail = mail, .raw = raw, .file = file, .size = size, .hash = hash, .used_s = used_s };
    return replace_row(b, &w, error) ? BODY_STORED : BODY_FAILED;
}

bool body_drop(body_store *b, guint32 mail, GError **error)
{
    g_autofree char *file = NULL;
    if (!db_run(&b->d, "BEGIN IMMEDIATE", NO_VALUES, error))
        return false;
    if (!body_delete(b, mail, &file, error) || !db_run(&b->d, "COMMIT", NO_VALUES, error)) {
        db_run(&b->d, "ROLLBACK", NO_VALUES, NULL);
        return false;
    }
    if (file != NULL)
        body_unlink(b, file);
    return true;
}

/* ---- beginnings */

static GBytes *joined(GBytes *head, GBytes *piece)
{
    gsize n = 0, m = 0;
    const guint8 *a = head != NULL ? g_bytes_get_data(head, &n) : NULL, *z = g_bytes_get_data(piece, &m);
    guint8 *both = g_malloc(n + m + 1);
    if (n > 0)
        memcpy(both, a, n);
    if (m > 0)
        memcpy(both + n, z, m);
    return g_bytes_new_take(both, n + m);
}

/* The part's file gets the piece behind what the row vouches for; bytes that a crash left there are cut. */
static bool grow_file(body_store *b, const char *name, GBytes *head, guint64 offset, GBytes *piece, GError **error)
{
    g_autofree char *path = g_build_filename(b->files, name, NULL);
    if (!make_files(b, error))
        return false;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && ftruncate(fd, head != NULL ? 0 : (off_t)offset) == 0 && lseek(fd, 0, SEEK_END) >= 0 &&
              (head == NULL || write_bytes(fd, head)) && write_bytes(fd, piece);
    if (!ok)
        error_set(error, ERROR_DISK, "%s: %s", path, g_strerror(errno));
    if (fd >= 0)
        close(fd);
    guint64 end = offset + g_bytes_get_size(piece);
    if (ok)
        b->file_bytes += body_file_cost(end) - (head != NULL ? 0 : body_file_cost(offset));
    return ok;
}

static bool append(body_store *b, const body_row *old, guint64 offset, GBytes *piece, body_write *w, GError **error)
{
    g_autofree char *name = g_strdup_printf("part-%u", w->mail);
    g_autoptr(GBytes) head = offset > 0 && old->file == NULL ? get_raw(b, w->mail) : NULL;
    g_autoptr(GBytes) whole = NULL;
    if (offset > 0 && old->file == NULL && (head == NULL || g_bytes_get_size(head) != offset)) {
        error_set(error, ERROR_DISK, "%s: the beginning of message %u is damaged", b->d.path, w->mail);
        return false;
    }
    w->size = offset + g_bytes_get_size(piece);
    if (w->size <= INLINE_BYTES) {
        w->raw = whole = joined(head, piece);
        return replace_row(b, w, error);
    }
    if (!grow_file(b, name, head, offset, piece, error))
        return false;
    w->file = name;
    return replace_row(b, w, error);
}

body_outcome body_append(body_store *b, guint32 mail, guint64 offset, GBytes *piece, guint64 total, gint64 used_s,
                         GError **error)
{
    g_auto(body_row) old = { 0 };
    GError *cause = NULL;
    bool known = find_row(b, mail, &old);
    guint64 have = known && old.total > 0 ? old.size : 0;
    if ((known && old.total == 0) || have != offset)
        return BODY_SAME;
    if (too_large(offset + g_bytes_get_size(piece), error))
        return BODY_FAILED;
    if (!body_room(b, g_bytes_get_size(piece), used_s, &cause)) {
        body_outcome out = no_room(&cause);
        if (cause != NULL)
            g_propagate_error(error, cause);
        return out;
    }
    body_write w = { .mail = mail, .total = MAX(total, 1), .used_s = used_s };
    return append(b, &old, offset, piece, &w, error) ? BODY_STORED : BODY_FAILED;
}
