/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folder list: one tree of accounts and folders, drawn at the left of wide screens and as a
 * view of its own. */
#ifndef CURSUS_UI_FOLDERS_H
#define CURSUS_UI_FOLDERS_H

#include "ui/screen.h"

folder_tree *folders_new(ui *u);
void folders_free(folder_tree *t);
/* The list or its numbers changed (MTM_FOLDERS). */
void folders_update(folder_tree *t);
void folders_draw_sidebar(folder_tree *t, rect area);
/* The view of its own; ui owns it after screen_push. */
view *folders_view_new(ui *u);
/* The folder from `from` on (0: the beginning) that has unread mail, going round; 0: none. */
guint32 folders_next_unread(folder_tree *t, guint32 from);
/* Move the mark in the sidebar by n; the marked folder, 0 none. */
void folders_mark_move(folder_tree *t, int n);
guint32 folders_marked(const folder_tree *t);
/* The button on a row of the sidebar. */
void folders_click(folder_tree *t, int row);
void folders_mark_clear(folder_tree *t);
/* The folder under the cursor of the view, 0: a heading or a name without mail. */
guint32 folders_view_selected(view *v);
guint32 folders_view_id(view *v); /* also of a name without mail; 0: a heading */
const char *folders_view_account(view *v); /* of the row; NULL: there is none */
/* The cursor goes to ACCOUNT:NAME when the list has it. */
void folders_view_await(view *v, const char *name);
/* Fold or unfold what lies below the cursor; false when there is nothing. */
bool folders_view_fold(view *v);

#endif
