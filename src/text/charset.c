/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes under a label to UTF-8.  The label of a message is a claim: text that is UTF-8 is taken as
 * UTF-8 where the claim cannot hold, Latin-1 means windows-1252, and there is always an answer.
 * ASCII, UTF-8 and windows-1252 are done here; the rest by iconv, whose converters are costly to
 * open and belong to one thread. */
#include "text/charset.h"
#include "text/charset-escape.h"
#include "text/charset-names.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <unistr.h>

#define REPLACEMENT "\xef\xbf\xbd"
#define REPLACEMENT_BYTES 3
#define GROWTH_MAX 4      /* bytes out for one in, promised by the header */
#define CONVERTERS_MAX 32 /* kept open by a thread; labels are a stranger's choice */
#define NO_CONVERTER ((iconv_t)-1)

/* What came out: never more than max bytes, and less when memory ends. */
typedef struct sink {
    char *data;
    gsize length, size, max;
    gsize ninvalid; /* replacements made */
} sink;

static void sink_init(sink *s, gsize nbytes)
{
    *s = (sink){ .max = nbytes > G_MAXSIZE / GROWTH_MAX - 8 ? G_MAXSIZE - 8 : nbytes * GROWTH_MAX };
}

static bool sink_room(sink *s, gsize wanted)
{
    if (s->size - s->length >= wanted)
        return true;
    gsize size = MAX(s->length + wanted, s->size + s->size / 2);
    size = MIN(MAX(size, s->max / GROWTH_MAX), s->max);
    if (size < s->length + wanted)
        return false;
    char *data = g_try_realloc(s->data, size + 1);
    if (data == NULL)
        return false;
    s->data = data;
    s->size = size;
    return true;
}

static bool sink_put(sink *s, const void *bytes, gsize n)
{
    if (n == 0)
        return true;
    if (!sink_room(s, n))
        return false;
    memcpy(s->data + s->length, bytes, n);
    s->length += n;
    return true;
}

static bool sink_put_invalid(sink *s)
{
    s->ninvalid++;
    return sink_put(s, REPLACEMENT, REPLACEMENT_BYTES);
}

/* ---- converters, cached per thread */

static void close_converter(gpointer cd)
{
    if (cd != NO_CONVERTER)
        iconv_close(cd);
}

static void free_cache(gpointer cache)
{
    g_hash_table_unref(cache);
}

static GPrivate cache_key = G_PRIVATE_INIT(free_cache);

static iconv_t open_converter(const char *name)
{
    if (!charset_may_open(name))
        return NO_CONVERTER;
    iconv_t cd = iconv_open("UTF-8", name);
    const char *second = charset_second_choice(name);
    return cd == NO_CONVERTER && second != NULL ? iconv_open("UTF-8", second) : cd;
}

/* A failure is remembered, too: looking for a module that does not exist takes milliseconds. */
static iconv_t get_converter(const char *name)
{
    GHashTable *cache = g_private_get(&cache_key);
    if (cache == NULL) {
        cache = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, close_converter);
        g_private_set(&cache_key, cache);
    }
    gpointer found;
    if (!g_hash_table_lookup_extended(cache, name, NULL, &found)) {
        if (g_hash_table_size(cache) >= CONVERTERS_MAX)
            g_hash_table_remove_all(cache);
        found = open_converter(name);
        g_hash_table_insert(cache, g_strdup(name), found);
    }
    if (found != NO_CONVERTER)
        iconv((iconv_t)found, NULL, NULL, NULL, NULL);
    return (iconv_t)found;
}

/* ---- conversions */

/* One call of iconv into what room there is; false when the sink is full. */
static bool pump(iconv_t cd, char **in, gsize *nleft, sink *s, int *problem)
{
    if (!sink_room(s, MIN(MAX(*nleft + *nleft / 2, 64), s->max - s->length)))
        return false;
    char *out = s->data + s->length;
    gsize free_bytes = s->size - s->length;
    gsize before_in = *nleft, before_out = free_bytes;
    gsize result = iconv(cd, in, nleft, &out, &free_bytes);
    *problem = result == (gsize)-1 ? errno : 0;
    s->length = (gsize)(out - s->data);
    bool moved = *nleft < before_in || free_bytes < before_out;
    if (*problem == E2BIG && !moved && s->size == s->max)
        return false;
    if (*problem != 0 && *problem != E2BIG && *problem != EINVAL)
        *problem = EILSEQ;
    else if (*problem == E2BIG && !moved && before_out >= 64)
        *problem = EILSEQ; /* a converter that asks for room for ever */
    return true;
}

static void convert(sink *s, iconv_t cd, const char *bytes, gsize nbytes, gsize unit)
{
    char *in = (char *)bytes;
    gsize nleft = nbytes;
    while (nleft > 0) {
        int problem;
        if (!pump(cd, &in, &nleft, s, &problem))
            return;
        if (problem == EINVAL || problem == EILSEQ) {
            gsize skip = problem == EINVAL ? nleft : MIN(unit, nleft);
            if (!sink_put_invalid(s))
                return;
            in += skip;
            nleft -= skip;
        }
    }
    if (sink_room(s, MIN(64, s->max - s->length)) && s->data != NULL) {
        char *out = s->data + s->length;
        gsize free_bytes = s->size - s->length;
        iconv(cd, NULL, NULL, &out, &free_bytes); /* what a stateful converter still holds */
        s->length = (gsize)(out - s->data);
    }
}

static void convert_1252(sink *s, const char *bytes, gsize nbytes)
{
    static const guint16 high[32] = {
        0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
        0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178,
    };
    const guchar *p = (const guchar *)bytes, *end = p + nbytes;
    while (p < end) {
        const guchar *ascii = p;
        while (p < end && *p < 0x80)
            p++;
        if (!sink_put(s, ascii, (gsize)(p - ascii)) || p == end)
            return;
        uint8_t utf8[4];
        ucs4_t c = *p < 0xa0 ? high[*p - 0x80] : *p;
        p++;
        if (!sink_put(s, utf8, (gsize)u8_uctomb(utf8, c, sizeof utf8)))
            return;
    }
}

/* Each maximal piece of a broken sequence gives one U+FFFD. */
static void repair_utf8(sink *s, const char *bytes, gsize nbytes)
{
    const guchar *p = (const guchar *)bytes, *end = p + nbytes;
    while (p < end) {
        const guchar *bad = u8_check(p, (size_t)(end - p));
        if (!sink_put(s, p, (gsize)((bad != NULL ? bad : end) - p)) || bad == NULL)
            return;
        ucs4_t c;
        p = bad + u8_mbtouc(&c, bad, (size_t)(end - bad));
        if (!sink_put_invalid(s))
            return;
    }
}

/* ---- what is it? */

static bool is_ascii(const char *bytes, gsize nbytes)
{
    const guchar *p = (const guchar *)bytes, *end = p + nbytes;
    for (; end - p >= 8; p += 8) {
        guint64 eight;
        memcpy(&eight, p, sizeof eight);
        if ((eight & G_GUINT64_CONSTANT(0x8080808080808080)) != 0)
            return false;
    }
    for (; p < end; p++)
        if (*p >= 0x80)
            return false;
    return true;
}

static bool is_utf8(const char *bytes, gsize nbytes)
{
    return u8_check((const uint8_t *)bytes, nbytes) == NULL;
}

/* Labelled UTF-8 and not valid: damaged UTF-8 (a sequence of several bytes is whole, or the text is
 * just cut at its end), or something else under a wrong label? */
static bool is_damaged_utf8(const char *bytes, gsize nbytes)
{
    const guchar *p = (const guchar *)bytes, *end = p + nbytes;
    while (p < end) {
        ucs4_t c;
        int n = *p < 0x80 ? 1 : u8_mbtoucr(&c, p, (size_t)(end - p));
        if (n > 1 || n == -2)
            return true;
        p += n > 0 ? n : 1;
    }
    return false;
}

/* RFC 2781: a byte order mark decides, else big endian; but what Windows writes is little endian,
 * and then the zeros of Latin text stand second. */
static const char *utf16_order(const char **bytes, gsize *nbytes)
{
    const guchar *p = (const guchar *)*bytes;
    if (*nbytes >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff))) {
        *bytes += 2;
        *nbytes -= 2;
        return p[0] == 0xff ? "UTF-16LE" : "UTF-16BE";
    }
    gsize first = 0, second = 0;
    for (gsize i = 0; i + 1 < MIN(*nbytes, 4096); i += 2) {
        first += p[i] == 0;
        second += p[i + 1] == 0;
    }
    return second > first ? "UTF-16LE" : "UTF-16BE";
}

/* ---- the whole */

/* Without iconv: ASCII, UTF-8, windows-1252 and all that is unknown.  Gives whether it had to
 * guess. */
static bool convert_plain(sink *s, const char *bytes, gsize nbytes, const char *name)
{
    bool utf8 = strcmp(name, CHARSET_UTF8) == 0;
    if (is_utf8(bytes, nbytes)) {
        sink_put(s, bytes, nbytes);
        return !utf8 && !is_ascii(bytes, nbytes);
    }
    if (utf8 && is_damaged_utf8(bytes, nbytes)) {
        repair_utf8(s, bytes, nbytes);
        return false;
    }
    convert_1252(s, bytes, nbytes);
    return strcmp(name, CHARSET_1252) != 0;
}

static bool convert_by_iconv(sink *s, const char *bytes, gsize nbytes, const char *name)
{
    if (strcmp(name, CHARSET_UTF16) == 0)
        name = utf16_order(&bytes, &nbytes);
    iconv_t cd = get_converter(name);
    if (cd == NO_CONVERTER) {
        convert_plain(s, bytes, nbytes, CHARSET_ASCII);
        return !is_ascii(bytes, nbytes);
    }
    convert(s, cd, bytes, nbytes, charset_unit(name));
    if (s->ninvalid == 0 || !is_utf8(bytes, nbytes) || is_ascii(bytes, nbytes))
        return false;
    s->length = 0; /* not what the label says, and UTF-8 does not come about by chance */
    sink_put(s, bytes, nbytes);
    return true;
}

static bool convert_escaped(sink *s, GString *eight_bit, const char *name)
{
    bool guessed = convert_by_iconv(s, eight_bit->str, eight_bit->len, name);
    g_string_free(eight_bit, TRUE);
    return guessed;
}

static bool convert_any(sink *s, const char *bytes, gsize nbytes, const char *name)
{
    bool unlabelled = strcmp(name, CHARSET_ASCII) == 0;
    if (strcmp(name, CHARSET_2022_JP) == 0 || (unlabelled && charset_is_2022(bytes, nbytes))) {
        convert_escaped(s, charset_2022_to_932(bytes, nbytes), "CP932");
        return unlabelled;
    }
    if (strcmp(name, CHARSET_HZ) == 0)
        return convert_escaped(s, charset_hz_to_gb(bytes, nbytes), "GB18030");
    if (unlabelled || strcmp(name, CHARSET_UTF8) == 0 || strcmp(name, CHARSET_1252) == 0)
        return convert_plain(s, bytes, nbytes, name);
    if (charset_extends_ascii(name) && is_ascii(bytes, nbytes)) {
        sink_put(s, bytes, nbytes);
        return false;
    }
    return convert_by_iconv(s, bytes, nbytes, name);
}

/* NUL would end the string for whoever reads it next, and a byte order mark is no text.  Converters
 * are not trusted to make valid UTF-8. */
static void finish(sink *s)
{
    if (s->length >= 3 && memcmp(s->data, "\xef\xbb\xbf", 3) == 0) {
        s->length -= 3;
        memmove(s->data, s->data + 3, s->length);
    }
    if (s->length > 0 && !is_utf8(s->data, s->length)) {
        sink valid;
        sink_init(&valid, s->length);
        valid.max = s->max;
        repair_utf8(&valid, s->data, s->length);
        g_free(s->data);
        *s = valid;
    }
    if (s->length == 0 || memchr(s->data, '\0', s->length) == NULL)
        return;
    sink whole;
    sink_init(&whole, s->length);
    whole.max = s->max;
    for (gsize i = 0; i < s->length; i++) {
        bool put = s->data[i] == '\0' ? sink_put_invalid(&whole) : sink_put(&whole, s->data + i, 1);
        if (!put)
            break;
    }
    g_free(s->data);
    *s = whole;
}

char *charset_to_utf8(const char *bytes, gsize nbytes, const char *charset, gsize *out_nbytes,
                      bool *guessed)
{
    const char *name =
        charset != NULL && charset[0] != '\0' ? charset_alias(charset) : CHARSET_ASCII;
    sink s;
    sink_init(&s, nbytes);
    bool guess = nbytes > 0 && convert_any(&s, bytes, nbytes, name);
    finish(&s);
    if (guessed != NULL)
        *guessed = guess;
    if (out_nbytes != NULL)
        *out_nbytes = s.length;
    if (s.data == NULL)
        return g_strdup("");
    s.data[s.length] = '\0';
    return s.data;
}
