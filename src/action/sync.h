/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What "sync" means for both faces: which operations its words stand for. */
#ifndef CURSUS_ACTION_SYNC_H
#define CURSUS_ACTION_SYNC_H

#include "mtm/mtm.h"

#include <glib.h>
#include <stdbool.h>

typedef struct action_sync {
    const char *account;    /* NULL: all */
    char **folders;         /* NAME or ACCOUNT:NAME, NULL-terminated; NULL or empty: whole accounts */
    bool new_only;          /* the inbox's new mail only */
    mtm_until until;
} action_sync;

typedef struct action_op {
    guint64 op;
    char *label;   /* "work" or "work:Lists/git" */
    char *account; /* name */
} action_op;

/* "connect" "sync" "disconnect"; false with ERROR_INPUT. */
bool action_until_parse(const char *word, mtm_until *until, GError **error);
/* Post the operations, one an account or a folder, so that each has its own outcome.  Unknown folders are found
 * before anything starts.  GPtrArray of action_op, owning; NULL with ERROR_INPUT.  Main thread. */
GPtrArray *action_sync_start(mtm *m, const action_sync *what, GError **error);

/* One line about an account: "work: online, watching; 3 changes wait; synced 10 s ago".  Sanitised, translated;
 * caller frees. */
char *action_status_line(const mtm_account_status *status, gint64 now_s);
/* "12 minutes ago"; caller frees. */
char *action_ago(gint64 then_s, gint64 now_s);

#endif
