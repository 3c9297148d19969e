/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tree of folders behind the sidebar and the folder view: built from mtm's list whenever that changes,
 * folds and places kept by id. */
#include "ui/folders.h"

#include "base/clock.h"
#include "base/fold.h"
#include "base/i18n.h"
#include "text/cells.h"
#include "text/date.h"
#include "text/sanitise.h"
#include "ui/index.h"

#include <string.h>

/* Deeper folders are not indented further. */
#define DEPTH_MAX 20

typedef struct node {
    guint32 id;          /* folder id, 0: an account's heading or a level that is no folder */
    bool heading;
    const char *account; /* interned */
    const char *path;    /* interned; of a level that is no folder */
    char *label;         /* sanitised */
    folder_role role;
    bool selectable;
    guint32 unseen, messages;
    gint64 synced_at_s;
    int depth;           /* 0 for headings and for top folders */
    GPtrArray *children; /* of node, not owning; NULL none */
} node;

struct folder_tree {
    ui *ui;
    GPtrArray *nodes;    /* of node, owning, in tree order */
    GPtrArray *shown;    /* of node: without what is folded away */
    GHashTable *folded;  /* folder id, or account name (interned) */
    guint32 marked;      /* in the sidebar; 0: follows the open folder */
    guint top;           /* first row of the sidebar */
};

static void node_free(gpointer data)
{
    node *n = data;
    if (n->children != NULL)
        g_ptr_array_unref(n->children);
    g_free(n->label);
    g_free(n);
}

static gpointer fold_key(const node *n)
{
    return n->id != 0 ? GUINT_TO_POINTER(n->id) : (gpointer)(n->heading ? n->account : n->path);
}

static bool is_folded(const folder_tree *t, const node *n)
{
    return n->children != NULL && g_hash_table_contains(t->folded, fold_key(n));
}

/* ---- building */

static node *node_of_folder(const folder *f)
{
    node *n = g_new0(node, 1);
    n->id = f->id;
    n->account = g_intern_string(f->account_name);
    n->role = f->role;
    n->selectable = f->selectable;
    n->unseen = f->unseen;
    n->messages = f->messages;
    n->synced_at_s = f->synced_at_s;
    return n;
}

static void add_child(node *parent, node *child)
{
    if (parent->children == NULL)
        parent->children = g_ptr_array_new();
    g_ptr_array_add(parent->children, child);
}

/* One account while it is built. */
typedef struct builder {
    folder_tree *tree;
    node *heading;
    GHashTable *by_name; /* full name -> node */
    GHashTable *levels;  /* name of a level -> how many folders lie below it */
} builder;

/* "a/b/c" -> "a/b"; false at the top. */
static bool cut_level(char *name)
{
    char *slash = strrchr(name, '/');
    if (slash != NULL)
        *slash = '\0';
    return slash != NULL;
}

static void attach(builder *b, node *n, const char *name);

/* A level that is no folder itself gets a row when several folders lie below it. */
static node *level_node(builder *b, const char *name)
{
    node *n = g_hash_table_lookup(b->by_name, name);
    if (n != NULL || GPOINTER_TO_UINT(g_hash_table_lookup(b->levels, name)) < 2)
        return n;
    g_autofree char *path = g_strdup_printf("%s/%s", b->heading->account, name);
    n = g_new0(node, 1);
    n->account = b->heading->account;
    n->path = g_intern_string(path);
    g_ptr_array_add(b->tree->nodes, n);
    g_hash_table_insert(b->by_name, g_strdup(name), n);
    attach(b, n, name);
    return n;
}

/* Below the nearest level that has a row; the label is what remains of the name. */
static void attach(builder *b, node *n, const char *name)
{
    g_autofree char *above = g_strdup(name);
    node *parent = NULL;
    while (parent == NULL && cut_level(above))
        parent = level_node(b, above);
    const char *rest = parent != NULL ? name + strlen(above) + 1 : name;
    n->label = n->role == ROLE_INBOX ? g_strdup(_("Inbox")) : text_sanitise_line(rest, -1);
    add_child(parent != NULL ? parent : b->heading, n);
}

static void count_levels(builder *b, const char *name)
{
    g_autofree char *above = g_strdup(name);
    while (cut_level(above)) {
        guint n = GPOINTER_TO_UINT(g_hash_table_lookup(b->levels, above));
        g_hash_table_insert(b->levels, g_strdup(above), GUINT_TO_POINTER(n + 1));
    }
}

static void build_account(folder_tree *t, const char *account, const GPtrArray *folders)
{
    builder b = { .tree = t, .heading = g_new0(node, 1) };
    b.by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    b.levels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    b.heading->heading = true;
    b.heading->account = g_intern_string(account);
    b.heading->label = text_sanitise_line(account, -1);
    g_ptr_array_add(t->nodes, b.heading);
    /* Roles come first, so a parent may come after its children: two turns. */
    for (guint i = 0; i < folders->len; i++) {
        const folder *f = folders->pdata[i];
        if (strcmp(f->account_name, account) != 0)
            continue;
        node *n = node_of_folder(f);
        g_ptr_array_add(t->nodes, n);
        g_hash_table_insert(b.by_name, g_strdup(f->name), n);
        count_levels(&b, f->name);
    }
    for (guint i = 0; i < folders->len; i++) {
        const folder *f = folders->pdata[i];
        if (strcmp(f->account_name, account) == 0)
            attach(&b, g_hash_table_lookup(b.by_name, f->name), f->name);
    }
    g_hash_table_unref(b.by_name);
    g_hash_table_unref(b.levels);
}

static void flatten(folder_tree *t, node *n, int depth, GPtrArray *order)
{
    n->depth = MIN(depth, DEPTH_MAX);
    g_ptr_array_add(order, n);
    for (guint i = 0; n->children != NULL && i < n->children->len; i++)
        flatten(t, n->children->pdata[i], n->heading ? 0 : depth + 1, order);
}

static void refresh_shown(folder_tree *t)
{
    g_ptr_array_set_size(t->shown, 0);
    int hidden_below = -1;       /* children deeper than this are folded away */
    bool account_folded = false;
    for (guint i = 0; i < t->nodes->len; i++) {
        node *n = t->nodes->pdata[i];
        if (n->heading) {
            account_folded = is_folded(t, n);
            hidden_below = -1;
            g_ptr_array_add(t->shown, n);
            continue;
        }
        if (account_folded || (hidden_below >= 0 && n->depth > hidden_below))
            continue;
        hidden_below = is_folded(t, n) ? n->depth : -1;
        g_ptr_array_add(t->shown, n);
    }
}

void folders_update(folder_tree *t)
{
    const GPtrArray *folders = mtm_folders(t->ui->mtm);
    g_autoptr(GPtrArray) order = g_ptr_array_new();
    g_ptr_array_set_size(t->shown, 0);
    g_ptr_array_set_size(t->nodes, 0);
    for (guint i = 0; i < mtm_account_count(t->ui->mtm); i++) {
        const account_settings *a = mtm_account(t->ui->mtm, i);
        if (a != NULL && folders != NULL)
            build_account(t, a->name, folders);
    }
    for (guint i = 0; i < t->nodes->len; i++)
        if (((node *)t->nodes->pdata[i])->heading)
            flatten(t, t->nodes->pdata[i], 0, order);
    /* The same nodes, in tree order. */
    g_ptr_array_set_free_func(t->nodes, NULL);
    g_ptr_array_set_size(t->nodes, 0);
    for (guint i = 0; i < order->len; i++)
        g_ptr_array_add(t->nodes, order->pdata[i]);
    g_ptr_array_set_free_func(t->nodes, node_free);
    refresh_shown(t);
}

folder_tree *folders_new(ui *u)
{
    folder_tree *t = g_new0(folder_tree, 1);
    t->ui = u;
    t->nodes = g_ptr_array_new_with_free_func(node_free);
    t->shown = g_ptr_array_new();
    t->folded = g_hash_table_new(g_direct_hash, g_direct_equal);
    return t;
}

void folders_free(folder_tree *t)
{
    g_ptr_array_unref(t->shown);
    g_ptr_array_unref(t->nodes);
    g_hash_table_unref(t->folded);
    g_free(t);
}

/* ---- what others ask */

/* Is unread mail in it worth a look? */
static bool calls(const node *n)
{
    return n->role != ROLE_JUNK && n->role != ROLE_TRASH;
}

guint32 folders_next_unread(folder_tree *t, guint32 from)
{
    guint start = 0, n = t->nodes->len;
    for (guint i = 0; i < n; i++)
        if (((node *)t->nodes->pdata[i])->id == from)
            start = i + 1;
    for (guint i = 0; i < n; i++) {
        const node *one = t->nodes->pdata[(start + i) % n];
        if (one->id != 0 && one->id != from && one->selectable && one->unseen > 0 && calls(one))
            return one->id;
    }
    return 0;
}

static guint32 current(const folder_tree *t)
{
    return t->marked != 0 ? t->marked : index_folder(t->ui->index);
}

static guint shown_index(const folder_tree *t, guint32 id)
{
    for (guint i = 0; i < t->shown->len; i++)
        if (((node *)t->shown->pdata[i])->id == id)
            return i;
    return 0;
}

void folders_mark_move(folder_tree *t, int n)
{
    int at = (int)shown_index(t, current(t)), step = n < 0 ? -1 : 1;
    for (at += step; at >= 0 && at < (int)t->shown->len; at += step) {
        const node *one = t->shown->pdata[at];
        if (one->id != 0 && one->selectable) {
            t->marked = one->id;
            break;
        }
    }
    ui_dirty(t->ui);
}

guint32 folders_marked(const folder_tree *t)
{
    return t->marked;
}

void folders_mark_clear(folder_tree *t)
{
    t->marked = 0;
}

/* ---- drawing */

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
    look = style_over(look, theme_look(th, unseen > 0 && calls(n) ? LOOK_FOLDER_UNREAD : LOOK_FOLDER));
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
    bool folded = is_folded(t, n);
    guint32 unseen = unseen_with_hidden(t, n, folded);
    g_autofree char *count = unseen > 0 ? ui_number(unseen) : g_strdup("");
    int count_cols = MAX(text_columns(count, -1), 3);
    const char *mark = n->children == NULL ? " " : folded ? canvas_mark("▸", "+") : canvas_mark("▾", "-");
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
    guint at = shown_index(t, current(t));
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
        term_style look = node_look(t, n, unseen_with_hidden(t, n, is_folded(t, n)));
        pen p = pen_at(area.row + i, area.col, area.ncols);
        bool marked = n->id != 0 && n->id == t->marked && n->id != index_folder(t->ui->index);
        pen_text(&p, marked ? canvas_mark("›", ">") : " ", -1, look);
        draw_name(t, n, &p, area.ncols - 1, look);
    }
}

/* ---- the view of its own */

typedef struct folder_view {
    view base;
    guint cursor, top;   /* into shown */
    guint32 id;          /* of the row under the cursor, so that it stays when the list changes */
    gpointer key;        /* where it is no folder */
    int nrows;
    char *pattern;
} folder_view;

static folder_tree *tree(const folder_view *v)
{
    return v->base.ui->folders;
}

static void find_cursor(folder_view *v)
{
    const GPtrArray *shown = tree(v)->shown;
    for (guint i = 0; i < shown->len; i++) {
        const node *n = shown->pdata[i];
        if (n->id == v->id && (n->id != 0 || fold_key(n) == v->key))
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
    v->key = fold_key(n);
    ui_dirty(v->base.ui);
}

static const char *role_words(folder_role role)
{
    switch (role) {
    case ROLE_INBOX: return _("inbox");
    case ROLE_DRAFTS: return _("drafts");
    case ROLE_SENT: return _("sent");
    case ROLE_ARCHIVE: return _("archive");
    case ROLE_ALL: return _("all mail");
    case ROLE_FLAGGED: return _("flagged");
    case ROLE_JUNK: return _("junk");
    case ROLE_TRASH: return _("trash");
    case ROLE_NONE: break;
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
    term_style look = node_look(tree(v), n, unseen_with_hidden(tree(v), n, is_folded(tree(v), n)));
    term_style quiet = style_over(theme_look(th, LOOK_NORMAL), theme_look(th, LOOK_DATE));
    if (cursor)
        look = quiet = theme_on_cursor(th, look);
    pen p = pen_at(line.row, line.col, line.ncols);
    pen_blank(&p, 1, look);
    draw_name(tree(v), n, &p, name_cols(line), look);
    if (n->id != 0 && n->selectable) {
        g_autofree char *messages = ui_number(n->messages);
        g_autofree char *synced = n->synced_at_s > 0 ? text_date_short(n->synced_at_s, clock_now_s()) : g_strdup(_("never"));
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
                 style_over(theme_look(base->ui->theme, LOOK_NORMAL), theme_look(base->ui->theme, LOOK_NOTE)));
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
        draw_entry(v, shown->pdata[at], (rect){ area.row + i, area.col, 1, area.ncols }, at == v->cursor);
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
    case MOVE_LINE: set_cursor(v, (int)v->cursor + n); break;
    case MOVE_HALF: set_cursor(v, (int)v->cursor + n * MAX(page / 2, 1)); break;
    case MOVE_PAGE: set_cursor(v, (int)v->cursor + n * page); break;
    case MOVE_END: set_cursor(v, n < 0 ? 0 : G_MAXINT / 2); break;
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
        guint at = backwards ? (v->cursor + shown->len - i) % shown->len : (v->cursor + i) % shown->len;
        if (text_contains_folded(((node *)shown->pdata[at])->label, v->pattern)) {
            set_cursor(v, (int)at);
            return true;
        }
    }
    ui_say(base->ui, _("No folder has this in its name."));
    return true;
}

static void view_free(view *base)
{
    g_free(((folder_view *)base)->pattern);
    g_free(base);
}

static const view_class folders_class = {
    .context = CONTEXT_FOLDERS,
    .hints = "help open-folder fold-folder search sync back",
    .draw = view_draw,
    .title = view_title,
    .place = view_place,
    .move = view_move,
    .search = view_search,
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

bool folders_view_fold(view *base)
{
    folder_view *v = (folder_view *)base;
    folder_tree *t = tree(v);
    node *n = v->cursor < t->shown->len ? t->shown->pdata[v->cursor] : NULL;
    if (n == NULL || n->children == NULL)
        return false;
    if (!g_hash_table_remove(t->folded, fold_key(n)))
        g_hash_table_add(t->folded, fold_key(n));
    refresh_shown(t);
    ui_dirty(base->ui);
    return true;
}
