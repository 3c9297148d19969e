/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LIST, LSUB and STATUS.  RFC 9051 sections 7.3.1 and 7.3.4, RFC 5258, RFC 6154. */
#include "imap/parse.h"

#include "base/limits.h"
#include "imap/name.h"

void imap_list_free(imap_list *l)
{
    if (l == NULL)
        return;
    g_free(l->wire_name);
    g_free(l->name);
    g_free(l);
}

void imap_status_free(imap_status *s)
{
    if (s == NULL)
        return;
    g_free(s->wire_name);
    g_free(s);
}

/* *wire stays NULL for a name that cannot be one: empty, too long, with a NUL, CR or LF, which could never be sent back. */
static bool name_of(cursor *c, char **wire)
{
    slice s;
    cursor_blanks(c);
    if (!cursor_string(c, &s))
        return false;
    if (s.nbytes == 0 || s.nbytes > LIMIT_FOLDER_NAME || memchr(s.at, '\r', s.nbytes) != NULL ||
        memchr(s.at, '\n', s.nbytes) != NULL)
        return true;
    *wire = slice_dup(&s);
    return true;
}

static void attribute(imap_list *l, const char *word)
{
    if (g_ascii_strcasecmp(word, "\\Noselect") == 0)
        l->noselect = true;
    else if (g_ascii_strcasecmp(word, "\\NonExistent") == 0)
        l->noselect = l->nonexistent = true; /* RFC 5258 section 3: it implies \Noselect */
    else if (g_ascii_strcasecmp(word, "\\Subscribed") == 0)
        l->subscribed = true;
    else if (g_ascii_strcasecmp(word, "\\Noinferiors") == 0)
        l->noinferiors = true;
    else if (l->role == ROLE_NONE)
        l->role = folder_role_from_attribute(word);
}

/* One printable ASCII character; anything else would not be found in a name. */
static bool delimiter_of(cursor *c, char *out)
{
    slice s;
    cursor_blanks(c);
    if (!cursor_string(c, &s))
        return false;
    g_autofree char *text = slice_is_nil(&s) ? NULL : slice_dup(&s);
    if (text != NULL && g_ascii_isgraph(text[0]) && text[1] == '\0')
        *out = text[0];
    return true;
}

bool parse_list(cursor *c, imap_reply *r)
{
    imap_list *l = r->list = g_new0(imap_list, 1);
    if (cursor_at_end(c) || *c->p != '(')
        return false;
    g_auto(GStrv) words = parse_words(c, false);
    for (char **w = words; *w != NULL; w++)
        attribute(l, *w);
    if (!delimiter_of(c, &l->delimiter) || !name_of(c, &l->wire_name))
        return false;
    if (l->wire_name == NULL) {
        g_clear_pointer(&r->list, imap_list_free);
        r->kind = IMAP_OTHER;
        return true;
    }
    l->name = imap_name_from_wire(l->wire_name, l->delimiter);
    if (r->kind == IMAP_LSUB)
        l->subscribed = true;
    return true; /* what may follow (CHILDINFO, OLDNAME) is not needed */
}

/* Overflow is as if it were not there. */
static bool number_of(cursor *c, guint64 max, bool *has, guint64 *out)
{
    if (cursor_at_end(c) || !g_ascii_isdigit(*c->p))
        return cursor_skip_value(c); /* NIL, -1 */
    *has = cursor_number(c, max, out) == NUMBER_OK;
    return true;
}

static bool status_item(cursor *c, imap_status *s, const slice *word)
{
    const struct {
        const char *word;
        bool *has;
        guint32 *value;
    } items[] = {
        { "MESSAGES", &s->has_messages, &s->messages },
        { "UNSEEN", &s->has_unseen, &s->unseen },
        { "UIDNEXT", &s->has_uidnext, &s->uidnext },
        { "UIDVALIDITY", &s->has_uidvalidity, &s->uidvalidity },
    };
    guint64 n = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(items); i++)
        if (slice_is(word, items[i].word)) {
            bool whole = number_of(c, G_MAXUINT32, items[i].has, &n);
            *items[i].value = (guint32)n;
            return whole;
        }
    if (slice_is(word, "HIGHESTMODSEQ"))
        return number_of(c, G_MAXINT64, &s->has_highestmodseq, &s->highestmodseq);
    return cursor_skip_value(c);
}

bool parse_mailbox_status(cursor *c, imap_reply *r)
{
    imap_status *s = r->status = g_new0(imap_status, 1);
    if (!name_of(c, &s->wire_name))
        return false;
    if (s->wire_name == NULL) {
        g_clear_pointer(&r->status, imap_status_free);
        r->kind = IMAP_OTHER;
        return true;
    }
    cursor_blanks(c);
    if (cursor_at_end(c))
        return true; /* a name and nothing to say about it */
    if (!cursor_char(c, '('))
        return false;
    for (;;) {
        slice word;
        cursor_blanks(c);
        if (cursor_at_end(c) || cursor_char(c, ')'))
            return true;
        if (!cursor_atom(c, &word))
            return false;
        cursor_blanks(c);
        if (cursor_at_end(c) || *c->p == ')')
            continue;
        if (!status_item(c, s, &word))
            return false;
    }
}
