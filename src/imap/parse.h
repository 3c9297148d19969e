/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parser's own face, for files of this room only: a cursor over one reply and the parsers of
 * its kinds.  Nothing here allocates for a token: a slice points into the reply. */
#ifndef CURSUS_IMAP_PARSE_H
#define CURSUS_IMAP_PARSE_H

#include "imap/reply.h"

#include <string.h>

typedef struct slice {
    const char *at;
    gsize nbytes;
    bool quoted;  /* stood in quotes, so that it is no NIL */
    bool escaped; /* holds backslashes */
    bool literal;
} slice;

typedef struct cursor {
    const char *p, *end;
    bool literals;  /* one was passed: what follows must be right (see imap_reply_parse) */
    bool no_memory;
} cursor;

/* ---- tokens; each eats what it returns and nothing on failure unless said */
bool cursor_char(cursor *c, char wanted);
void cursor_blanks(cursor *c);
bool cursor_at_end(const cursor *c);
/* Up to a blank, parenthesis, quote or control character; not empty. */
bool cursor_atom(cursor *c, slice *out);
/* The word of a FETCH item: ends before '[' and '<' also. */
bool cursor_item(cursor *c, slice *out);
/* Quoted string, literal, literal8 or atom. */
bool cursor_string(cursor *c, slice *out);
/* Everything up to the end. */
slice cursor_rest(const cursor *c);

typedef enum number_result { NUMBER_NONE, NUMBER_OK, NUMBER_OVERFLOW } number_result;
/* Digits, at most max; on overflow all digits are eaten. */
number_result cursor_number(cursor *c, guint64 max, guint64 *out);
/* One value of any kind with everything in it.  Without recursion: nesting costs nothing and has no
 * limit. */
bool cursor_skip_value(cursor *c);
/* Behind '[': everything up to the ']' that ends it, which is not one in quotes unless the quotes
 * do not pair; eats the ']' too. */
bool cursor_bracketed(cursor *c, slice *inside);

bool slice_is(const slice *s, const char *word); /* ASCII case-insensitive */
bool slice_is_nil(const slice *s);
/* NUL-terminated copy without the escapes; NULL when it holds a NUL.  Caller frees. */
char *slice_dup(const slice *s);
/* The same made valid UTF-8; NULs end it. */
char *slice_text(const slice *s);

/* Sorted, merged set from numbers or "1:3,5" in any order; a 0 at the low end of a range counts
 * from 1, '*' is the largest UID there can be.  *ascending (may be NULL) tells whether it stood in
 * order. */
uid_set *parse_set(const slice *s, bool *ascending);
/* "1 2 3 ..." up to something else; NULL when one is no 32-bit number. */
uid_set *parse_numbers(cursor *c);

/* "(a b c)" or "a b c": the words, further lists inside passed over; upper case when upper.  At
 * most LIMIT_WORDS are kept. */
char **parse_words(cursor *c, bool upper);

/* ---- kinds: each starts behind the word and fills r.  False: damaged. */
bool parse_status_text(cursor *c, imap_reply *r);
bool parse_fetch(cursor *c, imap_reply *r, guint32 seq);
bool parse_list(cursor *c, imap_reply *r);
bool parse_mailbox_status(cursor *c, imap_reply *r);
bool parse_search(cursor *c, imap_reply *r);
bool parse_esearch(cursor *c, imap_reply *r);
bool parse_vanished(cursor *c, imap_reply *r);
bool parse_id(cursor *c, imap_reply *r);
bool parse_namespace(cursor *c, imap_reply *r);
bool parse_quota(cursor *c, imap_reply *r);
bool parse_quotaroot(cursor *c, imap_reply *r);
bool parse_acl(cursor *c, imap_reply *r);
bool parse_myrights(cursor *c, imap_reply *r);

/* False: damaged.  *name stays NULL for one that cannot be a folder's: empty, too long, with a NUL
 * or a line end, so that it could never be sent back. */
bool parse_mailbox_name(cursor *c, char **name);
/* The server speaks UTF-8 (UTF8=ACCEPT, IMAP4rev2): make the names what the header says. */
void parse_names_were_utf8(imap_reply *r);

/* Does the BODYSTRUCTURE at the cursor hold something that a person would call an attachment
 * (looked for down to LIMIT_REPLY_DEPTH)?  Eats it. */
bool parse_structure(cursor *c, bool *has_attachment);
/* INTERNALDATE's text to seconds since 1970 UTC; 0 when it is not one. */
gint64 parse_internal_date(const slice *s);

void imap_fetch_free(imap_fetch *f);
void imap_list_free(imap_list *l);
void imap_status_free(imap_status *s);

/* Our tags: "a12".  0 when it is none of ours. */
guint32 parse_tag(const slice *s);
#define TAG_LETTER 'a'

#endif
