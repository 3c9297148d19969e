/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the rows of this room share: the face of a call, its ids, its operations. */
#ifndef CURSUS_ACTION_INTERNAL_H
#define CURSUS_ACTION_INTERNAL_H

#include "action/face.h"

/* The face of a call; NULL with ERROR_INPUT while a config file is read (there is no mail yet). */
face *action_face(const command_call *call, GError **error);
/* The ids among the arguments from first to before end: numbers, or --query QUERY; without any, the face's
 * selection.  Ids that are not in the store are said where the face waits (a script), and left out.  Caller frees;
 * empty: nothing is selected, which has been said.  NULL with ERROR_INPUT for what is no id. */
GArray *action_ids(const command_call *call, int first, int end, GError **error);
const guint32 *action_ids_data(const GArray *ids);
/* Tell the face of a posted operation, and wait where the face waits. */
bool action_posted(face *f, guint64 op, const char *label, GError **error);
/* The account of the name, or (NULL) the face's, NULL: all.  False with ERROR_INPUT: there is none of this name. */
bool action_account(face *f, const char *name, const char **account, GError **error);
/* "500", "64K", "2M": bytes. */
bool action_bytes_parse(const char *text, gint64 *nbytes, GError **error);
/* One of words, separated by '|'; its number, -1 with ERROR_INPUT. */
int action_choice(const char *words, const char *word, GError **error);

extern const command_row action_sync_rows[], action_flag_rows[], action_general_rows[], action_act_rows[],
    action_folder_rows[], action_journal_rows[], action_get_rows[], action_transfer_rows[];

#endif
