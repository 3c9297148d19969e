/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scanner for declarations, and rules in a hash table by their selector's text.  Specificity is
 * only element before class before id, which suffices for "is it shown". */
#include "render/css.h"

#include <string.h>

#define RULES_MAX 5000

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static void trim(const char **p, const char **end)
{
    while (*p < *end && is_space(**p))
        (*p)++;
    while (*end > *p && is_space((*end)[-1]))
        (*end)--;
}

static bool name_is(const char *p, const char *end, const char *name)
{
    gsize n = strlen(name);
    return (gsize)(end - p) == n && g_ascii_strncasecmp(p, name, n) == 0;
}

static bool has_word(const char *p, const char *end, const char *word)
{
    gsize n = strlen(word);
    for (; (gsize)(end - p) >= n; p++)
        if (g_ascii_strncasecmp(p, word, n) == 0)
            return true;
    return false;
}

/* "0", "0px", "0.0em !important": nothing at all.  *relative: of the size outside. */
static bool is_zero(const char *p, const char *end, bool *relative)
{
    bool digits = false, zero = true;
    while (p < end && (g_ascii_isdigit(*p) || *p == '.')) {
        digits = digits || g_ascii_isdigit(*p);
        zero = zero && (*p == '0' || *p == '.');
        p++;
    }
    *relative = digits && p < end &&
                (*p == '%' || (*p == 'e' && p + 1 < end && (p[1] == 'm' || p[1] == 'x')));
    return digits && zero;
}

static css_answer yes_if(bool condition)
{
    return condition ? CSS_YES : CSS_NO;
}

static void take_display(css_style *s, const char *p, const char *end)
{
    s->gone = yes_if(has_word(p, end, "none"));
    if (has_word(p, end, "inline") && !has_word(p, end, "inline-block"))
        s->block = CSS_NO;
    else if (name_is(p, end, "block") || has_word(p, end, "flex") || has_word(p, end, "list-item"))
        s->block = CSS_YES;
}

static void take_size(css_style *s, const char *p, const char *end)
{
    bool relative, zero = is_zero(p, end, &relative);
    if (zero)
        s->tiny = CSS_YES;
    else if (!relative && !has_word(p, end, "inherit") && !has_word(p, end, "smaller") &&
             !has_word(p, end, "larger"))
        s->tiny = CSS_NO;
}

static void take_decoration(css_style *s, const char *p, const char *end)
{
    s->underline = yes_if(has_word(p, end, "underline"));
    s->strike = yes_if(has_word(p, end, "line-through"));
}

static void take_weight(css_style *s, const char *p, const char *end)
{
    bool heavy = end - p >= 3 && *p >= '6' && *p <= '9' && p[1] == '0';
    if (!has_word(p, end, "inherit"))
        s->bold = yes_if(heavy || has_word(p, end, "bold"));
}

static void take_declaration(css_style *s, const char *name, const char *name_end, const char *p,
                             const char *end)
{
    bool relative;
    if (name_is(name, name_end, "display"))
        take_display(s, p, end);
    else if (name_is(name, name_end, "visibility"))
        s->invisible = yes_if(has_word(p, end, "hidden") || has_word(p, end, "collapse"));
    else if (name_is(name, name_end, "font-size"))
        take_size(s, p, end);
    else if (name_is(name, name_end, "opacity") && is_zero(p, end, &relative))
        s->gone = CSS_YES;
    else if (name_is(name, name_end, "max-height") || name_is(name, name_end, "height"))
        s->no_height = is_zero(p, end, &relative);
    else if (name_is(name, name_end, "overflow"))
        s->clipped = has_word(p, end, "hidden");
    else if (name_is(name, name_end, "font-weight"))
        take_weight(s, p, end);
    else if (name_is(name, name_end, "font-style"))
        s->italic = yes_if(has_word(p, end, "italic") || has_word(p, end, "oblique"));
    else if (name_is(name, name_end, "text-decoration") ||
             name_is(name, name_end, "text-decoration-line"))
        take_decoration(s, p, end);
    else if (name_is(name, name_end, "white-space"))
        s->keep_space = yes_if(has_word(p, end, "pre"));
    else if (name_is(name, name_end, "list-style") || name_is(name, name_end, "list-style-type"))
        s->bullets = yes_if(!has_word(p, end, "none"));
    else if (name_is(name, name_end, "border") || name_is(name, name_end, "border-left"))
        s->border = yes_if(!has_word(p, end, "none") && !is_zero(p, end, &relative));
}

/* The ';' that ends a declaration: not one inside quotes or parentheses (url(data:...;base64)). */
static const char *declaration_end(const char *p, const char *end)
{
    char quote = 0;
    int depth = 0;
    for (; p < end; p++) {
        if (quote)
            quote = *p == quote ? 0 : quote;
        else if (*p == '"' || *p == '\'')
            quote = *p;
        else if (*p == '(')
            depth++;
        else if (*p == ')' && depth > 0)
            depth--;
        else if (*p == ';' && depth == 0)
            return p;
    }
    return end;
}

void css_declarations(css_style *style, const char *text, gsize nbytes)
{
    const char *p = text, *end = text + nbytes;
    while (p < end) {
        const char *stop = declaration_end(p, end), *colon = memchr(p, ':', (gsize)(stop - p));
        if (colon) {
            const char *name = p, *name_end = colon, *value = colon + 1, *value_end = stop;
            trim(&name, &name_end);
            trim(&value, &value_end);
            take_declaration(style, name, name_end, value, value_end);
        }
        p = stop < end ? stop + 1 : end;
    }
    if (style->no_height && style->clipped && style->gone == CSS_UNSAID)
        style->gone = CSS_YES;
}

/* ---- rules */

struct css_sheet {
    GHashTable *rules; /* selector, lower case element part -> GString of declarations */
};

static void free_text(gpointer text)
{
    g_string_free(text, TRUE);
}

css_sheet *css_sheet_new(void)
{
    css_sheet *sheet = g_new0(css_sheet, 1);
    sheet->rules = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_text);
    return sheet;
}

void css_sheet_free(css_sheet *sheet)
{
    if (!sheet)
        return;
    g_hash_table_unref(sheet->rules);
    g_free(sheet);
}

/* Could these declarations hide or show something?  Others are not worth a place in the table. */
static bool matters(const char *p, const char *end)
{
    return has_word(p, end, "display") || has_word(p, end, "visibility") ||
           has_word(p, end, "font-size") || has_word(p, end, "height") ||
           has_word(p, end, "opacity") || has_word(p, end, "white-space") ||
           has_word(p, end, "font-weight");
}

static void add_rule(css_sheet *sheet, const char *p, const char *end, const char *body,
                     const char *body_end)
{
    trim(&p, &end);
    if (p == end || g_hash_table_size(sheet->rules) >= RULES_MAX)
        return;
    for (const char *q = p; q < end; q++)
        if (!g_ascii_isalnum(*q) && !strchr(".#-_", *q))
            return;
    g_autofree char *selector = g_strndup(p, (gsize)(end - p));
    GString *text = g_hash_table_lookup(sheet->rules, selector);
    if (!text) {
        text = g_string_new(NULL);
        g_hash_table_insert(sheet->rules, g_steal_pointer(&selector), text);
    }
    g_string_append_len(text, body, body_end - body);
    g_string_append_c(text, ';');
}

static const char *skip_block(const char *p, const char *end)
{
    int depth = 0;
    for (; p < end; p++) {
        if (*p == '{')
            depth++;
        else if (*p == '}' && --depth <= 0)
            return p + 1;
        else if (*p == ';' && depth == 0)
            return p + 1;
    }
    return end;
}

static void add_rules(css_sheet *sheet, const char *p, const char *open, const char *close)
{
    if (!matters(open + 1, close))
        return;
    while (p < open) {
        const char *comma = memchr(p, ',', (gsize)(open - p));
        add_rule(sheet, p, comma ? comma : open, open + 1, close);
        p = comma ? comma + 1 : open;
    }
}

static char *without_comments(const char *p, const char *end)
{
    GString *out = g_string_sized_new((gsize)(end - p) + 1);
    while (p < end) {
        if (end - p >= 2 && p[0] == '/' && p[1] == '*') {
            const char *stop = g_strstr_len(p + 2, end - p - 2, "*/");
            p = stop ? stop + 2 : end;
        } else {
            g_string_append_c(out, *p++);
        }
    }
    return g_string_free(out, FALSE);
}

void css_sheet_add(css_sheet *sheet, const char *text, gsize nbytes)
{
    g_autofree char *plain = without_comments(text, text + nbytes);
    const char *p = plain, *end = plain + strlen(plain);
    while (p < end) {
        while (p < end && (is_space(*p) || *p == '}'))
            p++;
        if (p < end && *p == '@') {
            p = skip_block(p, end);
            continue;
        }
        const char *open = memchr(p, '{', (gsize)(end - p));
        const char *close = open ? memchr(open, '}', (gsize)(end - open)) : NULL;
        if (!close)
            return;
        add_rules(sheet, p, open, close);
        p = close + 1;
    }
}

static void apply(const css_sheet *sheet, css_style *style, const char *selector)
{
    const GString *text = g_hash_table_lookup(sheet->rules, selector);
    if (text)
        css_declarations(style, text->str, text->len);
}

static void apply_with(const css_sheet *sheet, css_style *style, const char *element, char mark,
                       const char *name, gsize n)
{
    char selector[200];
    if (n == 0 || n + strlen(element) + 2 > sizeof selector)
        return;
    g_snprintf(selector, sizeof selector, "%c%.*s", mark, (int)n, name);
    apply(sheet, style, selector);
    g_snprintf(selector, sizeof selector, "%s%c%.*s", element, mark, (int)n, name);
    apply(sheet, style, selector);
}

void css_sheet_apply(const css_sheet *sheet, css_style *style, const char *element,
                     const char *class_list, const char *id)
{
    if (g_hash_table_size(sheet->rules) == 0)
        return;
    apply(sheet, style, element);
    for (const char *p = class_list; p && *p;) {
        gsize n = strcspn(p, " \t\r\n\f");
        apply_with(sheet, style, element, '.', p, n);
        p += n + strspn(p + n, " \t\r\n\f");
    }
    if (id)
        apply_with(sheet, style, element, '#', id, strlen(id));
}
