/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue of commands to the wire: pipelined, as few writes as possible; a synchronising literal
 * waits for its "+", and a command that is refused there is dropped without harm to those behind
 * it. RFC 9051 section 2.2.1; RFC 7888 (LITERAL+, LITERAL-). */
#include "imap/private.h"

#include "imap/parse.h"

enum {
    LITERAL_MINUS_NBYTES = 4096, /* what LITERAL- lets pass unasked */
    UNASKED_NBYTES = 256 << 10,  /* a message that may be refused is not sent in vain beyond this */
    WRITE_NBYTES = 64 << 10,     /* gathered before a write */
};

void queued_command_free(queued_command *q)
{
    g_string_free(q->text, TRUE);
    g_clear_pointer(&q->inserts, g_array_unref);
    g_free(q);
}

static void clear_insert(gpointer data)
{
    g_bytes_unref(((insert *)data)->bytes);
}

GArray *imap_inserts_new(void)
{
    GArray *inserts = g_array_new(FALSE, FALSE, sizeof(insert));
    g_array_set_clear_func(inserts, clear_insert);
    return inserts;
}

typedef struct literal_mark {
    gsize head; /* of "{n}CRLF" */
    gsize body; /* of the n bytes */
    gsize nbytes;
} literal_mark;

typedef struct literal {
    const char *bytes;
    gsize nbytes;
    bool literal8;
} literal;

/* Text is safe up to its next CR, LF or NUL before `to`, and that must be the line end of a
 * literal's head.  1 with *mark, 0 there is none, -1 it is something else. */
static int next_literal(const GString *text, gsize from, gsize to, literal_mark *mark)
{
    gsize eol = from;
    while (eol < to && text->str[eol] != '\r' && text->str[eol] != '\n' && text->str[eol] != '\0')
        eol++;
    if (eol == to)
        return 0;
    const char *open = g_strrstr_len(text->str + from, (gssize)(eol - from), "{");
    cursor c = { .p = open != NULL ? open + 1 : NULL, .end = text->str + to };
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
    for (gsize at = 0; (found = next_literal(text, at, text->len, &mark)) == 1;)
        at = mark.body + mark.nbytes;
    return found == 0 && text->len > 0;
}

static bool needs_no_plus(const imap_connection *c, gsize nbytes)
{
    if (nbytes > UNASKED_NBYTES)
        return false;
    return imap_has(c, "LITERAL+") || (imap_has(c, "LITERAL-") && nbytes <= LITERAL_MINUS_NBYTES);
}

static bool write_out(imap_connection *c, GString *out, GError **error)
{
    bool ok = out->len == 0 || imap_write(c, out->str, out->len, error);
    g_string_truncate(out, 0);
    return ok;
}

/* One literal behind what is in out.  PLUS_REFUSED: the server does not want the command. */
static plus_result put_literal(imap_connection *c, guint32 tag, const literal *l, GString *out,
                               GError **error)
{
    bool unasked = needs_no_plus(c, l->nbytes);
    g_string_append_printf(out, "%s{%" G_GSIZE_FORMAT "%s}\r\n", l->literal8 ? "~" : "", l->nbytes,
                           unasked ? "+" : "");
    if (!unasked) {
        if (!write_out(c, out, error))
            return PLUS_ERROR;
        plus_result plus = imap_wait_plus(c, tag, error);
        if (plus != PLUS_CAME)
            return plus;
    }
    if (l->nbytes <= WRITE_NBYTES) {
        g_string_append_len(out, l->bytes, (gssize)l->nbytes);
        return PLUS_CAME;
    }
    /* A whole message is not copied once more. */
    return write_out(c, out, error) && imap_write(c, l->bytes, l->nbytes, error) ? PLUS_CAME
                                                                                 : PLUS_ERROR;
}

/* The text up to `to`, with the literals in it. */
static plus_result put_text(imap_connection *c, const queued_command *q, gsize at, gsize to,
                            GString *out, GError **error)
{
    literal_mark mark;
    while (next_literal(q->text, at, to, &mark) == 1) {
        literal l = { .bytes = q->text->str + mark.body, .nbytes = mark.nbytes };
        g_string_append_len(out, q->text->str + at, (gssize)(mark.head - at));
        plus_result put = put_literal(c, q->tag, &l, out, error);
        if (put != PLUS_CAME)
            return put;
        at = mark.body + mark.nbytes;
    }
    g_string_append_len(out, q->text->str + at, (gssize)(to - at));
    return PLUS_CAME;
}

static plus_result put_parts(imap_connection *c, const queued_command *q, GString *out,
                             GError **error)
{
    gsize at = 0;
    for (guint i = 0; q->inserts != NULL && i < q->inserts->len; i++) {
        const insert *in = &g_array_index(q->inserts, insert, i);
        literal l = { .literal8 = in->literal8 };
        l.bytes = g_bytes_get_data(in->bytes, &l.nbytes);
        plus_result put = put_text(c, q, at, in->at, out, error);
        if (put == PLUS_CAME)
            put = put_literal(c, q->tag, &l, out, error);
        if (put != PLUS_CAME)
            return put;
        at = in->at;
    }
    return put_text(c, q, at, q->text->len, out, error);
}

static bool put_command(imap_connection *c, const queued_command *q, GString *out, GError **error)
{
    g_autofree char *tag = g_strdup_printf("%c%u ", TAG_LETTER, q->tag);
    g_autoptr(GString) whole = g_string_new(tag);
    g_string_append_len(whole, q->text->str, (gssize)MIN(q->text->len, WRITE_NBYTES));
    wirelog_sent(c->log, whole->str, whole->len);
    g_string_append(out, tag);
    switch (put_parts(c, q, out, error)) {
    case PLUS_REFUSED:
        return true;
    case PLUS_ERROR:
        return false;
    case PLUS_CAME:
        break;
    }
    g_string_append(out, "\r\n");
    return out->len < WRITE_NBYTES || write_out(c, out, error);
}

static queued_command *next_command(imap_connection *c)
{
    if (g_queue_is_empty(&c->queue) && c->idle_again) {
        c->idle_again = false;
        imap_idle_begin(c);
    }
    return g_queue_pop_head(&c->queue);
}

bool imap_flush(imap_connection *c, GError **error)
{
    g_autoptr(GString) out = NULL;
    queued_command *q;
    while ((q = next_command(c)) != NULL) {
        if (out == NULL)
            out = g_string_new(NULL);
        bool ok =
            !c->idle_written || (write_out(c, out, error) && imap_idle_interrupt(c, out, error));
        ok = ok && put_command(c, q, out, error);
        c->idle_written |= q->tag == c->idle_tag;
        queued_command_free(q);
        if (!ok)
            return false;
    }
    return out == NULL || write_out(c, out, error);
}
