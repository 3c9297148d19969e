/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Care of the stored mail: is it sound, how much is it, and giving room back.  The first two only read;
 * they run beside an engine too. */
#ifndef CURSUS_STORE_CHECK_H
#define CURSUS_STORE_CHECK_H

#include <glib.h>
#include <stdbool.h>

/* done of total of what phase says, in numbers of that phase; total 0: unknown.  May be NULL where it is asked for. */
typedef void (*store_progress)(const char *phase, guint64 done, guint64 total, gpointer data);

/* SQLite's whole integrity check of mail.db and bodies.db (seconds a gigabyte), the rules that every committed state
 * of mail.db obeys, and every stored body against its hash.  GPtrArray of char *, owning, one finding each
 * ("PATH: ..."), at most CHECK_FINDINGS a file; empty: sound, or not there yet.  Never NULL: a file that cannot be
 * opened is a finding. */
#define CHECK_FINDINGS 20
GPtrArray *store_check(const char *data_dir, const char *cache_dir, store_progress progress, gpointer data);

typedef struct store_figures {
    guint64 data_bytes;     /* mail.db with its log */
    guint64 cache_bytes;    /* bodies.db with its log and the files beside it */
    guint64 free_bytes;     /* of both: what compacting gives back */
    guint64 accounts, folders, messages, contents, orphans, changes, threads;
    guint64 bodies, beginnings, body_bytes;
    gint64 oldest_used_s;   /* of a body, 0: none */
} store_figures;
bool store_stats(const char *data_dir, const char *cache_dir, store_figures *figures, GError **error);

/* Write both files anew without gaps.  The caller holds the engine lock.  limit: of the cache, 0 none. */
bool store_compact(const char *data_dir, const char *cache_dir, guint64 limit, store_progress progress, gpointer data,
                   GError **error);

#endif
