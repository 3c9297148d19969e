/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding URLs the way people write them into mail: RFC 3986 for the letters, appendix C for what
 * stands around them, and the end of a sentence is not part of an address. */
#include "text/links.h"

#include <string.h>
#include <unictype.h>
#include <unistr.h>

#define SCHEME_MAX 16

/* Start of the scheme that ends before the ':' at colon, NULL when there is none behind from. */
static const char *scheme_start(const char *from, const char *colon)
{
    const char *p = colon;
    while (p > from && colon - p < SCHEME_MAX && (g_ascii_isalnum(p[-1]) || strchr("+-.", p[-1])))
        p--;
    while (p < colon && !g_ascii_isalpha(*p))
        p++;
    if (colon - p < 2)
        return NULL;
    bool inside_word = p > from && ((guchar)p[-1] >= 0x80 ? false : g_ascii_isalnum(p[-1]));
    return inside_word ? NULL : p;
}

/* Ideographs and kana follow an address without a blank, and so do typographic quotes. */
static gsize foreign_letter(const char *p, const char *end)
{
    ucs4_t c;
    int n = u8_mbtouc(&c, (const uint8_t *)p, (size_t)(end - p));
    if (c >= 0x2e80 || uc_is_general_category_withtable(c, UC_CATEGORY_MASK_P | UC_CATEGORY_MASK_Z))
        return 0;
    return (gsize)n;
}

static const char *link_end(const char *p, const char *end)
{
    while (p < end) {
        if ((guchar)*p >= 0x80) {
            gsize n = foreign_letter(p, end);
            if (n == 0)
                break;
            p += n;
        } else if (!g_ascii_isgraph(*p) || strchr("<>\"`{}|\\^", *p) != NULL) {
            break;
        } else {
            p++;
        }
    }
    return p;
}

static const char *trim_end(const char *start, const char *end)
{
    gssize round = 0, square = 0; /* opened and not closed */
    for (const char *p = start; p < end; p++) {
        round += (*p == '(') - (*p == ')');
        square += (*p == '[') - (*p == ']');
    }
    for (; end > start; end--) {
        char c = end[-1];
        if (c == ')' && round < 0)
            round++;
        else if (c == ']' && square < 0)
            square++;
        else if (strchr(".,;:!?'*_~", c) == NULL)
            break;
    }
    return end;
}

/* The address whose mark (':' or the 'w' of "www.") stands at p: its start in *start, its body's
 * start returned; NULL when it is none. */
static const char *link_body(const char *text, const char *p, const char *end, const char **start)
{
    gsize left = (gsize)(end - p);
    if (*p == 'w' || *p == 'W') {
        if (left < 5 || g_ascii_strncasecmp(p, "www.", 4) != 0 || !g_ascii_isalnum(p[4]) ||
            (p > text && (g_ascii_isalnum(p[-1]) || strchr("@.-_/", p[-1]) != NULL)))
            return NULL;
        *start = p;
        return p + 4;
    }
    *start = scheme_start(text, p);
    if (*start == NULL)
        return NULL;
    if (left > 3 && p[1] == '/' && p[2] == '/')
        return p + 3;
    if (left > 1 && p - *start == 6 && g_ascii_strncasecmp(*start, "mailto", 6) == 0)
        return p + 1;
    return NULL;
}

void text_find_links(GArray *spans, const char *text, gsize nbytes)
{
    const char *p = text, *end = text + nbytes, *from = text;
    while (p < end) {
        if (*p != ':' && *p != 'w' && *p != 'W') {
            p++;
            continue;
        }
        const char *start;
        const char *body = link_body(from, p, end, &start);
        const char *stop = body != NULL ? trim_end(body, link_end(body, end)) : NULL;
        if (stop == NULL || stop == body) {
            p++;
            continue;
        }
        text_span span = { (gsize)(start - text), (gsize)(stop - start) };
        g_array_append_val(spans, span);
        p = from = stop;
    }
}
