/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where an engine can be talked to.  The lock of the store names the socket: the file system never decides who is the
 * engine, and a client needs no more than the state directory to find it. */
#ifndef CURSUS_MTM_REMOTE_PLACE_H
#define CURSUS_MTM_REMOTE_PLACE_H

#include <glib.h>
#include <stdbool.h>

/* A listening socket of the holder of the store's lock: $XDG_RUNTIME_DIR/cursus/engine.sock (with a name of its own
 * while another store's engine has that one), without XDG_RUNTIME_DIR the state directory; mode 0600 in a directory
 * of mode 0700.  -1 with *error.  *path: caller frees. */
int remote_place_listen(const char *state_dir, char **path, GError **error);
/* Takes the file away; the descriptor stays the caller's. */
void remote_place_remove(const char *path);
/* Connected, or -1: nobody listens there, or not this user (never blocks). */
int remote_place_connect(const char *path);
/* The next who has connected to a listening socket, or -1; another user's processes are sent away. */
int remote_place_accept(int fd);

#endif
