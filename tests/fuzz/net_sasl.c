/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Challenges of a server, one a line, the first byte choosing the mechanism: every answer is base64, a
 * remark valid UTF-8, and SCRAM is never satisfied by chance. */
#include "net/sasl.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

static void check_line(const GString *line)
{
    for (gsize i = 0; i < line->len; i++)
        if (!g_ascii_isalnum(line->str[i]) && strchr("+/=", line->str[i]) == NULL)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    static const char *const names[] = { "PLAIN", "EXTERNAL", "OAUTHBEARER", "XOAUTH2", "SCRAM-SHA-1",
                                         "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "CRAM-MD5" };
    if (nbytes < 1 || nbytes > 8192)
        return 0;
    g_autoptr(GBytes) binding = g_bytes_new_static("0123456789abcdef0123456789abcdef", 32);
    const char *name = names[data[0] % G_N_ELEMENTS(names)];
    const sasl_account a = { "ada", "imap", "localhost", 993, true, false, binding };
    g_autoptr(secret) password = secret_new("pencil", -1);
    g_autoptr(sasl) s = sasl_new(name, &a, password, NULL);
    g_autofree char *text = g_strndup((const char *)data + 1, nbytes - 1);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 8);
    if (sasl_begins(s))
        sasl_wipe(sasl_step(s, NULL, NULL));
    for (char **line = lines; *line != NULL; line++) {
        GString *answer = sasl_step(s, *line, NULL);
        if (answer == NULL)
            break;
        check_line(answer);
        sasl_wipe(answer);
    }
    if (sasl_remark(s) != NULL && !g_utf8_validate(sasl_remark(s), -1, NULL))
        abort();
    if (g_str_has_prefix(name, "SCRAM") && sasl_finish(s, NULL))
        abort();
    return 0;
}
