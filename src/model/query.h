/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The query language: one tree for list, limit, search, colour, rule and hook.  Parsed here, matched
 * on summaries here, turned into SQL in store/ and into SEARCH keys in imap/. */
#ifndef CURSUS_MODEL_QUERY_H
#define CURSUS_MODEL_QUERY_H

#include "model/summary.h"

#include <glib.h>
#include <stdbool.h>

typedef enum query_kind {
    QUERY_ALL,      /* matches everything */
    QUERY_AND,      /* children */
    QUERY_OR,       /* children */
    QUERY_NOT,      /* one child */
    QUERY_WORD,     /* text: in subject, from, to or cc */
    QUERY_FROM,     /* text */
    QUERY_TO,       /* text */
    QUERY_CC,       /* text */
    QUERY_SUBJECT,  /* text */
    QUERY_BODY,     /* text; no local match yet */
    QUERY_LIST,     /* text in List-Id; "" is any list (mutt's ~l) */
    QUERY_ID,       /* text: the Message-ID, whole */
    QUERY_FOLDER,   /* text: NAME or ACCOUNT:NAME, a trailing '*' is a prefix; ASCII case-insensitive INBOX */
    QUERY_ACCOUNT,  /* text */
    QUERY_FLAG,     /* flags: every bit set */
    QUERY_KEYWORD,  /* text: the keyword, whole */
    QUERY_ATTACHMENT,
    QUERY_DATE,     /* from_s <= sort date < to_s */
    QUERY_SIZE,     /* size >= from_bytes and < to_bytes */
} query_kind;

typedef struct query query;
struct query {
    query_kind kind;
    GPtrArray *children;      /* of query, owning; NULL for leaves */
    char *text;               /* or NULL */
    char *folded;             /* text folded for query_match, made by the parser; may be NULL */
    mail_flags flags;
    gint64 from_s, to_s;      /* G_MININT64 / G_MAXINT64 open */
    guint64 from_bytes, to_bytes;
};

/* Parse what a person wrote.  now_s is the clock for newer: and older: (and the local zone for
 * date:).  "" gives QUERY_ALL.  NULL with ERROR_INPUT: the text names the column (characters, from 1)
 * and what was expected.  At most LIMIT_QUERY_NODES nodes and as deep.
 * Words next to each other are AND (the word "and" may stand between them); OR, or, | bind weaker;
 * -x, not x, !x; parentheses; "a phrase" (\" and \\ inside).  Quoted, those words are plain text.
 * mutt's ~f ~t ~c ~s ~b ~N ~U ~F ~D ~d ~A ~O ~R ~l ~z ... are spellings of the same nodes (text, not
 * regular expressions).
 * is: unread(-seen) read flagged answered replied draft deleted forwarded new(=unread)
 * newer: and older: take a number and h d w m(onths) y; sizes a number and K M G (1024 each). */
query *query_parse(const char *text, gint64 now_s, GError **error);
void query_free(query *q);
query *query_dup(const query *q);

/* Does the row match?  folder_name and account_name are the row's; case-insensitive by Unicode
 * folding.  Any thread. */
bool query_match(const query *q, const mail_summary *s, const char *account_name, const char *folder_name);

/* The rule of in: alone: NAME or ACCOUNT:NAME, a trailing '*' is a prefix, INBOX in any case. */
bool query_folder_match(const char *pattern, const char *account_name, const char *folder_name);

/* The folder name when the tree is one QUERY_FOLDER or an AND that has exactly one at its top; NULL else,
 * and for a pattern with '*'.  Borrowed. */
const char *query_single_folder(const query *q);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(query, query_free)

#endif
