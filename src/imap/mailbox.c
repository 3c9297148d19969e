/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LIST, LSUB and STATUS replies: RFC 9051 sections 7.3.1 and 7.3.4, RFC 5258, 5465, 6154, 7889,
 * 8474. Whether names are modified UTF-7 or UTF-8 is the connection's to know. */
#include "imap/parse.h"

#include "base/limits.h"
#include "imap/name.h"

enum { OBJECT_ID_MAX = 255 }; /* RFC 8474 section 4 */

bool parse_mailbox_name(cursor *c, char **name)
{
    slice s;
    cursor_blanks(c);
    if (!cursor_string(c, &s))
        return false;
    if (s.nbytes > 0 && s.nbytes <= LIMIT_FOLDER_NAME && memchr(s.at, '\r', s.nbytes) == NULL &&
        memchr(s.at, '\n', s.nbytes) == NULL)
        *name = slice_dup(&s);
    return true;
}

static void attribute(imap_list *l, const char *word)
{
    if (g_ascii_strcasecmp(word, "\\Noselect") == 0)
        l->noselect = true;
    else if (g_ascii_strcasecmp(word, "\\NonExistent") == 0)
        l->noselect = l->nonexistent = true; /* RFC 5258 section 3: it implies \Noselect */
    else if (g_ascii_strcasecmp(word, "\\Noinferiors") == 0)
        l->noinferiors = true;
    else if (g_ascii_strcasecmp(word, "\\Subscribed") == 0)
        l->subscribed = true;
    else if (g_ascii_strcasecmp(word, "\\HasChildren") == 0)
        l->has_children = true;
    else if (g_ascii_strcasecmp(word, "\\HasNoChildren") == 0)
        l->has_no_children = true;
    else if (g_ascii_strcasecmp(word, "\\Remote") == 0)
        l->remote = true;
    else if (l->role == ROLE_NONE)
        l->role = folder_role_from_attribute(word);
}

static bool attributes(cursor *c, imap_list *l)
{
    if (!cursor_char(c, '('))
        return false;
    for (;;) {
        slice s;
        cursor_blanks(c);
        if (cursor_char(c, ')'))
            return true;
        if (!cursor_string(c, &s))
            return false;
        g_autofree char *word = slice_text(&s);
        attribute(l, word);
    }
}

/* One printable ASCII character; anything else would not be found in a name. */
static bool delimiter(cursor *c, char *out)
{
    slice s;
    cursor_blanks(c);
    if (!cursor_string(c, &s))
        return false;
    if (slice_is_nil(&s))
        return true;
    g_autofree char *text = slice_text(&s);
    if (g_ascii_isgraph(text[0]) && text[1] == '\0')
        *out = text[0];
    return true;
}

static bool child_info(cursor *c, imap_list *l)
{
    g_auto(GStrv) words = NULL;
    if (c->p >= c->end || *c->p != '(')
        return cursor_skip_value(c);
    words = parse_words(c, true);
    l->children_subscribed = g_strv_contains((const char *const *)words, "SUBSCRIBED");
    return true;
}

/* ("old name") */
static bool old_name(cursor *c, imap_list *l)
{
    g_autofree char *name = NULL;
    if (!cursor_char(c, '('))
        return cursor_skip_value(c);
    if (!parse_mailbox_name(c, &name) || !cursor_char(c, ')'))
        return false;
    g_free(l->old_wire_name);
    l->old_wire_name = g_steal_pointer(&name);
    return true;
}

/* ("CHILDINFO" ("SUBSCRIBED") "OLDNAME" ("x")), RFC 5258 section 6.  Damage here costs no folder.
 */
static void extended_items(cursor *c, imap_list *l)
{
    cursor_blanks(c);
    if (!cursor_char(c, '('))
        return;
    for (bool ok = true; ok;) {
        slice word;
        cursor_blanks(c);
        if (!cursor_string(c, &word))
            return;
        cursor_blanks(c);
        ok = slice_is(&word, "CHILDINFO") ? child_info(c, l)
             : slice_is(&word, "OLDNAME") ? old_name(c, l)
                                          : cursor_skip_value(c);
    }
}

static void make_names(imap_list *l)
{
    g_free(l->name);
    g_free(l->old_name);
    l->name = imap_name_from_wire(l->wire_name, l->delimiter);
    l->old_name =
        l->old_wire_name != NULL ? imap_name_from_wire(l->old_wire_name, l->delimiter) : NULL;
}

bool parse_list(cursor *c, imap_reply *r)
{
    imap_list *l = r->list = g_new0(imap_list, 1);
    if (!attributes(c, l) || !delimiter(c, &l->delimiter) || !parse_mailbox_name(c, &l->wire_name))
        return false;
    extended_items(c, l);
    if (l->wire_name == NULL) {
        g_clear_pointer(&r->list, imap_list_free);
        r->kind = IMAP_OTHER;
        return true;
    }
    make_names(l);
    if (r->kind == IMAP_LSUB)
        l->subscribed = true;
    if (strcmp(l->name, "INBOX") == 0)
        l->role = ROLE_INBOX;
    return true;
}

static bool status_number(cursor *c, guint32 *out)
{
    guint64 n;
    if (cursor_number(c, G_MAXUINT32, &n) != NUMBER_OK)
        return false;
    *out = (guint32)n;
    return true;
}

static bool status_bytes(cursor *c, guint64 *out)
{
    return cursor_number(c, G_MAXINT64, out) == NUMBER_OK;
}

/* A number or NIL: no limit. */
static bool append_limit(cursor *c, imap_status *s)
{
    slice nil;
    s->appendlimit = G_MAXUINT64;
    return status_bytes(c, &s->appendlimit) || (cursor_atom(c, &nil) && slice_is_nil(&nil));
}

/* (F2212ea87-6097-4256-9d51-71338625) */
static bool mailbox_id(cursor *c, imap_status *s)
{
    slice id;
    cursor start = *c;
    bool list = cursor_char(c, '(');
    if (!cursor_string(c, &id) || (list && !cursor_char(c, ')'))) {
        *c = start;
        return false;
    }
    if (id.nbytes > 0 && id.nbytes <= OBJECT_ID_MAX && s->mailbox_id == NULL)
        s->mailbox_id = slice_dup(&id);
    return true;
}

/* The value of an item that we know; false: none of them or unreadable, and gets passed over. */
static bool status_item(cursor *c, imap_status *s, const slice *name)
{
    if (slice_is(name, "MESSAGES"))
        return s->has_messages = status_number(c, &s->messages);
    if (slice_is(name, "UNSEEN"))
        return s->has_unseen = status_number(c, &s->unseen);
    if (slice_is(name, "UIDNEXT"))
        return s->has_uidnext = status_number(c, &s->uidnext);
    if (slice_is(name, "UIDVALIDITY"))
        return s->has_uidvalidity = status_number(c, &s->uidvalidity);
    if (slice_is(name, "HIGHESTMODSEQ"))
        return s->has_highestmodseq = status_bytes(c, &s->highestmodseq);
    if (slice_is(name, "SIZE"))
        return s->has_size = status_bytes(c, &s->size);
    if (slice_is(name, "DELETED"))
        return s->has_deleted = status_number(c, &s->deleted);
    if (slice_is(name, "DELETED-STORAGE"))
        return s->has_deleted_storage = status_bytes(c, &s->deleted_storage);
    if (slice_is(name, "APPENDLIMIT"))
        return s->has_appendlimit = append_limit(c, s);
    if (slice_is(name, "MAILBOXID"))
        return mailbox_id(c, s);
    return false;
}

bool parse_mailbox_status(cursor *c, imap_reply *r)
{
    imap_status *s = r->status = g_new0(imap_status, 1);
    if (!parse_mailbox_name(c, &s->wire_name))
        return false;
    if (s->wire_name == NULL) {
        g_clear_pointer(&r->status, imap_status_free);
        r->kind = IMAP_OTHER;
        return true;
    }
    cursor_blanks(c);
    if (!cursor_char(c, '('))
        return true; /* a name and nothing to say about it */
    for (;;) {
        slice name;
        cursor_blanks(c);
        if (cursor_char(c, ')'))
            return true;
        if (!cursor_atom(c, &name))
            return false;
        cursor_blanks(c);
        if (c->p < c->end && *c->p == ')')
            continue;
        const char *value = c->p;
        bool known = status_item(c, s, &name);
        if (!known && c->p == value && !cursor_skip_value(c))
            return false;
    }
}

static void to_utf7(char **name)
{
    if (*name == NULL)
        return;
    char *wire = imap_name_encode(*name);
    g_free(*name);
    *name = wire;
}

void parse_names_were_utf8(imap_reply *r)
{
    to_utf7(&r->wire_name);
    if (r->status != NULL)
        to_utf7(&r->status->wire_name);
    for (guint i = 0; r->namespaces != NULL && i < r->namespaces->len; i++)
        to_utf7(&((imap_namespace *)r->namespaces->pdata[i])->prefix);
    if (r->list == NULL)
        return;
    to_utf7(&r->list->wire_name);
    to_utf7(&r->list->old_wire_name);
    make_names(r->list);
}
