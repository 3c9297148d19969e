/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One folder brought to what the server has.  First synchronisation newest first; later the delta in one burst,
 * by QRESYNC, else CONDSTORE, else all flags; then a count: where it does not fit, the UID sets are compared, so
 * that neither an expunge nor a reply that got lost goes unnoticed.  RFC 7162, RFC 4549. */
#include "mtm/session.h"
#include "base/clock.h"
#include "base/log.h"

enum {
    SMALL_FOLDER = 500,            /* messages: fetched whole at first sight */
    ONE_BY_ONE = 50,               /* messages withheld from a window that are asked for singly */
    FLIP_FLOP_MS = 10 * 60 * 1000, /* two changes of UIDVALIDITY within: nothing is thrown away */
};

typedef struct renumber {
    guint32 folder, uidvalidity;
} renumber;

static bool run_renumber(store *st, gpointer data, GError **error)
{
    renumber *r = data;
    return store_folder_renumber(st, r->folder, r->uidvalidity, error);
}

static bool run_drop_unbound(store *st, gpointer data, GError **error)
{
    return store_unbound_drop(st, *(guint32 *)data, error);
}

/* ---- the burst */

delta_kind session_delta(const mtm_session *s, const store_folder_state *state)
{
    if (state->uidvalidity == 0 || state->provisional || state->uidnext == 0)
        return DELTA_NONE;
    if (state->highestmodseq == 0)
        return DELTA_FLAGS;
    if (s->enabled_qresync)
        return DELTA_QRESYNC;
    return session_condstore(s) ? DELTA_MODSEQ : DELTA_FLAGS;
}

bool session_condstore(const mtm_session *s)
{
    return !s->enabled_qresync && !s->no_condstore && imap_has(s->c, "CONDSTORE");
}

bool session_modseq(const mtm_session *s)
{
    return s->enabled_qresync || session_condstore(s);
}

/* The commands behind SELECT whose answers wait for it. */
typedef struct burst {
    guint32 flags, fetch, search; /* tags, 0: not sent */
} burst;

static guint32 send_select(mtm_session *s, const folder *f, const store_folder_state *state, delta_kind kind)
{
    GString *command = imap_command("SELECT");
    if (!imap_add_mailbox(s->c, command, f->wire_name)) {
        g_string_free(command, TRUE);
        return 0;
    }
    if (kind == DELTA_QRESYNC)
        g_string_append_printf(command, " (QRESYNC (%u %" G_GUINT64_FORMAT "))", state->uidvalidity,
                               state->highestmodseq);
    else if (session_condstore(s))
        imap_add_text(command, "(CONDSTORE)");
    return imap_send(s->c, command);
}

static void send_burst(mtm_session *s, const store_folder_state *state, delta_kind kind, burst *sent)
{
    box *b = &s->box;
    b->expected_uidvalidity = state->uidvalidity;
    b->announce = true;
    b->floor = state->uidnext;
    b->highest = b->floor - 1;
    b->modseq = kind == DELTA_FLAGS ? 0 : state->highestmodseq; /* may MODSEQ be asked for? */
    if (kind != DELTA_QRESYNC && state->uidnext > 1) {
        GString *c = imap_command("UID FETCH");
        g_string_append_printf(c, " 1:%u (UID FLAGS)", state->uidnext - 1);
        if (kind == DELTA_MODSEQ)
            g_string_append_printf(c, " (CHANGEDSINCE %" G_GUINT64_FORMAT ")", state->highestmodseq);
        sent->flags = imap_send(s->c, c);
    }
    /* Not "*", which names the last message even when it lies below (RFC 9051 section 6.4.8). */
    g_autofree char *set = g_strdup_printf("%u:4294967295", state->uidnext);
    sent->fetch = imap_send(s->c, fetch_headers(s, "UID FETCH", set));
    b->modseq = 0;
    /* The rest of what a fresh or idle session would say anyway. */
    if (s->tree_due)
        tree_begin(s);
    session_idle_behind(s);
}

static guint32 send_search(mtm_session *s)
{
    uid_set_free(s->box.search);
    s->box.search = uid_set_new();
    return imap_send_text(s->c, imap_has(s->c, "ESEARCH") ? "UID SEARCH RETURN (ALL) ALL" : "UID SEARCH ALL");
}

static int limit_of(const mtm_session *s, const folder *f)
{
    return f->role == ROLE_INBOX ? s->settings->inbox_limit : s->settings->folder_limit;
}

/* A folder that is new here and whose size the folder list has told: its newest messages (a small one whole) and
 * its UIDs without a flight of their own.  Where the size is old, the comparison of the sets finds what is missing. */
static void send_first(mtm_session *s, const folder *f, burst *sent)
{
    const imap_status *st = s->counts != NULL ? g_hash_table_lookup(s->counts, f->wire_name) : NULL;
    int limit = limit_of(s, f);
    if (st == NULL || !st->has_messages || st->messages == 0 || limit == 0)
        return;
    guint32 n = st->messages, window = n <= SMALL_FOLDER ? n : FIRST_WINDOW;
    if (limit > 0)
        window = MIN(window, (guint32)limit);
    g_autofree char *set = g_strdup_printf("%u:%u", n - window + 1, n);
    sent->fetch = imap_send(s->c, fetch_headers(s, "FETCH", set));
    sent->search = send_search(s);
}

static void drop_burst(mtm_session *s, burst *sent)
{
    if (sent->flags != 0)
        imap_reply_free(imap_wait_reply(s->c, sent->flags, NULL));
    if (sent->fetch != 0)
        imap_reply_free(imap_wait_reply(s->c, sent->fetch, NULL));
    if (sent->search != 0)
        imap_reply_free(imap_wait_reply(s->c, sent->search, NULL));
    *sent = (burst){ 0 };
}

/* News of the folder that is left may still be on their way and must not be taken for the next one's: a server
 * that tells where they end ([CLOSED], RFC 7162 section 3.2.11) needs no wait. */
static bool leave_box(mtm_session *s, GError **error)
{
    bool open = s->box.folder != 0;
    box_clear(&s->box);
    s->closing = open && s->enabled_qresync && !s->no_closed;
    return s->closing || !imap_idle_is_open(s->c) || imap_idle_end(s->c, error);
}

static bool box_open(mtm_session *s, guint32 id, const folder *f, const store_folder_state *state, delta_kind kind,
                     burst *sent, GError **error)
{
    if (!leave_box(s, error))
        return false;
    s->box.folder = id;
    s->box.name = g_strdup(f->name);
    guint32 select = send_select(s, f, state, kind);
    if (select == 0) {
        error_set(error, ERROR_INPUT, "the folder's name cannot be sent");
        box_clear(&s->box);
        return false;
    }
    if (kind != DELTA_NONE)
        send_burst(s, state, kind, sent);
    else if (state != NULL && state->uidvalidity == 0)
        send_first(s, f, sent);
    bool ok = imap_wait(s->c, select, NULL, error);
    if (ok && s->closing) { /* it does not tell: all that was said has been passed over */
        log_info(LOG_MTM, "%s: SELECT without CLOSED", s->a->name);
        s->closing = false;
        s->no_closed = true;
        drop_burst(s, sent);
        return box_open(s, id, f, state, kind, sent, error);
    }
    s->closing = false;
    if (ok) {
        s->box.grown = false;
        s->box.base_modseq = s->box.modseq;
        return true;
    }
    drop_burst(s, sent); /* their refusal is to be expected */
    box_clear(&s->box);
    return false;
}

bool box_select(mtm_session *s, guint32 id, const folder *f, GError **error)
{
    burst none = { 0 };
    return box_open(s, id, f, NULL, DELTA_NONE, &none, error);
}

/* By what the server announces; what it then does not understand is left out. */
static bool open_for_sync(mtm_session *s, guint32 id, const folder *f, const store_folder_state *state,
                          delta_kind *kind, burst *sent, GError **error)
{
    for (;;) {
        g_autoptr(GError) cause = NULL;
        *kind = session_delta(s, state);
        if (box_open(s, id, f, state, *kind, sent, &cause))
            return true;
        bool refused = error_kind_of(cause) == ERROR_PROTOCOL;
        if (refused && *kind == DELTA_QRESYNC) {
            log_warn(LOG_MTM, "%s: QRESYNC is announced but does not work: %s", s->a->name, cause->message);
            s->enabled_qresync = false;
        } else if (refused && session_condstore(s)) {
            log_warn(LOG_MTM, "%s: CONDSTORE is announced but does not work: %s", s->a->name, cause->message);
            s->no_condstore = true;
        } else {
            g_propagate_error(error, g_steal_pointer(&cause));
            return false;
        }
    }
}

typedef enum resync_cursor { CURSOR_NONE, CURSOR_AGAIN, CURSOR_WHOLE } resync_cursor;

/* CURSOR_NONE: the first synchronisation is not complete; CURSOR_AGAIN: everything is here, and is compared once
 * more at the next look. */
static void note_state(mtm_session *s, resync_cursor cursor)
{
    box *b = &s->box;
    store_folder_state state = { .uidvalidity = b->uidvalidity, .server_messages = b->exists,
                                 .provisional = cursor == CURSOR_NONE };
    if (cursor == CURSOR_WHOLE) {
        state.uidnext = MAX(b->uidnext, b->highest + 1);
        state.highestmodseq = b->base_modseq;
    }
    if (cursor != CURSOR_NONE)
        state.synced_at_s = clock_now_s();
    if (b->mailbox_id != NULL)
        g_strlcpy(state.mailbox_id, b->mailbox_id, sizeof state.mailbox_id);
    state.server_unseen = G_MAXUINT32;
    keeper_state(s->m, b->folder, &state);
}

/* ---- comparing sets */

/* The newest messages by sequence number and the whole UID list in one flight, or what of it is under way. */
static bool search_with_first_window(mtm_session *s, guint32 window, burst *sent, GError **error)
{
    box *b = &s->box;
    bool early = sent->search != 0;
    if (!early && window > 0 && b->exists > 0) {
        g_autofree char *set = g_strdup_printf("%u:%u", b->exists > window ? b->exists - window + 1 : 1, b->exists);
        sent->fetch = imap_send(s->c, fetch_headers(s, "FETCH", set));
    }
    if (!early)
        sent->search = send_search(s);
    if (early) { /* its numbers may be of yesterday */
        g_autoptr(imap_reply) r = imap_wait_reply(s->c, sent->fetch, error);
        if (r == NULL)
            return false;
    } else if (sent->fetch != 0 && !imap_wait(s->c, sent->fetch, NULL, error)) {
        return false;
    }
    sync_flush(s);
    if (!imap_wait(s->c, sent->search, NULL, error))
        return false;
    if (uid_set_count(b->search) > 0 || b->exists == 0)
        return true;
    /* What the server does not list would be taken for deleted. */
    error_set(error, ERROR_PROTOCOL, "%s holds %u messages, and the server lists none of them", b->name, b->exists);
    return false;
}

static uid_set *missing_of(const box *b, const uid_set *stored, int limit)
{
    g_autoptr(uid_set) missing = uid_set_minus(b->search, stored);
    if (limit < 0)
        return g_steal_pointer(&missing);
    g_autoptr(uid_set) rest = uid_set_dup(b->search);
    g_autoptr(uid_set) wanted = uid_set_take_newest(rest, (guint32)limit);
    g_autoptr(uid_set) beyond = uid_set_minus(missing, wanted);
    return uid_set_minus(missing, beyond);
}

/* What a window did not bring though the server lists it: once more, one by one; what is withheld then is
 * remembered, so that it is not asked for at every look. */
static bool fetch_withheld(mtm_session *s, const uid_set *asked, GError **error)
{
    box *b = &s->box;
    g_autoptr(uid_set) stored = session_stored_uids(s, b->folder, error);
    if (stored == NULL)
        return false;
    g_autoptr(uid_set) withheld = uid_set_minus(asked, stored);
    guint32 uid;
    uid_iter it;
    uid_iter_init(&it, withheld);
    for (guint n = 0; n < ONE_BY_ONE && uid_iter_next(&it, &uid); n++) {
        g_autofree char *set = g_strdup_printf("%u", uid);
        g_autoptr(imap_reply) r = imap_wait_reply(s->c, imap_send(s->c, fetch_headers(s, "UID FETCH", set)), error);
        if (r == NULL)
            return false;
    }
    if (uid_set_count(withheld) == 0)
        return true;
    g_autoptr(uid_set) now = session_stored_uids(s, b->folder, error);
    if (now == NULL)
        return false;
    uid_set *lost = uid_set_minus(withheld, now);
    guint64 n = uid_set_count(lost);
    g_hash_table_replace(s->unfetchable, GUINT_TO_POINTER(b->folder), lost);
    if (n == 0)
        return true;
    g_autoptr(GError) words = NULL;
    error_set(&words, ERROR_REFUSED, "%s: the server lists %" G_GUINT64_FORMAT " messages that it does not give out",
              b->name, n);
    session_note(s, "headers", words);
    return true;
}

/* Compare the server's whole UID list with what is stored.  sent: what is under way of it already. */
static bool sync_whole(mtm_session *s, const folder *f, bool first, bool flags, burst *sent, bool *finished,
                       GError **error)
{
    box *b = &s->box;
    int limit = limit_of(s, f);
    guint32 window = !first ? 0 : limit >= 0 ? MIN((guint32)limit, (guint32)FIRST_WINDOW) : FIRST_WINDOW;
    if (!search_with_first_window(s, window, sent, error))
        return false;
    if (s->tree_due && !tree_sync(s, error)) /* the folder list follows the first screen */
        return false;
    g_autoptr(uid_set) stored = session_stored_uids(s, b->folder, error);
    if (stored == NULL)
        return false;
    uid_set *gone = uid_set_minus(stored, b->search);
    g_autoptr(uid_set) known = uid_set_minus(stored, gone);
    if (!believe_gone(s, gone, uid_set_count(stored), error))
        return false;
    g_autoptr(uid_set) missing = missing_of(b, stored, limit);
    g_autoptr(uid_set) asked = uid_set_dup(missing);
    b->highest = MAX(b->highest, uid_set_max(b->search));
    b->wanted = b->fetched + uid_set_count(missing);
    if (flags && !fetch_flags(s, known, error))
        return false;
    account_set_progress(s->a, "headers", b->name, b->fetched, b->wanted);
    if (!fetch_windows(s, missing, finished, error))
        return false;
    return !*finished || fetch_withheld(s, asked, error);
}

/* Is everything stored that the server says it has? */
static bool is_whole(mtm_session *s, bool *whole, GError **error)
{
    guint32 n;
    if (!session_stored_count(s, s->box.folder, &n, error))
        return false;
    const uid_set *lost = g_hash_table_lookup(s->unfetchable, GUINT_TO_POINTER(s->box.folder));
    *whole = n + (lost != NULL ? uid_set_count(lost) : 0) == s->box.exists;
    return true;
}

/* ---- one folder */

/* The setting "seen sync": what has been fetched counts as read. */
static bool run_mark_seen(store *st, gpointer data, GError **error)
{
    g_autoptr(query) unread = query_parse("is:unread", clock_now_s(), error);
    view_request request = { .query = unread, .folder = *(guint32 *)data, .sort = SORT_DATE };
    g_autoptr(store_view) v = unread != NULL ? store_view_build(st, &request, error) : NULL;
    if (v == NULL)
        return false;
    g_autofree guint32 *ids = g_new(guint32, v->n + 1);
    for (guint32 i = 0; i < v->n; i++)
        ids[i] = v->rows[i].id;
    GError *problem = NULL;
    store_act_flag(st, "", ids, v->n, FLAG_SEEN, 0, NULL, NULL, &problem);
    if (problem != NULL)
        g_propagate_error(error, problem);
    return problem == NULL;
}

static bool mark_seen(mtm_session *s, guint32 id, GError **error)
{
    if (s->settings->seen != SEEN_SYNC)
        return true;
    sync_flush(s);
    if (!keeper_run(s->m, run_mark_seen, &id, error))
        return false;
    session_wake(s);
    return true;
}

/* The server numbers anew: what is stored keeps its content and waits to be bound again.  Not *settled: the second
 * time within minutes (a server that cannot decide): then what finds no partner is not thrown away yet. */
static bool renumber_folder(mtm_session *s, bool *settled, GError **error)
{
    box *b = &s->box;
    log_info(LOG_MTM, "%s: UIDVALIDITY of %s changed", s->a->name, b->name);
    g_hash_table_remove(s->unfetchable, GUINT_TO_POINTER(b->folder));
    gint64 now_ms = clock_monotonic_ms();
    gint64 *last = g_hash_table_lookup(s->renumbered_ms, GUINT_TO_POINTER(b->folder));
    *settled = last == NULL || now_ms - *last > FLIP_FLOP_MS;
    g_hash_table_replace(s->renumbered_ms, GUINT_TO_POINTER(b->folder), g_memdup2(&now_ms, sizeof now_ms));
    b->expected_uidvalidity = 0;
    g_clear_pointer(&b->vanished, uid_set_free);
    renumber r = { b->folder, b->uidvalidity };
    return keeper_run(s->m, run_renumber, &r, error);
}

typedef enum after_burst {
    BURST_DONE,
    BURST_LATER,   /* interrupted by something more urgent */
    BURST_COMPARE, /* it cannot be trusted: compare sets and flags */
} after_burst;

static bool take_flag_answer(mtm_session *s, const burst *sent, delta_kind kind, bool *usable, GError **error)
{
    g_autoptr(GError) cause = NULL;
    *usable = true;
    if (sent->flags == 0 || imap_wait(s->c, sent->flags, NULL, &cause))
        return true;
    *usable = false;
    if (kind == DELTA_MODSEQ && error_kind_of(cause) == ERROR_PROTOCOL) {
        s->no_condstore = true;
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
}

static bool take_burst(mtm_session *s, const folder *f, const store_folder_state *state, delta_kind kind,
                       const burst *sent, after_burst *after, GError **error)
{
    box *b = &s->box;
    bool usable;
    *after = BURST_COMPARE;
    if (!take_flag_answer(s, sent, kind, &usable, error) || !imap_wait(s->c, sent->fetch, NULL, error))
        return false;
    sync_flush(s);
    bool renumbered = b->uidvalidity != 0 && b->uidvalidity != state->uidvalidity;
    bool clock_back = kind != DELTA_FLAGS && b->base_modseq < state->highestmodseq;
    if (!usable || renumbered || clock_back)
        return true;
    if (!settle_vanished(s, error))
        return false;
    if (b->stale)
        return true;
    bool limited = limit_of(s, f) >= 0, whole = limited && kind == DELTA_QRESYNC;
    if (!limited && !b->grown && !is_whole(s, &whole, error))
        return false;
    if (whole || (b->grown && !limited)) { /* what came meanwhile is counted when it is fetched */
        *after = BURST_DONE;
        return true;
    }
    bool finished = false;
    burst none = { 0 };
    b->floor = 0;
    if (!sync_whole(s, f, false, false, &none, &finished, error))
        return false;
    *after = finished ? BURST_DONE : BURST_LATER;
    return true;
}

static bool finish_folder(mtm_session *s, guint32 id, bool settled, GError **error)
{
    note_state(s, settled ? CURSOR_WHOLE : CURSOR_AGAIN); /* what is unbound goes then */
    if (settled && !keeper_run(s->m, run_drop_unbound, &id, error))
        return false;
    return mark_seen(s, id, error);
}

bool folder_sync(mtm_session *s, guint32 id, bool *finished, GError **error)
{
    *finished = false;
    store_folder_state state;
    g_autoptr(folder) f = session_folder(s, id, &state, error);
    if (f == NULL)
        return false;
    if (f->local) { /* not on the server yet */
        *finished = true;
        return true;
    }
    account_set_progress(s->a, session_delta(s, &state) != DELTA_NONE ? "flags" : "headers", f->name, 0, 0);
    burst sent = { 0 };
    delta_kind kind;
    box *b = &s->box;
    if (!open_for_sync(s, id, f, &state, &kind, &sent, error))
        return false;
    after_burst after = BURST_COMPARE;
    if (kind != DELTA_NONE && !take_burst(s, f, &state, kind, &sent, &after, error))
        return false;
    bool renumbered = state.uidvalidity != 0 && b->uidvalidity != 0 && state.uidvalidity != b->uidvalidity;
    bool settled = true;
    if (renumbered && !renumber_folder(s, &settled, error))
        return false;
    *finished = after == BURST_DONE;
    if (after == BURST_COMPARE) {
        bool first = state.uidvalidity == 0 || renumbered;
        b->announce = false;
        b->floor = 0;
        if (first || state.provisional)
            note_state(s, CURSOR_NONE);
        if (kind != DELTA_NONE)
            sent = (burst){ 0 }; /* taken */
        if (!sync_whole(s, f, first, !first, &sent, finished, error))
            return false;
    }
    if (!keeper_check(s->m, error))
        return false;
    if (*finished && !finish_folder(s, id, settled, error))
        return false;
    b->synced = *finished;
    b->announce = true;
    b->stale = false;
    return true;
}

bool folder_new(mtm_session *s, GError **error)
{
    box *b = &s->box;
    b->grown = false;
    b->announce = true;
    store_folder_state state;
    g_autoptr(folder) f = session_folder(s, b->folder, &state, error);
    if (f == NULL)
        return false;
    if (state.provisional) {
        todo_add(s, b->folder, false);
        return true;
    }
    b->floor = MAX(state.uidnext, b->highest + 1);
    g_autofree char *set = g_strdup_printf("%u:4294967295", b->floor);
    guint32 fetch = imap_send(s->c, fetch_headers(s, "UID FETCH", set));
    session_idle_behind(s);
    if (!imap_wait(s->c, fetch, NULL, error))
        return false;
    bool whole = true;
    if (limit_of(s, f) < 0 && !b->grown && !is_whole(s, &whole, error))
        return false;
    sync_flush(s);
    if (!whole) { /* a reply got lost: the cursor stays below it */
        todo_add(s, b->folder, false);
        return true;
    }
    state.uidnext = MAX(state.uidnext, b->highest + 1);
    state.server_messages = b->exists;
    state.synced_at_s = clock_now_s();
    keeper_state(s->m, b->folder, &state);
    return mark_seen(s, b->folder, error);
}
