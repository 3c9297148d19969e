/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tolerant: <> may be missing or never close, comments may stand between, blanks inside. */
#include "mime/ids.h"

#include "base/limits.h"
#include "mime/words.h"

#include <stdbool.h>
#include <string.h>

/* An id is one word of one line (RFC 5322 section 2.1.1: 998 bytes); longer ones would be keys that
 * a stranger makes large, and a cut one would match what it should not. */
#define ID_MAX 998

/* Nothing in it that must go or be repaired: most ids are so. */
static bool is_clean(const char *p, const char *end)
{
    for (; p < end; p++)
        if ((guchar)*p <= ' ' || (guchar)*p >= 127 || *p == '<' || *p == '>')
            return false;
    return true;
}

static void add(GPtrArray *ids, const char *p, const char *end)
{
    gsize n = (gsize)(end - p);
    if (n > 0 && n <= ID_MAX && is_clean(p, end)) {
        g_ptr_array_add(ids, g_strndup(p, n));
        return;
    }
    g_autoptr(GString) id = g_string_sized_new((gsize)(end - p) + 1);
    for (; p < end; p++)
        if ((guchar)*p > ' ' && *p != 127 && *p != '<' && *p != '>')
            g_string_append_c(id, *p);
    if (id->len == 0 || id->len > ID_MAX)
        return;
    g_ptr_array_add(ids, words_repair(id->str, id->len));
}

static bool has_word_from(const char *p, const char *end)
{
    for (; end - p >= 4; p++)
        if (g_ascii_strncasecmp(p, "from", 4) == 0 && (end - p == 4 || !g_ascii_isalpha(p[4])))
            return true;
    return false;
}

static const char *skip_comment(const char *p, const char *end)
{
    guint depth = 0;
    for (; p < end; p++) {
        if (*p == '\\' && p + 1 < end)
            p++;
        else if (*p == '(')
            depth++;
        else if (*p == ')' && --depth == 0)
            return p + 1;
    }
    return end;
}

static const char *skip_quoted(const char *p, const char *end)
{
    for (p++; p < end && *p != '"'; p++)
        if (*p == '\\' && p + 1 < end)
            p++;
    return p < end ? p + 1 : end;
}

/* Ids between < and >. */
static void parse_bracketed(GPtrArray *ids, const char *p, const char *end)
{
    const char *words = p;
    while (p < end) {
        if (*p == '(') {
            p = skip_comment(p, end);
        } else if (*p == '"') {
            p = skip_quoted(p, end);
        } else if (*p == '<') {
            const char *stop = p + 1;
            while (stop < end && *stop != '>' && *stop != '<')
                stop++;
            if (!has_word_from(words, p))
                add(ids, p + 1, stop);
            words = p = stop < end && *stop == '>' ? stop + 1 : stop;
        } else {
            p++;
        }
    }
}

/* No < anywhere: words with an '@'. */
static void parse_words(GPtrArray *ids, const char *p, const char *end)
{
    while (p < end) {
        while (p < end && ((guchar)*p <= ' ' || *p == ',' || *p == ';' || *p == '>'))
            p++;
        const char *stop = p;
        while (stop < end && (guchar)*stop > ' ' && *stop != ',' && *stop != ';' && *stop != '>')
            stop++;
        if (memchr(p, '@', (gsize)(stop - p)) && *p != '(')
            add(ids, p, stop);
        p = stop;
    }
}

void ids_parse(GPtrArray *ids, const char *value, gsize nbytes)
{
    const char *end = value + nbytes;
    if (memchr(value, '<', nbytes))
        parse_bracketed(ids, value, end);
    else
        parse_words(ids, value, end);
    if (ids->len > LIMIT_REFERENCES)
        g_ptr_array_remove_range(ids, 0, ids->len - LIMIT_REFERENCES);
}
