/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue of commands to the wire: pipelined, as few writes as possible; a synchronising literal
 * waits for its "+", and a command that is refused there is dropped without harm to those behind
 * it. RFC 9051 section 2.2.1; RFC 7888 (LITERAL+, LITERAL-). */
#include "imap/private.h"

#include "imap/parse.h"

enum {
    LITERAL_MINUS_NBYTES = 4096, /* what LITERAL- lets pass unasked */
    WRITE_NBYTES = 64 << 10,     /* gathered before a write */
};

void queued_command_free(queued_command *q)
{
    g_string_free(q->text, TRUE);
    g_free(q);
}

typedef struct literal_mark {
    gsize head;   /* of "{n}CRLF" */
    gsize body;   /* of the n bytes */
    gsize nbytes;
} literal_mark;

/* Text is safe up to its next CR, LF or NUL, and that must be the line end of a literal's head.
 * 1 with *mark, 0 there is none, -1 it is something else. */
static int next_literal(const GString *text, gsize from, literal_mark *mark)
{
    gsize eol = from;
    while (eol < text->len && text->str[eol] != '\r' && text->str[eol] != '\n' &&
           text->str[eol] != '\0')
        eol++;
    if (eol == text->len)
        return 0;
    const char *open = g_strrstr_len(text->str + from, (gssize)(eol - from), "{");
    cursor c = { .p = open != NULL ? open + 1 : NULL, .end = text->str + text->len };
    guint64 n;
    if (open == NULL || cursor_number(&c, G_MAXINT32, &n) != NUMBER_OK || !cursor_char(&c, '}') ||
        c.p != text->str + eol || !cursor_char(&c, '\r') || !cursor_char(&c, '\n') ||
        n > (guint64)(c.end - c.p))
        return -1;
    *mark = (literal_mark){ (gsize)(open - text->str), (gsize)(c.p - text->str), (gsize)n };
    return 1;
}

bool imap_command_is_safe(const GString *text)
{
    literal_mark mark;
    int found;
    for (gsize at = 0; (found = next_literal(text, at, &mark)) == 1;)
        at = mark.body + mark.nbytes;
    return found == 0 && text->len > 0;
}

static bool needs_no_plus(const imap_connection *c, gsize nbytes)
{
    return imap_has(c, "LITERAL+") || (imap_has(c, "LITERAL-") && nbytes <= LITERAL_MINUS_NBYTES);
}

static bool write_out(imap_connection *c, GString *out, GError **error)
{
    bool ok = out->len == 0 || imap_write(c, out->str, out->len, error);
    g_string_truncate(out, 0);
    return ok;
}

/* One literal behind what is in out.  *refused: the server does not want the command. */
static bool put_literal(imap_connection *c, const queued_command *q, const literal_mark *mark,
                        GString *out, bool *refused, GError **error)
{
    if (needs_no_plus(c, mark->nbytes))
        g_string_append_printf(out, "{%" G_GSIZE_FORMAT "+}\r\n", mark->nbytes);
    else {
        g_string_append_printf(out, "{%" G_GSIZE_FORMAT "}\r\n", mark->nbytes);
        if (!write_out(c, out, error))
            return false;
        plus_result plus = imap_wait_plus(c, q->tag, error);
        *refused = plus == PLUS_REFUSED;
        if (plus != PLUS_CAME)
            return *refused;
    }
    const char *bytes = q->text->str + mark->body;
    if (mark->nbytes > WRITE_NBYTES) /* a whole message is not copied once more */
        return write_out(c, out, error) && imap_write(c, bytes, mark->nbytes, error);
    g_string_append_len(out, bytes, (gssize)mark->nbytes);
    return true;
}

static bool put_command(imap_connection *c, const queued_command *q, GString *out, GError **error)
{
    gsize at = 0;
    literal_mark mark;
    g_autofree char *tag = g_strdup_printf("%c%u ", TAG_LETTER, q->tag);
    g_autoptr(GString) whole = g_string_new(tag);
    g_string_append_len(whole, q->text->str, (gssize)MIN(q->text->len, WRITE_NBYTES));
    wirelog_sent(c->log, whole->str, whole->len);
    g_string_append(out, tag);
    while (next_literal(q->text, at, &mark) == 1) {
        bool refused = false;
        g_string_append_len(out, q->text->str + at, (gssize)(mark.head - at));
        if (!put_literal(c, q, &mark, out, &refused, error))
            return false;
        if (refused)
            return true;
        at = mark.body + mark.nbytes;
    }
    g_string_append_len(out, q->text->str + at, (gssize)(q->text->len - at));
    g_string_append(out, "\r\n");
    return out->len < WRITE_NBYTES || write_out(c, out, error);
}

bool imap_flush(imap_connection *c, GError **error)
{
    g_autoptr(GString) out = NULL;
    queued_command *q;
    while ((q = g_queue_pop_head(&c->queue)) != NULL) {
        if (out == NULL)
            out = g_string_new(NULL);
        bool ok = !c->idle_written ||
                  (write_out(c, out, error) && imap_idle_interrupt(c, out, error));
        ok = ok && put_command(c, q, out, error);
        c->idle_written |= q->tag == c->idle_tag;
        queued_command_free(q);
        if (!ok)
            return false;
    }
    return out == NULL || write_out(c, out, error);
}
