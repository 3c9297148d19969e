/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reader session of an account: fetches the bodies a person waits for, and behind that those the policy
 * wants, on a connection of its own that never changes anything on the server. */
#include "mtm/internal.h"
#include "mtm/link.h"
#include "base/clock.h"
#include "base/log.h"

#include <string.h>

enum {
    LINGER_MS = 120 * 1000,         /* the connection stays up so long after the last fetch */
    PREFETCH_SIZE = 256 << 10,      /* bytes of the largest message fetched unasked */
    PREFETCH_DAYS = 30,
    PREFETCH_BATCH = 50,            /* messages a look at the store */
    PREFETCH_FLIGHT = 1 << 20,      /* bytes asked for at once: what a person may have to wait behind */
};

typedef struct demand {
    guint64 op;
    guint32 id;
} demand;

struct mtm_fetcher {
    mtm *m;
    mtm_account_entry *a;
    GThread *thread;
    GCancellable *cancel;
    wake_pipe wake;
    GMutex mutex;          /* guards the requests */
    GQueue demands;        /* of demand * */
    GArray *prefetch_ops;  /* of guint64 */
    bool prefetch, stopping;
    /* the thread's own */
    account_settings *settings;
    imap_connection *c;
    store *store;
    body_store *bodies;
    guint32 selected;      /* folder */
    guint32 uidvalidity;
    GHashTable *arrived;   /* uid -> GBytes, of the running fetch */
    GHashTable *fetched;   /* content ids fetched in this run: the archivist may be behind */
};

/* ---- requests, any thread */

void fetcher_open(mtm_fetcher *f, guint64 op, guint32 id)
{
    demand *d = g_new(demand, 1);
    *d = (demand){ op, id };
    g_mutex_lock(&f->mutex);
    g_queue_push_tail(&f->demands, d);
    g_mutex_unlock(&f->mutex);
    wake_signal(&f->wake);
}

void fetcher_prefetch(mtm_fetcher *f, guint64 op)
{
    g_mutex_lock(&f->mutex);
    f->prefetch = true;
    if (op != 0)
        g_array_append_val(f->prefetch_ops, op);
    g_mutex_unlock(&f->mutex);
    wake_signal(&f->wake);
}

bool fetcher_cancel_op(mtm_fetcher *f, guint64 op)
{
    bool found = false;
    guint32 id = 0;
    g_mutex_lock(&f->mutex);
    for (GList *l = f->demands.head; l != NULL && !found; l = l->next) {
        demand *d = l->data;
        if (d->op == op) {
            id = d->id;
            g_free(d);
            g_queue_delete_link(&f->demands, l);
            found = true;
        }
    }
    g_mutex_unlock(&f->mutex);
    if (found) {
        g_autoptr(GError) error = NULL;
        error_set(&error, ERROR_CANCELLED, "cancelled");
        message_failed(f->m, op, id, problem_new(NULL, "cancel", error));
    }
    return found;
}

/* ---- the thread */

static demand *next_demand(mtm_fetcher *f)
{
    g_mutex_lock(&f->mutex);
    demand *d = g_queue_pop_head(&f->demands);
    g_mutex_unlock(&f->mutex);
    return d;
}

static bool demanded(mtm_fetcher *f)
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

static void hang_up(mtm_fetcher *f)
{
    imap_connection_free(f->c);
    f->c = NULL;
    f->selected = 0;
}

static bool on_reply(const imap_reply *r, gpointer data)
{
    mtm_fetcher *f = data;
    if (r->kind == IMAP_FETCH && r->fetch != NULL && r->fetch->body != NULL && r->fetch->uid != 0 &&
        f->arrived != NULL)
        g_hash_table_replace(f->arrived, GUINT_TO_POINTER(r->fetch->uid), g_bytes_ref(r->fetch->body));
    if (r->kind == IMAP_OK && r->code == CODE_UIDVALIDITY)
        f->uidvalidity = (guint32)r->number;
    return true;
}

static bool go_online(mtm_fetcher *f, mtm_problem **problem)
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

static bool open_store(mtm_fetcher *f, GError **error)
{
    if (f->store == NULL)
        f->store = store_open(f->m->data_dir, STORE_READ, error);
    if (f->bodies == NULL && f->store != NULL)
        f->bodies = body_store_open(f->m->cache_dir, STORE_READ, error);
    return f->store != NULL && f->bodies != NULL;
}

static bool examine(mtm_fetcher *f, guint32 id, GError **error)
{
    if (f->selected == id)
        return true;
    g_autoptr(folder) target = store_folder(f->store, id, error);
    if (target == NULL) {
        if (error != NULL && *error == NULL)
            error_set(error, ERROR_REFUSED, "the folder is gone");
        return false;
    }
    f->selected = 0;
    f->uidvalidity = 0;
    GString *c = imap_command("EXAMINE");
    if (!imap_add_mailbox(f->c, c, target->wire_name)) {
        g_string_free(c, TRUE);
        error_set(error, ERROR_INPUT, "the folder's name cannot be sent");
        return false;
    }
    if (!imap_run(f->c, c, NULL, error))
        return false;
    if (f->uidvalidity != 0 && target->uidvalidity != 0 && f->uidvalidity != target->uidvalidity) {
        error_set(error, ERROR_REFUSED, "the folder was renumbered; it is being synchronised again");
        return false;
    }
    f->selected = id;
    return true;
}

static guint32 send_fetch(mtm_fetcher *f, const uid_set *set)
{
    g_autofree char *text = uid_set_format(set);
    GString *c = imap_command("UID FETCH");
    imap_add_text(c, text);
    imap_add_text(c, "(UID BODY.PEEK[])");
    return imap_send(f->c, c);
}

static bool fetch(mtm_fetcher *f, const uid_set *set, GError **error)
{
    f->arrived = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, (GDestroyNotify)g_bytes_unref);
    return imap_wait(f->c, send_fetch(f, set), NULL, error);
}

/* ---- what a person waits for */

static bool fetch_one(mtm_fetcher *f, const demand *d, GError **error)
{
    g_autoptr(mail_summary) s = store_summary(f->store, d->id, error);
    if (s == NULL) {
        if (error != NULL && *error == NULL)
            error_set(error, ERROR_REFUSED, "the message is gone");
        return false;
    }
    g_autoptr(GBytes) stored = body_get(f->bodies, s->mail);
    if (stored != NULL) {
        message_deliver(f->m, d->op, d->id, stored);
        return true;
    }
    if (s->uid == 0) {
        error_set(error, ERROR_REFUSED, "the message has not reached the server yet");
        return false;
    }
    if (!examine(f, s->folder, error))
        return false;
    g_autoptr(uid_set) set = uid_set_new();
    uid_set_add(set, s->uid);
    bool ok = fetch(f, set, error);
    GBytes *raw = ok ? g_hash_table_lookup(f->arrived, GUINT_TO_POINTER(s->uid)) : NULL;
    if (raw != NULL) {
        archive_body(f->m, s->mail, raw);
        message_deliver(f->m, d->op, d->id, raw);
    } else if (ok) {
        error_set(error, ERROR_REFUSED, "the server does not have the message any more");
        ok = false;
    }
    g_clear_pointer(&f->arrived, g_hash_table_unref);
    return ok;
}

static bool connection_lost(const GError *error)
{
    error_kind kind = error_kind_of(error);
    return kind != ERROR_REFUSED && kind != ERROR_INPUT;
}

static void serve(mtm_fetcher *f, demand *d)
{
    /* A connection that lay idle may have died unnoticed: the second try is on a new one. */
    for (int try = 0;; try++) {
        bool fresh = f->c == NULL;
        mtm_problem *problem = NULL;
        g_autoptr(GError) error = NULL;
        if (open_store(f, &error) && go_online(f, &problem) && fetch_one(f, d, &error))
            break;
        bool lost = problem == NULL && connection_lost(error);
        if (lost)
            hang_up(f);
        if (lost && !fresh && try == 0)
            continue;
        if (problem == NULL)
            problem = problem_new(f->settings, "fetch", error);
        message_failed(f->m, d->op, d->id, problem);
        break;
    }
    g_free(d);
}

/* ---- behind that: the policy */

typedef struct want {
    guint32 mail, uid;
    guint64 size;
} want;

static GArray *wanted_of(mtm_fetcher *f, guint32 id)
{
    bool all = f->settings->bodies == BODIES_ALL;
    gint64 since = all ? 0 : clock_now_s() - (gint64)PREFETCH_DAYS * 86400;
    g_autoptr(GArray) ids = body_missing(f->bodies, f->store, id, all ? G_MAXINT64 : PREFETCH_SIZE, since,
                                         PREFETCH_BATCH + g_hash_table_size(f->fetched));
    GArray *wants = g_array_new(FALSE, FALSE, sizeof(want));
    for (guint i = 0; ids != NULL && i < ids->len && wants->len < PREFETCH_BATCH; i++) {
        g_autoptr(mail_summary) s = store_summary(f->store, g_array_index(ids, guint32, i), NULL);
        if (s == NULL || s->uid == 0 || g_hash_table_contains(f->fetched, GUINT_TO_POINTER(s->mail)))
            continue;
        want w = { s->mail, s->uid, s->size };
        g_array_append_val(wants, w);
    }
    return wants;
}

/* One flight of at most PREFETCH_FLIGHT bytes from wants[*at] on. */
static bool fetch_flight(mtm_fetcher *f, const GArray *wants, guint *at, GError **error)
{
    g_autoptr(uid_set) set = uid_set_new();
    guint64 nbytes = 0;
    guint first = *at;
    while (*at < wants->len && (nbytes == 0 || nbytes + g_array_index(wants, want, *at).size <= PREFETCH_FLIGHT)) {
        nbytes += g_array_index(wants, want, *at).size + 1;
        uid_set_add(set, g_array_index(wants, want, *at).uid);
        (*at)++;
    }
    bool ok = fetch(f, set, error);
    for (guint i = first; ok && i < *at; i++) {
        const want *w = &g_array_index(wants, want, i);
        GBytes *raw = g_hash_table_lookup(f->arrived, GUINT_TO_POINTER(w->uid));
        if (raw != NULL)
            archive_body(f->m, w->mail, raw);
        g_hash_table_add(f->fetched, GUINT_TO_POINTER(w->mail)); /* also what the server withheld: once is enough */
    }
    g_clear_pointer(&f->arrived, g_hash_table_unref);
    return ok;
}

/* *more: there is more to fetch, after what a person may have asked for meanwhile. */
static bool prefetch_some(mtm_fetcher *f, bool *more, GError **error)
{
    *more = false;
    if (f->settings->bodies == BODIES_HEADERS)
        return true;
    g_autoptr(GPtrArray) folders = store_folders(f->store, f->a->id, error);
    if (folders == NULL)
        return false;
    for (guint i = 0; i < folders->len; i++) {
        const folder *target = g_ptr_array_index(folders, i);
        if (!target->selectable || target->uidvalidity == 0)
            continue;
        g_autoptr(GArray) wants = wanted_of(f, target->id);
        if (wants->len == 0)
            continue;
        *more = true;
        g_autoptr(GError) cause = NULL;
        if (!examine(f, target->id, &cause)) {
            if (connection_lost(cause)) {
                g_propagate_error(error, g_steal_pointer(&cause));
                return false;
            }
            for (guint k = 0; k < wants->len; k++)
                g_hash_table_add(f->fetched, GUINT_TO_POINTER(g_array_index(wants, want, k).mail));
            continue;
        }
        for (guint at = 0; at < wants->len;) {
            if (demanded(f))
                return true;
            if (!fetch_flight(f, wants, &at, error))
                return false;
        }
        return true;
    }
    return true;
}

static void prefetch(mtm_fetcher *f)
{
    mtm_problem *problem = NULL;
    g_autoptr(GError) error = NULL;
    bool more = false;
    if (open_store(f, &error)) {
        account_settings_free(f->settings);
        f->settings = account_copy_settings(f->a);
        if (f->settings->bodies != BODIES_HEADERS && !go_online(f, &problem))
            ;
        else if (prefetch_some(f, &more, &error) && more)
            return; /* again, unless a person wants something first */
    }
    if (error != NULL) {
        hang_up(f);
        problem = problem_new(f->settings, "fetch", error);
    }
    finish_prefetch(f, problem);
    g_hash_table_remove_all(f->fetched);
    mtm_problem_free(problem);
}

static bool prefetch_due(mtm_fetcher *f)
{
    g_mutex_lock(&f->mutex);
    bool due = f->prefetch;
    g_mutex_unlock(&f->mutex);
    return due;
}

static gpointer fetcher_main(gpointer data)
{
    mtm_fetcher *f = data;
    gint64 last_ms = clock_monotonic_ms();
    for (;;) {
        wake_drain(&f->wake);
        g_mutex_lock(&f->mutex);
        bool stopping = f->stopping;
        g_mutex_unlock(&f->mutex);
        if (stopping)
            break;
        demand *d = next_demand(f);
        if (d != NULL) {
            serve(f, d);
            last_ms = clock_monotonic_ms();
        } else if (prefetch_due(f)) {
            prefetch(f);
            last_ms = clock_monotonic_ms();
        } else if (f->c != NULL && clock_monotonic_ms() - last_ms >= LINGER_MS) {
            imap_logout(f->c);
            hang_up(f);
        } else {
            wake_wait(&f->wake, f->c != NULL ? last_ms + LINGER_MS : 0);
        }
    }
    if (f->c != NULL && !g_cancellable_is_cancelled(f->cancel))
        imap_logout(f->c);
    hang_up(f);
    for (demand *d; (d = next_demand(f)) != NULL; g_free(d)) {
        g_autoptr(GError) error = NULL;
        error_set(&error, ERROR_CANCELLED, "the program ends");
        message_failed(f->m, d->op, d->id, problem_new(NULL, "cancel", error));
    }
    store_close(f->store);
    body_store_close(f->bodies);
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

void fetcher_free(mtm_fetcher *f)
{
    if (f == NULL)
        return;
    g_thread_join(f->thread);
    g_object_unref(f->cancel);
    account_settings_free(f->settings);
    g_array_unref(f->prefetch_ops);
    g_hash_table_unref(f->fetched);
    g_mutex_clear(&f->mutex);
    wake_close(&f->wake);
    g_free(f);
}
