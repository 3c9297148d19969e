/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Acts of the person on messages: what is shown changes at once, rows say what servers must be told, differences
 * what to take back.  Folders are in acts-folder.c, taking back in undo.c. */
#include "store/acts.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

/* "200 actions or 30 days are kept": older ones go when they own no row any more. */
#define ACTIONS_KEPT 200
#define ACTION_KEPT_S (30 * 24 * 60 * 60)

/* ---- actions */

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

bool act_begin(act *a, store *s, const char *label, GError **error)
{
    *a = (act){ .s = s };
    if (!write_begin(s, &a->own, error))
        return false;
    if (s->joining && s->joined != 0) {
        a->action = s->joined;
        return true;
    }
    a->action = action_new(s, s->joining && s->joined_label != NULL ? s->joined_label : label, error);
    if (a->action == 0)
        return write_end(s, a->own, false, false, error);
    if (s->joining)
        s->joined = a->action;
    return true;
}

guint64 act_end(act *a, bool ok, GError **error)
{
    store *s = a->s;
    if (s->joining)
        s->joined_changed = s->joined_changed || a->changed;
    else if (ok && !a->changed)
        ok = db_run(&s->d, "DELETE FROM action WHERE id = ?1", VALUES(V((gint64)a->action)), error);
    return write_end(s, a->own, ok, true, error) && a->changed ? a->action : 0;
}

void store_acts_join(store *s, const char *label)
{
    s->joining = true;
    s->joined = 0;
    s->joined_changed = false;
    g_free(s->joined_label);
    s->joined_label = g_strdup(label);
}

guint64 store_acts_joined(store *s, GError **error)
{
    guint64 action = s->joined;
    bool changed = s->joined_changed, own;
    s->joining = s->joined_changed = false;
    s->joined = 0;
    if (action == 0 || changed)
        return action;
    if (write_begin(s, &own, error))
        write_end(s, own, db_run(&s->d, "DELETE FROM action WHERE id = ?1", VALUES(V((gint64)action)), error), false,
                  error);
    return 0;
}

guint store_act_count(store *s, guint64 action)
{
    gint64 n = 0;
    if (!store_empty(s))
        db_one(&s->d, "SELECT count(DISTINCT what) FROM difference WHERE action = ?1 AND kind < 2",
               VALUES(V((gint64)action)), &n, NULL);
    return (guint)n;
}

GArray *store_act_accounts(store *s, guint64 action)
{
    GArray *accounts = g_array_new(FALSE, FALSE, sizeof(guint32));
    if (store_empty(s))
        return accounts;
    g_auto(db_rows) rows =
        db_query(&s->d, "SELECT DISTINCT account FROM journal INDEXED BY journal_action WHERE action = ?1",
                 VALUES(V((gint64)action)));
    while (db_step(&s->d, rows, NULL) > 0) {
        guint32 account = db_u32(rows, 0);
        g_array_append_val(accounts, account);
    }
    return accounts;
}

/* ---- what an action writes */

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

guint64 journal_add(act *a, const journal_new *row, GError **error)
{
    return db_run(
               &a->s->d,
               "INSERT INTO journal (action, placement, add_flags, remove_flags, add_keywords, remove_keywords, kind,"
               " account, target, source, after, name)"
               " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
               VALUES(V((gint64)a->action), V(row->placement), V(row->add), V(row->remove),
                      V(or_empty(row->add_keywords)), V(or_empty(row->remove_keywords)), V(row->kind), V(row->account),
                      V(row->target), V(row->source), V((gint64)row->after), V(row->name)),
               error)
               ? (guint64)sqlite3_last_insert_rowid(a->s->d.handle)
               : 0;
}

void difference_clear(difference *d)
{
    g_clear_pointer(&d->add_keywords, g_free);
    g_clear_pointer(&d->remove_keywords, g_free);
    g_clear_pointer(&d->from_name, g_free);
    g_clear_pointer(&d->to_name, g_free);
}

bool difference_add(act *a, const difference *d, GError **error)
{
    a->changed = true;
    return db_run(&a->s->d,
                  "REPLACE INTO difference (action, kind, what, add_flags, remove_flags, add_keywords, remove_keywords,"
                  " from_folder, to_folder, source, mail, node, date, received, size, from_name, to_name)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
                  VALUES(V((gint64)a->action), V(d->kind), V(d->what), V(d->add), V(d->remove),
                         V(or_empty(d->add_keywords)), V(or_empty(d->remove_keywords)), V(d->from), V(d->to),
                         V(d->source), V(d->mail), V(d->node), V(d->date), V(d->received), V((gint64)d->size),
                         V(d->from_name), V(d->to_name)),
                  error);
}

static bool moved(act *a, const whereabouts *w, guint32 from, guint32 to, guint32 source, GError **error)
{
    difference d = { .kind = DIFFERENCE_MOVE, .what = w->id, .from = from, .to = to, .source = source, .mail = w->mail,
                     .node = w->node, .date = w->date, .received = w->received, .size = w->size,
                     .add = w->flags & FLAGS_STORABLE, .add_keywords = w->keywords };
    return difference_add(a, &d, error);
}

/* ---- flags */

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

static int read_flags(store *s, guint32 id, flag_state *f, guint32 *account, GError **error)
{
    g_auto(db_rows) rows = db_query(&s->d,
                                    "SELECT p." FLAG_STATE_COLUMNS ", (SELECT account FROM folder f WHERE f.id ="
                                    " p.folder) FROM placement p WHERE p.id = ?1 AND folder > 0",
                                    VALUES(V(id)));
    int step = db_step(&s->d, rows, error);
    if (step > 0) {
        flag_state_read(f, rows);
        *account = db_u32(rows, 7);
    }
    return step;
}

/* Only what really changes is recorded: that is what undo must take back, also when the journal's row is
 * long done. */
bool act_flags(act *a, guint32 id, mail_flags add, mail_flags remove, const char *const *add_keywords,
               const char *const *remove_keywords, GError **error)
{
    g_auto(flag_state) old = { 0 };
    guint32 account = 0;
    int step = read_flags(a->s, id, &old, &account, error);
    if (step <= 0)
        return step == 0;
    g_auto(difference) d = { .kind = DIFFERENCE_FLAGS, .what = id };
    d.add = add & ~remove & ~old.flags;
    d.remove = remove & old.flags;
    d.add_keywords = effective(add_keywords, old.keywords, false, remove_keywords);
    d.remove_keywords = effective(remove_keywords, old.keywords, true, NULL);
    if (d.add == 0 && d.remove == 0 && d.add_keywords[0] == '\0' && d.remove_keywords[0] == '\0')
        return true;
    journal_new row = { .kind = JOURNAL_FLAG, .account = account, .placement = id, .add = d.add, .remove = d.remove,
                        .add_keywords = d.add_keywords, .remove_keywords = d.remove_keywords };
    return journal_add(a, &row, error) != 0 && difference_add(a, &d, error) && flags_recompute(a->s, id, error);
}

guint64 store_act_flag(store *s, const char *label, const guint32 *ids, gsize n, mail_flags add,
                       mail_flags remove, const char *const *add_keywords,
                       const char *const *remove_keywords, GError **error)
{
    act a;
    if (!act_begin(&a, s, label, error))
        return 0;
    bool ok = true;
    for (gsize i = 0; ok && i < n; i++)
        ok = act_flags(&a, ids[i], add & FLAGS_STORABLE, remove & FLAGS_STORABLE, add_keywords, remove_keywords, error);
    return act_end(&a, ok, error);
}

/* ---- copies */

static bool insert_copy(store *s, const whereabouts *w, guint32 id, guint32 folder, GError **error)
{
    bool top;
    if (!top_enter(s, folder, w->thread, w->date, w->node, &top, error))
        return false;
    count_add(s, folder, 1, w->flags & FLAG_SEEN ? 0 : 1);
    if (s->forest != NULL && w->node < s->forest->nodes->len)
        forest_set_copies(s->forest, w->node, true);
    return db_run(
        &s->d,
        "INSERT INTO placement (id, folder, uid, thread, date, node, parent, mail, received, size,"
        " server_flags, flags, modseq, server_keywords, keywords, top, copy) SELECT ?2, ?3, NULL, thread, date,"
        " node, parent, mail, received, size, flags & ?4, flags & ?4 | ?5, 0, keywords, keywords, ?6, 1"
        " FROM placement WHERE id = ?1",
        VALUES(V(w->id), V(id), V(folder), V(FLAGS_STORABLE), V(FLAG_PENDING), V(top)), error);
}

static bool copy_across(store *s, const whereabouts *w, guint32 folder, guint32 *id, GError **error)
{
    guint32 mail;
    g_autoptr(mail_summary) m = store_summary(s, w->id, error);
    if (m == NULL)
        return false;
    m->uid = 0;
    m->modseq = 0;
    m->flags &= FLAGS_STORABLE;
    g_clear_pointer(&m->object_id, g_free); /* another server's name of it */
    return placement_make(s, folder, m, id, &mail, error);
}

/* The row that makes the source itself, 0: it is there. */
static int source_row(store *s, guint32 source, gint64 *row, GError **error)
{
    *row = 0;
    return db_one(&s->d,
                  "SELECT id FROM journal INDEXED BY journal_placement WHERE placement = ?1 AND kind IN (1, 3)"
                  " AND state < 2 ORDER BY id LIMIT 1",
                  VALUES(V(source)), row, error);
}

bool act_copy(act *a, guint32 id, guint32 folder, guint32 *made, guint64 *row, GError **error)
{
    store *s = a->s;
    g_auto(whereabouts) w = { 0 };
    gint64 after = 0;
    *made = 0;
    *row = 0;
    int step = where_read(s, id, &w, error);
    if (step <= 0 || w.shown == 0)
        return step >= 0;
    guint32 account = account_of_folder(s, folder);
    bool across = account != where_account(s, &w);
    if (w.server.folder == 0 && source_row(s, id, &after, error) < 0)
        return false;
    if (across) {
        if (!copy_across(s, &w, folder, made, error))
            return false;
    } else {
        *made = next_id(s, &s->last_placement, error);
        if (*made == 0 || !insert_copy(s, &w, *made, folder, error))
            return false;
    }
    journal_new j = { .kind = across ? JOURNAL_APPEND : JOURNAL_COPY, .account = account, .placement = *made,
                      .target = folder, .source = id, .after = (guint64)after };
    *row = journal_add(a, &j, error);
    g_auto(whereabouts) copy = { 0 };
    return *row != 0 && where_read(s, *made, &copy, error) > 0 && moved(a, &copy, 0, folder, id, error) &&
           (!across || flags_recompute(s, *made, error));
}

/* Acts on a folder that went meanwhile do nothing, and say so. */
static bool folder_takes(store *s, guint32 folder, GError **error)
{
    g_autoptr(folder) f = store_folder(s, folder, NULL);
    if (f != NULL && !f->parting && f->selectable)
        return true;
    error_set(error, ERROR_INPUT, f != NULL ? _("%s cannot hold messages") : _("the folder is no longer there"),
              f != NULL ? f->name : "");
    return false;
}

guint64 store_act_copy(store *s, const char *label, const guint32 *ids, gsize n, guint32 folder, GArray *made,
                       GError **error)
{
    act a;
    if (!folder_takes(s, folder, error) || !act_begin(&a, s, label, error))
        return 0;
    bool ok = true;
    for (gsize i = 0; ok && i < n; i++) {
        guint32 id;
        guint64 row;
        ok = act_copy(&a, ids[i], folder, &id, &row, error);
        if (ok && id != 0 && made != NULL)
            g_array_append_val(made, id);
    }
    return act_end(&a, ok, error);
}

/* ---- moves and deletions */

bool act_drop_unsent(act *a, const whereabouts *w, GError **error)
{
    gint64 source = 0;
    return db_one(&a->s->d,
                  "SELECT source FROM journal INDEXED BY journal_placement WHERE placement = ?1 AND kind IN (1, 3)",
                  VALUES(V(w->id)), &source, error) >= 0 &&
           moved(a, w, w->shown, 0, (guint32)source, error) && placement_remove(a->s, w->id, error);
}

bool act_move(act *a, guint32 id, guint32 folder, guint64 after, guint64 *row, GError **error)
{
    store *s = a->s;
    g_auto(whereabouts) w = { 0 };
    if (row != NULL)
        *row = 0;
    int step = where_read(s, id, &w, error);
    if (step <= 0 || w.shown == folder)
        return step >= 0;
    if (folder == 0 && w.server.folder == 0) {
        step = where_rows(s, id, 1, error);
        if (step <= 0)
            return step == 0 && act_drop_unsent(a, &w, error);
    }
    journal_new j = { .kind = JOURNAL_MOVE, .account = where_account(s, &w), .placement = id, .target = folder,
                      .after = after };
    guint64 made = journal_add(a, &j, error);
    if (row != NULL)
        *row = made;
    return made != 0 && moved(a, &w, w.shown, folder, 0, error) &&
           where_write(s, &w, folder, &w.server, FLAG_PENDING, error);
}

static bool move_across(act *a, guint32 id, guint32 folder, GError **error)
{
    guint32 made;
    guint64 appended;
    return act_copy(a, id, folder, &made, &appended, error) &&
           (appended == 0 || act_move(a, id, 0, appended, NULL, error));
}

guint64 store_act_move(store *s, const char *label, const guint32 *ids, gsize n, guint32 folder, GError **error)
{
    act a;
    if (!folder_takes(s, folder, error) || !act_begin(&a, s, label, error))
        return 0;
    guint32 account = account_of_folder(s, folder);
    bool ok = true;
    for (gsize i = 0; ok && i < n; i++) {
        g_auto(whereabouts) w = { 0 };
        int step = where_read(s, ids[i], &w, error);
        if (step <= 0 || w.shown == 0)
            ok = step >= 0;
        else if (where_account(s, &w) == account)
            ok = act_move(&a, ids[i], folder, 0, NULL, error);
        else
            ok = move_across(&a, ids[i], folder, error);
    }
    return act_end(&a, ok, error);
}

guint64 store_act_expunge(store *s, const char *label, const guint32 *ids, gsize n, GError **error)
{
    act a;
    if (!act_begin(&a, s, label, error))
        return 0;
    bool ok = true;
    for (gsize i = 0; ok && i < n; i++)
        ok = act_move(&a, ids[i], 0, 0, NULL, error);
    return act_end(&a, ok, error);
}

guint64 store_act_append(store *s, const char *label, guint32 folder, const mail_summary *summary, guint32 *placement,
                         guint32 *mail, GError **error)
{
    act a;
    *placement = *mail = 0;
    if (!folder_takes(s, folder, error) || !act_begin(&a, s, label, error))
        return 0;
    bool ok = placement_make(s, folder, summary, placement, mail, error);
    journal_new row = { .kind = JOURNAL_APPEND, .account = account_of_folder(s, folder), .placement = *placement,
                        .target = folder };
    g_auto(whereabouts) w = { 0 };
    ok = ok && journal_add(&a, &row, error) != 0 && where_read(s, *placement, &w, error) > 0 &&
         moved(&a, &w, 0, folder, 0, error) && flags_recompute(s, *placement, error);
    return act_end(&a, ok, error);
}
