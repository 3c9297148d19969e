/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logging in: AUTHENTICATE PLAIN (RFC 4616; initial response RFC 4959), else LOGIN.  Only on a private
 * stream.  The secret goes out through buffers that are wiped and never reaches the log. */
#include "imap/private.h"

#include "base/error.h"
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

/* The tagged answer to a login.  Takes r (may be NULL: the link died). */
static bool finish(imap_connection *c, imap_reply *r, GError **error)
{
    g_autoptr(imap_reply) reply = r;
    if (r == NULL)
        return false;
    if (r->kind == IMAP_OK) {
        if (r->code != CODE_CAPABILITY) /* those of before the login do not count */
            g_clear_pointer(&c->capabilities, g_hash_table_unref);
        imap_now_authenticated(c);
        return imap_capability(c, error);
    }
    bool later = r->code == CODE_UNAVAILABLE || r->code == CODE_INUSE || r->code == CODE_LIMIT;
    g_autofree char *words = wirelog_masked(c->log, r->text);
    error_set(error, later ? ERROR_REFUSED : ERROR_AUTH, "%s", words);
    return false;
}

static bool login_plain(imap_connection *c, const char *user, const secret *password, GError **error)
{
    char *response = plain_response(user, password);
    wirelog_hide(c->log, response, strlen(response));
    bool initial = imap_has(c, "SASL-IR");
    guint32 tag = ++c->last_tag;
    GString *line = g_string_sized_new(strlen(response) + 64); /* no regrowth: no copies left behind */
    g_string_printf(line, "%c%u AUTHENTICATE PLAIN%s%s\r\n", TAG_LETTER, tag, initial ? " " : "",
                    initial ? response : "");
    wirelog_sent(c->log, line->str, line->len - 2);
    imap_reply *refused = NULL;
    bool ok = send_line(c, line, error);
    if (ok && !initial && (ok = imap_wait_continuation(c, tag, &refused, error))) {
        line = g_string_sized_new(strlen(response) + 8);
        g_string_printf(line, "%s\r\n", response);
        wirelog_sent_secret(c->log);
        ok = send_line(c, line, error);
    }
    wipe_text(response);
    if (refused != NULL)
        return finish(c, refused, error);
    return ok && finish(c, imap_wait_reply(c, tag, error), error);
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((guchar)*text >= 0x80)
            return false;
    return true;
}

/* A quoted string, or for 8-bit a synchronising literal, which every server takes. */
static bool add_argument(imap_connection *c, GString **line, guint32 tag, const char *text, imap_reply **refused,
                         GError **error)
{
    if (is_ascii(text)) {
        g_string_append_c(*line, '"');
        for (const char *p = text; *p != '\0'; p++) {
            if (*p == '"' || *p == '\\')
                g_string_append_c(*line, '\\');
            g_string_append_c(*line, *p);
        }
        g_string_append_c(*line, '"');
        return true;
    }
    g_string_append_printf(*line, "{%" G_GSIZE_FORMAT "}\r\n", strlen(text));
    bool ok = send_line(c, *line, error) && imap_wait_continuation(c, tag, refused, error);
    *line = g_string_sized_new(strlen(text) * 2 + 64);
    g_string_append(*line, text);
    return ok;
}

static bool login_command(imap_connection *c, const char *user, const secret *password, GError **error)
{
    guint32 tag = ++c->last_tag;
    imap_reply *refused = NULL;
    GString *line = g_string_sized_new(strlen(user) * 2 + secret_length(password) * 2 + 64);
    g_string_printf(line, "%c%u LOGIN ", TAG_LETTER, tag);
    wirelog_sent(c->log, line->str, line->len);
    bool ok = add_argument(c, &line, tag, user, &refused, error);
    if (ok) {
        g_string_append_c(line, ' ');
        ok = add_argument(c, &line, tag, secret_text(password), &refused, error);
    }
    g_string_append(line, "\r\n");
    if (ok)
        ok = send_line(c, line, error);
    else
        wipe_line(line);
    if (refused != NULL)
        return finish(c, refused, error);
    return ok && finish(c, imap_wait_reply(c, tag, error), error);
}

static bool one_line(const char *text, gsize nbytes)
{
    return memchr(text, '\0', nbytes) == NULL && memchr(text, '\r', nbytes) == NULL &&
           memchr(text, '\n', nbytes) == NULL;
}

bool imap_login(imap_connection *c, imap_auth how, const char *user, const secret *password, GError **error)
{
    if (!stream_is_private(c->stream)) {
        error_set(error, ERROR_TLS, "a password is never sent over a connection without TLS");
        return false;
    }
    if (!one_line(user, strlen(user)) || !one_line(secret_text(password), secret_length(password))) {
        error_set(error, ERROR_INPUT, "user name and password must each be one line");
        return false;
    }
    if (!imap_capability(c, error))
        return false;
    wirelog_hide(c->log, secret_text(password), secret_length(password));
    bool plain = imap_has(c, "AUTH=PLAIN"), command = !imap_has(c, "LOGINDISABLED");
    if (how == IMAP_AUTH_PLAIN || (how == IMAP_AUTH_AUTO && plain))
        return login_plain(c, user, password, error);
    if (command)
        return login_command(c, user, password, error);
    error_set(error, ERROR_AUTH, "the server offers no way to log in that is known here (AUTH=PLAIN or LOGIN)");
    return false;
}
