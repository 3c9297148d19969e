/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where addresses of pages start and end. */
#include "text/links.h"
#include "unit/runner.h"

#include <string.h>

static const struct {
    const char *text, *links; /* a '|' between */
} table[] = {
    { "", "" },
    { "no link here: really", "" },
    { "see http://example.org/a now", "http://example.org/a" },
    { "https://example.org", "https://example.org" },
    { "HTTPS://EXAMPLE.ORG/", "HTTPS://EXAMPLE.ORG/" },
    { "See https://example.org/x.", "https://example.org/x" },
    { "https://example.org/x?a=1&b=%20#frag, and", "https://example.org/x?a=1&b=%20#frag" },
    { "(https://example.org/x)", "https://example.org/x" },
    { "https://en.example.org/wiki/A_(b)", "https://en.example.org/wiki/A_(b)" },
    { "(see https://en.example.org/wiki/A_(b))", "https://en.example.org/wiki/A_(b)" },
    { "[https://example.org/x]", "https://example.org/x" },
    { "http://[2001:db8::1]/x", "http://[2001:db8::1]/x" },
    { "<https://example.org/x>", "https://example.org/x" },
    { "\"https://example.org/x\"", "https://example.org/x" },
    { "*https://example.org/x*", "https://example.org/x" },
    { "really? https://example.org/x?!", "https://example.org/x" },
    { "a:http://example.org/", "http://example.org/" },
    { "www.example.org/x and www.example.net.", "www.example.org/x|www.example.net" },
    { "awww.example.org wwww. www. www", "" },
    { "ada@www.example.org", "" },
    { "http://www.example.org/", "http://www.example.org/" },
    { "mailto:ada@example.org?subject=x", "mailto:ada@example.org?subject=x" },
    { "mailto: ada", "" },
    { "ftp://a/b http://c/d", "ftp://a/b|http://c/d" },
    { "http://a/http://b/", "http://a/http://b/" },
    { "xhttp://a/", "xhttp://a/" },
    { "://x http:// http:/x x://", "" },
    { "http://...", "" },
    { "\u3053\u308chttp://example.jp/\u3092\u3054\u89a7", "http://example.jp/" },
    { "\u300chttp://example.jp/a\u300d", "http://example.jp/a" },
    { "\u201chttp://example.org/\u201d", "http://example.org/" },
    { "http://de.example.org/wiki/\u00c4pfel", "http://de.example.org/wiki/\u00c4pfel" },
    { "http://example.org/\u00a0x", "http://example.org/" },
    { "C:\\x std::vector 10:30", "" },
};

START_TEST(links_are_found_and_end_before_punctuation)
{
    gsize n = strlen(table[_i].text);
    g_autofree char *text = g_memdup2(table[_i].text, n + 1);
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(text_span));
    text_find_links(spans, text, n);
    g_autoptr(GString) found = g_string_new(NULL);
    for (guint i = 0; i < spans->len; i++) {
        const text_span *s = &g_array_index(spans, text_span, i);
        if (i > 0)
            g_string_append_c(found, '|');
        g_string_append_len(found, text + s->start, (gssize)s->length);
    }
    ck_assert_str_eq(found->str, table[_i].links);
}
END_TEST

/* Check's time limit is the assertion. */
START_TEST(hostile_text_is_linear)
{
    static const char *const units[] = { "a:",
                                         "http://",
                                         "http://(((((",
                                         "http://)))))",
                                         "www.",
                                         "w",
                                         ":",
                                         "www.a.",
                                         "aaaaaaaaaaaaaaaaaaaaaaaa" };
    for (guint i = 0; i < G_N_ELEMENTS(units); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        while (text->len < 1 << 20)
            g_string_append(text, units[i]);
        g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(text_span));
        text_find_links(spans, text->str, text->len);
        gsize behind = 0;
        for (guint k = 0; k < spans->len; k++) {
            const text_span *s = &g_array_index(spans, text_span, k);
            if (s->start < behind || s->length == 0 || s->start + s->length > text->len)
                ck_abort_msg("%s", units[i]);
            behind = s->start + s->length;
        }
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("links");
    TCase *all = tcase_create("all");
    tcase_add_loop_test(all, links_are_found_and_end_before_punctuation, 0, G_N_ELEMENTS(table));
    tcase_add_test(all, hostile_text_is_linear);
    suite_add_tcase(suite, all);
    return suite;
}
