/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events from any thread to the main one: a queue behind a GSource of default priority, so that keys
 * (higher) come first, and a bounded number of events a turn. */
#include "mtm/remote.h"
#include "mtm/task.h"

#include <string.h>

enum { EVENTS_A_TURN = 32 }; /* so that a flood leaves room for keys and paint */

typedef struct event_source {
    GSource base;
    mtm *m;
} event_source;

static bool waiting(mtm *m)
{
    g_mutex_lock(&m->mutex);
    bool any = m->posted.length > 0;
    g_mutex_unlock(&m->mutex);
    return any;
}

static gboolean source_prepare(GSource *source, gint *timeout)
{
    *timeout = -1;
    return waiting(((event_source *)source)->m);
}

static gboolean source_check(GSource *source)
{
    return waiting(((event_source *)source)->m);
}

static void posted_free(posted *p)
{
    if (p->free_data != NULL && p->data != NULL)
        p->free_data(p->data);
    g_free(p->account);
    g_free(p->folder_name);
    g_free(p->label);
    mtm_problem_free(p->problem);
    document_unref(p->event.document);
    g_free(p);
}

static void dispatch(mtm *m, posted *p)
{
    if (p->apply != NULL)
        p->apply(m, p);
    if (!p->quiet) {
        p->event.account = p->account;
        p->event.folder_name = p->folder_name;
        p->event.label = p->label;
        p->event.problem = p->problem;
        if (p->event.kind == MTM_DONE)
            task_heard(m, &p->event);
        mtm_emit(m, &p->event);
    }
    posted_free(p);
}

static gboolean source_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    (void)callback;
    (void)data;
    mtm *m = ((event_source *)source)->m;
    for (int i = 0; i < EVENTS_A_TURN; i++) {
        g_mutex_lock(&m->mutex);
        posted *p = g_queue_pop_head(&m->posted);
        g_mutex_unlock(&m->mutex);
        if (p == NULL)
            break;
        dispatch(m, p);
    }
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = { source_prepare, source_check, source_dispatch, NULL, NULL, NULL };

void event_source_attach(mtm *m)
{
    m->source = g_source_new(&source_funcs, sizeof(event_source));
    ((event_source *)m->source)->m = m;
    g_source_set_name(m->source, "mtm events");
    g_source_attach(m->source, NULL);
}

void event_source_detach(mtm *m)
{
    g_source_destroy(m->source);
    g_source_unref(m->source);
    m->source = NULL;
    for (posted *p; (p = g_queue_pop_head(&m->posted)) != NULL;)
        posted_free(p);
}

posted *posted_new(mtm_event_kind kind)
{
    posted *p = g_new0(posted, 1);
    p->event.kind = kind;
    return p;
}

void mtm_post(mtm *m, posted *p)
{
    g_mutex_lock(&m->mutex);
    bool first = m->posted.length == 0;
    g_queue_push_tail(&m->posted, p);
    g_mutex_unlock(&m->mutex);
    if (first)
        g_main_context_wakeup(NULL);
}

/* ---- operations that do what an older one was posted for */

void mtm_alias(mtm *m, guint64 op, guint64 told)
{
    if (m->aliases == NULL)
        m->aliases = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    g_hash_table_replace(m->aliases, g_memdup2(&op, sizeof op), g_memdup2(&told, sizeof told));
}

guint64 mtm_alias_of(const mtm *m, guint64 told)
{
    GHashTableIter it;
    gpointer op, older;
    if (m->aliases == NULL)
        return told;
    g_hash_table_iter_init(&it, m->aliases);
    while (g_hash_table_iter_next(&it, &op, &older))
        if (*(const guint64 *)older == told)
            return *(const guint64 *)op;
    return told;
}

static guint64 told_as(mtm *m, const mtm_event *event)
{
    const guint64 *older = m->aliases != NULL ? g_hash_table_lookup(m->aliases, &event->op) : NULL;
    guint64 op = older != NULL ? *older : event->op;
    if (older != NULL && event->kind == MTM_DONE)
        g_hash_table_remove(m->aliases, &event->op);
    return op;
}

void mtm_emit(mtm *m, const mtm_event *event)
{
    mtm_event told = *event;
    told.op = told_as(m, event);
    if (!remote_server_event(m, &told))
        mtm_emit_here(m, &told);
}

void mtm_emit_here(mtm *m, const mtm_event *event)
{
    owner_assert(&m->owner);
    /* An observer may leave while it is called: walk over a copy. */
    g_autofree observer *copy = g_memdup2(m->observers->data, m->observers->len * sizeof(observer));
    guint n = m->observers->len;
    for (guint i = 0; i < n; i++)
        copy[i].fn(event, copy[i].data);
}

void mtm_post_done(mtm *m, guint64 op, const char *account, mtm_problem *problem)
{
    if (op == 0) {
        mtm_problem_free(problem);
        return;
    }
    posted *p = posted_new(MTM_DONE);
    p->event.op = op;
    p->account = g_strdup(account);
    p->problem = problem;
    mtm_post(m, p);
}

guint64 mtm_next_op(mtm *m)
{
    return atomic_fetch_add(&m->next_op, 1) + 1;
}

void mtm_observe(mtm *m, mtm_observer fn, gpointer data)
{
    observer o = { fn, data };
    g_array_append_val(m->observers, o);
}

void mtm_unobserve(mtm *m, gpointer data)
{
    for (guint i = m->observers->len; i-- > 0;)
        if (g_array_index(m->observers, observer, i).data == data)
            g_array_remove_index(m->observers, i);
}

/* ---- problems */

mtm_problem *problem_new(const account_settings *a, const char *step, const GError *error)
{
    mtm_problem *p = g_new0(mtm_problem, 1);
    p->kind = (int)error_kind_of(error);
    if (p->kind == 0)
        p->kind = ERROR_INTERNAL;
    p->step = g_strdup(step);
    p->detail = g_strdup(error != NULL ? error->message : "");
    if (a != NULL) {
        p->account = g_strdup(a->name);
        if (a->tunnel == NULL) {
            p->host = g_strdup(a->imap_host);
            p->port = a->imap_port;
        }
    }
    return p;
}

void mtm_problem_free(mtm_problem *p)
{
    if (p == NULL)
        return;
    g_free(p->account);
    g_free(p->host);
    g_free(p->step);
    g_free(p->detail);
    g_free(p);
}

mtm_problem *mtm_problem_dup(const mtm_problem *p)
{
    if (p == NULL)
        return NULL;
    mtm_problem *copy = g_new0(mtm_problem, 1);
    copy->kind = p->kind;
    copy->account = g_strdup(p->account);
    copy->host = g_strdup(p->host);
    copy->port = p->port;
    copy->step = g_strdup(p->step);
    copy->detail = g_strdup(p->detail);
    return copy;
}
