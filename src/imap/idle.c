/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Watching a mailbox: IDLE (RFC 2177), or simply listening where the server has none. */
#include "imap/private.h"

#include "base/clock.h"
#include "base/log.h"

enum {
    WOKEN = 2,          /* of stream_wait_or */
    DONE_WAIT_MS = 20000, /* a link that died while it was silent shows when DONE gets no answer */
};

typedef enum listen_end { LISTEN_NEWS, LISTEN_OVER, LISTEN_ERROR } listen_end;

/* Handle replies until the deadline or a wake (LISTEN_OVER), a break or the answer to tag
 * (LISTEN_NEWS). */
static listen_end listen_until(imap_connection *c, gint64 deadline_ms, int wake_fd, guint32 tag,
                               GError **error)
{
    for (;;) {
        if (!imap_poll(c, error))
            return LISTEN_ERROR;
        /* A server may end IDLE by itself. */
        if (c->idle_break || (tag != 0 && imap_answered(c, tag)))
            return LISTEN_NEWS;
        /* One that never pauses must not hide the deadline. */
        if (deadline_ms != 0 && clock_monotonic_ms() > deadline_ms)
            return LISTEN_OVER;
        int ready = stream_wait_or(c->stream, deadline_ms, wake_fd, c->cancel, error);
        if (ready < 0)
            return LISTEN_ERROR;
        if (ready == 0 || ready == WOKEN)
            return LISTEN_OVER;
    }
}

void imap_idle_break(imap_connection *c)
{
    c->idle_break = true;
}

bool imap_linger(imap_connection *c, gint64 deadline_ms, int wake_fd, GError **error)
{
    c->idle_break = false;
    return imap_flush(c, error) && listen_until(c, deadline_ms, wake_fd, 0, error) != LISTEN_ERROR;
}

/* What has arrived already, and a wake that is there already, save the whole exchange. */
static bool worth_idling(imap_connection *c, gint64 deadline_ms, int wake_fd, bool *worth,
                         GError **error)
{
    gint64 now_ms = clock_monotonic_ms();
    listen_end end = listen_until(c, now_ms, wake_fd, 0, error);
    *worth = end == LISTEN_OVER && (deadline_ms == 0 || now_ms < deadline_ms) &&
             (wake_fd < 0 || stream_wait_or(c->stream, now_ms, wake_fd, c->cancel, NULL) != WOKEN);
    return end != LISTEN_ERROR;
}

/* The tagged answer: soon, whatever else is told meanwhile, or the link is dead.  What it says does
 * not matter. */
static bool await_end(imap_connection *c, guint32 tag, GError **error)
{
    gint64 deadline_ms = clock_monotonic_ms() + MIN(c->timeout_ms, DONE_WAIT_MS);
    while (!imap_answered(c, tag))
        if (!imap_read_one(c, deadline_ms, error))
            return false;
    g_autoptr(imap_reply) r = imap_wait_reply(c, tag, error);
    return r != NULL;
}

bool imap_idle(imap_connection *c, gint64 deadline_ms, int wake_fd, GError **error)
{
    bool worth;
    c->idle_break = false;
    if (!imap_flush(c, error) || !worth_idling(c, deadline_ms, wake_fd, &worth, error))
        return false;
    if (!worth)
        return true;
    guint32 tag = imap_send_text(c, "IDLE");
    if (!imap_flush(c, error))
        return false;
    switch (imap_wait_plus(c, tag, error)) {
    case PLUS_ERROR:
        return false;
    case PLUS_REFUSED: /* it does not want to: the next watch lingers */
        log_info(LOG_IMAP, "IDLE was refused");
        if (c->capabilities != NULL)
            g_hash_table_remove(c->capabilities, "IDLE");
        return await_end(c, tag, error);
    case PLUS_CAME:
        break;
    }
    if (listen_until(c, deadline_ms, wake_fd, tag, error) == LISTEN_ERROR)
        return false;
    if (!imap_answered(c, tag) && !imap_write(c, "DONE\r\n", 6, error))
        return false;
    return await_end(c, tag, error);
}
