/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Status replies: response code and text.  RFC 9051 section 7.1, RFC 5530, RFC 4315, RFC 7162. */
#include "imap/parse.h"

static const struct {
    const char *word;
    imap_code code;
} codes[] = {
    { "ALERT", CODE_ALERT }, { "CAPABILITY", CODE_CAPABILITY }, { "PERMANENTFLAGS", CODE_PERMANENTFLAGS },
    { "READ-ONLY", CODE_READ_ONLY }, { "READ-WRITE", CODE_READ_WRITE }, { "TRYCREATE", CODE_TRYCREATE },
    { "UIDNEXT", CODE_UIDNEXT }, { "UIDVALIDITY", CODE_UIDVALIDITY }, { "UNSEEN", CODE_UNSEEN },
    { "HIGHESTMODSEQ", CODE_HIGHESTMODSEQ }, { "NOMODSEQ", CODE_NOMODSEQ }, { "CLOSED", CODE_CLOSED },
    { "APPENDUID", CODE_APPENDUID }, { "COPYUID", CODE_COPYUID }, { "MODIFIED", CODE_MODIFIED },
    { "AUTHENTICATIONFAILED", CODE_AUTHENTICATIONFAILED }, { "AUTHORIZATIONFAILED", CODE_AUTHORIZATIONFAILED },
    { "EXPIRED", CODE_EXPIRED }, { "PRIVACYREQUIRED", CODE_PRIVACYREQUIRED },
    { "CONTACTADMIN", CODE_CONTACTADMIN }, { "NOPERM", CODE_NOPERM }, { "INUSE", CODE_INUSE },
    { "EXPUNGEISSUED", CODE_EXPUNGEISSUED }, { "CORRUPTION", CODE_CORRUPTION }, { "SERVERBUG", CODE_SERVERBUG },
    { "CLIENTBUG", CODE_CLIENTBUG }, { "CANNOT", CODE_CANNOT }, { "LIMIT", CODE_LIMIT },
    { "OVERQUOTA", CODE_OVERQUOTA }, { "ALREADYEXISTS", CODE_ALREADYEXISTS }, { "NONEXISTENT", CODE_NONEXISTENT },
    { "UNAVAILABLE", CODE_UNAVAILABLE },
};

static imap_code code_of(const slice *word)
{
    for (gsize i = 0; i < G_N_ELEMENTS(codes); i++)
        if (slice_is(word, codes[i].word))
            return codes[i].code;
    return CODE_OTHER;
}

static bool next_set(cursor *c, uid_set **set)
{
    slice s;
    cursor_blanks(c);
    if (!cursor_atom(c, &s))
        return false;
    *set = parse_set(&s, NULL);
    return *set != NULL;
}

/* The arguments of the codes that carry some; damaged ones leave the fields empty. */
static void code_arguments(cursor *c, imap_reply *r)
{
    guint64 n = 0;
    cursor_blanks(c);
    switch (r->code) {
    case CODE_CAPABILITY:
        r->words = parse_words(c, true);
        break;
    case CODE_PERMANENTFLAGS:
        r->words = parse_words(c, false);
        break;
    case CODE_UIDNEXT:
    case CODE_UIDVALIDITY:
    case CODE_UNSEEN:
        if (cursor_number(c, G_MAXUINT32, &n) == NUMBER_OK)
            r->number = n;
        break;
    case CODE_HIGHESTMODSEQ:
        if (cursor_number(c, G_MAXINT64, &n) == NUMBER_OK)
            r->number = n;
        break;
    case CODE_APPENDUID:
    case CODE_COPYUID:
        if (cursor_number(c, G_MAXUINT32, &n) != NUMBER_OK)
            break;
        r->number2 = (guint32)n;
        if (r->code == CODE_COPYUID && !next_set(c, &r->set))
            break;
        next_set(c, &r->set2);
        break;
    case CODE_MODIFIED:
        next_set(c, &r->set);
        break;
    default:
        break;
    }
}

bool parse_status_text(cursor *c, imap_reply *r)
{
    if (cursor_char(c, '[')) {
        const char *close = memchr(c->p, ']', (gsize)(c->end - c->p));
        const char *end = close != NULL ? close : c->end;
        cursor inside = { .p = c->p, .end = end };
        slice word;
        r->code = CODE_OTHER;
        if (cursor_atom(&inside, &word)) {
            r->code = code_of(&word);
            cursor_blanks(&inside);
            slice rest = cursor_rest(&inside);
            if (rest.nbytes > 0)
                r->code_text = slice_text(&rest);
            code_arguments(&inside, r);
        }
        c->p = close != NULL ? close + 1 : c->end;
        cursor_blanks(c);
    }
    slice text = cursor_rest(c);
    r->text = slice_text(&text);
    return true;
}
