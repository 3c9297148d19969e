/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "render/answer.h"

#include "base/limits.h"
#include "render/layout.h"
#include "text/render_protocol.h"

#include <string.h>

/* Kept free for the last line of a page that is full. */
#define ANSWER_SLACK (256u << 10)

static void put_number(GByteArray *out, guint32 value, guint nbytes)
{
    guchar bytes[4];
    for (guint i = 0; i < nbytes; i++)
        bytes[i] = (guchar)(value >> (8 * (nbytes - 1 - i)));
    g_byte_array_append(out, bytes, nbytes);
}

static void put_line(GByteArray *out, const styled_line *line)
{
    guint32 nbytes = (guint32)strlen(line->text);
    guint nruns = line->runs ? MIN(line->runs->len, G_MAXUINT16) : 0;
    put_number(out, nbytes, 4);
    put_number(out, line->quote, 1);
    put_number(out, line->wrapped, 1);
    put_number(out, nruns, 2);
    g_byte_array_append(out, (const guchar *)line->text, nbytes);
    for (guint i = 0; i < nruns; i++) {
        const styled_run *run = &g_array_index(line->runs, styled_run, i);
        put_number(out, run->start, 4);
        put_number(out, run->length, 4);
        put_number(out, run->style, 1);
    }
}

GByteArray *answer_html(const char *html, gsize nbytes, guint ncols)
{
    tree *t = tree_new(html, nbytes);
    page *p = page_new(ncols, LIMIT_RENDER_ANSWER - ANSWER_SLACK);
    links *l = links_new();
    if (t->root)
        layout(p, l, t->root, false);
    links_append(l, p);
    const GPtrArray *lines = page_lines(p);
    GByteArray *out = g_byte_array_new();
    put_number(out, links_count(l), 4);
    put_number(out, t->npictures, 4);
    put_number(out, t->ntrackers, 4);
    put_number(out, t->nhidden, 4);
    put_number(out, page_is_full(p), 4);
    put_number(out, lines->len, 4);
    for (guint i = 0; i < lines->len; i++)
        put_line(out, g_ptr_array_index(lines, i));
    links_free(l);
    page_free(p);
    tree_free(t);
    return out;
}
