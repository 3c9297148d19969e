/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Address lists in one column: name, U+001F, mailbox, U+001E for each.  The two separators are
 * control characters and dropped from the values. */
#include "store/internal.h"

#include <string.h>

#define BETWEEN '\x1f'
#define AFTER '\x1e'

static void append_clean(GString *out, const char *text)
{
    if (text == NULL)
        return;
    if (strpbrk(text, "\x1e\x1f") == NULL) {
        g_string_append(out, text);
        return;
    }
    for (; *text != '\0'; text++)
        if (*text != BETWEEN && *text != AFTER)
            g_string_append_c(out, *text);
}

char *addresses_pack(const GPtrArray *list)
{
    GString *out = g_string_sized_new(list->len * 48 + 1);
    for (guint i = 0; i < list->len; i++) {
        const address *a = g_ptr_array_index(list, i);
        append_clean(out, a->name);
        g_string_append_c(out, BETWEEN);
        append_clean(out, a->mailbox);
        g_string_append_c(out, AFTER);
    }
    return g_string_free(out, FALSE);
}

GPtrArray *addresses_unpack(const char *packed)
{
    GPtrArray *list = address_list_new();
    const char *end;
    for (const char *p = packed; (end = strchr(p, AFTER)) != NULL; p = end + 1) {
        const char *middle = memchr(p, BETWEEN, (gsize)(end - p));
        if (middle == NULL)
            continue;
        g_ptr_array_add(list, address_new_len(p, (gsize)(middle - p), middle + 1, (gsize)(end - middle - 1)));
    }
    return list;
}
