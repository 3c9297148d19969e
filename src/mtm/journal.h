/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The journal as the faces list it: changes that wait for a server, or that it refused.  Read from the store
 * directly, beside a running engine too. */
#ifndef CURSUS_MTM_JOURNAL_H
#define CURSUS_MTM_JOURNAL_H

#include "model/flags.h"

#include <glib.h>

typedef enum mtm_journal_state { JOURNAL_WAITING, JOURNAL_SENT /* answer unknown */, JOURNAL_PARKED } mtm_journal_state;

typedef struct mtm_journal_row {
    guint64 id;
    guint64 action;        /* rows of one act of the person share it */
    char *account, *folder; /* names */
    guint32 message;       /* placement id */
    guint32 uid;           /* 0: the message is gone or not yet on the server */
    mail_flags add, remove;
    char *add_keywords, *remove_keywords; /* as in model/flags.h, never NULL */
    mtm_journal_state state;
    int tries;
    char *problem;         /* the server's words when parked, not sanitised; or NULL */
} mtm_journal_row;
void mtm_journal_row_free(mtm_journal_row *row);

/* Rows of every account in order.  data_dir NULL: the XDG one.  GPtrArray of mtm_journal_row, owning; empty while
 * there is no store.  NULL with *error.  Any thread. */
GPtrArray *mtm_journal_list(const char *data_dir, GError **error);

#endif
