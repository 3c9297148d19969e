/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client MTM: the one face that screen and command line talk to.  Operations go down, events come up.
 * Every function here is for the main thread; none of them blocks on the network, and those marked
 * [reader] answer by an event.  Events arrive on the main thread, from the GMainContext. */
#ifndef CURSUS_MTM_MTM_H
#define CURSUS_MTM_MTM_H

#include "model/account.h"
#include "model/folder.h"
#include "model/query.h"
#include "model/summary.h"
#include "mtm/document.h"

#include <glib.h>
#include <stdbool.h>

typedef struct mtm mtm;

/* Who has the terminal on which a password command may ask: nobody; a command may use it as it is; a screen has it
 * and is asked (MTM_ASK "terminal"). */
typedef enum mtm_terminal { TERMINAL_NONE, TERMINAL_DIRECT, TERMINAL_LENT } mtm_terminal;

typedef struct mtm_options {
    const char *data_dir, *cache_dir, *state_dir; /* NULL: the XDG ones */
    const GPtrArray *accounts;                    /* of account_settings; copied */
    bool offline;                                 /* never connect */
    mtm_terminal terminal;
    guint64 cache_limit;                          /* bytes of stored bodies on the disk; 0: no limit */
} mtm_options;

/* Opens nothing yet.  Never fails. */
mtm *mtm_new(const mtm_options *options);
/* Become the engine: take the lock, open or make the store, start keeper and reader.  ERROR_BUSY: another
 * engine runs; then the reading functions still work. */
bool mtm_start(mtm *m, GError **error);
/* The same, or beside another engine its client: acts and operations go there, its events come here, and when it ends
 * this becomes the engine by itself.  Waits up to patience_ms for an engine that neither answers nor ends, then
 * ERROR_BUSY; 0: does not wait, and never gives up. */
bool mtm_join(mtm *m, guint patience_ms, GError **error);
/* Reading only: keeper is not started, acts give ERROR_BUSY. */
bool mtm_start_reading(mtm *m, GError **error);
/* Disconnect, flush the keeper, free.  Blocks at most a second or so. */
void mtm_free(mtm *m);
/* Behind mtm_start_reading: hear what a running engine tells, mtm_status above all, without acting.  False: none answers
 * within patience_ms. */
bool mtm_look_on(mtm *m, guint patience_ms);
bool mtm_is_engine(const mtm *m);
bool mtm_can_act(const mtm *m); /* the engine, or beside one */
bool mtm_is_live(const mtm *m); /* mtm_status tells what is, not what was stored */

/* ---- what happened */
typedef enum mtm_event_kind {
    MTM_PROGRESS,  /* account, phase, done, total, folder name; op 0: of whatever runs there */
    MTM_DONE,      /* op completed: error NULL, or why not; exactly once an op */
    MTM_STATUS,    /* an account's state changed: mtm_status */
    MTM_FOLDERS,   /* list or counters changed: mtm_folders */
    MTM_CHANGED,   /* messages of folder changed: a view of it will follow by itself */
    MTM_VIEW,      /* a view has a new snapshot: view */
    MTM_ROWS,      /* rows asked for are here: view, rows */
    MTM_MESSAGE,   /* an opened message: op, message, document or error */
    MTM_NOTE,      /* something a person should know, not tied to an operation: problem */
    MTM_ASK,       /* a question; answer with mtm_answer */
    MTM_NEW_MAIL,  /* count new unread messages arrived in folder */
    MTM_FOUND,     /* ids, nids: what a search has found; server: by asking one */
} mtm_event_kind;

/* A problem with its place, for the sentence (action/sentence.h). */
typedef struct mtm_problem {
    int kind;          /* error_kind; 0 none */
    char *account;     /* or NULL */
    char *host;        /* or NULL */
    guint16 port;
    char *step;        /* "resolve" "connect" "tls" "tunnel" "greeting" "login" "password" "select" "fetch" "store" ... */
    char *detail;      /* cause, the server's words; valid UTF-8, not sanitised */
} mtm_problem;
void mtm_problem_free(mtm_problem *p);
mtm_problem *mtm_problem_dup(const mtm_problem *p);

typedef struct mtm_view mtm_view;

typedef struct mtm_event {
    mtm_event_kind kind;
    guint64 op;
    const char *account;      /* name or NULL */
    guint32 folder;           /* id or 0 */
    const char *phase;        /* of progress: "connect" "login" "folders" "headers" "flags" "bodies" "journal" */
    guint64 done, total;      /* total 0: unknown */
    const char *folder_name;  /* or NULL */
    const mtm_problem *problem; /* of DONE and NOTE; NULL: success */
    mtm_view *view;
    guint32 message;          /* placement id */
    document *document;       /* borrowed: document_ref to keep; with a problem: only the beginning of it */
    const char *question;     /* ASK: "password", "terminal" */
    const char *label;        /* DONE of undo and redo: what was taken back */
    guint count;              /* NEW_MAIL; DONE of acts and gets: messages changed */
    const guint32 *ids; gsize nids; /* FOUND */
    bool server;              /* FOUND */
    guint64 bytes, total_bytes; /* PROGRESS, beside done and total; total_bytes 0: unknown */
    guint failed;             /* DONE: messages it could not be done for (partly done: problem says why) */
} mtm_event;
typedef void (*mtm_observer)(const mtm_event *event, gpointer data);
void mtm_observe(mtm *m, mtm_observer observer, gpointer data); /* several may observe */
void mtm_unobserve(mtm *m, gpointer data);
/* The answer to an ASK event's op; text NULL: declined.  For "password": the password (copied, then wiped by the caller). */
void mtm_answer(mtm *m, guint64 op, const char *text);
/* The answer to "terminal": runs the account's command in the terminal's foreground, which the caller has made free, and
 * blocks until it ends.  (mtm_answer with NULL declines.) */
void mtm_run_in_terminal(mtm *m, guint64 op);

/* ---- state */
typedef enum mtm_state { STATE_OFFLINE, STATE_CONNECTING, STATE_ONLINE, STATE_WAITING /* back-off */ } mtm_state;
typedef struct mtm_account_status {
    const char *account;
    mtm_state state;
    const char *phase;          /* while something runs, else NULL */
    guint64 done, total;        /* of that phase */
    const char *folder_name;    /* of that phase */
    bool idle;                  /* watching by IDLE */
    guint pending;              /* journal rows that wait */
    guint parked;
    guint64 received, sent;     /* bytes of all sessions */
    gint64 synced_at_s;         /* last whole sync, 0 never */
    gint64 next_sync_s;         /* 0 none */
    gint64 next_try_s;          /* STATE_WAITING */
    const mtm_problem *problem; /* the last one, NULL none; stays until the next success */
} mtm_account_status;
guint mtm_account_count(const mtm *m);
/* Borrowed until the next event. */
const mtm_account_status *mtm_status(const mtm *m, guint index);
const account_settings *mtm_account(const mtm *m, guint index); /* borrowed */
/* Change settings of a running account (sync-interval, idle ...): taken up at once where that makes sense. */
void mtm_account_change(mtm *m, const account_settings *settings);

/* Takes effect at once, behind everything else. */
void mtm_set_cache_limit(mtm *m, guint64 nbytes);

/* ---- operations: return an op id; an MTM_DONE with it follows, also for immediate refusals */
typedef enum mtm_until { UNTIL_CONNECT, UNTIL_SYNC, UNTIL_DISCONNECT } mtm_until;
/* account NULL: all.  Connect-and-sync; with UNTIL_DISCONNECT the account stays online (IDLE, interval). */
guint64 mtm_connect_and_sync(mtm *m, const char *account, mtm_until until);
/* One folder, deletions included; new_only: the inbox's new mail only. */
guint64 mtm_sync_folder(mtm *m, guint32 folder, bool new_only);
/* The folder list only: arrivals, removals, roles, subscriptions, counters.  account NULL: all. */
guint64 mtm_sync_tree(mtm *m, const char *account);
guint64 mtm_disconnect(mtm *m, const char *account);
bool mtm_is_connected(const mtm *m, const char *account); /* NULL: all of them */
bool mtm_is_busy(const mtm *m, const char *account);      /* does any operation run there; NULL: anywhere */
guint64 mtm_connect(mtm *m, const char *account);         /* BUSY: connected already */
guint64 mtm_sync_wait(mtm *m, const char *account);       /* done when the background sync ends, at once if none runs */
/* Between them the connection is kept after each operation of a run, whatever its mode says.  They nest. */
void mtm_batch_begin(mtm *m, const char *account);
guint64 mtm_batch_end(mtm *m, const char *account);
void mtm_sync_cancel(mtm *m, const char *account); /* stop the sync, stay connected */
void mtm_cancel(mtm *m, guint64 op);
/* The folder on the screen: kept fresh first (IDLE moves to it when it is not INBOX's turn). */
void mtm_select(mtm *m, guint32 folder);

/* ---- acts of the person: on the screen at once, in the journal, replayed when connected; each is one action for undo.
 * MTM_DONE says that it is stored durably, not that the server has it.  ids that are gone are skipped; none is success. */
guint64 mtm_flag(mtm *m, const guint32 *ids, gsize n, mail_flags add, mail_flags remove,
                 const char *const *add_keywords, const char *const *remove_keywords);
guint64 mtm_copy(mtm *m, const guint32 *ids, gsize n, guint32 folder);
guint64 mtm_move(mtm *m, const guint32 *ids, gsize n, guint32 folder);
/* By the account's setting `delete`: to its trash, marked \Deleted, or expunged; in the trash itself expunged. */
guint64 mtm_delete(mtm *m, const guint32 *ids, gsize n);
guint64 mtm_expunge(mtm *m, const guint32 *ids, gsize n); /* whatever the setting says */
guint64 mtm_undelete(mtm *m, const guint32 *ids, gsize n);
guint64 mtm_undelete_all(mtm *m, guint32 folder);
guint64 mtm_archive(mtm *m, const guint32 *ids, gsize n); /* to the account's archive; INPUT: it has none */
guint64 mtm_undo(mtm *m);
guint64 mtm_redo(mtm *m);
guint64 mtm_folder_create(mtm *m, const char *account, const char *name);
guint64 mtm_folder_rename(mtm *m, guint32 folder, const char *name); /* the whole new name; children follow */
guint64 mtm_folder_delete(mtm *m, guint32 folder); /* with its children and their messages */
guint64 mtm_folder_empty(mtm *m, guint32 folder);  /* expunges what is in it */
guint64 mtm_folder_mark_read(mtm *m, guint32 folder);
guint64 mtm_subscribe(mtm *m, guint32 folder, bool subscribe); /* locally, on the server or both: setting `subscribe` */
/* Of rows, else of messages, else of a folder, else of an account, else all that wait.  cancel: what is shown goes
 * back; else parked rows wait again. */
typedef struct mtm_journal_scope {
    const guint64 *rows; gsize nrows;
    const guint32 *messages; gsize nmessages;
    guint32 folder;
    const char *account;
} mtm_journal_scope;
guint64 mtm_journal_change(mtm *m, const mtm_journal_scope *scope, bool cancel);

/* ---- get mail: one operation, 27 combinations (get.c) */
typedef enum mtm_get_verb { GET_POPULATE, GET_COPY, GET_MOVE } mtm_get_verb;
typedef enum mtm_get_scope { GET_NEW, GET_SELECTION, GET_ALL } mtm_get_scope;
typedef enum mtm_get_mode { GET_CONNECTED, GET_STAY, GET_DISCONNECT } mtm_get_mode;
typedef enum mtm_get_parts { GET_HEADERS, GET_TEXT, GET_TEXT_ATTACHMENTS, GET_ATTACHMENTS, GET_ALTERNATIVE, GET_WHOLE } mtm_get_parts;
typedef struct mtm_get_options {
    mtm_get_verb verb;
    mtm_get_scope scope;
    mtm_get_mode mode;           /* CONNECTED: refused when offline; STAY: connects; DISCONNECT: and hangs up behind */
    guint32 folder;              /* NEW, ALL: of this folder; 0: the account's inbox */
    const char *account;         /* with folder 0; NULL: every account */
    const guint32 *ids; gsize n; /* SELECTION */
    guint32 to;                  /* COPY, MOVE: a folder, of any account; 0: to_file */
    const char *to_file;         /* "mbox:PATH" or "maildir:PATH"; NULL: to */
    mtm_get_parts parts;         /* POPULATE; COPY and MOVE take whole messages */
    gint64 max_size, total_limit, text_limit, attachment_limit; /* bytes; -1 none */
    bool cumulative;             /* total_limit is filled in message order */
} mtm_get_options;
guint64 mtm_get(mtm *m, const mtm_get_options *options); /* copied */
/* Bodies of these messages, whole or by the account's limits; what is only begun goes on where it stopped. */
guint64 mtm_populate(mtm *m, const guint32 *ids, gsize n);

/* ---- search: MTM_FOUND events (rows: what this part found, server: where), then DONE.  What the store answers comes first;
 * for what it cannot (body:) the server of each folder is asked, unless local_only.  folder 0: all. */
guint64 mtm_search(mtm *m, guint32 folder, const query *query, bool local_only);

/* ---- import and export (transfer.c): exact bytes, progress, resumed where they were cut.  kind "mbox", "maildir", "eml". */
guint64 mtm_import(mtm *m, const char *kind, const char *path, guint32 folder);
guint64 mtm_export(mtm *m, const char *kind, const char *path, const guint32 *ids, gsize n); /* fetches what is missing */

/* ---- folders: the last known list, in order; borrowed until the next MTM_FOLDERS.  [reader] fills it. */
const GPtrArray *mtm_folders(mtm *m); /* of folder */
/* No server is being asked for its list just now; else MTM_FOLDERS or MTM_STATUS will tell. */
bool mtm_folders_settled(const mtm *m);
const folder *mtm_folder(mtm *m, guint32 id);
/* NAME or ACCOUNT:NAME; NULL none. */
const folder *mtm_folder_find(mtm *m, const char *name);

/* ---- views: a vector of rows in display order, made by the reader, refreshed by itself */
typedef enum mtm_sort { MTM_SORT_THREADS, MTM_SORT_DATE, MTM_SORT_FROM, MTM_SORT_SUBJECT, MTM_SORT_SIZE } mtm_sort;
typedef struct mtm_row {
    guint32 id;
    guint16 depth;
    guint8 last;         /* no sibling below */
    guint8 thread_start;
    guint64 bars;        /* bit d set: draw a bar at depth d */
} mtm_row;
/* folder 0: all that the query allows; query NULL: all.  Copied.  MTM_VIEW follows, first page first. */
mtm_view *mtm_view_open(mtm *m, guint32 folder, const query *query, mtm_sort sort, bool reverse);
void mtm_view_change(mtm_view *v, const query *query, mtm_sort sort, bool reverse);
void mtm_view_close(mtm_view *v);
/* The first page at once, from the store, blocking for some milliseconds: only before the first paint. */
void mtm_view_prime(mtm_view *v, guint nrows);
guint32 mtm_view_count(const mtm_view *v);
bool mtm_view_complete(const mtm_view *v); /* false: more rows are still being found */
const mtm_row *mtm_view_row(const mtm_view *v, guint32 index);
guint32 mtm_view_index(const mtm_view *v, guint32 id); /* G_MAXUINT32 when absent; amortised O(1) */
/* A row's summary from the row cache; NULL: not here yet, it was asked for and MTM_ROWS will come.  Borrowed
 * until the next event. */
const mail_summary *mtm_view_summary(mtm_view *v, guint32 index);
/* Ask for rows [first, first + n) in one go (what the screen shows). */
void mtm_view_want(mtm_view *v, guint32 first, guint32 n);
guint32 mtm_view_folder(const mtm_view *v);
/* Rows that one's own acts moved or deleted since the view was opened stay in it (a summary's folder says where they
 * are now).  Their ids, also of those that were taken back; guint32, caller frees. */
GArray *mtm_view_left(const mtm_view *v);
/* Is it one of them, as far as that is known without its summary? */
bool mtm_view_has_left(const mtm_view *v, guint32 id);

/* ---- messages */
/* Body from the store, else fetched.  MTM_MESSAGE with a document, or a problem, follows. */
guint64 mtm_message_open(mtm *m, guint32 id);
/* The layout the screen will ask an opened document for: it is prepared in the pool, so that document_lines
 * answers at once.  Call again when the width changes. */
void mtm_layout_hint(mtm *m, const document_layout *layout);

/* ---- for one-shot commands: block, no events, no network */
GPtrArray *mtm_list(mtm *m, const query *query, mtm_sort sort, bool reverse, guint limit, GError **error); /* of mail_summary */
mail_summary *mtm_summary(mtm *m, guint32 id, GError **error);
GBytes *mtm_body_stored(mtm *m, guint32 id); /* NULL: not stored */
bool mtm_body_kept(mtm *m, guint32 id);      /* is it stored whole?  Does not read it */
void mtm_folders_load(mtm *m); /* fill mtm_folders now */

#endif
