/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who stands where: folder list, views with their title lines, status, hints, messages, prompt; and
 * the stack of views. */
#include "ui/screen.h"

#include "base/i18n.h"
#include "text/cells.h"
#include "ui/folders.h"
#include "ui/prompt.h"

#include <string.h>

#define AIRY_ROWS 30 /* from here on a blank row under the title */
#define INDEX_COLS_MIN 80
/* With less room the right end of a title is not begun. */
#define TITLE_RIGHT_MIN 12

typedef struct layout {
    int sidebar;              /* columns with the border, 0: not shown */
    rect left, right;         /* views with their titles; right.ncols 0: one view only */
    int rule, status, bottom; /* rows */
    int nbottom;
} layout;

/* ---- the stack */

view *screen_top(ui *u)
{
    return g_ptr_array_index(u->views, u->views->len - 1);
}

void screen_push(ui *u, view *v)
{
    g_ptr_array_add(u->views, v);
    g_string_truncate(u->keys, 0);
    ui_dirty(u);
}

void screen_pop(ui *u)
{
    if (u->views->len > 1)
        g_ptr_array_remove_index(u->views, u->views->len - 1);
    g_string_truncate(u->keys, 0);
    ui_dirty(u);
}

void screen_pop_to_index(ui *u)
{
    while (u->views->len > 1)
        screen_pop(u);
}

view *screen_find(ui *u, command_context context)
{
    for (guint i = u->views->len; i-- > 0;) {
        view *v = g_ptr_array_index(u->views, i);
        if (v->class->context == context)
            return v;
    }
    return NULL;
}

/* ---- the plan */

/* With its border. */
static int sidebar_cols(ui *u)
{
    return (int)conf_number(u->conf, "sidebar-width") + 1;
}

bool screen_sidebar_shown(ui *u)
{
    bool room = term_ncols() >= sidebar_cols(u) + SCREEN_MIN_COLS;
    if (screen_top(u)->class->context == CONTEXT_FOLDERS)
        return false; /* not twice */
    return room && (u->sidebar == SIDEBAR_YES ||
                    (u->sidebar == SIDEBAR_AUTO && term_ncols() >= SCREEN_SIDEBAR_COLS));
}

static int bottom_rows(ui *u, int ncols)
{
    if (u->prompt != NULL)
        return prompt_nrows(u);
    int said = messages_nrows(u, ncols);
    return said > 0 ? said : conf_bool(u->conf, "hints") || u->keys->len > 0 ? 1 : 0;
}

static bool is_beside(ui *u)
{
    return term_ncols() >= SCREEN_BESIDE_COLS && u->views->len > 1 &&
           screen_top(u)->class->context == CONTEXT_PAGER;
}

static layout plan(ui *u)
{
    int nrows = term_nrows(), ncols = term_ncols();
    layout l = { .nbottom = bottom_rows(u, ncols) };
    l.bottom = nrows - l.nbottom;
    l.status = l.bottom - 1;
    l.rule = l.status - 1;
    if (screen_sidebar_shown(u))
        l.sidebar = sidebar_cols(u);
    l.left = (rect){ 0, l.sidebar, l.rule, ncols - l.sidebar };
    if (is_beside(u)) {
        int index =
            MIN(MAX(l.left.ncols * 45 / 100, INDEX_COLS_MIN), l.left.ncols - INDEX_COLS_MIN / 2);
        l.right = (rect){ 0, l.sidebar + index + 1, l.rule, l.left.ncols - index - 1 };
        l.left.ncols = index;
    }
    return l;
}

static int title_rows(void)
{
    return term_nrows() >= AIRY_ROWS ? 2 : 1;
}

static rect below_title(rect area)
{
    return (rect){ area.row + title_rows(), area.col, MAX(area.nrows - title_rows(), 1),
                   area.ncols };
}

rect screen_index_area(ui *u)
{
    return below_title(plan(u).left);
}

rect screen_view_area(ui *u)
{
    layout l = plan(u);
    return below_title(l.right.ncols > 0 ? l.right : l.left);
}

/* ---- the mouse: a click goes to a row, a click on the row of the cursor opens it */

void screen_click(ui *u, const term_mouse *mouse)
{
    layout l = plan(u);
    messages_key(u);
    if (u->prompt != NULL || mouse->row >= l.rule || mouse->col == l.sidebar - 1)
        return;
    if (mouse->col < l.sidebar) {
        if (mouse->pressed)
            folders_click(u->folders, mouse->row);
        return;
    }
    bool left = l.right.ncols > 0 && mouse->col < l.right.col;
    view *v = left ? (view *)u->index : screen_top(u);
    rect area = below_title(l.left);
    if (mouse->wheel != 0 && v->class->move != NULL)
        v->class->move(v, MOVE_LINE, 3 * mouse->wheel);
    else if (mouse->pressed && v->class->click != NULL && mouse->row >= area.row)
        v->class->click(v, mouse->row - area.row);
}

/* ---- drawing */

static void draw_title(ui *u, view *v, rect area)
{
    g_autoptr(GString) left = g_string_new(NULL);
    g_autoptr(GString) right = g_string_new(NULL);
    term_style ground = theme_look(u->theme, LOOK_NORMAL);
    v->class->title(v, left, right);
    pen p = pen_at(area.row, area.col + 1, area.ncols - 2);
    pen_text(&p, left->str, -1, style_over(ground, theme_look(u->theme, LOOK_TITLE)));
    int room = pen_left(&p) - 2, width = MIN(text_columns(right->str, -1), room);
    if (width >= MIN(room, TITLE_RIGHT_MIN) && width > 0) {
        p.col = p.end - width;
        pen_text(&p, right->str, -1, style_over(ground, theme_look(u->theme, LOOK_HINT)));
    }
}

static void draw_view(ui *u, view *v, rect area)
{
    draw_title(u, v, area);
    v->class->draw(v, below_title(area));
}

static void draw_lines(ui *u, const layout *l)
{
    term_style look =
        style_over(theme_look(u->theme, LOOK_NORMAL), theme_look(u->theme, LOOK_LINE));
    canvas_hline(l->rule, 0, term_ncols(), look);
    if (l->sidebar > 0) {
        canvas_vline(0, l->sidebar - 1, l->rule, look);
        term_put(l->rule, l->sidebar - 1, canvas_mark("┴", "+"), 1, &look);
    }
    if (l->right.ncols > 0) {
        canvas_vline(0, l->right.col - 1, l->rule, look);
        term_put(l->rule, l->right.col - 1, canvas_mark("┴", "+"), 1, &look);
    }
}

static void draw_bottom(ui *u, const layout *l)
{
    rect area = { l->bottom, 0, l->nbottom, term_ncols() };
    status_draw(u, l->status, 0, term_ncols());
    if (u->prompt != NULL)
        prompt_draw(u, area);
    else if (messages_shown(u))
        messages_draw(u, area);
    else if (l->nbottom > 0)
        hints_draw(u, l->bottom, term_ncols());
}

static void draw_too_small(ui *u)
{
    g_autofree char *text =
        g_strdup_printf(_("cursus needs %d columns and %d rows; these are %d and %d."),
                        SCREEN_MIN_COLS, SCREEN_MIN_ROWS, term_ncols(), term_nrows());
    /* Word by word, so that it can be read in any window. */
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    int row = 0, col = 0;
    for (char **word = words; *word != NULL; word++) {
        int width = text_columns(*word, -1);
        if (col > 0 && col + width > term_ncols()) {
            row++;
            col = 0;
        }
        pen p = pen_at(row, col, term_ncols() - col);
        pen_text(&p, *word, -1, theme_look(u->theme, LOOK_NORMAL));
        col = p.col + 1;
    }
}

void screen_paint(ui *u)
{
    term_erase();
    term_cursor(term_nrows() - 1, 0, false);
    if (term_nrows() < SCREEN_MIN_ROWS || term_ncols() < SCREEN_MIN_COLS) {
        draw_too_small(u);
        term_flush();
        return;
    }
    layout l = plan(u);
    if (theme_look(u->theme, LOOK_NORMAL).bg >= 0)
        canvas_fill((rect){ 0, 0, term_nrows(), term_ncols() }, theme_look(u->theme, LOOK_NORMAL));
    if (l.sidebar > 0)
        folders_draw_sidebar(u->folders, (rect){ 0, 0, l.rule, l.sidebar - 1 });
    if (l.right.ncols > 0) {
        draw_view(u, (view *)u->index, l.left);
        draw_view(u, screen_top(u), l.right);
    } else {
        draw_view(u, screen_top(u), l.left);
    }
    draw_lines(u, &l);
    draw_bottom(u, &l);
    term_flush();
}
