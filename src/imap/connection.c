/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replies in, and who gets them: tagged ones wait in a table for who asks, the others go to the
 * handler. Commands leave through flush.c. */
#include "imap/private.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "base/log.h"
#include "imap/parse.h"

#include <string.h>

enum {
    DEFAULT_TIMEOUT_MS = 60000,
    READ_NBYTES = 64 << 10,
    LOGOUT_MS = 1500,
    TAG_START_MAX = 1000000,
    FOREIGN_MAX = 100,         /* replies to nothing: a few are a quirk, so many are disorder */
    PROGRESS_NBYTES = 1 << 10, /* fewer in one timeout are no life sign when a reply is due */
    POLL_ROUNDS = 16,          /* reads of one imap_poll: a server may never pause */
};

/* A stranger who has not even checked a password needs no long lines; who was asked for headers
 * must not send messages.  A header that is too long is cut, since refusing it would close its
 * folder for ever.  The totals leave room for the line that lists every UID of a large folder. */
static const imap_limits before_login = { .line = 8 << 10, .literal = 8 << 10, .total = 16 << 10 };
static const imap_limits for_headers = { .line = LIMIT_LINE,
                                         .literal = LIMIT_LITERAL_HEADER,
                                         .total = LIMIT_LITERAL_HEADER + LIMIT_REPLY,
                                         .cut = G_MAXINT32 };
static const imap_limits for_bodies = { .line = LIMIT_LINE,
                                        .literal = LIMIT_LITERAL_BODY,
                                        .total = (gsize)LIMIT_LITERAL_BODY + LIMIT_REPLY };

static void free_answer(gpointer reply)
{
    imap_reply_free(reply);
}

imap_connection *imap_connection_new(stream *s, const char *log_name)
{
    imap_connection *c = g_new0(imap_connection, 1);
    c->stream = s;
    c->log = wirelog_new(log_name);
    c->lexer = imap_lexer_new(&before_login);
    c->buffer = g_malloc(READ_NBYTES);
    c->timeout_ms = DEFAULT_TIMEOUT_MS;
    g_queue_init(&c->queue);
    c->commands = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_answer);
    /* Nobody answers ahead of what was sent. */
    c->last_tag = (guint32)g_random_int_range(0, TAG_START_MAX);
    return c;
}

void imap_connection_free(imap_connection *c)
{
    if (c == NULL)
        return;
    stream_close(c->stream);
    wirelog_free(c->log);
    imap_lexer_free(c->lexer);
    g_free(c->buffer);
    g_clear_object(&c->cancel);
    queued_command *q;
    while ((q = g_queue_pop_head(&c->queue)) != NULL)
        queued_command_free(q);
    g_hash_table_unref(c->commands);
    imap_facts_clear(&c->facts);
    uid_set_free(c->told_uids);
    g_clear_pointer(&c->uploads, g_hash_table_unref);
    imap_reply_free(c->continuation);
    g_clear_error(&c->dead);
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

int imap_connection_rtt_ms(const imap_connection *c)
{
    return stream_rtt_ms(c->stream);
}

void imap_connection_counts(const imap_connection *c, guint64 *received, guint64 *sent)
{
    stream_counts(c->stream, received, sent);
}

void imap_now_authenticated(imap_connection *c)
{
    c->authenticated = true;
    imap_lexer_set_limits(c->lexer, &for_headers);
}

/* ---- the end of a link: what ended it is told again to everybody who asks later */

static bool dead(imap_connection *c, GError *cause, GError **error)
{
    if (error_kind_of(cause) != ERROR_CANCELLED && c->dead == NULL)
        c->dead = g_error_copy(cause);
    g_propagate_error(error, cause);
    return false;
}

static bool is_dead(const imap_connection *c, GError **error)
{
    if (c->dead == NULL)
        return false;
    g_propagate_error(error, g_error_copy(c->dead));
    return true;
}

static bool server_left(imap_connection *c, GError **error)
{
    GError *cause = NULL;
    g_autofree char *words = c->bye != NULL ? wirelog_masked(c->log, c->bye) : NULL;
    if (words != NULL && words[0] != '\0')
        error_set(&cause, ERROR_NETWORK, _("the server closed the connection: %s"), words);
    else
        error_set(&cause, ERROR_NETWORK, _("the server closed the connection"));
    return dead(c, cause, error);
}

/* ---- replies */

static bool is_status(imap_reply_kind kind)
{
    return kind == IMAP_OK || kind == IMAP_NO || kind == IMAP_BAD || kind == IMAP_BYE ||
           kind == IMAP_PREAUTH;
}

static void take_facts(imap_connection *c, const imap_reply *r)
{
    imap_take_facts(c, r);
    if (r->kind == IMAP_BYE) {
        g_free(c->bye);
        c->bye = g_strdup(r->text);
    }
}

static bool pass_over_foreign(imap_connection *c, GError **error)
{
    GError *cause = NULL;
    if (++c->nforeign <= FOREIGN_MAX)
        return true;
    error_set(&cause, ERROR_PROTOCOL, _("the server answers what was never asked"));
    return dead(c, cause, error);
}

/* One damaged reply among good ones is a server's mistake with one message: the others count. */
static bool pass_over_damaged(imap_connection *c, const imap_reply *r, GError **error)
{
    GError *cause = NULL;
    log_warn(LOG_IMAP, "a damaged reply was passed over");
    if (r->silence_counts)
        c->doubtful_tag = c->last_tag;
    if (c->authenticated)
        return true;
    error_set(&cause, ERROR_PROTOCOL, _("the server sent what is no IMAP reply"));
    return dead(c, cause, error);
}

/* Takes r.  An answer to a tag that was never sent, or for the second time, is nobody's. */
static bool keep_answer(imap_connection *c, imap_reply *r, GError **error)
{
    gpointer key = GUINT_TO_POINTER(r->tag), known;
    if (!g_hash_table_lookup_extended(c->commands, key, NULL, &known) || known != NULL) {
        imap_reply_free(r);
        return pass_over_foreign(c, error);
    }
    take_facts(c, r);
    imap_upload_answered(c, r);
    c->nforeign = 0;
    r->doubtful = r->tag <= c->doubtful_tag;
    if (r->tag == c->body_tag) {
        c->body_tag = 0;
        imap_lexer_set_limits(c->lexer, &for_headers);
    }
    if (r->tag == c->ended_tag) {
        c->ended_tag = 0;
        g_hash_table_remove(c->commands, key);
        imap_reply_free(r);
        return true;
    }
    g_hash_table_insert(c->commands, key, r);
    return true;
}

/* Takes r. */
static bool accept_reply(imap_connection *c, imap_reply *r, GError **error)
{
    g_autoptr(imap_reply) reply = r;
    if (r->tag != 0)
        return keep_answer(c, g_steal_pointer(&reply), error);
    if (r->foreign)
        return pass_over_foreign(c, error);
    if (r->damaged)
        return pass_over_damaged(c, r, error);
    if (r->kind == IMAP_CONTINUE) {
        imap_reply_free(c->continuation);
        c->continuation = g_steal_pointer(&reply);
        return true;
    }
    /* Whatever else is said to who has not logged in was made up: it must not reach a store or a
     * screen. */
    if (r->kind == IMAP_OTHER ||
        (!c->authenticated && !is_status(r->kind) && r->kind != IMAP_CAPABILITY))
        return true;
    bool again = r->kind == IMAP_BYE && c->bye != NULL;
    take_facts(c, r);
    imap_upload_told(c, r);
    if (r->kind == IMAP_BYE && (!c->parting || again))
        return server_left(c, error);
    if (!c->authenticated || c->handler == NULL || c->handler(r, c->handler_data))
        return true;
    error_set(error, ERROR_CANCELLED, _("cancelled"));
    return false;
}

/* The count, or 0 with *error. */
static gsize read_more(imap_connection *c, gint64 deadline_ms, GError **error)
{
    GError *cause = NULL;
    if (is_dead(c, error))
        return 0;
    gsize room = c->byte_by_byte ? 1 : READ_NBYTES;
    gssize n = stream_read(c->stream, c->buffer, room, deadline_ms, c->cancel, &cause);
    if (n > 0) {
        imap_lexer_feed(c->lexer, c->buffer, (gsize)n);
        return (gsize)n;
    }
    if (n < 0)
        dead(c, cause, error);
    else
        server_left(c, error);
    return 0;
}

/* As imap_reply_parse.  A body that was cut is none. */
static imap_reply *parse(imap_connection *c, const char *bytes, gsize nbytes, GError **error)
{
    wirelog_received(c->log, bytes, nbytes);
    imap_reply *r = imap_reply_parse(bytes, nbytes, error);
    if (r != NULL && imap_speaks_utf8(c))
        parse_names_were_utf8(r);
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
    if (got < 0)
        dead(c, cause, error);
    if (got <= 0)
        return got;
    imap_reply *r = parse(c, bytes, nbytes, &cause);
    if (r == NULL) {
        dead(c, cause, error);
        return -1;
    }
    return accept_reply(c, r, error) ? 1 : -1;
}

static gint64 silence_deadline(const imap_connection *c)
{
    return clock_monotonic_ms() + c->timeout_ms;
}

/* A server that never pauses leaves no silence in which the end of a deadline would show. */
static bool time_is_over(imap_connection *c, gint64 deadline_ms, GError **error)
{
    GError *cause = NULL;
    if (deadline_ms == 0 || clock_monotonic_ms() < deadline_ms)
        return false;
    error_set(&cause, ERROR_TIMEOUT, _("no answer in time"));
    return !dead(c, cause, error);
}

bool imap_read_one(imap_connection *c, gint64 deadline_ms, GError **error)
{
    gint64 until_ms = deadline_ms != 0 ? deadline_ms : silence_deadline(c);
    gsize fed = 0;
    if (c->ended_tag != 0 && deadline_ms == 0)
        until_ms = MIN(until_ms, c->done_by_ms);
    /* What may still be here of a dead link is not trusted. */
    if (is_dead(c, error) || time_is_over(c, deadline_ms, error))
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
            until_ms = silence_deadline(c);
            fed = 0;
        }
    }
}

bool imap_poll(imap_connection *c, GError **error)
{
    if (is_dead(c, error))
        return false;
    for (int round = 0; round < POLL_ROUNDS;) {
        int got = take_one(c, error);
        if (got < 0)
            return false;
        if (got > 0)
            continue;
        GError *cause = NULL;
        int ready = stream_wait(c->stream, clock_monotonic_ms(), c->cancel, &cause);
        if (ready < 0)
            return dead(c, cause, error);
        if (ready == 0)
            return true;
        if (read_more(c, silence_deadline(c), error) == 0)
            return false;
        round++;
    }
    return true;
}

/* ---- the greeting */

static bool no_greeting(imap_connection *c, const imap_reply *r, bool allow_preauth,
                        const char *line, GError **error)
{
    GError *cause = NULL;
    if (r->kind == IMAP_BYE)
        error_set(&cause, ERROR_REFUSED, _("the server refuses: %s"), r->text);
    else if (r->tag != 0 || (r->kind != IMAP_OK && r->kind != IMAP_PREAUTH))
        error_set(&cause, ERROR_PROTOCOL, _("this is no IMAP greeting: %s"), line);
    else if (r->kind == IMAP_PREAUTH && !allow_preauth)
        error_set(&cause, ERROR_PROTOCOL,
                  _("the server says that nobody needs to log in, which only a tunnel's may"));
    return cause != NULL && !dead(c, cause, error);
}

bool imap_greet(imap_connection *c, bool allow_preauth, bool *preauth, GError **error)
{
    const char *bytes = NULL;
    gsize nbytes = 0;
    int got;
    GError *cause = NULL;
    gint64 deadline_ms = silence_deadline(c);
    *preauth = false;
    while ((got = imap_lexer_next(c->lexer, &bytes, &nbytes, &cause)) == 0)
        if (read_more(c, deadline_ms, error) == 0)
            return false;
    g_autoptr(imap_reply) r = got > 0 ? parse(c, bytes, nbytes, &cause) : NULL;
    if (r == NULL)
        return dead(c, cause, error);
    slice start = { .at = bytes, .nbytes = MIN(nbytes, 60) };
    g_autofree char *line = slice_text(&start);
    if (no_greeting(c, r, allow_preauth, line, error))
        return false;
    take_facts(c, r);
    imap_take_greeting(c, r->text);
    *preauth = r->kind == IMAP_PREAUTH;
    if (*preauth)
        imap_now_authenticated(c);
    return true;
}

/* ---- commands */

guint32 imap_new_tag(imap_connection *c)
{
    guint32 tag = ++c->last_tag;
    g_hash_table_insert(c->commands, GUINT_TO_POINTER(tag), NULL);
    return tag;
}

bool imap_answered(const imap_connection *c, guint32 tag)
{
    return g_hash_table_lookup(c->commands, GUINT_TO_POINTER(tag)) != NULL;
}

/* Does it ask for whole messages or parts, and not only for headers? */
static bool asks_for_bodies(const GString *text)
{
    const char *fetch = g_strstr_len(text->str, (gssize)MIN(text->len, 16), "FETCH");
    if (fetch == NULL)
        return false;
    for (const char *p = fetch; (p = strchr(p, '[')) != NULL; p++)
        if (strncmp(p + 1, "HEADER", 6) != 0)
            return true;
    return strstr(fetch, "RFC822)") != NULL || strstr(fetch, "RFC822 ") != NULL;
}

/* A line break or NUL got into a command where no literal covers it: it would be another one. */
static void refuse_unsafe(imap_connection *c, guint32 tag)
{
    imap_reply *r = g_new0(imap_reply, 1);
    r->kind = IMAP_BAD;
    r->tag = tag;
    r->text = g_strdup(_("not sent: a command must be one line"));
    g_hash_table_insert(c->commands, GUINT_TO_POINTER(tag), r);
    log_error(LOG_IMAP, "a command that is not one line was not sent");
}

guint32 imap_send(imap_connection *c, GString *command)
{
    guint32 tag = imap_new_tag(c);
    if (!imap_command_is_safe(command)) {
        refuse_unsafe(c, tag);
        g_string_free(command, TRUE);
        return tag;
    }
    if (c->authenticated && asks_for_bodies(command)) {
        c->body_tag = tag;
        imap_lexer_set_limits(c->lexer, &for_bodies);
    }
    imap_note_enable(c, tag, command);
    queued_command *q = g_new(queued_command, 1);
    *q = (queued_command){ .tag = tag, .text = command };
    g_queue_push_tail(&c->queue, q);
    return tag;
}

guint32 imap_send_with_bytes(imap_connection *c, GString *command, GArray *inserts)
{
    guint32 tag = imap_send(c, command);
    queued_command *q = g_queue_peek_tail(&c->queue);
    if (q != NULL && q->tag == tag)
        q->inserts = g_array_ref(inserts);
    g_array_unref(inserts);
    return tag;
}

guint32 imap_send_text(imap_connection *c, const char *text)
{
    return imap_send(c, g_string_new(text));
}

bool imap_write(imap_connection *c, const char *bytes, gsize nbytes, GError **error)
{
    if (is_dead(c, error))
        return false;
    /* A "+" that came before cannot be meant for this. */
    g_clear_pointer(&c->continuation, imap_reply_free);
    /* In pieces: the deadline is for silence, not for a large message on a slow line. */
    while (nbytes > 0) {
        gsize piece = MIN(nbytes, READ_NBYTES);
        GError *cause = NULL;
        if (!stream_write(c->stream, bytes, piece, silence_deadline(c), c->cancel, &cause)) {
            if (c->dead == NULL) /* also after a cancel: half a command may be out */
                error_set(&c->dead, ERROR_NETWORK, "%s", cause->message);
            g_propagate_error(error, cause);
            return false;
        }
        bytes += piece;
        nbytes -= piece;
    }
    return true;
}

/* For a wait of any length.  A stranger may not stretch the login by saying something at times. */
static gint64 patience(const imap_connection *c)
{
    return c->authenticated ? 0 : silence_deadline(c);
}

plus_result imap_wait_challenge(imap_connection *c, guint32 tag, char **challenge, GError **error)
{
    gint64 deadline_ms = patience(c);
    while (c->continuation == NULL) {
        if (imap_answered(c, tag))
            return PLUS_REFUSED;
        if (!imap_read_one(c, deadline_ms, error))
            return PLUS_ERROR;
    }
    if (challenge != NULL)
        *challenge = g_strdup(c->continuation->text);
    g_clear_pointer(&c->continuation, imap_reply_free);
    return PLUS_CAME;
}

plus_result imap_wait_plus(imap_connection *c, guint32 tag, GError **error)
{
    return imap_wait_challenge(c, tag, NULL, error);
}

imap_reply *imap_wait_reply(imap_connection *c, guint32 tag, GError **error)
{
    gpointer key = GUINT_TO_POINTER(tag);
    if (!imap_flush(c, error))
        return NULL;
    if (!g_hash_table_contains(c->commands, key)) {
        error_set(error, ERROR_INTERNAL, _("nobody sent the command that is waited for"));
        return NULL;
    }
    gint64 deadline_ms = patience(c);
    while (!imap_answered(c, tag))
        if (!imap_read_one(c, deadline_ms, error))
            return NULL;
    gpointer reply = NULL;
    g_hash_table_steal_extended(c->commands, key, NULL, &reply);
    return reply;
}

/* What became of a command that did not go well: the code's sentence, and the server's words. */
static void refusal(const imap_connection *c, const imap_reply *r, GError **error)
{
    if (r->kind == IMAP_OK) {
        error_set(error, ERROR_PROTOCOL, _("a part of the server's answer could not be read"));
        return;
    }
    const imap_code_info *info = imap_code_lookup(r->code);
    error_kind kind = r->kind == IMAP_NO ? info->kind : ERROR_PROTOCOL;
    g_autofree char *words = wirelog_masked(c->log, r->text);
    if (info->sentence == NULL)
        error_set(error, kind, "%s", words[0] != '\0' ? words : _("no reason given"));
    else if (words[0] == '\0')
        error_set(error, kind, "%s", _(info->sentence));
    else
        error_set(error, kind, "%s: %s", _(info->sentence), words);
}

bool imap_wait(imap_connection *c, guint32 tag, imap_code *code, GError **error)
{
    if (code != NULL)
        *code = CODE_NONE;
    g_autoptr(imap_reply) r = imap_wait_reply(c, tag, error);
    if (r == NULL)
        return false;
    if (code != NULL)
        *code = r->code;
    if (r->kind == IMAP_OK && !r->doubtful)
        return true;
    refusal(c, r, error);
    return false;
}

bool imap_run(imap_connection *c, GString *command, imap_code *code, GError **error)
{
    return imap_wait(c, imap_send(c, command), code, error);
}

void imap_logout(imap_connection *c)
{
    if (c->dead != NULL)
        return;
    c->parting = true;
    c->timeout_ms = MIN(c->timeout_ms, LOGOUT_MS);
    gint64 deadline_ms = silence_deadline(c); /* for all of it: a server may never pause */
    guint32 tag = imap_send_text(c, "LOGOUT");
    if (!imap_flush(c, NULL))
        return;
    while (!imap_answered(c, tag) && imap_read_one(c, deadline_ms, NULL))
        ;
}
