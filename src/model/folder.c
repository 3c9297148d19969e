/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Life, roles and order of folders.  RFC 6154 for the attributes; the names of its forerunner
 * XLIST, which old servers still say, are taken as well. */
#include "model/folder.h"
#include "base/fold.h"

#include <string.h>

static const char *const role_words[] = {
    [ROLE_NONE] = "",           [ROLE_INBOX] = "inbox",     [ROLE_DRAFTS] = "drafts",
    [ROLE_SENT] = "sent",       [ROLE_ARCHIVE] = "archive", [ROLE_ALL] = "all",
    [ROLE_FLAGGED] = "flagged", [ROLE_JUNK] = "junk",       [ROLE_TRASH] = "trash",
};

static const struct {
    const char *attribute;
    folder_role role;
} role_attributes[] = {
    { "\\Drafts", ROLE_DRAFTS },   { "\\Sent", ROLE_SENT },       { "\\Archive", ROLE_ARCHIVE },
    { "\\All", ROLE_ALL },         { "\\Flagged", ROLE_FLAGGED }, { "\\Junk", ROLE_JUNK },
    { "\\Trash", ROLE_TRASH },     { "\\Inbox", ROLE_INBOX },     { "\\AllMail", ROLE_ALL },
    { "\\Starred", ROLE_FLAGGED }, { "\\Spam", ROLE_JUNK },
};

void folder_free(folder *f)
{
    if (f == NULL)
        return;
    g_free(f->account_name);
    g_free(f->name);
    g_free(f->wire_name);
    g_free(f->mailbox_id);
    g_free(f);
}

folder *folder_dup(const folder *f)
{
    folder *copy = g_new(folder, 1);
    *copy = *f;
    copy->account_name = g_strdup(f->account_name);
    copy->name = g_strdup(f->name);
    copy->wire_name = g_strdup(f->wire_name);
    copy->mailbox_id = g_strdup(f->mailbox_id);
    return copy;
}

const char *folder_role_word(folder_role role)
{
    return (guint)role < G_N_ELEMENTS(role_words) ? role_words[role] : "";
}

folder_role folder_role_from_word(const char *word)
{
    for (guint i = ROLE_INBOX; i < G_N_ELEMENTS(role_words); i++)
        if (g_ascii_strcasecmp(word, role_words[i]) == 0)
            return (folder_role)i;
    return ROLE_NONE;
}

folder_role folder_role_from_attribute(const char *attribute)
{
    for (guint i = 0; i < G_N_ELEMENTS(role_attributes); i++)
        if (g_ascii_strcasecmp(attribute, role_attributes[i].attribute) == 0)
            return role_attributes[i].role;
    return ROLE_NONE;
}

static guint role_rank(const folder *f)
{
    if (f->role == ROLE_INBOX || g_ascii_strcasecmp(f->name, "INBOX") == 0)
        return 0;
    return f->role == ROLE_NONE ? G_N_ELEMENTS(role_words) : (guint)f->role;
}

/* The separator sorts before every other byte, so that "a/b" comes before "a b": then a folder's
 * children follow it at once. */
static int compare_levels(const char *a, const char *b)
{
    while (*a == *b && *a != '\0') {
        a++;
        b++;
    }
    guint left = *a == '/' ? 1 : (guchar)*a, right = *b == '/' ? 1 : (guchar)*b;
    return (left > right) - (left < right);
}

int folder_compare(const folder *a, const folder *b)
{
    guint left = role_rank(a), right = role_rank(b);
    if (left != right)
        return left < right ? -1 : 1;
    g_autofree char *folded_a = text_fold(a->name);
    g_autofree char *folded_b = text_fold(b->name);
    int order = compare_levels(folded_a, folded_b);
    if (order == 0)
        order = strcmp(a->name, b->name);
    if (order == 0)
        order = (a->id > b->id) - (a->id < b->id);
    return order;
}
