/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between the parts of a view: rows found (view-scan.c), put in order (view.c), drawn as trees
 * (view-tree.c), and the query as SQL (query_sql.c). */
#ifndef CURSUS_STORE_VIEW_H
#define CURSUS_STORE_VIEW_H

#include "store/internal.h"

/* A placement that is looked at. */
typedef struct view_entry {
    guint32 id; /* 0: it does not match, but may be an ancestor of rows that do */
    guint32 node, parent, thread;
    gint64 date;
} view_entry;

typedef struct view_key {
    gint64 number;    /* compared first, greatest on top */
    const char *text; /* compared next, "a" on top; or NULL */
} view_key;

typedef struct view_scan {
    store *s;
    const view_request *request;
    GArray *folders;  /* guint32: those that can have a row */
    GArray *entries;  /* of view_entry */
    char *condition;  /* SQL on p and m; NULL: everything matches */
    GArray *values;   /* of db_value: parameters from ?10 on */
    GPtrArray *texts; /* what values point to */
    bool needs_mail;  /* condition reads m */
    GArray *keys;     /* of view_key, one an entry, when the sort has one */
    GStringChunk *key_texts;
    GHashTable *held; /* ids of the request that were not met yet; NULL: none */
    guint32 unread; /* of the matching rows */
    bool complete;  /* every row was looked at */
} view_scan;

/* The text a row is sorted by, from its column, in texts. */
const char *view_key_text(view_sort sort, const char *column, GStringChunk *texts);

bool view_scan_open(view_scan *scan, store *s, const view_request *request, GError **error);
void view_scan_close(view_scan *scan);
/* All rows, threads together, in a thread the oldest first. */
bool view_scan_all(view_scan *scan, GError **error);
/* The newest (oldest when the request is reversed) threads, whole, until there are enough rows. */
bool view_scan_first(view_scan *scan, GError **error);

/* Compile scan->request->query into condition, values, needs_mail; names of folders are taken from
 * known (of folder). */
void query_sql_compile(view_scan *scan, const GPtrArray *known);
/* Can a row of this folder match at all? */
bool query_sql_allows(const query *q, const folder *f);

#define QUERY_SQL_FIRST_VALUE 10

/* ---- view-tree.c */
typedef struct view_tree view_tree; /* scratch that one view's threads share */
view_tree *view_tree_new(store *s);
void view_tree_free(view_tree *t);
/* Append the rows of one thread, n entries by date, to rows (of view_row). */
bool view_tree_rows(view_tree *t, const view_entry *entries, guint n, GArray *rows, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(view_tree, view_tree_free)

#endif
