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

static bool name_of(cursor *c, char **wire)
{
    slice s;
    cursor_blanks(c);
    if (!cursor_string(c, &s) || s.nbytes == 0 || s.nbytes > LIMIT_FOLDER_NAME)
        return false;
    *wire = slice_dup(&s);
    return *wire != NULL;
}

static void attribute(imap_list *l, const char *word)
{
    if (g_ascii_strcasecmp(word, "\\Noselect") == 0)
        l->noselect = true;
    else if (g_ascii_strcasecmp(word, "\\NonExistent") == 0)
        l->nonexistent = true;
    else if (g_ascii_strcasecmp(word, "\\Subscribed") == 0)
        l->subscribed = true;
    else if (g_ascii_strcasecmp(word, "\\Noinferiors") == 0)
        l->noinferiors = true;
    else if (l->role == ROLE_NONE)
        l->role = folder_role_from_attribute(word);
}

bool parse_list(cursor *c, imap_reply *r)
{
    imap_list *l = r->list = g_new0(imap_list, 1);
    if (c->p >= c->end || *c->p != '(')
        return false;
    g_auto(GStrv) words = parse_words(c, false);
    for (char **w = words; *w != NULL; w++)
        attribute(l, *w);
    slice delimiter;
    cursor_blanks(c);
    if (!cursor_string(c, &delimiter))
        return false;
    if (!slice_is_nil(&delimiter) && delimiter.nbytes > 0)
        l->delimiter = delimiter.at[delimiter.nbytes - 1]; /* behind the backslash of "\\" */
    if (!name_of(c, &l->wire_name)) {
        /* A name that cannot be is no reason to lose the others. */
        g_clear_pointer(&r->list, imap_list_free);
        r->kind = IMAP_OTHER;
        return true;
    }
    l->name = imap_name_from_wire(l->wire_name, l->delimiter);
    return true;
}

static bool status_item(cursor *c, imap_status *s, const slice *word)
{
    guint64 n = 0;
    bool small = !slice_is(word, "HIGHESTMODSEQ") && !slice_is(word, "SIZE");
    if (cursor_at_end(c) || !g_ascii_isdigit(*c->p))
        return cursor_skip_value(c);
    if (cursor_number(c, small ? G_MAXUINT32 : G_MAXINT64, &n) != NUMBER_OK)
        return true; /* overflow: as if it were not there */
    if (slice_is(word, "MESSAGES")) {
        s->messages = (guint32)n;
        s->has_messages = true;
    } else if (slice_is(word, "UNSEEN")) {
        s->unseen = (guint32)n;
        s->has_unseen = true;
    } else if (slice_is(word, "UIDNEXT")) {
        s->uidnext = (guint32)n;
        s->has_uidnext = true;
    } else if (slice_is(word, "UIDVALIDITY")) {
        s->uidvalidity = (guint32)n;
        s->has_uidvalidity = true;
    } else if (slice_is(word, "HIGHESTMODSEQ")) {
        s->highestmodseq = n;
        s->has_highestmodseq = true;
    }
    return true;
}

bool parse_mailbox_status(cursor *c, imap_reply *r)
{
    imap_status *s = r->status = g_new0(imap_status, 1);
    if (!name_of(c, &s->wire_name))
        return false;
    cursor_blanks(c);
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
        if (!status_item(c, s, &word))
            return false;
    }
}
