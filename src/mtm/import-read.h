/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages out of an mbox, a Maildir or eml files, one after the other. */
#ifndef CURSUS_MTM_IMPORT_READ_H
#define CURSUS_MTM_IMPORT_READ_H

#include "model/flags.h"

#include <glib.h>
#include <stdbool.h>

typedef struct import_source import_source;

typedef struct import_item {
    char *name;         /* in its source: an offset or a file name without flags */
    GBytes *raw;        /* lines end in CRLF; NULL: see problem */
    char *problem;      /* why it is left out; or NULL */
    gint64 received_s;
    mail_flags flags;
    guint64 at, total;  /* bytes (mbox) or files before this one, and all */
} import_item;
void import_item_clear(import_item *item);

/* kind "mbox", "maildir", "eml" (a file or a directory of *.eml).  INPUT: there is no such thing; DISK. */
import_source *import_open(const char *kind, const char *path, GError **error);
const char *import_stamp(const import_source *s); /* tells this source from another of its name */
/* 1: *item, 0: the end, -1: *error.  Memory: one message, of at most LIMIT_LITERAL_BODY. */
int import_next(import_source *s, import_item *item, GError **error);
void import_close(import_source *s);

#endif
