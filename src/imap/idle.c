/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Watching a mailbox: IDLE (RFC 2177), or simply listening where the server has none. */
#include "imap/private.h"

#include "base/clock.h"
#include "base/error.h"

enum { WOKEN = 2 };

/* Handle replies until the deadline, a wake or a break.  A server that never pauses must not hide these. */
static bool listen_until(imap_connection *c, gint64 deadline_ms, int wake_fd, guint32 tag, GError **error)
{
    while (!c->idle_break) {
        if (!imap_poll(c, error))
            return false;
        if (c->idle_break || (tag != 0 && g_hash_table_contains(c->done, GUINT_TO_POINTER(tag))))
            break; /* the server may end IDLE by itself */
        if (c->bye_until_ms != 0)
            deadline_ms = MIN(deadline_ms, c->bye_until_ms);
        if (clock_monotonic_ms() >= deadline_ms)
            break;
        int ready = stream_wait_or(c->stream, deadline_ms, wake_fd, c->cancel, error);
        if (ready < 0)
            return false;
        if (ready == 0 || ready == WOKEN)
            break;
    }
    return true;
}

void imap_idle_break(imap_connection *c)
{
    c->idle_break = true;
}

bool imap_linger(imap_connection *c, gint64 deadline_ms, int wake_fd, GError **error)
{
    c->idle_break = false;
    if (c->out->len > 0 && !imap_flush(c, error))
        return false;
    return listen_until(c, deadline_ms, wake_fd, 0, error);
}

bool imap_idle(imap_connection *c, gint64 deadline_ms, int wake_fd, GError **error)
{
    guint32 tag = imap_send_text(c, "IDLE");
    imap_reply *refused = NULL;
    c->idle_break = false;
    if (!imap_flush(c, error))
        return false;
    if (!imap_wait_continuation(c, tag, &refused, error)) {
        if (refused == NULL)
            return false;
        imap_reply_free(refused); /* it does not want to: the next watch lingers */
        if (c->capabilities != NULL)
            g_hash_table_remove(c->capabilities, "IDLE");
        return true;
    }
    if (!listen_until(c, deadline_ms, wake_fd, tag, error))
        return false;
    if (!g_hash_table_contains(c->done, GUINT_TO_POINTER(tag)) && !imap_write(c, "DONE\r\n", 6, error))
        return false;
    g_autoptr(imap_reply) r = imap_wait_reply(c, tag, error);
    return r != NULL;
}
