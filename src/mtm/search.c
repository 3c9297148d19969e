/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Search: what is stored first; then, for what only the text of messages answers (body:), the server of each folder by
 * UID SEARCH (RFC 9051 section 6.4.4), which
 * decides alone: its dates are days. */
#include "mtm/remote.h"
#include "mtm/task.h"

typedef struct search_job {
    guint32 folder;
    query *query;
    bool local_only;
} search_job;

static void search_free(gpointer data)
{
    search_job *j = data;
    query_free(j->query);
    g_free(j);
}

static bool asks_text(const query *q)
{
    bool any = q->kind == QUERY_BODY;
    for (guint i = 0; q->children != NULL && i < q->children->len; i++) /* as deep as the parser lets it be */
        any |= asks_text(g_ptr_array_index(q->children, i));
    return any;
}

static void tell(mtm_task *t, GArray *ids, bool server)
{
    t->count += ids->len;
    posted *p = posted_new(MTM_FOUND);
    p->event.op = t->op;
    p->event.server = server;
    p->event.nids = ids->len;
    p->event.ids = (const guint32 *)(gpointer)ids->data;
    p->data = ids;
    p->free_data = (GDestroyNotify)g_array_unref;
    mtm_post(t->m, p);
}

static void search_here(mtm_task *t, const search_job *j)
{
    g_autoptr(GError) error = NULL;
    view_request request = { .query = j->query, .folder = j->folder, .sort = SORT_DATE };
    g_autoptr(store_view) v = store_view_build(t->store, &request, &error);
    if (v == NULL) {
        task_problem(t, problem_new(NULL, "store", error));
        return;
    }
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (guint32 i = 0; i < v->n; i++)
        g_array_append_val(ids, v->rows[i].id);
    tell(t, ids, false);
}

static bool search_there(mtm_task *t, const search_job *j, const folder *f)
{
    mtm_account_entry *a = task_account(t, f->account);
    search_request *r = search_request_new(f->id, j->query);
    mtm_problem *problem = NULL;
    guint64 sub = task_sub(t);
    fetcher_search(a->fetcher, sub, r);
    bool ok = task_wait(t, sub, &problem);
    if (!ok) {
        bool refused = problem != NULL && problem->kind == ERROR_REFUSED;
        t->failed++;
        task_problem(t, problem);
        search_request_unref(r);
        return refused && !task_stopped(t); /* the next folder may answer */
    }
    GArray *ids = store_placements_of(t->store, f->id, r->found, NULL, NULL);
    search_request_unref(r);
    if (ids != NULL)
        tell(t, ids, true);
    return true;
}

static void run_search(mtm_task *t, gpointer data)
{
    search_job *j = data;
    if (task_store(t) == NULL)
        return;
    if (!asks_text(j->query)) {
        search_here(t, j);
        return;
    }
    if (j->local_only) {
        task_refuse(t, ERROR_REFUSED, "search", 
                    "what is inside of messages is not stored so that it can be searched; the server can");
        return;
    }
    g_autoptr(GPtrArray) folders = folders_of_accounts(t->m, t->store);
    for (guint i = 0; folders != NULL && i < folders->len && !task_stopped(t); i++) {
        const folder *f = g_ptr_array_index(folders, i);
        task_progress(t, "search", f->name, i, folders->len, 0, 0);
        bool wanted = f->selectable && f->uidvalidity != 0 && f->messages > 0 && (j->folder == 0 || f->id == j->folder);
        if (wanted && !search_there(t, j, f))
            return;
    }
}

guint64 mtm_search(mtm *m, guint32 folder, const query *q, bool local_only)
{
    owner_assert(&m->owner);
    guint64 refused = m->remote == NULL ? mtm_not_acting(m) : 0;
    if (refused != 0)
        return refused;
    if (m->offline && !local_only && asks_text(q))
        return mtm_refuse(m, ERROR_NETWORK, "offline", "working offline (--offline)");
    if (m->remote != NULL)
        return remote_post(m, "search", &(remote_args){ .folder = folder, .query = q, .on = local_only });
    search_job *j = g_new0(search_job, 1);
    j->folder = folder;
    j->query = query_dup(q);
    j->local_only = local_only;
    return task_start(m, NULL, run_search, j, search_free);
}
