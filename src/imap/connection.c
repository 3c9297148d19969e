/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replies in: reading, what they change here, waiting for the one that ends a command.  Tagged replies wait in
 * a table for who asks, and only those to commands that are on the wire.  Sending is in send.c. */
#include "imap/private.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "base/log.h"

#include <string.h>

enum {
    DEFAULT_TIMEOUT_MS = 60000,
    READ_NBYTES = 64 << 10,
    PROGRESS_NBYTES = 1 << 10, /* fewer in one timeout are no life sign of a server that owes us a reply */
    LOGOUT_MS = 1500,
    AFTER_BYE_MS = 2000,       /* Yandex has been seen to say BYE without an end */
    POLL_ROUNDS = 16,          /* reads of one imap_poll: a server that never pauses must not keep us from the rest */
    FOREIGN_MAX = 100,         /* replies to nothing: a few are a quirk, many mean that we are out of step */
};

/* A stranger who has not even checked a password needs no long lines. */
static const imap_limits before_login = { .line = 8 << 10, .literal = 8 << 10, .total = 16 << 10 };
/* A header that is too long is cut: one such mail must not close its folder. */
static const imap_limits without_bodies = { .line = LIMIT_LINE, .literal = LIMIT_LITERAL_HEADER,
                                            .total = LIMIT_LITERAL_HEADER + LIMIT_REPLY, .cut = G_MAXINT32 };
static const imap_limits with_bodies = { .line = LIMIT_LINE, .literal = LIMIT_LITERAL_BODY,
                                         .total = (gsize)LIMIT_LITERAL_BODY + LIMIT_REPLY };

imap_connection *imap_connection_new(stream *s, const char *log_name)
{
    imap_connection *c = g_new0(imap_connection, 1);
    c->stream = s;
    c->log = wirelog_new(log_name);
    c->log_name = g_strdup(log_name);
    c->lexer = imap_lexer_new(&before_login);
    c->buffer = g_malloc(READ_NBYTES);
    c->timeout_ms = DEFAULT_TIMEOUT_MS;
    c->out = g_string_new(NULL);
    g_queue_init(&c->queue);
    c->waiting = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, sent_command_free);
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
    g_free(c->log_name);
    imap_lexer_free(c->lexer);
    g_free(c->buffer);
    g_clear_object(&c->cancel);
    g_string_free(c->out, TRUE);
    g_queue_clear_full(&c->queue, sent_command_free);
    g_hash_table_unref(c->waiting);
    g_hash_table_unref(c->done);
    g_clear_pointer(&c->capabilities, g_hash_table_unref);
    imap_reply_free(c->continuation);
    g_clear_error(&c->broken);
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

gint64 imap_patience(const imap_connection *c)
{
    return c->authenticated ? 0 : imap_deadline(c);
}

void imap_break(imap_connection *c, GError *cause)
{
    if (c->broken == NULL)
        c->broken = cause;
    else
        g_error_free(cause);
}

bool imap_is_broken(const imap_connection *c, GError **error)
{
    if (c->broken == NULL)
        return false;
    if (error != NULL)
        *error = g_error_copy(c->broken);
    return true;
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

static void take_capabilities(imap_connection *c, char **words)
{
    g_clear_pointer(&c->capabilities, g_hash_table_unref);
    c->capabilities = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    c->capabilities_told = true;
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

/* ---- what a reply changes here */

static bool is_status(imap_reply_kind kind)
{
    return kind == IMAP_OK || kind == IMAP_NO || kind == IMAP_BAD || kind == IMAP_BYE || kind == IMAP_PREAUTH;
}

static void take_bye(imap_connection *c, const imap_reply *r)
{
    g_free(c->bye);
    c->bye = g_strdup(r->text);
    if (c->bye_until_ms == 0)
        c->bye_until_ms = clock_monotonic_ms() + AFTER_BYE_MS;
}

static void take_facts(imap_connection *c, const imap_reply *r)
{
    if ((r->kind == IMAP_CAPABILITY || (is_status(r->kind) && r->code == CODE_CAPABILITY)) && r->words != NULL)
        take_capabilities(c, r->words);
    if (r->kind == IMAP_BYE)
        take_bye(c, r);
    if (r->kind == IMAP_ID && c->authenticated && r->id != NULL && g_hash_table_contains(r->id, "name")) {
        g_free(c->server);
        c->server = g_strdup(g_hash_table_lookup(r->id, "name"));
    }
}

void imap_fit_limits(imap_connection *c)
{
    imap_lexer_set_limits(c->lexer, !c->authenticated ? &before_login : c->nbodies > 0 ? &with_bodies : &without_bodies);
}

void imap_now_authenticated(imap_connection *c)
{
    c->authenticated = true;
    imap_fit_limits(c);
}

/* Of these silence says something: a message or folder that is not named in them is gone. */
static bool silence_counts(imap_reply_kind kind)
{
    return kind == IMAP_SEARCH || kind == IMAP_ESEARCH || kind == IMAP_VANISHED || kind == IMAP_LIST ||
           kind == IMAP_LSUB;
}

static void note_damage(imap_connection *c, imap_reply_kind kind)
{
    GHashTableIter it;
    gpointer k;
    log_warn(LOG_IMAP, "%s: a reply could not be read and was passed over (kind %d)", c->log_name, (int)kind);
    if (!silence_counts(kind))
        return;
    g_hash_table_iter_init(&it, c->waiting);
    while (g_hash_table_iter_next(&it, NULL, &k))
        ((sent_command *)k)->doubtful = true;
}

/* Takes r.  False: too many that fit nothing. */
static bool take_foreign(imap_connection *c, imap_reply *r, GError **error)
{
    imap_reply_free(r);
    if (++c->nforeign <= FOREIGN_MAX)
        return true;
    error_set(error, ERROR_PROTOCOL, _("the server answers what was never asked"));
    return false;
}

/* Takes r. */
static bool take_answer(imap_connection *c, imap_reply *r, GError **error)
{
    gpointer key = GUINT_TO_POINTER(r->tag);
    sent_command *k = g_hash_table_lookup(c->waiting, key);
    if (k == NULL)
        return take_foreign(c, r, error);
    take_facts(c, r);
    c->nforeign = 0;
    r->doubtful = k->doubtful;
    bool bodies = k->asks_bodies;
    g_hash_table_remove(c->waiting, key);
    if (bodies && --c->nbodies == 0)
        imap_fit_limits(c);
    g_hash_table_replace(c->done, key, r);
    return true;
}

/* Takes r.  Errors end the connection, but for CANCELLED. */
static bool accept_reply(imap_connection *c, imap_reply *r, GError **error)
{
    if (r->foreign)
        return take_foreign(c, r, error);
    if (r->tag != 0)
        return take_answer(c, r, error);
    take_facts(c, r);
    if (r->kind == IMAP_CONTINUE) {
        imap_reply_free(c->continuation);
        c->continuation = r;
        return true;
    }
    bool go_on = true;
    if (r->damaged != 0)
        note_damage(c, r->damaged);
    else if (c->authenticated && r->kind != IMAP_OTHER && c->handler != NULL)
        go_on = c->handler(r, c->handler_data);
    imap_reply_free(r);
    if (!go_on)
        error_set(error, ERROR_CANCELLED, _("cancelled"));
    return go_on;
}

/* ---- reading */

static void lost(const imap_connection *c, GError **error)
{
    g_autofree char *words = c->bye != NULL ? wirelog_masked(c->log, c->bye) : NULL;
    if (words != NULL && words[0] != '\0')
        error_set(error, ERROR_NETWORK, _("the server closed the connection: %s"), words);
    else
        error_set(error, ERROR_NETWORK, _("the server closed the connection"));
}

/* What failed is kept, unless a later try may succeed.  Takes cause; gives false. */
static bool fail(imap_connection *c, GError *cause, GError **error)
{
    error_kind kind = error_kind_of(cause);
    if (kind != ERROR_TIMEOUT && kind != ERROR_CANCELLED)
        imap_break(c, g_error_copy(cause));
    g_propagate_error(error, cause);
    return false;
}

/* The count, or 0 with *error. */
static gsize read_more(imap_connection *c, gint64 deadline_ms, GError **error)
{
    GError *cause = NULL;
    if (c->bye_until_ms != 0 && (deadline_ms == 0 || deadline_ms > c->bye_until_ms))
        deadline_ms = c->bye_until_ms;
    gssize n = stream_read(c->stream, c->buffer, READ_NBYTES, deadline_ms, c->cancel, &cause);
    if (n > 0) {
        imap_lexer_feed(c->lexer, c->buffer, (gsize)n);
        return (gsize)n;
    }
    if (n == 0 || (c->bye_until_ms != 0 && error_kind_of(cause) != ERROR_CANCELLED)) {
        g_clear_error(&cause);
        lost(c, &cause);
    }
    fail(c, cause, error);
    return 0;
}

/* As imap_reply_parse.  A body that was cut is none. */
static imap_reply *parse(imap_connection *c, const char *bytes, gsize nbytes, GError **error)
{
    wirelog_received(c->log, bytes, nbytes);
    imap_reply *r = imap_reply_parse(bytes, nbytes, error);
    if (r != NULL && r->fetch != NULL && imap_lexer_was_cut(c->lexer)) {
        g_clear_pointer(&r->fetch->body, g_bytes_unref);
        g_clear_pointer(&r->fetch->body_section, g_free);
    }
    return r;
}

/* 1 a reply was there and has taken effect, 0 bytes are missing, -1. */
static int take_one(imap_connection *c, GError **error)
{
    const char *bytes = NULL;
    gsize nbytes = 0;
    GError *cause = NULL;
    int got = imap_lexer_next(c->lexer, &bytes, &nbytes, &cause);
    if (got == 0)
        return 0;
    imap_reply *r = got > 0 ? parse(c, bytes, nbytes, &cause) : NULL;
    if (r != NULL && accept_reply(c, r, &cause))
        return 1;
    fail(c, cause, error);
    return -1;
}

static bool over(gint64 deadline_ms)
{
    return deadline_ms != 0 && clock_monotonic_ms() >= deadline_ms;
}

/* A server that never pauses leaves no silence to notice that the time is over. */
static bool time_is_over(imap_connection *c, gint64 deadline_ms, GError **error)
{
    GError *cause = NULL;
    if (over(c->bye_until_ms))
        lost(c, &cause);
    else if (over(deadline_ms))
        error_set(&cause, ERROR_TIMEOUT, _("no answer in time"));
    return cause != NULL && !fail(c, cause, error);
}

bool imap_read_one(imap_connection *c, gint64 deadline_ms, GError **error)
{
    gint64 until_ms = deadline_ms != 0 ? deadline_ms : imap_deadline(c);
    gsize fed = 0;
    if (imap_is_broken(c, error) || time_is_over(c, deadline_ms, error))
        return false;
    for (;;) {
        int got = take_one(c, error);
        if (got != 0)
            return got > 0;
        gsize n = read_more(c, until_ms, error);
        if (n == 0)
            return false;
        fed += n;
        if (deadline_ms == 0 && fed >= PROGRESS_NBYTES) {
            until_ms = imap_deadline(c);
            fed = 0;
        }
    }
}

bool imap_poll(imap_connection *c, GError **error)
{
    if (imap_is_broken(c, error))
        return false;
    for (int round = 0; round < POLL_ROUNDS;) {
        int got = take_one(c, error);
        if (got < 0)
            return false;
        if (got > 0)
            continue;
        int ready = stream_wait(c->stream, clock_monotonic_ms(), c->cancel, error);
        if (ready <= 0)
            return ready == 0 && !time_is_over(c, 0, error);
        if (read_more(c, 0, error) == 0)
            return false;
        round++;
    }
    return !time_is_over(c, 0, error);
}

/* ---- the greeting */

static bool judge_greeting(imap_connection *c, const imap_reply *r, bool allow_preauth, bool *preauth, GError **error)
{
    *preauth = r->kind == IMAP_PREAUTH;
    if (r->kind == IMAP_BYE) {
        error_set(error, ERROR_REFUSED, _("the server refuses: %s"), r->text);
        return false;
    }
    if (r->tag != 0 || (r->kind != IMAP_OK && r->kind != IMAP_PREAUTH)) {
        error_set(error, ERROR_PROTOCOL, _("the server did not greet as an IMAP server does"));
        return false;
    }
    if (*preauth && !allow_preauth) {
        error_set(error, ERROR_PROTOCOL, _("the server says that nobody needs to log in, which only a tunnel may"));
        return false;
    }
    take_facts(c, r);
    if (*preauth)
        imap_now_authenticated(c);
    return true;
}

bool imap_greet(imap_connection *c, bool allow_preauth, bool *preauth, GError **error)
{
    const char *bytes = NULL;
    gsize nbytes = 0;
    int got;
    gint64 deadline_ms = imap_deadline(c);
    *preauth = false;
    while ((got = imap_lexer_next(c->lexer, &bytes, &nbytes, error)) == 0)
        if (read_more(c, deadline_ms, error) == 0)
            return false;
    g_autoptr(imap_reply) r = got > 0 ? parse(c, bytes, nbytes, error) : NULL;
    return r != NULL && judge_greeting(c, r, allow_preauth, preauth, error);
}

/* ---- waiting */

imap_reply *imap_take_answer(imap_connection *c, guint32 tag)
{
    gpointer key = GUINT_TO_POINTER(tag);
    imap_reply *r = g_hash_table_lookup(c->done, key);
    if (r != NULL)
        g_hash_table_steal(c->done, key);
    return r;
}

imap_reply *imap_wait_until(imap_connection *c, guint32 tag, gint64 deadline_ms, GError **error)
{
    bool flushed = c->out->len == 0;
    for (;;) {
        imap_reply *r = imap_take_answer(c, tag);
        if (r != NULL)
            return r;
        if (!flushed) {
            if (!imap_flush(c, error))
                return NULL;
            flushed = true;
            continue;
        }
        if (imap_is_broken(c, error))
            return NULL;
        if (!g_hash_table_contains(c->waiting, GUINT_TO_POINTER(tag))) {
            error_set(error, ERROR_INTERNAL, "nothing with the tag %u waits for an answer", tag);
            return NULL;
        }
        if (!imap_read_one(c, deadline_ms, error))
            return NULL;
    }
}

imap_reply *imap_wait_reply(imap_connection *c, guint32 tag, GError **error)
{
    return imap_wait_until(c, tag, imap_patience(c), error);
}

bool imap_wait(imap_connection *c, guint32 tag, imap_code *code, GError **error)
{
    g_autoptr(imap_reply) r = imap_wait_reply(c, tag, error);
    if (r == NULL)
        return false;
    if (code != NULL)
        *code = r->code;
    if (r->kind == IMAP_OK) {
        if (r->doubtful)
            error_set(error, ERROR_PROTOCOL, _("a part of the server's answer could not be read"));
        return !r->doubtful;
    }
    g_autofree char *words = wirelog_masked(c->log, r->text);
    error_set(error, r->kind == IMAP_NO ? ERROR_REFUSED : ERROR_PROTOCOL, "%s",
              words[0] != '\0' ? words : _("no reason given"));
    return false;
}

bool imap_run(imap_connection *c, GString *command, imap_code *code, GError **error)
{
    return imap_wait(c, imap_send(c, command), code, error);
}

void imap_logout(imap_connection *c)
{
    if (c->broken != NULL)
        return;
    c->timeout_ms = LOGOUT_MS;
    guint32 tag = imap_send_text(c, "LOGOUT");
    g_autoptr(imap_reply) r = imap_wait_until(c, tag, imap_deadline(c), NULL);
}
