/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the log gets to see of the wire. */
#include "base/log.h"
#include "net/wirelog.h"
#include "unit/runner.h"

#include <string.h>
#include <unistd.h>

static char *path;

static void open_log(void)
{
    g_autofree char *dir = g_dir_make_tmp("cursus-wire.XXXXXX", NULL);
    path = g_build_filename(dir, "log", NULL);
    ck_assert(log_open(path, NULL));
    ck_assert(log_set("wire=trace", NULL));
}

/* The text of the log's lines, without the stamps. */
static char *close_log(void)
{
    g_autofree char *text = NULL, *dir = g_path_get_dirname(path);
    GString *out = g_string_new(NULL);
    ck_assert(log_open(NULL, NULL));
    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        const char *at = strstr(*line, "work ");
        g_string_append_printf(out, "%s%s", out->len > 0 && at != NULL ? "|" : "", at != NULL ? at + 5 : "");
    }
    unlink(path);
    rmdir(dir);
    g_clear_pointer(&path, g_free);
    return g_string_free(out, FALSE);
}

static const struct {
    bool sent;
    const char *bytes, *logged;
} cases[] = {
    { true, "a1 NOOP", "> a1 NOOP" },
    { true, "a1 LOGIN ada secret", "> a1 LOGIN ****" },
    { true, "a1 login \"ada\" \"secret\"", "> a1 login ****" },
    { true, "a1 LOGIN {3}\r\nada {6}\r\nsecret", "> a1 LOGIN ****" },
    { true, "a1 LOGIN", "> a1 LOGIN ****" },
    { true, "a1 AUTHENTICATE PLAIN AGFkYQBzZWNyZXQ=", "> a1 AUTHENTICATE ****" },
    { true, "a1 Authenticate XOAUTH2 abc", "> a1 Authenticate ****" },
    { true, "a1 SELECT LOGIN", "> a1 SELECT LOGIN" },
    { true, "a1 SELECT {6}\r\nsecret", "> a1 SELECT {6}<6 bytes>" },
    { true, "a1 X hunter22 y", "> a1 X **** y" },
    { false, "* OK hi", "< * OK hi" },
    { false, "* 1 FETCH (BODY[] {11}\r\nhello world UID 3)", "< * 1 FETCH (BODY[] {11}<11 bytes> UID 3)" },
    { false, "* 1 FETCH (A {2+}\r\nab B ~{0}\r\n)", "< * 1 FETCH (A {2+}<2 bytes> B ~{0}<0 bytes>)" },
    { false, "a1 NO hunter22 and hunter22hunter22 are wrong", "< a1 NO **** and ******** are wrong" },
    { false, "a1 NO hunter2", "< a1 NO hunter2" },
    { false, "a1 NO \033]0;x\007 \x01", "< a1 NO ?]0;x? ?" },
    { false, "* {x} {}\r\nrest", "< * {x} {} rest" },
    { false, "}", "< }" },
    { false, "", "< " },
};

START_TEST(line_is_logged_without_secrets_and_literals)
{
    open_log();
    wirelog *log = wirelog_new("work");
    wirelog_hide(log, "hunter22", 8);
    wirelog_hide(log, "a", 1); /* too short to be looked for */
    gsize n = strlen(cases[_i].bytes);
    char *exact = g_memdup2(cases[_i].bytes, MAX(n, 1));
    if (cases[_i].sent)
        wirelog_sent(log, exact, n);
    else
        wirelog_received(log, exact, n);
    g_free(exact);
    wirelog_free(log);
    g_autofree char *logged = close_log();
    ck_assert_str_eq(logged, cases[_i].logged);
}
END_TEST

START_TEST(long_lines_are_cut)
{
    open_log();
    wirelog *log = wirelog_new("work");
    GString *line = g_string_new("* SEARCH");
    while (line->len < 100000)
        g_string_append(line, " 12345");
    wirelog_received(log, line->str, line->len);
    wirelog_sent_secret(log);
    g_string_free(line, TRUE);
    wirelog_free(log);
    g_autofree char *logged = close_log();
    ck_assert_uint_lt(strlen(logged), 2100);
    ck_assert(strstr(logged, "...|> ****") != NULL);
}
END_TEST

START_TEST(nothing_is_logged_below_trace)
{
    open_log();
    ck_assert(log_set("wire=debug", NULL));
    wirelog *log = wirelog_new("work");
    wirelog_sent(log, "a1 NOOP", 7);
    wirelog_received(log, "a1 OK", 5);
    wirelog_free(log);
    g_autofree char *logged = close_log();
    ck_assert_str_eq(logged, "");
}
END_TEST

START_TEST(error_texts_are_masked)
{
    g_autoptr(wirelog) log = wirelog_new("work");
    wirelog_hide(log, "hunter22", 8);
    wirelog_hide(log, "AGFkYQ==", 8);
    g_autofree char *text = wirelog_masked(log, "you sent AGFkYQ==, that is hunter22");
    ck_assert_str_eq(text, "you sent ****, that is ****");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("net/wirelog");
    TCase *t = tcase_create("wirelog");
    tcase_add_loop_test(t, line_is_logged_without_secrets_and_literals, 0, G_N_ELEMENTS(cases));
    tcase_add_test(t, long_lines_are_cut);
    tcase_add_test(t, nothing_is_logged_below_trace);
    tcase_add_test(t, error_texts_are_masked);
    suite_add_tcase(s, t);
    return s;
}
