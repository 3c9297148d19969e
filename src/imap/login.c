/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logging in: AUTHENTICATE PLAIN (RFC 4616; initial response RFC 4959), else LOGIN.  Only on a private
 * stream.  The secret goes out through buffers that are wiped and never reaches the log. */
#include "imap/private.h"

#include "base/error.h"
#include "base/i18n.h"
#include "imap/parse.h"

#include <string.h>

/* base64 of NUL user NUL password; free with wipe_text. */
static char *plain_response(const char *user, const secret *password)
{
    gsize nuser = strlen(user), npassword = secret_length(password), n = nuser + npassword + 2;
    guchar *message = g_malloc(n);
    message[0] = '\0';
    memcpy(message + 1, user, nuser);
    message[nuser + 1] = '\0';
    memcpy(message + nuser + 2, secret_text(password), npassword);
    char *text = g_base64_encode(message, n);
    secret_wipe(message, n);
    g_free(message);
    return text;
}

static void wipe_text(char *text)
{
    secret_wipe(text, strlen(text));
    g_free(text);
}

static void wipe_line(GString *line)
{
    secret_wipe(line->str, line->allocated_len);
    g_string_free(line, TRUE);
}

/* Takes line. */
static bool send_line(imap_connection *c, GString *line, GError **error)
{
    bool ok = imap_write(c, line->str, line->len, error);
    wipe_line(line);
    return ok;
}

/* ---- AUTHENTICATE PLAIN: each gives the tagged reply, NULL when the link died */

/* PLAIN has said everything: a server that asks for more gets the exchange cancelled (RFC 9051 section 6.2.2). */
static imap_reply *end_of_exchange(imap_connection *c, guint32 tag, GError **error)
{
    imap_reply *answer = NULL;
    if (!imap_wait_continuation(c, tag, &answer, error))
        return answer;
    return imap_write(c, "*\r\n", 3, error) ? imap_wait_reply(c, tag, error) : NULL;
}

static imap_reply *plain_at_once(imap_connection *c, const char *response, GError **error)
{
    guint32 tag = imap_begin(c);
    GString *line = g_string_sized_new(strlen(response) + 64); /* no regrowth: no copies left behind */
    g_string_printf(line, "%c%u AUTHENTICATE PLAIN %s\r\n", TAG_LETTER, tag, response);
    wirelog_sent(c->log, line->str, line->len - 2);
    return send_line(c, line, error) ? end_of_exchange(c, tag, error) : NULL;
}

static imap_reply *plain_when_asked(imap_connection *c, const char *response, GError **error)
{
    guint32 tag = imap_begin(c);
    g_autofree char *command = g_strdup_printf("%c%u AUTHENTICATE PLAIN\r\n", TAG_LETTER, tag);
    wirelog_sent(c->log, command, strlen(command) - 2);
    imap_reply *refused = NULL;
    if (!imap_write(c, command, strlen(command), error) || !imap_wait_continuation(c, tag, &refused, error))
        return refused;
    GString *line = g_string_sized_new(strlen(response) + 8);
    g_string_printf(line, "%s\r\n", response);
    wirelog_sent_secret(c->log);
    return send_line(c, line, error) ? end_of_exchange(c, tag, error) : NULL;
}

static imap_reply *authenticate_plain(imap_connection *c, const char *user, const secret *password, GError **error)
{
    char *response = plain_response(user, password);
    wirelog_hide(c->log, response, strlen(response));
    g_clear_pointer(&c->continuation, imap_reply_free); /* one that came unasked */
    imap_reply *r = imap_has(c, "SASL-IR") ? plain_at_once(c, response, error) : plain_when_asked(c, response, error);
    wipe_text(response);
    return r;
}

/* ---- LOGIN */

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((guchar)*text >= 0x80)
            return false;
    return true;
}

static void append_quoted(GString *line, const char *text)
{
    g_string_append_c(line, '"');
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            g_string_append_c(line, '\\');
        g_string_append_c(line, *p);
    }
    g_string_append_c(line, '"');
}

/* A quoted string, or for 8-bit a synchronising literal, which every server takes.  False: *refused or dead. */
static bool add_argument(imap_connection *c, GString *line, guint32 tag, const char *text, imap_reply **refused,
                         GError **error)
{
    if (is_ascii(text)) {
        append_quoted(line, text);
        return true;
    }
    g_string_append_printf(line, "{%" G_GSIZE_FORMAT "}\r\n", strlen(text));
    bool ok = imap_write(c, line->str, line->len, error) && imap_wait_continuation(c, tag, refused, error);
    secret_wipe(line->str, line->len);
    g_string_assign(line, text);
    return ok;
}

static imap_reply *login_command(imap_connection *c, const char *user, const secret *password, GError **error)
{
    guint32 tag = imap_begin(c);
    imap_reply *refused = NULL;
    GString *line = g_string_sized_new((strlen(user) + secret_length(password)) * 2 + 64); /* no regrowth */
    g_clear_pointer(&c->continuation, imap_reply_free);
    g_string_printf(line, "%c%u LOGIN ", TAG_LETTER, tag);
    wirelog_sent(c->log, line->str, line->len);
    bool ok = add_argument(c, line, tag, user, &refused, error);
    if (ok) {
        g_string_append_c(line, ' ');
        ok = add_argument(c, line, tag, secret_text(password), &refused, error);
    }
    g_string_append(line, "\r\n");
    if (!ok) {
        wipe_line(line);
        return refused;
    }
    return send_line(c, line, error) ? imap_wait_reply(c, tag, error) : NULL;
}

/* ---- either */

static bool one_line(const char *text, gsize nbytes)
{
    return memchr(text, '\0', nbytes) == NULL && memchr(text, '\r', nbytes) == NULL &&
           memchr(text, '\n', nbytes) == NULL;
}

static bool may_be_sent(const imap_connection *c, const char *user, const secret *password, GError **error)
{
    if (!stream_is_private(c->stream)) {
        error_set(error, ERROR_TLS, _("a password is never sent over a connection without TLS"));
        return false;
    }
    if (one_line(user, strlen(user)) && one_line(secret_text(password), secret_length(password)))
        return true;
    error_set(error, ERROR_INPUT, _("user name and password must each be one line"));
    return false;
}

static bool finish(imap_connection *c, const imap_reply *r, GError **error)
{
    if (r == NULL)
        return false;
    if (r->kind == IMAP_OK) {
        if (!c->capabilities_told) /* those of before the login do not count */
            g_clear_pointer(&c->capabilities, g_hash_table_unref);
        imap_now_authenticated(c);
        return imap_capability(c, error);
    }
    bool later = r->code == CODE_UNAVAILABLE || r->code == CODE_INUSE || r->code == CODE_LIMIT ||
                 r->code == CODE_SERVERBUG;
    g_autofree char *words = wirelog_masked(c->log, r->text);
    error_set(error, later ? ERROR_REFUSED : ERROR_AUTH, "%s", words[0] != '\0' ? words : _("no reason given"));
    return false;
}

bool imap_login(imap_connection *c, imap_auth how, const char *user, const secret *password, GError **error)
{
    if (!may_be_sent(c, user, password, error) || !imap_capability(c, error) || !imap_flush(c, error))
        return false;
    wirelog_hide(c->log, secret_text(password), secret_length(password));
    c->capabilities_told = false;
    bool command = how != IMAP_AUTH_PLAIN && !imap_has(c, "LOGINDISABLED");
    g_autoptr(imap_reply) r = NULL;
    if (how == IMAP_AUTH_PLAIN || (how == IMAP_AUTH_AUTO && imap_has(c, "AUTH=PLAIN"))) {
        r = authenticate_plain(c, user, password, error);
        if (r == NULL || r->kind != IMAP_BAD || !command || c->bye != NULL)
            return finish(c, r, error);
        g_clear_pointer(&r, imap_reply_free); /* announced and not understood: LOGIN may be */
    }
    if (!command) {
        error_set(error, ERROR_AUTH, _("the server offers no way to log in that is known here (AUTH=PLAIN or LOGIN)"));
        return false;
    }
    r = login_command(c, user, password, error);
    return finish(c, r, error);
}
