/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parser of argv: where options may stand, what is an argument, what is refused. */
#include "cli/options.h"
#include "base/error.h"
#include "unit/runner.h"

#include <string.h>

static int nothing(cli_session *s)
{
    return s != NULL;
}

static const cli_option find_options[] = {
    { "limit", '\0', "N", NULL, "" },
    { "kind", '\0', "KIND", "a|b", "" },
    { "bare", 'b', NULL, NULL, "" },
    { 0 },
};
static const cli_subcommand table[] = {
    { "find", "WORD...", 1, -1, NULL, NULL, find_options, NEEDS_CONF, true, "", NULL, nothing },
    { "read", "FILE", 1, 1, NULL, NULL, find_options, NEEDS_CONF_FOR_ID, false, "", NULL, nothing },
    { "book", "[list]", 0, 1, "list|add", "burn|sell", NULL, NEEDS_NOTHING, false, "", NULL, nothing },
    { "later", "...", 0, -1, NULL, NULL, NULL, NEEDS_NOTHING, true, "", NULL, NULL },
    { NULL },
};

static cli_request *parse(const char *line, GError **error)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    return cli_request_parse((int)g_strv_length(words), words, table, error);
}

static cli_request *parse_good(const char *line)
{
    g_autoptr(GError) error = NULL;
    cli_request *r = parse(line, &error);
    ck_assert_msg(r != NULL, "%s: %s", line, error != NULL ? error->message : "");
    return r;
}

typedef struct sample {
    const char *line, *subcommand, *folder, *account, *args, *limit;
    bool json, offline;
} sample;

static const sample good[] = {
    { "cursus", NULL, NULL, NULL, "", NULL, false, false },
    { "cursus Lists/git", NULL, "Lists/git", NULL, "", NULL, false, false },
    { "cursus -a work INBOX", NULL, "INBOX", "work", "", NULL, false, false },
    { "cursus -awork", NULL, NULL, "work", "", NULL, false, false },
    { "cursus -- find x", "find", NULL, NULL, "x", NULL, false, false },
    { "cursus --json -a work find a -not --limit 5 b", "find", NULL, "work", "a -not b", "5", true, false },
    { "cursus find a --limit=7 --json", "find", NULL, NULL, "a", "7", true, false },
    { "cursus find --limit 7 --limit 8 a", "find", NULL, NULL, "a", "8", false, false },
    { "cursus find -- a --limit 5", "find", NULL, NULL, "a --limit 5", NULL, false, false },
    { "cursus find -a -e", "find", NULL, NULL, "-a -e", NULL, false, false },
    { "cursus read -", "read", NULL, NULL, "-", NULL, false, false },
    { "cursus read x -a work --offline", "read", NULL, "work", "x", NULL, false, true },
    { "cursus read -b x", "read", NULL, NULL, "x", NULL, false, false },
    { "cursus book", "book", NULL, NULL, "", NULL, false, false },
    { "cursus book list", "book", NULL, NULL, "list", NULL, false, false },
    { "cursus later -x --whatever", "later", NULL, NULL, "-x --whatever", NULL, false, false },
};

START_TEST(words_find_their_places)
{
    const sample *t = &good[_i];
    g_autoptr(cli_request) r = parse_good(t->line);
    ck_assert_pstr_eq(r->subcommand != NULL ? r->subcommand->name : NULL, t->subcommand);
    ck_assert_pstr_eq(r->folder, t->folder);
    ck_assert_pstr_eq(r->account, t->account);
    g_autofree char *args = g_strjoinv(" ", (char **)r->args->pdata);
    ck_assert_str_eq(args, t->args);
    ck_assert_pstr_eq(cli_value(r, "limit"), t->limit);
    ck_assert_int_eq(r->json, t->json);
    ck_assert_int_eq(r->offline, t->offline);
}
END_TEST

static const struct {
    const char *line, *says;
} bad[] = {
    { "cursus --nosuch", "--nosuch" },
    { "cursus -x", "-x" },
    { "cursus -F", "CONFIG" },
    { "cursus --log", "FILE" },
    { "cursus --json=yes", "takes no argument" },
    { "cursus find", "missing" },
    { "cursus find --limit", "N" },
    { "cursus find a --kind c", "a|b" },
    { "cursus find a --nosuch", "find: " },
    { "cursus read a b", "'b'" },
    { "cursus read -x a", "-x" },
    { "cursus read -bx a", "-bx" },
    { "cursus book lend", "list|add" },
    { "cursus book burn", "not there yet" },
    { "cursus book sell x y", "not there yet" },
    { "cursus INBOX Sent", "'Sent'" },
    { "cursus INBOX find x", "'find'" },
};

START_TEST(mistakes_are_usage_and_named)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(cli_request) r = parse(bad[_i].line, &error);
    ck_assert_msg(r == NULL, "%s", bad[_i].line);
    ck_assert_int_eq(error_kind_of(error), ERROR_INPUT);
    ck_assert_msg(strstr(error->message, bad[_i].says) != NULL, "%s: %s", bad[_i].line, error->message);
    ck_assert_msg(strstr(error->message, "--help") != NULL, "%s", error->message);
}
END_TEST

START_TEST(repeated_options_keep_their_order)
{
    char *argv[] = { (char *)"cursus", (char *)"-e",  (char *)"set a", (char *)"-d",
                     (char *)"all=x",  (char *)"-e", (char *)"set b", NULL };
    g_autoptr(cli_request) r = cli_request_parse(7, argv, table, NULL);
    ck_assert_ptr_nonnull(r);
    ck_assert_str_eq(r->commands->pdata[0], "set a");
    ck_assert_str_eq(r->commands->pdata[1], "set b");
    ck_assert_ptr_null(r->commands->pdata[2]);
    ck_assert_str_eq(r->debug->pdata[0], "all=x");
}
END_TEST

START_TEST(the_config_is_read_where_it_is_needed)
{
    static const struct {
        const char *line;
        bool needs;
    } t[] = { { "cursus", true }, { "cursus find x", true }, { "cursus book", false }, { "cursus read 12", true },
              { "cursus read ./12", false }, { "cursus read -", false }, { "cursus read 12.eml", false } };
    for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
        g_autoptr(cli_request) r = parse_good(t[i].line);
        ck_assert_msg(cli_needs_conf(r) == t[i].needs, "%s", t[i].line);
    }
}
END_TEST

START_TEST(help_names_every_option_and_hides_what_is_not_there)
{
    g_autofree char *all = cli_help(table);
    g_autofree char *one = cli_help_subcommand(&table[0]);
    ck_assert_ptr_nonnull(strstr(all, "find WORD..."));
    ck_assert_ptr_nonnull(strstr(all, "--offline"));
    ck_assert_ptr_null(strstr(all, "later"));
    ck_assert_ptr_nonnull(strstr(one, "--limit N"));
    ck_assert_ptr_nonnull(strstr(one, "-b, --bare"));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("cli/options");
    TCase *tc = tcase_create("options");
    tcase_add_loop_test(tc, words_find_their_places, 0, G_N_ELEMENTS(good));
    tcase_add_loop_test(tc, mistakes_are_usage_and_named, 0, G_N_ELEMENTS(bad));
    tcase_add_test(tc, repeated_options_keep_their_order);
    tcase_add_test(tc, the_config_is_read_where_it_is_needed);
    tcase_add_test(tc, help_names_every_option_and_hides_what_is_not_there);
    suite_add_tcase(suite, tc);
    return suite;
}
