/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What servers are known to do wrong, in one table: which one it is (greeting, ID, CAPABILITY) ->
 * capabilities that are not believed, limits, and what callers must mind. */
#ifndef CURSUS_IMAP_QUIRKS_H
#define CURSUS_IMAP_QUIRKS_H

#include <glib.h>
#include <stdbool.h>

typedef enum imap_quirk_id {
    QUIRK_STALE_UIDNEXT,      /* UIDNEXT stands still while selected: MESSAGES tells too */
    QUIRK_FETCH_GAPS,         /* OK without data for a message: ask for the missing one by one, then
                                 leave them */
    QUIRK_SEQUENCES_DRIFT,    /* not renumbered after EXPUNGE: only UIDs mean anything */
    QUIRK_UNSTABLE_EXAMINE,   /* UIDVALIDITY differs under EXAMINE: SELECT instead */
    QUIRK_NOOP_AFTER_APPEND,  /* tells of an appended message only after NOOP */
    QUIRK_KEEPS_SENT,         /* what goes out by its SMTP lies in Sent by itself */
    QUIRK_NO_APPENDUID,       /* its APPENDUID is wrong: search for the message */
    QUIRK_SILENT_ENABLE,      /* the OK of ENABLE is all that it says */
    QUIRK_NO_UID_EXPUNGE,     /* announces UIDPLUS, refuses UID EXPUNGE */
    QUIRK_VANISHED_ABOVE,     /* VANISHED may name UIDs above the highest: they were never there */
    QUIRK_BAD_PERMANENTFLAGS, /* PERMANENTFLAGS leaves out what can be stored */
    QUIRK_FALSE_VANISHED,     /* a mass of VANISHED may be false: confirm it */
    QUIRK_MOVE_MAY_HANG_UP,   /* MOVE to the bin may end the link after it was done */
    QUIRK_COUNT,
} imap_quirk_id;

typedef struct imap_server_facts {
    const char *greeting;      /* text, or "" */
    const char *id_name;       /* of ID, or "" */
    GHashTable *capabilities;  /* upper-case words, or NULL */
} imap_server_facts;

typedef struct imap_quirks {
    const char *server;        /* what is known as: "Gmail"; "" unknown */
    const char *not_believed;  /* capability words with blanks between and around, or NULL */
    guint line_nbytes;         /* of a command line */
    guint nmessages;           /* of one command; 0 any */
    guint32 bits;              /* 1 << imap_quirk_id */
} imap_quirks;

/* The row of the table that fits, else the one of an unknown server; never NULL, static. */
const imap_quirks *imap_quirks_find(const imap_server_facts *facts);

#endif
