/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The message view: header block, body as text, attachments; what is not here yet is fetched
 * meanwhile. */
#ifndef CURSUS_UI_PAGER_H
#define CURSUS_UI_PAGER_H

#include "ui/screen.h"

/* Show a message in the message view, opening it where there is none. */
void pager_open(ui *u, guint32 id);
guint32 pager_message(const view *v); /* id */
void pager_toggle_headers(view *v);
void pager_toggle_quoted(view *v);
void pager_skip_quoted(view *v);
bool pager_at_end(const view *v);
/* The parts of the message as lines to read; NULL while it is not here. */
GPtrArray *pager_parts(view *v);
/* Stop waiting for a message that is being fetched; false when none is. */
bool pager_stop_waiting(view *v);

#endif
