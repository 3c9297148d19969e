/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns, a cluster at a time.  Clusters are those of UAX 29 as far as one terminal cell can hold
 * them: one character that takes columns and what is stacked on it.  A spacing vowel sign, which
 * ncurses and terminals put into a cell of its own, is a cluster of its own here.  Widths are
 * wcwidth's, because ncurses believes it. */
#include "text/cells.h"
#include "text/classes.h"

#include <string.h>
#include <unictype.h>
#include <unigbrk.h>
#include <unistr.h>
#include <uniwidth.h>
#include <wchar.h>

#define REPLACEMENT 0xfffd
#define ELLIPSIS "\xe2\x80\xa6"
#define ZWJ 0x200d
#define KEYCAP 0x20e3
/* As many as a cell of ncurses holds. */
#define MARKS_MAX 5

static bool is_printable_ascii(guchar c)
{
    return c >= 0x20 && c < 0x7f;
}

/* wcwidth answers -1 for all but ASCII when the locale is not UTF-8; then Unicode's own table
 * decides. */
static int width_of(ucs4_t c)
{
    int ncols = wcwidth((wchar_t)c);
    if (ncols < 0 && wcwidth(0x3042) != 2)
        ncols = uc_width(c, "UTF-8");
    return ncols;
}

static bool is_ignored(ucs4_t c)
{
    text_class class = text_class_of(c);
    return class != CLASS_PLAIN && class != CLASS_CONTROL && class != CLASS_LINE_END &&
           class != CLASS_NONCHARACTER;
}

static bool is_regional_indicator(ucs4_t c)
{
    return c >= 0x1f1e6 && c <= 0x1f1ff;
}

static bool is_skin_tone(ucs4_t c)
{
    return c >= 0x1f3fb && c <= 0x1f3ff;
}

static gsize put(char *out, gsize at, ucs4_t c)
{
    int n = u8_uctomb((uint8_t *)out + at, c, (ptrdiff_t)(TEXT_CLUSTER_MAX - 1 - at));
    return n > 0 ? at + (gsize)n : at;
}

/* Everything behind an emoji that belongs to its picture: selectors, tones, tags, and further emoji
 * after a ZWJ (GB9, GB11 of UAX 29).  Terminals disagree about all of it, so none of it is printed.
 */
static const guchar *skip_emoji_tail(const guchar *p, const guchar *end)
{
    bool joined = false;
    while (p < end) {
        ucs4_t c;
        int n = u8_mbtouc(&c, p, (size_t)(end - p));
        if (joined && uc_is_property_extended_pictographic(c))
            joined = false;
        else if (c == ZWJ)
            joined = true;
        else if (is_ignored(c) || is_skin_tone(c) || (c >= 0x300 && width_of(c) == 0))
            joined = false;
        else
            break;
        p += n;
    }
    return p;
}

/* The marks stacked on a base: what has no column, up to a cell's capacity; the rest is skipped. */
static const guchar *take_marks(const guchar *p, const guchar *end, char *out, gsize length,
                                guint marks)
{
    while (p < end && *p >= 0x80) {
        ucs4_t c;
        int n = u8_mbtouc(&c, p, (size_t)(end - p));
        if (!is_ignored(c)) {
            if (width_of(c) != 0)
                break;
            if (c != KEYCAP && marks++ < MARKS_MAX)
                length = put(out, length, c);
        }
        p += n;
    }
    out[length] = '\0';
    return p;
}

/* The first character of a cluster when it is not ASCII beside ASCII. */
static int take_cluster(const guchar **p, const guchar *end, char *out)
{
    ucs4_t c;
    *p += u8_mbtouc(&c, *p, (size_t)(end - *p));
    out[0] = '\0';
    if (is_ignored(c))
        return 0;
    /* A flag is painted as the letters it is made of: terminals differ in the width of a lone
     * indicator, and ncurses may repaint half a flag. */
    if (is_regional_indicator(c))
        c = 'A' + (c - 0x1f1e6);
    int ncols = width_of(c);
    if (ncols < 0) {
        c = REPLACEMENT;
        ncols = 1;
    }
    if (ncols == 0) { /* a mark with nothing to stand on must not climb onto its neighbour */
        gsize length = put(out, 0, ' ');
        if (c != KEYCAP)
            length = put(out, length, c);
        *p = take_marks(*p, end, out, length, 1);
        return 1;
    }
    gsize length = put(out, 0, c);
    out[length] = '\0';
    if (*p == end || **p < 0x80)
        return ncols;
    if (c >= 0xa9 && uc_is_property_extended_pictographic(c))
        *p = skip_emoji_tail(*p, end);
    else
        *p = take_marks(*p, end, out, length, 0);
    return ncols;
}

int text_next_cluster(const char **p, const char *end, char out[TEXT_CLUSTER_MAX])
{
    const guchar *at = (const guchar *)*p, *stop = (const guchar *)end;
    if (is_printable_ascii(*at) && (at + 1 == stop || at[1] < 0x80)) {
        out[0] = (char)*at;
        out[1] = '\0';
        *p = (const char *)at + 1;
        return 1;
    }
    int ncols = take_cluster(&at, stop, out);
    *p = (const char *)at;
    return ncols;
}

/* Printable ASCII characters at the start that are whole clusters, at most max. */
static gsize ascii_run(const char *text, gsize nbytes, gsize max)
{
    const guchar *p = (const guchar *)text;
    gsize n = 0, stop = MIN(nbytes, max);
    while (n < stop && is_printable_ascii(p[n]))
        n++;
    if (n > 0 && n < nbytes && p[n] >= 0x80)
        n--; /* a mark may follow */
    return n;
}

int text_columns(const char *text, gssize nbytes)
{
    gsize left = nbytes < 0 ? strlen(text) : (gsize)nbytes;
    const char *p = text, *end = text + left;
    char cluster[TEXT_CLUSTER_MAX];
    gint64 ncols = 0;
    while (p < end) {
        gsize run = ascii_run(p, (gsize)(end - p), G_MAXSIZE);
        p += run;
        ncols += (gint64)run;
        if (p < end)
            ncols += text_next_cluster(&p, end, cluster);
    }
    return (int)MIN(ncols, G_MAXINT);
}

static void pad_with(GString *out, int ncols)
{
    if (ncols <= 0)
        return;
    gsize old = out->len;
    g_string_set_size(out, old + (gsize)ncols);
    memset(out->str + old, ' ', (gsize)ncols);
}

/* Appends what fits into ncols > 0 columns; returns the columns. */
static int fit(GString *out, const char *text, gsize nbytes, int ncols, bool ascii)
{
    const char *p = text, *end = text + nbytes;
    char cluster[TEXT_CLUSTER_MAX];
    gsize cut = out->len;       /* where an ellipsis would go, */
    int used = 0, cut_cols = 0; /* and the columns before it */
    while (p < end) {
        gsize run = ascii_run(p, (gsize)(end - p), (gsize)(ncols - used));
        if (run > 0) {
            g_string_append_len(out, p, (gssize)run);
            p += run;
            used += (int)run;
            cut = used == ncols ? out->len - 1 : out->len;
            cut_cols = used == ncols ? used - 1 : used;
            continue;
        }
        int width = text_next_cluster(&p, end, cluster);
        if (width > ncols - used) {
            g_string_truncate(out, cut);
            g_string_append(out, ascii ? "." : ELLIPSIS);
            return cut_cols + 1;
        }
        g_string_append(out, cluster);
        used += width;
        if (used < ncols) {
            cut = out->len;
            cut_cols = used;
        }
    }
    return used;
}

static gsize length_of(const char *text, gssize nbytes)
{
    return nbytes < 0 ? strlen(text) : (gsize)nbytes;
}

int text_fit(GString *out, const char *text, gssize nbytes, int ncols, bool pad, bool ascii)
{
    if (ncols <= 0)
        return 0;
    int used = fit(out, text, length_of(text, nbytes), ncols, ascii);
    if (!pad)
        return used;
    pad_with(out, ncols - used);
    return ncols;
}

int text_fit_right(GString *out, const char *text, gssize nbytes, int ncols, bool ascii)
{
    if (ncols <= 0)
        return 0;
    gsize start = out->len;
    int blank = ncols - fit(out, text, length_of(text, nbytes), ncols, ascii);
    if (blank > 0) {
        gsize length = out->len - start;
        pad_with(out, blank);
        memmove(out->str + start + blank, out->str + start, length);
        memset(out->str + start, ' ', (gsize)blank);
    }
    return ncols;
}

gsize text_bytes_for_columns(const char *text, gsize nbytes, int ncols)
{
    const char *p = text, *end = text + nbytes;
    char cluster[TEXT_CLUSTER_MAX];
    while (p < end) {
        gsize run = ncols > 0 ? ascii_run(p, (gsize)(end - p), (gsize)ncols) : 0;
        p += run;
        ncols -= (int)run;
        if (p == end)
            break;
        const char *next = p;
        int width = text_next_cluster(&next, end, cluster);
        if (width > ncols)
            break;
        ncols -= width;
        p = next;
    }
    return (gsize)(p - text);
}
