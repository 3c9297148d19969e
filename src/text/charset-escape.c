/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ISO-2022-JP and HZ are rewritten to CP932 and GB 18030 before iconv sees them: the C library's
 * ISO-2022-JP lacks the half-width kana and the vendor characters that real mail is full of, and it
 * has no HZ at all.  A line end returns to ASCII, as both RFCs ask of senders. */
#include "text/charset-escape.h"

#include <string.h>

#define ESC 0x1b

typedef enum graphic_set { SET_ASCII, SET_KANA, SET_KANJI, SET_SUPPLEMENT } graphic_set;

static const struct {
    char escape[4]; /* behind ESC */
    graphic_set set;
} escapes[] = {
    { "(B", SET_ASCII },       { "(J", SET_ASCII },  { "(H", SET_ASCII },  { "(I", SET_KANA },
    { "$@", SET_KANJI },       { "$B", SET_KANJI },  { "$(@", SET_KANJI }, { "$(B", SET_KANJI },
    { "$(D", SET_SUPPLEMENT }, { "$(Q", SET_KANJI }, { "$(O", SET_KANJI },
};

static gsize match_escape(const guchar *p, const guchar *end, graphic_set *set)
{
    for (guint i = 0; i < G_N_ELEMENTS(escapes); i++) {
        gsize n = strlen(escapes[i].escape);
        if ((gsize)(end - p) > n && memcmp(p + 1, escapes[i].escape, n) == 0) {
            *set = escapes[i].set;
            return n + 1;
        }
    }
    return 0;
}

bool charset_is_2022(const char *bytes, gsize nbytes)
{
    const guchar *p = (const guchar *)bytes, *end = p + nbytes;
    graphic_set set;
    while ((p = memchr(p, ESC, (gsize)(end - p))) != NULL) {
        if (match_escape(p, end, &set) > 0 && set != SET_ASCII)
            return true;
        p++;
    }
    return false;
}

static bool is_graphic(guchar c)
{
    return c > 0x20 && c < 0x7f;
}

/* Row and cell of JIS X 0208 to the two bytes of Shift JIS. */
static void put_kanji(GString *out, guchar row, guchar cell)
{
    guint lead = (guint)(row - 0x21) / 2 + (row < 0x5f ? 0x81 : 0xc1);
    guint trail = row % 2 == 0 ? cell + 0x7e : cell + (cell >= 0x60 ? 0x20 : 0x1f);
    g_string_append_c(out, (char)lead);
    g_string_append_c(out, (char)trail);
}

GString *charset_2022_to_932(const char *bytes, gsize nbytes)
{
    const guchar *p = (const guchar *)bytes, *end = p + nbytes;
    GString *out = g_string_sized_new(nbytes + 1);
    graphic_set set = SET_ASCII;
    while (p < end) {
        gsize escape = *p == ESC ? match_escape(p, end, &set) : 0;
        if (escape > 0) {
            p += escape;
            continue;
        }
        if (*p == '\n')
            set = SET_ASCII;
        if (set == SET_KANA && is_graphic(*p)) {
            g_string_append_c(out, (char)(*p++ | 0x80));
        } else if (set >= SET_KANJI && end - p >= 2 && is_graphic(p[0]) && is_graphic(p[1])) {
            if (set == SET_KANJI)
                put_kanji(out, p[0], p[1]);
            else
                g_string_append(out, "\x81\xac"); /* the mark for a missing character */
            p += 2;
        } else {
            g_string_append_c(out, (char)*p++); /* 8-bit text under this label is Shift JIS */
        }
    }
    return out;
}

GString *charset_hz_to_gb(const char *bytes, gsize nbytes)
{
    const guchar *p = (const guchar *)bytes, *end = p + nbytes;
    GString *out = g_string_sized_new(nbytes + 1);
    bool chinese = false;
    while (p < end) {
        guchar after = end - p >= 2 ? p[1] : '\0';
        if (*p == '~' && (after == '{' || after == '}')) {
            chinese = after == '{';
            p += 2;
        } else if (*p == '~' && !chinese && (after == '~' || after == '\n')) {
            if (after == '~')
                g_string_append_c(out, '~');
            p += 2;
        } else if (chinese && is_graphic(p[0]) && is_graphic(after)) {
            g_string_append_c(out, (char)(p[0] | 0x80));
            g_string_append_c(out, (char)(p[1] | 0x80));
            p += 2;
        } else {
            if (*p == '\n')
                chinese = false;
            g_string_append_c(out, (char)*p++);
        }
    }
    return out;
}
