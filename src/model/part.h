/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The MIME structure of a message as a tree of values. */
#ifndef CURSUS_MODEL_PART_H
#define CURSUS_MODEL_PART_H

#include <glib.h>
#include <stdbool.h>

typedef struct part part;
struct part {
    char *section;     /* IMAP part number: "1", "2.1"; "" for the root */
    char *type;        /* "text/plain", lower case */
    char *charset;     /* as labelled, lower case, or NULL */
    char *name;        /* file name, decoded, or NULL */
    char *disposition; /* "attachment", "inline" or NULL */
    char *encoding;    /* transfer encoding as labelled, lower case, or NULL */
    char *content_id;  /* without <> or NULL */
    char *description; /* decoded or NULL */
    guint64 size;      /* bytes of the encoded body as it lies in the message */
    GPtrArray *parts;  /* of part, owning; never NULL; a message/rfc822 has the inner root as its only one */
};

part *part_new(void);
void part_free(part *p);
/* Something a person would call an attachment: disposition says so, or it has a name and is no text
 * body, or its type is neither text nor multipart nor a signature. */
bool part_is_attachment(const part *p);
/* Any attachment below (and with) p; pictures inside a multipart/related that have a Content-ID do not count. */
bool part_has_attachment(const part *p);
const part *part_find(const part *root, const char *section); /* NULL when absent */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(part, part_free)

#endif
