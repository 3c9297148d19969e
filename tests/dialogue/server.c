/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server of a dialogue: says its lines, compares what it hears.  "$word" at the start of a C
 * line binds the client's tag to that word. */
#include "dialogue/talk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct server {
    int fd;
    gsize split;
    GString *heard;
    GHashTable *tags; /* word -> tag */
} server;

static bool say(server *s, const char *bytes, gsize nbytes)
{
    while (nbytes > 0) {
        gsize n = MIN(nbytes, s->split);
        if (send(s->fd, bytes, n, MSG_NOSIGNAL) != (ssize_t)n)
            return false;
        bytes += n;
        nbytes -= n;
    }
    return true;
}

/* "$t OK" with the tag that was bound to t; "$" elsewhere is a dollar sign. */
static GString *with_tag(const server *s, const char *line)
{
    gsize n = line[0] == '$' ? strcspn(line + 1, " \"") : 0;
    g_autofree char *word = g_strndup(line + 1, n);
    const char *tag = n > 0 ? g_hash_table_lookup(s->tags, word) : NULL;
    GString *out = g_string_new(tag);
    g_string_append(out, tag != NULL ? line + 1 + n : line);
    for (char *at; (at = strstr(out->str, "\"$")) != NULL;) { /* (TAG "$t") */
        gsize from = (gsize)(at - out->str) + 1, length = strcspn(at + 2, "\"");
        g_autofree char *name = g_strndup(at + 2, length);
        g_string_erase(out, (gssize)from, (gssize)length + 1);
        g_string_insert(out, (gssize)from, g_hash_table_lookup(s->tags, name));
    }
    return out;
}

/* \r \n \0 \\ \xHH */
static GString *unescaped(const char *text)
{
    GString *out = g_string_new(NULL);
    for (const char *p = text; *p != '\0'; p++) {
        if (*p != '\\' || p[1] == '\0') {
            g_string_append_c(out, *p);
            continue;
        }
        p++;
        if (*p == 'x') {
            g_string_append_c(out,
                              (char)(g_ascii_xdigit_value(p[1]) * 16 + g_ascii_xdigit_value(p[2])));
            p += 2;
        } else
            g_string_append_c(out, *p == 'r' ? '\r' : *p == 'n' ? '\n' : *p == '0' ? '\0' : *p);
    }
    return out;
}

/* The next line of the client, without CRLF.  NULL: it hung up. */
static char *hear(server *s)
{
    char *eol;
    while ((eol = strstr(s->heard->str, "\r\n")) == NULL) {
        char bytes[65536];
        ssize_t n = recv(s->fd, bytes, sizeof bytes, 0);
        if (n <= 0)
            return NULL;
        g_string_append_len(s->heard, bytes, n);
    }
    char *line = g_strndup(s->heard->str, (gsize)(eol - s->heard->str));
    g_string_erase(s->heard, 0, eol + 2 - s->heard->str);
    return line;
}

static char *compare(server *s, const char *expected)
{
    g_autofree char *line = hear(s);
    if (line == NULL)
        return g_strdup_printf("the client hung up instead of saying: %.200s", expected);
    if (expected[0] != '$')
        return strcmp(line, expected) == 0
                   ? NULL
                   : g_strdup_printf("the client said: %.200s\n  instead of: %.200s", line,
                                     expected);
    gsize word = strcspn(expected + 1, " "), tag = strcspn(line, " ");
    if (tag == 0 || strcmp(line + tag, expected + 1 + word) != 0)
        return g_strdup_printf("the client said: %.200s\n  instead of: %.200s", line, expected);
    g_hash_table_replace(s->tags, g_strndup(expected + 1, word), g_strndup(line, tag));
    return NULL;
}

/* Many bytes, in pieces that do not take all day. */
static bool fill(const server *s, gsize nbytes)
{
    char some[1024];
    memset(some, 'x', sizeof some);
    while (nbytes > 0) {
        gsize n = MIN(nbytes, sizeof some);
        if (send(s->fd, some, n, MSG_NOSIGNAL) != (ssize_t)n)
            return false;
        nbytes -= n;
    }
    return true;
}

/* Until the client hangs up; what it says meanwhile is kept, since the end of a flooded connection
 * may lose it. */
static char *chatter(server *s, const char *line)
{
    g_autofree char *text = g_strconcat(line, "\r\n", NULL);
    while (say(s, text, strlen(text))) {
        char bytes[1024];
        ssize_t n = recv(s->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (n > 0)
            g_string_append_len(s->heard, bytes, n);
    }
    return NULL;
}

static char *trickle(server *s, const char *text)
{
    for (; *text != '\0' && say(s, text, 1); text++)
        g_usleep(20000);
    return *text == '\0' ? g_strdup("the client heard all of the trickle") : NULL;
}

/* A line so slowly that only what it says keeps the client waiting. */
static char *drip(server *s, const char *line)
{
    g_autofree char *text = g_strconcat(line, "\r\n", NULL);
    for (const char *p = text; *p != '\0'; p++) {
        if (!say(s, p, 1))
            return g_strdup("the client did not wait for the drip");
        g_usleep(20000);
    }
    return NULL;
}

static char *say_line(server *s, char kind, const char *text)
{
    g_autoptr(GString) tagged = with_tag(s, text);
    g_autoptr(GString) bytes = kind == 'S' ? g_string_new(tagged->str) : unescaped(tagged->str);
    if (kind == 'S')
        g_string_append(bytes, "\r\n");
    bool heard = kind == 'w' ? send(s->fd, bytes->str, bytes->len, MSG_NOSIGNAL) >= 0
                             : say(s, bytes->str, bytes->len);
    return heard ? NULL : g_strdup_printf("the client does not hear: %.200s", text);
}

static char *play_line(server *s, const char *line)
{
    if (g_str_has_prefix(line, "fill: "))
        return fill(s, (gsize)g_ascii_strtoull(line + 6, NULL, 10))
                   ? NULL
                   : g_strdup("the client does not hear the fill");
    if (g_str_has_prefix(line, "chatter: "))
        return chatter(s, line + 9);
    if (g_str_has_prefix(line, "trickle: "))
        return trickle(s, line + 9);
    if (g_str_has_prefix(line, "drip: "))
        return drip(s, line + 6);
    return line[0] == 'C' ? compare(s, line + 1) : say_line(s, line[0], line + 1);
}

/* Does the client say something at line i or later? */
static bool is_client_due(const talk *t, guint i)
{
    for (; i < t->server->len; i++)
        if (((const char *)t->server->pdata[i])[0] == 'C')
            return true;
    return false;
}

char *server_play(const talk *t, int fd, gsize split)
{
    server s = { .fd = fd, .split = split, .heard = g_string_new(NULL),
                 .tags = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free) };
    char *wrong = NULL;
    bool closed = false;
    for (guint i = 0; wrong == NULL && i < t->server->len; i++) {
        const char *line = t->server->pdata[i];
        closed = strcmp(line, "close") == 0;
        if (closed)
            shutdown(fd, SHUT_RDWR);
        else
            wrong = play_line(&s, line);
        if (wrong != NULL && strchr("Sswf", line[0]) != NULL && !is_client_due(t, i)) {
            /* It hung up before the last words: what it made of them is in its log. */
            g_clear_pointer(&wrong, g_free);
            break;
        }
    }
    if (wrong != NULL)
        shutdown(fd, SHUT_RDWR);
    else if (!closed) {
        g_autofree char *more = hear(&s);
        if (more != NULL)
            wrong = g_strdup_printf("the client goes on: %.200s", more);
    }
    close(fd);
    g_string_free(s.heard, TRUE);
    g_hash_table_unref(s.tags);
    return wrong;
}
