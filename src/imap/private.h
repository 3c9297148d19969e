/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What connection.c, flush.c, login.c and idle.c share. */
#ifndef CURSUS_IMAP_PRIVATE_H
#define CURSUS_IMAP_PRIVATE_H

#include "imap/connection.h"
#include "net/wirelog.h"

/* What is known of the server (capability.c). */
typedef struct imap_facts {
    GHashTable *capabilities; /* upper case; NULL unknown */
    GHashTable *off;          /* never believed: overrides, and what failed twice */
    GHashTable *failed;       /* once */
    GHashTable *enabled;      /* what ENABLE put in force */
    guint32 enable_tag;       /* the ENABLE that is under way; 0 none */
    char **enable_words;      /* its arguments */
    char *greeting, *id_name; /* NULL unknown */
    char *server;             /* for people */
    const imap_quirks *quirks; /* NULL: nothing is known yet */
} imap_facts;

struct imap_connection {
    stream *stream;
    wirelog *log;
    imap_lexer *lexer;
    char *buffer;             /* what one read fills */
    GCancellable *cancel;
    int timeout_ms;
    imap_reply_fn handler;
    gpointer handler_data;
    GQueue queue;             /* of queued_command, not yet on the wire */
    guint32 last_tag;
    GHashTable *uploads;      /* tags of the APPENDs and REPLACEs under way, or NULL */
    uid_set *told_uids;       /* of an untagged APPENDUID since it was sent */
    guint32 told_validity;
    guint32 body_tag;         /* the last command that asks for whole messages; 0 none waits */
    guint32 doubtful_tag;     /* up to this one the answers that are due may be damaged */
    GHashTable *commands;     /* tag -> its imap_reply, NULL until it comes; until it is taken */
    imap_facts facts;
    bool byte_by_byte;        /* the next reply may end a layer: read nothing beyond it */
    bool authenticated;       /* before that only status and CAPABILITY are heard */
    const char *mechanism;    /* of the login; NULL before */
    bool parting;             /* LOGOUT or a login is under way: BYE may precede its answer */
    bool idle_break;
    guint32 idle_tag;         /* an IDLE that is queued or open; 0 none */
    bool idle_written;        /* it is on the wire */
    bool idle_confirmed;      /* its "+" has come */
    bool idle_again;          /* another behind the queue */
    guint32 ended_tag;        /* an IDLE whose DONE is out and whose answer is due; 0 none */
    gint64 done_by_ms;        /* then: by when, or the link is dead */
    char *bye;                /* the server's parting words */
    guint nforeign;           /* replies to nothing that was asked, since the last proper answer */
    imap_reply *continuation; /* a "+" that has arrived */
    GError *dead;             /* why nothing more can be read or written */
};

/* Bytes that are not copied into a command's text. */
typedef struct insert {
    gsize at;       /* place in the text */
    GBytes *bytes;
    bool literal8;  /* "~{n}": holds NULs, or is UTF-8 (RFC 3516, 6855) */
} insert;
GArray *imap_inserts_new(void);

typedef struct queued_command {
    guint32 tag;
    GString *text; /* without tag and CRLF; literals stand in it as "{n}CRLF" and n bytes */
    GArray *inserts; /* of insert, by place; NULL none */
} queued_command;
/* imap_send for a text with bytes in it; takes both. */
guint32 imap_send_with_bytes(imap_connection *c, GString *command, GArray *inserts);

/* ---- upload.c: an APPENDUID that is told in the wrong place still counts, one of a server that
 * gets it wrong does not */
void imap_upload_told(imap_connection *c, const imap_reply *r);
void imap_upload_answered(imap_connection *c, imap_reply *r);
void queued_command_free(queued_command *q);

/* A new tag that is waited for. */
guint32 imap_new_tag(imap_connection *c);
/* Has the tagged reply come?  It stays for imap_wait_reply. */
bool imap_answered(const imap_connection *c, guint32 tag);

/* Read until one reply has taken effect: a tagged one is kept, others go to the handler.
 * deadline_ms 0: the silence timeout from now, which a few bytes do not put off. */
bool imap_read_one(imap_connection *c, gint64 deadline_ms, GError **error);

/* Until "+" has come: PLUS_CAME.  PLUS_REFUSED: tag was answered instead, its reply is kept. */
typedef enum plus_result { PLUS_CAME, PLUS_REFUSED, PLUS_ERROR } plus_result;
plus_result imap_wait_plus(imap_connection *c, guint32 tag, GError **error);
/* The same with what stood behind the "+" (caller frees; challenge NULL: not wanted). */
plus_result imap_wait_challenge(imap_connection *c, guint32 tag, char **challenge, GError **error);

/* Bytes to the wire, past the queue. */
bool imap_write(imap_connection *c, const char *bytes, gsize nbytes, GError **error);

/* ---- capability.c */
void imap_facts_clear(imap_facts *f);
void imap_forget_facts(imap_connection *c); /* all but the overrides */
void imap_forget_capabilities(imap_connection *c);
void imap_take_greeting(imap_connection *c, const char *text);
void imap_take_facts(imap_connection *c, const imap_reply *r);
void imap_note_enable(imap_connection *c, guint32 tag, const GString *command);
void imap_capability_off(imap_connection *c, const char *name);
bool imap_speaks_utf8(const imap_connection *c); /* NULL: no */

void imap_now_authenticated(imap_connection *c);

/* Before another command: ends an IDLE that is on the wire, with DONE appended to out, which must be
 * empty.  Its answer is nobody's. */
bool imap_idle_interrupt(imap_connection *c, GString *out, GError **error);

/* " " and a quoted string, UTF-8 in it as it is.  False, nothing added: it holds a line end. */
bool imap_add_quoted(GString *command, const char *value);

/* Only CR, LF and NUL inside well-formed literals? */
bool imap_command_is_safe(const GString *text);

#endif
