/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is asked of a session: requests from the main thread, kept until the session looks, and the operations
 * that came of them, each completed exactly once. */
#include "mtm/session.h"
#include "base/clock.h"

enum { BRING_AGAIN_MS = 60 * 1000 }; /* a body is asked for again where its server did not answer */

/* ---- requests, main thread */

static void request(mtm_session *s, session_op op)
{
    g_mutex_lock(&s->mutex);
    g_array_append_val(s->requests, op);
    g_array_append_val(s->live, op.op);
    s->nstay += op.kind == OP_STAY ? 1 : 0;
    s->connect_now = true;
    g_mutex_unlock(&s->mutex);
    g_mutex_lock(&s->a->mutex);
    s->a->now.listing |= s->a->now.state == STATE_OFFLINE;
    g_mutex_unlock(&s->a->mutex);
    account_changed(s->a);
    wake_signal(&s->wake);
}

void session_connect(mtm_session *s, mtm_until until, guint64 op)
{
    session_op o = { .op = op,
                     .kind = until == UNTIL_CONNECT ? OP_CONNECT : until == UNTIL_SYNC ? OP_SYNC : OP_STAY };
    request(s, o);
}

void session_sync_folder(mtm_session *s, guint32 id, bool new_only, guint64 op)
{
    (void)new_only; /* the delta is what costs least */
    session_op o = { .op = op, .kind = OP_FOLDER, .folder = id };
    request(s, o);
}

void session_sync_tree(mtm_session *s, guint64 op)
{
    session_op o = { .op = op, .kind = OP_TREE };
    request(s, o);
}

void session_link(mtm_session *s, guint64 op)
{
    request(s, (session_op){ .op = op, .kind = OP_LINK });
}

void session_list_again(mtm_session *s)
{
    g_mutex_lock(&s->mutex);
    s->list_again = true;
    g_mutex_unlock(&s->mutex);
    wake_signal(&s->wake);
}

void session_sync_wait(mtm_session *s, guint64 op)
{
    request(s, (session_op){ .op = op, .kind = OP_WAIT });
}

void session_replay(mtm_session *s, guint64 op)
{
    request(s, (session_op){ .op = op, .kind = OP_JOURNAL });
}

bool session_busy(mtm_session *s)
{
    g_mutex_lock(&s->mutex);
    bool busy = s->live->len > s->nstay || s->disconnect;
    g_mutex_unlock(&s->mutex);
    return busy;
}

void session_disconnect(mtm_session *s, guint64 op, bool now)
{
    g_mutex_lock(&s->mutex);
    s->disconnect = true;
    g_array_append_val(s->disconnect_ops, op);
    g_mutex_unlock(&s->mutex);
    wake_signal(&s->wake);
    if (now)
        session_break_off(s);
}

/* A wait for the server ends at once; a session that only watches has time for DONE, the last expunges and LOGOUT. */
void session_break_off(mtm_session *s)
{
    g_mutex_lock(&s->a->mutex);
    bool watches = s->a->now.idle || (s->a->now.state == STATE_ONLINE && s->a->now.phase == NULL);
    g_mutex_unlock(&s->a->mutex);
    g_mutex_lock(&s->mutex);
    bool finishing = s->finishing;
    g_mutex_unlock(&s->mutex);
    if (!watches && !finishing)
        g_cancellable_cancel(s->cancel);
}

static void wake_others(mtm *m, posted *p)
{
    for (guint i = 0; i < m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        if (a->session != NULL && a != p->data)
            session_wake(a->session);
    }
}

void session_tell_others(mtm_session *s)
{
    if (s->m->accounts->len < 2)
        return;
    posted *p = posted_new(MTM_CHANGED);
    p->quiet = true;
    p->apply = wake_others;
    p->data = s->a;
    mtm_post(s->m, p);
}

static bool works(mtm_account_entry *a)
{
    g_mutex_lock(&a->session->mutex);
    bool asked = a->session->live->len > 0, uploads = a->session->bodies_awaited > 0;
    g_mutex_unlock(&a->session->mutex);
    g_mutex_lock(&a->mutex);
    bool waits = a->now.state == STATE_WAITING || (a->now.state == STATE_ONLINE && a->now.phase == NULL);
    g_mutex_unlock(&a->mutex);
    return uploads || (asked && !waits);
}

bool session_others_work(mtm_session *s)
{
    for (guint i = 0; i < s->m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(s->m->accounts, i);
        if (a != s->a && a->session != NULL && works(a))
            return true;
    }
    return false;
}

void session_finishes(mtm_session *s, bool finishing)
{
    g_mutex_lock(&s->mutex);
    s->finishing = finishing;
    g_mutex_unlock(&s->mutex);
}

void session_sync_cancel(mtm_session *s)
{
    g_mutex_lock(&s->mutex);
    s->cancel_below = atomic_load(&s->m->next_op) + 1;
    g_mutex_unlock(&s->mutex);
    wake_signal(&s->wake);
}

static bool contains(const GArray *ops, guint64 op)
{
    for (guint i = 0; i < ops->len; i++)
        if (g_array_index(ops, guint64, i) == op)
            return true;
    return false;
}

bool session_cancel_op(mtm_session *s, guint64 op)
{
    g_mutex_lock(&s->mutex);
    bool known = contains(s->live, op), wanted = false;
    if (known)
        g_array_append_val(s->cancelled, op);
    for (guint i = 0; i < s->live->len; i++)
        wanted |= !contains(s->cancelled, g_array_index(s->live, guint64, i));
    g_mutex_unlock(&s->mutex);
    if (known && !wanted) /* nobody else waits for this link, which may be silent */
        g_cancellable_cancel(s->cancel);
    wake_signal(&s->wake);
    return known;
}

void session_forget_op(mtm_session *s, guint64 op)
{
    g_mutex_lock(&s->mutex);
    for (guint i = s->live->len; i-- > 0;)
        if (g_array_index(s->live, guint64, i) == op)
            g_array_remove_index(s->live, i);
    g_mutex_unlock(&s->mutex);
}

void session_select(mtm_session *s, guint32 id)
{
    g_mutex_lock(&s->mutex);
    bool changed = s->selected != id;
    s->selected = id;
    g_mutex_unlock(&s->mutex);
    if (changed)
        wake_signal(&s->wake);
}

void session_inbox_news(mtm_session *s)
{
    g_mutex_lock(&s->mutex);
    s->inbox_news = true;
    g_mutex_unlock(&s->mutex);
    wake_signal(&s->wake);
}

void session_check_link(mtm_session *s)
{
    g_mutex_lock(&s->mutex);
    s->check_link = true;
    g_mutex_unlock(&s->mutex);
    wake_signal(&s->wake);
}

void session_wake(mtm_session *s)
{
    g_mutex_lock(&s->mutex);
    s->journal_due = true;
    g_mutex_unlock(&s->mutex);
    wake_signal(&s->wake);
}

void session_body_brought(mtm_session *s, guint32 placement, const char *why_not, bool later)
{
    g_mutex_lock(&s->mutex);
    s->bodies_awaited -= s->bodies_awaited > 0;
    if (why_not != NULL)
        g_hash_table_replace(s->unbrought, GUINT_TO_POINTER(placement), g_strdup(why_not));
    s->bring_later |= later;
    s->journal_due |= !later;
    g_mutex_unlock(&s->mutex);
    wake_signal(&s->wake);
}

void session_await_bodies(mtm_session *s, int more)
{
    g_mutex_lock(&s->mutex);
    s->bodies_awaited += (guint)more;
    g_mutex_unlock(&s->mutex);
}

bool session_awaits_bodies(mtm_session *s)
{
    g_mutex_lock(&s->mutex);
    bool any = s->bodies_awaited > 0;
    g_mutex_unlock(&s->mutex);
    return any;
}

char *session_body_failure(mtm_session *s, guint32 placement)
{
    g_mutex_lock(&s->mutex);
    char *why = g_strdup(g_hash_table_lookup(s->unbrought, GUINT_TO_POINTER(placement)));
    g_hash_table_remove(s->unbrought, GUINT_TO_POINTER(placement));
    g_mutex_unlock(&s->mutex);
    return why;
}

/* ---- operations, the session's thread */

void session_complete(mtm_session *s, guint index, const mtm_problem *problem)
{
    session_op o = g_array_index(s->ops, session_op, index);
    g_array_remove_index(s->ops, index);
    session_forget_op(s, o.op);
    if (o.kind == OP_STAY) {
        g_mutex_lock(&s->mutex);
        s->nstay--;
        g_mutex_unlock(&s->mutex);
    }
    mtm_post_done(s->m, o.op, s->a->name, mtm_problem_dup(problem));
}

/* Every operation of these kinds; folder 0: whichever. */
void session_complete_kind(mtm_session *s, int kind, guint32 id, const mtm_problem *problem)
{
    for (guint i = s->ops->len; i-- > 0;) {
        const session_op *o = &g_array_index(s->ops, session_op, i);
        if ((int)o->kind == kind && (id == 0 || o->folder == id))
            session_complete(s, i, problem);
    }
}

void session_complete_waiting(mtm_session *s, const mtm_problem *problem)
{
    session_complete_kind(s, OP_LINK, 0, problem);
    session_complete_kind(s, OP_WAIT, 0, problem);
    session_complete_kind(s, OP_JOURNAL, 0, problem);
}

mtm_problem *session_cancelled_problem(void)
{
    g_autoptr(GError) error = NULL;
    error_set(&error, ERROR_CANCELLED, "cancelled");
    return problem_new(NULL, "cancel", error);
}

void session_note(mtm_session *s, const char *step, const GError *error)
{
    posted *p = posted_new(MTM_NOTE);
    p->account = g_strdup(s->a->name);
    p->problem = problem_new(s->settings, step, error);
    mtm_problem_free(s->partial);
    s->partial = mtm_problem_dup(p->problem);
    mtm_post(s->m, p);
}

void todo_add(mtm_session *s, guint32 id, bool first)
{
    for (guint i = 0; i < s->todo->len; i++)
        if (g_array_index(s->todo, guint32, i) == id) {
            if (!first)
                return;
            g_array_remove_index(s->todo, i);
            break;
        }
    if (first)
        g_array_prepend_val(s->todo, id);
    else
        g_array_append_val(s->todo, id);
}

static void take_up(mtm_session *s, const session_op *o)
{
    g_array_append_val(s->ops, *o);
    if (o->kind == OP_JOURNAL)
        s->journal_due = true;
    if (o->kind == OP_WAIT || o->kind == OP_JOURNAL)
        return;
    s->online_wanted = true;
    s->next_try_ms = 0;
    if (o->kind == OP_LINK)
        return;
    if (o->kind == OP_STAY)
        s->stay = true;
    if (o->kind == OP_FOLDER)
        todo_add(s, o->folder, true);
    else
        s->tree_due = true;
    s->synced = false;
    s->seen_due = true;
    s->journal_due |= s->settings != NULL && s->settings->seen == SEEN_SYNC;
}

static void drop_cancelled(mtm_session *s, const GArray *cancelled)
{
    for (guint i = s->ops->len; i-- > 0;)
        if (contains(cancelled, g_array_index(s->ops, session_op, i).op)) {
            mtm_problem *p = session_cancelled_problem();
            session_complete(s, i, p);
            mtm_problem_free(p);
        }
}

static bool is_sync(const session_op *o)
{
    return o->kind == OP_SYNC || o->kind == OP_FOLDER || o->kind == OP_TREE;
}

/* Those that were asked for before the cancellation; one that came right behind it is meant. */
static void cancel_syncs(mtm_session *s, guint64 below)
{
    mtm_problem *p = session_cancelled_problem();
    bool wanted = false;
    for (guint i = s->ops->len; i-- > 0;) {
        const session_op *o = &g_array_index(s->ops, session_op, i);
        if (is_sync(o) && o->op < below)
            session_complete(s, i, p);
        else
            wanted |= is_sync(o);
    }
    mtm_problem_free(p);
    if (!wanted)
        g_array_set_size(s->todo, 0);
}

/* What the main thread has asked for since the last look.  False: the thread ends. */
bool session_take_requests(mtm_session *s)
{
    wake_drain(&s->wake);
    g_mutex_lock(&s->mutex);
    bool stopping = s->stopping;
    for (guint i = 0; i < s->requests->len; i++)
        take_up(s, &g_array_index(s->requests, session_op, i));
    g_array_set_size(s->requests, 0);
    g_autoptr(GArray) cancelled = g_array_copy(s->cancelled);
    g_array_set_size(s->cancelled, 0);
    if (s->inbox_news && s->inbox != 0 && s->inbox != s->box.folder && s->c != NULL)
        todo_add(s, s->inbox, false);
    s->inbox_news = false;
    if (s->list_again) {
        s->list_again = false;
        s->tree_due = true;
        s->synced = false;
    }
    if (s->check_link) {
        s->check_link = false;
        s->probe_due = s->c != NULL;
        s->next_try_ms = 0;
    }
    if (s->bring_later) {
        s->bring_later = false;
        s->replay_ms = clock_monotonic_ms() + BRING_AGAIN_MS;
    }
    guint64 cancel_below = s->cancel_below;
    s->cancel_below = 0;
    g_mutex_unlock(&s->mutex);
    drop_cancelled(s, cancelled);
    if (cancel_below != 0)
        cancel_syncs(s, cancel_below);
    account_settings_free(s->settings);
    s->settings = account_copy_settings(s->a);
    return !stopping;
}

bool session_disconnect_asked(mtm_session *s)
{
    g_mutex_lock(&s->mutex);
    bool asked = s->disconnect;
    g_mutex_unlock(&s->mutex);
    return asked;
}

guint32 session_folder_on_screen(mtm_session *s)
{
    g_mutex_lock(&s->mutex);
    guint32 id = s->selected;
    g_mutex_unlock(&s->mutex);
    return id;
}

bool session_take_journal_due(mtm_session *s)
{
    g_mutex_lock(&s->mutex);
    bool due = s->journal_due;
    s->journal_due = false;
    g_mutex_unlock(&s->mutex);
    return due;
}

bool session_interrupted(mtm_session *s)
{
    g_mutex_lock(&s->mutex);
    bool urgent = s->stopping || s->disconnect || s->cancel_below != 0 || s->journal_due || s->requests->len > 0 ||
                  (s->selected != 0 && s->selected != s->box.folder);
    /* A folder that is kept anyway and is fresh does not interrupt twice. */
    if (!s->stopping && !s->disconnect && s->cancel_below == 0 && !s->journal_due && s->requests->len == 0 && urgent) {
        urgent = false;
        for (guint i = 0; i < s->todo->len; i++)
            urgent |= g_array_index(s->todo, guint32, i) == s->selected;
    }
    g_mutex_unlock(&s->mutex);
    return urgent;
}
