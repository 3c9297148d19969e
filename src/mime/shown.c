/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The choice goes by structure alone, but for an empty plain text beside HTML.  Trees are at most
 * LIMIT_MIME_DEPTH deep, so the walks recurse. */
#include "mime/shown.h"

#include <string.h>

typedef struct choice {
    bool prefer_html;
    shown_has_text_fn has_text;
    gpointer data;
    GPtrArray *out;
} choice;

static bool is(const entity *e, const char *type)
{
    return strcmp(e->part->type, type) == 0;
}

static bool marked_attachment(const entity *e)
{
    return e->part->disposition && strcmp(e->part->disposition, "attachment") == 0;
}

/* Text that is data for a program first. */
static bool is_data(const char *type)
{
    static const char *const data[] = { "text/calendar",  "text/vcard",     "text/x-vcard",
                                        "text/directory", "text/css",       "text/csv",
                                        "text/rtf",       "text/javascript" };
    for (gsize i = 0; i < G_N_ELEMENTS(data); i++)
        if (strcmp(type, data[i]) == 0)
            return true;
    return false;
}

/* A part whose bytes a person reads: texts, the machine's half of a report, a broken multipart. */
static bool is_readable(const entity *e)
{
    if (e->children->len > 0)
        return false;
    return (g_str_has_prefix(e->part->type, "text/") && !is_data(e->part->type)) ||
           g_str_has_prefix(e->part->type, "multipart/") || is(e, "message/delivery-status") ||
           is(e, "message/global-delivery-status") || is(e, "message/disposition-notification") ||
           is(e, "message/feedback-report");
}

/* Is there a part of this type to show in the alternative e? */
static bool offers(const choice *c, const entity *e, const char *type)
{
    if (marked_attachment(e))
        return false;
    if (is(e, type))
        return strcmp(type, "text/plain") != 0 || !c->has_text || c->has_text(e, c->data);
    if (e->kind != ENTITY_MULTIPART)
        return false;
    for (guint i = 0; i < e->children->len; i++)
        if (offers(c, g_ptr_array_index(e->children, i), type))
            return true;
    return false;
}

static const entity *offering(const choice *c, const entity *e, const char *type)
{
    for (guint i = 0; i < e->children->len; i++)
        if (offers(c, g_ptr_array_index(e->children, i), type))
            return g_ptr_array_index(e->children, i);
    return NULL;
}

/* The wanted text, the other text, then the last that can be read at all (the richest, RFC 2046
 * section 5.1.4), then the first of whatever it is. */
static const entity *best_alternative(const choice *c, const entity *e)
{
    const entity *best = offering(c, e, c->prefer_html ? "text/html" : "text/plain");
    if (!best)
        best = offering(c, e, c->prefer_html ? "text/plain" : "text/html");
    for (guint i = e->children->len; !best && i > 0; i--) {
        const entity *child = g_ptr_array_index(e->children, i - 1);
        if (is_readable(child) || child->kind != ENTITY_LEAF)
            best = child;
    }
    return best ? best : g_ptr_array_index(e->children, 0);
}

/* RFC 2387: the part that "start" names, else the first. */
static const entity *related_root(const entity *e)
{
    const char *start = params_get(e->type, "start");
    gsize n = start ? strlen(start) : 0;
    if (n > 2 && start[0] == '<' && start[n - 1] == '>') {
        start++;
        n -= 2;
    }
    for (guint i = 0; n > 0 && i < e->children->len; i++) {
        const entity *child = g_ptr_array_index(e->children, i);
        const char *id = child->part->content_id;
        if (id && strlen(id) == n && memcmp(id, start, n) == 0)
            return child;
    }
    return g_ptr_array_index(e->children, 0);
}

static void choose(const choice *c, const entity *e);

static void choose_multipart(const choice *c, const entity *e)
{
    if (is(e, "multipart/encrypted"))
        return;
    if (is(e, "multipart/alternative")) {
        choose(c, best_alternative(c, e));
    } else if (is(e, "multipart/related")) {
        choose(c, related_root(e));
    } else if (is(e, "multipart/signed")) {
        choose(c, g_ptr_array_index(e->children, 0));
    } else {
        for (guint i = 0; i < e->children->len; i++)
            choose(c, g_ptr_array_index(e->children, i));
    }
}

static void choose(const choice *c, const entity *e)
{
    if (marked_attachment(e))
        return;
    if (e->kind == ENTITY_MESSAGE) {
        g_ptr_array_add(c->out, (gpointer)e);
        choose(c, g_ptr_array_index(e->children, 0));
    } else if (e->children->len > 0) {
        choose_multipart(c, e);
    } else if (is_readable(e)) {
        g_ptr_array_add(c->out, (gpointer)e);
    }
}

/* A mail whose only text calls itself an attachment, or data, is still read. */
static const entity *any_text(const entity *e)
{
    if (is(e, "multipart/encrypted"))
        return NULL;
    if (e->children->len == 0)
        return g_str_has_prefix(e->part->type, "text/") ? e : NULL;
    for (guint i = 0; i < e->children->len; i++) {
        const entity *found = any_text(g_ptr_array_index(e->children, i));
        if (found)
            return found;
    }
    return NULL;
}

void shown_choose(const entity *root, bool prefer_html, shown_has_text_fn has_text, gpointer data,
                  GPtrArray *out)
{
    choice c = { .prefer_html = prefer_html, .has_text = has_text, .data = data, .out = out };
    choose(&c, root);
    if (out->len == 0) {
        const entity *text = any_text(root);
        if (text)
            g_ptr_array_add(out, (gpointer)text);
    }
}
