/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Life of styled lines. */
#include "text/styled.h"

styled_line *styled_line_new(const char *text, gssize nbytes)
{
    styled_line *line = g_new0(styled_line, 1);
    line->text = nbytes < 0 ? g_strdup(text) : g_strndup(text, (gsize)nbytes);
    return line;
}

void styled_line_free(styled_line *line)
{
    if (line == NULL)
        return;
    g_free(line->text);
    if (line->runs != NULL)
        g_array_unref(line->runs);
    g_free(line);
}

void styled_line_add(styled_line *line, guint32 start, guint32 length, text_style style)
{
    if (line->runs != NULL && line->runs->len > 0) {
        styled_run *last = &g_array_index(line->runs, styled_run, line->runs->len - 1);
        guint32 behind = last->start + last->length;
        guint32 end = start + length;
        start = MAX(start, behind); /* what was styled stays as it is */
        length = end > start ? end - start : 0;
        if (length > 0 && start == behind && last->style == style) {
            last->length += length;
            return;
        }
    }
    if (length == 0 || style == STYLE_PLAIN)
        return;
    if (line->runs == NULL)
        line->runs = g_array_new(FALSE, FALSE, sizeof(styled_run));
    styled_run run = { start, length, style };
    g_array_append_val(line->runs, run);
}

static void free_element(gpointer line)
{
    styled_line_free(line);
}

GPtrArray *styled_lines_new(void)
{
    return g_ptr_array_new_with_free_func(free_element);
}
