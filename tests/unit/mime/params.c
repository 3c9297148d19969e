/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/params.h"

#include "mime/header.h"
#include "unit/runner.h"

#include <string.h>

START_TEST(parameters_are_read)
{
    static const struct {
        const char *raw, *value, *name, *expected;
    } rows[] = {
        { "text/plain; charset=utf-8", "text/plain", "charset", "utf-8" },
        { "Text/PLAIN ;CharSet = \"UTF-8\" ; x=y", "text/plain", "charset", "UTF-8" },
        { "text/plain (comment) ; (c) a (d) = (e) b (f)", "text/plain", "a", "b (f)" },
        { "attachment; filename=\"a \\\"b\\\".txt\"", "attachment", "filename", "a \"b\".txt" },
        { "attachment; filename=\"C:\\temp\\a.txt\"", "attachment", "filename", "C:\\temp\\a.txt" },
        { "attachment; filename=two words.txt; x=1", "attachment", "filename", "two words.txt" },
        { "attachment; filename=\"a;b.txt\"; x=1", "attachment", "filename", "a;b.txt" },
        { "attachment; filename=\"unclosed", "attachment", "filename", "unclosed" },
        { "attachment; filename*=utf-8''%E2%82%AC%20rates", "attachment", "filename", "€ rates" },
        { "attachment; filename*=iso-8859-1'de'%FC.txt", "attachment", "filename", "ü.txt" },
        { "attachment; filename*0*=utf-8''%C3; filename*1*=%BC.txt", "attachment", "filename",
          "ü.txt" },
        { "attachment; filename*1=b; filename*0=a; filename*2=c", "attachment", "filename", "abc" },
        { "attachment; filename*0=a; filename*2=c", "attachment", "filename", "ac" },
        { "attachment; filename*0*=utf-8''%C3%BC; filename*1=\" %41\"", "attachment", "filename",
          "ü %41" },
        { "attachment; filename=\"plain\"; filename*=utf-8''better", "attachment", "filename",
          "better" },
        { "attachment; filename=first; filename=second", "attachment", "filename", "first" },
        { "attachment; filename=\"=?utf-8?q?=C3=BC?=.txt\"", "attachment", "filename", "ü.txt" },
        { "attachment; filename=\"=?utf-8?B?w7w=?= =?utf-8?B?w7w=?=\"", "attachment", "filename",
          "üü" },
        { "attachment; filename=\"\xfc.txt\"", "attachment", "filename", "ü.txt" },
        { "attachment; filename=\"\xc3\xbc.txt\"", "attachment", "filename", "ü.txt" },
        { "attachment; filename*=nothing", "attachment", "filename", "nothing" },
        { "attachment; filename*=utf-8''%", "attachment", "filename", "%" },
        { "attachment; filename*99999999999=x", "attachment", "filename", NULL },
        { "filename=x", "", "filename", "x" },
        { "attachment; =x; ;; y", "attachment", "y", NULL },
        { "", "", "x", NULL },
        { ";", "", "x", NULL },
        { "(((", "", "x", NULL },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        gsize n = strlen(rows[i].raw);
        char *copy = g_memdup2(n > 0 ? rows[i].raw : "x", MAX(n, 1));
        g_autoptr(params) p = params_parse(copy, n);
        g_free(copy);
        ck_assert_str_eq(p->value, rows[i].value);
        ck_assert_msg(g_strcmp0(params_get(p, rows[i].name), rows[i].expected) == 0, "%s: %s",
                      rows[i].raw, params_get(p, rows[i].name));
    }
}
END_TEST

START_TEST(pieces_are_limited)
{
    g_autoptr(GString) raw = g_string_new("text/plain");
    for (int i = 0; i < 100000; i++)
        g_string_append_printf(raw, "; a*%d=x", i);
    g_autoptr(params) p = params_parse(raw->str, raw->len);
    ck_assert_uint_le(strlen(params_get(p, "a")), PARAMS_MAX);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("mime/params");
    TCase *all = tcase_create("all");
    mime_init();
    tcase_add_test(all, parameters_are_read);
    tcase_add_test(all, pieces_are_limited);
    suite_add_tcase(suite, all);
    return suite;
}
