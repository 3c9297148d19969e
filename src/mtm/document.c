/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message as a value that is shared: parsed when it is made, laid out when it is asked for. */
#include "mtm/document.h"

#include "mime/header.h"
#include "mime/message.h"
#include "mtm/document-layout.h"

struct document {
    gint references; /* atomic */
    GBytes *raw;
    mime_message *message;
    mail_summary *summary;
    GPtrArray *lines; /* for layout; NULL: none yet */
    document_layout layout;
};

void document_init(void)
{
    mime_init();
}

document *document_new(GBytes *raw)
{
    document *d = g_new0(document, 1);
    d->references = 1;
    d->raw = g_bytes_ref(raw);
    d->message = mime_message_new(raw);
    d->summary = mime_message_summary(d->message);
    return d;
}

document *document_ref(document *d)
{
    g_atomic_int_inc(&d->references);
    return d;
}

void document_unref(document *d)
{
    if (!d || !g_atomic_int_dec_and_test(&d->references))
        return;
    g_clear_pointer(&d->lines, g_ptr_array_unref);
    mail_summary_free(d->summary);
    mime_message_free(d->message);
    g_bytes_unref(d->raw);
    g_free(d);
}

GBytes *document_raw(const document *d)
{
    return d->raw;
}

const part *document_structure(document *d)
{
    return mime_message_structure(d->message);
}

const mail_summary *document_summary(document *d)
{
    return d->summary;
}

static bool same_layout(const document_layout *a, const document_layout *b)
{
    return a->ncols == b->ncols && a->headers == b->headers && a->body == b->body &&
           a->attachments == b->attachments;
}

const GPtrArray *document_lines(document *d, const document_layout *layout)
{
    if (d->lines && same_layout(&d->layout, layout))
        return d->lines;
    g_clear_pointer(&d->lines, g_ptr_array_unref);
    d->lines = document_lay_out(d->message, d->raw, layout);
    d->layout = *layout;
    return d->lines;
}

GPtrArray *document_header_lines(document *d, document_headers which)
{
    if (which == HEADERS_NONE)
        return g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) fields = mime_message_fields(d->message);
    if (which == HEADERS_WEEDED)
        return document_weed(fields);
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < fields->len; i++) {
        const mime_field *f = g_ptr_array_index(fields, i);
        g_ptr_array_add(lines, g_strdup_printf("%s: %s", f->name, f->value));
    }
    return lines;
}

GBytes *document_part_bytes(document *d, const char *section)
{
    return mime_message_part_bytes(d->message, section);
}

GPtrArray *document_attachments(document *d)
{
    return document_list_attachments(d->message);
}
