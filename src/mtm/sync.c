/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One folder brought to what the server has: the reply handler, first synchronisation newest first in
 * pipelined windows, the delta by QRESYNC, else the comparison of UID sets and flags. */
#include "mtm/session.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "mime/header.h"

#include <string.h>

enum {
    BATCH = 250,            /* summaries handed to the keeper at once */
    FLAG_BATCH = 2000,
    FLUSH_MS = 400,         /* on a slow line fewer at once: rows appear as they come */
    TELL_MS = 100,          /* between two words of progress */
    FIRST_WINDOW = 50,      /* one screen */
    WINDOW = 500,
    WINDOW_FAST_MS = 500,   /* a window that came faster may grow */
    WINDOW_SLOW_MS = 1500,  /* one that took longer shrinks: an act waits for those in flight */
    WINDOWS_IN_FLIGHT = 3,  /* so that the pipe never drains */
    SET_BYTES = 4000,       /* of a UID set in one command: below every known server's line limit */
};

/* Content-Type stands in for BODYSTRUCTURE: it costs the server no body parse, and the structure of
 * a stored body is known exactly anyway. */
#define HEADER_ITEMS                                                                               \
    "BODY.PEEK[HEADER.FIELDS (DATE FROM TO CC SUBJECT MESSAGE-ID IN-REPLY-TO REFERENCES "          \
    "CONTENT-TYPE LIST-ID)]"

/* ---- the handler */

void sync_flush(mtm_session *s)
{
    box *b = &s->box;
    b->flushed_ms = clock_monotonic_ms();
    if (b->batch != NULL && b->batch->len > 0)
        keeper_add(s->m, s->a->id, b->folder, g_steal_pointer(&b->batch), b->announce);
    if (b->flags != NULL && flag_batch_count(b->flags) > 0)
        keeper_flags(s->m, b->folder, g_steal_pointer(&b->flags));
}

static void take_message(mtm_session *s, const imap_fetch *f)
{
    box *b = &s->box;
    if (f->uid < b->floor)
        return; /* "n:*" names the last message even when it lies below n (RFC 9051 section 6.4.8) */
    gsize n = 0;
    const char *block = g_bytes_get_data(f->header, &n);
    mail_summary *m = mail_summary_new();
    mime_header_summary(block, n, m);
    m->uid = f->uid;
    m->flags = f->flags;
    g_free(m->keywords);
    m->keywords = g_strdup(f->keywords != NULL ? f->keywords : "");
    m->received_s = f->received_s;
    m->size = f->size;
    m->modseq = f->modseq;
    if (b->batch == NULL)
        b->batch = g_ptr_array_new_with_free_func((GDestroyNotify)mail_summary_free);
    g_ptr_array_add(b->batch, m);
    b->highest = MAX(b->highest, f->uid);
    b->fetched++;
    gint64 now_ms = clock_monotonic_ms();
    if (b->batch->len >= BATCH || b->fetched == FIRST_WINDOW || now_ms - b->flushed_ms >= FLUSH_MS)
        sync_flush(s);
    if (b->wanted > 0 && now_ms - b->told_ms >= TELL_MS) {
        b->told_ms = now_ms;
        account_set_progress(s->a, "headers", b->name, b->fetched, b->wanted);
    }
}

static void take_flags(mtm_session *s, const imap_fetch *f)
{
    box *b = &s->box;
    if (f->uid == 0) {
        b->stale = true; /* only a sequence number: which message is meant is not certain */
        imap_idle_break(s->c);
        return;
    }
    if (b->flags == NULL)
        b->flags = flag_batch_new();
    flag_batch_add(b->flags, f->uid, f->flags, f->keywords, f->modseq);
    if (flag_batch_count(b->flags) >= FLAG_BATCH)
        sync_flush(s);
}

static void take_vanished(mtm_session *s, const imap_reply *r)
{
    box *b = &s->box;
    if (r->set == NULL)
        return;
    sync_flush(s);
    keeper_vanished(s->m, b->folder, uid_set_dup(r->set));
    guint64 n = uid_set_count(r->set);
    if (!r->earlier)
        b->exists = n < b->exists ? b->exists - (guint32)n : 0;
}

static void take_status(mtm_session *s, const imap_reply *r)
{
    box *b = &s->box;
    switch (r->code) {
    case CODE_UIDVALIDITY:
        b->uidvalidity = (guint32)r->number;
        break;
    case CODE_UIDNEXT:
        b->uidnext = (guint32)r->number;
        break;
    case CODE_HIGHESTMODSEQ:
        b->modseq = r->number;
        break;
    case CODE_NOMODSEQ:
        b->modseq = 0;
        break;
    default:
        break;
    }
}

static void take_listed(mtm_session *s, const imap_reply *r)
{
    if (r->kind == IMAP_STATUS) {
        imap_reply *own = (imap_reply *)r; /* fields may be stolen: connection.h */
        if (s->status == NULL || r->status == NULL)
            return;
        imap_status *status = g_steal_pointer(&own->status);
        g_hash_table_replace(s->status, status->wire_name, status);
        return;
    }
    if (s->listed == NULL || r->list == NULL || s->listed->len >= LIMIT_FOLDERS)
        return;
    const imap_list *l = r->list;
    folder *f = g_new0(folder, 1);
    f->name = g_strdup(l->name);
    f->wire_name = g_strdup(l->wire_name);
    f->delimiter = l->delimiter;
    f->role = strcmp(l->name, "INBOX") == 0 ? ROLE_INBOX : l->role;
    f->selectable = !l->noselect && !l->nonexistent;
    f->subscribed = l->subscribed || r->kind == IMAP_LSUB;
    g_ptr_array_add(s->listed, f);
}

bool session_reply(const imap_reply *r, gpointer data)
{
    mtm_session *s = data;
    box *b = &s->box;
    switch (r->kind) {
    case IMAP_LIST:
    case IMAP_LSUB:
    case IMAP_STATUS:
        take_listed(s, r);
        break;
    case IMAP_OK:
        take_status(s, r);
        break;
    case IMAP_EXISTS:
        if ((guint32)r->number > b->exists)
            b->grown = true;
        b->exists = (guint32)MIN(r->number, G_MAXUINT32);
        imap_idle_break(s->c);
        break;
    case IMAP_EXPUNGE:
        if (b->exists > 0)
            b->exists--;
        b->stale = true;
        imap_idle_break(s->c);
        break;
    case IMAP_VANISHED:
        if (b->folder != 0)
            take_vanished(s, r);
        if (!r->earlier)
            imap_idle_break(s->c);
        break;
    case IMAP_FETCH:
        if (b->folder == 0 || r->fetch == NULL)
            break;
        if (r->fetch->header != NULL && r->fetch->uid != 0) {
            take_message(s, r->fetch);
        } else if (r->fetch->has_flags) {
            take_flags(s, r->fetch);
            imap_idle_break(s->c);
        }
        break;
    case IMAP_SEARCH:
    case IMAP_ESEARCH:
        if (r->set != NULL && b->search != NULL)
            for (guint i = 0; i < r->set->ranges->len; i++) {
                uid_range range = g_array_index(r->set->ranges, uid_range, i);
                uid_set_add_range(b->search, range.first, range.last);
            }
        break;
    default:
        break;
    }
    return true;
}

void box_clear(box *b)
{
    g_free(b->name);
    uid_set_free(b->search);
    if (b->batch != NULL)
        g_ptr_array_unref(b->batch);
    if (b->flags != NULL)
        flag_batch_free(b->flags);
    memset(b, 0, sizeof *b);
}

/* ---- what the keeper knows */

typedef struct folder_load {
    guint32 id;
    folder *f;
    store_folder_state state;
} folder_load;

static bool load_folder(store *st, gpointer data, GError **error)
{
    folder_load *l = data;
    l->f = store_folder(st, l->id, error);
    if (l->f == NULL) {
        if (error != NULL && *error == NULL)
            error_set(error, ERROR_INPUT, "no such folder");
        return false;
    }
    return store_folder_state_get(st, l->id, &l->state, error);
}

folder *session_folder(mtm_session *s, guint32 id, store_folder_state *state, GError **error)
{
    folder_load l = { .id = id };
    if (!keeper_run(s->m, load_folder, &l, error)) {
        folder_free(l.f);
        return NULL;
    }
    if (state != NULL)
        *state = l.state;
    return l.f;
}

/* An account that has never been listed has an INBOX all the same (RFC 9051 section 5.1): it can be
 * synchronised before LIST is answered. */
static bool find_inbox(store *st, gpointer data, GError **error)
{
    folder_load *l = data;
    l->f = store_folder_find(st, l->id, "INBOX");
    if (l->f != NULL)
        return true;
    g_autoptr(GPtrArray) known = store_folders(st, l->id, error);
    if (known == NULL || known->len > 0)
        return known != NULL;
    folder inbox = { .name = (char[]){ "INBOX" }, .wire_name = (char[]){ "INBOX" }, .role = ROLE_INBOX,
                     .selectable = true };
    g_ptr_array_set_free_func(known, NULL);
    g_ptr_array_add(known, &inbox);
    if (!store_folders_apply(st, l->id, known, NULL, error))
        return false;
    l->f = store_folder_find(st, l->id, "INBOX");
    return true;
}

guint32 session_inbox(mtm_session *s)
{
    folder_load l = { .id = s->a->id };
    if (!keeper_run(s->m, find_inbox, &l, NULL) || l.f == NULL)
        return 0;
    guint32 id = l.f->id;
    folder_free(l.f);
    return id;
}

typedef struct uids_load {
    guint32 folder;
    uid_set *set;
} uids_load;

static bool load_uids(store *st, gpointer data, GError **error)
{
    uids_load *l = data;
    l->set = store_uids(st, l->folder, error);
    return l->set != NULL;
}

static uid_set *stored_uids(mtm_session *s, guint32 id, GError **error)
{
    uids_load l = { .folder = id };
    sync_flush(s);
    return keeper_run(s->m, load_uids, &l, error) ? l.set : NULL;
}

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

/* ---- commands */

static GString *fetch_command(mtm_session *s, const char *verb, const char *set)
{
    GString *c = imap_command(verb);
    imap_add_text(c, set);
    imap_add_text(c, s->enabled_qresync ? "(UID FLAGS MODSEQ INTERNALDATE RFC822.SIZE " HEADER_ITEMS ")"
                                        : "(UID FLAGS INTERNALDATE RFC822.SIZE " HEADER_ITEMS ")");
    return c;
}

/* SELECT; with delta the QRESYNC parameters and the fetch of what is new go in the same flight. */
bool box_select(mtm_session *s, guint32 id, const folder *f, const store_folder_state *state, bool delta,
                guint32 *fetch_tag, GError **error)
{
    box_clear(&s->box);
    s->box.folder = id;
    s->box.name = g_strdup(f->name);
    GString *command = imap_command("SELECT");
    if (!imap_add_mailbox(s->c, command, f->wire_name)) {
        g_string_free(command, TRUE);
        error_set(error, ERROR_INPUT, "the folder's name cannot be sent");
        box_clear(&s->box);
        return false;
    }
    if (delta) {
        g_autofree char *parameters = g_strdup_printf("(QRESYNC (%u %" G_GUINT64_FORMAT "))",
                                                      state->uidvalidity, state->highestmodseq);
        imap_add_text(command, parameters);
    }
    guint32 select = imap_send(s->c, command);
    if (fetch_tag != NULL) {
        g_autofree char *set = g_strdup_printf("%u:*", MAX(state->uidnext, 1));
        s->box.announce = true;
        s->box.floor = MAX(state->uidnext, 1);
        s->box.highest = s->box.floor - 1;
        *fetch_tag = imap_send(s->c, fetch_command(s, "UID FETCH", set));
    }
    if (imap_wait(s->c, select, NULL, error)) {
        s->box.grown = false;
        s->box.base_modseq = s->box.modseq;
        return true;
    }
    if (fetch_tag != NULL) { /* its refusal is to be expected */
        imap_reply_free(imap_wait_reply(s->c, *fetch_tag, NULL));
        *fetch_tag = 0;
    }
    box_clear(&s->box);
    return false;
}

static void note_state(mtm_session *s, bool provisional)
{
    box *b = &s->box;
    store_folder_state state = { .uidvalidity = b->uidvalidity, .server_messages = b->exists,
                                 .provisional = provisional };
    if (!provisional) {
        state.uidnext = MAX(b->uidnext, b->highest + 1);
        state.highestmodseq = b->base_modseq;
        state.synced_at_s = clock_now_s();
    }
    state.server_unseen = G_MAXUINT32;
    keeper_state(s->m, b->folder, &state);
}

/* ---- windows */

static guint32 send_window(mtm_session *s, uid_set *missing, guint32 size)
{
    g_autoptr(uid_set) window = uid_set_take_newest(missing, size);
    g_autofree char *set = uid_set_format(window);
    return imap_send(s->c, fetch_command(s, "UID FETCH", set));
}

static guint32 next_size(guint32 size, gint64 took_ms)
{
    if (took_ms > WINDOW_SLOW_MS)
        return MAX(size / 2, (guint32)FIRST_WINDOW);
    return took_ms < WINDOW_FAST_MS ? MIN(size * 2, (guint32)WINDOW) : size;
}

/* Fetch the headers of missing, newest first, some windows in flight.  *finished is false when something
 * more urgent came: what was fetched is stored, the rest is found missing again. */
static bool fetch_windows(mtm_session *s, uid_set *missing, bool *finished, GError **error)
{
    GQueue tags = G_QUEUE_INIT;
    bool ok = true, interrupted = false;
    guint32 size = s->box.fetched > 0 ? 2 * FIRST_WINDOW : FIRST_WINDOW;
    gint64 began = clock_monotonic_ms();
    while (ok && (!g_queue_is_empty(&tags) || (uid_set_count(missing) > 0 && !interrupted))) {
        while (tags.length < WINDOWS_IN_FLIGHT && uid_set_count(missing) > 0 && !interrupted)
            g_queue_push_tail(&tags, GUINT_TO_POINTER(send_window(s, missing, size)));
        guint32 tag = GPOINTER_TO_UINT(g_queue_pop_head(&tags));
        ok = imap_wait(s->c, tag, NULL, error);
        size = next_size(size, clock_monotonic_ms() - began);
        began = clock_monotonic_ms();
        account_set_progress(s->a, "headers", s->box.name, s->box.fetched, s->box.wanted);
        interrupted = interrupted || session_interrupted(s);
    }
    g_queue_clear(&tags);
    sync_flush(s);
    *finished = !interrupted || uid_set_count(missing) == 0;
    return ok;
}

static guint32 send_search(mtm_session *s)
{
    uid_set_free(s->box.search);
    s->box.search = uid_set_new();
    return imap_send_text(s->c, imap_has(s->c, "ESEARCH") ? "UID SEARCH RETURN (ALL) ALL" : "UID SEARCH ALL");
}

/* The newest messages by sequence number and the whole UID list in one flight. */
static bool search_with_first_window(mtm_session *s, guint32 window, GError **error)
{
    box *b = &s->box;
    guint32 fetch = 0;
    if (window > 0 && b->exists > 0) {
        g_autofree char *set = g_strdup_printf("%u:%u", b->exists > window ? b->exists - window + 1 : 1, b->exists);
        fetch = imap_send(s->c, fetch_command(s, "FETCH", set));
    }
    guint32 search = send_search(s);
    if (fetch != 0 && !imap_wait(s->c, fetch, NULL, error))
        return false;
    sync_flush(s);
    if (!imap_wait(s->c, search, NULL, error))
        return false;
    if (uid_set_count(b->search) > 0 || b->exists == 0)
        return true;
    /* What the server does not list would be taken for deleted. */
    error_set(error, ERROR_PROTOCOL, "%s holds %u messages, and the server lists none of them", b->name, b->exists);
    return false;
}

static bool fetch_all_flags(mtm_session *s, const uid_set *set, GError **error)
{
    g_autoptr(GPtrArray) pieces = uid_set_format_pieces(set, SET_BYTES);
    g_autoptr(GArray) tags = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (guint i = 0; i < pieces->len; i++) {
        GString *c = imap_command("UID FETCH");
        imap_add_text(c, g_ptr_array_index(pieces, i));
        imap_add_text(c, "(UID FLAGS)");
        guint32 tag = imap_send(s->c, c);
        g_array_append_val(tags, tag);
    }
    for (guint i = 0; i < tags->len; i++)
        if (!imap_wait(s->c, g_array_index(tags, guint32, i), NULL, error))
            return false;
    sync_flush(s);
    return true;
}

static int limit_of(mtm_session *s, const folder *f)
{
    return f->role == ROLE_INBOX ? s->settings->inbox_limit : s->settings->folder_limit;
}

/* Compare the server's whole UID list with what is stored. */
static bool sync_whole(mtm_session *s, const folder *f, bool first, bool *finished, GError **error)
{
    box *b = &s->box;
    int limit = limit_of(s, f);
    guint32 window = !first ? 0 : limit >= 0 ? MIN((guint32)limit, (guint32)FIRST_WINDOW) : FIRST_WINDOW;
    if (!search_with_first_window(s, window, error))
        return false;
    if (s->tree_due && !tree_sync(s, error)) /* the folder list follows the first screen */
        return false;
    g_autoptr(uid_set) stored = stored_uids(s, b->folder, error);
    if (stored == NULL)
        return false;
    uid_set *gone = uid_set_minus(stored, b->search);
    g_autoptr(uid_set) known = uid_set_minus(stored, gone);
    if (uid_set_count(gone) > 0)
        keeper_vanished(s->m, b->folder, gone);
    else
        uid_set_free(gone);
    g_autoptr(uid_set) missing = uid_set_minus(b->search, stored);
    if (limit >= 0) {
        g_autoptr(uid_set) rest = uid_set_dup(b->search);
        g_autoptr(uid_set) wanted = uid_set_take_newest(rest, (guint32)limit);
        g_autoptr(uid_set) beyond = uid_set_minus(missing, wanted);
        uid_set *some = uid_set_minus(missing, beyond);
        uid_set_free(missing);
        missing = some;
    }
    b->highest = MAX(b->highest, uid_set_max(b->search));
    b->wanted = b->fetched + uid_set_count(missing);
    if (!first && !fetch_all_flags(s, known, error))
        return false;
    account_set_progress(s->a, "headers", b->name, b->fetched, b->wanted);
    return fetch_windows(s, missing, finished, error);
}

/* SELECT, by QRESYNC where *delta; a server that announces it and then refuses is selected plainly. */
static bool select_for_sync(mtm_session *s, guint32 id, const folder *f, const store_folder_state *state, bool *delta,
                            guint32 *fetch, GError **error)
{
    g_autoptr(GError) cause = NULL;
    if (box_select(s, id, f, state, *delta, *delta ? fetch : NULL, &cause))
        return true;
    if (*delta && error_kind_of(cause) == ERROR_PROTOCOL) {
        log_warn(LOG_MTM, "%s: QRESYNC is announced but does not work: %s", s->a->name, cause->message);
        s->enabled_qresync = *delta = false;
        return box_select(s, id, f, state, false, NULL, error);
    }
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
}

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
    return v->n == 0 || store_act_flag(st, "seen", ids, v->n, FLAG_SEEN, 0, NULL, NULL, error) != 0;
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

bool folder_sync(mtm_session *s, guint32 id, bool *finished, GError **error)
{
    *finished = false;
    store_folder_state state;
    g_autoptr(folder) f = session_folder(s, id, &state, error);
    if (f == NULL)
        return false;
    bool delta = s->enabled_qresync && state.uidvalidity != 0 && state.highestmodseq > 0 && !state.provisional;
    account_set_progress(s->a, delta ? "flags" : "headers", f->name, 0, 0);
    guint32 fetch = 0;
    if (!select_for_sync(s, id, f, &state, &delta, &fetch, error))
        return false;
    box *b = &s->box;
    bool renumbered = state.uidvalidity != 0 && b->uidvalidity != 0 && state.uidvalidity != b->uidvalidity;
    if (delta && !imap_wait(s->c, fetch, NULL, error))
        return false;
    if (delta && b->base_modseq < state.highestmodseq)
        delta = false; /* the server's clock of changes went back: compare the whole */
    if (renumbered) {
        /* What came with the delta belongs to the new numbering, and is fetched again. */
        log_info(LOG_MTM, "%s: UIDVALIDITY of %s changed", s->a->name, f->name);
        g_clear_pointer(&b->batch, g_ptr_array_unref);
        renumber r = { id, b->uidvalidity };
        if (!keeper_run(s->m, run_renumber, &r, error))
            return false;
        delta = false;
    }
    sync_flush(s);
    if (delta) {
        *finished = true;
    } else {
        bool first = state.uidvalidity == 0 || renumbered;
        b->announce = false;
        b->floor = 0;
        if (first || state.provisional)
            note_state(s, true);
        if (!sync_whole(s, f, first, finished, error))
            return false;
    }
    if (!keeper_check(s->m, error))
        return false;
    if (*finished) {
        note_state(s, false);
        if (!keeper_run(s->m, run_drop_unbound, &id, error) || !mark_seen(s, id, error))
            return false;
    }
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
    g_autofree char *set = g_strdup_printf("%u:*", b->floor);
    if (!imap_run(s->c, fetch_command(s, "UID FETCH", set), NULL, error))
        return false;
    sync_flush(s);
    state.uidnext = MAX(state.uidnext, b->highest + 1);
    state.server_messages = b->exists;
    state.synced_at_s = clock_now_s();
    keeper_state(s->m, b->folder, &state);
    return mark_seen(s, b->folder, error);
}
