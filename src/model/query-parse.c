/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parser of the query language: recursive descent, one token ahead.
 *
 *   query  = or
 *   or     = and *( ("OR" / "or" / "|") and )
 *   and    = unary *( ["AND" / "and" / "&"] unary )
 *   unary  = ("-" / "!" / "not") unary / "(" or ")" / term
 *   term   = KEY ":" value / "~" LETTER [value] / value
 *   value  = DQUOTE text DQUOTE / word
 *
 * A word ends at a blank, at "|" and at a ")" that it did not open itself. */
#include "model/query.h"
#include "model/query-value.h"
#include "base/error.h"
#include "base/fold.h"
#include "base/i18n.h"
#include "base/limits.h"

#include <string.h>

typedef struct parser {
    const char *text;
    const char *at;
    gint64 now_s;
    int nnodes;
    int depth;
} parser;

static query *parse_or(parser *p, GError **error);

/* ---- errors */

static void set_at(const parser *p, const char *where, GError **error, const char *sentence)
{
    long column = g_utf8_strlen(p->text, where - p->text) + 1;
    error_set(error, ERROR_INPUT, _("column %ld: %s"), column, sentence);
}

/* ---- nodes */

static query *node_new(query_kind kind)
{
    query *q = g_new0(query, 1);
    q->kind = kind;
    q->from_s = G_MININT64;
    q->to_s = G_MAXINT64;
    q->to_bytes = G_MAXUINT64;
    return q;
}

static query *node_text(query_kind kind, const char *text)
{
    query *q = node_new(kind);
    q->text = g_strdup(text);
    q->folded = text_fold(text);
    return q;
}

static query *node_flag(mail_flags flags)
{
    query *q = node_new(QUERY_FLAG);
    q->flags = flags;
    return q;
}

/* Takes the child. */
static query *node_over(query_kind kind, query *child)
{
    query *q = node_new(kind);
    q->children = g_ptr_array_new_with_free_func((GDestroyNotify)query_free);
    g_ptr_array_add(q->children, child);
    return q;
}

static int node_count(const query *q)
{
    int n = 1;
    for (guint i = 0; q->children != NULL && i < q->children->len; i++)
        n += node_count(g_ptr_array_index(q->children, i));
    return n;
}

/* "in any of these fields" */
static query *node_fields(const query_kind *kinds, const char *text)
{
    query *q = node_over(QUERY_OR, node_text(kinds[0], text));
    for (int i = 1; kinds[i] != QUERY_ALL; i++)
        g_ptr_array_add(q->children, node_text(kinds[i], text));
    return q;
}

/* ---- what stands after a key.  These give a node or an error without the column. */

typedef struct term_row term_row;
struct term_row {
    const char *key; /* "from", or mutt's letter */
    query_kind kind;
    query *(*make)(const term_row *row, const char *value, gint64 now_s, GError **error);
    bool bare;       /* of mutt's letters: takes no value */
};

static query *make_text(const term_row *row, const char *value, gint64 now_s, GError **error)
{
    return node_text(row->kind, value);
}

static query *make_id(const term_row *row, const char *value, gint64 now_s, GError **error)
{
    gsize n = strlen(value);
    bool angled = n >= 2 && value[0] == '<' && value[n - 1] == '>';
    g_autofree char *id = angled ? g_strndup(value + 1, n - 2) : g_strdup(value);
    return node_text(QUERY_ID, id);
}

static query *make_is(const term_row *row, const char *value, gint64 now_s, GError **error)
{
    static const struct {
        const char *word;
        mail_flags flag;
        bool unset;
    } states[] = {
        { "unread", FLAG_SEEN, true },       { "new", FLAG_SEEN, true },         { "unseen", FLAG_SEEN, true },
        { "read", FLAG_SEEN, false },        { "seen", FLAG_SEEN, false },       { "flagged", FLAG_FLAGGED, false },
        { "answered", FLAG_ANSWERED, false }, { "replied", FLAG_ANSWERED, false }, { "draft", FLAG_DRAFT, false },
        { "deleted", FLAG_DELETED, false },  { "forwarded", FLAG_FORWARDED, false },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++)
        if (g_ascii_strcasecmp(value, states[i].word) == 0) {
            query *flag = node_flag(states[i].flag);
            return states[i].unset ? node_over(QUERY_NOT, flag) : flag;
        }
    error_set(error, ERROR_INPUT,
              _("'is:%s' is not known; expected unread, read, flagged, answered, replied, draft, deleted, "
                "forwarded or new"), value);
    return NULL;
}

static query *make_has(const term_row *row, const char *value, gint64 now_s, GError **error)
{
    if (g_ascii_strcasecmp(value, "attachment") == 0 || g_ascii_strcasecmp(value, "attachments") == 0)
        return node_new(QUERY_ATTACHMENT);
    error_set(error, ERROR_INPUT, _("'has:%s' is not known; expected has:attachment"), value);
    return NULL;
}

/* Some tags are kept as flag bits ($Forwarded, $Junk ...), however they are asked for. */
static query *make_tag(const term_row *row, const char *value, gint64 now_s, GError **error)
{
    mail_flags flag = flag_from_wire(value);
    return flag != 0 ? node_flag(flag) : node_text(QUERY_KEYWORD, value);
}

static query *make_dates(const term_row *row, const char *value, gint64 now_s, GError **error)
{
    g_autoptr(query) q = node_new(QUERY_DATE);
    bool mutt = row->key[1] == '\0';
    bool good = mutt ? query_value_mutt_dates(value, now_s, &q->from_s, &q->to_s, error)
                     : query_value_dates(value, now_s, &q->from_s, &q->to_s, error);
    return good ? g_steal_pointer(&q) : NULL;
}

static query *make_age(const term_row *row, const char *value, gint64 now_s, GError **error)
{
    g_autoptr(query) q = node_new(QUERY_DATE);
    gint64 *end = row->key[0] == 'n' ? &q->from_s : &q->to_s;
    return query_value_age(value, now_s, end, error) ? g_steal_pointer(&q) : NULL;
}

static query *make_size(const term_row *row, const char *value, gint64 now_s, GError **error)
{
    g_autoptr(query) q = node_new(QUERY_SIZE);
    guint64 *end = row->key[0] == 'l' ? &q->from_bytes : &q->to_bytes;
    return query_value_size(value, end, error) ? g_steal_pointer(&q) : NULL;
}

static query *make_mutt_sizes(const term_row *row, const char *value, gint64 now_s, GError **error)
{
    g_autoptr(query) q = node_new(QUERY_SIZE);
    return query_value_mutt_sizes(value, &q->from_bytes, &q->to_bytes, error) ? g_steal_pointer(&q) : NULL;
}

static query *make_all(const term_row *row, const char *value, gint64 now_s, GError **error)
{
    return node_new(row->kind);
}

static query *make_any_list(const term_row *row, const char *value, gint64 now_s, GError **error)
{
    return node_text(QUERY_LIST, "");
}

static query *make_flag(const term_row *row, const char *value, gint64 now_s, GError **error)
{
    switch (row->key[0]) {
    case 'D': return node_flag(FLAG_DELETED);
    case 'F': return node_flag(FLAG_FLAGGED);
    case 'Q': return node_flag(FLAG_ANSWERED);
    case 'R': return node_flag(FLAG_SEEN);
    default: return node_over(QUERY_NOT, node_flag(FLAG_SEEN)); /* N, O and U: unread */
    }
}

static query *make_fields(const term_row *row, const char *value, gint64 now_s, GError **error)
{
    static const query_kind to_cc[] = { QUERY_TO, QUERY_CC, QUERY_ALL };
    static const query_kind people[] = { QUERY_FROM, QUERY_TO, QUERY_CC, QUERY_ALL };
    return node_fields(row->key[0] == 'C' ? to_cc : people, value);
}

static query *make_no_counterpart(const term_row *row, const char *value, gint64 now_s, GError **error)
{
    error_set(error, ERROR_INPUT, _("mutt's ~%s has no counterpart here"), row->key);
    return NULL;
}

static const term_row keys[] = {
    { "from", QUERY_FROM, make_text },       { "to", QUERY_TO, make_text },     { "cc", QUERY_CC, make_text },
    { "subject", QUERY_SUBJECT, make_text }, { "body", QUERY_BODY, make_text }, { "list", QUERY_LIST, make_text },
    { "id", QUERY_ID, make_id },             { "in", QUERY_FOLDER, make_text }, { "account", QUERY_ACCOUNT, make_text },
    { "is", QUERY_FLAG, make_is },           { "has", QUERY_ATTACHMENT, make_has }, { "tag", QUERY_KEYWORD, make_tag },
    { "date", QUERY_DATE, make_dates },      { "newer", QUERY_DATE, make_age }, { "older", QUERY_DATE, make_age },
    { "larger", QUERY_SIZE, make_size },     { "smaller", QUERY_SIZE, make_size },
};

static const term_row letters[] = {
    { "A", QUERY_ALL, make_all, true },
    { "B", QUERY_BODY, make_text },
    { "b", QUERY_BODY, make_text },
    { "C", QUERY_OR, make_fields },
    { "c", QUERY_CC, make_text },
    { "D", QUERY_FLAG, make_flag, true },
    { "d", QUERY_DATE, make_dates },
    { "e", QUERY_FROM, make_text }, /* Sender: is not kept apart from From: */
    { "F", QUERY_FLAG, make_flag, true },
    { "f", QUERY_FROM, make_text },
    { "i", QUERY_ID, make_id },
    { "L", QUERY_OR, make_fields },
    { "l", QUERY_LIST, make_any_list, true },
    { "N", QUERY_FLAG, make_flag, true },
    { "O", QUERY_FLAG, make_flag, true },
    { "Q", QUERY_FLAG, make_flag, true },
    { "R", QUERY_FLAG, make_flag, true },
    { "r", QUERY_DATE, make_dates },
    { "s", QUERY_SUBJECT, make_text },
    { "t", QUERY_TO, make_text },
    { "U", QUERY_FLAG, make_flag, true },
    { "u", QUERY_LIST, make_any_list, true },
    { "X", QUERY_ATTACHMENT, make_all, true },
    { "y", QUERY_KEYWORD, make_tag },
    { "z", QUERY_SIZE, make_mutt_sizes },
    /* These stand on what a summary does not hold (own addresses, tags of the screen, threads ...). */
    { "E", 0, make_no_counterpart, true }, { "g", 0, make_no_counterpart, true }, { "G", 0, make_no_counterpart, true },
    { "h", 0, make_no_counterpart, true }, { "H", 0, make_no_counterpart, true }, { "k", 0, make_no_counterpart, true },
    { "m", 0, make_no_counterpart, true }, { "M", 0, make_no_counterpart, true }, { "n", 0, make_no_counterpart, true },
    { "P", 0, make_no_counterpart, true }, { "p", 0, make_no_counterpart, true }, { "S", 0, make_no_counterpart, true },
    { "T", 0, make_no_counterpart, true }, { "V", 0, make_no_counterpart, true }, { "v", 0, make_no_counterpart, true },
    { "x", 0, make_no_counterpart, true }, { "$", 0, make_no_counterpart, true }, { "=", 0, make_no_counterpart, true },
    { "#", 0, make_no_counterpart, true }, { "(", 0, make_no_counterpart, true }, { "<", 0, make_no_counterpart, true },
    { ">", 0, make_no_counterpart, true },
};

/* ---- tokens */

static bool is_blank(const char *p)
{
    return *p != '\0' && g_unichar_isspace(g_utf8_get_char(p)); /* the ideographic space too */
}

static void skip_blanks(parser *p)
{
    while (is_blank(p->at))
        p->at = g_utf8_next_char(p->at);
}

/* The end of the bare word at p. */
static const char *word_end(const char *p)
{
    int open = 0;
    for (; *p != '\0' && *p != '|' && !is_blank(p); p = g_utf8_next_char(p)) {
        if (*p == '(')
            open++;
        else if (*p == ')' && open-- == 0)
            break;
    }
    return p;
}

/* Is the bare word at p one of these?  Then step over it. */
static bool take_word(parser *p, const char *word, const char *upper)
{
    gsize n = (gsize)(word_end(p->at) - p->at);
    if (n != strlen(word) || (strncmp(p->at, word, n) != 0 && strncmp(p->at, upper, n) != 0))
        return false;
    p->at += n;
    return true;
}

static char *take_quoted(parser *p, GError **error)
{
    const char *begin = p->at;
    g_autoptr(GString) out = g_string_new(NULL);
    for (p->at++; *p->at != '\0'; p->at++) {
        if (*p->at == '"') {
            p->at++;
            return g_string_free(g_steal_pointer(&out), FALSE);
        }
        if (*p->at == '\\' && (p->at[1] == '"' || p->at[1] == '\\'))
            p->at++;
        g_string_append_c(out, *p->at);
    }
    set_at(p, begin, error, _("the quote is not closed; expected another \""));
    return NULL;
}

/* A quoted text or a bare word; never empty. */
static char *take_value(parser *p, const char *after, GError **error)
{
    const char *begin = p->at;
    char *value = NULL;
    if (*p->at == '"') {
        value = take_quoted(p, error);
        if (value == NULL)
            return NULL;
    } else {
        p->at = word_end(begin);
        value = g_strndup(begin, (gsize)(p->at - begin));
    }
    if (value[0] != '\0')
        return value;
    g_free(value);
    g_autofree char *sentence = after[0] != '\0' ? g_strdup_printf(_("expected text after %s"), after)
                                                 : g_strdup(_("expected text between the quotes"));
    set_at(p, begin, error, sentence);
    return NULL;
}

/* ---- terms */

static query *make_term(parser *p, const term_row *row, const char *value, const char *where, GError **error)
{
    g_autoptr(GError) own = NULL;
    g_autoptr(query) q = row->make(row, value, p->now_s, &own);
    if (q == NULL) {
        set_at(p, where, error, own->message);
        return NULL;
    }
    p->nnodes += node_count(q);
    return g_steal_pointer(&q);
}

static query *parse_mutt(parser *p, GError **error)
{
    const char *begin = p->at;
    const char name[] = { begin[1], '\0' };
    for (gsize i = 0; name[0] != '\0' && i < G_N_ELEMENTS(letters); i++) {
        const term_row *row = &letters[i];
        if (strcmp(row->key, name) != 0)
            continue;
        p->at += 2;
        if (row->bare)
            return make_term(p, row, "", begin, error);
        skip_blanks(p);
        const char spelled[] = { begin[0], name[0], '\0' };
        const char *where = p->at;
        g_autofree char *value = take_value(p, spelled, error);
        return value != NULL ? make_term(p, row, value, where, error) : NULL;
    }
    set_at(p, begin, error, _("expected one of mutt's letters after '~', as in ~f ada or ~N"));
    return NULL;
}

/* mutt's "=s text" is "~s text" for the server; it means the same here. */
static bool is_mutt_term(const char *p)
{
    if (*p == '~' || *p == '%')
        return true;
    return *p == '=' && p[1] != '\0' && strchr("bBhsftcLCie", p[1]) != NULL && g_ascii_isspace(p[2]);
}

static query *unknown_key(parser *p, gsize nkey, GError **error)
{
    g_autoptr(GString) known = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        g_string_append_printf(known, " %s:", keys[i].key);
    g_autofree char *sentence = g_strdup_printf(
        _("'%.*s:' is not known; expected one of%s, or quotes around text with a colon"), (int)nkey, p->at, known->str);
    set_at(p, p->at, error, sentence);
    return NULL;
}

static query *parse_term(parser *p, GError **error)
{
    if (is_mutt_term(p->at))
        return parse_mutt(p, error);
    gsize nkey = 0;
    while (g_ascii_isalpha(p->at[nkey]))
        nkey++;
    /* "http://..." is a word. */
    if (nkey > 0 && p->at[nkey] == ':' && p->at[nkey + 1] != '/') {
        for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
            if (strlen(keys[i].key) != nkey || g_ascii_strncasecmp(keys[i].key, p->at, nkey) != 0)
                continue;
            g_autofree char *spelled = g_strndup(p->at, nkey + 1);
            p->at += nkey + 1;
            const char *where = p->at;
            g_autofree char *value = take_value(p, spelled, error);
            return value != NULL ? make_term(p, &keys[i], value, where, error) : NULL;
        }
        return unknown_key(p, nkey, error);
    }
    g_autofree char *word = take_value(p, "", error);
    if (word == NULL)
        return NULL;
    p->nnodes++;
    return node_text(QUERY_WORD, word);
}

/* ---- operators */

static query *parse_unary(parser *p, GError **error);

static query *parse_parentheses(parser *p, GError **error)
{
    const char *begin = p->at++;
    g_autoptr(query) q = parse_or(p, error);
    if (q == NULL)
        return NULL;
    if (*p->at != ')') {
        set_at(p, begin, error, _("the parenthesis is not closed; expected ')'"));
        return NULL;
    }
    p->at++;
    return g_steal_pointer(&q);
}

/* A '-' or '!' right before something, or the word "not", negates. */
static bool take_not(parser *p)
{
    if (*p->at == '!' || (*p->at == '-' && p->at[1] != '\0' && p->at[1] != ')' && !is_blank(p->at + 1))) {
        p->at++;
        return true;
    }
    return take_word(p, "not", "NOT");
}

static query *parse_nested(parser *p, GError **error)
{
    const char *begin = p->at;
    if (*p->at == '(')
        return parse_parentheses(p, error);
    if (take_not(p)) {
        skip_blanks(p);
        query *child = parse_unary(p, error);
        p->nnodes++;
        return child != NULL ? node_over(QUERY_NOT, child) : NULL;
    }
    if (*p->at == '\0' || *p->at == ')' || *p->at == '|' || take_word(p, "or", "OR") || take_word(p, "and", "AND")) {
        set_at(p, begin, error, _("expected a word, a key such as from:, or '('"));
        return NULL;
    }
    return parse_term(p, error);
}

static query *too_long(const parser *p, const char *where, GError **error)
{
    g_autofree char *sentence = g_strdup_printf(_("the query is too long; at most %d terms"), LIMIT_QUERY_NODES);
    set_at(p, where, error, sentence);
    return NULL;
}

static query *parse_unary(parser *p, GError **error)
{
    const char *begin = p->at;
    if (p->depth >= LIMIT_QUERY_NODES || p->nnodes >= LIMIT_QUERY_NODES)
        return too_long(p, begin, error);
    p->depth++;
    query *q = parse_nested(p, error);
    p->depth--;
    return q;
}

/* One child stands for itself; more hang under a node of kind. */
static query *gather(parser *p, query_kind kind, GPtrArray *children)
{
    if (children->len == 1)
        return g_ptr_array_steal_index(children, 0);
    p->nnodes++;
    query *q = node_new(kind);
    q->children = g_ptr_array_ref(children);
    return q;
}

static query *parse_and(parser *p, GError **error)
{
    g_autoptr(GPtrArray) children = g_ptr_array_new_with_free_func((GDestroyNotify)query_free);
    for (;;) {
        skip_blanks(p);
        query *q = parse_unary(p, error);
        if (q == NULL)
            return NULL;
        g_ptr_array_add(children, q);
        skip_blanks(p);
        const char *here = p->at;
        if (take_word(p, "and", "AND") || take_word(p, "&", "&"))
            continue;
        if (*here == '\0' || *here == ')' || *here == '|' || take_word(p, "or", "OR")) {
            p->at = here;
            return gather(p, QUERY_AND, children);
        }
    }
}

static query *parse_or(parser *p, GError **error)
{
    g_autoptr(GPtrArray) children = g_ptr_array_new_with_free_func((GDestroyNotify)query_free);
    for (;;) {
        query *q = parse_and(p, error);
        if (q == NULL)
            return NULL;
        g_ptr_array_add(children, q);
        if (*p->at == '|')
            p->at += p->at[1] == '|' ? 2 : 1;
        else if (!take_word(p, "or", "OR"))
            return gather(p, QUERY_OR, children);
    }
}

query *query_parse(const char *text, gint64 now_s, GError **error)
{
    if (!g_utf8_validate(text, -1, NULL)) {
        error_set(error, ERROR_INPUT, _("the query is not valid UTF-8"));
        return NULL;
    }
    parser p = { .text = text, .at = text, .now_s = now_s };
    skip_blanks(&p);
    if (*p.at == '\0')
        return node_new(QUERY_ALL);
    g_autoptr(query) q = parse_or(&p, error);
    if (q != NULL && *p.at == ')') {
        set_at(&p, p.at, error, _("')' closes nothing"));
        return NULL;
    }
    if (q != NULL && p.nnodes > LIMIT_QUERY_NODES)
        return too_long(&p, p.at, error);
    return g_steal_pointer(&q);
}
