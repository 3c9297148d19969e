/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine lock: one holder, and none when it has died. */
#include "base/error.h"
#include "unit/store/fixture.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(second_taker_is_told_the_pid)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = g_dir_make_tmp("cursus-lock.XXXXXX", NULL);
    g_autofree char *state = g_build_filename(dir, "state", "cursus", NULL);
    store_lock *lock = store_lock_take(state, &error);
    no_error(error);
    ck_assert_ptr_null(store_lock_take(state, &error));
    ck_assert_int_eq(error_kind_of(error), ERROR_BUSY);
    g_autofree char *pid = g_strdup_printf("%ld", (long)getpid());
    ck_assert_ptr_nonnull(strstr(error->message, pid));
    store_lock_release(lock);
    g_clear_error(&error);
    lock = store_lock_take(state, &error);
    no_error(error);
    store_lock_release(lock);
    remove_tree(dir);
}
END_TEST

START_TEST(killed_holder_leaves_no_lock)
{
    g_autofree char *dir = g_dir_make_tmp("cursus-lock.XXXXXX", NULL);
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        store_lock *held = store_lock_take(dir, NULL);
        if (held == NULL || write(ends[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    char c;
    ck_assert_int_eq(read(ends[0], &c, 1), 1);
    g_autoptr(GError) error = NULL;
    ck_assert_ptr_null(store_lock_take(dir, &error));
    g_autofree char *pid = g_strdup_printf("%ld", (long)child);
    ck_assert_ptr_nonnull(strstr(error->message, pid));
    g_clear_error(&error);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    store_lock *lock = store_lock_take(dir, &error);
    no_error(error);
    store_lock_release(lock);
    close(ends[0]);
    close(ends[1]);
    remove_tree(dir);
}
END_TEST

START_TEST(impossible_place_is_a_disk_error)
{
    g_autoptr(GError) error = NULL;
    ck_assert_ptr_null(store_lock_take("/dev/null/state", &error));
    ck_assert_int_eq(error_kind_of(error), ERROR_DISK);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("store/lock");
    TCase *t = tcase_create("lock");
    tcase_add_test(t, second_taker_is_told_the_pid);
    tcase_add_test(t, killed_holder_leaves_no_lock);
    tcase_add_test(t, impossible_place_is_a_disk_error);
    suite_add_tcase(suite, t);
    return suite;
}
