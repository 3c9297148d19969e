/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Response codes: one row each of RFC 9051, RFC 5530 and the extensions, with what they mean for
 * who sent the command. */
#ifndef CURSUS_IMAP_CODES_H
#define CURSUS_IMAP_CODES_H

#include "base/error.h"

#include <glib.h>

typedef enum imap_code {
    CODE_NONE,
    /* RFC 9051 */
    CODE_ALERT, CODE_BADCHARSET, CODE_CAPABILITY, CODE_PERMANENTFLAGS, CODE_READ_ONLY,
    CODE_READ_WRITE, CODE_TRYCREATE, CODE_UIDNEXT, CODE_UIDVALIDITY, CODE_UNSEEN, CODE_PARSE,
    CODE_APPENDUID, CODE_COPYUID, CODE_UIDNOTSTICKY, CODE_CLOSED, CODE_HASCHILDREN, CODE_NOTSAVED,
    CODE_UNKNOWN_CTE,
    /* RFC 5530, also in RFC 9051 */
    CODE_UNAVAILABLE, CODE_AUTHENTICATIONFAILED, CODE_AUTHORIZATIONFAILED, CODE_EXPIRED,
    CODE_PRIVACYREQUIRED, CODE_CONTACTADMIN, CODE_NOPERM, CODE_INUSE, CODE_EXPUNGEISSUED,
    CODE_CORRUPTION, CODE_SERVERBUG, CODE_CLIENTBUG, CODE_CANNOT, CODE_LIMIT, CODE_OVERQUOTA,
    CODE_ALREADYEXISTS, CODE_NONEXISTENT,
    /* RFC 7162, 5465, 6154, 4978, 8474, 9585, 9586, 9738, 7889, 4469, 4467, 5464, 5267, 2221, 5466,
     * 5257, 5255 */
    CODE_HIGHESTMODSEQ, CODE_NOMODSEQ, CODE_MODIFIED, CODE_NOTIFICATIONOVERFLOW, CODE_BADEVENT,
    CODE_USEATTR, CODE_COMPRESSIONACTIVE, CODE_MAILBOXID, CODE_INPROGRESS, CODE_UIDREQUIRED,
    CODE_MESSAGELIMIT, CODE_TOOBIG, CODE_BADURL, CODE_URLMECH, CODE_METADATA, CODE_NOUPDATE,
    CODE_REFERRAL, CODE_UNDEFINED_FILTER, CODE_ANNOTATE, CODE_BADCOMPARATOR,
    /* Gmail */
    CODE_THROTTLED, CODE_WEBALERT,
    CODE_OTHER,
    CODE_COUNT,
} imap_code;

/* What is left to do when a command was answered with it. */
typedef enum imap_hint {
    HINT_IGNORE,      /* a fact in passing; the words of the reply are all there is */
    HINT_RETRY_LATER, /* the same may succeed later: back off */
    HINT_PARK,        /* not before somebody changed something: keep it and say so */
    HINT_RECREATE,    /* the mailbox is missing: create it, or park */
    HINT_RELOGIN,     /* another login, perhaps with another password */
    HINT_RESYNC,      /* what we believe of the mailbox is old: synchronise, then try again */
    HINT_TELL,        /* it will not succeed: drop it and say so */
} imap_hint;

typedef struct imap_code_info {
    imap_code code;
    const char *name;     /* as on the wire */
    error_kind kind;      /* of a NO that carries it */
    imap_hint hint;
    const char *sentence; /* N_(): a clause before the server's words; NULL: those say all */
} imap_code_info;

/* Never NULL: CODE_NONE and CODE_OTHER have rows too (REFUSED, TELL). */
const imap_code_info *imap_code_lookup(imap_code code);
/* Did a server say NO (REFUSED, QUOTA)?  The connection is well then, and only what was asked for
 * is not done.  NULL: no. */
gboolean imap_is_refusal(const GError *error);
/* By name, any case; CODE_OTHER when it is none of the table. */
imap_code imap_code_from_name(const char *name, gsize nbytes);

#endif
