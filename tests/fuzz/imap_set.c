/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sequence sets "a|b": against a bitmap of the first numbers; written out and read again they are the
 * same. */
#include "imap/parse.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SMALL = 400 };

static void check(bool right)
{
    if (!right)
        abort();
}

/* Sorted, merged, never 0. */
static void well_formed(const uid_set *set)
{
    guint64 count = 0;
    for (guint i = 0; i < set->ranges->len; i++) {
        const uid_range *r = &g_array_index(set->ranges, uid_range, i);
        check(r->first > 0 && r->first <= r->last);
        check(i == 0 || (guint64)g_array_index(set->ranges, uid_range, i - 1).last + 1 < r->first);
        count += (guint64)r->last - r->first + 1;
    }
    check(count == uid_set_count(set));
}

static void reads_back(const uid_set *set)
{
    g_autofree char *text = uid_set_format(set);
    slice s = { .at = text, .nbytes = strlen(text) };
    bool ascending = false;
    g_autoptr(uid_set) again = parse_set(&s, &ascending);
    check(again != NULL && ascending);
    g_autofree char *text2 = uid_set_format(again);
    check(strcmp(text, text2) == 0);
    g_autoptr(GPtrArray) pieces = uid_set_format_pieces(set, 30);
    g_autoptr(uid_set) sum = uid_set_new();
    for (guint i = 0; i < pieces->len; i++) {
        const char *piece = pieces->pdata[i];
        g_autoptr(uid_set) part = uid_set_parse(piece, strlen(piece), 0, NULL);
        check(part != NULL);
        uid_set_add_set(sum, part);
    }
    g_autofree char *text3 = uid_set_format(sum);
    check(strcmp(text, text3) == 0);
}

static uid_set *read_set(const uint8_t *data, size_t size)
{
    slice s = { .at = (const char *)data, .nbytes = size };
    uid_set *set = parse_set(&s, NULL);
    if (set == NULL)
        return uid_set_new();
    well_formed(set);
    if (set->ranges->len < 500)
        reads_back(set);
    return set;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *bar = size > 0 ? memchr(data, '|', size) : NULL;
    size_t n = bar != NULL ? (size_t)(bar - data) : size;
    g_autoptr(uid_set) a = read_set(data, n);
    g_autoptr(uid_set) b = bar != NULL ? read_set(bar + 1, size - n - 1) : uid_set_new();
    g_autoptr(uid_set) both = uid_set_dup(a);
    uid_set_add_set(both, b);
    g_autoptr(uid_set) minus = uid_set_minus(a, b);
    well_formed(both);
    well_formed(minus);
    for (guint32 uid = 1; uid < SMALL; uid++) {
        bool in_a = uid_set_has(a, uid), in_b = uid_set_has(b, uid);
        check(uid_set_has(both, uid) == (in_a || in_b));
        check(uid_set_has(minus, uid) == (in_a && !in_b));
    }
    g_autofree char *text = g_strndup((const char *)data, size);
    cursor c = { .p = text, .end = text + strlen(text) };
    g_autoptr(uid_set) listed = parse_numbers(&c);
    if (listed != NULL)
        well_formed(listed);
    return 0;
}
