/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Protocol text for the log (area wire, level trace), secrets masked, literals as their sizes. */
#ifndef CURSUS_NET_WIRELOG_H
#define CURSUS_NET_WIRELOG_H

#include <glib.h>
#include <stdbool.h>

typedef struct wirelog wirelog;

/* name stands before every line ("work"). */
wirelog *wirelog_new(const char *name);
void wirelog_free(wirelog *log);
/* From now on these bytes are masked wherever a server repeats them (copied into locked memory).
 * Short ones are not looked for: masking "a" everywhere would tell it. */
void wirelog_hide(wirelog *log, const char *bytes, gsize nbytes);

/* A command or reply with its literals, without the final CRLF.  The arguments of LOGIN and
 * AUTHENTICATE are never written. */
void wirelog_sent(const wirelog *log, const char *bytes, gsize nbytes);
void wirelog_received(const wirelog *log, const char *bytes, gsize nbytes);
/* A line of ours that is nothing but a secret (a SASL answer). */
void wirelog_sent_secret(const wirelog *log);

/* text with the hidden bytes masked, for error texts.  Caller frees. */
char *wirelog_masked(const wirelog *log, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(wirelog, wirelog_free)

#endif
