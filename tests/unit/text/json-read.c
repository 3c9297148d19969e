/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The JSON reader: what is JSON, what is not, and what is asked of it. */
#include "text/json-read.h"
#include "base/limits.h"
#include "text/json.h"
#include "unit/runner.h"

#include <string.h>

static json_text *read_text(const char *text)
{
    return json_read(text, strlen(text), NULL);
}

START_TEST(values_are_found_by_key_and_in_order)
{
    const char *text = " { \"do\" : \"flag\", \"op\":12, \"ids\":[3, -4,5], \"deep\":{\"op\":1,\"a\":[[],{}]}, \"on\":true,"
                       "\"off\":false,\"none\":null,\"op\":13 } ";
    g_autoptr(json_text) t = read_text(text);
    ck_assert_ptr_nonnull(t);
    g_autofree char *name = json_dup_string(t, json_member(t, 0, "do"));
    ck_assert_str_eq(name, "flag");
    gint64 n = 0, sum = 0;
    ck_assert(json_integer(t, json_member(t, 0, "op"), 0, 100, &n));
    ck_assert_int_eq(n, 12);
    for (json_ref v = json_first(t, json_member(t, 0, "ids")); v != JSON_NONE; v = json_next(t, v)) {
        ck_assert(json_integer(t, v, -10, 10, &n));
        sum = sum * 10 + n;
    }
    ck_assert_int_eq(sum, 3 * 100 - 4 * 10 + 5);
    json_ref deep = json_member(t, 0, "deep");
    ck_assert(json_integer(t, json_member(t, deep, "op"), 0, 100, &n));
    ck_assert_int_eq(n, 1);
    json_ref a = json_first(t, json_member(t, deep, "a"));
    ck_assert_uint_eq(json_first(t, a), JSON_NONE);
    ck_assert_int_eq(json_type_of(t, json_next(t, a)), JSON_OBJECT);
    ck_assert_uint_eq(json_member(t, json_next(t, a), "on"), JSON_NONE);
    ck_assert_int_eq(json_type_of(t, json_member(t, 0, "on")), JSON_TRUE);
    ck_assert_int_eq(json_type_of(t, json_member(t, 0, "off")), JSON_FALSE);
    ck_assert_int_eq(json_type_of(t, json_member(t, 0, "none")), JSON_NULL);
    ck_assert_uint_eq(json_member(t, 0, "nobody"), JSON_NONE);
}
END_TEST

static const char *const good[] = { "0", "-0", "-1.5e+10", "\"\"", "[]", "{}", "null", "[1,[2,[3]]]", "{\"\":{}}",
                                    "\"\\u00e9\\ud83d\\ude00\\\"\\\\\\/\"", "\t\n[ ]\r " };
static const char *const bad[] = { "", " ", "{", "}", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
                                   "{1:1}", "01", "+1", ".5", "1.", "1e", "-", "tru", "nul", "True", "'a'", "\"a",
                                   "\"\t\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"",
                                   "[1 2]", "{\"a\" 1}", "1 1", "[]]", "[}", "\"\xff\"", "\xef\xbb\xbf[]", "[1]x" };

START_TEST(what_is_json)
{
    g_autoptr(json_text) t = read_text(good[_i]);
    ck_assert_msg(t != NULL, "%s", good[_i]);
}
END_TEST

START_TEST(what_is_none)
{
    g_autoptr(GError) error = NULL;
    ck_assert_msg(json_read(bad[_i], strlen(bad[_i]), &error) == NULL, "%s", bad[_i]);
    ck_assert_ptr_nonnull(error);
}
END_TEST

START_TEST(a_string_comes_back_as_it_was_written)
{
    const char *words = "a\"b\\c/\b\f\n\r\t\x01 gr\xc3\xbcn \xf0\x9f\x98\x80 \xe2\x80\xae";
    g_autoptr(GString) out = g_string_new(NULL);
    json_writer w;
    json_init(&w, out);
    json_string(&w, NULL, words);
    g_autoptr(json_text) t = read_text(out->str);
    g_autofree char *back = json_dup_string(t, 0);
    ck_assert_str_eq(back, words);
    g_autoptr(json_text) nul = read_text("\"a\\u0000b\"");
    ck_assert_ptr_null(json_dup_string(nul, 0));
    g_autoptr(json_text) key = read_text("{\"\\u006fp\":1}");
    ck_assert_uint_ne(json_member(key, 0, "op"), JSON_NONE);
}
END_TEST

START_TEST(numbers_are_integers_in_a_range)
{
    g_autoptr(json_text) t = read_text("[9223372036854775807,9223372036854775808,1.0,1e3,\"1\",4294967296,-0]");
    static const bool expected[] = { true, false, false, false, false, true, true };
    json_ref v = json_first(t, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(expected); i++, v = json_next(t, v)) {
        gint64 n;
        ck_assert_msg(json_integer(t, v, G_MININT64, G_MAXINT64, &n) == expected[i], "%zu", i);
    }
    gint64 n;
    ck_assert(!json_integer(t, 6, 0, G_MAXUINT32, &n));
}
END_TEST

START_TEST(depth_is_limited)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < LIMIT_JSON_DEPTH; i++)
        g_string_prepend_c(text, '[');
    for (int i = 0; i < LIMIT_JSON_DEPTH; i++)
        g_string_append_c(text, ']');
    g_autoptr(json_text) deep = read_text(text->str);
    ck_assert_ptr_nonnull(deep);
    g_string_prepend_c(text, '[');
    g_string_append_c(text, ']');
    ck_assert_ptr_null(read_text(text->str));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("json-read");
    TCase *t = tcase_create("read");
    tcase_add_test(t, values_are_found_by_key_and_in_order);
    tcase_add_loop_test(t, what_is_json, 0, G_N_ELEMENTS(good));
    tcase_add_loop_test(t, what_is_none, 0, G_N_ELEMENTS(bad));
    tcase_add_test(t, a_string_comes_back_as_it_was_written);
    tcase_add_test(t, numbers_are_integers_in_a_range);
    tcase_add_test(t, depth_is_limited);
    suite_add_tcase(s, t);
    return s;
}
