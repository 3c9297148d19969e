/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the work session's files share: session.c (life, watching), requests.c (what is asked of it), handler.c
 * (untagged replies), tree.c (folder list), sync.c (one folder), windows.c (many messages), confirm.c (a second
 * opinion), replay*.c (journal).  All of it belongs to the session's thread but for what is marked. */
#ifndef CURSUS_MTM_SESSION_H
#define CURSUS_MTM_SESSION_H

#include "imap/connection.h"
#include "mtm/internal.h"
#include "mtm/link.h"

enum { FIRST_WINDOW = 50 }; /* messages: one screen */

/* The selected mailbox, kept by the reply handler. */
typedef struct box {
    guint32 folder;         /* 0: none is selected */
    char *name;             /* ours, for progress and problems */
    guint32 uidvalidity, uidnext, exists;
    guint64 modseq;         /* HIGHESTMODSEQ as last told; 0 none */
    guint64 base_modseq;    /* that of SELECT: the resync cursor once everything below is stored */
    bool synced;            /* since it was selected */
    bool grown;             /* EXISTS rose: fetch what is new */
    bool stale;             /* expunges or flags without UIDs: compare */
    guint32 expunged;       /* messages told by number to be gone, since the replay set it to 0 */
    guint32 expected_uidvalidity; /* that of the stored UIDs; 0: nothing is compared with it */
    char *mailbox_id;       /* RFC 8474, or NULL */
    uid_set *search;        /* what the last search said */
    uid_set *vanished;      /* told to be gone, not settled yet; NULL none */
    GPtrArray *batch;       /* of mail_summary on their way to the keeper */
    flag_batch *flags;
    bool announce;          /* what arrives now is new mail */
    guint32 highest;        /* UID seen */
    guint32 floor;          /* headers of UIDs below were not asked for */
    guint64 fetched, wanted; /* for progress */
    gint64 flushed_ms, told_ms;
} box;

/* One COPYUID that stood before a tagged answer (RFC 6851 section 4.3). */
typedef struct copy_told {
    guint32 uidvalidity;
    uid_set *from, *to;
} copy_told;

/* An original that a move without MOVE may have left behind. */
typedef struct leftover {
    guint32 folder, uid, uidvalidity;
} leftover;

typedef struct session_op {
    guint64 op;
    enum { OP_CONNECT, OP_SYNC, OP_STAY, OP_FOLDER, OP_TREE,
           OP_LINK /* connect only */, OP_WAIT /* for the end of the synchronisation */, OP_JOURNAL /* its replay */ } kind;
    guint32 folder;
} session_op;

struct mtm_session {
    mtm *m;
    mtm_account_entry *a;
    GThread *thread;
    GCancellable *cancel;
    wake_pipe wake;
    GMutex mutex;           /* guards the requests */
    GArray *requests;       /* of session_op, not yet taken up */
    guint64 cancel_below;   /* synchronisations asked for with a lower id are to stop; 0 none */
    bool stopping, disconnect, journal_due, connect_now, inbox_news, check_link, list_again;
    GArray *disconnect_ops; /* of guint64 */
    guint nstay;            /* of live: they run until the disconnect */
    GArray *cancelled;      /* of guint64 */
    GArray *live;           /* of guint64: asked for and not complete */
    guint32 selected;       /* folder on the screen; 0 none */
    GHashTable *unbrought;  /* placement -> why a fetcher could not bring its body */
    guint bodies_awaited;   /* asked of fetchers for uploads, and not brought yet */
    bool finishing;         /* the last expunges are under way, within a few seconds: they are not broken off */
    bool bring_later;       /* a server that has one could not be asked */
    /* the thread's own */
    account_settings *settings;
    imap_connection *c;
    bool online_wanted, stay;
    bool enabled_qresync;
    bool no_condstore;      /* announced, but it does not work */
    bool no_closed;         /* SELECT does not tell where the news of the folder before it end */
    bool closing;           /* until it does */
    bool notified;          /* NOTIFY is in force: the server tells of every folder */
    gint64 idle_since_ms;
    GArray *loose;          /* of guint32: tags of commands whose answer nothing waits for yet */
    GArray *ops;            /* of session_op */
    GArray *todo;           /* of guint32: folders to synchronise */
    bool tree_due;
    bool list_outdated;     /* the list under way was asked for before folders were changed */
    bool seen_due;          /* a synchronisation begins: what was read is told */
    bool replay_again;      /* rows wait for a folder that must be synchronised first */
    gint64 replay_ms;       /* when rows that a busy server put off are tried again; 0: none wait for that */
    int replay_pauses;      /* one after another */
    GPtrArray *copied;      /* of copy_told, since the replay emptied it */
    GHashTable *awaited;    /* set of rows whose message had no number yet: each lets its folder be synchronised once */
    GArray *leftovers;      /* of leftover: to be removed by the next replay */
    archive_handle bodies;  /* for uploads */
    bool behind_others;     /* rows wait for uploads of other accounts */
    bool probe_due;         /* the machine woke or its network changed: is the link alive? */
    bool lead;              /* just online: the folder on the screen first */
    gint64 next_sync_ms, next_try_ms;
    int failures;
    bool synced;            /* everything asked for has been synchronised */
    guint32 inbox;          /* its folder id once known */
    guint32 unwatchable;    /* tried to select it for watching */
    box box;
    guint32 list_tag, lsub_tag, notify_tag; /* of the folder list that is under way; 0 not sent */
    gint64 tree_ms;         /* when it was last complete */
    GPtrArray *listed;      /* of folder, being collected by tree.c; NULL: none is under way */
    GHashTable *status;     /* wire name -> imap_status, with it */
    GHashTable *counts;     /* the same of the last complete list; NULL none */
    GHashTable *told;       /* the same from NOTIFY; NULL none */
    GHashTable *unfetchable; /* folder id -> uid_set that the server lists and does not give out */
    GHashTable *renumbered_ms; /* folder id -> gint64 *, the last change of UIDVALIDITY */
    mtm_problem *partial;   /* a folder failed while the rest went on */
};

/* ---- handler.c */
bool session_reply(const imap_reply *reply, gpointer data);
void sync_flush(mtm_session *s); /* what the handler has gathered goes to the keeper */
void box_clear(box *b);

/* ---- requests.c */
void session_complete(mtm_session *s, guint index, const mtm_problem *problem);
/* Every operation of this kind; folder id 0: whichever. */
/* What only waits: the link is gone (problem), or there is nothing to wait for (NULL). */
void session_complete_waiting(mtm_session *s, const mtm_problem *problem);
void session_complete_kind(mtm_session *s, int kind, guint32 id, const mtm_problem *problem);
void session_forget_op(mtm_session *s, guint64 op); /* somebody else completes it */
mtm_problem *session_cancelled_problem(void);
/* What the main thread has asked for since the last look.  False: the thread ends. */
bool session_take_requests(mtm_session *s);
bool session_disconnect_asked(mtm_session *s);
guint32 session_folder_on_screen(mtm_session *s); /* 0 none */
/* Why a body that was asked for cannot be had, and forgotten; NULL: nothing is known.  Caller frees. */
char *session_body_failure(mtm_session *s, guint32 placement);
void session_await_bodies(mtm_session *s, int more); /* so many more are on their way */
bool session_awaits_bodies(mtm_session *s);
bool session_take_journal_due(mtm_session *s);

/* A deletion there may have waited for an arrival here; their threads look at their rows. */
void session_tell_others(mtm_session *s);
/* Is some other session still at what was asked of it?  Not one that only waits. */
bool session_others_work(mtm_session *s);
void session_break_off(mtm_session *s); /* main thread: stop or disconnect is asked for */
void session_finishes(mtm_session *s, bool finishing);

/* A command (0: none) whose answer is taken later, together with the folder list's. */
void session_send_loose(mtm_session *s, guint32 tag);
bool session_take_loose(mtm_session *s, GError **error);
/* Between two windows: is there something more urgent (stop, a folder on the screen, acts)? */
bool session_interrupted(mtm_session *s);
void session_note(mtm_session *s, const char *step, const GError *error);
void todo_add(mtm_session *s, guint32 id, bool first);

/* Behind a burst, where nothing else is to be done: watch at once. */
void session_idle_behind(mtm_session *s);

/* ---- tree.c */
GHashTable *status_table_new(void);
void tree_begin(mtm_session *s);  /* queue LIST and what belongs to it, unless it is under way */
void tree_outdated(mtm_session *s); /* folders were changed here: a list that is under way does not count */
void tree_drop(mtm_session *s);   /* the connection is gone */
/* False with *error: the connection is no longer usable. */
bool tree_sync(mtm_session *s, GError **error);
bool tree_news(mtm_session *s, GError **error); /* what NOTIFY told */

/* ---- sync.c.  False with *error: REFUSED and INPUT concern this folder, others may go on. */
typedef enum delta_kind { DELTA_NONE, DELTA_FLAGS, DELTA_MODSEQ, DELTA_QRESYNC } delta_kind;
delta_kind session_delta(const mtm_session *s, const store_folder_state *state);
bool session_condstore(const mtm_session *s); /* SELECT asks for it */
bool session_modseq(const mtm_session *s);    /* MODSEQs mean something */
bool folder_sync(mtm_session *s, guint32 id, bool *finished, GError **error);
bool folder_new(mtm_session *s, GError **error); /* of the selected one: new mail */
bool box_select(mtm_session *s, guint32 id, const folder *f, GError **error);

/* ---- known.c */
folder *session_folder(mtm_session *s, guint32 id, store_folder_state *state, GError **error);
uid_set *session_stored_uids(mtm_session *s, guint32 id, GError **error);
bool session_stored_count(mtm_session *s, guint32 id, guint32 *n, GError **error); /* of those */
guint32 session_inbox(mtm_session *s);        /* folder id, 0 none */

/* ---- windows.c */
gsize set_bytes(const mtm_session *s); /* of a UID set in one command */
GString *fetch_headers(mtm_session *s, const char *verb, const char *set);
/* The headers of missing (consumed), newest first.  *finished is false when something more urgent came: what
 * was fetched is stored, the rest is found missing again. */
bool fetch_windows(mtm_session *s, uid_set *missing, bool *finished, GError **error);
bool fetch_flags(mtm_session *s, const uid_set *set, GError **error);

/* ---- confirm.c */
/* Remove gone (taken; UIDs of the selected folder, which has nstored) from the store, most of it only after a
 * second connection has said the same; else REFUSED, and what is not confirmed is kept. */
bool believe_gone(mtm_session *s, uid_set *gone, guint64 nstored, GError **error);
bool settle_vanished(mtm_session *s, GError **error); /* the same for what VANISHED told */
/* Does a second connection leave these folders (of folder *) out of its list too? */
bool folders_really_gone(mtm_session *s, const GPtrArray *missing, GError **error);

/* ---- replay.c */
void session_show_rows(mtm_session *s, const GPtrArray *rows); /* how many wait and are parked; any thread */
bool journal_replay(mtm_session *s, GError **error);

#endif
