/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of what servers do wrong that a client must know beforehand.  What can be survived
 * without knowing who it is (odd replies) is not here but in the parser. */
#include "imap/quirks.h"

#include <string.h>

#define BIT(q) (1u << (q))

enum {
    LINE_DEFAULT = 8000, /* RFC 7162 section 4: 8192 with CRLF, which every server should take */
    LINE_SHORT = 990,    /* RFC 2683 section 3.2.1.5 */
    LINE_16K = 16000,
    LINE_64K = 64000,
};

typedef struct row {
    /* Any of these: in the text, in any case; announced. */
    const char *greeting, *id_name, *capability;
    imap_quirks quirks;
} row;

/* The first that fits.  Those that are built from another server's code stand before it. */
static const row rows[] = {
    { .greeting = "gimap", .id_name = "gimap", .capability = "X-GM-EXT-1",
      .quirks = { .server = "Gmail", .line_nbytes = LINE_16K,
                  .bits = BIT(QUIRK_KEEPS_SENT) | BIT(QUIRK_MOVE_MAY_HANG_UP) } },
    { .greeting = "exchange server 2003",
      .quirks = { .server = "Exchange 2003", .not_believed = " NAMESPACE ",
                  .line_nbytes = LINE_DEFAULT,
                  .bits = BIT(QUIRK_STALE_UIDNEXT) | BIT(QUIRK_FETCH_GAPS) |
                          BIT(QUIRK_SEQUENCES_DRIFT) } },
    { .greeting = "microsoft exchange", .id_name = "microsoft.exchange",
      .quirks = { .server = "Exchange", .line_nbytes = LINE_DEFAULT,
                  .bits = BIT(QUIRK_STALE_UIDNEXT) | BIT(QUIRK_FETCH_GAPS) |
                          BIT(QUIRK_SEQUENCES_DRIFT) | BIT(QUIRK_KEEPS_SENT) } },
    { .greeting = "yahoo", .id_name = "yahoo", .capability = "XYMHIGHESTMODSEQ",
      .quirks = { .server = "Yahoo", .line_nbytes = LINE_SHORT, .nmessages = 1000,
                  .bits = BIT(QUIRK_FETCH_GAPS) | BIT(QUIRK_SEQUENCES_DRIFT) |
                          BIT(QUIRK_KEEPS_SENT) } },
    { .greeting = "mail bridge", .id_name = "proton", .capability = "XSTOP",
      .quirks = { .server = "Proton Bridge", .not_believed = " SPECIAL-USE ",
                  .line_nbytes = LINE_DEFAULT, .bits = BIT(QUIRK_NO_UID_EXPUNGE) } },
    { .greeting = "davmail", .id_name = "davmail",
      .quirks = { .server = "DavMail", .line_nbytes = LINE_DEFAULT,
                  .bits = BIT(QUIRK_NO_APPENDUID) | BIT(QUIRK_KEEPS_SENT) } },
    { .greeting = "zoho", .id_name = "zoho",
      .quirks = { .server = "Zoho", .not_believed = " CONDSTORE QRESYNC LIST-STATUS ",
                  .line_nbytes = LINE_DEFAULT } },
    { .greeting = "zimbra", .id_name = "zimbra",
      .quirks = { .server = "Zimbra", .not_believed = " LIST-EXTENDED LIST-STATUS ",
                  .line_nbytes = LINE_DEFAULT } },
    { .greeting = "strato", .id_name = "strato",
      .quirks = { .server = "Strato", .not_believed = " LIST-EXTENDED LIST-STATUS ",
                  .line_nbytes = LINE_DEFAULT } },
    { .greeting = "fastmail", .id_name = "fastmail",
      .quirks = { .server = "Fastmail", .line_nbytes = LINE_DEFAULT,
                  .bits = BIT(QUIRK_BAD_PERMANENTFLAGS) } },
    { .greeting = "courier-imap", .id_name = "courier",
      .quirks = { .server = "Courier", .line_nbytes = LINE_16K,
                  .bits = BIT(QUIRK_FETCH_GAPS) | BIT(QUIRK_UNSTABLE_EXAMINE) |
                          BIT(QUIRK_NOOP_AFTER_APPEND) } },
    { .greeting = "dovecot", .id_name = "dovecot",
      .quirks = { .server = "Dovecot", .line_nbytes = LINE_64K } },
    { .greeting = "cyrus imap", .id_name = "cyrus",
      .quirks = { .server = "Cyrus", .line_nbytes = LINE_DEFAULT,
                  .bits = BIT(QUIRK_VANISHED_ABOVE) } },
    /* Others announce this too, but say who they are. */
    { .capability = "XAPPLEPUSHSERVICE", .id_name = "icloud",
      .quirks = { .server = "iCloud", .not_believed = " ESEARCH ", .line_nbytes = LINE_DEFAULT,
                  .bits = BIT(QUIRK_SILENT_ENABLE) | BIT(QUIRK_FALSE_VANISHED) } },
    { .greeting = "imap4rev1 200",
      .quirks = { .server = "UW", .line_nbytes = LINE_SHORT } },
};
static const imap_quirks unknown = { .server = "", .line_nbytes = LINE_DEFAULT };

/* needle is lower case. */
static bool holds(const char *text, const char *needle)
{
    if (needle == NULL || text == NULL)
        return false;
    gsize n = strlen(needle);
    for (; *text != '\0'; text++)
        if (g_ascii_strncasecmp(text, needle, n) == 0)
            return true;
    return false;
}

const imap_quirks *imap_quirks_find(const imap_server_facts *facts)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const row *r = &rows[i];
        if (holds(facts->greeting, r->greeting) || holds(facts->id_name, r->id_name) ||
            (r->capability != NULL && facts->capabilities != NULL &&
             g_hash_table_contains(facts->capabilities, r->capability)))
            return &r->quirks;
    }
    return &unknown;
}
