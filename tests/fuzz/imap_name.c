/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mailbox names, the first byte being the delimiter: always UTF-8 here and ASCII there; what was made
 * here comes back the same, and so does any UTF-8 of a server that speaks it. */
#include "imap/name.h"
#include "imap/parse.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool right)
{
    if (!right)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    char delimiter = g_ascii_isgraph(data[0]) ? (char)data[0] : '\0';
    g_autofree char *wire = g_strndup((const char *)data + 1, size - 1);
    g_autofree char *name = imap_name_from_wire(wire, delimiter);
    check(g_utf8_validate(name, -1, NULL));
    g_autofree char *sent = imap_name_to_wire(name, delimiter);
    check(g_str_is_ascii(sent));
    g_autofree char *decoded = imap_name_decode(wire);
    check(g_utf8_validate(decoded, -1, NULL));
    g_autofree char *encoded = imap_name_encode(decoded);
    g_autofree char *again = imap_name_decode(encoded);
    check(g_str_is_ascii(encoded) && strcmp(again, decoded) == 0);
    return 0;
}
