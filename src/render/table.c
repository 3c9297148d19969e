/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Most tables in mail only place things.  One is taken for data when it is not inside out (no table
 * in it), has rows and columns that are mostly filled, and short texts or headings in its cells. */
#include "render/table.h"

#include "render/layout.h"
#include "text/cells.h"

#include <string.h>

#define COLUMNS_MAX 20
#define ROWS_MAX 5000
#define CELL_MAX 400  /* characters; a column of more is prose */
#define SHORT_CELL 40 /* characters of the average cell of a table without headings or borders */
#define GUTTER 2

typedef struct cell {
    const xmlNode *node;
    guint column, span;
    bool head;
} cell;

typedef struct grid {
    GArray *cells; /* row after row */
    GArray *rows;  /* index of each row's first cell */
    guint ncolumns;
    bool has_head;
    guint filled, longest;
    guint64 nchars, caption; /* characters in cells, and outside */
    bool has_block;
} grid;

static void grid_clear(grid *g)
{
    g_array_unref(g->cells);
    g_array_unref(g->rows);
}

static guint span_of(const xmlNode *node, const char *name)
{
    g_autofree char *value = tree_attribute(node, name);
    guint64 n = value && g_ascii_isdigit(*value) ? g_ascii_strtoull(value, NULL, 10) : 1;
    return (guint)CLAMP(n, 1, COLUMNS_MAX);
}

static void add_cell(grid *g, const xmlNode *node, const element *e, guint *column, guint *below)
{
    while (*column < COLUMNS_MAX && below[*column] > 0)
        below[(*column)++]--;
    cell c = { node, *column, span_of(node, "colspan"), e->tag == TAG_HEAD_CELL };
    guint down = span_of(node, "rowspan") - 1;
    for (guint i = 0; i < c.span && *column < COLUMNS_MAX; i++)
        below[(*column)++] = down;
    c.span = MIN(c.span, COLUMNS_MAX + 1 - c.column);
    g_array_append_val(g->cells, c);
    g->ncolumns = MAX(g->ncolumns, c.column + c.span);
    g->has_head = g->has_head || c.head;
    g->filled += e->nchars > 0;
    g->nchars += e->nchars;
    g->longest = MAX(g->longest, e->nchars);
    g->has_block = g->has_block || e->has_block;
}

/* A row begins at the first child; without <tr> it ends where one does.  below[i]: rows that a cell
 * above still covers in column i.  Returns where to go on. */
static const xmlNode *add_row(grid *g, const xmlNode *node, guint *below)
{
    guint column = 0, first = g->cells->len;
    g_array_append_val(g->rows, first);
    for (; node; node = node->next) {
        if (node->type != XML_ELEMENT_NODE)
            continue;
        const element *e = tree_element(node);
        if (e->tag == TAG_ROW || e->tag == TAG_ROWS)
            break;
        if (!e->skipped && (e->tag == TAG_CELL || e->tag == TAG_HEAD_CELL))
            add_cell(g, node, e, &column, below);
    }
    for (; column < COLUMNS_MAX; column++)
        if (below[column] > 0)
            below[column]--;
    return node;
}

static void add_rows(grid *g, const xmlNode *parent, guint *below)
{
    for (const xmlNode *node = parent->children; node && g->rows->len < ROWS_MAX;) {
        const element *e = node->type == XML_ELEMENT_NODE ? tree_element(node) : NULL;
        if (e && !e->skipped && (e->tag == TAG_CELL || e->tag == TAG_HEAD_CELL)) {
            node = add_row(g, node, below);
            continue;
        }
        if (e && !e->skipped && e->tag == TAG_ROW)
            add_row(g, node->children, below);
        else if (e && !e->skipped && e->tag == TAG_ROWS && tree_element(parent)->tag == TAG_TABLE)
            add_rows(g, node, below);
        else if (e && !e->skipped && e->tag == TAG_CAPTION)
            g->caption += e->nchars;
        node = node->next;
    }
}

static bool has_border(const xmlNode *table)
{
    g_autofree char *border = tree_attribute(table, "border");
    return border && *border && strcmp(border, "0") != 0 && strcmp(border, "0px") != 0;
}

static bool only_places(const xmlNode *table)
{
    g_autofree char *role = tree_attribute(table, "role");
    return tree_element(table)->has_table ||
           (role && (strcmp(role, "presentation") == 0 || strcmp(role, "none") == 0));
}

static bool holds_data(const xmlNode *table, const grid *g)
{
    if (g->ncolumns < 2 || g->ncolumns > COLUMNS_MAX || g->longest > CELL_MAX || g->filled == 0 ||
        g->rows->len >= ROWS_MAX)
        return false;
    /* Text between the cells would be lost. */
    if (g->nchars + g->caption != tree_element(table)->nchars)
        return false;
    bool marked = g->has_head || has_border(table);
    if (g->rows->len < 2 || g->filled * (marked ? 4 : 2) < g->rows->len * g->ncolumns)
        return false;
    return marked || (!g->has_block && g->nchars / g->filled <= SHORT_CELL);
}

/* ---- measuring and drawing */

/* The lines of a cell at a width; the page that holds them is the caller's. */
static page *draw_cell(links *l, const cell *c, guint ncols)
{
    page *p = page_new(ncols, 1u << 20);
    layout(p, l, c->node, c->head);
    return p;
}

static guint widest_line(page *p)
{
    guint widest = 0;
    const GPtrArray *lines = page_lines(p);
    for (guint i = 0; i < lines->len; i++) {
        const styled_line *line = g_ptr_array_index(lines, i);
        widest = MAX(widest, (guint)text_columns(line->text, -1));
    }
    return widest;
}

/* Links are numbered when they are drawn; measuring must not count. */
static void measure(const grid *g, guint ncols, guint *least, guint *most)
{
    links *ignored = links_new();
    for (guint i = 0; i < g->cells->len; i++) {
        const cell *c = &g_array_index(g->cells, cell, i);
        if (c->span > 1)
            continue;
        page *p = draw_cell(ignored, c, ncols);
        most[c->column] = MAX(most[c->column], widest_line(p) + 4 * (links_count(ignored) > 0));
        least[c->column] = MAX(least[c->column], MIN(page_longest_word(p), ncols));
        page_free(p);
    }
    links_free(ignored);
}

/* Everybody gets what is needed; what is left goes to those who can use it, in proportion. */
static bool share_columns(guint ncolumns, guint ncols, const guint *least, const guint *most,
                          guint *width)
{
    guint gutters = GUTTER * (ncolumns - 1), needed = gutters, wanted = 0;
    for (guint i = 0; i < ncolumns; i++) {
        needed += least[i];
        wanted += MAX(most[i], least[i]) - least[i];
    }
    if (needed > ncols)
        return false;
    guint left = ncols - needed;
    for (guint i = 0; i < ncolumns; i++) {
        guint more = MAX(most[i], least[i]) - least[i];
        width[i] = least[i] + (wanted <= left ? more : (guint)((guint64)more * left / wanted));
    }
    return true;
}

static guint cell_width(const cell *c, const guint *width, guint ncolumns)
{
    guint n = 0;
    for (guint i = c->column; i < c->column + c->span && i < ncolumns; i++)
        n += width[i] + (i > c->column ? GUTTER : 0);
    return MAX(n, 1);
}

static void append_cell_line(GString *text, styled_line *out, const styled_line *line)
{
    gsize prefix = text->len;
    g_string_append(text, line->text);
    for (guint i = 0; line->runs && i < line->runs->len; i++) {
        const styled_run *run = &g_array_index(line->runs, styled_run, i);
        styled_line_add(out, (guint32)prefix + run->start, run->length, run->style);
    }
}

static guint column_offset(const guint *width, guint column)
{
    guint offset = 0;
    for (guint i = 0; i < column; i++)
        offset += width[i] + GUTTER;
    return offset;
}

static void draw_row(page *p, links *l, const grid *g, guint row, const guint *width)
{
    guint first = g_array_index(g->rows, guint, row);
    guint last = row + 1 < g->rows->len ? g_array_index(g->rows, guint, row + 1) : g->cells->len;
    g_autoptr(GPtrArray) drawn = g_ptr_array_new_with_free_func((GDestroyNotify)page_free);
    guint nlines = 0;
    for (guint i = first; i < last; i++) {
        const cell *c = &g_array_index(g->cells, cell, i);
        page *cell_page = draw_cell(l, c, cell_width(c, width, g->ncolumns));
        nlines = MAX(nlines, page_lines(cell_page)->len);
        g_ptr_array_add(drawn, cell_page);
    }
    for (guint n = 0; n < nlines; n++) {
        g_autoptr(GString) text = g_string_new(NULL);
        styled_line *out = styled_line_new("", 0);
        guint at = 0;
        for (guint i = first; i < last; i++) {
            const cell *c = &g_array_index(g->cells, cell, i);
            const GPtrArray *lines = page_lines(g_ptr_array_index(drawn, i - first));
            if (n >= lines->len)
                continue;
            const styled_line *line = g_ptr_array_index(lines, n);
            for (guint column = column_offset(width, c->column); at < column; at++)
                g_string_append_c(text, ' ');
            append_cell_line(text, out, line);
            at += (guint)text_columns(line->text, -1);
        }
        g_free(out->text);
        out->text = g_strdup(text->str);
        page_line(p, out);
    }
}

static bool is_head_row(const grid *g, guint row)
{
    guint first = g_array_index(g->rows, guint, row);
    guint last = row + 1 < g->rows->len ? g_array_index(g->rows, guint, row + 1) : g->cells->len;
    for (guint i = first; i < last; i++)
        if (!g_array_index(g->cells, cell, i).head)
            return false;
    return last > first;
}

static void rule_below(page *p, const guint *width, guint ncolumns)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < ncolumns; i++) {
        for (guint n = i > 0 ? GUTTER : 0; n > 0; n--)
            g_string_append_c(text, ' ');
        for (guint n = width[i]; n > 0; n--)
            g_string_append(text, "─");
    }
    page_line(p, styled_line_new(text->str, (gssize)text->len));
}

static void show_caption(page *p, links *l, const xmlNode *table)
{
    for (const xmlNode *node = table->children; node; node = node->next)
        if (node->type == XML_ELEMENT_NODE && tree_element(node)->tag == TAG_CAPTION &&
            !tree_element(node)->skipped)
            layout(p, l, node, true);
}

static void draw(page *p, links *l, const xmlNode *table, const grid *g, const guint *width)
{
    page_gap(p);
    show_caption(p, l, table);
    for (guint row = 0; row < g->rows->len && !page_is_full(p); row++) {
        draw_row(p, l, g, row, width);
        bool ends = row + 1 < g->rows->len && !is_head_row(g, row + 1);
        if (is_head_row(g, row) && ends)
            rule_below(p, width, g->ncolumns);
    }
    page_gap(p);
}

table_answer table_show(page *p, links *l, const xmlNode *table)
{
    if (only_places(table))
        return TABLE_PLACES;
    guint below[COLUMNS_MAX] = { 0 };
    guint least[COLUMNS_MAX] = { 0 }, most[COLUMNS_MAX] = { 0 }, width[COLUMNS_MAX] = { 0 };
    table_answer answer = TABLE_PLACES;
    grid g = { .cells = g_array_new(FALSE, FALSE, sizeof(cell)),
               .rows = g_array_new(FALSE, FALSE, sizeof(guint)) };
    add_rows(&g, table, below);
    if (holds_data(table, &g)) {
        guint ncols = page_width(p);
        measure(&g, ncols, least, most);
        answer =
            share_columns(g.ncolumns, ncols, least, most, width) ? TABLE_SHOWN : TABLE_TOO_WIDE;
    }
    if (answer == TABLE_SHOWN)
        draw(p, l, table, &g, width);
    grid_clear(&g);
    return answer;
}
