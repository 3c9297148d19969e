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
    body_want want;
    gint64 stamp; /* mail.db as it was */
    /* body-limit.c */
    guint64 limit, file_bytes; /* of the files in bodies/; counted when the limit is set */
    gint64 floor_s;
    body_protect protect;
    gpointer protect_data;
};

typedef struct body_row {
    guint64 size, total; /* total 0: whole */
    char *file;          /* NULL: in raw */
    guint8 hash[CONTENT_HASH_BYTES];
    bool hashed;
} body_row;

bool body_store_empty(body_store *b);
/* Files take whole blocks. */
guint64 body_file_cost(guint64 nbytes);
/* Make room for so many bytes; false without *error: there is none. */
bool body_room(body_store *b, guint64 nbytes, gint64 used_s, GError **error);
/* Behind each write: the log stays small. */
void body_trim_log(body_store *b);
/* Delete a row with what belongs to it alone.  In a transaction; *file is what to unlink after it, or NULL. */
bool body_delete(body_store *b, guint32 mail, char **file, GError **error);
void body_unlink(body_store *b, const char *file);

#endif
