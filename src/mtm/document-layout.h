/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lines of a message for a layout.  Inside mtm/document only. */
#ifndef CURSUS_MTM_DOCUMENT_LAYOUT_H
#define CURSUS_MTM_DOCUMENT_LAYOUT_H

#include "mime/message.h"
#include "mtm/document.h"

/* What a field list says in weeded order: "Name: value" strings, owning.  fields is of
 * mime_field. */
GPtrArray *document_weed(const GPtrArray *fields);
/* Attachments of a message as const part *; container owned by the caller. */
GPtrArray *document_list_attachments(mime_message *m);
/* Lay out; lines owned by the caller. */
GPtrArray *document_lay_out(mime_message *m, GBytes *raw, const document_layout *layout);

#endif
