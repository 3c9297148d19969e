/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One pass over the lines with a stack of the multiparts that are open.  GMime's parser is not
 * asked: it keeps neither encoded sizes nor offsets of containers, and lets a stranger choose depth
 * and count before any limit of ours is seen (a second and a half of work for a megabyte of nested
 * delimiters). Deepest and most numerous cost here: lines times LIMIT_MIME_DEPTH comparisons. */
#include "mime/structure.h"

#include "base/limits.h"
#include "mime/body.h"
#include "mime/fields.h"
#include "mime/words.h"

#include <string.h>

typedef struct open_multipart {
    entity *e;
    const char *boundary;
    gsize nbytes;
} open_multipart;

typedef struct parser {
    GBytes *source;
    const char *raw;
    gsize nbytes;
    char line_end;
    open_multipart open[LIMIT_MIME_DEPTH + 1];
    guint nopen;
    guint nparts;
    entity *current;    /* the innermost entity: its end is not known yet */
    GPtrArray *encoded; /* messages in a transfer encoding, to be looked into later */
} parser;

static void free_child(gpointer e)
{
    entity_free(e);
}

void entity_free(entity *e)
{
    if (!e)
        return;
    params_free(e->type);
    g_bytes_unref(e->source);
    g_ptr_array_unref(e->children);
    g_free(e);
}

/* ---- the fields of one part */

static char *decoded_line(const field_view *f)
{
    gsize n;
    g_autofree char *line = field_unfold(f->value, f->value_nbytes, &n);
    return words_decode(line, n);
}

/* The first token, lower case: of Content-Transfer-Encoding. */
static char *token_line(const field_view *f)
{
    char *line = field_unfold(f->value, f->value_nbytes, NULL);
    line[strcspn(line, " \t;(\"")] = '\0';
    g_autofree char *raw = line;
    g_autofree char *lower = g_ascii_strdown(raw, -1);
    return words_repair(lower, strlen(lower));
}

static char *content_id(const field_view *f)
{
    gsize n;
    g_autofree char *line = field_unfold(f->value, f->value_nbytes, &n);
    char *id = words_repair(line, n), *open = strchr(id, '<'), *close = strrchr(id, '>');
    if (open && close > open) {
        *close = '\0';
        memmove(id, open + 1, strlen(open + 1) + 1);
    }
    return id;
}

static params *params_of(const field_view *f)
{
    gsize n;
    g_autofree char *line = field_unfold(f->value, f->value_nbytes, &n);
    return params_parse(line, n);
}

static char *dup_nonempty(const char *text)
{
    return text && *text ? g_strdup(text) : NULL;
}

static void take_disposition(part *p, const field_view *f)
{
    g_autoptr(params) d = params_of(f);
    if (d->value[0])
        p->disposition = g_strdup(strcmp(d->value, "inline") == 0 ? "inline" : "attachment");
    char *name = dup_nonempty(params_get(d, "filename"));
    if (name) {
        g_free(p->name);
        p->name = name;
    }
}

static void take_field(entity *e, const field_view *f)
{
    part *p = e->part;
    if (!e->type && field_is(f, "Content-Type"))
        e->type = params_of(f);
    else if (!p->encoding && field_is(f, "Content-Transfer-Encoding"))
        p->encoding = token_line(f);
    else if (!p->disposition && field_is(f, "Content-Disposition"))
        take_disposition(p, f);
    else if (!p->content_id && field_is(f, "Content-ID"))
        p->content_id = content_id(f);
    else if (!p->description && field_is(f, "Content-Description"))
        p->description = decoded_line(f);
}

/* What has no subtype: "text" and nothing at all are text/plain (RFC 2045 section 5.2), "multipart"
 * with a boundary is what it says, the rest is bytes. */
static const char *complete_type(const params *type)
{
    if (g_str_has_prefix(type->value, "multipart") && params_get(type, "boundary"))
        return "multipart/mixed";
    bool text = type->value[0] == '\0' || g_str_has_prefix(type->value, "text");
    return text ? "text/plain" : "application/octet-stream";
}

static void settle_type(entity *e, const char *otherwise)
{
    part *p = e->part;
    e->labelled = e->type != NULL && e->type->value[0] != '\0';
    if (!e->type)
        e->type = params_parse(otherwise, strlen(otherwise));
    const char *slash = strchr(e->type->value, '/');
    if (!slash || slash == e->type->value || !slash[1]) {
        const char *complete = complete_type(e->type);
        g_free(e->type->value);
        e->type->value = g_strdup(complete);
    }
    p->type = g_strdup(e->type->value);
    const char *charset = params_get(e->type, "charset");
    if (charset && *charset)
        p->charset = g_ascii_strdown(charset, -1);
    if (!p->name)
        p->name = dup_nonempty(params_get(e->type, "name"));
}

/* ---- building */

static bool is_identity(const char *encoding)
{
    return !encoding || !*encoding || strcmp(encoding, "7bit") == 0 ||
           strcmp(encoding, "8bit") == 0 || strcmp(encoding, "binary") == 0;
}

static bool is_message(const entity *e)
{
    return strcmp(e->part->type, "message/rfc822") == 0 ||
           strcmp(e->part->type, "message/global") == 0;
}

static guint depth_of(const entity *e)
{
    guint depth = 0;
    for (; e; e = e->parent)
        depth++;
    return depth;
}

static field_cursor cursor_at(const parser *s, gsize offset)
{
    field_cursor c;
    field_cursor_init(&c, s->raw + offset, s->nbytes - offset, true);
    c.line_end = s->line_end;
    return c;
}

/* An attached message may have an empty line too many in front of its header. */
static gsize skip_empty_line(const parser *s, gsize offset)
{
    gsize next = offset;
    if (next < s->nbytes && s->raw[next] == '\r' && s->line_end == '\n')
        next++;
    if (next >= s->nbytes || s->raw[next] != s->line_end)
        return offset;
    field_cursor c = cursor_at(s, ++next);
    field_view f;
    return field_next(&c, &f) ? next : offset;
}

static entity *add_entity(parser *s, entity *parent, gsize offset)
{
    entity *e = g_new0(entity, 1);
    if (parent && parent->kind == ENTITY_MESSAGE)
        offset = skip_empty_line(s, offset);
    e->source = g_bytes_ref(s->source);
    e->part = part_new();
    e->children = g_ptr_array_new_with_free_func(free_child);
    e->header = offset;
    e->parent = parent;
    if (parent) {
        g_ptr_array_add(parent->children, e);
        g_ptr_array_add(parent->part->parts, e->part);
    }
    s->nparts++;
    bool in_digest = parent && strcmp(parent->part->type, "multipart/digest") == 0;
    field_cursor c = cursor_at(s, offset);
    field_view f;
    while (field_next(&c, &f))
        take_field(e, &f);
    e->body = e->end = (gsize)(c.p - s->raw);
    settle_type(e, in_digest ? "message/rfc822" : "text/plain");
    s->current = e;
    return e;
}

/* A part begins at offset: read its header and, as long as it is a message, the header inside
 * it. */
static void open_entity(parser *s, entity *parent, gsize offset)
{
    entity *e = add_entity(s, parent, offset);
    guint depth = depth_of(e);
    for (; is_message(e) && depth < LIMIT_MIME_DEPTH && s->nparts < LIMIT_MIME_PARTS; depth++) {
        if (!is_identity(e->part->encoding)) {
            g_ptr_array_add(s->encoded, e);
            break;
        }
        e->kind = ENTITY_MESSAGE;
        e = add_entity(s, e, e->body);
    }
    const char *boundary = params_get(e->type, "boundary");
    if (g_str_has_prefix(e->part->type, "multipart/") && boundary && *boundary &&
        depth < LIMIT_MIME_DEPTH) {
        e->kind = ENTITY_MULTIPART;
        gsize n = strlen(boundary); /* one must not end in a blank; the lines lose theirs */
        while (n > 0 && boundary[n - 1] == ' ')
            n--;
        s->open[s->nopen++] = (open_multipart){ e, boundary, n };
    }
}

/* The delimiter at offset ends everything inside the multipart, which may be NULL: the end of the
 * mail. */
static void close_inside(parser *s, const entity *multipart, gsize offset)
{
    for (entity *e = s->current; e && e != multipart; e = e->parent)
        e->end = MAX(offset, e->body);
}

static gsize next_line(const parser *s, gsize offset)
{
    const char *stop = memchr(s->raw + offset, s->line_end, s->nbytes - offset);
    return stop ? (gsize)(stop - s->raw) + 1 : s->nbytes;
}

/* The line end in front of a delimiter belongs to it (RFC 2046 section 5.1.1). */
static gsize before_line_end(const parser *s, gsize offset)
{
    if (offset > 0 && s->raw[offset - 1] == s->line_end)
        offset--;
    if (s->line_end == '\n' && offset > 0 && s->raw[offset - 1] == '\r')
        offset--;
    return offset;
}

/* Is the line a delimiter of an open multipart?  Its index + 1, 0 if not; inner ones come first. */
static guint match_delimiter(const parser *s, gsize offset, gsize stop, bool *closing)
{
    const char *p = s->raw + offset + 2, *end = s->raw + stop;
    while (end > p && (end[-1] == '\n' || end[-1] == '\r' || end[-1] == ' ' || end[-1] == '\t'))
        end--;
    gsize n = (gsize)(end - p);
    for (guint i = s->nopen; i > 0; i--) {
        const open_multipart *m = &s->open[i - 1];
        bool may_close = n == m->nbytes + 2 && end[-1] == '-' && end[-2] == '-';
        if ((n == m->nbytes || may_close) && memcmp(p, m->boundary, m->nbytes) == 0) {
            *closing = may_close;
            return i;
        }
    }
    return 0;
}

static void take_delimiter(parser *s, guint index, bool closing, gsize offset, gsize next)
{
    entity *multipart = s->open[index - 1].e;
    close_inside(s, multipart, before_line_end(s, offset));
    s->current = multipart;
    s->nopen = closing ? index - 1 : index;
    if (!closing && s->nparts < LIMIT_MIME_PARTS)
        open_entity(s, multipart, next);
}

static void scan_lines(parser *s)
{
    gsize offset = s->current->body;
    while (s->nopen > 0 && offset < s->nbytes) {
        gsize next = next_line(s, offset);
        bool closing;
        guint index = 0;
        if (next - offset >= 3 && s->raw[offset] == '-' && s->raw[offset + 1] == '-')
            index = match_delimiter(s, offset, next, &closing);
        if (index)
            take_delimiter(s, index, closing, offset, next);
        offset = MAX(next, s->current->body);
    }
}

/* ---- numbering */

static void number(entity *e, const char *prefix, guint index)
{
    bool top = !e->parent || e->parent->kind == ENTITY_MESSAGE; /* the root of a message */
    g_autofree char *path = NULL;
    if (!top)
        path = *prefix ? g_strdup_printf("%s.%u", prefix, index) : g_strdup_printf("%u", index);
    else if (e->kind == ENTITY_MULTIPART)
        path = g_strdup(prefix); /* its children take the message's own number as prefix */
    else
        path = *prefix ? g_strdup_printf("%s.1", prefix) : g_strdup("1");
    if (top && e->kind == ENTITY_MULTIPART && *prefix)
        e->part->section = g_strdup_printf("%s.TEXT", prefix);
    else
        e->part->section = g_strdup(path);
    e->part->size = e->end - e->body;
    for (guint i = 0; i < e->children->len; i++)
        number(g_ptr_array_index(e->children, i), path, i + 1);
}

static void set_source(parser *s, GBytes *source)
{
    s->source = source;
    s->raw = g_bytes_get_data(source, &s->nbytes);
    if (!s->raw)
        s->raw = "";
    s->line_end = field_line_end(s->raw, s->nbytes);
    s->nopen = 0;
}

/* Messages inside encoded messages come behind them in the queue.  Each is smaller than what holds
 * it. */
static void open_encoded(parser *s)
{
    for (guint i = 0; i < s->encoded->len && s->nparts < LIMIT_MIME_PARTS; i++) {
        entity *e = g_ptr_array_index(s->encoded, i);
        g_autoptr(GBytes) bytes =
            body_decode(e->source, e->body, e->end - e->body, e->part->encoding);
        if (!bytes)
            continue;
        set_source(s, bytes);
        e->kind = ENTITY_MESSAGE;
        open_entity(s, e, 0);
        scan_lines(s);
        close_inside(s, e, s->nbytes);
    }
}

entity *structure_parse(GBytes *raw)
{
    parser s = { .encoded = g_ptr_array_new() };
    set_source(&s, raw);
    open_entity(&s, NULL, 0);
    entity *root = s.current;
    while (root->parent)
        root = root->parent;
    scan_lines(&s);
    close_inside(&s, NULL, s.nbytes);
    open_encoded(&s);
    g_ptr_array_unref(s.encoded);
    number(root, "", 1);
    return root;
}
