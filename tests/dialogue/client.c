/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client of a dialogue: imap/connection driven by the "do:" lines, everything that happens in a
 * log. */
#include "base/clock.h"
#include "base/error.h"
#include "dialogue/reply-text.h"
#include "dialogue/talk.h"
#include "imap/connection.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct client {
    imap_connection *c;
    GPtrArray *log;
    GHashTable *tags; /* name -> tag */
    char *break_on, *stop_on; /* the first word of a reply that breaks an IDLE, or stops a wait */
    bool quiet; /* replies are not written down */
    int wake[2];
} client;

static void note(client *k, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void note(client *k, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    g_ptr_array_add(k->log, g_strdup_vprintf(format, ap));
    va_end(ap);
}

/* "ok", or the kind of the error and its text. */
static void note_result(client *k, const char *what, bool ok, const GError *error)
{
    if (ok)
        note(k, "%s: ok", what);
    else
        note(k, "%s: %s: %s", what, error_kind_word(error_kind_of(error)),
             error != NULL ? error->message : "no error");
}

/* A reply written out; the command that it answers by its name here. */
static char *written(client *k, const imap_reply *reply)
{
    GHashTableIter it;
    gpointer name, tag;
    char *text = reply_text(reply);
    g_hash_table_iter_init(&it, k->tags);
    while (reply->esearch_tag != 0 && g_hash_table_iter_next(&it, &name, &tag))
        if (GPOINTER_TO_UINT(tag) == reply->esearch_tag) {
            char *named = g_strdup_printf("%.*s of=%s", (int)(strstr(text, " of=") - text), text,
                                          (char *)name);
            g_free(text);
            return named;
        }
    return text;
}

static bool on_reply(const imap_reply *reply, gpointer data)
{
    client *k = data;
    g_autofree char *text = written(k, reply);
    note(k, "%s", text);
    gsize n = strcspn(text, " ");
    if (k->quiet)
        g_ptr_array_set_size(k->log, (int)k->log->len - 1);
    if (k->break_on != NULL && strncmp(text, k->break_on, n) == 0)
        imap_idle_break(k->c);
    return k->stop_on == NULL || strncmp(text, k->stop_on, n) != 0;
}

/* ---- actions: rest is what stands behind the verb */

static void do_greet(client *k, const char *rest)
{
    g_autoptr(GError) error = NULL;
    bool preauth = false;
    bool ok = imap_greet(k->c, strcmp(rest, "tunnel") == 0, &preauth, &error);
    note_result(k, preauth && ok ? "greet preauth" : "greet", ok, error);
}

static secret *typed_password(gpointer data, GError **error)
{
    return secret_ref(data);
}

/* [token] HOW USER PASSWORD; the exchange is with localhost:993. */
static void do_login(client *k, const char *rest)
{
    static const char *const words_of[] = { "auto", "plain", "login", "scram-sha-256", "scram-sha-1",
                                            "oauthbearer", "xoauth2", "external", "cram-md5",
                                            "gssapi", "anonymous" };
    g_autoptr(GError) error = NULL;
    bool token = g_str_has_prefix(rest, "token ");
    g_auto(GStrv) words = g_strsplit(rest + (token ? 6 : 0), " ", 3);
    guint how = 0;
    while (strcmp(words_of[how], words[0]) != 0)
        how++;
    g_autofree char *password_text = g_strcompress(words[2]);
    g_autoptr(secret) password = secret_new(password_text, -1);
    const imap_login_settings settings = { .how = (auth_choice)how, .user = words[1],
                                           .host = "localhost", .port = 993,
                                           .has_certificate = how == AUTH_EXTERNAL,
                                           .has_token = token, .password = typed_password,
                                           .data = password };
    bool ok = imap_login(k->c, &settings, &error);
    note_result(k, "login", ok, error);
}

/* NAME COMMAND: queued under a name. */
static void do_send(client *k, const char *rest)
{
    gsize n = strcspn(rest, " ");
    g_autofree char *text = g_strcompress(rest[n] != '\0' ? rest + n + 1 : "");
    guint32 tag = imap_send_text(k->c, text);
    g_hash_table_replace(k->tags, g_strndup(rest, n), GUINT_TO_POINTER(tag));
}

static void do_wait(client *k, const char *rest)
{
    g_autoptr(GError) error = NULL;
    imap_code code;
    guint32 tag = GPOINTER_TO_UINT(g_hash_table_lookup(k->tags, rest));
    bool ok = imap_wait(k->c, tag, &code, &error);
    note_result(k, rest, ok, error);
}

/* The tagged reply itself. */
static void do_reply(client *k, const char *rest)
{
    g_autoptr(GError) error = NULL;
    guint32 tag = GPOINTER_TO_UINT(g_hash_table_lookup(k->tags, rest));
    g_autoptr(imap_reply) r = imap_wait_reply(k->c, tag, &error);
    if (r == NULL) {
        note_result(k, rest, false, error);
        return;
    }
    r->tag = 0;
    g_autofree char *text = reply_text(r);
    note(k, "%s: %s", rest, text);
}

static void do_run(client *k, const char *rest)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strcompress(rest);
    bool ok = imap_run(k->c, g_string_new(text), NULL, &error);
    note_result(k, "run", ok, error);
}

/* VERB ARGUMENT: the argument through the builder. */
static void do_build(client *k, const char *rest)
{
    g_autoptr(GError) error = NULL;
    gsize n = strcspn(rest, " ");
    g_autofree char *verb = g_strndup(rest, n), *argument = g_strcompress(rest + n + 1);
    GString *command = imap_command(verb);
    if (!imap_add_string(command, argument)) {
        note(k, "build: refused");
        g_string_free(command, TRUE);
        return;
    }
    bool ok = imap_run(k->c, command, NULL, &error);
    note_result(k, "build", ok, error);
}

static void do_flush(client *k, const char *rest)
{
    g_autoptr(GError) error = NULL;
    bool ok = imap_flush(k->c, &error);
    note_result(k, "flush", ok, error);
}

static void do_poll(client *k, const char *rest)
{
    g_autoptr(GError) error = NULL;
    bool ok = imap_poll(k->c, &error);
    note_result(k, "poll", ok, error);
}

static gint64 deadline_of(const char *rest)
{
    return clock_monotonic_ms() + (rest[0] != '\0' ? atol(rest) : 10000);
}

static void do_idle(client *k, const char *rest)
{
    g_autoptr(GError) error = NULL;
    bool ok = imap_idle(k->c, deadline_of(rest), k->wake[0], &error);
    note_result(k, "idle", ok, error);
}

static void do_idle_begin(client *k, const char *rest)
{
    imap_idle_begin(k->c);
}

static void do_idle_listen(client *k, const char *rest)
{
    g_autoptr(GError) error = NULL;
    bool ok = imap_idle_listen(k->c, deadline_of(rest), k->wake[0], &error);
    note_result(k, imap_idle_is_open(k->c) ? "listen, open" : "listen, over", ok, error);
}

static void do_linger(client *k, const char *rest)
{
    g_autoptr(GError) error = NULL;
    bool ok = imap_linger(k->c, deadline_of(rest), k->wake[0], &error);
    note_result(k, "linger", ok, error);
}

static void do_wake(client *k, const char *rest)
{
    if (write(k->wake[1], "x", 1) != 1)
        note(k, "wake: failed");
}

static void do_logout(client *k, const char *rest)
{
    imap_logout(k->c);
    note(k, "logout: done");
}

static void do_break_on(client *k, const char *rest)
{
    g_free(k->break_on);
    k->break_on = g_strdup(rest);
}

static void do_stop_on(client *k, const char *rest)
{
    g_free(k->stop_on);
    k->stop_on = rest[0] != '\0' ? g_strdup(rest) : NULL;
}

static void do_quiet(client *k, const char *rest)
{
    k->quiet = true;
}

static void do_timeout(client *k, const char *rest)
{
    imap_connection_set_timeout(k->c, atoi(rest));
}

static void do_has(client *k, const char *rest)
{
    note(k, "has %s: %s", rest, imap_has(k->c, rest) ? "yes" : "no");
}

static void do_server(client *k, const char *rest)
{
    note(k, "server: %s", imap_server_name(k->c));
}

/* ---- what the engine builds by itself */

/* MAILBOX WHEN TEXT|TEXT...: '^' in a text is a NUL. */
static guint32 send_append(client *k, const char *rest, guint32 replaced)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) words = g_strsplit(rest, " ", 3);
    g_auto(GStrv) texts = g_strsplit(words[2], "|", -1);
    g_autofree char *name = g_strcompress(words[0]);
    imap_upload uploads[8];
    guint n = MIN(g_strv_length(texts), 8);
    for (guint i = 0; i < n; i++) {
        char *text = g_strcompress(texts[i]);
        gsize length = strlen(text);
        for (gsize at = 0; at < length; at++)
            if (text[at] == '^')
                text[at] = '\0';
        uploads[i] = (imap_upload){ .message = g_bytes_new_take(text, length),
                                    .flags = i == 0 ? FLAG_SEEN : 0,
                                    .received_s = atol(words[1]) };
    }
    guint32 tag = replaced != 0 ? imap_send_replace(k->c, replaced, name, uploads, &error)
                                : imap_send_append(k->c, name, uploads, n, &error);
    for (guint i = 0; i < n; i++)
        g_bytes_unref(uploads[i].message); /* the connection keeps its own reference */
    if (tag == 0)
        note_result(k, "upload", false, error);
    return tag;
}

static void remember(client *k, const char *name, guint32 tag)
{
    g_hash_table_replace(k->tags, g_strdup(name), GUINT_TO_POINTER(tag));
}

static void do_append(client *k, const char *rest)
{
    remember(k, "append", send_append(k, rest, 0));
}

static void do_replace(client *k, const char *rest)
{
    char *end;
    guint32 uid = (guint32)strtoul(rest, &end, 10);
    remember(k, "replace", send_append(k, end + 1, uid));
}

static void do_enable(client *k, const char *rest)
{
    remember(k, "enable", imap_send_enable(k->c, rest));
}

static void do_enabled(client *k, const char *rest)
{
    note(k, "enabled %s: %s", rest, imap_enabled(k->c, rest) ? "yes" : "no");
}

static void do_id(client *k, const char *rest)
{
    guint32 tag = imap_send_id(k->c);
    remember(k, "id", tag);
    if (tag == 0)
        note(k, "id: not sent");
}

static void do_notify(client *k, const char *rest)
{
    remember(k, "notify", imap_send_notify(k->c, rest[0] != '\0' ? rest : NULL, true));
}

static void do_compress(client *k, const char *rest)
{
    g_autoptr(GError) error = NULL;
    bool ok = imap_compress(k->c, &error);
    note_result(k, "compress", ok, error);
}

static void do_override(client *k, const char *rest)
{
    g_auto(GStrv) words = g_strsplit(rest, " ", -1);
    imap_connection_set_overrides(k->c, (const char *const *)words);
}

static void do_failed(client *k, const char *rest)
{
    imap_capability_failed(k->c, rest);
}

static void do_limits(client *k, const char *rest)
{
    note(k, "limits: line %u, messages %u", imap_line_limit(k->c), imap_message_limit(k->c));
}

static void do_quirks(client *k, const char *rest)
{
    static const char *const names[] = {
        "stale-uidnext", "fetch-gaps", "sequences-drift", "unstable-examine", "noop-after-append",
        "keeps-sent", "no-appenduid", "silent-enable", "no-uid-expunge", "vanished-above",
        "bad-permanentflags", "false-vanished", "move-may-hang-up"
    };
    G_STATIC_ASSERT(G_N_ELEMENTS(names) == QUIRK_COUNT);
    g_autoptr(GString) all = g_string_new("quirks:");
    for (int q = 0; q < QUIRK_COUNT; q++)
        if (imap_quirk(k->c, q))
            g_string_append_printf(all, " %s", names[q]);
    note(k, "%s", all->str);
}

/* VERB WIRE-NAME, queued as "mailbox" */
static void do_mailbox(client *k, const char *rest)
{
    gsize n = strcspn(rest, " ");
    g_autofree char *verb = g_strndup(rest, n);
    GString *command = imap_command(verb);
    if (imap_add_mailbox(k->c, command, rest + n + 1)) {
        remember(k, "mailbox", imap_send(k->c, command));
        return;
    }
    note(k, "mailbox: refused");
    g_string_free(command, TRUE);
}

static const struct {
    const char *verb;
    void (*act)(client *k, const char *rest);
} verbs[] = {
    { "greet", do_greet },     { "login", do_login },       { "send", do_send },
    { "wait", do_wait },       { "reply", do_reply },       { "run", do_run },
    { "build", do_build },     { "flush", do_flush },       { "poll", do_poll },
    { "idle", do_idle },       { "linger", do_linger },     { "wake", do_wake },
    { "logout", do_logout },   { "break-on", do_break_on }, { "stop-on", do_stop_on },
    { "timeout", do_timeout }, { "has", do_has },           { "server", do_server },
    { "quiet", do_quiet },     { "append", do_append },     { "replace", do_replace },
    { "enable", do_enable },   { "enabled", do_enabled },   { "id", do_id },
    { "notify", do_notify },   { "compress", do_compress }, { "override", do_override },
    { "failed", do_failed },   { "limits", do_limits },     { "quirks", do_quirks },
    { "mailbox", do_mailbox },     { "idle-begin", do_idle_begin }, { "idle-listen", do_idle_listen },
};

static void act(client *k, const char *line)
{
    gsize n = strcspn(line, " ");
    for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++)
        if (strlen(verbs[i].verb) == n && strncmp(line, verbs[i].verb, n) == 0) {
            verbs[i].act(k, line[n] == ' ' ? line + n + 1 : "");
            return;
        }
    note(k, "unknown action: %s", line);
}

void client_play(const talk *t, int fd, GPtrArray *log)
{
    client k = { .log = log, .tags = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) };
    if (pipe(k.wake) < 0)
        abort();
    k.c = imap_connection_new(stream_from_socket(fd, t->is_private), "talk");
    imap_connection_set_timeout(k.c, 10000);
    imap_connection_set_handler(k.c, on_reply, &k);
    for (guint i = 0; i < t->actions->len; i++)
        act(&k, t->actions->pdata[i]);
    imap_connection_free(k.c);
    g_hash_table_unref(k.tags);
    g_free(k.break_on);
    g_free(k.stop_on);
    close(k.wake[0]);
    close(k.wake[1]);
}
