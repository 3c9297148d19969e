/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Greedy filling: libunistring says where a break may be, cells how wide things are. */
#include "text/break.h"
#include "text/cells.h"

#include <stdbool.h>
#include <string.h>
#include <unilbrk.h>

typedef struct breaker {
    const char *text;
    gsize nbytes;
    char *breaks; /* for each byte: may a line start here? */
    int ncols;
} breaker;

static gsize without_blanks(const char *text, gsize start, gsize end)
{
    while (end > start && text[end - 1] == ' ')
        end--;
    return end;
}

/* A link stays whole, and may leave even the indentation before it behind. */
static void forbid_inside(char *breaks, const char *text, const GArray *links)
{
    for (guint i = 0; i < links->len; i++) {
        const text_span *link = &g_array_index(links, text_span, i);
        memset(breaks + link->start + 1, UC_BREAK_PROHIBITED, link->length - 1);
        if (link->start > 0 && text[link->start - 1] == ' ')
            breaks[link->start] = UC_BREAK_POSSIBLE;
    }
}

/* Where the line that starts at start ends and the next one starts.  Blanks may hang over the edge.
 */
static gsize next_start(const breaker *b, gsize start)
{
    const char *p = b->text + start, *end = b->text + b->nbytes;
    char cluster[TEXT_CLUSTER_MAX];
    gsize candidate = 0; /* 0: none, for a line never starts there again */
    int used = 0;
    while (p < end) {
        gsize at = (gsize)(p - b->text);
        if (at > start && b->breaks[at] == UC_BREAK_POSSIBLE)
            candidate = at;
        int width = text_next_cluster(&p, end, cluster);
        bool blank = cluster[0] == ' ' && cluster[1] == '\0';
        if (used + width > b->ncols && !blank && at > start)
            return candidate > 0 ? candidate : at;
        used += width;
    }
    return b->nbytes;
}

static void add_piece(GArray *pieces, gsize start, gsize end)
{
    text_span piece = { start, end - start };
    g_array_append_val(pieces, piece);
}

/* Text with n bytes has at most n columns, except that a control character may take one: also 1
 * byte. */
static bool fits(const char *text, gsize nbytes, int ncols)
{
    return nbytes <= (gsize)ncols || text_columns(text, (gssize)nbytes) <= ncols;
}

static void fill(GArray *pieces, const breaker *b)
{
    guint old = pieces->len;
    gsize start = 0;
    while (start < b->nbytes) {
        gsize next = next_start(b, start);
        gsize end = next;
        if (next < b->nbytes || !fits(b->text + start, next - start, b->ncols))
            end = without_blanks(b->text, start, next);
        /* An indentation before a word that needs the whole line is given up. */
        if (end > start || next == b->nbytes)
            add_piece(pieces, start, end);
        start = next;
    }
    if (pieces->len == old)
        add_piece(pieces, 0, 0);
}

void text_break(GArray *pieces, const char *text, gsize nbytes, const GArray *links, int ncols)
{
    if (fits(text, nbytes, ncols)) {
        add_piece(pieces, 0, nbytes);
        return;
    }
    g_autofree char *breaks = g_malloc(nbytes);
    u8_possible_linebreaks((const uint8_t *)text, nbytes, "UTF-8", breaks);
    forbid_inside(breaks, text, links);
    breaker b = { text, nbytes, breaks, ncols };
    fill(pieces, &b);
}
