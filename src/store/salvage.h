/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A damaged mail.db: set aside, what can be read saved into a new one. */
#ifndef CURSUS_STORE_SALVAGE_H
#define CURSUS_STORE_SALVAGE_H

#include "store/store.h"

typedef struct store_saved {
    char *aside;              /* what the damaged file is called now; NULL: nothing was wrong.  Caller frees */
    bool ids_known;
    guint64 messages, changes; /* rows that were saved; the rest is synchronised again */
} store_saved;

/* store_open for writing that sets a damaged file aside.  Reads the whole file when it was suspected.  A newer
 * version's file is refused as by store_open. */
store *store_open_saving(const char *data_dir, store_saved *saved, GError **error);
/* Damage showed while the file was in use: the next store_open_saving looks into it. */
void store_suspect(const char *data_dir);
bool store_damaged(const store *s);

#endif
