/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The message index: a window on a view of mtm.  Cursor and top line are message ids, so that what
 * comes and goes elsewhere never moves the line under the cursor. */
#ifndef CURSUS_UI_INDEX_H
#define CURSUS_UI_INDEX_H

#include "model/query.h"
#include "ui/screen.h"

index_view *index_new(ui *u);
/* Show a folder; limit_text NULL: all of it.  The old rows stay until the new ones are here. */
void index_open(index_view *ix, guint32 folder);
/* The same before the first paint: the first page is read at once. */
void index_open_now(index_view *ix, guint32 folder);
/* Read the rows anew: what no longer belongs to them goes. */
void index_refresh(index_view *ix);
guint32 index_folder(const index_view *ix);    /* 0: none yet */
const char *index_limit(const index_view *ix); /* NULL: none */
/* "" , "." and "all" take the limit away. */
bool index_set_limit(index_view *ix, const char *text, GError **error);
void index_set_sort(index_view *ix, mtm_sort sort, bool reverse);
/* sort or reverse were set: the open folder follows. */
void index_options_changed(index_view *ix);
bool index_sort_from_word(const char *word, mtm_sort *sort);
/* When the rows that are on their way are here, the cursor goes to id. */
void index_return_to(index_view *ix, guint32 id);

guint32 index_count(const index_view *ix);
/* Id of the row under the cursor, 0: none; its summary or NULL while it is not here. */
guint32 index_cursor_id(const index_view *ix);
const mail_summary *index_cursor_summary(index_view *ix);
const mail_summary *index_summary(index_view *ix, guint32 id);    /* quick near the cursor */
const mail_summary *index_summary_of(index_view *ix, guint32 id); /* of any of many rows */
/* Move the cursor to a row counted from 0, or by a rule; false when there is nothing there. */
void index_goto(index_view *ix, guint32 row);
bool index_step(index_view *ix, int direction, bool skip_deleted);
bool index_step_unread(index_view *ix, int direction);
bool index_step_thread(index_view *ix, int direction);
bool index_parent(index_view *ix);
bool index_goto_id(index_view *ix, guint32 id);
/* "2 of 3": the place of the cursor's message in its thread; 0 of 0 without rows. */
void index_thread_place(index_view *ix, guint *nth, guint *total);
void index_fold_thread(index_view *ix);
void index_fold_all(index_view *ix);
/* ---- acts (index-acts.c) */
/* Is it no longer in this folder, by one's own act?  And was that a deletion? */
bool index_left(const index_view *ix, const mail_summary *s);
bool index_left_id(const index_view *ix, guint32 id);
bool index_left_deleted(const index_view *ix, const mail_summary *s);
bool index_is_deleted(const index_view *ix, const mail_summary *s); /* that, or marked as deleted */
GArray *index_left_rows(const index_view *ix); /* of guint32 ids: they may have come back since; caller frees */
bool index_is_tagged(const index_view *ix, guint32 id);
void index_tag(index_view *ix, const GArray *ids, bool tag);
void index_untag_all(index_view *ix);
GArray *index_tagged(index_view *ix); /* of guint32 ids; caller frees */
guint index_tag_count(const index_view *ix);
/* Ids of the thread under the cursor, or of the message and what answers it.  Caller frees. */
GArray *index_thread_ids(const index_view *ix, bool below_only);
/* All rows of the list that match, soon: done is called once, unless another list comes first. */
typedef void (*index_gathered_fn)(ui *u, const GArray *ids);
bool index_gather_for(index_view *ix, const char *text, index_gathered_fn done, GError **error);
/* Are other rows, or the place of a search hit, on their way? */
bool index_settling(const index_view *ix);
/* Cancels what a half done search or limit still waits for. */
void index_search_stop(index_view *ix);

#endif
