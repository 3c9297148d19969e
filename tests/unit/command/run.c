/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running text and files: statements, blocks, mistakes with their place, completion. */
#include "command/command.h"
#include "base/error.h"
#include "base/limits.h"
#include "unit/runner.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* The host of these tests: what ran, and what was reported. */
typedef struct record {
    GString *ran, *reported;
} record;

static bool note(command_call *call, const char *what)
{
    record *r = call->host;
    g_string_append_printf(r->ran, "%s%s", r->ran->len > 0 ? " " : "", what);
    for (int i = 0; i < call->nargs; i++)
        g_string_append_printf(r->ran, "[%s]", call->args[i]);
    return true;
}

static bool run_note(command_call *call, GError **error)
{
    return note(call, call->row->name);
}

static bool run_text_of(command_call *call, GError **error)
{
    record *r = call->host;
    g_autofree char *text = command_call_text(call, 0);
    g_string_append_printf(r->ran, "{%s}", text);
    return true;
}

static bool run_fail(command_call *call, GError **error)
{
    error_set(error, ERROR_REFUSED, "it failed");
    return false;
}

static bool run_when(command_call *call, GError **error)
{
    call->skip = strcmp(call->args[0], "yes") != 0;
    if (strcmp(call->args[0], "bad") != 0)
        return true;
    error_set(error, ERROR_INPUT, "bad condition");
    return false;
}

static bool end_box(command_call *call, GError **error)
{
    record *r = call->host;
    g_string_append(r->ran, " /box");
    return true;
}

static const command_row rows[] = {
    { "one", "first f1rst", CONTEXT_GLOBAL, "[X...]", 0, -1, "", run_note },
    { "only", NULL, CONTEXT_GLOBAL, "", 0, 0, "", run_note },
    { "two", NULL, CONTEXT_GLOBAL, "A B", 2, 2, "", run_note },
    { "query", NULL, CONTEXT_GLOBAL, "QUERY", 0, -1, "", run_text_of },
    { "fail", NULL, CONTEXT_GLOBAL, "", 0, 0, "", run_fail },
    { "when", NULL, CONTEXT_GLOBAL, "YES", 1, 1, "", run_when, .inside = "" },
    { "box", NULL, CONTEXT_GLOBAL, "NAME", 1, 1, "", run_note, .inside = "one two", .end = end_box },
    { NULL },
};

static command_table *table_new(void)
{
    command_table *t = command_table_new();
    command_table_add(t, rows);
    command_table_add(t, command_language_rows);
    return t;
}

static void take_report(const char *message, gpointer data)
{
    record *r = data;
    g_string_append_printf(r->reported, "%s\n", message);
}

static void record_init(record *r)
{
    r->ran = g_string_new(NULL);
    r->reported = g_string_new(NULL);
}

static void record_clear(record *r)
{
    g_string_free(r->ran, TRUE);
    g_string_free(r->reported, TRUE);
}

static const struct {
    const char *text, *ran, *reported;
} table[] = {
    { "", "", "" },
    { "one", "one", "" },
    { "one a 'b c'; only # x ; y\n\n  # nothing\nfirst d", "one[a][b c] only one[d]", "" },
    { "one a;one b;;one c;", "one[a] one[b] one[c]", "" },
    { "one a#b '#c' \\#d", "one[a#b][#c][#d]", "" },
    { "one a\\\nb \\\n  c\nfail", "one[ab][c]", "f:4: it failed\n" },
    { "one \\\r\n a\r\nfail\r\n", "one[a]", "f:3: it failed\n" },
    { "one a\\\\\none b", "one[a\\] one[b]", "" }, /* a backslash, not a join */
    { "one \"a\\\\\"\none 'b\\\nc'", "one[a\\] one[bc]", "" },
    { "one \\\\\\\n", "one[\\]", "" },
    { "one a\\\n\\", "one[a]", "" },
    { "# comment \\\none a", "one[a]", "" },
    { "one a\\", "one[a]", "" },
    { "\\\n\\\nfail", "", "f:3: it failed\n" },
    { "fail; one a", "one[a]", "f:1: it failed\n" },
    { "one 'a\none b", "one[b]", "f:1: a quote is not closed; expected another ' on this line\n" },
    { "xone", "", "f:1: there is no command 'xone'; did you mean 'one'?\n" },
    { "on", "", "f:1: there is no command 'on'; did you mean 'one'?\n" },
    { "qqqqqqq", "", "f:1: there is no command 'qqqqqqq'; expected one such as set, bind or account\n" },
    { "two a", "", "f:1: two lacks something; expected: two A B\n" },
    { "two a b c", "", "f:1: two has too much behind it; expected: two A B\n" },
    { "only x", "", "f:1: only has too much behind it; expected: only\n" },
    /* conditions */
    { "when yes; one a; else; one b; end; one c", "one[a] one[c]", "" },
    { "when no; one a; else; one b; end; one c", "one[b] one[c]", "" },
    { "when no\nwhen yes\none a\nelse\none b\nend\none c\nend\none d", "one[d]", "" },
    { "when yes\nwhen no\none a\nelse\none b\nend\none c\nend\none d", "one[b] one[c] one[d]", "" },
    { "when no\nunknown thing\nfail\nbox x\none y\nend\nend\none z", "one[z]", "" },
    { "when bad\none a\nelse\none b\nend\none c", "one[c]", "f:1: bad condition\n" },
    { "when yes\none a", "one[a]", "f:1: 'when yes' is not closed; expected end\n" },
    { "end", "", "f:1: 'end' closes nothing; expected if, account or folder before it\n" },
    { "else", "", "f:1: 'else' belongs to nothing; expected 'if' before it\n" },
    { "when no\nelse\none a\nelse\none b\nend", "one[a] one[b]", "f:4: a second 'else' in 'when no' (line 1); expected end\n" },
    /* blocks that hold some commands only */
    { "box a; one b; end; one c", "box[a] one[b] /box one[c]", "" },
    { "box a\none b\nonly\none c\nend\none d", "box[a] one[b] /box only one[c] one[d]",
      "f:3: 'only' cannot stand in 'box a' (line 1); expected one, two, or end before it\n" },
    { "box a\nbox b\none c\nend", "box[a] /box box[b] one[c] /box",
      "f:2: 'box' cannot stand in 'box a' (line 1); expected one, two, or end before it\n" },
    { "box a\nelse\nend", "box[a] /box", "f:2: 'else' cannot stand in 'box a' (line 1); expected end\n" },
    { "box\none a\nend\none b", "one[b]", "f:1: box lacks something; expected: box NAME\n" },
    { "box a", "box[a] /box", "f:1: 'box a' is not closed; expected end\n" },
    { "box a\nonly\nend\nend", "box[a] /box only",
      "f:2: 'only' cannot stand in 'box a' (line 1); expected one, two, or end before it\n"
      "f:4: 'end' closes nothing; expected if, account or folder before it\n" },
    /* arguments with a language of their own */
    { "query subject:\"a b\" is:new", "{subject:\"a b\" is:new}", "" },
    { "query \"from:a b\"", "{from:a b}", "" },
    { "query '\"a b\"'", "{\"a b\"}", "" },
    { "query \"a b\" c ; query", "{\"a b\" c}{}", "" },
};

START_TEST(text_runs_and_mistakes_have_their_place)
{
    g_autoptr(command_table) t = table_new();
    g_autoptr(GError) error = NULL;
    record r;
    record_init(&r);
    g_autofree char *exact = g_strdup(table[_i].text);
    bool good = command_run_text(t, exact, &r, "f", 1, take_report, &r, &error);
    ck_assert_str_eq(r.ran->str, table[_i].ran);
    ck_assert_str_eq(r.reported->str, table[_i].reported);
    ck_assert(good == (r.reported->len == 0));
    ck_assert((error == NULL) == good);
    record_clear(&r);
}
END_TEST

START_TEST(without_report_the_first_mistake_stops)
{
    g_autoptr(command_table) t = table_new();
    static const struct {
        const char *text, *file, *ran, *message;
    } stops[] = {
        { "one a; fail; one b", NULL, "one[a]", "it failed" },
        { "one a\nfail\none b", "x", "one[a]", "x:11: it failed" },
        { "box a\nfail\nend\none b", NULL, "box[a] /box", "'fail' cannot stand in 'box a' (line 10); expected one, two, or end before it" },
        { "when yes\nfail\nend\none b", NULL, "", "it failed" },
        { "que a; onl", NULL, "{a} only", NULL }, /* prefixes, where a person types */
        { "on", NULL, "", "there is no command 'on'; did you mean 'one'?" },
        { "box a", NULL, "box[a] /box", "'box a' is not closed; expected end" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(stops); i++) {
        g_autoptr(GError) error = NULL;
        record r;
        record_init(&r);
        bool good = command_run_text(t, stops[i].text, &r, stops[i].file, 10, NULL, NULL, &error);
        ck_assert_str_eq(r.ran->str, stops[i].ran);
        ck_assert(good == (stops[i].message == NULL));
        if (!good)
            ck_assert_str_eq(error->message, stops[i].message);
        record_clear(&r);
    }
}
END_TEST

START_TEST(kind_of_a_failure_is_kept)
{
    g_autoptr(command_table) t = table_new();
    g_autoptr(GError) error = NULL;
    ck_assert(!command_run_text(t, "fail", NULL, "f", 1, NULL, NULL, &error));
    ck_assert_int_eq(error_kind_of(error), ERROR_REFUSED);
}
END_TEST

/* ---- files */

static char *dir;

static void make_dir(void)
{
    dir = g_dir_make_tmp("cursus-run-XXXXXX", NULL);
    ck_assert_ptr_nonnull(dir);
}

static void remove_dir(void)
{
    g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(d)) != NULL) {
        g_autofree char *path = g_build_filename(dir, name, NULL);
        (void)g_remove(path);
    }
    (void)g_rmdir(dir);
    g_free(dir);
}

static char *put(const char *name, const char *text, gssize n)
{
    char *path = g_build_filename(dir, name, NULL);
    ck_assert(g_file_set_contents(path, text, n, NULL));
    return path;
}

static void put_beside(const char *name, const char *text)
{
    g_free(put(name, text, -1));
}

START_TEST(sourced_files_are_relative_to_the_one_that_sources)
{
    g_autoptr(command_table) t = table_new();
    record r;
    record_init(&r);
    g_autofree char *a = put("a", "one a\nsource b\none c\nsource none\n", -1);
    put_beside("b", "\none b\nfail\nsource 'd d'");
    put_beside("d d", "one d");
    ck_assert(!command_run_file(t, a, &r, take_report, &r, NULL));
    ck_assert_str_eq(r.ran->str, "one[a] one[b] one[d] one[c]");
    g_autofree char *expected = g_strdup_printf("%s/b:3: it failed\n%s/a:4: %s/none: cannot be read: No such file or directory\n",
                                                dir, dir, dir);
    ck_assert_str_eq(r.reported->str, expected);
    g_string_truncate(r.ran, 0);
    g_autoptr(GError) error = NULL;
    g_autofree char *first = g_strdup_printf("%s/b:3: it failed", dir);
    ck_assert(!command_run_file(t, a, &r, NULL, NULL, &error)); /* stops at the first, named once */
    ck_assert_str_eq(error->message, first);
    ck_assert_str_eq(r.ran->str, "one[a] one[b]");
    record_clear(&r);
}
END_TEST

START_TEST(circle_of_files_is_named)
{
    g_autoptr(command_table) t = table_new();
    record r;
    record_init(&r);
    g_autofree char *a = put("a", "source b\none after", -1);
    put_beside("b", "source ./a");
    ck_assert(!command_run_file(t, a, &r, take_report, &r, NULL));
    ck_assert_ptr_nonnull(strstr(r.reported->str, "sources itself"));
    ck_assert_ptr_nonnull(strstr(r.reported->str, "/b -> "));
    ck_assert_ptr_nonnull(strstr(r.reported->str, "/b:1: "));
    ck_assert_str_eq(r.ran->str, "one[after]");
    record_clear(&r);
}
END_TEST

START_TEST(chain_of_files_has_an_end)
{
    g_autoptr(command_table) t = table_new();
    record r;
    record_init(&r);
    for (int i = 0; i < 2 * LIMIT_SOURCE_DEPTH; i++) {
        g_autofree char *name = g_strdup_printf("f%d", i);
        g_autofree char *text = g_strdup_printf("one %d\nsource f%d", i, i + 1);
        put_beside(name, text);
    }
    g_autofree char *first = g_build_filename(dir, "f0", NULL);
    ck_assert(!command_run_file(t, first, &r, take_report, &r, NULL));
    ck_assert_ptr_nonnull(strstr(r.reported->str, "f15:2: files source one another more than 16 deep"));
    ck_assert_ptr_nonnull(strstr(r.ran->str, "one[15]"));
    ck_assert_ptr_null(strstr(r.ran->str, "one[16]"));
    record_clear(&r);
}
END_TEST

START_TEST(file_that_is_no_text_is_refused)
{
    static const struct {
        const char *bytes;
        gssize n;
        const char *says;
    } files[] = {
        { "one\n\nset \xff\n", -1, "/x:3: not valid UTF-8" },
        { "one\na\0b", 7, "/x:2: a NUL byte" },
        { "one caf\xe9", -1, "/x:1: not valid UTF-8" },
    };
    g_autoptr(command_table) t = table_new();
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        record r;
        record_init(&r);
        g_autoptr(GError) error = NULL;
        g_autofree char *path = put("x", files[i].bytes, files[i].n);
        ck_assert(!command_run_file(t, path, &r, take_report, &r, &error));
        ck_assert_msg(strstr(r.reported->str, files[i].says) != NULL, "%s", r.reported->str);
        ck_assert_int_eq(r.ran->len, 0);
        record_clear(&r);
    }
    g_autoptr(GError) error = NULL;
    ck_assert(!command_run_file(t, dir, NULL, NULL, NULL, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "is a directory"));
    g_clear_error(&error);
    g_autofree char *large = g_strnfill(LIMIT_CONFIG_FILE + 1, '#');
    g_autofree char *path = put("large", large, -1);
    ck_assert(!command_run_file(t, path, NULL, NULL, NULL, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "is larger than"));
    g_clear_error(&error);
    if (geteuid() != 0) {
        ck_assert_int_eq(g_chmod(path, 0), 0);
        ck_assert(!command_run_file(t, path, NULL, NULL, NULL, &error));
        ck_assert_ptr_nonnull(strstr(error->message, "cannot be read"));
    }
}
END_TEST

START_TEST(byte_order_mark_and_no_last_newline_are_fine)
{
    g_autoptr(command_table) t = table_new();
    record r;
    record_init(&r);
    g_autofree char *path = put("x", "\xef\xbb\xbfone a\r\none b", -1);
    ck_assert(command_run_file(t, path, &r, take_report, &r, NULL));
    ck_assert_str_eq(r.ran->str, "one[a] one[b]");
    ck_assert(command_run_file(t, "/dev/null", &r, take_report, &r, NULL));
    record_clear(&r);
}
END_TEST

START_TEST(file_of_some_commands_refuses_others)
{
    g_autoptr(command_table) t = table_new();
    record r;
    record_init(&r);
    g_autofree char *path = put("x", "box a\none b\nend\none c\nsource x\n", -1);
    ck_assert(!command_run_file_of(t, path, "box", &r, take_report, &r, NULL));
    ck_assert_str_eq(r.ran->str, "box[a] one[b] /box");
    ck_assert_ptr_nonnull(strstr(r.reported->str, "/x:4: 'one' cannot stand in this file; expected: box"));
    ck_assert_ptr_nonnull(strstr(r.reported->str, "/x:5: 'source' cannot stand in this file"));
    record_clear(&r);
}
END_TEST

/* ---- a key that runs itself */

static bool run_again(command_call *call, GError **error)
{
    return command_run_text(call->table, "again", call->host, NULL, 1, NULL, NULL, error);
}

START_TEST(command_that_runs_itself_ends)
{
    static const command_row again[] = { { "again", NULL, CONTEXT_GLOBAL, "", 0, 0, "", run_again }, { NULL } };
    g_autoptr(command_table) t = table_new();
    g_autoptr(GError) error = NULL;
    command_table_add(t, again);
    ck_assert(!command_run_text(t, "again", NULL, NULL, 1, NULL, NULL, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "deep"));
}
END_TEST

START_TEST(keys_in_a_script_keep_their_escapes)
{
    static const struct {
        const char *line, *keys, *command;
    } binds[] = {
        { "bind index \\Cd one a b", "<ctrl-d>", "one a b" },
        { "bind index \"\\ev\" one", "<esc>v", "one" },
        { "bind index '\\t' one", "<tab>", "one" },
        { "bind index \\; one", ";", "one" },
        { "bind index '#' one", "#", "one" },
        { "bind index \\\\ one", "\\", "one" },
        { "bind index '\\' one", "\\", "one" },
        { "bind index \"\\\"\" one", "\"", "one" },
        { "bind index ' ' one", "<space>", "one" },
        { "bind index x query subject:\"a b\"  c # d", "x", "query subject:\"a b\"  c" },
        { "bind index x \"query a\"", "x", "query a" },
        { "macro index .t \"one a; only\" \"a note\"", ".t", "one a; only" },
        { "bind index x first", "x", "one" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(binds); i++) {
        g_autoptr(command_table) t = table_new();
        g_autoptr(GError) error = NULL;
        const key_binding *b = NULL;
        ck_assert_msg(command_run_text(t, binds[i].line, NULL, NULL, 1, NULL, NULL, &error), "%s: %s", binds[i].line,
                      error != NULL ? error->message : "");
        ck_assert_msg(command_key(t, CONTEXT_INDEX, binds[i].keys, &b) == KEY_FOUND, "%s", binds[i].line);
        ck_assert_str_eq(b->command, binds[i].command);
        if (binds[i].line[0] == 'm')
            ck_assert_str_eq(b->note, "a note");
    }
}
END_TEST

static void complete_two(const command_row *row, char **words, int nwords, GPtrArray *candidates, gpointer data)
{
    if (strcmp(row->name, "two") != 0)
        return;
    g_ptr_array_add(candidates, g_strdup_printf("arg%d", nwords));
    g_ptr_array_add(candidates, g_strdup("other"));
}

START_TEST(completion_knows_what_comes_next)
{
    static const struct {
        const char *line, *candidates;
    } lines[] = {
        { "tw", "two" },
        { "o", "one only" },
        { "one x; tw", "two" },
        { "one x;", "bind box else end fail macro noop one only query source two unbind when" },
        { "zz", "" },
        { "two ", "arg1 other" },
        { "two a", "arg1" },
        { "two x a", "arg2" },
        { "two 'x y' a", "arg2" },
        { "two 'o", "other" },
        { "bind in", "index" },
        { "bind index,p", "index,pager" },
        { "bind index x on", "one only" },
        { "macro index x onl", "only" },
    };
    g_autoptr(command_table) t = table_new();
    command_complete_with(t, complete_two, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(GPtrArray) found = command_complete(t, lines[i].line);
        g_autoptr(GString) out = g_string_new(NULL);
        for (guint j = 0; j < found->len; j++)
            g_string_append_printf(out, "%s%s", j > 0 ? " " : "", (char *)g_ptr_array_index(found, j));
        ck_assert_msg(strcmp(out->str, lines[i].candidates) == 0, "%s: %s", lines[i].line, out->str);
    }
}
END_TEST

START_TEST(commands_are_found_by_name_alias_and_prefix)
{
    g_autoptr(command_table) t = table_new();
    ck_assert_str_eq(command_find(t, "first", false)->name, "one");
    ck_assert_ptr_null(command_find(t, "firs", false));
    ck_assert_str_eq(command_find(t, "que", true)->name, "query");
    ck_assert_ptr_null(command_find(t, "on", true)); /* one and only */
    ck_assert_ptr_null(command_find(t, "", true));
    ck_assert_str_eq(command_near(t, "quary"), "query");
    ck_assert_str_eq(command_near(t, "sorce"), "source");
    ck_assert_str_eq(command_near(t, "ubnind"), "unbind");
    ck_assert_str_eq(command_near(t, "quer"), "query");
    ck_assert_str_eq(command_near(t, "sou"), "source"); /* its beginning */
    ck_assert_ptr_null(command_near(t, "xyz"));
    ck_assert_ptr_null(command_near(t, "zzzzzz"));
    g_autofree char *endless = g_strnfill(100000, 'a');
    ck_assert_ptr_null(command_near(t, endless));
}
END_TEST

static void keep_later(const char *text, const char *file, int line, gpointer data)
{
    record *r = data;
    g_string_append_printf(r->reported, "%s:%d later: %s\n", file, line, text);
}

/* A config holds what is to happen when the screen is there; -e and the prompt run at once. */
START_TEST(commands_that_act_wait_while_a_config_is_read)
{
    static const command_row config_rows[] = { { "opt", NULL, CONTEXT_GLOBAL, "X", 1, 1, "", run_note }, { NULL } };
    g_autoptr(command_table) t = table_new();
    command_table_add_config(t, config_rows);
    record r;
    record_init(&r);
    command_set_later(t, keep_later, &r);
    g_autoptr(GError) error = NULL;
    ck_assert(command_run_text(t, "opt a\none 'b c'\nopt d", &r, "f", 1, NULL, NULL, &error));
    ck_assert_str_eq(r.ran->str, "opt[a] opt[d]");
    ck_assert_str_eq(r.reported->str, "f:2 later: one 'b c'\n");
    ck_assert(!command_run_text(t, "two a", &r, "f", 1, NULL, NULL, &error)); /* wrong already now */
    g_clear_error(&error);
    ck_assert(command_run_text(t, "one e", &r, NULL, 1, NULL, NULL, &error));
    command_set_later(t, NULL, NULL);
    ck_assert(command_run_text(t, "one f", &r, "f", 1, NULL, NULL, &error));
    ck_assert_str_eq(r.ran->str, "opt[a] opt[d] one[e] one[f]");
    record_clear(&r);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("run");
    TCase *c = tcase_create("text");
    tcase_add_loop_test(c, text_runs_and_mistakes_have_their_place, 0, G_N_ELEMENTS(table));
    tcase_add_test(c, without_report_the_first_mistake_stops);
    tcase_add_test(c, kind_of_a_failure_is_kept);
    tcase_add_test(c, command_that_runs_itself_ends);
    tcase_add_test(c, keys_in_a_script_keep_their_escapes);
    tcase_add_test(c, completion_knows_what_comes_next);
    tcase_add_test(c, commands_are_found_by_name_alias_and_prefix);
    suite_add_tcase(s, c);
    c = tcase_create("files");
    tcase_add_checked_fixture(c, make_dir, remove_dir);
    tcase_add_test(c, sourced_files_are_relative_to_the_one_that_sources);
    tcase_add_test(c, circle_of_files_is_named);
    tcase_add_test(c, chain_of_files_has_an_end);
    tcase_add_test(c, file_that_is_no_text_is_refused);
    tcase_add_test(c, byte_order_mark_and_no_last_newline_are_fine);
    tcase_add_test(c, file_of_some_commands_refuses_others);
    tcase_add_test(c, commands_that_act_wait_while_a_config_is_read);
    suite_add_tcase(s, c);
    return s;
}
