/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder as the faces see it. */
#ifndef CURSUS_MODEL_FOLDER_H
#define CURSUS_MODEL_FOLDER_H

#include <glib.h>
#include <stdbool.h>

typedef enum folder_role {
    ROLE_NONE,
    ROLE_INBOX,
    ROLE_DRAFTS,
    ROLE_SENT,
    ROLE_ARCHIVE,
    ROLE_ALL,
    ROLE_FLAGGED,
    ROLE_JUNK,
    ROLE_TRASH,
} folder_role;

typedef struct folder {
    guint32 id;          /* local, stable */
    guint32 account;     /* account id */
    char *account_name;
    char *name;          /* UTF-8, hierarchy levels joined by '/' whatever the server's delimiter */
    char *wire_name;     /* as the server spells it now (modified UTF-7 or UTF-8): not that of name while a rename
                            waits */
    char delimiter;      /* '\0' when flat */
    folder_role role;
    bool selectable;     /* not \Noselect or \NonExistent */
    bool subscribed;     /* on the server */
    bool subscribed_here; /* the local mark, whatever the server says */
    bool local;          /* made offline: not on the server yet */
    bool parting;        /* deleted here, not on the server yet: no longer listed */
    guint32 uidvalidity; /* 0 unknown: never selected */
    guint32 uidnext;
    guint64 highestmodseq; /* the resync cursor: everything up to it is stored */
    guint32 messages;    /* stored rows that are shown */
    guint32 unseen;
    guint32 server_messages; /* the server's last word; UINT32_MAX unknown */
    gint64 synced_at_s;  /* end of the last whole sync, 0 never */
    bool provisional;    /* the first sync is not complete */
    char *mailbox_id;    /* the server's own name of the folder (MAILBOXID, RFC 8474); NULL unknown */
} folder;

void folder_free(folder *f);
folder *folder_dup(const folder *f);
/* "inbox drafts sent archive all flagged junk trash", "" for none.  Static. */
const char *folder_role_word(folder_role role);
folder_role folder_role_from_word(const char *word);
/* From LIST attributes such as "\\Sent" (RFC 6154, case-insensitive). */
folder_role folder_role_from_attribute(const char *attribute);
/* INBOX first, then by role, then by name, levels compared one by one, case folded. */
int folder_compare(const folder *a, const folder *b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(folder, folder_free)

#endif
