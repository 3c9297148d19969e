/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Get mail: verb x scope x mode as one table of steps, run by a task.  Fetching is the fetcher's, copying and moving are
 * acts of the person, files are written by export.c. */
#include "mtm/get.h"
#include "mtm/remote.h"

#include <string.h>

static const guint32 *ids_of(const GArray *ids)
{
    return (const guint32 *)(gpointer)ids->data;
}

static void get_free(gpointer data)
{
    get_job *g = data;
    g_free((char *)g->o.account);
    g_free((guint32 *)g->o.ids);
    g_free((char *)g->o.to_file);
    g_array_unref(g->ids);
    g_ptr_array_unref(g->folders);
    g_ptr_array_unref(g->accounts);
    g_free(g);
}

static void source_free(gpointer data)
{
    get_source *s = data;
    folder_free(s->folder);
    g_free(s);
}

static get_job *get_new(const mtm_get_options *o)
{
    get_job *g = g_new0(get_job, 1);
    g->o = *o;
    g->o.account = g_strdup(o->account);
    g->o.to_file = g_strdup(o->to_file);
    g->o.ids = g_memdup2(o->ids, o->n * sizeof *o->ids);
    g->ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    g->folders = g_ptr_array_new_with_free_func(source_free);
    g->accounts = g_ptr_array_new();
    return g;
}

static void add_account(get_job *g, mtm_account_entry *a)
{
    if (a != NULL && !g_ptr_array_find(g->accounts, a, NULL))
        g_ptr_array_add(g->accounts, a);
}

static bool is_online(mtm_account_entry *a)
{
    g_mutex_lock(&a->mutex);
    bool online = a->now.state == STATE_ONLINE;
    g_mutex_unlock(&a->mutex);
    return online;
}

/* ---- which accounts and folders */

static bool add_source(mtm_task *t, get_job *g, guint32 id)
{
    folder *f = store_folder(task_store(t), id, NULL);
    if (f == NULL) {
        task_refuse(t, ERROR_INPUT, "folder", "no such folder");
        return false;
    }
    get_source *s = g_new0(get_source, 1);
    s->folder = f;
    g_ptr_array_add(g->folders, s);
    add_account(g, task_account(t, f->account));
    return true;
}

static bool accounts_of_ids(mtm_task *t, get_job *g)
{
    for (gsize i = 0; i < g->o.n; i++) {
        g_autoptr(mail_summary) s = store_summary(t->store, g->o.ids[i], NULL);
        g_autoptr(folder) f = s != NULL ? store_folder(t->store, s->folder, NULL) : NULL;
        if (f != NULL)
            add_account(g, task_account(t, f->account));
    }
    return true;
}

static bool step_whom(mtm_task *t, get_job *g)
{
    if (task_store(t) == NULL)
        return false;
    if (g->o.scope == GET_SELECTION)
        return accounts_of_ids(t, g);
    if (g->o.folder != 0)
        return add_source(t, g, g->o.folder);
    for (guint i = 0; i < t->m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(t->m->accounts, i);
        if (g->o.account == NULL || strcmp(a->name, g->o.account) == 0)
            add_account(g, a);
    }
    if (g->accounts->len == 0)
        task_refuse(t, ERROR_INPUT, "account", "no such account");
    return g->accounts->len > 0;
}

/* Where mail goes is told too, and first: a message leaves one account when the other has it. */
static bool step_target(mtm_task *t, get_job *g)
{
    if (g->o.to == 0)
        return true;
    g_autoptr(folder) f = store_folder(task_store(t), g->o.to, NULL);
    g->target = f != NULL ? task_account(t, f->account) : NULL;
    if (g->target == NULL)
        task_refuse(t, ERROR_INPUT, "folder", "no such folder");
    return g->target != NULL;
}

/* ---- connections */

static bool step_need_online(mtm_task *t, get_job *g)
{
    for (guint i = 0; i < g->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(g->accounts, i);
        if (is_online(a))
            continue;
        g_autoptr(GError) error = NULL;
        error_set(&error, ERROR_NETWORK, "not connected");
        g_autoptr(account_settings) settings = account_copy_settings(a);
        task_problem(t, problem_new(settings, "connect", error));
        return false;
    }
    return true;
}

static bool connect_one(mtm_task *t, mtm_account_entry *a)
{
    if (is_online(a))
        return true;
    guint64 sub = task_sub(t);
    session_link(a->session, sub);
    return task_wait(t, sub, NULL);
}

static bool step_connect(mtm_task *t, get_job *g)
{
    for (guint i = 0; i < g->accounts->len; i++)
        if (!connect_one(t, g_ptr_array_index(g->accounts, i)))
            return false;
    return g->target == NULL || connect_one(t, g->target);
}

static guint64 call_hang_up(mtm *m, gpointer data)
{
    return mtm_hang_up(m, data);
}

static bool step_hang_up(mtm_task *t, get_job *g)
{
    if (g->target != NULL)
        add_account(g, g->target);
    for (guint i = 0; i < g->accounts->len; i++)
        task_on_main(t, call_hang_up, ((mtm_account_entry *)g_ptr_array_index(g->accounts, i))->name);
    return true;
}

/* ---- what there is */

static bool wait_tree(mtm_task *t, mtm_account_entry *a)
{
    guint64 sub = task_sub(t);
    session_sync_tree(a->session, sub);
    return task_wait(t, sub, NULL);
}

/* Of accounts without a folder named: their inboxes, which a first connection has to find. */
static bool step_inboxes(mtm_task *t, get_job *g)
{
    for (guint i = 0; g->o.folder == 0 && i < g->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(g->accounts, i);
        g_autoptr(folder) f = store_folder_find(task_store(t), a->id, "INBOX");
        if (f == NULL && wait_tree(t, a))
            f = store_folder_find(t->store, a->id, "INBOX");
        if (f == NULL || !add_source(t, g, f->id))
            return false;
    }
    return true;
}

static bool step_sync(mtm_task *t, get_job *g)
{
    for (guint i = 0; i < g->folders->len; i++) {
        get_source *s = g_ptr_array_index(g->folders, i);
        get_mark(t, s);
        mtm_account_entry *a = task_account(t, s->folder->account);
        guint64 sub = task_sub(t);
        session_sync_folder(a->session, s->folder->id, g->o.scope == GET_NEW, sub);
        if (!task_wait(t, sub, NULL))
            return false;
    }
    return true;
}

static bool pick_folder(mtm_task *t, get_job *g, get_source *s)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(folder) now = store_folder(t->store, s->folder->id, NULL);
    guint32 above = g->o.scope == GET_NEW && now != NULL && now->uidvalidity == s->uidvalidity ? s->above : 0;
    g_autoptr(uid_set) range = uid_set_new();
    uid_set_add_range(range, above + 1, G_MAXUINT32);
    g_autoptr(GArray) ids = now != NULL && above < G_MAXUINT32
                                ? store_placements_of(t->store, s->folder->id, range, &s->highest, &error) : NULL;
    if (ids == NULL) {
        if (error != NULL)
            task_problem(t, problem_new(NULL, "store", error));
        return error == NULL;
    }
    s->uidvalidity = now->uidvalidity;
    s->highest = MAX(s->highest, above);
    g_array_append_vals(g->ids, ids->data, ids->len);
    return true;
}

static bool nothing(store *s, gpointer data, GError **error)
{
    (void)s;
    (void)data;
    (void)error;
    return true;
}

/* Behind what the synchronisation handed to the keeper. */
static bool settled(mtm_task *t)
{
    g_autoptr(GError) error = NULL;
    if (keeper_run(t->m, nothing, NULL, &error))
        return true;
    task_problem(t, problem_new(NULL, "store", error));
    return false;
}

static bool step_pick(mtm_task *t, get_job *g)
{
    if (!settled(t))
        return false;
    for (guint i = 0; i < g->folders->len; i++)
        if (!pick_folder(t, g, g_ptr_array_index(g->folders, i)))
            return false;
    return true;
}

static bool step_take(mtm_task *t, get_job *g)
{
    (void)t;
    g_array_append_vals(g->ids, g->o.ids, (guint)g->o.n);
    return true;
}

/* Whole messages only: those that are too large, or more than the total, stay where they are. */
static bool step_limit(mtm_task *t, get_job *g)
{
    guint64 total = 0;
    bool full = false;
    guint n = 0;
    if (g->o.max_size < 0 && g->o.total_limit < 0)
        return true;
    for (guint i = 0; i < g->ids->len; i++) {
        guint32 id = g_array_index(g->ids, guint32, i);
        g_autoptr(mail_summary) s = store_summary(task_store(t), id, NULL);
        if (s == NULL || full || (g->o.max_size >= 0 && s->size > (guint64)g->o.max_size))
            continue;
        if (g->o.total_limit >= 0 && total + s->size > (guint64)g->o.total_limit) {
            full = g->o.cumulative;
            continue;
        }
        total += s->size;
        g_array_index(g->ids, guint32, n++) = id;
    }
    g_array_set_size(g->ids, n);
    return true;
}

/* ---- what is done with it */

static guint32 account_of_message(mtm_task *t, guint32 id)
{
    g_autoptr(mail_summary) s = store_summary(task_store(t), id, NULL);
    g_autoptr(folder) f = s != NULL ? store_folder(t->store, s->folder, NULL) : NULL;
    return f != NULL ? f->account : 0;
}

/* One request an account; the order inside it is kept. */
static bool populate_each(mtm_task *t, get_job *g, const populate_request *like)
{
    for (guint i = 0; i < g->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(g->accounts, i);
        g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint32));
        for (guint k = 0; k < g->ids->len; k++) {
            guint32 id = g_array_index(g->ids, guint32, k);
            if (g->accounts->len == 1 || account_of_message(t, id) == a->id)
                g_array_append_val(ids, id);
        }
        populate_request r = *like;
        r.ids = (guint32 *)ids_of(ids);
        r.n = ids->len;
        r.tell = t->op;
        guint64 sub = task_sub(t);
        fetcher_populate(a->fetcher, sub, &r);
        mtm_problem *problem = NULL;
        if (ids->len > 0 && !task_wait(t, sub, &problem)) {
            bool lost = problem == NULL || problem->kind != ERROR_REFUSED; /* refusals are of single messages */
            task_problem(t, problem);
            if (lost)
                return false;
        }
    }
    return true;
}

void get_bodies(mtm_task *t, const GArray *ids)
{
    get_job *g = get_new(&(mtm_get_options){ .verb = GET_POPULATE, .scope = GET_SELECTION,
                                             .ids = ids_of(ids), .n = ids->len });
    body_store *bodies = step_whom(t, g) ? task_bodies(t) : NULL;
    for (guint i = 0; bodies != NULL && i < ids->len; i++) {
        g_autoptr(mail_summary) s = store_summary(t->store, g_array_index(ids, guint32, i), NULL);
        if (s != NULL && s->uid != 0 && !body_has(bodies, s->mail))
            g_array_append_val(g->ids, s->id);
    }
    if (g->ids->len > 0 && !t->m->offline)
        populate_each(t, g, &(populate_request){ .parts = GET_WHOLE, .max_size = -1, .total_limit = -1,
                                                 .text_limit = -1, .attachment_limit = -1 });
    t->count = t->failed = 0;
    get_free(g);
}

static bool step_populate(mtm_task *t, get_job *g)
{
    if (g->o.parts == GET_HEADERS) { /* the synchronisation has brought them */
        t->count += g->ids->len;
        return true;
    }
    return populate_each(t, g, &(populate_request){ .parts = g->o.parts, .max_size = g->o.max_size,
                                                    .total_limit = g->o.total_limit, .text_limit = g->o.text_limit,
                                                    .attachment_limit = g->o.attachment_limit,
                                                    .cumulative = g->o.cumulative });
}

/* Whole bodies where they are needed: in a file, or for another server. */
static bool step_bodies(mtm_task *t, get_job *g)
{
    bool elsewhere = g->target == NULL;
    for (guint i = 0; i < g->accounts->len; i++)
        elsewhere |= g_ptr_array_index(g->accounts, i) != g->target;
    if (!elsewhere)
        return true;
    bool ok = populate_each(t, g, &(populate_request){ .parts = GET_WHOLE, .max_size = -1, .total_limit = -1,
                                                       .text_limit = -1, .attachment_limit = -1 });
    t->count = 0; /* what counts is what arrives there */
    return ok;
}

typedef struct act_call {
    const get_job *g;
    const GArray *ids;
} act_call;

static guint64 call_act(mtm *m, gpointer data)
{
    const act_call *c = data;
    return c->g->o.verb == GET_MOVE ? mtm_move(m, ids_of(c->ids), c->ids->len, c->g->o.to)
                                    : mtm_copy(m, ids_of(c->ids), c->ids->len, c->g->o.to);
}

static guint64 call_remove(mtm *m, gpointer data)
{
    const act_call *c = data;
    return mtm_expunge(m, ids_of(c->ids), c->ids->len);
}

static bool step_place(mtm_task *t, get_job *g)
{
    if (g->ids->len == 0)
        return true;
    if (g->o.to == 0) {
        g_autoptr(GArray) written = export_to(t, g->o.to_file, g->ids);
        t->count = written->len;
        guint counted = t->count;
        bool ok = g->o.verb != GET_MOVE || written->len == 0 || task_on_main(t, call_remove, &(act_call){ g, written });
        t->count = counted;
        return ok;
    }
    bool ok = task_on_main(t, call_act, &(act_call){ g, g->ids });
    if (ok)
        t->count = g->ids->len;
    return ok;
}

static bool replay(mtm_task *t, mtm_account_entry *a)
{
    if (!is_online(a))
        return true; /* it goes with the next connection */
    guint64 sub = task_sub(t);
    session_replay(a->session, sub);
    return task_wait(t, sub, NULL);
}

/* What a server refused is parked: the message is where it was. */
static void count_parked(mtm_task *t, const get_job *g, guint32 account)
{
    g_autoptr(GHashTable) mine = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (guint i = 0; i < g->ids->len; i++)
        g_hash_table_add(mine, GUINT_TO_POINTER(g_array_index(g->ids, guint32, i)));
    g_autoptr(GPtrArray) rows = store_journal(task_store(t), account, 0, NULL);
    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        const store_journal_row *r = g_ptr_array_index(rows, i);
        bool ours = g_hash_table_contains(mine, GUINT_TO_POINTER(r->placement)) ||
                    (r->source != 0 && g_hash_table_contains(mine, GUINT_TO_POINTER(r->source)));
        if (r->state != 2 || !ours)
            continue;
        g_autoptr(GError) error = NULL;
        error_set(&error, ERROR_REFUSED, "%s", r->problem != NULL ? r->problem : "refused");
        task_failed(t, "store", error);
        t->count -= MIN(t->count, 1);
    }
}

static bool step_replay(mtm_task *t, get_job *g)
{
    if (g->target != NULL && !replay(t, g->target))
        return false;
    for (guint i = 0; i < g->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(g->accounts, i);
        if (a != g->target && !replay(t, a))
            return false;
    }
    if (g->target != NULL)
        count_parked(t, g, g->target->id);
    for (guint i = 0; i < g->accounts->len; i++)
        if (g_ptr_array_index(g->accounts, i) != g->target)
            count_parked(t, g, ((mtm_account_entry *)g_ptr_array_index(g->accounts, i))->id);
    return true;
}

static bool step_mark(mtm_task *t, get_job *g)
{
    for (guint i = 0; i < g->folders->len; i++)
        get_mark_set(t, g_ptr_array_index(g->folders, i));
    return true;
}

/* ---- the table: which steps a combination has, in order */

#define VERB(v) (1u << (v))
#define SCOPE(s) (1u << (3 + (s)))
#define MODE(m) (1u << (6 + (m)))
#define ANY_VERB (VERB(GET_POPULATE) | PLACES)
#define PLACES (VERB(GET_COPY) | VERB(GET_MOVE))
#define ANY_SCOPE (SCOPE(GET_SELECTION) | FOLDERS)
#define FOLDERS (SCOPE(GET_NEW) | SCOPE(GET_ALL))
#define ANY_MODE (MODE(GET_CONNECTED) | CONNECTS)
#define CONNECTS (MODE(GET_STAY) | MODE(GET_DISCONNECT))

static const struct row {
    guint with;
    bool (*step)(mtm_task *t, get_job *g);
    bool always;           /* whatever failed before */
} rows[] = {
    { ANY_VERB | ANY_SCOPE | ANY_MODE, step_whom },
    { PLACES | ANY_SCOPE | ANY_MODE, step_target },
    { ANY_VERB | ANY_SCOPE | MODE(GET_CONNECTED), step_need_online },
    { ANY_VERB | ANY_SCOPE | CONNECTS, step_connect },
    { ANY_VERB | FOLDERS | ANY_MODE, step_inboxes },
    { ANY_VERB | FOLDERS | ANY_MODE, step_sync },
    { ANY_VERB | FOLDERS | ANY_MODE, step_pick },
    { ANY_VERB | SCOPE(GET_SELECTION) | ANY_MODE, step_take },
    { VERB(GET_POPULATE) | ANY_SCOPE | ANY_MODE, step_populate },
    { PLACES | ANY_SCOPE | ANY_MODE, step_limit },
    { PLACES | ANY_SCOPE | ANY_MODE, step_bodies },
    { PLACES | ANY_SCOPE | ANY_MODE, step_place },
    { PLACES | ANY_SCOPE | ANY_MODE, step_replay },
    { ANY_VERB | SCOPE(GET_NEW) | ANY_MODE, step_mark },
    { ANY_VERB | ANY_SCOPE | MODE(GET_DISCONNECT), step_hang_up, true },
};

static void run_rows(mtm_task *t, get_job *g)
{
    guint combination = VERB(g->o.verb) | SCOPE(g->o.scope) | MODE(g->o.mode);
    bool ok = true;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if ((rows[i].with & combination) == combination && (ok || rows[i].always))
            ok = rows[i].step(t, g) && !task_stopped(t) && ok;
}

/* Of every account: one after the other, so that one that cannot be reached keeps nothing from the next. */
static void run_get(mtm_task *t, gpointer data)
{
    get_job *g = data;
    bool every = g->o.scope != GET_SELECTION && g->o.folder == 0 && g->o.account == NULL && t->m->accounts->len > 1;
    guint total = 0;
    for (guint i = 0; every && i < t->m->accounts->len && !task_stopped(t); i++) {
        mtm_get_options o = g->o;
        o.account = ((mtm_account_entry *)g_ptr_array_index(t->m->accounts, i))->name;
        get_job *one = get_new(&o);
        t->count = 0;
        run_rows(t, one);
        total += t->count;
        get_free(one);
    }
    if (every)
        t->count = total;
    else
        run_rows(t, g);
}

/* ---- the face */

static const char *wrong(const mtm_get_options *o)
{
    bool places = o->verb != GET_POPULATE;
    if (places && o->to == 0 && o->to_file == NULL)
        return "no folder to copy or move to is given";
    if (places && o->to == 0 && !g_str_has_prefix(o->to_file, "mbox:") && !g_str_has_prefix(o->to_file, "maildir:"))
        return "a file to copy to is mbox:PATH or maildir:PATH";
    return NULL;
}

/* Another engine stands in another directory. */
static guint64 get_there(mtm *m, const mtm_get_options *options)
{
    remote_args args = { .account = options->account, .folder = options->folder, .ids = options->ids,
                         .nids = options->n, .get = *options };
    const char *colon = options->to_file != NULL ? strchr(options->to_file, ':') : NULL;
    g_autofree char *path = colon != NULL ? g_canonicalize_filename(colon + 1, NULL) : NULL;
    g_autofree char *file = path != NULL ? g_strdup_printf("%.*s:%s", (int)(colon - options->to_file),
                                                           options->to_file, path)
                                         : NULL;
    args.get.to_file = file;
    return remote_post(m, "get", &args);
}

guint64 mtm_get(mtm *m, const mtm_get_options *options)
{
    owner_assert(&m->owner);
    guint64 refused = m->remote == NULL ? mtm_not_acting(m) : 0;
    if (refused != 0)
        return refused;
    if (wrong(options) != NULL)
        return mtm_refuse(m, ERROR_INPUT, "get", wrong(options));
    if (options->scope == GET_SELECTION && options->n == 0) { /* an empty selection is success */
        guint64 op = mtm_next_op(m);
        mtm_post_done(m, op, options->account, NULL);
        return op;
    }
    if (m->offline)
        return mtm_refuse(m, ERROR_NETWORK, "offline", "working offline (--offline)");
    if (m->remote != NULL)
        return get_there(m, options);
    return task_start(m, options->account, run_get, get_new(options), get_free);
}

static void run_populate(mtm_task *t, gpointer data)
{
    get_job *g = data;
    if (step_whom(t, g) && step_take(t, g))
        step_populate(t, g);
}

guint64 mtm_populate(mtm *m, const guint32 *ids, gsize n)
{
    owner_assert(&m->owner);
    guint64 refused = m->remote == NULL ? mtm_not_acting(m) : 0;
    if (refused != 0)
        return refused;
    if (m->offline)
        return mtm_refuse(m, ERROR_NETWORK, "offline", "working offline (--offline)");
    if (m->remote != NULL)
        return remote_post(m, "populate", &(remote_args){ .ids = ids, .nids = n });
    return task_start(m, NULL, run_populate,
                      get_new(&(mtm_get_options){ .verb = GET_POPULATE, .scope = GET_SELECTION, .ids = ids, .n = n,
                                                  .parts = GET_WHOLE, .max_size = -1, .total_limit = -1,
                                                  .text_limit = -1, .attachment_limit = -1 }),
                      get_free);
}
