/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the rows of this room share: the face of a call, its ids, its operations. */
#ifndef CURSUS_ACTION_INTERNAL_H
#define CURSUS_ACTION_INTERNAL_H

#include "action/face.h"

/* The face of a call; NULL with ERROR_INPUT while a config file is read (there is no mail yet). */
face *action_face(const command_call *call, GError **error);
/* The ids after the first args, else the face's selection.  Caller frees; empty: nothing is selected, which
 * has been said.  NULL with ERROR_INPUT for what is no id. */
GArray *action_ids(const command_call *call, int first, GError **error);
/* Tell the face of a posted operation, and wait where the face waits. */
bool action_posted(face *f, guint64 op, const char *label, GError **error);

extern const command_row action_sync_rows[], action_flag_rows[], action_general_rows[];

#endif
