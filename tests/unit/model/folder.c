/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Roles and the order of the folder tree. */
#include "model/folder.h"
#include "unit/runner.h"

static folder *make(const char *name, folder_role role)
{
    folder *f = g_new0(folder, 1);
    f->name = g_strdup(name);
    f->role = role;
    return f;
}

START_TEST(role_words_go_both_ways)
{
    for (int role = ROLE_INBOX; role <= ROLE_TRASH; role++) {
        ck_assert_str_ne(folder_role_word((folder_role)role), "");
        ck_assert_int_eq((int)folder_role_from_word(folder_role_word((folder_role)role)), role);
    }
    ck_assert_str_eq(folder_role_word(ROLE_NONE), "");
    ck_assert_str_eq(folder_role_word((folder_role)99), "");
    ck_assert_int_eq((int)folder_role_from_word(""), ROLE_NONE);
    ck_assert_int_eq((int)folder_role_from_word("SENT"), ROLE_SENT);
}
END_TEST

START_TEST(attributes_give_roles)
{
    static const struct {
        const char *attribute;
        folder_role role;
    } table[] = {
        { "\\Sent", ROLE_SENT },        { "\\sent", ROLE_SENT },       { "\\All", ROLE_ALL },
        { "\\Junk", ROLE_JUNK },        { "\\Trash", ROLE_TRASH },     { "\\Drafts", ROLE_DRAFTS },
        { "\\Archive", ROLE_ARCHIVE },  { "\\Flagged", ROLE_FLAGGED }, { "\\Spam", ROLE_JUNK },
        { "\\HasChildren", ROLE_NONE }, { "Sent", ROLE_NONE },         { "", ROLE_NONE },
    };
    for (guint i = 0; i < G_N_ELEMENTS(table); i++)
        ck_assert_int_eq((int)folder_role_from_attribute(table[i].attribute), (int)table[i].role);
}
END_TEST

/* Already in order. */
static const struct {
    const char *name;
    folder_role role;
} ordered[] = {
    { "inbox", ROLE_NONE }, /* by name, where a server has no attribute for it */
    { "Drafts", ROLE_DRAFTS },  { "Sent", ROLE_SENT },         { "Trash", ROLE_TRASH },
    { "a", ROLE_NONE },         { "a/z", ROLE_NONE },          { "a/z/y", ROLE_NONE },
    { "a b", ROLE_NONE },       { "a!", ROLE_NONE },           { "B", ROLE_NONE },
    { "c", ROLE_NONE },         { "\xc3\x84pfel", ROLE_NONE }, { "\xc3\xa4pfel/x", ROLE_NONE },
    { "\xc3\x96l", ROLE_NONE },
};

START_TEST(order_is_inbox_roles_names_by_level)
{
    for (guint i = 0; i < G_N_ELEMENTS(ordered); i++)
        for (guint k = 0; k < G_N_ELEMENTS(ordered); k++) {
            g_autoptr(folder) a = make(ordered[i].name, ordered[i].role);
            g_autoptr(folder) b = make(ordered[k].name, ordered[k].role);
            int order = folder_compare(a, b);
            ck_assert_msg((order < 0) == (i < k) && (order > 0) == (i > k), "%s %s: %d", a->name,
                          b->name, order);
        }
}
END_TEST

START_TEST(order_is_total)
{
    g_autoptr(folder) a = make("work", ROLE_NONE);
    g_autoptr(folder) b = make("WORK", ROLE_NONE);
    ck_assert_int_ne(folder_compare(a, b), 0);
    ck_assert_int_eq(folder_compare(a, b) < 0, folder_compare(b, a) > 0);
    g_autoptr(folder) copy = folder_dup(a);
    ck_assert_str_eq(copy->name, "work");
    ck_assert_int_eq(folder_compare(a, copy), 0);
    copy->id = 2;
    ck_assert_int_lt(folder_compare(a, copy), 0);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("folder");
    TCase *all = tcase_create("all");
    tcase_add_test(all, role_words_go_both_ways);
    tcase_add_test(all, attributes_give_roles);
    tcase_add_test(all, order_is_inbox_roles_names_by_level);
    tcase_add_test(all, order_is_total);
    suite_add_tcase(suite, all);
    return suite;
}
