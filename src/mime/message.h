/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole message: its structure, its parts' contents, its header as a person reads it. */
#ifndef CURSUS_MIME_MESSAGE_H
#define CURSUS_MIME_MESSAGE_H

#include "model/part.h"
#include "model/summary.h"

#include <glib.h>

typedef struct mime_message mime_message;

/* Parse a raw message.  Holds a reference on raw.  Never NULL: anything is some message.  Any thread;
 * one message by one thread at a time. */
mime_message *mime_message_new(GBytes *raw);
void mime_message_free(mime_message *m);

/* The structure, borrowed.  Limits: depth and parts of base/limits.h; beyond them parts are cut off. */
const part *mime_message_structure(mime_message *m);
/* Summary of the header (id, uid and flags 0), with has_attachment from the structure.  Caller frees. */
mail_summary *mime_message_summary(mime_message *m);

typedef struct mime_field {
    char *name;  /* as spelled */
    char *value; /* unfolded, decoded, valid UTF-8, not sanitised */
} mime_field;
/* Every header field in order: GPtrArray of mime_field, owning. */
GPtrArray *mime_message_fields(mime_message *m);

/* The same two of the message inside a message/rfc822 part; NULL when section is no such part. */
mail_summary *mime_message_inner_summary(mime_message *m, const char *section);
GPtrArray *mime_message_inner_fields(mime_message *m, const char *section);

/* The transfer-decoded bytes of a part ("" the root); NULL when there is no such part. */
GBytes *mime_message_part_bytes(mime_message *m, const char *section);
/* The text of a text part in UTF-8 with '\n' line ends, charset repaired; *guessed (may be NULL) says
 * that the label was missing or wrong.  NULL when there is no such part. */
char *mime_message_part_text(mime_message *m, const char *section, bool *guessed);
/* RFC 3676: format=flowed, and DelSp, of a text/plain part. */
bool mime_message_part_flowed(mime_message *m, const char *section, bool *delsp);

/* The parts to show as the body, in order, as const part *: best alternative, the root of related, all
 * of mixed that are inline text, down through message/rfc822 (which is listed itself: its header is
 * shown).  prefer_html chooses text/html in alternatives.  Container array owned by the caller. */
GPtrArray *mime_message_shown(mime_message *m, bool prefer_html);

/* Plain text of the message for a preview: first ncharacters of what is shown, one line.  Caller frees. */
char *mime_message_preview(mime_message *m, guint ncharacters);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(mime_message, mime_message_free)

#endif
