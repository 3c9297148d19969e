/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever a person writes to search for, the server gets one command or none. */
#include "imap/private.h"
#include "model/query.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *raw = g_strndup((const char *)data, size);
    g_autofree char *text = g_utf8_make_valid(raw, -1);
    g_autoptr(query) q = query_parse(text, 1718452800, NULL);
    if (q == NULL)
        return 0;
    g_autoptr(GString) command = imap_command("UID SEARCH");
    bool ok = imap_add_search(NULL, command, q, "work", "INBOX");
    if (!imap_command_is_safe(command) || ok != (command->len > strlen("UID SEARCH")))
        abort();
    return 0;
}
