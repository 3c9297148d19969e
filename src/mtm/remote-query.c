/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A query as JSON: its nodes one after the other, a parent before its children, so that a line nests no deeper than
 * any other.  Not the text a person wrote: what newer: meant is decided when it was written. */
#include "mtm/remote.h"
#include "base/limits.h"

#include <string.h>

static const char *const kinds[] = { [QUERY_ALL] = "all",         [QUERY_AND] = "and",
                                     [QUERY_OR] = "or",           [QUERY_NOT] = "not",
                                     [QUERY_WORD] = "word",       [QUERY_FROM] = "from",
                                     [QUERY_TO] = "to",           [QUERY_CC] = "cc",
                                     [QUERY_SUBJECT] = "subject", [QUERY_BODY] = "body",
                                     [QUERY_LIST] = "list",       [QUERY_ID] = "id",
                                     [QUERY_FOLDER] = "folder",   [QUERY_ACCOUNT] = "account",
                                     [QUERY_FLAG] = "flag",       [QUERY_KEYWORD] = "keyword",
                                     [QUERY_ATTACHMENT] = "attachment", [QUERY_DATE] = "date",
                                     [QUERY_SIZE] = "size" };

static bool is_inner(query_kind kind)
{
    return kind == QUERY_AND || kind == QUERY_OR || kind == QUERY_NOT;
}

static bool has_text(query_kind kind)
{
    return kind != QUERY_ALL && !is_inner(kind) && kind != QUERY_FLAG && kind != QUERY_ATTACHMENT &&
           kind != QUERY_DATE && kind != QUERY_SIZE;
}

/* At most LIMIT_QUERY_NODES deep: the parser sees to it. */
static void write_node(json_writer *w, const query *q)
{
    guint nchildren = q->children != NULL ? q->children->len : 0;
    json_object_begin(w, NULL);
    json_string(w, "is", kinds[q->kind]);
    if (nchildren > 0)
        json_number(w, "children", nchildren);
    if (q->text != NULL)
        json_string(w, "text", q->text);
    if (q->folded != NULL)
        json_string(w, "folded", q->folded);
    if (q->kind == QUERY_FLAG)
        json_number(w, "flags", q->flags);
    if (q->kind == QUERY_DATE) {
        json_number(w, "from", q->from_s);
        json_number(w, "to", q->to_s);
    }
    if (q->kind == QUERY_SIZE) {
        json_number(w, "from", (gint64)MIN(q->from_bytes, (guint64)G_MAXINT64));
        json_number(w, "to", (gint64)MIN(q->to_bytes, (guint64)G_MAXINT64));
    }
    json_object_end(w);
    for (guint i = 0; i < nchildren; i++)
        write_node(w, g_ptr_array_index(q->children, i));
}

void remote_query_write(json_writer *w, const char *key, const query *q)
{
    json_array_begin(w, key);
    write_node(w, q);
    json_array_end(w);
}

static bool read_leaf(const json_text *t, json_ref value, query *q)
{
    gint64 from = 0, to = 0, flags = 0;
    q->text = json_dup_string(t, json_member(t, value, "text"));
    q->folded = json_dup_string(t, json_member(t, value, "folded"));
    if (has_text(q->kind))
        return q->text != NULL;
    if (q->kind == QUERY_FLAG && !json_integer(t, json_member(t, value, "flags"), 0, G_MAXUINT32, &flags))
        return false;
    q->flags = (mail_flags)flags;
    if (q->kind != QUERY_DATE && q->kind != QUERY_SIZE)
        return true;
    gint64 lowest = q->kind == QUERY_DATE ? G_MININT64 : 0;
    if (!json_integer(t, json_member(t, value, "from"), lowest, G_MAXINT64, &from) ||
        !json_integer(t, json_member(t, value, "to"), lowest, G_MAXINT64, &to))
        return false;
    if (q->kind == QUERY_DATE) {
        q->from_s = from;
        q->to_s = to;
    } else {
        q->from_bytes = (guint64)from;
        q->to_bytes = to == G_MAXINT64 ? G_MAXUINT64 : (guint64)to;
    }
    return true;
}

static bool read_kind(const json_text *t, json_ref value, query *q)
{
    g_autofree char *word = json_dup_string(t, json_member(t, value, "is"));
    for (gsize i = 0; word != NULL && i < G_N_ELEMENTS(kinds); i++)
        if (strcmp(word, kinds[i]) == 0) {
            q->kind = (query_kind)i;
            return true;
        }
    return false;
}

/* *nodes counts down: no more of them, and no deeper, than a person may write. */
static query *read_node(const json_text *t, json_ref *value, guint *nodes)
{
    if (*value == JSON_NONE || *nodes == 0)
        return NULL;
    g_autoptr(query) q = g_new0(query, 1);
    json_ref here = *value;
    gint64 nchildren = 0;
    *value = json_next(t, here);
    --*nodes;
    if (!read_kind(t, here, q) || !read_leaf(t, here, q))
        return NULL;
    if (!is_inner(q->kind))
        return g_steal_pointer(&q);
    if (!json_integer(t, json_member(t, here, "children"), 1, q->kind == QUERY_NOT ? 1 : LIMIT_QUERY_NODES, &nchildren))
        return NULL;
    q->children = g_ptr_array_new_with_free_func((GDestroyNotify)query_free);
    for (gint64 i = 0; i < nchildren; i++) {
        query *child = read_node(t, value, nodes);
        if (child == NULL)
            return NULL;
        g_ptr_array_add(q->children, child);
    }
    return g_steal_pointer(&q);
}

query *remote_query_read(const json_text *t, json_ref value)
{
    guint nodes = LIMIT_QUERY_NODES;
    json_ref at = json_first(t, value);
    g_autoptr(query) q = read_node(t, &at, &nodes);
    return at == JSON_NONE ? g_steal_pointer(&q) : NULL;
}
