/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A paragraph is a string in which '\n' is a forced line break, with the offsets at which styles
 * change.  It becomes lines when it ends; its no-break spaces become blanks then. */
#include "render/page.h"

#include "text/break.h"
#include "text/cells.h"
#include "text/render_protocol.h"
#include "text/sanitise.h"

#include <string.h>

#define NBSP "\xc2\xa0"
#define LINE_MIN 10 /* columns a line keeps, however deep it is indented */

typedef struct span {
    guint32 start; /* until the next one's */
    text_style style;
} span;

struct page {
    guint ncols, quote, indent;
    GString *text; /* of the paragraph */
    GArray *spans;
    GArray *links, *pieces; /* scratch, of text_span */
    GString *marker;        /* in place of the indentation of the next line; empty: none */
    bool want_gap;
    bool keep; /* the paragraph holds kept white space */
    GPtrArray *lines;
    gsize nbytes, max_nbytes;
    guint nparagraphs, longest_word;
};

page *page_new(guint ncols, gsize max_nbytes)
{
    page *p = g_new0(page, 1);
    p->ncols = ncols;
    p->max_nbytes = max_nbytes;
    p->text = g_string_new(NULL);
    p->marker = g_string_new(NULL);
    p->spans = g_array_new(FALSE, FALSE, sizeof(span));
    p->links = g_array_new(FALSE, FALSE, sizeof(text_span));
    p->pieces = g_array_new(FALSE, FALSE, sizeof(text_span));
    p->lines = styled_lines_new();
    return p;
}

void page_free(page *p)
{
    if (!p)
        return;
    g_string_free(p->text, TRUE);
    g_array_unref(p->spans);
    g_array_unref(p->links);
    g_array_unref(p->pieces);
    g_ptr_array_unref(p->lines);
    g_string_free(p->marker, TRUE);
    g_free(p);
}

/* ---- prefixes */

/* Levels beyond a third of the width are not drawn. */
static guint shown_quotes(const page *p, guint quote)
{
    return MIN(quote, p->ncols / 6);
}

static guint shown_indent(const page *p)
{
    guint left = p->ncols - 2 * shown_quotes(p, p->quote);
    return left > LINE_MIN ? MIN(p->indent, left - LINE_MIN) : 0;
}

guint page_width(const page *p)
{
    guint taken = 2 * shown_quotes(p, p->quote) + shown_indent(p);
    return p->ncols > taken + 1 ? p->ncols - taken : 1;
}

static void append_prefix(page *p, GString *out)
{
    for (guint i = shown_quotes(p, p->quote); i > 0; i--)
        g_string_append(out, "> ");
    g_string_append_len(out, p->marker->str, (gssize)p->marker->len);
    for (guint i = (guint)text_columns(p->marker->str, -1); i < shown_indent(p); i++)
        g_string_append_c(out, ' ');
    g_string_truncate(p->marker, 0);
}

/* ---- lines */

static void count_bytes(page *p, const styled_line *line)
{
    p->nbytes +=
        RENDER_LINE_HEADER + strlen(line->text) + (line->runs ? line->runs->len * RENDER_RUN : 0);
}

static void append_line(page *p, styled_line *line)
{
    line->quote = (guint8)MIN(p->quote, G_MAXUINT8);
    count_bytes(p, line);
    g_ptr_array_add(p->lines, line);
}

static void trim_right(GString *text)
{
    while (text->len > 0 && text->str[text->len - 1] == ' ')
        g_string_truncate(text, text->len - 1);
}

/* The empty line between two blocks; quoted as deep as both of them. */
static void fill_gap(page *p)
{
    if (!p->want_gap)
        return;
    p->want_gap = false;
    if (p->lines->len == 0)
        return;
    const styled_line *last = g_ptr_array_index(p->lines, p->lines->len - 1);
    guint quote = MIN(last->quote, p->quote);
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = shown_quotes(p, quote); i > 0; i--)
        g_string_append(text, i > 1 ? "> " : ">");
    styled_line *line = styled_line_new(text->str, (gssize)text->len);
    styled_line_add(line, 0, (guint32)text->len, STYLE_QUOTE);
    line->quote = (guint8)MIN(quote, G_MAXUINT8);
    count_bytes(p, line);
    g_ptr_array_add(p->lines, line);
}

/* Bytes of a paragraph to a line: no-break spaces become blanks. */
static void append_plain(GString *out, const char *text, gsize nbytes)
{
    const char *end = text + nbytes;
    while (text < end) {
        const char *stop = memchr(text, NBSP[0], (gsize)(end - text));
        bool nbsp = stop && stop + 1 < end && stop[1] == NBSP[1];
        if (stop && !nbsp)
            stop++;
        g_string_append_len(out, text, (stop ? stop : end) - text);
        if (nbsp)
            g_string_append_c(out, ' ');
        text = !stop ? end : nbsp ? stop + 2 : stop;
    }
}

/* The last span that starts at or before an offset. */
static guint find_span(const page *p, gsize offset)
{
    guint low = 0, high = p->spans->len;
    while (high - low > 1) {
        guint middle = (low + high) / 2;
        if (g_array_index(p->spans, span, middle).start <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Bytes [from, to) of the paragraph onto a line, with their styles. */
static void append_styled(page *p, styled_line *line, GString *text, gsize from, gsize to)
{
    text_style base = p->quote > 0 ? STYLE_QUOTE : STYLE_PLAIN;
    styled_line_add(line, 0, (guint32)text->len, base);
    for (guint i = find_span(p, from); i < p->spans->len; i++) {
        const span *s = &g_array_index(p->spans, span, i);
        gsize start = MAX(s->start, from);
        gsize end = i + 1 < p->spans->len ? g_array_index(p->spans, span, i + 1).start : to;
        end = MIN(end, to);
        if (s->start >= to)
            break;
        if (end <= start)
            continue;
        gsize offset = text->len;
        append_plain(text, p->text->str + start, end - start);
        styled_line_add(line, (guint32)offset, (guint32)(text->len - offset),
                        s->style == STYLE_PLAIN ? base : s->style);
    }
}

static void cut_runs(styled_line *line, gsize nbytes)
{
    for (guint i = line->runs ? line->runs->len : 0; i > 0; i--) {
        styled_run *run = &g_array_index(line->runs, styled_run, i - 1);
        if (run->start < nbytes) {
            run->length = (guint32)MIN(run->length, nbytes - run->start);
            return;
        }
        g_array_set_size(line->runs, i - 1);
    }
}

static void emit(page *p, gsize from, gsize to, bool wrapped)
{
    g_autoptr(GString) text = g_string_sized_new(p->ncols + 8);
    styled_line *line = styled_line_new("", 0);
    append_prefix(p, text);
    append_styled(p, line, text, from, to);
    trim_right(text);
    cut_runs(line, text->len);
    g_free(line->text);
    line->text = g_strndup(text->str, text->len);
    line->wrapped = wrapped;
    append_line(p, line);
}

/* The widest piece that has no place to break, as good as blanks tell.  Han and Kana break
 * anywhere. */
static void note_words(page *p, const char *text, gsize nbytes)
{
    const char *end = text + nbytes;
    while (text < end) {
        const char *stop = memchr(text, ' ', (gsize)(end - text));
        gsize n = (gsize)((stop ? stop : end) - text);
        guint ncols = (guint)text_columns(text, (gssize)n);
        bool wide = ncols > (guint)g_utf8_strlen(text, (gssize)n);
        p->longest_word = MAX(p->longest_word, wide ? 2 : ncols);
        text = stop ? stop + 1 : end;
    }
}

static void break_segment(page *p, gsize from, gsize end)
{
    const char *text = p->text->str + from;
    note_words(p, text, end - from);
    g_array_set_size(p->links, 0);
    g_array_set_size(p->pieces, 0);
    text_find_links(p->links, text, end - from);
    text_break(p->pieces, text, end - from, p->links, (int)page_width(p));
    for (guint i = 0; i < p->pieces->len; i++) {
        const text_span *piece = &g_array_index(p->pieces, text_span, i);
        emit(p, from + piece->start, from + piece->start + piece->length, i > 0);
    }
}

static bool is_blank_text(const GString *text)
{
    for (gsize i = 0; i < text->len; i++) {
        if (text->str[i] == NBSP[0] && text->str[i + 1] == NBSP[1])
            i++;
        else if (text->str[i] != ' ' && text->str[i] != '\n')
            return false;
    }
    return true;
}

/* Line breaks at the end of a block are no lines; nor are blanks.  Those at its start are an empty
 * line, unless there is one already.  Returns where the text starts. */
static gsize trim_paragraph(page *p)
{
    GString *t = p->text;
    while (t->len > 0 && (t->str[t->len - 1] == ' ' || t->str[t->len - 1] == '\n'))
        g_string_truncate(t, t->len - 1);
    gsize start = strspn(t->str, "\n");
    p->want_gap = p->want_gap || start > 0;
    return start;
}

void page_break(page *p)
{
    if (p->text->len == 0)
        return;
    if (is_blank_text(p->text)) {
        p->want_gap = true;
    } else if (!page_is_full(p)) {
        gsize start = trim_paragraph(p);
        fill_gap(p);
        for (gsize from = start; from <= p->text->len && !page_is_full(p);) {
            const char *stop = memchr(p->text->str + from, '\n', p->text->len - from);
            gsize end = stop ? (gsize)(stop - p->text->str) : p->text->len;
            break_segment(p, from, end);
            from = end + 1;
        }
    }
    g_string_truncate(p->text, 0);
    g_array_set_size(p->spans, 0);
    p->keep = false;
    p->nparagraphs++;
}

/* ---- text */

static void set_style(page *p, text_style style)
{
    span s = { (guint32)p->text->len, style };
    span *last = p->spans->len > 0 ? &g_array_index(p->spans, span, p->spans->len - 1) : NULL;
    if (last && last->style == style)
        return;
    if (last && last->start == s.start)
        last->style = style;
    else
        g_array_append_val(p->spans, s);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool at_line_start(const page *p)
{
    return p->text->len == 0 || p->text->str[p->text->len - 1] == '\n';
}

static void append_collapsed(page *p, const char *text, gsize nbytes)
{
    const char *end = text + nbytes;
    while (text < end) {
        if (is_space(*text)) {
            while (text < end && is_space(*text))
                text++;
            if (!at_line_start(p) && p->text->str[p->text->len - 1] != ' ')
                g_string_append_c(p->text, ' ');
            continue;
        }
        const char *stop = text;
        while (stop < end && !is_space(*stop))
            stop++;
        g_string_append_len(p->text, text, stop - text);
        text = stop;
    }
}

void page_text(page *p, const char *text, gsize nbytes, text_style style, bool keep)
{
    if (page_is_full(p))
        return;
    set_style(p, style);
    if (keep) {
        g_autofree char *clean = text_sanitise_body(text, (gssize)nbytes);
        gsize n = strlen(clean);
        if (p->text->len == 0 && n > 0 && *clean == '\n') { /* the one behind <pre> is none */
            memmove(clean, clean + 1, n);
            n--;
        }
        g_string_append_len(p->text, clean, (gssize)n);
        p->keep = true;
        return;
    }
    if (text_is_clean_line(text, nbytes)) {
        append_collapsed(p, text, nbytes);
        return;
    }
    g_autofree char *clean = text_sanitise_body(text, (gssize)nbytes);
    append_collapsed(p, clean, strlen(clean));
}

static void drop_blanks(page *p)
{
    while (p->text->len > 0 && p->text->str[p->text->len - 1] == ' ')
        g_string_truncate(p->text, p->text->len - 1);
    while (p->spans->len > 0 &&
           g_array_index(p->spans, span, p->spans->len - 1).start > p->text->len)
        g_array_set_size(p->spans, p->spans->len - 1);
}

void page_attach(page *p, const char *text, text_style style)
{
    if (page_is_full(p))
        return;
    drop_blanks(p);
    set_style(p, style);
    if (!at_line_start(p))
        g_string_append(p->text, NBSP);
    g_string_append(p->text, text);
}

void page_separate(page *p)
{
    if (page_is_full(p))
        return;
    drop_blanks(p);
    set_style(p, STYLE_PLAIN);
    if (!at_line_start(p))
        g_string_append(p->text, NBSP " ");
}

gsize page_paragraph_length(const page *p)
{
    return p->text->len;
}

const char *page_paragraph_from(const page *p, gsize offset, gsize *nbytes)
{
    offset = MIN(offset, p->text->len);
    *nbytes = p->text->len - offset;
    return p->text->str + offset;
}

guint page_paragraphs(const page *p)
{
    return p->nparagraphs;
}

/* ---- blocks */

void page_place(page *p, guint quote, guint indent)
{
    if (p->quote == quote && p->indent == indent)
        return;
    page_break(p);
    p->quote = quote;
    p->indent = indent;
}

void page_marker(page *p, const char *marker)
{
    if (!marker) {
        g_string_truncate(p->marker, 0);
        return;
    }
    guint taken = (guint)text_columns(p->marker->str, -1), ncols = (guint)text_columns(marker, -1);
    if (taken + ncols > shown_indent(p)) {
        g_string_truncate(p->marker, 0);
        taken = 0;
    }
    if (ncols > shown_indent(p)) /* too narrow for markers */
        return;
    for (; taken + ncols < shown_indent(p); taken++)
        g_string_append_c(p->marker, ' ');
    g_string_append(p->marker, marker);
}

void page_newline(page *p)
{
    if (page_is_full(p))
        return;
    drop_blanks(p);
    /* More than one empty line says no more than one. */
    gsize n = p->text->len;
    if (p->keep || n < 2 || p->text->str[n - 1] != '\n' || p->text->str[n - 2] != '\n')
        g_string_append_c(p->text, '\n');
}

void page_gap(page *p)
{
    page_break(p);
    p->want_gap = true;
}

void page_rule(page *p)
{
    page_break(p);
    g_autoptr(GString) rule = g_string_new(NULL);
    for (guint i = page_width(p); i > 0; i--)
        g_string_append(rule, "─");
    page_line(p, styled_line_new(rule->str, (gssize)rule->len));
}

void page_line(page *p, styled_line *line)
{
    page_break(p);
    if (page_is_full(p)) {
        styled_line_free(line);
        return;
    }
    fill_gap(p);
    g_autoptr(GString) text = g_string_new(NULL);
    append_prefix(p, text);
    gsize prefix = text->len;
    g_string_append(text, line->text);
    trim_right(text);
    styled_line *placed = styled_line_new(text->str, (gssize)text->len);
    styled_line_add(placed, 0, (guint32)prefix, p->quote > 0 ? STYLE_QUOTE : STYLE_PLAIN);
    for (guint i = 0; line->runs && i < line->runs->len; i++) {
        const styled_run *run = &g_array_index(line->runs, styled_run, i);
        styled_line_add(placed, (guint32)prefix + run->start, run->length, run->style);
    }
    cut_runs(placed, text->len);
    styled_line_free(line);
    append_line(p, placed);
}

bool page_is_full(const page *p)
{
    return p->nbytes >= p->max_nbytes;
}

const GPtrArray *page_lines(page *p)
{
    page_break(p);
    return p->lines;
}

guint page_longest_word(const page *p)
{
    return p->longest_word;
}
