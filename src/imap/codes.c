/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of response codes: RFC 9051 section 7.1, RFC 5530, and each extension's own document.
 * Parsing their arguments is status-code.c's. */
#include "imap/codes.h"

#include "base/i18n.h"

#include <assert.h>
#include <string.h>

/* In the order of the enum.  A code that only tells a fact may stand in a NO all the same, which is
 * then an ordinary refusal. */
static const imap_code_info rows[] = {
    { CODE_NONE, "", ERROR_REFUSED, HINT_TELL, NULL },
    { CODE_ALERT, "ALERT", ERROR_REFUSED, HINT_TELL, NULL },
    { CODE_BADCHARSET, "BADCHARSET", ERROR_REFUSED, HINT_TELL,
      N_("the server cannot search for this text") },
    { CODE_CAPABILITY, "CAPABILITY", ERROR_REFUSED, HINT_IGNORE, NULL },
    { CODE_PERMANENTFLAGS, "PERMANENTFLAGS", ERROR_REFUSED, HINT_IGNORE, NULL },
    { CODE_READ_ONLY, "READ-ONLY", ERROR_REFUSED, HINT_PARK, N_("the folder can only be read") },
    { CODE_READ_WRITE, "READ-WRITE", ERROR_REFUSED, HINT_IGNORE, NULL },
    { CODE_TRYCREATE, "TRYCREATE", ERROR_REFUSED, HINT_RECREATE, N_("there is no such folder") },
    { CODE_UIDNEXT, "UIDNEXT", ERROR_REFUSED, HINT_IGNORE, NULL },
    { CODE_UIDVALIDITY, "UIDVALIDITY", ERROR_REFUSED, HINT_RESYNC, NULL },
    { CODE_UNSEEN, "UNSEEN", ERROR_REFUSED, HINT_IGNORE, NULL },
    { CODE_PARSE, "PARSE", ERROR_REFUSED, HINT_TELL, N_("the server cannot read the message") },
    { CODE_APPENDUID, "APPENDUID", ERROR_REFUSED, HINT_IGNORE, NULL },
    { CODE_COPYUID, "COPYUID", ERROR_REFUSED, HINT_IGNORE, NULL },
    { CODE_UIDNOTSTICKY, "UIDNOTSTICKY", ERROR_REFUSED, HINT_IGNORE, NULL },
    { CODE_CLOSED, "CLOSED", ERROR_REFUSED, HINT_IGNORE, NULL },
    { CODE_HASCHILDREN, "HASCHILDREN", ERROR_REFUSED, HINT_TELL, N_("there are folders below it") },
    { CODE_NOTSAVED, "NOTSAVED", ERROR_REFUSED, HINT_RESYNC,
      N_("the server did not keep the result of the search") },
    { CODE_UNKNOWN_CTE, "UNKNOWN-CTE", ERROR_REFUSED, HINT_TELL,
      N_("the server does not know the message's encoding") },

    { CODE_UNAVAILABLE, "UNAVAILABLE", ERROR_REFUSED, HINT_RETRY_LATER,
      N_("a part of the server is out of service for now") },
    { CODE_AUTHENTICATIONFAILED, "AUTHENTICATIONFAILED", ERROR_AUTH, HINT_RELOGIN,
      N_("user name or password is wrong") },
    { CODE_AUTHORIZATIONFAILED, "AUTHORIZATIONFAILED", ERROR_AUTH, HINT_RELOGIN,
      N_("this user may not log in here") },
    { CODE_EXPIRED, "EXPIRED", ERROR_AUTH, HINT_RELOGIN, N_("the password has expired") },
    { CODE_PRIVACYREQUIRED, "PRIVACYREQUIRED", ERROR_TLS, HINT_PARK,
      N_("the server wants a private connection for this") },
    { CODE_CONTACTADMIN, "CONTACTADMIN", ERROR_REFUSED, HINT_PARK,
      N_("only those who run the server can help") },
    { CODE_NOPERM, "NOPERM", ERROR_REFUSED, HINT_PARK,
      N_("this needs a right that is not granted") },
    { CODE_INUSE, "INUSE", ERROR_REFUSED, HINT_RETRY_LATER, N_("somebody else has it in use") },
    { CODE_EXPUNGEISSUED, "EXPUNGEISSUED", ERROR_REFUSED, HINT_RESYNC,
      N_("somebody else removed the message") },
    { CODE_CORRUPTION, "CORRUPTION", ERROR_REFUSED, HINT_PARK,
      N_("the server's own data is damaged") },
    { CODE_SERVERBUG, "SERVERBUG", ERROR_REFUSED, HINT_RETRY_LATER,
      N_("the server made a mistake") },
    { CODE_CLIENTBUG, "CLIENTBUG", ERROR_REFUSED, HINT_TELL,
      N_("the server says that the command makes no sense") },
    { CODE_CANNOT, "CANNOT", ERROR_REFUSED, HINT_TELL, N_("the server never allows this") },
    { CODE_LIMIT, "LIMIT", ERROR_REFUSED, HINT_RETRY_LATER,
      N_("a limit of the server was reached") },
    { CODE_OVERQUOTA, "OVERQUOTA", ERROR_QUOTA, HINT_PARK, N_("the mailbox is full") },
    { CODE_ALREADYEXISTS, "ALREADYEXISTS", ERROR_REFUSED, HINT_RESYNC,
      N_("there is one of that name already") },
    { CODE_NONEXISTENT, "NONEXISTENT", ERROR_REFUSED, HINT_RECREATE,
      N_("there is no such folder") },

    { CODE_HIGHESTMODSEQ, "HIGHESTMODSEQ", ERROR_REFUSED, HINT_IGNORE, NULL },
    { CODE_NOMODSEQ, "NOMODSEQ", ERROR_REFUSED, HINT_IGNORE, NULL },
    { CODE_MODIFIED, "MODIFIED", ERROR_REFUSED, HINT_RESYNC,
      N_("somebody else changed the message meanwhile") },
    { CODE_NOTIFICATIONOVERFLOW, "NOTIFICATIONOVERFLOW", ERROR_REFUSED, HINT_RESYNC,
      N_("the server stopped telling of changes") },
    { CODE_BADEVENT, "BADEVENT", ERROR_REFUSED, HINT_TELL,
      N_("the server cannot tell of some of these changes") },
    { CODE_USEATTR, "USEATTR", ERROR_REFUSED, HINT_TELL,
      N_("the server cannot give a folder this purpose") },
    { CODE_COMPRESSIONACTIVE, "COMPRESSIONACTIVE", ERROR_REFUSED, HINT_IGNORE, NULL },
    { CODE_MAILBOXID, "MAILBOXID", ERROR_REFUSED, HINT_IGNORE, NULL },
    { CODE_INPROGRESS, "INPROGRESS", ERROR_REFUSED, HINT_IGNORE, NULL },
    { CODE_UIDREQUIRED, "UIDREQUIRED", ERROR_REFUSED, HINT_TELL,
      N_("the server takes no message numbers") },
    { CODE_MESSAGELIMIT, "MESSAGELIMIT", ERROR_REFUSED, HINT_RESYNC,
      N_("these were too many messages at once") },
    { CODE_TOOBIG, "TOOBIG", ERROR_QUOTA, HINT_PARK,
      N_("the message is too large for the server") },
    { CODE_BADURL, "BADURL", ERROR_REFUSED, HINT_TELL,
      N_("the server cannot find what is referred to") },
    { CODE_URLMECH, "URLMECH", ERROR_REFUSED, HINT_IGNORE, NULL },
    { CODE_METADATA, "METADATA", ERROR_REFUSED, HINT_TELL, N_("the server cannot keep this note") },
    { CODE_NOUPDATE, "NOUPDATE", ERROR_REFUSED, HINT_TELL,
      N_("the server does not keep this search up to date") },
    { CODE_REFERRAL, "REFERRAL", ERROR_REFUSED, HINT_PARK, N_("it lies on another server") },
    { CODE_UNDEFINED_FILTER, "UNDEFINED-FILTER", ERROR_REFUSED, HINT_TELL,
      N_("the server has no such filter") },
    { CODE_ANNOTATE, "ANNOTATE", ERROR_REFUSED, HINT_TELL,
      N_("the server cannot keep this remark with the message") },
    { CODE_BADCOMPARATOR, "BADCOMPARATOR", ERROR_REFUSED, HINT_TELL,
      N_("the server cannot compare texts in this way") },
    { CODE_THROTTLED, "THROTTLED", ERROR_REFUSED, HINT_RETRY_LATER,
      N_("the server asks to be left alone for a while") },
    { CODE_WEBALERT, "WEBALERT", ERROR_AUTH, HINT_RELOGIN,
      N_("the server wants a login in a web browser first") },
    { CODE_OTHER, "", ERROR_REFUSED, HINT_TELL, NULL },
};
static_assert(G_N_ELEMENTS(rows) == CODE_COUNT, "one row a code");

const imap_code_info *imap_code_lookup(imap_code code)
{
    return &rows[(guint)code < CODE_COUNT ? code : CODE_OTHER];
}

gboolean imap_is_refusal(const GError *error)
{
    error_kind kind = error_kind_of(error);
    return kind == ERROR_REFUSED || kind == ERROR_QUOTA;
}

imap_code imap_code_from_name(const char *name, gsize nbytes)
{
    for (imap_code code = CODE_NONE + 1; code < CODE_OTHER; code++)
        if (strlen(rows[code].name) == nbytes &&
            g_ascii_strncasecmp(rows[code].name, name, nbytes) == 0)
            return code;
    return CODE_OTHER;
}
