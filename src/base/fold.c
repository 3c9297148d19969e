/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Case folding: ASCII is folded in place, the rest by Unicode's rules (and composed, so that a
 * decomposed accent equals a composed one). */
#include "base/fold.h"

#include <string.h>

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

char *text_fold(const char *text)
{
    if (is_ascii(text))
        return g_ascii_strdown(text, -1);
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autofree char *composed = g_utf8_normalize(valid, -1, G_NORMALIZE_DEFAULT_COMPOSE);
    return g_utf8_casefold(composed != NULL ? composed : valid, -1);
}

bool text_contains_folded(const char *haystack, const char *folded_needle)
{
    if (folded_needle[0] == '\0')
        return true;
    if (is_ascii(haystack)) {
        gsize n = strlen(folded_needle);
        for (const char *p = haystack; *p != '\0'; p++)
            if (g_ascii_tolower(*p) == folded_needle[0] && g_ascii_strncasecmp(p, folded_needle, n) == 0)
                return true;
        return false;
    }
    g_autofree char *folded = text_fold(haystack);
    return strstr(folded, folded_needle) != NULL;
}
