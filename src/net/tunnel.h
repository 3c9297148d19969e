/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A command whose standard streams are the connection (ssh to the server, a server on a pipe, a
 * proxy). */
#ifndef CURSUS_NET_TUNNEL_H
#define CURSUS_NET_TUNNEL_H

#include <glib.h>
#include <stdbool.h>

typedef struct tunnel tunnel;

/* Run command by /bin/sh -c in a session of its own, so that ^C at our terminal does not reach it
 * and it cannot read from our terminal.  *in_fd (to read) and *out_fd become our ends,
 * non-blocking, yours. Errors: NETWORK. */
tunnel *tunnel_start(const char *command, int *in_fd, int *out_fd, GError **error);
/* What it wrote to standard error: poll this (-1 when at its end) and call tunnel_listen when
 * readable. */
int tunnel_error_fd(const tunnel *t);
void tunnel_listen(tunnel *t);
/* Our end saw the end of the stream: wait a moment for the command.  NULL when it ended with status
 * 0 and said nothing, else why, with its last lines.  Caller frees. */
char *tunnel_verdict(tunnel *t);
/* Ask it to end, insist after a moment, reap it.  The caller has closed our ends.  NULL is ignored.
 */
void tunnel_free(tunnel *t);

#endif
