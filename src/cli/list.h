/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One message as a line of the list. */
#ifndef CURSUS_CLI_LIST_H
#define CURSUS_CLI_LIST_H

#include "model/summary.h"

#include <glib.h>
#include <stdbool.h>

/* For a terminal of ncols columns: id, marks, date, sender, subject, aligned, cut where needed; sanitised. */
char *list_line_columns(const mail_summary *s, int id_columns, int ncols, bool inside_thread, bool ascii,
                        gint64 now_s);
/* For a pipe: "id  flags  date  from  subject", two blanks between, nothing cut; sanitised. */
char *list_line_plain(const mail_summary *s);
/* Of mail_summary, to standard output; threads: rows of one thread stand together. */
void list_print(const GPtrArray *found, bool threads);

#endif
