/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an operation is at, on standard error: a bar when it is a terminal, else a line now and then, so that a
 * short run from cron stays silent.  Main thread. */
#ifndef CURSUS_CLI_PROGRESS_H
#define CURSUS_CLI_PROGRESS_H

#include "mtm/mtm.h"

void progress_event(const mtm_event *event); /* of kind MTM_PROGRESS */
void progress_clear(void);                   /* take the bar away */

/* The line for an event, ncols columns at most; bar: with a bar.  Caller frees. */
char *progress_line(const mtm_event *event, int ncols, bool bar);

#endif
