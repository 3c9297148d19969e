/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bodies to lines: breaking, quotes, flowed text, signatures, diffs, and the cost of hostile
 * bodies. */
#include "text/wrap.h"
#include "text/cells.h"
#include "unit/runner.h"

#include <string.h>

/* One letter a style, in runs; a '+' before a line that goes on, its quote level when it has one.
 */
static char style_letter(text_style style)
{
    static const char letters[] = ".biuhlcqsnvat+-@";
    return letters[style];
}

static void dump_line(GString *out, const styled_line *line)
{
    if (line->wrapped)
        g_string_append_c(out, '+');
    if (line->quote > 0)
        g_string_append_printf(out, "%u", line->quote);
    g_string_append_printf(out, "|%s|", line->text);
    for (guint i = 0; line->runs != NULL && i < line->runs->len; i++) {
        const styled_run *r = &g_array_index(line->runs, styled_run, i);
        g_string_append_printf(out, " %c%u-%u", style_letter(r->style), r->start,
                               r->start + r->length);
    }
    g_string_append_c(out, '\n');
}

static char *wrap(const char *text, wrap_settings settings)
{
    gsize n = strlen(text);
    g_autofree char *exact = g_memdup2(text, MAX(n, 1));
    g_autoptr(GPtrArray) lines = styled_lines_new();
    text_wrap_body(lines, exact, n, &settings);
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < lines->len; i++)
        dump_line(out, g_ptr_array_index(lines, i));
    return g_string_free(out, FALSE);
}

typedef struct row {
    const char *text, *lines;
} row;

/* ---- fixed lines at 20 columns */

static const row fixed[] = {
    { "", "" },
    { "\n", "||\n" },
    { "one\n\ntwo", "|one|\n||\n|two|\n" },
    { "twenty columns wide.\n", "|twenty columns wide.|\n" },
    { "twenty columns wide. x", "|twenty columns wide.|\n+|x|\n" },
    { "the quick brown fox jumps over", "|the quick brown fox|\n+|jumps over|\n" },
    { "the quick brown fox  jumps", "|the quick brown fox|\n+|jumps|\n" },
    { "the quick brown fox     ", "|the quick brown fox|\n" },
    { "    indented text stays so", "|    indented text|\n+|stays so|\n" },
    { "abcdefghijklmnopqrstuvwxyz", "|abcdefghijklmnopqrst|\n+|uvwxyz|\n" },
    { "abc abcdefghijklmnopqrstuvwxyz", "|abc|\n+|abcdefghijklmnopqrst|\n+|uvwxyz|\n" },
    { "          ", "|          |\n" },
    { "                              ", "||\n" },
    /* kinsoku: no line starts with a closing mark or ends with an opening one */
    { "\u3042\u3042\u3042\u3042\u3042\u3042\u3042\u3042\u3042\u3042\u3002\u3042",
      "|\u3042\u3042\u3042\u3042\u3042\u3042\u3042\u3042\u3042|\n+|\u3042\u3002\u3042|\n" },
    { "\u3042\u3042\u3042\u3042\u3042\u3042\u3042\u3042\u3042\u300c\u3042\u300d",
      "|\u3042\u3042\u3042\u3042\u3042\u3042\u3042\u3042\u3042|\n+|\u300c\u3042\u300d|\n" },
    { "no\u00a0break\u00a0at\u00a0hard blanks", "|no\u00a0break\u00a0at\u00a0hard|\n+|blanks|\n" },
    /* emoji are two columns, however they are made */
    { "1234567890123456789 \U0001F468\u200d\U0001F469 x",
      "|1234567890123456789|\n+|\U0001F468\u200d\U0001F469 x|\n" },
    /* links */
    { "see http://example/a", "|see http://example/a| l4-20\n" },
    { "see http://example/ab", "|see|\n+|http://example/ab| l0-17\n" },
    { "see http://a.example/b/c and", "|see|\n+|http://a.example/b/c| l0-20\n+|and|\n" },
    { "see http://a.example/b/c/d and", "|see|\n+|http://a.example/b/c| l0-20\n+|/d and| l0-2\n" },
    { "      http://a.example/b/c", "|http://a.example/b/c| l0-20\n" },
    { "http://a/ http://b/", "|http://a/ http://b/| l0-9 l10-19\n" },
    /* quotes */
    { "> quoted", "1|> quoted| q0-8\n" },
    { ">", "1|>| q0-1\n" },
    { "> the quick brown fox jumps over",
      "1|> the quick brown| q0-17\n+1|> fox jumps over| q0-16\n" },
    { ">> the quick brown fox", "2|>> the quick brown| q0-18\n+2|>> fox| q0-6\n" },
    { "> > > x", "3|> > > x| q0-7\n" },
    { "> see http://b/", "1|> see http://b/| q0-6 l6-15\n" },
    { " > not a quote", "| > not a quote|\n" },
    /* marks over half of the screen are not repeated */
    { ">>>>>>>>>>> some words", "11|>>>>>>>>>>> some| q0-16\n+11|words| q0-5\n" },
    /* signatures */
    { "hi\n-- \nAda", "|hi|\n|-- | s0-3\n|Ada| s0-3\n" },
    { "hi\n--\nAda", "|hi|\n|--|\n|Ada|\n" },
    { "-- \nAda\n> quoted\nmore", "|-- | s0-3\n|Ada| s0-3\n1|> quoted| q0-8\n|more|\n" },
    { "-- \nAda\n-----Original-----\nx", "|-- | s0-3\n|Ada| s0-3\n|-----Original-----|\n|x|\n" },
    { "-- \nhttp://a/", "|-- | s0-3\n|http://a/| l0-9\n" },
    { "> -- \nx", "1|> -- | q0-5\n|x|\n" },
};

START_TEST(fixed_lines_are_broken_where_unicode_allows)
{
    g_autofree char *lines =
        wrap(fixed[_i].text, (wrap_settings){ .ncols = 20, .signature = true });
    ck_assert_str_eq(lines, fixed[_i].lines);
}
END_TEST

START_TEST(signatures_and_diffs_only_when_asked)
{
    g_autofree char *lines = wrap("-- \n@@ -1 +1 @@\n-a\n+b\n", (wrap_settings){ .ncols = 20 });
    ck_assert_str_eq(lines, "|-- |\n|@@ -1 +1 @@|\n|-a|\n|+b|\n");
}
END_TEST

START_TEST(no_columns_mean_no_limit)
{
    g_autofree char *word = g_strnfill(5000, 'x');
    g_autofree char *lines = wrap(word, (wrap_settings){ 0 });
    ck_assert_uint_eq(strlen(lines), 5003);
}
END_TEST

/* ---- format=flowed */

static const row flowed[] = {
    { "one \ntwo \nthree\n", "|one two three|\n" },
    { "one\ntwo\n", "|one|\n|two|\n" },
    { "one \ntwo\nthree \nfour", "|one two|\n|three four|\n" },
    { "soft at end ", "|soft at end|\n" },
    { "the quick \nbrown fox \njumps over", "|the quick brown fox|\n+|jumps over|\n" },
    /* a blank line ends a paragraph */
    { "one \n\ntwo", "|one|\n||\n|two|\n" },
    { " \ntwo", "||\n|two|\n" },
    /* space-stuffing */
    { " From here\n  two\n > x", "|From here|\n| two|\n|> x|\n" },
    { "one \n two", "|one two|\n" },
    /* quotes join within their level */
    { "> one \n> two\nthree", "1|> one two| q0-9\n|three|\n" },
    { "> one \n>> two \n> three", "1|> one| q0-5\n2|>> two| q0-6\n1|> three| q0-7\n" },
    { ">one \n>two", "1|>one two| q0-8\n" },
    { "> the quick brown \n> fox jumps", "1|> the quick brown| q0-17\n+1|> fox jumps| q0-11\n" },
    { "> > one \n>> two", "2|> > one two| q0-11\n" },
    /* the separator of the signature never flows */
    { "bye \n-- \nAda \nL", "|bye|\n|-- | s0-3\n|Ada L| s0-5\n" },
};

START_TEST(flowed_lines_are_joined)
{
    g_autofree char *lines =
        wrap(flowed[_i].text, (wrap_settings){ .ncols = 20, .flowed = true, .signature = true });
    ck_assert_str_eq(lines, flowed[_i].lines);
}
END_TEST

static const row delsp[] = {
    { "\u65e5\u672c \n\u8a9e", "|\u65e5\u672c\u8a9e|\n" },
    { "one  \ntwo", "|one two|\n" },
    { "> \u65e5 \n> \u672c", "1|> \u65e5\u672c| q0-8\n" },
};

START_TEST(delsp_drops_the_blank_at_a_soft_break)
{
    g_autofree char *lines =
        wrap(delsp[_i].text, (wrap_settings){ .ncols = 20, .flowed = true, .delsp = true });
    ck_assert_str_eq(lines, delsp[_i].lines);
}
END_TEST

/* ---- diffs */

static const row diffs[] = {
    { "text\n- a list\n+ another\n", "|text|\n|- a list|\n|+ another|\n" },
    { "diff --git a/x b/x\nindex 1..2\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@ f\n c\n-old\n+new\n-- "
      "\nAda",
      "|diff --git a/x b/x| b0-18\n|index 1..2| b0-10\n|--- a/x| b0-7\n|+++ b/x| b0-7\n"
      "|@@ -1,2 +1,2 @@ f| @0-17\n| c|\n|-old| -0-4\n|+new| +0-4\n|-- | s0-3\n|Ada| s0-3\n" },
    /* without git's line; counts of one are not written */
    { "--- x\n+++ y\n@@ -1 +1 @@\n-a\n+b\n-c", "|--- x| b0-5\n|+++ y| b0-5\n|@@ -1 +1 @@| @0-11\n"
                                               "|-a| -0-2\n|+b| +0-2\n|-c|\n" },
    { "--- \n--- not a file\n", "|--- |\n|--- not a file|\n" },
    /* an empty context line that lost its blank; the hint about the last line */
    { "@@ -1,2 +1,2 @@\n\n-a\n+b\n\\ No newline",
      "|@@ -1,2 +1,2 @@| @0-15\n||\n|-a| -0-2\n|+b| +0-2\n|\\ No newline|\n" },
    /* a line that starts like a quotation inside a hunk ends it */
    { "@@ -1,9 +1,9 @@\n-a\n> q\n-b", "|@@ -1,9 +1,9 @@| @0-15\n|-a| -0-2\n1|> q| q0-3\n|-b|\n" },
    { "@@ -1,2 +1,2 @@\n---x\n+++y", "|@@ -1,2 +1,2 @@| @0-15\n|---x| -0-4\n|+++y| +0-4\n" },
    { "@@ -1,1 +1,1 @\n-a", "|@@ -1,1 +1,1 @|\n|-a|\n" },
    { "@@ -99999999999999999999,1 +1,99999999999999999999 @@\n+a\nx",
      "|@@ -99999999999999999999,1 +1,99999999999999999999 @@| @0-53\n|+a| +0-2\n|x|\n" },
};

START_TEST(changes_are_coloured_by_the_counts_of_their_hunk)
{
    g_autofree char *lines =
        wrap(diffs[_i].text, (wrap_settings){ .ncols = 60, .diff = true, .signature = true });
    ck_assert_str_eq(lines, diffs[_i].lines);
}
END_TEST

/* ---- quote level */

START_TEST(quote_levels_count_marks)
{
    static const struct {
        const char *line;
        guint level;
        gsize prefix;
    } levels[] = {
        { "", 0, 0 },       { "x", 0, 0 },    { ">", 1, 1 },    { "> x", 1, 2 },  { ">x", 1, 1 },
        { ">> > x", 3, 5 }, { ">  x", 1, 2 }, { " > x", 0, 0 }, { "> > ", 2, 4 }, { ">>>>", 4, 4 },
    };
    for (guint i = 0; i < G_N_ELEMENTS(levels); i++) {
        gsize prefix = 99, n = strlen(levels[i].line);
        g_autofree char *exact = g_memdup2(levels[i].line, MAX(n, 1));
        ck_assert_uint_eq(text_quote_level(exact, n, &prefix), levels[i].level);
        ck_assert_uint_eq(prefix, levels[i].prefix);
    }
    ck_assert_uint_eq(text_quote_level("> x", 3, NULL), 1);
}
END_TEST

/* ---- properties */

static const char *const pieces[] = {
    "word",
    " ",
    "  ",
    "\n",
    ">",
    "> ",
    ">> ",
    "-- \n",
    "http://example.org/a/b",
    "+",
    "-",
    "@@ -1,2 +1,2 @@\n",
    "diff --git a b\n",
    "\u65e5\u672c\u8a9e\u3002",
    "\u300c",
    "\U0001F468\u200d\U0001F469",
    "e\u0301",
    "\u00a0",
    "averyverylongwordwithoutanybreak",
    " \n",
    "(",
    ")",
    "/",
};

/* Everything a reader could miss is checked: columns, runs, and that nothing but blanks is lost. */
static void check_lines(const GPtrArray *lines, const char *text, guint ncols)
{
    g_autoptr(GString) shown = g_string_new(NULL);
    for (guint i = 0; i < lines->len; i++) {
        const styled_line *line = g_ptr_array_index(lines, i);
        if (text_columns(line->text, -1) > (int)ncols || strchr(line->text, '\n') != NULL)
            ck_abort_msg("\"%s\" at %u columns", line->text, ncols);
        guint32 behind = 0;
        for (guint k = 0; line->runs != NULL && k < line->runs->len; k++) {
            const styled_run *r = &g_array_index(line->runs, styled_run, k);
            if (r->start < behind || r->length == 0 || r->start + r->length > strlen(line->text) ||
                !g_utf8_validate(line->text + r->start, (gssize)r->length, NULL))
                ck_abort_msg("run %u+%u in \"%s\"", r->start, r->length, line->text);
            behind = r->start + r->length;
        }
        g_string_append(shown, line->text);
    }
    /* Quote marks are repeated: compare without them and without blanks. */
    const char *p = shown->str;
    for (const char *q = text; *q != '\0'; q++) {
        if (strchr(" \n>", *q) != NULL)
            continue;
        p += strspn(p, " >");
        if (*p++ != *q)
            ck_abort_msg("lost \"%s\" at \"%s\"", q, p - 1);
    }
}

START_TEST(any_text_at_any_width_is_kept_within_it)
{
    GRand *rand = g_rand_new_with_seed((guint32)_i);
    g_autoptr(GString) text = g_string_new(NULL);
    for (int round = 0; round < 1500; round++) {
        g_string_truncate(text, 0);
        for (int n = g_rand_int_range(rand, 0, 25); n > 0; n--)
            g_string_append(text, pieces[g_rand_int_range(rand, 0, G_N_ELEMENTS(pieces))]);
        wrap_settings settings = {
            .ncols = (guint)g_rand_int_range(rand, 2, 50),
            .flowed = g_rand_boolean(rand),
            .delsp = g_rand_boolean(rand),
            .diff = g_rand_boolean(rand),
            .signature = g_rand_boolean(rand),
        };
        g_autofree char *exact = g_memdup2(text->str, text->len + 1);
        g_autoptr(GPtrArray) lines = styled_lines_new();
        text_wrap_body(lines, exact, text->len, &settings);
        check_lines(lines, text->str, settings.ncols);
    }
    g_rand_free(rand);
}
END_TEST

/* A megabyte of each within Check's time limit: quadratic code needs minutes. */
START_TEST(hostile_bodies_are_linear)
{
    static const char *const units[] = {
        "a",
        " ",
        ">",
        "> ",
        ">\n",
        "a \n",
        "http://(",
        "word ",
        "\u65e5",
        "e\u0301",
        "\u200d\U0001F468",
        "/-",
        "@@ -1,9 +1,9 @@\n",
        "-- \n",
        "> a \n",
        "(",
        "\"",
        "\u0645\u200c",
    };
    for (guint i = 0; i < G_N_ELEMENTS(units); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        while (text->len < 1 << 19)
            g_string_append(text, units[i]);
        g_autoptr(GPtrArray) lines = styled_lines_new();
        wrap_settings settings = {
            .ncols = 79, .flowed = _i == 1, .diff = true, .signature = true
        };
        text_wrap_body(lines, text->str, text->len, &settings);
        ck_assert_uint_gt(lines->len, 0);
    }
}
END_TEST

START_TEST(a_rest_of_too_many_lines_is_noted)
{
    g_autofree char *text = g_strnfill(3 << 20, '\n');
    g_autoptr(GPtrArray) lines = styled_lines_new();
    text_wrap_body(lines, text, 3 << 20, &(wrap_settings){ .ncols = 80 });
    ck_assert_uint_eq(lines->len, WRAP_LINES_MAX + 1);
    g_autoptr(GString) last = g_string_new(NULL);
    dump_line(last, g_ptr_array_index(lines, WRAP_LINES_MAX));
    ck_assert_str_eq(last->str, "|A rest of 2.5M is not shown: too many lines.| t0-44\n");
    memset(text, 'x', 3 << 20);
    text_wrap_body(lines, text, 3 << 20, &(wrap_settings){ .ncols = 80 });
    ck_assert_uint_eq(lines->len, WRAP_LINES_MAX + 2);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("wrap");
    TCase *tables = tcase_create("tables");
    tcase_add_loop_test(tables, fixed_lines_are_broken_where_unicode_allows, 0,
                        G_N_ELEMENTS(fixed));
    tcase_add_test(tables, signatures_and_diffs_only_when_asked);
    tcase_add_test(tables, no_columns_mean_no_limit);
    tcase_add_loop_test(tables, flowed_lines_are_joined, 0, G_N_ELEMENTS(flowed));
    tcase_add_loop_test(tables, delsp_drops_the_blank_at_a_soft_break, 0, G_N_ELEMENTS(delsp));
    tcase_add_loop_test(tables, changes_are_coloured_by_the_counts_of_their_hunk, 0,
                        G_N_ELEMENTS(diffs));
    tcase_add_test(tables, quote_levels_count_marks);
    suite_add_tcase(suite, tables);
    TCase *any = tcase_create("any");
    tcase_add_loop_test(any, any_text_at_any_width_is_kept_within_it, 0, 4);
    tcase_add_loop_test(any, hostile_bodies_are_linear, 0, 2);
    tcase_add_test(any, a_rest_of_too_many_lines_is_noted);
    suite_add_tcase(suite, any);
    return suite;
}
