/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of messages: SEARCH (RFC 3501), ESEARCH (RFC 9051 section 7.3.4), VANISHED (RFC 7162), and
 * PARTIAL results (RFC 9394).  Ranges are never expanded. */
#include "imap/parse.h"

/* "1 2 3 (MODSEQ 917)" */
bool parse_search(cursor *c, imap_reply *r)
{
    r->set = parse_numbers(c);
    if (r->set == NULL || cursor_at_end(c))
        return r->set != NULL;
    slice word;
    if (!cursor_char(c, '('))
        return false;
    if (!cursor_atom(c, &word))
        return true;
    cursor_blanks(c);
    if (slice_is(&word, "MODSEQ"))
        (void)cursor_number(c, G_MAXINT64, &r->esearch_modseq);
    return true;
}

/* (TAG "a12"); RFC 7377 adds MAILBOX and UIDVALIDITY. */
static bool correlator(cursor *c, imap_reply *r)
{
    do {
        slice word, value;
        cursor_blanks(c);
        if (!cursor_atom(c, &word))
            return false;
        cursor_blanks(c);
        if (!cursor_string(c, &value))
            return false;
        if (slice_is(&word, "TAG"))
            r->esearch_tag = parse_tag(&value);
        cursor_blanks(c);
    } while (!cursor_char(c, ')'));
    return true;
}

static bool result_set(cursor *c, imap_reply *r)
{
    slice s;
    if (!cursor_atom(c, &s))
        return false;
    if (slice_is_nil(&s))
        return true;
    uid_set *set = parse_set(&s, NULL);
    if (set == NULL)
        return false;
    uid_set_free(r->set);
    r->set = set;
    return true;
}

static bool end_of_range(cursor *c, gint64 *out)
{
    bool minus = cursor_char(c, '-');
    guint64 n;
    if (cursor_number(c, G_MAXUINT32, &n) != NUMBER_OK)
        return false;
    *out = minus ? -(gint64)n : (gint64)n;
    return true;
}

/* (-1:-100 200:250,252): the range asked for, then what is in it. */
static bool partial(cursor *c, imap_reply *r)
{
    if (!cursor_char(c, '(') || !end_of_range(c, &r->partial_first) || !cursor_char(c, ':') ||
        !end_of_range(c, &r->partial_last))
        return false;
    cursor_blanks(c);
    return result_set(c, r) && cursor_char(c, ')');
}

static bool number_item(cursor *c, guint64 *out)
{
    return cursor_number(c, G_MAXINT64, out) == NUMBER_OK;
}

static bool result_item(cursor *c, imap_reply *r, const slice *name)
{
    if (slice_is(name, "ALL"))
        return result_set(c, r);
    if (slice_is(name, "PARTIAL"))
        return partial(c, r);
    if (slice_is(name, "COUNT"))
        return r->esearch_has_count = number_item(c, &r->esearch_count);
    if (slice_is(name, "MIN"))
        return number_item(c, &r->esearch_min);
    if (slice_is(name, "MAX"))
        return number_item(c, &r->esearch_max);
    if (slice_is(name, "MODSEQ"))
        return number_item(c, &r->esearch_modseq);
    return cursor_skip_value(c);
}

bool parse_esearch(cursor *c, imap_reply *r)
{
    if (cursor_char(c, '(') && !correlator(c, r))
        return false;
    for (;;) {
        slice name;
        cursor_blanks(c);
        if (cursor_at_end(c))
            break;
        if (!cursor_atom(c, &name))
            return false;
        if (slice_is(&name, "UID"))
            continue;
        cursor_blanks(c);
        if (!result_item(c, r, &name))
            return false;
    }
    if (r->set == NULL) /* ALL is left out when nothing was found */
        r->set = uid_set_new();
    return true;
}

/* "(EARLIER) 41,43:116"; Dovecot has been seen to say 0:1. */
bool parse_vanished(cursor *c, imap_reply *r)
{
    slice word;
    if (cursor_char(c, '(')) {
        if (!cursor_atom(c, &word) || !cursor_char(c, ')'))
            return false;
        r->earlier = slice_is(&word, "EARLIER");
        cursor_blanks(c);
    }
    if (!cursor_atom(c, &word))
        return false;
    r->set = parse_set(&word, NULL);
    return r->set != NULL;
}
