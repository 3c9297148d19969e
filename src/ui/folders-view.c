/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drawing the folder tree, and the view of its own. */
#include "base/clock.h"
#include "base/fold.h"
#include "base/i18n.h"
#include "text/cells.h"
#include "text/date.h"
#include "ui/folders-private.h"
#include "ui/index.h"

static guint32 unseen_with_hidden(const folder_tree *t, const node *n, bool hidden)
{
    guint32 sum = n->unseen;
    for (guint i = 0; hidden && n->children != NULL && i < n->children->len; i++)
        sum += unseen_with_hidden(t, n->children->pdata[i], true);
    return sum;
}

static term_style node_look(const folder_tree *t, const node *n, guint32 unseen)
{
    const theme *th = t->ui->theme;
    term_style look = theme_look(th, LOOK_NORMAL);
    if (n->heading)
        return style_over(look, theme_name_look(th, "account", n->account, LOOK_ACCOUNT));
    look = style_over(look, theme_look(th, unseen > 0 && folder_node_calls(n) ? LOOK_FOLDER_UNREAD
                                                                              : LOOK_FOLDER));
    if (n->id == index_folder(t->ui->index))
        look = style_over(look, theme_look(th, LOOK_FOLDER_CURRENT));
    if (!n->selectable && unseen == 0)
        look = style_over(look, theme_look(th, LOOK_PALE));
    return look;
}

/* The fold mark, the indented name and the unread count; the pen ends behind the count. */
static void draw_name(const folder_tree *t, const node *n, pen *p, int ncols, term_style look)
{
    int end = p->col + ncols;
    bool folded = folder_node_folded(t, n);
    guint32 unseen = unseen_with_hidden(t, n, folded);
    g_autofree char *count = unseen > 0 ? ui_number(unseen) : g_strdup("");
    int count_cols = MAX(text_columns(count, -1), 3);
    const char *mark = n->children == NULL ? " "
                       : folded            ? canvas_mark("▸", "+")
                                           : canvas_mark("▾", "-");
    pen_blank(p, n->heading ? 0 : 2 * n->depth, look);
    pen_text(p, n->heading && !folded ? "" : mark, -1, look);
    pen_blank(p, n->heading && !folded ? 0 : 1, look);
    pen_field(p, n->label, end - p->col - count_cols - 2, look);
    pen_blank(p, 1, look);
    pen_field_right(p, count, count_cols, look);
    pen_to(p, end, look);
}

static void scroll_to(folder_tree *t, int nrows)
{
    guint at = folders_shown_index(t, folders_current(t));
    if (at < t->top)
        t->top = at;
    if (at >= t->top + (guint)nrows)
        t->top = at - (guint)nrows + 1;
    guint last = t->shown->len > (guint)nrows ? t->shown->len - (guint)nrows : 0;
    t->top = MIN(t->top, last);
}

void folders_draw_sidebar(folder_tree *t, rect area)
{
    scroll_to(t, area.nrows);
    for (int i = 0; i < area.nrows && t->top + (guint)i < t->shown->len; i++) {
        const node *n = t->shown->pdata[t->top + (guint)i];
        term_style look = node_look(t, n, unseen_with_hidden(t, n, folder_node_folded(t, n)));
        pen p = pen_at(area.row + i, area.col, area.ncols);
        bool marked = n->id != 0 && n->id == t->marked && n->id != index_folder(t->ui->index);
        pen_text(&p, marked ? canvas_mark("›", ">") : " ", -1, look);
        draw_name(t, n, &p, area.ncols - 1, look);
    }
}

/* ---- the view of its own */

typedef struct folder_view {
    view base;
    guint cursor, top; /* into shown */
    guint32 id;        /* of the row under the cursor, so that it stays when the list changes */
    gpointer key;      /* where it is no folder */
    int nrows;
    char *pattern;
    char *awaited; /* ACCOUNT:NAME: a folder that was made just now; NULL none */
} folder_view;

static folder_tree *tree(const folder_view *v)
{
    return v->base.ui->folders;
}

static void find_cursor(folder_view *v)
{
    const folder *made = v->awaited != NULL ? mtm_folder_find(v->base.ui->mtm, v->awaited) : NULL;
    if (made != NULL) {
        v->id = made->id;
        g_clear_pointer(&v->awaited, g_free);
    }
    const GPtrArray *shown = tree(v)->shown;
    for (guint i = 0; i < shown->len; i++) {
        const node *n = shown->pdata[i];
        if (n->id == v->id && (n->id != 0 || folder_node_key(n) == v->key))
            v->cursor = i;
    }
    v->cursor = shown->len > 0 ? MIN(v->cursor, shown->len - 1) : 0;
}

static void set_cursor(folder_view *v, int at)
{
    const GPtrArray *shown = tree(v)->shown;
    if (shown->len == 0)
        return;
    v->cursor = (guint)CLAMP(at, 0, (int)shown->len - 1);
    const node *n = shown->pdata[v->cursor];
    v->id = n->id;
    v->key = folder_node_key(n);
    ui_dirty(v->base.ui);
}

static const char *role_words(folder_role role)
{
    switch (role) {
    case ROLE_INBOX:
        return _("inbox");
    case ROLE_DRAFTS:
        return _("drafts");
    case ROLE_SENT:
        return _("sent");
    case ROLE_ARCHIVE:
        return _("archive");
    case ROLE_ALL:
        return _("all mail");
    case ROLE_FLAGGED:
        return _("flagged");
    case ROLE_JUNK:
        return _("junk");
    case ROLE_TRASH:
        return _("trash");
    case ROLE_NONE:
        break;
    }
    return "";
}

static int name_cols(rect line)
{
    return MIN(44, line.ncols - 34);
}

/* Over the columns of draw_entry. */
static void draw_heading(folder_view *v, rect line)
{
    const theme *th = v->base.ui->theme;
    term_style quiet = style_over(theme_look(th, LOOK_NORMAL), theme_look(th, LOOK_HINT));
    pen p = pen_at(line.row, line.col, line.ncols);
    pen_blank(&p, 1, quiet);
    pen_field_right(&p, _("unread"), name_cols(line), quiet);
    pen_field_right(&p, _("messages"), 10, quiet);
    pen_blank(&p, 2, quiet);
    pen_field(&p, _("role"), 10, quiet);
    pen_field(&p, _("synchronised"), 12, quiet);
}

static void draw_entry(folder_view *v, const node *n, rect line, bool cursor)
{
    const theme *th = v->base.ui->theme;
    term_style look =
        node_look(tree(v), n, unseen_with_hidden(tree(v), n, folder_node_folded(tree(v), n)));
    term_style quiet = style_over(theme_look(th, LOOK_NORMAL), theme_look(th, LOOK_DATE));
    if (cursor)
        look = quiet = theme_on_cursor(th, look);
    pen p = pen_at(line.row, line.col, line.ncols);
    pen_blank(&p, 1, look);
    draw_name(tree(v), n, &p, name_cols(line), look);
    if (n->id != 0 && n->selectable) {
        g_autofree char *messages = ui_number(n->messages);
        g_autofree char *synced = n->synced_at_s > 0
                                      ? text_date_short(n->synced_at_s, clock_now_s())
                                      : g_strdup(_("never"));
        pen_field_right(&p, messages, 10, quiet);
        pen_blank(&p, 2, quiet);
        pen_field(&p, role_words(n->role), 10, quiet);
        pen_field(&p, synced, 12, quiet);
    }
    pen_rest(&p, cursor ? look : quiet);
}

static void view_draw(view *base, rect area)
{
    folder_view *v = (folder_view *)base;
    const GPtrArray *shown = tree(v)->shown;
    find_cursor(v);
    if (shown->len == 0) {
        pen p = pen_at(area.row + 2, area.col + 3, area.ncols - 4);
        pen_text(&p, _("No folders are known yet."), -1,
                 style_over(theme_look(base->ui->theme, LOOK_NORMAL),
                            theme_look(base->ui->theme, LOOK_NOTE)));
        return;
    }
    draw_heading(v, (rect){ area.row, area.col, 1, area.ncols });
    area.row++;
    v->nrows = --area.nrows;
    if (v->cursor < v->top)
        v->top = v->cursor;
    if (v->cursor >= v->top + (guint)area.nrows)
        v->top = v->cursor - (guint)area.nrows + 1;
    for (int i = 0; i < area.nrows && v->top + (guint)i < shown->len; i++) {
        guint at = v->top + (guint)i;
        draw_entry(v, shown->pdata[at], (rect){ area.row + i, area.col, 1, area.ncols },
                   at == v->cursor);
        if (at == v->cursor)
            term_cursor(area.row + i, area.col, conf_bool(base->ui->conf, "accessible"));
    }
}

static void view_title(view *base, GString *left, GString *right)
{
    g_string_append(left, _("Folders"));
}

static void view_place(view *base, GString *out)
{
    folder_view *v = (folder_view *)base;
    g_string_append_printf(out, _("%u of %u"), v->cursor + 1, tree(v)->shown->len);
}

static void view_move(view *base, view_motion motion, int n)
{
    folder_view *v = (folder_view *)base;
    int page = MAX(v->nrows - 1, 1);
    switch (motion) {
    case MOVE_LINE:
        set_cursor(v, (int)v->cursor + n);
        break;
    case MOVE_HALF:
        set_cursor(v, (int)v->cursor + n * MAX(page / 2, 1));
        break;
    case MOVE_PAGE:
        set_cursor(v, (int)v->cursor + n * page);
        break;
    case MOVE_END:
        set_cursor(v, n < 0 ? 0 : G_MAXINT / 2);
        break;
    }
}

static bool view_search(view *base, const char *text, bool backwards, GError **error)
{
    folder_view *v = (folder_view *)base;
    const GPtrArray *shown = tree(v)->shown;
    if (text != NULL) {
        g_free(v->pattern);
        v->pattern = text_fold(text);
    }
    for (guint i = 1; v->pattern != NULL && i <= shown->len; i++) {
        guint at =
            backwards ? (v->cursor + shown->len - i) % shown->len : (v->cursor + i) % shown->len;
        if (text_contains_folded(((node *)shown->pdata[at])->label, v->pattern)) {
            set_cursor(v, (int)at);
            return true;
        }
    }
    ui_say(base->ui, _("No folder has this in its name."));
    return true;
}

/* Row 0 are the names of the columns. */
static void view_click(view *base, int row)
{
    folder_view *v = (folder_view *)base;
    int at = (int)v->top + row - 1;
    if (row < 1 || at >= (int)tree(v)->shown->len)
        return;
    if (at == (int)v->cursor)
        ui_run_text(base->ui, "open-folder");
    else
        set_cursor(v, at);
}

static void view_free(view *base)
{
    g_free(((folder_view *)base)->pattern);
    g_free(((folder_view *)base)->awaited);
    g_free(base);
}

static const view_class folders_class = {
    .context = CONTEXT_FOLDERS,
    .hints = "help open-folder create-folder rename-folder delete-folder fold-folder search sync back",
    .draw = view_draw,
    .title = view_title,
    .place = view_place,
    .move = view_move,
    .search = view_search,
    .click = view_click,
    .free = view_free,
};

view *folders_view_new(ui *u)
{
    folder_view *v = g_new0(folder_view, 1);
    v->base = (view){ &folders_class, u };
    v->id = index_folder(u->index);
    find_cursor(v);
    return &v->base;
}

/* ---- for the commands */

guint32 folders_view_selected(view *base)
{
    folder_view *v = (folder_view *)base;
    const GPtrArray *shown = tree(v)->shown;
    const node *n = v->cursor < shown->len ? shown->pdata[v->cursor] : NULL;
    return n != NULL && n->selectable ? n->id : 0;
}

guint32 folders_view_id(view *base)
{
    folder_view *v = (folder_view *)base;
    const GPtrArray *shown = tree(v)->shown;
    return v->cursor < shown->len ? ((node *)shown->pdata[v->cursor])->id : 0;
}

const char *folders_view_account(view *base)
{
    folder_view *v = (folder_view *)base;
    const GPtrArray *shown = tree(v)->shown;
    return v->cursor < shown->len ? ((node *)shown->pdata[v->cursor])->account : NULL;
}

void folders_view_await(view *base, const char *name)
{
    folder_view *v = (folder_view *)base;
    g_free(v->awaited);
    v->awaited = g_strdup(name);
}

bool folders_view_fold(view *base)
{
    folder_view *v = (folder_view *)base;
    folder_tree *t = tree(v);
    node *n = v->cursor < t->shown->len ? t->shown->pdata[v->cursor] : NULL;
    if (n == NULL || n->children == NULL)
        return false;
    if (!g_hash_table_remove(t->folded, folder_node_key(n)))
        g_hash_table_add(t->folded, folder_node_key(n));
    folders_refresh_shown(t);
    ui_dirty(base->ui);
    return true;
}
