/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tokens of one reply: atoms, strings, literals, numbers, sets, and passing over a value unread.
 * RFC 9051 section 9 (astring, nstring, number64, sequence-set), wider where servers are. */
#include "imap/parse.h"

#include "base/limits.h"

bool cursor_at_end(const cursor *c)
{
    return c->p >= c->end;
}

bool cursor_char(cursor *c, char wanted)
{
    if (c->p >= c->end || *c->p != wanted)
        return false;
    c->p++;
    return true;
}

void cursor_blanks(cursor *c)
{
    while (c->p < c->end && *c->p == ' ')
        c->p++;
}

slice cursor_rest(const cursor *c)
{
    return (slice){ .at = c->p, .nbytes = (gsize)(c->end - c->p) };
}

static bool ends_atom(guchar byte)
{
    return byte <= ' ' || byte == '(' || byte == ')' || byte == '"' || byte == 0x7f;
}

static bool word(cursor *c, slice *out, bool item)
{
    const char *p = c->p;
    while (p < c->end && !ends_atom((guchar)*p) && !(item && (*p == '[' || *p == '<' || *p == '{')))
        p++;
    if (p == c->p)
        return false;
    *out = (slice){ .at = c->p, .nbytes = (gsize)(p - c->p) };
    c->p = p;
    return true;
}

bool cursor_atom(cursor *c, slice *out)
{
    return word(c, out, false);
}

bool cursor_item(cursor *c, slice *out)
{
    return word(c, out, true);
}

static bool quoted(cursor *c, slice *out)
{
    *out = (slice){ .at = c->p + 1, .quoted = true };
    for (const char *p = c->p + 1; p < c->end; p++) {
        if (*p == '"') {
            out->nbytes = (gsize)(p - out->at);
            c->p = p + 1;
            return true;
        }
        if (*p == '\\') {
            out->escaped = true;
            p++;
        }
    }
    return false;
}

/* What stands behind it tells whether its size was right. */
static bool literal(cursor *c, slice *out)
{
    cursor at = *c;
    guint64 nbytes;
    (void)cursor_char(&at, '~');
    if (!cursor_char(&at, '{') || cursor_number(&at, G_MAXINT32, &nbytes) != NUMBER_OK)
        return false;
    (void)cursor_char(&at, '+');
    if (!cursor_char(&at, '}'))
        return false;
    (void)cursor_char(&at, '\r');
    if (!cursor_char(&at, '\n') || nbytes > (guint64)(at.end - at.p))
        return false;
    *out = (slice){ .at = at.p, .nbytes = (gsize)nbytes, .quoted = true, .literal = true };
    c->p = at.p + nbytes;
    c->literals = true;
    return c->p == c->end || *c->p == ' ' || *c->p == ')';
}

bool cursor_string(cursor *c, slice *out)
{
    if (c->p >= c->end)
        return false;
    if (*c->p == '"')
        return quoted(c, out);
    if (*c->p == '{' || (*c->p == '~' && c->p + 1 < c->end && c->p[1] == '{'))
        return literal(c, out);
    return cursor_atom(c, out);
}

number_result cursor_number(cursor *c, guint64 max, guint64 *out)
{
    guint64 n = 0;
    bool overflow = false;
    const char *start = c->p;
    for (; c->p < c->end && g_ascii_isdigit(*c->p); c->p++) {
        guint64 digit = (guint64)(*c->p - '0');
        if (overflow || n > (max - digit) / 10)
            overflow = true;
        else
            n = n * 10 + digit;
    }
    if (c->p == start)
        return NUMBER_NONE;
    if (overflow)
        return NUMBER_OVERFLOW;
    *out = n;
    return NUMBER_OK;
}

bool cursor_skip_value(cursor *c)
{
    gsize depth = 0;
    do {
        slice ignored;
        cursor_blanks(c);
        if (cursor_char(c, '('))
            depth++;
        else if (depth > 0 && cursor_char(c, ')'))
            depth--;
        else if (!cursor_string(c, &ignored))
            return false;
    } while (depth > 0);
    return true;
}

static const char *bracket_outside_quotes(const char *p, const char *end)
{
    for (bool inside = false; p < end; p++) {
        if (*p == ']' && !inside)
            return p;
        if (*p == '"')
            inside = !inside;
        else if (*p == '\\' && inside)
            p++;
    }
    return NULL;
}

bool cursor_bracketed(cursor *c, slice *inside)
{
    const char *first = c->p < c->end ? memchr(c->p, ']', (gsize)(c->end - c->p)) : NULL;
    if (first == NULL)
        return false;
    const char *close = first;
    if (memchr(c->p, '"', (gsize)(first - c->p)) != NULL) { /* rare: no field's name needs quotes */
        close = bracket_outside_quotes(c->p, c->end);
        if (close == NULL)
            close = first;
    }
    *inside = (slice){ .at = c->p, .nbytes = (gsize)(close - c->p) };
    c->p = close + 1;
    return true;
}

/* ---- slices */

bool slice_is(const slice *s, const char *text)
{
    gsize i = 0; /* most differ in their first byte: no calls */
    while (i < s->nbytes && text[i] != '\0' &&
           (s->at[i] == text[i] || (g_ascii_isalpha(text[i]) && (s->at[i] ^ text[i]) == 0x20)))
        i++;
    return i == s->nbytes && text[i] == '\0';
}

bool slice_is_nil(const slice *s)
{
    return !s->quoted && slice_is(s, "NIL");
}

char *slice_dup(const slice *s)
{
    if (memchr(s->at, '\0', s->nbytes) != NULL)
        return NULL;
    char *text = g_strndup(s->at, s->nbytes);
    if (!s->escaped)
        return text;
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (*from == '\\' && from[1] != '\0')
            from++;
        *to++ = *from;
    }
    *to = '\0';
    return text;
}

char *slice_text(const slice *s)
{
    const char *nul = memchr(s->at, '\0', s->nbytes);
    slice whole = *s;
    if (nul != NULL)
        whole.nbytes = (gsize)(nul - s->at);
    char *text = slice_dup(&whole);
    if (g_utf8_validate(text, -1, NULL))
        return text;
    char *valid = g_utf8_make_valid(text, -1);
    g_free(text);
    return valid;
}

/* ---- sets: ranges are gathered and sorted first: adding in hostile order would be quadratic */

static int by_first(gconstpointer a, gconstpointer b)
{
    const uid_range *x = a, *y = b;
    return x->first < y->first ? -1 : x->first > y->first;
}

static uid_set *set_of(GArray *ranges, bool ascending)
{
    uid_set *set = uid_set_new();
    if (!ascending)
        g_array_sort(ranges, by_first);
    for (guint i = 0; i < ranges->len; i++) {
        const uid_range *r = &g_array_index(ranges, uid_range, i);
        uid_set_add_range(set, r->first, r->last);
    }
    g_array_unref(ranges);
    return set;
}

static void add_range(GArray *ranges, guint64 first, guint64 last, bool *ascending)
{
    uid_range r = { (guint32)MIN(first, last), (guint32)MAX(first, last) };
    if (r.last == 0)
        return;
    r.first = MAX(r.first, 1);
    if (ranges->len > 0 && g_array_index(ranges, uid_range, ranges->len - 1).last >= r.first)
        *ascending = false;
    g_array_append_val(ranges, r);
}

static bool set_number(cursor *c, guint64 *n)
{
    if (cursor_char(c, '*')) {
        *n = G_MAXUINT32;
        return true;
    }
    return cursor_number(c, G_MAXUINT32, n) == NUMBER_OK;
}

uid_set *parse_set(const slice *s, bool *ascending)
{
    cursor c = { .p = s->at, .end = s->at + s->nbytes };
    GArray *ranges = g_array_new(FALSE, FALSE, sizeof(uid_range));
    bool in_order = true;
    while (!cursor_at_end(&c)) {
        guint64 first, last;
        bool ok = set_number(&c, &first);
        last = first;
        if (ok && cursor_char(&c, ':')) {
            ok = set_number(&c, &last);
            if (ok && last < first)
                in_order = false;
        }
        if (!ok || (!cursor_char(&c, ',') && !cursor_at_end(&c))) {
            g_array_unref(ranges);
            return NULL;
        }
        add_range(ranges, first, last, &in_order);
    }
    if (ascending != NULL)
        *ascending = in_order;
    return set_of(ranges, in_order);
}

uid_set *parse_numbers(cursor *c)
{
    GArray *ranges = g_array_new(FALSE, FALSE, sizeof(uid_range));
    bool in_order = true;
    for (;;) {
        guint64 n;
        cursor_blanks(c);
        number_result got = cursor_number(c, G_MAXUINT32, &n);
        if (got == NUMBER_OVERFLOW) {
            g_array_unref(ranges);
            return NULL;
        }
        if (got == NUMBER_NONE)
            break;
        /* Most folders' UIDs run on: one range then, not a million. */
        uid_range *back =
            ranges->len > 0 ? &g_array_index(ranges, uid_range, ranges->len - 1) : NULL;
        if (back != NULL && n == (guint64)back->last + 1)
            back->last = (guint32)n;
        else
            add_range(ranges, n, n, &in_order);
    }
    return set_of(ranges, in_order);
}

static void add_word(GPtrArray *words, const slice *s, bool upper)
{
    if (words->len >= LIMIT_WORDS)
        return;
    char *text = slice_text(s);
    for (char *p = text; upper && *p != '\0'; p++)
        *p = g_ascii_toupper(*p);
    g_ptr_array_add(words, text);
}

char **parse_words(cursor *c, bool upper)
{
    GPtrArray *words = g_ptr_array_new();
    bool list = cursor_char(c, '(');
    for (;;) {
        slice s;
        cursor_blanks(c);
        if (cursor_at_end(c) || (list && cursor_char(c, ')')))
            break;
        if (*c->p == '(' && cursor_skip_value(c)) /* a list among flags is some server's mistake */
            continue;
        if (!cursor_string(c, &s))
            break;
        add_word(words, &s, upper);
    }
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}
