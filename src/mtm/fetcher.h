/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the reader session share: its thread owns everything but the requests. */
#ifndef CURSUS_MTM_FETCHER_H
#define CURSUS_MTM_FETCHER_H

#include "mtm/internal.h"
#include "mtm/link.h"

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
    GArray *prefetch_ops;  /* of guint64 */
    bool prefetch, stopping;
    bool ahead_fresh;      /* a synchronisation has ended: total-limit counts anew */
    guint64 serving;       /* the op of the demand being served; 0 none */
    bool serving_cancelled;
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
    gint64 beginnings_ms;  /* when the beginnings are fetched, 0: not */
};

/* ---- fetcher.c */
bool fetcher_demanded(mtm_fetcher *f); /* a person waits, or the end */
/* Queue EXAMINE, unless the folder is selected; the commands behind it may go in the same flight.  Then entered, before
 * what they brought is looked at: is it the folder that the stored UIDs are of? */
bool fetcher_enter(mtm_fetcher *f, guint32 folder, GError **error);
bool fetcher_entered(mtm_fetcher *f, GError **error);
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
void fetch_part_clear(mtm_fetcher *f);
void arrival_free(gpointer data);

/* ---- fetch-ahead.c: what nobody asked for.  *more: there is more, after what a person may have asked for. */
bool fetch_ahead(mtm_fetcher *f, bool *more, GError **error);
bool fetch_beginnings(mtm_fetcher *f, bool *more, GError **error);

#endif
