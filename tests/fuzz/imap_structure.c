/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BODYSTRUCTURE: it ends where passing over it unread ends, and nothing is an attachment that has no
 * word for it. */
#include "imap/parse.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool holds(const char *bytes, gsize nbytes, const char *word)
{
    gsize n = strlen(word);
    for (gsize i = 0; i + n <= nbytes; i++)
        if (g_ascii_strncasecmp(bytes + i, word, n) == 0)
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *exact = g_malloc(MAX(size, 1));
    memcpy(exact, data, size);
    cursor c = { .p = exact, .end = exact + size }, skipped = c;
    bool attachment = false;
    bool ok = c.p < c.end && *c.p == '(' && parse_structure(&c, &attachment);
    if (ok && (!cursor_skip_value(&skipped) || skipped.p != c.p))
        abort();
    if (ok && attachment && !holds(exact, size, "attachment") && !holds(exact, size, "application") &&
        !holds(exact, size, "audio") && !holds(exact, size, "video"))
        abort();
    g_autoptr(GString) reply = g_string_new("* 1 FETCH (BODYSTRUCTURE ");
    g_string_append_len(reply, exact, (gssize)size);
    g_string_append(reply, " UID 7)");
    g_autoptr(imap_reply) r = imap_reply_parse(reply->str, reply->len, NULL);
    if (r != NULL && r->fetch != NULL && r->fetch->has_structure && ok && cursor_at_end(&c) &&
        (r->fetch->uid != 7 || r->fetch->has_attachment != attachment))
        abort();
    return 0;
}
