/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines over a local socket, both ends: nothing here blocks, and what the other side may make us keep is bounded.
 * Main thread. */
#ifndef CURSUS_MTM_REMOTE_WIRE_H
#define CURSUS_MTM_REMOTE_WIRE_H

#include <glib.h>
#include <stdbool.h>

typedef struct remote_wire remote_wire;

typedef struct remote_wire_hooks {
    /* A line without its end, NUL behind it, wiped after the call. */
    void (*line)(const char *text, gsize nbytes, gpointer data);
    /* The wire is over: the other side went, its line is too long, or it does not read.  Called once, from the
     * main loop, and not after remote_wire_free. */
    void (*end)(const char *why, gpointer data);
} remote_wire_hooks;

/* Takes the descriptor.  Lines up to max_line bytes; up to LIMIT_ENGINE_BEHIND bytes, and one line
 * more, wait for a slow reader. */
remote_wire *remote_wire_new(int fd, gsize max_line, const remote_wire_hooks *hooks, gpointer data);
void remote_wire_free(remote_wire *w); /* also from inside a hook; NULL is ignored */
void remote_wire_max_line(remote_wire *w, gsize max_line);
bool remote_wire_has_part(const remote_wire *w); /* a line has begun to come */
/* Appends the end of the line, and wipes what was sent.  What cannot go now goes later; on a wire that is over,
 * nowhere. */
void remote_wire_send(remote_wire *w, GString *line);
/* Nothing more is read; what waits is still written. */
void remote_wire_deafen(remote_wire *w);
bool remote_wire_is_empty(const remote_wire *w); /* nothing waits to be written */

#endif
