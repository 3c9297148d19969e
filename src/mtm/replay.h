/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the replay share: replay.c (order and rounds), replay-rows.c (outcomes), replay-sent.c (what was sent
 * and not answered), replay-flags.c (STORE), replay-copy.c and replay-answers.c (copies, moves, expunges of one folder), replay-append.c (messages uploaded), replay-folders.c (folders themselves).
 * All of it belongs to the session's thread.  Functions that give false with *error have met a dead link, a lie or a
 * store that cannot be written: then the replay ends, and goes on after the next login.  What a server refuses is an
 * outcome, recorded here. */
#ifndef CURSUS_MTM_REPLAY_H
#define CURSUS_MTM_REPLAY_H

#include "mtm/session.h"

typedef struct replay {
    mtm_session *s;
    GPtrArray *rows;      /* of store_journal_row: as last loaded */
    GHashTable *looked;   /* set of row ids that were sent before, and whose target has been looked at since */
    GHashTable *doubtful; /* set of row ids whose target could not be looked at: they wait */
    GHashTable *made;     /* set of folder ids that were made anew because they were missing: once */
    GHashTable *entered;  /* set of folder ids that were brought up to date in this replay */
    guint64 nrows, ndone; /* for progress */
    guint changed;        /* outcomes of the running round */
    char *told;           /* the words last told a person, or NULL: once is enough */
    bool later;           /* the server asks to be left alone: what waits is tried again after a pause */
} replay;

enum {
    REPLAY_FLIGHT_NBYTES = 32 << 10, /* of commands before an answer is read: no more than a pipe takes unread */
    REPLAY_TRIES = 6,                /* of one row whose outcome stays unclear, then it is parked */
};

/* ---- replay.c */
bool replay_reload(replay *r, GError **error); /* the rows as they are now */
bool replay_goes_on(const GError *cause); /* it concerns one folder only */
bool row_waits(const replay *r, const store_journal_row *row); /* not parked, in doubt, or behind another one */
/* Has the target been made (again), so that the command is worth repeating?  Once a folder and replay. */
bool replay_make_target(replay *r, guint32 folder_id, bool *made, GError **error);
/* The folder selected, and its news taken: the rows then name UIDs of today.  Not *entered: its rows wait. */
bool replay_enter(replay *r, guint32 folder_id, bool *entered, GError **error);
/* The folder is not on the server yet, or not in the store. */
bool replay_target_waits(replay *r, guint32 folder_id);

/* ---- replay-rows.c */
typedef GArray row_ids; /* of guint64 */
row_ids *row_ids_new(void);

/* Outcomes.  uids (NULL: none): one for each row, the new one in the row's target. */
bool replay_done(replay *r, const row_ids *ids, const guint32 *uids, GError **error);
bool replay_park(replay *r, const row_ids *ids, const char *problem, GError **error);
/* What is about to leave is marked as sent, durably, before its bytes do: whatever happens to the link, it is not sent
 * again unseen.  A claim is not granted when a person has taken one of its rows back, or moved the message on. */
typedef struct replay_claim {
    row_ids *ids;          /* borrowed */
    guint32 target, floor;
    bool moves;            /* then the message must still be shown in target */
    bool granted;
} replay_claim;
bool replay_claim_rows(replay *r, const GPtrArray *claims, GError **error); /* of replay_claim */
/* Sent and certainly not done: they wait again. */
bool replay_again(replay *r, const row_ids *ids, GError **error);

/* What a NO means for what was sent.  A tagged reply that is no NO (BAD) parks too. */
typedef enum refusal {
    REFUSAL_PARK,     /* for all of it, whatever is left out */
    REFUSAL_SPLIT,    /* perhaps for one message only */
    REFUSAL_MISSING,  /* the target is not there */
    REFUSAL_LATER,
} refusal;
refusal refusal_of(const imap_reply *reply);
void replay_tell(replay *r, const char *step, const char *folder_name, const char *words);
char *refusal_words(const imap_reply *reply); /* a clause of ours and the server's words; caller frees */

/* These were put into folder, and their rows have them: they are not fetched again where nothing lies between. */
bool replay_advance(replay *r, guint32 folder_id, const uid_set *arrived, GError **error);
/* What happened in folder is shown; rows: messages came or went. */
void replay_show(replay *r, guint32 folder_id, bool rows);
/* ---- replay-sent.c */
bool replay_look_for_sent(replay *r, GError **error);
/* The next UID of a target, as far as it is known; 0 unknown. */
bool replay_floor(replay *r, guint32 folder_id, guint32 *floor, GError **error);

/* ---- replay-flags.c.  rows: of the selected folder. */
bool replay_flags(replay *r, const GPtrArray *rows, GError **error);

/* ---- replay-copy.c */
bool replay_copies(replay *r, guint32 folder_id, const GPtrArray *rows, GError **error);
bool replay_expunges(const mtm_session *s); /* single messages can be expunged */
/* These UIDs of the selected folder go from it, or are marked at least. */
bool replay_remove(replay *r, const uid_set *set, GError **error);
/* UID sets of at most nbytes (formatted) and what the server takes at once; of uid_set, owning. */
GPtrArray *replay_pieces(const mtm_session *s, const uid_set *set, gsize nbytes);

/* ---- replay-append.c: JOURNAL_APPEND, and copies and moves whose source is gone. */
bool replay_appends(replay *r, GError **error);

/* ---- replay-folders.c */
bool replay_creates(replay *r, GError **error);
bool replay_folder_changes(replay *r, GError **error); /* renames, deletions, subscriptions */

#endif
