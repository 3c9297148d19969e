/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What connection.c, login.c and idle.c share. */
#ifndef CURSUS_IMAP_PRIVATE_H
#define CURSUS_IMAP_PRIVATE_H

#include "imap/connection.h"
#include "net/wirelog.h"

struct imap_connection {
    stream *stream;
    wirelog *log;
    imap_lexer *lexer;
    GCancellable *cancel;
    int timeout_ms;
    imap_reply_fn handler;
    gpointer handler_data;
    GString *out;              /* queued for the wire */
    GQueue literals;           /* of gsize: places in out where a "+" must have come */
    guint32 last_tag;
    GHashTable *done;          /* tag -> imap_reply: tagged replies nobody has waited for yet */
    GHashTable *capabilities;  /* upper case; NULL unknown */
    char *server;
    bool authenticated;        /* before that only status and CAPABILITY are heard */
    bool idle_break;
    char *bye;                 /* the server's parting words */
    imap_reply *continuation;  /* a "+" that has arrived */
};

/* Read one reply and let it take effect: tagged ones go to done, others to the handler.  deadline_ms 0: the
 * silence timeout from now. */
bool imap_read_one(imap_connection *c, gint64 deadline_ms, GError **error);
gint64 imap_deadline(const imap_connection *c);
/* Until "+" has come; false also when tag was answered instead (then *refused is its reply). */
bool imap_wait_continuation(imap_connection *c, guint32 tag, imap_reply **refused, GError **error);
bool imap_write(imap_connection *c, const char *bytes, gsize nbytes, GError **error);
void imap_take_capabilities(imap_connection *c, char **words);
void imap_now_authenticated(imap_connection *c);

#endif
