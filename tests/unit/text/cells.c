/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns: what is printed of a cluster, how text is cut, and that ncurses counts the same. */
#include "text/cells.h"
#include "unit/runner.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define FAMILY "\U0001F468\u200d\U0001F469\u200d\U0001F467\u200d\U0001F466"
#define ACUTE "\u0301"
#define REPLACED "\ufffd"

/* What is painted, a '|' between clusters; nothing between for those that print nothing. */
static const struct {
    const char *text, *painted;
    int ncols;
} clusters[] = {
    { "", "", 0 },
    { "abc", "a|b|c", 3 },
    { "a\u0301b", "a\u0301|b", 2 },
    { "\u65e5\u672c", "\u65e5|\u672c", 4 },
    { "\u00e9t\u00e9", "\u00e9|t|\u00e9", 3 },
    { "\uff21", "\uff21", 2 },
    /* emoji: the base alone */
    { FAMILY "x", "\U0001F468|x", 3 },
    { "\U0001F44D\U0001F3FDx", "\U0001F44D|x", 3 },
    { "\U0001F469\U0001F3FD\u200d\U0001F52Cx", "\U0001F469|x", 3 },
    { "\u2764\ufe0fx", "\u2764|x", 2 },
    { "\u2764\ufe0f\u200d\U0001F525x", "\u2764|x", 2 },
    { "\U0001F3F3\ufe0f\u200d\U0001F308x", "\U0001F3F3|x", 2 },
    { "\U0001F3F4\U000E0067\U000E0062\U000E007Fx", "\U0001F3F4|x", 3 },
    { "\U0001F600\U0001F600", "\U0001F600|\U0001F600", 4 },
    { "1\ufe0f\u20e3 2", "1| |2", 3 },
    { "\U0001F3FD", "\U0001F3FD", 2 },
    { "a\U0001F3FD", "a|\U0001F3FD", 3 },
    { "a\u200d\U0001F600", "a|\U0001F600", 3 },
    /* a flag is its letters */
    { "\U0001F1EB\U0001F1F7!", "F|R|!", 3 },
    { "\U0001F1EB", "F", 1 },
    /* no more marks than a cell holds */
    { "e" ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE "x", "e" ACUTE ACUTE ACUTE ACUTE ACUTE "|x",
      2 },
    /* a mark on nothing stands on a blank */
    { ACUTE "a", " " ACUTE "|a", 2 },
    { "\u20e3", " ", 1 },
    /* Hangul, composed and not */
    { "\uac01", "\uac01", 2 },
    { "\u1100\u1161\u11a8x", "\u1100\u1161\u11a8|x", 3 },
    /* spacing vowel signs have a cell of their own, in ncurses and on terminals */
    { "\u0915\u093f", "\u0915|\u093f", 2 },
    { "\uff76\uff9e", "\uff76|\uff9e", 2 },
    { "\u0e01\u0e33", "\u0e01|\u0e33", 2 },
    /* format characters are not printed */
    { "a\u200bb", "a|b", 2 },
    { "\u200b\u200c\u200d\u2060\ufeff\u202e\u2066\u00ad", "", 0 },
    { "\u0645\u06cc\u200c\u062e", "\u0645|\u06cc|\u062e", 3 },
    { "x\ufe0f\U000E0100y", "x|y", 2 },
    /* controls and what is not assigned */
    { "\x1b[m", REPLACED "|[|m", 3 },
    { "\x01\x7f\xc2\x85\xc2\x9b", REPLACED "|" REPLACED "|" REPLACED "|" REPLACED, 4 },
    { "\n\r\t", REPLACED "|" REPLACED "|" REPLACED, 3 },
    { "\u2028\ufffe\u0378", REPLACED "|" REPLACED "|" REPLACED, 3 },
    { REPLACED, REPLACED, 1 },
    { "\u00ae\ufe0f", "\u00ae", 1 },
};

static char *paint(const char *text, int *ncols)
{
    /* An exact copy without NUL: what is behind end is not looked at. */
    gsize n = strlen(text);
    g_autofree char *exact = n > 0 ? g_memdup2(text, n) : NULL;
    GString *painted = g_string_new(NULL);
    char out[TEXT_CLUSTER_MAX];
    *ncols = 0;
    for (const char *p = exact; p < exact + n;) {
        int width = text_next_cluster(&p, exact + n, out);
        ck_assert_int_ge(width, 0);
        ck_assert_int_le(width, 2);
        ck_assert((width == 0) == (out[0] == '\0'));
        *ncols += width;
        if (width > 0 && painted->len > 0)
            g_string_append_c(painted, '|');
        g_string_append(painted, out);
    }
    return g_string_free(painted, FALSE);
}

START_TEST(clusters_are_painted_as_agreed)
{
    int ncols;
    g_autofree char *painted = paint(clusters[_i].text, &ncols);
    ck_assert_str_eq(painted, clusters[_i].painted);
    ck_assert_int_eq(ncols, clusters[_i].ncols);
    ck_assert_int_eq(text_columns(clusters[_i].text, -1), clusters[_i].ncols);
}
END_TEST

/* Sums wcwidth as ncurses does; -1 when it would refuse a character. */
static int curses_columns(const char *text)
{
    int ncols = 0;
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        int width = wcwidth((wchar_t)g_utf8_get_char(p));
        if (width < 0)
            return -1;
        ncols += width;
    }
    return ncols;
}

/* In loops of millions: every passed assertion of Check costs a write to its pipe. */
#define require(truth)                                                                             \
    do {                                                                                           \
        if (!(truth))                                                                              \
            ck_abort_msg("%s", #truth);                                                            \
    } while (0)

/* One character with columns, then at most five without: what setcchar takes. */
static void check_cell(const char *cell, int width)
{
    require(curses_columns(cell) == width);
    require(g_utf8_strlen(cell, -1) <= 6);
    for (const char *p = g_utf8_next_char(cell); *p != '\0'; p = g_utf8_next_char(p))
        require(wcwidth((wchar_t)g_utf8_get_char(p)) == 0);
}

START_TEST(ncurses_believes_the_same_of_every_character)
{
    char text[16], out[TEXT_CLUSTER_MAX];
    for (gunichar c = 1; c < 0x110000; c++) {
        if (c >= 0xd800 && c < 0xe000)
            continue;
        const char *p = text, *end = text + g_unichar_to_utf8(c, text);
        int width = text_next_cluster(&p, end, out);
        require(p == end);
        if (width > 0)
            check_cell(out, width);
        else
            require(out[0] == '\0');
    }
}
END_TEST

static gunichar random_character(GRand *rand)
{
    static const gunichar nasty[] = {
        0x301,    0x5b0,   0xfe0f, 0x200d, 0x200c, 0x1f468, 0x1f3fd, 0x1f1eb,
        0x2764,   0x20e3,  0xac00, 0x1100, 0x1161, 0x11a8,  0x93f,   0xe33,
        0x202e,   0x1b,    '\n',   ' ',    'a',    0x65e5,  0xff9e,  0xfffd,
        0x10ffff, 0xe0067, 0x600,  0xad,   0xe9,   0x7f,    0x9b,    0x302e,
    };
    return nasty[g_rand_int_range(rand, 0, G_N_ELEMENTS(nasty))];
}

static char *random_text(GRand *rand)
{
    GString *text = g_string_new(NULL);
    for (int n = g_rand_int_range(rand, 0, 12); n > 0; n--)
        g_string_append_unichar(text, random_character(rand));
    return g_string_free(text, FALSE);
}

START_TEST(painted_text_is_stable_and_counted_right)
{
    GRand *rand = g_rand_new_with_seed(1);
    g_autoptr(GString) painted = g_string_new(NULL), again = g_string_new(NULL);
    for (int round = 0; round < 5000; round++) {
        g_autofree char *text = random_text(rand);
        int ncols = text_columns(text, -1);
        g_string_truncate(painted, 0);
        g_string_truncate(again, 0);
        ck_assert_int_eq(text_fit(painted, text, -1, 1000, false, false), ncols);
        ck_assert_int_eq(curses_columns(painted->str), ncols);
        ck_assert_int_eq(text_fit(again, painted->str, -1, 1000, false, false), ncols);
        ck_assert_str_eq(again->str, painted->str);
        int width = g_rand_int_range(rand, 0, 20);
        g_string_truncate(again, 0);
        int used = text_fit(again, text, -1, width, false, false);
        ck_assert_int_le(used, width);
        ck_assert_int_eq(curses_columns(again->str), used);
        ck_assert(ncols <= width ? used == ncols : used >= width - 1);
        g_string_truncate(again, 0);
        ck_assert_int_eq(text_fit_right(again, text, -1, width, false), width);
        ck_assert_int_eq(curses_columns(again->str), width);
        gsize n = text_bytes_for_columns(text, strlen(text), width);
        ck_assert_int_le(text_columns(text, (gssize)n), width);
        ck_assert(g_utf8_validate(text, (gssize)n, NULL));
        if (ncols <= width)
            ck_assert_uint_eq(n, strlen(text));
    }
    g_rand_free(rand);
}
END_TEST

static const struct {
    const char *text;
    int ncols;
    bool pad, ascii;
    const char *fitted;
    int used;
} fits[] = {
    { "hello", 5, false, false, "hello", 5 },
    { "hello", 8, false, false, "hello", 5 },
    { "hello", 8, true, false, "hello   ", 8 },
    { "hello", 4, false, false, "hel\u2026", 4 },
    { "hello", 4, false, true, "hel.", 4 },
    { "hello", 1, true, false, "\u2026", 1 },
    { "hello", 0, true, false, "", 0 },
    { "hello", -3, true, false, "", 0 },
    { "", 3, true, false, "   ", 3 },
    { "\u65e5\u672c\u8a9e", 6, true, false, "\u65e5\u672c\u8a9e", 6 },
    { "\u65e5\u672c\u8a9e", 5, true, false, "\u65e5\u672c\u2026", 5 },
    { "\u65e5\u672c\u8a9e", 4, true, false, "\u65e5\u2026 ", 4 },
    { "\u65e5\u672c\u8a9e", 4, false, false, "\u65e5\u2026", 3 },
    { "\u65e5", 1, true, false, "\u2026", 1 },
    { "ab\u65e5", 3, true, false, "ab\u2026", 3 },
    { "abc" ACUTE, 3, false, false, "abc" ACUTE, 3 },
    { "abc" ACUTE "d", 3, false, false, "ab\u2026", 3 },
    { "abc\u200b\u200b", 3, false, false, "abc", 3 },
    { "abcd\u200b\u200b", 3, false, false, "ab\u2026", 3 },
    { "\u00e9\u00e9\u00e9\u00e9", 3, false, false, "\u00e9\u00e9\u2026", 3 },
    { FAMILY FAMILY, 4, true, false, "\U0001F468\U0001F468", 4 },
    { FAMILY FAMILY, 3, true, false, "\U0001F468\u2026", 3 },
};

START_TEST(text_is_cut_with_an_ellipsis)
{
    g_autoptr(GString) out = g_string_new(">");
    int used = text_fit(out, fits[_i].text, -1, fits[_i].ncols, fits[_i].pad, fits[_i].ascii);
    ck_assert_str_eq(out->str + 1, fits[_i].fitted);
    ck_assert_int_eq(used, fits[_i].used);
    ck_assert_int_eq(out->str[0], '>');
}
END_TEST

START_TEST(text_is_aligned_right)
{
    g_autoptr(GString) out = g_string_new(">");
    ck_assert_int_eq(text_fit_right(out, "18K", -1, 5, false), 5);
    ck_assert_str_eq(out->str, ">  18K");
    g_string_assign(out, ">");
    text_fit_right(out, "\u65e5\u672c\u8a9e", -1, 4, false);
    ck_assert_str_eq(out->str, "> \u65e5\u2026");
    g_string_assign(out, ">");
    text_fit_right(out, "123456", -1, 4, true);
    ck_assert_str_eq(out->str, ">123.");
    ck_assert_int_eq(text_fit_right(out, "x", -1, 0, false), 0);
}
END_TEST

START_TEST(bytes_for_columns_end_at_a_cluster)
{
    ck_assert_uint_eq(text_bytes_for_columns("abc", 3, 2), 2);
    ck_assert_uint_eq(text_bytes_for_columns("abc", 3, 0), 0);
    ck_assert_uint_eq(text_bytes_for_columns("abc", 3, -1), 0);
    ck_assert_uint_eq(text_bytes_for_columns("abc", 3, 9), 3);
    ck_assert_uint_eq(text_bytes_for_columns("e\u0301x", 4, 1), 3);
    ck_assert_uint_eq(text_bytes_for_columns("\u65e5\u672c", 6, 3), 3);
    ck_assert_uint_eq(text_bytes_for_columns("\u200bab", 5, 1), 4);
    ck_assert_uint_eq(text_bytes_for_columns(FAMILY, strlen(FAMILY), 2), strlen(FAMILY));
    ck_assert_uint_eq(text_bytes_for_columns(FAMILY, strlen(FAMILY), 1), 0);
}
END_TEST

START_TEST(widths_do_not_need_a_utf8_locale)
{
    setlocale(LC_ALL, "C");
    int ascii = text_columns("abc", -1), kanji = text_columns("\u65e5\u672c", -1);
    int accents = text_columns("\u00e9t\u00e9", -1), mark = text_columns("e\u0301", -1);
    setlocale(LC_ALL, "C.UTF-8");
    ck_assert_int_eq(ascii, 3);
    ck_assert_int_eq(kanji, 4);
    ck_assert_int_eq(accents, 3);
    ck_assert_int_eq(mark, 1);
}
END_TEST

START_TEST(invalid_bytes_are_not_read_past)
{
    static const char *const broken[] = { "\xe6", "\xe6\x97", "a\xf0\x9f\x91",
                                          "\xff", "e\xcc",    "\xf0\x9f\x91\xa8\xe2\x80" };
    for (guint i = 0; i < G_N_ELEMENTS(broken); i++) {
        int ncols;
        g_free(paint(broken[i], &ncols));
        ck_assert_int_ge(ncols, 1);
    }
}
END_TEST

/* Linear also where one cluster takes everything: quadratic code runs into Check's time limit. */
START_TEST(long_clusters_are_linear)
{
    static const char *const units[] = { ACUTE,        "\U0001F468\u200d", "\u200b",
                                         "\U0001F1EB", "\ufe0f",           "a\u0301" };
    for (guint i = 0; i < G_N_ELEMENTS(units); i++) {
        g_autoptr(GString) text = g_string_new("\U0001F468");
        while (text->len < 1 << 19)
            g_string_append(text, units[i]);
        g_autoptr(GString) out = g_string_new(NULL);
        text_fit(out, text->str, (gssize)text->len, 80, true, false);
        ck_assert_uint_lt(out->len, 80 * TEXT_CLUSTER_MAX);
        text_columns(text->str, -1);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("cells");
    TCase *cells = tcase_create("clusters");
    tcase_add_loop_test(cells, clusters_are_painted_as_agreed, 0, G_N_ELEMENTS(clusters));
    tcase_add_test(cells, ncurses_believes_the_same_of_every_character);
    tcase_add_test(cells, painted_text_is_stable_and_counted_right);
    tcase_add_test(cells, widths_do_not_need_a_utf8_locale);
    tcase_add_test(cells, invalid_bytes_are_not_read_past);
    tcase_add_test(cells, long_clusters_are_linear);
    suite_add_tcase(suite, cells);
    TCase *fit = tcase_create("fit");
    tcase_add_loop_test(fit, text_is_cut_with_an_ellipsis, 0, G_N_ELEMENTS(fits));
    tcase_add_test(fit, text_is_aligned_right);
    tcase_add_test(fit, bytes_for_columns_end_at_a_cluster);
    suite_add_tcase(suite, fit);
    return suite;
}
