/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message as a person reads it: header fields, structure, styled lines for a width.  A value, reference
 * counted; parse and layout may run in any thread, one at a time. */
#ifndef CURSUS_MTM_DOCUMENT_H
#define CURSUS_MTM_DOCUMENT_H

#include "model/part.h"
#include "model/summary.h"
#include "text/styled.h"

#include <glib.h>
#include <stdbool.h>

typedef struct document document;

/* Call once at start, main thread. */
void document_init(void);
document *document_new(GBytes *raw);
document *document_ref(document *d);
void document_unref(document *d);

GBytes *document_raw(const document *d);             /* borrowed */
const part *document_structure(document *d);         /* borrowed */
const mail_summary *document_summary(document *d);   /* borrowed; id, uid and flags are 0 */

typedef enum document_headers { HEADERS_NONE, HEADERS_WEEDED, HEADERS_FULL } document_headers;
typedef enum document_body { BODY_BEST, BODY_HTML, BODY_PLAIN, BODY_SOURCE } document_body;
typedef struct document_layout {
    guint ncols;              /* columns, >= 20 */
    document_headers headers;
    document_body body;
    bool attachments;         /* list them below */
} document_layout;
/* Lines for this layout, sanitised, cached for the last layout; borrowed.  HTML goes through the render
 * program: some 10 ms, so the screen asks from its pool or accepts that. */
const GPtrArray *document_lines(document *d, const document_layout *layout);
/* Header fields as "Name: value" lines, decoded, one field a line (full) or weeded; owning strings. */
GPtrArray *document_header_lines(document *d, document_headers which);
/* Transfer-decoded bytes of a part; NULL: none. */
GBytes *document_part_bytes(document *d, const char *section);
/* Attachments as const part *; container owned by the caller. */
GPtrArray *document_attachments(document *d);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(document, document_unref)

#endif
