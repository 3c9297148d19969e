/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tasks: threads of operations of many steps, and how they hear of the completions they wait for. */
#include "mtm/task.h"
#include "base/clock.h"

enum { PROGRESS_PAUSE_MS = 100 };

typedef struct sub_result {
    bool done;
    guint count, failed;
    mtm_problem *problem;
} sub_result;

static void sub_free(gpointer data)
{
    sub_result *r = data;
    mtm_problem_free(r->problem);
    g_free(r);
}

static void task_free(mtm_task *t)
{
    if (t->free_data != NULL)
        t->free_data(t->data);
    g_hash_table_unref(t->subs);
    g_mutex_clear(&t->mutex);
    g_cond_clear(&t->cond);
    mtm_problem_free(t->problem);
    g_free(t->account);
    g_free(t);
}

/* ---- main thread */

static void ended(mtm *m, posted *p)
{
    mtm_task *t = p->data;
    if (!g_ptr_array_remove(m->tasks, t)) /* tasks_stop has it */
        return;
    g_thread_join(t->thread);
    task_free(t);
}

static gpointer task_main(gpointer data)
{
    mtm_task *t = data;
    t->fn(t, t->data);
    if (t->problem == NULL && task_stopped(t))
        task_refuse(t, ERROR_CANCELLED, "cancel", "cancelled");
    store_close(t->store);
    archive_handle_clear(&t->handle);
    posted *p = posted_new(MTM_DONE);
    p->event.op = t->op;
    p->event.count = t->count;
    p->event.failed = t->failed;
    p->account = g_strdup(t->account);
    p->problem = mtm_problem_dup(t->problem);
    p->apply = ended;
    p->data = t;
    mtm_post(t->m, p);
    return NULL;
}

guint64 task_start(mtm *m, const char *account, task_fn fn, gpointer data, GDestroyNotify free_data)
{
    mtm_task *t = g_new0(mtm_task, 1);
    t->m = m;
    t->op = mtm_next_op(m);
    t->account = g_strdup(account);
    t->fn = fn;
    t->data = data;
    t->free_data = free_data;
    g_mutex_init(&t->mutex);
    g_cond_init(&t->cond);
    t->subs = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, sub_free);
    if (m->tasks == NULL)
        m->tasks = g_ptr_array_new();
    g_ptr_array_add(m->tasks, t);
    guint64 op = t->op;
    t->thread = g_thread_new("task", task_main, t);
    return op;
}

bool tasks_busy(const mtm *m, const char *account)
{
    for (guint i = 0; m->tasks != NULL && i < m->tasks->len; i++) {
        const mtm_task *t = g_ptr_array_index(m->tasks, i);
        if (account == NULL || t->account == NULL || g_strcmp0(t->account, account) == 0)
            return true;
    }
    return false;
}

/* The mutex is not held while others are asked: they post completions, which take it. */
static void stop(mtm_task *t)
{
    g_autoptr(GArray) subs = g_array_new(FALSE, FALSE, sizeof(guint64));
    g_mutex_lock(&t->mutex);
    t->cancelled = true;
    GHashTableIter it;
    gpointer key, value;
    g_hash_table_iter_init(&it, t->subs);
    while (g_hash_table_iter_next(&it, &key, &value))
        if (!((sub_result *)value)->done)
            g_array_append_val(subs, *(guint64 *)key);
    g_cond_broadcast(&t->cond);
    g_mutex_unlock(&t->mutex);
    for (guint i = 0; i < subs->len; i++)
        mtm_cancel(t->m, g_array_index(subs, guint64, i));
}

bool task_cancel(mtm *m, guint64 op)
{
    for (guint i = 0; m->tasks != NULL && i < m->tasks->len; i++) {
        mtm_task *t = g_ptr_array_index(m->tasks, i);
        if (t->op != op)
            continue;
        stop(t);
        return true;
    }
    return false;
}

void tasks_stop(mtm *m)
{
    g_autoptr(GPtrArray) tasks = g_steal_pointer(&m->tasks);
    for (guint i = 0; tasks != NULL && i < tasks->len; i++)
        stop(g_ptr_array_index(tasks, i));
    for (guint i = 0; tasks != NULL && i < tasks->len; i++) {
        mtm_task *t = g_ptr_array_index(tasks, i);
        g_thread_join(t->thread);
        task_free(t);
    }
}

void task_heard(mtm *m, const mtm_event *done)
{
    for (guint i = 0; m->tasks != NULL && i < m->tasks->len; i++) {
        mtm_task *t = g_ptr_array_index(m->tasks, i);
        g_mutex_lock(&t->mutex);
        sub_result *r = g_hash_table_lookup(t->subs, &done->op);
        if (r != NULL && !r->done) {
            r->done = true;
            r->count = done->count;
            r->failed = done->failed;
            r->problem = mtm_problem_dup(done->problem);
            g_cond_broadcast(&t->cond);
        }
        g_mutex_unlock(&t->mutex);
    }
}

/* ---- the task's thread */

bool task_stopped(mtm_task *t)
{
    g_mutex_lock(&t->mutex);
    bool stopped = t->cancelled;
    g_mutex_unlock(&t->mutex);
    return stopped;
}

static void expect(mtm_task *t, guint64 op)
{
    g_hash_table_insert(t->subs, g_memdup2(&op, sizeof op), g_new0(sub_result, 1));
}

guint64 task_sub(mtm_task *t)
{
    guint64 op = mtm_next_op(t->m);
    g_mutex_lock(&t->mutex);
    expect(t, op);
    g_mutex_unlock(&t->mutex);
    return op;
}

bool task_wait(mtm_task *t, guint64 sub, mtm_problem **problem)
{
    g_mutex_lock(&t->mutex);
    sub_result *r = g_hash_table_lookup(t->subs, &sub);
    while (!r->done && !t->cancelled)
        g_cond_wait(&t->cond, &t->mutex);
    bool done = r->done;
    mtm_problem *found = g_steal_pointer(&r->problem);
    t->count += r->count;
    t->failed += r->failed;
    g_hash_table_remove(t->subs, &sub);
    g_mutex_unlock(&t->mutex);
    if (problem != NULL)
        *problem = found;
    else if (found != NULL)
        task_problem(t, found);
    return done && found == NULL;
}

typedef struct main_call {
    gatomicrefcount refs;
    mtm_task *t;           /* NULL: it no longer waits */
    task_call fn;
    gpointer data;
    guint64 op;
    bool begun;
    GMutex mutex;
} main_call;

static void main_call_unref(gpointer data)
{
    main_call *c = data;
    if (!g_atomic_ref_count_dec(&c->refs))
        return;
    g_mutex_clear(&c->mutex);
    g_free(c);
}

static void main_call_apply(mtm *m, posted *p)
{
    main_call *c = p->data;
    g_mutex_lock(&c->mutex);
    if (c->t != NULL) {
        c->op = c->fn(m, c->data);
        g_mutex_lock(&c->t->mutex);
        if (c->op != 0)
            expect(c->t, c->op);
        c->begun = true;
        g_cond_broadcast(&c->t->cond);
        g_mutex_unlock(&c->t->mutex);
    }
    g_mutex_unlock(&c->mutex);
}

bool task_on_main(mtm_task *t, task_call fn, gpointer data)
{
    main_call *c = g_new0(main_call, 1);
    g_atomic_ref_count_init(&c->refs);
    g_atomic_ref_count_inc(&c->refs);
    g_mutex_init(&c->mutex);
    c->t = t;
    c->fn = fn;
    c->data = data;
    posted *p = posted_new(MTM_STATUS);
    p->quiet = true;
    p->apply = main_call_apply;
    p->data = c;
    p->free_data = main_call_unref;
    mtm_post(t->m, p);
    g_mutex_lock(&t->mutex);
    while (!c->begun && !t->cancelled)
        g_cond_wait(&t->cond, &t->mutex);
    g_mutex_unlock(&t->mutex);
    g_mutex_lock(&c->mutex); /* it may be at it right now */
    c->t = NULL;
    bool begun = c->begun;
    guint64 op = c->op;
    g_mutex_unlock(&c->mutex);
    main_call_unref(c);
    return begun && (op == 0 || task_wait(t, op, NULL));
}

void task_progress(mtm_task *t, const char *phase, const char *folder_name, guint64 done, guint64 total, guint64 bytes,
                   guint64 total_bytes)
{
    gint64 now_ms = clock_monotonic_ms();
    if (done != total && now_ms - t->told_ms < PROGRESS_PAUSE_MS)
        return;
    t->told_ms = now_ms;
    posted *p = posted_new(MTM_PROGRESS);
    p->account = g_strdup(t->account);
    p->folder_name = g_strdup(folder_name);
    p->event.op = t->op;
    p->event.phase = phase;
    p->event.done = done;
    p->event.total = total;
    p->event.bytes = bytes;
    p->event.total_bytes = total_bytes;
    mtm_post(t->m, p);
}

void task_problem(mtm_task *t, mtm_problem *problem)
{
    if (t->problem == NULL)
        t->problem = problem;
    else
        mtm_problem_free(problem);
}

void task_failed(mtm_task *t, const char *step, const GError *error)
{
    t->failed++;
    task_problem(t, problem_new(NULL, step, error));
}

void task_refuse(mtm_task *t, error_kind kind, const char *step, const char *text)
{
    g_autoptr(GError) error = NULL;
    error_set(&error, kind, "%s", text);
    task_problem(t, problem_new(NULL, step, error));
}

store *task_store(mtm_task *t)
{
    g_autoptr(GError) error = NULL;
    if (t->store == NULL)
        t->store = store_open(t->m->data_dir, STORE_READ, &error);
    if (t->store == NULL)
        task_problem(t, problem_new(NULL, "store", error));
    return t->store;
}

body_store *task_bodies(mtm_task *t)
{
    g_autoptr(GError) error = NULL;
    body_store *bodies = archive_reader(t->m, &t->handle, &error);
    if (bodies == NULL)
        task_problem(t, problem_new(NULL, "store", error));
    return bodies;
}

mtm_account_entry *task_account(mtm_task *t, guint32 id)
{
    for (guint i = 0; i < t->m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(t->m->accounts, i);
        if (a->id == id)
            return a;
    }
    return NULL;
}
