/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What get.c, get-mark.c and export.c share.  All of it belongs to the task's thread. */
#ifndef CURSUS_MTM_GET_H
#define CURSUS_MTM_GET_H

#include "mtm/task.h"

/* A folder that a get looks into. */
typedef struct get_source {
    folder *folder;
    guint32 uidvalidity, above; /* new is what has a higher uid than above, under this numbering */
    guint32 highest;            /* that was taken */
} get_source;

typedef struct get_job {
    mtm_get_options o;          /* strings and ids owned */
    GPtrArray *folders;         /* of get_source */
    GPtrArray *accounts;        /* of mtm_account_entry, where the messages are */
    mtm_account_entry *target;  /* where they go, NULL: a file */
    GArray *ids;                /* of guint32 */
} get_job;

/* ---- get-mark.c: what a get of new mail took last, in STATE_DIR/got */
void get_mark(mtm_task *t, get_source *s);     /* before its synchronisation */
void get_mark_set(mtm_task *t, const get_source *s);

/* ---- get.c: fetch what is not stored of these; failures are for who needs them. */
void get_bodies(mtm_task *t, const GArray *ids);

/* ---- transfer.c.  target "mbox:PATH" or "maildir:PATH"; the ids that are there now, also those of a run before.  Bodies
 * must be stored.  Failures are counted in t. */
GArray *export_to(mtm_task *t, const char *target, const GArray *ids);

#endif
