/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lexer cuts the same replies whatever the splits of the stream, and stops at its limits. */
#include "base/error.h"
#include "imap/reply.h"
#include "unit/runner.h"

#include <string.h>

static const imap_limits small = { .line = 64, .literal = 100, .total = 200 };
static const imap_limits large = { .line = 4096, .literal = 4096, .total = 16384 };

/* Feed the stream in pieces of the given size (0: random ones); the replies joined with '|', or "error". */
static char *cut(const char *stream, gsize nbytes, gsize piece, const imap_limits *limits, GRand *random)
{
    GString *out = g_string_new(NULL);
    imap_lexer *lexer = imap_lexer_new(limits);
    for (gsize at = 0; at < nbytes;) {
        gsize n = piece > 0 ? piece : (gsize)g_rand_int_range(random, 1, 9);
        n = MIN(n, nbytes - at);
        char *exact = g_memdup2(stream + at, n);
        imap_lexer_feed(lexer, exact, n);
        g_free(exact);
        at += n;
        const char *reply;
        gsize length;
        int got;
        g_autoptr(GError) error = NULL;
        while ((got = imap_lexer_next(lexer, &reply, &length, &error)) == 1) {
            g_string_append_len(out, reply, (gssize)length);
            g_string_append(out, imap_lexer_was_cut(lexer) ? "!|" : "|");
        }
        if (got < 0) {
            ck_assert_uint_eq(error_kind_of(error), ERROR_PROTOCOL);
            g_string_append(out, "error");
            break;
        }
    }
    imap_lexer_free(lexer);
    return g_string_free(out, FALSE);
}

static const struct {
    const char *stream, *expected;
} cases[] = {
    { "* OK hi\r\n", "* OK hi|" },
    { "* OK hi\n* BYE\n", "* OK hi|* BYE|" },
    { "\r\n\r\n* OK\r\n\n", "* OK|" },
    { "* OK hi", "" },
    { "* 1 FETCH (BODY[] {5}\r\na\r\nb\n)\r\n* 2 EXISTS\r\n", "* 1 FETCH (BODY[] {5}\r\na\r\nb\n)|* 2 EXISTS|" },
    { "* 1 FETCH (BODY[] {0}\r\n)\r\n", "* 1 FETCH (BODY[] {0}\r\n)|" },
    { "* LIST () {1}\r\n/ {3+}\r\na\nb\r\n", "* LIST () {1}\r\n/ {3+}\r\na\nb|" },
    { "* 1 FETCH (BINARY[1] ~{3}\r\n\1\n\2)\r\n", "* 1 FETCH (BINARY[1] ~{3}\r\n\1\n\2)|" },
    { "* 1 FETCH (X {3}\nabc)\n", "* 1 FETCH (X {3}\nabc)|" },
    /* Human text that ends like a literal's head is human text. */
    { "* OK it costs {5}\r\n* BYE\r\n", "* OK it costs {5}|* BYE|" },
    { "a1 NO {5}\r\na2 OK\r\n", "a1 NO {5}|a2 OK|" },
    { "+ {5}\r\na2 OK\r\n", "+ {5}|a2 OK|" },
    { "* {5}\r\n* OK\r\n", "* {5}\r\n* OK\r|" },
    { "* 1 FETCH {}\r\n* 2 FETCH {x}\r\n{5}\r\n", "* 1 FETCH {}|* 2 FETCH {x}|{5}|" },
    { "* 1 FETCH 5}\r\n* OK\r\n", "* 1 FETCH 5}|* OK|" },
    /* limits */
    { "* 1 FETCH (BODY[] {101}\r\nx", "error" },
    { "* 1 FETCH (BODY[] {4294967296}\r\nx", "error" },
    { "* 1 FETCH (BODY[] {4294967285}\r\nx", "error" },
    { "* 1 FETCH (BODY[] {99999999999999999999999999}\r\nx", "error" },
    { "* 1 FETCH (BODY[] {-1}\r\n", "* 1 FETCH (BODY[] {-1}|" },
    { "* 1 FETCH (X {100}\r\n"
      "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
      " Y {76}\r\n", "error" },
    { "* OK 01234567890123456789012345678901234567890123456789012345678901234567890123456789", "error" },
    { "* 1 FLAGS (0123456789012345678901234567890123456789 {1}\r\na 0123456789012345678901234567890123456789", "error" },
    /* A search or a message may be longer than a line, not longer than everything. */
    { "* 12 FETCH (X 0123456789012345678901234567890123456789 Y 0123456789012345678901234567890123456789)\r\n",
      "* 12 FETCH (X 0123456789012345678901234567890123456789 Y 0123456789012345678901234567890123456789)|" },
    { "* FETCHED 0123456789012345678901234567890123456789 01234567890123456789012345678901234567890123456789", "error" },
    { "* SEARCH 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29\r\n",
      "* SEARCH 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29|" },
    { "* VANISHED 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33,35,37,39,41,43\r\n",
      "* VANISHED 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33,35,37,39,41,43|" },
};

START_TEST(lexer_cuts_the_same_at_every_split)
{
    g_autoptr(GRand) random = g_rand_new_with_seed((guint32)_i);
    gsize n = strlen(cases[_i].stream);
    for (gsize piece = 0; piece <= n + 1; piece++) {
        g_autofree char *got = cut(cases[_i].stream, n, piece, &small, random);
        ck_assert_str_eq(got, cases[_i].expected);
    }
}
END_TEST

static const struct {
    const char *stream, *expected;
} cuts[] = {
    { "* 1 FETCH (X {5}\r\nabcde Y 1)\r\n* OK\r\n", "* 1 FETCH (X {4}\r\nabcd Y 1)!|* OK|" },
    { "* 1 FETCH (X {4}\r\nabcd Y 1)\r\n* OK\r\n", "* 1 FETCH (X {4}\r\nabcd Y 1)|* OK|" },
    { "* 1 FETCH (X ~{20+}\r\n01234567890123456\r\n9)\r\n", "* 1 FETCH (X ~{04+}\r\n0123)!|" },
    { "* 1 FETCH (X {9}\n012345678 {9}\n012345678)\n* OK\n", "* 1 FETCH (X {4}\n0123 {4}\n0123)!|* OK|" },
    { "* 1 FETCH (X {21}\r\n", "error" },
};

/* A literal beyond the limit is read to its end and kept in part; '!' tells of it. */
START_TEST(lexer_cuts_literals_where_it_may)
{
    static const imap_limits limits = { .line = 64, .literal = 4, .total = 200, .cut = 20 };
    g_autoptr(GRand) random = g_rand_new_with_seed((guint32)_i);
    gsize n = strlen(cuts[_i].stream);
    for (gsize piece = 0; piece <= n + 1; piece++) {
        g_autofree char *got = cut(cuts[_i].stream, n, piece, &limits, random);
        ck_assert_str_eq(got, cuts[_i].expected);
    }
}
END_TEST

START_TEST(lexer_holds_no_more_than_the_literal_limit_of_what_it_cuts)
{
    static const imap_limits limits = { .line = 64, .literal = 1000, .total = 2000, .cut = G_MAXINT32 };
    static const char head[] = "* 1 FETCH (X {2000000000}\r\n";
    imap_lexer *lexer = imap_lexer_new(&limits);
    g_autofree char *some = g_strnfill(1 << 20, 'x');
    const char *reply;
    gsize n;
    imap_lexer_feed(lexer, head, strlen(head));
    for (int i = 0; i < 1000; i++) {
        ck_assert_int_eq(imap_lexer_next(lexer, &reply, &n, NULL), 0);
        imap_lexer_feed(lexer, some, 1 << 20);
        ck_assert_uint_le(imap_lexer_pending(lexer), strlen(head) + 1000);
    }
    imap_lexer_free(lexer);
}
END_TEST

START_TEST(lexer_stops_at_an_endless_search)
{
    GString *line = g_string_new("* SEARCH");
    while (line->len < 400)
        g_string_append(line, " 1");
    g_autofree char *got = cut(line->str, line->len, 7, &small, NULL);
    ck_assert_str_eq(got, "error");
    g_string_free(line, TRUE);
}
END_TEST

START_TEST(lexer_keeps_nul_and_every_other_byte)
{
    char stream[300] = "* 1 FETCH (BODY[] {256}\r\n";
    gsize head = strlen(stream);
    for (int i = 0; i < 256; i++)
        stream[head + (gsize)i] = (char)i;
    memcpy(stream + head + 256, ")\r\n", 3);
    imap_lexer *lexer = imap_lexer_new(&large);
    const char *reply;
    gsize n;
    imap_lexer_feed(lexer, stream, head + 256 + 2);
    ck_assert_int_eq(imap_lexer_next(lexer, &reply, &n, NULL), 0);
    ck_assert_uint_eq(imap_lexer_pending(lexer), head + 258);
    imap_lexer_feed(lexer, "\n", 1);
    ck_assert_int_eq(imap_lexer_next(lexer, &reply, &n, NULL), 1);
    ck_assert_uint_eq(n, head + 257);
    ck_assert_mem_eq(reply, stream, n);
    ck_assert_uint_eq(imap_lexer_pending(lexer), 0);
    imap_lexer_free(lexer);
}
END_TEST

/* Many replies in one buffer, then a long one in many pieces: what is borrowed stays whole. */
START_TEST(lexer_moves_what_is_left_without_loss)
{
    imap_lexer *lexer = imap_lexer_new(&large);
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    guint sent = 0, received = 0;
    const char *reply;
    gsize n;
    for (int round = 0; round < 200; round++) {
        g_autoptr(GString) some = g_string_new(NULL);
        for (int i = g_rand_int_range(random, 0, 20); i > 0; i--)
            g_string_append_printf(some, "* %u FETCH (X {4}\r\nabcd)\r\n", ++sent);
        gsize half = (gsize)g_rand_int_range(random, 0, (int)some->len + 1);
        imap_lexer_feed(lexer, some->str, half);
        while (imap_lexer_next(lexer, &reply, &n, NULL) == 1) {
            g_autofree char *expected = g_strdup_printf("* %u FETCH (X {4}\r\nabcd)", ++received);
            ck_assert_uint_eq(n, strlen(expected));
            ck_assert_mem_eq(reply, expected, n);
        }
        imap_lexer_feed(lexer, some->str + half, some->len - half);
    }
    while (imap_lexer_next(lexer, &reply, &n, NULL) == 1)
        received++;
    ck_assert_uint_eq(received, sent);
    imap_lexer_free(lexer);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("imap/lexer");
    TCase *t = tcase_create("lexer");
    tcase_add_loop_test(t, lexer_cuts_the_same_at_every_split, 0, G_N_ELEMENTS(cases));
    tcase_add_loop_test(t, lexer_cuts_literals_where_it_may, 0, G_N_ELEMENTS(cuts));
    tcase_add_test(t, lexer_holds_no_more_than_the_literal_limit_of_what_it_cuts);
    tcase_add_test(t, lexer_stops_at_an_endless_search);
    tcase_add_test(t, lexer_keeps_nul_and_every_other_byte);
    tcase_add_test(t, lexer_moves_what_is_left_without_loss);
    suite_add_tcase(s, t);
    return s;
}
