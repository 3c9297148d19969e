/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GMime takes the transfer encodings off; characters go through text/charset. */
#include "mime/body.h"

#include "text/charset.h"

#include <gmime/gmime.h>
#include <string.h>

static GMimeContentEncoding encoding_of(const char *name)
{
    static const struct {
        const char *name;
        GMimeContentEncoding encoding;
    } names[] = {
        { "base64", GMIME_CONTENT_ENCODING_BASE64 },
        { "quoted-printable", GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE },
        { "x-uuencode", GMIME_CONTENT_ENCODING_UUENCODE },
        { "uuencode", GMIME_CONTENT_ENCODING_UUENCODE },
        { "x-uue", GMIME_CONTENT_ENCODING_UUENCODE },
    };
    for (gsize i = 0; name && i < G_N_ELEMENTS(names); i++)
        if (strcmp(name, names[i].name) == 0)
            return names[i].encoding;
    return GMIME_CONTENT_ENCODING_DEFAULT;
}

/* From behind the "begin 644 name" line, which GMime's decoder does not step over. */
static void skip_uu_begin(const char **p, gsize *nbytes)
{
    const char *begin = *nbytes > 6 && memcmp(*p, "begin ", 6) == 0 ? *p : NULL;
    if (!begin) {
        begin = g_strstr_len(*p, (gssize)MIN(*nbytes, 65536), "\nbegin ");
        if (!begin)
            return;
        begin++;
    }
    const char *end = *p + *nbytes, *stop = memchr(begin, '\n', (gsize)(end - begin));
    if (stop) {
        *p = stop + 1;
        *nbytes = (gsize)(end - *p);
    }
}

GBytes *body_decode(GBytes *source, gsize offset, gsize nbytes, const char *encoding)
{
    GMimeContentEncoding known = encoding_of(encoding);
    if (known == GMIME_CONTENT_ENCODING_DEFAULT)
        return g_bytes_new_from_bytes(source, offset, nbytes);
    const char *p = (const char *)g_bytes_get_data(source, NULL) + offset;
    GMimeEncoding state;
    if (known == GMIME_CONTENT_ENCODING_UUENCODE)
        skip_uu_begin(&p, &nbytes);
    g_mime_encoding_init_decode(&state, known);
    if (nbytes == 0)
        return g_bytes_new(NULL, 0);
    char *out = g_try_malloc(g_mime_encoding_outlen(&state, nbytes));
    if (!out)
        return NULL;
    gsize n = g_mime_encoding_flush(&state, p, nbytes, out);
    return g_bytes_new_take(out, n);
}

/* ---- characters */

static const char *find_ignoring_case(const char *p, gsize nbytes, const char *needle)
{
    gsize n = strlen(needle);
    for (; nbytes >= n; p++, nbytes--)
        if (g_ascii_strncasecmp(p, needle, n) == 0)
            return p;
    return NULL;
}

/* charset=... of a <meta> near the top of a page; NULL when it names none. */
static char *html_charset(const char *p, gsize nbytes)
{
    nbytes = MIN(nbytes, 2048);
    const char *end = p + nbytes, *meta = p;
    while ((meta = find_ignoring_case(meta, (gsize)(end - meta), "<meta")) != NULL) {
        const char *stop = memchr(meta, '>', (gsize)(end - meta));
        stop = stop ? stop : end;
        const char *name = find_ignoring_case(meta, (gsize)(stop - meta), "charset=");
        if (name) {
            name += 8;
            while (name < stop && (*name == '"' || *name == '\'' || *name == ' '))
                name++;
            const char *last = name;
            while (last < stop && (g_ascii_isalnum(*last) || strchr("-_:.+", *last)))
                last++;
            /* the bytes could be read so far: it is not UTF-16, whatever it says */
            if (last > name && g_ascii_strncasecmp(name, "utf-16", 6) != 0)
                return g_strndup(name, (gsize)(last - name));
        }
        meta = stop;
    }
    return NULL;
}

/* What bytes without a label say by themselves. */
static char *sniff_charset(const char *bytes, gsize nbytes, const char *type)
{
    if (nbytes >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0))
        return g_strdup("utf-16");
    if (nbytes >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        return g_strdup("utf-8");
    if (strcmp(type, "text/html") == 0)
        return html_charset(bytes, nbytes);
    const char *escape = g_strstr_len(bytes, (gssize)MIN(nbytes, 65536), "\033$");
    if (escape && bytes + nbytes - escape >= 3)
        return g_strdup(escape[2] == ')' ? "iso-2022-kr" : "iso-2022-jp");
    return NULL;
}

/* In place: "\r\n" and '\r' to '\n'; a NUL that is left would end the text for its readers. */
static gsize normalise(char *text, gsize nbytes)
{
    char *to = text;
    for (const char *p = text, *end = text + nbytes; p < end; p++) {
        if (*p == '\r') {
            *to++ = '\n';
            if (p + 1 < end && p[1] == '\n')
                p++;
        } else {
            *to++ = *p ? *p : ' ';
        }
    }
    *to = '\0';
    return (gsize)(to - text);
}

char *body_text(const char *bytes, gsize nbytes, const char *type, const char *charset,
                gsize *out_nbytes, bool *guessed)
{
    bool poor_label = !charset || strcmp(charset, "us-ascii") == 0;
    g_autofree char *sniffed = poor_label ? sniff_charset(bytes, nbytes, type) : NULL;
    bool wrong = false;
    gsize n;
    char *text = charset_to_utf8(bytes, nbytes, sniffed ? sniffed : charset, &n, &wrong);
    n = normalise(text, n);
    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        memmove(text, text + 3, n - 2);
        n -= 3;
    }
    if (guessed)
        *guessed = wrong;
    if (out_nbytes)
        *out_nbytes = n;
    return text;
}
