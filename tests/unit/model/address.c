/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Printed and typed addresses. */
#include "model/address.h"
#include "base/error.h"
#include "unit/runner.h"

static const struct {
    const char *name, *mailbox, *text;
} printed[] = {
    { NULL, "ada@example.org", "ada@example.org" },
    { "", "ada@example.org", "ada@example.org" },
    { "Ada Lovelace", "ada@example.org", "Ada Lovelace <ada@example.org>" },
    { "Lovelace, Ada", "ada@example.org", "\"Lovelace, Ada\" <ada@example.org>" },
    { "J. Doe", "j@example.org", "\"J. Doe\" <j@example.org>" },
    { "say \"hi\" \\o", "a@b", "\"say \\\"hi\\\" \\\\o\" <a@b>" },
    { " padded ", "a@b", "\" padded \" <a@b>" },
    { "two  blanks", "a@b", "\"two  blanks\" <a@b>" },
    { "boss@bank.example", "x@evil.example", "\"boss@bank.example\" <x@evil.example>" },
    { "\xd0\x90\xd0\xb4\xd0\xb0", "a@b", "\xd0\x90\xd0\xb4\xd0\xb0 <a@b>" },
    { "undisclosed-recipients", "", "undisclosed-recipients" },
    { NULL, "", "" },
};

START_TEST(format_quotes_where_it_must)
{
    g_autoptr(address) a = address_new(printed[_i].name, printed[_i].mailbox);
    g_autofree char *text = address_format(a);
    ck_assert_str_eq(text, printed[_i].text);
}
END_TEST

START_TEST(format_is_understood_by_parse)
{
    if (printed[_i].mailbox[0] == '\0')
        return;
    g_autoptr(address) a = address_parse(printed[_i].text, NULL);
    ck_assert_ptr_nonnull(a);
    ck_assert_str_eq(a->mailbox, printed[_i].mailbox);
    ck_assert_str_eq(a->name != NULL ? a->name : "",
                     printed[_i].name != NULL ? printed[_i].name : "");
}
END_TEST

static const struct {
    const char *text, *name, *mailbox;
} typed[] = {
    { "ada@example.org", NULL, "ada@example.org" },
    { "  ada@example.org\t", NULL, "ada@example.org" },
    { "<ada@example.org>", NULL, "ada@example.org" },
    { "Ada   Lovelace <ada@example.org>", "Ada Lovelace", "ada@example.org" },
    { "J. Doe <j.doe@example.org>", "J. Doe", "j.doe@example.org" },
    { "\"Lovelace, Ada\" <ada@example.org>", "Lovelace, Ada", "ada@example.org" },
    { "\"a <b> c\" <ada@example.org>", "a <b> c", "ada@example.org" },
    { "ada@example.org (Ada Lovelace)", "Ada Lovelace", "ada@example.org" },
    { "\"odd name\"@example.org", NULL, "\"odd name\"@example.org" },
    { "\"odd <name\"@example.org", NULL, "\"odd <name\"@example.org" },
    { "a+tag@sub.example.org", NULL, "a+tag@sub.example.org" },
    { "root@[192.0.2.1]", NULL, "root@[192.0.2.1]" },
    { "root@[IPv6:2001:db8::1]", NULL, "root@[IPv6:2001:db8::1]" },
    { "ada@localhost", NULL, "ada@localhost" },
    { "j\xc3\xb6rg@ex\xc3\xa4mple.org", NULL, "j\xc3\xb6rg@ex\xc3\xa4mple.org" },
};

START_TEST(parse_takes_what_people_type)
{
    GError *error = NULL;
    g_autoptr(address) a = address_parse(typed[_i].text, &error);
    ck_assert_msg(a != NULL, "%s: %s", typed[_i].text, error != NULL ? error->message : "");
    ck_assert_str_eq(a->mailbox, typed[_i].mailbox);
    ck_assert_pstr_eq(a->name, typed[_i].name);
}
END_TEST

static const char *const refused[] = {
    "",
    "   ",
    "ada",
    "ada@",
    "@example.org",
    "ada@example..org",
    "ada@.example.org",
    "ada@example.org.",
    "a..b@example.org",
    ".a@example.org",
    "a.@example.org",
    "a b@example.org",
    "ada@-example.org",
    "ada@exa mple.org",
    "ada@example-.org",
    "Ada <ada@example.org",
    "Ada ada@example.org>",
    "Ada <ada@example.org> more",
    "a@b, c@d",
    "Lovelace, Ada <ada@example.org>",
    "\"open <a@b>",
    "\"open@b",
    "a@b (open",
    "a@[",
    "a@[]",
    "a@[1",
    "a@[x y]",
    "<>",
    "a@b@c",
    /* What would become a command of its own on the way to a server. */
    "a\r\nRCPT TO:<x@y>@example.org",
    "\"a\r\nDATA\"@example.org",
    "ada@example.org\n",
    "a\x01@b",
    "a\x7f@b",
    "a\xc2\x85@b",
    "a\xe2\x80\xa8@b",
    "a\xff@b",
};

START_TEST(parse_refuses_the_rest)
{
    GError *error = NULL;
    g_autoptr(address) a = address_parse(refused[_i], &error);
    ck_assert_msg(a == NULL, "%s became %s", refused[_i], a != NULL ? a->mailbox : "");
    ck_assert_int_eq((int)error_kind_of(error), ERROR_INPUT);
    ck_assert(g_utf8_validate(error->message, -1, NULL));
    g_error_free(error);
}
END_TEST

START_TEST(long_addresses_are_refused)
{
    g_autofree char *local = g_strnfill(2000, 'a');
    g_autofree char *text = g_strconcat(local, "@example.org", NULL);
    ck_assert_ptr_null(address_parse(text, NULL));
}
END_TEST

START_TEST(lists_are_joined_and_copied)
{
    g_autoptr(GPtrArray) list = address_list_new();
    g_autofree char *none = address_list_format(list);
    ck_assert_str_eq(none, "");
    g_ptr_array_add(list, address_new("Ada", "ada@example.org"));
    g_ptr_array_add(list, address_new(NULL, "cb@example.net"));
    g_autoptr(GPtrArray) copy = address_list_dup(list);
    g_autofree char *text = address_list_format(copy);
    ck_assert_str_eq(text, "Ada <ada@example.org>, cb@example.net");
    ck_assert_ptr_ne(g_ptr_array_index(copy, 0), g_ptr_array_index(list, 0));
    ck_assert_str_eq(address_label(g_ptr_array_index(list, 0)), "Ada");
    ck_assert_str_eq(address_label(g_ptr_array_index(list, 1)), "cb@example.net");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("address");
    TCase *print = tcase_create("format");
    tcase_add_loop_test(print, format_quotes_where_it_must, 0, G_N_ELEMENTS(printed));
    tcase_add_loop_test(print, format_is_understood_by_parse, 0, G_N_ELEMENTS(printed));
    tcase_add_test(print, lists_are_joined_and_copied);
    suite_add_tcase(suite, print);
    TCase *parse = tcase_create("parse");
    tcase_add_loop_test(parse, parse_takes_what_people_type, 0, G_N_ELEMENTS(typed));
    tcase_add_loop_test(parse, parse_refuses_the_rest, 0, G_N_ELEMENTS(refused));
    tcase_add_test(parse, long_addresses_are_refused);
    suite_add_tcase(suite, parse);
    return suite;
}
