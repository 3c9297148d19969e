/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random mailboxes, and RFC 5256 REFERENCES (steps 1 and 2, no subject merging) on the whole of
 * one, as simple as it can be said. */
#ifndef CURSUS_TESTS_UNIT_STORE_MAILBOX_H
#define CURSUS_TESTS_UNIT_STORE_MAILBOX_H

#include <glib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct box_mail {
    char *id;          /* NULL: has none */
    char **references; /* never NULL */
} box_mail;

static inline void box_mail_free(gpointer data)
{
    box_mail *m = data;
    g_free(m->id);
    g_strfreev(m->references);
    g_free(m);
}

static inline void box_add(GPtrArray *mailbox, const char *id, char **references)
{
    box_mail *m = g_new(box_mail, 1);
    m->id = g_strdup(id);
    m->references = references;
    g_ptr_array_add(mailbox, m);
}

/* References as programs write them: those of the message answered and its id; some forget the
 * middle, some all but the last, some everything. */
static inline char **box_answer(GRand *rand, char *const *above, const char *id)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    for (; above != NULL && *above != NULL; above++)
        g_ptr_array_add(all, (gpointer)*above);
    g_ptr_array_add(all, (gpointer)id);
    int style = g_rand_int_range(rand, 0, 10);
    if (style == 0)
        g_ptr_array_set_size(all, 0);
    else if (style < 3)
        g_ptr_array_remove_range(all, 0, all->len - 1);
    else if (style < 5 && all->len > 4)
        g_ptr_array_remove_range(all, 1, all->len - 3);
    g_ptr_array_add(all, NULL);
    return g_strdupv((char **)all->pdata);
}

/* n messages written, oldest first; some of them never arrive, some twice, some have no id. */
static inline GPtrArray *box_random(GRand *rand, guint n)
{
    g_autoptr(GPtrArray) written = g_ptr_array_new_with_free_func(box_mail_free);
    GPtrArray *mailbox = g_ptr_array_new_with_free_func(box_mail_free);
    for (guint i = 0; i < n; i++) {
        g_autofree char *id = g_strdup_printf("m%u@x", i);
        char **references = g_new0(char *, 1);
        if (i > 0 && g_rand_int_range(rand, 0, 4) != 0) {
            const box_mail *above = g_ptr_array_index(
                written, (guint)g_rand_int_range(rand, MAX(0, (int)i - 20), (int)i));
            g_free(references);
            references = box_answer(rand, above->references, above->id);
        }
        box_add(written, id, references);
        int fate = g_rand_int_range(rand, 0, 100);
        if (fate < 15)
            continue;
        box_add(mailbox, fate < 17 ? NULL : id, g_strdupv(references));
        if (fate > 97)
            box_add(mailbox, id, g_strdupv(references));
    }
    return mailbox;
}

static inline GPtrArray *box_hostile(GRand *rand, guint n)
{
    GPtrArray *mailbox = g_ptr_array_new_with_free_func(box_mail_free);
    for (guint i = 0; i < n; i++) {
        g_autofree char *id = g_strdup_printf("m%d@x", g_rand_int_range(rand, 0, (int)n));
        int nrefs = g_rand_int_range(rand, 0, 6);
        char **references = g_new0(char *, (gsize)nrefs + 1);
        for (int r = 0; r < nrefs; r++)
            references[r] = g_strdup_printf("m%d@x", g_rand_int_range(rand, 0, (int)n));
        box_add(mailbox, id, references);
    }
    return mailbox;
}

typedef enum box_order { BOX_OLDEST_FIRST, BOX_NEWEST_FIRST, BOX_WINDOWS, BOX_SHUFFLED } box_order;

/* WINDOWS: the newest seven first, inside them the oldest, and so on: how a first sync goes. */
static inline guint *box_ordered(GRand *rand, guint n, box_order kind)
{
    guint *order = g_new(guint, MAX(n, 1));
    for (guint i = 0; i < n; i++)
        order[i] = kind == BOX_NEWEST_FIRST ? n - 1 - i : i;
    if (kind == BOX_WINDOWS)
        for (guint i = 0, high = n; high > 0;) {
            guint low = high > 7 ? high - 7 : 0;
            for (guint at = low; at < high; at++)
                order[i++] = at;
            high = low;
        }
    for (guint i = n; kind == BOX_SHUFFLED && i > 1; i--) {
        guint with = (guint)g_rand_int_range(rand, 0, (int)i), held = order[i - 1];
        order[i - 1] = order[with];
        order[with] = held;
    }
    return order;
}

/* ---- sets of messages as text that can be compared: the ids of each, sorted; two messages of one
 * id are not told apart */

static inline int box_compare_strings(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static inline char *box_join_sorted(GPtrArray *strings, const char *between)
{
    g_ptr_array_sort(strings, box_compare_strings);
    g_ptr_array_add(strings, NULL);
    return g_strjoinv(between, (char **)strings->pdata);
}

/* threads: a number for each message; equal ones are one thread. */
static inline char *box_partition(const GPtrArray *mailbox, const guint32 *threads)
{
    g_autoptr(GHashTable) sets =
        g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
    for (guint i = 0; i < mailbox->len; i++) {
        const box_mail *m = g_ptr_array_index(mailbox, i);
        GPtrArray *set = g_hash_table_lookup(sets, GUINT_TO_POINTER(threads[i]));
        if (set == NULL) {
            set = g_ptr_array_new();
            g_hash_table_insert(sets, GUINT_TO_POINTER(threads[i]), set);
        }
        g_ptr_array_add(set, (gpointer)(m->id != NULL ? m->id : "-"));
    }
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter it;
    gpointer set;
    g_hash_table_iter_init(&it, sets);
    while (g_hash_table_iter_next(&it, NULL, &set))
        g_ptr_array_add(lines, box_join_sorted(set, " "));
    return box_join_sorted(lines, "\n");
}

/* ---- the reference: nodes by id, a parent each */

static inline bool box_is_above(GHashTable *parents, const char *above, const char *id)
{
    for (; id != NULL; id = g_hash_table_lookup(parents, id))
        if (strcmp(above, id) == 0)
            return true;
    return false;
}

static inline char *box_reference_threads(const GPtrArray *mailbox)
{
    g_autoptr(GHashTable) parents = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < mailbox->len; i++) {
        const box_mail *m = g_ptr_array_index(mailbox, i);
        char *name = m->id != NULL && g_hash_table_add(taken, m->id)
                         ? g_strdup(m->id)
                         : g_strdup_printf("unique %u", i);
        g_ptr_array_add(names, name);
        const char *last = NULL;
        for (char **r = m->references; *r != NULL; last = *r++)
            if (last != NULL && g_hash_table_lookup(parents, *r) == NULL &&
                !box_is_above(parents, *r, last))
                g_hash_table_insert(parents, g_strdup(*r), g_strdup(last));
        g_hash_table_remove(parents, name);
        if (last != NULL && !box_is_above(parents, name, last))
            g_hash_table_insert(parents, g_strdup(name), g_strdup(last));
    }
    g_autoptr(GHashTable) roots = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree guint32 *threads = g_new0(guint32, MAX(mailbox->len, 1));
    for (guint i = 0; i < mailbox->len; i++) {
        const char *root = g_ptr_array_index(names, i), *above;
        while ((above = g_hash_table_lookup(parents, root)) != NULL)
            root = above;
        if (!g_hash_table_contains(roots, root))
            g_hash_table_insert(roots, g_strdup(root),
                                GUINT_TO_POINTER(g_hash_table_size(roots) + 1));
        threads[i] = GPOINTER_TO_UINT(g_hash_table_lookup(roots, root));
    }
    return box_partition(mailbox, threads);
}

#endif
