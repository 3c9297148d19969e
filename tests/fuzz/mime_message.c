/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole message: structure, every part's bytes and text, what is shown. */
#include "mime/header.h"
#include "mime/message.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

static void visit(mime_message *m, const part *p, guint64 limit)
{
    if (p->size > limit || (p->name && !g_utf8_validate(p->name, -1, NULL)))
        abort();
    GBytes *bytes = mime_message_part_bytes(m, p->section);
    if (!bytes)
        abort();
    g_bytes_unref(bytes);
    char *text = mime_message_part_text(m, p->section, NULL);
    if (!g_utf8_validate(text, -1, NULL))
        abort();
    g_free(text);
    for (guint i = 0; i < p->parts->len; i++)
        visit(m, g_ptr_array_index(p->parts, i), limit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    if (nbytes > 20000) /* every part's text of a large one takes its time */
        return 0;
    mime_init();
    GBytes *raw = g_bytes_new(data, nbytes);
    mime_message *m = mime_message_new(raw);
    visit(m, mime_message_structure(m), nbytes);
    g_ptr_array_unref(mime_message_shown(m, false));
    g_ptr_array_unref(mime_message_shown(m, true));
    g_ptr_array_unref(mime_message_fields(m));
    g_free(mime_message_preview(m, 100));
    mail_summary_free(mime_message_summary(m));
    mime_message_free(m);
    g_bytes_unref(raw);
    return 0;
}
