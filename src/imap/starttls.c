/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a connection in clear to one in TLS, or to none: what is said before the handshake comes
 * from anybody, so it decides nothing but whether to go on, its words are shown to nobody, and
 * nothing of it is kept.  There is no way on without TLS.  RFC 9051 6.2.1, 11.3. */
#include "imap/private.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/i18n.h"

/* The link is over; the sentence is ours alone. */
static bool give_up(imap_connection *c, const char *why, GError **error)
{
    g_clear_error(&c->dead);
    error_set(&c->dead, ERROR_TLS, "%s", why);
    if (error != NULL)
        *error = g_error_copy(c->dead);
    return false;
}

/* A failure without words of the server's own: the network's, or our cancelling. */
static bool is_ours(const imap_connection *c, const GError *cause)
{
    error_kind kind = error_kind_of(cause);
    return kind == ERROR_CANCELLED || kind == ERROR_TIMEOUT ||
           (kind == ERROR_NETWORK && c->bye == NULL);
}

static bool hear_greeting(imap_connection *c, GError **error)
{
    bool preauth = false;
    g_autoptr(GError) cause = NULL;
    if (imap_greet(c, true, &preauth, &cause)) {
        if (!preauth)
            return true;
        c->authenticated = false;
        return give_up(c, _("it says in clear, before TLS, that nobody needs to log in"), error);
    }
    if (is_ours(c, cause)) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return false;
    }
    return give_up(c,
                   error_kind_of(cause) == ERROR_REFUSED
                       ? _("it refuses service in clear, before TLS")
                       : _("its first line, in clear, is no greeting of IMAP"),
                   error);
}

/* Until the answer to tag, or what is none. */
static bool hear_answer(imap_connection *c, guint32 tag, GError **error)
{
    g_autoptr(GError) cause = NULL;
    gint64 deadline_ms = clock_monotonic_ms() + c->timeout_ms; /* talk does not put it off */
    while (!imap_answered(c, tag) && c->continuation == NULL)
        if (!imap_read_one(c, deadline_ms, &cause)) {
            if (is_ours(c, cause)) {
                g_propagate_error(error, g_steal_pointer(&cause));
                return false;
            }
            return give_up(c,
                           c->bye != NULL ? _("it took leave in clear instead of answering STARTTLS")
                                          : _("it answers in clear what is no IMAP"),
                           error);
        }
    if (c->continuation != NULL)
        return give_up(c, _("it asks for more, in clear, instead of answering STARTTLS"), error);
    g_autoptr(imap_reply) r = imap_wait_reply(c, tag, NULL);
    if (r != NULL && r->kind == IMAP_OK && c->bye == NULL)
        return true;
    return give_up(c,
                   r != NULL && r->kind == IMAP_BAD
                       ? _("it does not know STARTTLS, and there is no login in clear")
                       : _("it refuses STARTTLS, and there is no login in clear"),
                   error);
}

static void forget_everything(imap_connection *c)
{
    imap_forget_facts(c);
    g_clear_pointer(&c->continuation, imap_reply_free);
    g_clear_pointer(&c->bye, g_free);
    c->nforeign = 0;
    c->doubtful_tag = 0;
    g_hash_table_remove_all(c->commands);
}

bool imap_start_tls(imap_connection *c, GError **error)
{
    /* Whether STARTTLS is announced is not asked: who could strip the announcement could refuse the
     * command as well, and it costs a flight. */
    if (!hear_greeting(c, error))
        return false;
    guint32 tag = imap_send_text(c, "STARTTLS");
    if (!imap_flush(c, error) || !hear_answer(c, tag, error))
        return false;
    if (imap_lexer_pending(c->lexer) > 0)
        return give_up(c, _("it sent more in clear behind its consent to TLS"), error);
    forget_everything(c);
    GError *cause = NULL;
    if (stream_start_tls(c->stream, c->cancel, &cause))
        return true;
    if (error_kind_of(cause) == ERROR_PROTOCOL) {
        g_error_free(cause);
        return give_up(c, _("it sent more in clear behind its consent to TLS"), error);
    }
    c->dead = g_error_copy(cause);
    g_propagate_error(error, cause);
    return false;
}
