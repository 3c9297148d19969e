/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libvterm behind a pseudo terminal. */
#include "screen/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vterm.h>

#define SETTLED_MS 60 /* without output: the program has painted */

struct terminal {
    VTerm *vterm;
    VTermScreen *screen;
    int nrows, ncols;
    int fd;     /* -1: not started, or closed */
    pid_t pid;  /* 0: none, or waited for */
    int status; /* -1: runs */
    bool cursor;
};

static int set_property(VTermProp property, VTermValue *value, void *data)
{
    if (property == VTERM_PROP_CURSORVISIBLE)
        ((terminal *)data)->cursor = value->boolean;
    return 1;
}

static const VTermScreenCallbacks callbacks = { .settermprop = set_property };

terminal *terminal_new(int nrows, int ncols)
{
    terminal *t = g_new0(terminal, 1);
    t->nrows = nrows;
    t->ncols = ncols;
    t->fd = -1;
    t->status = -1;
    t->cursor = true;
    t->vterm = vterm_new(nrows, ncols);
    vterm_set_utf8(t->vterm, 1);
    t->screen = vterm_obtain_screen(t->vterm);
    vterm_screen_set_callbacks(t->screen, &callbacks, t);
    vterm_screen_reset(t->screen, 1);
    return t;
}

void terminal_free(terminal *t)
{
    if (t->pid > 0 && terminal_status(t) < 0) {
        kill(t->pid, SIGKILL);
        waitpid(t->pid, NULL, 0);
    }
    if (t->fd >= 0)
        close(t->fd);
    vterm_free(t->vterm);
    g_free(t);
}

bool terminal_start(terminal *t, char **argv, char **envp)
{
    struct winsize size = { .ws_row = (unsigned short)t->nrows,
                            .ws_col = (unsigned short)t->ncols };
    t->pid = forkpty(&t->fd, NULL, NULL, &size);
    if (t->pid == 0) {
        execve(argv[0], argv, envp);
        _exit(127);
    }
    t->status = -1;
    return t->pid > 0 && fcntl(t->fd, F_SETFD, FD_CLOEXEC) == 0;
}

void terminal_type(terminal *t, const char *bytes, gsize n)
{
    while (n > 0 && t->fd >= 0) {
        ssize_t done = write(t->fd, bytes, n);
        if (done <= 0)
            return;
        bytes += done;
        n -= (gsize)done;
    }
}

/* What the terminal answers to questions of the program. */
static void send_answers(terminal *t)
{
    char answer[256];
    size_t n;
    while ((n = vterm_output_read(t->vterm, answer, sizeof answer)) > 0)
        terminal_type(t, answer, n);
}

bool terminal_pump(terminal *t, int timeout_ms)
{
    struct pollfd p = { .fd = t->fd, .events = POLLIN };
    if (t->fd < 0)
        return false;
    if (poll(&p, 1, timeout_ms) <= 0)
        return true;
    char bytes[65536];
    ssize_t n = read(t->fd, bytes, sizeof bytes);
    if (n <= 0) {
        close(t->fd);
        t->fd = -1;
        return false;
    }
    vterm_input_write(t->vterm, bytes, (size_t)n);
    send_answers(t);
    return true;
}

static bool is_talking(const terminal *t)
{
    struct pollfd p = { .fd = t->fd, .events = POLLIN };
    return t->fd >= 0 && poll(&p, 1, SETTLED_MS) > 0;
}

void terminal_resize(terminal *t, int nrows, int ncols)
{
    struct winsize size = { .ws_row = (unsigned short)nrows, .ws_col = (unsigned short)ncols };
    /* What was painted for the old size goes there: libvterm 0.1.4 crashes when more lines are scrolled than it has. */
    while (is_talking(t))
        terminal_pump(t, 0);
    t->nrows = nrows;
    t->ncols = ncols;
    vterm_set_size(t->vterm, nrows, ncols);
    ioctl(t->fd, TIOCSWINSZ, &size);
}

int terminal_status(terminal *t)
{
    int status;
    if (t->pid > 0 && waitpid(t->pid, &status, WNOHANG) == t->pid) {
        t->pid = 0;
        t->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return t->status;
}

pid_t terminal_pid(const terminal *t)
{
    return t->pid;
}

int terminal_nrows(const terminal *t)
{
    return t->nrows;
}

static bool cell_at(terminal *t, int row, int col, VTermScreenCell *cell)
{
    return vterm_screen_get_cell(t->screen, (VTermPos){ row, col }, cell) != 0;
}

/* Characters of a row up to a column; the right half of a wide one has none. */
static GString *row_until(terminal *t, int row, int ncols)
{
    GString *text = g_string_new(NULL);
    for (int col = 0; col < ncols; col++) {
        VTermScreenCell cell;
        if (!cell_at(t, row, col, &cell) || cell.chars[0] == (uint32_t)-1)
            continue;
        if (cell.chars[0] == 0)
            g_string_append_c(text, ' ');
        for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i] != 0; i++)
            g_string_append_unichar(text, cell.chars[i]);
    }
    return text;
}

char *terminal_row(terminal *t, int row)
{
    return g_strchomp(g_string_free(row_until(t, row, t->ncols), FALSE));
}

int terminal_find(terminal *t, int row, const char *text)
{
    for (int col = 0; col < t->ncols; col++) {
        g_autofree char *all = terminal_row(t, row);
        GString *before = row_until(t, row, col);
        bool here = before->len <= strlen(all) && g_str_has_prefix(all + before->len, text);
        g_string_free(before, TRUE);
        if (here)
            return col;
    }
    return -1;
}

char *terminal_attrs(terminal *t, int row, int col)
{
    VTermScreenCell cell;
    g_autoptr(GString) words = g_string_new(NULL);
    if (!cell_at(t, row, col, &cell))
        return g_strdup("");
    if (cell.attrs.bold)
        g_string_append(words, " bold");
    if (cell.attrs.reverse)
        g_string_append(words, " reverse");
    if (cell.attrs.underline)
        g_string_append(words, " underline");
    if (cell.attrs.italic)
        g_string_append(words, " italic");
    return g_strdup(words->len > 0 ? words->str + 1 : "");
}

bool terminal_cursor_visible(const terminal *t)
{
    return t->cursor;
}
