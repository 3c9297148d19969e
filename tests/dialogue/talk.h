/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of the dialogue player share.  The format is described in README. */
#ifndef CURSUS_TESTS_DIALOGUE_TALK_H
#define CURSUS_TESTS_DIALOGUE_TALK_H

#include <glib.h>
#include <stdbool.h>

typedef struct talk {
    GPtrArray *server;   /* of char*, in order: "S...", "s...", "w...", "C...", "fill: ",
                            "chatter: ", "trickle: ", "drip: " or "close" */
    GPtrArray *actions;  /* of char*: "do:" lines */
    GPtrArray *expected; /* of char*: "expect:" lines */
    bool is_private;
    bool flowing; /* what the server says flows together, as on a real wire */
} talk;

/* Plays the server's lines on fd in pieces of at most split bytes; closes fd.  NULL, or what went
 * wrong: caller frees. */
char *server_play(const talk *t, int fd, gsize split);

/* Does the actions on fd (takes it); what happened goes into log as lines. */
void client_play(const talk *t, int fd, GPtrArray *log);

#endif
