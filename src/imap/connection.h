/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One IMAP connection: commands go out pipelined, replies come back as values.  Straight-line code
 * for one thread; every wait has a deadline and a GCancellable.  Knows no store. */
#ifndef CURSUS_IMAP_CONNECTION_H
#define CURSUS_IMAP_CONNECTION_H

#include "base/secret.h"
#include "imap/reply.h"
#include "net/stream.h"

typedef struct imap_connection imap_connection;

/* Called for every untagged reply that arrives while waiting, in order.  The reply is borrowed; a
 * field may be stolen by setting it to NULL.  Return false to stop with ERROR_CANCELLED. */
typedef bool (*imap_reply_fn)(const imap_reply *reply, gpointer data);

/* Takes the stream.  log_name prefixes the wire log ("work"). */
imap_connection *imap_connection_new(stream *s, const char *log_name);
/* Frees and closes without LOGOUT. */
void imap_connection_free(imap_connection *c);
void imap_connection_set_handler(imap_connection *c, imap_reply_fn fn, gpointer data);
/* Used by every wait below; may be changed between them. */
void imap_connection_set_cancel(imap_connection *c, GCancellable *cancel);
/* Silence longer than this fails; default 60 s. */
void imap_connection_set_timeout(imap_connection *c, int timeout_ms);

/* Read the greeting.  *preauth says that no login is needed (accepted only where allow_preauth).
 * Before login only status replies and CAPABILITY are heard. */
bool imap_greet(imap_connection *c, bool allow_preauth, bool *preauth, GError **error);
/* CAPABILITY unless the server has already told; called by login. */
bool imap_capability(imap_connection *c, GError **error);
/* "IDLE", "AUTH=PLAIN"; case-insensitive. */
bool imap_has(const imap_connection *c, const char *capability);

typedef enum imap_auth { IMAP_AUTH_AUTO, IMAP_AUTH_PLAIN, IMAP_AUTH_LOGIN } imap_auth;
/* AUTHENTICATE PLAIN (SASL-IR where announced), else LOGIN, unless LOGINDISABLED.  The secret is
 * never logged.  Refreshes capabilities.  Errors: AUTH with the server's words; REFUSED when they
 * say nothing about the password ([UNAVAILABLE], [INUSE], [LIMIT], [SERVERBUG]); TLS when the
 * stream is not private. */
bool imap_login(imap_connection *c, imap_auth how, const char *user, const secret *password,
                GError **error);

/* Queue a command: CRLF and tag are added.  The builder below makes arguments safe; what holds a
 * line break outside a literal all the same is not sent and waiting for it gives BAD.  While a
 * command waits that asks for a section of a body, literals of up to LIMIT_LITERAL_BODY bytes are
 * taken; else those beyond LIMIT_LITERAL_HEADER are cut: of a header the beginning is handed on, a
 * body is not.  Returns the tag (> 0). */
guint32 imap_send(imap_connection *c, GString *command);       /* takes the string */
guint32 imap_send_text(imap_connection *c, const char *text);  /* fixed text of ours */
bool imap_flush(imap_connection *c, GError **error);           /* put queued bytes on the wire */
/* Flush, then handle replies until the tagged one of tag.  True when it is OK.  ERROR_REFUSED for
 * NO (with the server's words; *code may be NULL), ERROR_PROTOCOL for BAD and when a part of the
 * answer could not be read in which silence says something (SEARCH, VANISHED, LIST), NETWORK and
 * TIMEOUT for a dead link. Tagged replies of other commands that arrive before are kept for their
 * own wait. */
bool imap_wait(imap_connection *c, guint32 tag, imap_code *code, GError **error);
/* As imap_wait; gives the tagged reply (free with imap_reply_free) whatever its kind; NULL only for
 * dead links. */
imap_reply *imap_wait_reply(imap_connection *c, guint32 tag, GError **error);
/* send + wait. */
bool imap_run(imap_connection *c, GString *command, imap_code *code, GError **error);

/* IDLE until deadline_ms (clock_monotonic_ms), until *wake becomes readable (fd, -1 none), or until
 * a handler asked by imap_idle_break.  Sends DONE and waits for the tagged reply.  Nothing is sent
 * when wake is readable or the deadline over already, or a handler breaks on what has arrived.
 * Where the server refuses, imap_has("IDLE") is false from then on and true is returned. */
bool imap_idle(imap_connection *c, gint64 deadline_ms, int wake_fd, GError **error);
void imap_idle_break(imap_connection *c); /* from the handler */
/* Without IDLE: handle what arrives until the deadline or wake. */
bool imap_linger(imap_connection *c, gint64 deadline_ms, int wake_fd, GError **error);
/* LOGOUT, briefly. */
void imap_logout(imap_connection *c);
/* Handle replies that are already here without blocking. */
bool imap_poll(imap_connection *c, GError **error);

/* From ID, else the greeting's text; "" unknown. */
const char *imap_server_name(const imap_connection *c);
void imap_connection_counts(const imap_connection *c, guint64 *received, guint64 *sent);

/* ---- command text.  A string becomes an atom, a quoted string or, where it holds 8-bit, CR, LF or
 * NUL, is refused (NUL, CR, LF) or sent as a literal (LITERAL+ / LITERAL- or synchronising, handled
 * by imap_send). */
GString *imap_command(const char *verb);                        /* "SELECT" */
void imap_add_text(GString *command, const char *raw);          /* " " + raw, ours */
bool imap_add_string(GString *command, const char *value);      /* astring; false: cannot be sent */
bool imap_add_mailbox(GString *command, const char *wire_name);
void imap_add_set(GString *command, const uid_set *set);
/* (\\Seen work) */
void imap_add_flags(GString *command, mail_flags flags, const char *const *keywords);

#endif
