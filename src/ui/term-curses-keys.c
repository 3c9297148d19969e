/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the terminal sends, as key names in the spelling of bind.  Esc is a key of its own: Alt-v
 * and Esc v are the same two keys, as in mutt. */
#include "ui/term-curses-private.h"

#include "ui/term-curses.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>
#include <wchar.h>

enum { KEY_PASTE_BEGIN = KEY_MAX + 1, KEY_PASTE_END, KEY_MOUSE_BEGIN };

/* A paste larger than this is cut: it goes into one line of a prompt. */
#define PASTE_MAX (64u << 10)
#define REST_MS 200 /* a slow line: between two bytes of one sequence */

static const struct {
    int code;
    const char *name;
} named_keys[] = {
    { KEY_UP, "<up>" },
    { KEY_DOWN, "<down>" },
    { KEY_LEFT, "<left>" },
    { KEY_RIGHT, "<right>" },
    { KEY_HOME, "<home>" },
    { KEY_END, "<end>" },
    { KEY_FIND, "<home>" },
    { KEY_SELECT, "<end>" },
    { KEY_PPAGE, "<pageup>" },
    { KEY_NPAGE, "<pagedown>" },
    { KEY_IC, "<insert>" },
    { KEY_DC, "<delete>" },
    { KEY_BACKSPACE, "<backspace>" },
    { KEY_BTAB, "<backtab>" },
    { KEY_ENTER, "<enter>" },
};

void term_define_keys(void)
{
    define_key("\033[200~", KEY_PASTE_BEGIN);
    define_key("\033[201~", KEY_PASTE_END);
    define_key("\033[<", KEY_MOUSE_BEGIN);
}

static bool name_code(int code, GString *out)
{
    for (gsize i = 0; i < G_N_ELEMENTS(named_keys); i++) {
        if (named_keys[i].code == code) {
            g_string_append(out, named_keys[i].name);
            return true;
        }
    }
    if (code > KEY_F0 && code <= KEY_F(24)) {
        g_string_append_printf(out, "<f%d>", code - KEY_F0);
        return true;
    }
    return false;
}

static void name_char(gunichar c, GString *out)
{
    if (c == '\r' || c == '\n')
        g_string_append(out, "<enter>");
    else if (c == '\t')
        g_string_append(out, "<tab>");
    else if (c == 0x1b)
        g_string_append(out, "<esc>");
    else if (c == 0x7f || (c == 0x08 && erasechar() == 0x08))
        g_string_append(out, "<backspace>");
    else if (c == ' ')
        g_string_append(out, "<space>");
    else if (c == '<')
        g_string_append(out, "<lt>");
    else if (c == 0)
        g_string_append(out, "<ctrl-@>");
    else if (c < 0x20)
        g_string_append_printf(out, "<ctrl-%c>", g_ascii_tolower((char)(c + 0x40)));
    else
        g_string_append_unichar(out, c);
}

/* What belongs together the terminal sends in one go, but maybe not in one read.  ERR: no more comes. */
static int read_rest(wint_t *c)
{
    int kind;
    while ((kind = wget_wch(term_key_window(), c)) == ERR) {
        struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
        if (poll(&p, 1, REST_MS) <= 0 || p.revents != POLLIN) /* also a terminal that hung up */
            break;
    }
    return kind;
}

/* Everything up to the closing bracket. */
static void read_paste(GString *out)
{
    for (;;) {
        wint_t c;
        int kind = read_rest(&c);
        if (kind == ERR || (kind == KEY_CODE_YES && c == KEY_PASTE_END))
            return;
        if (kind == OK && out->len < PASTE_MAX) {
            g_string_append_unichar(out, c == '\r' ? '\n' : c);
        }
    }
}

/* "BUTTON;COLUMN;ROW" and M (down) or m (up). */
static bool read_mouse(GString *scratch, term_mouse *mouse)
{
    wint_t c = 0;
    int button, col, row;
    g_string_truncate(scratch, 0);
    while (scratch->len < 20 && c != 'M' && c != 'm' && read_rest(&c) == OK)
        g_string_append_unichar(scratch, c);
    if (sscanf(scratch->str, "%4d;%6d;%6d", &button, &col, &row) != 3)
        return false;
    *mouse = (term_mouse){ .row = row - 1, .col = col - 1, .pressed = button == 0 && c == 'M' };
    if (button == 64 || button == 65)
        mouse->wheel = button == 64 ? -1 : 1;
    return mouse->pressed || mouse->wheel != 0;
}

static bool is_gone(void)
{
    struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
    /* Asked when nothing could be read: a terminal that hung up stays readable for ever. */
    return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

term_input term_read(GString *out, term_mouse *mouse)
{
    for (;;) {
        wint_t c;
        g_string_truncate(out, 0);
        int kind = wget_wch(term_key_window(), &c);
        if (kind == ERR)
            return is_gone() ? TERM_GONE : TERM_NOTHING;
        if (kind == KEY_CODE_YES && c == KEY_PASTE_BEGIN) {
            read_paste(out);
            return TERM_PASTE;
        }
        if (kind == KEY_CODE_YES && c == KEY_MOUSE_BEGIN) {
            if (read_mouse(out, mouse))
                return TERM_MOUSE;
            continue;
        }
        if (kind == KEY_CODE_YES) {
            if (name_code((int)c, out))
                return TERM_KEY;
        } else if (c != 0xfeff && g_unichar_validate(c)) {
            name_char(c, out);
            return TERM_KEY;
        }
    }
}
