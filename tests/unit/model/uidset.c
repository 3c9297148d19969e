/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UID sets: the parser against hostile text, every operation against a plain array of bits, and
 * speed at a hundred thousand. */
#include "model/uidset.h"
#include "base/error.h"
#include "unit/runner.h"

#include <string.h>

static const struct {
    const char *text;
    guint32 star;
    const char *formatted;
} accepted[] = {
    { "1", 0, "1" },
    { "1,2,3", 0, "1:3" },
    { "3,2,1", 0, "1:3" },
    { "4:2", 0, "2:4" },
    { "1:1", 0, "1" },
    { "1:5,3:8,20", 0, "1:8,20" },
    { "20,1:5,3:8", 0, "1:8,20" },
    { "1:10,5", 0, "1:10" },
    { "5,1:10", 0, "1:10" },
    { "1:3,4:6", 0, "1:6" },
    { "4:6,1:3", 0, "1:6" },
    { "4294967295", 0, "4294967295" },
    { "1:4294967295", 0, "1:4294967295" },
    { "4294967294,4294967295", 0, "4294967294:4294967295" },
    { "4294967295,4294967294,1", 0, "1,4294967294:4294967295" },
    { "*", 9, "9" },
    { "5:*", 9, "5:9" },
    { "12:*", 9, "9:12" },
    { "*:5", 9, "5:9" },
    { "*:*", 9, "9" },
};

static const char *const refused[] = {
    "",
    ",",
    "1,",
    ",1",
    "1,,2",
    "1:2,",
    "1:",
    ":1",
    ":",
    "1:2:3",
    "0",
    "0:1",
    "1:0",
    "1,0",
    "01",
    "1:01",
    "4294967296",
    "1:4294967296",
    "99999999999999999999999999",
    "-1",
    "+1",
    "1-2",
    " 1",
    "1 ",
    "1, 2",
    "1;2",
    "a",
    "1a",
    "1:a",
    "*",
    "1:*",
    "**",
    "1\n",
    "\xc2\xb2",
};

START_TEST(parse_accepts_the_grammar)
{
    /* An exact copy without NUL, so that reading past the end is seen. */
    gsize n = strlen(accepted[_i].text);
    g_autofree char *text = g_memdup2(accepted[_i].text, n);
    g_autoptr(uid_set) set = uid_set_parse(text, n, accepted[_i].star, NULL);
    ck_assert_msg(set != NULL, "%s", accepted[_i].text);
    g_autofree char *formatted = uid_set_format(set);
    ck_assert_str_eq(formatted, accepted[_i].formatted);
}
END_TEST

START_TEST(parse_refuses_everything_else)
{
    GError *error = NULL;
    gsize n = strlen(refused[_i]);
    g_autofree char *text = n > 0 ? g_memdup2(refused[_i], n) : NULL;
    g_autoptr(uid_set) set = uid_set_parse(text, n, 0, &error);
    ck_assert_msg(set == NULL, "%s", refused[_i]);
    ck_assert_int_eq((int)error_kind_of(error), ERROR_PROTOCOL);
    g_error_free(error);
}
END_TEST

START_TEST(parse_refuses_nul)
{
    ck_assert_ptr_null(uid_set_parse("1\0", 2, 0, NULL));
    ck_assert_ptr_null(uid_set_parse("1\0,2", 4, 0, NULL));
}
END_TEST

/* ---- against a model */

#define UNIVERSE 80 /* UIDs 1..79; small, so that ranges touch and overlap all the time */

typedef bool model[UNIVERSE];

/* In loops of millions: every passed assertion of Check costs a write to its pipe. */
#define require(truth)                                                                             \
    do {                                                                                           \
        if (!(truth))                                                                              \
            ck_abort_msg("%s", #truth);                                                            \
    } while (0)

static void check(const uid_set *set, const model m)
{
    guint64 count = 0;
    guint32 min = 0, max = 0;
    for (guint32 uid = 1; uid < UNIVERSE; uid++) {
        require(uid_set_has(set, uid) == m[uid]);
        if (!m[uid])
            continue;
        count++;
        min = min == 0 ? uid : min;
        max = uid;
    }
    require(uid_set_count(set) == count);
    require(uid_set_min(set) == min);
    require(uid_set_max(set) == max);
    for (guint i = 0; i < set->ranges->len; i++) {
        const uid_range *r = &g_array_index(set->ranges, uid_range, i);
        require(r->first <= r->last);
        require(r->first > 0);
        if (i > 0) /* neither overlapping nor touching */
            require(r->first > g_array_index(set->ranges, uid_range, i - 1).last + 1);
    }
    uid_iter it;
    guint32 uid, expected = 0;
    for (uid_iter_init(&it, set); uid_iter_next(&it, &uid);) {
        do
            expected++;
        while (expected < UNIVERSE && !m[expected]);
        require(uid == expected);
    }
    require(max == expected);
}

static guint32 some_uid(GRand *rand)
{
    return (guint32)g_rand_int_range(rand, 1, UNIVERSE);
}

static void random_step(GRand *rand, uid_set *set, model m)
{
    guint32 a = some_uid(rand), b = some_uid(rand);
    switch (g_rand_int_range(rand, 0, 4)) {
    case 0:
        uid_set_add(set, a);
        m[a] = true;
        break;
    case 1:
        b = (guint32)g_rand_int_range(rand, (gint32)a, MIN((gint32)a + 6, UNIVERSE));
        if (g_rand_boolean(rand))
            uid_set_add_range(set, a, b);
        else
            uid_set_add_range(set, b, a);
        for (guint32 uid = a; uid <= b; uid++)
            m[uid] = true;
        break;
    default:
        uid_set_remove(set, a);
        m[a] = false;
    }
}

static uid_set *random_set(GRand *rand, model m)
{
    uid_set *set = uid_set_new();
    memset(m, 0, sizeof(model));
    for (int steps = g_rand_int_range(rand, 0, 60); steps > 0; steps--)
        random_step(rand, set, m);
    return set;
}

START_TEST(adding_and_removing_agree_with_a_model)
{
    GRand *rand = g_rand_new_with_seed((guint32)_i);
    g_autoptr(uid_set) set = uid_set_new();
    model m = { false };
    for (int step = 0; step < 300; step++) {
        random_step(rand, set, m);
        check(set, m);
    }
    g_rand_free(rand);
}
END_TEST

START_TEST(set_operations_agree_with_a_model)
{
    GRand *rand = g_rand_new_with_seed((guint32)_i + 1000);
    for (int round = 0; round < 100; round++) {
        model ma, mb, mc;
        g_autoptr(uid_set) a = random_set(rand, ma);
        g_autoptr(uid_set) b = random_set(rand, mb);
        g_autoptr(uid_set) minus = uid_set_minus(a, b);
        for (guint32 uid = 1; uid < UNIVERSE; uid++)
            mc[uid] = ma[uid] && !mb[uid];
        check(minus, mc);
        g_autoptr(uid_set) both = uid_set_dup(a);
        uid_set_add_set(both, b);
        for (guint32 uid = 1; uid < UNIVERSE; uid++)
            mc[uid] = ma[uid] || mb[uid];
        check(both, mc);
        check(a, ma);
        guint32 n = (guint32)g_rand_int_range(rand, 0, UNIVERSE);
        g_autoptr(uid_set) newest = uid_set_take_newest(both, n);
        model taken = { false };
        for (guint32 uid = UNIVERSE - 1; uid > 0 && n > 0; uid--)
            if (mc[uid]) {
                taken[uid] = true;
                mc[uid] = false;
                n--;
            }
        check(newest, taken);
        check(both, mc);
    }
    g_rand_free(rand);
}
END_TEST

START_TEST(text_goes_both_ways)
{
    GRand *rand = g_rand_new_with_seed(7);
    for (int round = 0; round < 200; round++) {
        model m;
        g_autoptr(uid_set) set = random_set(rand, m);
        if (set->ranges->len == 0)
            continue;
        g_autofree char *text = uid_set_format(set);
        g_autoptr(uid_set) back = uid_set_parse(text, strlen(text), 0, NULL);
        check(back, m);
        gsize limit = (gsize)g_rand_int_range(rand, 0, 30);
        g_autoptr(GPtrArray) pieces = uid_set_format_pieces(set, limit);
        g_autoptr(uid_set) joined = uid_set_new();
        for (guint i = 0; i < pieces->len; i++) {
            const char *piece = g_ptr_array_index(pieces, i);
            ck_assert(strlen(piece) <= limit || strchr(piece, ',') == NULL);
            g_autoptr(uid_set) part = uid_set_parse(piece, strlen(piece), 0, NULL);
            ck_assert_ptr_nonnull(part);
            uid_set_add_set(joined, part);
        }
        check(joined, m);
    }
    g_rand_free(rand);
}
END_TEST

START_TEST(the_ends_of_the_numbers_hold)
{
    g_autoptr(uid_set) set = uid_set_new();
    uid_set_add(set, 0);
    uid_set_remove(set, 0);
    ck_assert(!uid_set_has(set, 0));
    ck_assert_uint_eq(uid_set_count(set), 0);
    uid_set_add_range(set, 0, G_MAXUINT32);
    ck_assert_uint_eq(uid_set_count(set), G_MAXUINT32);
    ck_assert_uint_eq(uid_set_min(set), 1);
    uid_set_remove(set, G_MAXUINT32);
    uid_set_remove(set, 1);
    uid_set_remove(set, 100);
    g_autofree char *text = uid_set_format(set);
    ck_assert_str_eq(text, "2:99,101:4294967294");
    uid_set_add(set, G_MAXUINT32);
    uid_set_add(set, 100);
    ck_assert_uint_eq(set->ranges->len, 1);
    g_autoptr(uid_set) last = uid_set_take_newest(set, 1);
    ck_assert_uint_eq(uid_set_min(last), G_MAXUINT32);
    ck_assert_uint_eq(uid_set_max(set), G_MAXUINT32 - 1);
    g_autoptr(uid_set) none = uid_set_minus(last, last);
    ck_assert_uint_eq(none->ranges->len, 0);
    g_autoptr(uid_set) open_end = uid_set_parse("10,20:30,4294967295", 19, 0, NULL);
    uid_set_add_range(open_end, 5, G_MAXUINT32);
    ck_assert_uint_eq(open_end->ranges->len, 1);
    ck_assert_uint_eq(uid_set_count(open_end), G_MAXUINT32 - 4);
    uid_iter it;
    guint32 uid;
    uid_iter_init(&it, last);
    ck_assert(uid_iter_next(&it, &uid) && uid == G_MAXUINT32);
    ck_assert(!uid_iter_next(&it, &uid));
    uid_iter_init(&it, none);
    ck_assert(!uid_iter_next(&it, &uid));
}
END_TEST

START_TEST(a_piece_holds_at_least_one_range)
{
    g_autoptr(uid_set) set = uid_set_parse("1000000:2000000,3000000,4000000", 31, 0, NULL);
    g_autoptr(GPtrArray) tiny = uid_set_format_pieces(set, 1);
    ck_assert_uint_eq(tiny->len, 3);
    ck_assert_str_eq(g_ptr_array_index(tiny, 0), "1000000:2000000");
    g_autoptr(GPtrArray) exact = uid_set_format_pieces(set, 23);
    ck_assert_uint_eq(exact->len, 2);
    ck_assert_str_eq(g_ptr_array_index(exact, 0), "1000000:2000000,3000000");
    g_autoptr(uid_set) empty = uid_set_new();
    g_autoptr(GPtrArray) none = uid_set_format_pieces(empty, 100);
    ck_assert_uint_eq(none->len, 0);
    g_autofree char *nothing = uid_set_format(empty);
    ck_assert_str_eq(nothing, "");
}
END_TEST

/* The worst orders of a hundred thousand single UIDs.  Quadratic code needs many seconds for it,
 * and Check stops a test after four. */
START_TEST(a_hundred_thousand_are_quick)
{
    const guint32 n = 100000;
    GString *text = g_string_new(NULL);
    g_autofree guint32 *uids = g_new(guint32, n);
    for (guint32 i = 0; i < n; i++) {
        uids[i] = (n - i) * 2;
        g_string_append_printf(text, "%s%u", i > 0 ? "," : "", uids[i]);
    }
    for (int round = 0; round < 2; round++) {
        g_autoptr(uid_set) parsed = uid_set_parse(text->str, text->len, 0, NULL);
        ck_assert_uint_eq(uid_set_count(parsed), n);
        g_autoptr(uid_set) added = uid_set_new();
        uid_set_add_many(added, uids, n);
        g_autoptr(uid_set) difference = uid_set_minus(parsed, added);
        ck_assert_uint_eq(difference->ranges->len, 0);
        for (guint32 i = 0; i < n; i++)
            require(uid_set_has(added, uids[i]) && !uid_set_has(added, uids[i] + 1));
        g_autoptr(GPtrArray) pieces = uid_set_format_pieces(added, 1000);
        ck_assert_uint_gt(pieces->len, 500);
    }
    g_string_free(text, TRUE);
}
END_TEST

START_TEST(many_at_once_join_what_was_there)
{
    g_autoptr(uid_set) set = uid_set_new();
    uid_set_add_range(set, 10, 20);
    uid_set_add_many(set, (const guint32[]){ 9, 0, 30, 21, 15, 30, 5 }, 7);
    g_autofree char *text = uid_set_format(set);
    ck_assert_str_eq(text, "5,9:21,30");
    uid_set_add_set(set, set);
    uid_set_add_many(set, NULL, 0);
    g_autofree char *same = uid_set_format(set);
    ck_assert_str_eq(same, text);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("uidset");
    TCase *parse = tcase_create("parse");
    tcase_add_loop_test(parse, parse_accepts_the_grammar, 0, G_N_ELEMENTS(accepted));
    tcase_add_loop_test(parse, parse_refuses_everything_else, 0, G_N_ELEMENTS(refused));
    tcase_add_test(parse, parse_refuses_nul);
    suite_add_tcase(suite, parse);
    TCase *sets = tcase_create("sets");
    tcase_add_loop_test(sets, adding_and_removing_agree_with_a_model, 0, 5);
    tcase_add_loop_test(sets, set_operations_agree_with_a_model, 0, 5);
    tcase_add_test(sets, text_goes_both_ways);
    tcase_add_test(sets, the_ends_of_the_numbers_hold);
    tcase_add_test(sets, a_piece_holds_at_least_one_range);
    tcase_add_test(sets, many_at_once_join_what_was_there);
    tcase_add_test(sets, a_hundred_thousand_are_quick);
    suite_add_tcase(suite, sets);
    return suite;
}
