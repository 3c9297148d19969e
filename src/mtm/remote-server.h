/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the two files of the engine's end share: remote-server.c (who comes, and what they ask) and remote-told.c (what
 * they are told, and asked in turn).  Main thread. */
#ifndef CURSUS_MTM_REMOTE_SERVER_H
#define CURSUS_MTM_REMOTE_SERVER_H

#include "mtm/remote.h"
#include "mtm/remote-wire.h"

typedef struct peer {
    remote_server *server;
    remote_wire *wire;
    bool greeted, answers;    /* answers: a person is there to type a password */
    guint64 taken;            /* operations that were read */
    gint64 since_ms, part_ms; /* part_ms: a look found half a line; 0 none */
    GHashTable *batches;      /* account ("" all) -> how many it has begun */
    GHashTable *before;       /* account -> account_settings as they were before it changed them */
} peer;

/* An operation that somebody asked for. */
typedef struct errand {
    peer *peer;               /* NULL: it has gone */
    guint64 op;               /* as the peer knows it */
    const remote_operation *operation;
    char *account;            /* that it named; NULL: any */
    guint32 message;
    mtm_problem *problem;     /* of a message of which only the beginning is here */
    bool settling, done;
} errand;

typedef struct question {
    peer *peer;
    char *account;
} question;

struct remote_server {
    mtm *m;
    int fd;
    char *path;
    guint source, timer, pause; /* 0 none */
    GPtrArray *peers;           /* oldest first, owning */
    GHashTable *errands;        /* operation here -> errand */
    GHashTable *questions;      /* operation of an ASK -> question */
    bool leaving;
};

static inline gpointer op_key(guint64 op)
{
    return g_memdup2(&op, sizeof op);
}

/* ---- remote-told.c */
void peer_send_states(const peer *p);
void peer_take_answer(peer *p, const remote_args *a);
/* It leaves: what it was asked is asked here, where that is possible. */
void peer_give_back_questions(remote_server *s, const peer *p);

#endif
