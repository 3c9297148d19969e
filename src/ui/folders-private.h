/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folder tree between its files: folders.c (building, asking), folders-view.c (drawing, the
 * view). */
#ifndef CURSUS_UI_FOLDERS_PRIVATE_H
#define CURSUS_UI_FOLDERS_PRIVATE_H

#include "ui/folders.h"

typedef struct node {
    guint32 id; /* folder id, 0: an account's heading or a level that is no folder */
    bool heading;
    const char *account; /* interned */
    const char *path;    /* interned; of a level that is no folder */
    char *label;         /* sanitised */
    folder_role role;
    bool selectable;
    guint32 unseen, messages;
    gint64 synced_at_s;
    int depth;           /* 0 for headings and for top folders */
    GPtrArray *children; /* of node, not owning; NULL none */
} node;

struct folder_tree {
    ui *ui;
    GPtrArray *nodes;   /* of node, owning, in tree order */
    GPtrArray *shown;   /* of node: without what is folded away */
    GHashTable *folded; /* folder id, or account name (interned) */
    guint32 marked;     /* in the sidebar; 0: follows the open folder */
    guint top;          /* first row of the sidebar */
};

gpointer folder_node_key(const node *n); /* what its fold is kept by */
bool folder_node_folded(const folder_tree *t, const node *n);
bool folder_node_calls(const node *n); /* is unread mail in it worth a look? */
void folders_refresh_shown(folder_tree *t);
guint32 folders_current(const folder_tree *t); /* the marked folder, else the open one */
guint folders_shown_index(const folder_tree *t, guint32 id);

#endif
