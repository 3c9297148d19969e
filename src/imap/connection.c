/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands out, replies in.  Tags are counted; tagged replies wait in a table for who asks. */
#include "imap/private.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "imap/parse.h"

#include <string.h>

enum {
    DEFAULT_TIMEOUT_MS = 60000,
    READ_NBYTES = 64 << 10,
    LOGOUT_MS = 1500,
    LITERAL_MINUS_NBYTES = 4096, /* RFC 7888: what LITERAL- lets pass unasked */
};

/* A stranger who has not even checked a password needs no long lines. */
static const imap_limits before_login = { .line = 8 << 10, .literal = 8 << 10, .total = 16 << 10 };
static const imap_limits after_login = { .line = LIMIT_LINE, .literal = LIMIT_LITERAL_BODY,
                                         .total = (gsize)LIMIT_LITERAL_BODY + (64u << 20) };

imap_connection *imap_connection_new(stream *s, const char *log_name)
{
    imap_connection *c = g_new0(imap_connection, 1);
    c->stream = s;
    c->log = wirelog_new(log_name);
    c->lexer = imap_lexer_new(&before_login);
    c->timeout_ms = DEFAULT_TIMEOUT_MS;
    c->out = g_string_new(NULL);
    g_queue_init(&c->literals);
    c->done = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, (GDestroyNotify)imap_reply_free);
    c->server = g_strdup("");
    return c;
}

void imap_connection_free(imap_connection *c)
{
    if (c == NULL)
        return;
    stream_close(c->stream);
    wirelog_free(c->log);
    imap_lexer_free(c->lexer);
    g_clear_object(&c->cancel);
    g_string_free(c->out, TRUE);
    g_queue_clear(&c->literals);
    g_hash_table_unref(c->done);
    g_clear_pointer(&c->capabilities, g_hash_table_unref);
    imap_reply_free(c->continuation);
    g_free(c->server);
    g_free(c->bye);
    g_free(c);
}

void imap_connection_set_handler(imap_connection *c, imap_reply_fn fn, gpointer data)
{
    c->handler = fn;
    c->handler_data = data;
}

void imap_connection_set_cancel(imap_connection *c, GCancellable *cancel)
{
    g_set_object(&c->cancel, cancel);
}

void imap_connection_set_timeout(imap_connection *c, int timeout_ms)
{
    c->timeout_ms = timeout_ms;
}

gint64 imap_deadline(const imap_connection *c)
{
    return clock_monotonic_ms() + c->timeout_ms;
}

const char *imap_server_name(const imap_connection *c)
{
    return c->server;
}

void imap_connection_counts(const imap_connection *c, guint64 *received, guint64 *sent)
{
    stream_counts(c->stream, received, sent);
}

/* ---- capabilities */

void imap_take_capabilities(imap_connection *c, char **words)
{
    g_clear_pointer(&c->capabilities, g_hash_table_unref);
    c->capabilities = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (; words != NULL && *words != NULL; words++)
        g_hash_table_add(c->capabilities, g_strdup(*words));
}

bool imap_has(const imap_connection *c, const char *capability)
{
    if (c->capabilities == NULL)
        return false;
    g_autofree char *upper = g_ascii_strup(capability, -1);
    return g_hash_table_contains(c->capabilities, upper);
}

bool imap_capability(imap_connection *c, GError **error)
{
    return c->capabilities != NULL || imap_wait(c, imap_send_text(c, "CAPABILITY"), NULL, error);
}

/* ---- replies */

static bool is_status(imap_reply_kind kind)
{
    return kind == IMAP_OK || kind == IMAP_NO || kind == IMAP_BAD || kind == IMAP_BYE || kind == IMAP_PREAUTH;
}

static void take_facts(imap_connection *c, const imap_reply *r)
{
    if ((r->kind == IMAP_CAPABILITY || (is_status(r->kind) && r->code == CODE_CAPABILITY)) && r->words != NULL)
        imap_take_capabilities(c, r->words);
    if (r->kind == IMAP_BYE) {
        g_free(c->bye);
        c->bye = g_strdup(r->text);
    }
    if (r->kind == IMAP_ID && r->id != NULL && g_hash_table_contains(r->id, "name")) {
        g_free(c->server);
        c->server = g_strdup(g_hash_table_lookup(r->id, "name"));
    }
}

/* Takes r.  Replies with a tag that was never sent are dropped. */
static bool accept_reply(imap_connection *c, imap_reply *r, GError **error)
{
    g_autoptr(imap_reply) reply = r;
    if (r->tag > c->last_tag)
        return true;
    take_facts(c, r);
    if (r->tag != 0) {
        gpointer key = GUINT_TO_POINTER(r->tag);
        g_hash_table_replace(c->done, key, g_steal_pointer(&reply));
        return true;
    }
    if (r->kind == IMAP_CONTINUE) {
        imap_reply_free(c->continuation);
        c->continuation = g_steal_pointer(&reply);
        return true;
    }
    if (!c->authenticated || r->kind == IMAP_OTHER || c->handler == NULL || c->handler(r, c->handler_data))
        return true;
    error_set(error, ERROR_CANCELLED, "stopped");
    return false;
}

static bool lost(imap_connection *c, GError **error)
{
    if (c->bye != NULL && c->bye[0] != '\0')
        error_set(error, ERROR_NETWORK, "the server closed the connection: %s", c->bye);
    else
        error_set(error, ERROR_NETWORK, "the server closed the connection");
    return false;
}

static bool read_more(imap_connection *c, gint64 deadline_ms, GError **error)
{
    char bytes[READ_NBYTES];
    gssize n = stream_read(c->stream, bytes, sizeof bytes, deadline_ms, c->cancel, error);
    if (n < 0)
        return false;
    if (n == 0)
        return lost(c, error);
    imap_lexer_feed(c->lexer, bytes, (gsize)n);
    return true;
}

/* 1 a reply was there and has taken effect, 0 bytes are missing, -1. */
static int take_one(imap_connection *c, GError **error)
{
    const char *bytes = NULL;
    gsize nbytes = 0;
    int got = imap_lexer_next(c->lexer, &bytes, &nbytes, error);
    if (got <= 0)
        return got;
    wirelog_received(c->log, bytes, nbytes);
    imap_reply *r = imap_reply_parse(bytes, nbytes, error);
    if (r == NULL)
        return -1;
    return accept_reply(c, r, error) ? 1 : -1;
}

bool imap_read_one(imap_connection *c, gint64 deadline_ms, GError **error)
{
    for (;;) {
        int got = take_one(c, error);
        if (got != 0)
            return got > 0;
        if (!read_more(c, deadline_ms != 0 ? deadline_ms : imap_deadline(c), error))
            return false;
    }
}

bool imap_poll(imap_connection *c, GError **error)
{
    for (;;) {
        int got = take_one(c, error);
        if (got < 0)
            return false;
        if (got > 0)
            continue;
        int ready = stream_wait(c->stream, clock_monotonic_ms(), c->cancel, error);
        if (ready <= 0)
            return ready == 0;
        if (!read_more(c, 0, error))
            return false;
    }
}

/* ---- the greeting */

bool imap_greet(imap_connection *c, bool allow_preauth, bool *preauth, GError **error)
{
    const char *bytes = NULL;
    gsize nbytes = 0;
    int got;
    gint64 deadline = imap_deadline(c);
    while ((got = imap_lexer_next(c->lexer, &bytes, &nbytes, error)) == 0)
        if (!read_more(c, deadline, error))
            return false;
    if (got < 0)
        return false;
    wirelog_received(c->log, bytes, nbytes);
    g_autoptr(imap_reply) r = imap_reply_parse(bytes, nbytes, error);
    if (r == NULL)
        return false;
    *preauth = r->kind == IMAP_PREAUTH;
    if (r->kind == IMAP_BYE) {
        error_set(error, ERROR_REFUSED, "the server refuses: %s", r->text);
        return false;
    }
    if (r->tag != 0 || (r->kind != IMAP_OK && r->kind != IMAP_PREAUTH)) {
        g_autofree char *start = g_strndup(bytes, MIN(nbytes, 60));
        error_set(error, ERROR_PROTOCOL, "this is no IMAP greeting: %s", start);
        return false;
    }
    if (*preauth && !allow_preauth) {
        error_set(error, ERROR_PROTOCOL, "the server says that nobody needs to log in, which only a tunnel may");
        return false;
    }
    take_facts(c, r);
    if (*preauth)
        imap_now_authenticated(c);
    return true;
}

void imap_now_authenticated(imap_connection *c)
{
    c->authenticated = true;
    imap_lexer_set_limits(c->lexer, &after_login);
}

/* ---- commands */

static bool takes_literal(const imap_connection *c, gsize nbytes)
{
    return imap_has(c, "LITERAL+") || (imap_has(c, "LITERAL-") && nbytes <= LITERAL_MINUS_NBYTES);
}

/* Copies the command to the queue; literals become non-synchronising where the server takes that. */
static void append_command(imap_connection *c, const GString *command)
{
    const char *p = command->str, *end = command->str + command->len;
    const char *mark;
    while ((mark = g_strstr_len(p, end - p, "}\r\n")) != NULL) {
        const char *open = mark;
        while (open > p && *open != '{')
            open--;
        gsize nbytes = (gsize)g_ascii_strtoull(open + 1, NULL, 10);
        g_string_append_len(c->out, p, mark - p);
        if (takes_literal(c, nbytes)) {
            g_string_append(c->out, "+}\r\n");
        } else {
            g_string_append(c->out, "}\r\n");
            g_queue_push_tail(&c->literals, GSIZE_TO_POINTER(c->out->len));
        }
        p = mark + 3;
        gsize body = MIN(nbytes, (gsize)(end - p));
        g_string_append_len(c->out, p, (gssize)body);
        p += body;
    }
    g_string_append_len(c->out, p, end - p);
    g_string_append(c->out, "\r\n");
}

guint32 imap_send(imap_connection *c, GString *command)
{
    guint32 tag = ++c->last_tag;
    g_autofree char *prefix = g_strdup_printf("%c%u ", TAG_LETTER, tag);
    g_string_prepend(command, prefix);
    wirelog_sent(c->log, command->str, command->len);
    append_command(c, command);
    g_string_free(command, TRUE);
    return tag;
}

guint32 imap_send_text(imap_connection *c, const char *text)
{
    return imap_send(c, g_string_new(text));
}

bool imap_write(imap_connection *c, const char *bytes, gsize nbytes, GError **error)
{
    return stream_write(c->stream, bytes, nbytes, imap_deadline(c), c->cancel, error);
}

bool imap_wait_continuation(imap_connection *c, guint32 tag, imap_reply **refused, GError **error)
{
    gint64 deadline = imap_deadline(c);
    while (c->continuation == NULL) {
        gpointer key = GUINT_TO_POINTER(tag);
        imap_reply *r = g_hash_table_lookup(c->done, key);
        if (r != NULL) {
            g_hash_table_steal(c->done, key);
            *refused = r;
            return false;
        }
        if (!imap_read_one(c, deadline, error))
            return false;
    }
    g_clear_pointer(&c->continuation, imap_reply_free);
    return true;
}

/* The queue up to its next synchronising literal, then the server's "+". */
static bool flush_literals(imap_connection *c, gsize *at, GError **error)
{
    while (!g_queue_is_empty(&c->literals)) {
        gsize until = GPOINTER_TO_SIZE(g_queue_pop_head(&c->literals));
        if (!imap_write(c, c->out->str + *at, until - *at, error))
            return false;
        *at = until;
        imap_reply *refused = NULL;
        if (imap_wait_continuation(c, 0, &refused, error))
            continue;
        return false; /* what is queued behind cannot be sent any more */
    }
    return true;
}

bool imap_flush(imap_connection *c, GError **error)
{
    gsize at = 0;
    bool ok = flush_literals(c, &at, error);
    if (ok && at < c->out->len)
        ok = imap_write(c, c->out->str + at, c->out->len - at, error);
    g_queue_clear(&c->literals);
    g_string_truncate(c->out, 0);
    return ok;
}

imap_reply *imap_wait_reply(imap_connection *c, guint32 tag, GError **error)
{
    if (c->out->len > 0 && !imap_flush(c, error))
        return NULL;
    gpointer key = GUINT_TO_POINTER(tag);
    for (;;) {
        imap_reply *r = g_hash_table_lookup(c->done, key);
        if (r != NULL) {
            g_hash_table_steal(c->done, key);
            return r;
        }
        if (!imap_read_one(c, 0, error))
            return NULL;
    }
}

bool imap_wait(imap_connection *c, guint32 tag, imap_code *code, GError **error)
{
    g_autoptr(imap_reply) r = imap_wait_reply(c, tag, error);
    if (r == NULL)
        return false;
    if (code != NULL)
        *code = r->code;
    if (r->kind == IMAP_OK)
        return true;
    bool silent = r->text == NULL || r->text[0] == '\0';
    g_autofree char *words = wirelog_masked(c->log, silent ? "no reason given" : r->text);
    error_set(error, r->kind == IMAP_NO ? ERROR_REFUSED : ERROR_PROTOCOL, "%s", words);
    return false;
}

bool imap_run(imap_connection *c, GString *command, imap_code *code, GError **error)
{
    return imap_wait(c, imap_send(c, command), code, error);
}

void imap_logout(imap_connection *c)
{
    c->timeout_ms = LOGOUT_MS;
    g_autoptr(imap_reply) r = imap_wait_reply(c, imap_send_text(c, "LOGOUT"), NULL);
}
