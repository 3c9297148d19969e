/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forest of Message-IDs in memory.  Every tree is a thread and bears the number of one node as
 * its name, so "would this link make a loop" is one comparison: a root hung below its own tree.
 * When trees join or part, the smaller side takes another name. */
#include "store/forest.h"

#include <string.h>

#define FIRST_SLOTS 1024

forest *forest_new(guint32 last)
{
    forest *f = g_new0(forest, 1);
    f->nodes = g_array_sized_new(FALSE, TRUE, sizeof(forest_node), last + 1);
    g_array_set_size(f->nodes, last + 1);
    f->nstate = MAX(last + 1, FIRST_SLOTS);
    f->state = g_malloc(f->nstate);
    memset(f->state, FOREST_ABSENT, f->nstate);
    f->dirty = g_array_new(FALSE, FALSE, sizeof(guint32));
    f->moved = g_array_new(FALSE, FALSE, sizeof(forest_move));
    f->nslots = FIRST_SLOTS;
    while (f->nslots / 2 < last)
        f->nslots *= 2;
    f->slots = g_new0(guint32, f->nslots);
    f->saved = last;
    return f;
}

void forest_free(forest *f)
{
    if (f == NULL)
        return;
    g_array_unref(f->nodes);
    g_array_unref(f->dirty);
    g_array_unref(f->moved);
    g_free(f->slots);
    g_free(f->state);
    g_free(f);
}

/* ---- numbers by hash; the hash is keyed, so its low bits serve as they are */

static guint32 *slot_of(const forest *f, guint64 hash)
{
    guint32 mask = f->nslots - 1;
    for (guint32 i = (guint32)hash & mask;; i = (i + 1) & mask)
        if (f->slots[i] == 0 || forest_get(f, f->slots[i])->hash == hash)
            return &f->slots[i];
}

static void slots_grow(forest *f)
{
    g_autofree guint32 *old = f->slots;
    guint32 nold = f->nslots;
    f->nslots *= 2;
    f->slots = g_new0(guint32, f->nslots);
    for (guint32 i = 0; i < nold; i++)
        if (old[i] != 0)
            *slot_of(f, forest_get(f, old[i])->hash) = old[i];
}

static void slot_take(forest *f, guint64 hash, guint32 number)
{
    if (hash == 0)
        return;
    if (f->nused >= f->nslots / 3 * 2)
        slots_grow(f);
    guint32 *slot = slot_of(f, hash);
    if (*slot == 0)
        f->nused++;
    *slot = number;
}

guint32 forest_find(const forest *f, guint64 hash)
{
    return hash != 0 ? *slot_of(f, hash) : 0;
}

/* ---- nodes */

static guint32 append(forest *f, guint8 state)
{
    guint32 number = f->nodes->len;
    g_array_set_size(f->nodes, number + 1);
    if (number >= f->nstate) {
        f->nstate *= 2;
        f->state = g_realloc(f->state, f->nstate);
    }
    f->state[number] = state;
    return number;
}

void forest_touch(forest *f, guint32 number)
{
    if (f->state[number] & FOREST_DIRTY)
        return;
    f->state[number] |= FOREST_DIRTY;
    g_array_append_val(f->dirty, number);
}

void forest_set_copies(forest *f, guint32 number, bool copies)
{
    f->state[number] =
        (guint8)(copies ? f->state[number] | FOREST_COPIES : f->state[number] & ~FOREST_COPIES);
}

guint32 forest_add(forest *f, guint64 hash)
{
    guint32 number = append(f, 0);
    forest_node *n = forest_get(f, number);
    n->hash = hash;
    n->thread = n->root = number;
    n->size = 1;
    slot_take(f, hash, number);
    forest_touch(f, number);
    return number;
}

void forest_clean(forest *f)
{
    for (guint i = 0; i < f->dirty->len; i++)
        f->state[g_array_index(f->dirty, guint32, i)] &= (guint8)~FOREST_DIRTY;
    g_array_set_size(f->dirty, 0);
    g_array_set_size(f->moved, 0);
    f->saved = f->nodes->len - 1;
}

/* Its placements repeat its thread and parent. */
static void note_moved(forest *f, guint32 number, guint32 from)
{
    forest_touch(f, number);
    if (number <= f->saved && (forest_get(f, number)->first != 0 || forest_copies(f, number)))
        g_array_append_val(f->moved, ((forest_move){ number, from }));
}

/* ---- trees */

/* The next node of the tree below top, parents first; 0: no more. */
static guint32 walk(const forest *f, guint32 at, guint32 top)
{
    const forest_node *n = forest_get(f, at);
    if (n->child != 0)
        return n->child;
    while (at != top && n->next == 0) {
        at = n->parent;
        n = forest_get(f, at);
    }
    return at == top ? 0 : n->next;
}

static void rename_tree(forest *f, guint32 top, guint32 thread)
{
    for (guint32 at = top; at != 0; at = walk(f, at, top)) {
        forest_node *n = forest_get(f, at);
        guint32 from = n->thread;
        n->thread = thread;
        note_moved(f, at, from);
    }
}

static void hang(forest *f, guint32 parent, guint32 child)
{
    forest_node *p = forest_get(f, parent), *c = forest_get(f, child);
    c->parent = parent;
    c->prev = 0;
    c->next = p->child;
    if (p->child != 0)
        forest_get(f, p->child)->prev = child;
    p->child = child;
}

/* Put child, a root, below parent, unless parent is in its own tree. */
static void adopt(forest *f, guint32 parent, guint32 child)
{
    guint32 above = forest_get(f, parent)->thread, below = forest_get(f, child)->thread;
    if (above == below)
        return;
    forest_node *a = forest_get(f, above), *b = forest_get(f, below);
    guint32 size = a->size + b->size, root = a->root;
    guint32 kept = a->size >= b->size ? above : below, lost = kept == above ? below : above;
    rename_tree(f, forest_get(f, lost)->root, kept);
    forest_get(f, lost)->size = 0;
    forest_get(f, kept)->size = size;
    forest_get(f, kept)->root = root;
    hang(f, parent, child);
    note_moved(f, child, forest_get(f, child)->thread);
}

/* Which of two trees is the smaller?  Walks both at once, so that it costs no more than the
 * smaller; *size is its size. */
static guint32 smaller_tree(const forest *f, guint32 one, guint32 other, guint32 *size)
{
    guint32 at = one, beside = other;
    for (*size = 1;; (*size)++) {
        at = walk(f, at, one);
        if (at == 0)
            return one;
        beside = walk(f, beside, other);
        if (beside == 0)
            return other;
    }
}

/* A name no thread bears: the node's own number, else a number without a node. */
static guint32 new_thread(forest *f, guint32 top)
{
    return forest_get(f, top)->size == 0 ? top : append(f, FOREST_ABSENT);
}

/* Make child the root of a tree of its own. */
static void detach(forest *f, guint32 child)
{
    forest_node *c = forest_get(f, child);
    if (c->prev != 0)
        forest_get(f, c->prev)->next = c->next;
    else
        forest_get(f, c->parent)->child = c->next;
    if (c->next != 0)
        forest_get(f, c->next)->prev = c->prev;
    c->parent = c->prev = c->next = 0;
    guint32 thread = c->thread, size, root = forest_get(f, thread)->root;
    guint32 part = smaller_tree(f, child, root, &size), rest = part == child ? root : child;
    guint32 name = new_thread(f, part);
    rename_tree(f, part, name);
    forest_get(f, name)->size = size;
    forest_get(f, name)->root = part;
    forest_get(f, thread)->size -= size;
    forest_get(f, thread)->root = rest;
    note_moved(f, child, forest_get(f, child)->thread);
}

void forest_link(forest *f, guint32 number, const guint64 *refs, guint nrefs)
{
    guint32 last = 0;
    for (guint i = 0; i < nrefs; i++) {
        guint32 at = forest_find(f, refs[i]);
        if (at == 0)
            at = forest_add(f, refs[i]);
        if (at == number || at == last)
            continue;
        if (last != 0 && forest_get(f, at)->parent == 0)
            adopt(f, last, at);
        last = at;
    }
    /* The message has its own word now, also when it refers to nothing: a guess made from others is undone. */
    if (forest_get(f, number)->parent == last)
        return;
    if (forest_get(f, number)->parent != 0)
        detach(f, number);
    if (last != 0)
        adopt(f, last, number);
}

/* ---- loading */

void forest_restore(forest *f, guint32 number, guint64 hash, guint32 parent, guint32 thread,
                    guint32 first)
{
    if (number == 0 || number >= f->nodes->len || thread == 0 || thread >= f->nodes->len)
        return;
    forest_node *n = forest_get(f, number);
    n->hash = hash;
    n->parent = parent;
    n->thread = thread;
    n->first = first;
    f->state[number] = 0;
    slot_take(f, hash, number);
}

/* Nodes above `at` that were not looked at yet get `mark`; a link that leads back to one of them,
 * or to no node, is cut.  So damage cannot make a walk endless. */
static void cut_loops(forest *f, guint32 *marks, guint32 at, guint32 mark)
{
    while (at != 0 && marks[at] == 0) {
        marks[at] = mark;
        forest_node *n = forest_get(f, at);
        if (n->parent >= f->nodes->len || (f->state[n->parent] & FOREST_ABSENT && n->parent != 0) ||
            marks[n->parent] == mark)
            n->parent = 0;
        at = n->parent;
    }
}

void forest_restored(forest *f)
{
    g_autofree guint32 *marks = g_new0(guint32, f->nodes->len);
    for (guint32 i = 1; i < f->nodes->len; i++)
        if (!(f->state[i] & FOREST_ABSENT))
            cut_loops(f, marks, i, i);
    for (guint32 i = 1; i < f->nodes->len; i++) {
        forest_node *n = forest_get(f, i);
        if (f->state[i] & FOREST_ABSENT)
            continue;
        if (n->parent != 0)
            hang(f, n->parent, i);
        else
            forest_get(f, n->thread)->root = i;
        forest_get(f, n->thread)->size++;
        f->state[n->thread] |= FOREST_NAMING;
    }
}

/* ---- SipHash-2-4 */

static inline guint64 rotate(guint64 x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void sip_round(guint64 v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

static inline void sip_word(guint64 v[4], guint64 word)
{
    v[3] ^= word;
    sip_round(v);
    sip_round(v);
    v[0] ^= word;
}

static inline guint64 load64(const void *bytes)
{
    guint64 word;
    memcpy(&word, bytes, sizeof word);
    return GUINT64_FROM_LE(word);
}

/* The message hashed is account and copy, 32 bits each, then the id. */
guint64 forest_hash(const guint8 key[16], guint32 account, const char *message_id, guint copy)
{
    guint64 k0 = load64(key), k1 = load64(key + 8);
    guint64 v[4] = { k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
                     k1 ^ 0x7465646279746573 };
    gsize n = strlen(message_id), i = 0;
    sip_word(v, (guint64)account << 32 | copy);
    for (; i + 8 <= n; i += 8)
        sip_word(v, load64(message_id + i));
    guint8 tail[8] = { 0 };
    memcpy(tail, message_id + i, n - i);
    sip_word(v, load64(tail) | (guint64)((n + 8) & 0xff) << 56);
    v[2] ^= 0xff;
    for (int r = 0; r < 4; r++)
        sip_round(v);
    guint64 hash = v[0] ^ v[1] ^ v[2] ^ v[3];
    return hash != 0 ? hash : 1;
}
