/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The gate.  One pass decides for each character: keep it, drop it (nobody would see it), or put
 * U+FFFD (somebody should).  Whether the answer is wanted as a copy or only as yes or no, the
 * decisions are the same, and what came out of the gate passes it unchanged. */
#include "text/sanitise.h"
#include "text/cells.h"
#include "text/classes.h"

#include <string.h>
#include <unictype.h>
#include <unistr.h>

#define REPLACEMENT "\xef\xbf\xbd"
#define TAB_STOP 8
/* Marks kept on one character: more than any written language stacks; hostile runs of them
 * overflowed buffers of terminals. */
#define MARKS_MAX 8

typedef struct gate {
    const guchar *p, *end;
    GString *out;   /* NULL: only the question */
    bool many;      /* lines are kept */
    bool clean;     /* nothing had to be changed so far */
    guint marks;    /* combining marks since the last base */
    ucs4_t before;  /* the last character kept, 0 at the start of a line */
    gsize measured; /* offset in out up to which column counts */
    int column;
} gate;

static void keep(gate *g, gsize nbytes, ucs4_t c)
{
    if (g->out != NULL)
        g_string_append_len(g->out, (const char *)g->p, (gssize)nbytes);
    g->p += nbytes;
    g->before = c;
}

static void drop(gate *g, gsize nbytes)
{
    g->p += nbytes;
    g->clean = false;
}

static void replace(gate *g, gsize nbytes)
{
    if (g->out != NULL)
        g_string_append(g->out, REPLACEMENT);
    g->marks = 0;
    g->before = 0xfffd;
    drop(g, nbytes);
}

/* Bytes of a line end, tab or separator at p, 0 for anything else.  "\r\r\n" is what is left of
 * "\r\n" after one conversion too many. */
static gsize line_end(const guchar *p, const guchar *end)
{
    if (*p == '\n')
        return 1;
    if (*p == '\r') {
        const guchar *q = p;
        while (q < end && *q == '\r')
            q++;
        return q < end && *q == '\n' ? (gsize)(q - p) + 1 : 1;
    }
    if (end - p >= 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9))
        return 3; /* U+2028, U+2029 */
    return 0;
}

static void end_line(gate *g, gsize nbytes)
{
    if (nbytes == 1 && *g->p == '\n') {
        keep(g, 1, 0);
    } else {
        if (g->out != NULL)
            g_string_append_c(g->out, '\n');
        drop(g, nbytes);
    }
    g->marks = 0;
    g->before = 0;
    g->column = 0;
    g->measured = g->out != NULL ? g->out->len : 0;
}

/* A run of blanks in which a tab or a line end stands becomes one blank. */
static void squeeze(gate *g)
{
    if (g->out != NULL)
        while (g->out->len > 0 && g->out->str[g->out->len - 1] == ' ')
            g_string_truncate(g->out, g->out->len - 1);
    const guchar *p = g->p;
    for (gsize n = 1; p < g->end && n > 0; p += n)
        n = *p == ' ' || *p == '\t' ? 1 : line_end(p, g->end);
    if (g->out != NULL)
        g_string_append_c(g->out, ' ');
    drop(g, (gsize)(p - g->p));
    g->marks = 0;
    g->before = ' ';
}

static void expand_tab(gate *g)
{
    if (g->out != NULL) {
        g->column += text_columns(g->out->str + g->measured, (gssize)(g->out->len - g->measured));
        for (int n = TAB_STOP - g->column % TAB_STOP; n > 0; n--, g->column++)
            g_string_append_c(g->out, ' ');
        g->measured = g->out->len;
    }
    drop(g, 1);
    g->marks = 0;
    g->before = ' ';
}

static bool is_script(ucs4_t c, uint32_t categories)
{
    return c >= 0x80 && text_class_of(c) == CLASS_PLAIN &&
           uc_is_general_category_withtable(c, categories);
}

/* ZWJ and ZWNJ have a meaning between letters of the scripts that join and between emoji; elsewhere
 * they hide words from a reader's search or fill the preview of a newsletter. */
static bool joins(const gate *g)
{
    ucs4_t after;
    const guchar *p = g->p + 3;
    if (p >= g->end || u8_mbtoucr(&after, p, (size_t)(g->end - p)) < 0)
        return false;
    bool selector = text_class_of(g->before) == CLASS_SELECTOR;
    return (selector ||
            is_script(g->before, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_S)) &&
           is_script(after, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_S);
}

static void pass_plain(gate *g, gsize nbytes, ucs4_t c, bool mark)
{
    if (!mark)
        g->marks = 0;
    else if (++g->marks > MARKS_MAX) {
        drop(g, nbytes);
        return;
    }
    keep(g, nbytes, c);
}

static void pass_control(gate *g, guchar c)
{
    if (c == '\t' && g->many)
        expand_tab(g);
    else if (c == '\t')
        squeeze(g);
    else if (c == '\f' && g->many)
        drop(g, 1);
    else
        replace(g, 1);
}

static void pass_character(gate *g, ucs4_t c, gsize nbytes)
{
    switch (text_class_of(c)) {
    case CLASS_PLAIN:
        pass_plain(g, nbytes, c,
                   c >= 0x300 && uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Mn |
                                                                         UC_CATEGORY_MASK_Me));
        break;
    case CLASS_SELECTOR:
        pass_plain(g, nbytes, c, true);
        break;
    case CLASS_JOINER:
        if (joins(g))
            keep(g, nbytes, c);
        else
            drop(g, nbytes);
        break;
    case CLASS_BIDI:
    case CLASS_INVISIBLE:
        drop(g, nbytes);
        break;
    case CLASS_CONTROL:
        if (nbytes == 1) {
            pass_control(g, (guchar)c);
            break;
        }
        replace(g, nbytes);
        break;
    case CLASS_OVERRIDE:
    case CLASS_NONCHARACTER:
    case CLASS_LINE_END:
        replace(g, nbytes);
        break;
    }
}

/* The next character, or the next run of printable ASCII. */
static void pass(gate *g)
{
    const guchar *p = g->p;
    while (p < g->end && *p >= 0x20 && *p < 0x7f)
        p++;
    if (p > g->p) {
        g->marks = 0;
        keep(g, (gsize)(p - g->p), p[-1]);
        return;
    }
    gsize n = line_end(p, g->end);
    if (n > 0 && g->many) {
        end_line(g, n);
        return;
    }
    if (n > 0) {
        squeeze(g);
        return;
    }
    ucs4_t c;
    int length = u8_mbtoucr(&c, p, (size_t)(g->end - p));
    if (length > 0)
        pass_character(g, c, (gsize)length);
    else
        replace(g, (gsize)u8_mbtouc(&c, p, (size_t)(g->end - p)));
}

static char *sanitise(const char *text, gssize nbytes, bool many)
{
    gsize n = nbytes < 0 ? strlen(text) : (gsize)nbytes;
    gate g = { .p = (const guchar *)text, .end = (const guchar *)text + n, .many = many };
    g.out = g_string_sized_new(n + 1);
    while (g.p < g.end)
        pass(&g);
    return g_string_free(g.out, FALSE);
}

char *text_sanitise_line(const char *text, gssize nbytes)
{
    return sanitise(text, nbytes, false);
}

char *text_sanitise_body(const char *text, gssize nbytes)
{
    return sanitise(text, nbytes, true);
}

bool text_is_clean_line(const char *text, gsize nbytes)
{
    gate g = { .p = (const guchar *)text, .end = (const guchar *)text + nbytes, .clean = true };
    while (g.p < g.end && g.clean)
        pass(&g);
    return g.clean;
}
