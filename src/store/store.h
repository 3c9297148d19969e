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
/* Is mail.db of a version before this program's?  A writer that opens it brings it up to date.  May say so a little too
 * long. */
bool store_is_older(const char *data_dir);

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
char *store_account_name(store *s, guint32 id);                        /* NULL none; caller frees */
/* Of folder, owning, in folder_compare order; account 0: all.  Without those that are parting. */
GPtrArray *store_folders(store *s, guint32 account, GError **error);
GPtrArray *store_folders_all(store *s, guint32 account, GError **error); /* with them */
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
/* SHA-256 of the body that was seen first; a different body is a different content. */
#define CONTENT_HASH_BYTES 32
GBytes *content_hash(GBytes *raw); /* caller unrefs */
bool store_content_hashed(store *s, guint32 mail, GBytes *hash, GError **error);
GBytes *store_content_hash(store *s, guint32 mail); /* NULL unknown */
/* The placement's body turned out to be another than that of its content: it gets a content of its own, if others
 * share the old one.  *mail is what it has now. */
bool store_content_split(store *s, guint32 placement, guint32 *mail, GError **error);
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
/* The placements of those uids, in their order, of guint32; *highest (may be NULL) rises to the last uid. */
GArray *store_placements_of(store *s, guint32 folder, const uid_set *uids, guint32 *highest, GError **error);
bool store_uid_count(store *s, guint32 folder, guint32 *n, GError **error);    /* how many those are */

/* ---- acts of the person (acts*.c).  Each is one action, for undo: what is shown changes at once, journal rows say what
 * the servers must be told, differences what to take back.  All return the action's id; 0 when nothing had to
 * change (*error NULL) or on error.  What had no effect is skipped.
 *
 * A message that is moved away or deleted keeps its placement id: the placement goes to the target (folder 0, which
 * no view shows, when it is deleted) without a uid, and `home` remembers where the server still has it.  News of that
 * uid find the placement through its home.  A row of `home` goes when the server has done or refused it. */
/* Until store_acts_joined all acts are one action, with this label; it gives the action (0: nothing was changed). */
void store_acts_join(store *s, const char *label);
guint64 store_acts_joined(store *s, GError **error);
/* How many messages an action changed, and whose servers must be told of it (guint32; caller unrefs). */
guint store_act_count(store *s, guint64 action);
GArray *store_act_accounts(store *s, guint64 action);
/* Folders in which rows came or went, or (rows false) changed, since the last call, of guint32; caller unrefs.  The
 * writer's. */
GArray *store_touched(store *s, bool rows);
/* label "": not an act of the person, undo passes it over. */
guint64 store_act_flag(store *s, const char *label, const guint32 *ids, gsize n, mail_flags add, mail_flags remove,
                       const char *const *add_keywords, const char *const *remove_keywords, GError **error);
/* Copies are new placements without a uid, appended to made (of guint32; may be NULL).  To a folder of another
 * account: rows of JOURNAL_APPEND. */
guint64 store_act_copy(store *s, const char *label, const guint32 *ids, gsize n, guint32 folder, GArray *made,
                       GError **error);
/* Into another account: a copy there, and a deletion here that waits for it (after). */
guint64 store_act_move(store *s, const char *label, const guint32 *ids, gsize n, guint32 folder, GError **error);
/* Messages of an account that the server has as \Deleted because of an act here; guint32, caller unrefs.  NULL with
 * *error. */
GArray *store_marked(store *s, guint32 account, GError **error);
guint64 store_act_expunge(store *s, const char *label, const guint32 *ids, gsize n, GError **error);
/* A message made here (an imported file): a placement without a uid in folder, JOURNAL_APPEND with no source.  The
 * caller has stored its body under *mail before the commit, or rolls back. */
guint64 store_act_append(store *s, const char *label, guint32 folder, const mail_summary *summary, guint32 *placement,
                         guint32 *mail, GError **error);
/* An import (imports.c): begin forgets a source that only has the same name, and fills items (item -> placement) with
 * what is there already; a noted message is not replayed until its text is stored and it is released. */
bool store_import_begin(store *s, const char *source, const char *stamp, guint32 folder, GHashTable *items, GError **error);
bool store_import_note(store *s, const char *source, const char *stamp, guint32 folder, const char *item,
                       guint32 placement, GError **error);
bool store_import_release(store *s, const guint32 *placements, gsize n, GError **error);
bool store_import_end(store *s, const char *source, guint32 folder, GError **error);
/* The names of folders are ours (levels joined by '/'); wire_name what CREATE will ask for.  INPUT: the name exists, or
 * is still that of a folder whose renaming or deletion waits. */
guint64 store_act_folder_create(store *s, guint32 account, const char *name, const char *wire_name, char delimiter,
                                guint32 *folder, GError **error);
/* Its children follow.  The wire names stay until the server has done it.  INPUT: INBOX, name exists. */
guint64 store_act_folder_rename(store *s, guint32 folder, const char *name, GError **error);
/* With its children; one that is not on the server yet is only forgotten.  INPUT: INBOX. */
guint64 store_act_folder_delete(store *s, guint32 folder, GError **error);
/* here: the local mark; remote: ask the server. */
guint64 store_act_subscribe(store *s, guint32 folder, bool subscribe, bool here, bool remote, GError **error);

/* Take the last action back, or (redo) the last undo, itself as a new action.  Rows that were not sent are cancelled,
 * what was sent gets rows the other way round; a message that was expunged is appended again where its body is stored.
 * *label: of the action that was taken back, caller frees.  0 without *error: there is none; with ERROR_INPUT: it
 * cannot be taken back (the text says why). */
guint64 store_undo(store *s, bool redo, char **label, GError **error);
/* Every deletion that waits in folder, and every move out of it to the trash, is taken back; \Deleted is cleared. */
guint64 store_act_undelete(store *s, const char *label, const guint32 *ids, gsize n, GError **error);
guint64 store_act_undelete_all(store *s, const char *label, guint32 folder, GError **error);

typedef enum journal_kind {
    JOURNAL_FLAG, JOURNAL_COPY, JOURNAL_MOVE, /* target 0: expunge */ JOURNAL_APPEND,
    JOURNAL_FOLDER_CREATE, JOURNAL_FOLDER_RENAME, JOURNAL_FOLDER_DELETE, JOURNAL_SUBSCRIBE, JOURNAL_UNSUBSCRIBE,
} journal_kind;

typedef struct store_journal_row {
    guint64 id, action;
    guint64 after;   /* a row that must be done before; 0 none */
    journal_kind kind;
    guint32 account; /* whose server is told */
    guint32 placement; /* FLAG, MOVE: the message; COPY, APPEND: the new one; 0 of folders */
    guint32 source;  /* COPY, APPEND: the message it is a copy of; 0 none */
    guint32 folder, uid; /* where the server has the message now (COPY, APPEND: the source); 0: nowhere */
    guint32 target;  /* COPY, MOVE, APPEND: the folder to; FOLDER_* and SUBSCRIBE: the folder */
    guint32 shown;   /* the folder that placement is in now: several MOVEs of one message end there */
    guint32 bound;   /* the uid of placement in shown: it has arrived; 0 not yet */
    mail_flags add, remove;
    char *add_keywords, *remove_keywords; /* joined, may be "" */
    char *name;      /* FOLDER_RENAME: the new one (ours); else NULL */
    int state;       /* 0 waiting, 1 sent (unknown whether it arrived), 2 parked */
    int tries;
    char *problem;   /* server's words when parked, or NULL */
} store_journal_row;
void store_journal_row_free(store_journal_row *row);
/* Where the server has the message now, also one that is shown elsewhere, or the source of a copy that is not there
 * yet: the body can be fetched there.  0 and 0: nowhere, or its number is not known. */
bool store_where(store *s, guint32 placement, guint32 *folder, guint32 *uid, GError **error);
/* The folder it is shown in; 0: nowhere. */
guint32 store_shown(store *s, guint32 placement);
/* Rows of an account (0: all) in order; folder 0: all folders (else those whose message or target it is).  GPtrArray of
 * store_journal_row, owning. */
GPtrArray *store_journal(store *s, guint32 account, guint32 folder, GError **error);
guint store_journal_count(store *s, guint32 account); /* not parked */
/* The server has done them: its state takes the change, rows go.  uids (NULL: none): the new uid of each COPY, MOVE or
 * APPEND in its target, valid under the folder's stored uidvalidity; 0 unknown: bound when it is seen to arrive
 * there (object id, Message-ID and size).  FOLDER_RENAME: call store_folder_renamed too. */
bool store_journal_done(store *s, const guint64 *ids, const guint32 *uids, gsize n, GError **error);
bool store_folder_renamed(store *s, guint32 folder, const char *wire_name, GError **error); /* children follow */
/* The server refused: parked with its words; what is shown goes back to the server's state. */
bool store_journal_park(store *s, const guint64 *ids, gsize n, const char *problem, GError **error);
/* To be called in the transaction that read the rows: what is waiting may be taken back at any time.
 * floor: what comes into the target with a lower uid is not the copy that was asked for; 0 unknown. */
bool store_journal_sent(store *s, const guint64 *ids, gsize n, guint32 floor, GError **error);
/* By the person: forgotten, what is shown goes back; rows that wait for them too.  One that was sent is refused
 * (INPUT) until its answer is known. */
bool store_journal_cancel(store *s, const guint64 *ids, gsize n, GError **error);
/* Parked rows wait again, what is shown follows. */
bool store_journal_retry(store *s, const guint64 *ids, gsize n, GError **error);

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
    const guint32 *held;  /* placements that belong to a whole view wherever they are and whatever the query says */
    gsize nheld;
} view_request;
/* Newest on top: threads by their newest message in the folder, inside a thread the tree by date. */
store_view *store_view_build(store *s, const view_request *request, GError **error);

/* ---- bodies.db (CACHE_DIR): raw messages by content id, a cache.  A separate handle: writer is the archivist.
 * A writer finds a damaged file, or one of another version, set aside and begins anew (store_set_aside's name in
 * *aside, NULL when all was well; aside may be NULL). */
typedef struct body_store body_store;
body_store *body_store_open(const char *cache_dir, store_mode mode, char **aside, GError **error);
void body_store_close(body_store *b);
/* Writer: the bodies are those of s (reading or writing).  When they were another's (mail.db was begun anew and its
 * numbers mean other messages), they go. */
bool body_store_claim(body_store *b, store *s, GError **error);
/* SQLite met damage through this handle: the file should be opened again by its writer. */
bool body_store_damaged(const body_store *b);

typedef enum body_outcome {
    BODY_FAILED,  /* *error */
    BODY_STORED,
    BODY_SAME,    /* was there already */
    BODY_DIFFERS, /* another body is stored for this content: it stays */
    BODY_NO_ROOM, /* the limit is reached, and nothing older may go */
} body_outcome;
/* used_s: how recent it counts for eviction: now for one that a person opened, when it was received for others. */
body_outcome body_put(body_store *b, guint32 mail, GBytes *raw, gint64 used_s, GError **error);
/* The bytes from offset on of a message of about total bytes (RFC822.SIZE): kept as its beginning when offset is
 * where the stored one ends (0: none stored), else BODY_SAME.  body_put of the whole ends it. */
body_outcome body_append(body_store *b, guint32 mail, guint64 offset, GBytes *piece, guint64 total, gint64 used_s,
                         GError **error);
GBytes *body_get(body_store *b, guint32 mail); /* whole and as it was stored; NULL: not here, never an error */
GBytes *body_beginning(body_store *b, guint32 mail); /* of one that is not whole; NULL: none */
bool body_has(body_store *b, guint32 mail);
bool body_drop(body_store *b, guint32 mail, GError **error);
guint64 body_store_bytes(body_store *b); /* the bodies themselves */

/* Which contents have no body, newest first. */
typedef struct body_want {
    guint32 folder;
    guint64 max_size;
    gint64 since_s;  /* received since */
    bool beginning;  /* a beginning is as good as the whole */
} body_want;
/* Placements, at most limit.  Needs both databases. */
GArray *body_missing(body_store *b, store *s, const body_want *want, guint limit);

/* ---- the limit (body-limit.c), writer only.  Bytes on the disk, all files together; 0: none; at least
 * BODY_LIMIT_MIN.  Put and append keep to it: they evict what was used longest ago, but none of the contents that
 * protect names (asked when something must go; caller unrefs the set of ids). */
#define BODY_LIMIT_MIN (1u << 20)
typedef GHashTable *(*body_protect)(gpointer data);
void body_limit(body_store *b, guint64 limit, body_protect protect, gpointer data);
/* Bodies used before this are not worth fetching, they would go at once; 0: there is room. */
gint64 body_floor(const body_store *b);
/* Bring disk use below the limit now.  False with *error; what is protected may keep it above. */
bool body_evict(body_store *b, GError **error);
/* These were read. */
bool body_used(body_store *b, const guint32 *mails, gsize n, gint64 now_s, GError **error);
/* Drop bodies whose content is gone from mail.db, and files that no row names.  *removed of bodies. */
bool body_sweep(body_store *b, store *s, guint *removed, GError **error);
guint64 body_disk_bytes(body_store *b); /* everything in CACHE_DIR that is ours */
/* Contents whose bodies must stay: changes or messages that have not reached the server.  A set of ids. */
GHashTable *store_protected(store *s);
bool store_knows_bodies(store *s); /* some body has been seen */

/* ---- damage and place */
/* FILE of dir with its log becomes FILE.damaged-DATE.  Its path, caller frees; NULL with *error. */
char *store_set_aside(const char *dir, const char *file, GError **error);
/* The kind of network file system dir lies on ("NFS"), where a write-ahead log is not safe; NULL: none. */
const char *store_network(const char *dir);

/* ---- the engine lock: STATE_DIR/engine.lock */
typedef struct store_lock store_lock;
/* NULL with ERROR_BUSY (text: the pid that holds it) when another engine runs. */
store_lock *store_lock_take(const char *state_dir, GError **error);
void store_lock_release(store_lock *lock);
/* A line in the lock's file that others may read while it is held; false: it could not be written. */
bool store_lock_note(store_lock *lock, const char *text);
/* That line; NULL: none.  Without a holder it says nothing.  Caller frees. */
char *store_lock_noted(const char *state_dir);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(store, store_close)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(store_view, store_view_free)

#endif
