/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Import and export of files. */
#include "mtm/internal.h"

guint64 mtm_import(mtm *m, const char *kind, const char *path, guint32 folder)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}

guint64 mtm_export(mtm *m, const char *kind, const char *path, const guint32 *ids, gsize n)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}
