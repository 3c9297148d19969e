/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The layer on SQLite: handles, statements, errors.  Handles are opened without mutexes (one thread
 * each), in WAL mode; the writer's commits do not wait for the disk unless database_flush asks. */
#include "store/database.h"
#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_TIMEOUT_MS 5000
#define RETRY_MS 10
#define READER_CACHE_KIB 2048
/* Bytes of log at which a commit makes a checkpoint.  Only a safety valve: owners checkpoint when
 * idle. */
#define LOG_BYTES (16 << 20)
#define WRITER_PRAGMAS                                                                             \
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA journal_size_limit=33554432;"      \
    "PRAGMA temp_store=MEMORY;"

db_value db_blob(GBytes *bytes)
{
    gsize nbytes = 0;
    const void *data = g_bytes_get_data(bytes, &nbytes);
    /* SQLite takes a NULL pointer for SQL's NULL. */
    return (db_value){ .kind = DB_BLOB, .bytes = data != NULL ? data : "", .nbytes = (int)nbytes };
}

bool database_error(database *d, GError **error)
{
    int code = d->handle != NULL ? sqlite3_errcode(d->handle) : SQLITE_CANTOPEN;
    const char *text = d->handle != NULL ? sqlite3_errmsg(d->handle) : "not open";
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        error_set(error, ERROR_BUSY, "%s: %s", d->path, text);
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        d->damaged = true;
        error_set(error, ERROR_DISK, _("%s is damaged: %s"), d->path, text);
        break;
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
        error_set(error, ERROR_INTERNAL, "%s: %s", d->path, text);
        break;
    default:
        error_set(error, ERROR_DISK, "%s: %s", d->path, text);
    }
    return false;
}

static void statement_free(gpointer data)
{
    sqlite3_finalize(data);
}

/* Counting every allocation takes a lock that nobody here asks for. */
static gpointer configure_once(gpointer data)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    return NULL;
}

/* SQLite makes its log files with the mode of the database file. */
static bool make_file(const char *dir, const char *path, GError **error)
{
    if (g_mkdir_with_parents(dir, 0700) != 0) {
        error_set(error, ERROR_DISK, "%s: %s", dir, g_strerror(errno));
        return false;
    }
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        error_set(error, ERROR_DISK, "%s: %s", path, g_strerror(errno));
        return false;
    }
    close(fd);
    return true;
}

static bool connect_file(database *d, store_mode mode, GError **error)
{
    int flags = mode == STORE_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    if (sqlite3_open_v2(d->path, &d->handle, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return database_error(d, error);
    sqlite3_extended_result_codes(d->handle, 1);
    sqlite3_busy_timeout(d->handle, BUSY_TIMEOUT_MS);
    sqlite3_db_config(d->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(d->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return true;
}

static bool set_number(database *d, const char *pragma, int number, GError **error)
{
    g_autofree char *sql = g_strdup_printf("PRAGMA %s=%d", pragma, number);
    return db_script(d, sql, error);
}

static bool open_writer(database *d, const database_kind *kind, const char *dir, GError **error)
{
    return make_file(dir, d->path, error) && connect_file(d, STORE_WRITE, error) &&
           set_number(d, "page_size", kind->page_size, error) &&
           (!kind->shortens || db_script(d, "PRAGMA auto_vacuum=INCREMENTAL", error)) &&
           set_number(d, "cache_size", -kind->writer_cache_kib, error) &&
           set_number(d, "wal_autocheckpoint", LOG_BYTES / kind->page_size, error) &&
           db_script(d, WRITER_PRAGMAS, error) && database_migrate(d, kind, error);
}

/* An engine that brings an older file up to date does so in moments; its half-way schemas are not ours.  0: the writer
 * has not come to the schema yet; -1: *error is set. */
static int await_version(database *d, const database_kind *kind, GError **error)
{
    int version = database_version(d, kind, error);
    for (int waited_ms = 0; version > 0 && version < database_known_version(kind); waited_ms += RETRY_MS) {
        if (waited_ms >= BUSY_TIMEOUT_MS) {
            error_set(error, ERROR_BUSY, _("%s is being brought up to date; try again in a moment"), d->path);
            return -1;
        }
        g_usleep(RETRY_MS * 1000);
        version = database_version(d, kind, error);
    }
    return version;
}

static bool open_reader(database *d, const database_kind *kind, GError **error)
{
    if (access(d->path, F_OK) != 0)
        return true;
    if (!connect_file(d, STORE_READ, error) ||
        !set_number(d, "cache_size", -READER_CACHE_KIB, error))
        return false;
    int version = await_version(d, kind, error);
    if (version == 0) {
        g_hash_table_remove_all(d->statements); /* a handle with statements does not close */
        g_clear_pointer(&d->handle, sqlite3_close);
    }
    return version >= 0;
}

bool database_open(database *d, const database_kind *kind, const char *dir, store_mode mode,
                   GError **error)
{
    static GOnce once = G_ONCE_INIT;
    g_once(&once, configure_once, NULL);
    *d = (database){ .path = g_build_filename(dir, kind->file, NULL),
                     .statements = g_hash_table_new_full(NULL, NULL, NULL, statement_free) };
    bool ok = mode == STORE_WRITE ? open_writer(d, kind, dir, error) : open_reader(d, kind, error);
    if (!ok)
        database_close(d);
    return ok;
}

void database_close(database *d)
{
    g_clear_pointer(&d->statements, g_hash_table_unref);
    g_clear_pointer(&d->handle, sqlite3_close);
    g_clear_pointer(&d->path, g_free);
}

static sqlite3_stmt *statement(database *d, const char *sql)
{
    sqlite3_stmt *st = g_hash_table_lookup(d->statements, sql);
    if (st != NULL)
        return st;
    if (sqlite3_prepare_v3(d->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL) != SQLITE_OK)
        return NULL;
    g_hash_table_insert(d->statements, (gpointer)sql, st);
    return st;
}

static int bind(sqlite3_stmt *st, int index, const db_value *v)
{
    switch (v->kind) {
    case DB_NUMBER:
        return sqlite3_bind_int64(st, index, v->number);
    case DB_TEXT:
        return sqlite3_bind_text(st, index, v->bytes, v->nbytes, SQLITE_STATIC);
    case DB_BLOB:
        return sqlite3_bind_blob(st, index, v->bytes, v->nbytes, SQLITE_STATIC);
    case DB_NULL:
        break;
    }
    return sqlite3_bind_null(st, index);
}

db_rows db_query(database *d, const char *sql, const db_value *values, int n)
{
    sqlite3_stmt *st = statement(d, sql);
    if (st == NULL)
        return NULL;
    for (int i = 0; i < n; i++)
        if (bind(st, i + 1, &values[i]) != SQLITE_OK)
            return NULL;
    return st;
}

int db_step(database *d, db_rows rows, GError **error)
{
    int code = rows != NULL ? sqlite3_step(rows) : SQLITE_ERROR;
    if (code == SQLITE_ROW)
        return 1;
    if (code == SQLITE_DONE)
        return 0;
    database_error(d, error);
    return -1;
}

void db_rows_close(db_rows rows)
{
    if (rows != NULL)
        sqlite3_reset(rows);
}

bool db_run(database *d, const char *sql, const db_value *values, int n, GError **error)
{
    g_auto(db_rows) rows = db_query(d, sql, values, n);
    int step;
    while ((step = db_step(d, rows, error)) > 0)
        ;
    return step == 0;
}

int db_one(database *d, const char *sql, const db_value *values, int n, gint64 *number,
           GError **error)
{
    g_auto(db_rows) rows = db_query(d, sql, values, n);
    int step = db_step(d, rows, error);
    if (step > 0)
        *number = db_int(rows, 0);
    return step;
}

bool db_script(database *d, const char *sql, GError **error)
{
    return sqlite3_exec(d->handle, sql, NULL, NULL, NULL) == SQLITE_OK || database_error(d, error);
}

const char *db_str(db_rows rows, int column)
{
    const char *text = (const char *)sqlite3_column_text(rows, column);
    return text != NULL ? text : "";
}

char *db_strdup(db_rows rows, int column)
{
    return g_strdup((const char *)sqlite3_column_text(rows, column));
}

/* synchronous=FULL cannot be chosen inside a transaction, when it is known whether it carries an
 * act of the person; so commits are made with NORMAL and the log is synchronised here, which is all
 * that FULL does more. */
bool database_flush(database *d, GError **error)
{
    sqlite3_file *wal = NULL;
    int code = sqlite3_file_control(d->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
    if (code == SQLITE_OK && wal != NULL && wal->pMethods != NULL)
        code = wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL);
    if (code == SQLITE_OK)
        return true;
    error_set(error, ERROR_DISK, "%s: %s", d->path, sqlite3_errstr(code));
    return false;
}
