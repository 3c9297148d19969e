/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keeper, the only writer of mail.db: everything that changes it goes through here as a job; a batch
 * of jobs is one transaction. */
#include "mtm/internal.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/salvage.h"

#include <string.h>

enum {
    KEEPER_BATCH_MS = 20,          /* an act waits at most about so long for a sync batch */
    KEEPER_BOUND = 1 << 20,        /* bytes of queued sync results: back-pressure to the network */
    ORPHAN_KEPT_S = 24 * 60 * 60,
    PRUNE_MAX = 1000,              /* contents dropped at once, when idle */
    SUMMARY_COST = 900,            /* bytes one summary takes, about */
};

typedef struct keeper_state_t {
    mtm *m;
    store *store;
    GError *failed;      /* first failure in the running batch */
    GHashTable *also;    /* folder ids that the batch changed besides those its jobs are about */
    GMutex mutex;        /* guards lost */
    GError *lost;        /* for keeper_check */
} keeper_data;

typedef struct changes {
    guint32 folder;
    bool rows, flags, bulk;
    guint announced;     /* new unread messages to tell about */
} changes;

typedef struct keeper_job {
    job base;
    keeper_data *keeper;
    mtm *m;
    changes changes;
    /* exactly one of the following kinds */
    GPtrArray *summaries;
    flag_batch *flags;
    uid_set *gone;
    store_folder_state *state;
    bool announce;
} keeper_job;

struct flag_batch {
    GArray *news;        /* of store_flag_news, keywords pointing into strings */
    GStringChunk *strings;
};

flag_batch *flag_batch_new(void)
{
    flag_batch *b = g_new0(flag_batch, 1);
    b->news = g_array_new(FALSE, FALSE, sizeof(store_flag_news));
    b->strings = g_string_chunk_new(1024);
    return b;
}

void flag_batch_free(flag_batch *b)
{
    if (b == NULL)
        return;
    g_array_free(b->news, TRUE);
    g_string_chunk_free(b->strings);
    g_free(b);
}

void flag_batch_add(flag_batch *b, guint32 uid, mail_flags flags, const char *keywords, guint64 modseq)
{
    store_flag_news n = { .uid = uid, .flags = flags, .modseq = modseq };
    if (keywords != NULL && keywords[0] != '\0')
        n.keywords = g_string_chunk_insert_const(b->strings, keywords);
    g_array_append_val(b->news, n);
}

guint flag_batch_count(const flag_batch *b)
{
    return b->news->len;
}

/* ---- the thread */

static void note(mtm *m, const char *step, const char *detail)
{
    g_autoptr(GError) error = NULL;
    error_set(&error, ERROR_DISK, "%s", detail);
    posted *p = posted_new(MTM_NOTE);
    p->problem = problem_new(NULL, step, error);
    mtm_post(m, p);
}

static void note_saved(mtm *m, const store_saved *saved)
{
    g_autofree char *detail = g_strdup_printf("%s; saved: %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT, saved->aside,
                                              saved->messages, saved->changes);
    log_warn(LOG_STORE, "mail.db was damaged: %s", detail);
    note(m, "salvage", saved->aside);
}

static bool keeper_open(gpointer user, gpointer *state, GError **error)
{
    mtm *m = user;
    store_saved saved;
    store *s = store_open_saving(m->data_dir, &saved, error);
    if (saved.aside != NULL)
        note_saved(m, &saved);
    g_free(saved.aside);
    if (s == NULL)
        return false;
    for (guint i = 0; i < m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        a->id = store_account(s, a->name, error);
        if (a->id == 0) {
            store_close(s);
            return false;
        }
    }
    keeper_data *k = g_new0(keeper_data, 1);
    k->m = m;
    k->store = s;
    k->also = g_hash_table_new(NULL, NULL);
    g_mutex_init(&k->mutex);
    *state = k;
    return true;
}

static void keeper_close(gpointer state)
{
    keeper_data *k = state;
    store_close(k->store);
    g_hash_table_unref(k->also);
    g_clear_error(&k->failed);
    g_clear_error(&k->lost);
    g_mutex_clear(&k->mutex);
    g_free(k);
}

static void keeper_fail(keeper_data *k, GError *error)
{
    log_error(LOG_STORE, "%s", error != NULL ? error->message : "write failed");
    if (store_damaged(k->store))
        store_suspect(k->m->data_dir);
    if (k->failed == NULL)
        k->failed = error;
    else
        g_clear_error(&error);
}

static void keeper_begin(gpointer state)
{
    keeper_data *k = state;
    GError *error = NULL;
    g_clear_error(&k->failed);
    if (!store_begin(k->store, &error))
        keeper_fail(k, error);
}

/* ---- changed events: told after the commit, one pending a folder */

static void changed_apply(mtm *m, posted *p)
{
    changes *c = p->data;
    views_folder_changed(m, c->folder, c->rows, c->flags, c->bulk);
}

static void post_also(keeper_data *k)
{
    GHashTableIter it;
    gpointer key;
    g_hash_table_iter_init(&it, k->also);
    while (k->failed == NULL && g_hash_table_iter_next(&it, &key, NULL)) {
        changes c = { .folder = GPOINTER_TO_UINT(key), .rows = true, .flags = true };
        posted *p = posted_new(MTM_CHANGED);
        p->event.folder = c.folder;
        p->apply = changed_apply;
        p->data = g_memdup2(&c, sizeof c);
        p->free_data = g_free;
        mtm_post(k->m, p);
    }
    g_hash_table_remove_all(k->also);
}

/* A message shown elsewhere than where the server has it is news of both folders. */
static void announce_touched(keeper_data *k, guint32 but)
{
    g_autoptr(GArray) touched = store_touched(k->store, true);
    for (guint i = 0; i < touched->len; i++)
        if (g_array_index(touched, guint32, i) != but)
            g_hash_table_add(k->also, GUINT_TO_POINTER(g_array_index(touched, guint32, i)));
}

static void keeper_end(gpointer state, bool durable)
{
    keeper_data *k = state;
    GError *error = NULL;
    if (k->failed == NULL && !store_commit(k->store, durable, &error))
        keeper_fail(k, error);
    post_also(k);
    if (k->failed != NULL) {
        store_rollback(k->store);
        g_mutex_lock(&k->mutex);
        if (k->lost == NULL)
            k->lost = g_error_copy(k->failed);
        g_mutex_unlock(&k->mutex);
    }
}

/* Contents without a placement wait a day: by then a message that another program moved has been seen
 * where it went, whatever the interval. */
static void prune(keeper_data *k)
{
    g_autoptr(GError) error = NULL;
    guint removed = 0;
    if (!store_prune(k->store, clock_now_s() - ORPHAN_KEPT_S, PRUNE_MAX, &removed, &error))
        log_warn(LOG_STORE, "%s", error->message);
    if (removed > 0 && k->m->archivist != NULL)
        archive_sweep(k->m);
}

static void keeper_idle(gpointer state)
{
    keeper_data *k = state;
    prune(k);
    store_checkpoint(k->store);
}

bool keeper_start(mtm *m, GError **error)
{
    static const worker_hooks hooks = { .open = keeper_open, .close = keeper_close,
                                        .batch_begin = keeper_begin, .batch_end = keeper_end,
                                        .idle = keeper_idle, .batch_ms = KEEPER_BATCH_MS };
    const char *network = store_network(m->data_dir);
    if (network != NULL)
        note(m, "network-store", network);
    m->keeper = worker_new("keeper", &hooks, m, KEEPER_BOUND, error);
    return m->keeper != NULL;
}

static void announce_changes(mtm *m, const changes *c)
{
    if (!c->rows && !c->flags)
        return;
    posted *p = posted_new(MTM_CHANGED);
    p->event.folder = c->folder;
    p->apply = changed_apply;
    p->data = g_memdup2(c, sizeof *c);
    p->free_data = g_free;
    mtm_post(m, p);
    folders_changed(m);
    if (c->announced > 0) {
        posted *n = posted_new(MTM_NEW_MAIL);
        n->event.folder = c->folder;
        n->event.count = c->announced;
        mtm_post(m, n);
    }
}

static void job_run(job *base, gpointer state)
{
    keeper_job *j = (keeper_job *)base;
    keeper_data *k = state;
    j->keeper = k;
    if (k->failed != NULL)
        return;
    GError *error = NULL;
    guint n = 0;
    bool ok = true;
    guint32 folder = j->changes.folder;
    if (j->summaries != NULL) {
        ok = store_messages_add(k->store, folder, j->summaries, &n, &error);
        j->changes.rows = n > 0;
        j->changes.flags = n < j->summaries->len;
        for (guint i = 0; ok && j->announce && n > 0 && i < j->summaries->len; i++)
            if ((((mail_summary *)g_ptr_array_index(j->summaries, i))->flags & FLAG_SEEN) == 0)
                j->changes.announced++;
    } else if (j->flags != NULL) {
        ok = store_flags_news(k->store, folder, (const store_flag_news *)(void *)j->flags->news->data,
                              j->flags->news->len, &n, &error);
        j->changes.flags = n > 0;
    } else if (j->gone != NULL) {
        ok = store_vanished(k->store, folder, j->gone, &n, &error);
        j->changes.rows = n > 0;
    } else if (j->state != NULL) {
        ok = store_folder_state_set(k->store, folder, j->state, &error);
        folders_changed(j->m);
    }
    announce_touched(k, folder);
    if (!ok)
        keeper_fail(k, error);
}

static void job_after(job *base)
{
    keeper_job *j = (keeper_job *)base;
    if (j->keeper->failed == NULL)
        announce_changes(j->m, &j->changes);
}

static void job_free(job *base)
{
    keeper_job *j = (keeper_job *)base;
    if (j->summaries != NULL)
        g_ptr_array_unref(j->summaries);
    flag_batch_free(j->flags);
    uid_set_free(j->gone);
    g_free(j->state);
    g_free(j);
}

static keeper_job *job_new(mtm *m, guint32 folder, gsize nbytes)
{
    keeper_job *j = g_new0(keeper_job, 1);
    j->base = (job){ job_run, job_after, job_free, nbytes };
    j->m = m;
    j->changes.folder = folder;
    return j;
}

void keeper_add(mtm *m, guint32 account, guint32 folder, GPtrArray *summaries, bool announce)
{
    (void)account;
    keeper_job *j = job_new(m, folder, summaries->len * (gsize)SUMMARY_COST);
    j->summaries = summaries;
    j->announce = announce;
    j->changes.bulk = !announce;
    worker_post(m->keeper, WORKER_SYNC, &j->base);
}

void keeper_flags(mtm *m, guint32 folder, flag_batch *batch)
{
    keeper_job *j = job_new(m, folder, batch->news->len * sizeof(store_flag_news));
    j->flags = batch;
    worker_post(m->keeper, WORKER_SYNC, &j->base);
}

void keeper_vanished(mtm *m, guint32 folder, uid_set *gone)
{
    keeper_job *j = job_new(m, folder, gone->ranges->len * sizeof(uid_range));
    j->gone = gone;
    worker_post(m->keeper, WORKER_SYNC, &j->base);
}

void keeper_state(mtm *m, guint32 folder, const store_folder_state *state)
{
    keeper_job *j = job_new(m, folder, sizeof *state);
    j->state = g_memdup2(state, sizeof *state);
    worker_post(m->keeper, WORKER_SYNC, &j->base);
}

/* ---- synchronous work */

typedef struct keeper_call {
    job base;
    keeper_fn fn;
    gpointer data;
    keeper_data *keeper;
    GError *error;
    bool ok, done;
    GMutex mutex;
    GCond cond;
} keeper_call;

static void call_run(job *base, gpointer state)
{
    keeper_call *c = (keeper_call *)base;
    c->keeper = state;
    if (c->keeper->failed != NULL)
        return;
    c->ok = c->fn(c->keeper->store, c->data, &c->error);
    announce_touched(c->keeper, 0);
    if (!c->ok)
        keeper_fail(c->keeper, c->error != NULL ? g_error_copy(c->error) : NULL);
}

static void call_after(job *base)
{
    keeper_call *c = (keeper_call *)base;
    if (c->keeper->failed != NULL) {
        c->ok = false;
        if (c->error == NULL)
            c->error = g_error_copy(c->keeper->failed);
    }
}

static void call_finish(job *base)
{
    keeper_call *c = (keeper_call *)base;
    g_mutex_lock(&c->mutex);
    c->done = true;
    g_cond_signal(&c->cond);
    g_mutex_unlock(&c->mutex);
}

static bool run_and_wait(mtm *m, worker_priority priority, keeper_fn fn, gpointer data, GError **error)
{
    keeper_call c = { .base = { call_run, call_after, call_finish, 0 }, .fn = fn, .data = data };
    g_mutex_init(&c.mutex);
    g_cond_init(&c.cond);
    worker_post(m->keeper, priority, &c.base);
    g_mutex_lock(&c.mutex);
    while (!c.done)
        g_cond_wait(&c.cond, &c.mutex);
    g_mutex_unlock(&c.mutex);
    g_mutex_clear(&c.mutex);
    g_cond_clear(&c.cond);
    if (!c.ok) {
        if (c.error != NULL)
            g_propagate_error(error, c.error);
        else
            error_set(error, ERROR_DISK, "the store could not be written");
    }
    return c.ok;
}

bool keeper_run(mtm *m, keeper_fn fn, gpointer data, GError **error)
{
    return run_and_wait(m, WORKER_SYNC, fn, data, error);
}

bool keeper_run_durably(mtm *m, keeper_fn fn, gpointer data, GError **error)
{
    return run_and_wait(m, WORKER_ACT, fn, data, error);
}

static void check_lost(gpointer data, gpointer state)
{
    keeper_data *k = state;
    g_mutex_lock(&k->mutex);
    *(GError **)data = g_steal_pointer(&k->lost);
    g_mutex_unlock(&k->mutex);
}

bool keeper_check(mtm *m, GError **error)
{
    GError *lost = NULL;
    worker_call(m->keeper, WORKER_SYNC, check_lost, &lost);
    if (lost == NULL)
        return true;
    g_propagate_error(error, lost);
    return false;
}

/* ---- acts */

typedef struct act_job {
    job base;
    mtm *m;
    keeper_data *keeper;
    guint64 op;
    act_fn fn;
    gpointer data;
    GDestroyNotify free_data;
    act_outcome out;
    GArray *folders, *accounts; /* of guint32: what changed, whose servers must be told */
    GError *error;
} act_job;

/* A refusal by the store has written nothing: what else is in the batch is not concerned. */
static void act_run(job *base, gpointer state)
{
    act_job *j = (act_job *)base;
    j->keeper = state;
    store *s = j->keeper->store;
    if (j->keeper->failed != NULL)
        return;
    announce_touched(j->keeper, 0);
    guint64 action = j->fn(s, j->data, &j->out, &j->error);
    j->folders = store_touched(s, false);
    j->accounts = store_act_accounts(s, action);
    if (j->out.count == 0 && action != 0)
        j->out.count = store_act_count(s, action);
    if (j->error != NULL && error_kind_of(j->error) != ERROR_INPUT)
        keeper_fail(j->keeper, g_error_copy(j->error));
}

typedef struct act_told {
    GArray *accounts;
    bool taken_back, wake;
} act_told;

static void told_free(gpointer data)
{
    act_told *t = data;
    if (t->accounts != NULL)
        g_array_unref(t->accounts);
    g_free(t);
}

static bool concerned(const act_told *t, guint32 account)
{
    for (guint i = 0; t->accounts != NULL && i < t->accounts->len; i++)
        if (g_array_index(t->accounts, guint32, i) == account)
            return true;
    return t->wake;
}

static void act_apply(mtm *m, posted *p)
{
    const act_told *t = p->data;
    views_act_done(m, p->event.op);
    if (t->taken_back)
        views_taken_back(m);
    for (guint i = 0; i < m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        if (a->session != NULL && (t->taken_back || concerned(t, a->id))) /* it counts what waits no more, too */
            session_wake(a->session);
    }
}

static void post_act_done(act_job *j, const GError *problem)
{
    posted *p = posted_new(MTM_DONE);
    act_told *t = g_new0(act_told, 1);
    *t = (act_told){ g_steal_pointer(&j->accounts), j->out.taken_back && problem == NULL, j->out.wake };
    p->event.op = j->op;
    p->event.count = problem == NULL ? j->out.count : 0;
    p->event.failed = j->out.failed;
    p->label = g_steal_pointer(&j->out.label);
    p->apply = act_apply;
    p->data = t;
    p->free_data = told_free;
    if (problem != NULL)
        p->problem = problem_new(NULL, "store", problem);
    mtm_post(j->m, p);
}

static void list_apply(mtm *m, posted *p)
{
    m->folders_generation++;
    g_ptr_array_unref(m->folders);
    m->folders = g_steal_pointer(&p->data);
    p->free_data = NULL;
}

/* A folder that was made can be named as soon as the act is done. */
static void post_list(mtm *m, store *s)
{
    posted *p = posted_new(MTM_FOLDERS);
    p->data = folders_of_accounts(m, s);
    p->free_data = (GDestroyNotify)g_ptr_array_unref;
    p->apply = p->data != NULL ? list_apply : NULL;
    mtm_post(m, p);
}

static bool run_list(store *s, gpointer data, GError **error)
{
    post_list(data, s);
    return true;
}

void keeper_tell_folders(mtm *m)
{
    keeper_run(m, run_list, m, NULL);
}

static void act_after(job *base)
{
    act_job *j = (act_job *)base;
    const GError *problem = j->keeper->failed != NULL ? j->keeper->failed : j->error;
    if (j->out.folders && problem == NULL)
        post_list(j->m, j->keeper->store);
    for (guint i = 0; problem == NULL && j->folders != NULL && i < j->folders->len; i++) {
        posted *p = posted_new(MTM_CHANGED);
        changes c = { .folder = g_array_index(j->folders, guint32, i), .rows = j->out.rows, .flags = true };
        p->event.folder = c.folder;
        if (j->out.rows) { /* marks are in the views already */
            p->apply = changed_apply;
            p->data = g_memdup2(&c, sizeof c);
            p->free_data = g_free;
        }
        mtm_post(j->m, p);
    }
    post_act_done(j, problem); /* behind what it changed: who waits for it knows all */
    folders_changed(j->m);
}

static void act_free(job *base)
{
    act_job *j = (act_job *)base;
    if (j->free_data != NULL)
        j->free_data(j->data);
    if (j->folders != NULL)
        g_array_unref(j->folders);
    if (j->accounts != NULL)
        g_array_unref(j->accounts);
    g_free(j->out.label);
    g_clear_error(&j->error);
    g_free(j);
}

void keeper_act(mtm *m, guint64 op, act_fn fn, gpointer data, GDestroyNotify free_data)
{
    act_job *j = g_new0(act_job, 1);
    j->base = (job){ act_run, act_after, act_free, 0 };
    j->m = m;
    j->op = op;
    j->fn = fn;
    j->data = data;
    j->free_data = free_data;
    worker_post(m->keeper, WORKER_ACT, &j->base);
}

/* ---- what a body tells about its content */

typedef struct learned_job {
    job base;
    learned what;
} learned_job;

static void learned_run(job *base, gpointer state)
{
    const learned *l = &((learned_job *)base)->what;
    keeper_data *k = state;
    GError *error = NULL;
    if (k->failed == NULL && (!store_content_learned(k->store, l->mail, l->preview, l->has_attachment, &error) ||
                              !store_content_hashed(k->store, l->mail, l->hash, &error)))
        keeper_fail(k, error);
}

static void learned_free(job *base)
{
    learned_job *j = (learned_job *)base;
    g_free(j->what.preview);
    g_bytes_unref(j->what.hash);
    g_free(j);
}

void keeper_learned(mtm *m, const learned *what)
{
    learned_job *j = g_new0(learned_job, 1);
    j->base = (job){ learned_run, NULL, learned_free, what->preview != NULL ? strlen(what->preview) : 0 };
    j->what = *what;
    worker_post(m->keeper, WORKER_SYNC, &j->base);
}
