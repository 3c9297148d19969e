/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine woke, or its network changed: every link is doubted at once instead of at its timeout. */
#include "base/log.h"
#include "mtm/internal.h"

#include <glib-unix.h>

enum { NETWORK_SETTLES_S = 2 }; /* addresses and routes come one after another */

static gboolean network_settled(gpointer data)
{
    mtm *m = data;
    m->netwatch_timer = 0;
    log_info(LOG_MTM, "the network changed, or the machine woke");
    for (guint i = 0; i < m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        session_check_link(a->session);
        if (a->fetcher != NULL)
            fetcher_check_link(a->fetcher);
        watcher_leave(a->watcher);
    }
    return G_SOURCE_REMOVE;
}

static gboolean network_news(int fd, GIOCondition condition, gpointer data)
{
    (void)fd;
    (void)condition;
    mtm *m = data;
    if (netwatch_take(m->netwatch) && m->netwatch_timer == 0)
        m->netwatch_timer = g_timeout_add_seconds(NETWORK_SETTLES_S, network_settled, m);
    return G_SOURCE_CONTINUE;
}

void network_watch(mtm *m)
{
    m->netwatch = m->offline ? NULL : netwatch_open();
    if (m->netwatch != NULL)
        m->netwatch_source = g_unix_fd_add(netwatch_fd(m->netwatch), G_IO_IN, network_news, m);
}

void network_unwatch(mtm *m)
{
    if (m->netwatch_source != 0)
        g_source_remove(m->netwatch_source);
    if (m->netwatch_timer != 0)
        g_source_remove(m->netwatch_timer);
    netwatch_close(m->netwatch);
}
