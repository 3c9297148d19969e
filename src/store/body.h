/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the two files on bodies share: the handle. */
#ifndef CURSUS_STORE_BODY_H
#define CURSUS_STORE_BODY_H

#include "store/internal.h"

struct body_store {
    database d;
    char *dir, *files; /* CACHE_DIR, CACHE_DIR/bodies */
    store_mode mode;
    /* body-missing.c: what was found missing last time, newest first, and what was asked then. */
    GArray *wanted; /* of wanted_body; NULL: nothing asked yet */
    guint first;    /* before it all are stored by now */
    guint32 folder;
    guint64 max_size;
    gint64 since_s;
    gint64 stamp; /* mail.db as it was */
};

bool body_store_empty(body_store *b);

#endif
