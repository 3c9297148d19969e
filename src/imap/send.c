/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From command text to the wire: tags, the queue, and literals, which become non-synchronising where the
 * server takes that (RFC 7888) and wait for its "+" where it does not. */
#include "imap/private.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/i18n.h"
#include "imap/parse.h"

enum {
    LITERAL_MINUS_NBYTES = 4096, /* RFC 7888: what LITERAL- lets pass unasked */
    PIECE_NBYTES = 64 << 10,     /* written under one deadline */
};

void sent_command_free(gpointer data)
{
    sent_command *k = data;
    if (k == NULL)
        return;
    if (k->stops != NULL)
        g_array_unref(k->stops);
    g_free(k);
}

/* ---- the queue */

static bool takes_literal(const imap_connection *c, gsize nbytes)
{
    return imap_has(c, "LITERAL+") || (imap_has(c, "LITERAL-") && nbytes <= LITERAL_MINUS_NBYTES);
}

static void append_literal(imap_connection *c, sent_command *k, const char *bytes, gsize nbytes)
{
    bool plus = takes_literal(c, nbytes);
    g_string_append_printf(c->out, "{%" G_GSIZE_FORMAT "%s}\r\n", nbytes, plus ? "+" : "");
    if (!plus) {
        if (k->stops == NULL)
            k->stops = g_array_new(FALSE, FALSE, sizeof(gsize));
        g_array_append_val(k->stops, c->out->len);
    }
    g_string_append_len(c->out, bytes, (gssize)nbytes);
}

/* A literal as imap_add_string leaves it: CR, "{n}", n bytes.  A CR stands nowhere else in a command, so
 * that nothing in a string can be taken for one. */
static const char *marked_literal(const char *p, const char *end, gsize *nbytes)
{
    cursor at = { .p = p, .end = end };
    guint64 n = 0;
    if (!cursor_char(&at, '\r') || !cursor_char(&at, '{') || cursor_number(&at, G_MAXINT32, &n) != NUMBER_OK ||
        !cursor_char(&at, '}') || n > (guint64)(end - at.p))
        return NULL;
    *nbytes = (gsize)n;
    return at.p;
}

static const char *next_control(const char *p, const char *end)
{
    while (p < end && *p != '\r' && *p != '\n' && *p != '\0')
        p++;
    return p;
}

/* False when the command holds a line end or a NUL: the last gate. */
static bool append_command(imap_connection *c, sent_command *k, const GString *command)
{
    const char *p = command->str, *end = command->str + command->len;
    for (;;) {
        const char *stop = next_control(p, end);
        g_string_append_len(c->out, p, stop - p);
        if (stop == end)
            break;
        gsize nbytes = 0;
        const char *bytes = marked_literal(stop, end, &nbytes);
        if (bytes == NULL)
            return false;
        append_literal(c, k, bytes, nbytes);
        p = bytes + nbytes;
    }
    g_string_append(c->out, "\r\n");
    return true;
}

/* "BODY.PEEK[]", but not "BODY.PEEK[HEADER...": large literals are expected only when they were asked for. */
static bool asks_bodies(const GString *command)
{
    const char *end = command->str + command->len;
    for (const char *p = command->str; (p = memchr(p, '[', (gsize)(end - p))) != NULL; p++)
        if (p > command->str && g_ascii_isalpha(p[-1]) && g_ascii_strncasecmp(p + 1, "HEADER", 6) != 0)
            return true;
    return false;
}

/* Answered here, so that who waits for it hears why. */
static void refuse_here(imap_connection *c, guint32 tag)
{
    imap_reply *r = g_new0(imap_reply, 1);
    r->kind = IMAP_BAD;
    r->tag = tag;
    r->text = g_strdup(_("the command holds what cannot stand on one line, and was not sent"));
    g_hash_table_replace(c->done, GUINT_TO_POINTER(tag), r);
}

guint32 imap_send(imap_connection *c, GString *command)
{
    sent_command *k = g_new0(sent_command, 1);
    guint32 tag = k->tag = ++c->last_tag;
    gsize start = c->out->len;
    k->asks_bodies = asks_bodies(command);
    g_string_append_printf(c->out, "%c%u ", TAG_LETTER, tag);
    bool sound = append_command(c, k, command);
    if (sound && c->broken == NULL) {
        k->end = c->out->len;
        wirelog_sent(c->log, c->out->str + start, k->end - 2 - start);
        g_queue_push_tail(&c->queue, k);
    } else {
        g_string_truncate(c->out, start);
        sent_command_free(k);
        if (!sound)
            refuse_here(c, tag);
    }
    g_string_free(command, TRUE);
    return tag;
}

guint32 imap_send_text(imap_connection *c, const char *text)
{
    return imap_send(c, g_string_new(text));
}

static void now_waiting(imap_connection *c, sent_command *k)
{
    g_hash_table_replace(c->waiting, GUINT_TO_POINTER(k->tag), k);
    if (k->asks_bodies && c->nbodies++ == 0)
        imap_fit_limits(c);
}

guint32 imap_begin(imap_connection *c)
{
    sent_command *k = g_new0(sent_command, 1);
    k->tag = ++c->last_tag;
    now_waiting(c, k);
    return k->tag;
}

/* ---- the wire */

/* In pieces, each with a deadline of its own: a large upload over a slow link is no dead link.  What was
 * written in part cannot be continued by another command. */
bool imap_write(imap_connection *c, const char *bytes, gsize nbytes, GError **error)
{
    if (imap_is_broken(c, error))
        return false;
    while (nbytes > 0) {
        gsize n = MIN(nbytes, PIECE_NBYTES);
        GError *cause = NULL;
        if (!stream_write(c->stream, bytes, n, imap_deadline(c), c->cancel, &cause)) {
            imap_break(c, cause);
            return !imap_is_broken(c, error);
        }
        bytes += n;
        nbytes -= n;
    }
    return true;
}

bool imap_wait_continuation(imap_connection *c, guint32 tag, imap_reply **refused, GError **error)
{
    gint64 deadline_ms = imap_patience(c);
    while (c->continuation == NULL) {
        *refused = imap_take_answer(c, tag);
        if (*refused != NULL || !imap_read_one(c, deadline_ms, error))
            return false;
    }
    g_clear_pointer(&c->continuation, imap_reply_free);
    return true;
}

/* Write up to each stop of k and wait for "+".  A refusal of a literal is the answer to the command, whose
 * rest is left out. */
static bool pass_stops(imap_connection *c, const sent_command *k, gsize *at, GError **error)
{
    for (guint i = 0; k->stops != NULL && i < k->stops->len; i++) {
        gsize stop = g_array_index(k->stops, gsize, i);
        g_clear_pointer(&c->continuation, imap_reply_free); /* one that came unasked */
        if (!imap_write(c, c->out->str + *at, stop - *at, error))
            return false;
        *at = stop;
        imap_reply *refused = NULL;
        if (imap_wait_continuation(c, k->tag, &refused, error))
            continue;
        if (refused == NULL)
            return false;
        g_hash_table_replace(c->done, GUINT_TO_POINTER(k->tag), refused);
        *at = k->end;
        return true;
    }
    return true;
}

bool imap_flush(imap_connection *c, GError **error)
{
    gsize at = 0;
    bool ok = true;
    sent_command *k;
    while (ok && (k = g_queue_pop_head(&c->queue)) != NULL) {
        g_autoptr(GArray) stops = k->stops; /* k is gone when its answer comes */
        sent_command copy = *k;
        k->stops = NULL;
        now_waiting(c, k);
        ok = pass_stops(c, &copy, &at, error);
    }
    if (ok && at < c->out->len)
        ok = imap_write(c, c->out->str + at, c->out->len - at, error);
    g_queue_clear_full(&c->queue, sent_command_free);
    g_string_truncate(c->out, 0);
    return ok;
}
