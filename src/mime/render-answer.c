/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every length is checked against the bytes that are left before it is believed. */
#include "mime/render-answer.h"

#include "base/error.h"
#include "text/cells.h"
#include "text/render_protocol.h"
#include "text/sanitise.h"

#include <string.h>

typedef struct reader {
    const guchar *p;
    gsize left;
    bool failed;
} reader;

static const guchar *take(reader *r, gsize nbytes)
{
    if (r->failed || nbytes > r->left) {
        r->failed = true;
        return NULL;
    }
    const guchar *p = r->p;
    r->p += nbytes;
    r->left -= nbytes;
    return p;
}

static guint32 take_number(reader *r, gsize nbytes)
{
    const guchar *p = take(r, nbytes);
    guint32 value = 0;
    for (gsize i = 0; p && i < nbytes; i++)
        value = value << 8 | p[i];
    return value;
}

static bool at_border(const char *text, gsize nbytes, guint32 offset)
{
    return offset == nbytes || (offset < nbytes && ((guchar)text[offset] & 0xc0) != 0x80);
}

static void take_runs(reader *r, styled_line *line, gsize nbytes, guint32 nruns, bool keep)
{
    guint32 behind = 0;
    for (guint32 i = 0; i < nruns && !r->failed; i++) {
        guint32 start = take_number(r, 4), length = take_number(r, 4), style = take_number(r, 1);
        if (r->failed || start < behind || start > nbytes || length > nbytes - start ||
            style > STYLE_DIFF_HUNK || style == STYLE_NOTE || style == STYLE_HEADER_NAME ||
            !at_border(line->text, nbytes, start) ||
            !at_border(line->text, nbytes, start + length)) {
            r->failed = true;
            return;
        }
        behind = start + length;
        if (keep)
            styled_line_add(line, start, length, (text_style)style);
    }
}

/* Not cut with an ellipsis: the page's own last column may be right. */
static void cut(char *text, guint ncols)
{
    gsize n = strlen(text);
    if (n > ncols)
        text[text_bytes_for_columns(text, n, (int)ncols)] = '\0';
}

static styled_line *take_line(reader *r, guint ncols)
{
    guint32 nbytes = take_number(r, 4), quote = take_number(r, 1), wrapped = take_number(r, 1);
    guint32 nruns = take_number(r, 2);
    const char *text = (const char *)take(r, nbytes);
    if (r->failed)
        return NULL;
    bool clean = text_is_clean_line(text, nbytes) &&
                 (nbytes <= ncols || text_columns(text, (gssize)nbytes) <= (int)ncols);
    g_autofree char *sane = clean ? NULL : text_sanitise_line(text, (gssize)nbytes);
    if (sane)
        cut(sane, ncols);
    styled_line *line = clean ? styled_line_new(text, (gssize)nbytes) : styled_line_new(sane, -1);
    line->quote = (guint8)quote;
    line->wrapped = wrapped != 0;
    /* Runs are checked against the text as it came, but kept only when it stayed. */
    take_runs(r, line, clean ? nbytes : 0, clean ? nruns : 0, clean);
    if (!clean)
        take(r, (gsize)nruns * RENDER_RUN);
    return line;
}

static void take_facts(reader *r, mime_render_facts *facts)
{
    facts->nlinks = take_number(r, 4);
    facts->npictures = take_number(r, 4);
    facts->ntrackers = take_number(r, 4);
    facts->nhidden = take_number(r, 4);
    facts->truncated = take_number(r, 4) != 0;
}

GPtrArray *render_answer_parse(const guchar *payload, gsize nbytes, guint ncols,
                               mime_render_facts *facts, GError **error)
{
    reader r = { .p = payload, .left = nbytes };
    mime_render_facts ignored;
    g_autoptr(GPtrArray) lines = styled_lines_new();
    take_facts(&r, facts ? facts : &ignored);
    guint32 nlines = take_number(&r, 4);
    if (nlines > r.left / RENDER_LINE_HEADER)
        r.failed = true;
    for (guint32 i = 0; i < nlines && !r.failed; i++) {
        styled_line *line = take_line(&r, ncols);
        if (line)
            g_ptr_array_add(lines, line);
    }
    if (r.failed || r.left > 0) {
        error_set(error, ERROR_PROTOCOL, "the answer of cursus-render makes no sense");
        return NULL;
    }
    return g_steal_pointer(&lines);
}
