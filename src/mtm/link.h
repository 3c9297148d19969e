/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From account settings to a logged-in IMAP connection: password, dial, TLS, greeting, login.  Shared by
 * the work session and the fetcher. */
#ifndef CURSUS_MTM_LINK_H
#define CURSUS_MTM_LINK_H

#include "imap/connection.h"
#include "mtm/internal.h"

/* NULL with *problem (owned by the caller) naming the step that failed.  Blocks; session threads only.
 * tell: show the phases in the account's state. */
imap_connection *link_open(mtm_account_entry *a, const account_settings *settings, const char *log_name, bool tell,
                           GCancellable *cancel, mtm_problem **problem);

/* COMPRESS where the account's setting wants it; auto: when much will be said over a long line.  False with *error:
 * the connection is dead. */
bool link_compress(imap_connection *c, const account_settings *settings, bool much, GError **error);

/* A pipe that ends a poll: written by any thread, drained by the session. */
typedef struct wake_pipe {
    int fds[2];
} wake_pipe;
void wake_open(wake_pipe *w);
void wake_close(wake_pipe *w);
void wake_signal(wake_pipe *w);
void wake_drain(wake_pipe *w);
/* Until signalled or deadline_ms (clock_monotonic_ms; 0 none). */
void wake_wait(wake_pipe *w, gint64 deadline_ms);

#endif
