/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `store check`, `stats` and `compact` for the faces: without sessions, blocking, in the calling thread. */
#ifndef CURSUS_MTM_CHECK_H
#define CURSUS_MTM_CHECK_H

#include <glib.h>
#include <stdbool.h>

typedef void (*mtm_care_progress)(const char *phase, guint64 done, guint64 total, gpointer data);

/* What is not sound in the stored mail; directories NULL: the XDG ones.  GPtrArray of char *, owning, not
 * sanitised; empty when all is well.  Reads only and needs no engine.  Blocks for seconds on large stores. */
GPtrArray *mtm_store_check(const char *data_dir, const char *cache_dir, mtm_care_progress progress, gpointer data);

typedef struct mtm_store_figures {
    char *data_file, *cache_directory;
    guint64 data_bytes, cache_bytes, free_bytes; /* on the disk; what compacting gives back */
    guint64 accounts, folders, messages, contents, orphans, changes, threads;
    guint64 bodies, beginnings, body_bytes;
    gint64 oldest_used_s;
} mtm_store_figures;
void mtm_store_figures_clear(mtm_store_figures *f);
bool mtm_store_stats(mtm_store_figures *figures, GError **error);

/* Takes the engine lock meanwhile: ERROR_BUSY.  *before and *after: bytes of both files. */
bool mtm_store_compact(guint64 cache_limit, mtm_care_progress progress, gpointer data, guint64 *before, guint64 *after,
                       GError **error);

#endif
