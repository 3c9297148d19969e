/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A document laid out for the message view, in a thread of its own: a large or an HTML mail takes
 * longer than a frame. */
#ifndef CURSUS_UI_PAGER_LAYOUT_H
#define CURSUS_UI_PAGER_LAYOUT_H

#include "mtm/document.h"
#include "text/styled.h"

#include <gio/gio.h>

typedef struct pager_layout {
    guint ncols; /* of the body */
    document_headers headers;
    document_body body;
    bool hide_quoted;
    gint64 now_s;
} pager_layout;

/* What the document is asked for. */
document_layout pager_layout_body(const pager_layout *layout);
typedef void (*pager_layout_done)(GPtrArray *lines, gpointer data);
/* done is called once on the main thread with lines it owns.  Nobody may use the document
 * meanwhile. The answer to a cancelled one is not given. */
void pager_layout_start(document *d, const pager_layout *layout, GCancellable *cancellable,
                        pager_layout_done done, gpointer data);
/* The header block of a mail of which only the row is known. */
GPtrArray *pager_layout_row(const mail_summary *s, const pager_layout *layout, const char *remark);
/* The tree of parts. */
GPtrArray *pager_layout_parts(document *d);

#endif
