/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of data, in columns. */
#ifndef CURSUS_RENDER_TABLE_H
#define CURSUS_RENDER_TABLE_H

#include "render/links.h"
#include "render/page.h"
#include "render/tree.h"

typedef enum table_answer {
    TABLE_SHOWN,
    TABLE_PLACES,   /* it only places things: nothing was done, read it cell by cell */
    TABLE_TOO_WIDE, /* it holds data, but does not fit: read it row by row */
} table_answer;

/* Draw the table if it holds data and fits. */
table_answer table_show(page *p, links *l, const xmlNode *table);

#endif
