/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the lines a sender wrote to the lines a screen shows.  Each source line (or, in
 * format=flowed, each paragraph: RFC 3676) is a prefix of quote marks and a text; the text is
 * broken to what the prefix leaves, the prefix is repeated, and a style is laid over the whole. The
 * input is sanitised already: '\n' is the only control character. */
#include "text/wrap.h"
#include "base/i18n.h"
#include "text/break.h"
#include "text/date.h"
#include "text/diff.h"
#include "text/links.h"

#include <string.h>

#define QUOTE_MAX 255 /* styled_line.quote is a byte */

/* A source line or paragraph on its way. */
typedef struct source {
    const char *prefix, *text;
    gsize prefix_bytes, nbytes;
    guint quote;
    text_style style;
} source;

typedef struct wrapper {
    GPtrArray *lines;
    const wrap_settings *settings;
    int ncols;
    bool in_signature;
    diff_state diff;
    GString *paragraph;     /* flowed lines joined so far */
    GString *prefix;        /* the quote marks of that paragraph */
    guint quote;            /* its level */
    bool open;              /* a paragraph waits for its next line */
    bool full;              /* WRAP_LINES_MAX was reached */
    GArray *links, *pieces; /* scratch */
    GString *scratch;
} wrapper;

guint text_quote_level(const char *line, gsize nbytes, gsize *prefix)
{
    guint level = 0;
    gsize at = 0;
    while (at < nbytes && line[at] == '>') {
        level++;
        at++;
        if (at < nbytes && line[at] == ' ')
            at++;
    }
    if (prefix != NULL)
        *prefix = at;
    return level;
}

/* Style over the whole line, except that links in it keep theirs. */
static void style_line(styled_line *line, gsize prefix_bytes, const text_span *piece,
                       const source *s, const GArray *links, guint *first)
{
    gsize at = 0, end = prefix_bytes + piece->length;
    for (guint i = *first; i < links->len; i++) {
        const text_span *link = &g_array_index(links, text_span, i);
        if (link->start >= piece->start + piece->length)
            break;
        gsize stop = MIN(link->start + link->length, piece->start + piece->length);
        gsize from = MAX(link->start, piece->start);
        if (stop > from) {
            gsize offset = prefix_bytes + from - piece->start;
            styled_line_add(line, (guint32)at, (guint32)(offset - at), s->style);
            styled_line_add(line, (guint32)offset, (guint32)(stop - from), STYLE_LINK);
            at = offset + stop - from;
        }
        if (link->start + link->length <= piece->start + piece->length)
            *first = i + 1;
    }
    styled_line_add(line, (guint32)at, (guint32)(end - at), s->style);
}

static void emit_piece(wrapper *w, const source *s, const text_span *piece, bool wrapped,
                       guint *link)
{
    w->full = w->full || w->lines->len >= WRAP_LINES_MAX;
    if (w->full)
        return;
    g_string_truncate(w->scratch, 0);
    g_string_append_len(w->scratch, s->prefix, (gssize)s->prefix_bytes);
    g_string_append_len(w->scratch, s->text + piece->start, (gssize)piece->length);
    styled_line *line = styled_line_new(w->scratch->str, (gssize)w->scratch->len);
    line->quote = (guint8)MIN(s->quote, QUOTE_MAX);
    line->wrapped = wrapped;
    style_line(line, s->prefix_bytes, piece, s, w->links, link);
    g_ptr_array_add(w->lines, line);
}

static void emit(wrapper *w, source s)
{
    /* Marks that would fill half of the screen, or leave no room for a wide character, are not
     * worth repeating. */
    if (s.prefix_bytes > 0 && s.prefix_bytes >= ((gsize)w->ncols + 1) / 2) {
        s.nbytes += s.prefix_bytes;
        if (s.prefix + s.prefix_bytes != s.text) {
            g_string_prepend_len(w->paragraph, s.prefix, (gssize)s.prefix_bytes);
            s.text = w->paragraph->str;
        } else {
            s.text = s.prefix;
        }
        s.prefix_bytes = 0;
    }
    bool diff =
        s.style == STYLE_DIFF_ADD || s.style == STYLE_DIFF_DELETE || s.style == STYLE_DIFF_HUNK;
    g_array_set_size(w->links, 0);
    if (!diff)
        text_find_links(w->links, s.text, s.nbytes);
    g_array_set_size(w->pieces, 0);
    text_break(w->pieces, s.text, s.nbytes, w->links, w->ncols - (int)s.prefix_bytes);
    guint link = 0;
    for (guint i = 0; i < w->pieces->len && !w->full; i++)
        emit_piece(w, &s, &g_array_index(w->pieces, text_span, i), i > 0, &link);
}

static bool is_separator(const char *text, gsize nbytes)
{
    return nbytes == 3 && memcmp(text, "-- ", 3) == 0;
}

/* Everything from "-- " on, until something that is not the sender's own closing words: a
 * quotation, or the rule that some programs put above the mail they answer. */
static text_style choose_style(wrapper *w, const source *s)
{
    if (s->quote > 0) {
        w->in_signature = false;
        return STYLE_QUOTE;
    }
    if (w->settings->signature && is_separator(s->text, s->nbytes))
        w->in_signature = true;
    else if (s->nbytes >= 5 && memcmp(s->text, "-----", 5) == 0)
        w->in_signature = false;
    return w->in_signature ? STYLE_SIGNATURE : STYLE_PLAIN;
}

static void end_paragraph(wrapper *w)
{
    if (!w->open)
        return;
    w->open = false;
    source s = { w->prefix->str, w->paragraph->str, w->prefix->len, w->paragraph->len, w->quote };
    while (s.nbytes > 0 && s.text[s.nbytes - 1] == ' ')
        s.nbytes--;
    s.style = choose_style(w, &s);
    emit(w, s);
}

static void take_flowed(wrapper *w, source s)
{
    if (s.quote == 0 && s.nbytes > 0 && s.text[0] == ' ') { /* space-stuffing */
        s.text++;
        s.nbytes--;
        s.prefix_bytes = 0;
        s.prefix = s.text;
    }
    bool separator = is_separator(s.text, s.nbytes);
    bool soft = !separator && s.nbytes > 0 && s.text[s.nbytes - 1] == ' ';
    /* A blank line ends a paragraph although the RFC calls it its last line: people leave blanks at
     * ends. */
    if (w->open && (separator || s.quote != w->quote || s.nbytes == 0))
        end_paragraph(w);
    if (!w->open && !soft) {
        s.style = choose_style(w, &s);
        emit(w, s);
        return;
    }
    if (!w->open) {
        g_string_truncate(w->paragraph, 0);
        g_string_truncate(w->prefix, 0);
        g_string_append_len(w->prefix, s.prefix, (gssize)s.prefix_bytes);
        w->quote = s.quote;
        w->open = true;
    }
    g_string_append_len(w->paragraph, s.text,
                        (gssize)(soft && w->settings->delsp ? s.nbytes - 1 : s.nbytes));
    if (!soft)
        end_paragraph(w);
}

/* left: bytes of the text from this line to its end. */
static void take_line(wrapper *w, const char *line, gsize nbytes, gsize left)
{
    if (w->settings->diff) {
        text_style style = diff_line(&w->diff, line, nbytes, left);
        if (style != STYLE_PLAIN || diff_in_hunk(&w->diff)) {
            end_paragraph(w);
            emit(w, (source){ line, line, 0, nbytes, 0, style });
            return;
        }
    }
    source s = { .prefix = line };
    s.quote = text_quote_level(line, nbytes, &s.prefix_bytes);
    s.text = line + s.prefix_bytes;
    s.nbytes = nbytes - s.prefix_bytes;
    if (w->settings->flowed) {
        take_flowed(w, s);
        return;
    }
    s.style = choose_style(w, &s);
    emit(w, s);
}

static void note_rest(GPtrArray *lines, gsize nbytes)
{
    g_autofree char *size = text_size_short(nbytes);
    /* TRANSLATORS: stands below a text of half a million lines; %s is a size such as 3M */
    g_autofree char *text = g_strdup_printf(_("A rest of %s is not shown: too many lines."), size);
    styled_line *line = styled_line_new(text, -1);
    styled_line_add(line, 0, (guint32)strlen(text), STYLE_NOTE);
    g_ptr_array_add(lines, line);
}

void text_wrap_body(GPtrArray *lines, const char *text, gsize nbytes, const wrap_settings *settings)
{
    wrapper w = {
        .lines = lines,
        .settings = settings,
        .ncols = settings->ncols == 0 ? G_MAXINT : (int)MIN(settings->ncols, G_MAXINT),
        .paragraph = g_string_new(NULL),
        .prefix = g_string_new(NULL),
        .links = g_array_new(FALSE, FALSE, sizeof(text_span)),
        .pieces = g_array_new(FALSE, FALSE, sizeof(text_span)),
        .scratch = g_string_new(NULL),
    };
    const char *p = text, *end = text + nbytes;
    while (p < end && !w.full) {
        const char *stop = memchr(p, '\n', (gsize)(end - p));
        if (stop == NULL)
            stop = end;
        take_line(&w, p, (gsize)(stop - p), (gsize)(end - p));
        p = stop < end ? stop + 1 : end;
    }
    end_paragraph(&w);
    if (w.full)
        note_rest(lines, (gsize)(end - p));
    g_string_free(w.paragraph, TRUE);
    g_string_free(w.prefix, TRUE);
    g_array_unref(w.links);
    g_array_unref(w.pieces);
    g_string_free(w.scratch, TRUE);
}
