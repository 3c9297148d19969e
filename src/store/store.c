/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The handle on mail.db: opening, transactions, ids that are never used again, folder counters. */
#include "store/internal.h"
#include "base/error.h"
#include "base/fold.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* has(text, folded needle): the text folded contains the needle.  NULL has nothing. */
static void sql_has(sqlite3_context *context, int n, sqlite3_value **values)
{
    const char *text = (const char *)sqlite3_value_text(values[0]);
    const char *needle = (const char *)sqlite3_value_text(values[1]);
    sqlite3_result_int(context,
                       text != NULL && needle != NULL && text_contains_folded(text, needle));
}

/* keyword(joined, word): model/flags.h keywords_have. */
static void sql_keyword(sqlite3_context *context, int n, sqlite3_value **values)
{
    const char *joined = (const char *)sqlite3_value_text(values[0]);
    const char *word = (const char *)sqlite3_value_text(values[1]);
    sqlite3_result_int(context, joined != NULL && word != NULL && keywords_have(joined, word));
}

static bool read_high(store *s, GError **error)
{
    g_auto(db_rows) rows = db_query(&s->d, "SELECT placement, mail, hash_key FROM high", NO_VALUES);
    if (db_step(&s->d, rows, error) <= 0)
        return false;
    s->last_placement = db_u32(rows, 0);
    s->last_mail = db_u32(rows, 1);
    s->ids_changed = false;
    gsize n = MIN((gsize)sqlite3_column_bytes(rows, 2), sizeof s->hash_key);
    if (n > 0)
        memcpy(s->hash_key, sqlite3_column_blob(rows, 2), n);
    return true;
}

static bool open_file(store *s, GError **error)
{
    if (!database_open(&s->d, &database_mail, s->dir, s->mode, error))
        return false;
    if (s->d.handle == NULL)
        return true;
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
    sqlite3_create_function(s->d.handle, "has", 2, flags, NULL, sql_has, NULL, NULL);
    sqlite3_create_function(s->d.handle, "keyword", 2, flags, NULL, sql_keyword, NULL, NULL);
    if (s->mode == STORE_READ || read_high(s, error))
        return true;
    database_close(&s->d);
    return false;
}

store *store_open(const char *data_dir, store_mode mode, GError **error)
{
    store *s = g_new0(store, 1);
    s->dir = g_strdup(data_dir);
    s->mode = mode;
    s->counts = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    s->touched = g_hash_table_new(NULL, NULL);
    if (open_file(s, error))
        return s;
    store_close(s);
    return NULL;
}

void store_close(store *s)
{
    if (s == NULL)
        return;
    if (s->d.path != NULL)
        database_close(&s->d);
    forest_free(s->forest);
    lost_forget(s);
    g_hash_table_unref(s->counts);
    g_hash_table_unref(s->touched);
    g_free(s->joined_label);
    g_free(s->dir);
    g_free(s);
}

bool store_exists(const char *data_dir)
{
    g_autofree char *path = g_build_filename(data_dir, database_mail.file, NULL);
    return access(path, F_OK) == 0;
}

/* The header of the file, which the newest version may not have reached yet: true too often, never too rarely. */
bool store_is_older(const char *data_dir)
{
    enum { AT = 60, NBYTES = 64 }; /* user_version, big-endian; https://www.sqlite.org/fileformat2.html 1.3 */
    g_autofree char *path = g_build_filename(data_dir, database_mail.file, NULL);
    guint8 header[NBYTES];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, header, sizeof header) : -1;
    if (fd >= 0)
        close(fd);
    guint32 version;
    if (n < NBYTES)
        return false;
    memcpy(&version, header + AT, sizeof version);
    return (int)GUINT32_FROM_BE(version) < database_known_version(&database_mail);
}

bool store_empty(store *s)
{
    if (s->d.handle != NULL)
        return false;
    if (s->d.path != NULL)
        database_close(&s->d);
    return !open_file(s, NULL) || s->d.handle == NULL;
}

/* ---- transactions */

bool store_begin(store *s, GError **error)
{
    if (s->mode != STORE_WRITE || s->in_transaction) {
        error_set(error, ERROR_INTERNAL, "a transaction cannot begin here");
        return false;
    }
    /* Immediate: a reader that turns writer later is refused at once, without the busy timeout. */
    if (!db_run(&s->d, "BEGIN IMMEDIATE", NO_VALUES, error))
        return false;
    s->in_transaction = true;
    s->broken = false;
    return true;
}

bool store_commit(store *s, bool durable, GError **error)
{
    if (!s->in_transaction || s->broken) {
        error_set(error, ERROR_INTERNAL, "a write failed before: nothing is committed");
        store_rollback(s);
        return false;
    }
    if (!db_run(&s->d, "COMMIT", NO_VALUES, error)) {
        store_rollback(s);
        return false;
    }
    s->in_transaction = false;
    return !durable || database_flush(&s->d, error);
}

void store_rollback(store *s)
{
    if (!s->in_transaction)
        return;
    /* SQLite has rolled back by itself after some errors; then this one means nothing. */
    db_run(&s->d, "ROLLBACK", NO_VALUES, NULL);
    s->in_transaction = false;
    s->broken = false;
    g_clear_pointer(&s->forest, forest_free);
    lost_forget(s);
    g_hash_table_remove_all(s->counts);
    read_high(s, NULL);
}

void store_checkpoint(store *s)
{
    if (s->mode == STORE_WRITE && !s->in_transaction)
        sqlite3_wal_checkpoint_v2(s->d.handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

/* ---- one writing function */

bool write_begin(store *s, bool *own, GError **error)
{
    *own = !s->in_transaction;
    if (*own)
        return store_begin(s, error);
    if (!s->broken)
        return true;
    error_set(error, ERROR_INTERNAL, "a write failed before in this transaction");
    return false;
}

static bool write_counts(store *s, GError **error)
{
    GHashTableIter it;
    gpointer key, value;
    g_hash_table_iter_init(&it, s->counts);
    while (g_hash_table_iter_next(&it, &key, &value)) {
        const folder_count *c = value;
        if ((c->messages != 0 || c->unseen != 0) &&
            !db_run(
                &s->d,
                "UPDATE folder SET messages = messages + ?2, unseen = unseen + ?3 WHERE id = ?1",
                VALUES(V(GPOINTER_TO_UINT(key)), V(c->messages), V(c->unseen)), error))
            return false;
    }
    g_hash_table_remove_all(s->counts);
    return true;
}

static bool write_high(store *s, GError **error)
{
    if (!s->ids_changed)
        return true;
    gint64 last_node = s->forest != NULL ? (gint64)s->forest->nodes->len - 1 : 0;
    s->ids_changed = false;
    return db_run(&s->d, "UPDATE high SET placement = ?1, mail = ?2, node = max(node, ?3)",
                  VALUES(V(s->last_placement), V(s->last_mail), V(last_node)), error);
}

bool write_end(store *s, bool own, bool ok, bool durable, GError **error)
{
    ok = ok && write_counts(s, error) && write_high(s, error);
    if (ok)
        return !own || store_commit(s, durable, error);
    if (own)
        store_rollback(s);
    else
        s->broken = true;
    return false;
}

GArray *store_touched(store *s, bool rows)
{
    GArray *folders = g_array_new(FALSE, FALSE, sizeof(guint32));
    GHashTableIter it;
    gpointer key, moved;
    g_hash_table_iter_init(&it, s->touched);
    while (g_hash_table_iter_next(&it, &key, &moved)) {
        guint32 folder = GPOINTER_TO_UINT(key);
        if (!rows || moved != NULL)
            g_array_append_val(folders, folder);
    }
    g_hash_table_remove_all(s->touched);
    return folders;
}

void count_add(store *s, guint32 folder, int messages, int unseen)
{
    if (folder == 0) /* nowhere */
        return;
    if (messages != 0 || !g_hash_table_contains(s->touched, GUINT_TO_POINTER(folder)))
        g_hash_table_insert(s->touched, GUINT_TO_POINTER(folder), messages != 0 ? s : NULL);
    folder_count *c = g_hash_table_lookup(s->counts, GUINT_TO_POINTER(folder));
    if (c == NULL) {
        c = g_new0(folder_count, 1);
        g_hash_table_insert(s->counts, GUINT_TO_POINTER(folder), c);
    }
    c->messages += messages;
    c->unseen += unseen;
}

guint32 next_id(store *s, guint32 *last, GError **error)
{
    if (*last == G_MAXUINT32) {
        error_set(error, ERROR_DISK, "%s: all numbers for messages are used up", s->d.path);
        return 0;
    }
    s->ids_changed = true;
    return ++*last;
}
