/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The face: accounts, start and end, state, operations handed to sessions and keeper. */
#include "mtm/remote.h"
#include "mtm/task.h"
#include "mtm/password.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/paths.h"

#include <string.h>

/* ---- accounts */

static mtm_account_entry *account_new(mtm *m, const account_settings *settings, guint index)
{
    mtm_account_entry *a = g_new0(mtm_account_entry, 1);
    a->m = m;
    a->index = index;
    a->name = g_strdup(settings->name);
    a->settings = account_settings_dup(settings);
    g_mutex_init(&a->mutex);
    g_cond_init(&a->answered);
    a->status.account = a->name;
    return a;
}

static void state_clear(session_state *s)
{
    g_free(s->folder_name);
    mtm_problem_free(s->problem);
    memset(s, 0, sizeof *s);
}

static void account_free(gpointer data)
{
    mtm_account_entry *a = data;
    state_clear(&a->now);
    state_clear(&a->shown);
    account_settings_free(a->settings);
    password_stop(a);
    secret_unref(a->password);
    g_mutex_clear(&a->mutex);
    g_cond_clear(&a->answered);
    g_free(a->name);
    g_free(a);
}

account_settings *account_copy_settings(mtm_account_entry *a)
{
    g_mutex_lock(&a->mutex);
    account_settings *copy = account_settings_dup(a->settings);
    g_mutex_unlock(&a->mutex);
    return copy;
}

void account_show(mtm_account_entry *a, const session_state *state)
{
    state_clear(&a->shown);
    a->shown = *state;
    if (state->phase == NULL)
        return;
    mtm_event e = { .kind = MTM_PROGRESS, .account = a->name, .phase = state->phase, .done = state->done,
                    .total = state->total, .folder_name = state->folder_name };
    mtm_emit(a->m, &e);
}

static void status_apply(mtm *m, posted *p)
{
    (void)m;
    mtm_account_entry *a = p->data;
    g_mutex_lock(&a->mutex);
    a->status_posted = false;
    session_state state = a->now;
    state.folder_name = g_strdup(a->now.folder_name);
    state.problem = mtm_problem_dup(a->now.problem);
    g_mutex_unlock(&a->mutex);
    account_show(a, &state);
}

void account_changed(mtm_account_entry *a)
{
    g_mutex_lock(&a->mutex);
    bool posted_already = a->status_posted;
    a->status_posted = true;
    g_mutex_unlock(&a->mutex);
    if (posted_already)
        return;
    posted *p = posted_new(MTM_STATUS);
    p->account = g_strdup(a->name);
    p->apply = status_apply;
    p->data = a;
    mtm_post(a->m, p);
}

void account_set_state(mtm_account_entry *a, mtm_state state, const char *phase)
{
    g_mutex_lock(&a->mutex);
    a->now.state = state;
    a->now.listing = state == STATE_CONNECTING || (state == STATE_ONLINE && a->now.listing);
    a->now.phase = phase;
    a->now.done = a->now.total = 0;
    g_clear_pointer(&a->now.folder_name, g_free);
    g_mutex_unlock(&a->mutex);
    account_changed(a);
}

void account_set_progress(mtm_account_entry *a, const char *phase, const char *folder_name, guint64 done, guint64 total)
{
    g_mutex_lock(&a->mutex);
    a->now.phase = phase;
    a->now.done = done;
    a->now.total = total;
    if (g_strcmp0(a->now.folder_name, folder_name) != 0) {
        g_free(a->now.folder_name);
        a->now.folder_name = g_strdup(folder_name);
    }
    g_mutex_unlock(&a->mutex);
    account_changed(a);
}

void account_set_problem(mtm_account_entry *a, const mtm_problem *problem)
{
    g_mutex_lock(&a->mutex);
    mtm_problem_free(a->now.problem);
    a->now.problem = mtm_problem_dup(problem);
    g_mutex_unlock(&a->mutex);
    account_changed(a);
}

guint mtm_account_count(const mtm *m)
{
    return m->accounts->len;
}

const account_settings *mtm_account(const mtm *m, guint index)
{
    /* Settings are replaced by the main thread only: it may look without the lock. */
    return index < m->accounts->len ? ((mtm_account_entry *)g_ptr_array_index(m->accounts, index))->settings
                                    : NULL;
}

const mtm_account_status *mtm_status(const mtm *m, guint index)
{
    if (index >= m->accounts->len)
        return NULL;
    mtm_account_entry *a = g_ptr_array_index(m->accounts, index);
    const session_state *s = &a->shown;
    a->status = (mtm_account_status){
        .account = a->name, .state = s->state, .phase = s->phase, .done = s->done, .total = s->total,
        .folder_name = s->folder_name, .idle = s->idle, .pending = s->pending, .parked = s->parked,
        .received = s->received, .sent = s->sent, .synced_at_s = s->synced_at_s,
        .next_sync_s = s->next_sync_s, .next_try_s = s->next_try_s, .problem = s->problem,
    };
    return &a->status;
}

mtm_account_entry *account_entry(const mtm *m, const char *name)
{
    for (guint i = 0; i < m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        if (g_strcmp0(a->name, name) == 0)
            return a;
    }
    return NULL;
}

void mtm_account_change(mtm *m, const account_settings *settings)
{
    owner_assert(&m->owner);
    mtm_account_entry *a = account_entry(m, settings->name);
    if (a == NULL)
        return;
    g_mutex_lock(&a->mutex);
    g_autoptr(account_settings) before = a->settings;
    a->settings = account_settings_dup(settings);
    g_mutex_unlock(&a->mutex);
    connection_changed(a, before);
    if (m->remote != NULL)
        remote_account_change(m, before, settings);
}

void mtm_set_cache_limit(mtm *m, guint64 nbytes)
{
    owner_assert(&m->owner);
    atomic_store(&m->archive.limit, nbytes);
    if (m->archivist != NULL)
        archive_limit(m);
}

/* ---- life */

mtm *mtm_new(const mtm_options *options)
{
    mtm *m = g_new0(mtm, 1);
    owner_claim(&m->owner);
    m->data_dir = options->data_dir != NULL ? g_strdup(options->data_dir) : path_data_dir();
    m->cache_dir = options->cache_dir != NULL ? g_strdup(options->cache_dir) : path_cache_dir();
    m->state_dir = options->state_dir != NULL ? g_strdup(options->state_dir) : path_state_dir();
    m->offline = options->offline;
    m->terminal = options->terminal;
    m->accounts = g_ptr_array_new_with_free_func(account_free);
    for (guint i = 0; options->accounts != NULL && i < options->accounts->len; i++)
        g_ptr_array_add(m->accounts, account_new(m, g_ptr_array_index(options->accounts, i), i));
    m->observers = g_array_new(FALSE, FALSE, sizeof(observer));
    m->folders = g_ptr_array_new_with_free_func((GDestroyNotify)folder_free);
    m->views = g_ptr_array_new();
    g_mutex_init(&m->mutex);
    g_mutex_init(&m->layout_mutex);
    archive_init(m);
    atomic_store(&m->archive.limit, options->cache_limit);
    g_queue_init(&m->posted);
    event_source_attach(m);
    return m;
}

bool mtm_start(mtm *m, GError **error)
{
    owner_assert(&m->owner);
    if (!path_make_private(m->data_dir, error) || !path_make_private(m->cache_dir, error) ||
        !path_make_private(m->state_dir, error))
        return false;
    store_lock *lock = store_lock_take(m->state_dir, error);
    return lock != NULL && mtm_start_locked(m, lock, error);
}

static bool start_writers(mtm *m, GError **error)
{
    if (keeper_start(m, error) && archivist_start(m, error) && mtm_start_reading(m, error))
        return true;
    remote_server_stop(m);
    g_clear_pointer(&m->archivist, worker_free);
    g_clear_pointer(&m->keeper, worker_free);
    g_clear_pointer(&m->lock, store_lock_release);
    return false;
}

bool mtm_start_locked(mtm *m, store_lock *lock, GError **error)
{
    m->lock = lock;
    remote_server_start(m); /* at once: who comes meanwhile waits there */
    if (!start_writers(m, error))
        return false;
    m->engine = true;
    for (guint i = 0; i < m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        a->watcher = watcher_new(a);
        a->session = session_new(a);
        if (!m->offline)
            a->fetcher = fetcher_new(a);
    }
    network_watch(m);
    return true;
}

/* After an update of the program nobody may have been the engine yet: readers cannot change the file.  Where an engine
 * runs, it is at it. */
static void bring_up_to_date(mtm *m)
{
    if (m->lock != NULL || !store_is_older(m->data_dir))
        return;
    store_lock *lock = store_lock_take(m->state_dir, NULL);
    if (lock == NULL)
        return;
    g_autoptr(GError) error = NULL;
    store *s = store_open(m->data_dir, STORE_WRITE, &error);
    if (s == NULL)
        log_warn(LOG_STORE, "%s", error->message);
    store_close(s);
    store_lock_release(lock);
}

bool mtm_join(mtm *m, guint patience_ms, GError **error)
{
    g_autoptr(GError) busy = NULL;
    if (mtm_start(m, &busy))
        return true;
    if (error_kind_of(busy) != ERROR_BUSY) {
        g_propagate_error(error, g_steal_pointer(&busy));
        return false;
    }
    if (!mtm_start_reading(m, error))
        return false;
    m->remote = remote_client_new(m, false);
    return patience_ms == 0 || remote_wait(m, patience_ms, error);
}

bool mtm_look_on(mtm *m, guint patience_ms)
{
    if (m->engine || m->remote != NULL)
        return true;
    m->remote = remote_client_new(m, true);
    remote_wait(m, patience_ms, NULL);
    if (remote_connected(m))
        return true;
    remote_leave(m);
    return false;
}

bool mtm_start_reading(mtm *m, GError **error)
{
    bring_up_to_date(m);
    return m->reader != NULL || reader_start(m, error);
}

void mtm_free(mtm *m)
{
    if (m == NULL)
        return;
    owner_assert(&m->owner);
    remote_leave(m);
    remote_server_stop(m);
    atomic_store(&m->closing, true);
    network_unwatch(m);
    tasks_stop(m);
    for (guint i = 0; i < m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        if (a->session != NULL)
            session_stop(a->session);
        if (a->watcher != NULL)
            watcher_stop(a->watcher);
        if (a->fetcher != NULL)
            fetcher_stop(a->fetcher);
    }
    for (guint i = 0; i < m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        watcher_join(a->watcher);
        session_join(a->session);
        fetcher_join(a->fetcher);
    }
    for (guint i = 0; i < m->accounts->len; i++) { /* until now they spoke to one another */
        mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        session_free(a->session);
        watcher_free(a->watcher);
        fetcher_free(a->fetcher);
        password_stop(a); /* it posts events */
    }
    worker_free(m->builder);
    worker_free(m->reader);
    if (m->pool != NULL)
        g_thread_pool_free(m->pool, FALSE, TRUE); /* it may wait for the archivist */
    worker_free(m->archivist);
    worker_free(m->keeper);
    views_free(m);
    g_clear_handle_id(&m->folders_timer, g_source_remove);
    event_source_detach(m);
    store_close(m->store);
    archive_handle_clear(&m->bodies);
    archive_clear(m);
    store_lock_release(m->lock);
    g_ptr_array_unref(m->accounts);
    g_ptr_array_unref(m->folders);
    g_ptr_array_unref(m->views);
    g_array_free(m->observers, TRUE);
    g_clear_pointer(&m->aliases, g_hash_table_unref);
    g_mutex_clear(&m->mutex);
    g_mutex_clear(&m->layout_mutex);
    g_free(m->data_dir);
    g_free(m->cache_dir);
    g_free(m->state_dir);
    g_free(m);
}

bool mtm_is_engine(const mtm *m)
{
    return m->engine;
}

bool mtm_can_act(const mtm *m)
{
    return m->engine || m->remote != NULL;
}

bool mtm_is_live(const mtm *m)
{
    return m->engine || remote_connected(m);
}

/* ---- questions */

void mtm_answer(mtm *m, guint64 op, const char *text)
{
    if (m->remote != NULL) {
        remote_answer(m, op, text);
        return;
    }
    for (guint i = 0; i < m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        g_mutex_lock(&a->mutex);
        if (a->ask_op == op) {
            a->ask_op = 0;
            g_clear_pointer(&a->password, secret_unref);
            a->declined = text == NULL;
            if (text != NULL) {
                a->password = secret_new(text, -1);
                a->password_asked = true;
            }
            g_cond_broadcast(&a->answered);
        }
        g_mutex_unlock(&a->mutex);
    }
}

/* ---- operations */

guint64 mtm_refuse(mtm *m, error_kind kind, const char *step, const char *text)
{
    guint64 op = mtm_next_op(m);
    g_autoptr(GError) error = NULL;
    error_set(&error, kind, "%s", text);
    mtm_post_done(m, op, NULL, problem_new(NULL, step, error));
    return op;
}

guint64 mtm_not_acting(mtm *m)
{
    if (!m->engine)
        return mtm_refuse(m, ERROR_BUSY, "engine", "another cursus is running on this store");
    return 0;
}

/* An operation on several accounts completes when the last of them has. */
typedef struct group {
    mtm *m;
    guint64 op;
    guint left;
    mtm_problem *problem; /* the first one */
    guint64 *ops;
    guint n;
} group;

static void group_event(const mtm_event *e, gpointer data)
{
    group *g = data;
    if (e->kind != MTM_DONE)
        return;
    for (guint i = 0; i < g->n; i++)
        if (g->ops[i] == e->op) {
            g->ops[i] = 0;
            if (g->problem == NULL && e->problem != NULL)
                g->problem = mtm_problem_dup(e->problem);
            if (--g->left == 0) {
                mtm_unobserve(g->m, g);
                mtm_post_done(g->m, g->op, NULL, g->problem);
                g_free(g->ops);
                g_free(g);
            }
            return;
        }
}

static guint64 offline(mtm *m)
{
    return mtm_refuse(m, ERROR_NETWORK, "offline", "working offline (--offline)");
}

guint64 mtm_each_account(mtm *m, const char *name, account_operation run, int argument)
{
    guint64 refused = mtm_not_acting(m);
    if (refused != 0)
        return refused;
    if (m->offline)
        return offline(m);
    if (name != NULL || m->accounts->len == 1) {
        mtm_account_entry *a = name != NULL ? account_entry(m, name) : g_ptr_array_index(m->accounts, 0);
        if (a == NULL)
            return mtm_refuse(m, ERROR_INPUT, "account", "no such account");
        guint64 op = mtm_next_op(m);
        run(a, argument, op);
        return op;
    }
    if (m->accounts->len == 0)
        return mtm_refuse(m, ERROR_INPUT, "account", "no account is configured");
    group *g = g_new0(group, 1);
    g->m = m;
    g->op = mtm_next_op(m);
    g->n = g->left = m->accounts->len;
    g->ops = g_new0(guint64, g->n);
    mtm_observe(m, group_event, g);
    for (guint i = 0; i < g->n; i++)
        g->ops[i] = mtm_next_op(m);
    guint64 op = g->op;
    for (guint i = 0; i < m->accounts->len; i++)
        run(g_ptr_array_index(m->accounts, i), argument, g->ops[i]);
    return op;
}

static void run_connect(mtm_account_entry *a, int until, guint64 op)
{
    session_connect(a->session, (mtm_until)until, op);
}

static void run_disconnect(mtm_account_entry *a, int argument, guint64 op)
{
    (void)argument;
    session_disconnect(a->session, op, true);
}

guint64 mtm_connect_and_sync(mtm *m, const char *account, mtm_until until)
{
    owner_assert(&m->owner);
    if (m->offline)
        return offline(m);
    if (m->remote != NULL)
        return remote_post(m, "sync", &(remote_args){ .account = account, .until = until });
    return mtm_each_account(m, account, run_connect, (int)until);
}

static void run_tree(mtm_account_entry *a, int argument, guint64 op)
{
    (void)argument;
    session_sync_tree(a->session, op);
}

guint64 mtm_sync_tree(mtm *m, const char *account)
{
    owner_assert(&m->owner);
    if (m->offline)
        return offline(m);
    if (m->remote != NULL)
        return remote_post(m, "sync-tree", &(remote_args){ .account = account });
    return mtm_each_account(m, account, run_tree, 0);
}

guint64 mtm_disconnect(mtm *m, const char *account)
{
    owner_assert(&m->owner);
    if (m->offline)
        return offline(m);
    if (m->remote != NULL)
        return remote_post(m, "disconnect", &(remote_args){ .account = account });
    return mtm_each_account(m, account, run_disconnect, 0);
}

static mtm_account_entry *entry_of_folder(mtm *m, guint32 id)
{
    const folder *f = mtm_folder(m, id);
    for (guint i = 0; f != NULL && i < m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        if (a->id == f->account)
            return a;
    }
    return NULL;
}

guint64 mtm_sync_folder(mtm *m, guint32 folder_id, bool new_only)
{
    owner_assert(&m->owner);
    if (m->offline)
        return offline(m);
    if (m->remote != NULL)
        return remote_post(m, "sync-folder", &(remote_args){ .folder = folder_id, .on = new_only });
    guint64 refused = mtm_not_acting(m);
    if (refused != 0)
        return refused;
    mtm_account_entry *a = entry_of_folder(m, folder_id);
    if (a == NULL)
        return mtm_refuse(m, ERROR_INPUT, "folder", "no such folder");
    guint64 op = mtm_next_op(m);
    session_sync_folder(a->session, folder_id, new_only, op);
    return op;
}

void mtm_sync_cancel(mtm *m, const char *account)
{
    if (m->remote != NULL)
        remote_tell(m, "sync-cancel", &(remote_args){ .account = account });
    for (guint i = 0; m->engine && i < m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        if (account == NULL || strcmp(a->name, account) == 0)
            session_sync_cancel(a->session);
    }
}

void mtm_cancel(mtm *m, guint64 op)
{
    if (m->remote != NULL) {
        remote_cancel(m, op);
        return;
    }
    op = mtm_alias_of(m, op);
    if (task_cancel(m, op))
        return;
    for (guint i = 0; m->engine && i < m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        if (session_cancel_op(a->session, op) || (a->fetcher != NULL && fetcher_cancel_op(a->fetcher, op)))
            return;
    }
}

void mtm_select(mtm *m, guint32 folder_id)
{
    if (m->remote != NULL)
        remote_tell(m, "select", &(remote_args){ .folder = folder_id });
    mtm_account_entry *a = m->engine ? entry_of_folder(m, folder_id) : NULL;
    if (a != NULL)
        session_select(a->session, folder_id);
}

/* ---- folders and reading */

static store *main_store(mtm *m, GError **error)
{
    if (m->store == NULL)
        m->store = store_open(m->data_dir, STORE_READ, error);
    return m->store;
}

const GPtrArray *mtm_folders(mtm *m)
{
    return m->folders;
}

/* Both states count: the thread's comes first when it begins, ours last when the list is here. */
static bool is_listing(mtm_account_entry *a)
{
    g_mutex_lock(&a->mutex);
    bool listing = a->now.listing || a->shown.listing;
    g_mutex_unlock(&a->mutex);
    return listing;
}

bool mtm_folders_settled(const mtm *m)
{
    for (guint i = 0; i < m->accounts->len; i++)
        if (is_listing(g_ptr_array_index(m->accounts, i)))
            return false;
    return !m->folders_asked && !m->folders_dirty && m->folders_timer == 0;
}

const folder *mtm_folder(mtm *m, guint32 id)
{
    for (guint i = 0; i < m->folders->len; i++) {
        const folder *f = g_ptr_array_index(m->folders, i);
        if (f->id == id)
            return f;
    }
    return NULL;
}

static bool name_equal(const char *a, const char *b)
{
    return strcmp(a, b) == 0 || (g_ascii_strcasecmp(a, "INBOX") == 0 && g_ascii_strcasecmp(b, "INBOX") == 0);
}

const folder *mtm_folder_find(mtm *m, const char *name)
{
    for (guint i = 0; i < m->folders->len; i++) {
        const folder *f = g_ptr_array_index(m->folders, i);
        gsize n = strlen(f->account_name);
        if (strncmp(name, f->account_name, n) == 0 && name[n] == ':' && name_equal(name + n + 1, f->name))
            return f;
    }
    for (guint i = 0; i < m->folders->len; i++) {
        const folder *f = g_ptr_array_index(m->folders, i);
        if (name_equal(name, f->name))
            return f;
    }
    return NULL;
}

GPtrArray *folders_of_accounts(mtm *m, store *s)
{
    GPtrArray *all = s != NULL ? store_folders(s, 0, NULL) : NULL;
    /* Mail of an account that is no longer configured is kept, and not shown. */
    for (guint i = 0; all != NULL && i < all->len;)
        if (account_entry(m, ((folder *)g_ptr_array_index(all, i))->account_name) != NULL)
            i++;
        else
            g_ptr_array_remove_index(all, i);
    return all;
}

void mtm_folders_load(mtm *m)
{
    GPtrArray *list = folders_of_accounts(m, main_store(m, NULL));
    if (list == NULL)
        return;
    g_ptr_array_unref(m->folders);
    m->folders = list;
}

GPtrArray *mtm_list(mtm *m, const query *q, mtm_sort sort, bool reverse, guint limit, GError **error)
{
    store *s = main_store(m, error);
    if (s == NULL)
        return NULL;
    view_request request = { .query = q, .sort = (view_sort)sort, .reverse = reverse, .first_page = limit };
    g_autoptr(store_view) v = store_view_build(s, &request, error);
    if (v == NULL)
        return NULL;
    guint32 n = limit > 0 ? MIN(limit, v->n) : v->n;
    g_autofree guint32 *ids = g_new(guint32, n + 1);
    for (guint32 i = 0; i < n; i++)
        ids[i] = v->rows[i].id;
    GPtrArray *found = store_summaries(s, ids, n, error);
    /* What an engine removed between the two questions. */
    while (found != NULL && g_ptr_array_remove(found, NULL))
        continue;
    return found;
}

mail_summary *mtm_summary(mtm *m, guint32 id, GError **error)
{
    store *s = main_store(m, error);
    return s != NULL ? store_summary(s, id, error) : NULL;
}

GBytes *mtm_body_stored(mtm *m, guint32 id)
{
    g_autoptr(mail_summary) summary = mtm_summary(m, id, NULL);
    if (summary == NULL)
        return NULL;
    body_store *bodies = archive_reader(m, &m->bodies, NULL);
    GBytes *raw = bodies != NULL ? body_get(bodies, summary->mail) : NULL;
    if (raw != NULL && m->engine)
        archive_used(m, summary->mail);
    return raw;
}

bool mtm_body_kept(mtm *m, guint32 id)
{
    g_autoptr(mail_summary) summary = mtm_summary(m, id, NULL);
    body_store *bodies = summary != NULL ? archive_reader(m, &m->bodies, NULL) : NULL;
    return bodies != NULL && body_has(bodies, summary->mail);
}
