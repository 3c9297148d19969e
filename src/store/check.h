/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is what is stored sound?  Reads only; beside a running engine too. */
#ifndef CURSUS_STORE_CHECK_H
#define CURSUS_STORE_CHECK_H

#include <glib.h>

/* SQLite's whole integrity check of mail.db and bodies.db (seconds a gigabyte).  GPtrArray of char *, owning, one
 * finding each ("PATH: ..."), at most CHECK_FINDINGS a file; empty: sound, or not there yet.  Never NULL: a file
 * that cannot be opened is a finding. */
#define CHECK_FINDINGS 20
GPtrArray *store_check(const char *data_dir, const char *cache_dir);

#endif
