/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client and the program together, and the client against answers no program should give. */
#include "mime/render.h"

#include "base/error.h"
#include "mime/render-answer.h"
#include "text/cells.h"
#include "unit/runner.h"

#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 20000

/* Lines joined with '\n', without the facts. */
static char *render(const char *html, guint ncols, mime_render_facts *facts)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) lines =
        mime_render_page(html, strlen(html), ncols, TIMEOUT_MS, facts, &error);
    ck_assert_msg(lines != NULL, "%s", error ? error->message : "");
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < lines->len; i++) {
        const styled_line *line = g_ptr_array_index(lines, i);
        ck_assert_int_le(text_columns(line->text, -1), (int)ncols);
        g_string_append_printf(out, "%s%s", i > 0 ? "\n" : "", line->text);
    }
    return g_string_free(out, FALSE);
}

START_TEST(pages_become_text)
{
    static const struct {
        const char *html, *text;
    } rows[] = {
        { "", "" },
        { "plain", "plain" },
        { "<p>one<p>two", "one\n\ntwo" },
        { "<div>one</div><div>two</div>", "one\ntwo" },
        { "a<br>b<br><br>c", "a\nb\n\nc" },
        { "<div>a</div><div><br></div><div>b</div>", "a\n\nb" },
        { "  a \n b\t<b> c</b> ", "a b c" },
        { "<h1>Head</h1>text", "Head\n\ntext" },
        { "<p>a&nbsp;b&eacute;&#8364;&#149;</p>", "a bé€•" },
        { "<ul><li>a<li>b<ul><li>c</ul></ul>", "• a\n• b\n  ◦ c" },
        { "<ol start=9><li>a<li>b</ol>", " 9. a\n10. b" },
        { "<ol type=a><li>a<li>b</ol>", "a. a\nb. b" },
        { "<ol><li><ul><li>x</ul><li>y</ol>", "1. ◦ x\n2. y" },
        { "<p>a</p><blockquote>b<blockquote>c</blockquote></blockquote>d",
          "a\n\n> b\n>\n> > c\n\nd" },
        { "<blockquote style='border:none'>b</blockquote>", "  b" },
        { "<pre>a\n  b</pre>", "a\n  b" },
        { "a<hr>b", "a\n\n────────────────────\n\nb" },
        { "<a href='http://x.ex/'>link</a> <a href='http://x.ex/'>same</a>",
          "link [1] same [1]\n\n[1]\xc2\xa0"
          "http://x.ex/" },
        { "<a href='http://x.example/long'>l</a>", "l [1]\n\n[1]\xc2\xa0"
                                                   "http://x.example\n/long" },
        { "<a href='https://x.example/'>x.example</a>", "x.example" },
        { "<a href='mailto:a@b'>a@b</a>", "a@b" },
        { "<a href='#top'>top</a><a href='javascript:x()'>js</a>", "topjs" },
        { "<img alt='A cat' src=x> <img src=y>", "[A cat]" },
        { "<a href='http://x/'><img src=y></a>", "[picture] [1]\n\n[1]\xc2\xa0http://x/" },
        { "<p style='display:none'>a</p><p style='visibility: hidden'>b</p><div "
          "style='font-size:0'>c<span "
          "style='font-size:12px'>d</span></div><style>.h{display:none}</style><p class='x "
          "h'>e</p>",
          "d" },
        { "<script>a</script><style>b</style><title>c</title><!-- d --><!--[if mso]>e<![endif]-->f",
          "f" },
        { "<table><tr><td>a<td>b</table>", "a  b" },
        { "<table border=1><tr><th>H<th>Number<tr><td>x<td>1<tr><td>yy<td>22</table>",
          "H   Number\n──  ──────\nx   1\nyy  22" },
        { "<table><tr><td><table><tr><td>a</table><td>b</table>", "a\nb" },
        { "<table border=1><tr><td>a<td>b<tr><td colspan=2>c</table>", "a  b\nc" },
        { "one two three four five six", "one two three four\nfive six" },
        { "日本語日本語日本語日本語", "日本語日本語日本語日\n本語" },
        { "\x1b[31mred\x07 \xe2\x80\xae"
          "evil",
          "[31mred \xef\xbf\xbd"
          "evil" },
        { "<a href='http://x/\x1b[1m&#27;&#7;'>y</a>", "y [1]\n\n[1] http://x/\xef\xbf\xbd[1m" },
        { "<td>loose</td>", "loose" },
        { "<b><p>a</b>b</p>", "ab" },
        { "<p>a<q>b</q></p>", "a\"b\"" },
        { "<s>20</s> <span style='text-decoration:line-through'><del>15</del></span> 10",
          "~20~ ~15~ 10" },
        { "<blockquote><table border=1><tr><th>a<th>b<tr><td>c<td>d<p><br>e</table></blockquote>",
          "> a  b\n> ─  ─\n> c  d\n>\n>    e" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = render(rows[i].html, 20, NULL);
        g_autofree char *expected = g_strdup(rows[i].text);
        for (char *nbsp;
             (nbsp = strstr(expected, "\xc2\xa0")) != NULL;) { /* they are blanks in the end */
            *nbsp = ' ';
            memmove(nbsp + 1, nbsp + 2, strlen(nbsp + 2) + 1);
        }
        ck_assert_msg(strcmp(text, expected) == 0, "%s\ngave\n%s\nnot\n%s", rows[i].html, text,
                      expected);
    }
}
END_TEST

START_TEST(styles_and_quotes_come_over)
{
    static const char html[] =
        "<h2>H</h2><p>a <b>b</b> <i>c</i> <a href='http://x/'>d</a></p><blockquote>q</blockquote>";
    g_autoptr(GPtrArray) lines = mime_render_html(html, strlen(html), 40, TIMEOUT_MS, NULL);
    ck_assert_ptr_nonnull(lines);
    static const struct {
        guint line, run, start, length;
        text_style style;
    } rows[] = { { 0, 0, 0, 1, STYLE_HEADING },
                 { 2, 0, 2, 1, STYLE_BOLD },
                 { 2, 1, 4, 1, STYLE_ITALIC },
                 { 2, 2, 6, 5, STYLE_LINK },
                 { 4, 0, 0, 3, STYLE_QUOTE } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const styled_line *line = g_ptr_array_index(lines, rows[i].line);
        ck_assert(line->runs != NULL && line->runs->len > rows[i].run);
        const styled_run *run = &g_array_index(line->runs, styled_run, rows[i].run);
        ck_assert_uint_eq(run->start, rows[i].start);
        ck_assert_uint_eq(run->length, rows[i].length);
        ck_assert_uint_eq(run->style, rows[i].style);
    }
    ck_assert_uint_eq(((styled_line *)g_ptr_array_index(lines, 4))->quote, 1);
}
END_TEST

START_TEST(facts_are_counted)
{
    mime_render_facts facts;
    g_free(render(
        "<a href=http://a/>x</a><a href=http://b/>y</a><img src=http://x/1.png width=300><img "
        "src='http://t/?id=77' width=1 height=1><img src=http://s/s.gif width=1 height=1><img "
        "src=http://s/s.gif width=1 height=1><p style='display:none'>hidden words</p>",
        40, &facts));
    ck_assert_uint_eq(facts.nlinks, 2);
    ck_assert_uint_eq(facts.npictures, 4);
    ck_assert_uint_eq(facts.ntrackers, 1);
    ck_assert_uint_eq(facts.nhidden, 1);
    ck_assert(!facts.truncated);
}
END_TEST

START_TEST(depth_and_length_are_survived)
{
    static const char *const pieces[] = { "<div>",    "<blockquote>",  "<table><tr><td>",
                                          "<ul><li>", "<b><a href=x>", "<q>",
                                          "<br>",     "<td>",          "&amp;",
                                          "<!--" };
    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        g_autoptr(GString) html = g_string_new(NULL);
        while (html->len < 200000)
            g_string_append(html, pieces[i]);
        g_string_append(html, "end");
        g_free(render(html->str, 60, NULL));
    }
}
END_TEST

START_TEST(every_width_is_kept)
{
    for (guint ncols = 20; ncols <= 400; ncols += 19) {
        g_free(render("<blockquote><ol start=998><li>item with words <li><pre>a very long "
                      "preformatted line, much longer than "
                      "twenty columns</pre></ol><table border=1><tr><td>one two three<td>four five "
                      "six<tr><td>seven"
                      "<td>日本語日本語日本語日本語日本語</table></blockquote><a "
                      "href='http://example.org/a/very/long/path/that/goes/on/and/on'>x</a>",
                      ncols, NULL));
    }
}
END_TEST

START_TEST(a_dead_server_is_replaced)
{
    mime_render_stop();
    ck_assert(mime_render_start(NULL));
    g_free(render("a", 20, NULL));
    mime_render_stop();
    g_autofree char *behind = render("b", 20, NULL);
    ck_assert_str_eq(behind, "b");
}
END_TEST

START_TEST(a_missing_program_is_an_error)
{
    g_autoptr(GError) error = NULL;
    mime_render_stop();
    g_setenv("CURSUS_RENDER", "/nowhere/cursus-render", TRUE);
    ck_assert_ptr_null(mime_render_html("a", 1, 80, TIMEOUT_MS, &error));
    ck_assert_int_eq(error_kind_of(error), ERROR_INTERNAL);
    g_clear_error(&error);
    g_setenv("CURSUS_RENDER", "/bin/true", TRUE);
    ck_assert_ptr_null(mime_render_html("a", 1, 80, TIMEOUT_MS, &error));
    g_clear_error(&error);
    g_setenv("CURSUS_RENDER", "/bin/cat", TRUE); /* answers with the question */
    ck_assert_ptr_null(mime_render_html("a", 1, 80, TIMEOUT_MS, &error));
    ck_assert_int_eq(error_kind_of(error), ERROR_PROTOCOL);
    g_clear_error(&error);
    g_setenv("CURSUS_RENDER", "/usr/bin/yes", TRUE);
    ck_assert_ptr_null(mime_render_html("a", 1, 80, TIMEOUT_MS, &error));
}
END_TEST

/* ---- answers */

static void number(GByteArray *out, guint32 value, guint nbytes)
{
    for (guint i = nbytes; i > 0; i--) {
        guchar byte = (guchar)(value >> (8 * (i - 1)));
        g_byte_array_append(out, &byte, 1);
    }
}

static GByteArray *answer(guint32 nlines, guint32 nbytes, const char *text, guint nruns,
                          guint32 start, guint32 length, guint style)
{
    GByteArray *out = g_byte_array_new();
    for (int i = 0; i < 5; i++)
        number(out, 0, 4);
    number(out, nlines, 4);
    number(out, nbytes, 4);
    number(out, 0, 2);
    number(out, nruns, 2);
    g_byte_array_append(out, (const guchar *)text, (guint)strlen(text));
    for (guint i = 0; i < nruns; i++) {
        number(out, start, 4);
        number(out, length, 4);
        number(out, style, 1);
    }
    return out;
}

START_TEST(answers_are_not_trusted)
{
    static const struct {
        guint32 nlines, nbytes;
        const char *text;
        guint nruns;
        guint32 start, length;
        guint style;
        bool good;
    } rows[] = {
        { 1, 3, "abc", 0, 0, 0, 0, true },
        { 1, 3, "abc", 1, 1, 2, STYLE_BOLD, true },
        { 2, 3, "abc", 0, 0, 0, 0, false },
        { 0, 3, "abc", 0, 0, 0, 0, false },
        { 0xffffffff, 3, "abc", 0, 0, 0, 0, false },
        { 1, 4, "abc", 0, 0, 0, 0, false },
        { 1, 2, "abc", 0, 0, 0, 0, false },
        { 1, 0xffffffff, "abc", 0, 0, 0, 0, false },
        { 1, 3, "abc", 1, 2, 2, STYLE_BOLD, false },
        { 1, 3, "abc", 1, 4, 0, STYLE_BOLD, false },
        { 1, 3, "abc", 1, 0xffffffff, 2, STYLE_BOLD, false },
        { 1, 3, "abc", 1, 1, 0xffffffff, STYLE_BOLD, false },
        { 1, 3, "abc", 1, 0, 1, 200, false },
        { 1, 3, "abc", 1, 0, 1, STYLE_NOTE, false },       /* words of ours are made by us */
        { 1, 3, "abc", 2, 0, 2, STYLE_BOLD, false },       /* overlapping */
        { 1, 3, "a\xc3\xbc", 1, 0, 2, STYLE_BOLD, false }, /* inside a character */
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GByteArray) bytes =
            answer(rows[i].nlines, rows[i].nbytes, rows[i].text, rows[i].nruns, rows[i].start,
                   rows[i].length, rows[i].style);
        g_autoptr(GPtrArray) lines = render_answer_parse(bytes->data, bytes->len, 20, NULL, &error);
        ck_assert_msg((lines != NULL) == rows[i].good, "row %u", (guint)i);
        for (guint n = 0; rows[i].good && n < bytes->len; n++) { /* cut anywhere */
            guchar *copy = g_memdup2(bytes->data, MAX(n, 1));
            ck_assert_ptr_null(render_answer_parse(copy, n, 20, NULL, NULL));
            g_free(copy);
        }
    }
}
END_TEST

START_TEST(text_of_answers_is_cleaned)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        { "a\x1b[0mb", "a\xef\xbf\xbd[0mb" },
        { "a\nb", "a b" },
        { "a\xff"
          "b",
          "a\xef\xbf\xbd"
          "b" },
        { "123456789012345678901234567890", "12345678901234567890" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GByteArray) bytes =
            answer(1, (guint32)strlen(rows[i].text), rows[i].text, 1, 0, 1, STYLE_BOLD);
        g_autoptr(GPtrArray) lines = render_answer_parse(bytes->data, bytes->len, 20, NULL, NULL);
        ck_assert_ptr_nonnull(lines);
        const styled_line *line = g_ptr_array_index(lines, 0);
        ck_assert_str_eq(line->text, rows[i].expected);
        ck_assert_ptr_null(line->runs);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("mime/render");
    TCase *all = tcase_create("program");
    g_setenv("CURSUS_RENDER", BUILDDIR "/cursus-render", TRUE);
    tcase_set_timeout(all, 60);
    tcase_add_test(all, pages_become_text);
    tcase_add_test(all, styles_and_quotes_come_over);
    tcase_add_test(all, facts_are_counted);
    tcase_add_test(all, depth_and_length_are_survived);
    tcase_add_test(all, every_width_is_kept);
    tcase_add_test(all, a_dead_server_is_replaced);
    tcase_add_test(all, a_missing_program_is_an_error);
    suite_add_tcase(suite, all);
    TCase *answers = tcase_create("answers");
    tcase_add_test(answers, answers_are_not_trusted);
    tcase_add_test(answers, text_of_answers_is_cleaned);
    suite_add_tcase(suite, answers);
    return suite;
}
