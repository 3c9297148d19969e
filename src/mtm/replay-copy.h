/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between replay-copy.c, which plans and sends, and replay-answers.c, which takes what the server says to it. */
#ifndef CURSUS_MTM_REPLAY_COPY_H
#define CURSUS_MTM_REPLAY_COPY_H

#include "mtm/replay.h"

/* One message on its way. */
typedef struct item {
    guint32 uid;
    guint32 arrived;   /* its UID in the target; 0 unknown */
    int tries;
    bool confirmed;    /* the server's answer names it */
    row_ids *ids;
    replay_claim claim;
} item;

typedef enum way_kind { WAY_COPY, WAY_MOVE, WAY_MARK /* \Deleted */, WAY_EXPUNGE /* what was marked */ } way_kind;

/* Messages on the same way: one command. */
typedef struct parcel {
    way_kind kind;
    guint32 target;    /* 0: expunge */
    GPtrArray *items;  /* of item, by UID */
    bool moves;        /* sent as MOVE */
    bool begun;        /* what is done already must be followed up */
    guint32 tag;
} parcel;

typedef struct transport {
    replay *r;
    guint32 folder;
    GPtrArray *items;  /* owning */
    GQueue waiting;    /* of parcel */
    guint refusals;
    guint32 removed;   /* messages that went from the folder by our doing */
    bool look;         /* some were not there: the folder is synchronised before the next round */
} transport;

parcel *parcel_new(way_kind kind, guint32 target);
void parcel_free(parcel *p);
row_ids *parcel_rows(const parcel *p);

/* The answers to what was sent for p; what follows from them is put in front of t->waiting. */
bool parcel_answer(transport *t, parcel *p, GError **error);
bool parcel_park(transport *t, const parcel *p, const char *words, GError **error);

#endif
