/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Watching a mailbox: IDLE (RFC 2177), or simply listening where the server has none. */
#include "imap/private.h"

#include "base/clock.h"
#include "base/log.h"

enum {
    WOKEN = 2,          /* of stream_wait_or */
    DONE_WAIT_MS = 20000, /* a link that died while it was silent shows when DONE has no answer */
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

/* ---- the command: queued, on the wire, confirmed by "+", ended by DONE */

void imap_idle_begin(imap_connection *c)
{
    if (c->idle_tag == 0 && imap_has(c, "IDLE"))
        c->idle_tag = imap_send_text(c, "IDLE");
    else if (c->idle_written && !g_queue_is_empty(&c->queue))
        c->idle_again = true; /* what is queued ends the open one */
}

static void forget_idle(imap_connection *c)
{
    if (c->idle_tag != 0)
        g_hash_table_remove(c->commands, GUINT_TO_POINTER(c->idle_tag));
    c->idle_tag = 0;
    c->idle_written = c->idle_confirmed = false;
}

/* The "+" of the one that is on the wire.  One that is refused is over. */
static bool await_plus(imap_connection *c, GError **error)
{
    if (c->idle_tag == 0 || c->idle_confirmed)
        return true;
    switch (imap_wait_plus(c, c->idle_tag, error)) {
    case PLUS_ERROR:
        return false;
    case PLUS_REFUSED: /* it does not want to: the next watch lingers */
        log_info(LOG_IMAP, "IDLE was refused");
        imap_capability_off(c, "IDLE");
        forget_idle(c);
        return true;
    default:
        c->idle_confirmed = true;
        return true;
    }
}

bool imap_idle_interrupt(imap_connection *c, GString *out, GError **error)
{
    if (!await_plus(c, error))
        return false;
    if (c->idle_tag == 0)
        return true;
    if (imap_answered(c, c->idle_tag)) { /* the server has ended it */
        forget_idle(c);
        return true;
    }
    g_string_append(out, "DONE\r\n");
    c->ended_tag = c->idle_tag;
    c->done_by_ms = clock_monotonic_ms() + MIN(c->timeout_ms, DONE_WAIT_MS);
    c->idle_tag = 0;
    c->idle_written = c->idle_confirmed = false;
    return true;
}

bool imap_idle_listen(imap_connection *c, gint64 deadline_ms, int wake_fd, GError **error)
{
    c->idle_break = false;
    if (!imap_flush(c, error) || !await_plus(c, error))
        return false;
    if (c->idle_tag == 0)
        return true;
    if (listen_until(c, deadline_ms, wake_fd, c->idle_tag, error) == LISTEN_ERROR)
        return false;
    if (imap_answered(c, c->idle_tag))
        forget_idle(c);
    return true;
}

bool imap_idle_is_open(const imap_connection *c)
{
    return c->idle_tag != 0;
}

bool imap_idle_end(imap_connection *c, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    if (!imap_flush(c, error) || !imap_idle_interrupt(c, out, error))
        return false;
    if (out->len > 0 && !imap_write(c, out->str, out->len, error))
        return false;
    while (c->ended_tag != 0)
        if (!imap_read_one(c, c->done_by_ms, error))
            return false;
    return true;
}

bool imap_idle(imap_connection *c, gint64 deadline_ms, int wake_fd, GError **error)
{
    bool worth;
    c->idle_break = false;
    if (!imap_flush(c, error) || !worth_idling(c, deadline_ms, wake_fd, &worth, error))
        return false;
    if (!worth)
        return true;
    imap_idle_begin(c);
    return imap_idle_listen(c, deadline_ms, wake_fd, error) && imap_idle_end(c, error);
}
