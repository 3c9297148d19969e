/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The journal on its way to the server: per folder, merged per message, grouped into few STORE commands.
 * STORE repeats freely, so a lost answer only means that it is sent again. */
#include "mtm/session.h"
#include "base/log.h"

#include <string.h>

typedef struct rows_load {
    guint32 account, folder; /* 0: all folders */
    GPtrArray *rows;
} rows_load;

static bool load_rows(store *st, gpointer data, GError **error)
{
    rows_load *l = data;
    l->rows = store_journal(st, l->account, l->folder, error);
    return l->rows != NULL;
}

typedef struct outcome {
    GArray *ids;           /* of guint64 */
    const char *problem;   /* NULL: done */
} outcome;

static bool run_outcome(store *st, gpointer data, GError **error)
{
    outcome *o = data;
    const guint64 *ids = (const guint64 *)(void *)o->ids->data;
    return o->problem == NULL ? store_journal_done(st, ids, NULL, o->ids->len, error)
                              : store_journal_park(st, ids, o->ids->len, o->problem, error);
}

/* The wish for one message after all its rows. */
typedef struct wish {
    guint32 uid;
    mail_flags add, remove;
    char *add_keywords, *remove_keywords;
    GArray *ids;
} wish;

static void wish_free(gpointer data)
{
    wish *w = data;
    g_free(w->add_keywords);
    g_free(w->remove_keywords);
    g_array_unref(w->ids);
    g_free(w);
}

static void wish_merge(wish *w, const store_journal_row *r)
{
    w->add = (w->add & ~r->remove) | r->add;
    w->remove = (w->remove & ~r->add) | r->remove;
    g_auto(GStrv) add = keywords_split(r->add_keywords), drop = keywords_split(r->remove_keywords);
    char *added = keywords_change(w->add_keywords, (const char *const *)add, (const char *const *)drop);
    char *removed = keywords_change(w->remove_keywords, (const char *const *)drop, (const char *const *)add);
    g_free(w->add_keywords);
    g_free(w->remove_keywords);
    w->add_keywords = added;
    w->remove_keywords = removed;
    g_array_append_val(w->ids, r->id);
}

/* One STORE: everything that wants the same change. */
typedef struct change {
    GArray *uids;          /* of guint32 */
    mail_flags add, remove;
    char *add_keywords, *remove_keywords;
    GArray *ids;
} change;

static void change_free(gpointer data)
{
    change *c = data;
    g_array_unref(c->uids);
    g_free(c->add_keywords);
    g_free(c->remove_keywords);
    g_array_unref(c->ids);
    g_free(c);
}

static GPtrArray *group(GHashTable *wishes)
{
    g_autoptr(GHashTable) by_change = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GPtrArray *changes = g_ptr_array_new_with_free_func(change_free);
    GHashTableIter it;
    gpointer value;
    g_hash_table_iter_init(&it, wishes);
    while (g_hash_table_iter_next(&it, NULL, &value)) {
        wish *w = value;
        char *key = g_strdup_printf("%x %x %s|%s", w->add, w->remove, w->add_keywords, w->remove_keywords);
        change *c = g_hash_table_lookup(by_change, key);
        if (c == NULL) {
            c = g_new0(change, 1);
            c->uids = g_array_new(FALSE, FALSE, sizeof(guint32));
            c->add = w->add;
            c->remove = w->remove;
            c->add_keywords = g_strdup(w->add_keywords);
            c->remove_keywords = g_strdup(w->remove_keywords);
            c->ids = g_array_new(FALSE, FALSE, sizeof(guint64));
            g_ptr_array_add(changes, c);
            g_hash_table_insert(by_change, key, c);
        } else {
            g_free(key);
        }
        g_array_append_val(c->uids, w->uid);
        g_array_append_vals(c->ids, w->ids->data, w->ids->len);
    }
    return changes;
}

static guint32 send_store(mtm_session *s, const char *set, const char *item, mail_flags flags, const char *keywords)
{
    g_auto(GStrv) words = keywords_split(keywords);
    GString *c = imap_command("UID STORE");
    imap_add_text(c, set);
    imap_add_text(c, item);
    imap_add_flags(c, flags, (const char *const *)words);
    return imap_send(s->c, c);
}

/* Send one change in pieces of UIDs, all pipelined.  *refused gets the server's words. */
static bool send_change(mtm_session *s, const change *c, char **refused, GError **error)
{
    g_autoptr(uid_set) uids = uid_set_new();
    uid_set_add_many(uids, (const guint32 *)(void *)c->uids->data, c->uids->len);
    g_autoptr(GPtrArray) pieces = uid_set_format_pieces(uids, set_bytes(s));
    g_autoptr(GArray) tags = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (guint i = 0; i < pieces->len; i++) {
        const char *set = g_ptr_array_index(pieces, i);
        guint32 tag;
        if ((c->add & FLAGS_STORABLE) != 0 || c->add_keywords[0] != '\0') {
            tag = send_store(s, set, "+FLAGS.SILENT", c->add & FLAGS_STORABLE, c->add_keywords);
            g_array_append_val(tags, tag);
        }
        if ((c->remove & FLAGS_STORABLE) != 0 || c->remove_keywords[0] != '\0') {
            tag = send_store(s, set, "-FLAGS.SILENT", c->remove & FLAGS_STORABLE, c->remove_keywords);
            g_array_append_val(tags, tag);
        }
    }
    for (guint i = 0; i < tags->len; i++) {
        g_autoptr(imap_reply) r = imap_wait_reply(s->c, g_array_index(tags, guint32, i), error);
        if (r == NULL)
            return false;
        if (r->kind != IMAP_OK && *refused == NULL)
            *refused = g_strdup(r->text != NULL && r->text[0] != '\0' ? r->text : "refused");
    }
    return true;
}

static void refresh_apply(mtm *m, posted *p)
{
    views_refresh(m, p->event.folder);
}

static bool record(mtm_session *s, guint32 folder_id, GArray *ids, const char *problem, GError **error)
{
    if (ids->len == 0)
        return true;
    outcome o = { ids, problem };
    if (!keeper_run(s->m, run_outcome, &o, error))
        return false;
    posted *p = posted_new(MTM_CHANGED);
    p->event.folder = folder_id;
    p->apply = refresh_apply;
    mtm_post(s->m, p);
    folders_changed(s->m);
    return true;
}

static bool send_wishes(mtm_session *s, guint32 folder_id, GHashTable *wishes, GError **error)
{
    g_autoptr(GPtrArray) changes = group(wishes);
    for (guint i = 0; i < changes->len; i++) {
        change *c = g_ptr_array_index(changes, i);
        g_autofree char *refused = NULL;
        if (!send_change(s, c, &refused, error))
            return false;
        if (refused != NULL) {
            g_autoptr(GError) words = NULL;
            error_set(&words, ERROR_REFUSED, "%s: %s", s->box.name, refused);
            session_note(s, "store-flags", words);
        }
        if (!record(s, folder_id, c->ids, refused, error))
            return false;
    }
    return true;
}

/* Rows by folder, and in it by message; rows whose message is gone are done. */
static GHashTable *sort_rows(const GPtrArray *rows, GArray *gone, guint *parked)
{
    GHashTable *folders = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL,
                                                (GDestroyNotify)g_hash_table_unref);
    for (guint i = 0; i < rows->len; i++) {
        const store_journal_row *r = g_ptr_array_index(rows, i);
        if (r->state == 2) {
            (*parked)++;
            continue;
        }
        if (r->folder == 0) {
            g_array_append_val(gone, r->id);
            continue;
        }
        if (r->uid == 0)
            continue; /* waits until its arrival is seen */
        GHashTable *wishes = g_hash_table_lookup(folders, GUINT_TO_POINTER(r->folder));
        if (wishes == NULL) {
            wishes = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, wish_free);
            g_hash_table_insert(folders, GUINT_TO_POINTER(r->folder), wishes);
        }
        wish *w = g_hash_table_lookup(wishes, GUINT_TO_POINTER(r->uid));
        if (w == NULL) {
            w = g_new0(wish, 1);
            w->uid = r->uid;
            w->add_keywords = g_strdup("");
            w->remove_keywords = g_strdup("");
            w->ids = g_array_new(FALSE, FALSE, sizeof(guint64));
            g_hash_table_insert(wishes, GUINT_TO_POINTER(r->uid), w);
        }
        wish_merge(w, r);
    }
    return folders;
}

/* The folder selected, with the news that came before: one flight like a bare SELECT, and afterwards the rows
 * name UIDs of the server's numbering of today. */
static bool enter_folder(mtm_session *s, guint32 folder_id, bool *entered, GError **error)
{
    bool finished;
    *entered = s->box.folder == folder_id;
    if (*entered)
        return true;
    store_folder_state state;
    g_autoptr(folder) f = session_folder(s, folder_id, &state, error);
    if (f == NULL)
        return false;
    if (session_delta(s, &state) != DELTA_NONE) {
        *entered = folder_sync(s, folder_id, &finished, error);
        return *entered;
    }
    /* Its first synchronisation is not complete: that goes on later. */
    todo_add(s, folder_id, false);
    if (!box_select(s, folder_id, f, error))
        return false;
    *entered = s->box.uidvalidity == 0 || s->box.uidvalidity == state.uidvalidity;
    s->replay_again |= !*entered;
    return true;
}

static bool replay_folder(mtm_session *s, guint32 folder_id, GError **error)
{
    bool entered;
    if (!enter_folder(s, folder_id, &entered, error))
        return false;
    rows_load l = { .account = s->a->id, .folder = folder_id };
    if (!entered || !keeper_run(s->m, load_rows, &l, error))
        return !entered;
    g_autoptr(GPtrArray) rows = l.rows;
    guint parked = 0;
    g_autoptr(GArray) gone = g_array_new(FALSE, FALSE, sizeof(guint64));
    g_autoptr(GHashTable) folders = sort_rows(rows, gone, &parked);
    GHashTable *wishes = g_hash_table_lookup(folders, GUINT_TO_POINTER(folder_id));
    return record(s, 0, gone, NULL, error) && (wishes == NULL || send_wishes(s, folder_id, wishes, error));
}

static void show_pending(mtm_session *s, guint pending, guint parked)
{
    g_mutex_lock(&s->a->mutex);
    s->a->now.pending = pending;
    s->a->now.parked = parked;
    g_mutex_unlock(&s->a->mutex);
    account_changed(s->a);
}

bool journal_replay(mtm_session *s, GError **error)
{
    rows_load l = { .account = s->a->id };
    if (!keeper_run(s->m, load_rows, &l, error))
        return false;
    g_autoptr(GPtrArray) rows = l.rows;
    if (rows->len == 0) {
        show_pending(s, 0, 0);
        return true;
    }
    account_set_progress(s->a, "journal", NULL, 0, rows->len);
    guint parked = 0;
    g_autoptr(GArray) gone = g_array_new(FALSE, FALSE, sizeof(guint64));
    g_autoptr(GHashTable) folders = sort_rows(rows, gone, &parked);
    show_pending(s, rows->len - parked, parked);
    bool ok = record(s, 0, gone, NULL, error);
    GHashTableIter it;
    gpointer key;
    g_hash_table_iter_init(&it, folders);
    while (ok && g_hash_table_iter_next(&it, &key, NULL)) {
        g_autoptr(GError) cause = NULL;
        ok = replay_folder(s, GPOINTER_TO_UINT(key), &cause);
        if (!ok && imap_is_refusal(cause)) {
            session_note(s, "select", cause); /* the rows wait: the folder may come back */
            ok = true;
        } else if (!ok) {
            g_propagate_error(error, g_steal_pointer(&cause));
        }
    }
    if (ok)
        show_pending(s, 0, parked);
    return ok;
}
