/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LIST, LSUB and STATUS replies: RFC 9051 sections 7.3.1 and 7.3.4, RFC 5258, RFC 6154. */
#include "imap/parse.h"

#include "base/limits.h"
#include "imap/name.h"

/* False: damaged.  *name stays NULL for one that cannot be a folder's: empty, too long, with a NUL
 * or a line end, so that it could never be sent back. */
static bool mailbox_name(cursor *c, char **name)
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

bool parse_list(cursor *c, imap_reply *r)
{
    imap_list *l = r->list = g_new0(imap_list, 1);
    if (!attributes(c, l) || !delimiter(c, &l->delimiter) || !mailbox_name(c, &l->wire_name))
        return false;
    if (l->wire_name == NULL) {
        g_clear_pointer(&r->list, imap_list_free);
        r->kind = IMAP_OTHER;
        return true;
    }
    l->name = imap_name_from_wire(l->wire_name, l->delimiter);
    if (r->kind == IMAP_LSUB)
        l->subscribed = true;
    if (strcmp(l->name, "INBOX") == 0)
        l->role = ROLE_INBOX;
    return true; /* what may follow (CHILDINFO, OLDNAME) is not needed */
}

static bool status_number(cursor *c, guint32 *out)
{
    guint64 n;
    if (cursor_number(c, G_MAXUINT32, &n) != NUMBER_OK)
        return false;
    *out = (guint32)n;
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
        return s->has_highestmodseq = cursor_number(c, G_MAXINT64, &s->highestmodseq) == NUMBER_OK;
    return false;
}

bool parse_mailbox_status(cursor *c, imap_reply *r)
{
    imap_status *s = r->status = g_new0(imap_status, 1);
    if (!mailbox_name(c, &s->wire_name))
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
