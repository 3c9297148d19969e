/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client's end: operations go to the engine of the store, its events become events here, and when it goes this
 * process looks for the next one or becomes it.  Who posts and who hears do not notice: an operation that nobody has
 * answered is kept, and given to the next engine where that cannot do it twice. */
#include "mtm/remote.h"
#include "mtm/remote-place.h"
#include "mtm/remote-wire.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/log.h"

#include <string.h>

enum {
    LOOK_FIRST_MS = 10,       /* an engine that ends needs some milliseconds for what is left to write */
    LOOK_MOST_MS = 500,       /* a screen takes over within a second */
    LOOK_AGAIN_MS = 50,       /* after an engine that hung up at once */
    BRIEF_MS = 200,
    LEAVE_MS = 1000,          /* acts that are on their way are answered by then, or never */
    ANSWER_NBYTES = 16 << 10, /* room for a password as JSON, so that no copy of it is left behind */
};

typedef struct pending {
    guint64 op;
    const remote_operation *operation;
    char *line;
    guint64 nth;              /* of the operations sent to this engine, from 1; 0: not sent */
    guint32 message;
    char *account;            /* NULL: any */
} pending;

struct remote_client {
    mtm *m;
    remote_wire *wire;        /* NULL: looking for an engine */
    bool greeted;
    guint64 sent;             /* operations, on this wire */
    GQueue pending;           /* of pending, as they were posted */
    GHashTable *asks;         /* operation of an ASK here -> there */
    guint32 selected;         /* 0 none */
    guint timer, pause_ms;    /* timer 0: nothing to look for */
    gint64 since_ms;          /* when the looking began */
    gint64 called_ms;         /* when the wire was laid */
    bool looks_on;            /* neither acts nor becomes the engine */
    guint patience_ms;        /* what waits for an engine longer is refused; 0: never */
};

static void pending_free(gpointer data)
{
    pending *p = data;
    g_free(p->line);
    g_free(p->account);
    g_free(p);
}

static pending *find_pending(remote_client *c, guint64 op)
{
    for (GList *l = c->pending.head; l != NULL; l = l->next)
        if (((pending *)l->data)->op == op)
            return l->data;
    return NULL;
}

static void drop_pending(remote_client *c, pending *p)
{
    g_queue_remove(&c->pending, p);
    pending_free(p);
}

static void fail_pending(remote_client *c, pending *p, error_kind kind, const char *step, const char *text)
{
    g_autoptr(GError) error = NULL;
    error_set(&error, kind, "%s", text);
    mtm_problem *problem = problem_new(NULL, step, error);
    views_act_done(c->m, p->op);
    if (strcmp(p->operation->name, "open") == 0)
        message_failed(c->m, p->op, p->message, problem);
    else
        mtm_post_done(c->m, p->op, NULL, problem);
    drop_pending(c, p);
}

/* ---- sending */

static void begin_line(json_writer *w, GString *line, const char *name, guint64 op)
{
    json_init(w, line);
    json_object_begin(w, NULL);
    json_string(w, "do", name);
    if (op != 0)
        json_number(w, "op", (gint64)op);
}

static void send_text(remote_client *c, const char *text)
{
    g_autoptr(GString) line = g_string_new(text);
    remote_wire_send(c->wire, line);
}

static void send_pending(remote_client *c, pending *p)
{
    send_text(c, p->line);
    p->nth = ++c->sent;
}

static char *line_of(const char *name, guint64 op, const remote_args *args)
{
    GString *line = g_string_new(NULL);
    json_writer w;
    begin_line(&w, line, name, op);
    if (args != NULL)
        remote_args_write(&w, args);
    json_object_end(&w);
    return g_string_free(line, FALSE);
}

void remote_post_as(mtm *m, guint64 op, const char *name, const remote_args *args)
{
    remote_client *c = m->remote;
    pending *p = g_new0(pending, 1);
    p->op = op;
    p->operation = remote_operation_find(name);
    p->line = line_of(name, op, args);
    p->message = args != NULL ? args->message : 0;
    p->account = g_strdup(args != NULL ? args->account : NULL);
    g_assert(p->operation != NULL);
    g_queue_push_tail(&c->pending, p);
    if (c->greeted)
        send_pending(c, p);
}

guint64 remote_post(mtm *m, const char *name, const remote_args *args)
{
    owner_assert(&m->owner);
    guint64 op = mtm_next_op(m);
    remote_post_as(m, op, name, args);
    return op;
}

void remote_tell(mtm *m, const char *name, const remote_args *args)
{
    remote_client *c = m->remote;
    if (strcmp(name, "select") == 0)
        c->selected = args->folder;
    if (!c->greeted)
        return;
    g_autofree char *text = line_of(name, 0, args);
    send_text(c, text);
    c->sent++;
}

void remote_cancel(mtm *m, guint64 op)
{
    remote_client *c = m->remote;
    pending *p = find_pending(c, op);
    if (p == NULL)
        return;
    if (p->nth == 0 || c->wire == NULL) {
        fail_pending(c, p, ERROR_CANCELLED, "cancel", "cancelled");
        return;
    }
    g_autofree char *text = line_of("cancel", op, NULL);
    send_text(c, text);
}

void remote_account_change(mtm *m, const account_settings *before, const account_settings *now)
{
    remote_client *c = m->remote;
    g_autoptr(GString) line = g_string_new(NULL);
    json_writer w;
    begin_line(&w, line, "set", 0);
    json_string(&w, "account", now->name);
    bool any = remote_settings_write(&w, "settings", before, now);
    json_object_end(&w);
    if (any && c->greeted)
        remote_wire_send(c->wire, line);
}

void remote_answer(mtm *m, guint64 op, const char *text)
{
    remote_client *c = m->remote;
    const guint64 *there = g_hash_table_lookup(c->asks, &op);
    if (there == NULL)
        return;
    remote_args args = { .ask = *there, .text = text };
    g_hash_table_remove(c->asks, &op);
    if (!c->greeted)
        return;
    g_autoptr(GString) line = g_string_sized_new(ANSWER_NBYTES);
    json_writer w;
    begin_line(&w, line, "answer", 0);
    remote_args_write(&w, &args);
    json_object_end(&w);
    remote_wire_send(c->wire, line); /* which wipes it */
}

/* ---- events of the engine */

static void take_status(mtm *m, const json_text *t)
{
    g_autofree char *name = remote_string(t, "account");
    session_state now;
    mtm_account_entry *a = name != NULL ? account_entry(m, name) : NULL;
    if (a == NULL || !remote_status_read(t, &now))
        return;
    account_show(a, &now);
    mtm_event e = { .kind = MTM_STATUS, .account = a->name };
    mtm_emit(m, &e);
}

static void take_done(remote_client *c, const json_text *t)
{
    mtm *m = c->m;
    guint64 op = remote_number(t, "op");
    pending *p = find_pending(c, op);
    if (p == NULL)
        return;
    posted *done = posted_new(MTM_DONE);
    done->event.op = op;
    done->event.count = (guint)remote_number(t, "count");
    done->event.failed = (guint)remote_number(t, "failed");
    done->account = remote_string(t, "account");
    done->label = remote_string(t, "label");
    done->problem = remote_problem_read(t, json_member(t, 0, "problem"));
    bool folders = p->operation->folders;
    drop_pending(c, p);
    views_act_done(m, op);
    if (folders) /* a script goes on with the names it has made */
        folders_reload_then(m, done);
    else
        mtm_post(m, done);
}

/* It is stored now, or what there is of it. */
static void take_message(remote_client *c, const json_text *t)
{
    pending *p = find_pending(c, remote_number(t, "op"));
    if (p == NULL)
        return;
    message_open_stored(c->m, p->op, p->message, remote_problem_read(t, json_member(t, 0, "problem")));
    drop_pending(c, p);
}

static void take_progress(remote_client *c, const json_text *t)
{
    g_autofree char *account = remote_string(t, "account"), *phase = remote_string(t, "phase"),
                    *name = remote_string(t, "folder_name");
    mtm_event e = { .kind = MTM_PROGRESS, .op = remote_number(t, "op"), .account = account, .phase = phase,
                    .folder_name = name, .done = remote_number(t, "done"), .total = remote_number(t, "total"),
                    .bytes = remote_number(t, "bytes"), .total_bytes = remote_number(t, "total_bytes") };
    if (find_pending(c, e.op) != NULL)
        mtm_emit(c->m, &e);
}

static void take_found(remote_client *c, const json_text *t)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (json_ref v = json_first(t, json_member(t, 0, "ids")); v != JSON_NONE; v = json_next(t, v)) {
        gint64 id;
        guint32 id32;
        if (json_integer(t, v, 1, G_MAXUINT32, &id)) {
            id32 = (guint32)id;
            g_array_append_val(ids, id32);
        }
    }
    mtm_event e = { .kind = MTM_FOUND, .op = remote_number(t, "op"), .ids = (const guint32 *)(gpointer)ids->data,
                    .nids = ids->len, .server = remote_true(t, "server") };
    if (find_pending(c, e.op) != NULL)
        mtm_emit(c->m, &e);
}

static void take_ask(remote_client *c, const json_text *t)
{
    guint64 there = remote_number(t, "op"), here = mtm_next_op(c->m);
    g_autofree char *account = remote_string(t, "account"), *question = remote_string(t, "question");
    g_hash_table_replace(c->asks, g_memdup2(&here, sizeof here), g_memdup2(&there, sizeof there));
    mtm_event e = { .kind = MTM_ASK, .op = here, .account = account, .question = question };
    mtm_emit(c->m, &e);
}

/* A screen shows all; who asked for one thing hears what may have to do with that. */
static bool concerns(const remote_client *c, const char *account)
{
    for (GList *l = c->pending.head; l != NULL && c->patience_ms > 0; l = l->next) {
        const pending *p = l->data;
        if (p->operation->waits && (p->account == NULL || account == NULL || strcmp(p->account, account) == 0))
            return true;
    }
    return c->patience_ms == 0;
}

static void take_note(const remote_client *c, const json_text *t)
{
    mtm *m = c->m;
    g_autofree char *account = remote_string(t, "account");
    if (!concerns(c, account))
        return;
    mtm_problem *problem = remote_problem_read(t, json_member(t, 0, "problem"));
    mtm_event e = { .kind = MTM_NOTE, .account = account, .problem = problem };
    mtm_emit(m, &e);
    mtm_problem_free(problem);
}

static void take_change(mtm *m, const json_text *t, bool refresh)
{
    guint32 folder = (guint32)remote_number(t, "folder");
    if (refresh) {
        views_refresh(m, folder);
        return;
    }
    if (folder == 0)
        views_taken_back(m);
    else
        views_folder_changed(m, folder, remote_true(t, "rows"), remote_true(t, "flags"), remote_true(t, "bulk"));
    mtm_event e = { .kind = MTM_CHANGED, .folder = folder };
    mtm_emit(m, &e);
}

static void take_new_mail(mtm *m, const json_text *t)
{
    mtm_event e = { .kind = MTM_NEW_MAIL, .folder = (guint32)remote_number(t, "folder"),
                    .count = (guint)remote_number(t, "count") };
    mtm_emit(m, &e);
}

/* ---- the engine comes and goes */

static gboolean look(gpointer data);

static void look_in(remote_client *c, guint pause_ms)
{
    if (c->timer == 0 && !c->looks_on)
        c->timer = g_timeout_add(pause_ms, look, c);
}

/* What was sent and not answered: done, or not?  Where it may be done again, the next engine gets it. */
static void sort_pending(remote_client *c, guint64 taken)
{
    for (GList *l = c->pending.head, *next; l != NULL; l = next) {
        pending *p = l->data;
        next = l->next;
        if (p->nth == 0 || p->nth > taken || p->operation->repeats)
            p->nth = 0;
        else
            fail_pending(c, p, ERROR_NETWORK, "engine-gone", p->operation->name);
    }
}

/* taken: operations that it has read for certain. */
static void lose(remote_client *c, guint64 taken)
{
    g_clear_pointer(&c->wire, remote_wire_free);
    c->greeted = false;
    g_hash_table_remove_all(c->asks);
    sort_pending(c, taken);
    c->sent = 0;
    c->since_ms = clock_monotonic_ms();
    c->pause_ms = LOOK_FIRST_MS;
    g_clear_handle_id(&c->timer, g_source_remove);
    look_in(c, c->since_ms - c->called_ms < BRIEF_MS ? LOOK_AGAIN_MS : 0);
}

static void wire_ended(const char *why, gpointer data)
{
    log_debug(LOG_MTM, "the engine is gone: %s", why);
    lose(data, G_MAXUINT64);
}

static void greeted(remote_client *c, const json_text *t)
{
    mtm *m = c->m;
    if (remote_number(t, "protocol") != REMOTE_PROTOCOL) {
        log_warn(LOG_MTM, "the running cursus is of another version");
        g_clear_pointer(&c->wire, remote_wire_free);
        c->pause_ms = LOOK_MOST_MS;
        return;
    }
    c->greeted = true;
    g_clear_handle_id(&c->timer, g_source_remove);
    for (GList *l = c->pending.head; l != NULL; l = l->next)
        send_pending(c, l->data);
    if (c->selected != 0)
        remote_tell(m, "select", &(remote_args){ .folder = c->selected });
    views_taken_back(m); /* what happened while nobody told */
    folders_reload(m);
}

static void line_came(const char *text, gsize nbytes, gpointer data)
{
    remote_client *c = data;
    mtm *m = c->m;
    g_autoptr(json_text) t = json_read(text, nbytes, NULL);
    g_autofree char *event = t != NULL ? remote_string(t, "event") : NULL;
    if (event == NULL || (!c->greeted && strcmp(event, "hello") != 0 && strcmp(event, "status") != 0))
        lose(c, G_MAXUINT64);
    else if (strcmp(event, "hello") == 0)
        greeted(c, t);
    else if (strcmp(event, "bye") == 0)
        lose(c, remote_number(t, "taken"));
    else if (strcmp(event, "done") == 0)
        take_done(c, t);
    else if (strcmp(event, "status") == 0)
        take_status(m, t);
    else if (strcmp(event, "changed") == 0 || strcmp(event, "refresh") == 0)
        take_change(m, t, event[0] == 'r');
    else if (strcmp(event, "folders") == 0)
        folders_reload(m);
    else if (strcmp(event, "message") == 0)
        take_message(c, t);
    else if (strcmp(event, "progress") == 0)
        take_progress(c, t);
    else if (strcmp(event, "note") == 0)
        take_note(c, t);
    else if (strcmp(event, "new_mail") == 0)
        take_new_mail(m, t);
    else if (strcmp(event, "ask") == 0)
        take_ask(c, t);
    else if (strcmp(event, "found") == 0)
        take_found(c, t);
}

static bool call(remote_client *c)
{
    static const remote_wire_hooks hooks = { line_came, wire_ended };
    g_autofree char *path = store_lock_noted(c->m->state_dir);
    int fd = path != NULL ? remote_place_connect(path) : -1;
    if (fd < 0)
        return false;
    c->called_ms = clock_monotonic_ms();
    c->wire = remote_wire_new(fd, LIMIT_ENGINE_LINE, &hooks, c);
    g_autoptr(GString) line = g_string_new(NULL);
    json_writer w;
    begin_line(&w, line, "hello", 0);
    json_number(&w, "protocol", REMOTE_PROTOCOL);
    json_bool(&w, "answers", c->m->terminal != TERMINAL_NONE);
    json_object_end(&w);
    remote_wire_send(c->wire, line);
    return true;
}

/* ---- becoming the engine */

static void run_here(mtm *m, const pending *p)
{
    g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(json_text) t = json_read(p->line, strlen(p->line), NULL);
    remote_args a = { 0 };
    if (t != NULL && remote_args_read(t, &a, owned)) {
        views_act_done(m, p->op); /* shown by the operation that follows */
        mtm_alias(m, p->operation->run(m, &a), p->op);
    }
    remote_args_clear(&a);
}

static void client_destroy(remote_client *c)
{
    g_clear_handle_id(&c->timer, g_source_remove);
    remote_wire_free(c->wire);
    g_queue_clear_full(&c->pending, pending_free);
    g_hash_table_unref(c->asks);
    g_free(c);
}

/* c is gone afterwards. */
static bool become_engine(remote_client *c, store_lock *lock, GError **error)
{
    mtm *m = c->m;
    if (!mtm_start_locked(m, lock, error))
        return false;
    log_info(LOG_MTM, "this is the engine now");
    m->remote = NULL;
    for (GList *l = c->pending.head; l != NULL; l = l->next)
        run_here(m, l->data);
    if (c->selected != 0)
        mtm_select(m, c->selected);
    views_refresh(m, 0);
    folders_reload(m);
    client_destroy(c);
    return true;
}

static void refuse_all(remote_client *c, const GError *why)
{
    while (c->pending.head != NULL)
        fail_pending(c, c->pending.head->data, error_kind_of(why), "engine", why->message);
}

/* True: c is gone, this is the engine. */
static bool take_lock(remote_client *c, GError **error)
{
    store_lock *lock = store_lock_take(c->m->state_dir, error);
    return lock != NULL && become_engine(c, lock, error);
}

/* Nobody answers: a person at a prompt is told, a screen goes on looking. */
static void give_up(remote_client *c, const GError *why)
{
    bool late = c->patience_ms > 0 && clock_monotonic_ms() - c->since_ms > c->patience_ms;
    g_autoptr(GError) silent = NULL;
    error_set(&silent, ERROR_BUSY, "the running cursus does not answer");
    if (late || (why != NULL && error_kind_of(why) != ERROR_BUSY))
        refuse_all(c, why != NULL ? why : silent);
}

static gboolean look(gpointer data)
{
    remote_client *c = data;
    g_autoptr(GError) error = NULL;
    c->timer = 0;
    if (c->wire == NULL && take_lock(c, &error))
        return G_SOURCE_REMOVE;
    if (c->wire != NULL || !call(c)) {
        c->pause_ms = MIN(c->pause_ms * 2, LOOK_MOST_MS);
        give_up(c, error);
    }
    look_in(c, c->pause_ms); /* until it has greeted */
    return G_SOURCE_REMOVE;
}

/* ---- life */

remote_client *remote_client_new(mtm *m, bool looks_on)
{
    remote_client *c = g_new0(remote_client, 1);
    c->m = m;
    c->looks_on = looks_on;
    c->asks = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    c->since_ms = clock_monotonic_ms();
    c->pause_ms = LOOK_FIRST_MS;
    call(c);
    look_in(c, LOOK_FIRST_MS);
    return c;
}

static gboolean time_is_over(gpointer data)
{
    *(bool *)data = true;
    return G_SOURCE_REMOVE;
}

static bool is_waiting(const mtm *m, bool acts)
{
    const remote_client *c = m->remote;
    if (c == NULL || (c->looks_on && c->wire == NULL))
        return false;
    for (GList *l = c->pending.head; acts && l != NULL; l = l->next)
        if (!((const pending *)l->data)->operation->waits)
            return true;
    return !acts && !c->greeted;
}

/* For the engine, or for the answers to acts. */
static void wait(mtm *m, bool acts, guint limit_ms)
{
    bool over = false;
    guint timer = g_timeout_add(limit_ms, time_is_over, &over);
    while (!over && is_waiting(m, acts))
        g_main_context_iteration(NULL, TRUE);
    if (!over)
        g_source_remove(timer);
}

bool remote_wait(mtm *m, guint patience_ms, GError **error)
{
    m->remote->patience_ms = patience_ms;
    wait(m, false, patience_ms);
    if (m->remote == NULL || m->remote->greeted || m->remote->looks_on)
        return true;
    g_autoptr(GError) why = NULL;
    store_lock *lock = store_lock_take(m->state_dir, &why);
    store_lock_release(lock);
    if (why != NULL)
        g_propagate_error(error, g_steal_pointer(&why));
    else
        error_set(error, ERROR_BUSY, "the running cursus does not answer");
    return false;
}

void remote_leave(mtm *m)
{
    wait(m, true, LEAVE_MS);
    if (m->remote != NULL)
        client_destroy(g_steal_pointer(&m->remote));
}

bool remote_busy(const mtm *m, const char *account)
{
    for (guint i = 0; i < m->accounts->len; i++) {
        const mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        if ((account == NULL || strcmp(account, a->name) == 0) && a->shown.phase != NULL)
            return true;
    }
    return m->remote->pending.length > 0;
}

bool remote_connected(const mtm *m)
{
    return m->remote != NULL && m->remote->greeted;
}
