/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client of cursus-render: HTML goes to a process of its own, styled lines come back and are
 * checked as hostile input. */
#ifndef CURSUS_MIME_RENDER_H
#define CURSUS_MIME_RENDER_H

#include "text/styled.h"

#include <glib.h>

/* Where the program lies: CURSUS_RENDER in the environment, beside the running program, or
 * LIBEXECDIR. */
char *mime_render_path(void);

/* What the page held besides its text. */
typedef struct mime_render_facts {
    guint nlinks;    /* targets in the list at the end */
    guint npictures; /* pictures on other machines, not loaded */
    guint ntrackers; /* of them, those too small to be seen */
    guint nhidden;   /* pieces of text the page hides from its reader */
    bool truncated;  /* the page is longer than what is given */
} mime_render_facts;

/* HTML in UTF-8 to lines of at most ncols columns.  Blocks until the child has answered or
 * timeout_ms passed.  NULL with *error: then show mime_render_strip.  Any thread. */
GPtrArray *mime_render_html(const char *html, gsize nbytes, guint ncols, int timeout_ms,
                            GError **error);
/* The same with what else was found; facts may be NULL. */
GPtrArray *mime_render_page(const char *html, gsize nbytes, guint ncols, int timeout_ms,
                            mime_render_facts *facts, GError **error);
/* Start the program if it does not run yet, for instance after the first paint; it stays until
 * mime_render_stop or the end of this program.  Any thread. */
bool mime_render_start(GError **error);
void mime_render_stop(void);

/* The last resort: tags cut, entities of the five XML names resolved.  Caller frees. */
char *mime_render_strip(const char *html, gsize nbytes);

#endif
