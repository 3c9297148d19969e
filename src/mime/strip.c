/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTML to readable text without a parser: for previews, and when cursus-render has nothing to say.
 * One pass, no memory but the result. */
#include "mime/render.h"

#include <string.h>

/* Elements whose text is not for reading. */
static const char *const silent[] = { "script", "style", "title", "template" };
/* Elements that begin a line; the first letters decide, so h1 to h6 and tr are among them. */
static const char *const breaking[] = { "p",  "br", "div", "tr", "li",    "h1",         "h2",
                                        "h3", "h4", "h5",  "h6", "table", "blockquote", "pre",
                                        "hr", "ul", "ol",  "dd", "dt" };

static bool name_is(const char *name, gsize n, const char *wanted)
{
    return strlen(wanted) == n && g_ascii_strncasecmp(name, wanted, n) == 0;
}

static const char *match(const char *const *table, gsize ntable, const char *name, gsize n)
{
    for (gsize i = 0; i < ntable; i++)
        if (name_is(name, n, table[i]))
            return table[i];
    return NULL;
}

/* Behind "</name" ... ">", or the end. */
static const char *skip_element(const char *p, const char *end, const char *name)
{
    gsize n = strlen(name);
    while ((p = memchr(p, '<', (gsize)(end - p))) != NULL) {
        if (end - p > (gssize)n + 2 && p[1] == '/' && g_ascii_strncasecmp(p + 2, name, n) == 0 &&
            !g_ascii_isalnum(p[2 + n])) {
            p = memchr(p, '>', (gsize)(end - p));
            return p ? p + 1 : end;
        }
        p++;
    }
    return end;
}

static void new_line(GString *out)
{
    while (out->len > 0 && out->str[out->len - 1] == ' ')
        g_string_truncate(out, out->len - 1);
    if (out->len > 0 &&
        !(out->len > 1 && out->str[out->len - 1] == '\n' && out->str[out->len - 2] == '\n'))
        g_string_append_c(out, '\n');
}

static void blank(GString *out)
{
    char last = out->len > 0 ? out->str[out->len - 1] : '\n';
    if (last != ' ' && last != '\n')
        g_string_append_c(out, ' ');
}

/* From the '<' to behind the '>'.  A '<' that begins no tag is text. */
static const char *skip_tag(GString *out, const char *p, const char *end)
{
    if (end - p >= 4 && memcmp(p, "<!--", 4) == 0) {
        const char *stop = g_strstr_len(p + 4, end - p - 4, "-->");
        return stop ? stop + 3 : end;
    }
    const char *name = p + 1;
    bool closing = name < end && *name == '/';
    if (closing)
        name++;
    if (name >= end || !(g_ascii_isalpha(*name) || *name == '!' || *name == '?')) {
        g_string_append_c(out, '<');
        return p + 1;
    }
    const char *name_end = name;
    while (name_end < end && g_ascii_isalnum(*name_end))
        name_end++;
    const char *stop = memchr(name, '>', (gsize)(end - name));
    gsize n = (gsize)(name_end - name);
    const char *mute = closing ? NULL : match(silent, G_N_ELEMENTS(silent), name, n);
    if (mute && stop)
        return skip_element(stop + 1, end, mute);
    if (match(breaking, G_N_ELEMENTS(breaking), name, n))
        new_line(out);
    else if (name_is(name, n, "td") || name_is(name, n, "th"))
        blank(out);
    return stop ? stop + 1 : end;
}

/* The five names of XML, the blank, and numbers; anything else stays as it is written. */
static const char *entity(GString *out, const char *p, const char *end)
{
    static const struct {
        const char *name, *text;
    } names[] = { { "&amp;", "&" },   { "&lt;", "<" },   { "&gt;", ">" },
                  { "&quot;", "\"" }, { "&apos;", "'" }, { "&nbsp;", " " } };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        gsize n = strlen(names[i].name);
        if ((gsize)(end - p) >= n && memcmp(p, names[i].name, n) == 0) {
            g_string_append(out, names[i].text);
            return p + n;
        }
    }
    bool hex = end - p > 3 && p[1] == '#' && (p[2] == 'x' || p[2] == 'X');
    const char *q = p + (hex ? 3 : 2);
    guint32 c = 0;
    gsize ndigits = 0;
    if (end - p > 3 && p[1] == '#')
        for (; q < end && ndigits < 8 && (hex ? g_ascii_isxdigit(*q) : g_ascii_isdigit(*q));
             q++, ndigits++)
            c = c * (hex ? 16 : 10) + (guint32)g_ascii_xdigit_value(*q);
    if (ndigits == 0 || q >= end || *q != ';') {
        g_string_append_c(out, '&');
        return p + 1;
    }
    g_string_append_unichar(out, g_unichar_validate(c) && c >= ' ' ? c : 0xfffd);
    return q + 1;
}

char *mime_render_strip(const char *html, gsize nbytes)
{
    GString *out = g_string_sized_new(nbytes / 2 + 1);
    for (const char *p = html, *end = html + nbytes; p < end;) {
        if (*p == '<') {
            p = skip_tag(out, p, end);
        } else if (*p == '&') {
            p = entity(out, p, end);
        } else {
            if (g_ascii_isspace(*p) || *p == '\0')
                blank(out);
            else
                g_string_append_c(out, *p);
            p++;
        }
    }
    return g_string_free(out, FALSE);
}
