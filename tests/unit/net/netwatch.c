/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Network changes are heard.  To make one takes rights: where they are missing only the silence is tested. */
#include "net/netwatch.h"
#include "unit/runner.h"

#include <poll.h>

static bool readable(const netwatch *w, int timeout_ms)
{
    struct pollfd p = { .fd = netwatch_fd(w), .events = POLLIN };
    return poll(&p, 1, timeout_ms) == 1;
}

static bool ip(const char *verb)
{
    const char *argv[] = { "ip", "address", verb, "127.77.77.77/32", "dev", "lo", NULL };
    int status = 1;
    return g_spawn_sync(NULL, (char **)(void *)argv, NULL,
                        G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL,
                        NULL, &status, NULL) && status == 0;
}

START_TEST(an_address_that_comes_is_told)
{
    netwatch *w = netwatch_open();
    if (w == NULL)
        return;
    ck_assert(!netwatch_take(w));
    if (ip("add")) {
        ck_assert(readable(w, 5000));
        ck_assert(netwatch_take(w));
        ck_assert(ip("del"));
        ck_assert(readable(w, 5000));
        ck_assert(netwatch_take(w));
        ck_assert(!netwatch_take(w));
    }
    netwatch_close(w);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("net/netwatch");
    TCase *t = tcase_create("all");
    tcase_add_test(t, an_address_that_comes_is_told);
    suite_add_tcase(s, t);
    return s;
}
