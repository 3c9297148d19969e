/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One walk over the tree with a stack of frames in place of recursion: a stranger chose the
 * depth. */
#include "render/layout.h"

#include "render/table.h"

#include <string.h>

#define INDENT 2
#define ROW_CHARACTERS 60  /* a row of cells up to this long is one line */
#define CELL_PARAGRAPH 100 /* a cell from this long on is a paragraph */

typedef enum list_kind { LIST_NONE, LIST_BULLETS, LIST_NUMBERS, LIST_LETTERS } list_kind;

/* What an open element means for what is inside it. */
typedef struct frame {
    const xmlNode *node;
    guint quote, indent;
    bool bold, italic, underline, code, heading, keep;
    bool struck;       /* its text is struck through */
    list_kind list;
    guint nested;     /* lists around, for the shape of bullets */
    guint number;     /* of the next item */
    guint width;      /* columns of this list's numbers */
    bool rows_inline; /* of this table: it holds data */
    bool row_inline;  /* the cells of this row stand in one line */
    bool cell_seen;   /* one of them had text */
    char *href;       /* of the link this element is, owned; inherited as linked */
    bool linked;
    gsize link_start; /* where its text begins in the paragraph */
    guint link_paragraphs;
    bool picture; /* a picture without words was inside it */
    guint link;   /* index of the frame of the innermost link */
} frame;

typedef struct walker {
    page *page;
    links *links;
    GArray *frames; /* of frame; the first is the surroundings */
} walker;

static frame *top(walker *w)
{
    return &g_array_index(w->frames, frame, w->frames->len - 1);
}

static text_style style_of(const frame *f)
{
    if (f->linked)
        return STYLE_LINK;
    if (f->heading)
        return STYLE_HEADING;
    if (f->code)
        return STYLE_CODE;
    if (f->bold)
        return STYLE_BOLD;
    if (f->italic)
        return STYLE_ITALIC;
    return f->underline ? STYLE_UNDERLINE : STYLE_PLAIN;
}

static void say(walker *w, const char *text)
{
    const frame *f = top(w);
    page_text(w->page, text, strlen(text), style_of(f), false);
}

/* ---- lists */

static guint number_attribute(const xmlNode *node, const char *name, guint otherwise)
{
    g_autofree char *value = tree_attribute(node, name);
    guint64 n = value && g_ascii_isdigit(*value) ? g_ascii_strtoull(value, NULL, 10) : otherwise;
    return (guint)MIN(n, 1000000);
}

/* The largest number an item of the list will bear. */
static guint last_number(const xmlNode *list, guint number)
{
    guint largest = number;
    for (const xmlNode *child = list->children; child; child = child->next) {
        if (child->type != XML_ELEMENT_NODE || tree_element(child)->tag != TAG_LI)
            continue;
        number = number_attribute(child, "value", number);
        largest = MAX(largest, number);
        number++;
    }
    return largest;
}

static guint digits(guint n)
{
    guint count = 1;
    for (; n >= 10; n /= 10)
        count++;
    return count;
}

static void enter_list(walker *w, frame *f, const element *e)
{
    bool outermost = f->nested == 0;
    if (outermost)
        page_gap(w->page);
    else
        page_break(w->page);
    f->nested++;
    f->list = e->tag == TAG_UL ? LIST_BULLETS : LIST_NUMBERS;
    f->width = INDENT;
    if (e->tag == TAG_OL) {
        g_autofree char *type = tree_attribute(f->node, "type");
        f->number = number_attribute(f->node, "start", 1);
        if (type && (*type == 'a' || *type == 'A'))
            f->list = LIST_LETTERS;
        f->width = digits(last_number(f->node, f->number)) + 2;
    }
    if (e->css.bullets == CSS_NO)
        f->list = LIST_NONE;
    f->indent += f->width;
    page_place(w->page, f->quote, f->indent);
}

static void hang_marker(walker *w, frame *list, const element *e)
{
    static const char *const bullets[] = { "• ", "◦ ", "▪ " };
    char marker[32] = "";
    if (list->list == LIST_BULLETS || (list->nested == 0 && e->css.bullets != CSS_NO)) {
        g_strlcpy(marker, bullets[list->nested > 0 ? (list->nested - 1) % 3 : 0], sizeof marker);
    } else if (list->list != LIST_NONE) {
        guint number = number_attribute(top(w)->node, "value", list->number);
        list->number = number + 1;
        if (list->list == LIST_LETTERS && number >= 1 && number <= 26)
            g_snprintf(marker, sizeof marker, "%c. ", 'a' + (char)(number - 1));
        else
            g_snprintf(marker, sizeof marker, "%u. ", number);
    }
    if (*marker)
        page_marker(w->page, marker);
}

/* ---- links and pictures */

static void enter_link(walker *w, frame *f)
{
    g_autofree char *raw = tree_attribute(f->node, "href");
    f->href = raw ? links_clean(raw) : NULL;
    if (!f->href)
        return;
    f->linked = true;
    f->picture = false;
    f->link = w->frames->len - 1;
    f->link_start = page_paragraph_length(w->page);
    f->link_paragraphs = page_paragraphs(w->page);
}

static bool only_blanks(const char *text, gsize n)
{
    for (gsize i = 0; i < n; i++)
        if ((guchar)text[i] > ' ')
            return false;
    return true;
}

/* The number behind a link's text; none behind nothing, nor behind the target itself. */
static void leave_link(walker *w, frame *f)
{
    gsize n = 0;
    const char *text = "";
    bool same = f->link_paragraphs == page_paragraphs(w->page);
    if (same)
        text = page_paragraph_from(w->page, f->link_start, &n);
    if (tree_element(f->node)->hidden || (same && only_blanks(text, n) && !f->picture))
        return;
    if (same && only_blanks(text, n))
        say(w, "[picture]");
    if (same && links_says_itself(f->href, text, n))
        return;
    char number[32];
    g_snprintf(number, sizeof number, "[%u]", links_number(w->links, f->href));
    page_attach(w->page, number, STYLE_LINK);
}

static void show_picture(walker *w, const xmlNode *node)
{
    g_autofree char *alt = tree_attribute(node, "alt");
    if (alt)
        g_strstrip(alt);
    if (alt && *alt) {
        g_autofree char *shown = g_strdup_printf("[%s]", alt);
        say(w, shown);
    } else if (!tree_is_speck(node)) {
        g_array_index(w->frames, frame, top(w)->link).picture = true;
    }
}

static void show_input(walker *w, const xmlNode *node)
{
    g_autofree char *type = tree_attribute(node, "type");
    g_autofree char *value = tree_attribute(node, "value");
    if (value && *value && type &&
        (g_ascii_strcasecmp(type, "submit") == 0 || g_ascii_strcasecmp(type, "button") == 0)) {
        g_autofree char *shown = g_strdup_printf("[%s]", value);
        say(w, shown);
    }
}

/* ---- tables that only place things */

/* Short cells side by side, as in a bar of links, are read as one line. */
static bool row_fits_a_line(const frame *f)
{
    const element *e = tree_element(f->node);
    return !e->has_table && !e->has_block && (f->rows_inline || e->nchars <= ROW_CHARACTERS);
}

/* The innermost tables are the sections of a newsletter. */
static void edge_of_table(walker *w, const element *e)
{
    if (!e->has_table && e->nchars >= CELL_PARAGRAPH)
        page_gap(w->page);
    else
        page_break(w->page);
}

static void enter_cell(walker *w, frame *f, const frame *row, const element *e)
{
    if (row->row_inline) {
        if (row->cell_seen && e->nchars > 0)
            page_separate(w->page);
        return;
    }
    if (e->nchars >= CELL_PARAGRAPH && !e->has_block)
        page_gap(w->page);
    else
        page_break(w->page);
    f->bold = f->bold || e->tag == TAG_HEAD_CELL;
}

static void leave_cell(walker *w, frame *row, const element *e)
{
    if (row->row_inline)
        row->cell_seen = row->cell_seen || e->nchars > 0;
    else if (e->nchars >= CELL_PARAGRAPH && !e->has_block)
        page_gap(w->page);
    else
        page_break(w->page);
}

/* ---- elements */

static void take_css(frame *f, const element *e)
{
    const css_style *css = &e->css;
    if (css->bold != CSS_UNSAID)
        f->bold = css->bold == CSS_YES;
    if (css->italic != CSS_UNSAID)
        f->italic = css->italic == CSS_YES;
    if (css->underline == CSS_YES)
        f->underline = true;
    if (css->keep_space != CSS_UNSAID)
        f->keep = css->keep_space == CSS_YES;
}

static void enter_blockquote(walker *w, frame *f, const element *e)
{
    page_gap(w->page);
    if (e->css.border == CSS_NO) /* indentation, as web mailers write it */
        f->indent += INDENT;
    else
        f->quote++;
    page_place(w->page, f->quote, f->indent);
}

static void enter(walker *w, frame *f, frame *outside, const element *e)
{
    switch (e->tag) {
    case TAG_A:
        enter_link(w, f);
        break;
    case TAG_BOLD:
        f->bold = true;
        break;
    case TAG_ITALIC:
        f->italic = true;
        break;
    case TAG_UNDERLINE:
        f->underline = true;
        break;
    case TAG_CODE:
        f->code = true;
        break;
    case TAG_Q:
        say(w, "\"");
        break;
    case TAG_HEADING:
        page_gap(w->page);
        f->heading = true;
        break;
    case TAG_BLOCKQUOTE:
        enter_blockquote(w, f, e);
        break;
    case TAG_PRE:
        page_gap(w->page);
        f->keep = f->code = true;
        break;
    case TAG_UL:
    case TAG_OL:
        enter_list(w, f, e);
        break;
    case TAG_LI:
        page_break(w->page);
        hang_marker(w, outside, e);
        f->list = LIST_NONE;
        if (f->nested == 0)
            page_place(w->page, f->quote, f->indent += INDENT);
        break;
    case TAG_DD:
        page_place(w->page, f->quote, f->indent += 2 * INDENT);
        page_break(w->page);
        break;
    case TAG_DT:
        page_break(w->page);
        f->bold = true;
        break;
    case TAG_ROW:
        page_break(w->page);
        f->row_inline = row_fits_a_line(f);
        f->cell_seen = false;
        break;
    case TAG_CELL:
    case TAG_HEAD_CELL:
        enter_cell(w, f, outside, e);
        break;
    case TAG_PARAGRAPH:
        if (e->css.block != CSS_NO)
            page_gap(w->page);
        break;
    case TAG_TABLE:
        edge_of_table(w, e);
        break;
    case TAG_CAPTION:
    case TAG_ROWS:
    case TAG_BLOCK:
        if (e->css.block != CSS_NO)
            page_break(w->page);
        break;
    default:
        if (e->css.block == CSS_YES)
            page_break(w->page);
        break;
    }
    take_css(f, e);
}

static void leave(walker *w, frame *f, frame *outside, const element *e)
{
    switch (e->tag) {
    case TAG_A:
        if (f->href)
            leave_link(w, f);
        break;
    case TAG_Q:
        say(w, "\"");
        break;
    case TAG_HEADING:
    case TAG_PRE:
        page_gap(w->page);
        break;
    case TAG_BLOCKQUOTE:
        page_gap(w->page);
        page_place(w->page, outside->quote, outside->indent);
        break;
    case TAG_UL:
    case TAG_OL:
        if (outside->nested == 0)
            page_gap(w->page);
        page_place(w->page, outside->quote, outside->indent);
        break;
    case TAG_LI:
        page_break(w->page);
        page_marker(w->page, NULL);
        page_place(w->page, outside->quote, outside->indent);
        break;
    case TAG_DD:
        page_place(w->page, outside->quote, outside->indent);
        break;
    case TAG_CELL:
    case TAG_HEAD_CELL:
        leave_cell(w, outside, e);
        break;
    case TAG_PARAGRAPH:
        if (e->css.block != CSS_NO)
            page_gap(w->page);
        break;
    case TAG_TABLE:
        edge_of_table(w, e);
        break;
    case TAG_DT:
    case TAG_ROW:
    case TAG_CAPTION:
    case TAG_ROWS:
    case TAG_BLOCK:
        if (e->css.block != CSS_NO)
            page_break(w->page);
        break;
    default:
        if (e->css.block == CSS_YES)
            page_break(w->page);
        break;
    }
    g_free(f->href);
}

/* Elements that are done at once.  True: there is nothing to go down to.  *answer of tables
 * only. */
static bool show_at_once(walker *w, const xmlNode *node, const element *e, table_answer *answer)
{
    switch (e->tag) {
    case TAG_BR:
        page_newline(w->page);
        return true;
    case TAG_HR:
        page_gap(w->page);
        page_rule(w->page);
        page_gap(w->page);
        return true;
    case TAG_IMG:
        if (!e->hidden)
            show_picture(w, node);
        return true;
    case TAG_INPUT:
        if (!e->hidden)
            show_input(w, node);
        return true;
    case TAG_TABLE:
        *answer = table_show(w->page, w->links, node);
        return *answer == TABLE_SHOWN;
    default:
        return false;
    }
}

/* U+0080 to U+009F, which "&#149;" makes: writers mean windows-1252, and every reader takes it
 * so. */
static char *repair_controls(const char *text)
{
    static const gunichar meant[32] = { 0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020,
                                        0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd,
                                        0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d,
                                        0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a,
                                        0x0153, 0xfffd, 0x017e, 0x0178 };
    GString *out = g_string_new(NULL);
    for (const char *p = text; *p; p++) {
        if ((guchar)p[0] == 0xc2 && (guchar)p[1] >= 0x80 && (guchar)p[1] < 0xa0)
            g_string_append_unichar(out, meant[(guchar) * ++p - 0x80]);
        else
            g_string_append_c(out, *p);
    }
    return g_string_free(out, FALSE);
}

static bool has_controls(const char *text)
{
    for (; (text = strchr(text, '\xc2')) != NULL; text++)
        if ((guchar)text[1] >= 0x80 && (guchar)text[1] < 0xa0)
            return true;
    return false;
}

static void show_text(walker *w, const xmlNode *node)
{
    const element *parent = tree_element(node->parent);
    const frame *f = top(w);
    const char *text = (const char *)node->content;
    if (!text || (parent && parent->hidden))
        return;
    /* Blanks between rows and cells are the source's. */
    if (parent && (parent->tag == TAG_TABLE || parent->tag == TAG_ROW || parent->tag == TAG_ROWS) &&
        only_blanks(text, strlen(text)))
        return;
    g_autofree char *repaired = has_controls(text) ? repair_controls(text) : NULL;
    if (repaired)
        text = repaired;
    page_text(w->page, text, strlen(text), style_of(f), f->keep);
}

/* No terminal can be relied on to strike through, and an old price must not read like the new one. */
static void strike(walker *w, const element *e)
{
    frame *f = top(w);
    bool wanted = e->tag == TAG_DEL || e->css.strike == CSS_YES;
    if (!wanted || f->struck || e->nchars == 0)
        return;
    f->struck = true;
    say(w, "~");
}

static void push(walker *w, const xmlNode *node, const element *e)
{
    frame f = *top(w);
    f.node = node;
    f.href = NULL;
    g_array_append_val(w->frames, f);
    enter(w, top(w), &g_array_index(w->frames, frame, w->frames->len - 2), e);
    strike(w, e);
}

static void pop(walker *w)
{
    frame *f = top(w), *outside = &g_array_index(w->frames, frame, w->frames->len - 2);
    if (f->struck && !outside->struck)
        say(w, "~");
    leave(w, f, outside, tree_element(f->node));
    g_array_set_size(w->frames, w->frames->len - 1);
}

/* Show node, without what is below it.  True: go down. */
static bool visit(walker *w, const xmlNode *node)
{
    if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
        show_text(w, node);
    if (node->type != XML_ELEMENT_NODE)
        return false;
    const element *e = tree_element(node);
    table_answer answer = TABLE_PLACES;
    if (e->skipped || show_at_once(w, node, e, &answer))
        return false;
    push(w, node, e);
    if (e->tag == TAG_TABLE)
        top(w)->rows_inline = answer == TABLE_TOO_WIDE;
    if (node->children)
        return true;
    pop(w);
    return false;
}

void layout(page *p, links *l, const xmlNode *root, bool bold)
{
    walker w = { .page = p, .links = l, .frames = g_array_new(FALSE, TRUE, sizeof(frame)) };
    frame outside = { .node = root, .bold = bold };
    g_array_append_val(w.frames, outside);
    for (const xmlNode *node = root->children; node && !page_is_full(p);) {
        if (visit(&w, node)) {
            node = node->children;
            continue;
        }
        while (!node->next && node->parent != root) {
            node = node->parent;
            pop(&w);
        }
        node = node->next;
    }
    while (w.frames->len > 1) { /* left early: the page is full */
        g_free(top(&w)->href);
        g_array_set_size(w.frames, w.frames->len - 1);
    }
    g_array_unref(w.frames);
    page_break(p);
}
