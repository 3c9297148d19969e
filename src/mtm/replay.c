/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The journal on its way to the server: the order of its kinds, rounds until nothing moves any more, and what
 * becomes of rows.  Folders are made first, then each folder's messages are brought to what is wished (flags, copies,
 * moves), then messages are uploaded, then folders are renamed, deleted and subscribed to.
 *
 * STORE, EXPUNGE and the commands of folders repeat freely.  COPY, MOVE and APPEND do not: their rows are marked
 * durably before the bytes leave, and where no answer was heard the target is looked at before anything is sent again
 * (RFC 4549 section 4.2).  How that is sent stands in replay-*.c. */
#include "mtm/replay.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "base/log.h"

enum {
    ROUNDS = 12,                /* a copy, then flags of the copy, then a move of it ...: more are for the next time */
    LATER_FIRST_MS = 5 * 1000,  /* a server that is busy is asked again after so long, doubled each time */
    LATER_MAX_MS = 300 * 1000,
};

/* ---- rows */

static bool load_rows(store *st, gpointer data, GError **error)
{
    replay *r = data;
    g_clear_pointer(&r->rows, g_ptr_array_unref);
    r->rows = store_journal(st, r->s->a->id, 0, error);
    return r->rows != NULL;
}

static bool is_in(GHashTable *set, guint64 id)
{
    return g_hash_table_contains(set, &id);
}

/* By the setting "seen": that a message was read stays here, or is told with the next synchronisation. */
static bool is_kept_back(const mtm_session *s, const store_journal_row *row)
{
    seen_choice seen = s->settings->seen;
    bool only_seen = row->kind == JOURNAL_FLAG && (row->add | row->remove) == FLAG_SEEN && row->add_keywords[0] == '\0' &&
                     row->remove_keywords[0] == '\0';
    return only_seen && (seen == SEEN_NEVER || (seen == SEEN_SYNC && !s->seen_due));
}

bool row_waits(const replay *r, const store_journal_row *row)
{
    return row->state != 2 && row->after == 0 && !is_kept_back(r->s, row) && !is_in(r->doubtful, row->id);
}

void session_show_rows(mtm_session *s, const GPtrArray *rows)
{
    guint pending = 0, parked = 0;
    for (guint i = 0; i < rows->len; i++)
        if (((store_journal_row *)g_ptr_array_index(rows, i))->state == 2)
            parked++;
        else
            pending++;
    g_mutex_lock(&s->a->mutex);
    s->a->now.pending = pending;
    s->a->now.parked = parked;
    g_mutex_unlock(&s->a->mutex);
    account_changed(s->a);
}

bool replay_reload(replay *r, GError **error)
{
    if (!keeper_run(r->s->m, load_rows, r, error))
        return false;
    session_show_rows(r->s, r->rows);
    return true;
}

/* ---- folders as targets and sources */

bool replay_target_waits(replay *r, guint32 folder_id)
{
    g_autoptr(folder) f = session_folder(r->s, folder_id, NULL, NULL);
    return f == NULL || f->local;
}

bool replay_make_target(replay *r, guint32 folder_id, bool *made, GError **error)
{
    *made = false;
    if (!g_hash_table_add(r->made, GUINT_TO_POINTER(folder_id)))
        return true;
    g_autoptr(folder) f = session_folder(r->s, folder_id, NULL, NULL);
    GString *c = imap_command("CREATE");
    if (f == NULL || !imap_add_mailbox(r->s->c, c, f->wire_name)) {
        g_string_free(c, TRUE);
        return true;
    }
    log_info(LOG_MTM, "%s: %s is missing and is made again", r->s->a->name, f->name);
    g_autoptr(imap_reply) reply = imap_wait_reply(r->s->c, imap_send(r->s->c, c), error);
    if (reply == NULL)
        return false;
    *made = reply->kind == IMAP_OK || reply->code == CODE_ALREADYEXISTS;
    if (*made) {
        todo_add(r->s, folder_id, false);
        tree_outdated(r->s);
    }
    return true;
}

/* A folder whose first synchronisation is not complete: that goes on later. */
static bool select_only(replay *r, guint32 folder_id, const folder *f, const store_folder_state *state, bool *entered,
                        GError **error)
{
    mtm_session *s = r->s;
    todo_add(s, folder_id, false);
    if (!box_select(s, folder_id, f, error))
        return false;
    *entered = s->box.uidvalidity == 0 || s->box.uidvalidity == state->uidvalidity;
    s->replay_again |= !*entered;
    return true;
}

bool replay_enter(replay *r, guint32 folder_id, bool *entered, GError **error)
{
    mtm_session *s = r->s;
    *entered = s->box.folder == folder_id && g_hash_table_contains(r->entered, GUINT_TO_POINTER(folder_id));
    if (*entered)
        return true;
    store_folder_state state;
    g_autoptr(folder) f = session_folder(s, folder_id, &state, error);
    if (f == NULL || f->local)
        return f != NULL;
    bool ok, finished = false;
    if (session_delta(s, &state) == DELTA_NONE) {
        ok = select_only(r, folder_id, f, &state, entered, error);
    } else if (s->box.folder == folder_id && !s->box.stale) {
        *entered = ok = true; /* it tells by itself */
    } else {
        ok = folder_sync(s, folder_id, &finished, error);
        *entered = ok && s->box.folder == folder_id;
        if (ok && !finished)
            todo_add(s, folder_id, false);
    }
    if (*entered)
        g_hash_table_add(r->entered, GUINT_TO_POINTER(folder_id));
    return ok;
}

bool replay_goes_on(const GError *cause)
{
    return imap_is_refusal(cause) || error_kind_of(cause) == ERROR_INPUT;
}

/* ---- one round */

static GPtrArray *rows_of(const replay *r, guint32 folder_id)
{
    GPtrArray *some = g_ptr_array_new();
    for (guint i = 0; i < r->rows->len; i++) {
        store_journal_row *row = g_ptr_array_index(r->rows, i);
        if (row->kind <= JOURNAL_MOVE && row->folder == folder_id && row->uid != 0 && row_waits(r, row))
            g_ptr_array_add(some, row);
    }
    return some;
}

static bool replay_folder(replay *r, guint32 folder_id, GError **error)
{
    bool entered;
    if (!replay_enter(r, folder_id, &entered, error))
        return false;
    if (!entered)
        return true;
    sync_flush(r->s);
    if (!replay_reload(r, error)) /* its news may have taken or numbered messages */
        return false;
    g_autoptr(GPtrArray) rows = rows_of(r, folder_id);
    return replay_flags(r, rows, error) && replay_copies(r, folder_id, rows, error);
}

/* Source folders in the order of their oldest row. */
static GArray *folders_of(const replay *r)
{
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GHashTable) seen = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (guint i = 0; i < r->rows->len; i++) {
        const store_journal_row *row = g_ptr_array_index(r->rows, i);
        if (row->kind > JOURNAL_MOVE || row->folder == 0 || !row_waits(r, row))
            continue;
        if (row->uid == 0) { /* it has no number yet: a synchronisation finds it, or finds that it is gone */
            if (g_hash_table_add(r->s->awaited, g_memdup2(&row->id, sizeof row->id))) {
                todo_add(r->s, row->folder, false);
                r->s->replay_again = true;
            }
        } else if (g_hash_table_add(seen, GUINT_TO_POINTER(row->folder))) {
            g_array_append_val(ids, row->folder);
        }
    }
    return ids;
}

static bool replay_messages(replay *r, GError **error)
{
    g_autoptr(GArray) folders = folders_of(r);
    for (guint i = 0; i < folders->len; i++) {
        g_autoptr(GError) cause = NULL;
        if (session_disconnect_asked(r->s))
            return true;
        if (replay_folder(r, g_array_index(folders, guint32, i), &cause))
            continue;
        if (!replay_goes_on(cause)) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return false;
        }
        session_note(r->s, "select", cause); /* the rows wait: the folder may come back */
    }
    return true;
}

typedef struct wanted {
    GHashTable *made, *moved; /* sets of placements: a copy of it is to be made; it is to be in some folder */
} wanted;

/* It is nowhere any more, and nothing brings it back. */
static bool is_gone(const replay *r, const wanted *w, const store_journal_row *row)
{
    gpointer key = GUINT_TO_POINTER(row->placement);
    if (row->folder != 0 || row->uid != 0 || !row_waits(r, row) || g_hash_table_contains(w->made, key))
        return false;
    if (row->kind == JOURNAL_MOVE)
        return row->shown == 0;
    return row->kind == JOURNAL_FLAG && !g_hash_table_contains(w->moved, key);
}

/* Flags and deletions of messages that are gone are done. */
static bool forget_gone(replay *r, GError **error)
{
    g_autoptr(GHashTable) made = g_hash_table_new(g_direct_hash, g_direct_equal);
    g_autoptr(GHashTable) moved = g_hash_table_new(g_direct_hash, g_direct_equal);
    g_autoptr(GArray) ids = row_ids_new();
    for (guint i = 0; i < r->rows->len; i++) {
        const store_journal_row *row = g_ptr_array_index(r->rows, i);
        if (row->kind == JOURNAL_COPY || row->kind == JOURNAL_APPEND)
            g_hash_table_add(made, GUINT_TO_POINTER(row->placement));
        else if (row->kind == JOURNAL_MOVE && row->shown != 0)
            g_hash_table_add(moved, GUINT_TO_POINTER(row->placement));
    }
    wanted w = { made, moved };
    for (guint i = 0; i < r->rows->len; i++) {
        const store_journal_row *row = g_ptr_array_index(r->rows, i);
        if (is_gone(r, &w, row))
            g_array_append_val(ids, row->id);
    }
    return ids->len == 0 || (replay_done(r, ids, NULL, error) && replay_reload(r, error));
}

static bool play_round(replay *r, GError **error)
{
    r->changed = 0;
    g_hash_table_remove_all(r->entered);
    return replay_look_for_sent(r, error) && replay_creates(r, error) && forget_gone(r, error) &&
           replay_messages(r, error) && replay_reload(r, error) && replay_appends(r, error) &&
           replay_folder_changes(r, error) && replay_reload(r, error);
}

/* Does a row wait for one of another account? */
static bool is_behind(const replay *r)
{
    for (guint i = 0; i < r->rows->len; i++) {
        const store_journal_row *row = g_ptr_array_index(r->rows, i);
        if (row->after != 0 && row->state == 0)
            return true;
    }
    return false;
}

static void plan_later(replay *r)
{
    mtm_session *s = r->s;
    if (!r->later) {
        s->replay_ms = 0;
        s->replay_pauses = 0;
        return;
    }
    gint64 pause_ms = MIN((gint64)LATER_FIRST_MS << MIN(s->replay_pauses, 8), (gint64)LATER_MAX_MS);
    s->replay_pauses++;
    s->replay_ms = clock_monotonic_ms() + pause_ms;
}

static bool play(replay *r, GError **error)
{
    bool ok = true;
    guint total = 0;
    for (int round = 0; ok && round < ROUNDS && r->rows->len > 0 && !session_disconnect_asked(r->s); round++) {
        ok = play_round(r, error);
        total += r->changed;
        if (r->changed == 0)
            break;
    }
    if (total > 0)
        session_tell_others(r->s);
    return ok;
}

bool journal_replay(mtm_session *s, GError **error)
{
    replay r = { .s = s };
    if (!replay_reload(&r, error))
        return false;
    s->behind_others = false;
    if (r.rows->len == 0) {
        g_ptr_array_unref(r.rows);
        return true;
    }
    r.nrows = r.rows->len;
    r.looked = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    r.doubtful = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    r.made = g_hash_table_new(g_direct_hash, g_direct_equal);
    r.entered = g_hash_table_new(g_direct_hash, g_direct_equal);
    account_set_progress(s->a, "journal", NULL, 0, r.nrows);
    bool ok = play(&r, error);
    plan_later(&r);
    s->behind_others = is_behind(&r);
    g_free(r.told);
    g_hash_table_unref(r.looked);
    g_hash_table_unref(r.doubtful);
    g_hash_table_unref(r.made);
    g_hash_table_unref(r.entered);
    g_clear_pointer(&r.rows, g_ptr_array_unref);
    return ok;
}
