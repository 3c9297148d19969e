/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A view between its files: view.c (building, rows), view-acts.c (acts that are shown before the store has them,
 * and rows that stay where they were).  Main thread only. */
#ifndef CURSUS_MTM_VIEW_PRIVATE_H
#define CURSUS_MTM_VIEW_PRIVATE_H

#include "mtm/internal.h"

typedef struct cached {
    mail_summary *summary;
    guint64 request;          /* of the answer it came with */
} cached;

/* One act whose commit has not come back yet. */
typedef struct overlay {
    guint64 op;
    guint32 *ids;             /* ascending */
    gsize n;
    bool move;                /* to target; else flags */
    guint32 target;           /* 0: deleted */
    mail_flags add, remove;
    guint64 committed;        /* requests up to this one may still hold the old state; 0: not committed */
} overlay;

typedef struct id_index {
    guint32 id, index;
} id_index;

/* HOLD_UNSURE: it was moved, but something was taken back since. */
typedef enum view_hold { HOLD_FLAGGED, HOLD_MOVED, HOLD_UNSURE } view_hold;

struct mtm_view {
    mtm *m;
    guint64 serial;           /* names the view in jobs: pointers may be used again */
    guint32 folder;
    query *query;
    mtm_sort sort;
    bool reverse;
    store_view *snapshot;     /* never NULL */
    id_index *by_id;          /* sorted by id; NULL while there are no rows */
    GHashTable *cache;        /* id -> cached */
    guint64 asked;            /* serial of the last rows request */
    guint64 stale_before;     /* cached rows from answers below this are asked for again */
    guint32 want_first, want_n;
    bool rows_running;
    GArray *overlays;
    GHashTable *held;         /* id -> view_hold: rows that one's own acts touched, kept until the view is opened anew */
    bool building, dirty;
    bool urgent;              /* what made it dirty is news */
    guint timer;              /* a rebuild is scheduled */
    bool timer_bulk;          /* and may be brought forward */
    gint64 build_ms;
};

/* ---- view.c */
id_index *view_index_by_id(const store_view *snapshot); /* caller frees */
void view_rows_request(mtm_view *v);
void view_rebuild(mtm_view *v, bool bulk);

/* ---- view-acts.c */
void overlays_apply(const mtm_view *v, mail_summary *s);
void overlays_drop_old(mtm_view *v, guint64 request); /* an answer to this request is here */
void overlays_free(mtm_view *v);
guint32 *view_held(const mtm_view *v, gsize *n); /* ids, ascending; caller frees */
/* Rows that were moved and are gone from the store (the server has expunged them) are put back into a new snapshot,
 * behind the row they stood behind.  NULL: nothing is missing; else what takes its place. */
store_view *view_keep_gone(const mtm_view *v, const store_view *fresh, const id_index *fresh_by_id);

#endif
