/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The targets of a page, numbered in order of appearance; equal ones share a number. */
#ifndef CURSUS_RENDER_LINKS_H
#define CURSUS_RENDER_LINKS_H

#include "render/page.h"

#include <glib.h>

typedef struct links links;

links *links_new(void);
void links_free(links *l);
/* What a person could follow: not "#top", not a script.  Cleaned; NULL when it is none.  g_free. */
char *links_clean(const char *href);
/* The number of a cleaned target, 1 and up. */
guint links_number(links *l, const char *href);
guint links_count(const links *l);
/* Is text the target itself, as far as a reader can tell ("example.org" for
 * "https://example.org/")? */
bool links_says_itself(const char *href, const char *text, gsize nbytes);
/* The list at the end of the page. */
void links_append(const links *l, page *p);

#endif
