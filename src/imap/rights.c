/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may be done and how much fits: NAMESPACE (RFC 2342), QUOTA and QUOTAROOT (RFC 2087, 9208),
 * ACL and MYRIGHTS (RFC 4314). */
#include "imap/parse.h"

#include "base/limits.h"

enum { LIST_MAX = 1000 }; /* namespaces, resources: real servers give below ten */

static void free_namespace(gpointer data)
{
    imap_namespace *n = data;
    g_free(n->prefix);
    g_free(n);
}

static void free_quota(gpointer data)
{
    imap_quota *q = data;
    g_free(q->resource);
    g_free(q);
}

/* ("prefix" "/" "X-PARAM" ("flag")), behind its parenthesis */
static bool one_namespace(cursor *c, imap_reply *r, imap_namespace_kind kind)
{
    slice prefix, delimiter;
    cursor_blanks(c);
    if (!cursor_string(c, &prefix))
        return false;
    cursor_blanks(c);
    if (!cursor_string(c, &delimiter))
        return false;
    for (cursor_blanks(c); !cursor_char(c, ')'); cursor_blanks(c))
        if (!cursor_skip_value(c))
            return false;
    char *text = slice_is_nil(&prefix) ? g_strdup("") : slice_dup(&prefix);
    if (text == NULL || prefix.nbytes > LIMIT_FOLDER_NAME || strpbrk(text, "\r\n") != NULL ||
        r->namespaces->len >= LIST_MAX) {
        g_free(text);
        return true;
    }
    imap_namespace *n = g_new0(imap_namespace, 1);
    *n = (imap_namespace){ .kind = kind, .prefix = text };
    if (!slice_is_nil(&delimiter) && delimiter.nbytes > 0) {
        char last = delimiter.at[delimiter.nbytes - 1]; /* "\\" stands escaped */
        n->delimiter = g_ascii_isgraph(last) ? last : '\0';
    }
    g_ptr_array_add(r->namespaces, n);
    return true;
}

/* Personal, other users', shared: each NIL or a list. */
bool parse_namespace(cursor *c, imap_reply *r)
{
    r->namespaces = g_ptr_array_new_with_free_func(free_namespace);
    for (int kind = NAMESPACE_PERSONAL; kind <= NAMESPACE_SHARED; kind++) {
        cursor_blanks(c);
        if (cursor_at_end(c))
            return true;
        if (!cursor_char(c, '(')) {
            slice nil;
            if (!cursor_atom(c, &nil))
                return false;
            continue;
        }
        for (cursor_blanks(c); !cursor_char(c, ')'); cursor_blanks(c))
            if (!cursor_char(c, '(') || !one_namespace(c, r, (imap_namespace_kind)kind))
                return false;
    }
    return true;
}

static char **words_take(GPtrArray *words)
{
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}

/* Strings to the end of the line; NULL when it is damaged. */
static char **strings(cursor *c)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    for (;;) {
        slice s;
        cursor_blanks(c);
        if (cursor_at_end(c))
            return words_take(words);
        if (!cursor_string(c, &s)) {
            g_ptr_array_unref(words);
            return NULL;
        }
        if (words->len < LIMIT_WORDS)
            g_ptr_array_add(words, slice_text(&s));
    }
}

/* resource usage limit */
static bool one_quota(cursor *c, imap_reply *r)
{
    slice name;
    guint64 used, limit;
    if (!cursor_atom(c, &name))
        return false;
    cursor_blanks(c);
    if (cursor_number(c, G_MAXINT64, &used) != NUMBER_OK)
        return false;
    cursor_blanks(c);
    if (cursor_number(c, G_MAXINT64, &limit) != NUMBER_OK)
        return false;
    if (r->quotas->len >= LIST_MAX)
        return true;
    imap_quota *q = g_new0(imap_quota, 1);
    g_autofree char *text = slice_text(&name);
    *q = (imap_quota){ .resource = g_ascii_strup(text, -1), .used = used, .limit = limit };
    g_ptr_array_add(r->quotas, q);
    return true;
}

/* root (STORAGE 10 512 MESSAGE 4 100) */
bool parse_quota(cursor *c, imap_reply *r)
{
    slice root;
    if (!cursor_string(c, &root))
        return false;
    r->words = g_new0(char *, 2);
    r->words[0] = slice_text(&root);
    r->quotas = g_ptr_array_new_with_free_func(free_quota);
    cursor_blanks(c);
    if (!cursor_char(c, '('))
        return true;
    for (cursor_blanks(c); !cursor_char(c, ')'); cursor_blanks(c))
        if (!one_quota(c, r))
            return false;
    return true;
}

/* A mailbox and strings behind it; nothing to be said of one that cannot be a folder. */
static bool mailbox_and_strings(cursor *c, imap_reply *r)
{
    if (!parse_mailbox_name(c, &r->wire_name))
        return false;
    if (r->wire_name == NULL)
        r->kind = IMAP_OTHER;
    r->words = strings(c);
    return r->words != NULL;
}

bool parse_quotaroot(cursor *c, imap_reply *r)
{
    return mailbox_and_strings(c, r);
}

bool parse_acl(cursor *c, imap_reply *r)
{
    return mailbox_and_strings(c, r) && g_strv_length(r->words) % 2 == 0;
}

bool parse_myrights(cursor *c, imap_reply *r)
{
    return mailbox_and_strings(c, r) && r->words[0] != NULL;
}
