/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The gate: each byte, each control in each form, and the properties that hold for any input. */
#include "text/sanitise.h"
#include "text/classes.h"
#include "unit/runner.h"

#include <string.h>

#define REPLACED "\ufffd"

static const struct {
    const char *text, *line, *body;
} table[] = {
    { "", "", "" },
    { "plain", "plain", "plain" },
    { "gr\u00fcn \u65e5\u672c", "gr\u00fcn \u65e5\u672c", "gr\u00fcn \u65e5\u672c" },
    /* blanks */
    { "a\nb", "a b", "a\nb" },
    { "a\r\nb", "a b", "a\nb" },
    { "a\r\r\nb", "a b", "a\nb" },
    { "a\rb", "a b", "a\nb" },
    { "a\r", "a ", "a\n" },
    { "a\n\nb", "a b", "a\n\nb" },
    { "a \t \r\n  b", "a b", "a        \n  b" },
    { "a  b", "a  b", "a  b" },
    { "\ta", " a", "        a" },
    { "ab\tc", "ab c", "ab      c" },
    { "12345678\tx", "12345678 x", "12345678        x" },
    { "\u65e5\tx", "\u65e5 x", "\u65e5      x" },
    { "e\u0301\tx", "e\u0301 x", "e\u0301       x" },
    { "a\nb\tc", "a b c", "a\nb       c" },
    { "a\tb\tc", "a b c", "a       b       c" },
    { "a\u2028b\u2029c", "a b c", "a\nb\nc" },
    { "a\fb", "a" REPLACED "b", "ab" },
    /* what a terminal obeys */
    { "\x1b[31mred\x1b[0m", REPLACED "[31mred" REPLACED "[0m", REPLACED "[31mred" REPLACED "[0m" },
    { "\x1b]0;title\x07", REPLACED "]0;title" REPLACED, REPLACED "]0;title" REPLACED },
    { "\x9b"
      "31m",
      REPLACED "31m", REPLACED "31m" },
    { "\xc2\x9b"
      "31m",
      REPLACED "31m", REPLACED "31m" },
    { "\xc2\x85", REPLACED, REPLACED },
    { "\x7f", REPLACED, REPLACED },
    { "a\bb", "a" REPLACED "b", "a" REPLACED "b" },
    { "\x0e\x0f", REPLACED REPLACED, REPLACED REPLACED },
    /* what reverses */
    { "exe.\u202egpj", "exe." REPLACED "gpj", "exe." REPLACED "gpj" },
    { "\u202d", REPLACED, REPLACED },
    { "\u202a\u202b\u202c\u2066\u2067\u2068\u2069\u200e\u200f\u061c", "", "" },
    { "\u2068Ada\u2069 wrote", "Ada wrote", "Ada wrote" },
    /* what hides */
    { "pay\u200bpal", "paypal", "paypal" },
    { "\ufeffa\u2060b\u00adc\u034fd\u180ee", "abcde", "abcde" },
    { "a\U000E0041\U000E0042\U000E007Fb", "ab", "ab" },
    { "a\ufff9b\ufffac\ufffbd", "abcd", "abcd" },
    { "\u3164\u115f\u1160\uffa0", "", "" },
    { "\u206a\u206f\ufff0\U000E0fff\U0001d173", "", "" },
    { "\ufdd0\ufffe\uffff\U0010ffff", REPLACED REPLACED REPLACED REPLACED,
      REPLACED REPLACED REPLACED REPLACED },
    /* joiners where they have a meaning */
    { "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
      "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
      "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645" },
    { "\U0001F468\u200d\U0001F469", "\U0001F468\u200d\U0001F469", "\U0001F468\u200d\U0001F469" },
    { "\u2764\ufe0f\u200d\U0001F525", "\u2764\ufe0f\u200d\U0001F525",
      "\u2764\ufe0f\u200d\U0001F525" },
    { "a\u200db", "ab", "ab" },
    { "\u200c\u00a0\u200c\u00a0\u200c", "\u00a0\u00a0", "\u00a0\u00a0" },
    { "\U0001F468\u200d", "\U0001F468", "\U0001F468" },
    { "\U0001F468\u200d\u200d\U0001F469", "\U0001F468\u200d\U0001F469",
      "\U0001F468\u200d\U0001F469" },
    { "\u0645\u200c x", "\u0645 x", "\u0645 x" },
    { "\u2764\ufe0f", "\u2764\ufe0f", "\u2764\ufe0f" },
    /* not UTF-8 */
    { "a\xff"
      "b",
      "a" REPLACED "b", "a" REPLACED "b" },
    { "a\xc3", "a" REPLACED, "a" REPLACED },
    { "\xe2\x82", REPLACED, REPLACED },
    { "\xc0\xaf", REPLACED REPLACED, REPLACED REPLACED },
};

static char *exact(const char *text, gsize nbytes)
{
    return nbytes > 0 ? g_memdup2(text, nbytes) : g_malloc(1);
}

START_TEST(the_gate_keeps_drops_or_replaces)
{
    gsize n = strlen(table[_i].text);
    g_autofree char *text = exact(table[_i].text, n);
    g_autofree char *line = text_sanitise_line(text, (gssize)n);
    ck_assert_str_eq(line, table[_i].line);
    g_autofree char *body = text_sanitise_body(text, (gssize)n);
    ck_assert_str_eq(body, table[_i].body);
    g_autofree char *to_nul = text_sanitise_line(table[_i].text, -1);
    ck_assert_str_eq(to_nul, line);
    ck_assert(text_is_clean_line(text, n) == (strcmp(line, table[_i].text) == 0));
}
END_TEST

/* In loops of millions: every passed assertion of Check costs a write to its pipe. */
#define require(truth)                                                                             \
    do {                                                                                           \
        if (!(truth))                                                                              \
            ck_abort_msg("%s", #truth);                                                            \
    } while (0)

/* Nothing that is obeyed, reverses or hides; valid UTF-8. */
static void check_safe(const char *text, bool many)
{
    require(g_utf8_validate(text, -1, NULL));
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        text_class class = text_class_of(c);
        if (many && c == '\n')
            continue;
        require(class == CLASS_PLAIN || class == CLASS_SELECTOR || class == CLASS_JOINER);
    }
}

static void check_properties(const char *bytes, gsize nbytes)
{
    g_autofree char *text = exact(bytes, nbytes);
    g_autofree char *line = text_sanitise_line(text, (gssize)nbytes);
    g_autofree char *body = text_sanitise_body(text, (gssize)nbytes);
    check_safe(line, false);
    check_safe(body, true);
    g_autofree char *line_again = text_sanitise_line(line, -1);
    g_autofree char *body_again = text_sanitise_body(body, -1);
    require(strcmp(line_again, line) == 0);
    require(strcmp(body_again, body) == 0);
    require(text_is_clean_line(line, strlen(line)));
    bool same = strlen(line) == nbytes && memcmp(line, text, nbytes) == 0;
    require(text_is_clean_line(text, nbytes) == same);
}

START_TEST(every_byte_and_every_pair_of_bytes)
{
    char bytes[4] = "x";
    for (int a = 0; a < 256; a++) {
        bytes[0] = (char)a;
        check_properties(bytes, 1);
        for (int b = 0; b < 256; b++) {
            bytes[1] = (char)b;
            check_properties(bytes, 2);
        }
    }
}
END_TEST

START_TEST(every_character)
{
    char text[8];
    for (gunichar c = 0; c < 0x110000;
         c += c < 0x3000 || c >= 0xe0000 || (c >= 0xfd00 && c < 0x10000) ? 1 : 37)
        check_properties(text, (gsize)(c >= 0xd800 && c < 0xe000 ? 0 : g_unichar_to_utf8(c, text)));
}
END_TEST

START_TEST(random_sequences_come_out_safe_and_stable)
{
    static const char *const pieces[] = {
        "a",      " ",          "\t",           "\r",     "\n",     "\x1b",   "\xc2",
        "\x9b",   "\xe2\x80",   "\xe2\x80\xa8", "\u0301", "\ufe0f", "\u200d", "\u200c",
        "\u0645", "\U0001F468", "\U0001F3FD",   "\u202e", "\u2068", "\u200b", "\U000E0041",
        "\u65e5", "\x7f",       "\f",           "\xff",   "\u00a0", "\u3164",
    };
    GRand *rand = g_rand_new_with_seed(3);
    g_autoptr(GString) text = g_string_new(NULL);
    for (int round = 0; round < 5000; round++) {
        g_string_truncate(text, 0);
        for (int n = g_rand_int_range(rand, 0, 14); n > 0; n--)
            g_string_append(text, pieces[g_rand_int_range(rand, 0, G_N_ELEMENTS(pieces))]);
        check_properties(text->str, text->len);
    }
    g_rand_free(rand);
}
END_TEST

START_TEST(nul_is_shown_and_ends_nothing)
{
    g_autofree char *line = text_sanitise_line("a\0b", 3);
    ck_assert_str_eq(line, "a" REPLACED "b");
    g_autofree char *body = text_sanitise_body("a\0b", 3);
    ck_assert_str_eq(body, "a" REPLACED "b");
    ck_assert(!text_is_clean_line("a\0b", 3));
}
END_TEST

START_TEST(runs_of_marks_are_capped)
{
    g_autoptr(GString) text = g_string_new("a");
    for (int i = 0; i < 100000; i++)
        g_string_append(text, i % 3 == 0 ? "\ufe0f" : "\u0301");
    g_string_append(text, "b\u0301");
    g_autofree char *line = text_sanitise_line(text->str, -1);
    ck_assert_int_lt(g_utf8_strlen(line, -1), 12);
    ck_assert(g_str_has_suffix(line, "b\u0301"));
}
END_TEST

/* Terminal bugs of record, as bytes: none may keep an introducer. */
START_TEST(sequences_that_once_broke_terminals_are_text)
{
    static const char *const attacks[] = {
        "\x1b]50;\x07",
        "\x1bGQ;x\n",
        "\x1bP$q\nid\n\x1b\\",
        "\x1b[21t",
        "\x1b[8;999999;999999t",
        "\x1b]8;;x\x1b\\",
        "\x1b_G\x1b\\",
        "\x90q\x9c",
        "\xc2\x90q\xc2\x9c",
        "\xc2\x9d]0;x\xc2\x9c",
        "\x1b#8",
        "\x1b[?1049h",
        "\x1b]52;c;aGk=\x07",
        "\x05",
        "\x1b[6n",
        "\x1b[c",
    };
    for (guint i = 0; i < G_N_ELEMENTS(attacks); i++)
        check_properties(attacks[i], strlen(attacks[i]));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("sanitise");
    TCase *all = tcase_create("gate");
    tcase_add_loop_test(all, the_gate_keeps_drops_or_replaces, 0, G_N_ELEMENTS(table));
    tcase_add_test(all, every_byte_and_every_pair_of_bytes);
    tcase_add_test(all, every_character);
    tcase_add_test(all, random_sequences_come_out_safe_and_stable);
    tcase_add_test(all, nul_is_shown_and_ends_nothing);
    tcase_add_test(all, runs_of_marks_are_capped);
    tcase_add_test(all, sequences_that_once_broke_terminals_are_text);
    suite_add_tcase(suite, all);
    return suite;
}
