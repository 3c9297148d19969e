/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From key to screen: runs a program in a pseudo-terminal of 120x40 cells, waits until a text stands on its screen,
 * then presses keys on a schedule and times when the cursor row (reverse or with a background) has moved accordingly.
 * libvterm reads what the program paints, so a progress bar that moves meanwhile is not mistaken for an answer.
 *
 *   keys -m TEXT [-n KEYS] [-r RATE] [-d DOWN] [-u UP] [-s SETTLE_MS] [-q QUIT] [-t TIMEOUT_S] [-l LOGIN] -- PROGRAM...
 *
 * Prints "first MS" and, for each key, its latency in microseconds, one a line; then "rss KIB".  With -n 0 only the
 * first screen is timed.  -l sends a line once, when a password is asked for. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>

enum { ROWS = 40, COLS = 120, SWING = 12, KEYS_MAX = 100000 };

typedef struct bench {
    VTerm *vt;
    VTermScreen *screen;
    int fd;
    pid_t pid;
    int64_t start_us, last_output_us;
    VTermColor ground; /* the background of most cells */
    bool gone;
} bench;

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void answer(const char *s, size_t n, void *data)
{
    bench *b = data;
    if (write(b->fd, s, n) < 0)
        b->gone = true;
}

/* Feed what comes within timeout; false: nothing came. */
static bool pump(bench *b, int64_t timeout_us)
{
    struct pollfd p = { .fd = b->fd, .events = POLLIN };
    struct timespec t = { timeout_us / 1000000, timeout_us % 1000000 * 1000 };
    if (timeout_us < 0)
        t = (struct timespec){ 0, 0 };
    if (ppoll(&p, 1, &t, NULL) <= 0)
        return false;
    char buffer[65536];
    ssize_t n = read(b->fd, buffer, sizeof buffer);
    if (n <= 0) {
        b->gone = n == 0 || errno != EINTR;
        return false;
    }
    vterm_input_write(b->vt, buffer, (size_t)n);
    b->last_output_us = now_us();
    return true;
}

static bool on_screen(bench *b, const char *text)
{
    for (int row = 0; row < ROWS; row++) {
        char line[COLS * 6 + 1];
        size_t n = vterm_screen_get_text(b->screen, line, sizeof line - 1, (VTermRect){ row, row + 1, 0, COLS });
        line[n] = '\0';
        if (strstr(line, text))
            return true;
    }
    return false;
}

static void dump(bench *b)
{
    for (int row = 0; row < ROWS; row++) {
        char line[COLS * 6 + 1];
        size_t n = vterm_screen_get_text(b->screen, line, sizeof line - 1, (VTermRect){ row, row + 1, 0, COLS });
        if (n > 0)
            fprintf(stderr, "  | %.*s\n", (int)n, line);
    }
}

/* Bit r: most of the right half of row r stands out from the ground. */
static uint64_t marked_rows(bench *b)
{
    uint64_t rows = 0;
    for (int row = 0; row < ROWS; row++) {
        int marked = 0;
        for (int col = COLS / 2; col < COLS; col += 2) {
            VTermScreenCell cell;
            vterm_screen_get_cell(b->screen, (VTermPos){ row, col }, &cell);
            marked += cell.attrs.reverse || !vterm_color_is_equal(&cell.bg, &b->ground);
        }
        if (marked > COLS / 8)
            rows |= (uint64_t)1 << row;
    }
    return rows;
}

static void find_ground(bench *b)
{
    int best = 0;
    for (int row = 0; row < ROWS; row++) {
        VTermScreenCell one, other;
        int same = 0;
        vterm_screen_get_cell(b->screen, (VTermPos){ row, COLS / 2 }, &one);
        for (int at = 0; at < ROWS; at++) {
            vterm_screen_get_cell(b->screen, (VTermPos){ at, COLS / 2 }, &other);
            same += vterm_color_is_equal(&one.bg, &other.bg);
        }
        if (same > best) {
            best = same;
            b->ground = one.bg;
        }
    }
}

static void launch(bench *b, char **argv)
{
    struct winsize size = { .ws_row = ROWS, .ws_col = COLS };
    b->start_us = now_us();
    b->pid = forkpty(&b->fd, NULL, NULL, &size);
    if (b->pid < 0) {
        perror("keys: forkpty");
        exit(2);
    }
    if (b->pid == 0) {
        execvp(argv[0], argv);
        perror(argv[0]);
        _exit(127);
    }
    b->vt = vterm_new(ROWS, COLS);
    vterm_set_utf8(b->vt, 1);
    vterm_output_set_callback(b->vt, answer, b);
    b->screen = vterm_obtain_screen(b->vt);
    vterm_screen_reset(b->screen, 1);
}

static void press(bench *b, const char *keys)
{
    if (write(b->fd, keys, strlen(keys)) < 0)
        b->gone = true;
}

/* Which row moves when the first key is pressed, and by how much (*step, 1 or -1): the rest of what is marked (bars)
 * stays. */
static int calibrate(bench *b, const char *down, const char *up, uint64_t *bars, int *step)
{
    find_ground(b);
    uint64_t before = marked_rows(b);
    press(b, down);
    int64_t end = now_us() + 5000000;
    while (now_us() < end && !b->gone) {
        pump(b, 20000);
        uint64_t after = marked_rows(b), lost = before & ~after, won = after & ~before;
        if (!lost || !won)
            continue;
        *bars = before & after;
        int first = __builtin_ctzll(lost), second = __builtin_ctzll(won);
        press(b, up);
        while (now_us() < end && (marked_rows(b) & ~*bars) != (uint64_t)1 << first)
            pump(b, 20000);
        *step = second - first;
        return *step == 1 || *step == -1 ? first : -1;
    }
    return -1;
}

/* Press n keys at rate a second, SWING down and SWING up in turn, and print each one's latency. */
static int measure(bench *b, int n, double rate, const char *down, const char *up)
{
    uint64_t bars = 0;
    int way = 0, first = calibrate(b, down, up, &bars, &way);
    if (first < 0) {
        fprintf(stderr, "keys: the cursor row was not found\n");
        return 1;
    }
    static int64_t sent[KEYS_MAX], seen[KEYS_MAX];
    static int wanted[KEYS_MAX];
    int nsent = 0, ndone = 0;
    int64_t begin = now_us() + 100000, last = 0;
    while (ndone < n && !b->gone) {
        int64_t due = begin + (int64_t)(nsent * 1e6 / rate), now = now_us();
        if (nsent < n && now >= due) {
            int step = nsent % (2 * SWING);
            press(b, step < SWING ? down : up);
            wanted[nsent] = first + way * (step < SWING ? step + 1 : 2 * SWING - step - 1);
            sent[nsent++] = last = now_us();
            continue;
        }
        pump(b, nsent < n ? due - now : 100000);
        uint64_t rows = marked_rows(b) & ~bars;
        int64_t at = now_us();
        for (int i = ndone; i < nsent; i++)
            if (rows == (uint64_t)1 << wanted[i])
                while (ndone <= i)
                    seen[ndone++] = at;
        if (nsent == n && at - last > 10000000)
            break; /* the rest was never answered */
    }
    for (int i = 0; i < ndone; i++)
        printf("%lld\n", (long long)(seen[i] - sent[i]));
    if (ndone < n)
        fprintf(stderr, "keys: %d of %d keys were answered\n", ndone, n);
    return ndone < n;
}

static void print_rss(pid_t pid)
{
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    long kib = 0;
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmHWM: %ld", &kib) == 1)
            break;
    if (f)
        fclose(f);
    printf("rss %ld\n", kib);
}

static void leave(bench *b, const char *quit)
{
    for (const char *k = quit; k && *k && !b->gone; k++) {
        press(b, (char[]){ *k, '\0' });
        pump(b, 100000);
    }
    int64_t end = now_us() + 10000000;
    int status;
    while (waitpid(b->pid, &status, WNOHANG) == 0) {
        if (!quit || now_us() > end)
            kill(b->pid, SIGKILL);
        pump(b, 20000);
    }
}

int main(int argc, char **argv)
{
    const char *text = NULL, *down = "j", *up = "k", *quit = NULL, *login = NULL;
    int n = 2000, c;
    double rate = 30, settle_ms = 0, timeout_s = 300;
    while ((c = getopt(argc, argv, "+m:n:r:d:u:s:q:t:l:")) != -1)
        switch (c) {
        case 'm': text = optarg; break;
        case 'n': n = atoi(optarg); break;
        case 'r': rate = strtod(optarg, NULL); break;
        case 'd': down = optarg; break;
        case 'u': up = optarg; break;
        case 's': settle_ms = strtod(optarg, NULL); break;
        case 'q': quit = optarg; break;
        case 't': timeout_s = strtod(optarg, NULL); break;
        case 'l': login = optarg; break;
        default: return 2;
        }
    if (!text || optind == argc || n > KEYS_MAX)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    bool asked = false;
    bench b = { 0 };
    launch(&b, argv + optind);
    int64_t end = b.start_us + (int64_t)(timeout_s * 1e6);
    while (!on_screen(&b, text) && !b.gone && now_us() < end) {
        pump(&b, 1000000);
        if (login && (on_screen(&b, "assword") || on_screen(&b, "ASSWORD"))) {
            press(&b, login);
            press(&b, "\r");
            login = NULL;
            asked = true;
            b.start_us = now_us();
        } else if (asked && on_screen(&b, "Preserve password")) { /* Alpine */
            press(&b, "n");
            asked = false;
        }
    }
    int status = on_screen(&b, text) ? 0 : 1;
    if (status) {
        fprintf(stderr, "keys: '%s' did not appear\n", text);
        dump(&b);
    } else
        printf("first %.1f\n", (double)(b.last_output_us - b.start_us) / 1000);
    fflush(stdout);
    int64_t settled = now_us() + (int64_t)(settle_ms * 1000);
    while (now_us() < settled && !b.gone)
        pump(&b, 50000);
    if (!status && n > 0)
        status = measure(&b, n, rate, down, up);
    print_rss(b.pid);
    leave(&b, quit);
    return status;
}
