/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's end of its socket: who may come, what they ask, and where the answers go.  A client is another process
 * of the same user, and still nothing it does may hold up the engine: no wait, bounded memory, bounded numbers. */
#include "mtm/remote.h"
#include "mtm/remote-place.h"
#include "mtm/remote-wire.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

enum {
    ACCEPT_A_TURN = 16,
    LOOK_MS = 5000,           /* how often those are looked for who keep a place for nothing */
    GREETING_MS = 10 * 1000,  /* time for the first line */
    PART_MS = 30 * 1000,      /* time for the rest of a line */
    FULL_PAUSE_MS = 1000,     /* no more descriptors: accept later */
    GOODBYE_MS = 1000,        /* acts end within milliseconds, unless the disk hangs */
};

typedef struct peer {
    remote_server *server;
    remote_wire *wire;
    bool greeted, answers;    /* answers: a person is there to type a password */
    guint64 taken;            /* operations that were read */
    gint64 since_ms, part_ms; /* part_ms: a look found half a line; 0 none */
    GHashTable *batches;      /* account ("" all) -> how many it has begun */
    GHashTable *before;       /* account -> account_settings as they were before it changed them */
} peer;

/* An operation that somebody asked for. */
typedef struct errand {
    peer *peer;               /* NULL: it has gone */
    guint64 op;               /* as the peer knows it */
    const remote_operation *operation;
    char *account;            /* that it named; NULL: any */
    guint32 message;
    mtm_problem *problem;     /* of a message of which only the beginning is here */
    bool settling, done;
} errand;

typedef struct question {
    peer *peer;
    char *account;
} question;

struct remote_server {
    mtm *m;
    int fd;
    char *path;
    guint source, timer, pause; /* 0 none */
    GPtrArray *peers;           /* oldest first, owning */
    GHashTable *errands;        /* operation here -> errand */
    GHashTable *questions;      /* operation of an ASK -> question */
    bool leaving;
};

static gpointer key_new(guint64 op)
{
    return g_memdup2(&op, sizeof op);
}

static void errand_free(gpointer data)
{
    errand *e = data;
    g_free(e->account);
    mtm_problem_free(e->problem);
    g_free(e);
}

static void question_free(gpointer data)
{
    question *q = data;
    g_free(q->account);
    g_free(q);
}

static void peer_free(gpointer data)
{
    peer *p = data;
    remote_wire_free(p->wire);
    g_hash_table_unref(p->batches);
    g_hash_table_unref(p->before);
    g_free(p);
}

/* ---- questions */

/* Nobody is there any more who was asked: the face of this process is, if it can. */
static void ask_here(remote_server *s, guint64 op, const char *account)
{
    if (s->m->terminal == TERMINAL_NONE || s->leaving) {
        mtm_answer(s->m, op, NULL);
        return;
    }
    mtm_event e = { .kind = MTM_ASK, .op = op, .account = account, .question = "password" };
    mtm_emit_here(s->m, &e);
}

/* Who asked last for something on this account, and has a person. */
static peer *who_answers(const remote_server *s, const char *account)
{
    GHashTableIter it;
    gpointer key, value;
    peer *found = NULL;
    guint64 latest = 0;
    g_hash_table_iter_init(&it, s->errands);
    while (g_hash_table_iter_next(&it, &key, &value)) {
        const errand *e = value;
        guint64 op = *(const guint64 *)key;
        if (e->peer != NULL && e->peer->answers && op >= latest &&
            (e->account == NULL || account == NULL || strcmp(e->account, account) == 0)) {
            latest = op;
            found = e->peer;
        }
    }
    return found;
}

static bool ask_peer(remote_server *s, const mtm_event *e)
{
    peer *p = g_strcmp0(e->question, "password") == 0 ? who_answers(s, e->account) : NULL;
    if (p == NULL)
        return false;
    question *q = g_new0(question, 1);
    q->peer = p;
    q->account = g_strdup(e->account);
    g_hash_table_replace(s->questions, key_new(e->op), q);
    g_autoptr(GString) line = g_string_new(NULL);
    remote_event_write(line, e, e->op);
    remote_wire_send(p->wire, line);
    return true;
}

static void take_answer(peer *p, const remote_args *a)
{
    remote_server *s = p->server;
    const question *q = g_hash_table_lookup(s->questions, &a->ask);
    if (q == NULL || q->peer != p)
        return;
    g_autofree char *account = g_strdup(q->account);
    g_hash_table_remove(s->questions, &a->ask);
    if (a->text != NULL)
        mtm_answer(s->m, a->ask, a->text);
    else
        ask_here(s, a->ask, account);
}

static void give_back_questions(remote_server *s, const peer *p)
{
    g_autoptr(GList) ops = g_hash_table_get_keys(s->questions);
    for (GList *l = ops; l != NULL; l = l->next) {
        guint64 op = *(const guint64 *)l->data;
        const question *q = g_hash_table_lookup(s->questions, &op);
        if (q->peer != p)
            continue;
        g_autofree char *account = g_strdup(q->account);
        g_hash_table_remove(s->questions, &op);
        ask_here(s, op, account);
    }
}

/* ---- coming and going */

static void end_batches(remote_server *s, peer *p)
{
    GHashTableIter it;
    gpointer account, count;
    g_hash_table_iter_init(&it, p->batches);
    while (g_hash_table_iter_next(&it, &account, &count))
        for (guint i = GPOINTER_TO_UINT(count); i > 0; i--)
            mtm_batch_end(s->m, ((const char *)account)[0] != '\0' ? account : NULL);
}

/* A script's settings are gone with the script, as they are when it runs alone. */
static void restore_settings(remote_server *s, const peer *p)
{
    GHashTableIter it;
    gpointer before;
    g_hash_table_iter_init(&it, p->before);
    while (g_hash_table_iter_next(&it, NULL, &before))
        mtm_account_change(s->m, before);
}

/* What it waited for is given up as by ^C; acts are done all the same. */
static void leave(peer *p, const char *why)
{
    remote_server *s = p->server;
    log_debug(LOG_MTM, "a client leaves: %s", why);
    g_autoptr(GList) ops = g_hash_table_get_keys(s->errands);
    for (GList *l = ops; l != NULL; l = l->next) {
        guint64 op = *(const guint64 *)l->data;
        errand *e = g_hash_table_lookup(s->errands, &op);
        if (e->peer != p)
            continue;
        e->peer = NULL;
        mtm_cancel(s->m, op);
    }
    give_back_questions(s, p);
    end_batches(s, p);
    restore_settings(s, p);
    g_ptr_array_remove(s->peers, p);
}

static void wire_ended(const char *why, gpointer data)
{
    leave(data, why);
}

static bool drop_a_stranger(remote_server *s)
{
    for (guint i = 0; i < s->peers->len; i++) {
        peer *p = g_ptr_array_index(s->peers, i);
        if (!p->greeted) {
            leave(p, "others want its place");
            return true;
        }
    }
    return false;
}

/* ---- what they ask */

static void send_refusal(peer *p, guint64 op, const char *text)
{
    g_autoptr(GError) error = NULL;
    error_set(&error, ERROR_INPUT, "%s", text);
    mtm_problem *problem = problem_new(NULL, "engine", error);
    mtm_event e = { .kind = MTM_DONE, .problem = problem };
    g_autoptr(GString) line = g_string_new(NULL);
    remote_event_write(line, &e, op);
    remote_wire_send(p->wire, line);
    mtm_problem_free(problem);
}

static GString *state_line(mtm *m, guint index)
{
    const mtm_account_entry *a = g_ptr_array_index(m->accounts, index);
    GString *line = g_string_new(NULL);
    remote_status_write(line, mtm_status(m, index), a->shown.listing);
    return line;
}

static void send_states(peer *p)
{
    for (guint i = 0; i < mtm_account_count(p->server->m); i++) {
        g_autoptr(GString) line = state_line(p->server->m, i);
        remote_wire_send(p->wire, line);
    }
}

static void send_hello(peer *p)
{
    g_autoptr(GString) line = g_string_new(NULL);
    json_writer w;
    json_init(&w, line);
    json_object_begin(&w, NULL);
    json_string(&w, "event", "hello");
    json_number(&w, "protocol", REMOTE_PROTOCOL);
    json_number(&w, "pid", getpid());
    json_object_end(&w);
    remote_wire_send(p->wire, line);
}

/* False: it speaks another language, and has been told ours. */
static bool greet(peer *p, const json_text *t)
{
    bool good = remote_number(t, "protocol") == REMOTE_PROTOCOL;
    if (good)
        send_states(p); /* before the answer: who has that knows how things are */
    send_hello(p);
    if (!good)
        return false;
    p->greeted = true;
    p->answers = remote_true(t, "answers");
    remote_wire_max_line(p->wire, LIMIT_ENGINE_LINE);
    return true;
}

static void count_batch(peer *p, const remote_args *a, int step)
{
    const char *account = a->account != NULL ? a->account : "";
    int n = GPOINTER_TO_INT(g_hash_table_lookup(p->batches, account)) + step;
    g_hash_table_replace(p->batches, g_strdup(account), GINT_TO_POINTER(MAX(n, 0)));
}

static void set(peer *p, const json_text *t, const char *account)
{
    mtm *m = p->server->m;
    const mtm_account_entry *a = account != NULL ? account_entry(m, account) : NULL;
    if (a == NULL)
        return;
    g_autoptr(account_settings) changed = account_settings_dup(a->settings);
    remote_settings_read(t, json_member(t, 0, "settings"), changed);
    if (!g_hash_table_contains(p->before, account))
        g_hash_table_replace(p->before, g_strdup(account), account_settings_dup(a->settings));
    mtm_account_change(m, changed);
}

static void run(peer *p, const remote_operation *o, guint64 op, const remote_args *a)
{
    remote_server *s = p->server;
    if (strcmp(o->name, "batch-begin") == 0)
        count_batch(p, a, 1);
    if (strcmp(o->name, "batch-end") == 0)
        count_batch(p, a, -1);
    guint64 here = o->run(s->m, a);
    if (here == 0 || op == 0)
        return;
    errand *e = g_new0(errand, 1);
    e->peer = p;
    e->op = op;
    e->operation = o;
    e->account = g_strdup(a->account);
    e->message = a->message;
    g_hash_table_replace(s->errands, key_new(here), e);
}

static void cancel(peer *p, guint64 op)
{
    GHashTableIter it;
    gpointer key, value;
    g_hash_table_iter_init(&it, p->server->errands);
    while (g_hash_table_iter_next(&it, &key, &value)) {
        const errand *e = value;
        if (e->peer == p && e->op == op) {
            mtm_cancel(p->server->m, *(const guint64 *)key);
            return;
        }
    }
}

static void operate(peer *p, const char *name, const json_text *t)
{
    g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func(g_free);
    remote_args a;
    guint64 op = remote_number(t, "op");
    const remote_operation *o = remote_operation_find(name);
    bool good = remote_args_read(t, &a, owned);
    if (strcmp(name, "cancel") == 0)
        cancel(p, op);
    else if (strcmp(name, "answer") == 0 && good)
        take_answer(p, &a);
    else if (strcmp(name, "set") == 0 && good)
        set(p, t, a.account);
    else if (!p->server->leaving) {
        p->taken++;
        if (o != NULL && good)
            run(p, o, op, &a);
        else
            send_refusal(p, op, o == NULL ? "the running cursus does not know this operation" : "wrong arguments");
    }
    remote_args_clear(&a);
}

static void line_came(const char *text, gsize nbytes, gpointer data)
{
    peer *p = data;
    g_autoptr(GError) error = NULL;
    p->part_ms = 0;
    g_autoptr(json_text) t = json_read(text, nbytes, &error);
    g_autofree char *name = t != NULL ? remote_string(t, "do") : NULL;
    if (name == NULL)
        leave(p, t == NULL ? error->message : "a line that asks for nothing");
    else if (p->greeted)
        operate(p, name, t);
    else if (strcmp(name, "hello") != 0 || !greet(p, t))
        leave(p, "it does not speak our language");
}

/* ---- the door */

static void admit(remote_server *s, int fd)
{
    static const remote_wire_hooks hooks = { line_came, wire_ended };
    if (s->peers->len >= LIMIT_ENGINE_CLIENTS && !drop_a_stranger(s)) {
        close(fd);
        return;
    }
    peer *p = g_new0(peer, 1);
    p->server = s;
    p->since_ms = clock_monotonic_ms();
    p->batches = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    p->before = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)account_settings_free);
    p->wire = remote_wire_new(fd, LIMIT_ENGINE_GREETING, &hooks, p);
    g_ptr_array_add(s->peers, p);
}

static gboolean knocked(gint fd, GIOCondition condition, gpointer data);

static gboolean open_again(gpointer data)
{
    remote_server *s = data;
    s->pause = 0;
    s->source = g_unix_fd_add(s->fd, G_IO_IN, knocked, s);
    return G_SOURCE_REMOVE;
}

static gboolean knocked(gint fd, GIOCondition condition, gpointer data)
{
    (void)condition;
    remote_server *s = data;
    for (int i = 0; i < ACCEPT_A_TURN; i++) {
        int one = remote_place_accept(fd);
        if (one >= 0) {
            admit(s, one);
            continue;
        }
        if ((errno != EMFILE && errno != ENFILE) || drop_a_stranger(s))
            return G_SOURCE_CONTINUE;
        s->source = 0;
        s->pause = g_timeout_add(FULL_PAUSE_MS, open_again, s);
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

static gboolean look(gpointer data)
{
    remote_server *s = data;
    gint64 now_ms = clock_monotonic_ms();
    for (guint i = s->peers->len; i-- > 0;) {
        peer *p = g_ptr_array_index(s->peers, i);
        if (!remote_wire_has_part(p->wire))
            p->part_ms = 0;
        else if (p->part_ms == 0)
            p->part_ms = now_ms;
        if (!p->greeted && now_ms - p->since_ms > GREETING_MS)
            leave(p, "it said nothing");
        else if (p->part_ms != 0 && now_ms - p->part_ms > PART_MS)
            leave(p, "half a line");
    }
    return G_SOURCE_CONTINUE;
}

void remote_server_start(mtm *m)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    int fd = remote_place_listen(m->state_dir, &path, &error);
    if (fd < 0 || !store_lock_note(m->lock, path)) {
        log_warn(LOG_MTM, "no socket for others: %s", error != NULL ? error->message : "the lock cannot be written");
        if (fd >= 0)
            close(fd);
        return;
    }
    remote_server *s = m->server = g_new0(remote_server, 1);
    s->m = m;
    s->fd = fd;
    s->path = g_steal_pointer(&path);
    s->peers = g_ptr_array_new_with_free_func(peer_free);
    s->errands = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, errand_free);
    s->questions = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, question_free);
    s->source = g_unix_fd_add(fd, G_IO_IN, knocked, s);
    s->timer = g_timeout_add(LOOK_MS, look, s);
}

/* ---- goodbye */

/* Acts that were taken are answered, and the answers are on their way. */
static bool is_quiet(const remote_server *s)
{
    GHashTableIter it;
    gpointer value;
    g_hash_table_iter_init(&it, s->errands);
    while (g_hash_table_iter_next(&it, NULL, &value)) {
        const errand *e = value;
        if (e->peer != NULL && !e->operation->waits)
            return false;
    }
    for (guint i = 0; i < s->peers->len; i++)
        if (!remote_wire_is_empty(((const peer *)g_ptr_array_index(s->peers, i))->wire))
            return false;
    return true;
}

static gboolean time_is_over(gpointer data)
{
    *(bool *)data = true;
    return G_SOURCE_REMOVE;
}

static void wait_for_quiet(remote_server *s)
{
    bool over = false;
    guint timer = g_timeout_add(GOODBYE_MS, time_is_over, &over);
    while (!over && !is_quiet(s))
        g_main_context_iteration(NULL, TRUE);
    if (!over)
        g_source_remove(timer);
}

static void say_goodbye(const peer *p)
{
    g_autoptr(GString) line = g_string_new(NULL);
    json_writer w;
    json_init(&w, line);
    json_object_begin(&w, NULL);
    json_string(&w, "event", "bye");
    json_number(&w, "taken", (gint64)p->taken);
    json_object_end(&w);
    remote_wire_send(p->wire, line);
}

void remote_server_stop(mtm *m)
{
    remote_server *s = m->server;
    if (s == NULL)
        return;
    s->leaving = true;
    g_clear_handle_id(&s->source, g_source_remove);
    g_clear_handle_id(&s->timer, g_source_remove);
    g_clear_handle_id(&s->pause, g_source_remove);
    remote_place_remove(s->path);
    close(s->fd);
    wait_for_quiet(s);
    for (guint i = 0; i < s->peers->len; i++)
        say_goodbye(g_ptr_array_index(s->peers, i));
    m->server = NULL;
    g_ptr_array_unref(s->peers);
    g_hash_table_unref(s->errands);
    g_hash_table_unref(s->questions);
    g_free(s->path);
    g_free(s);
}

/* ---- what they are told */

static void tell_all(remote_server *s, const GString *text)
{
    for (guint i = 0; i < s->peers->len; i++) {
        const peer *p = g_ptr_array_index(s->peers, i);
        if (!p->greeted)
            continue;
        g_autoptr(GString) line = g_string_new_len(text->str, (gssize)text->len);
        remote_wire_send(p->wire, line);
    }
}

static void tell_event(remote_server *s, const mtm_event *e)
{
    g_autoptr(GString) line = g_string_new(NULL);
    remote_event_write(line, e, 0);
    tell_all(s, line);
}

static void tell_state(remote_server *s, const char *account)
{
    for (guint i = 0; i < mtm_account_count(s->m); i++) {
        const mtm_account_status *status = mtm_status(s->m, i);
        if (account != NULL && strcmp(account, status->account) != 0)
            continue;
        g_autoptr(GString) line = state_line(s->m, i);
        tell_all(s, line);
    }
}

static void tell_errand(errand *e, const mtm_event *event)
{
    if (e->peer == NULL)
        return;
    g_autoptr(GString) line = g_string_new(NULL);
    remote_event_write(line, event, e->op);
    remote_wire_send(e->peer->wire, line);
}

/* The message itself does not go over: it is stored, and the client reads it there. */
static void answer_open(remote_server *s, errand *e, const mtm_event *event)
{
    if (event->document == NULL || e->peer == NULL) {
        tell_errand(e, event);
        return;
    }
    e->settling = true;
    e->problem = mtm_problem_dup(event->problem);
    message_settle(s->m, event->op, event->message);
}

void remote_server_settled(mtm *m, guint64 op, guint32 message)
{
    remote_server *s = m->server;
    errand *e = s != NULL ? g_hash_table_lookup(s->errands, &op) : NULL;
    if (e == NULL)
        return;
    e->settling = false;
    mtm_event event = { .kind = MTM_MESSAGE, .message = message, .problem = e->problem };
    tell_errand(e, &event);
    if (e->done)
        g_hash_table_remove(s->errands, &op);
}

/* An event of an operation that somebody else asked for. */
static void forward(remote_server *s, errand *e, const mtm_event *event)
{
    bool opens = strcmp(e->operation->name, "open") == 0;
    if (event->kind == MTM_MESSAGE)
        answer_open(s, e, event);
    else if (event->kind != MTM_DONE || !opens) /* the client makes its own end of it when it has the message */
        tell_errand(e, event);
    if (event->kind != MTM_DONE)
        return;
    e->done = true;
    if (!e->settling)
        g_hash_table_remove(s->errands, &event->op);
}

/* What views are made of.  kind: "changed", or "refresh": rows look different and none came or went. */
static void tell_change(mtm *m, const char *kind, guint32 folder, bool rows, bool flags, bool bulk)
{
    remote_server *s = m->server;
    if (s == NULL || s->peers->len == 0)
        return;
    g_autoptr(GString) line = g_string_new(NULL);
    json_writer w;
    json_init(&w, line);
    json_object_begin(&w, NULL);
    json_string(&w, "event", kind);
    json_number(&w, "folder", folder);
    json_bool(&w, "rows", rows);
    json_bool(&w, "flags", flags);
    json_bool(&w, "bulk", bulk);
    json_object_end(&w);
    tell_all(s, line);
}

bool remote_server_event(mtm *m, const mtm_event *e)
{
    remote_server *s = m->server;
    if (s == NULL)
        return false;
    errand *own = e->op != 0 ? g_hash_table_lookup(s->errands, &e->op) : NULL;
    if (own != NULL) {
        forward(s, own, e);
        return true;
    }
    if (e->kind == MTM_ASK)
        return ask_peer(s, e);
    if (s->peers->len == 0)
        return false;
    if (e->kind == MTM_STATUS)
        tell_state(s, e->account);
    else if (e->kind == MTM_CHANGED)
        tell_change(m, "changed", e->folder, false, true, false); /* marks, by an act here */
    else if (e->kind == MTM_FOLDERS || e->kind == MTM_NOTE || e->kind == MTM_NEW_MAIL)
        tell_event(s, e);
    return false;
}

void remote_server_changed(mtm *m, guint32 folder, bool rows, bool flags, bool bulk)
{
    tell_change(m, "changed", folder, rows, flags, bulk);
}

void remote_server_refresh(mtm *m, guint32 folder)
{
    tell_change(m, "refresh", folder, false, true, false);
}
