/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Acts of the person on folders.  A folder keeps what the server says (wire_name, server_name, server_subscribed)
 * beside what is shown of it, which is that with the rows that wait played over it. */
#include "store/acts.h"
#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

/* ---- what is shown */

typedef struct shown_name {
    guint32 id;
    char *before, *now;
} shown_name;

static void shown_name_free(gpointer data)
{
    shown_name *n = data;
    g_free(n->before);
    g_free(n->now);
    g_free(n);
}

static bool below(const char *name, const char *above)
{
    gsize n = strlen(above);
    return strncmp(name, above, n) == 0 && name[n] == '/';
}

static void play_renaming(GPtrArray *names, guint32 folder, const char *to)
{
    g_autofree char *from = NULL;
    for (guint i = 0; i < names->len && from == NULL; i++) {
        const shown_name *n = names->pdata[i];
        if (n->id == folder)
            from = g_strdup(n->now);
    }
    for (guint i = 0; from != NULL && i < names->len; i++) {
        shown_name *n = names->pdata[i];
        if (n->id != folder && !below(n->now, from))
            continue;
        char *now = g_strconcat(to, n->now + strlen(from), NULL);
        g_free(n->now);
        n->now = now;
    }
}

static GPtrArray *server_names(store *s, guint32 account, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(shown_name_free);
    g_auto(db_rows) rows =
        db_query(&s->d, "SELECT id, name, server_name FROM folder WHERE account = ?1", VALUES(V(account)));
    int step;
    while ((step = db_step(&s->d, rows, error)) > 0) {
        shown_name *n = g_new(shown_name, 1);
        *n = (shown_name){ db_u32(rows, 0), g_strdup(db_str(rows, 1)), g_strdup(db_str(rows, 2)) };
        g_ptr_array_add(names, n);
    }
    return step == 0 ? g_steal_pointer(&names) : NULL;
}

bool folder_names_settle(store *s, guint32 account, GError **error)
{
    g_autoptr(GPtrArray) names = server_names(s, account, error);
    if (names == NULL)
        return false;
    {
        g_auto(db_rows) rows = db_query(
            &s->d, "SELECT target, name FROM journal WHERE account = ?1 AND kind = ?2 AND state < 2 ORDER BY id",
            VALUES(V(account), V(JOURNAL_FOLDER_RENAME)));
        int step;
        while ((step = db_step(&s->d, rows, error)) > 0)
            play_renaming(names, db_u32(rows, 0), db_str(rows, 1));
        if (step < 0)
            return false;
    }
    for (guint i = 0; i < names->len; i++) {
        const shown_name *n = names->pdata[i];
        if (strcmp(n->before, n->now) != 0 &&
            !db_run(&s->d, "UPDATE folder SET name = ?2 WHERE id = ?1", VALUES(V(n->id), V(n->now)), error))
            return false;
    }
    return true;
}

/* One that the server refused to make is hidden like one that it is to delete. */
bool folder_settle_marks(store *s, guint32 folder, GError **error)
{
    return db_run(&s->d,
                  "UPDATE folder SET parting = EXISTS (SELECT 1 FROM journal j WHERE j.target = folder.id AND"
                  " j.kind >= 4 AND ((j.kind = ?2 AND state < 2) OR (j.kind = ?3 AND state = 2))), subscribed = coalesce((SELECT"
                  " j.kind = ?4 FROM journal j WHERE j.target = folder.id AND j.kind >= 4 AND j.kind IN (?4, ?5) AND state < 2"
                  " ORDER BY j.id DESC LIMIT 1), server_subscribed) WHERE id = ?1",
                  VALUES(V(folder), V(JOURNAL_FOLDER_DELETE), V(JOURNAL_FOLDER_CREATE), V(JOURNAL_SUBSCRIBE),
                         V(JOURNAL_UNSUBSCRIBE)),
                  error);
}

bool folders_settle(store *s, guint32 account, GError **error)
{
    g_autoptr(GArray) concerned = g_array_new(FALSE, FALSE, sizeof(guint32));
    if (!db_run(&s->d,
                "UPDATE folder SET subscribed = server_subscribed WHERE account = ?1 AND subscribed <> server_subscribed"
                " AND id NOT IN (SELECT target FROM journal WHERE kind >= 4)",
                VALUES(V(account)), error))
        return false;
    {
        g_auto(db_rows) rows = db_query(&s->d, "SELECT DISTINCT target FROM journal WHERE kind >= 4", NO_VALUES);
        int step;
        while ((step = db_step(&s->d, rows, error)) > 0) {
            guint32 id = db_u32(rows, 0);
            g_array_append_val(concerned, id);
        }
        if (step < 0)
            return false;
    }
    bool ok = true;
    for (guint i = 0; ok && i < concerned->len; i++)
        ok = folder_settle_marks(s, g_array_index(concerned, guint32, i), error);
    return ok && folder_names_settle(s, account, error);
}

bool folder_settle(store *s, guint32 folder, GError **error)
{
    return folder_settle_marks(s, folder, error) && folder_names_settle(s, account_of_folder(s, folder), error);
}

/* ---- what the server has done */

/* The names in a column (server_name, wire_name) of a folder and of those below it. */
static bool rename_column(store *s, guint32 folder, bool wire, const char *to, const char *between, GError **error)
{
    static const char server_sql[] = "UPDATE folder AS f SET server_name = ?2 || substr(server_name, length(o.n) + 1)"
                                     " FROM (SELECT account, server_name AS n FROM folder WHERE id = ?1) o WHERE"
                                     " f.account = o.account AND (f.id = ?1 OR substr(server_name, 1, length(o.n) +"
                                     " length(?3)) = o.n || ?3)";
    static const char wire_sql[] = "UPDATE folder AS f SET wire_name = ?2 || substr(wire_name, length(o.n) + 1)"
                                   " FROM (SELECT account, wire_name AS n FROM folder WHERE id = ?1) o WHERE"
                                   " f.account = o.account AND (f.id = ?1 OR (?3 <> '' AND substr(wire_name, 1,"
                                   " length(o.n) + length(?3)) = o.n || ?3))";
    return db_run(&s->d, wire ? wire_sql : server_sql, VALUES(V(folder), V(to), V(between)), error);
}

bool folder_row_done(store *s, journal_kind kind, guint32 folder, const char *name, GError **error)
{
    switch (kind) {
    case JOURNAL_FOLDER_CREATE:
        return db_run(&s->d, "UPDATE folder SET local = 0 WHERE id = ?1", VALUES(V(folder)), error) &&
               folder_settle(s, folder, error);
    case JOURNAL_FOLDER_RENAME:
        return (name == NULL || rename_column(s, folder, false, name, "/", error)) && folder_settle(s, folder, error);
    case JOURNAL_FOLDER_DELETE:
        return folder_remove(s, folder, error);
    case JOURNAL_SUBSCRIBE:
    case JOURNAL_UNSUBSCRIBE:
        return db_run(&s->d, "UPDATE folder SET server_subscribed = ?2 WHERE id = ?1",
                      VALUES(V(folder), V(kind == JOURNAL_SUBSCRIBE)), error) &&
               folder_settle(s, folder, error);
    default:
        return true;
    }
}

bool store_folder_renamed(store *s, guint32 folder, const char *wire_name, GError **error)
{
    bool own;
    gint64 other = 0;
    g_autoptr(folder) f = store_folder(s, folder, error);
    if (f == NULL || strcmp(f->wire_name, wire_name) == 0)
        return true;
    if (!write_begin(s, &own, error))
        return false;
    char between[] = { f->delimiter, '\0' };
    /* A list that came in between has taken it for a new one. */
    int step = db_one(&s->d, "SELECT id FROM folder WHERE account = ?1 AND wire_name = ?2 AND id <> ?3",
                      VALUES(V(f->account), V(wire_name), V(folder)), &other, error);
    bool ok = step == 0 || (step > 0 && folder_remove(s, (guint32)other, error));
    ok = ok && rename_column(s, folder, true, wire_name, between, error);
    return write_end(s, own, ok, true, error);
}

/* ---- acts */

char *name_refused(store *s, guint32 account, guint32 folder, const char *name)
{
    g_auto(db_rows) rows =
        db_query(&s->d,
                 "SELECT parting = 0 AND name = ?3 FROM folder WHERE account = ?1 AND id <> ?2 AND"
                 " (name = ?3 OR server_name = ?3 OR (lower(?3) = 'inbox' AND lower(name) = 'inbox'))"
                 " ORDER BY 1 DESC",
                 VALUES(V(account), V(folder), V(name)));
    if (db_step(&s->d, rows, NULL) <= 0)
        return NULL;
    return g_strdup_printf(db_int(rows, 0) != 0 || g_ascii_strcasecmp(name, "INBOX") == 0
                               ? _("there is a folder %s already")
                               : _("%s is still the name of a folder that waits to be renamed or deleted"),
                           name);
}

static bool input(GError **error, char *sentence)
{
    error_set(error, ERROR_INPUT, "%s", sentence);
    g_free(sentence);
    return false;
}

guint64 store_act_folder_create(store *s, guint32 account, const char *name, const char *wire_name, char delimiter,
                                guint32 *folder, GError **error)
{
    act a;
    gint64 taken = 0;
    char *refusal = name_refused(s, account, 0, name);
    *folder = 0;
    if (refusal == NULL && db_one(&s->d, "SELECT 1 FROM folder WHERE account = ?1 AND wire_name = ?2",
                                  VALUES(V(account), V(wire_name)), &taken, NULL) > 0)
        refusal = g_strdup_printf(_("%s is still the name of a folder that waits to be renamed or deleted"), name);
    if (refusal != NULL)
        return input(error, refusal);
    if (!act_begin(&a, s, "create", error))
        return 0;
    bool ok = db_run(&s->d,
                     "INSERT INTO folder (account, name, wire_name, delimiter, role, selectable, subscribed,"
                     " server_name, local) VALUES (?1, ?2, ?3, ?4, 0, 1, 0, ?2, 1)",
                     VALUES(V(account), V(name), V(wire_name), V(delimiter)), error);
    *folder = (guint32)sqlite3_last_insert_rowid(s->d.handle);
    journal_new row = { .kind = JOURNAL_FOLDER_CREATE, .account = account, .target = *folder };
    difference d = { .kind = DIFFERENCE_CREATE, .what = *folder, .to_name = (char *)(gpointer)name };
    ok = ok && journal_add(&a, &row, error) != 0 && difference_add(&a, &d, error);
    return act_end(&a, ok, error);
}

static bool is_inbox(const folder *f)
{
    return g_ascii_strcasecmp(f->name, "INBOX") == 0;
}

bool act_rename(act *a, guint32 folder, const char *name, GError **error)
{
    g_autoptr(folder) f = store_folder(a->s, folder, error);
    if (f == NULL || strcmp(f->name, name) == 0)
        return true;
    journal_new row = { .kind = JOURNAL_FOLDER_RENAME, .account = f->account, .target = folder, .name = name };
    difference d = {
        .kind = DIFFERENCE_RENAME, .what = folder, .from_name = f->name, .to_name = (char *)(gpointer)name
    };
    return journal_add(a, &row, error) != 0 && difference_add(a, &d, error) &&
           folder_names_settle(a->s, f->account, error);
}

/* The folder of an act; NULL with INPUT. */
static folder *acted_on(store *s, guint32 id, bool not_inbox, GError **error)
{
    g_autoptr(folder) f = store_folder(s, id, NULL);
    if (f == NULL || f->parting)
        input(error, g_strdup(_("the folder is no longer there")));
    else if (not_inbox && is_inbox(f))
        input(error, g_strdup(_("INBOX can be neither renamed nor deleted")));
    else
        return g_steal_pointer(&f);
    return NULL;
}

guint64 store_act_folder_rename(store *s, guint32 folder_id, const char *name, GError **error)
{
    act a;
    g_autoptr(folder) f = acted_on(s, folder_id, true, error);
    if (f == NULL)
        return 0;
    char *refusal = below(name, f->name) ? g_strdup_printf(_("%s lies below %s"), name, f->name)
                                         : name_refused(s, f->account, folder_id, name);
    if (refusal != NULL)
        return input(error, refusal);
    if (!act_begin(&a, s, "rename", error))
        return 0;
    return act_end(&a, act_rename(&a, folder_id, name, error), error);
}

/* 1: *row makes the folder, and was not sent; 0: the server may have it. */
static int unmade(store *s, guint32 folder, gint64 *row, GError **error)
{
    return db_one(&s->d, "SELECT id FROM journal WHERE target = ?1 AND kind = ?2 AND state <> 1",
                  VALUES(V(folder), V(JOURNAL_FOLDER_CREATE)), row, error);
}

bool act_delete_folder(act *a, guint32 folder_id, GError **error)
{
    gint64 made = 0;
    g_autoptr(folder) f = store_folder(a->s, folder_id, error);
    if (f == NULL || f->parting)
        return true;
    int step = unmade(a->s, folder_id, &made, error);
    if (step < 0)
        return false;
    if (step > 0) {
        guint64 row = (guint64)made;
        return journal_cancel(a->s, &row, 1, error);
    }
    journal_new row = { .kind = JOURNAL_FOLDER_DELETE, .account = f->account, .target = folder_id };
    difference d = { .kind = DIFFERENCE_DELETE, .what = folder_id, .from_name = f->name };
    return journal_add(a, &row, error) != 0 && difference_add(a, &d, error) &&
           folder_settle_marks(a->s, folder_id, error);
}

static int deeper_first(gconstpointer a, gconstpointer b)
{
    gsize x = strlen((*(const folder *const *)a)->name), y = strlen((*(const folder *const *)b)->name);
    return x > y ? -1 : x < y;
}

guint64 store_act_folder_delete(store *s, guint32 folder_id, GError **error)
{
    act a;
    g_autoptr(folder) f = acted_on(s, folder_id, true, error);
    g_autoptr(GPtrArray) all = f != NULL ? store_folders(s, f->account, error) : NULL;
    if (all == NULL || !act_begin(&a, s, "delete-folder", error))
        return 0;
    bool ok = true;
    g_ptr_array_sort(all, deeper_first);
    for (guint i = 0; ok && i < all->len; i++) {
        const folder *g = all->pdata[i];
        if (g->id == folder_id || below(g->name, f->name))
            ok = act_delete_folder(&a, g->id, error);
    }
    guint64 action = a.action;
    bool changed = a.changed;
    guint64 made = act_end(&a, ok, error);
    return changed || !ok ? made : action; /* only forgotten: nothing to take back, and done all the same */
}

bool act_subscribe(act *a, guint32 folder_id, int set, int taken, GError **error)
{
    g_autoptr(folder) f = store_folder(a->s, folder_id, error);
    if (f == NULL)
        return true;
    int now = (f->subscribed_here ? SUBSCRIBED_HERE : 0) | (f->subscribed ? SUBSCRIBED_THERE : 0);
    set &= ~now;
    taken &= now;
    if (set == 0 && taken == 0)
        return true;
    if (((set | taken) & SUBSCRIBED_HERE) &&
        !db_run(&a->s->d, "UPDATE folder SET subscribed_here = ?2 WHERE id = ?1",
                VALUES(V(folder_id), V((set & SUBSCRIBED_HERE) != 0)), error))
        return false;
    journal_new row = { .kind = set & SUBSCRIBED_THERE ? JOURNAL_SUBSCRIBE : JOURNAL_UNSUBSCRIBE, .account = f->account,
                        .target = folder_id };
    if (((set | taken) & SUBSCRIBED_THERE) &&
        (journal_add(a, &row, error) == 0 || !folder_settle_marks(a->s, folder_id, error)))
        return false;
    difference d = {
        .kind = DIFFERENCE_SUBSCRIBE, .what = folder_id, .add = (mail_flags)set, .remove = (mail_flags)taken
    };
    return difference_add(a, &d, error);
}

guint64 store_act_subscribe(store *s, guint32 folder_id, bool subscribe, bool here, bool remote, GError **error)
{
    act a;
    int marks = (here ? SUBSCRIBED_HERE : 0) | (remote ? SUBSCRIBED_THERE : 0);
    g_autoptr(folder) f = acted_on(s, folder_id, false, error);
    if (f == NULL || !act_begin(&a, s, subscribe ? "subscribe" : "unsubscribe", error))
        return 0;
    return act_end(&a, act_subscribe(&a, folder_id, subscribe ? marks : 0, subscribe ? 0 : marks, error), error);
}
