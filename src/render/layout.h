/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the tree to the page: block and inline layout, lists, quotes, links, pictures.  Tables of
 * data are drawn by render/table; tables that only place things are read cell by cell. */
#ifndef CURSUS_RENDER_LAYOUT_H
#define CURSUS_RENDER_LAYOUT_H

#include "render/links.h"
#include "render/page.h"
#include "render/tree.h"

/* Everything below root (an element) onto the page.  bold: a heading cell. */
void layout(page *p, links *l, const xmlNode *root, bool bold);

#endif
