/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mail.db and bodies.db.  A handle belongs to the thread that opened it.  One writer (the keeper, under
 * the engine lock), any number of readers, each with a handle of its own.
 *
 * Shown state = what the server last said + pending journal rows in order: placements hold both flag
 * words; every function that changes one recomputes the other in the same transaction. */
#ifndef CURSUS_STORE_STORE_H
#define CURSUS_STORE_STORE_H

#include "model/folder.h"
#include "model/query.h"
#include "model/summary.h"
#include "model/uidset.h"

#include <glib.h>
#include <stdbool.h>

typedef struct store store;

typedef enum store_mode {
    STORE_READ,   /* read only; fails softly (an empty store) while there is no file yet */
    STORE_WRITE,  /* creates and migrates; caller holds the engine lock */
} store_mode;

/* Open DATA_DIR/mail.db.  Errors: DISK (damaged files are named), INPUT when the file was written by a
 * newer version. */
store *store_open(const char *data_dir, store_mode mode, GError **error);
void store_close(store *s);
bool store_exists(const char *data_dir);

/* ---- transactions: every writing function below joins the open one, or makes its own.  When one fails
 * in an open transaction, further writes and store_commit fail too: only store_rollback helps. */
bool store_begin(store *s, GError **error);
/* durable: synchronous=FULL for this commit (acts of the person). */
bool store_commit(store *s, bool durable, GError **error);
void store_rollback(store *s);
/* Passive checkpoint, when idle. */
void store_checkpoint(store *s);

/* ---- accounts and folders */
guint32 store_account(store *s, const char *name, GError **error);     /* id; made when missing (writer) ; 0 error */
guint32 store_account_find(store *s, const char *name);                /* 0 none */
GPtrArray *store_folders(store *s, guint32 account, GError **error);   /* of folder, owning, in folder_compare order; account 0: all */
folder *store_folder(store *s, guint32 id, GError **error);            /* NULL: none */
/* By our name; account 0: the first that has it.  "INBOX" without regard to case. */
folder *store_folder_find(store *s, guint32 account, const char *name);
/* Bring the account's list to what LIST said: new ones made, changed ones changed, missing ones removed with
 * their placements (never when listed is empty).  *changed (may be NULL) says whether anything was.
 * listed: folder values; id, counters and cursors are ignored but for telling a folder that was renamed elsewhere,
 * which keeps its row: by mailbox_id where both know one, else one that is gone and one that is new with the same
 * uidvalidity, uidnext and server_messages (of STATUS; uidvalidity 0: unknown, never matches), if there is only one
 * such pair.  INBOX is only ever itself (RFC 9051 section 6.3.6: renaming it moves its messages). */
bool store_folders_apply(store *s, guint32 account, const GPtrArray *listed, bool *changed, GError **error);
#define MAILBOX_ID_MAX 255 /* bytes, RFC 8474 section 7 */
typedef struct store_folder_state {
    guint32 uidvalidity, uidnext, server_messages, server_unseen;
    guint64 highestmodseq;
    gint64 synced_at_s;
    bool provisional;
    char mailbox_id[MAILBOX_ID_MAX + 1]; /* "": unknown; what is stored stays then */
} store_folder_state;
bool store_folder_state_get(store *s, guint32 folder, store_folder_state *state, GError **error);
bool store_folder_state_set(store *s, guint32 folder, const store_folder_state *state, GError **error);
/* The server's numbering starts again: server UIDs of all placements are dropped, content is kept and
 * bound again by store_messages_add through object_id, else Message-ID + size, else (no Message-ID) size, dates, subject
 * and sender when only one row has them; what is not bound goes with store_unbound_drop. */
bool store_folder_renumber(store *s, guint32 folder, guint32 uidvalidity, GError **error);
bool store_unbound_drop(store *s, guint32 folder, GError **error);
/* A content whose last placement went is kept: the message may turn up in another folder, and gets its content and
 * its id back there.  This drops at most limit of those that have waited since before before_s; *removed of them. */
bool store_prune(store *s, gint64 before_s, guint limit, guint *removed, GError **error);

/* ---- what the server says (sync).  Arrays are of mail_summary (uid, flags, keywords, received_s, size, modseq
 * and the header values set). */
/* Insert or update by uid; uid 0: a row that waits for its arrival.  A folder that is gone takes nothing, without
 * an error.  Threads are linked (References, else In-Reply-To; the algorithm of RFC 5256
 * REFERENCES without its subject step).  *added (may be NULL) counts new placements. */
bool store_messages_add(store *s, guint32 folder, const GPtrArray *summaries, guint *added, GError **error);
/* The body of a content has been parsed: what it begins with, and whether it really has attachments. */
bool store_content_learned(store *s, guint32 mail, const char *preview, bool has_attachment, GError **error);
typedef struct store_flag_news {
    guint32 uid;
    mail_flags flags;
    const char *keywords; /* NULL: none */
    guint64 modseq;       /* 0 unknown; a lower one than stored is dropped */
} store_flag_news;
bool store_flags_news(store *s, guint32 folder, const store_flag_news *news, gsize n, guint *changed, GError **error);
/* Journal rows of what vanished go with it. */
bool store_vanished(store *s, guint32 folder, const uid_set *gone, guint *removed, GError **error);
uid_set *store_uids(store *s, guint32 folder, GError **error); /* every server uid that is stored */
bool store_uid_count(store *s, guint32 folder, guint32 *n, GError **error);    /* how many those are */

/* ---- acts of the person */
/* One action (label for undo) that adds and removes flags and keywords on placements: shown state changes,
 * journal rows are written.  Returns the action id, 0 on error.  ids without an effect are skipped. */
guint64 store_act_flag(store *s, const char *label, const guint32 *ids, gsize n, mail_flags add, mail_flags remove,
                       const char *const *add_keywords, const char *const *remove_keywords, GError **error);

typedef struct store_journal_row {
    guint64 id, action;
    guint32 placement, folder, uid; /* uid now; 0 when the placement is gone or unbound */
    mail_flags add, remove;
    char *add_keywords, *remove_keywords; /* joined, may be "" */
    int state;       /* 0 waiting, 1 sent (unknown whether it arrived), 2 parked */
    int tries;
    char *problem;   /* server's words when parked, or NULL */
} store_journal_row;
void store_journal_row_free(store_journal_row *row);
/* Rows of an account in order; folder 0: all folders.  GPtrArray of store_journal_row, owning. */
GPtrArray *store_journal(store *s, guint32 account, guint32 folder, GError **error);
guint store_journal_count(store *s, guint32 account); /* not parked */
/* The server has done them: server state takes the change, rows go. */
bool store_journal_done(store *s, const guint64 *ids, gsize n, GError **error);
/* The server refused: parked with its words; the shown state goes back to the server's. */
bool store_journal_park(store *s, const guint64 *ids, gsize n, const char *problem, GError **error);
bool store_journal_sent(store *s, const guint64 *ids, gsize n, GError **error);

/* ---- rows for the faces */
mail_summary *store_summary(store *s, guint32 id, GError **error); /* NULL: none */
/* In the order of ids; NULL entries for rows that are gone.  GPtrArray owning. */
GPtrArray *store_summaries(store *s, const guint32 *ids, gsize n, GError **error);

typedef enum view_sort { SORT_THREADS, SORT_DATE, SORT_FROM, SORT_SUBJECT, SORT_SIZE } view_sort;

typedef struct view_row {
    guint32 id;       /* placement */
    guint16 depth;    /* in its thread as shown; 0 a root */
    guint8 last;      /* no sibling below */
    guint8 thread_start; /* first row of a thread */
    guint64 bars;     /* bit d: an ancestor at depth d has a sibling below (draw a bar) */
} view_row;

typedef struct store_view {
    view_row *rows;
    guint32 n;
    bool complete;    /* false: only the first page */
    guint32 unread;   /* in rows, when complete */
} store_view;
void store_view_free(store_view *v);

typedef struct view_request {
    const query *query;   /* NULL: everything */
    guint32 folder;       /* 0: every folder that the query allows */
    view_sort sort;
    bool reverse;         /* newest last */
    guint32 first_page;   /* > 0: at most about so many rows, the top ones, at once (complete=false) */
} view_request;
/* Newest on top: threads by their newest message in the folder, inside a thread the tree by date. */
store_view *store_view_build(store *s, const view_request *request, GError **error);

/* ---- bodies.db (CACHE_DIR): raw messages by content id.  A separate handle: writer is the archivist. */
typedef struct body_store body_store;
body_store *body_store_open(const char *cache_dir, store_mode mode, GError **error);
void body_store_close(body_store *b);
bool body_put(body_store *b, guint32 mail, GBytes *raw, GError **error);
GBytes *body_get(body_store *b, guint32 mail); /* NULL: not here, never an error */
bool body_has(body_store *b, guint32 mail);
guint64 body_store_bytes(body_store *b);
/* Placements of a folder whose content has no stored body, newest first, at most limit, not larger than
 * max_size bytes, received since: ids for prefetching.  Needs both databases. */
GArray *body_missing(body_store *b, store *s, guint32 folder, guint64 max_size, gint64 since_s, guint limit);

/* ---- the engine lock: STATE_DIR/engine.lock */
typedef struct store_lock store_lock;
/* NULL with ERROR_BUSY (text: the pid that holds it) when another engine runs. */
store_lock *store_lock_take(const char *state_dir, GError **error);
void store_lock_release(store_lock *lock);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(store, store_close)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(store_view, store_view_free)

#endif
