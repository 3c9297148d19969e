/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events and the state of accounts as lines. */
#include "mtm/remote.h"

#include <string.h>

static const char *const states[] = { [STATE_OFFLINE] = "offline",
                                      [STATE_CONNECTING] = "connecting",
                                      [STATE_ONLINE] = "online",
                                      [STATE_WAITING] = "waiting" };

static const char *const event_names[] = { [MTM_PROGRESS] = "progress", [MTM_DONE] = "done",
                                           [MTM_STATUS] = "status",     [MTM_FOLDERS] = "folders",
                                           [MTM_CHANGED] = "changed",   [MTM_VIEW] = "view",
                                           [MTM_ROWS] = "rows",         [MTM_MESSAGE] = "message",
                                           [MTM_NOTE] = "note",         [MTM_ASK] = "ask",
                                           [MTM_NEW_MAIL] = "new_mail", [MTM_FOUND] = "found" };

static void write_problem(json_writer *w, const mtm_problem *p)
{
    if (p == NULL) {
        json_string(w, "problem", NULL);
        return;
    }
    json_object_begin(w, "problem");
    json_string(w, "kind", error_kind_word((error_kind)p->kind));
    json_string(w, "account", p->account);
    json_string(w, "host", p->host);
    json_number(w, "port", p->port);
    json_string(w, "step", p->step);
    json_string(w, "detail", p->detail);
    json_object_end(w);
}

static void write_found(json_writer *w, const mtm_event *e)
{
    json_bool(w, "server", e->server);
    json_array_begin(w, "ids");
    for (gsize i = 0; i < e->nids; i++)
        json_number(w, NULL, e->ids[i]);
    json_array_end(w);
}

static void write_progress(json_writer *w, const mtm_event *e)
{
    json_string(w, "phase", e->phase);
    json_string(w, "folder_name", e->folder_name);
    json_number(w, "done", (gint64)e->done);
    json_number(w, "total", (gint64)e->total);
    json_number(w, "bytes", (gint64)e->bytes);
    json_number(w, "total_bytes", (gint64)e->total_bytes);
}

static void write_done(json_writer *w, const mtm_event *e)
{
    if (e->label != NULL)
        json_string(w, "label", e->label);
    json_number(w, "count", e->count);
    json_number(w, "failed", e->failed);
}

void remote_event_write(GString *out, const mtm_event *e, guint64 op)
{
    json_writer w;
    json_init(&w, out);
    json_object_begin(&w, NULL);
    json_string(&w, "event", event_names[e->kind]);
    if (op != 0)
        json_number(&w, "op", (gint64)op);
    if (e->account != NULL)
        json_string(&w, "account", e->account);
    if (e->folder != 0)
        json_number(&w, "folder", e->folder);
    if (e->kind == MTM_PROGRESS)
        write_progress(&w, e);
    if (e->kind == MTM_DONE)
        write_done(&w, e);
    if (e->kind == MTM_NEW_MAIL)
        json_number(&w, "count", e->count);
    if (e->kind == MTM_FOUND)
        write_found(&w, e);
    if (e->kind == MTM_MESSAGE)
        json_number(&w, "message", e->message);
    if (e->kind == MTM_ASK)
        json_string(&w, "question", e->question);
    if (e->kind == MTM_DONE || e->kind == MTM_NOTE || e->kind == MTM_MESSAGE)
        write_problem(&w, e->problem);
    json_object_end(&w);
}

void remote_status_write(GString *out, const mtm_account_status *s, bool listing)
{
    json_writer w;
    json_init(&w, out);
    json_object_begin(&w, NULL);
    json_string(&w, "event", event_names[MTM_STATUS]);
    json_string(&w, "account", s->account);
    json_string(&w, "state", states[s->state]);
    json_string(&w, "phase", s->phase);
    json_string(&w, "folder_name", s->folder_name);
    json_number(&w, "done", (gint64)s->done);
    json_number(&w, "total", (gint64)s->total);
    json_bool(&w, "listing", listing);
    json_bool(&w, "idle", s->idle);
    json_number(&w, "pending", s->pending);
    json_number(&w, "parked", s->parked);
    json_number(&w, "received", (gint64)s->received);
    json_number(&w, "sent", (gint64)s->sent);
    json_number(&w, "synced_at_s", s->synced_at_s);
    json_number(&w, "next_sync_s", s->next_sync_s);
    json_number(&w, "next_try_s", s->next_try_s);
    write_problem(&w, s->problem);
    json_object_end(&w);
}

/* ---- reading */

guint64 remote_number(const json_text *t, const char *key)
{
    gint64 value = 0;
    return json_integer(t, json_member(t, 0, key), 0, G_MAXINT64, &value) ? (guint64)value : 0;
}

char *remote_string(const json_text *t, const char *key)
{
    return json_dup_string(t, json_member(t, 0, key));
}

bool remote_true(const json_text *t, const char *key)
{
    return json_type_of(t, json_member(t, 0, key)) == JSON_TRUE;
}

static int kind_of_word(const char *word)
{
    for (int kind = ERROR_NETWORK; word != NULL && kind < ERROR_INTERNAL; kind++)
        if (strcmp(error_kind_word((error_kind)kind), word) == 0)
            return kind;
    return ERROR_INTERNAL;
}

mtm_problem *remote_problem_read(const json_text *t, json_ref value)
{
    if (json_type_of(t, value) != JSON_OBJECT)
        return NULL;
    mtm_problem *p = g_new0(mtm_problem, 1);
    g_autofree char *kind = json_dup_string(t, json_member(t, value, "kind"));
    gint64 port = 0;
    p->kind = kind_of_word(kind);
    p->account = json_dup_string(t, json_member(t, value, "account"));
    p->host = json_dup_string(t, json_member(t, value, "host"));
    p->step = json_dup_string(t, json_member(t, value, "step"));
    p->detail = json_dup_string(t, json_member(t, value, "detail"));
    if (json_integer(t, json_member(t, value, "port"), 0, G_MAXUINT16, &port))
        p->port = (guint16)port;
    return p;
}

bool remote_status_read(const json_text *t, session_state *out)
{
    g_autofree char *state = remote_string(t, "state"), *phase = remote_string(t, "phase");
    *out = (session_state){ 0 };
    guint i = 0;
    while (state != NULL && i < G_N_ELEMENTS(states) && strcmp(states[i], state) != 0)
        i++;
    if (state == NULL || i == G_N_ELEMENTS(states))
        return false;
    out->state = (mtm_state)i;
    out->phase = phase != NULL ? g_intern_string(phase) : NULL; /* there are a handful */
    out->folder_name = remote_string(t, "folder_name");
    out->done = remote_number(t, "done");
    out->total = remote_number(t, "total");
    out->listing = remote_true(t, "listing");
    out->idle = remote_true(t, "idle");
    out->pending = (guint)remote_number(t, "pending");
    out->parked = (guint)remote_number(t, "parked");
    out->received = remote_number(t, "received");
    out->sent = remote_number(t, "sent");
    out->synced_at_s = (gint64)remote_number(t, "synced_at_s");
    out->next_sync_s = (gint64)remote_number(t, "next_sync_s");
    out->next_try_s = (gint64)remote_number(t, "next_try_s");
    out->problem = remote_problem_read(t, json_member(t, 0, "problem"));
    return true;
}
