/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client of cursus-render: HTML goes to a process of its own, styled lines come back and are
 * checked as hostile input. */
#ifndef CURSUS_MIME_RENDER_H
#define CURSUS_MIME_RENDER_H

#include "text/styled.h"

#include <glib.h>

/* Where the program lies: CURSUS_RENDER in the environment, beside the running program, or LIBEXECDIR. */
char *mime_render_path(void);

/* HTML in UTF-8 to lines of at most ncols columns.  Blocks until the child has answered or timeout_ms
 * passed.  NULL with *error: then show mime_render_strip.  Any thread. */
GPtrArray *mime_render_html(const char *html, gsize nbytes, guint ncols, int timeout_ms, GError **error);

/* The last resort: tags cut, entities of the five XML names resolved.  Caller frees. */
char *mime_render_strip(const char *html, gsize nbytes);

#endif
