/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forest against RFC 5256 read literally: whole mailboxes, in any order of arrival. */
#include "store/forest.h"
#include "unit/runner.h"
#include "unit/store/mailbox.h"

#include <string.h>

static const guint8 key[16] = "0123456789abcdef";

/* The node of each message after all have arrived, in this order. */
static guint32 *arrive(forest *f, const GPtrArray *mailbox, const guint *order)
{
    guint32 *nodes = g_new0(guint32, mailbox->len);
    for (guint i = 0; i < mailbox->len; i++) {
        const box_mail *m = g_ptr_array_index(mailbox, order[i]);
        g_autoptr(GArray) refs = g_array_new(FALSE, FALSE, sizeof(guint64));
        for (char **r = m->references; *r != NULL; r++) {
            guint64 hash = forest_hash(key, 1, *r, 0);
            g_array_append_val(refs, hash);
        }
        guint64 hash = m->id != NULL ? forest_hash(key, 1, m->id, 0) : 0;
        guint32 node = forest_find(f, hash);
        if (node != 0 && forest_get(f, node)->first != 0)
            node = forest_add(f, 0); /* another message of this id */
        else if (node == 0)
            node = forest_add(f, hash);
        forest_get(f, node)->first = i + 1;
        forest_link(f, node, (const guint64 *)(gpointer)refs->data, refs->len);
        nodes[order[i]] = node;
    }
    return nodes;
}

/* Every tree hangs together, bears one name, and no other tree bears it. */
static void check_forest(const forest *f)
{
    for (guint32 i = 1; i < f->nodes->len; i++) {
        if (f->state[i] & FOREST_ABSENT)
            continue;
        guint32 steps = 0, at = i;
        for (; forest_get(f, at)->parent != 0; at = forest_get(f, at)->parent)
            ck_assert_uint_lt(steps++, f->nodes->len);
        guint32 thread = forest_get(f, i)->thread;
        ck_assert_uint_eq(forest_get(f, thread)->root, at);
        ck_assert_uint_eq(forest_get(f, at)->thread, thread);
        ck_assert_uint_gt(forest_get(f, thread)->size, 0);
    }
    g_autofree guint32 *sizes = g_new0(guint32, f->nodes->len);
    for (guint32 i = 1; i < f->nodes->len; i++)
        if (!(f->state[i] & FOREST_ABSENT))
            sizes[forest_get(f, i)->thread]++;
    for (guint32 i = 1; i < f->nodes->len; i++)
        ck_assert_uint_eq(sizes[i], forest_get(f, i)->size);
}

static char *forest_threads(const forest *f, const GPtrArray *mailbox, const guint32 *nodes)
{
    g_autofree guint32 *threads = g_new0(guint32, mailbox->len);
    for (guint i = 0; i < mailbox->len; i++)
        threads[i] = forest_get(f, nodes[i])->thread;
    return box_partition(mailbox, threads);
}

START_TEST(threads_equal_the_reference_in_any_order)
{
    for (guint32 seed = 1; seed <= 60; seed++) {
        g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
        g_autoptr(GPtrArray) mailbox = box_random(rand, 5 + seed * 5);
        g_autofree char *expected = box_reference_threads(mailbox);
        for (box_order kind = BOX_OLDEST_FIRST; kind <= BOX_SHUFFLED; kind++) {
            g_autofree guint *order = box_ordered(rand, mailbox->len, kind);
            g_autoptr(forest) f = forest_new(0);
            g_autofree guint32 *nodes = arrive(f, mailbox, order);
            check_forest(f);
            g_autofree char *got = forest_threads(f, mailbox, nodes);
            ck_assert_msg(strcmp(got, expected) == 0, "seed %u order %d\n%s\n--- expected\n%s",
                          seed, kind, got, expected);
        }
    }
}
END_TEST

/* Arbitrary references: loops, oneself, contradictions.  No set is right, but it stays a forest. */
START_TEST(hostile_references_leave_a_forest)
{
    for (guint32 seed = 1; seed <= 40; seed++) {
        g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
        g_autoptr(GPtrArray) mailbox = box_hostile(rand, 200);
        g_autofree guint *order = box_ordered(rand, mailbox->len, BOX_SHUFFLED);
        g_autoptr(forest) f = forest_new(0);
        g_free(arrive(f, mailbox, order));
        check_forest(f);
    }
}
END_TEST

/* Saved rows read back make the same trees and the same names. */
START_TEST(restored_forest_is_the_same)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);
    g_autoptr(GPtrArray) mailbox = box_hostile(rand, 300);
    g_autofree guint *order = box_ordered(rand, mailbox->len, BOX_SHUFFLED);
    g_autoptr(forest) f = forest_new(0);
    g_free(arrive(f, mailbox, order));
    guint32 last = f->nodes->len - 1;
    g_autoptr(forest) g = forest_new(last);
    for (guint32 i = 1; i <= last; i++) {
        const forest_node *n = forest_get(f, i);
        if (!(f->state[i] & FOREST_ABSENT))
            forest_restore(g, i, n->hash, n->parent, n->thread, n->first);
    }
    forest_restored(g);
    check_forest(g);
    for (guint32 i = 1; i <= last; i++) {
        ck_assert_uint_eq(forest_get(f, i)->parent, forest_get(g, i)->parent);
        ck_assert_uint_eq(forest_get(f, i)->thread, forest_get(g, i)->thread);
        if (forest_get(f, i)->hash != 0)
            ck_assert_uint_eq(forest_find(g, forest_get(f, i)->hash), i);
    }
}
END_TEST

/* A damaged file: parents in a circle, to numbers that are not there. */
START_TEST(damaged_links_are_cut)
{
    g_autoptr(forest) f = forest_new(5);
    forest_restore(f, 1, 11, 2, 1, 0);
    forest_restore(f, 2, 12, 3, 1, 0);
    forest_restore(f, 3, 13, 1, 1, 0);
    forest_restore(f, 4, 14, 99, 4, 0);
    forest_restore(f, 5, 15, 5, 5, 0);
    forest_restored(f);
    for (guint32 i = 1; i <= 5; i++) {
        guint32 steps = 0;
        for (guint32 at = i; at != 0; at = forest_get(f, at)->parent)
            ck_assert_uint_lt(steps++, 6);
    }
    forest_link(f, 5, (const guint64[]){ 11, 14 }, 2);
    ck_assert_uint_eq(forest_get(f, 5)->parent, 4);
}
END_TEST

/* One chain of 200,000 in both directions, and one node with as many children: no walk may be
 * longer than what changes. */
START_TEST(long_chains_take_linear_time)
{
    enum { N = 200000 };
    gint64 start = g_get_monotonic_time();
    for (int direction = 0; direction < 2; direction++) {
        g_autoptr(forest) f = forest_new(0);
        for (guint64 i = 1; i <= N; i++) {
            guint64 hash = direction ? i : N + 1 - i, parent = hash > 1 ? hash - 1 : 0;
            guint32 node = forest_find(f, hash);
            if (node == 0)
                node = forest_add(f, hash);
            if (parent != 0)
                forest_link(f, node, &parent, 1);
        }
        ck_assert_uint_eq(forest_get(f, forest_get(f, 1)->thread)->size, N);
    }
    g_autoptr(forest) f = forest_new(0);
    for (guint64 i = 2; i <= N; i++)
        forest_link(f, forest_add(f, i), (const guint64[]){ 1 }, 1);
    ck_assert_uint_eq(forest_get(f, forest_get(f, 1)->thread)->size, N);
    ck_assert_int_lt(g_get_monotonic_time() - start, 5 * G_USEC_PER_SEC);
}
END_TEST

/* The reference vectors of SipHash-2-4 have key 00..0f and message 00, 01 ..; ours begins with
 * eight bytes of account and copy, so the vector of 15 bytes is reached with account and copy made
 * of them. */
START_TEST(hash_is_siphash)
{
    guint8 k[16];
    for (guint8 i = 0; i < 16; i++)
        k[i] = i;
    /* little-endian words: copy is bytes 0-3, account bytes 4-7 */
    guint64 hash = forest_hash(k, 0x07060504, "\x08\x09\x0a\x0b\x0c\x0d\x0e", 0x03020100);
    ck_assert_uint_eq(hash, G_GUINT64_CONSTANT(0xa129ca6149be45e5));
    ck_assert_uint_ne(forest_hash(k, 1, "a@b", 0), forest_hash(k, 2, "a@b", 0));
    ck_assert_uint_ne(forest_hash(k, 1, "a@b", 0), forest_hash(k, 1, "a@b", 1));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("store/forest");
    TCase *t = tcase_create("forest");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, threads_equal_the_reference_in_any_order);
    tcase_add_test(t, hostile_references_leave_a_forest);
    tcase_add_test(t, restored_forest_is_the_same);
    tcase_add_test(t, damaged_links_are_cut);
    tcase_add_test(t, long_chains_take_linear_time);
    tcase_add_test(t, hash_is_siphash);
    suite_add_tcase(suite, t);
    return suite;
}
