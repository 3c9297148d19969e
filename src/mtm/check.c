/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store's care in the usual places. */
#include "mtm/check.h"
#include "base/paths.h"
#include "store/check.h"
#include "store/salvage.h"
#include "store/store.h"

GPtrArray *mtm_store_check(const char *data_dir, const char *cache_dir, mtm_care_progress progress, gpointer data)
{
    g_autofree char *own_data = data_dir != NULL ? g_strdup(data_dir) : path_data_dir();
    g_autofree char *own_cache = cache_dir != NULL ? g_strdup(cache_dir) : path_cache_dir();
    GPtrArray *findings = store_check(own_data, own_cache, progress, data);
    if (findings->len > 0) /* the next engine looks for itself, and mends it */
        store_suspect(own_data);
    return findings;
}

void mtm_store_figures_clear(mtm_store_figures *f)
{
    g_clear_pointer(&f->data_file, g_free);
    g_clear_pointer(&f->cache_directory, g_free);
}

bool mtm_store_stats(mtm_store_figures *out, GError **error)
{
    g_autofree char *data = path_data_dir(), *cache = path_cache_dir();
    store_figures f;
    if (!store_stats(data, cache, &f, error))
        return false;
    *out = (mtm_store_figures){ .data_file = g_build_filename(data, "mail.db", NULL),
                                .cache_directory = g_steal_pointer(&cache),
                                .data_bytes = f.data_bytes,
                                .cache_bytes = f.cache_bytes,
                                .free_bytes = f.free_bytes,
                                .accounts = f.accounts,
                                .folders = f.folders,
                                .messages = f.messages,
                                .contents = f.contents,
                                .orphans = f.orphans,
                                .changes = f.changes,
                                .threads = f.threads,
                                .bodies = f.bodies,
                                .beginnings = f.beginnings,
                                .body_bytes = f.body_bytes,
                                .oldest_used_s = f.oldest_used_s };
    return true;
}

static guint64 both(const char *data, const char *cache)
{
    store_figures f;
    return store_stats(data, cache, &f, NULL) ? f.data_bytes + f.cache_bytes : 0;
}

bool mtm_store_compact(guint64 cache_limit, mtm_care_progress progress, gpointer user, guint64 *before, guint64 *after,
                       GError **error)
{
    g_autofree char *data = path_data_dir(), *cache = path_cache_dir(), *state = path_state_dir();
    if (!path_make_private(state, error))
        return false;
    store_lock *lock = store_lock_take(state, error);
    if (lock == NULL)
        return false;
    *before = *after = 0;
    bool ok = true;
    if (store_exists(data)) {
        *before = both(data, cache);
        ok = path_make_private(cache, error) && store_compact(data, cache, cache_limit, progress, user, error);
        *after = both(data, cache);
    }
    store_lock_release(lock);
    return ok;
}
