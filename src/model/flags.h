/* SPDX-License-Identifier: GPL-3.0-or-later */
/* System flags of a message (RFC 9051 section 2.3.2) as bits, and the keywords beside them. */
#ifndef CURSUS_MODEL_FLAGS_H
#define CURSUS_MODEL_FLAGS_H

#include <glib.h>
#include <stdbool.h>

typedef guint32 mail_flags;
enum {
    FLAG_SEEN = 1 << 0,
    FLAG_ANSWERED = 1 << 1,
    FLAG_FLAGGED = 1 << 2,
    FLAG_DELETED = 1 << 3,
    FLAG_DRAFT = 1 << 4,
    FLAG_RECENT = 1 << 5,    /* from the server only, never stored back */
    FLAG_FORWARDED = 1 << 6, /* $Forwarded */
    FLAG_MDNSENT = 1 << 7,   /* $MDNSent */
    FLAG_JUNK = 1 << 8,      /* $Junk */
    FLAG_NOTJUNK = 1 << 9,   /* $NotJunk */
    FLAG_PENDING = 1 << 16,  /* shown state only: a change waits to be sent to the server */
};
#define FLAGS_STORABLE (0x3ffu & ~(unsigned)FLAG_RECENT)

/* The bit of "\\Seen", "$Forwarded", ... (case-insensitive); 0 when it is a plain keyword. */
mail_flags flag_from_wire(const char *name);
/* The wire name of one bit ("\\Seen"), NULL for a bit that has none.  Static. */
const char *flag_to_wire(mail_flags one_bit);
/* The word of the command line and JSON: seen answered flagged deleted draft forwarded mdnsent junk notjunk. */
mail_flags flag_from_word(const char *word);
const char *flag_to_word(mail_flags one_bit);

/* Keywords are held as one string, sorted, a space before, between and after (" work todo "), or ""
 * when there are none, so that LIKE and strstr find a whole word. */
char *keywords_join(const char *const *words);             /* caller frees; NULL-terminated input */
char **keywords_split(const char *joined);                 /* g_strfreev */
bool keywords_have(const char *joined, const char *word);  /* ASCII case-insensitive */
/* joined + added - removed; caller frees. */
char *keywords_change(const char *joined, const char *const *added, const char *const *removed);
/* An atom that may be sent as a keyword (RFC 9051 flag-keyword). */
bool keyword_valid(const char *word);

#endif
