/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's end of its socket: who may come, what they ask, and where the answers go.  A client is another process
 * of the same user, and still nothing it does may hold up the engine: no wait, bounded memory, bounded numbers. */
#include "mtm/remote-server.h"
#include "mtm/remote-place.h"
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
    peer_give_back_questions(s, p);
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
        peer_send_states(p); /* before the answer: who has that knows how things are */
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
    g_hash_table_replace(s->errands, op_key(here), e);
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
        peer_take_answer(p, &a);
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
