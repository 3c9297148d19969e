/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the reader session share: its thread owns everything but the requests. */
#ifndef CURSUS_MTM_FETCHER_H
#define CURSUS_MTM_FETCHER_H

#include "mtm/internal.h"
#include "mtm/link.h"

/* Bodies of many messages that a get or an export asked for (fetch-get.c). */
typedef struct populate populate;

/* How far one message is fetched. */
typedef struct fetch_until {
    mtm_get_parts parts;
    gint64 attachment_limit; /* bytes, -1 none */
    guint64 most;          /* bytes of the message that are asked for; G_MAXUINT64 all */
    gsize looked;          /* bytes of it that were looked at last */
    bool reached;          /* before its end */
} fetch_until;

typedef struct demand {
    guint64 op;
    guint32 id;
    mtm_session *waiting;  /* nobody reads it: this one uploads the body, and is told when it is stored */
} demand;

/* A message or a piece of one, as it came. */
typedef struct arrival {
    guint32 uid;
    gint64 origin;         /* -1: the whole */
    GBytes *bytes;
} arrival;

struct mtm_fetcher {
    mtm *m;
    mtm_account_entry *a;
    GThread *thread;
    GCancellable *cancel;
    wake_pipe wake;
    GMutex mutex;          /* guards the requests */
    GQueue demands;        /* of demand * */
    GQueue populates;      /* of populate *; the head belongs to the thread */
    GQueue searches;       /* of search_request * */
    GArray *prefetch_ops;  /* of guint64 */
    bool prefetch, stopping;
    bool ahead_fresh;      /* a synchronisation has ended: total-limit counts anew */
    guint64 serving;       /* the op of the demand being served; 0 none */
    bool serving_cancelled;
    bool leaving;          /* the account was disconnected */
    bool doubtful;         /* the link may be dead: another one for the next demand */
    /* the thread's own */
    account_settings *settings;
    imap_connection *c;
    store *store;
    archive_handle handle;
    body_store *bodies;    /* of the handle */
    guint32 selected;      /* folder */
    guint32 entering, entering_tag, entering_uidvalidity; /* one whose EXAMINE is under way; tag 0: none */
    guint32 uidvalidity;
    GPtrArray *arrived;    /* of arrival, of the running fetch; NULL: none runs */
    GHashTable *fetched;   /* content ids fetched in this run: the archivist may be behind */
    guint32 part_mail;     /* the large message that is being fetched */
    GByteArray *part;      /* what is here of it; NULL: none */
    guint64 ahead_bytes;   /* asked for in advance since the last synchronisation */
    uid_set *searched;     /* what a running search has found; NULL: none runs */
    fetch_until *until;    /* of the message that is being fetched; NULL: its end */
    populate *populating;  /* whose slice runs */
    gint64 beginnings_ms;  /* when the beginnings are fetched, 0: not */
};

/* ---- fetcher.c */
bool fetcher_demanded(mtm_fetcher *f); /* a person waits, or the end */
/* Queue EXAMINE, unless the folder is selected; the commands behind it may go in the same flight.  Then entered, before
 * what they brought is looked at: is it the folder that the stored UIDs are of?  fresh: also what came in since it was
 * selected is wanted, of which a server may not have told this session. */
bool fetcher_enter(mtm_fetcher *f, guint32 folder, bool fresh, GError **error);
bool fetcher_entered(mtm_fetcher *f, GError **error);
bool fetcher_go_online(mtm_fetcher *f, mtm_problem **problem);
void fetcher_hang_up(mtm_fetcher *f);
bool fetcher_open_store(mtm_fetcher *f, GError **error);
void fetcher_begin_serving(mtm_fetcher *f, guint64 op);
void fetcher_end_serving(mtm_fetcher *f);
bool fetcher_was_cancelled(mtm_fetcher *f);
mtm_problem *fetcher_cancelled_problem(void);
bool fetch_connection_lost(const GError *error);

/* ---- fetch-body.c */
typedef struct want {
    guint32 placement, mail, uid;
    guint64 size;          /* as the server says */
    gint64 received_s;
} want;
/* Several small ones in one flight, each stored as it is; with nbytes > 0 only their first nbytes. */
bool fetch_flight(mtm_fetcher *f, const want *wants, guint n, guint nbytes, GError **error);
/* One message, in pieces when it is large, going on from what is stored.  *raw is NULL when the server has it no
 * more.  op: whose waiting is told of progress; 0: nobody's, and whoever demands something interrupts it: then
 * *raw is NULL too and *interrupted set.  False with *error. */
bool fetch_message(mtm_fetcher *f, const want *w, guint64 op, gint64 used_s, GBytes **raw, bool *interrupted,
                   GError **error);
/* Is what is here of the message enough?  Looks at its structure each time it has doubled. */
bool fetch_enough(fetch_until *u, const guint8 *data, gsize nbytes);
void fetch_part_clear(mtm_fetcher *f);
void arrival_free(gpointer data);

/* ---- fetch-get.c */
bool populate_due(mtm_fetcher *f);
void populate_serve(mtm_fetcher *f); /* one flight of the first */
void populate_tell(mtm_fetcher *f, guint64 now_bytes);
bool populate_cancel(mtm_fetcher *f, guint64 op); /* any thread; of one that has not begun */
void populate_drop(mtm_fetcher *f);  /* the thread ends */

/* ---- fetch-search.c */
bool search_due(mtm_fetcher *f);
void search_serve(mtm_fetcher *f);
bool search_cancel(mtm_fetcher *f, guint64 op); /* any thread; of one that waits */
void search_drop(mtm_fetcher *f);               /* the thread ends */

/* ---- fetch-ahead.c: what nobody asked for.  *more: there is more, after what a person may have asked for. */
bool fetch_ahead(mtm_fetcher *f, bool *more, GError **error);
bool fetch_beginnings(mtm_fetcher *f, bool *more, GError **error);

#endif
