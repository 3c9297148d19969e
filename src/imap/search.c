/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of messages: SEARCH (RFC 3501), ESEARCH (RFC 9051 section 7.3.4), VANISHED (RFC 7162).  Ranges are
 * never expanded.  What cannot be read to its end is damage: half a list of UIDs would be taken for the
 * whole, and the missing ones for deleted. */
#include "imap/parse.h"

/* "1 2 3 (MODSEQ 917)" */
bool parse_search(cursor *c, imap_reply *r)
{
    r->set = parse_numbers(c);
    return r->set != NULL && (cursor_at_end(c) || *c->p == '(');
}

/* "41,43:116", NIL, or nothing. */
static bool parse_found(cursor *c, imap_reply *r)
{
    slice s;
    if (cursor_at_end(c))
        return true;
    if (!cursor_string(c, &s))
        return false;
    if (slice_is_nil(&s))
        return true;
    uid_set_free(r->set);
    r->set = parse_set(&s, NULL);
    return r->set != NULL;
}

/* "(EARLIER) 41,43:116"; Dovecot has been seen to say 0:1. */
bool parse_vanished(cursor *c, imap_reply *r)
{
    slice word;
    if (cursor_char(c, '(')) {
        r->earlier = cursor_atom(c, &word) && slice_is(&word, "EARLIER");
        if (!cursor_char(c, ')'))
            return false;
        cursor_blanks(c);
    }
    if (!parse_found(c, r))
        return false;
    if (r->set == NULL)
        r->set = uid_set_new();
    return true;
}

/* Behind the parenthesis: TAG "a12") */
static bool parse_correlator(cursor *c, imap_reply *r)
{
    slice word, tag;
    cursor_blanks(c);
    if (!cursor_atom(c, &word))
        return false;
    cursor_blanks(c);
    if (!cursor_string(c, &tag))
        return false;
    if (slice_is(&word, "TAG"))
        r->esearch_tag = parse_tag(&tag);
    cursor_blanks(c);
    return cursor_char(c, ')');
}

static bool parse_result(cursor *c, const slice *word, imap_reply *r)
{
    static const struct {
        const char *word;
        gsize offset;
    } numbers[] = {
        { "COUNT", G_STRUCT_OFFSET(imap_reply, esearch_count) },
        { "MIN", G_STRUCT_OFFSET(imap_reply, esearch_min) },
        { "MAX", G_STRUCT_OFFSET(imap_reply, esearch_max) },
        { "MODSEQ", G_STRUCT_OFFSET(imap_reply, esearch_modseq) },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
        if (slice_is(word, numbers[i].word))
            return cursor_number(c, G_MAXINT64, &G_STRUCT_MEMBER(guint64, r, numbers[i].offset)) == NUMBER_OK;
    if (slice_is(word, "ALL"))
        return parse_found(c, r);
    return cursor_skip_value(c);
}

bool parse_esearch(cursor *c, imap_reply *r)
{
    if (cursor_char(c, '(') && !parse_correlator(c, r))
        return false;
    for (;;) {
        slice word;
        cursor_blanks(c);
        if (cursor_at_end(c))
            break;
        if (!cursor_atom(c, &word))
            return false;
        if (slice_is(&word, "UID"))
            continue;
        cursor_blanks(c);
        if (!parse_result(c, &word, r))
            return false;
    }
    if (r->set == NULL)
        r->set = uid_set_new(); /* no ALL: nothing was found */
    return true;
}
