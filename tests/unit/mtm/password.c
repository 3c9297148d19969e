/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One password for all sessions of an account: who runs the command, who waits, who is told. */
#include "mtm/password.h"
#include "base/error.h"
#include "unit/runner.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct place {
    char *dir, *log, *fifo;
    mtm *m;
    mtm_account_entry *a;
    account_settings *settings;
} place;

/* The command: LOG and FIFO in it are paths. */
static void open_place(place *p, const char *command)
{
    p->dir = g_dir_make_tmp("cursus-password.XXXXXX", NULL);
    p->log = g_build_filename(p->dir, "log", NULL);
    p->fifo = g_build_filename(p->dir, "fifo", NULL);
    ck_assert_int_eq(mkfifo(p->fifo, 0600), 0);
    g_autoptr(GString) text = g_string_new(command);
    g_string_replace(text, "LOG", p->log, 0);
    g_string_replace(text, "FIFO", p->fifo, 0);
    p->settings = account_settings_new("work");
    p->settings->password_command = g_strdup(text->str);
    g_autoptr(GPtrArray) accounts = g_ptr_array_new();
    g_ptr_array_add(accounts, p->settings);
    const mtm_options options = { p->dir, p->dir, p->dir, accounts, false, TERMINAL_NONE };
    p->m = mtm_new(&options);
    p->a = g_ptr_array_index(p->m->accounts, 0);
}

static guint runs(const place *p)
{
    g_autofree char *text = NULL;
    guint n = 0;
    if (g_file_get_contents(p->log, &text, NULL, NULL))
        for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
            n++;
    return n;
}

static void close_place(place *p)
{
    mtm_free(p->m);
    account_settings_free(p->settings);
    unlink(p->log);
    unlink(p->fifo);
    rmdir(p->dir);
    g_free(p->dir);
    g_free(p->log);
    g_free(p->fifo);
}

static gpointer session(gpointer data)
{
    place *p = data;
    password_begin(p->a, p->settings);
    return password_get(p->a, p->settings, NULL, NULL);
}

START_TEST(sessions_share_one_run)
{
    place p;
    open_place(&p, "echo run >>LOG; cat FIFO");
    GThread *threads[3];
    for (int i = 0; i < 3; i++)
        threads[i] = g_thread_new("session", session, &p);
    FILE *fifo = fopen(p.fifo, "w"); /* the command is there now */
    fputs("open sesame\nnot this\n", fifo);
    fclose(fifo);
    for (int i = 0; i < 3; i++) {
        g_autoptr(secret) s = g_thread_join(threads[i]);
        ck_assert_ptr_nonnull(s);
        ck_assert_str_eq(secret_text(s), "open sesame");
    }
    ck_assert_uint_eq(runs(&p), 1);
    g_autoptr(secret) again = password_get(p.a, p.settings, NULL, NULL);
    ck_assert_str_eq(secret_text(again), "open sesame");
    ck_assert_uint_eq(runs(&p), 1);
    close_place(&p);
}
END_TEST

START_TEST(failure_is_told_to_all_and_tried_again_with_the_next_connection)
{
    place p;
    open_place(&p, "echo run >>LOG; echo locked >&2; exit 4");
    password_begin(p.a, p.settings);
    for (int i = 0; i < 3; i++) {
        g_autoptr(GError) error = NULL;
        ck_assert_ptr_null(password_get(p.a, p.settings, NULL, &error));
        ck_assert_uint_eq(error_kind_of(error), ERROR_AUTH);
        ck_assert_str_eq(error->message, "the command failed: locked");
    }
    ck_assert_uint_eq(runs(&p), 1);
    password_begin(p.a, p.settings);
    ck_assert_ptr_null(password_get(p.a, p.settings, NULL, NULL));
    ck_assert_uint_eq(runs(&p), 2);
    close_place(&p);
}
END_TEST

START_TEST(refused_password_is_asked_for_again)
{
    place p;
    open_place(&p, "echo run >>LOG; echo secret");
    for (guint i = 1; i <= 2; i++) {
        password_begin(p.a, p.settings);
        g_autoptr(secret) s = password_get(p.a, p.settings, NULL, NULL);
        ck_assert_str_eq(secret_text(s), "secret");
        ck_assert_uint_eq(runs(&p), i);
        password_forget(p.a);
    }
    close_place(&p);
}
END_TEST

START_TEST(command_has_no_terminal_and_nothing_to_read)
{
    place p;
    open_place(&p, "if read x; then echo read; elif (: </dev/tty) 2>/dev/null; then echo tty; else echo none; fi");
    g_autoptr(secret) s = password_get(p.a, p.settings, NULL, NULL);
    ck_assert_str_eq(secret_text(s), "none");
    close_place(&p);
}
END_TEST

START_TEST(nothing_printed_is_an_error)
{
    place p;
    g_autoptr(GError) error = NULL;
    open_place(&p, "echo");
    ck_assert_ptr_null(password_get(p.a, p.settings, NULL, &error));
    ck_assert_str_eq(error->message, "the command printed nothing");
    close_place(&p);
}
END_TEST

START_TEST(token_command_prints_the_token)
{
    place p;
    open_place(&p, "echo password");
    ck_assert(!password_is_token(p.settings));
    p.settings->token_command = g_strdup("echo token");
    ck_assert(password_is_token(p.settings));
    g_autoptr(secret) token = password_get(p.a, p.settings, NULL, NULL);
    ck_assert_str_eq(secret_text(token), "token");
    password_forget(p.a);
    p.settings->auth = AUTH_PLAIN;
    g_autoptr(secret) password = password_get(p.a, p.settings, NULL, NULL);
    ck_assert_str_eq(secret_text(password), "password");
    close_place(&p);
}
END_TEST

START_TEST(waiting_ends_when_cancelled)
{
    place p;
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    open_place(&p, "cat FIFO");
    g_cancellable_cancel(cancel);
    ck_assert_ptr_null(password_get(p.a, p.settings, cancel, &error));
    ck_assert_uint_eq(error_kind_of(error), ERROR_CANCELLED);
    close_place(&p);
}
END_TEST

/* Its children too: the shell alone would leave them behind. */
START_TEST(end_of_the_program_ends_the_command)
{
    place p;
    open_place(&p, "sh -c 'echo $$ >FIFO; exec sleep 1000' | cat");
    password_begin(p.a, p.settings);
    g_autofree char *text = NULL;
    FILE *fifo = fopen(p.fifo, "r");
    int pid = 0;
    ck_assert_int_eq(fscanf(fifo, "%d", &pid), 1);
    fclose(fifo);
    close_place(&p);
    for (int tries = 0; kill(pid, 0) == 0 && tries < 500; tries++)
        g_usleep(10000);
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid); /* a zombie waits for whoever adopts it */
    bool gone = kill(pid, 0) != 0 ||
                (g_file_get_contents(path, &text, NULL, NULL) && strstr(text, ") Z ") != NULL);
    ck_assert(gone);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("mtm/password");
    TCase *tc = tcase_create("password");
    tcase_set_timeout(tc, 20);
    tcase_add_test(tc, sessions_share_one_run);
    tcase_add_test(tc, failure_is_told_to_all_and_tried_again_with_the_next_connection);
    tcase_add_test(tc, refused_password_is_asked_for_again);
    tcase_add_test(tc, command_has_no_terminal_and_nothing_to_read);
    tcase_add_test(tc, nothing_printed_is_an_error);
    tcase_add_test(tc, token_command_prints_the_token);
    tcase_add_test(tc, waiting_ends_when_cancelled);
    tcase_add_test(tc, end_of_the_program_ends_the_command);
    suite_add_tcase(suite, tc);
    return suite;
}
