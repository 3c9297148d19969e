/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UID SEARCH of one folder on the reader's connection. */
#include "mtm/fetcher.h"

static void clear(gpointer data)
{
    search_request *r = data;
    query_free(r->query);
    uid_set_free(r->found);
}

search_request *search_request_new(guint32 folder, const query *q)
{
    search_request *r = g_atomic_rc_box_new0(search_request);
    r->folder = folder;
    r->query = query_dup(q);
    r->found = uid_set_new();
    return r;
}

void search_request_unref(search_request *r)
{
    g_atomic_rc_box_release_full(r, clear);
}

void fetcher_search(mtm_fetcher *f, guint64 op, search_request *r)
{
    r->op = op;
    g_mutex_lock(&f->mutex);
    g_queue_push_tail(&f->searches, g_atomic_rc_box_acquire(r));
    g_mutex_unlock(&f->mutex);
    wake_signal(&f->wake);
}

static search_request *take(mtm_fetcher *f, guint64 op)
{
    g_mutex_lock(&f->mutex);
    GList *l = f->searches.head;
    while (op != 0 && l != NULL && ((search_request *)l->data)->op != op)
        l = l->next;
    search_request *r = l != NULL ? l->data : NULL;
    if (l != NULL)
        g_queue_delete_link(&f->searches, l);
    g_mutex_unlock(&f->mutex);
    return r;
}

bool search_due(mtm_fetcher *f)
{
    g_mutex_lock(&f->mutex);
    bool due = f->searches.length > 0;
    g_mutex_unlock(&f->mutex);
    return due;
}

static void end(mtm_fetcher *f, search_request *r, mtm_problem *problem)
{
    mtm_post_done(f->m, r->op, f->a->name, problem);
    search_request_unref(r);
}

bool search_cancel(mtm_fetcher *f, guint64 op)
{
    search_request *r = take(f, op);
    if (r != NULL)
        end(f, r, fetcher_cancelled_problem());
    return r != NULL;
}

void search_drop(mtm_fetcher *f)
{
    for (search_request *r; (r = take(f, 0)) != NULL;)
        end(f, r, fetcher_cancelled_problem());
}

static bool search_folder(mtm_fetcher *f, search_request *r, GError **error)
{
    g_autoptr(folder) where = store_folder(f->store, r->folder, NULL);
    GString *c = imap_command("UID SEARCH");
    if (where == NULL || !imap_add_search(f->c, c, r->query, where->account_name, where->name)) {
        g_string_free(c, TRUE);
        error_set(error, ERROR_REFUSED, "the server cannot be asked this");
        return false;
    }
    if (!fetcher_enter(f, r->folder, true, error)) {
        g_string_free(c, TRUE);
        return false;
    }
    f->searched = r->found;
    bool ok = fetcher_entered(f, error) && imap_wait(f->c, imap_send(f->c, c), NULL, error);
    f->searched = NULL;
    return ok;
}

/* A connection that lay idle may have died unnoticed: the second try is on a new one. */
void search_serve(mtm_fetcher *f)
{
    search_request *r = take(f, 0);
    if (r == NULL)
        return;
    mtm_problem *problem = NULL;
    fetcher_begin_serving(f, r->op);
    for (int try = 0;; try++) {
        bool fresh = f->c == NULL;
        g_autoptr(GError) error = NULL;
        if (fetcher_open_store(f, &error) && fetcher_go_online(f, &problem) && search_folder(f, r, &error))
            break;
        bool lost = problem == NULL && fetch_connection_lost(error);
        if (lost)
            fetcher_hang_up(f);
        if (lost && !fresh && try == 0 && !fetcher_was_cancelled(f))
            continue;
        if (problem == NULL)
            problem = problem_new(f->settings, "search", error);
        break;
    }
    fetcher_end_serving(f);
    end(f, r, problem);
}
