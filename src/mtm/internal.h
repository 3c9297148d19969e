/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of mtm/ share.  The main thread owns struct mtm; other threads reach it only through
 * mtm_post and the fields that name their lock. */
#ifndef CURSUS_MTM_INTERNAL_H
#define CURSUS_MTM_INTERNAL_H

#include "base/error.h"
#include "base/owner.h"
#include "base/secret.h"
#include "mtm/mtm.h"
#include "mtm/worker.h"
#include "net/netwatch.h"
#include "store/store.h"

#include <gio/gio.h>
#include <stdatomic.h>

typedef struct mtm_session mtm_session;
typedef struct mtm_fetcher mtm_fetcher;
typedef struct mtm_watcher mtm_watcher;
typedef struct remote_server remote_server;
typedef struct remote_client remote_client;

/* What a session tells about itself; copied under mtm_account.mutex. */
typedef struct session_state {
    mtm_state state;
    const char *phase;  /* static */
    guint64 done, total;
    char *folder_name;
    bool listing;       /* going online, or the folder list is on its way */
    bool idle;
    guint pending, parked;
    guint64 received, sent;
    gint64 synced_at_s, next_sync_s, next_try_s;
    mtm_problem *problem;
} session_state;

typedef struct mtm_account_entry {
    mtm *m;
    guint index;
    guint32 id;                  /* in the store; 0 before mtm_start */
    char *name;                  /* constant */
    GMutex mutex;                /* guards what follows */
    account_settings *settings;
    session_state now;
    secret *password;
    bool password_asked;         /* typed by the person: ask again when refused */
    GCond answered;
    guint64 ask_op;              /* waiting for an answer; 0 none */
    bool declined;
    char *command;               /* prints the password; the thread reads it while it runs (password.c) */
    bool command_runs;
    GError *command_error;       /* why the last one failed */
    secret *typed;               /* what it printed on the lent terminal */
    GError *typed_error;
    GThread *command_thread;
    GCancellable *command_cancel;
    bool was_bound;              /* logged in with channel binding before */
    bool status_posted;          /* a STATUS event is on its way */
    /* main thread */
    session_state shown;
    mtm_account_status status;
    guint batches;               /* that are open: the connection stays */
    bool hang_up_due;            /* when the last of them ends */
    mtm_session *session;
    mtm_fetcher *fetcher;
    mtm_watcher *watcher;
} mtm_account_entry;

typedef struct observer {
    mtm_observer fn;
    gpointer data;
} observer;

#define ARCHIVE_OPEN 4 /* messages that count as open: the last ones */

/* What threads tell the archivist, and it them (archivist.c). */
typedef struct archive {
    atomic_ullong limit;         /* bytes, 0 none */
    atomic_llong floor_s;        /* bodies older than this would not stay; 0: there is room */
    atomic_uint generation;      /* of the file */
    GMutex mutex;                /* guards what follows */
    GArray *used;                /* of content ids that were read */
    gint64 used_told_ms;
    guint32 open[ARCHIVE_OPEN];
    guint next_open;
} archive;

/* A reading handle on bodies.db that follows when the file is begun anew. */
typedef struct archive_handle {
    body_store *bodies;
    guint generation;
    bool told;                   /* that it is damaged */
} archive_handle;

struct mtm {
    owner owner;
    char *data_dir, *cache_dir, *state_dir;
    bool offline, engine;
    mtm_terminal terminal;
    atomic_bool closing;
    GPtrArray *accounts;         /* of mtm_account_entry */
    store_lock *lock;
    worker *keeper, *reader, *archivist;
    worker *builder;             /* whole vectors of views: the reader answers rows meanwhile */
    GThreadPool *pool;           /* parses and lays out messages */
    GArray *observers;
    GPtrArray *folders;          /* of folder, as last loaded */
    GPtrArray *tasks;            /* of mtm_task, owning; NULL: none yet */
    GPtrArray *views;            /* of mtm_view, not owning */
    store *store;                /* main thread's reading handle, opened on demand */
    archive_handle bodies;
    archive archive;
    GMutex layout_mutex;
    document_layout layout;      /* prepared in the pool for an opened message */
    atomic_ullong next_op;
    /* events on their way up */
    GMutex mutex;
    GQueue posted;
    GSource *source;
    bool folders_asked;          /* a folder list is being loaded (main thread) */
    bool folders_dirty;
    guint folders_generation;    /* counts lists that came with an act (keeper.c) */
    netwatch *netwatch;          /* NULL: none, or no engine */
    guint netwatch_source, netwatch_timer; /* 0 none */
    guint folders_timer;         /* a reload is scheduled; 0 none */
    remote_server *server;       /* of an engine: what others ask of it; NULL: it has no socket */
    remote_client *remote;       /* beside another engine: the way to it; NULL: this is the engine, or reads only */
    GHashTable *aliases;         /* operation -> the older one it does; NULL none */
};

/* ---- events (event.c).  Any thread. */
typedef struct posted posted;
struct posted {
    mtm_event event;             /* strings below are the owned ones */
    bool quiet;                  /* no observer hears it */
    char *account, *folder_name, *label;
    mtm_problem *problem;
    void (*apply)(mtm *m, posted *p); /* main thread, before the observers; may be NULL */
    gpointer data;
    GDestroyNotify free_data;
};
posted *posted_new(mtm_event_kind kind);
void mtm_post(mtm *m, posted *p); /* takes p */
void event_source_attach(mtm *m);
void event_source_detach(mtm *m);
void mtm_emit(mtm *m, const mtm_event *event); /* main thread, at once */
void mtm_emit_here(mtm *m, const mtm_event *event); /* to the face of this process, whoever asked */
/* Events of op are told as those of `told`, which was posted before. */
void mtm_alias(mtm *m, guint64 op, guint64 told);
guint64 mtm_alias_of(const mtm *m, guint64 told); /* the operation that does it; `told` itself: no other */
/* Completion of an operation; takes problem (NULL: success). */
void mtm_post_done(mtm *m, guint64 op, const char *account, mtm_problem *problem);
guint64 mtm_next_op(mtm *m);
/* An operation that is refused at once; its id. */
guint64 mtm_refuse(mtm *m, error_kind kind, const char *step, const char *text);
guint64 mtm_not_acting(mtm *m); /* refused because this is no engine, else 0 */

/* mtm_start behind the lock, which it takes in any case. */
bool mtm_start_locked(mtm *m, store_lock *lock, GError **error);

mtm_problem *problem_new(const account_settings *a, const char *step, const GError *error);

/* ---- keeper.c: the only writer of mail.db */
bool keeper_start(mtm *m, GError **error);
/* Work for the keeper: fn runs in a transaction; the outcome of its commit is in the answer. */
typedef bool (*keeper_fn)(store *s, gpointer data, GError **error);
/* Waits for fn and for its commit. */
bool keeper_run(mtm *m, keeper_fn fn, gpointer data, GError **error);
/* The same, and the commit survives a power failure. */
bool keeper_run_durably(mtm *m, keeper_fn fn, gpointer data, GError **error);
/* Queues summaries (taken) of a folder; blocks while the keeper is behind. */
void keeper_add(mtm *m, guint32 account, guint32 folder, GPtrArray *summaries, bool announce);
typedef struct flag_batch flag_batch;
flag_batch *flag_batch_new(void);
void flag_batch_free(flag_batch *b);
void flag_batch_add(flag_batch *b, guint32 uid, mail_flags flags, const char *keywords, guint64 modseq);
guint flag_batch_count(const flag_batch *b);
void keeper_flags(mtm *m, guint32 folder, flag_batch *batch);     /* takes batch */
void keeper_vanished(mtm *m, guint32 folder, uid_set *gone);      /* takes gone */
void keeper_state(mtm *m, guint32 folder, const store_folder_state *state);
/* The first failure of a queued write since the last call; false with *error: what was queued is not stored. */
bool keeper_check(mtm *m, GError **error);
/* The list of folders goes up before whatever is posted next. */
void keeper_tell_folders(mtm *m);
/* An act of the person, before everything else that is queued: fn runs in the keeper's thread, then comes DONE.  fn
 * gives the action (0 without *error: nothing had to change).  Refusals are of kind INPUT and have written nothing. */
typedef struct act_outcome {
    char *label;       /* of what undo took back; freed */
    guint count;       /* messages changed; set from the action when it is 0 */
    guint failed;
    bool folders;      /* the list changed */
    bool rows;         /* rows came or went: else only marks */
    bool taken_back;   /* any row may be somewhere else (views_taken_back) */
    bool wake;         /* every account's session: rows of other actions wait again */
} act_outcome;
typedef guint64 (*act_fn)(store *s, gpointer data, act_outcome *out, GError **error);
void keeper_act(mtm *m, guint64 op, act_fn fn, gpointer data, GDestroyNotify free_data);
/* What a body told about its content; takes preview and hash. */
typedef struct learned {
    guint32 mail;
    char *preview;
    bool has_attachment;
    GBytes *hash;
} learned;
void keeper_learned(mtm *m, const learned *what);

/* ---- archivist.c: the only writer of bodies.db.  Any thread; nothing is taken. */
void archive_init(mtm *m);
void archive_clear(mtm *m);
bool archivist_start(mtm *m, GError **error);
/* A body as the server has it for a placement.  used_s: now when a person opened it, else when it was received. */
void archive_body(mtm *m, guint32 placement, guint32 mail, GBytes *raw, gint64 used_s);
/* A piece of a message of about total bytes, behind what is stored of it. */
void archive_piece(mtm *m, guint32 mail, guint64 offset, GBytes *piece, guint64 total, gint64 used_s);
void archive_used(mtm *m, guint32 mail); /* a person reads it */
void archive_settle(mtm *m);             /* wait until what was handed over before is stored */
void archive_limit(mtm *m);              /* archive.limit has changed */
void archive_sweep(mtm *m);              /* contents went from mail.db */
/* For reading, opened and opened again as need be; NULL with *error.  Borrowed; of the calling thread. */
body_store *archive_reader(mtm *m, archive_handle *h, GError **error);
void archive_handle_clear(archive_handle *h);

/* ---- view.c, view-acts.c, main thread */
/* bulk: many rows are coming, none of them news: a rebuilt view can wait a little. */
void views_folder_changed(mtm *m, guint32 folder, bool rows, bool flags, bool bulk);
/* Own acts have reached the server: marks change, but no row leaves a limited view.  folder 0: in all of them. */
void views_refresh(mtm *m, guint32 folder);
void views_acted(mtm *m, guint64 op, const guint32 *ids, gsize n, mail_flags add, mail_flags remove);
/* Moved to target, 0: deleted.  Such rows stay in the views they were in, in their places, until those are opened
 * anew; mail_summary.folder says where they are now. */
void views_moved(mtm *m, guint64 op, const guint32 *ids, gsize n, guint32 target);
/* The act is committed, or has failed: what the store says is the truth from now on. */
void views_act_done(mtm *m, guint64 op);
/* An undo, a redo, an undeletion or a change of the journal is committed: any row may be somewhere else. */
void views_taken_back(mtm *m);
void views_free(mtm *m);

/* ---- reader.c */
bool reader_start(mtm *m, GError **error);
typedef struct reader_state {
    mtm *m;
    store *store;
    archive_handle bodies;
} reader_state;
store *reader_store(reader_state *r); /* opened on demand; NULL: none yet */
body_store *reader_bodies(reader_state *r);
void reader_post(mtm *m, job *j);
GPtrArray *folders_of_accounts(mtm *m, store *s); /* any thread, with its own handle; NULL: none */
void folders_reload(mtm *m);      /* main thread */
void folders_reload_then(mtm *m, posted *then); /* main thread; posts (and takes) it behind the list */
void folders_changed(mtm *m);     /* any thread: counters or list changed */
/* Parse raw in the pool, lay it out, send MTM_MESSAGE and DONE. */
void message_deliver(mtm *m, guint64 op, guint32 id, GBytes *raw);
/* What is stored of a message that cannot be fetched now, with a problem that says so.  False: nothing is. */
bool message_deliver_beginning(mtm *m, body_store *b, guint64 op, guint32 id, guint32 mail);
void message_failed(mtm *m, guint64 op, guint32 id, mtm_problem *problem); /* takes problem */
/* The end of an mtm_message_open whose message another engine has stored, or could not (takes problem). */
void message_open_stored(mtm *m, guint64 op, guint32 id, mtm_problem *problem);
/* remote_server_settled is called when all bodies that came before this are stored. */
void message_settle(mtm *m, guint64 op, guint32 id);

/* ---- session.c, fetcher.c */
mtm_session *session_new(mtm_account_entry *a);
void session_join(mtm_session *s); /* after stop; NULL is ignored */
void session_free(mtm_session *s); /* after join, of all sessions and fetchers: they speak to one another */
void session_stop(mtm_session *s); /* begin the end: do not wait */
void session_connect(mtm_session *s, mtm_until until, guint64 op);
void session_sync_folder(mtm_session *s, guint32 folder, bool new_only, guint64 op);
void session_sync_tree(mtm_session *s, guint64 op);
void session_link(mtm_session *s, guint64 op);      /* connect, nothing more */
void session_list_again(mtm_session *s);              /* which folders are kept has changed */
void session_sync_wait(mtm_session *s, guint64 op); /* done when no synchronisation runs */
void session_replay(mtm_session *s, guint64 op);    /* done when the journal was replayed; NETWORK: offline */
bool session_busy(mtm_session *s);                  /* does anything run but staying online */
/* now: whatever runs is cut off; else it comes to the end of what it is at. */
void session_disconnect(mtm_session *s, guint64 op, bool now);
void session_sync_cancel(mtm_session *s);
bool session_cancel_op(mtm_session *s, guint64 op);
void session_select(mtm_session *s, guint32 folder);
void session_wake(mtm_session *s); /* the journal has rows, or settings changed */
bool session_online(mtm_session *s);
/* Any thread: a body that the replay waits for is stored, or why it cannot be had; later: not now. */
void session_body_brought(mtm_session *s, guint32 placement, const char *why_not, bool later);

void session_check_link(mtm_session *s); /* the machine woke, or its network changed */
void session_inbox_news(mtm_session *s); /* the watcher has seen some */

/* ---- network.c, main thread */
void network_watch(mtm *m); /* after the accounts' threads are there */
void network_unwatch(mtm *m);

/* ---- watcher.c.  want and leave: any thread. */
mtm_watcher *watcher_new(mtm_account_entry *a);
void watcher_stop(mtm_watcher *w);
void watcher_join(mtm_watcher *w); /* after stop; NULL is ignored */
void watcher_free(mtm_watcher *w); /* after join; NULL is ignored */
void watcher_want(mtm_watcher *w, bool wanted); /* watch the inbox; connects by itself */
void watcher_leave(mtm_watcher *w);             /* hang up, until wanted again */

mtm_fetcher *fetcher_new(mtm_account_entry *a);
void fetcher_join(mtm_fetcher *f); /* after stop; NULL is ignored */
void fetcher_free(mtm_fetcher *f); /* after join */
void fetcher_stop(mtm_fetcher *f);
void fetcher_leave(mtm_fetcher *f); /* log out; who waits for a message brings it back.  NULL is ignored */
void fetcher_check_link(mtm_fetcher *f); /* as session_check_link */
void fetcher_open(mtm_fetcher *f, guint64 op, guint32 id);
/* Fetch and store its body for a session that is to upload it; session_body_brought follows.  Any thread. */
bool fetcher_bring(mtm_fetcher *f, guint32 id, mtm_session *waiting); /* false: it is on its way already */
/* Bodies of many messages of this account, in their order; MTM_DONE of op tells count and failed. */
typedef struct populate_request {
    guint32 *ids;            /* copied; 0: none there */
    gsize n;
    mtm_get_parts parts;
    gint64 max_size, total_limit, text_limit, attachment_limit; /* bytes, -1 none */
    bool cumulative;
    guint64 tell;            /* the operation whose progress it is; 0: nobody's */
} populate_request;
void fetcher_populate(mtm_fetcher *f, guint64 op, const populate_request *request);
/* A folder searched by its server; both sides hold a reference, found is for reading once op is done. */
typedef struct search_request {
    guint64 op;
    guint32 folder;
    query *query;
    uid_set *found;
} search_request;
search_request *search_request_new(guint32 folder, const query *q); /* copies q */
void search_request_unref(search_request *r);
void fetcher_search(mtm_fetcher *f, guint64 op, search_request *r);
/* Prefetch by policy; op (0 none) completes when there is nothing more to fetch. */
void fetcher_prefetch(mtm_fetcher *f, guint64 op);
void fetcher_wait(mtm_fetcher *f, guint64 op); /* done when nothing is fetched in advance any more */
bool fetcher_busy(mtm_fetcher *f);
bool fetcher_cancel_op(mtm_fetcher *f, guint64 op);

/* ---- operations on accounts, main thread (mtm.c).  name NULL: all; the operation is done when the last one is. */
typedef void (*account_operation)(mtm_account_entry *a, int argument, guint64 op);
guint64 mtm_each_account(mtm *m, const char *name, account_operation run, int argument);
/* Settings of a running account are others now: what they concern is begun (connection.c). */
void connection_changed(mtm_account_entry *a, const account_settings *before);
/* Hang up when nobody wants the connection any more (connection.c). */
guint64 mtm_hang_up(mtm *m, const char *account);

/* ---- account state, any thread (mtm.c) */
account_settings *account_copy_settings(mtm_account_entry *a);
void account_set_state(mtm_account_entry *a, mtm_state state, const char *phase);
void account_set_progress(mtm_account_entry *a, const char *phase, const char *folder_name, guint64 done, guint64 total);
void account_set_problem(mtm_account_entry *a, const mtm_problem *problem);
mtm_account_entry *account_entry(const mtm *m, const char *name); /* NULL: none; main thread */
/* Main thread: the state as an engine elsewhere tells it; takes what it points to. */
void account_show(mtm_account_entry *a, const session_state *state);
void account_changed(mtm_account_entry *a); /* with a->mutex not held: a STATUS event will come */

#endif
