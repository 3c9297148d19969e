/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The structure of a raw message as offsets into its bytes: where each part's header and body lie,
 * numbered as IMAP numbers them (RFC 3501 section 6.4.5).  Nothing is copied; decoded are only
 * messages that somebody attached in base64, against RFC 2046 section 5.2.1. */
#ifndef CURSUS_MIME_STRUCTURE_H
#define CURSUS_MIME_STRUCTURE_H

#include "mime/params.h"
#include "model/part.h"

#include <glib.h>
#include <stdbool.h>

typedef enum entity_kind {
    ENTITY_LEAF,
    ENTITY_MULTIPART, /* also one in which no delimiter was found: then it has no children */
    ENTITY_MESSAGE,   /* message/rfc822 or message/global with its inner root as the only child */
} entity_kind;

typedef struct entity entity;
struct entity {
    entity_kind kind;
    part *part;     /* its public face, owned by the tree of parts */
    params *type;   /* never NULL; value "text/plain" when unlabelled */
    GBytes *source; /* what the offsets are in: the message, or a decoded message/rfc822 part */
    gsize header, body, end; /* offsets: [header, body) and [body, end) */
    bool labelled;           /* had a Content-Type */
    entity *parent;          /* NULL: the root */
    GPtrArray *children;     /* of entity, owning */
};

/* Never NULL; free the root with entity_free and its part (which it does not own) with part_free.
 * In one pass, without recursion; at most LIMIT_MIME_DEPTH deep and LIMIT_MIME_PARTS parts: below
 * and beyond them nothing is divided.  Any thread. */
entity *structure_parse(GBytes *raw);
void entity_free(entity *e);

#endif
