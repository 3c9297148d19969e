/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text to cells, cluster by cluster, so that a wide character never pushes its neighbour. */
#include "ui/canvas.h"

#include "text/cells.h"

#include <string.h>

static bool only_ascii;

void canvas_set_ascii(bool ascii)
{
    only_ascii = ascii;
}

bool canvas_ascii(void)
{
    return only_ascii;
}

const char *canvas_mark(const char *mark, const char *plain)
{
    return only_ascii ? plain : mark;
}

term_style style_over(term_style below, term_style above)
{
    return (term_style){
        .fg = above.fg == TERM_INHERIT ? below.fg : above.fg,
        .bg = above.bg == TERM_INHERIT ? below.bg : above.bg,
        .attrs = below.attrs | above.attrs,
    };
}

pen pen_at(int row, int col, int ncols)
{
    return (pen){ row, col, col + MAX(ncols, 0) };
}

int pen_left(const pen *p)
{
    return MAX(p->end - p->col, 0);
}

/* Draws what is known to fit. */
static void draw(pen *p, const char *text, gsize nbytes, const term_style *style)
{
    const char *at = text, *end = text + nbytes;
    char cluster[TEXT_CLUSTER_MAX];
    while (at < end) {
        int ncols = text_next_cluster(&at, end, cluster);
        if (ncols == 0)
            continue;
        if (p->col + ncols > p->end)
            return;
        term_put(p->row, p->col, cluster, ncols, style);
        p->col += ncols;
    }
}

void pen_text(pen *p, const char *text, gssize nbytes, term_style style)
{
    int left = pen_left(p);
    gsize n = nbytes < 0 ? strlen(text) : (gsize)nbytes;
    if (left == 0 || n == 0)
        return;
    /* A column is at least a byte: short text needs no measuring. */
    if (n <= (gsize)left || text_columns(text, (gssize)n) <= left) {
        draw(p, text, n, &style);
        return;
    }
    g_autoptr(GString) cut = g_string_new(NULL);
    text_fit(cut, text, (gssize)n, left, false, only_ascii);
    draw(p, cut->str, cut->len, &style);
}

void pen_field(pen *p, const char *text, int ncols, term_style style)
{
    pen field = pen_at(p->row, p->col, MIN(ncols, pen_left(p)));
    pen_text(&field, text, -1, style);
    pen_rest(&field, style);
    p->col = field.end;
}

void pen_field_right(pen *p, const char *text, int ncols, term_style style)
{
    ncols = MIN(ncols, pen_left(p));
    int blank = ncols - text_columns(text, -1);
    if (blank > 0)
        pen_blank(p, blank, style);
    pen_field(p, text, ncols - MAX(blank, 0), style);
}

void pen_blank(pen *p, int ncols, term_style style)
{
    ncols = MIN(ncols, pen_left(p));
    term_fill(p->row, p->col, ncols, &style);
    p->col += MAX(ncols, 0);
}

void pen_to(pen *p, int col, term_style style)
{
    pen_blank(p, col - p->col, style);
}

void pen_rest(pen *p, term_style style)
{
    pen_blank(p, pen_left(p), style);
}

void canvas_fill(rect area, term_style style)
{
    for (int i = 0; i < area.nrows; i++)
        term_fill(area.row + i, area.col, area.ncols, &style);
}

void canvas_hline(int row, int col, int ncols, term_style style)
{
    for (int i = 0; i < ncols; i++)
        term_put(row, col + i, canvas_mark("─", "-"), 1, &style);
}

void canvas_vline(int row, int col, int nrows, term_style style)
{
    for (int i = 0; i < nrows; i++)
        term_put(row + i, col, canvas_mark("│", "|"), 1, &style);
}
