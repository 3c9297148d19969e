/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The integrity check over both files, each by a reading handle of its own. */
#include "store/check.h"
#include "store/internal.h"

#include <string.h>

static void check_file(const database_kind *kind, const char *dir, GPtrArray *findings)
{
    database d;
    g_autoptr(GError) error = NULL;
    if (!database_open(&d, kind, dir, STORE_READ, &error)) {
        g_ptr_array_add(findings, g_strdup(error->message));
        return;
    }
    if (d.handle != NULL) {
        g_auto(db_rows) rows = db_query(&d, "PRAGMA integrity_check(" G_STRINGIFY(CHECK_FINDINGS) ")", NO_VALUES);
        int step;
        while ((step = db_step(&d, rows, &error)) > 0)
            if (strcmp(db_str(rows, 0), "ok") != 0)
                g_ptr_array_add(findings, g_strdup_printf("%s: %s", d.path, db_str(rows, 0)));
        if (step < 0)
            g_ptr_array_add(findings, g_strdup(error->message));
    }
    database_close(&d);
}

GPtrArray *store_check(const char *data_dir, const char *cache_dir)
{
    GPtrArray *findings = g_ptr_array_new_with_free_func(g_free);
    check_file(&database_mail, data_dir, findings);
    check_file(&database_bodies, cache_dir, findings);
    return findings;
}
