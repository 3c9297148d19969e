/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of UIDs as sorted ranges: adding at the end and merging are constant, looking up is
 * logarithmic, set operations are linear in ranges.  The text form is sequence-set of RFC 9051
 * section 9. */
#include "model/uidset.h"
#include "base/error.h"

#include <stdlib.h>
#include <string.h>

static uid_range *at(const uid_set *set, guint i)
{
    return &g_array_index(set->ranges, uid_range, i);
}

uid_set *uid_set_new(void)
{
    uid_set *set = g_new(uid_set, 1);
    set->ranges = g_array_new(FALSE, FALSE, sizeof(uid_range));
    return set;
}

void uid_set_free(uid_set *set)
{
    if (set == NULL)
        return;
    g_array_unref(set->ranges);
    g_free(set);
}

uid_set *uid_set_dup(const uid_set *set)
{
    uid_set *copy = uid_set_new();
    if (set->ranges->len > 0)
        g_array_append_vals(copy->ranges, set->ranges->data, set->ranges->len);
    return copy;
}

/* The first range whose last is >= uid; the number of ranges when there is none. */
static guint search(const uid_set *set, guint32 uid)
{
    guint low = 0, high = set->ranges->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (at(set, middle)->last < uid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A range that starts at or behind the start of the last one: no search. */
static void append_range(uid_set *set, guint32 first, guint32 last)
{
    if (set->ranges->len > 0) {
        uid_range *end = at(set, set->ranges->len - 1);
        if (first <= end->last || first - 1 == end->last) {
            end->last = MAX(end->last, last);
            return;
        }
    }
    uid_range added = { first, last };
    g_array_append_val(set->ranges, added);
}

static void insert_range(uid_set *set, guint32 first, guint32 last)
{
    guint i = search(set, first > 1 ? first - 1 : 1); /* touching ranges count */
    uid_range added = { first, last };
    guint behind = i;
    while (behind < set->ranges->len &&
           (last == G_MAXUINT32 || at(set, behind)->first <= last + 1)) {
        added.first = MIN(added.first, at(set, behind)->first);
        added.last = MAX(added.last, at(set, behind)->last);
        behind++;
    }
    if (behind == i) {
        g_array_insert_val(set->ranges, i, added);
        return;
    }
    *at(set, i) = added;
    if (behind - i > 1)
        g_array_remove_range(set->ranges, i + 1, behind - i - 1);
}

void uid_set_add_range(uid_set *set, guint32 first, guint32 last)
{
    if (first > last) {
        guint32 swap = first;
        first = last;
        last = swap;
    }
    if (last == 0)
        return;
    first = MAX(first, 1);
    if (set->ranges->len == 0 || first >= at(set, set->ranges->len - 1)->first)
        append_range(set, first, last);
    else
        insert_range(set, first, last);
}

void uid_set_add(uid_set *set, guint32 uid)
{
    uid_set_add_range(set, uid, uid);
}

static int compare_ranges(const void *a, const void *b)
{
    const uid_range *left = a, *right = b;
    return (left->first > right->first) - (left->first < right->first);
}

/* Ranges in any order to the promised form. */
static void sort_and_merge(uid_set *set)
{
    GArray *loose = set->ranges;
    if (loose->len == 0)
        return;
    qsort(loose->data, loose->len, sizeof(uid_range), compare_ranges);
    set->ranges = g_array_sized_new(FALSE, FALSE, sizeof(uid_range), MIN(loose->len, 16));
    for (guint i = 0; i < loose->len; i++) {
        const uid_range *r = &g_array_index(loose, uid_range, i);
        append_range(set, r->first, r->last);
    }
    g_array_unref(loose);
}

void uid_set_add_many(uid_set *set, const guint32 *uids, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        uid_range one = { uids[i], uids[i] };
        if (uids[i] != 0)
            g_array_append_val(set->ranges, one);
    }
    sort_and_merge(set);
}

void uid_set_add_set(uid_set *set, const uid_set *other)
{
    if (set == other)
        return;
    g_autoptr(uid_set) old = uid_set_dup(set);
    g_array_set_size(set->ranges, 0);
    guint i = 0, j = 0;
    while (i < old->ranges->len || j < other->ranges->len) {
        bool from_old = j == other->ranges->len ||
                        (i < old->ranges->len && at(old, i)->first <= at(other, j)->first);
        const uid_range *r = from_old ? at(old, i++) : at(other, j++);
        append_range(set, r->first, r->last);
    }
}

void uid_set_remove(uid_set *set, guint32 uid)
{
    guint i = search(set, uid);
    if (uid == 0 || i == set->ranges->len || at(set, i)->first > uid)
        return;
    uid_range *r = at(set, i);
    if (r->first == r->last) {
        g_array_remove_index(set->ranges, i);
    } else if (r->first == uid) {
        r->first++;
    } else if (r->last == uid) {
        r->last--;
    } else {
        uid_range behind = { uid + 1, r->last };
        r->last = uid - 1;
        g_array_insert_val(set->ranges, i + 1, behind);
    }
}

bool uid_set_has(const uid_set *set, guint32 uid)
{
    guint i = search(set, uid);
    return uid != 0 && i < set->ranges->len && at(set, i)->first <= uid;
}

guint64 uid_set_count(const uid_set *set)
{
    guint64 count = 0;
    for (guint i = 0; i < set->ranges->len; i++)
        count += (guint64)at(set, i)->last - at(set, i)->first + 1;
    return count;
}

guint32 uid_set_min(const uid_set *set)
{
    return set->ranges->len > 0 ? at(set, 0)->first : 0;
}

guint32 uid_set_max(const uid_set *set)
{
    return set->ranges->len > 0 ? at(set, set->ranges->len - 1)->last : 0;
}

uid_set *uid_set_minus(const uid_set *a, const uid_set *b)
{
    uid_set *rest = uid_set_new();
    guint j = 0;
    for (guint i = 0; i < a->ranges->len; i++) {
        guint64 first = at(a, i)->first; /* 64 bits: one behind the largest UID must not wrap */
        guint32 last = at(a, i)->last;
        while (j < b->ranges->len && at(b, j)->last < first)
            j++;
        for (guint k = j; k < b->ranges->len && at(b, k)->first <= last && first <= last; k++) {
            if (at(b, k)->first > first)
                append_range(rest, (guint32)first, at(b, k)->first - 1);
            first = (guint64)at(b, k)->last + 1;
            j = k;
        }
        if (first <= last)
            append_range(rest, (guint32)first, last);
    }
    return rest;
}

uid_set *uid_set_take_newest(uid_set *set, guint32 n)
{
    uid_set *taken = uid_set_new();
    guint i = set->ranges->len;
    guint32 from_cut = 0; /* how many of range i are taken when it is not taken whole */
    while (i > 0 && n > 0) {
        guint64 count = (guint64)at(set, i - 1)->last - at(set, i - 1)->first + 1;
        if (count > n) {
            from_cut = n;
            break;
        }
        n -= (guint32)count;
        i--;
    }
    if (from_cut > 0) {
        uid_range *cut = at(set, i - 1);
        append_range(taken, cut->last - from_cut + 1, cut->last);
        cut->last -= from_cut;
    }
    for (guint k = i; k < set->ranges->len; k++)
        append_range(taken, at(set, k)->first, at(set, k)->last);
    g_array_set_size(set->ranges, i);
    return taken;
}

/* Decimal without printf: a hundred thousand of these make one command. */
static char *put_number(char *end, guint32 number)
{
    do
        *--end = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    return end;
}

#define RANGE_TEXT_MAX 21 /* 4294967295:4294967295 */

static gsize format_range(char text[RANGE_TEXT_MAX], const uid_range *r)
{
    char buffer[RANGE_TEXT_MAX], *end = buffer + sizeof buffer;
    char *p = put_number(end, r->last);
    if (r->first != r->last) {
        *--p = ':';
        p = put_number(p, r->first);
    }
    memcpy(text, p, (gsize)(end - p));
    return (gsize)(end - p);
}

char *uid_set_format(const uid_set *set)
{
    GString *out = g_string_new(NULL);
    char text[RANGE_TEXT_MAX];
    for (guint i = 0; i < set->ranges->len; i++) {
        gsize n = format_range(text, at(set, i));
        if (i > 0)
            g_string_append_c(out, ',');
        g_string_append_len(out, text, (gssize)n);
    }
    return g_string_free(out, FALSE);
}

GPtrArray *uid_set_format_pieces(const uid_set *set, gsize nbytes)
{
    GPtrArray *pieces = g_ptr_array_new_with_free_func(g_free);
    GString *piece = g_string_new(NULL);
    char text[RANGE_TEXT_MAX];
    for (guint i = 0; i < set->ranges->len; i++) {
        gsize n = format_range(text, at(set, i));
        if (piece->len > 0 && piece->len + 1 + n > nbytes) {
            g_ptr_array_add(pieces, g_strndup(piece->str, piece->len));
            g_string_truncate(piece, 0);
        }
        if (piece->len > 0)
            g_string_append_c(piece, ',');
        g_string_append_len(piece, text, (gssize)n);
    }
    if (piece->len > 0)
        g_ptr_array_add(pieces, g_strndup(piece->str, piece->len));
    g_string_free(piece, TRUE);
    return pieces;
}

/* seq-number = nz-number / "*" at *p; 0 when there is none. */
static guint32 parse_number(const char **p, const char *end, guint32 star)
{
    if (*p < end && **p == '*') {
        (*p)++;
        return star;
    }
    if (*p == end || **p < '1' || **p > '9')
        return 0;
    guint64 number = 0;
    for (; *p < end && g_ascii_isdigit(**p); (*p)++) {
        number = number * 10 + (guint64)(**p - '0');
        if (number > G_MAXUINT32)
            return 0;
    }
    return (guint32)number;
}

static bool parse_range(const char **p, const char *end, guint32 star, uid_range *range)
{
    guint32 a = parse_number(p, end, star), b = a;
    if (a != 0 && *p < end && **p == ':') {
        (*p)++;
        b = parse_number(p, end, star);
    }
    range->first = MIN(a, b); /* "4:2" is 2:4 */
    range->last = MAX(a, b);
    return range->first != 0;
}

uid_set *uid_set_parse(const char *text, gsize nbytes, guint32 star, GError **error)
{
    g_autoptr(uid_set) set = uid_set_new();
    const char *p = text, *end = text + nbytes;
    bool sorted = true;
    for (;;) {
        uid_range range;
        if (!parse_range(&p, end, star, &range) || (p < end && *p != ',')) {
            error_set(error, ERROR_PROTOCOL, "not a set of numbers at byte %zu", (gsize)(p - text));
            return NULL;
        }
        if (sorted &&
            (set->ranges->len == 0 || range.first >= at(set, set->ranges->len - 1)->first)) {
            append_range(set, range.first, range.last);
        } else {
            sorted = false; /* sorted once at the end, so that no order of numbers is slow */
            g_array_append_val(set->ranges, range);
        }
        if (p == end)
            break;
        p++;
    }
    if (!sorted)
        sort_and_merge(set);
    return g_steal_pointer(&set);
}

void uid_iter_init(uid_iter *it, const uid_set *set)
{
    it->set = set;
    it->range = 0;
    it->next = uid_set_min(set);
}

bool uid_iter_next(uid_iter *it, guint32 *uid)
{
    if (it->range >= it->set->ranges->len)
        return false;
    *uid = it->next;
    if (it->next < at(it->set, it->range)->last)
        it->next++;
    else if (++it->range < it->set->ranges->len)
        it->next = at(it->set, it->range)->first;
    return true;
}
