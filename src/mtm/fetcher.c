/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reader session of an account: fetches the bodies a person waits for, and behind that those the policy
 * wants (fetch-ahead.c), on a connection of its own that never changes anything on the server. */
#include "mtm/fetcher.h"
#include "base/clock.h"
#include "base/log.h"

#include <string.h>

enum {
    LINGER_MS = 120 * 1000,         /* the connection stays up so long after the last fetch */
    BEGINNINGS_PAUSE_MS = 10 * 1000, /* of quiet, before the beginnings of old messages are fetched */
};

/* ---- requests, any thread */

void fetcher_open(mtm_fetcher *f, guint64 op, guint32 id)
{
    demand *d = g_new(demand, 1);
    *d = (demand){ .op = op, .id = id };
    g_mutex_lock(&f->mutex);
    GList *upload = f->demands.head;
    while (upload != NULL && ((demand *)upload->data)->waiting == NULL)
        upload = upload->next;
    g_queue_insert_before(&f->demands, upload, d); /* a person comes first */
    g_mutex_unlock(&f->mutex);
    wake_signal(&f->wake);
}

/* Behind what a person waits for, and only once. */
bool fetcher_bring(mtm_fetcher *f, guint32 id, mtm_session *waiting)
{
    bool known = false;
    g_mutex_lock(&f->mutex);
    for (GList *l = f->demands.head; l != NULL; l = l->next)
        known |= ((demand *)l->data)->waiting != NULL && ((demand *)l->data)->id == id;
    if (!known) {
        demand *d = g_new(demand, 1);
        *d = (demand){ .op = mtm_next_op(f->m), .id = id, .waiting = waiting };
        g_queue_push_tail(&f->demands, d);
    }
    g_mutex_unlock(&f->mutex);
    wake_signal(&f->wake);
    return !known;
}

void fetcher_prefetch(mtm_fetcher *f, guint64 op)
{
    g_mutex_lock(&f->mutex);
    f->prefetch = f->ahead_fresh = true;
    if (op != 0)
        g_array_append_val(f->prefetch_ops, op);
    g_mutex_unlock(&f->mutex);
    wake_signal(&f->wake);
}

void fetcher_wait(mtm_fetcher *f, guint64 op)
{
    g_mutex_lock(&f->mutex);
    bool runs = f->prefetch && !f->stopping;
    if (runs)
        g_array_append_val(f->prefetch_ops, op);
    g_mutex_unlock(&f->mutex);
    if (!runs)
        mtm_post_done(f->m, op, f->a->name, NULL);
}

bool fetcher_busy(mtm_fetcher *f)
{
    g_mutex_lock(&f->mutex);
    bool busy = f->prefetch || f->demands.length > 0 || f->populates.length > 0 || f->searches.length > 0 || f->serving != 0;
    g_mutex_unlock(&f->mutex);
    return busy;
}

/* With the mutex held. */
static demand *take_demand(mtm_fetcher *f, guint64 op)
{
    for (GList *l = f->demands.head; l != NULL; l = l->next) {
        demand *d = l->data;
        if (d->op != op)
            continue;
        g_queue_delete_link(&f->demands, l);
        return d;
    }
    return NULL;
}

static bool take_prefetch_op(mtm_fetcher *f, guint64 op)
{
    for (guint i = 0; i < f->prefetch_ops->len; i++)
        if (g_array_index(f->prefetch_ops, guint64, i) == op) {
            g_array_remove_index(f->prefetch_ops, i);
            return true;
        }
    return false;
}

mtm_problem *fetcher_cancelled_problem(void)
{
    g_autoptr(GError) error = NULL;
    error_set(&error, ERROR_CANCELLED, "cancelled");
    return problem_new(NULL, "cancel", error);
}

bool fetcher_cancel_op(mtm_fetcher *f, guint64 op)
{
    g_mutex_lock(&f->mutex);
    bool running = f->serving == op;
    f->serving_cancelled |= running;
    demand *d = running ? NULL : take_demand(f, op);
    bool ahead = !running && d == NULL && take_prefetch_op(f, op);
    g_mutex_unlock(&f->mutex);
    if (!running && d == NULL && !ahead && (search_cancel(f, op) || populate_cancel(f, op)))
        return true;
    if (running) /* it may wait for a silent server */
        g_cancellable_cancel(f->cancel);
    if (d != NULL)
        message_failed(f->m, op, d->id, fetcher_cancelled_problem());
    if (ahead)
        mtm_post_done(f->m, op, f->a->name, fetcher_cancelled_problem());
    g_free(d);
    return running || d != NULL || ahead;
}

void fetcher_leave(mtm_fetcher *f)
{
    if (f == NULL)
        return;
    g_mutex_lock(&f->mutex);
    f->leaving = true;
    g_mutex_unlock(&f->mutex);
    wake_signal(&f->wake);
}

void fetcher_check_link(mtm_fetcher *f)
{
    g_mutex_lock(&f->mutex);
    f->doubtful = true;
    g_mutex_unlock(&f->mutex);
    wake_signal(&f->wake);
}

/* ---- the thread */

static demand *next_demand(mtm_fetcher *f)
{
    g_mutex_lock(&f->mutex);
    demand *d = g_queue_pop_head(&f->demands);
    g_mutex_unlock(&f->mutex);
    return d;
}

bool fetcher_demanded(mtm_fetcher *f)
{
    g_mutex_lock(&f->mutex);
    bool any = f->demands.length > 0 || f->stopping;
    g_mutex_unlock(&f->mutex);
    return any;
}

static void finish_prefetch(mtm_fetcher *f, const mtm_problem *problem)
{
    g_mutex_lock(&f->mutex);
    GArray *ops = f->prefetch_ops;
    f->prefetch_ops = g_array_new(FALSE, FALSE, sizeof(guint64));
    f->prefetch = false;
    g_mutex_unlock(&f->mutex);
    for (guint i = 0; i < ops->len; i++)
        mtm_post_done(f->m, g_array_index(ops, guint64, i), f->a->name, mtm_problem_dup(problem));
    g_array_unref(ops);
}

void fetcher_hang_up(mtm_fetcher *f)
{
    imap_connection_free(f->c);
    f->c = NULL;
    f->selected = f->entering_tag = 0;
}

/* A piece from beyond the end is empty, or NIL where servers think that there is nothing. */
static void take_arrival(mtm_fetcher *f, const imap_fetch *r)
{
    if (r->uid == 0 || r->body_section == NULL || r->body_section[0] != '\0' || (r->body == NULL && r->body_origin <= 0))
        return;
    arrival *a = g_new(arrival, 1);
    *a = (arrival){ r->uid, r->body_origin, r->body != NULL ? g_bytes_ref(r->body) : g_bytes_new(NULL, 0) };
    g_ptr_array_add(f->arrived, a);
}

static bool on_reply(const imap_reply *r, gpointer data)
{
    mtm_fetcher *f = data;
    if (r->kind == IMAP_FETCH && r->fetch != NULL && f->arrived != NULL)
        take_arrival(f, r->fetch);
    if ((r->kind == IMAP_SEARCH || r->kind == IMAP_ESEARCH) && r->set != NULL && f->searched != NULL)
        uid_set_add_set(f->searched, r->set);
    if (r->kind == IMAP_OK && r->code == CODE_UIDVALIDITY)
        f->uidvalidity = (guint32)r->number;
    return true;
}

bool fetcher_go_online(mtm_fetcher *f, mtm_problem **problem)
{
    if (f->c != NULL)
        return true;
    account_settings_free(f->settings);
    f->settings = account_copy_settings(f->a);
    g_autofree char *name = g_strdup_printf("%s-reader", f->a->name);
    f->c = link_open(f->a, f->settings, name, false, f->cancel, problem);
    if (f->c == NULL)
        return false;
    imap_connection_set_handler(f->c, on_reply, f);
    return true;
}

bool fetcher_open_store(mtm_fetcher *f, GError **error)
{
    if (f->store == NULL)
        f->store = store_open(f->m->data_dir, STORE_READ, error);
    f->bodies = f->store != NULL ? archive_reader(f->m, &f->handle, error) : NULL;
    return f->bodies != NULL;
}

bool fetcher_enter(mtm_fetcher *f, guint32 id, bool fresh, GError **error)
{
    if (f->selected == id && !fresh)
        return true;
    if (f->selected == id) {
        f->entering_tag = imap_send_text(f->c, "NOOP");
        f->entering = id;
        f->entering_uidvalidity = 0;
        return true;
    }
    g_autoptr(folder) target = store_folder(f->store, id, error);
    if (target == NULL) {
        if (error != NULL && *error == NULL)
            error_set(error, ERROR_REFUSED, "the folder is gone");
        return false;
    }
    f->selected = 0;
    f->uidvalidity = 0;
    GString *c = imap_command(imap_quirk(f->c, QUIRK_UNSTABLE_EXAMINE) ? "SELECT" : "EXAMINE");
    if (!imap_add_mailbox(f->c, c, target->wire_name)) {
        g_string_free(c, TRUE);
        error_set(error, ERROR_INPUT, "the folder's name cannot be sent");
        return false;
    }
    f->entering_tag = imap_send(f->c, c);
    f->entering = id;
    f->entering_uidvalidity = target->uidvalidity;
    return true;
}

bool fetcher_entered(mtm_fetcher *f, GError **error)
{
    guint32 tag = f->entering_tag;
    f->entering_tag = 0;
    if (tag == 0)
        return true;
    if (!imap_wait(f->c, tag, NULL, error))
        return false;
    if (f->uidvalidity != 0 && f->entering_uidvalidity != 0 && f->uidvalidity != f->entering_uidvalidity) {
        error_set(error, ERROR_REFUSED, "the folder was renumbered; it is being synchronised again");
        return false;
    }
    f->selected = f->entering;
    return true;
}

/* ---- what a person waits for */

/* Fetched in advance and perhaps still with the archivist: not a second time. */
static GBytes *stored_body(mtm_fetcher *f, guint32 mail)
{
    if (g_hash_table_contains(f->fetched, GUINT_TO_POINTER(mail)))
        archive_settle(f->m);
    return body_get(f->bodies, mail);
}

/* The message may be shown elsewhere than where the server has it. */
static bool place_of(mtm_fetcher *f, const mail_summary *s, guint32 *folder_id, guint32 *uid, GError **error)
{
    if (!store_where(f->store, s->id, folder_id, uid, error))
        return false;
    if (*uid == 0)
        error_set(error, ERROR_REFUSED, "the message has not reached the server yet");
    return *uid != 0;
}

/* *raw: the body, stored before or now. */
static bool fetch_raw(mtm_fetcher *f, const demand *d, const mail_summary *s, GBytes **raw, GError **error)
{
    guint32 folder_id, uid;
    bool interrupted = false;
    *raw = stored_body(f, s->mail);
    if (*raw != NULL)
        return true;
    if (!place_of(f, s, &folder_id, &uid, error))
        return false;
    want w = { s->id, s->mail, uid, s->size, s->received_s };
    gint64 used_s = clock_now_s() + 1; /* before whatever arrives in the same second */
    if (!fetcher_enter(f, folder_id, true, error) || !fetch_message(f, &w, d->op, used_s, raw, &interrupted, error))
        return false;
    if (*raw != NULL)
        return true;
    error_set(error, ERROR_REFUSED, "the server does not have the message any more");
    return false;
}

static bool fetch_one(mtm_fetcher *f, const demand *d, GError **error)
{
    g_autoptr(mail_summary) s = store_summary(f->store, d->id, error);
    if (s == NULL) {
        if (error != NULL && *error == NULL)
            error_set(error, ERROR_REFUSED, "the message is gone");
        return false;
    }
    g_autoptr(GBytes) raw = NULL;
    if (!fetch_raw(f, d, s, &raw, error))
        return false;
    if (d->waiting != NULL) {
        session_body_brought(d->waiting, d->id, NULL, false);
        return true;
    }
    archive_used(f->m, s->mail);
    message_deliver(f->m, d->op, d->id, raw);
    return true;
}

bool fetch_connection_lost(const GError *error)
{
    return !imap_is_refusal(error) && error_kind_of(error) != ERROR_INPUT;
}

/* Without the server: what is here of it is more than nothing. */
static bool deliver_beginning(mtm_fetcher *f, const demand *d)
{
    g_autoptr(mail_summary) s = f->store != NULL && f->bodies != NULL ? store_summary(f->store, d->id, NULL) : NULL;
    return s != NULL && message_deliver_beginning(f->m, f->bodies, d->op, d->id, s->mail);
}

void fetcher_begin_serving(mtm_fetcher *f, guint64 op)
{
    g_mutex_lock(&f->mutex);
    f->serving = op;
    f->serving_cancelled = false;
    g_mutex_unlock(&f->mutex);
}

/* The one that was being served was cancelled: its link is gone, the next may have another. */
void fetcher_end_serving(mtm_fetcher *f)
{
    g_mutex_lock(&f->mutex);
    f->serving = 0;
    if (f->serving_cancelled && !f->stopping)
        g_cancellable_reset(f->cancel);
    g_mutex_unlock(&f->mutex);
}

bool fetcher_was_cancelled(mtm_fetcher *f)
{
    g_mutex_lock(&f->mutex);
    bool cancelled = f->serving_cancelled;
    g_mutex_unlock(&f->mutex);
    return cancelled;
}

/* Where the server could not be asked nothing is known: the session asks again when it looks at its rows. */
static void cannot_bring(const demand *d, const GError *error)
{
    session_body_brought(d->waiting, d->id, error != NULL ? error->message : NULL, error == NULL);
}

static void serve(mtm_fetcher *f, demand *d)
{
    fetcher_begin_serving(f, d->op);
    /* A connection that lay idle may have died unnoticed: the second try is on a new one. */
    for (int try = 0;; try++) {
        bool fresh = f->c == NULL;
        mtm_problem *problem = NULL;
        g_autoptr(GError) error = NULL;
        if (fetcher_open_store(f, &error) && fetcher_go_online(f, &problem) && fetch_one(f, d, &error))
            break;
        bool lost = problem == NULL && fetch_connection_lost(error);
        if (lost)
            fetcher_hang_up(f);
        if (lost && !fresh && try == 0 && !fetcher_was_cancelled(f))
            continue;
        if (d->waiting != NULL) {
            cannot_bring(d, lost || problem != NULL ? NULL : error);
            mtm_problem_free(problem);
            break;
        }
        if ((lost || problem != NULL) && deliver_beginning(f, d)) {
            mtm_problem_free(problem);
            break;
        }
        if (problem == NULL)
            problem = problem_new(f->settings, "fetch", error);
        message_failed(f->m, d->op, d->id, problem);
        break;
    }
    fetcher_end_serving(f);
    fetch_part_clear(f);
    g_free(d);
}

/* ---- behind that: the policy */

typedef bool (*ahead_step)(mtm_fetcher *f, bool *more, GError **error);

/* True: again, unless a person wants something first. */
static bool run_ahead(mtm_fetcher *f, ahead_step step, mtm_problem **problem)
{
    g_autoptr(GError) error = NULL;
    bool more = false;
    *problem = NULL;
    if (fetcher_open_store(f, &error)) {
        account_settings_free(f->settings);
        f->settings = account_copy_settings(f->a);
        bool none = account_bodies(f->settings) == BODIES_HEADERS;
        if ((none || fetcher_go_online(f, problem)) && step(f, &more, &error) && more)
            return true;
    }
    if (error != NULL) {
        fetcher_hang_up(f);
        *problem = problem_new(f->settings, "fetch", error);
    }
    return false;
}

static void prefetch(mtm_fetcher *f)
{
    mtm_problem *problem;
    if (run_ahead(f, fetch_ahead, &problem))
        return;
    f->beginnings_ms = problem == NULL ? clock_monotonic_ms() + BEGINNINGS_PAUSE_MS : 0;
    finish_prefetch(f, problem);
    g_hash_table_remove_all(f->fetched);
    mtm_problem_free(problem);
}

/* Nobody waits for these, and nobody is told when they fail: the next synchronisation asks again. */
static void beginnings(mtm_fetcher *f)
{
    mtm_problem *problem;
    if (run_ahead(f, fetch_beginnings, &problem))
        return;
    f->beginnings_ms = 0;
    g_hash_table_remove_all(f->fetched);
    mtm_problem_free(problem);
}

static bool prefetch_due(mtm_fetcher *f)
{
    g_mutex_lock(&f->mutex);
    bool due = f->prefetch;
    if (f->ahead_fresh)
        f->ahead_bytes = 0;
    f->ahead_fresh = false;
    g_mutex_unlock(&f->mutex);
    return due;
}

static gint64 next_deadline(const mtm_fetcher *f, gint64 last_ms)
{
    gint64 linger_ms = f->c != NULL ? last_ms + LINGER_MS : 0;
    if (f->beginnings_ms == 0)
        return linger_ms;
    return linger_ms == 0 ? f->beginnings_ms : MIN(linger_ms, f->beginnings_ms);
}

/* What nobody waits for is not worth a connection any more. */
static void leave(mtm_fetcher *f)
{
    mtm_problem *p = fetcher_cancelled_problem();
    f->beginnings_ms = 0;
    finish_prefetch(f, p);
    mtm_problem_free(p);
    if (f->c != NULL)
        imap_logout(f->c);
    fetcher_hang_up(f);
}

static gpointer fetcher_main(gpointer data)
{
    mtm_fetcher *f = data;
    gint64 last_ms = clock_monotonic_ms();
    for (;;) {
        wake_drain(&f->wake);
        g_mutex_lock(&f->mutex);
        bool stopping = f->stopping, doubtful = f->doubtful, leaving = f->leaving;
        f->doubtful = f->leaving = false;
        g_mutex_unlock(&f->mutex);
        if (stopping)
            break;
        if (doubtful)
            fetcher_hang_up(f); /* nobody waits on a link that may be dead */
        if (leaving)
            leave(f);
        demand *d = next_demand(f);
        if (d != NULL) {
            serve(f, d);
            last_ms = clock_monotonic_ms();
        } else if (search_due(f)) {
            search_serve(f);
            last_ms = clock_monotonic_ms();
        } else if (populate_due(f)) {
            populate_serve(f);
            last_ms = clock_monotonic_ms();
        } else if (prefetch_due(f)) {
            prefetch(f);
            last_ms = clock_monotonic_ms();
        } else if (f->beginnings_ms != 0 && clock_monotonic_ms() >= f->beginnings_ms) {
            beginnings(f);
            last_ms = clock_monotonic_ms();
        } else if (f->c != NULL && clock_monotonic_ms() - last_ms >= LINGER_MS) {
            imap_logout(f->c);
            fetcher_hang_up(f);
        } else {
            wake_wait(&f->wake, next_deadline(f, last_ms));
        }
    }
    if (f->c != NULL && !g_cancellable_is_cancelled(f->cancel))
        imap_logout(f->c);
    fetcher_hang_up(f);
    for (demand *d; (d = next_demand(f)) != NULL; g_free(d)) {
        g_autoptr(GError) error = NULL;
        error_set(&error, ERROR_CANCELLED, "the program ends");
        if (d->waiting == NULL)
            message_failed(f->m, d->op, d->id, problem_new(NULL, "cancel", error));
    }
    search_drop(f);
    populate_drop(f);
    store_close(f->store);
    archive_handle_clear(&f->handle);
    fetch_part_clear(f);
    return NULL;
}

/* ---- life */

mtm_fetcher *fetcher_new(mtm_account_entry *a)
{
    mtm_fetcher *f = g_new0(mtm_fetcher, 1);
    f->m = a->m;
    f->a = a;
    f->cancel = g_cancellable_new();
    f->fetched = g_hash_table_new(g_direct_hash, g_direct_equal);
    f->prefetch_ops = g_array_new(FALSE, FALSE, sizeof(guint64));
    f->settings = account_copy_settings(a);
    g_queue_init(&f->demands);
    g_queue_init(&f->populates);
    g_queue_init(&f->searches);
    g_mutex_init(&f->mutex);
    wake_open(&f->wake);
    f->thread = g_thread_new("fetcher", fetcher_main, f);
    return f;
}

void fetcher_stop(mtm_fetcher *f)
{
    g_mutex_lock(&f->mutex);
    f->stopping = true;
    g_mutex_unlock(&f->mutex);
    g_cancellable_cancel(f->cancel);
    wake_signal(&f->wake);
}

void fetcher_join(mtm_fetcher *f)
{
    if (f != NULL && f->thread != NULL)
        g_thread_join(g_steal_pointer(&f->thread));
}

void fetcher_free(mtm_fetcher *f)
{
    if (f == NULL)
        return;
    g_object_unref(f->cancel);
    account_settings_free(f->settings);
    g_array_unref(f->prefetch_ops);
    g_hash_table_unref(f->fetched);
    g_mutex_clear(&f->mutex);
    wake_close(&f->wake);
    g_free(f);
}
