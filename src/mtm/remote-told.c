/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an engine tells its clients: events of what they asked for to the one who did, states and changes to all; and
 * the questions that the person at a client's terminal answers. */
#include "mtm/remote-server.h"

#include <string.h>

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
    g_hash_table_replace(s->questions, op_key(e->op), q);
    g_autoptr(GString) line = g_string_new(NULL);
    remote_event_write(line, e, e->op);
    remote_wire_send(p->wire, line);
    return true;
}

void peer_take_answer(peer *p, const remote_args *a)
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

void peer_give_back_questions(remote_server *s, const peer *p)
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

static GString *state_line(mtm *m, guint index)
{
    const mtm_account_entry *a = g_ptr_array_index(m->accounts, index);
    GString *line = g_string_new(NULL);
    remote_status_write(line, mtm_status(m, index), a->shown.listing);
    return line;
}

void peer_send_states(const peer *p)
{
    for (guint i = 0; i < mtm_account_count(p->server->m); i++) {
        g_autoptr(GString) line = state_line(p->server->m, i);
        remote_wire_send(p->wire, line);
    }
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
