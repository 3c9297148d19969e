/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What connection.c, flush.c, login.c and idle.c share. */
#ifndef CURSUS_IMAP_PRIVATE_H
#define CURSUS_IMAP_PRIVATE_H

#include "imap/connection.h"
#include "net/wirelog.h"

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
    guint32 body_tag;         /* the last command that asks for whole messages; 0 none waits */
    guint32 doubtful_tag;     /* up to this one the answers that are due may be damaged */
    GHashTable *commands;     /* tag -> its imap_reply, NULL until it comes; until it is taken */
    GHashTable *capabilities; /* upper case; NULL unknown */
    char *server;
    bool authenticated;       /* before that only status and CAPABILITY are heard */
    bool parting;             /* LOGOUT or a login is under way: BYE may precede its answer */
    bool idle_break;
    guint32 idle_tag;         /* an IDLE that is queued or open; 0 none */
    bool idle_written;        /* it is on the wire */
    bool idle_confirmed;      /* its "+" has come */
    guint32 ended_tag;        /* an IDLE whose DONE is out and whose answer is due; 0 none */
    gint64 done_by_ms;        /* then: by when, or the link is dead */
    char *bye;                /* the server's parting words */
    guint nforeign;           /* replies to nothing that was asked, since the last proper answer */
    imap_reply *continuation; /* a "+" that has arrived */
    GError *dead;             /* why nothing more can be read or written */
};

typedef struct queued_command {
    guint32 tag;
    GString *text; /* without tag and CRLF; literals stand in it as "{n}CRLF" and n bytes */
} queued_command;
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

/* Bytes to the wire, past the queue. */
bool imap_write(imap_connection *c, const char *bytes, gsize nbytes, GError **error);

void imap_forget_capabilities(imap_connection *c);
void imap_now_authenticated(imap_connection *c);

/* Before another command: ends an IDLE that is on the wire, with DONE appended to out, which must be
 * empty.  Its answer is nobody's. */
bool imap_idle_interrupt(imap_connection *c, GString *out, GError **error);

/* Only CR, LF and NUL inside well-formed literals? */
bool imap_command_is_safe(const GString *text);

#endif
