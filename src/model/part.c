/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Life of MIME structure trees and the question what is an attachment.  The makers of trees (mime/,
 * imap/) keep them below LIMIT_MIME_DEPTH, so walks may recurse. */
#include "model/part.h"

#include <string.h>

static void free_element(gpointer p)
{
    part_free(p);
}

part *part_new(void)
{
    part *p = g_new0(part, 1);
    p->parts = g_ptr_array_new_with_free_func(free_element);
    return p;
}

void part_free(part *p)
{
    if (p == NULL)
        return;
    g_free(p->section);
    g_free(p->type);
    g_free(p->charset);
    g_free(p->name);
    g_free(p->disposition);
    g_free(p->encoding);
    g_free(p->content_id);
    g_free(p->description);
    g_ptr_array_unref(p->parts);
    g_free(p);
}

static bool type_is(const part *p, const char *type)
{
    return p->type != NULL && g_ascii_strcasecmp(p->type, type) == 0;
}

static bool type_starts(const part *p, const char *start)
{
    return p->type != NULL && g_ascii_strncasecmp(p->type, start, strlen(start)) == 0;
}

static bool is_signature(const part *p)
{
    return type_is(p, "application/pgp-signature") || type_is(p, "application/pkcs7-signature") ||
           type_is(p, "application/x-pkcs7-signature");
}

static bool marked_attachment(const part *p)
{
    return p->disposition != NULL && g_ascii_strcasecmp(p->disposition, "attachment") == 0;
}

bool part_is_attachment(const part *p)
{
    if (type_starts(p, "multipart/") || is_signature(p)) /* signature.asc says "attachment", too */
        return false;
    if (marked_attachment(p))
        return true;
    if (p->type == NULL || type_is(p, "text/plain") || type_is(p, "text/html"))
        return false;
    return p->name != NULL || !type_starts(p, "text/");
}

/* A picture that the HTML beside it refers to is a part of that text. */
static bool is_embedded(const part *p, const part *parent)
{
    return parent != NULL && type_is(parent, "multipart/related") && p->content_id != NULL &&
           type_starts(p, "image/") && !marked_attachment(p);
}

static bool search_attachment(const part *p, const part *parent)
{
    if (part_is_attachment(p) && !is_embedded(p, parent))
        return true;
    for (guint i = 0; i < p->parts->len; i++)
        if (search_attachment(g_ptr_array_index(p->parts, i), p))
            return true;
    return false;
}

bool part_has_attachment(const part *p)
{
    return search_attachment(p, NULL);
}

const part *part_find(const part *root, const char *section)
{
    if (section[0] == '\0' || g_strcmp0(root->section, section) == 0)
        return root;
    for (guint i = 0; i < root->parts->len; i++) {
        const part *found = part_find(g_ptr_array_index(root->parts, i), section);
        if (found != NULL)
            return found;
    }
    return NULL;
}
