/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One thread as rows: each entry below its nearest ancestor that is shown; what has none goes below
 * the oldest, so that a thread is one tree.  No recursion: a thread may be a chain of 100,000. */
#include "store/view.h"

#define SMALL_THREAD 8 /* nodes are searched one by one up to here */

typedef struct tree_link {
    guint32 parent, child, next; /* entry index + 1; 0: none */
} tree_link;

typedef struct node_index {
    guint32 node, index;
} node_index;

struct view_tree {
    store *s;
    GArray *links;   /* of tree_link, one an entry */
    GArray *by_node; /* of node_index, sorted; for threads that are not small */
    GHashTable
        *skipped; /* nodes that are not shown: entry index + 1 of their nearest shown ancestor */
    GArray *path; /* guint32: nodes on the way up */
};

view_tree *view_tree_new(store *s)
{
    view_tree *t = g_new0(view_tree, 1);
    t->s = s;
    t->links = g_array_new(FALSE, TRUE, sizeof(tree_link));
    t->by_node = g_array_new(FALSE, FALSE, sizeof(node_index));
    t->skipped = g_hash_table_new(NULL, NULL);
    t->path = g_array_new(FALSE, FALSE, sizeof(guint32));
    return t;
}

void view_tree_free(view_tree *t)
{
    if (t == NULL)
        return;
    g_array_unref(t->links);
    g_array_unref(t->by_node);
    g_array_unref(t->path);
    g_hash_table_unref(t->skipped);
    g_free(t);
}

static int compare_nodes(gconstpointer a, gconstpointer b)
{
    const node_index *x = a, *y = b;
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static void index_nodes(view_tree *t, const view_entry *entries, guint n)
{
    g_array_set_size(t->by_node, n);
    for (guint i = 0; i < n; i++)
        g_array_index(t->by_node, node_index, i) = (node_index){ entries[i].node, i };
    g_array_sort(t->by_node, compare_nodes);
}

/* Entry index + 1 of a node, a shown one where there are several (copies in other folders). */
static guint32 find_entry(const view_tree *t, const view_entry *entries, guint n, guint32 node)
{
    guint32 found = 0;
    if (n <= SMALL_THREAD) {
        for (guint i = n; i-- > 0;)
            if (entries[i].node == node && (found == 0 || entries[i].id != 0))
                found = i + 1;
        return found;
    }
    guint low = 0, high = n;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(t->by_node, node_index, middle).node < node)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < n && g_array_index(t->by_node, node_index, low).node == node; low++) {
        guint32 index = g_array_index(t->by_node, node_index, low).index;
        if (found == 0 || (entries[index].id != 0 && entries[found - 1].id == 0))
            found = index + 1;
    }
    return found;
}

/* Entry index + 1 of the nearest shown ancestor, beginning with node itself; 0 none.  Nodes that
 * are not among the entries are only referred to, or lie in other folders: the table has their
 * parents. */
static bool shown_ancestor(view_tree *t, const view_entry *entries, guint n, guint32 node,
                           guint32 *found, GError **error)
{
    g_array_set_size(t->path, 0);
    *found = 0;
    while (node != 0) {
        gpointer known;
        if (g_hash_table_lookup_extended(t->skipped, GUINT_TO_POINTER(node), NULL, &known)) {
            *found = GPOINTER_TO_UINT(known);
            break;
        }
        guint32 at = find_entry(t, entries, n, node);
        if (at != 0 && entries[at - 1].id != 0) {
            *found = at;
            break;
        }
        /* Known as a dead end while the walk goes on: so a loop, which damage could make, ends it.
         */
        g_hash_table_insert(t->skipped, GUINT_TO_POINTER(node), NULL);
        g_array_append_val(t->path, node);
        gint64 parent = 0;
        if (at != 0)
            parent = entries[at - 1].parent;
        else if (db_one(&t->s->d, "SELECT parent FROM node WHERE id = ?1", VALUES(V(node)), &parent,
                        error) < 0)
            return false;
        node = (guint32)parent;
    }
    for (guint i = 0; i < t->path->len; i++)
        g_hash_table_insert(t->skipped, GUINT_TO_POINTER(g_array_index(t->path, guint32, i)),
                            GUINT_TO_POINTER(*found));
    return true;
}

static tree_link *link_at(view_tree *t, guint32 index_1)
{
    return &g_array_index(t->links, tree_link, index_1 - 1);
}

/* Fill links; *root is the oldest of those without a shown ancestor. */
static bool link_entries(view_tree *t, const view_entry *entries, guint n, guint32 *root,
                         GError **error)
{
    g_array_set_size(t->links, 0);
    g_array_set_size(t->links, n);
    g_hash_table_remove_all(t->skipped);
    if (n > SMALL_THREAD)
        index_nodes(t, entries, n);
    *root = 0;
    for (guint32 i = 1; i <= n; i++) {
        guint32 parent = 0;
        if (entries[i - 1].id == 0)
            continue;
        if (!shown_ancestor(t, entries, n, entries[i - 1].parent, &parent, error))
            return false;
        if (parent == 0 && *root == 0)
            *root = i;
        link_at(t, i)->parent = parent;
    }
    /* The newest first, each put before its siblings. */
    for (guint32 i = n; i > 0; i--) {
        if (entries[i - 1].id == 0 || i == *root)
            continue;
        tree_link *l = link_at(t, i);
        if (l->parent == 0)
            l->parent = *root;
        l->next = link_at(t, l->parent)->child;
        link_at(t, l->parent)->child = i;
    }
    return true;
}

static guint64 bar(guint depth)
{
    return depth < 64 ? G_GUINT64_CONSTANT(1) << depth : 0;
}

static void emit_tree(view_tree *t, const view_entry *entries, guint32 root, GArray *rows)
{
    guint depth = 0;
    guint64 bars = 0; /* of the row at hand: ancestors with a sibling below */
    for (guint32 at = root;;) {
        const tree_link *l = link_at(t, at);
        view_row row = {
            .id = entries[at - 1].id,
            .depth = (guint16)MIN(depth, G_MAXUINT16),
            .last = l->next == 0,
            .thread_start = depth == 0,
            .bars = bars,
        };
        g_array_append_val(rows, row);
        if (l->child != 0) {
            if (l->next != 0)
                bars |= bar(depth);
            depth++;
            at = l->child;
            continue;
        }
        while (at != root && link_at(t, at)->next == 0) {
            at = link_at(t, at)->parent;
            depth--;
            bars &= ~bar(depth);
        }
        if (at == root)
            return;
        at = link_at(t, at)->next;
    }
}

bool view_tree_rows(view_tree *t, const view_entry *entries, guint n, GArray *rows, GError **error)
{
    if (n == 1) {
        if (entries[0].id != 0)
            g_array_append_val(rows,
                               ((view_row){ .id = entries[0].id, .last = 1, .thread_start = 1 }));
        return true;
    }
    guint32 root;
    if (!link_entries(t, entries, n, &root, error))
        return false;
    if (root != 0)
        emit_tree(t, entries, root, rows);
    return true;
}
