/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses as values, their printed form, and the one address a person types.  Header fields of
 * mail are parsed by mime/, which forgives more.  RFC 5322 section 3.4, with UTF-8 as RFC 6532
 * allows. */
#include "model/address.h"
#include "base/error.h"

#include <stdbool.h>
#include <string.h>

/* Octets an address may have: 64 of local part, '@', 255 of domain (RFC 5321 section 4.5.3.1), with
 * room for domains that are longer in UTF-8 than in their ASCII form. */
#define MAILBOX_MAX 1000

address *address_new(const char *name, const char *mailbox)
{
    return address_new_len(name, name != NULL ? strlen(name) : 0, mailbox, mailbox != NULL ? strlen(mailbox) : 0);
}

address *address_new_len(const char *name, gsize name_nbytes, const char *mailbox, gsize mailbox_nbytes)
{
    address *a = g_malloc(sizeof *a + name_nbytes + mailbox_nbytes + 2);
    char *to = a->texts;
    if (mailbox_nbytes > 0)
        memcpy(to, mailbox, mailbox_nbytes);
    to[mailbox_nbytes] = '\0';
    a->mailbox = to;
    a->name = NULL;
    if (name_nbytes > 0) {
        a->name = to += mailbox_nbytes + 1;
        memcpy(to, name, name_nbytes);
        to[name_nbytes] = '\0';
    }
    return a;
}

void address_free(address *a)
{
    g_free(a);
}

address *address_dup(const address *a)
{
    return address_new(a->name, a->mailbox);
}

const char *address_label(const address *a)
{
    return a->name != NULL && a->name[0] != '\0' ? a->name : a->mailbox;
}

static bool is_atext(char c)
{
    return g_ascii_isalnum(c) || (unsigned char)c >= 0x80 ||
           (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* A phrase may stand bare when it is atoms with single blanks between them. */
static bool needs_quotes(const char *name)
{
    char before = ' ';
    for (const char *p = name; *p != '\0'; p++) {
        if (*p == ' ' ? before == ' ' : !is_atext(*p))
            return true;
        before = *p;
    }
    return before == ' ';
}

static void append_phrase(GString *out, const char *name)
{
    if (!needs_quotes(name)) {
        g_string_append(out, name);
        return;
    }
    g_string_append_c(out, '"');
    for (const char *p = name; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *p);
    }
    g_string_append_c(out, '"');
}

static void append_address(GString *out, const address *a)
{
    bool named = a->name != NULL && a->name[0] != '\0';
    if (named)
        append_phrase(out, a->name);
    if (a->mailbox[0] == '\0')
        return;
    if (named)
        g_string_append(out, " <");
    g_string_append(out, a->mailbox);
    if (named)
        g_string_append_c(out, '>');
}

char *address_format(const address *a)
{
    GString *out = g_string_new(NULL);
    append_address(out, a);
    return g_string_free(out, FALSE);
}

static void free_element(gpointer a)
{
    address_free(a);
}

GPtrArray *address_list_new(void)
{
    return g_ptr_array_new_with_free_func(free_element);
}

GPtrArray *address_list_dup(const GPtrArray *list)
{
    GPtrArray *copy = address_list_new();
    for (guint i = 0; i < list->len; i++)
        g_ptr_array_add(copy, address_dup(g_ptr_array_index(list, i)));
    return copy;
}

char *address_list_format(const GPtrArray *list)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < list->len; i++) {
        if (i > 0)
            g_string_append(out, ", ");
        append_address(out, g_ptr_array_index(list, i));
    }
    return g_string_free(out, FALSE);
}

/* ---- what a person types */

static const char *skip_blanks(const char *p)
{
    while (*p == ' ' || *p == '\t')
        p++;
    return p;
}

/* Behind a quoted string that starts at p, or NULL when it does not end.  What it says, without
 * quotes and backslashes, is appended to value (may be NULL). */
static const char *skip_quoted(const char *p, GString *value)
{
    for (p++; *p != '\0' && *p != '"'; p++) {
        if (*p == '\\' && *++p == '\0')
            return NULL;
        if (value != NULL)
            g_string_append_c(value, *p);
    }
    return *p == '"' ? p + 1 : NULL;
}

/* Behind a dot-atom at p, or NULL when there is none or a dot stands at an end or beside a dot. */
static const char *skip_dot_atom(const char *p)
{
    for (;;) {
        if (!is_atext(*p))
            return NULL;
        while (is_atext(*p))
            p++;
        if (*p != '.')
            return p;
        p++;
    }
}

/* Behind a domain: names with dots (no label starting or ending with '-'), or a literal in
 * brackets. */
static const char *skip_domain(const char *p)
{
    if (*p == '[') {
        p++;
        gsize n = strspn(p, "0123456789abcdefABCDEFIPvx:.");
        return n > 0 && p[n] == ']' ? p + n + 1 : NULL;
    }
    for (;;) {
        const char *label = p;
        while (g_ascii_isalnum(*p) || *p == '-' || *p == '_' || (unsigned char)*p >= 0x80)
            p++;
        if (p == label || *label == '-' || p[-1] == '-')
            return NULL;
        if (*p != '.')
            return p;
        p++;
    }
}

static const char *skip_mailbox(const char *p, GError **error)
{
    const char *start = p;
    p = *p == '"' ? skip_quoted(p, NULL) : skip_dot_atom(p);
    if (p == NULL || *p != '@') {
        error_set(error, ERROR_INPUT, "\"%s\" is not an address: name@domain was expected", start);
        return NULL;
    }
    p = skip_domain(p + 1);
    if (p == NULL || p - start > MAILBOX_MAX) {
        error_set(error, ERROR_INPUT, "\"%s\" has no usable domain after the '@'", start);
        return NULL;
    }
    return p;
}

/* The words before '<': quoted strings and bare text, each blank run one blank.  Forgiving: a
 * person may write J. Doe without quotes; only what makes the text ambiguous is refused. */
static const char *parse_phrase(const char *p, GString *name, GError **error)
{
    while (*p != '\0' && *p != '<') {
        if (*p == '"') {
            p = skip_quoted(p, name);
            if (p == NULL) {
                error_set(error, ERROR_INPUT, "a quotation mark is not closed");
                return NULL;
            }
        } else if (*p == ' ' || *p == '\t') {
            p = skip_blanks(p);
            if (name->len > 0 && *p != '<')
                g_string_append_c(name, ' ');
        } else if (strchr(",;>@", *p) != NULL) {
            error_set(error, ERROR_INPUT, "'%c' in a name needs quotation marks round the name",
                      *p);
            return NULL;
        } else {
            g_string_append_c(name, *p++);
        }
    }
    return p;
}

/* "ada@example.org (Ada Lovelace)": the form that comments had before names did. */
static const char *parse_comment(const char *p, GString *name, GError **error)
{
    gsize n = strcspn(p + 1, "()\\");
    if (p[1 + n] != ')') {
        error_set(error, ERROR_INPUT, "a parenthesis is not closed");
        return NULL;
    }
    g_string_append_len(name, p + 1, (gssize)n);
    g_strstrip(name->str);
    name->len = strlen(name->str);
    return p + n + 2;
}

/* Is there a '<' outside quotation marks? */
static bool has_angle(const char *p)
{
    while (p != NULL && *p != '\0' && *p != '<')
        p = *p == '"' ? skip_quoted(p, NULL) : p + 1;
    return p != NULL && *p == '<';
}

static bool has_control(const char *text)
{
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if ((c < 0x20 && c != '\t') || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029)
            return true;
    }
    return false;
}

address *address_parse(const char *text, GError **error)
{
    /* A line end in an address would become a command to the submission server. */
    if (!g_utf8_validate(text, -1, NULL) || has_control(text)) {
        error_set(error, ERROR_INPUT, "an address may not hold control characters");
        return NULL;
    }
    const char *start = skip_blanks(text);
    if (*start == '\0') {
        error_set(error, ERROR_INPUT, "an address was expected");
        return NULL;
    }
    g_autoptr(GString) name = g_string_new(NULL);
    const char *mailbox = start;
    bool angle = has_angle(start);
    if (angle) {
        const char *open = parse_phrase(start, name, error);
        if (open == NULL)
            return NULL;
        mailbox = open + 1;
    }
    const char *end = skip_mailbox(mailbox, error);
    if (end == NULL)
        return NULL;
    const char *rest = end;
    if (angle && *rest++ != '>') {
        error_set(error, ERROR_INPUT, "'>' was expected after the address");
        return NULL;
    }
    rest = skip_blanks(rest);
    if (*rest == '(' && !angle && (rest = parse_comment(rest, name, error)) == NULL)
        return NULL;
    rest = skip_blanks(rest);
    if (*rest != '\0') {
        error_set(error, ERROR_INPUT, "\"%s\" after the address is not understood", rest);
        return NULL;
    }
    g_autofree char *found = g_strndup(mailbox, (gsize)(end - mailbox));
    return address_new(name->str, found);
}
