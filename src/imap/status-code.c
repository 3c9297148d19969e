/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "[CODE arguments] text" of status replies: RFC 9051 section 7.1, RFC 7162, 8474, 9585, 9738.  A
 * code that cannot be read is kept by name and text; it never makes the reply invalid.  What the
 * codes mean stands in codes.c. */
#include "imap/parse.h"

#include "base/limits.h"

/* 0 when it is missing, too large or negative: "not given" for all of these. */
static guint64 number_argument(cursor *c, guint64 max)
{
    guint64 n = 0;
    cursor_blanks(c);
    return cursor_number(c, max, &n) == NUMBER_OK ? n : 0;
}

static uid_set *set_argument(cursor *c, bool *ascending)
{
    slice s;
    cursor_blanks(c);
    return cursor_atom(c, &s) ? parse_set(&s, ascending) : NULL;
}

/* Source and destination pair off one to one in the order that they stand in.  Our sets are sorted,
 * so a pair that stands in another order, or unequal ones, would bind wrong messages: then neither
 * is given. */
static void copyuid(cursor *c, imap_reply *r)
{
    bool in_order = false, in_order2 = false;
    r->number2 = (guint32)number_argument(c, G_MAXUINT32);
    r->set = set_argument(c, &in_order);
    r->set2 = set_argument(c, &in_order2);
    if (r->number2 == 0 || r->set == NULL || r->set2 == NULL || !in_order || !in_order2 ||
        uid_set_count(r->set) != uid_set_count(r->set2)) {
        g_clear_pointer(&r->set, uid_set_free);
        g_clear_pointer(&r->set2, uid_set_free);
    }
}

/* INPROGRESS ("A001" 454 1000); each may be NIL. */
static void progress(cursor *c, imap_reply *r)
{
    slice tag, nil;
    if (!cursor_char(c, '(') || !cursor_string(c, &tag))
        return;
    r->esearch_tag = parse_tag(&tag);
    r->number = number_argument(c, G_MAXUINT32);
    if (r->number == 0)
        (void)cursor_atom(c, &nil);
    r->number2 = (guint32)number_argument(c, G_MAXUINT32);
}

static void arguments(cursor *c, imap_reply *r)
{
    cursor_blanks(c);
    switch (r->code) {
    case CODE_CAPABILITY:
        r->words = parse_words(c, true);
        break;
    case CODE_PERMANENTFLAGS:
    case CODE_BADCHARSET:
    case CODE_BADEVENT:
    case CODE_MAILBOXID:
        r->words = parse_words(c, false);
        break;
    case CODE_UIDNEXT:
    case CODE_UIDVALIDITY:
    case CODE_UNSEEN:
        r->number = number_argument(c, G_MAXUINT32);
        break;
    case CODE_HIGHESTMODSEQ:
        r->number = number_argument(c, G_MAXINT64); /* 63 bits, RFC 7162 */
        break;
    case CODE_APPENDUID:
        r->number2 = (guint32)number_argument(c, G_MAXUINT32);
        r->set2 = set_argument(c, NULL);
        break;
    case CODE_COPYUID:
        copyuid(c, r);
        break;
    case CODE_MODIFIED:
        r->set = set_argument(c, NULL);
        break;
    case CODE_MESSAGELIMIT:
        r->number = number_argument(c, G_MAXUINT32);
        r->number2 = (guint32)number_argument(c, G_MAXUINT32);
        break;
    case CODE_INPROGRESS:
        progress(c, r);
        break;
    default:
        break;
    }
}

static void parse_code(const slice *code, imap_reply *r)
{
    cursor c = { .p = code->at, .end = code->at + code->nbytes };
    slice word;
    if (!cursor_atom(&c, &word))
        return;
    r->code = imap_code_from_name(word.at, word.nbytes);
    cursor_blanks(&c);
    slice rest = cursor_rest(&c);
    if (rest.nbytes > 0 && rest.nbytes <= LIMIT_SERVER_TEXT)
        r->code_text = slice_text(&rest);
    arguments(&c, r);
}

/* Cut at a character's edge. */
static slice shortened(slice text)
{
    if (text.nbytes <= LIMIT_SERVER_TEXT)
        return text;
    text.nbytes = LIMIT_SERVER_TEXT;
    while (text.nbytes > 0 && ((guchar)text.at[text.nbytes] & 0xc0) == 0x80)
        text.nbytes--;
    return text;
}

bool parse_status_text(cursor *c, imap_reply *r)
{
    cursor start = *c;
    slice code;
    if (cursor_char(c, '[')) {
        if (cursor_bracketed(c, &code))
            parse_code(&code, r);
        else
            *c = start; /* no end: it is text */
        cursor_blanks(c);
    }
    slice text = shortened(cursor_rest(c));
    r->text = slice_text(&text);
    return true;
}
