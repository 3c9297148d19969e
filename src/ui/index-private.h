/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The index between its files: index.c (life, events, opening), index-move.c (cursor, folds),
 * index-draw.c, index-search.c. */
#ifndef CURSUS_UI_INDEX_PRIVATE_H
#define CURSUS_UI_INDEX_PRIVATE_H

#include "ui/index.h"

#define NO_ROW G_MAXUINT32

/* Something that is looked for among rows that may not be here: a second view has the answer. */
typedef struct index_hunt {
    query *query;
    mtm_view *view;
    bool backwards;
    bool waiting; /* jump as soon as the view is complete */
    bool once;    /* close the view after the jump */
    char *what;   /* for the sentence when there is nothing */
} index_hunt;

/* All rows that match a query, from a second view. */
typedef struct index_gather {
    mtm_view *view; /* NULL: none runs */
    index_gathered_fn done;
} index_gather;

struct index_view {
    view base;
    guint32 folder; /* 0: none yet */
    mtm_view *rows; /* on the screen; NULL: nothing was opened yet */
    mtm_view *next; /* takes its place when its first rows are here */
    guint next_timer, next_turns;
    guint32 next_id; /* where the cursor goes then; 0: the first row */
    bool next_same;  /* it is of the same folder: the line of the cursor stays */
    query *limit;    /* NULL: none */
    char *limit_text;
    mtm_sort sort;
    bool reverse;
    guint32 top, cursor;       /* rows of the snapshot */
    guint32 top_id, cursor_id; /* what they were: the truth when a new snapshot comes */
    int nrows;                 /* height of the last drawing */
    GArray *screen_ids;        /* of guint32: the rows of the last drawing */
    bool untouched;            /* nobody moved the cursor from the first row yet */
    bool was_provisional;      /* the snapshot is from before the end of the folder's first
                                  synchronisation */
    bool was_complete;         /* the snapshot that is shown has all rows */
    guint32 above;             /* rows that came in above the top line and were not seen */
    guint32 wanted_top;        /* for which rows were asked; NO_ROW: ask anew */
    GHashTable *folds; /* ids of first rows of folded threads; with fold_all: of unfolded ones */
    bool fold_all;
    GHashTable *places; /* folder -> id of the row the cursor was on */
    query *pattern;     /* of the last search */
    char *pattern_text;
    index_hunt hunt;
    index_gather gather;
    GHashTable *tags; /* ids */
};

/* ---- index-move.c */
guint32 index_next_row(const index_view *ix, guint32 row); /* the visible row below, NO_ROW */
guint32 index_prev_row(const index_view *ix, guint32 row);
guint32 index_thread_first(const index_view *ix, guint32 row);
guint32 index_thread_size(const index_view *ix, guint32 first, guint32 max);
bool index_is_folded(const index_view *ix, guint32 first);
/* The row of an id; looks near `near` before it asks for all. */
guint32 index_find(const index_view *ix, guint32 id, guint32 near);
void index_set_cursor(index_view *ix, guint32 row);
/* Scrolls as little as is needed to have the cursor on the screen, and notes the ids. */
void index_show_cursor(index_view *ix);
/* The visible row n above (below for negative n), clamped. */
guint32 index_walk(const index_view *ix, guint32 row, int n);
void index_move(view *v, view_motion motion, int n);

/* ---- index-draw.c */
void index_draw(view *v, rect area);
void index_title(view *v, GString *left, GString *right);
void index_place(view *v, GString *out);

/* ---- index-acts.c */
int index_compare_rows(gconstpointer a, gconstpointer b); /* of guint32 */
void index_gather_event(index_view *ix, const mtm_event *event);
void index_gather_stop(index_view *ix);

/* ---- index-search.c */
/* Both, where there is a limit.  Caller frees. */
query *index_within_limit(const index_view *ix, const query *q);
bool index_search(view *v, const char *text, bool backwards, GError **error);
/* Does it ask for what a row does not hold (the body)? */
bool index_needs_store(const query *q);
/* Jump to the next row that matches, asking a second view when rows are not here.  Takes q. */
void index_hunt_for(index_view *ix, query *q, const char *what, bool backwards, bool once);
void index_hunt_event(index_view *ix, const mtm_event *event);
void index_hunt_clear(index_hunt *h);

#endif
