/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Get mail: one table-driven operation. */
#include "mtm/internal.h"

guint64 mtm_get(mtm *m, const mtm_get_options *options)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}

guint64 mtm_populate(mtm *m, const guint32 *ids, gsize n)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}

guint64 mtm_search(mtm *m, guint32 folder, const query *query, bool local_only)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}
