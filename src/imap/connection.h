/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One IMAP connection: commands go out pipelined, replies come back as values.  Straight-line code
 * for one thread; every wait has a deadline and a GCancellable.  Knows no store. */
#ifndef CURSUS_IMAP_CONNECTION_H
#define CURSUS_IMAP_CONNECTION_H

#include "base/secret.h"
#include "imap/codes.h"
#include "imap/quirks.h"
#include "imap/reply.h"
#include "model/account.h"
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
/* For a stream opened with starttls: hear the greeting, ask for STARTTLS, shake hands.  Instead of
 * imap_greet.  All or nothing: whatever else happens in clear is TLS with a sentence of ours (never
 * the server's words) and the connection is dead; nothing heard before TLS is kept. */
bool imap_start_tls(imap_connection *c, GError **error);
/* CAPABILITY unless the server has already told; called by login. */
bool imap_capability(imap_connection *c, GError **error);
/* "IDLE", "AUTH=PLAIN"; case-insensitive.  What IMAP4rev2 holds in itself counts as announced once
 * that is in force; what the overrides, the table of quirks or failures took away does not. */
bool imap_has(const imap_connection *c, const char *capability);
/* The number of a capability like "APPENDLIMIT=35651584" or "MESSAGELIMIT=1000"; 0 none. */
guint64 imap_capability_number(const imap_connection *c, const char *name);
/* Capability names never believed from now on (the words of "no-CAP" in an account's settings);
 * copied.  LOGINDISABLED and IMAP4rev1 cannot be taken away. */
void imap_connection_set_overrides(imap_connection *c, const char *const *off);
/* A command that stands on this capability was answered BAD or by nonsense.  The second time it is
 * off for this connection, and the log says so. */
void imap_capability_failed(imap_connection *c, const char *name);
/* Did the server confirm ENABLE for it ("QRESYNC")?  Where a quirk says that it never confirms, the
 * OK of an ENABLE that named it counts. */
bool imap_enabled(const imap_connection *c, const char *name);
/* COMPRESS DEFLATE (RFC 4978) when announced: one round trip, nothing may be under way.  True also
 * when it is not announced or refused. */
bool imap_compress(imap_connection *c, GError **error);

/* ---- what this server bears: from the table of quirks, by greeting, ID and CAPABILITY */
bool imap_quirk(const imap_connection *c, imap_quirk_id q);
/* Bytes of one command line, literals not counted: split UID sets below it. */
guint imap_line_limit(const imap_connection *c);
/* Messages that one FETCH, STORE, COPY or SEARCH may touch: MESSAGELIMIT (RFC 9738) or a quirk; 0
 * any number. */
guint imap_message_limit(const imap_connection *c);

typedef struct imap_login_settings {
    auth_choice how;
    const char *user;      /* or NULL where none is needed */
    const char *host;      /* or NULL: for mechanisms that name the service */
    guint16 port;
    bool has_certificate;  /* a client certificate was shown */
    bool has_token;        /* the password is an OAuth2 access token */
    secret *(*password)(gpointer data, GError **error); /* called when one is needed; yours to unref */
    gpointer data;
} imap_login_settings;
/* AUTHENTICATE by the strongest mechanism of net/sasl.h that is offered (SASL-IR where announced),
 * else by LOGIN unless LOGINDISABLED.  No weaker way is tried after a refusal.  The secret is never
 * logged.  Refreshes capabilities.  Errors: AUTH with the server's words; REFUSED when they say
 * nothing about the password ([UNAVAILABLE], [INUSE], [LIMIT], [SERVERBUG]); TLS when the stream is
 * not private; those of the password function. */
bool imap_login(imap_connection *c, const imap_login_settings *settings, GError **error);
/* "SCRAM-SHA-256-PLUS", "LOGIN": how it was done; NULL not yet.  Static. */
const char *imap_login_mechanism(const imap_connection *c);

/* Queue a command: CRLF and tag are added.  The builder below makes arguments safe; what holds a
 * line break outside a literal all the same is not sent and waiting for it gives BAD.  While a
 * command waits that asks for a section of a body, literals of up to LIMIT_LITERAL_BODY bytes are
 * taken; else those beyond LIMIT_LITERAL_HEADER are cut: of a header the beginning is handed on, a
 * body is not.  Returns the tag (> 0). */
guint32 imap_send(imap_connection *c, GString *command);       /* takes the string */
guint32 imap_send_text(imap_connection *c, const char *text);  /* fixed text of ours */
bool imap_flush(imap_connection *c, GError **error);           /* put queued bytes on the wire */
/* Flush, then handle replies until the tagged one of tag.  True when it is OK.  For NO the kind of
 * its code in imap_code_lookup, mostly ERROR_REFUSED, with that row's sentence before the server's
 * words (*code may be NULL; imap_code_lookup(*code)->hint says what to do); ERROR_PROTOCOL for BAD
 * and when a part of the answer could not be read in which silence says something (SEARCH,
 * VANISHED, LIST), NETWORK and TIMEOUT for a dead link.  Tagged replies of other commands that
 * arrive before are kept for their own wait. */
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
/* The same in steps, so that it costs no flight of its own.  Begin queues IDLE behind the commands
 * of a burst.  Listen waits as above and leaves it open; when it returns the server may have ended
 * or refused it.  The next command that is sent ends it, in the same write. */
void imap_idle_begin(imap_connection *c);
bool imap_idle_listen(imap_connection *c, gint64 deadline_ms, int wake_fd, GError **error);
bool imap_idle_is_open(const imap_connection *c); /* or queued */
bool imap_idle_end(imap_connection *c, GError **error);
void imap_idle_break(imap_connection *c); /* from the handler */
/* Without IDLE: handle what arrives until the deadline or wake. */
bool imap_linger(imap_connection *c, gint64 deadline_ms, int wake_fd, GError **error);
/* LOGOUT, briefly. */
void imap_logout(imap_connection *c);
/* Handle replies that are already here without blocking. */
bool imap_poll(imap_connection *c, GError **error);

int imap_connection_rtt_ms(const imap_connection *c); /* -1 unknown */
/* From ID, else the greeting's text; "" unknown. */
const char *imap_server_name(const imap_connection *c);
void imap_connection_counts(const imap_connection *c, guint64 *received, guint64 *sent);

/* ---- command text.  A string becomes an atom, a quoted string or, where it holds 8-bit, CR, LF or
 * NUL, is refused (NUL, CR, LF) or sent as a literal (LITERAL+ / LITERAL- or synchronising, handled
 * by imap_send). */
GString *imap_command(const char *verb);                        /* "SELECT" */
void imap_add_text(GString *command, const char *raw);          /* " " + raw, ours */
bool imap_add_string(GString *command, const char *value);      /* astring; false: cannot be sent */
/* wire_name is as imap_list gives it; it goes out as UTF-8 where the server was told to speak that
 * (UTF8=ACCEPT, IMAP4rev2).  False: cannot be sent. */
bool imap_add_mailbox(const imap_connection *c, GString *command, const char *wire_name);
void imap_add_set(GString *command, const uid_set *set);
/* (\\Seen work) */
void imap_add_flags(GString *command, mail_flags flags, const char *const *keywords);

/* ---- uploads.  The bytes are referenced until they are on the wire and are never copied whole. */
typedef struct imap_upload {
    GBytes *message;             /* borrowed; CRLF line ends are the caller's duty */
    mail_flags flags;
    const char *const *keywords; /* or NULL */
    gint64 received_s;           /* INTERNALDATE; 0: the server's clock */
} imap_upload;

/* APPEND n messages (n > 1 only where imap_has("MULTIAPPEND")).  NULs go as literal8 (BINARY),
 * 8-bit headers as UTF8 (...) where UTF8=ACCEPT is in force.  The tag, or 0 with *error: INPUT what
 * cannot be sent (name, NUL without BINARY), QUOTA when APPENDLIMIT is passed.  Answer: APPENDUID
 * in the tagged reply (number2 the validity, set2 the UIDs), where it can be believed. */
guint32 imap_send_append(imap_connection *c, const char *wire_name, const imap_upload *uploads,
                         guint n, GError **error);
/* UID REPLACE (RFC 8508) in the selected mailbox by a message in wire_name; only where
 * imap_has("REPLACE").  Errors and answer as above (APPENDUID comes untagged: to the handler). */
guint32 imap_send_replace(imap_connection *c, guint32 uid, const char *wire_name,
                          const imap_upload *upload, GError **error);

/* ---- commands with a text of their own */
/* ID with our name and version and nothing else; the tag, or 0 where the server has none. */
guint32 imap_send_id(imap_connection *c);
/* ENABLE of those of the words (upper case, separated by blanks) that the server announces, UTF8=
 * ACCEPT and IMAP4REV2 among them; 0 when none is or ENABLE is not there.  Commands may follow at
 * once (RFC 5161), but behind UTF8=ACCEPT or IMAP4REV2 none with a mailbox's name: how that is
 * spelled depends on the answer. */
guint32 imap_send_enable(imap_connection *c, const char *words);
/* NOTIFY SET (RFC 5465).  fetch_items ("UID FLAGS", NULL none) come with a new message of the
 * selected mailbox; status: STATUS of all others at once.  Only where imap_has("NOTIFY"). */
guint32 imap_send_notify(imap_connection *c, const char *fetch_items, bool status);
/* " RETURN (SAVE)" belongs behind SEARCH where imap_has("SEARCHRES"): then "$" is the set.
 * " (PARTIAL -1:-n)" behind a UID FETCH of 1:4294967295: the newest n (RFC 9394). */
void imap_add_newest(GString *command, guint32 n);

struct query;
/* The query as SEARCH keys behind "UID SEARCH": " CHARSET UTF-8" where a text needs it, then the
 * keys.  in: and account: are decided here for the folder given (either may be NULL).  False, and
 * nothing added: the server cannot be asked this (has:attachment, pending changes, a text with a
 * line end, more than its line takes).  Where a key is coarser there (dates: days) more is asked
 * for, so that a match here (query_match) leaves what was meant.  c may be NULL. */
bool imap_add_search(const imap_connection *c, GString *command, const struct query *q,
                     const char *account_name, const char *folder_name);

#endif
