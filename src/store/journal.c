/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Acts of the person as journal rows: written with what is shown in one transaction, and taken out
 * when the server has done or refused them.  An action groups the rows of one act, for undo. */
#include "store/internal.h"
#include "base/clock.h"
#include "base/error.h"

#include <string.h>

/* "200 actions or 30 days are kept": older ones go when they own no row any more. */
#define ACTIONS_KEPT 200
#define ACTION_KEPT_S (30 * 24 * 60 * 60)

static bool listed(const char *const *words, const char *word)
{
    for (; words != NULL && *words != NULL; words++)
        if (g_ascii_strcasecmp(*words, word) == 0)
            return true;
    return false;
}

/* Of words those that are in joined (there) or are not, joined; none of but. */
static char *effective(const char *const *words, const char *joined, bool there,
                       const char *const *but)
{
    g_autoptr(GPtrArray) some = g_ptr_array_new();
    for (; words != NULL && *words != NULL; words++)
        if (keywords_have(joined, *words) == there && !listed(but, *words))
            g_ptr_array_add(some, (gpointer)*words);
    g_ptr_array_add(some, NULL);
    return keywords_join((const char *const *)some->pdata);
}

static bool actions_prune(store *s, gint64 last, gint64 before_s, GError **error)
{
    static const char actions[] = "DELETE FROM action WHERE id <= ?1 AND time < ?2 AND id NOT IN"
                                  " (SELECT action FROM journal)";
    if (!db_run(&s->d, actions, VALUES(V(last), V(before_s)), error))
        return false;
    return sqlite3_changes(s->d.handle) == 0 ||
           db_run(&s->d, "DELETE FROM difference WHERE action <= ?1 AND action NOT IN (SELECT id FROM action)",
                  VALUES(V(last)), error);
}

static guint64 action_new(store *s, const char *label, GError **error)
{
    gint64 now_s = clock_now_s();
    if (!db_run(&s->d, "INSERT INTO action (label, time) VALUES (?1, ?2)",
                VALUES(V(label), V(now_s)), error))
        return 0;
    gint64 id = sqlite3_last_insert_rowid(s->d.handle);
    return actions_prune(s, id - ACTIONS_KEPT, now_s - ACTION_KEPT_S, error) ? (guint64)id : 0;
}

typedef struct flag_act {
    guint64 action;
    mail_flags add, remove;
    const char *const *add_keywords, *const *remove_keywords;
} flag_act;

/* Only what really changes is recorded: that is what undo must take back, also when the journal's row is
 * long done. */
static bool act_on(store *s, const flag_act *act, guint32 id, GError **error)
{
    g_auto(flag_state) old = { 0 };
    {
        g_auto(db_rows) rows = db_query(
            &s->d, "SELECT " FLAG_STATE_COLUMNS " FROM placement WHERE id = ?1", VALUES(V(id)));
        int step = db_step(&s->d, rows, error);
        if (step <= 0)
            return step == 0;
        flag_state_read(&old, rows);
    }
    mail_flags add = act->add & ~act->remove & ~old.flags, remove = act->remove & old.flags;
    g_autofree char *add_keywords =
        effective(act->add_keywords, old.keywords, false, act->remove_keywords);
    g_autofree char *remove_keywords = effective(act->remove_keywords, old.keywords, true, NULL);
    if (add == 0 && remove == 0 && add_keywords[0] == '\0' && remove_keywords[0] == '\0')
        return true;
    return db_run(&s->d,
                  "INSERT INTO journal (action, placement, add_flags, remove_flags, add_keywords,"
                  " remove_keywords) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                  VALUES(V((gint64)act->action), V(id), V(add), V(remove), V(add_keywords),
                         V(remove_keywords)),
                  error) &&
           db_run(&s->d, "REPLACE INTO difference VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                  VALUES(V((gint64)act->action), V(id), V(add), V(remove), V(add_keywords), V(remove_keywords)),
                  error) &&
           flags_recompute(s, id, error);
}

guint64 store_act_flag(store *s, const char *label, const guint32 *ids, gsize n, mail_flags add,
                       mail_flags remove, const char *const *add_keywords,
                       const char *const *remove_keywords, GError **error)
{
    bool own;
    if (!write_begin(s, &own, error))
        return 0;
    flag_act act = {
        .action = action_new(s, label, error),
        .add = add & FLAGS_STORABLE,
        .remove = remove & FLAGS_STORABLE,
        .add_keywords = add_keywords,
        .remove_keywords = remove_keywords,
    };
    bool ok = act.action != 0;
    for (gsize i = 0; ok && i < n; i++)
        ok = act_on(s, &act, ids[i], error);
    return write_end(s, own, ok, true, error) ? act.action : 0;
}

/* ---- reading */

void store_journal_row_free(store_journal_row *row)
{
    if (row == NULL)
        return;
    g_free(row->add_keywords);
    g_free(row->remove_keywords);
    g_free(row->problem);
    g_free(row);
}

static store_journal_row *journal_read(db_rows rows)
{
    store_journal_row *row = g_new0(store_journal_row, 1);
    row->id = (guint64)db_int(rows, 0);
    row->action = (guint64)db_int(rows, 1);
    row->placement = db_u32(rows, 2);
    row->folder = db_u32(rows, 3);
    row->uid = db_u32(rows, 4);
    row->add = db_u32(rows, 5);
    row->remove = db_u32(rows, 6);
    row->add_keywords = g_strdup(db_str(rows, 7));
    row->remove_keywords = g_strdup(db_str(rows, 8));
    row->state = (int)db_int(rows, 9);
    row->tries = (int)db_int(rows, 10);
    row->problem = db_strdup(rows, 11);
    return row;
}

GPtrArray *store_journal(store *s, guint32 account, guint32 folder, GError **error)
{
    g_autoptr(GPtrArray) list =
        g_ptr_array_new_with_free_func((GDestroyNotify)store_journal_row_free);
    if (store_empty(s))
        return g_steal_pointer(&list);
    g_auto(db_rows) rows = db_query(
        &s->d,
        "SELECT j.id, action, placement, p.folder, p.uid, add_flags, remove_flags, add_keywords,"
        " remove_keywords, state, tries, problem FROM journal j CROSS JOIN placement p ON p.id = "
        "placement"
        " CROSS JOIN folder f ON f.id = p.folder"
        " WHERE f.account = ?1 AND ?2 IN (0, p.folder) ORDER BY j.id",
        VALUES(V(account), V(folder)));
    int step;
    while ((step = db_step(&s->d, rows, error)) > 0)
        g_ptr_array_add(list, journal_read(rows));
    return step == 0 ? g_steal_pointer(&list) : NULL;
}

guint store_journal_count(store *s, guint32 account)
{
    gint64 n = 0;
    if (!store_empty(s))
        db_one(&s->d,
               "SELECT count(*) FROM journal j CROSS JOIN placement p ON p.id = placement"
               " CROSS JOIN folder f ON f.id = p.folder WHERE state < 2 AND f.account = ?1",
               VALUES(V(account)), &n, NULL);
    return (guint)n;
}

/* ---- what became of them */

/* The server's flags with one row done. */
static bool server_takes(store *s, guint64 row, GError **error)
{
    g_auto(flag_state) old = { 0 };
    g_autofree char *keywords = NULL;
    mail_flags flags;
    {
        g_auto(db_rows) rows =
            db_query(&s->d,
                     "SELECT p.id, folder, server_flags, flags, modseq, server_keywords, keywords, "
                     "add_flags,"
                     " remove_flags, add_keywords, remove_keywords"
                     " FROM journal j JOIN placement p ON p.id = j.placement WHERE j.id = ?1",
                     VALUES(V((gint64)row)));
        int step = db_step(&s->d, rows, error);
        if (step <= 0)
            return step == 0;
        flag_state_read(&old, rows);
        flags = (old.server_flags | db_u32(rows, 7)) & ~db_u32(rows, 8);
        g_auto(GStrv) add = keywords_split(db_str(rows, 9));
        g_auto(GStrv) remove = keywords_split(db_str(rows, 10));
        keywords = keywords_change(old.server_keywords, (const char *const *)add,
                                   (const char *const *)remove);
    }
    /* The row goes first: it must not be played over what already contains it. */
    return db_run(&s->d, "DELETE FROM journal WHERE id = ?1", VALUES(V((gint64)row)), error) &&
           flags_set_server(s, &old, flags, keywords, 0, error);
}

bool store_journal_done(store *s, const guint64 *ids, const guint32 *uids, gsize n, GError **error)
{
    bool own;
    if (!write_begin(s, &own, error))
        return false;
    bool ok = true;
    for (gsize i = 0; ok && i < n; i++)
        ok = server_takes(s, ids[i], error);
    return write_end(s, own, ok, true, error);
}

static bool park(store *s, guint64 row, const char *problem, GError **error)
{
    gint64 placement = 0;
    int step = db_one(
        &s->d, "UPDATE journal SET state = 2, problem = ?2 WHERE id = ?1 RETURNING placement",
        VALUES(V((gint64)row), V(problem)), &placement, error);
    return step >= 0 && (step == 0 || flags_recompute(s, (guint32)placement, error));
}

bool store_journal_park(store *s, const guint64 *ids, gsize n, const char *problem, GError **error)
{
    bool own;
    if (!write_begin(s, &own, error))
        return false;
    bool ok = true;
    for (gsize i = 0; ok && i < n; i++)
        ok = park(s, ids[i], problem, error);
    return write_end(s, own, ok, true, error);
}

bool store_journal_sent(store *s, const guint64 *ids, gsize n, guint32 floor, GError **error)
{
    bool own;
    if (!write_begin(s, &own, error))
        return false;
    bool ok = true;
    for (gsize i = 0; ok && i < n; i++)
        ok = db_run(&s->d,
                    "UPDATE journal SET state = 1, tries = tries + 1 WHERE id = ?1 AND state < 2",
                    VALUES(V((gint64)ids[i])), error);
    return write_end(s, own, ok, false, error);
}
