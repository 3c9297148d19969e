/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Editing one line. */
#include "ui/line.h"

#include "base/secret.h"
#include "text/cells.h"

#include <string.h>

/* A command line or a query is far shorter; a secret never outgrows its first memory. */
#define LINE_MAX_BYTES 8192
#define SECRET_MAX_BYTES 1000

struct line {
    GString *text;
    gsize cursor; /* byte, at a cluster border */
    bool secret;
};

static GString *killed; /* for yank; shared by all lines but never of a secret */

line *line_new(bool secret)
{
    line *l = g_new0(line, 1);
    l->text = g_string_sized_new(secret ? SECRET_MAX_BYTES + 1 : 128);
    l->secret = secret;
    return l;
}

void line_free(line *l)
{
    if (l->secret)
        secret_wipe(l->text->str, l->text->allocated_len);
    g_string_free(l->text, TRUE);
    g_free(l);
}

const char *line_text(const line *l)
{
    return l->text->str;
}

gsize line_cursor(const line *l)
{
    return l->cursor;
}

void line_set(line *l, const char *text)
{
    g_string_truncate(l->text, 0);
    l->cursor = 0;
    line_insert(l, text);
}

void line_insert(line *l, const char *text)
{
    gsize n = strlen(text), max = l->secret ? SECRET_MAX_BYTES : LINE_MAX_BYTES;
    if (l->text->len + n > max)
        return;
    g_string_insert(l->text, (gssize)l->cursor, text);
    l->cursor += n;
}

/* ---- borders */

static gsize next_border(const line *l, gsize from)
{
    char cluster[TEXT_CLUSTER_MAX];
    const char *at = l->text->str + from, *end = l->text->str + l->text->len;
    if (at < end)
        text_next_cluster(&at, end, cluster);
    return (gsize)(at - l->text->str);
}

static gsize previous_border(const line *l, gsize from)
{
    gsize before = 0;
    for (gsize at = 0; at < from; at = next_border(l, at))
        before = at;
    return before;
}

static bool is_word_byte(char c)
{
    return g_ascii_isalnum(c) || c == '_' || (c & 0x80) != 0;
}

static gsize word_begin(const line *l)
{
    gsize at = l->cursor;
    while (at > 0 && !is_word_byte(l->text->str[at - 1]))
        at--;
    while (at > 0 && is_word_byte(l->text->str[at - 1]))
        at--;
    return at;
}

static gsize word_end(const line *l)
{
    gsize at = l->cursor;
    while (at < l->text->len && !is_word_byte(l->text->str[at]))
        at++;
    while (at < l->text->len && is_word_byte(l->text->str[at]))
        at++;
    return at;
}

/* ---- moves and changes */

static void cut(line *l, gsize from, gsize to, bool keep)
{
    if (keep && !l->secret && to > from) {
        if (killed == NULL)
            killed = g_string_new(NULL);
        g_string_truncate(killed, 0);
        g_string_append_len(killed, l->text->str + from, (gssize)(to - from));
    }
    g_string_erase(l->text, (gssize)from, (gssize)(to - from));
    l->cursor = from;
}

void line_left(line *l)
{
    l->cursor = previous_border(l, l->cursor);
}

void line_right(line *l)
{
    l->cursor = next_border(l, l->cursor);
}

void line_word_left(line *l)
{
    l->cursor = word_begin(l);
}

void line_word_right(line *l)
{
    l->cursor = word_end(l);
}

void line_home(line *l)
{
    l->cursor = 0;
}

void line_end(line *l)
{
    l->cursor = l->text->len;
}

void line_backspace(line *l)
{
    cut(l, previous_border(l, l->cursor), l->cursor, false);
}

void line_delete(line *l)
{
    cut(l, l->cursor, next_border(l, l->cursor), false);
}

void line_kill_end(line *l)
{
    cut(l, l->cursor, l->text->len, true);
}

void line_kill_begin(line *l)
{
    cut(l, 0, l->cursor, true);
}

void line_kill_word(line *l)
{
    cut(l, word_begin(l), l->cursor, true);
}

void line_kill_word_ahead(line *l)
{
    cut(l, l->cursor, word_end(l), true);
}

void line_yank(line *l)
{
    if (killed != NULL)
        line_insert(l, killed->str);
}

void line_transpose(line *l)
{
    if (l->cursor == l->text->len)
        line_left(l);
    gsize middle = l->cursor, before = previous_border(l, middle), end = next_border(l, middle);
    if (before == middle || end == middle)
        return;
    g_autofree char *first = g_strndup(l->text->str + before, middle - before);
    g_string_erase(l->text, (gssize)before, (gssize)(middle - before));
    g_string_insert(l->text, (gssize)(before + end - middle), first);
    l->cursor = end;
}

/* ---- drawing */

int line_draw(const line *l, pen *p, term_style style)
{
    if (l->secret) {
        /* Not even its length is shown. */
        return p->col;
    }
    int room = MAX(pen_left(p) - 1, 1);
    gsize from = 0;
    /* Scroll by whole thirds, so that the text does not creep under the cursor. */
    while (text_columns(l->text->str + from, (gssize)(l->cursor - from)) > room) {
        int skip = MAX(room / 3, 1);
        gsize step = text_bytes_for_columns(l->text->str + from, l->cursor - from, skip);
        from += MAX(step, 1);
    }
    int cursor_col = p->col + text_columns(l->text->str + from, (gssize)(l->cursor - from));
    pen_text(p, l->text->str + from, (gssize)(l->text->len - from), style);
    return MIN(cursor_col, p->end - 1);
}
