/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mail.db that is damaged: set aside, and whatever can still be read of it put into a new one, first of all
 * what nobody else has (changes that wait).  What is then missing is synchronised again, so every folder
 * counts as not complete.  Rows are read from both ends of each table, so that one bad page costs what
 * lies on it. */
#include "store/salvage.h"
#include "base/error.h"
#include "base/log.h"
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define MARK "mail.db.suspect"
#define ID_GAP 100000 /* no id that may have been given out comes again */
#define ID_GAP_UNKNOWN 10000000 /* nor when the highest one is not known */
#define COPY_BYTES (1 << 20)
#define PAGE 4096

/* Columns by name: those that the damaged file may lack stand last, from `later` on. */
static const struct copied {
    const char *table, *columns, *later;
} tables[] = {
    { "high", "only, placement, mail, node, hash_key", NULL },
    { "account", "id, name", NULL },
    { "folder",
      "id, account, name, wire_name, delimiter, role, selectable, subscribed, uidvalidity, uidnext, highestmodseq,"
      " server_messages, server_unseen, synced, provisional",
      ", mailbox_id, subscribed_here, server_subscribed, server_name, local, parting" },
    { "action", "id, label, time", NULL },
    { "journal", "id, action, placement, add_flags, remove_flags, add_keywords, remove_keywords, state, tries, problem",
      ", kind, account, target, source, after, floor, name" },
    { "home", "placement, folder, uid, floor, lost, syncs", NULL },
    { "placement",
      "id, folder, uid, thread, date, node, parent, mail, received, size, server_flags, flags, modseq, server_keywords,"
      " keywords, top, copy, lost",
      NULL },
    { "mail",
      "id, message_id, subject, sender, recipients, copies, list_id, preview, date, date_offset, attachment",
      ", object_id, hash" },
    { "node", "id, hash, parent, thread, first", NULL },
};

/* ---- reading what can be read */

static int column_count(const char *columns)
{
    int n = 1;
    for (; *columns != '\0'; columns++)
        n += *columns == ',';
    return n;
}

static bool copy_row(sqlite3_stmt *from, sqlite3_stmt *to, int ncolumns)
{
    for (int i = 0; i < ncolumns; i++)
        sqlite3_bind_value(to, i + 1, sqlite3_column_value(from, i));
    bool ok = sqlite3_step(to) == SQLITE_DONE; /* a row of the wrong types is refused: STRICT */
    sqlite3_reset(to);
    return ok;
}

/* From one end until the end or the damage; *last is the row before it. */
static guint64 copy_rows(sqlite3_stmt *from, sqlite3_stmt *to, int ncolumns, gint64 *last, bool *whole)
{
    guint64 n = 0;
    int code;
    while ((code = sqlite3_step(from)) == SQLITE_ROW) {
        *last = sqlite3_column_int64(from, ncolumns);
        n += copy_row(from, to, ncolumns);
    }
    *whole = code == SQLITE_DONE;
    return n;
}

static sqlite3_stmt *prepared(sqlite3 *db, char *sql)
{
    g_autofree char *own = sql;
    sqlite3_stmt *st = NULL;
    sqlite3_prepare_v2(db, own, -1, &st, NULL);
    return st;
}

static sqlite3_stmt *read_from(sqlite3 *source, const struct copied *t, bool later, const char *tail)
{
    return prepared(source, g_strdup_printf("SELECT %s%s, rowid FROM %s %s", t->columns, later ? t->later : "", t->table, tail));
}

static guint64 copy_table(sqlite3 *source, sqlite3 *target, const struct copied *t)
{
    bool later = t->later != NULL, whole = false;
    sqlite3_stmt *from = read_from(source, t, later, "ORDER BY rowid");
    if (from == NULL && later)
        from = read_from(source, t, later = false, "ORDER BY rowid");
    g_autofree char *columns = g_strconcat(t->columns, later ? t->later : "", NULL);
    int ncolumns = column_count(columns);
    GString *marks = g_string_new("?1");
    for (int i = 2; i <= ncolumns; i++)
        g_string_append_printf(marks, ", ?%d", i);
    sqlite3_stmt *to =
        prepared(target, g_strdup_printf("INSERT OR REPLACE INTO %s (%s) VALUES (%s)", t->table, columns, marks->str));
    g_string_free(marks, TRUE);
    gint64 last = G_MININT64;
    guint64 n = from != NULL && to != NULL ? copy_rows(from, to, ncolumns, &last, &whole) : 0;
    sqlite3_finalize(from);
    if (!whole && to != NULL) {
        from = read_from(source, t, later, "WHERE rowid > ?1 ORDER BY rowid DESC");
        if (from != NULL && sqlite3_bind_int64(from, 1, last) == SQLITE_OK)
            n += copy_rows(from, to, ncolumns, &last, &whole);
        sqlite3_finalize(from);
    }
    sqlite3_finalize(to);
    return n;
}

/* ---- making rules hold again */

static const char repair[] =
    /* nothing that hangs in the air */
    "DELETE FROM folder WHERE account NOT IN (SELECT id FROM account);"
    "UPDATE folder SET server_name = name, server_subscribed = subscribed WHERE server_name = '';"
    "DELETE FROM home WHERE folder NOT IN (SELECT id FROM folder);"
    "DELETE FROM placement WHERE folder NOT IN (SELECT 0 UNION ALL SELECT id FROM folder);"
    "DELETE FROM placement WHERE folder = 0 AND id NOT IN (SELECT placement FROM journal WHERE kind BETWEEN 1 AND 3);"
    "DELETE FROM journal WHERE kind < 4 AND placement NOT IN (SELECT id FROM placement);"
    "DELETE FROM journal WHERE kind >= 4 AND target NOT IN (SELECT id FROM folder);"
    "UPDATE journal SET account = coalesce((SELECT f.account FROM placement p JOIN folder f ON f.id = p.folder WHERE"
    " p.id = journal.placement), 0) WHERE account = 0;"
    "DELETE FROM home WHERE placement NOT IN (SELECT id FROM placement WHERE uid IS NULL) OR EXISTS (SELECT 1 FROM"
    " placement p WHERE p.folder = home.folder AND p.uid = home.uid);"
    /* rows that have changes to send stay, though what they say is gone; the others are fetched again */
    "INSERT INTO mail (id, subject, sender, recipients, copies, date, date_offset, attachment)"
    " SELECT DISTINCT mail, '', '', '', '', 0, 0, 0 FROM placement WHERE mail NOT IN (SELECT id FROM mail)"
    " AND id IN (SELECT placement FROM journal);"
    "DELETE FROM placement WHERE mail NOT IN (SELECT id FROM mail);"
    "DELETE FROM mail WHERE id NOT IN (SELECT mail FROM placement);"
    "INSERT OR IGNORE INTO action (id, label, time) SELECT DISTINCT action, '', unixepoch() FROM journal;"
    /* every node there is a number for */
    "INSERT OR IGNORE INTO high VALUES (1, 0, 0, 0, randomblob(16));"
    "UPDATE high SET placement = max(placement, (SELECT coalesce(max(id), 0) FROM placement)),"
    " mail = max(mail, (SELECT coalesce(max(id), 0) FROM mail)),"
    " node = max(node, (SELECT coalesce(max(id), 0) FROM node), (SELECT coalesce(max(node), 0) FROM placement));"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < (SELECT node FROM high))"
    " INSERT OR IGNORE INTO node SELECT i, 0, 0, i, 0 FROM n WHERE (SELECT node FROM high) > 0;"
    "UPDATE node SET parent = 0 WHERE parent NOT IN (SELECT id FROM node);"
    "CREATE TEMP TABLE tree (id INTEGER PRIMARY KEY, root INTEGER);"
    "CREATE TEMP TABLE child (parent INTEGER, id INTEGER, PRIMARY KEY (parent, id)) WITHOUT ROWID;"
    "INSERT INTO child SELECT parent, id FROM node WHERE parent > 0;"
    "WITH RECURSIVE t(id, root) AS (SELECT id, id FROM node WHERE parent = 0"
    " UNION ALL SELECT c.id, t.root FROM t JOIN child c ON c.parent = t.id) INSERT INTO tree SELECT id, root FROM t;"
    "UPDATE node SET parent = 0 WHERE id NOT IN (SELECT id FROM tree);"
    "INSERT OR IGNORE INTO tree SELECT id, id FROM node;"
    "UPDATE node SET thread = (SELECT root FROM tree WHERE tree.id = node.id), first = 0;"
    "DROP TABLE temp.tree; DROP TABLE temp.child;"
    /* what placements repeat of it */
    "UPDATE placement AS p SET top = 0, copy = 0, thread = n.thread, parent = n.parent FROM node n WHERE n.id = p.node;"
    "CREATE TEMP TABLE firsts AS SELECT node, min(id) AS id FROM placement GROUP BY node;"
    "UPDATE node SET first = f.id FROM temp.firsts f WHERE f.node = node.id;"
    "UPDATE placement SET copy = 1 WHERE id NOT IN (SELECT id FROM temp.firsts);"
    "DROP TABLE temp.firsts;"
    "UPDATE placement SET top = 1 WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER"
    " (PARTITION BY folder, thread ORDER BY date DESC, node DESC) AS r FROM placement) WHERE r = 1);"
    "UPDATE folder AS f SET messages = (SELECT count(*) FROM placement p WHERE p.folder = f.id),"
    " unseen = (SELECT count(*) FROM placement p WHERE p.folder = f.id AND NOT p.flags & 1),"
    " uidnext = 0, highestmodseq = 0, provisional = 1;";

static bool fill(store *s, sqlite3 *source, store_saved *saved, GError **error)
{
    gint64 n = 0;
    if (!db_script(&s->d, "BEGIN IMMEDIATE; DELETE FROM high", error))
        return false;
    saved->ids_known = copy_table(source, s->d.handle, &tables[0]) > 0;
    for (gsize i = 1; i < G_N_ELEMENTS(tables); i++)
        copy_table(source, s->d.handle, &tables[i]);
    if (!db_script(&s->d, repair, error) || !db_script(&s->d, "COMMIT", error)) {
        sqlite3_exec(s->d.handle, "ROLLBACK", NULL, NULL, NULL);
        return false;
    }
    if (db_one(&s->d, "SELECT count(*) FROM placement", NO_VALUES, &n, NULL) > 0)
        saved->messages = (guint64)n;
    if (db_one(&s->d, "SELECT count(*) FROM journal", NO_VALUES, &n, NULL) > 0)
        saved->changes = (guint64)n;
    return true;
}

/* ---- opening what SQLite refuses */

static bool copy_file(const char *from, const char *to)
{
    g_autofree guint8 *buffer = g_malloc(COPY_BYTES);
    int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t n = in >= 0 && out >= 0 ? 1 : -1;
    while (n > 0 && (n = read(in, buffer, COPY_BYTES)) > 0)
        if (write(out, buffer, (gsize)n) != n)
            n = -1;
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return n == 0;
}

static void put_u32(guint8 *at, guint32 value)
{
    value = GUINT32_TO_BE(value);
    memcpy(at, &value, sizeof value);
}

static guint32 get_u32(const guint8 *at)
{
    guint32 value;
    memcpy(&value, at, sizeof value);
    return GUINT32_FROM_BE(value);
}

static bool copy_page(int from, int to, guint32 number)
{
    guint8 page[PAGE];
    off_t at = (off_t)(number - 1) * PAGE;
    return pread(from, page, PAGE, at) == PAGE && pwrite(to, page, PAGE, at) == PAGE;
}

/* The pages below the first, when the list of tables does not fit into that. */
static bool copy_schema(int from, int to, const guint8 *page)
{
    enum { HEADER = 100, INTERIOR = 5, CELLS = HEADER + 12 };
    if (page[HEADER] != INTERIOR)
        return true;
    guint n = (guint)page[HEADER + 3] << 8 | page[HEADER + 4];
    bool ok = copy_page(from, to, get_u32(page + HEADER + 8));
    for (guint i = 0; ok && i < n && CELLS + 2 * i + 2 <= PAGE; i++) {
        guint cell = (guint)page[CELLS + 2 * i] << 8 | page[CELLS + 2 * i + 1];
        ok = cell + 4 <= PAGE && copy_page(from, to, get_u32(page + cell));
    }
    return ok;
}

/* Header and list of tables are the same in every file, for migrations make them.
 * Offsets: sqlite.org/fileformat.html sections 1.3 and 1.6. */
static bool give_schema(const char *path, const char *healthy)
{
    guint8 page[PAGE];
    GStatBuf st;
    int from = open(healthy, O_RDONLY | O_CLOEXEC), to = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = from >= 0 && to >= 0 && pread(from, page, PAGE, 0) == PAGE && g_stat(path, &st) == 0 &&
              st.st_size > PAGE && copy_schema(from, to, page);
    if (ok) {
        put_u32(page + 28, (guint32)((guint64)st.st_size / PAGE));
        put_u32(page + 32, 0); /* no free pages */
        put_u32(page + 36, 0);
        memcpy(page + 92, page + 24, 4);
        ok = pwrite(to, page, PAGE, 0) == PAGE;
    }
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    return ok;
}

static sqlite3 *open_source(const char *path)
{
    sqlite3 *db = NULL;
    bool ok = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
              sqlite3_exec(db, "SELECT 1 FROM placement WHERE 0", NULL, NULL, NULL) == SQLITE_OK;
    if (!ok)
        g_clear_pointer(&db, sqlite3_close);
    return db;
}

/* What was set aside stays as it is: a copy is given what is needed to open it. */
static void salvage(store *s, const char *aside, store_saved *saved, GError **error)
{
    g_autofree char *copy = g_strconcat(aside, ".copy", NULL), *healthy = g_build_filename(s->dir, "mail.db", NULL);
    g_autofree char *log = g_strconcat(aside, "-wal", NULL), *copied_log = g_strconcat(copy, "-wal", NULL);
    g_autofree char *shared = g_strconcat(copy, "-shm", NULL);
    sqlite3 *source = NULL;
    if (copy_file(aside, copy)) {
        copy_file(log, copied_log);
        source = open_source(copy);
        sqlite3_wal_checkpoint_v2(s->d.handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
        if (source == NULL && give_schema(copy, healthy)) {
            unlink(copied_log);
            source = open_source(copy);
        }
    }
    if (source != NULL && !fill(s, source, saved, error))
        saved->ids_known = false;
    gint64 gap = saved->ids_known ? ID_GAP : ID_GAP_UNKNOWN;
    db_run(&s->d, "UPDATE high SET placement = placement + ?1, mail = mail + ?1", VALUES(V(gap)), error);
    sqlite3_close(source);
    unlink(copy);
    unlink(copied_log);
    unlink(shared);
}

/* ---- the face */

void store_suspect(const char *data_dir)
{
    g_autofree char *mark = g_build_filename(data_dir, MARK, NULL);
    int fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
}

bool store_damaged(const store *s)
{
    return s->d.damaged;
}

/* Not at every start: it reads the whole file. */
static bool suspect_and_damaged(store *s)
{
    g_autofree char *mark = g_build_filename(s->dir, MARK, NULL);
    if (access(mark, F_OK) != 0)
        return false;
    bool sound;
    {
        g_auto(db_rows) rows = db_query(&s->d, "PRAGMA quick_check(1)", NO_VALUES);
        sound = db_step(&s->d, rows, NULL) > 0 && strcmp(db_str(rows, 0), "ok") == 0;
    }
    unlink(mark);
    return !sound;
}

static bool is_damaged(const char *data_dir)
{
    database d;
    gint64 id;
    bool there = true;
    if (database_open(&d, &database_mail, data_dir, STORE_WRITE, NULL)) {
        there = db_one(&d, "SELECT placement FROM high", NO_VALUES, &id, NULL) != 0;
        database_close(&d);
    }
    return d.damaged || !there; /* without its numbers nothing can be added */
}

store *store_open_saving(const char *data_dir, store_saved *saved, GError **error)
{
    g_autoptr(GError) cause = NULL;
    *saved = (store_saved){ 0 };
    store *s = store_open(data_dir, STORE_WRITE, &cause);
    if (s != NULL && !suspect_and_damaged(s))
        return s;
    if (s == NULL && !is_damaged(data_dir)) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return NULL;
    }
    store_close(s);
    saved->aside = store_set_aside(data_dir, "mail.db", error);
    s = saved->aside != NULL ? store_open(data_dir, STORE_WRITE, error) : NULL;
    if (s == NULL)
        return NULL;
    g_autoptr(GError) lost = NULL;
    salvage(s, saved->aside, saved, &lost);
    if (lost != NULL)
        log_warn(LOG_STORE, "%s", lost->message);
    store_close(s); /* ids and hash_key are read when it is opened */
    return store_open(data_dir, STORE_WRITE, error);
}
