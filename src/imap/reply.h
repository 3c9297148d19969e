/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Server replies as values.  The lexer takes bytes in any split; everything in them is hostile. */
#ifndef CURSUS_IMAP_REPLY_H
#define CURSUS_IMAP_REPLY_H

#include "imap/codes.h"
#include "model/flags.h"
#include "model/folder.h"
#include "model/uidset.h"

#include <glib.h>
#include <stdbool.h>

typedef enum imap_reply_kind {
    IMAP_OK, IMAP_NO, IMAP_BAD, IMAP_BYE, IMAP_PREAUTH, /* tagged or untagged status */
    IMAP_CONTINUE,                                      /* "+ text" */
    IMAP_CAPABILITY, IMAP_ID, IMAP_ENABLED, IMAP_NAMESPACE,
    IMAP_LIST, IMAP_LSUB, IMAP_STATUS, IMAP_SEARCH, IMAP_ESEARCH, IMAP_FLAGS,
    IMAP_EXISTS, IMAP_RECENT, IMAP_EXPUNGE, IMAP_FETCH, IMAP_VANISHED,
    IMAP_QUOTA, IMAP_QUOTAROOT, IMAP_ACL, IMAP_MYRIGHTS,
    IMAP_OTHER, /* anything else, and what is damaged: ignored */
} imap_reply_kind;

typedef struct imap_fetch {
    guint32 seq;
    guint32 uid;            /* 0 when not given */
    bool has_flags;
    mail_flags flags;
    char *keywords;         /* as in model/flags.h, NULL when none */
    guint64 modseq;         /* 0 when not given */
    guint64 size;           /* RFC822.SIZE */
    bool has_size;
    gint64 received_s;      /* INTERNALDATE; 0 missing or unreadable */
    GBytes *header;         /* BODY[HEADER...] or NULL */
    GBytes *body;           /* BODY[] or BODY[n] or NULL */
    char *body_section;     /* "" for BODY[], as sent; set and body NULL: the server said NIL */
    gint64 body_origin;     /* partial fetch offset, -1 whole */
    bool has_attachment;    /* from BODYSTRUCTURE, when asked; only for planning */
    bool has_structure;
    bool decoded;           /* body is BINARY[...]: the server undid the transfer encoding */
    bool has_decoded_size;
    guint64 decoded_size;   /* BINARY.SIZE[...] */
    char *email_id;         /* EMAILID (RFC 8474), else "gm:" and X-GM-MSGID; NULL when not given */
    char *thread_id;        /* THREADID, else "gm:" and X-GM-THRID */
    char *preview;          /* PREVIEW (RFC 8970), valid UTF-8; NULL not given or NIL */
    char *labels;           /* X-GM-LABELS, UTF-8, one a line; NULL when not given */
    gint64 saved_s;         /* SAVEDATE (RFC 8514); 0 missing or unreadable */
} imap_fetch;

typedef struct imap_list {
    char *wire_name;        /* modified UTF-7 also where the server speaks UTF-8, so that what is
                               stored stays the same when that changes */
    char *name;             /* UTF-8, levels joined by '/'; see imap/name.h */
    char delimiter;         /* '\0' NIL */
    bool noselect, nonexistent, subscribed, noinferiors;
    bool has_children, has_no_children, remote;
    bool children_subscribed; /* CHILDINFO ("SUBSCRIBED"), RFC 5258 */
    folder_role role;
    char *old_wire_name;    /* OLDNAME: it was renamed from this; or NULL */
    char *old_name;
} imap_list;

typedef struct imap_status {
    char *wire_name;
    bool has_messages, has_unseen, has_uidnext, has_uidvalidity, has_highestmodseq;
    guint32 messages, unseen, uidnext, uidvalidity;
    guint64 highestmodseq;
    bool has_size, has_deleted, has_deleted_storage, has_appendlimit;
    guint32 deleted;
    guint64 size, deleted_storage; /* bytes */
    guint64 appendlimit;    /* bytes; G_MAXUINT64: the server says that there is none */
    char *mailbox_id;       /* MAILBOXID (RFC 8474) or NULL */
} imap_status;

/* One resource of a quota root (RFC 9208). */
typedef struct imap_quota {
    char *resource;         /* upper case: STORAGE (KiB), MESSAGE, MAILBOX ... */
    guint64 used, limit;
} imap_quota;

typedef enum imap_namespace_kind {
    NAMESPACE_PERSONAL, NAMESPACE_OTHER, NAMESPACE_SHARED,
} imap_namespace_kind;

typedef struct imap_namespace {
    imap_namespace_kind kind;
    char *prefix;           /* wire form, with its delimiter at the end where it has one */
    char delimiter;         /* '\0' NIL */
} imap_namespace;

typedef struct imap_reply {
    imap_reply_kind kind;
    guint32 tag;            /* number of our tag; 0 untagged or somebody else's */
    bool damaged;           /* IMAP_OTHER: it could not be read to its end */
    bool silence_counts;    /* damaged, and of a kind in which what is not named is gone (SEARCH,
                               VANISHED, LIST) */
    bool foreign;           /* IMAP_OTHER: no '*', no '+', no tag of ours: we may be out of step */
    bool doubtful;          /* tagged: a damaged reply before it may belong to it, one whose silence
                               counts */
    imap_code code;         /* status replies */
    char *code_text;        /* the code's arguments as sent, or NULL; NULL too beyond
                               LIMIT_SERVER_TEXT bytes */
    char *text;             /* human text, valid UTF-8, not sanitised, never NULL in status replies;
                               cut to LIMIT_SERVER_TEXT bytes */
    guint64 number;         /* EXISTS, RECENT, EXPUNGE, UIDNEXT, UIDVALIDITY, HIGHESTMODSEQ,
                               MESSAGELIMIT's n, how far INPROGRESS is ... */
    guint32 number2;        /* uidvalidity of APPENDUID and COPYUID; MESSAGELIMIT: the lowest UID
                               that was handled, go on below it; INPROGRESS: its goal, 0 unknown */
    uid_set *set;           /* SEARCH, ESEARCH ALL, VANISHED, MODIFIED, COPYUID source */
    uid_set *set2;          /* COPYUID and APPENDUID destination.  COPYUID gives both, of one size
                               and in one order (the nth of set is the nth of set2), or neither */
    bool earlier;           /* VANISHED (EARLIER) */
    char **words;           /* CAPABILITY, ENABLED (upper case), FLAGS, PERMANENTFLAGS, BADCHARSET,
                               BADEVENT, MAILBOXID (the one); QUOTAROOT: the roots; QUOTA: its
                               root; ACL: identifier and rights in turn; MYRIGHTS: the rights */
    char *wire_name;        /* QUOTAROOT, ACL, MYRIGHTS: the mailbox */
    GPtrArray *quotas;      /* QUOTA: of imap_quota, or NULL */
    GPtrArray *namespaces;  /* NAMESPACE: of imap_namespace, the server's order */
    GHashTable *id;         /* ID: lower-case key -> value, or NULL */
    imap_fetch *fetch;
    imap_list *list;
    imap_status *status;
    bool esearch_has_count;
    guint64 esearch_count, esearch_min, esearch_max, esearch_modseq; /* 0 not given */
    gint64 partial_first, partial_last; /* the range that PARTIAL answers; 0 none, below 0 from the
                                           newest */
    guint32 esearch_tag;    /* the command that it answers; INPROGRESS too; 0 unknown */
} imap_reply;

void imap_reply_free(imap_reply *r);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(imap_reply, imap_reply_free)

typedef struct imap_limits {
    gsize line;           /* bytes outside literals; FETCH, SEARCH and their kin: up to total */
    gsize literal;        /* bytes of one literal */
    gsize total;          /* bytes of one reply with its literals */
    gsize cut;            /* a longer literal of up to so many bytes is read and cut, not refused */
} imap_limits;

/* Parse one complete reply (no final CRLF; literals in place).  bytes are hostile; counts stop at
 * base/limits.h. What is unknown or damaged is IMAP_OTHER, so that one bad line of a server does
 * not close a folder for ever. NULL with ERROR_PROTOCOL only for damage behind a literal, whose
 * size may have been wrong: then mail text would be read as replies (close the connection), and
 * when memory is short. RFC 9051 section 9; RFC 3501 forms are accepted.  Any thread, no I/O. */
imap_reply *imap_reply_parse(const char *bytes, gsize nbytes, GError **error);

/* Cuts a byte stream into replies. */
typedef struct imap_lexer imap_lexer;
imap_lexer *imap_lexer_new(const imap_limits *limits);
void imap_lexer_free(imap_lexer *lexer);
void imap_lexer_set_limits(imap_lexer *lexer, const imap_limits *limits);
/* Append bytes. */
void imap_lexer_feed(imap_lexer *lexer, const char *bytes, gsize nbytes);
/* 1 with *reply and *nbytes set (borrowed until the next call), 0 bytes are missing, -1 with *error
 * (a limit was passed: close the connection). */
int imap_lexer_next(imap_lexer *lexer, const char **reply, gsize *nbytes, GError **error);
gsize imap_lexer_pending(const imap_lexer *lexer); /* bytes fed and not yet returned */
/* Does the reply that imap_lexer_next gave last hold a literal that was cut?  (Its count was
 * adjusted.) */
bool imap_lexer_was_cut(const imap_lexer *lexer);

#endif
