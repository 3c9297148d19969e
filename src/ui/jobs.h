/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What runs and what waits: a line an account, and below them the changes that a server has not got yet or has
 * refused. */
#ifndef CURSUS_UI_JOBS_H
#define CURSUS_UI_JOBS_H

#include "ui/screen.h"

view *jobs_view_new(ui *u);
/* The row of the journal under the cursor, 0 none. */
guint64 jobs_view_row(view *v);
/* All that is known of that row, as lines to read; NULL: there is none. */
GPtrArray *jobs_view_details(view *v);

#endif
