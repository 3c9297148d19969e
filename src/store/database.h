/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A thin layer on SQLite for the files of this room: open and migrate, prepared statements kept by
 * their SQL text, values bound by type, errors with the file's name.  Knows no table. */
#ifndef CURSUS_STORE_DATABASE_H
#define CURSUS_STORE_DATABASE_H

#include "store/store.h"

#include <glib.h>
#include <sqlite3.h>
#include <stdbool.h>

typedef struct database {
    sqlite3 *handle; /* NULL: a reader whose file is not there yet */
    char *path;
    bool damaged; /* SQLite said so, once */
    GHashTable *statements; /* of sqlite3_stmt, by the address of the SQL text */
} database;

typedef struct database_kind {
    const char *file;   /* name in its directory */
    int application_id; /* "PRAGMA application_id" */
    int page_size;      /* bytes; for a new file */
    int writer_cache_kib;
    bool shortens; /* gives pages back when asked (PRAGMA incremental_vacuum) */
    const unsigned char *const
        *migrations; /* SQL texts, NULL at the end; number i makes version i + 1 */
} database_kind;

/* STORE_READ leaves handle NULL while there is no file, or no version in it.  Errors: DISK, INPUT
 * (made by a newer version).  The schema of a writer is brought up to date. */
bool database_open(database *d, const database_kind *kind, const char *dir, store_mode mode,
                   GError **error);
void database_close(database *d);
/* Run every migration of kind that the file lacks, each in one transaction; refuse a newer file. */
bool database_migrate(database *d, const database_kind *kind, GError **error);
/* The file's version: 0 for an empty one, -1 with *error. */
int database_version(database *d, const database_kind *kind, GError **error);
/* The version that this program makes. */
int database_known_version(const database_kind *kind);
/* Set *error from the handle's last failure; returns false. */
bool database_error(database *d, GError **error);

/* ---- values for parameters ?1, ?2, ... in order */
typedef struct db_value {
    enum { DB_NULL, DB_NUMBER, DB_TEXT, DB_BLOB } kind;
    int nbytes;
    gint64 number;
    const void *bytes; /* not copied: must live until the statement is reset */
} db_value;
static inline db_value db_number(gint64 number)
{
    return (db_value){ .kind = DB_NUMBER, .number = number };
}
static inline db_value db_text(const char *text) /* NULL: SQL's NULL */
{
    return (db_value){ .kind = text != NULL ? DB_TEXT : DB_NULL, .bytes = text, .nbytes = -1 };
}
db_value db_blob(GBytes *bytes);
#define V(x)                                                                                       \
    _Generic((x), char *: db_text, const char *: db_text, GBytes *: db_blob, default: db_number)(x)
#define VALUES(...)                                                                                \
    (const db_value[]){ __VA_ARGS__ },                                                             \
        (int)(sizeof((const db_value[]){ __VA_ARGS__ }) / sizeof(db_value))
#define NO_VALUES NULL, 0
#define SQL_NULL ((db_value){ .kind = DB_NULL })

/* ---- statements.  sql must be a text that lives as long as the database (a literal).  One text
 * must not be used again while a walk along its rows is open. */
typedef sqlite3_stmt *db_rows;
/* Bind and give the statement for db_step; NULL on failure, which db_step reports. */
db_rows db_query(database *d, const char *sql, const db_value *values, int n);
/* 1: a row, 0: the end, -1: *error is set. */
int db_step(database *d, db_rows rows, GError **error);
void db_rows_close(db_rows rows);
G_DEFINE_AUTO_CLEANUP_FREE_FUNC(db_rows, db_rows_close, NULL)
/* Run to its end, rows ignored. */
bool db_run(database *d, const char *sql, const db_value *values, int n, GError **error);
/* The first column of the first row: 1 and *number, 0: no row, -1: *error is set. */
int db_one(database *d, const char *sql, const db_value *values, int n, gint64 *number,
           GError **error);
/* Several statements of plain SQL, not kept. */
bool db_script(database *d, const char *sql, GError **error);

/* ---- columns */
static inline gint64 db_int(db_rows rows, int column)
{
    return sqlite3_column_int64(rows, column);
}
static inline guint32 db_u32(db_rows rows, int column)
{
    return (guint32)sqlite3_column_int64(rows, column);
}
/* Borrowed until the next step; "" for NULL. */
const char *db_str(db_rows rows, int column);
/* Caller frees; NULL for NULL. */
char *db_strdup(db_rows rows, int column);

/* Flush the write-ahead log to the disk: what is committed survives a power cut. */
bool database_flush(database *d, GError **error);

#endif
