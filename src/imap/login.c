/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logging in: AUTHENTICATE (RFC 9051 6.2.2; initial response RFC 4959) by a mechanism of net/sasl,
 * else LOGIN.  Only on a private stream.  The secret goes out through buffers that are wiped and
 * never reaches the log. */
#include "imap/private.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/i18n.h"
#include "imap/parse.h"
#include "net/sasl.h"

#include <string.h>

/* A line with a secret in it: never regrown, so that no copy stays behind, and wiped. */
static GString *secret_line(gsize nbytes)
{
    return g_string_sized_new(nbytes + 64);
}

static void wipe_line(GString *line)
{
    secret_wipe(line->str, line->allocated_len);
    g_string_free(line, TRUE);
}

static bool send_line(imap_connection *c, GString *line, GError **error)
{
    bool ok = imap_write(c, line->str, line->len, error);
    secret_wipe(line->str, line->len);
    g_string_truncate(line, 0);
    return ok;
}

/* ---- the answer */

/* Codes of a NO that say nothing about the password (RFC 5530). */
static bool is_passing(imap_code code)
{
    return code == CODE_UNAVAILABLE || code == CODE_INUSE || code == CODE_LIMIT ||
           code == CODE_SERVERBUG;
}

/* What became of it: done, refused (*error tells), or a BAD that says that the command was not
 * understood. */
typedef enum login_result { LOGIN_DONE, LOGIN_FAILED, LOGIN_NOT_UNDERSTOOD } login_result;

/* s: the exchange, NULL for LOGIN. */
static login_result finish(imap_connection *c, guint32 tag, const sasl *s, GError **error)
{
    g_autoptr(imap_reply) r = imap_wait_reply(c, tag, error);
    c->parting = false;
    if (r == NULL)
        return LOGIN_FAILED;
    if (r->kind == IMAP_OK) {
        if (s != NULL && !sasl_finish(s, error))
            return LOGIN_FAILED;
        imap_now_authenticated(c);
        return imap_capability(c, error) ? LOGIN_DONE : LOGIN_FAILED;
    }
    /* Some servers repeat what they were sent. */
    g_autofree char *words =
        wirelog_masked(c->log, r->text[0] != '\0' ? r->text : _("no reason given"));
    const char *remark = s != NULL ? sasl_remark(s) : NULL;
    error_set(error, is_passing(r->code) ? ERROR_REFUSED : ERROR_AUTH,
              remark != NULL ? "%s (%s)" : "%s", words, remark);
    return r->kind == IMAP_BAD && r->code == CODE_NONE && c->bye == NULL ? LOGIN_NOT_UNDERSTOOD
                                                                         : LOGIN_FAILED;
}

/* What was learned before the login does not count after it: a new list comes with the answer or is
 * asked for. */
static guint32 begin(imap_connection *c)
{
    imap_forget_capabilities(c);
    g_clear_pointer(&c->continuation, imap_reply_free);
    c->parting = true;
    return imap_new_tag(c);
}

/* ---- AUTHENTICATE */

/* Takes response, NULL none. */
static bool send_first(imap_connection *c, guint32 tag, const char *mechanism, GString *response,
                       GError **error)
{
    GString *line = secret_line(strlen(mechanism) + (response != NULL ? response->len : 0));
    g_string_printf(line, "%c%u AUTHENTICATE %s", TAG_LETTER, tag, mechanism);
    wirelog_sent(c->log, line->str, line->len);
    if (response != NULL) {
        wirelog_hide(c->log, response->str, response->len);
        g_string_append_c(line, ' ');
        g_string_append_len(line, response->len > 0 ? response->str : "=", -1);
    }
    g_string_append(line, "\r\n");
    sasl_wipe(response);
    bool ok = send_line(c, line, error);
    wipe_line(line);
    return ok;
}

/* Takes response. */
static bool send_response(imap_connection *c, GString *response, GError **error)
{
    GString *line = secret_line(response->len);
    wirelog_hide(c->log, response->str, response->len);
    g_string_append_len(line, response->str, (gssize)response->len);
    g_string_append(line, "\r\n");
    sasl_wipe(response);
    wirelog_sent_secret(c->log);
    bool ok = send_line(c, line, error);
    wipe_line(line);
    return ok;
}

/* We have no answer: the server is told, and whatever it says then, there was no login.  A reason
 * that it gives is better than that it asked too much. */
static void cancel_exchange(imap_connection *c, guint32 tag, GError **error)
{
    g_autoptr(imap_reply) r =
        imap_write(c, "*\r\n", 3, NULL) ? imap_wait_reply(c, tag, NULL) : NULL;
    if (r == NULL || r->kind == IMAP_OK || r->text[0] == '\0' ||
        !g_error_matches(*error, CURSUS_ERROR, ERROR_PROTOCOL))
        return;
    g_autofree char *words = wirelog_masked(c->log, r->text);
    g_clear_error(error);
    error_set(error, ERROR_AUTH, "%s", words);
}

/* Challenges and answers until the tagged reply.  begun: the initial response has been given. */
static bool converse(imap_connection *c, guint32 tag, sasl *s, bool begun, GError **error)
{
    for (;;) {
        g_autofree char *challenge = NULL;
        plus_result plus = imap_wait_challenge(c, tag, &challenge, error);
        if (plus != PLUS_CAME)
            return plus == PLUS_REFUSED;
        bool first = !begun && sasl_begins(s);
        GString *response = sasl_step(s, first ? NULL : challenge, error);
        begun = true;
        if (response == NULL) {
            cancel_exchange(c, tag, error);
            return false;
        }
        if (!send_response(c, response, error))
            return false;
    }
}

static login_result authenticate(imap_connection *c, const char *mechanism, sasl *s, GError **error)
{
    bool initial = sasl_begins(s) && imap_has(c, "SASL-IR");
    GString *response = initial ? sasl_step(s, NULL, error) : NULL;
    if (initial && response == NULL)
        return LOGIN_FAILED;
    guint32 tag = begin(c);
    bool ok = send_first(c, tag, mechanism, response, error) && converse(c, tag, s, initial, error);
    if (!ok)
        c->parting = false;
    return ok ? finish(c, tag, s, error) : LOGIN_FAILED;
}

/* ---- LOGIN */

static bool is_ascii(const char *text)
{
    while (*text != '\0')
        if ((guchar)*text++ >= 0x80)
            return false;
    return true;
}

/* A quoted string, or for 8-bit a synchronising literal, which every server takes. */
static plus_result add_argument(imap_connection *c, GString *line, guint32 tag, const char *text,
                                GError **error)
{
    g_string_append_c(line, ' ');
    if (is_ascii(text)) {
        g_string_append_c(line, '"');
        for (const char *p = text; *p != '\0'; p++) {
            if (*p == '"' || *p == '\\')
                g_string_append_c(line, '\\');
            g_string_append_c(line, *p);
        }
        g_string_append_c(line, '"');
        return PLUS_CAME;
    }
    g_string_append_printf(line, "{%" G_GSIZE_FORMAT "}\r\n", strlen(text));
    plus_result plus = send_line(c, line, error) ? imap_wait_plus(c, tag, error) : PLUS_ERROR;
    g_string_append(line, text);
    return plus;
}

static login_result login_command(imap_connection *c, const char *user, const secret *password,
                                  GError **error)
{
    guint32 tag = begin(c);
    GString *line = secret_line(strlen(user) * 2 + secret_length(password) * 2);
    g_string_printf(line, "%c%u LOGIN", TAG_LETTER, tag);
    wirelog_sent(c->log, line->str, line->len);
    plus_result plus = add_argument(c, line, tag, user, error);
    if (plus == PLUS_CAME)
        plus = add_argument(c, line, tag, secret_text(password), error);
    bool ok = plus != PLUS_ERROR;
    if (plus == PLUS_CAME) {
        g_string_append(line, "\r\n");
        ok = send_line(c, line, error);
    }
    wipe_line(line);
    if (!ok)
        c->parting = false;
    return ok ? finish(c, tag, NULL, error) : LOGIN_FAILED;
}

/* ---- which of them */

static bool one_line(const char *text, gsize nbytes)
{
    return memchr(text, '\0', nbytes) == NULL && memchr(text, '\r', nbytes) == NULL &&
           memchr(text, '\n', nbytes) == NULL;
}

static bool may_send(const imap_connection *c, const char *user, GError **error)
{
    if (!stream_is_private(c->stream)) {
        error_set(error, ERROR_TLS, _("the connection is not private"));
        return false;
    }
    if (user == NULL || one_line(user, strlen(user)))
        return true;
    error_set(error, ERROR_INPUT, _("user name and password must each be one line"));
    return false;
}

static secret *get_password(imap_connection *c, const imap_login_settings *settings, GError **error)
{
    if (settings->user == NULL) {
        error_set(error, ERROR_INPUT,
                  _("the account has no user name: set imap imaps://user@host"));
        return NULL;
    }
    g_autoptr(secret) password = settings->password(settings->data, error);
    if (password == NULL)
        return NULL;
    if (!one_line(secret_text(password), secret_length(password))) {
        error_set(error, ERROR_INPUT, _("user name and password must each be one line"));
        return NULL;
    }
    wirelog_hide(c->log, secret_text(password), secret_length(password));
    return g_steal_pointer(&password);
}

/* A list that names no IMAP4 was damaged on its way (proxies do that): once more, asked for. */
static bool knows_imap4(imap_connection *c, GError **error)
{
    for (int tries = 0; tries < 2; tries++) {
        if (!imap_capability(c, error))
            return false;
        if (imap_has(c, "IMAP4REV1") || imap_has(c, "IMAP4REV2"))
            return true;
        imap_forget_capabilities(c);
    }
    error_set(error, ERROR_PROTOCOL, _("the server does not speak IMAP4rev1"));
    return false;
}

static bool offers(const char *mechanism, gpointer data)
{
    g_autofree char *capability = g_strconcat("AUTH=", mechanism, NULL);
    return imap_has(data, capability);
}

static login_result by_mechanism(imap_connection *c, const char *mechanism,
                                 const imap_login_settings *settings, const sasl_account *account,
                                 const secret *password, GError **error)
{
    g_autoptr(sasl) s = sasl_new(mechanism, account, password, error);
    login_result result = s != NULL ? authenticate(c, mechanism, s, error) : LOGIN_FAILED;
    if (result == LOGIN_DONE)
        c->mechanism = mechanism;
    return result;
}

static bool by_command(imap_connection *c, const imap_login_settings *settings,
                       const secret *password, GError **error)
{
    if (login_command(c, settings->user, password, error) != LOGIN_DONE)
        return false;
    c->mechanism = "LOGIN";
    return true;
}

static bool log_in(imap_connection *c, const char *mechanism, bool command,
                   const imap_login_settings *settings, const sasl_account *account,
                   GError **error)
{
    g_autoptr(secret) password = NULL;
    if (mechanism == NULL || sasl_needs_secret(mechanism)) {
        password = get_password(c, settings, error);
        if (password == NULL)
            return false;
    }
    if (mechanism != NULL) {
        GError *cause = NULL;
        login_result result = by_mechanism(c, mechanism, settings, account, password, &cause);
        /* PLAIN that is announced but not understood: LOGIN may be, and is no weaker. */
        bool again = result == LOGIN_NOT_UNDERSTOOD && command && strcmp(mechanism, "PLAIN") == 0;
        if (!again) {
            if (cause != NULL)
                g_propagate_error(error, cause);
            return result == LOGIN_DONE;
        }
        g_clear_error(&cause);
    }
    return by_command(c, settings, password, error);
}

bool imap_login(imap_connection *c, const imap_login_settings *settings, GError **error)
{
    if (!may_send(c, settings->user, error) || !knows_imap4(c, error))
        return false;
    bool automatic = settings->how == AUTH_AUTO;
    bool command = (automatic ? !settings->has_token : settings->how == AUTH_LOGIN) &&
                   !imap_has(c, "LOGINDISABLED");
    g_autoptr(GBytes) binding = stream_channel_binding(c->stream);
    const sasl_account account = { settings->user, "imap", settings->host, settings->port,
                                   settings->has_certificate, settings->has_token, binding };
    const char *mechanism = sasl_choose(settings->how, &account, offers, c);
    if (mechanism != NULL || command)
        return log_in(c, mechanism, command, settings, &account, error);
    error_set(error, ERROR_AUTH,
              settings->has_token ? _("the server takes no access tokens (OAUTHBEARER or XOAUTH2)")
                                  : _("the server offers no way to log in that is known here"));
    return false;
}

const char *imap_login_mechanism(const imap_connection *c)
{
    return c->mechanism;
}
