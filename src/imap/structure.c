/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BODYSTRUCTURE (RFC 9051 section 7.5.2), only to guess whether a message has attachments: servers get it
 * wrong too often (Gmail, Exchange, Dovecot) for more.  One pass with a small stack, nothing is built. */
#include "imap/parse.h"

#include "base/limits.h"

/* What the list at one depth has shown so far. */
typedef struct level {
    guint nth;       /* elements seen, two at most */
    bool attachment; /* it begins as a disposition does: "attachment", then a list or NIL */
} level;

static void element(level *l, const slice *word)
{
    if (l->nth == 0)
        l->attachment = word != NULL && slice_is(word, "attachment");
    else if (l->nth == 1 && word != NULL && !slice_is_nil(word))
        l->attachment = false; /* ("attachment" "x") is a list of parameters */
    l->nth = MIN(l->nth + 1, 2);
}

bool parse_structure(cursor *c, bool *has_attachment)
{
    level levels[LIMIT_REPLY_DEPTH + 1] = { 0 };
    gsize depth = 0; /* deeper ones are passed over */
    *has_attachment = false;
    do {
        slice s;
        level *here = depth <= LIMIT_REPLY_DEPTH ? &levels[depth] : NULL;
        cursor_blanks(c);
        if (cursor_char(c, '(')) {
            if (here != NULL)
                element(here, NULL);
            if (++depth <= LIMIT_REPLY_DEPTH)
                levels[depth] = (level){ 0 };
        } else if (depth > 0 && cursor_char(c, ')')) {
            depth--;
            if (here != NULL && here->attachment)
                *has_attachment = true;
        } else if (cursor_string(c, &s)) {
            if (here != NULL)
                element(here, &s);
        } else {
            return false;
        }
    } while (depth > 0);
    return true;
}
