/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of connections as a question, and runs of operations. */
#include "mtm/internal.h"

bool mtm_is_connected(const mtm *m, const char *account)
{
    return false;
}

bool mtm_is_busy(const mtm *m, const char *account)
{
    return false;
}

void mtm_batch_begin(mtm *m, const char *account)
{
}

guint64 mtm_connect(mtm *m, const char *account)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}

guint64 mtm_sync_wait(mtm *m, const char *account)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}

guint64 mtm_batch_end(mtm *m, const char *account)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}
