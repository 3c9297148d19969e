/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logging in: AUTHENTICATE PLAIN (RFC 4616; initial response RFC 4959), else LOGIN.  Only on a
 * private stream.  The secret goes out through buffers that are wiped and never reaches the log. */
#include "imap/private.h"

#include "base/error.h"
#include "base/i18n.h"
#include "imap/parse.h"

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

static login_result finish(imap_connection *c, guint32 tag, GError **error)
{
    g_autoptr(imap_reply) r = imap_wait_reply(c, tag, error);
    c->parting = false;
    if (r == NULL)
        return LOGIN_FAILED;
    if (r->kind == IMAP_OK) {
        imap_now_authenticated(c);
        return imap_capability(c, error) ? LOGIN_DONE : LOGIN_FAILED;
    }
    /* Some servers repeat what they were sent. */
    g_autofree char *words =
        wirelog_masked(c->log, r->text[0] != '\0' ? r->text : _("no reason given"));
    error_set(error, is_passing(r->code) ? ERROR_REFUSED : ERROR_AUTH, "%s", words);
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

/* ---- AUTHENTICATE PLAIN */

/* base64 of NUL user NUL password */
static GString *plain_response(const char *user, const secret *password)
{
    gsize nuser = strlen(user), npassword = secret_length(password), n = nuser + npassword + 2;
    guchar *message = g_malloc(n);
    message[0] = '\0';
    memcpy(message + 1, user, nuser + 1);
    memcpy(message + nuser + 2, secret_text(password), npassword);
    GString *response = secret_line(n * 4 / 3);
    int state = 0, save = 0;
    gsize length = g_base64_encode_step(message, n, FALSE, response->str, &state, &save);
    length += g_base64_encode_close(FALSE, response->str + length, &state, &save);
    g_string_set_size(response, length);
    secret_wipe(message, n);
    g_free(message);
    return response;
}

/* Whoever gets the whole response and asks for more wants something that PLAIN does not have. */
static bool cancel_exchange(imap_connection *c, guint32 tag, bool *cancelled, GError **error)
{
    switch (imap_wait_plus(c, tag, error)) {
    case PLUS_CAME:
        *cancelled = true;
        return imap_write(c, "*\r\n", 3, error);
    case PLUS_REFUSED:
        return true; /* the usual way: it was answered */
    default:
        return false;
    }
}

static bool exchange(imap_connection *c, guint32 tag, const GString *response, bool initial,
                     bool *cancelled, GError **error)
{
    GString *line = secret_line(response->len);
    g_string_printf(line, "%c%u AUTHENTICATE PLAIN", TAG_LETTER, tag);
    wirelog_sent(c->log, line->str, line->len);
    if (initial) {
        g_string_append_c(line, ' ');
        g_string_append_len(line, response->str, (gssize)response->len);
    }
    g_string_append(line, "\r\n");
    bool ok = send_line(c, line, error);
    plus_result plus = PLUS_REFUSED;
    if (ok && !initial) {
        plus = imap_wait_plus(c, tag, error);
        ok = plus != PLUS_ERROR;
    }
    if (ok && plus == PLUS_CAME) {
        g_string_append_len(line, response->str, (gssize)response->len);
        g_string_append(line, "\r\n");
        wirelog_sent_secret(c->log);
        ok = send_line(c, line, error);
    }
    wipe_line(line);
    return ok && cancel_exchange(c, tag, cancelled, error);
}

static login_result login_plain(imap_connection *c, const char *user, const secret *password,
                                GError **error)
{
    bool initial = imap_has(c, "SASL-IR"), cancelled = false;
    GString *response = plain_response(user, password);
    wirelog_hide(c->log, response->str, response->len);
    guint32 tag = begin(c);
    bool ok = exchange(c, tag, response, initial, &cancelled, error);
    wipe_line(response);
    if (!ok)
        c->parting = false;
    login_result result = ok ? finish(c, tag, error) : LOGIN_FAILED;
    return cancelled && result == LOGIN_NOT_UNDERSTOOD ? LOGIN_FAILED : result;
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
    return ok ? finish(c, tag, error) : LOGIN_FAILED;
}

/* ---- which of them */

static bool one_line(const char *text, gsize nbytes)
{
    return memchr(text, '\0', nbytes) == NULL && memchr(text, '\r', nbytes) == NULL &&
           memchr(text, '\n', nbytes) == NULL;
}

static bool may_send(const imap_connection *c, const char *user, const secret *password,
                     GError **error)
{
    if (!stream_is_private(c->stream)) {
        error_set(error, ERROR_TLS, _("the connection is not private"));
        return false;
    }
    if (one_line(user, strlen(user)) && one_line(secret_text(password), secret_length(password)))
        return true;
    error_set(error, ERROR_INPUT, _("user name and password must each be one line"));
    return false;
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

bool imap_login(imap_connection *c, imap_auth how, const char *user, const secret *password,
                GError **error)
{
    if (!may_send(c, user, password, error) || !knows_imap4(c, error))
        return false;
    wirelog_hide(c->log, secret_text(password), secret_length(password));
    bool command = how != IMAP_AUTH_PLAIN && !imap_has(c, "LOGINDISABLED");
    if (how == IMAP_AUTH_PLAIN || (how == IMAP_AUTH_AUTO && imap_has(c, "AUTH=PLAIN"))) {
        GError *cause = NULL;
        login_result result = login_plain(c, user, password, &cause);
        if (result == LOGIN_DONE || result == LOGIN_FAILED || !command) {
            if (cause != NULL)
                g_propagate_error(error, cause);
            return result == LOGIN_DONE;
        }
        g_clear_error(&cause); /* announced but not understood: LOGIN may be */
    }
    if (command)
        return login_command(c, user, password, error) == LOGIN_DONE;
    error_set(error, ERROR_AUTH,
              _("the server offers no way to log in that is known here (AUTH=PLAIN or LOGIN)"));
    return false;
}
