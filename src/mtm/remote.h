/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One engine a store: what others ask of it over its socket, and how.  Operations have the names of the command line
 * and one struct for the arguments of all of them, written and read by the same table; events have the names of
 * mtm_event_kind.  A line is a JSON object:
 *   to the engine     {"do":"hello","protocol":1,"answers":true}   {"do":"flag","op":3,"ids":[12],"add":["seen"]}
 *   from the engine   {"event":"hello","protocol":1}   {"event":"done","op":3,"problem":null,"count":1,"failed":0}
 * Main thread only. */
#ifndef CURSUS_MTM_REMOTE_H
#define CURSUS_MTM_REMOTE_H

#include "mtm/internal.h"
#include "text/json.h"
#include "text/json-read.h"

#define REMOTE_PROTOCOL 1

/* ---- arguments (remote-args.c).  What an operation does not take stays 0. */
typedef struct remote_args {
    const char *account, *name, *kind, *path;
    const query *query;
    guint32 folder, message;
    const guint32 *ids;
    gsize nids;
    const guint64 *rows;
    gsize nrows;
    mail_flags add, remove;
    const char *const *add_keywords, *const *remove_keywords; /* NULL: none */
    guint until;          /* mtm_until */
    bool on;              /* what the operation's name leaves open */
    mtm_get_options get;  /* verb ... cumulative; of the rest the members above */
    guint64 ask;
    const char *text;     /* of an answer; NULL: declined */
    query *query_read;    /* owned; as remote_args_read found it */
} remote_args;
/* Into an object that is open. */
void remote_args_write(json_writer *w, const remote_args *a);
/* From the root of t.  What is missing is 0; *owned keeps what a points to and is freed by the caller.  False: a
 * member has the wrong type. */
bool remote_args_read(const json_text *t, remote_args *a, GPtrArray *owned);
void remote_args_clear(remote_args *a); /* of one that was read; wipes the text of an answer */

/* A query (remote-query.c); NULL: none there.  Caller frees. */
void remote_query_write(json_writer *w, const char *key, const query *q);
query *remote_query_read(const json_text *t, json_ref value);

/* Settings that differ, as an object (remote-settings.c); false: none do.  Read over those of this process. */
bool remote_settings_write(json_writer *w, const char *key, const account_settings *before, const account_settings *now);
void remote_settings_read(const json_text *t, json_ref value, account_settings *s);

/* ---- operations (remote-operations.c) */
typedef struct remote_operation {
    const char *name;
    guint64 (*run)(mtm *m, const remote_args *a); /* in the engine */
    bool repeats; /* done twice it is as if done once: goes to the next engine when this one went without an answer */
    bool waits;   /* for a server: who leaves does not wait for it */
    bool folders; /* the list of folders may be another afterwards */
} remote_operation;
const remote_operation *remote_operation_find(const char *name); /* NULL: none */

/* ---- events (remote-event.c) */
/* A whole line without its end.  op: as the reader of the line knows it. */
void remote_event_write(GString *out, const mtm_event *e, guint64 op);
/* listing: its folder list is being asked for. */
void remote_status_write(GString *out, const mtm_account_status *s, bool listing);
/* A problem at a value of t; NULL: none there. */
mtm_problem *remote_problem_read(const json_text *t, json_ref value);
/* State of an account from a line; what it points to is the caller's. */
bool remote_status_read(const json_text *t, session_state *out);

/* ---- small readers */
guint64 remote_number(const json_text *t, const char *key); /* 0: none */
char *remote_string(const json_text *t, const char *key);   /* NULL: none; caller frees */
bool remote_true(const json_text *t, const char *key);

/* ---- the engine's end (remote-server.c).  All of them ignore a NULL server. */
/* Listen; the lock is held.  An engine without a socket works too: the failure is logged. */
void remote_server_start(mtm *m);
/* Let the clients' acts be finished, say goodbye, stop. */
void remote_server_stop(mtm *m);
/* An event on its way to the observers.  True: it belongs to a client alone. */
bool remote_server_event(mtm *m, const mtm_event *e);
void remote_server_changed(mtm *m, guint32 folder, bool rows, bool flags, bool bulk);
void remote_server_refresh(mtm *m, guint32 folder); /* rows may look different; 0: of every folder */
void remote_server_settled(mtm *m, guint64 op, guint32 message); /* its body is stored, or will not be */

/* ---- the client's end (remote-client.c) */
/* Look for the engine until there is one, or become it: m->remote is NULL again then.  looks_on: hear one that is there,
 * and nothing else. */
remote_client *remote_client_new(mtm *m, bool looks_on);
/* Waits so long until there is an engine that answers, or this is it; later operations wait as long for one.  False:
 * ERROR_BUSY. */
bool remote_wait(mtm *m, guint patience_ms, GError **error);
void remote_leave(mtm *m); /* waits a moment for acts that are on their way; m->remote may be NULL */
bool remote_connected(const mtm *m);
bool remote_busy(const mtm *m, const char *account); /* NULL: any */
/* Post an operation to the engine: its id here; MTM_DONE follows. */
guint64 remote_post(mtm *m, const char *name, const remote_args *args);
void remote_post_as(mtm *m, guint64 op, const char *name, const remote_args *args);
/* What has no end to wait for (select, cancel ...). */
void remote_tell(mtm *m, const char *name, const remote_args *args);
void remote_cancel(mtm *m, guint64 op);
/* As long as this process is there. */
void remote_account_change(mtm *m, const account_settings *before, const account_settings *now);
void remote_answer(mtm *m, guint64 op, const char *text);

#endif
