/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forest of Message-IDs in the writer's memory: who replies to whom, and which tree is one
 * thread (RFC 5256 REFERENCES, steps 1 and 2; no subject merging).  A node is a message or an id
 * only referred to.  40 bytes a node.  No SQL here: forest-store.c loads and saves. */
#ifndef CURSUS_STORE_FOREST_H
#define CURSUS_STORE_FOREST_H

#include <glib.h>
#include <stdbool.h>

typedef struct forest_node {
    guint64 hash;              /* 0: has no Message-ID, found by number only */
    guint32 parent;            /* 0: a root */
    guint32 child, next, prev; /* first child; siblings */
    guint32 thread;            /* the number of some node; all of one tree and no other have it */
    guint32 root, size;        /* of the thread that bears this node's number; size 0: none does */
    guint32 first;             /* a placement of it, 0 none (then an id only, or copies only) */
} forest_node;

typedef struct forest_move {
    guint32 node, from; /* was in this thread before */
} forest_move;

typedef struct forest {
    GArray *nodes;  /* of forest_node; index 0 is not used */
    guint32 *slots; /* open addressing: node numbers by hash */
    guint32 nslots, nused;
    guint8 *state; /* a byte a node: FOREST_* */
    guint32 nstate;
    GArray *dirty; /* guint32: nodes to be written */
    GArray *moved; /* forest_move: nodes whose placements bear an old thread */
    guint32 saved; /* nodes up to this number are stored */
} forest;

enum {
    FOREST_DIRTY = 1,  /* is in dirty */
    FOREST_COPIES = 2, /* has placements besides first */
    FOREST_ABSENT = 4, /* a number without a node: a thread's name, or removed */
    FOREST_NAMING = 8, /* placements may bear this number as their thread's */
};

/* last: highest number ever given out; numbers up to it without forest_restore stay absent. */
forest *forest_new(guint32 last);
void forest_free(forest *f);
/* A stored node; after the last one, forest_restored builds trees.  Links that make no tree are
 * cut. */
void forest_restore(forest *f, guint32 number, guint64 hash, guint32 parent, guint32 thread,
                    guint32 first);
void forest_restored(forest *f);

/* 0: none. */
guint32 forest_find(const forest *f, guint64 hash);
/* A new node, a tree and thread of its own. */
guint32 forest_add(forest *f, guint64 hash);
/* The message of this node refers to these ids, oldest first: link them in a chain where nothing is
 * known yet, and the node below the last one, whatever was guessed before.  Linear in nrefs. */
void forest_link(forest *f, guint32 number, const guint64 *refs, guint nrefs);
/* Valid until the next forest_add or forest_link. */
static inline forest_node *forest_get(const forest *f, guint32 number)
{
    return &g_array_index(f->nodes, forest_node, number);
}
void forest_touch(forest *f, guint32 number); /* to be written */
void forest_set_copies(forest *f, guint32 number, bool copies);
static inline bool forest_copies(const forest *f, guint32 number)
{
    return (f->state[number] & FOREST_COPIES) != 0;
}
/* All is written. */
void forest_clean(forest *f);

/* SipHash-2-4 (Aumasson, Bernstein 2012) of account and Message-ID; copy > 0 names the further
 * messages of one folder that bear the same Message-ID.  Never 0. */
guint64 forest_hash(const guint8 key[16], guint32 account, const char *message_id, guint copy);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(forest, forest_free)

#endif
