/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A header block, as a server sends it: the summary must be whole and valid UTF-8. */
#include "mime/header.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

static void check(const char *text)
{
    if (text && !g_utf8_validate(text, -1, NULL))
        abort();
}

static void check_list(const GPtrArray *list)
{
    for (guint i = 0; i < list->len; i++) {
        const address *a = g_ptr_array_index(list, i);
        check(a->name);
        check(a->mailbox);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    mail_summary *s = mail_summary_new();
    mime_header_summary((const char *)data, nbytes, s);
    check(s->subject);
    check(s->message_id);
    check(s->list_id);
    check_list(s->from);
    check_list(s->to);
    check_list(s->cc);
    for (char **id = s->references; *id; id++)
        check(*id);
    mail_summary_free(s);
    if (mime_header_length((const char *)data, nbytes) > nbytes)
        abort();
    return 0;
}
