/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON in, RFC 8259, for lines from another process.  Values stand in the order of the text, a container before
 * what is in it; each knows its next sibling, so that a walk never looks inside. */
#include "text/json-read.h"
#include "base/error.h"
#include "base/limits.h"

#include <string.h>

typedef struct node {
    guint32 start, end; /* bytes of the text; a string without its quotes */
    guint32 next;       /* sibling, or JSON_NONE */
    guint8 type;
    bool escaped;       /* a string with a backslash */
} node;

struct json_text {
    const char *text;
    GArray *nodes; /* an object's children are key, value, key, value ... */
};

typedef struct reader {
    const char *text;
    gsize n, at;
    GArray *nodes;
    guint depth;
    guint32 open[LIMIT_JSON_DEPTH]; /* containers that are not closed yet */
    guint32 last[LIMIT_JSON_DEPTH]; /* the last child of each, or JSON_NONE */
} reader;

static node *node_at(const GArray *nodes, guint32 index)
{
    return &g_array_index(nodes, node, index);
}

static int peek(const reader *r)
{
    return r->at < r->n ? (unsigned char)r->text[r->at] : -1;
}

static void skip_blanks(reader *r)
{
    while (r->at < r->n && strchr(" \t\r\n", r->text[r->at]) != NULL && r->text[r->at] != '\0')
        r->at++;
}

static node *add(reader *r, json_type type, gsize start)
{
    if (r->nodes->len >= LIMIT_JSON_VALUES)
        return NULL;
    node fresh = { .start = (guint32)start, .end = (guint32)start, .next = JSON_NONE, .type = (guint8)type };
    guint32 index = r->nodes->len;
    g_array_append_val(r->nodes, fresh);
    if (r->depth > 0) {
        guint32 *last = &r->last[r->depth - 1];
        if (*last != JSON_NONE)
            node_at(r->nodes, *last)->next = index;
        *last = index;
    }
    return node_at(r->nodes, index);
}

static bool read_word(reader *r, const char *word, json_type type)
{
    gsize n = strlen(word);
    if (r->n - r->at < n || memcmp(r->text + r->at, word, n) != 0 || add(r, type, r->at) == NULL)
        return false;
    r->at += n;
    return true;
}

static bool read_digits(reader *r)
{
    gsize from = r->at;
    while (g_ascii_isdigit(peek(r)))
        r->at++;
    return r->at > from;
}

static bool read_number(reader *r)
{
    gsize start = r->at;
    if (peek(r) == '-')
        r->at++;
    if (peek(r) == '0')
        r->at++;
    else if (!read_digits(r))
        return false;
    if (peek(r) == '.') {
        r->at++;
        if (!read_digits(r))
            return false;
    }
    if (peek(r) == 'e' || peek(r) == 'E') {
        r->at++;
        if (peek(r) == '+' || peek(r) == '-')
            r->at++;
        if (!read_digits(r))
            return false;
    }
    node *v = add(r, JSON_NUMBER, start);
    if (v == NULL)
        return false;
    v->end = (guint32)r->at;
    return true;
}

/* Four hexadecimal digits, or -1. */
static int hex4(const char *p, gsize n)
{
    int value = 0;
    if (n < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = g_ascii_xdigit_value(p[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* The character of "\uXXXX", or of a pair of surrogates; *used: bytes behind the 'u'.  -1: half a pair, no digits. */
static gint64 unicode_escape(const char *p, gsize n, gsize *used)
{
    int high = hex4(p, n);
    *used = 4;
    if (high < 0xd800 || high > 0xdfff)
        return high;
    if (high > 0xdbff || n < 10 || p[4] != '\\' || p[5] != 'u')
        return -1;
    int low = hex4(p + 6, n - 6);
    if (low < 0xdc00 || low > 0xdfff)
        return -1;
    *used = 10;
    return 0x10000 + ((gint64)(high - 0xd800) << 10) + (low - 0xdc00);
}

/* At a backslash: passes it. */
static bool read_escape(reader *r)
{
    r->at++;
    int c = peek(r);
    if (c < 0 || c == '\0' || strchr("\"\\/bfnrtu", c) == NULL)
        return false;
    r->at++;
    if (c != 'u')
        return true;
    gsize used;
    if (unicode_escape(r->text + r->at, r->n - r->at, &used) < 0)
        return false;
    r->at += used;
    return true;
}

static bool read_string(reader *r)
{
    gsize start = ++r->at;
    bool escaped = false;
    for (int c; (c = peek(r)) != '"';) {
        if (c < 0x20) /* the end too */
            return false;
        if (c != '\\')
            r->at++;
        else if (escaped = true, !read_escape(r))
            return false;
    }
    node *v = add(r, JSON_STRING, start);
    if (v == NULL)
        return false;
    v->end = (guint32)r->at++;
    v->escaped = escaped;
    return true;
}

static bool open_container(reader *r, json_type type)
{
    if (r->depth >= LIMIT_JSON_DEPTH || add(r, type, r->at) == NULL)
        return false;
    r->at++;
    r->open[r->depth] = r->nodes->len - 1;
    r->last[r->depth++] = JSON_NONE;
    return true;
}

/* A value that is complete, or the beginning of a container. */
static bool begin_value(reader *r)
{
    switch (peek(r)) {
    case '{':
        return open_container(r, JSON_OBJECT);
    case '[':
        return open_container(r, JSON_ARRAY);
    case '"':
        return read_string(r);
    case 't':
        return read_word(r, "true", JSON_TRUE);
    case 'f':
        return read_word(r, "false", JSON_FALSE);
    case 'n':
        return read_word(r, "null", JSON_NULL);
    default:
        return read_number(r);
    }
}

static bool read_key(reader *r)
{
    if (peek(r) != '"' || !read_string(r))
        return false;
    skip_blanks(r);
    if (peek(r) != ':')
        return false;
    r->at++;
    skip_blanks(r);
    return true;
}

/* Inside a container: its end, or the next thing in it. */
static bool step(reader *r)
{
    bool object = node_at(r->nodes, r->open[r->depth - 1])->type == JSON_OBJECT;
    bool first = r->last[r->depth - 1] == JSON_NONE;
    skip_blanks(r);
    if (peek(r) == (object ? '}' : ']')) {
        node_at(r->nodes, r->open[--r->depth])->end = (guint32)++r->at;
        return true;
    }
    if (!first) {
        if (peek(r) != ',')
            return false;
        r->at++;
        skip_blanks(r);
    }
    return (!object || read_key(r)) && begin_value(r);
}

static bool read_all(reader *r)
{
    skip_blanks(r);
    if (!begin_value(r))
        return false;
    while (r->depth > 0)
        if (!step(r))
            return false;
    skip_blanks(r);
    return r->at == r->n;
}

json_text *json_read(const char *text, gsize nbytes, GError **error)
{
    if (nbytes > LIMIT_JSON_TEXT || !g_utf8_validate(text, (gssize)nbytes, NULL)) {
        error_set(error, ERROR_INPUT, nbytes > LIMIT_JSON_TEXT ? "too long" : "not UTF-8");
        return NULL;
    }
    reader r = { .text = text, .n = nbytes, .nodes = g_array_new(FALSE, FALSE, sizeof(node)) };
    if (!read_all(&r)) {
        error_set(error, ERROR_INPUT, "no JSON from byte %" G_GSIZE_FORMAT " on", r.at);
        g_array_unref(r.nodes);
        return NULL;
    }
    json_text *t = g_new(json_text, 1);
    t->text = text;
    t->nodes = r.nodes;
    return t;
}

void json_text_free(json_text *t)
{
    if (t == NULL)
        return;
    g_array_unref(t->nodes);
    g_free(t);
}

/* ---- asking */

json_type json_type_of(const json_text *t, json_ref value)
{
    return value < t->nodes->len ? (json_type)node_at(t->nodes, value)->type : JSON_NULL;
}

static json_ref first_child(const json_text *t, json_ref container)
{
    const node *v = node_at(t->nodes, container);
    /* Empty: what follows in the array belongs to somebody else. */
    bool any = container + 1 < t->nodes->len && node_at(t->nodes, container + 1)->start < v->end;
    return any ? container + 1 : JSON_NONE;
}

static bool is_string(const json_text *t, json_ref value, const char *wanted)
{
    const node *v = node_at(t->nodes, value);
    if (!v->escaped) {
        gsize n = v->end - v->start;
        return strlen(wanted) == n && memcmp(t->text + v->start, wanted, n) == 0;
    }
    g_autofree char *text = json_dup_string(t, value);
    return g_strcmp0(text, wanted) == 0;
}

json_ref json_member(const json_text *t, json_ref object, const char *key)
{
    if (json_type_of(t, object) != JSON_OBJECT)
        return JSON_NONE;
    for (json_ref k = first_child(t, object); k != JSON_NONE;) {
        json_ref value = node_at(t->nodes, k)->next;
        if (is_string(t, k, key))
            return value;
        k = node_at(t->nodes, value)->next;
    }
    return JSON_NONE;
}

json_ref json_first(const json_text *t, json_ref array)
{
    return json_type_of(t, array) == JSON_ARRAY ? first_child(t, array) : JSON_NONE;
}

json_ref json_next(const json_text *t, json_ref element)
{
    return element < t->nodes->len ? node_at(t->nodes, element)->next : JSON_NONE;
}

/* The escape at p (behind the backslash) into out; bytes that it takes. */
static gsize append_escape(GString *out, const char *p, gsize n)
{
    static const char letters[] = "b\bf\fn\nr\rt\t";
    const char *found = strchr(letters, *p);
    if (*p == 'u') {
        gsize used;
        g_string_append_unichar(out, (gunichar)unicode_escape(p + 1, n - 1, &used));
        return used + 1;
    }
    g_string_append_c(out, found != NULL && (found - letters) % 2 == 0 ? found[1] : *p);
    return 1;
}

char *json_dup_string(const json_text *t, json_ref value)
{
    if (json_type_of(t, value) != JSON_STRING)
        return NULL;
    const node *v = node_at(t->nodes, value);
    const char *p = t->text + v->start, *end = t->text + v->end;
    if (!v->escaped)
        return memchr(p, '\0', (gsize)(end - p)) == NULL ? g_strndup(p, (gsize)(end - p)) : NULL;
    /* No longer than what is written, so that it never moves and leaves no copy of a password behind. */
    GString *out = g_string_sized_new((gsize)(end - p) + 1);
    while (p < end) {
        if (*p != '\\') {
            g_string_append_c(out, *p++);
            continue;
        }
        p++;
        p += append_escape(out, p, (gsize)(end - p));
    }
    bool whole = strlen(out->str) == out->len;
    return g_string_free(out, !whole);
}

bool json_integer(const json_text *t, json_ref value, gint64 lowest, gint64 highest, gint64 *out)
{
    if (json_type_of(t, value) != JSON_NUMBER)
        return false;
    const node *v = node_at(t->nodes, value);
    char digits[24];
    gsize n = v->end - v->start;
    if (n >= sizeof digits)
        return false;
    memcpy(digits, t->text + v->start, n);
    digits[n] = '\0';
    return g_ascii_string_to_signed(digits, 10, lowest, highest, out, NULL);
}
