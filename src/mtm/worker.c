/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue behind keeper, archivist and reader. */
#include "mtm/worker.h"

struct worker {
    GThread *thread;
    GMutex mutex;
    GCond work;  /* something was queued, or the end */
    GCond room;  /* the bounded queue shrank, or open has run */
    GQueue queues[2];
    gsize nbytes, max_nbytes;
    bool stopping, opened, failed;
    worker_hooks hooks;
    gpointer user;
    GError *error;
};

static void job_free(job *j)
{
    if (j->free != NULL)
        j->free(j);
    else
        g_free(j);
}

/* With the mutex held.  Acts first. */
static job *take(worker *w, bool *act)
{
    for (int p = 0; p < 2; p++) {
        job *j = g_queue_pop_head(&w->queues[p]);
        if (j == NULL)
            continue;
        *act = p == WORKER_ACT;
        if (p == WORKER_SYNC) {
            w->nbytes -= j->nbytes;
            g_cond_broadcast(&w->room);
        }
        return j;
    }
    return NULL;
}

static bool has_work(const worker *w)
{
    return w->queues[0].length + w->queues[1].length > 0;
}

/* One batch: the first job and what is queued behind it, until the batch's time is over.  An act
 * closes its batch so that its commit does not wait for more. */
static void run_batch(worker *w, job *first, bool act, gpointer state)
{
    g_autoptr(GPtrArray) done = g_ptr_array_new();
    bool durable = false;
    gint64 end = g_get_monotonic_time() + w->hooks.batch_ms * 1000;
    if (w->hooks.batch_begin != NULL)
        w->hooks.batch_begin(state);
    for (job *j = first; j != NULL;) {
        j->run(j, state);
        g_ptr_array_add(done, j);
        durable |= act;
        j = NULL;
        g_mutex_lock(&w->mutex);
        if (!act || w->queues[WORKER_ACT].length > 0)
            if (g_get_monotonic_time() < end)
                j = take(w, &act);
        g_mutex_unlock(&w->mutex);
    }
    if (w->hooks.batch_end != NULL)
        w->hooks.batch_end(state, durable);
    for (guint i = 0; i < done->len; i++) {
        job *j = g_ptr_array_index(done, i);
        if (j->after != NULL)
            j->after(j);
        job_free(j);
    }
}

static gpointer worker_main(gpointer data)
{
    worker *w = data;
    gpointer state = NULL;
    bool ok = w->hooks.open == NULL || w->hooks.open(w->user, &state, &w->error);
    g_mutex_lock(&w->mutex);
    w->opened = true;
    w->failed = !ok;
    g_cond_broadcast(&w->room);
    bool idle_done = false;
    while (ok) {
        bool act = false;
        job *j = take(w, &act);
        if (j != NULL) {
            g_mutex_unlock(&w->mutex);
            run_batch(w, j, act, state);
            idle_done = false;
            g_mutex_lock(&w->mutex);
            continue;
        }
        if (w->stopping)
            break;
        if (idle_done || w->hooks.idle == NULL) {
            g_cond_wait(&w->work, &w->mutex);
        } else if (!g_cond_wait_until(&w->work, &w->mutex, g_get_monotonic_time() + G_USEC_PER_SEC) &&
                   !has_work(w)) {
            g_mutex_unlock(&w->mutex);
            w->hooks.idle(state);
            idle_done = true;
            g_mutex_lock(&w->mutex);
        }
    }
    g_mutex_unlock(&w->mutex);
    if (ok && w->hooks.close != NULL)
        w->hooks.close(state);
    return NULL;
}

static void destroy(worker *w)
{
    g_thread_join(w->thread);
    g_mutex_clear(&w->mutex);
    g_cond_clear(&w->work);
    g_cond_clear(&w->room);
    g_clear_error(&w->error);
    g_free(w);
}

worker *worker_new(const char *name, const worker_hooks *hooks, gpointer user, gsize max_nbytes, GError **error)
{
    worker *w = g_new0(worker, 1);
    w->hooks = *hooks;
    w->user = user;
    w->max_nbytes = max_nbytes;
    g_mutex_init(&w->mutex);
    g_cond_init(&w->work);
    g_cond_init(&w->room);
    g_queue_init(&w->queues[0]);
    g_queue_init(&w->queues[1]);
    w->thread = g_thread_new(name, worker_main, w);
    g_mutex_lock(&w->mutex);
    while (!w->opened)
        g_cond_wait(&w->room, &w->mutex);
    g_mutex_unlock(&w->mutex);
    if (!w->failed)
        return w;
    g_propagate_error(error, g_steal_pointer(&w->error));
    destroy(w);
    return NULL;
}

void worker_free(worker *w)
{
    if (w == NULL)
        return;
    g_mutex_lock(&w->mutex);
    w->stopping = true;
    g_cond_broadcast(&w->work);
    g_cond_broadcast(&w->room);
    g_mutex_unlock(&w->mutex);
    destroy(w);
}

void worker_post(worker *w, worker_priority priority, job *j)
{
    g_mutex_lock(&w->mutex);
    if (priority == WORKER_SYNC) {
        while (w->nbytes > 0 && w->nbytes + j->nbytes > w->max_nbytes && !w->stopping)
            g_cond_wait(&w->room, &w->mutex);
        w->nbytes += j->nbytes;
    }
    g_queue_push_tail(&w->queues[priority], j);
    g_cond_signal(&w->work);
    g_mutex_unlock(&w->mutex);
}

typedef struct call {
    job base;
    void (*fn)(gpointer data, gpointer state);
    gpointer data;
    GMutex mutex;
    GCond cond;
    bool done;
} call;

static void call_run(job *j, gpointer state)
{
    call *c = (call *)j;
    c->fn(c->data, state);
}

static void call_finish(job *j)
{
    call *c = (call *)j;
    g_mutex_lock(&c->mutex);
    c->done = true;
    g_cond_signal(&c->cond);
    g_mutex_unlock(&c->mutex);
}

void worker_call(worker *w, worker_priority priority, void (*fn)(gpointer data, gpointer state), gpointer data)
{
    call c = { .base = { .run = call_run, .free = call_finish }, .fn = fn, .data = data };
    g_mutex_init(&c.mutex);
    g_cond_init(&c.cond);
    worker_post(w, priority, &c.base);
    g_mutex_lock(&c.mutex);
    while (!c.done)
        g_cond_wait(&c.cond, &c.mutex);
    g_mutex_unlock(&c.mutex);
    g_mutex_clear(&c.mutex);
    g_cond_clear(&c.cond);
}
