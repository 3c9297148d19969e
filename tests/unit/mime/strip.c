/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/render.h"
#include "unit/runner.h"

#include <string.h>

START_TEST(tags_are_cut)
{
    static const struct {
        const char *html, *expected;
    } rows[] = {
        { "", "" },
        { "a", "a" },
        { "<p>a<p>b", "a\nb" },
        { "<p>a</p><p>b</p>", "a\n\nb\n" },
        { "a<br>b<BR/>c", "a\nb\nc" },
        { "<b>a</b> <i>b</i>", "a b" },
        { "a  \n\t b", "a b" },
        { "a &amp; b &lt;c&gt; &quot;&apos;&nbsp;.", "a & b <c> \"' ." },
        { "&#8364;&#x20ac;&#128;&#0;&#xD800;", "€€\xc2\x80\xef\xbf\xbd\xef\xbf\xbd" },
        { "&unknown; & &#; &#x; &#99999999999;", "&unknown; & &#; &#x; &#99999999999;" },
        { "<style>p { x: y }</style>a<script>if (a<b) c</script>b", "ab" },
        { "<head><title>t</title></head>a", "a" },
        { "a<!-- <p>b --> c", "a c" },
        { "1 < 2 <3", "1 < 2 <3" },
        { "a<p", "a\n" },
        { "a<!-- b", "a" },
        { "a<", "a<" },
        { "a&", "a&" },
        { "<td>a</td><td>b</td>", "a b " },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        gsize n = strlen(rows[i].html);
        char *copy = g_memdup2(n > 0 ? rows[i].html : "x", MAX(n, 1));
        g_autofree char *text = mime_render_strip(copy, n);
        g_free(copy);
        ck_assert_str_eq(text, rows[i].expected);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("mime/strip");
    TCase *all = tcase_create("all");
    tcase_add_test(all, tags_are_cut);
    suite_add_tcase(suite, all);
    return suite;
}
