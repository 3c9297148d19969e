/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of elements; what is not in it is inline and plain. */
#include "render/tags.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

typedef struct row {
    const char *name;
    tag tag;
} row;

/* Sorted by name. */
static const row rows[] = {
    { "a", TAG_A },
    { "address", TAG_BLOCK },
    { "article", TAG_BLOCK },
    { "aside", TAG_BLOCK },
    { "audio", TAG_SILENT },
    { "b", TAG_BOLD },
    { "blockquote", TAG_BLOCKQUOTE },
    { "body", TAG_BLOCK },
    { "br", TAG_BR },
    { "button", TAG_BUTTON },
    { "canvas", TAG_SILENT },
    { "caption", TAG_CAPTION },
    { "center", TAG_BLOCK },
    { "cite", TAG_ITALIC },
    { "code", TAG_CODE },
    { "colgroup", TAG_SILENT },
    { "dd", TAG_DD },
    { "del", TAG_DEL },
    { "details", TAG_BLOCK },
    { "dfn", TAG_ITALIC },
    { "dir", TAG_UL },
    { "div", TAG_BLOCK },
    { "dl", TAG_PARAGRAPH },
    { "dt", TAG_DT },
    { "em", TAG_ITALIC },
    { "embed", TAG_SILENT },
    { "fieldset", TAG_PARAGRAPH },
    { "figcaption", TAG_BLOCK },
    { "figure", TAG_PARAGRAPH },
    { "footer", TAG_BLOCK },
    { "form", TAG_BLOCK },
    { "frameset", TAG_SILENT },
    { "h1", TAG_HEADING },
    { "h2", TAG_HEADING },
    { "h3", TAG_HEADING },
    { "h4", TAG_HEADING },
    { "h5", TAG_HEADING },
    { "h6", TAG_HEADING },
    { "head", TAG_SILENT },
    { "header", TAG_BLOCK },
    { "hr", TAG_HR },
    { "i", TAG_ITALIC },
    { "iframe", TAG_SILENT },
    { "img", TAG_IMG },
    { "input", TAG_INPUT },
    { "ins", TAG_UNDERLINE },
    { "kbd", TAG_CODE },
    { "legend", TAG_BLOCK },
    { "li", TAG_LI },
    { "listing", TAG_PRE },
    { "main", TAG_BLOCK },
    { "map", TAG_SILENT },
    { "menu", TAG_UL },
    { "nav", TAG_BLOCK },
    { "object", TAG_SILENT },
    { "ol", TAG_OL },
    { "option", TAG_BLOCK },
    { "p", TAG_PARAGRAPH },
    { "plaintext", TAG_PRE },
    { "pre", TAG_PRE },
    { "q", TAG_Q },
    { "s", TAG_DEL },
    { "samp", TAG_CODE },
    { "script", TAG_SILENT },
    { "section", TAG_BLOCK },
    { "select", TAG_SILENT },
    { "strike", TAG_DEL },
    { "strong", TAG_BOLD },
    { "style", TAG_STYLE },
    { "summary", TAG_BLOCK },
    { "svg", TAG_SILENT },
    { "table", TAG_TABLE },
    { "tbody", TAG_ROWS },
    { "td", TAG_CELL },
    { "template", TAG_SILENT },
    { "tfoot", TAG_ROWS },
    { "th", TAG_HEAD_CELL },
    { "thead", TAG_ROWS },
    { "title", TAG_SILENT },
    { "tr", TAG_ROW },
    { "tt", TAG_CODE },
    { "u", TAG_UNDERLINE },
    { "ul", TAG_UL },
    { "var", TAG_ITALIC },
    { "video", TAG_SILENT },
    { "xmp", TAG_PRE },
};

static int compare(const void *name, const void *r)
{
    return strcmp(name, ((const row *)r)->name);
}

tag tag_of(const char *name)
{
    const row *found = bsearch(name, rows, G_N_ELEMENTS(rows), sizeof rows[0], compare);
    return found ? found->tag : TAG_OTHER;
}
