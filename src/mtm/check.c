/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store's own check in the usual places. */
#include "mtm/check.h"
#include "base/paths.h"
#include "store/check.h"

GPtrArray *mtm_store_check(const char *data_dir, const char *cache_dir)
{
    g_autofree char *data = data_dir != NULL ? g_strdup(data_dir) : path_data_dir();
    g_autofree char *cache = cache_dir != NULL ? g_strdup(cache_dir) : path_cache_dir();
    return store_check(data, cache);
}
