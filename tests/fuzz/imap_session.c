/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes of a server to a whole session: greeting, login, pipelined commands, IDLE, LOGOUT.  Nothing reaches the
 * handler before the login or after the end, every wait ends, texts are valid.  In the input '$' stands for the
 * next tag and '#' for the same once more. */
#include "base/error.h"
#include "imap/private.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TIMEOUT_MS = 200 };

static bool on_reply(const imap_reply *reply, gpointer data)
{
    const imap_connection *c = data;
    if (!c->authenticated || c->dead != NULL || reply->kind == IMAP_OTHER || reply->tag != 0)
        abort();
    if (reply->text != NULL && !g_utf8_validate(reply->text, -1, NULL))
        abort();
    if (reply->list != NULL && (!g_utf8_validate(reply->list->name, -1, NULL) ||
                                (imap_speaks_utf8(c) && !g_str_is_ascii(reply->list->wire_name))))
        abort();
    return reply->kind != IMAP_RECENT || reply->number != 7;
}

static void check(bool ok, GError *error)
{
    if (ok != (error == NULL) || (error != NULL && !g_utf8_validate(error->message, -1, NULL)))
        abort();
    g_clear_error(&error);
}

static GString *with_tags(const uint8_t *data, size_t size, guint32 tag)
{
    GString *bytes = g_string_new(NULL);
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '$')
            g_string_append_printf(bytes, "a%u", ++tag);
        else if (data[i] == '#')
            g_string_append_printf(bytes, "a%u", tag);
        else
            g_string_append_c(bytes, (char)data[i]);
    }
    return bytes;
}

static void command(imap_connection *c, const char *text, const char *argument)
{
    GError *error = NULL;
    GString *line = imap_command(text);
    imap_code code;
    if (!imap_add_string(line, argument))
        abort();
    bool ok = imap_run(c, line, &code, &error);
    check(ok, error);
}

static secret *known(gpointer data, GError **error)
{
    return secret_ref(data);
}

static void answer_of(imap_connection *c, guint32 tag)
{
    if (tag != 0)
        imap_reply_free(imap_wait_reply(c, tag, NULL));
}

/* What only some servers know. */
static void extensions(imap_connection *c, bool compress)
{
    static const char text[] = "Subject: caf\xc3\xa9\r\n\r\n\0";
    GError *error = NULL;
    g_autoptr(GBytes) message = g_bytes_new_static(text, sizeof text - 1);
    imap_upload uploads[2] = { { .message = message }, { .message = message, .received_s = 1 } };
    answer_of(c, imap_send_id(c));
    answer_of(c, imap_send_enable(c, "QRESYNC UTF8=ACCEPT IMAP4rev2"));
    bool ok = !compress || imap_compress(c, &error);
    check(ok, error);
    guint32 first = imap_send_append(c, "Entw&APw-rfe", uploads, 2, NULL);
    guint32 second = imap_send_replace(c, 7, "x", uploads, NULL);
    answer_of(c, second);
    answer_of(c, first);
    answer_of(c, imap_send_notify(c, "UID", true));
    imap_capability_failed(c, "IDLE");
    if (imap_line_limit(c) < 900)
        abort();
}

static void session(imap_connection *c, guint8 how)
{
    bool tunnel = (how & 1) != 0;
    GError *error = NULL;
    bool preauth = false;
    secret *password = secret_new("p\xc3\xa4sst", -1);
    bool ok = imap_greet(c, tunnel, &preauth, &error);
    check(ok, error);
    error = NULL;
    if (ok && !preauth) {
        const imap_login_settings settings = { .user = "ada", .password = known, .data = password };
        ok = imap_login(c, &settings, &error);
        check(ok, error);
    }
    secret_unref(password);
    if (!ok)
        return;
    if ((how & 2) != 0)
        extensions(c, (how & 4) != 0);
    guint32 fetch = imap_send_text(c, "UID FETCH 1:* (UID BODY.PEEK[])");
    command(c, "SELECT", "Entw\xc3\xbcrfe");
    imap_reply_free(imap_wait_reply(c, fetch, NULL));
    error = NULL;
    ok = imap_idle(c, 0, -1, &error);
    check(ok, error);
    command(c, "SEARCH", "x");
    imap_logout(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int pair[2];
    if (size < 1 || size > 60000 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 0;
    imap_connection *c = imap_connection_new(stream_from_socket(pair[0], true), "fuzz");
    imap_connection_set_timeout(c, TIMEOUT_MS);
    imap_connection_set_handler(c, on_reply, c);
    GString *bytes = with_tags(data + 1, size - 1, c->last_tag);
    if (send(pair[1], bytes->str, bytes->len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)bytes->len &&
        shutdown(pair[1], SHUT_WR) == 0)
        session(c, data[0]);
    g_string_free(bytes, TRUE);
    imap_connection_free(c);
    close(pair[1]);
    return 0;
}
