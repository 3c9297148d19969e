/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Key names and key maps. */
#include "command/command.h"
#include "base/error.h"
#include "unit/runner.h"

#include <string.h>

static bool nothing(command_call *call, GError **error)
{
    return true;
}

static const command_row rows[] = {
    { "next-message", "next-undeleted next", CONTEXT_INDEX | CONTEXT_PAGER, "", 0, 0, "next", nothing },
    { "archive", NULL, CONTEXT_GLOBAL, "[FOLDER]", 0, 1, "archive", nothing },
    { "limit", NULL, CONTEXT_INDEX, "QUERY", 0, -1, "limit", nothing },
    { "skip-quoted", NULL, CONTEXT_PAGER, "", 0, 0, "skip", nothing },
    { NULL },
};

static command_table *table_new(void)
{
    command_table *t = command_table_new();
    command_table_add(t, rows);
    command_table_add(t, command_language_rows);
    return t;
}

static const struct {
    const char *written, *canonical, *label;
} names[] = {
    { "a", "a", "a" },
    { "A", "A", "A" },
    { "gg", "gg", "gg" },
    { "<Enter>", "<enter>", "Enter" },
    { "<Return>", "<enter>", "Enter" },
    { "\\r", "<enter>", "Enter" },
    { "\\n", "<enter>", "Enter" },
    { "^M", "<enter>", "Enter" },
    { "^J", "<enter>", "Enter" },
    { "\n", "<enter>", "Enter" },
    { "\\t", "<tab>", "Tab" },
    { "^I", "<tab>", "Tab" },
    { "<Tab>", "<tab>", "Tab" },
    { "<BackTab>", "<backtab>", "S-Tab" },
    { "\\Cd", "<ctrl-d>", "^D" },
    { "\\cD", "<ctrl-d>", "^D" },
    { "\\C-d", "<ctrl-d>", "^D" },
    { "^D", "<ctrl-d>", "^D" },
    { "^d", "<ctrl-d>", "^D" },
    { "<C-d>", "<ctrl-d>", "^D" },
    { "<ctrl-d>", "<ctrl-d>", "^D" },
    { "<Ctrl-D>", "<ctrl-d>", "^D" },
    { "^_", "<ctrl-_>", "^_" },
    { "<C-Space>", "<ctrl-@>", "^@" },
    { "^[", "<esc>", "Esc" },
    { "\\033", "<esc>", "Esc" },
    { "<Esc>v", "<esc>v", "Esc v" },
    { "\\ev", "<esc>v", "Esc v" },
    { "<alt-v>", "<esc>v", "Esc v" },
    { "<A-V>", "<esc>V", "Esc V" },
    { "<M-Space>", "<esc><space>", "Esc Space" },
    { "<Esc><Tab>", "<esc><tab>", "Esc Tab" },
    { "<PageDown>", "<pagedown>", "PgDn" },
    { "<PgUp>", "<pageup>", "PgUp" },
    { "<NPage>", "<pagedown>", "PgDn" },
    { "<F1>", "<f1>", "F1" },
    { "<f12>", "<f12>", "F12" },
    { "<Up>", "<up>", "Up" },
    { "<Backspace>", "<backspace>", "Bksp" },
    { "^?", "<backspace>", "Bksp" },
    { "<Space>", "<space>", "Space" },
    { " ", "<space>", "Space" },
    { "<", "<lt>", "<" },
    { "<lt>", "<lt>", "<" },
    { "<<", "<lt><lt>", "< <" },
    { ">", ">", ">" },
    { "<gt>", ">", ">" },
    { "^", "^", "^" },
    { "\\\\", "\\", "\\" },
    { "\\", "\\", "\\" },
    { "\\;", ";", ";" },
    { "\\\"", "\"", "\"" },
    { "ü", "ü", "ü" },
    { "\\ü", "ü", "ü" },
    { ".t", ".t", ".t" },
    { "^Dx", "<ctrl-d>x", "^D x" },
};

START_TEST(key_has_one_canonical_name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *exact = g_strdup(names[_i].written);
    g_autofree char *canonical = command_keys_canonical(exact, &error);
    ck_assert_msg(canonical != NULL, "%s: %s", exact, error != NULL ? error->message : "");
    ck_assert_str_eq(canonical, names[_i].canonical);
    g_autofree char *again = command_keys_canonical(canonical, NULL);
    if (canonical[0] != '\\')
        ck_assert_str_eq(again, canonical);
    g_autofree char *label = command_keys_label(canonical);
    ck_assert_str_eq(label, names[_i].label);
}
END_TEST

START_TEST(unknown_key_is_named)
{
    static const char *const bad[] = { "", "<hyper>", "<f0>", "<f25>", "<f1x>", "<ctrl-1>", "<ctrl-ab>", "<alt->", "a<nope>", "<c->", "\xff" };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        ck_assert_msg(command_keys_canonical(bad[i], &error) == NULL, "%s", bad[i]);
        ck_assert_int_eq(error_kind_of(error), ERROR_INPUT);
        ck_assert_ptr_nonnull(strstr(error->message, "<enter>"));
    }
}
END_TEST

START_TEST(bound_key_is_found)
{
    g_autoptr(command_table) t = table_new();
    const key_binding *b = NULL;
    ck_assert(command_bind(t, "index,pager", "A", "archive", false, NULL));
    ck_assert(command_bind(t, "index", "<Esc>v", "next-undeleted", false, NULL));
    ck_assert(command_bind(t, "global", "q", "archive Trash", false, NULL));
    ck_assert_int_eq(command_key(t, CONTEXT_INDEX, "A", &b), KEY_FOUND);
    ck_assert_str_eq(b->command, "archive");
    ck_assert_int_eq(b->context, CONTEXT_INDEX);
    ck_assert_int_eq(command_key(t, CONTEXT_PAGER, "A", &b), KEY_FOUND);
    ck_assert_int_eq(command_key(t, CONTEXT_FOLDERS, "A", &b), KEY_NONE);
    ck_assert_ptr_null(b);
    ck_assert_int_eq(command_key(t, CONTEXT_INDEX, "<esc>", &b), KEY_PREFIX);
    ck_assert_int_eq(command_key(t, CONTEXT_INDEX, "<esc>v", &b), KEY_FOUND);
    ck_assert_str_eq(b->command, "next-message"); /* an alias becomes the name */
    ck_assert_int_eq(command_key(t, CONTEXT_INDEX, "<esc>x", &b), KEY_NONE);
    ck_assert_int_eq(command_key(t, CONTEXT_FOLDERS, "q", &b), KEY_FOUND);
    ck_assert_str_eq(b->command, "archive Trash");
    ck_assert(command_unbind(t, "index", "A", NULL));
    ck_assert_int_eq(command_key(t, CONTEXT_INDEX, "A", NULL), KEY_NONE);
    ck_assert_int_eq(command_key(t, CONTEXT_PAGER, "A", NULL), KEY_FOUND);
}
END_TEST

START_TEST(context_is_asked_before_global)
{
    g_autoptr(command_table) t = table_new();
    const key_binding *b = NULL;
    ck_assert(command_bind(t, "global", "d", "archive", false, NULL));
    ck_assert(command_bind(t, "index", "d", "noop", false, NULL));
    ck_assert(command_bind(t, "global", "<esc>", "archive", false, NULL));
    ck_assert(command_bind(t, "index", "<esc>v", "limit", false, NULL));
    ck_assert_int_eq(command_key(t, CONTEXT_INDEX, "d", &b), KEY_FOUND);
    ck_assert_str_eq(b->command, "noop");
    ck_assert_int_eq(command_key(t, CONTEXT_INDEX, "<esc>", &b), KEY_PREFIX);
    ck_assert_int_eq(command_key(t, CONTEXT_PAGER, "<esc>", &b), KEY_FOUND);
}
END_TEST

START_TEST(later_binding_wins_over_its_rivals)
{
    g_autoptr(command_table) t = table_new();
    const key_binding *b = NULL;
    ck_assert(command_bind(t, "index", "gg", "archive", false, NULL));
    ck_assert(command_bind(t, "index", "gx", "archive", false, NULL));
    ck_assert(command_bind(t, "index", "g", "limit", false, NULL));
    ck_assert_int_eq(command_key(t, CONTEXT_INDEX, "g", &b), KEY_FOUND);
    ck_assert_int_eq(command_key(t, CONTEXT_INDEX, "gg", &b), KEY_NONE);
    ck_assert(command_bind(t, "index", "gg", "archive", false, NULL));
    ck_assert_int_eq(command_key(t, CONTEXT_INDEX, "g", &b), KEY_PREFIX);
    ck_assert_int_eq(command_key(t, CONTEXT_INDEX, "gg", &b), KEY_FOUND);
}
END_TEST

START_TEST(keys_of_a_command_are_the_first_bound)
{
    g_autoptr(command_table) t = table_new();
    ck_assert(command_bind(t, "index", "j", "next-message", false, NULL));
    ck_assert(command_bind(t, "index", "<Down>", "next-message", false, NULL));
    ck_assert(command_bind(t, "global", "^A", "archive", false, NULL));
    g_autofree char *next = command_keys_of(t, CONTEXT_INDEX, "next-undeleted");
    ck_assert_str_eq(next, "j");
    g_autofree char *archive = command_keys_of(t, CONTEXT_INDEX, "archive");
    ck_assert_str_eq(archive, "^A");
    ck_assert(command_bind(t, "index", "^A", "limit", false, NULL));
    ck_assert_ptr_null(command_keys_of(t, CONTEXT_INDEX, "archive")); /* it means something else there */
    ck_assert_ptr_null(command_keys_of(t, CONTEXT_PAGER, "limit"));
    ck_assert(command_unbind(t, "index", "j", NULL));
    g_autofree char *down = command_keys_of(t, CONTEXT_INDEX, "next-message");
    ck_assert_str_eq(down, "Down");
}
END_TEST

START_TEST(bindings_are_sorted)
{
    g_autoptr(command_table) t = table_new();
    static const char *const keys[] = { "<f1>", "b", "A", "a", "<esc>a" };
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        ck_assert(command_bind(t, "help", keys[i], "archive", false, NULL));
    ck_assert(command_bind(t, "*", "z", "archive", false, NULL));
    g_autoptr(GPtrArray) all = command_bindings(t, CONTEXT_HELP);
    g_autoptr(GString) out = g_string_new(NULL);
    for (guint i = 0; i < all->len; i++)
        g_string_append(out, ((key_binding *)g_ptr_array_index(all, i))->keys);
    ck_assert_str_eq(out->str, "aAbz<esc>a<f1>");
}
END_TEST

static const struct {
    const char *contexts, *keys, *command;
    bool macro;
    const char *says;
} mistakes[] = {
    { "index", "x", "archve", false, "did you mean 'archive'" },
    { "index", "x", "xyzzy", false, "no command 'xyzzy'" },
    { "indx", "x", "archive", false, "expected one of global, index" },
    { "index,", "x", "archive", false, "no context ''" },
    { "index", "<nokey>", "archive", false, "<nokey>" },
    { "index", "x", "skip-quoted", false, "it works in pager" },
    { "index", "x", "limt is:new", true, "did you mean 'limit'" },
    { "index", "x", "limit 'a", true, "quote" },
    { "index", "x", "<limt>a<enter>", true, "limt" },
    { "index", "x", "<limit>a", true, "'a' in a macro is keys" },
};

START_TEST(binding_mistake_is_named)
{
    g_autoptr(command_table) t = table_new();
    g_autoptr(GError) error = NULL;
    ck_assert(!command_bind(t, mistakes[_i].contexts, mistakes[_i].keys, mistakes[_i].command, mistakes[_i].macro, &error));
    ck_assert_int_eq(error_kind_of(error), ERROR_INPUT);
    ck_assert_msg(strstr(error->message, mistakes[_i].says) != NULL, "%s", error->message);
}
END_TEST

START_TEST(macro_of_mutt_becomes_commands)
{
    static const struct {
        const char *written, *command;
    } macros[] = {
        { "limit is:new; next", "limit is:new; next" },
        { "<limit>~N<enter>", "limit ~N" },
        { "<limit>~N<Return><next-undeleted>", "limit ~N; next-message" },
        { "<next><archive>", "next-message; archive" },
        { "<limit>~s \"a b\"<enter>", "limit ~s \"a b\"" },
        { "<limit>a;b<enter>", "limit 'a;b'" },
        { ":archive x<enter>", "archive x" },
        { "<enter-command>archive x<enter><next>", "archive x; next-message" },
    };
    g_autoptr(command_table) t = table_new();
    for (gsize i = 0; i < G_N_ELEMENTS(macros); i++) {
        g_autoptr(GError) error = NULL;
        const key_binding *b = NULL;
        ck_assert_msg(command_bind(t, "index", "x", macros[i].written, true, &error), "%s: %s", macros[i].written,
                      error != NULL ? error->message : "");
        command_key(t, CONTEXT_INDEX, "x", &b);
        ck_assert_str_eq(b->command, macros[i].command);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("keys");
    TCase *c = tcase_create("names");
    tcase_add_loop_test(c, key_has_one_canonical_name, 0, G_N_ELEMENTS(names));
    tcase_add_test(c, unknown_key_is_named);
    suite_add_tcase(s, c);
    c = tcase_create("maps");
    tcase_add_test(c, bound_key_is_found);
    tcase_add_test(c, context_is_asked_before_global);
    tcase_add_test(c, later_binding_wins_over_its_rivals);
    tcase_add_test(c, keys_of_a_command_are_the_first_bound);
    tcase_add_test(c, bindings_are_sorted);
    tcase_add_loop_test(c, binding_mistake_is_named, 0, G_N_ELEMENTS(mistakes));
    tcase_add_test(c, macro_of_mutt_becomes_commands);
    suite_add_tcase(s, c);
    return s;
}
