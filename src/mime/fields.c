/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Splitting a header block.  Nothing is decoded here.  Lines that are no field (a ">From " of an
 * old mailbox, a continuation that lost its blank) are skipped; strictly, only when the header goes
 * on behind them. */
#include "mime/fields.h"

#include "base/limits.h"

#include <string.h>

#define LOOK_FOR_LF 4096 /* bytes in which a block with '\n' line ends shows one */

static const char *line_stop(const field_cursor *c, const char *p)
{
    const char *stop = memchr(p, c->line_end, (gsize)(c->end - p));
    return stop ? stop : c->end;
}

static const char *after(const field_cursor *c, const char *stop)
{
    return stop < c->end ? stop + 1 : stop;
}

static bool is_mbox_line(const char *p, gsize nbytes)
{
    if (nbytes > 0 && *p == '>')
        p++, nbytes--;
    return nbytes >= 5 && memcmp(p, "From ", 5) == 0;
}

char field_line_end(const char *text, gsize nbytes)
{
    nbytes = MIN(nbytes, LOOK_FOR_LF);
    return nbytes > 0 && !memchr(text, '\n', nbytes) && memchr(text, '\r', nbytes) ? '\r' : '\n';
}

/* Lines of blanks in front of everything: they continue nothing, and are not the empty line
 * either. */
static void skip_white_lines(field_cursor *c)
{
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\t')) {
        const char *p = c->p, *stop = line_stop(c, p);
        while (p < stop && (*p == ' ' || *p == '\t' || *p == '\r'))
            p++;
        if (p < stop)
            return;
        c->p = after(c, stop);
    }
}

void field_cursor_init(field_cursor *c, const char *block, gsize nbytes, bool strict)
{
    nbytes = MIN(nbytes, LIMIT_HEADER_BLOCK);
    c->p = block;
    c->end = block + nbytes;
    c->strict = strict;
    c->trusted = NULL;
    c->any = false;
    if (nbytes >= 3 && memcmp(block, "\xef\xbb\xbf", 3) == 0) {
        c->p = block += 3;
        nbytes -= 3;
    }
    c->line_end = field_line_end(block, nbytes);
    if (is_mbox_line(block, nbytes))
        c->p = after(c, line_stop(c, block));
    skip_white_lines(c);
}

/* Bytes of a field name in front of a colon, 0 when the line is no field.  Names might begin with
 * "--", but none does, and a delimiter with a colon in it is none. */
static gsize name_length(const char *p, const char *stop, const char **colon)
{
    const char *q = p;
    if (stop - p >= 2 && p[0] == '-' && p[1] == '-')
        return 0;
    while (q<stop && * q> ' ' && *q < 127 && *q != ':')
        q++;
    gsize n = (gsize)(q - p);
    while (q < stop && (*q == ' ' || *q == '\t')) /* "Subject : x" of section 4.5.8 */
        q++;
    *colon = q;
    return q < stop && *q == ':' ? n : 0;
}

/* The end of a line with its continuation lines. */
static const char *unfolded_stop(const field_cursor *c, const char *p)
{
    const char *stop = line_stop(c, p);
    while (stop + 1 < c->end && (stop[1] == ' ' || stop[1] == '\t'))
        stop = line_stop(c, stop + 1);
    return stop;
}

/* Fields that stand in headers and hardly ever at the start of a line of prose. */
static bool is_well_known(const char *p, gsize n)
{
    static const char *const names[] = { "From",         "To",         "Cc",
                                         "Subject",      "Date",       "Message-ID",
                                         "In-Reply-To",  "References", "MIME-Version",
                                         "Content-Type", "Received",   "Content-Transfer-Encoding",
                                         "Return-Path",  "Reply-To",   "DKIM-Signature" };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (strlen(names[i]) == n && g_ascii_strncasecmp(p, names[i], n) == 0)
            return true;
    return false;
}

/* A line at c->p is no field.  Is there header behind it, before the empty line?  Then a line was
 * broken; else the body begins, without one.  In front of any field, one alone is not enough. */
static bool header_goes_on(field_cursor *c, bool first)
{
    if (c->trusted && c->p < c->trusted)
        return true;
    guint wanted = first ? 2 : 1;
    for (const char *p = after(c, line_stop(c, c->p)); p < c->end; p = after(c, line_stop(c, p))) {
        const char *colon, *stop = line_stop(c, p);
        if (stop == p || (*p == '\r' && stop == p + 1))
            return false;
        gsize n = name_length(p, stop, &colon);
        if (n > 0 && is_well_known(p, n) && --wanted == 0) {
            c->trusted = p;
            return true;
        }
    }
    return false;
}

bool field_next(field_cursor *c, field_view *field)
{
    while (c->p < c->end) {
        const char *p = c->p, *colon;
        if (*p == c->line_end || (*p == '\r' && p + 1 < c->end && p[1] == '\n')) {
            c->p = after(c, line_stop(c, p));
            return false;
        }
        const char *first_stop = line_stop(c, p);
        field->name_nbytes = name_length(p, first_stop, &colon);
        if (field->name_nbytes > 0)
            c->any = true;
        else if (c->strict && !is_mbox_line(p, (gsize)(first_stop - p)) &&
                 !header_goes_on(c, !c->any))
            return false;
        const char *stop = unfolded_stop(c, p);
        c->p = after(c, stop);
        if (field->name_nbytes == 0)
            continue;
        if (stop > colon + 1 && stop[-1] == '\r')
            stop--;
        field->name = p;
        field->value = colon + 1;
        field->value_nbytes = (gsize)(stop - field->value);
        return true;
    }
    return false;
}

bool field_is(const field_view *field, const char *name)
{
    gsize n = field->name_nbytes;
    if (strlen(name) != n)
        return false;
    return memcmp(field->name, name, n) == 0 || g_ascii_strncasecmp(field->name, name, n) == 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool field_trim(const char **value, gsize *nbytes)
{
    const char *p = *value, *end = p + *nbytes;
    while (p < end && is_blank(*p))
        p++;
    while (end > p && is_blank(end[-1]))
        end--;
    *value = p;
    *nbytes = (gsize)(end - p);
    return !memchr(p, '\n', *nbytes) && !memchr(p, '\r', *nbytes) && !memchr(p, '\0', *nbytes);
}

char *field_unfold(const char *value, gsize nbytes, gsize *out_nbytes)
{
    bool one_line = field_trim(&value, &nbytes);
    if (out_nbytes)
        *out_nbytes = nbytes;
    if (one_line)
        return g_strndup(value, nbytes);
    GString *out = g_string_sized_new(nbytes + 1);
    const char *end = value + nbytes;
    for (const char *p = value; p < end; p++) {
        const char *run = p; /* runs, not characters: long fields are most of a header's bytes */
        while (p < end && *p != '\0' && *p != '\r' && *p != '\n')
            p++;
        g_string_append_len(out, run, p - run);
        if (p == end)
            break;
        if (*p == '\0') {
            g_string_append(out, "\xef\xbf\xbd");
        } else {
            while (p + 1 < end && is_blank(p[1]))
                p++;
            while (out->len > 0 && is_blank(out->str[out->len - 1]))
                g_string_truncate(out, out->len - 1);
            g_string_append_c(out, ' ');
        }
    }
    if (out_nbytes)
        *out_nbytes = out->len;
    return g_string_free(out, FALSE);
}
