/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `store check` for the faces. */
#ifndef CURSUS_MTM_CHECK_H
#define CURSUS_MTM_CHECK_H

#include <glib.h>

/* What is not sound in the stored mail; directories NULL: the XDG ones.  GPtrArray of char *, owning, not
 * sanitised; empty when all is well.  Reads only and needs no engine.  Blocks for seconds on large stores. */
GPtrArray *mtm_store_check(const char *data_dir, const char *cache_dir);

#endif
