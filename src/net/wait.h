/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Waiting on descriptors with a deadline and a GCancellable; the bottom of every blocking call of
 * the room. */
#ifndef CURSUS_NET_WAIT_H
#define CURSUS_NET_WAIT_H

#include <gio/gio.h>
#include <poll.h>
#include <stdbool.h>

/* The cancellable being watched.  Its descriptor is kept between waits: making one costs system
 * calls. */
typedef struct wait_watch {
    GCancellable *cancel; /* a reference, or NULL */
    int fd;               /* -1 none */
} wait_watch;

void wait_watch_init(wait_watch *w);
void wait_watch_set(wait_watch *w, GCancellable *cancel);
void wait_watch_clear(wait_watch *w);

/* Was it cancelled?  Then *error says so. */
bool wait_cancelled(const wait_watch *w, GError **error);

/* poll(2) until one of fds (at most 4) is ready: 1; deadline_ms (clock_monotonic_ms', 0 none)
 * passed: 0; cancelled or failed: -1 with *error. */
int wait_poll(wait_watch *w, struct pollfd *fds, int nfds, gint64 deadline_ms, GError **error);

#endif
