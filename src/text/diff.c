/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A state machine over lines, for the unified format and git's additions to it. */
#include "text/diff.h"

#include <string.h>

bool diff_in_hunk(const diff_state *d)
{
    return d->old_left > 0 || d->new_left > 0;
}

static bool starts(const char *line, gsize nbytes, const char *word)
{
    gsize n = strlen(word);
    return nbytes >= n && memcmp(line, word, n) == 0;
}

/* "12,7" or "12" (then the length is 1) at *p; false when there is no number. */
static bool parse_extent(const char **p, const char *end, guint64 *length)
{
    guint64 numbers[2] = { 0, 1 };
    for (guint i = 0; i < 2; i++) {
        if (*p == end || !g_ascii_isdigit(**p))
            return false;
        for (numbers[i] = 0; *p < end && g_ascii_isdigit(**p); (*p)++)
            numbers[i] = MIN(numbers[i] * 10 + (guint64)(**p - '0'), G_MAXUINT32);
        if (*p == end || **p != ',')
            break;
        (*p)++;
    }
    *length = numbers[1];
    return true;
}

/* "@@ -1,7 +1,8 @@ function" */
static bool parse_hunk(diff_state *d, const char *line, gsize nbytes)
{
    const char *p = line + 4, *end = line + nbytes;
    guint64 old_length, new_length;
    if (!starts(line, nbytes, "@@ -") || !parse_extent(&p, end, &old_length) ||
        !starts(p, (gsize)(end - p), " +"))
        return false;
    p += 2;
    if (!parse_extent(&p, end, &new_length) || !starts(p, (gsize)(end - p), " @@"))
        return false;
    d->old_left = old_length;
    d->new_left = new_length;
    d->in_header = false;
    return true;
}

static void count(guint64 *left)
{
    if (*left > 0)
        (*left)--;
}

/* A line inside a hunk; an empty one is context whose blank was lost on the way. */
static text_style hunk_line(diff_state *d, const char *line, gsize nbytes)
{
    switch (nbytes > 0 ? line[0] : ' ') {
    case '+':
        count(&d->new_left);
        return STYLE_DIFF_ADD;
    case '-':
        count(&d->old_left);
        return STYLE_DIFF_DELETE;
    case ' ':
        count(&d->old_left);
        count(&d->new_left);
        return STYLE_PLAIN;
    case '\\': /* "\ No newline at end of file" */
        return STYLE_PLAIN;
    default: /* not what the header promised */
        d->old_left = d->new_left = 0;
        return STYLE_PLAIN;
    }
}

static bool is_header(const diff_state *d, const char *line, gsize nbytes, gsize left)
{
    static const char *const words[] = {
        "index ",
        "--- ",
        "+++ ",
        "new file mode ",
        "deleted file mode ",
        "old mode ",
        "new mode ",
        "similarity index ",
        "dissimilarity index ",
        "rename from ",
        "rename to ",
        "copy from ",
        "copy to ",
        "Binary files ",
        "GIT binary patch",
        "====",
    };
    if (starts(line, nbytes, "diff -") || starts(line, nbytes, "Index: "))
        return true;
    if (starts(line, nbytes, "--- ") && left > nbytes + 1 &&
        starts(line + nbytes + 1, left - nbytes - 1, "+++ "))
        return true;
    for (guint i = 0; d->in_header && i < G_N_ELEMENTS(words); i++)
        if (starts(line, nbytes, words[i]))
            return true;
    return false;
}

text_style diff_line(diff_state *d, const char *line, gsize nbytes, gsize left)
{
    if (diff_in_hunk(d)) {
        text_style style = hunk_line(d, line, nbytes);
        if (style != STYLE_PLAIN || diff_in_hunk(d) || (nbytes > 0 && line[0] == ' '))
            return style;
    }
    if (parse_hunk(d, line, nbytes) || starts(line, nbytes, "@@@ -"))
        return STYLE_DIFF_HUNK;
    d->in_header = is_header(d, line, nbytes, left);
    return d->in_header ? STYLE_BOLD : STYLE_PLAIN;
}
