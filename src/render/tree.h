/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An HTML text as a tree whose every element knows what layout needs to know before it comes to
 * it. */
#ifndef CURSUS_RENDER_TREE_H
#define CURSUS_RENDER_TREE_H

#include "render/css.h"
#include "render/tags.h"

#include <glib.h>
#include <libxml/HTMLparser.h>
#include <stdbool.h>

/* Of one element; lies in node->_private. */
typedef struct element {
    tag tag;
    css_style css;
    bool hidden;    /* this text is not shown: display, or inherited visibility or size */
    bool skipped;   /* nor anything below it */
    bool has_block; /* below it: what does not fit into a line of text */
    bool has_table; /* below it */
    guint32 nchars; /* shown characters below it, white space as one */
} element;

typedef struct tree {
    htmlDocPtr doc;
    xmlNode *root; /* NULL: an empty page */
    GPtrArray *elements;
    GHashTable *specks; /* address of a picture that is not to be seen -> how often */
    guint npictures;    /* on other machines */
    guint ntrackers;    /* of them, not to be seen and asked for once */
    guint nhidden;      /* elements that hide a text */
} tree;

/* Parse UTF-8; anything is some tree.  NULL: no memory. */
tree *tree_new(const char *html, gsize nbytes);
void tree_free(tree *t);
const element *tree_element(const xmlNode *node);
/* An attribute's text, NULL when absent; g_free. */
char *tree_attribute(const xmlNode *node, const char *name);
/* A picture nobody can see. */
bool tree_is_speck(const xmlNode *img);
bool tree_is_remote(const char *url);

#endif
