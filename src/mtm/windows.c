/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Headers and flags of many messages, in commands that no server chokes on: windows newest first, some in
 * flight, sets cut to the server's line limit. */
#include "mtm/session.h"
#include "base/clock.h"

enum {
    WINDOW = 500,
    WINDOW_FAST_MS = 500,   /* a window that came faster may grow */
    WINDOW_SLOW_MS = 1500,  /* one that took longer shrinks: an act waits for those in flight */
    WINDOWS_IN_FLIGHT = 3,  /* so that the pipe never drains */
    SET_BYTES = 4000,       /* of a UID set in one command, where the server bears it */
    COMMAND_BYTES = 300,    /* of the rest of a command */
};

/* Content-Type stands in for BODYSTRUCTURE: it costs the server no body parse, and the structure of
 * a stored body is known exactly anyway. */
#define HEADER_ITEMS                                                                               \
    "BODY.PEEK[HEADER.FIELDS (DATE FROM TO CC SUBJECT MESSAGE-ID IN-REPLY-TO REFERENCES "          \
    "CONTENT-TYPE LIST-ID)]"

GString *fetch_headers(mtm_session *s, const char *verb, const char *set)
{
    GString *c = imap_command(verb);
    imap_add_text(c, set);
    g_string_append_printf(c, " (UID FLAGS%s%s INTERNALDATE RFC822.SIZE " HEADER_ITEMS ")",
                           s->box.modseq > 0 ? " MODSEQ" : "",
                           imap_has(s->c, "OBJECTID")      ? " EMAILID"
                           : imap_has(s->c, "X-GM-EXT-1") ? " X-GM-MSGID" : "");
    return c;
}

gsize set_bytes(const mtm_session *s)
{
    guint line = imap_line_limit(s->c);
    return line > COMMAND_BYTES * 2 ? MIN((gsize)SET_BYTES, (gsize)line - COMMAND_BYTES) : COMMAND_BYTES;
}

static guint32 clamp_window(const mtm_session *s, guint32 size)
{
    guint limit = imap_message_limit(s->c);
    return limit > 0 ? MIN(size, limit) : size;
}

/* As many of the newest as the size allows and as fit into one line; the rest stays in missing. */
static guint32 send_window(mtm_session *s, uid_set *missing, guint32 size)
{
    g_autoptr(uid_set) window = uid_set_take_newest(missing, clamp_window(s, size));
    g_autofree char *set = uid_set_format(window);
    while (strlen(set) > set_bytes(s) && uid_set_count(window) > 1) {
        /* Scattered UIDs: the newer half now, the older half later. */
        g_autoptr(uid_set) newer = uid_set_take_newest(window, (guint32)(uid_set_count(window) / 2));
        uid_set_add_set(missing, window);
        uid_set_free(window);
        window = g_steal_pointer(&newer);
        g_free(set);
        set = uid_set_format(window);
    }
    return imap_send(s->c, fetch_headers(s, "UID FETCH", set));
}

static guint32 next_size(guint32 size, gint64 took_ms)
{
    if (took_ms > WINDOW_SLOW_MS)
        return MAX(size / 2, (guint32)FIRST_WINDOW);
    return took_ms < WINDOW_FAST_MS ? MIN(size * 2, (guint32)WINDOW) : size;
}

bool fetch_windows(mtm_session *s, uid_set *missing, bool *finished, GError **error)
{
    GQueue tags = G_QUEUE_INIT;
    bool ok = true, interrupted = false;
    guint32 size = s->box.fetched > 0 ? 2 * FIRST_WINDOW : FIRST_WINDOW;
    gint64 began = clock_monotonic_ms();
    while (ok && (!g_queue_is_empty(&tags) || (uid_set_count(missing) > 0 && !interrupted))) {
        while (tags.length < WINDOWS_IN_FLIGHT && uid_set_count(missing) > 0 && !interrupted)
            g_queue_push_tail(&tags, GUINT_TO_POINTER(send_window(s, missing, size)));
        guint32 tag = GPOINTER_TO_UINT(g_queue_pop_head(&tags));
        ok = imap_wait(s->c, tag, NULL, error);
        size = next_size(size, clock_monotonic_ms() - began);
        began = clock_monotonic_ms();
        account_set_progress(s->a, "headers", s->box.name, s->box.fetched, s->box.wanted);
        interrupted = interrupted || session_interrupted(s);
    }
    g_queue_clear(&tags);
    sync_flush(s);
    *finished = !interrupted || uid_set_count(missing) == 0;
    return ok;
}

bool fetch_flags(mtm_session *s, const uid_set *set, GError **error)
{
    g_autoptr(GPtrArray) pieces = uid_set_format_pieces(set, set_bytes(s));
    g_autoptr(GArray) tags = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (guint i = 0; i < pieces->len; i++) {
        GString *c = imap_command("UID FETCH");
        imap_add_text(c, g_ptr_array_index(pieces, i));
        imap_add_text(c, "(UID FLAGS)");
        guint32 tag = imap_send(s->c, c);
        g_array_append_val(tags, tag);
    }
    for (guint i = 0; i < tags->len; i++)
        if (!imap_wait(s->c, g_array_index(tags, guint32, i), NULL, error))
            return false;
    sync_flush(s);
    return true;
}
