/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing messages into an mbox, a Maildir or eml files. */
#ifndef CURSUS_MTM_EXPORT_H
#define CURSUS_MTM_EXPORT_H

#include "mtm/internal.h"

typedef struct export_file export_file;

/* kind "mbox", "maildir", "eml".  An mbox must not be there yet, unless append.  eml: a directory, or with n == 1 a
 * PATH.eml.  INPUT: it exists; DISK. */
export_file *export_open(const char *kind, const char *path, bool append, gsize n, GError **error);
/* An mbox that was begun has it already. */
bool export_has(const export_file *x, guint32 id);
/* What is there already (Maildir, eml) is not written again. */
bool export_add(export_file *x, const mail_summary *s, GBytes *raw, GError **error);
/* What was added is on the disk when it returns. */
bool export_settle(export_file *x, GError **error);
/* Everything is in it, and settled.  Without this the mbox keeps its other name, and the next export goes on there. */
bool export_finish(export_file *x, GError **error);
void export_close(export_file *x);

#endif
