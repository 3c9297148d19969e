/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The query tree as a value, and matching it against one summary.  Parsing is in query-parse.c. */
#include "model/query.h"
#include "base/fold.h"

#include <string.h>

void query_free(query *q)
{
    if (q == NULL)
        return;
    if (q->children != NULL)
        g_ptr_array_unref(q->children);
    g_free(q->text);
    g_free(q->folded);
    g_free(q);
}

query *query_dup(const query *q)
{
    if (q == NULL)
        return NULL;
    query *copy = g_new(query, 1);
    *copy = *q;
    copy->text = g_strdup(q->text);
    copy->folded = g_strdup(q->folded);
    if (q->children != NULL) {
        copy->children = g_ptr_array_new_with_free_func((GDestroyNotify)query_free);
        for (guint i = 0; i < q->children->len; i++)
            g_ptr_array_add(copy->children, query_dup(g_ptr_array_index(q->children, i)));
    }
    return copy;
}

static bool match_text(const query *q, const char *haystack)
{
    if (haystack == NULL)
        return false;
    if (q->folded != NULL)
        return text_contains_folded(haystack, q->folded);
    g_autofree char *folded = text_fold(q->text);
    return text_contains_folded(haystack, folded);
}

static bool match_addresses(const query *q, const GPtrArray *list)
{
    for (guint i = 0; i < list->len; i++) {
        const address *a = g_ptr_array_index(list, i);
        if (match_text(q, a->name) || match_text(q, a->mailbox))
            return true;
    }
    return false;
}

static bool match_word(const query *q, const mail_summary *s)
{
    return match_text(q, s->subject) || match_addresses(q, s->from) || match_addresses(q, s->to) ||
           match_addresses(q, s->cc);
}

/* Bytes of name that are its first level when that is INBOX, which is one folder however it is spelled
 * (RFC 9051 section 5.1); 0 otherwise. */
static gsize inbox_prefix(const char *name)
{
    bool inbox = g_ascii_strncasecmp(name, "inbox", 5) == 0 && (name[5] == '\0' || name[5] == '/' || name[5] == '*');
    return inbox ? 5 : 0;
}

static bool match_folder_name(const char *pattern, const char *name)
{
    gsize skip = inbox_prefix(pattern);
    if (skip != 0 && inbox_prefix(name) != 0) {
        pattern += skip;
        name += skip;
    }
    gsize n = strlen(pattern);
    if (n > 0 && pattern[n - 1] == '*')
        return strncmp(pattern, name, n - 1) == 0;
    return strcmp(pattern, name) == 0;
}

bool query_folder_match(const char *pattern, const char *account_name, const char *folder_name)
{
    if (folder_name == NULL)
        return false;
    if (match_folder_name(pattern, folder_name))
        return true;
    gsize n = account_name != NULL ? strlen(account_name) : 0;
    return n > 0 && strncmp(pattern, account_name, n) == 0 && pattern[n] == ':' &&
           match_folder_name(pattern + n + 1, folder_name);
}

static bool match_children(const query *q, const mail_summary *s, const char *account, const char *folder)
{
    bool wanted = q->kind == QUERY_OR; /* the answer of one child that settles it */
    for (guint i = 0; i < q->children->len; i++)
        if (query_match(g_ptr_array_index(q->children, i), s, account, folder) == wanted)
            return wanted;
    return !wanted;
}

bool query_match(const query *q, const mail_summary *s, const char *account_name, const char *folder_name)
{
    switch (q->kind) {
    case QUERY_ALL:
        return true;
    case QUERY_AND:
    case QUERY_OR:
        return match_children(q, s, account_name, folder_name);
    case QUERY_NOT:
        return !query_match(g_ptr_array_index(q->children, 0), s, account_name, folder_name);
    case QUERY_WORD:
        return match_word(q, s);
    case QUERY_FROM:
        return match_addresses(q, s->from);
    case QUERY_TO:
        return match_addresses(q, s->to);
    case QUERY_CC:
        return match_addresses(q, s->cc);
    case QUERY_SUBJECT:
        return match_text(q, s->subject);
    case QUERY_BODY:
        return false; /* a summary has no text to look in */
    case QUERY_LIST:
        return match_text(q, s->list_id);
    case QUERY_ID:
        return s->message_id != NULL && strcmp(s->message_id, q->text) == 0;
    case QUERY_FOLDER:
        return query_folder_match(q->text, account_name, folder_name);
    case QUERY_ACCOUNT:
        return account_name != NULL && strcmp(account_name, q->text) == 0;
    case QUERY_FLAG:
        return (s->flags & q->flags) == q->flags;
    case QUERY_KEYWORD:
        return keywords_have(s->keywords, q->text);
    case QUERY_ATTACHMENT:
        return s->has_attachment;
    case QUERY_DATE: {
        gint64 date_s = mail_summary_sort_date(s);
        return q->from_s <= date_s && date_s < q->to_s;
    }
    case QUERY_SIZE:
        return q->from_bytes <= s->size && s->size < q->to_bytes;
    }
    return false;
}

const char *query_single_folder(const query *q)
{
    const query *found = q->kind == QUERY_FOLDER ? q : NULL;
    if (q->kind == QUERY_AND)
        for (guint i = 0; i < q->children->len; i++) {
            const query *child = g_ptr_array_index(q->children, i);
            if (child->kind != QUERY_FOLDER)
                continue;
            if (found != NULL)
                return NULL;
            found = child;
        }
    return found != NULL && !g_str_has_suffix(found->text, "*") ? found->text : NULL;
}
