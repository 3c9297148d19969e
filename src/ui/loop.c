/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The main loop: keys before everything else, a paint after them at once and after other events at
 * most some sixty times a second, signals, and a slow tick for the times on the status line. */
#include "base/clock.h"
#include "ui/prompt.h"
#include "ui/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Keys are handled for so long before they are painted, other events before the next frame. */
#define KEYS_BUDGET_US 10000
#define FRAME_US 16000
/* "synced 10 s ago": how often such words are looked at. */
#define TICK_S 5

struct loop {
    GMainLoop *main;
    guint sources[16];
    guint nsources;
    guint paint;     /* source, 0: none is due */
    guint more_keys; /* source: keys are left over */
    gint64 painted_us;
    bool dirty;
    bool in_keys;
    GString *key, *ahead;
    term_mouse mouse;
    int stop_pipe[2]; /* written by the handler of SIGTSTP and SIGCONT */
};

static int stop_pipe_write = -1;

/* ---- painting */

void ui_paint_now(ui *u)
{
    loop *l = u->loop;
    g_clear_handle_id(&l->paint, g_source_remove);
    l->dirty = false;
    screen_paint(u);
    l->painted_us = g_get_monotonic_time();
}

static gboolean paint_due(gpointer data)
{
    ui *u = data;
    u->loop->paint = 0;
    ui_paint_now(u);
    return G_SOURCE_REMOVE;
}

void ui_dirty(ui *u)
{
    loop *l = u->loop;
    if (l == NULL || l->dirty)
        return;
    l->dirty = true;
    if (l->in_keys || !u->started)
        return; /* painted when the keys are done; the first paint comes by itself */
    gint64 wait_us = l->painted_us + FRAME_US - g_get_monotonic_time();
    l->paint =
        g_timeout_add_full(G_PRIORITY_DEFAULT - 50,
                           (guint)CLAMP(wait_us / 1000, 0, FRAME_US / 1000), paint_due, u, NULL);
}

/* ---- keys */

/* In a prompt, Esc alone leaves and Esc with a letter edits: they are told apart by what follows at
 * once. */
static bool take_input(ui *u, term_input input)
{
    loop *l = u->loop;
    switch (input) {
    case TERM_NOTHING:
        return false;
    case TERM_GONE:
        ui_loop_quit(u);
        return false;
    case TERM_PASTE:
        if (u->prompt != NULL)
            prompt_paste(u, l->key->str);
        return true;
    case TERM_MOUSE:
        screen_click(u, &l->mouse);
        return true;
    case TERM_KEY:
        break;
    }
    if (u->prompt == NULL || strcmp(l->key->str, "<esc>") != 0) {
        keys_typed(u, l->key->str);
        return true;
    }
    term_input next = term_read(l->ahead, &l->mouse);
    if (next == TERM_KEY)
        g_string_append(l->key, l->ahead->str);
    keys_typed(u, l->key->str);
    return next == TERM_NOTHING || next == TERM_KEY || take_input(u, next);
}

static gboolean keys_again(gpointer data);

static void read_keys(ui *u)
{
    loop *l = u->loop;
    gint64 until = g_get_monotonic_time() + KEYS_BUDGET_US;
    bool more = true;
    l->in_keys = true;
    while (more && g_get_monotonic_time() < until && g_main_loop_is_running(l->main))
        more = take_input(u, term_read(l->key, &l->mouse));
    l->in_keys = false;
    if (l->dirty && g_main_loop_is_running(l->main))
        ui_paint_now(u);
    /* ncurses may hold keys that poll does not see. */
    if (more && l->more_keys == 0)
        l->more_keys = g_idle_add_full(G_PRIORITY_HIGH, keys_again, u, NULL);
}

static gboolean keys_again(gpointer data)
{
    ui *u = data;
    u->loop->more_keys = 0;
    read_keys(u);
    return G_SOURCE_REMOVE;
}

static gboolean tty_ready(gint fd, GIOCondition condition, gpointer data)
{
    ui *u = data;
    if (condition & G_IO_IN)
        read_keys(u);
    else if (condition & (G_IO_HUP | G_IO_ERR | G_IO_NVAL))
        ui_loop_quit(u);
    return G_SOURCE_CONTINUE;
}

/* ---- signals */

static gboolean window_changed(gpointer data)
{
    if (term_resized())
        ui_paint_now(data);
    return G_SOURCE_CONTINUE;
}

static gboolean told_to_leave(gpointer data)
{
    ui_loop_quit(data);
    return G_SOURCE_CONTINUE;
}

static void stop_or_continue(int number)
{
    int kept = errno;
    char byte = number == SIGTSTP ? 's' : 'c';
    ssize_t ignored = write(stop_pipe_write, &byte, 1);
    (void)ignored;
    errno = kept;
}

static gboolean stop_pipe_ready(gint fd, GIOCondition condition, gpointer data)
{
    ui *u = data;
    char bytes[32];
    ssize_t n = read(fd, bytes, sizeof bytes);
    if (n <= 0)
        return G_SOURCE_CONTINUE;
    if (memchr(bytes, 's', (size_t)n) != NULL)
        term_suspend();
    term_resized();
    term_redraw();
    ui_paint_now(u);
    return G_SOURCE_CONTINUE;
}

static void catch_stop(loop *l)
{
    struct sigaction action = { .sa_handler = stop_or_continue, .sa_flags = SA_RESTART };
    sigemptyset(&action.sa_mask);
    if (!g_unix_open_pipe(l->stop_pipe, FD_CLOEXEC, NULL))
        return;
    g_unix_set_fd_nonblocking(l->stop_pipe[0], TRUE, NULL);
    g_unix_set_fd_nonblocking(l->stop_pipe[1], TRUE, NULL);
    stop_pipe_write = l->stop_pipe[1];
    sigaction(SIGTSTP, &action, NULL);
    sigaction(SIGCONT, &action, NULL);
}

/* ---- life */

static gboolean tick(gpointer data)
{
    ui_dirty(data);
    return G_SOURCE_CONTINUE;
}

static void keep(loop *l, guint source)
{
    g_assert(l->nsources < G_N_ELEMENTS(l->sources));
    l->sources[l->nsources++] = source;
}

loop *loop_new(ui *u)
{
    loop *l = g_new0(loop, 1);
    l->main = g_main_loop_new(NULL, FALSE);
    l->key = g_string_new(NULL);
    l->ahead = g_string_new(NULL);
    l->stop_pipe[0] = l->stop_pipe[1] = -1;
    keep(l, g_unix_signal_add_full(G_PRIORITY_HIGH, SIGWINCH, window_changed, u, NULL));
    keep(l, g_unix_signal_add_full(G_PRIORITY_HIGH, SIGTERM, told_to_leave, u, NULL));
    keep(l, g_unix_signal_add_full(G_PRIORITY_HIGH, SIGHUP, told_to_leave, u, NULL));
    keep(l, g_unix_signal_add_full(G_PRIORITY_HIGH, SIGINT, told_to_leave, u, NULL));
    catch_stop(l);
    if (l->stop_pipe[0] >= 0)
        keep(l, g_unix_fd_add(l->stop_pipe[0], G_IO_IN, stop_pipe_ready, u));
    return l;
}

void loop_free(loop *l)
{
    struct sigaction plain = { .sa_handler = SIG_DFL };
    sigemptyset(&plain.sa_mask);
    sigaction(SIGTSTP, &plain, NULL);
    sigaction(SIGCONT, &plain, NULL);
    for (guint i = 0; i < l->nsources; i++)
        g_source_remove(l->sources[i]);
    g_clear_handle_id(&l->paint, g_source_remove);
    g_clear_handle_id(&l->more_keys, g_source_remove);
    for (int i = 0; i < 2; i++)
        if (l->stop_pipe[i] >= 0)
            close(l->stop_pipe[i]);
    stop_pipe_write = -1;
    g_main_loop_unref(l->main);
    g_string_free(l->key, TRUE);
    g_string_free(l->ahead, TRUE);
    g_free(l);
}

void ui_loop_run(ui *u)
{
    loop *l = u->loop;
    keep(l, g_unix_fd_add_full(G_PRIORITY_HIGH, term_fd(), G_IO_IN | G_IO_HUP | G_IO_ERR, tty_ready,
                               u, NULL));
    keep(l, g_timeout_add_seconds(TICK_S, tick, u));
    g_main_loop_run(l->main);
}

void ui_loop_quit(ui *u)
{
    g_main_loop_quit(u->loop->main);
}
