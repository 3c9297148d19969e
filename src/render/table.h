/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of data, in columns. */
#ifndef CURSUS_RENDER_TABLE_H
#define CURSUS_RENDER_TABLE_H

#include "render/links.h"
#include "render/page.h"
#include "render/tree.h"

/* Draw the table if it holds data and fits.  False: nothing was done, read it cell by cell. */
bool table_show(page *p, links *l, const xmlNode *table);

#endif
