/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was sent, and nobody knows what became of it: its targets are synchronised, where the store binds what has
 * arrived and takes its rows out of the journal; then the sources.  Rows that are still there did not arrive and may be
 * sent again.  Also the floor below which nothing that lies in a target can be what was sent. */
#include "mtm/replay.h"
#include "base/log.h"

static bool is_in(GHashTable *set, guint64 id)
{
    return g_hash_table_contains(set, &id);
}

static void put_in(GHashTable *set, guint64 id)
{
    g_hash_table_add(set, g_memdup2(&id, sizeof id));
}

/* STORE, EXPUNGE and the commands of folders are sent again without harm. */
static bool repeats(const store_journal_row *row)
{
    return row->kind != JOURNAL_COPY && row->kind != JOURNAL_APPEND && (row->kind != JOURNAL_MOVE || row->target == 0);
}

static bool is_unclear(const replay *r, const store_journal_row *row)
{
    return row->state == 1 && !repeats(row) && !is_in(r->looked, row->id) && !is_in(r->doubtful, row->id);
}

/* ---- originals that a cut may have left behind */

/* Without MOVE the copy may be there and the original too: where it was, as long as that numbering is in force. */
typedef struct original {
    guint64 row;
    leftover at;
} original;

static GArray *originals_of(replay *r)
{
    GArray *originals = g_array_new(FALSE, FALSE, sizeof(original));
    store_folder_state state = { 0 };
    guint32 known = 0;
    for (guint i = 0; i < r->rows->len && !imap_has(r->s->c, "MOVE"); i++) {
        const store_journal_row *row = g_ptr_array_index(r->rows, i);
        if (row->kind != JOURNAL_MOVE || row->uid == 0 || !is_unclear(r, row))
            continue;
        if (known != row->folder) {
            known = row->folder;
            folder_free(session_folder(r->s, known, &state, NULL));
        }
        original o = { row->id, { row->folder, row->uid, state.uidvalidity } };
        g_array_append_val(originals, o);
    }
    return originals;
}

/* Their rows are gone: they arrived. */
static void note_leftovers(replay *r, const GArray *originals)
{
    for (guint i = 0; i < originals->len; i++) {
        const original *o = &g_array_index(originals, original, i);
        bool there = false;
        for (guint k = 0; k < r->rows->len && !there; k++)
            there = ((store_journal_row *)g_ptr_array_index(r->rows, k))->id == o->row;
        if (!there)
            g_array_append_val(r->s->leftovers, o->at);
    }
}

static bool remove_from(replay *r, guint32 folder_id, GError **error)
{
    bool entered;
    if (!replay_enter(r, folder_id, &entered, error))
        return false;
    GArray *all = r->s->leftovers;
    g_autoptr(uid_set) set = uid_set_new();
    for (guint i = all->len; i-- > 0;) {
        const leftover *l = &g_array_index(all, leftover, i);
        if (l->folder != folder_id)
            continue;
        if (entered && l->uidvalidity == r->s->box.uidvalidity)
            uid_set_add(set, l->uid);
        g_array_remove_index_fast(all, i);
    }
    return uid_set_count(set) == 0 || replay_remove(r, set, error);
}

static bool remove_leftovers(replay *r, GError **error)
{
    while (r->s->leftovers->len > 0) {
        guint32 folder_id = g_array_index(r->s->leftovers, leftover, 0).folder;
        g_autoptr(GError) cause = NULL;
        if (remove_from(r, folder_id, &cause))
            continue;
        if (!replay_goes_on(cause)) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return false;
        }
        log_info(LOG_MTM, "%s: originals stay: %s", r->s->a->name, cause->message);
        for (guint i = r->s->leftovers->len; i-- > 0;)
            if (g_array_index(r->s->leftovers, leftover, i).folder == folder_id)
                g_array_remove_index_fast(r->s->leftovers, i);
    }
    return true;
}

/* ---- looking */

/* Brought up to date as a whole.  Not *whole: what lies there cannot be said yet. */
static bool look_at(replay *r, guint32 folder_id, bool *whole, GError **error)
{
    mtm_session *s = r->s;
    g_autoptr(GError) cause = NULL;
    *whole = false;
    bool ok = folder_sync(s, folder_id, whole, &cause);
    if (!ok && !replay_goes_on(cause)) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return false;
    }
    if (!ok)
        log_info(LOG_MTM, "%s: what was sent cannot be looked for: %s", s->a->name, cause->message);
    if (ok && *whole)
        g_hash_table_add(r->entered, GUINT_TO_POINTER(folder_id));
    if (ok && !*whole) {
        todo_add(s, folder_id, true);
        s->replay_again = true;
    }
    return true;
}

/* Targets: 1 looked at, 2 not.  Then the sources that are not among them. */
static bool look_at_all(replay *r, GHashTable *targets, GHashTable *sources, GError **error)
{
    bool whole;
    g_autoptr(GList) ids = g_hash_table_get_keys(targets);
    for (GList *l = ids; l != NULL; l = l->next) {
        if (!look_at(r, GPOINTER_TO_UINT(l->data), &whole, error))
            return false;
        g_hash_table_insert(targets, l->data, GINT_TO_POINTER(whole ? 1 : 2));
    }
    g_autoptr(GList) from = g_hash_table_get_keys(sources);
    for (GList *l = from; l != NULL; l = l->next)
        if (!g_hash_table_contains(targets, l->data) && !look_at(r, GPOINTER_TO_UINT(l->data), &whole, error))
            return false;
    return true;
}

bool replay_look_for_sent(replay *r, GError **error)
{
    g_autoptr(GHashTable) targets = g_hash_table_new(g_direct_hash, g_direct_equal);
    g_autoptr(GHashTable) sources = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (guint i = 0; i < r->rows->len; i++) {
        const store_journal_row *row = g_ptr_array_index(r->rows, i);
        if (!is_unclear(r, row))
            continue;
        g_hash_table_add(targets, GUINT_TO_POINTER(row->target));
        if (row->kind != JOURNAL_APPEND && row->folder != 0)
            g_hash_table_add(sources, GUINT_TO_POINTER(row->folder));
    }
    if (g_hash_table_size(targets) == 0)
        return remove_leftovers(r, error);
    g_autoptr(GArray) originals = originals_of(r);
    if (!look_at_all(r, targets, sources, error))
        return false;
    for (guint i = 0; i < r->rows->len; i++) {
        const store_journal_row *row = g_ptr_array_index(r->rows, i);
        if (!is_unclear(r, row))
            continue;
        bool whole = GPOINTER_TO_INT(g_hash_table_lookup(targets, GUINT_TO_POINTER(row->target))) == 1;
        put_in(whole ? r->looked : r->doubtful, row->id);
    }
    guint before = r->rows->len;
    sync_flush(r->s);
    if (!replay_reload(r, error))
        return false;
    if (r->rows->len < before)
        r->changed += before - r->rows->len;
    note_leftovers(r, originals);
    return remove_leftovers(r, error);
}

/* ---- the floor */

/* What of STATUS is needed here arrives in session.told. */
static bool ask_uidnext(replay *r, const folder *f, guint32 *uidnext, GError **error)
{
    mtm_session *s = r->s;
    GString *c = imap_command("STATUS");
    if (!imap_add_mailbox(s->c, c, f->wire_name)) {
        g_string_free(c, TRUE);
        return true;
    }
    imap_add_text(c, "(UIDNEXT)");
    g_autoptr(imap_reply) reply = imap_wait_reply(s->c, imap_send(s->c, c), error);
    if (reply == NULL)
        return false;
    GHashTable *said = s->status != NULL ? s->status : s->told;
    const imap_status *st = said != NULL ? g_hash_table_lookup(said, f->wire_name) : NULL;
    if (st != NULL && st->has_uidnext)
        *uidnext = st->uidnext;
    if (said != NULL && said == s->told)
        g_hash_table_remove(said, f->wire_name);
    return true;
}

bool replay_floor(replay *r, guint32 folder_id, guint32 *floor, GError **error)
{
    store_folder_state state;
    *floor = 0;
    g_autoptr(folder) f = session_folder(r->s, folder_id, &state, NULL);
    if (f == NULL)
        return true;
    *floor = state.uidnext;
    /* Of one that was never looked into as a whole nothing is known: what lies there must not be taken for ours. */
    return state.uidnext != 0 || folder_id == r->s->box.folder || ask_uidnext(r, f, floor, error);
}
