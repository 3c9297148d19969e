/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reader: first pages of views, rows, folder lists and stored bodies; beside it the builder makes the
 * whole vectors.  Each on its own read-only handles.  Messages are parsed and laid out in the pool. */
#include "mtm/remote.h"
#include "base/log.h"

enum { FOLDERS_PAUSE_MS = 100 };

store *reader_store(reader_state *r)
{
    if (r->store == NULL) {
        g_autoptr(GError) error = NULL;
        r->store = store_open(r->m->data_dir, STORE_READ, &error);
        if (r->store == NULL)
            log_error(LOG_STORE, "%s", error->message);
    }
    return r->store;
}

body_store *reader_bodies(reader_state *r)
{
    g_autoptr(GError) error = NULL;
    body_store *bodies = archive_reader(r->m, &r->bodies, &error);
    if (bodies == NULL)
        log_debug(LOG_STORE, "%s", error->message);
    return bodies;
}

static bool reader_open(gpointer user, gpointer *state, GError **error)
{
    (void)error;
    reader_state *r = g_new0(reader_state, 1);
    r->m = user;
    *state = r;
    return true;
}

static void reader_close(gpointer state)
{
    reader_state *r = state;
    store_close(r->store);
    archive_handle_clear(&r->bodies);
    g_free(r);
}

void reader_post(mtm *m, job *j)
{
    worker_post(m->reader, WORKER_ACT, j); /* unbounded: the main thread must not wait */
}

/* ---- the folder list */

typedef struct folders_job {
    job base;
    mtm *m;
    guint generation;     /* of the list that was there when this one was asked for */
    posted *then;         /* told behind the list; NULL: nothing */
} folders_job;

static gboolean folders_later(gpointer data)
{
    mtm *m = data;
    m->folders_timer = 0;
    folders_reload(m);
    return G_SOURCE_REMOVE;
}

static void folders_apply(mtm *m, posted *p)
{
    if (p->event.total == m->folders_generation) {
        g_ptr_array_unref(m->folders);
        m->folders = g_steal_pointer(&p->data);
        p->free_data = NULL;
    } else { /* an act has put a newer list there since this one was asked for */
        m->folders_dirty = true;
    }
    p->event.total = 0;
    m->folders_asked = false;
    if (m->folders_dirty && m->folders_timer == 0) /* a sync changes counters all the time: ten a second is enough */
        m->folders_timer = g_timeout_add(FOLDERS_PAUSE_MS, folders_later, m);
}

static void folders_run(job *base, gpointer state)
{
    folders_job *j = (folders_job *)base;
    GPtrArray *list = folders_of_accounts(j->m, reader_store(state));
    if (list == NULL)
        list = g_ptr_array_new_with_free_func((GDestroyNotify)folder_free);
    posted *p = posted_new(MTM_FOLDERS);
    p->apply = folders_apply;
    p->event.total = j->generation;
    p->data = list;
    p->free_data = (GDestroyNotify)g_ptr_array_unref;
    mtm_post(j->m, p);
    if (j->then != NULL)
        mtm_post(j->m, j->then);
}

static void folders_post(mtm *m, posted *then)
{
    folders_job *j = g_new0(folders_job, 1);
    j->base.run = folders_run;
    j->m = m;
    j->generation = m->folders_generation;
    j->then = then;
    m->folders_asked = true;
    reader_post(m, &j->base);
}

void folders_reload_then(mtm *m, posted *then)
{
    m->folders_dirty = false;
    folders_post(m, then);
}

void folders_reload(mtm *m)
{
    if (m->folders_asked || m->folders_timer != 0 || m->reader == NULL) {
        m->folders_dirty = true;
        return;
    }
    m->folders_dirty = false;
    folders_post(m, NULL);
}

static void folders_changed_apply(mtm *m, posted *p)
{
    (void)p;
    folders_reload(m);
}

void folders_changed(mtm *m)
{
    posted *p = posted_new(MTM_FOLDERS);
    p->quiet = true;
    p->apply = folders_changed_apply;
    mtm_post(m, p);
}

/* ---- opening messages */

typedef struct deliver_task {
    mtm *m;
    guint64 op;
    guint32 id;
    GBytes *raw;          /* NULL: only wait until what came is stored */
    mtm_problem *problem; /* why it is not the whole message; NULL: it is */
} deliver_task;

static void post_message(mtm *m, guint64 op, guint32 id, document *doc, mtm_problem *problem)
{
    posted *p = posted_new(MTM_MESSAGE);
    p->event.op = op;
    p->event.message = id;
    p->event.document = doc;
    p->problem = mtm_problem_dup(problem);
    mtm_post(m, p);
    mtm_post_done(m, op, NULL, problem);
}

static void settled_apply(mtm *m, posted *p)
{
    remote_server_settled(m, p->event.op, p->event.message);
}

static void settle(deliver_task *t)
{
    archive_settle(t->m);
    posted *p = posted_new(MTM_MESSAGE);
    p->quiet = true;
    p->event.op = t->op;
    p->event.message = t->id;
    p->apply = settled_apply;
    mtm_post(t->m, p);
    g_free(t);
}

static void deliver(gpointer data, gpointer user)
{
    (void)user;
    deliver_task *t = data;
    if (t->raw == NULL) {
        settle(t);
        return;
    }
    document *doc = document_new(t->raw);
    g_mutex_lock(&t->m->layout_mutex);
    document_layout layout = t->m->layout;
    g_mutex_unlock(&t->m->layout_mutex);
    if (layout.ncols > 0)
        document_lines(doc, &layout); /* cached in the document: the screen finds it ready */
    post_message(t->m, t->op, t->id, doc, t->problem);
    g_bytes_unref(t->raw);
    g_free(t);
}

static void deliver_in_pool(mtm *m, guint64 op, guint32 id, GBytes *raw, mtm_problem *problem)
{
    deliver_task *t = g_new0(deliver_task, 1);
    t->m = m;
    t->op = op;
    t->id = id;
    t->raw = g_bytes_ref(raw);
    t->problem = problem;
    g_thread_pool_push(m->pool, t, NULL);
}

void message_deliver(mtm *m, guint64 op, guint32 id, GBytes *raw)
{
    deliver_in_pool(m, op, id, raw, NULL);
}

bool message_deliver_beginning(mtm *m, body_store *b, guint64 op, guint32 id, guint32 mail)
{
    g_autoptr(GBytes) raw = body_beginning(b, mail);
    if (raw == NULL)
        return false;
    g_autoptr(GError) error = NULL;
    error_set(&error, ERROR_NETWORK, "the rest is fetched when there is a connection");
    deliver_in_pool(m, op, id, raw, problem_new(NULL, "beginning", error));
    return true;
}

void message_failed(mtm *m, guint64 op, guint32 id, mtm_problem *problem)
{
    post_message(m, op, id, NULL, problem);
}

void message_settle(mtm *m, guint64 op, guint32 id)
{
    deliver_task *t = g_new0(deliver_task, 1);
    t->m = m;
    t->op = op;
    t->id = id;
    g_thread_pool_push(m->pool, t, NULL);
}

typedef struct open_job {
    job base;
    mtm *m;
    guint64 op;
    guint32 id;
    bool client;          /* what is not stored here is asked of another engine */
    bool asked;           /* and was */
    mtm_problem *problem; /* its answer */
} open_job;

static void open_free(job *base)
{
    open_job *j = (open_job *)base;
    mtm_problem_free(j->problem);
    g_free(j);
}

static void ask_engine(mtm *m, posted *p)
{
    if (m->remote != NULL)
        remote_post_as(m, p->event.op, "open", &(remote_args){ .message = p->event.message });
    else /* this is the engine by now */
        mtm_alias(m, mtm_message_open(m, p->event.message), p->event.op);
}

static void post_ask(const open_job *j)
{
    posted *p = posted_new(MTM_MESSAGE);
    p->quiet = true;
    p->event.op = j->op;
    p->event.message = j->id;
    p->apply = ask_engine;
    mtm_post(j->m, p);
}

static mtm_account_entry *account_of_folder(mtm *m, store *s, guint32 folder_id)
{
    g_autoptr(folder) f = store_folder(s, folder_id, NULL);
    for (guint i = 0; f != NULL && i < m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        if (a->id == f->account)
            return a;
    }
    return NULL;
}

static void open_run(job *base, gpointer state)
{
    open_job *j = (open_job *)base;
    reader_state *r = state;
    store *s = reader_store(r);
    g_autoptr(GError) error = NULL;
    g_autoptr(mail_summary) summary = s != NULL ? store_summary(s, j->id, &error) : NULL;
    if (summary == NULL) {
        if (error == NULL)
            error_set(&error, ERROR_INPUT, "message %u is not in the store", j->id);
        message_failed(j->m, j->op, j->id, problem_new(NULL, "store", error));
        return;
    }
    body_store *b = reader_bodies(r);
    g_autoptr(GBytes) raw = b != NULL ? body_get(b, summary->mail) : NULL;
    if (raw != NULL) {
        archive_used(j->m, summary->mail);
        message_deliver(j->m, j->op, j->id, raw);
        return;
    }
    if (j->client && !j->asked) {
        post_ask(j);
        return;
    }
    mtm_account_entry *a = !j->asked ? account_of_folder(j->m, s, summary->folder) : NULL;
    if (a != NULL && a->fetcher != NULL) {
        fetcher_open(a->fetcher, j->op, j->id);
        return;
    }
    if (b != NULL && message_deliver_beginning(j->m, b, j->op, j->id, summary->mail))
        return;
    error_set(&error, ERROR_NETWORK, "the message is not stored here and there is no connection");
    mtm_problem *why = j->problem != NULL ? g_steal_pointer(&j->problem) : problem_new(NULL, "offline", error);
    message_failed(j->m, j->op, j->id, why);
}

static open_job *open_job_new(mtm *m, guint64 op, guint32 id)
{
    open_job *j = g_new0(open_job, 1);
    j->base.run = open_run;
    j->base.free = open_free;
    j->m = m;
    j->op = op;
    j->id = id;
    j->client = m->remote != NULL;
    return j;
}

guint64 mtm_message_open(mtm *m, guint32 id)
{
    owner_assert(&m->owner);
    guint64 op = mtm_next_op(m);
    reader_post(m, &open_job_new(m, op, id)->base);
    return op;
}

void message_open_stored(mtm *m, guint64 op, guint32 id, mtm_problem *problem)
{
    open_job *j = open_job_new(m, op, id);
    j->asked = true;
    j->problem = problem;
    reader_post(m, &j->base);
}

void mtm_layout_hint(mtm *m, const document_layout *layout)
{
    g_mutex_lock(&m->layout_mutex);
    m->layout = *layout;
    g_mutex_unlock(&m->layout_mutex);
}

bool reader_start(mtm *m, GError **error)
{
    static const worker_hooks hooks = { .open = reader_open, .close = reader_close };
    m->reader = worker_new("reader", &hooks, m, G_MAXSIZE, error);
    m->builder = m->reader != NULL ? worker_new("builder", &hooks, m, G_MAXSIZE, error) : NULL;
    if (m->builder == NULL)
        return false;
    m->pool = g_thread_pool_new(deliver, NULL, 2, FALSE, error);
    return m->pool != NULL;
}
