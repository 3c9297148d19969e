/* SPDX-License-Identifier: GPL-3.0-or-later */
/* poll(2) over a few descriptors and the cancellable's, restarted after signals. */
#include "net/wait.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>

enum { WAIT_MAX_FDS = 4 };

void wait_watch_init(wait_watch *w)
{
    w->cancel = NULL;
    w->fd = -1;
}

void wait_watch_set(wait_watch *w, GCancellable *cancel)
{
    if (w->cancel == cancel)
        return;
    wait_watch_clear(w);
    if (cancel == NULL)
        return;
    w->cancel = g_object_ref(cancel);
    /* -1 when descriptors ran out: then only deadlines wake us. */
    w->fd = g_cancellable_get_fd(cancel);
}

void wait_watch_clear(wait_watch *w)
{
    if (w->cancel == NULL)
        return;
    if (w->fd >= 0)
        g_cancellable_release_fd(w->cancel);
    g_clear_object(&w->cancel);
    w->fd = -1;
}

bool wait_cancelled(const wait_watch *w, GError **error)
{
    if (w->cancel == NULL || !g_cancellable_is_cancelled(w->cancel))
        return false;
    error_set(error, ERROR_CANCELLED, _("cancelled"));
    return true;
}

/* The timeout of one poll, and whether the deadline is over. */
static int remaining_ms(gint64 deadline_ms, bool *over)
{
    *over = false;
    if (deadline_ms == 0)
        return -1;
    gint64 left = deadline_ms - clock_monotonic_ms();
    if (left <= 0) {
        *over = true;
        return 0;
    }
    return left > 3600000 ? 3600000 : (int)left;
}

int wait_poll(wait_watch *w, struct pollfd *fds, int nfds, gint64 deadline_ms, GError **error)
{
    struct pollfd all[WAIT_MAX_FDS + 1];
    g_assert(nfds <= WAIT_MAX_FDS);
    for (int i = 0; i < nfds; i++)
        all[i] = fds[i];
    all[nfds] = (struct pollfd){ .fd = w->fd, .events = POLLIN };
    for (;;) {
        bool over;
        int timeout = remaining_ms(deadline_ms, &over);
        int n = poll(all, (nfds_t)nfds + 1, timeout);
        if (wait_cancelled(w, error))
            return -1;
        if (n < 0 && errno != EINTR && errno != EAGAIN) {
            error_set(error, ERROR_NETWORK, "poll: %s", g_strerror(errno));
            return -1;
        }
        if (n > 0)
            break;
        if (n == 0 && over)
            return 0;
    }
    for (int i = 0; i < nfds; i++)
        fds[i].revents = all[i].revents;
    return 1;
}
