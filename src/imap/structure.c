/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BODYSTRUCTURE (RFC 9051 section 7.5.2), only to guess whether a message has attachments: servers
 * get it wrong too often (Gmail, Exchange, Dovecot) for more.  One pass with a small stack, nothing
 * is built. */
#include "imap/parse.h"

#include "base/limits.h"

/* What the list at one depth has shown so far. */
typedef struct level {
    guint nth;       /* elements seen */
    bool attachment; /* may still turn out to be the disposition ("attachment" ...) */
    bool is_inline;  /* the same for ("inline" ...) */
    bool file;       /* may still turn out to be a part of a type that is a file to people */
} level;

/* A part has at least these: type, subtype, parameters, id, text, encoding, size. */
enum { PART_FIELDS = 7 };

static bool any_of(const slice *s, const char *const *words)
{
    for (; *words != NULL; words++)
        if (slice_is(s, *words))
            return true;
    return false;
}

/* Types that are attachments unless they say inline. */
static bool is_file(const slice *type)
{
    static const char *const types[] = { "APPLICATION", "AUDIO", "VIDEO", NULL };
    return any_of(type, types);
}

/* Machinery of signatures and encryption is no attachment, and neither are invitations. */
static bool is_machinery(const slice *subtype)
{
    static const char *const subtypes[] = { "PGP-SIGNATURE",     "PGP-ENCRYPTED", "PKCS7-SIGNATURE",
                                            "X-PKCS7-SIGNATURE", "PKCS7-MIME",    "X-PKCS7-MIME",
                                            "PGP-KEYS",          "ICS",           NULL };
    return any_of(subtype, subtypes);
}

static void word_seen(level *l, const slice *s)
{
    if (l->nth == 0) {
        l->attachment = slice_is(s, "ATTACHMENT");
        l->is_inline = slice_is(s, "INLINE");
        l->file = is_file(s);
    } else if (l->nth == 1) {
        if (!slice_is_nil(s)) /* a disposition's parameters are a list or NIL */
            l->attachment = l->is_inline = false;
        if (is_machinery(s))
            l->file = false;
    }
    l->nth++;
}

/* A list ended.  An address in an ENVELOPE may begin like a disposition but is longer. */
static void list_ended(const level *l, level *outer, bool *has_attachment)
{
    if (l->nth == 2 && l->attachment)
        *has_attachment = true;
    if (l->nth == 2 && l->is_inline)
        outer->file = false;
    if (l->nth >= PART_FIELDS && l->file)
        *has_attachment = true;
    outer->nth++;
}

bool parse_structure(cursor *c, bool *has_attachment)
{
    level stack[LIMIT_REPLY_DEPTH + 1] = { 0 };
    gsize depth = 0; /* what is deeper is only passed over */
    do {
        slice s;
        cursor_blanks(c);
        if (cursor_char(c, '(')) {
            if (++depth <= LIMIT_REPLY_DEPTH)
                stack[depth] = (level){ 0 };
        } else if (depth > 0 && cursor_char(c, ')')) {
            if (depth <= LIMIT_REPLY_DEPTH)
                list_ended(&stack[depth], &stack[depth - 1], has_attachment);
            depth--;
        } else if (depth > 0 && cursor_string(c, &s)) {
            if (depth <= LIMIT_REPLY_DEPTH)
                word_seen(&stack[depth], &s);
        } else {
            return false;
        }
    } while (depth > 0);
    return true;
}
