/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tree of folders behind the sidebar and the folder view: built from mtm's list whenever that
 * changes, folds and places kept by id. */
#include "base/i18n.h"
#include "text/sanitise.h"
#include "ui/folders-private.h"
#include "ui/index.h"

#include <string.h>

/* Deeper folders are not indented further. */
#define DEPTH_MAX 20

static void node_free(gpointer data)
{
    node *n = data;
    if (n->children != NULL)
        g_ptr_array_unref(n->children);
    g_free(n->label);
    g_free(n);
}

gpointer folder_node_key(const node *n)
{
    return n->id != 0 ? GUINT_TO_POINTER(n->id) : (gpointer)(n->heading ? n->account : n->path);
}

bool folder_node_folded(const folder_tree *t, const node *n)
{
    return n->children != NULL && g_hash_table_contains(t->folded, folder_node_key(n));
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

void folders_refresh_shown(folder_tree *t)
{
    g_ptr_array_set_size(t->shown, 0);
    int hidden_below = -1; /* children deeper than this are folded away */
    bool account_folded = false;
    for (guint i = 0; i < t->nodes->len; i++) {
        node *n = t->nodes->pdata[i];
        if (n->heading) {
            account_folded = folder_node_folded(t, n);
            hidden_below = -1;
            g_ptr_array_add(t->shown, n);
            continue;
        }
        if (account_folded || (hidden_below >= 0 && n->depth > hidden_below))
            continue;
        hidden_below = folder_node_folded(t, n) ? n->depth : -1;
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
    folders_refresh_shown(t);
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

bool folder_node_calls(const node *n)
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
        if (one->id != 0 && one->id != from && one->selectable && one->unseen > 0 &&
            folder_node_calls(one))
            return one->id;
    }
    return 0;
}

guint32 folders_current(const folder_tree *t)
{
    return t->marked != 0 ? t->marked : index_folder(t->ui->index);
}

guint folders_shown_index(const folder_tree *t, guint32 id)
{
    for (guint i = 0; i < t->shown->len; i++)
        if (((node *)t->shown->pdata[i])->id == id)
            return i;
    return 0;
}

void folders_mark_move(folder_tree *t, int n)
{
    int at = (int)folders_shown_index(t, folders_current(t)), step = n < 0 ? -1 : 1;
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

void folders_click(folder_tree *t, int row)
{
    guint at = t->top + (guint)row;
    const node *n = at < t->shown->len ? t->shown->pdata[at] : NULL;
    GError *error = NULL;
    if (n == NULL || n->id == 0 || !n->selectable)
        return;
    if (!t->ui->face.open_folder(&t->ui->face, n->id, &error))
        ui_warn_error(t->ui, error);
}

void folders_mark_clear(folder_tree *t)
{
    t->marked = 0;
}
