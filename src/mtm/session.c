/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The work session of an account: a thread that connects, synchronises, replays the journal, and then
 * watches by IDLE or waits for the interval.  Requests come from the main thread and end each wait. */
#include "mtm/session.h"
#include "base/clock.h"
#include "base/log.h"

#include <string.h>

enum {
    BACKOFF_FIRST_MS = 1000,
    BACKOFF_MAX_MS = 300 * 1000,
    IDLE_AUTO_S = 540,        /* below the life of a silent connection in common NATs */
    IDLE_MAX_S = 1740,        /* RFC 2177: less than 29 minutes */
    PROBE_MS = 8000,
    SILENCE_MS = 60000,       /* of a server, as link.c sets it */
    NOTIFY_TRUST = 10,        /* intervals: then the folder list is asked for all the same, */
    NOTIFY_TRUST_MS = 30 * 60 * 1000, /* or after this time */
};

/* ---- connection */

static void show_counts(mtm_session *s)
{
    guint64 received = 0, sent = 0;
    if (s->c != NULL)
        imap_connection_counts(s->c, &received, &sent);
    g_mutex_lock(&s->a->mutex);
    s->a->now.received = received;
    s->a->now.sent = sent;
    g_mutex_unlock(&s->a->mutex);
}

static void hang_up(mtm_session *s, bool politely)
{
    box_clear(&s->box);
    watcher_leave(s->a->watcher);
    if (s->c == NULL)
        return;
    if (politely)
        imap_logout(s->c);
    imap_connection_free(s->c);
    s->c = NULL;
    s->enabled_qresync = s->no_condstore = s->no_closed = s->closing = false;
    tree_drop(s);
    g_hash_table_remove_all(s->awaited);
    g_array_set_size(s->loose, 0);
}

static gint64 backoff_ms(mtm_session *s)
{
    gint64 base = BACKOFF_FIRST_MS << MIN(s->failures, 9);
    base = MIN(base, BACKOFF_MAX_MS);
    return base + g_random_int_range(0, (gint32)(base / 4 + 1)); /* jitter: not all clients at once */
}

/* The same failure at every try is one piece of news. */
static bool told_already(mtm_session *s, const mtm_problem *problem)
{
    g_mutex_lock(&s->a->mutex);
    const mtm_problem *last = s->a->now.problem;
    bool same = last != NULL && last->kind == problem->kind && g_strcmp0(last->step, problem->step) == 0 &&
                g_strcmp0(last->detail, problem->detail) == 0;
    g_mutex_unlock(&s->a->mutex);
    return same;
}

/* The link is gone or never came up.  Operations somebody waits for end here; an account that stays online
 * tries again, unless only a person can mend it. */
static void failed(mtm_session *s, mtm_problem *problem)
{
    hang_up(s, false);
    bool cancelled = problem->kind == ERROR_CANCELLED;
    bool told = !cancelled && told_already(s, problem);
    if (!cancelled)
        account_set_problem(s->a, problem);
    session_complete_kind(s, OP_CONNECT, 0, problem);
    session_complete_kind(s, OP_SYNC, 0, problem);
    session_complete_kind(s, OP_FOLDER, 0, problem);
    session_complete_kind(s, OP_TREE, 0, problem);
    session_complete_waiting(s, problem);
    session_tell_others(s);
    g_array_set_size(s->todo, 0);
    s->tree_due = true;
    bool hopeless = problem->kind == ERROR_AUTH || problem->kind == ERROR_INPUT;
    bool again = s->stay && s->settings->stay_online && !hopeless && !cancelled;
    g_mutex_lock(&s->a->mutex);
    bool asked = s->a->password_asked;
    s->a->password_asked = false;
    g_mutex_unlock(&s->a->mutex);
    if (problem->kind == ERROR_AUTH && asked && s->stay)
        again = true; /* a typing mistake: the person is asked again at once */
    if (!again) /* disconnected by the network, for good */
        session_complete_kind(s, OP_STAY, 0, problem);
    s->online_wanted = again;
    s->next_try_ms = again && !asked ? clock_monotonic_ms() + backoff_ms(s) : 0;
    s->failures++;
    g_mutex_lock(&s->a->mutex);
    s->a->now.next_try_s = again ? clock_now_s() + MAX(0, s->next_try_ms - clock_monotonic_ms()) / 1000 : 0;
    s->a->now.next_sync_s = 0;
    s->a->now.idle = false;
    g_mutex_unlock(&s->a->mutex);
    account_set_state(s->a, again ? STATE_WAITING : STATE_OFFLINE, NULL);
    if (!cancelled && !told && s->stay) {
        posted *p = posted_new(MTM_NOTE);
        p->account = g_strdup(s->a->name);
        p->problem = mtm_problem_dup(problem);
        mtm_post(s->m, p);
    }
    mtm_problem_free(problem);
}

bool session_take_loose(mtm_session *s, GError **error)
{
    for (guint i = 0; i < s->loose->len; i++) {
        g_autoptr(imap_reply) r = imap_wait_reply(s->c, g_array_index(s->loose, guint32, i), error);
        if (r == NULL)
            return false;
    }
    g_array_set_size(s->loose, 0);
    return true;
}

void session_send_loose(mtm_session *s, guint32 tag)
{
    if (tag != 0)
        g_array_append_val(s->loose, tag);
}

static void send_id(mtm_session *s)
{
    session_send_loose(s, imap_send_id(s->c));
    /* ENABLE needs no wait: RFC 5161 lets SELECT follow at once. */
    if (imap_has(s->c, "QRESYNC") && imap_has(s->c, "ENABLE")) {
        session_send_loose(s, imap_send_enable(s->c, "QRESYNC"));
        s->enabled_qresync = true;
    }
}

/* A first synchronisation is worth the flight that COMPRESS costs. */
static bool much_to_fetch(mtm_session *s)
{
    if (s->inbox == 0)
        s->inbox = session_inbox(s);
    store_folder_state state = { 0 };
    g_autoptr(folder) inbox = s->inbox != 0 ? session_folder(s, s->inbox, &state, NULL) : NULL;
    return inbox == NULL || state.uidvalidity == 0 || state.provisional;
}

/* Who asks for a connection only gets one: the next synchronisation comes at its time. */
static bool wants_only_the_link(const mtm_session *s)
{
    bool link = false;
    for (guint i = 0; i < s->ops->len; i++) {
        int kind = g_array_index(s->ops, session_op, i).kind;
        if (kind != OP_LINK && kind != OP_WAIT && kind != OP_JOURNAL)
            return false;
        link |= kind == OP_LINK;
    }
    return link && !s->stay;
}

static bool go_online(mtm_session *s)
{
    mtm_problem *problem = NULL;
    g_autoptr(GError) error = NULL;
    g_cancellable_reset(s->cancel);
    s->c = link_open(s->a, s->settings, s->a->name, true, s->cancel, &problem);
    if (s->c != NULL && !link_compress(s->c, s->settings, much_to_fetch(s), &error))
        problem = problem_new(s->settings, "compress", error);
    if (problem != NULL) {
        failed(s, problem);
        return false;
    }
    imap_connection_set_handler(s->c, session_reply, s);
    send_id(s);
    s->failures = 0;
    s->tree_due = s->lead = !wants_only_the_link(s);
    s->synced = !s->tree_due;
    s->next_sync_ms = 0;
    account_set_problem(s->a, NULL);
    account_set_state(s->a, STATE_ONLINE, NULL);
    session_complete_kind(s, OP_CONNECT, 0, NULL);
    session_complete_kind(s, OP_LINK, 0, NULL);
    return true;
}

static bool run_expunge_marked(store *st, gpointer data, GError **error)
{
    const mtm_session *s = data;
    g_autoptr(GArray) ids = store_marked(st, s->a->id, error);
    if (ids == NULL)
        return false;
    GError *cause = NULL;
    if (ids->len > 0)
        store_act_expunge(st, "", (const guint32 *)(const void *)ids->data, ids->len, &cause);
    if (cause != NULL)
        g_propagate_error(error, cause);
    return cause == NULL;
}

/* The setting "expunge-on-disconnect": what was marked here goes now.  Where the link ended by itself that waits for
 * the next end. */
static void expunge_marked(mtm_session *s)
{
    if (s->c == NULL || !s->settings->expunge_on_disconnect)
        return;
    g_autoptr(GError) error = NULL;
    session_finishes(s, true);
    g_cancellable_reset(s->cancel);
    imap_connection_set_timeout(s->c, PROBE_MS);
    if (!keeper_run(s->m, run_expunge_marked, s, &error) || !journal_replay(s, &error))
        log_warn(LOG_MTM, "%s: expunge at the disconnect: %s", s->a->name, error->message);
    session_finishes(s, false);
}

static void go_offline(mtm_session *s)
{
    g_mutex_lock(&s->mutex);
    g_autoptr(GArray) asked = s->disconnect_ops;
    s->disconnect_ops = g_array_new(FALSE, FALSE, sizeof(guint64));
    s->disconnect = false;
    g_mutex_unlock(&s->mutex);
    expunge_marked(s);
    hang_up(s, true);
    mtm_problem *p = session_cancelled_problem();
    session_complete_kind(s, OP_CONNECT, 0, p);
    session_complete_kind(s, OP_SYNC, 0, p);
    session_complete_kind(s, OP_FOLDER, 0, p);
    session_complete_kind(s, OP_TREE, 0, p);
    session_complete_waiting(s, p);
    mtm_problem_free(p);
    session_complete_kind(s, OP_STAY, 0, NULL);
    fetcher_leave(s->a->fetcher);
    g_array_set_size(s->todo, 0);
    s->online_wanted = s->stay = false;
    g_mutex_lock(&s->a->mutex);
    s->a->now.idle = false;
    s->a->now.next_sync_s = s->a->now.next_try_s = 0;
    g_mutex_unlock(&s->a->mutex);
    account_set_state(s->a, STATE_OFFLINE, NULL);
    for (guint i = 0; i < asked->len; i++)
        mtm_post_done(s->m, g_array_index(asked, guint64, i), s->a->name, NULL);
}

/* ---- work */

static guint32 next_folder(mtm_session *s)
{
    guint32 on_screen = session_folder_on_screen(s);
    guint at = 0;
    for (guint i = 0; i < s->todo->len; i++)
        if (g_array_index(s->todo, guint32, i) == on_screen)
            at = i;
    guint32 id = g_array_index(s->todo, guint32, at);
    g_array_remove_index(s->todo, at);
    return id;
}

/* One folder of the list.  A refusal concerns this folder only. */
static bool sync_one(mtm_session *s, GError **error)
{
    guint32 id = next_folder(s);
    bool finished = false;
    g_autoptr(GError) cause = NULL;
    if (folder_sync(s, id, &finished, &cause)) {
        if (finished)
            session_complete_kind(s, OP_FOLDER, id, NULL);
        else
            todo_add(s, id, false);
        if (finished && s->replay_again) {
            s->replay_again = false;
            session_wake(s);
        }
        return true;
    }
    if (!imap_is_refusal(cause) && error_kind_of(cause) != ERROR_INPUT) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return false;
    }
    session_note(s, "select", cause);
    session_complete_kind(s, OP_FOLDER, id, s->partial);
    return true;
}

/* The synchronisation has ended when the bodies that belong to it are here. */
static void hand_over_waiting(mtm_session *s)
{
    for (guint i = s->ops->len; i-- > 0;) {
        session_op o = g_array_index(s->ops, session_op, i);
        if (o.kind != OP_WAIT)
            continue;
        g_array_remove_index(s->ops, i);
        session_forget_op(s, o.op);
        fetcher_wait(s->a->fetcher, o.op);
    }
}

static void all_synced(mtm_session *s)
{
    if (session_awaits_bodies(s))
        return;
    if (s->synced) {
        hand_over_waiting(s);
        return;
    }
    if (s->behind_others && session_others_work(s)) /* they tell when they are done */
        return;
    s->synced = true;
    session_tell_others(s);
    g_mutex_lock(&s->a->mutex);
    s->a->now.synced_at_s = clock_now_s();
    g_mutex_unlock(&s->a->mutex);
    account_set_state(s->a, STATE_ONLINE, NULL);
    /* The operation ends when the bodies are here too; the fetcher completes it. */
    bool handed = false;
    for (guint i = s->ops->len; i-- > 0;) {
        session_op o = g_array_index(s->ops, session_op, i);
        if (o.kind != OP_SYNC)
            continue;
        if (s->partial != NULL) {
            session_complete(s, i, s->partial);
            continue;
        }
        g_array_remove_index(s->ops, i);
        fetcher_prefetch(s->a->fetcher, o.op);
        session_forget_op(s, o.op);
        handed = true;
    }
    g_clear_pointer(&s->partial, mtm_problem_free);
    if (!handed)
        fetcher_prefetch(s->a->fetcher, 0);
    hand_over_waiting(s);
}

static void plan_next_sync(mtm_session *s)
{
    gint64 interval_ms = (gint64)s->settings->sync_interval_s * 1000;
    gint64 now = clock_monotonic_ms();
    if (interval_ms <= 0)
        s->next_sync_ms = 0;
    else if (s->next_sync_ms == 0 || s->next_sync_ms > now + interval_ms)
        s->next_sync_ms = now + interval_ms; /* also when the interval became shorter */
    g_mutex_lock(&s->a->mutex);
    s->a->now.next_sync_s =
        s->next_sync_ms > 0 ? clock_now_s() + MAX(0, s->next_sync_ms - now) / 1000 : 0;
    g_mutex_unlock(&s->a->mutex);
}

static void show_idle(mtm_session *s, bool idle)
{
    show_counts(s);
    g_mutex_lock(&s->a->mutex);
    s->a->now.idle = idle;
    s->a->now.phase = NULL;
    g_mutex_unlock(&s->a->mutex);
    account_changed(s->a);
}

/* Also beside NOTIFY: Dovecot 2.3 tells by it of the first selected folder only, and IDLE costs no flight. */
static bool may_idle(const mtm_session *s)
{
    return s->stay && s->settings->idle && s->box.folder != 0 && imap_has(s->c, "IDLE");
}

static void idle_begin(mtm_session *s)
{
    if (!imap_idle_is_open(s->c))
        s->idle_since_ms = clock_monotonic_ms();
    imap_idle_begin(s->c);
}

void session_idle_behind(mtm_session *s)
{
    guint32 watched = session_folder_on_screen(s);
    if (watched == 0)
        watched = s->inbox;
    if (may_idle(s) && s->todo->len == 0 && s->box.folder == watched)
        idle_begin(s);
}

static gint64 keepalive_ms(const mtm_session *s)
{
    return 1000 * (gint64)(s->settings->idle_timeout_s > 0 ? MIN(s->settings->idle_timeout_s, IDLE_MAX_S) : IDLE_AUTO_S);
}

/* Until the next synchronisation, or until an IDLE is old. */
static bool watch_idle(mtm_session *s, GError **error)
{
    idle_begin(s);
    gint64 renew_ms = s->idle_since_ms + keepalive_ms(s);
    gint64 deadline = s->next_sync_ms > 0 ? MIN(renew_ms, s->next_sync_ms) : renew_ms;
    if (s->replay_ms > 0)
        deadline = MIN(deadline, s->replay_ms);
    show_idle(s, true);
    bool ok = imap_idle_listen(s->c, deadline, s->wake.fds[0], error);
    show_idle(s, false);
    return ok && (clock_monotonic_ms() < renew_ms || !imap_idle_is_open(s->c) || imap_idle_end(s->c, error));
}

/* Where the server has no IDLE, or it is not wanted. */
static bool watch_quietly(mtm_session *s, GError **error)
{
    gint64 deadline = clock_monotonic_ms() + keepalive_ms(s);
    if (s->next_sync_ms > 0)
        deadline = MIN(deadline, s->next_sync_ms);
    if (s->replay_ms > 0)
        deadline = MIN(deadline, s->replay_ms);
    show_idle(s, s->notified);
    bool ok = imap_linger(s->c, deadline, s->wake.fds[0], error);
    show_idle(s, false);
    /* Keeps the link and NATs awake; what changed is told in its answer. */
    if (ok && clock_monotonic_ms() >= deadline && (s->next_sync_ms == 0 || deadline < s->next_sync_ms))
        ok = imap_wait(s->c, imap_send_text(s->c, "NOOP"), NULL, error);
    return ok;
}

/* The interval is over.  A server that tells everything by itself is asked rarely. */
static void resync_due(mtm_session *s)
{
    gint64 trust_ms = MIN((gint64)s->settings->sync_interval_s * 1000 * NOTIFY_TRUST, NOTIFY_TRUST_MS);
    s->next_sync_ms = 0;
    s->synced = false;
    s->seen_due = true;
    if (s->settings->seen == SEEN_SYNC)
        session_wake(s);
    if (!s->notified || clock_monotonic_ms() - s->tree_ms >= trust_ms) {
        s->notified = false; /* and it is set again */
        s->tree_due = true;
    }
}

/* Everything is done: watch until something happens. */
static bool watch(mtm_session *s, GError **error)
{
    plan_next_sync(s);
    if (s->inbox == 0)
        s->inbox = session_inbox(s);
    watcher_want(s->a->watcher, may_idle(s) && !s->notified && s->inbox != 0 && s->inbox != s->box.folder);
    bool ok = may_idle(s) ? watch_idle(s, error) : watch_quietly(s, error);
    if (ok && s->next_sync_ms > 0 && clock_monotonic_ms() >= s->next_sync_ms)
        resync_due(s);
    return ok;
}

/* News of the selected folder that the handler has noted. */
static bool box_news(mtm_session *s, GError **error)
{
    sync_flush(s);
    if (!tree_news(s, error))
        return false;
    if (s->box.folder == 0)
        return true;
    g_autoptr(GError) cause = NULL;
    if (!settle_vanished(s, &cause)) {
        if (!imap_is_refusal(cause)) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return false;
        }
        session_note(s, "sync", cause); /* kept; the cursor stays where it was */
    }
    if (s->box.stale) {
        s->box.stale = false;
        todo_add(s, s->box.folder, true);
    } else if (s->box.grown) {
        return folder_new(s, error);
    }
    return true;
}

/* The folder to watch is the one on the screen, else the inbox: selected by synchronising it. */
static bool choose_watched(mtm_session *s)
{
    if (!s->stay)
        return false;
    guint32 wanted = session_folder_on_screen(s);
    if (wanted == 0)
        wanted = s->inbox = s->inbox != 0 ? s->inbox : session_inbox(s);
    if (wanted == 0 || wanted == s->box.folder || wanted == s->unwatchable)
        return false;
    todo_add(s, wanted, true);
    s->unwatchable = wanted; /* not again when it cannot be selected */
    return true;
}

static bool wants_only_the_tree(const mtm_session *s)
{
    for (guint i = 0; i < s->ops->len; i++)
        if (g_array_index(s->ops, session_op, i).kind != OP_TREE)
            return false;
    return true;
}

/* The first folder after the login comes before the folder list: it is what the person looks at. */
static bool sync_lead(mtm_session *s, GError **error)
{
    s->lead = false;
    if (wants_only_the_tree(s))
        return true;
    guint32 id = session_folder_on_screen(s);
    if (id == 0)
        id = s->inbox = session_inbox(s);
    if (id == 0 || (id == s->box.folder && s->box.synced)) /* the journal came before */
        return true;
    todo_add(s, id, true);
    return sync_one(s, error);
}

/* A dead link says nothing: without a question it would be waited for until a timeout. */
static bool probe(mtm_session *s, GError **error)
{
    s->probe_due = false;
    imap_connection_set_timeout(s->c, PROBE_MS);
    bool ok = imap_wait(s->c, imap_send_text(s->c, "NOOP"), NULL, error);
    imap_connection_set_timeout(s->c, SILENCE_MS);
    return ok;
}

static bool replay_due(mtm_session *s)
{
    bool due = session_take_journal_due(s);
    return due || (s->replay_ms > 0 && clock_monotonic_ms() >= s->replay_ms);
}

static bool step(mtm_session *s, GError **error)
{
    if (s->probe_due && !probe(s, error))
        return false;
    session_complete_kind(s, OP_CONNECT, 0, NULL); /* asked for while there was a link */
    session_complete_kind(s, OP_LINK, 0, NULL);
    if (replay_due(s)) {
        if (!journal_replay(s, error))
            return false;
        s->seen_due = false;
    }
    /* What is uploaded may come from another account, and a folder may have to be synchronised first. */
    if (!session_awaits_bodies(s) && !(s->replay_again && s->todo->len > 0))
        session_complete_kind(s, OP_JOURNAL, 0, NULL);
    if (s->lead)
        return sync_lead(s, error);
    if (s->tree_due) {
        if (!tree_sync(s, error))
            return false;
        session_complete_kind(s, OP_TREE, 0, NULL);
        return box_news(s, error);
    }
    if (!box_news(s, error))
        return false;
    if (s->todo->len > 0)
        return sync_one(s, error);
    if (choose_watched(s))
        return true;
    all_synced(s);
    if (!watch(s, error))
        return false;
    if (session_disconnect_asked(s))
        return true;
    s->unwatchable = s->box.folder == session_folder_on_screen(s) ? 0 : s->unwatchable;
    return box_news(s, error);
}

static bool count_rows(store *st, gpointer data, GError **error)
{
    mtm_session *s = data;
    g_autoptr(GPtrArray) rows = store_journal(st, s->a->id, 0, error);
    if (rows == NULL)
        return false;
    session_show_rows(s, rows);
    return true;
}

static void wait_offline(mtm_session *s)
{
    session_complete_kind(s, OP_WAIT, 0, NULL); /* none runs */
    g_autoptr(GError) error = NULL;
    error_set(&error, ERROR_NETWORK, "not connected");
    mtm_problem *problem = problem_new(s->settings, "connect", error);
    session_complete_kind(s, OP_JOURNAL, 0, problem);
    mtm_problem_free(problem);
    if (session_take_journal_due(s))
        keeper_run(s->m, count_rows, s, NULL);
    wake_wait(&s->wake, s->online_wanted ? s->next_try_ms : 0);
}

static gpointer session_main(gpointer data)
{
    mtm_session *s = data;
    s->journal_due = true;
    while (session_take_requests(s)) {
        if (session_disconnect_asked(s)) {
            go_offline(s);
            continue;
        }
        if (!s->online_wanted || (s->c == NULL && s->next_try_ms > clock_monotonic_ms())) {
            wait_offline(s);
            continue;
        }
        if (s->c == NULL) {
            if (go_online(s))
                session_wake(s); /* the journal comes first */
            continue;
        }
        g_autoptr(GError) error = NULL;
        if (!step(s, &error)) {
            bool network = error_kind_of(error) != ERROR_DISK;
            failed(s, problem_new(s->settings, network ? "session" : "store", error));
        }
    }
    bool politely = !g_cancellable_is_cancelled(s->cancel);
    if (politely)
        expunge_marked(s);
    hang_up(s, politely);
    mtm_problem *p = session_cancelled_problem();
    while (s->ops->len > 0)
        session_complete(s, 0, g_array_index(s->ops, session_op, 0).kind == OP_STAY ? NULL : p);
    mtm_problem_free(p);
    archive_handle_clear(&s->bodies);
    return NULL;
}

/* ---- life */

static void copy_told_free(gpointer data)
{
    copy_told *c = data;
    uid_set_free(c->from);
    uid_set_free(c->to);
    g_free(c);
}

mtm_session *session_new(mtm_account_entry *a)
{
    mtm_session *s = g_new0(mtm_session, 1);
    s->m = a->m;
    s->a = a;
    s->cancel = g_cancellable_new();
    wake_open(&s->wake);
    g_mutex_init(&s->mutex);
    s->requests = g_array_new(FALSE, FALSE, sizeof(session_op));
    s->ops = g_array_new(FALSE, FALSE, sizeof(session_op));
    s->todo = g_array_new(FALSE, FALSE, sizeof(guint32));
    s->cancelled = g_array_new(FALSE, FALSE, sizeof(guint64));
    s->live = g_array_new(FALSE, FALSE, sizeof(guint64));
    s->disconnect_ops = g_array_new(FALSE, FALSE, sizeof(guint64));
    s->loose = g_array_new(FALSE, FALSE, sizeof(guint32));
    s->unbrought = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    s->awaited = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    s->leftovers = g_array_new(FALSE, FALSE, sizeof(leftover));
    s->copied = g_ptr_array_new_with_free_func(copy_told_free);
    s->unfetchable = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, (GDestroyNotify)uid_set_free);
    s->renumbered_ms = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    s->thread = g_thread_new("session", session_main, s);
    return s;
}

void session_stop(mtm_session *s)
{
    g_mutex_lock(&s->mutex);
    s->stopping = true;
    g_mutex_unlock(&s->mutex);
    wake_signal(&s->wake);
    session_break_off(s);
}

void session_join(mtm_session *s)
{
    if (s != NULL && s->thread != NULL)
        g_thread_join(g_steal_pointer(&s->thread));
}

void session_free(mtm_session *s)
{
    if (s == NULL)
        return;
    account_settings_free(s->settings);
    g_object_unref(s->cancel);
    wake_close(&s->wake);
    g_mutex_clear(&s->mutex);
    g_array_unref(s->requests);
    g_array_unref(s->ops);
    g_array_unref(s->todo);
    g_array_unref(s->cancelled);
    g_array_unref(s->live);
    g_array_unref(s->disconnect_ops);
    g_array_unref(s->loose);
    g_hash_table_unref(s->unbrought);
    g_hash_table_unref(s->awaited);
    g_array_unref(s->leftovers);
    g_ptr_array_unref(s->copied);
    g_hash_table_unref(s->unfetchable);
    g_hash_table_unref(s->renumbered_ms);
    mtm_problem_free(s->partial);
    g_free(s);
}
