/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ncursesw as a grid of cells: taking and leaving the terminal, styles, cells, flushing.  Keys are
 * in term-curses-keys.c.  ncurses is not thread-safe and never called outside of the main thread.
 */
#include "ui/term-curses.h"

#include "base/error.h"
#include "base/i18n.h"
#include "ui/term-curses-private.h"

#include <langinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Synchronised output (DEC private mode 2026): the terminal shows a frame when it is whole. */
#define SYNC_BEGIN "\033[?2026h"
#define SYNC_END "\033[?2026l"
#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
/* Buttons and wheel, in the SGR form: terminfo does not know it for every terminal that has it. */
#define MOUSE_ON "\033[?1000h\033[?1006h"
#define MOUSE_OFF "\033[?1006l\033[?1000l"

static SCREEN *the_screen;
static WINDOW *the_keys;
static bool is_utf8;
static bool has_direct_color; /* a pair's numbers beyond the first colours are RGB values */
static bool cursor_shown;
static bool is_open;
static bool wants_mouse;

WINDOW *term_key_window(void)
{
    return the_keys;
}

/* Control strings must be in order with what ncurses sends, and its own buffer is empty between
 * refreshes: so write(2), not putp(). */
static void send_control(const char *bytes)
{
    size_t left = strlen(bytes);
    while (left > 0) {
        ssize_t n = write(STDOUT_FILENO, bytes, left);
        if (n <= 0)
            return;
        bytes += n;
        left -= (size_t)n;
    }
}

static bool open_fail(GError **error, const char *why)
{
    const char *name = g_getenv("TERM");
    error_set(error, ERROR_INPUT, _("no screen: %s (TERM is %s)"), why,
              name != NULL && *name != '\0' ? name : _("not set"));
    return false;
}

static bool can_place_cursor(void)
{
    const char *cup = tigetstr("cup");
    return cup != NULL && cup != (char *)-1 && tigetflag("gn") <= 0 && tigetflag("hc") <= 0;
}

static void set_modes(void)
{
    raw(); /* ^Z, ^C, ^S and ^Q are keys; signals from outside are handled by the loop */
    noecho();
    nonl();
    intrflush(stdscr, FALSE);
    scrollok(stdscr, FALSE);
    idlok(stdscr, TRUE);
    leaveok(stdscr, FALSE);
    send_control(PASTE_ON);
    if (wants_mouse)
        send_control(MOUSE_ON);
}

static void unset_modes(void)
{
    if (wants_mouse)
        send_control(MOUSE_OFF);
    send_control(PASTE_OFF);
}

void term_want_mouse(bool want)
{
    if (want != wants_mouse)
        send_control(want ? MOUSE_ON : MOUSE_OFF);
    wants_mouse = want;
}

bool term_open(GError **error)
{
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return open_fail(error, _("standard input and output are not a terminal"));
    is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    set_escdelay(25);
    the_screen = newterm(NULL, stdout, stdin);
    if (the_screen == NULL)
        return open_fail(error, _("this kind of terminal is not known"));
    if (!can_place_cursor()) {
        endwin();
        delscreen(the_screen);
        the_screen = NULL;
        return open_fail(error, _("this kind of terminal cannot place a cursor"));
    }
    if (has_colors()) {
        start_color();
        use_default_colors();
        has_direct_color = tigetflag("RGB") > 0 && COLORS >= 0x1000000;
    }
    /* Reading from a pad: reading from stdscr would refresh it each time. */
    the_keys = newpad(1, 1);
    keypad(the_keys, TRUE);
    meta(the_keys, TRUE);
    nodelay(the_keys, TRUE);
    set_modes();
    term_define_keys();
    curs_set(0);
    is_open = true;
    return true;
}

void term_close(void)
{
    if (!is_open)
        return;
    is_open = false;
    curs_set(1);
    unset_modes();
    wants_mouse = false;
    endwin();
    delwin(the_keys);
    delscreen(the_screen);
    the_screen = NULL;
    the_keys = NULL;
    cursor_shown = false;
}

void term_lend(void)
{
    unset_modes();
    curs_set(1);
    endwin();
}

void term_take_back(void)
{
    cursor_shown = false;
    send_control(PASTE_ON);
    if (wants_mouse)
        send_control(MOUSE_ON);
    term_resized();
    term_redraw();
}

void term_suspend(void)
{
    term_lend();
    struct sigaction plain = { .sa_handler = SIG_DFL }, ours;
    sigemptyset(&plain.sa_mask);
    sigaction(SIGTSTP, &plain, &ours);
    /* The whole group, as the terminal driver would: a script that started us stops too. */
    kill(0, SIGTSTP);
    sigaction(SIGTSTP, &ours, NULL);
    term_take_back();
}

void term_redraw(void)
{
    clearok(curscr, TRUE);
    curs_set(cursor_shown ? 1 : 0);
}

bool term_resized(void)
{
    struct winsize size = { 0 };
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0)
        return false;
    if (size.ws_row == LINES && size.ws_col == COLS)
        return false;
    resizeterm(size.ws_row, size.ws_col);
    clearok(curscr, TRUE);
    return true;
}

int term_fd(void)
{
    return STDIN_FILENO;
}

int term_nrows(void)
{
    return LINES;
}

int term_ncols(void)
{
    return COLS;
}

int term_ncolors(void)
{
    return has_colors() ? COLORS : 0;
}

bool term_is_utf8(void)
{
    return is_utf8;
}

/* ---- colours */

static const guint8 ansi_rgb[16][3] = {
    { 0, 0, 0 },       { 205, 0, 0 },   { 0, 205, 0 },   { 205, 205, 0 },
    { 0, 0, 238 },     { 205, 0, 205 }, { 0, 205, 205 }, { 229, 229, 229 },
    { 127, 127, 127 }, { 255, 0, 0 },   { 0, 255, 0 },   { 255, 255, 0 },
    { 92, 92, 255 },   { 255, 0, 255 }, { 0, 255, 255 }, { 255, 255, 255 },
};

static void palette_rgb(int index, int rgb[3])
{
    static const int steps[6] = { 0, 95, 135, 175, 215, 255 };
    if (index < 16) {
        for (int i = 0; i < 3; i++)
            rgb[i] = ansi_rgb[index][i];
    } else if (index < 232) {
        rgb[0] = steps[(index - 16) / 36];
        rgb[1] = steps[(index - 16) / 6 % 6];
        rgb[2] = steps[(index - 16) % 6];
    } else {
        rgb[0] = rgb[1] = rgb[2] = 8 + 10 * (index - 232);
    }
}

/* The nearest colour among [first, last) of the usual 256; the terminal's own 16 are only taken
 * when there is nothing else, since people change them. */
static int nearest(int r, int g, int b, int first, int last)
{
    int best = first, best_distance = G_MAXINT;
    for (int i = first; i < last; i++) {
        int rgb[3];
        palette_rgb(i, rgb);
        int distance = 2 * (rgb[0] - r) * (rgb[0] - r) + 4 * (rgb[1] - g) * (rgb[1] - g) +
                       3 * (rgb[2] - b) * (rgb[2] - b);
        if (distance < best_distance) {
            best_distance = distance;
            best = i;
        }
    }
    return best;
}

/* What the theme wants -> a number for this terminal. */
static int terminal_color(gint32 color)
{
    if (color < 0)
        return -1;
    if (has_direct_color) {
        if (color < 8)
            return color;
        int rgb[3];
        if (color >= TERM_RGB)
            return color & 0xffffff;
        palette_rgb(color, rgb);
        return rgb[0] << 16 | rgb[1] << 8 | rgb[2];
    }
    if (color < COLORS && color < TERM_RGB)
        return color;
    int rgb[3] = { color >> 16 & 0xff, color >> 8 & 0xff, color & 0xff };
    if (color < TERM_RGB)
        palette_rgb(color, rgb);
    return COLORS >= 256 ? nearest(rgb[0], rgb[1], rgb[2], 16, 256)
                         : nearest(rgb[0], rgb[1], rgb[2], 0, MIN(COLORS, 16));
}

static attr_t terminal_attrs(guint attrs)
{
    attr_t out = A_NORMAL;
    if (attrs & TERM_BOLD)
        out |= A_BOLD;
    if (attrs & TERM_DIM)
        out |= A_DIM;
    if (attrs & TERM_ITALIC)
        out |= A_ITALIC;
    if (attrs & TERM_UNDERLINE)
        out |= A_UNDERLINE;
    if (attrs & TERM_REVERSE)
        out |= A_REVERSE;
    return out;
}

static int pair_of(const term_style *style)
{
    static term_style last = { TERM_DEFAULT, TERM_DEFAULT, 0 };
    static int last_pair;
    if (!has_colors() || (style->fg < 0 && style->bg < 0))
        return 0;
    if (style->fg == last.fg && style->bg == last.bg && last_pair > 0)
        return last_pair;
    int pair = alloc_pair(terminal_color(style->fg), terminal_color(style->bg));
    last = *style;
    last_pair = MAX(pair, 0);
    return last_pair;
}

/* ---- cells */

void term_erase(void)
{
    erase();
}

/* wchar_t is a Unicode scalar value wherever ncursesw is.  False when the locale cannot show it. */
static bool to_wide(const char *cluster, int ncols, wchar_t wide[CCHARW_MAX + 1])
{
    int n = 0;
    for (const char *p = cluster; *p != '\0' && n < CCHARW_MAX; p = g_utf8_next_char(p)) {
        wide[n] = (wchar_t)g_utf8_get_char(p);
        if (!is_utf8 && wide[n] > 0x7e) {
            char bytes[MB_LEN_MAX];
            mbstate_t state = { 0 };
            if (wcrtomb(bytes, wide[n], &state) == (size_t)-1)
                return false;
        }
        n++;
    }
    wide[n] = L'\0';
    return n > 0 && wcwidth(wide[0]) == ncols;
}

void term_put(int row, int col, const char *cluster, int ncols, const term_style *style)
{
    if (row < 0 || row >= LINES || col < 0 || ncols < 1 || col + ncols > COLS)
        return;
    wchar_t wide[CCHARW_MAX + 1];
    int pair = pair_of(style);
    cchar_t cell;
    if (to_wide(cluster, ncols, wide)) {
        setcchar(&cell, wide, terminal_attrs(style->attrs), (short)MIN(pair, G_MAXSHORT), &pair);
        mvadd_wch(row, col, &cell);
        return;
    }
    /* What libc does not know (a newer Unicode, another charset) keeps its columns. */
    setcchar(&cell, L"?", terminal_attrs(style->attrs), (short)MIN(pair, G_MAXSHORT), &pair);
    for (int i = 0; i < ncols; i++)
        mvadd_wch(row, col + i, &cell);
}

void term_fill(int row, int col, int ncols, const term_style *style)
{
    for (int i = 0; i < ncols; i++)
        term_put(row, col + i, " ", 1, style);
}

void term_cursor(int row, int col, bool visible)
{
    if (visible != cursor_shown) {
        cursor_shown = visible;
        curs_set(visible ? 1 : 0);
    }
    move(CLAMP(row, 0, LINES - 1), CLAMP(col, 0, COLS - 1));
}

void term_flush(void)
{
    wnoutrefresh(stdscr);
    send_control(SYNC_BEGIN);
    doupdate();
    send_control(SYNC_END);
}

void term_bell(void)
{
    beep();
}
