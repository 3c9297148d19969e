/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Taking acts back.  An undo is an action too, with differences of its own, so redo is nothing but its undo.  Rows
 * that were not sent are forgotten; for what was sent there are rows the other way round; what is gone is copied or
 * appended again, under its old id. */
#include "store/acts.h"
#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

/* ---- reading an action */

static void difference_free(gpointer data)
{
    difference_clear(data);
    g_free(data);
}

static difference *difference_read(db_rows rows)
{
    difference *d = g_new0(difference, 1);
    *d = (difference){
        .kind = (difference_kind)db_int(rows, 0),
        .what = db_u32(rows, 1),
        .add = db_u32(rows, 2),
        .remove = db_u32(rows, 3),
        .add_keywords = g_strdup(db_str(rows, 4)),
        .remove_keywords = g_strdup(db_str(rows, 5)),
        .from = db_u32(rows, 6),
        .to = db_u32(rows, 7),
        .source = db_u32(rows, 8),
        .mail = db_u32(rows, 9),
        .node = db_u32(rows, 10),
        .date = db_int(rows, 11),
        .received = db_int(rows, 12),
        .size = (guint64)db_int(rows, 13),
        .from_name = db_strdup(rows, 14),
        .to_name = db_strdup(rows, 15),
    };
    return d;
}

#define DIFFERENCE_COLUMNS                                                                                             \
    "d.kind, what, add_flags, remove_flags, add_keywords, remove_keywords, from_folder, to_folder, source, mail, "     \
    "node,"                                                                                                            \
    " date, received, size, from_name, to_name"

static GPtrArray *differences_of(store *s, guint64 action, GError **error)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(difference_free);
    g_auto(db_rows) rows =
        db_query(&s->d, "SELECT " DIFFERENCE_COLUMNS " FROM difference d WHERE action = ?1", VALUES(V((gint64)action)));
    int step;
    while ((step = db_step(&s->d, rows, error)) > 0)
        g_ptr_array_add(all, difference_read(rows));
    return step == 0 ? g_steal_pointer(&all) : NULL;
}

/* One being taken back. */
typedef struct back {
    act *a;
    guint64 action;       /* that one */
    const GPtrArray *all; /* its differences */
    GHashTable *restored; /* placement that comes back, and what it was copied from -> the row (guint64 *) */
} back;

static void remember(back *b, guint32 placement, guint64 row)
{
    if (placement != 0 && row != 0)
        g_hash_table_insert(b->restored, GUINT_TO_POINTER(placement), g_memdup2(&row, sizeof row));
}

static guint64 remembered(const back *b, guint32 placement)
{
    const guint64 *row = placement != 0 ? g_hash_table_lookup(b->restored, GUINT_TO_POINTER(placement)) : NULL;
    return row != NULL ? *row : 0;
}

/* 1: *row of the action can still be forgotten: it was not sent. */
static int unsent(const back *b, int first, int last, guint32 what, gint64 *row, GError **error)
{
    static const char message_sql[] = "SELECT id FROM journal INDEXED BY journal_placement WHERE placement = ?4 AND"
                                      " action = ?1 AND kind BETWEEN ?2 AND ?3 AND state <> 1";
    static const char folder_sql[] = "SELECT id FROM journal INDEXED BY journal_action WHERE action = ?1 AND kind"
                                     " BETWEEN ?2 AND ?3 AND target = ?4 AND state <> 1";
    return db_one(&b->a->s->d, first < JOURNAL_FOLDER_CREATE ? message_sql : folder_sql,
                  VALUES(V((gint64)b->action), V(first), V(last), V(what)), row, error);
}

static bool forget(store *s, gint64 row, GError **error)
{
    return db_run(&s->d, "DELETE FROM journal WHERE id = ?1", VALUES(V(row)), error);
}

/* ---- flags */

static char *words_but(const char *joined, const char *but)
{
    g_auto(GStrv) words = keywords_split(but);
    return keywords_change(joined, NULL, (const char *const *)words);
}

/* What was forgotten may be so all the same, by the server's word: only what really changed is a difference. */
static bool forget_flags(act *a, gint64 row, const difference *d, GError **error)
{
    g_autoptr(mail_summary) before = store_summary(a->s, d->what, error);
    if (before == NULL || !forget(a->s, row, error) || !flags_recompute(a->s, d->what, error))
        return false;
    g_autoptr(mail_summary) after = store_summary(a->s, d->what, error);
    g_auto(difference) made = { .kind = DIFFERENCE_FLAGS, .what = d->what };
    made.add = after->flags & ~before->flags & FLAGS_STORABLE;
    made.remove = before->flags & ~after->flags & FLAGS_STORABLE;
    made.add_keywords = words_but(after->keywords, before->keywords);
    made.remove_keywords = words_but(before->keywords, after->keywords);
    a->changed = true;
    return difference_add(a, &made, error);
}

static bool back_flags(back *b, const difference *d, GError **error)
{
    gint64 row = 0;
    int step = unsent(b, JOURNAL_FLAG, JOURNAL_FLAG, d->what, &row, error);
    if (step != 0)
        return step > 0 && forget_flags(b->a, row, d, error);
    g_auto(GStrv) add = keywords_split(d->remove_keywords);
    g_auto(GStrv) remove = keywords_split(d->add_keywords);
    return act_flags(b->a, d->what, d->remove, d->add, (const char *const *)add, (const char *const *)remove, error);
}

/* ---- messages that come back */

/* Another row of the content that the server has: it can be copied from there. */
static guint32 other_of(store *s, const difference *d)
{
    gint64 id = 0;
    db_one(&s->d,
           "SELECT p.id FROM placement p LEFT JOIN home h ON h.placement = p.id WHERE p.mail = ?2 AND p.id <> ?3 AND"
           " (p.uid > 0 OR h.uid > 0) AND p.id IN (SELECT first FROM node WHERE id = ?1 UNION ALL SELECT id FROM"
           " placement INDEXED BY placement_copy WHERE copy AND node = ?1) LIMIT 1",
           VALUES(V(d->node), V(d->mail), V(d->what)), &id, NULL);
    return (guint32)id;
}

static bool exists(store *s, guint32 placement)
{
    gint64 one = 0;
    return placement != 0 &&
           db_one(&s->d, "SELECT 1 FROM placement WHERE id = ?1", VALUES(V(placement)), &one, NULL) > 0;
}

/* What it was copied from, or what the same action has copied from it, into another account. */
static guint32 source_of(store *s, const GPtrArray *all, const difference *d)
{
    if (exists(s, d->source))
        return d->source;
    for (guint i = 0; i < all->len; i++) {
        const difference *e = all->pdata[i];
        if (e->kind == DIFFERENCE_MOVE && e->source == d->what && e->mail != d->mail && exists(s, e->what))
            return e->what;
    }
    return 0;
}

/* Its text can be had: from the server, or because its body has been stored. */
static bool can_restore(store *s, const GPtrArray *all, const difference *d)
{
    gint64 hashed = 0;
    return db_one(&s->d, "SELECT hash IS NOT NULL FROM mail WHERE id = ?1", VALUES(V(d->mail)), &hashed, NULL) > 0 &&
           (hashed != 0 || other_of(s, d) != 0 || source_of(s, all, d) != 0);
}

/* The id is the node's first again where none is. */
static bool take_node(store *s, const difference *d, bool *copy, GError **error)
{
    gint64 first = 0;
    int step = db_one(&s->d, "SELECT first FROM node WHERE id = ?1", VALUES(V(d->node)), &first, error);
    if (step < 0)
        return false;
    *copy = first != 0;
    bool loaded = s->forest != NULL && d->node < s->forest->nodes->len;
    if (*copy) {
        if (loaded)
            forest_set_copies(s->forest, d->node, true);
        return true;
    }
    if (loaded)
        forest_get(s->forest, d->node)->first = d->what;
    return db_run(&s->d, "UPDATE node SET first = ?2 WHERE id = ?1", VALUES(V(d->node), V(d->what)), error);
}

static bool insert_again(store *s, const difference *d, guint32 folder, GError **error)
{
    bool copy, top;
    gint64 thread = 0;
    if (db_one(&s->d, "SELECT thread FROM node WHERE id = ?1", VALUES(V(d->node)), &thread, error) < 0 ||
        !take_node(s, d, &copy, error) ||
        !top_enter(s, folder, (guint32)thread, d->date, d->node, &top, error) ||
        !db_run(&s->d, "DELETE FROM orphan WHERE mail = ?1", VALUES(V(d->mail)), error))
        return false;
    count_add(s, folder, 1, d->add & FLAG_SEEN ? 0 : 1);
    return db_run(&s->d,
                  "INSERT INTO placement (id, folder, uid, thread, date, node, parent, mail, received, size,"
                  " server_flags, flags, modseq, server_keywords, keywords, top, copy) SELECT ?1, ?2, NULL, thread, ?3,"
                  " id, parent, ?4, ?5, ?6, ?7, ?7 | ?8, 0, ?9, ?9, ?10, ?11 FROM node WHERE id = ?12",
                  VALUES(V(d->what), V(folder), V(d->date), V(d->mail), V(d->received), V((gint64)d->size), V(d->add),
                         V(FLAG_PENDING), V(d->add_keywords), V(top), V(copy), V(d->node)),
                  error);
}

static bool restore(back *b, const difference *d, guint32 folder, GError **error)
{
    store *s = b->a->s;
    guint32 other = other_of(s, d), source = other != 0 ? other : source_of(s, b->all, d);
    gint64 after = 0;
    if (!insert_again(s, d, folder, error))
        return false;
    if (other == 0 && source != 0) /* itself on its way */
        db_one(&s->d, "SELECT id FROM journal WHERE placement = ?1 AND kind IN (1, 3) AND state < 2",
               VALUES(V(source)), &after, NULL);
    journal_new row = { .kind = other != 0 ? JOURNAL_COPY : JOURNAL_APPEND, .account = account_of_folder(s, folder),
                        .placement = d->what, .source = source, .target = folder, .after = (guint64)after };
    guint64 made = journal_add(b->a, &row, error);
    difference back = *d;
    back.from = 0;
    back.to = folder;
    remember(b, d->what, made);
    remember(b, d->source, made);
    return made != 0 && difference_add(b->a, &back, error);
}

/* ---- moves */

static bool forget_move(back *b, gint64 row, const whereabouts *w, const difference *d, GError **error)
{
    act *a = b->a;
    if (!forget(a->s, row, error) || !where_settle(a->s, d->what, NULL, error))
        return false;
    difference made = *d;
    made.from = w->shown;
    made.to = store_shown(a->s, d->what);
    made.add = w->flags & FLAGS_STORABLE;
    made.add_keywords = w->keywords;
    a->changed = true; /* also when it was refused before, and shown where it is */
    return made.from == made.to || difference_add(a, &made, error);
}

/* It keeps where it came from, for the next taking back. */
static bool keep_source(act *a, const difference *d, GError **error)
{
    return d->source == 0 ||
           db_run(&a->s->d, "UPDATE difference SET source = ?3 WHERE action = ?1 AND kind = 1 AND what = ?2",
                  VALUES(V((gint64)a->action), V(d->what), V(d->source)), error);
}

static bool back_move(back *b, const difference *d, GError **error)
{
    act *a = b->a;
    g_auto(whereabouts) w = { 0 };
    gint64 row = 0;
    int step = where_read(a->s, d->what, &w, error);
    if (step < 0)
        return false;
    if (step == 0)
        return d->from == 0 || !can_restore(a->s, b->all, d) || restore(b, d, d->from, error);
    step = unsent(b, JOURNAL_COPY, JOURNAL_APPEND, d->what, &row, error);
    if (step < 0)
        return false;
    if (step == 0 && w.shown == d->from)
        return true;
    /* What was to be made is not; a move whose message the server has no more must be done the other way. */
    if (step > 0 && d->from == 0 && where_rows(a->s, d->what, 1, error) == 0 && w.server.folder == 0)
        return act_drop_unsent(a, &w, error) && keep_source(a, d, error);
    if (step > 0 && d->from != 0 && w.server.folder != 0)
        return forget_move(b, row, &w, d, error);
    guint64 made = 0, after = d->from != 0 ? 0 : remembered(b, d->source);
    if (d->from == 0 && after == 0)
        after = remembered(b, d->what);
    if (!act_move(a, d->what, d->from, after, &made, error))
        return false;
    remember(b, d->from != 0 ? d->what : 0, made);
    return keep_source(a, d, error);
}

/* ---- folders */

static bool back_create(back *b, const difference *d, GError **error)
{
    act *a = b->a;
    g_autoptr(folder) f = store_folder(a->s, d->what, NULL);
    if (f == NULL)
        return true;
    difference made = { .kind = DIFFERENCE_DELETE, .what = d->what, .from = f->account, .from_name = f->name,
                        .to_name = f->wire_name, .add = (guchar)f->delimiter };
    /* One that had messages is not made again empty. */
    return act_delete_folder(a, d->what, error) && (d->add != 0 || difference_add(a, &made, error));
}

static bool make_again(act *a, const difference *d, GError **error)
{
    journal_new row = { .kind = JOURNAL_FOLDER_CREATE, .account = d->from, .target = d->what };
    return db_run(&a->s->d,
                  "INSERT INTO folder (id, account, name, wire_name, delimiter, role, selectable, subscribed,"
                  " server_name, local) VALUES (?5, ?1, ?2, ?3, ?4, 0, 1, 0, ?2, 1)",
                  VALUES(V(d->from), V(d->from_name), V(d->to_name), V(d->add), V(d->what)), error) &&
           journal_add(a, &row, error) != 0;
}

static bool back_delete(back *b, const difference *d, GError **error)
{
    act *a = b->a;
    gint64 row = 0;
    difference made = { .kind = DIFFERENCE_CREATE, .what = d->what, .to_name = d->from_name, .add = 1 };
    g_autoptr(folder) f = store_folder(a->s, d->what, NULL);
    if (f == NULL) {
        made.add = 0;
        return make_again(a, d, error) && difference_add(a, &made, error);
    }
    int step = unsent(b, JOURNAL_FOLDER_DELETE, JOURNAL_FOLDER_DELETE, d->what, &row, error);
    return step == 0 || (step > 0 && forget(a->s, row, error) && folder_settle(a->s, d->what, error) &&
                         difference_add(a, &made, error));
}

static bool back_rename(back *b, const difference *d, GError **error)
{
    act *a = b->a;
    gint64 row = 0;
    int step = unsent(b, JOURNAL_FOLDER_RENAME, JOURNAL_FOLDER_RENAME, d->what, &row, error);
    if (step <= 0)
        return step == 0 && act_rename(a, d->what, d->from_name, error);
    difference made = { .kind = DIFFERENCE_RENAME, .what = d->what, .from_name = d->to_name, .to_name = d->from_name };
    return forget(a->s, row, error) && folder_settle(a->s, d->what, error) && difference_add(a, &made, error);
}

static bool back_subscribe(back *b, const difference *d, GError **error)
{
    act *a = b->a;
    gint64 row = 0;
    int step = unsent(b, JOURNAL_SUBSCRIBE, JOURNAL_UNSUBSCRIBE, d->what, &row, error);
    if (step < 0 || (step > 0 && (!forget(a->s, row, error) || !folder_settle(a->s, d->what, error))))
        return false;
    difference made = { .kind = DIFFERENCE_SUBSCRIBE, .what = d->what, .add = d->remove, .remove = d->add };
    return act_subscribe(a, d->what, (int)d->remove, (int)d->add, error) && difference_add(a, &made, error);
}

static bool take_back(back *b, const difference *d, GError **error)
{
    switch (d->kind) {
    case DIFFERENCE_FLAGS:
        return !exists(b->a->s, d->what) || back_flags(b, d, error);
    case DIFFERENCE_MOVE:
        return back_move(b, d, error);
    case DIFFERENCE_CREATE:
        return back_create(b, d, error);
    case DIFFERENCE_RENAME:
        return back_rename(b, d, error);
    case DIFFERENCE_DELETE:
        return back_delete(b, d, error);
    case DIFFERENCE_SUBSCRIBE:
        return back_subscribe(b, d, error);
    }
    return true;
}

/* ---- may it be taken back? */

static char *folder_problem(store *s, guint32 id)
{
    g_autoptr(folder) f = store_folder(s, id, NULL);
    return f == NULL || f->parting ? g_strdup(_("the folder it came from is no longer there")) : NULL;
}

static char *create_problem(store *s, const difference *d)
{
    g_autoptr(folder) f = store_folder(s, d->what, NULL);
    if (f == NULL || d->add != 0 || f->local)
        return NULL;
    return f->messages > 0 || (f->server_messages > 0 && f->server_messages != G_MAXUINT32)
               ? g_strdup_printf(_("%s has messages by now"), f->name)
               : NULL;
}

static char *delete_problem(store *s, guint64 action, const difference *d)
{
    gint64 one = 0;
    g_autoptr(folder) f = store_folder(s, d->what, NULL);
    if (f == NULL && d->to_name != NULL)
        return name_refused(s, d->from, 0, d->from_name);
    if (f != NULL &&
        db_one(&s->d, "SELECT 1 FROM journal WHERE action = ?1 AND kind = ?2 AND target = ?3 AND state <> 1",
               VALUES(V((gint64)action), V(JOURNAL_FOLDER_DELETE), V(d->what)), &one, NULL) > 0)
        return NULL;
    return g_strdup(_("a folder that was deleted on the server cannot be brought back"));
}

static char *rename_problem(store *s, const difference *d)
{
    g_autoptr(folder) f = store_folder(s, d->what, NULL);
    return f == NULL || f->parting ? g_strdup(_("the folder is no longer there"))
                                   : name_refused(s, f->account, f->id, d->from_name);
}

/* NULL: it may; else the sentence why not. */
static char *problem_of(store *s, guint64 action, const GPtrArray *all, const difference *d)
{
    switch (d->kind) {
    case DIFFERENCE_MOVE:
        if (d->from == 0)
            return NULL;
        if (!exists(s, d->what) && !can_restore(s, all, d))
            return g_strdup(_("the server has deleted the message, and its text was not stored"));
        return folder_problem(s, d->from);
    case DIFFERENCE_CREATE:
        return create_problem(s, d);
    case DIFFERENCE_DELETE:
        return delete_problem(s, action, d);
    case DIFFERENCE_RENAME:
        return rename_problem(s, d);
    case DIFFERENCE_FLAGS:
    case DIFFERENCE_SUBSCRIBE:
        break;
    }
    return NULL;
}

/* ---- undo and redo */

static int choose(store *s, bool redo, guint64 *action, char **label, GError **error)
{
    const char *sql =
        redo ? "SELECT id, label FROM action a WHERE back AND undone = 0 AND NOT EXISTS (SELECT 1 FROM action b WHERE"
               " b.id > a.id AND NOT b.back AND b.undoes = 0 AND b.label <> '') ORDER BY id DESC LIMIT 1"
             : "SELECT id, label FROM action WHERE NOT back AND undone = 0 AND label <> '' ORDER BY id DESC LIMIT 1";
    g_auto(db_rows) rows = db_query(&s->d, sql, NO_VALUES);
    int step = db_step(&s->d, rows, error);
    if (step > 0) {
        *action = (guint64)db_int(rows, 0);
        *label = db_strdup(rows, 1);
    }
    return step;
}

static bool mark_undone(store *s, guint64 action, guint64 by, GError **error)
{
    return db_run(&s->d, "UPDATE action SET undone = ?2 WHERE id = ?1", VALUES(V((gint64)action), V((gint64)by)),
                  error);
}

/* First what comes back, then what goes: the second may have to wait for the first. */
static bool take_all_back(act *a, guint64 action, const GPtrArray *all, GError **error)
{
    back b = { a, action, all, g_hash_table_new_full(NULL, NULL, NULL, g_free) };
    bool ok = true;
    for (int pass = 0; pass < 2; pass++)
        for (guint i = 0; ok && i < all->len; i++) {
            const difference *d = all->pdata[i];
            bool goes = d->kind == DIFFERENCE_MOVE && d->from == 0;
            if (goes == (pass == 1))
                ok = take_back(&b, d, error);
        }
    g_hash_table_unref(b.restored);
    return ok;
}

static guint64 undo_action(store *s, bool redo, guint64 action, const char *label, const GPtrArray *all, GError **error)
{
    act a;
    if (!act_begin(&a, s, label, error))
        return 0;
    guint64 made = a.action;
    bool ok = db_run(&s->d, "UPDATE action SET undoes = ?2, back = ?3 WHERE id = ?1",
                     VALUES(V((gint64)made), V((gint64)action), V(!redo)), error) &&
              take_all_back(&a, action, all, error);
    /* One that changed nothing is forgotten, and what it was about is passed over from now on. */
    ok = ok && mark_undone(s, action, a.changed ? made : action, error);
    return act_end(&a, ok, error);
}

/* Nobody shall be stuck before one that cannot be taken back: the next time it is passed over. */
static bool refuse(store *s, guint64 action, char *sentence, GError **error)
{
    bool own;
    if (!write_begin(s, &own, error))
        return false;
    bool ok = write_end(s, own, mark_undone(s, action, action, error), true, error);
    if (ok)
        error_set(error, ERROR_INPUT, "%s", sentence);
    return false;
}

guint64 store_undo(store *s, bool redo, char **label, GError **error)
{
    for (;;) {
        guint64 action = 0;
        g_autofree char *name = NULL, *problem = NULL;
        int step = choose(s, redo, &action, &name, error);
        if (step <= 0)
            return 0;
        g_autoptr(GPtrArray) all = differences_of(s, action, error);
        if (all == NULL)
            return 0;
        for (guint i = 0; i < all->len && problem == NULL; i++)
            problem = problem_of(s, action, all, all->pdata[i]);
        if (problem != NULL)
            return refuse(s, action, problem, error);
        GError *failed = NULL;
        guint64 made = undo_action(s, redo, action, name, all, &failed);
        if (failed != NULL)
            g_propagate_error(error, failed);
        if (made != 0)
            *label = g_steal_pointer(&name);
        if (made != 0 || failed != NULL)
            return made;
    }
}

/* ---- undelete */

/* The last act that deleted it, where it still is what that made of it. */
static difference *last_deletion(store *s, guint32 id, guint64 *action)
{
    g_auto(db_rows) rows = db_query(
        &s->d,
        "SELECT " DIFFERENCE_COLUMNS ", d.action FROM difference d INDEXED BY difference_what JOIN action a ON a.id ="
        " d.action WHERE what = ?1 AND d.kind = 1 AND from_folder > 0 AND to_folder = coalesce((SELECT folder FROM"
        " placement WHERE id = ?1), 0) AND (to_folder = 0 OR a.label = 'delete' OR to_folder IN (SELECT id FROM folder"
        " WHERE role = ?2)) ORDER BY d.action DESC LIMIT 1",
        VALUES(V(id), V(ROLE_TRASH)));
    if (db_step(&s->d, rows, NULL) <= 0)
        return NULL;
    *action = (guint64)db_int(rows, 16);
    return difference_read(rows);
}

static bool undelete(act *a, guint32 id, GError **error)
{
    guint64 action = 0;
    difference *d = last_deletion(a->s, id, &action);
    bool ok = true;
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(difference_free);
    if (d != NULL)
        g_ptr_array_add(all, d);
    char *problem = d != NULL ? problem_of(a->s, action, all, d) : NULL;
    if (d != NULL && problem == NULL) {
        back b = { a, action, all, g_hash_table_new_full(NULL, NULL, NULL, g_free) };
        ok = back_move(&b, d, error);
        g_hash_table_unref(b.restored);
    }
    g_free(problem);
    return ok && act_flags(a, id, 0, FLAG_DELETED, NULL, NULL, error);
}

guint64 store_act_undelete(store *s, const char *label, const guint32 *ids, gsize n, GError **error)
{
    act a;
    if (!act_begin(&a, s, label, error))
        return 0;
    bool ok = true;
    for (gsize i = 0; ok && i < n; i++)
        ok = undelete(&a, ids[i], error);
    return act_end(&a, ok, error);
}

guint64 store_act_undelete_all(store *s, const char *label, guint32 folder, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    {
        g_auto(db_rows) rows =
            db_query(&s->d,
                     "SELECT placement FROM home INDEXED BY home_uid JOIN placement p ON p.id = placement WHERE"
                     " home.folder = ?1 AND p.folder <> ?1 UNION ALL SELECT id FROM placement INDEXED BY placement_uid"
                     " WHERE folder = ?1 AND flags & ?2",
                     VALUES(V(folder), V(FLAG_DELETED)));
        int step;
        while ((step = db_step(&s->d, rows, error)) > 0) {
            guint32 id = db_u32(rows, 0);
            g_array_append_val(ids, id);
        }
        if (step < 0)
            return 0;
    }
    return store_act_undelete(s, label, (const guint32 *)(gpointer)ids->data, ids->len, error);
}
