/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tree is libxml2's.  Two walks without recursion, since a stranger chose its depth: one for
 * the style sheets, one that judges every element on the way down and sums up on the way back. */
#include "render/tree.h"

#include <stdlib.h>
#include <string.h>

#define PARSE_HUGE (1 << 19) /* XML_PARSE_HUGE: without it a mail ends, silently, at depth 256 */

const element *tree_element(const xmlNode *node)
{
    return node->_private;
}

char *tree_attribute(const xmlNode *node, const char *name)
{
    xmlChar *value = xmlGetNoNsProp((xmlNode *)node, (const xmlChar *)name);
    char *copy = g_strdup((const char *)value);
    xmlFree(value);
    return copy;
}

bool tree_is_remote(const char *url)
{
    return g_ascii_strncasecmp(url, "http://", 7) == 0 ||
           g_ascii_strncasecmp(url, "https://", 8) == 0 || strncmp(url, "//", 2) == 0;
}

static bool is_small(const xmlNode *img, const char *name)
{
    g_autofree char *value = tree_attribute(img, name);
    return value && g_ascii_isdigit(*value) && strchr(value, '%') == NULL &&
           g_ascii_strtoull(value, NULL, 10) <= 2;
}

bool tree_is_speck(const xmlNode *img)
{
    return is_small(img, "width") || is_small(img, "height");
}

/* ---- judging */

/* Preformatted and hidden by attribute. */
static void take_attributes(const css_sheet *sheet, const xmlNode *node, element *e)
{
    g_autofree char *class_list = tree_attribute(node, "class");
    g_autofree char *id = tree_attribute(node, "id");
    g_autofree char *style = tree_attribute(node, "style");
    g_autofree char *hidden = tree_attribute(node, "hidden");
    if (hidden)
        e->css.gone = CSS_YES;
    css_sheet_apply(sheet, &e->css, (const char *)node->name, class_list, id);
    if (style)
        css_declarations(&e->css, style, strlen(style));
}

static bool inherits(css_answer own, bool outside)
{
    return own == CSS_UNSAID ? outside : own == CSS_YES;
}

typedef struct judgement {
    bool invisible, tiny; /* as inherited, one an open element */
} judgement;

static bool is_blockish(const element *e)
{
    switch (e->tag) {
    case TAG_BLOCK:
    case TAG_PARAGRAPH:
    case TAG_BLOCKQUOTE:
    case TAG_HEADING:
    case TAG_HR:
    case TAG_LI:
    case TAG_OL:
    case TAG_UL:
    case TAG_PRE:
    case TAG_DD:
    case TAG_DT:
    case TAG_TABLE:
    case TAG_BR:
        return e->css.block != CSS_NO || e->tag == TAG_BR;
    default:
        return e->css.block == CSS_YES;
    }
}

/* Characters that leave a mark. */
static guint32 count_characters(const xmlNode *text)
{
    guint32 n = 0;
    for (const guchar *p = text->content; p && *p && n < G_MAXUINT16; p++) {
        if (*p == 0xc2 && p[1] == 0xa0) /* no-break space */
            p++;
        else if (*p > ' ' && (*p & 0xc0) != 0x80)
            n++;
    }
    return n;
}

/* A picture too small to be seen, or hidden, is there to be fetched.  The spacers of old layouts
 * are, too, but those come again and again: only what is asked for once knows who asks. */
static void count_picture(tree *t, const xmlNode *node)
{
    g_autofree char *src = tree_attribute(node, "src");
    if (!src || !tree_is_remote(src))
        return;
    t->npictures++;
    bool pixel = is_small(node, "width") && is_small(node, "height");
    if (!pixel && !tree_element(node)->hidden)
        return;
    guint before = GPOINTER_TO_UINT(g_hash_table_lookup(t->specks, src));
    if (before == 0)
        t->ntrackers++;
    else if (before == 1)
        t->ntrackers--;
    g_hash_table_insert(t->specks, g_steal_pointer(&src), GUINT_TO_POINTER(before + 1));
}

static element *judge(tree *t, const css_sheet *sheet, xmlNode *node, const judgement *outside,
                      judgement *inside)
{
    element *e = g_new0(element, 1);
    g_ptr_array_add(t->elements, e);
    node->_private = e;
    e->tag = tag_of((const char *)node->name);
    if (node->properties || e->tag != TAG_OTHER)
        take_attributes(sheet, node, e);
    inside->invisible = inherits(e->css.invisible, outside->invisible);
    inside->tiny = inherits(e->css.tiny, outside->tiny);
    e->skipped = e->tag == TAG_SILENT || e->tag == TAG_STYLE || e->css.gone == CSS_YES;
    const element *parent = node->parent ? node->parent->_private : NULL;
    if (parent && node->parent->type == XML_ELEMENT_NODE)
        e->skipped = e->skipped || parent->skipped;
    e->hidden = e->skipped || inside->invisible || inside->tiny;
    if (e->tag == TAG_IMG)
        count_picture(t, node);
    return e;
}

/* An element is done: its parent learns what is in it. */
static void sum_up(tree *t, const xmlNode *node)
{
    element *e = node->_private;
    element *parent =
        node->parent && node->parent->type == XML_ELEMENT_NODE ? node->parent->_private : NULL;
    if (!parent || e->skipped)
        return;
    guint64 nchars = (guint64)parent->nchars + e->nchars;
    parent->nchars = (guint32)MIN(nchars, G_MAXUINT32);
    parent->has_table = parent->has_table || e->has_table || e->tag == TAG_TABLE;
    parent->has_block = parent->has_block || e->has_block || is_blockish(e);
}

/* Text that a style hides and its parent's does not: counted once a hiding element. */
static void count_hidden(tree *t, const xmlNode *node, const element *e)
{
    const element *parent =
        node->parent && node->parent->type == XML_ELEMENT_NODE ? node->parent->_private : NULL;
    bool by_style = e->tag != TAG_SILENT && e->tag != TAG_STYLE && e->hidden;
    if (!by_style || (parent && parent->hidden))
        return;
    for (const xmlNode *child = node->children; child; child = child->next)
        if (child->type == XML_TEXT_NODE && count_characters(child) > 0) {
            t->nhidden++;
            return;
        }
}

static void take_text(const xmlNode *node)
{
    element *parent =
        node->parent && node->parent->type == XML_ELEMENT_NODE ? node->parent->_private : NULL;
    if (parent && !parent->hidden)
        parent->nchars += count_characters(node);
}

static void walk(tree *t, const css_sheet *sheet)
{
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(judgement));
    judgement now = { false, false };
    for (xmlNode *node = t->root; node;) {
        if (node->type == XML_ELEMENT_NODE) {
            judgement inside;
            const element *e = judge(t, sheet, node, &now, &inside);
            count_hidden(t, node, e);
            if (node->children) {
                g_array_append_val(open, now);
                now = inside;
                node = node->children;
                continue;
            }
            sum_up(t, node);
        } else if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) {
            take_text(node);
        }
        while (node != t->root && !node->next) {
            node = node->parent;
            sum_up(t, node);
            now = g_array_index(open, judgement, open->len - 1);
            g_array_set_size(open, open->len - 1);
        }
        node = node == t->root ? NULL : node->next;
    }
}

/* ---- sheets */

static xmlNode *next_in_order(const xmlNode *root, xmlNode *node)
{
    if (node->type == XML_ELEMENT_NODE && node->children)
        return node->children;
    while (node != root && !node->next)
        node = node->parent;
    return node == root ? NULL : node->next;
}

static css_sheet *collect_sheets(xmlNode *root)
{
    css_sheet *sheet = css_sheet_new();
    for (xmlNode *node = root; node; node = next_in_order(root, node)) {
        if (node->type != XML_ELEMENT_NODE || strcmp((const char *)node->name, "style") != 0)
            continue;
        for (const xmlNode *text = node->children; text; text = text->next)
            if (text->content)
                css_sheet_add(sheet, (const char *)text->content,
                              strlen((const char *)text->content));
    }
    return sheet;
}

tree *tree_new(const char *html, gsize nbytes)
{
    tree *t = g_new0(tree, 1);
    t->elements = g_ptr_array_new_with_free_func(g_free);
    t->specks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    t->doc = htmlReadMemory(html, (int)nbytes, NULL, "UTF-8",
                            HTML_PARSE_RECOVER | HTML_PARSE_NONET | HTML_PARSE_NOERROR |
                                HTML_PARSE_NOWARNING | PARSE_HUGE);
    t->root = t->doc ? xmlDocGetRootElement(t->doc) : NULL;
    if (t->root) {
        css_sheet *sheet = collect_sheets(t->root);
        walk(t, sheet);
        css_sheet_free(sheet);
    }
    return t;
}

void tree_free(tree *t)
{
    if (!t)
        return;
    xmlFreeDoc(t->doc);
    g_ptr_array_unref(t->elements);
    g_hash_table_unref(t->specks);
    g_free(t);
}
