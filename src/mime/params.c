/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parameters are cut into pieces first; pieces of one name are then put in order and decoded
 * together, so that a character split between two continuations comes out whole. */
#include "mime/params.h"

#include "mime/words.h"
#include "text/charset.h"

#include <stdbool.h>
#include <string.h>

typedef struct piece {
    char *name;    /* without "*0*" */
    guint section; /* number of a continuation; a plain value is 0 */
    bool numbered;
    bool extended; /* percent encoded */
    GString *value;
} piece;

static void free_piece(gpointer data)
{
    piece *p = data;
    g_free(p->name);
    g_string_free(p->value, TRUE);
    g_free(p);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Blanks and comments. */
static const char *skip_space(const char *p, const char *end)
{
    guint depth = 0;
    for (; p < end; p++) {
        if (*p == '(')
            depth++;
        else if (*p == ')' && depth > 0)
            depth--;
        else if (depth == 0 && !is_blank(*p))
            return p;
    }
    return end;
}

/* "filename*12*": name, section and extended mark. */
static void split_name(piece *out, const char *p, const char *end)
{
    out->extended = end > p && end[-1] == '*';
    if (out->extended)
        end--;
    const char *star = memchr(p, '*', (gsize)(end - p));
    if (star && star + 1 < end) {
        out->numbered = true;
        for (const char *q = star + 1; q < end && g_ascii_isdigit(*q) && out->section < PARAMS_MAX;
             q++)
            out->section = out->section * 10 + (guint)(*q - '0');
        end = star;
    }
    g_autofree char *raw = g_ascii_strdown(p, end - p);
    out->name = words_repair(raw, strlen(raw));
}

static const char *scan_quoted(GString *value, const char *p, const char *end)
{
    for (; p < end; p++) {
        if (*p == '"')
            return p + 1;
        /* A backslash escapes quotes and itself; elsewhere it is a path of a careless mailer. */
        if (*p == '\\' && p + 1 < end && (p[1] == '"' || p[1] == '\\'))
            p++;
        g_string_append_c(value, *p);
    }
    return end;
}

/* An unquoted value: a token, but blanks inside are forgiven up to the ';'. */
static const char *scan_token(GString *value, const char *p, const char *end)
{
    const char *stop = p < end ? memchr(p, ';', (gsize)(end - p)) : NULL;
    if (!stop)
        stop = end;
    const char *last = stop;
    while (last > p && is_blank(last[-1]))
        last--;
    g_string_append_len(value, p, last - p);
    return stop;
}

/* One "name=value" from behind a ';'.  NULL when there is none; *next is where to go on. */
static piece *scan_piece(const char *p, const char *end, const char **next)
{
    const char *name = p;
    while (p < end && *p != '=' && *p != ';' && !is_blank(*p))
        p++;
    const char *name_end = p;
    p = skip_space(p, end);
    if (p >= end || *p != '=' || name == name_end) {
        const char *stop = p < end ? memchr(p, ';', (gsize)(end - p)) : NULL;
        *next = stop ? stop : end;
        return NULL;
    }
    p = skip_space(p + 1, end);
    piece *out = g_new0(piece, 1);
    out->value = g_string_new(NULL);
    split_name(out, name, name_end);
    if (p < end && *p == '"')
        p = scan_quoted(out->value, p + 1, end);
    else
        p = scan_token(out->value, p, end);
    const char *stop = p < end ? memchr(p, ';', (gsize)(end - p)) : NULL;
    *next = stop ? stop : end;
    return out;
}

static void append_percent_decoded(GString *out, const char *p, const char *end)
{
    for (; p < end; p++) {
        if (*p == '%' && end - p >= 3 && g_ascii_isxdigit(p[1]) && g_ascii_isxdigit(p[2])) {
            g_string_append_c(out,
                              (char)(g_ascii_xdigit_value(p[1]) << 4 | g_ascii_xdigit_value(p[2])));
            p += 2;
        } else {
            g_string_append_c(out, *p);
        }
    }
}

static int by_section(gconstpointer a, gconstpointer b)
{
    const piece *x = *(piece *const *)a, *y = *(piece *const *)b;
    return x->section < y->section ? -1 : x->section > y->section;
}

/* extended-initial-value = [charset] "'" [language] "'" value */
static const char *take_charset(const piece *p, char **charset)
{
    const char *text = p->value->str, *first = strchr(text, '\'');
    const char *second = first ? strchr(first + 1, '\'') : NULL;
    *charset = NULL;
    if (!second)
        return text;
    if (first > text)
        *charset = g_strndup(text, (gsize)(first - text));
    return second + 1;
}

/* The pieces of one name, in order, to one value. */
static char *join(GPtrArray *same)
{
    g_ptr_array_sort(same, by_section);
    const piece *head = g_ptr_array_index(same, 0);
    if (same->len == 1 && !head->extended)
        return words_decode(head->value->str, head->value->len);
    g_autoptr(GString) bytes = g_string_new(NULL);
    g_autofree char *charset = NULL;
    bool any_extended = false;
    for (guint i = 0; i < same->len; i++) {
        const piece *p = g_ptr_array_index(same, i);
        const char *text = p->value->str, *end = text + p->value->len;
        if (i == 0 && p->extended)
            text = take_charset(p, &charset);
        any_extended = any_extended || p->extended;
        if (p->extended)
            append_percent_decoded(bytes, text, end);
        else
            g_string_append_len(bytes, text, end - text);
    }
    if (!any_extended)
        return words_decode(bytes->str, bytes->len);
    gsize n;
    g_autofree char *utf8 = charset_to_utf8(bytes->str, bytes->len, charset, &n, NULL);
    return words_repair(utf8, n);
}

static const piece *find_first(GHashTable *done, GPtrArray *pieces, guint *from)
{
    while (*from < pieces->len) {
        const piece *p = g_ptr_array_index(pieces, (*from)++);
        if (g_hash_table_add(done, p->name))
            return p;
    }
    return NULL;
}

/* Which pieces make the value of a name: RFC 2231 prefers the extended form over a plain one beside
 * it; of equal sections the first counts. */
static GPtrArray *select_pieces(GPtrArray *all_of_name)
{
    GPtrArray *same = g_ptr_array_new();
    bool fancy = false, taken[PARAMS_MAX + 10] = { false };
    for (guint i = 0; i < all_of_name->len; i++) {
        const piece *p = g_ptr_array_index(all_of_name, i);
        fancy = fancy || p->numbered || p->extended;
    }
    for (guint i = 0; i < all_of_name->len; i++) {
        piece *p = g_ptr_array_index(all_of_name, i);
        if ((fancy && !p->numbered && !p->extended) || p->section >= G_N_ELEMENTS(taken) ||
            taken[p->section])
            continue;
        taken[p->section] = true;
        g_ptr_array_add(same, p);
    }
    return same;
}

static void join_all(params *out, GPtrArray *pieces)
{
    g_autoptr(GHashTable) by_name =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
    g_autoptr(GHashTable) done = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < pieces->len; i++) {
        piece *p = g_ptr_array_index(pieces, i);
        GPtrArray *same = g_hash_table_lookup(by_name, p->name);
        if (!same) {
            same = g_ptr_array_new();
            g_hash_table_insert(by_name, p->name, same);
        }
        g_ptr_array_add(same, p);
    }
    const piece *first;
    for (guint from = 0; (first = find_first(done, pieces, &from)) != NULL;) {
        g_autoptr(GPtrArray) same = select_pieces(g_hash_table_lookup(by_name, first->name));
        if (same->len == 0)
            continue;
        g_ptr_array_add(out->items, g_strdup(first->name));
        g_ptr_array_add(out->items, join(same));
    }
}

params *params_parse(const char *value, gsize nbytes)
{
    params *out = g_new0(params, 1);
    out->items = g_ptr_array_new_with_free_func(g_free);
    const char *end = value + nbytes, *p = skip_space(value, end), *start = p;
    g_autoptr(GString) main_value = g_string_new(NULL);
    for (; p < end && *p != ';' && *p != '('; p++)
        if (!is_blank(*p) && *p != '"')
            g_string_append_c(main_value, g_ascii_tolower(*p));
    /* "Content-Disposition: filename=x": a parameter where the value should be */
    if (strchr(main_value->str, '=')) {
        g_string_truncate(main_value, 0);
        p = start;
    }
    out->value = words_repair(main_value->str, main_value->len);
    g_autoptr(GPtrArray) pieces = g_ptr_array_new_with_free_func(free_piece);
    while (p < end && pieces->len < PARAMS_MAX) {
        p = skip_space(p, end);
        if (p < end && *p == ';') {
            p++;
            continue;
        }
        piece *found = p < end ? scan_piece(p, end, &p) : NULL;
        if (found)
            g_ptr_array_add(pieces, found);
    }
    join_all(out, pieces);
    return out;
}

void params_free(params *p)
{
    if (!p)
        return;
    g_free(p->value);
    g_ptr_array_unref(p->items);
    g_free(p);
}

const char *params_get(const params *p, const char *name)
{
    for (guint i = 0; i + 1 < p->items->len; i += 2)
        if (strcmp(g_ptr_array_index(p->items, i), name) == 0)
            return g_ptr_array_index(p->items, i + 1);
    return NULL;
}
