/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Framing: a line is a message.  Passwords may come along, so every buffer is wiped when it is left. */
#include "mtm/remote-wire.h"
#include "base/limits.h"
#include "base/secret.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_NBYTES = 64 << 10 }; /* a turn, so that one that floods leaves room for keys */

struct remote_wire {
    int fd;
    gsize max_line;
    remote_wire_hooks hooks;
    gpointer data;
    GString *in;
    gsize looked;       /* bytes of it that hold no end of a line */
    GString *out;
    gsize sent;         /* bytes of it that are gone */
    guint source_in, source_out, source_end; /* 0 none */
    const char *why;    /* it is over; NULL: it is not */
    guint busy;         /* hooks that are running */
    bool freed;         /* by one of them */
};

static void wipe(GString *text)
{
    secret_wipe(text->str, text->len);
    g_string_truncate(text, 0);
}

static void destroy(remote_wire *w)
{
    wipe(w->in);
    wipe(w->out);
    g_string_free(w->in, TRUE);
    g_string_free(w->out, TRUE);
    g_free(w);
}

void remote_wire_free(remote_wire *w)
{
    if (w == NULL || w->freed)
        return;
    w->freed = true;
    g_clear_handle_id(&w->source_in, g_source_remove);
    g_clear_handle_id(&w->source_out, g_source_remove);
    g_clear_handle_id(&w->source_end, g_source_remove);
    close(w->fd);
    if (w->busy == 0)
        destroy(w);
}

static void leave_hook(remote_wire *w)
{
    if (--w->busy == 0 && w->freed)
        destroy(w);
}

static gboolean tell_end(gpointer data)
{
    remote_wire *w = data;
    w->source_end = 0;
    w->busy++;
    w->hooks.end(w->why, w->data);
    leave_hook(w);
    return G_SOURCE_REMOVE;
}

/* Told from the main loop: who sends to many must not lose one of them on the way. */
static void over(remote_wire *w, const char *why)
{
    if (w->why != NULL)
        return;
    w->why = why;
    g_clear_handle_id(&w->source_in, g_source_remove);
    g_clear_handle_id(&w->source_out, g_source_remove);
    w->source_end = g_idle_add_full(G_PRIORITY_DEFAULT, tell_end, w, NULL);
}

/* ---- in */

/* Every whole line in the buffer.  False: the wire was freed or is over. */
static bool take_lines(remote_wire *w)
{
    gsize from = 0;
    char *end;
    w->busy++;
    while (!w->freed && w->why == NULL && (end = memchr(w->in->str + w->looked, '\n', w->in->len - w->looked)) != NULL) {
        gsize n = (gsize)(end - w->in->str) - from;
        *end = '\0';
        w->looked = from + n + 1;
        if (n <= w->max_line)
            w->hooks.line(w->in->str + from, n, w->data);
        else
            over(w, "a line is too long");
        from = w->looked;
    }
    bool alive = !w->freed && w->why == NULL;
    if (alive) {
        secret_wipe(w->in->str, from);
        g_string_erase(w->in, 0, (gssize)from);
        w->looked = w->in->len;
        if (w->in->len > w->max_line)
            over(w, "a line is too long");
    }
    leave_hook(w);
    return alive;
}

/* The buffer grows by copies that are wiped. */
static void make_room(GString **text, gsize more)
{
    if ((*text)->len + more < (*text)->allocated_len)
        return;
    GString *larger = g_string_sized_new(((*text)->len + more) * 2);
    g_string_append_len(larger, (*text)->str, (gssize)(*text)->len);
    wipe(*text);
    g_string_free(*text, TRUE);
    *text = larger;
}

static gboolean readable(gint fd, GIOCondition condition, gpointer data)
{
    (void)condition;
    remote_wire *w = data;
    make_room(&w->in, READ_NBYTES);
    gsize before = w->in->len;
    ssize_t n = read(fd, w->in->str + before, READ_NBYTES);
    if (n > 0) {
        g_string_set_size(w->in, before + (gsize)n);
        return take_lines(w) ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return G_SOURCE_CONTINUE;
    w->source_in = 0;
    over(w, n == 0 ? "the other side has gone" : g_strerror(errno));
    return G_SOURCE_REMOVE;
}

/* ---- out */

static gboolean writable(gint fd, GIOCondition condition, gpointer data);

static void flush(remote_wire *w)
{
    while (w->sent < w->out->len) {
        ssize_t n = send(w->fd, w->out->str + w->sent, w->out->len - w->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN)
            over(w, g_strerror(errno));
        if (n < 0)
            break;
        w->sent += (gsize)n;
    }
    if (w->sent == w->out->len) {
        wipe(w->out);
        w->sent = 0;
    } else if (w->source_out == 0 && w->why == NULL)
        w->source_out = g_unix_fd_add(w->fd, G_IO_OUT, writable, w);
}

static gboolean writable(gint fd, GIOCondition condition, gpointer data)
{
    (void)fd;
    (void)condition;
    remote_wire *w = data;
    w->source_out = 0; /* flush asks again */
    flush(w);
    return G_SOURCE_REMOVE;
}

void remote_wire_send(remote_wire *w, GString *line)
{
    g_string_append_c(line, '\n');
    if (w->out->len - w->sent > LIMIT_ENGINE_BEHIND) /* before this one, which may be as long as it likes */
        over(w, "the other side does not read");
    if (w->why == NULL && !w->freed) {
        make_room(&w->out, line->len);
        g_string_append_len(w->out, line->str, (gssize)line->len);
        if (w->source_out == 0)
            flush(w);
    }
    wipe(line);
}

/* ---- life */

remote_wire *remote_wire_new(int fd, gsize max_line, const remote_wire_hooks *hooks, gpointer data)
{
    remote_wire *w = g_new0(remote_wire, 1);
    w->fd = fd;
    w->max_line = max_line;
    w->hooks = *hooks;
    w->data = data;
    w->in = g_string_new(NULL);
    w->out = g_string_new(NULL);
    g_unix_set_fd_nonblocking(fd, TRUE, NULL);
    w->source_in = g_unix_fd_add(fd, G_IO_IN | G_IO_HUP | G_IO_ERR, readable, w);
    return w;
}

void remote_wire_max_line(remote_wire *w, gsize max_line)
{
    w->max_line = max_line;
}

bool remote_wire_has_part(const remote_wire *w)
{
    return w->in->len > 0;
}

void remote_wire_deafen(remote_wire *w)
{
    g_clear_handle_id(&w->source_in, g_source_remove);
}

bool remote_wire_is_empty(const remote_wire *w)
{
    return w->why != NULL || w->sent == w->out->len;
}
