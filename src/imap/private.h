/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What connection.c, send.c, login.c and idle.c share. */
#ifndef CURSUS_IMAP_PRIVATE_H
#define CURSUS_IMAP_PRIVATE_H

#include "imap/connection.h"
#include "net/wirelog.h"

/* A command that was sent, or will be. */
typedef struct sent_command {
    guint32 tag;
    gsize end;          /* behind it in the queue */
    GArray *stops;      /* of gsize: places in the queue that are passed only when a "+" has come; or NULL */
    bool asks_bodies;   /* while it is unanswered, literals may be as large as a mail */
    bool doubtful;      /* something that may belong to its answer could not be read */
} sent_command;

struct imap_connection {
    stream *stream;
    wirelog *log;
    char *log_name;
    imap_lexer *lexer;
    char *buffer;              /* what one read fills */
    GCancellable *cancel;
    int timeout_ms;
    imap_reply_fn handler;
    gpointer handler_data;
    GString *out;              /* queued for the wire */
    GQueue queue;              /* of sent_command: those whose text is in out */
    GHashTable *waiting;       /* tag -> sent_command: those that are on the wire and unanswered */
    guint nbodies;             /* of them, how many ask for bodies */
    guint32 last_tag;
    GHashTable *done;          /* tag -> imap_reply: answers nobody has waited for yet */
    GHashTable *capabilities;  /* upper case; NULL unknown */
    bool capabilities_told;    /* since the login began */
    char *server;
    bool authenticated;        /* before that only status and CAPABILITY are heard */
    bool idle_break;
    char *bye;                 /* the server's parting words */
    gint64 bye_until_ms;       /* then it is over, whatever still comes; 0 no BYE yet */
    imap_reply *continuation;  /* a "+" that has arrived */
    guint nforeign;            /* replies to nothing that was asked, since the last proper answer */
    GError *broken;            /* kept: the stream cannot be used any more */
};

/* ---- connection.c */

/* Read one reply and let it take effect: tagged ones go to done, others to the handler.  deadline_ms 0: the
 * silence timeout from now. */
bool imap_read_one(imap_connection *c, gint64 deadline_ms, GError **error);
gint64 imap_deadline(const imap_connection *c);
/* For a wait of any length: before the login a fixed deadline, then 0, which asks only that something comes. */
gint64 imap_patience(const imap_connection *c);
/* The stream cannot be used any more: cause is kept (taken) and given again by whatever is tried next. */
void imap_break(imap_connection *c, GError *cause);
bool imap_is_broken(const imap_connection *c, GError **error);
/* The answer to tag, taken out of done; NULL when there is none yet. */
imap_reply *imap_take_answer(imap_connection *c, guint32 tag);
/* As imap_wait_reply with a deadline for the whole (0: silence only). */
imap_reply *imap_wait_until(imap_connection *c, guint32 tag, gint64 deadline_ms, GError **error);
void imap_now_authenticated(imap_connection *c);
/* Literal limits follow what is asked. */
void imap_fit_limits(imap_connection *c);

/* ---- send.c */

void sent_command_free(gpointer command);
/* The tag of a command that the caller writes by himself. */
guint32 imap_begin(imap_connection *c);
/* Until "+" has come; false also when tag was answered instead (then *refused is its reply). */
bool imap_wait_continuation(imap_connection *c, guint32 tag, imap_reply **refused, GError **error);
bool imap_write(imap_connection *c, const char *bytes, gsize nbytes, GError **error);

#endif
