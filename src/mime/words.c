/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RFC 2047 by hand, since a library that converts word by word cannot repair what mailers do:
 * characters and base64 quanta split between neighbouring words.  Bytes of neighbours with one
 * charset are joined before text/charset sees them. */
#include "mime/words.h"

#include "text/charset.h"

#include <stdbool.h>
#include <string.h>

#define CHARSET_MAX 64 /* bytes of a charset label; the longest registered name has 45 */

typedef struct word {
    char charset[CHARSET_MAX];
    bool base64;
    const char *text, *text_end; /* the encoded text */
    const char *next;            /* behind the closing "?=" */
} word;

typedef struct decoder {
    GString *out;
    GString *bytes;            /* decoded bytes of joined words, not yet converted */
    char charset[CHARSET_MAX]; /* theirs */
    guint32 quantum;           /* base64 bits carried over, for quanta split between words */
    guint nbits;
} decoder;

/* encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?="
 * The text should hold no blank; some mailers put them there, and readers accept it. */
static bool parse_word(const char *p, const char *end, word *w)
{
    if (end - p < 8 || p[0] != '=' || p[1] != '?')
        return false;
    const char *label = p += 2;
    while (p<end && * p> ' ' && *p < 127 && *p != '?')
        p++;
    if (end - p < 4 || p == label || p - label >= CHARSET_MAX || p[2] != '?')
        return false;
    const char *star = memchr(label, '*', (gsize)(p - label));
    gsize n = (gsize)((star ? star : p) - label);
    memcpy(w->charset, label, n);
    w->charset[n] = '\0';
    char encoding = g_ascii_toupper(p[1]);
    if (encoding != 'B' && encoding != 'Q')
        return false;
    w->base64 = encoding == 'B';
    w->text = p += 3;
    for (; p + 1 < end; p++) {
        if (p[0] == '?' && p[1] == '=') {
            w->text_end = p;
            w->next = p + 2;
            return true;
        }
        /* Another word begins: this one was never closed.  ("=?=" is a stray '=' before the
         * close.) */
        if (p[0] == '=' && p[1] == '?' && !(p + 2 < end && p[2] == '='))
            return false;
    }
    return false;
}

static int hex_value(char c)
{
    return g_ascii_xdigit_value(c);
}

static void decode_q(GString *out, const char *p, const char *end)
{
    for (; p < end; p++) {
        if (*p == '_') {
            g_string_append_c(out, ' ');
        } else if (*p == '=' && end - p >= 3 && hex_value(p[1]) >= 0 && hex_value(p[2]) >= 0) {
            g_string_append_c(out, (char)(hex_value(p[1]) << 4 | hex_value(p[2])));
            p += 2;
        } else {
            g_string_append_c(out, *p);
        }
    }
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static void decode_b(decoder *d, const char *p, const char *end)
{
    for (; p < end; p++) {
        int value = base64_value(*p);
        if (*p == '=')
            d->nbits = 0;
        if (value < 0)
            continue;
        d->quantum = d->quantum << 6 | (guint32)value;
        d->nbits += 6;
        if (d->nbits >= 8) {
            d->nbits -= 8;
            g_string_append_c(d->bytes, (char)(d->quantum >> d->nbits & 0xff));
        }
    }
}

/* Text that is one line whatever it was. */
static void append_line(GString *out, const char *text, gsize nbytes)
{
    for (const char *p = text, *end = text + nbytes; p < end; p++) {
        const char *run = p;
        while (p < end && *p != '\0' && *p != '\n' && *p != '\r')
            p++;
        g_string_append_len(out, run, p - run);
        if (p < end && *p == '\0')
            g_string_append(out, "\xef\xbf\xbd");
        else if (p < end)
            g_string_append_c(out, ' ');
    }
}

static void append_converted(GString *out, const char *bytes, gsize nbytes, const char *charset)
{
    gsize n = 0;
    g_autofree char *text = charset_to_utf8(bytes, nbytes, charset, &n, NULL);
    append_line(out, text, n);
}

static void flush(decoder *d)
{
    if (d->bytes->len > 0)
        append_converted(d->out, d->bytes->str, d->bytes->len, d->charset);
    g_string_truncate(d->bytes, 0);
    d->nbits = 0;
}

static void add_word(decoder *d, const word *w)
{
    if (g_ascii_strcasecmp(d->charset, w->charset) != 0) {
        flush(d);
        g_strlcpy(d->charset, w->charset, sizeof d->charset);
    }
    if (w->base64) {
        decode_b(d, w->text, w->text_end);
    } else {
        d->nbits = 0;
        decode_q(d->bytes, w->text, w->text_end);
    }
}

/* Raw text that is neither ASCII nor an encoded word: bytes above 127, or ISO-2022 by its
 * escapes. */
static bool plain_needs_charset(const char *p, const char *end, const char **charset)
{
    for (; p < end; p++) {
        if (*p == '\033' && end - p >= 3 && p[1] == '$') {
            *charset = p[2] == ')' ? "iso-2022-kr" : "iso-2022-jp";
            return true;
        }
        if ((guchar)*p >= 128) {
            *charset = NULL;
            return true;
        }
    }
    return false;
}

static void add_plain(decoder *d, const char *p, const char *end)
{
    const char *charset;
    flush(d);
    if (plain_needs_charset(p, end, &charset))
        append_converted(d->out, p, (gsize)(end - p), charset);
    else
        append_line(d->out, p, (gsize)(end - p));
}

static const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
        p++;
    return p;
}

static bool is_simple(const char *value, gsize nbytes, bool words)
{
    for (gsize i = 0; i < nbytes; i++) {
        if ((guchar)value[i] - 0x20u >= 0x5f ||
            (words && value[i] == '=' && i + 1 < nbytes && value[i + 1] == '?'))
            return false;
    }
    return true;
}

char *words_decode(const char *value, gsize nbytes)
{
    if (is_simple(value, nbytes, true))
        return g_strndup(value, nbytes);
    decoder d = { .out = g_string_sized_new(nbytes + 1), .bytes = g_string_new(NULL) };
    const char *plain = value, *p = value, *end = value + nbytes;
    bool after_word = false;
    word w;
    while ((p = memchr(p, '=', (gsize)(end - p))) != NULL) {
        if (!parse_word(p, end, &w)) {
            p++;
            continue;
        }
        /* Blanks between two words are no text (section 6.2). */
        if (p > plain && !(after_word && skip_blanks(plain, p) == p))
            add_plain(&d, plain, p);
        add_word(&d, &w);
        after_word = true;
        plain = p = w.next;
    }
    flush(&d);
    if (plain < end)
        add_plain(&d, plain, end);
    g_string_free(d.bytes, TRUE);
    return g_string_free(d.out, FALSE);
}

gsize words_length(const char *p, const char *end)
{
    word w;
    return parse_word(p, end, &w) ? (gsize)(w.next - p) : 0;
}

char *words_repair(const char *value, gsize nbytes)
{
    if (is_simple(value, nbytes, false))
        return g_strndup(value, nbytes);
    GString *out = g_string_sized_new(nbytes + 1);
    append_converted(out, value, nbytes, NULL);
    return g_string_free(out, FALSE);
}
