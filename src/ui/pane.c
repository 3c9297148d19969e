/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Styled lines that scroll, with search. */
#include "ui/pane.h"

#include "base/error.h"
#include "base/i18n.h"
#include "text/cells.h"
#include "text/wrap.h"

#include <string.h>

void pane_init(pane *p, ui *u, int indent)
{
    *p = (pane){ .ui = u, .lines = styled_lines_new(), .indent = indent, .match = -1 };
}

void pane_clear(pane *p)
{
    g_clear_pointer(&p->lines, g_ptr_array_unref);
    g_clear_pointer(&p->pattern, g_free);
}

static int last_top(const pane *p)
{
    return MAX((int)p->lines->len - MAX(p->nrows, 1), 0);
}

/* How many lines begin at or above a row, not counting what only goes on from the line before. */
static int begun_until(const GPtrArray *lines, int row)
{
    int n = 0;
    for (int i = 0; i <= row && i < (int)lines->len; i++)
        n += ((styled_line *)lines->pdata[i])->wrapped ? 0 : 1;
    return n;
}

static int row_of_begun(const GPtrArray *lines, int n)
{
    int row = 0;
    for (; row < (int)lines->len; row++)
        if (!((styled_line *)lines->pdata[row])->wrapped && --n <= 0)
            break;
    return row;
}

void pane_set(pane *p, GPtrArray *lines)
{
    if (p->top > 0)
        p->top = row_of_begun(lines, begun_until(p->lines, p->top));
    g_ptr_array_unref(p->lines);
    p->lines = lines;
    p->match = -1;
    p->top = MIN(p->top, last_top(p));
}

bool pane_at_end(const pane *p)
{
    return p->top >= last_top(p);
}

void pane_place(const pane *p, GString *out)
{
    if (pane_at_end(p))
        g_string_append(out, p->top == 0 ? _("All") : _("End"));
    else if (p->top == 0)
        g_string_append(out, _("Top"));
    else
        g_string_append_printf(
            out, "%d%%", (int)((gint64)(p->top + p->nrows) * 100 / MAX((gint64)p->lines->len, 1)));
}

void pane_move(pane *p, view_motion motion, int n)
{
    int page = MAX(p->nrows - 1, 1), to = p->top;
    switch (motion) {
    case MOVE_LINE:
        to += n;
        break;
    case MOVE_HALF:
        to += n * MAX(p->nrows / 2, 1);
        break;
    case MOVE_PAGE:
        to += n * page;
        break;
    case MOVE_END:
        to = n < 0 ? 0 : last_top(p);
        break;
    }
    p->top = CLAMP(to, 0, MAX(last_top(p), p->top < to ? 0 : p->top));
    ui_dirty(p->ui);
}

/* ---- search */

const char *pane_find(const char *text, const char *pattern, gsize *nbytes)
{
    if (*pattern == '\0')
        return NULL;
    for (const char *start = text; *start != '\0'; start = g_utf8_next_char(start)) {
        const char *t = start, *q = pattern;
        while (*q != '\0' && *t != '\0' &&
               g_unichar_tolower(g_utf8_get_char(t)) == g_unichar_tolower(g_utf8_get_char(q))) {
            t = g_utf8_next_char(t);
            q = g_utf8_next_char(q);
        }
        if (*q == '\0') {
            *nbytes = (gsize)(t - start);
            return start;
        }
    }
    return NULL;
}

bool pane_search(pane *p, const char *text, bool backwards, GError **error)
{
    if (text == NULL && p->pattern == NULL) {
        error_set(error, ERROR_INPUT, _("nothing was searched for yet"));
        return false;
    }
    if (text != NULL) {
        g_free(p->pattern);
        p->pattern = g_strdup(text);
        p->match = -1;
    }
    int n = (int)p->lines->len, from = p->match >= 0 ? p->match : p->top + (backwards ? 0 : -1);
    for (int i = 1; i <= n; i++) {
        int at = backwards ? (from - i + 2 * n) % n : (from + i + n) % n;
        gsize nbytes;
        if (pane_find(((styled_line *)p->lines->pdata[at])->text, p->pattern, &nbytes) == NULL)
            continue;
        p->match = at;
        if (at < p->top || at >= p->top + p->nrows)
            p->top = CLAMP(at - p->nrows / 3, 0, last_top(p));
        ui_dirty(p->ui);
        return true;
    }
    ui_say(p->ui, _("Not found."));
    ui_dirty(p->ui);
    return true;
}

/* ---- drawing */

typedef struct line_pen {
    const pane *pane;
    pen pen;
    term_style ground;
} line_pen;

/* A piece of one style, with what a search found laid over it. */
static void draw_piece(line_pen *l, const char *text, gsize nbytes, term_style look)
{
    const pane *p = l->pane;
    g_autofree char *piece = g_strndup(text, nbytes);
    const char *at = piece;
    while (p->pattern != NULL && *at != '\0') {
        gsize hit;
        const char *found = pane_find(at, p->pattern, &hit);
        if (found == NULL)
            break;
        pen_text(&l->pen, at, found - at, look);
        pen_text(&l->pen, found, (gssize)hit,
                 style_over(look, theme_look(p->ui->theme, LOOK_MATCH)));
        at = found + hit;
    }
    pen_text(&l->pen, at, -1, look);
}

/* "> > " as thin bars of the same columns. */
static gsize draw_quote_prefix(line_pen *l, const styled_line *line)
{
    gsize prefix = 0;
    text_quote_level(line->text, strlen(line->text), &prefix);
    guint level = 0;
    for (gsize i = 0; i < prefix; i++) {
        bool bar = line->text[i] == '>';
        term_style look = style_over(
            l->ground, theme_text(l->pane->ui->theme, STYLE_QUOTE, bar ? ++level : MAX(level, 1)));
        pen_text(&l->pen, bar ? canvas_mark("▏", ">") : " ", -1, look);
    }
    return prefix;
}

static void draw_line(const pane *p, const styled_line *line, pen at, term_style ground)
{
    line_pen l = { p, at, ground };
    const theme *t = p->ui->theme;
    gsize n = strlen(line->text), done = line->quote > 0 ? draw_quote_prefix(&l, line) : 0;
    for (guint i = 0; line->runs != NULL && i < line->runs->len; i++) {
        const styled_run *run = &g_array_index(line->runs, styled_run, i);
        gsize start = MAX(run->start, done), end = MIN((gsize)run->start + run->length, n);
        if (end <= start)
            continue;
        if (start > done)
            draw_piece(&l, line->text + done, start - done,
                       style_over(ground, theme_text(t, STYLE_PLAIN, line->quote)));
        draw_piece(&l, line->text + start, end - start,
                   style_over(ground, theme_text(t, run->style, line->quote)));
        done = end;
    }
    if (done < n)
        draw_piece(&l, line->text + done, n - done,
                   style_over(ground, theme_text(t, STYLE_PLAIN, line->quote)));
}

void pane_draw(pane *p, rect area)
{
    term_style ground = theme_look(p->ui->theme, LOOK_NORMAL);
    p->nrows = area.nrows;
    for (int i = 0; i < area.nrows && p->top + i < (int)p->lines->len; i++) {
        const styled_line *line = p->lines->pdata[p->top + i];
        if (strcmp(line->text, PANE_RULE) == 0)
            canvas_hline(area.row + i, area.col + 1, area.ncols - 2,
                         style_over(ground, theme_look(p->ui->theme, LOOK_LINE)));
        else
            draw_line(p, line,
                      pen_at(area.row + i, area.col + p->indent, area.ncols - p->indent - 1),
                      ground);
    }
}

/* ---- a view to read in */

typedef struct pane_view {
    view base;
    pane pane;
    char *title;
} pane_view;

static void view_draw(view *v, rect area)
{
    pane_draw(&((pane_view *)v)->pane, area);
}

static void view_title(view *v, GString *left, GString *right)
{
    g_string_append(left, ((pane_view *)v)->title);
}

static void view_place(view *v, GString *out)
{
    pane_place(&((pane_view *)v)->pane, out);
}

static void view_move(view *v, view_motion motion, int n)
{
    pane_move(&((pane_view *)v)->pane, motion, n);
}

static bool view_search(view *v, const char *text, bool backwards, GError **error)
{
    return pane_search(&((pane_view *)v)->pane, text, backwards, error);
}

static void view_free(view *v)
{
    pane_view *p = (pane_view *)v;
    pane_clear(&p->pane);
    g_free(p->title);
    g_free(p);
}

static const view_class pane_class = {
    .context = CONTEXT_HELP,
    .hints = "next-page search back",
    .draw = view_draw,
    .title = view_title,
    .place = view_place,
    .move = view_move,
    .search = view_search,
    .free = view_free,
};

view *pane_view_new(ui *u, const char *title, GPtrArray *lines)
{
    pane_view *v = g_new0(pane_view, 1);
    v->base = (view){ &pane_class, u };
    pane_init(&v->pane, u, 2);
    pane_set(&v->pane, lines);
    v->title = g_strdup(title);
    return &v->base;
}

void pane_add(GPtrArray *lines, const char *text, text_style style)
{
    styled_line *line = styled_line_new(text, -1);
    if (style != STYLE_PLAIN && *text != '\0')
        styled_line_add(line, 0, (guint32)strlen(text), style);
    g_ptr_array_add(lines, line);
}

void pane_add_pair(GPtrArray *lines, const char *name, int ncols, text_style style,
                   const char *value)
{
    g_autoptr(GString) text = g_string_new(NULL);
    text_fit(text, name, -1, ncols, true, canvas_ascii());
    gsize n = text->len;
    g_string_append(text, value);
    styled_line *line = styled_line_new(text->str, -1);
    styled_line_add(line, 0, (guint32)n, style);
    g_ptr_array_add(lines, line);
}
