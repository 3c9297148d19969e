/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the work session's files share: session.c (life, requests, watching), tree.c (folder list), sync.c
 * (one folder), replay.c (journal).  All of it belongs to the session's thread but for what is marked. */
#ifndef CURSUS_MTM_SESSION_H
#define CURSUS_MTM_SESSION_H

#include "imap/connection.h"
#include "mtm/internal.h"
#include "mtm/link.h"

/* The selected mailbox, kept by the reply handler. */
typedef struct box {
    guint32 folder;         /* 0: none is selected */
    char *name;             /* ours, for progress and problems */
    guint32 uidvalidity, uidnext, exists;
    guint64 modseq;         /* HIGHESTMODSEQ as last told; 0 none */
    guint64 base_modseq;    /* that of SELECT: the resync cursor once everything below is stored */
    bool grown;             /* EXISTS rose: fetch what is new */
    bool stale;             /* expunges or flags without UIDs: compare the whole */
    uid_set *search;        /* what the last search said */
    GPtrArray *batch;       /* of mail_summary on their way to the keeper */
    flag_batch *flags;
    bool announce;          /* what arrives now is new mail */
    guint32 highest;        /* UID seen */
    guint32 floor;          /* headers of UIDs below were not asked for */
    guint64 fetched, wanted; /* for progress */
    gint64 flushed_ms, told_ms;
} box;

typedef struct session_op {
    guint64 op;
    enum { OP_CONNECT, OP_SYNC, OP_STAY, OP_FOLDER, OP_TREE } kind;
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
    bool stopping, disconnect, cancel_sync, journal_due, connect_now;
    guint64 disconnect_op;
    GArray *cancelled;      /* of guint64 */
    guint32 selected;       /* folder on the screen; 0 none */
    /* the thread's own */
    account_settings *settings;
    imap_connection *c;
    bool online_wanted, stay;
    bool enabled_qresync;
    GArray *loose;          /* of guint32: tags of commands whose answer nothing waits for yet */
    GArray *ops;            /* of session_op */
    GArray *todo;           /* of guint32: folders to synchronise */
    bool tree_due;
    bool lead;              /* just online: the folder on the screen first */
    gint64 next_sync_ms, next_try_ms;
    int failures;
    bool synced;            /* everything asked for has been synchronised */
    guint32 inbox;          /* its folder id once known */
    guint32 unwatchable;    /* tried to select it for watching */
    box box;
    GPtrArray *listed;      /* of folder, being collected by tree.c */
    GHashTable *status;     /* wire name -> imap_status, being collected */
    mtm_problem *partial;   /* a folder failed while the rest went on */
};

bool session_reply(const imap_reply *reply, gpointer data); /* sync.c: the handler */
/* ---- requests.c */
void session_complete(mtm_session *s, guint index, const mtm_problem *problem);
/* Every operation of this kind; folder id 0: whichever. */
void session_complete_kind(mtm_session *s, int kind, guint32 id, const mtm_problem *problem);
mtm_problem *session_cancelled_problem(void);
/* What the main thread has asked for since the last look.  False: the thread ends. */
bool session_take_requests(mtm_session *s);
bool session_disconnect_asked(mtm_session *s);
guint32 session_folder_on_screen(mtm_session *s); /* 0 none */
bool session_take_journal_due(mtm_session *s);

void sync_flush(mtm_session *s);                           /* what the handler has gathered goes to the keeper */
guint32 session_inbox(mtm_session *s);                     /* folder id, 0 none */
void box_clear(box *b);

/* A command that may be answered later, together with something else. */
void session_send_loose(mtm_session *s, const char *command);
bool session_take_loose(mtm_session *s, GError **error);
/* Between two windows: is there something more urgent (stop, a folder on the screen, acts)? */
bool session_interrupted(mtm_session *s);
void session_note(mtm_session *s, const char *step, const GError *error);

/* False with *error: the connection is no longer usable.  *folder_problem: this folder failed, others may go on. */
bool tree_sync(mtm_session *s, GError **error);
bool folder_sync(mtm_session *s, guint32 id, bool *finished, GError **error);
bool folder_new(mtm_session *s, GError **error); /* of the selected one: new mail */
bool journal_replay(mtm_session *s, GError **error);
bool box_select(mtm_session *s, guint32 id, const folder *f, const store_folder_state *state, bool delta,
                guint32 *fetch_tag, GError **error);
void todo_add(mtm_session *s, guint32 id, bool first);
folder *session_folder(mtm_session *s, guint32 id, store_folder_state *state, GError **error);

#endif
