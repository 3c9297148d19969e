/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The journal as the faces list it: changes that wait for a server, or that it refused.  Read from the store
 * directly, beside a running engine too. */
#ifndef CURSUS_MTM_JOURNAL_H
#define CURSUS_MTM_JOURNAL_H

#include "model/flags.h"

#include <glib.h>

typedef enum mtm_journal_state { JOURNAL_WAITING, JOURNAL_SENT /* answer unknown */, JOURNAL_PARKED } mtm_journal_state;

typedef enum mtm_journal_kind {
    CHANGE_FLAGS, CHANGE_COPY, CHANGE_MOVE, CHANGE_DELETE, CHANGE_APPEND,
    CHANGE_FOLDER_CREATE, CHANGE_FOLDER_RENAME, CHANGE_FOLDER_DELETE, CHANGE_SUBSCRIBE, CHANGE_UNSUBSCRIBE,
} mtm_journal_kind;
/* "flag copy move delete append create rename delete-folder subscribe unsubscribe".  Static. */
const char *mtm_journal_kind_word(mtm_journal_kind kind);

typedef struct mtm_journal_row {
    guint64 id;
    guint64 action;        /* rows of one act of the person share it */
    guint64 after;         /* a row that must be done before; 0 none */
    mtm_journal_kind kind;
    char *account;         /* name */
    char *folder;          /* name: where the server has the message, of a folder kind the folder as the server has it;
                              "" nowhere */
    char *target;          /* name: COPY, MOVE, APPEND; NULL */
    char *name;            /* FOLDER_RENAME: the new one; NULL */
    guint32 message;       /* placement id; of COPY and APPEND what is copied, where there is one; 0 of folder kinds */
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
