/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The JSON writer: commas, escapes, repair. */
#include "text/json.h"
#include "unit/runner.h"

START_TEST(values_are_separated_and_nested)
{
    g_autoptr(GString) out = g_string_new(NULL);
    json_writer w;
    json_init(&w, out);
    json_object_begin(&w, NULL);
    json_string(&w, "subject", "Hello");
    json_number(&w, "size", G_MININT64);
    json_bool(&w, "draft", false);
    json_string(&w, "preview", NULL);
    json_array_begin(&w, "flags");
    json_array_end(&w);
    json_array_begin(&w, "to");
    json_string(&w, NULL, "a");
    json_object_begin(&w, NULL);
    json_object_end(&w);
    json_object_begin(&w, NULL);
    json_bool(&w, "x", true);
    json_object_end(&w);
    json_array_end(&w);
    json_number(&w, "uid", 4294967295);
    json_object_end(&w);
    ck_assert_uint_eq(w.depth, 0);
    ck_assert_str_eq(out->str,
                     "{\"subject\":\"Hello\",\"size\":-9223372036854775808,\"draft\":false,"
                     "\"preview\":null,\"flags\":[],\"to\":[\"a\",{},{\"x\":true}],"
                     "\"uid\":4294967295}");
}
END_TEST

START_TEST(one_writer_makes_a_line_for_each_document)
{
    g_autoptr(GString) out = g_string_new(NULL);
    json_writer w;
    json_init(&w, out);
    for (int i = 0; i < 2; i++) {
        json_object_begin(&w, NULL);
        json_number(&w, "id", i);
        json_object_end(&w);
        g_string_append_c(out, '\n');
    }
    ck_assert_str_eq(out->str, "{\"id\":0}\n{\"id\":1}\n");
}
END_TEST

static const struct {
    const char *text, *json;
} strings[] = {
    { "", "" },
    { "a\"b\\c/", "a\\\"b\\\\c/" },
    { "\b\f\n\r\t", "\\b\\f\\n\\r\\t" },
    { "\x01\x1b\x1f\x7f", "\\u0001\\u001b\\u001f\\u007f" },
    { "bf", "bf" }, /* the letters of the escapes are letters */
    { "nrt", "nrt" },
    { "gr\u00fcn \u65e5", "gr\u00fcn \u65e5" },
    { "\U0001F600", "\U0001F600" },
    { "\U0001F468\u200d\U0001F469\ufe0f", "\U0001F468\u200d\U0001F469\ufe0f" },
    /* harmless in JSON, not on the terminal of who reads it */
    { "\xc2\x9b", "\\u009b" },
    { "\u202e\u2068\u200b", "\\u202e\\u2068\\u200b" },
    { "\u2028\u2029", "\\u2028\\u2029" },
    { "\U000E0041", "\\udb40\\udc41" },
    /* repaired */
    { "a\xff"
      "b",
      "a\ufffdb" },
    { "a\xc3", "a\ufffd" },
};

START_TEST(strings_are_escaped)
{
    g_autoptr(GString) out = g_string_new(NULL);
    json_writer w;
    json_init(&w, out);
    json_array_begin(&w, NULL);
    json_string(&w, NULL, strings[_i].text);
    json_array_end(&w);
    g_autofree char *expected = g_strconcat("[\"", strings[_i].json, "\"]", NULL);
    ck_assert_str_eq(out->str, expected);
}
END_TEST

START_TEST(keys_are_escaped_too)
{
    g_autoptr(GString) out = g_string_new(NULL);
    json_writer w;
    json_init(&w, out);
    json_object_begin(&w, NULL);
    json_bool(&w, "a\"\n", true);
    json_object_end(&w);
    ck_assert_str_eq(out->str, "{\"a\\\"\\n\":true}");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("json");
    TCase *all = tcase_create("writer");
    tcase_add_test(all, values_are_separated_and_nested);
    tcase_add_test(all, one_writer_makes_a_line_for_each_document);
    tcase_add_loop_test(all, strings_are_escaped, 0, G_N_ELEMENTS(strings));
    tcase_add_test(all, keys_are_escaped_too);
    suite_add_tcase(suite, all);
    return suite;
}
