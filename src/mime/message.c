/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The face of a parsed message: structure by mime/structure, bytes by mime/body, choice by
 * mime/shown. */
#include "mime/message.h"

#include "mime/addresses.h"
#include "mime/body.h"
#include "mime/fields.h"
#include "mime/header.h"
#include "mime/render.h"
#include "mime/shown.h"
#include "mime/structure.h"
#include "mime/words.h"
#include "text/sanitise.h"

#include <string.h>

struct mime_message {
    entity *root;
    GHashTable *by_section; /* section -> entity; keys are the parts' own */
    GHashTable *readable;   /* entity -> 1: has text, 2: has none; what was asked so far */
};

static void index_sections(GHashTable *by_section, entity *e)
{
    g_hash_table_insert(by_section, e->part->section, e);
    for (guint i = 0; i < e->children->len; i++)
        index_sections(by_section, g_ptr_array_index(e->children, i));
}

mime_message *mime_message_new(GBytes *raw)
{
    mime_message *m = g_new0(mime_message, 1);
    m->root = structure_parse(raw);
    m->by_section = g_hash_table_new(g_str_hash, g_str_equal);
    m->readable = g_hash_table_new(NULL, NULL);
    index_sections(m->by_section, m->root);
    return m;
}

void mime_message_free(mime_message *m)
{
    if (!m)
        return;
    g_hash_table_unref(m->by_section);
    g_hash_table_unref(m->readable);
    part_free(m->root->part);
    entity_free(m->root);
    g_free(m);
}

const part *mime_message_structure(mime_message *m)
{
    return m->root->part;
}

static const char *header_of(const entity *e)
{
    const char *bytes = g_bytes_get_data(e->source, NULL);
    return bytes ? bytes + e->header : "";
}

static mail_summary *summary_of(const entity *e)
{
    mail_summary *s = mail_summary_new();
    mime_header_summary(header_of(e), e->body - e->header, s);
    s->size = e->end - e->header;
    s->has_attachment = part_has_attachment(e->part);
    return s;
}

mail_summary *mime_message_summary(mime_message *m)
{
    return summary_of(m->root);
}

static void free_field(gpointer data)
{
    mime_field *f = data;
    g_free(f->name);
    g_free(f->value);
    g_free(f);
}

static bool holds_addresses(const field_view *f)
{
    static const char *const names[] = { "From",
                                         "Sender",
                                         "Reply-To",
                                         "To",
                                         "Cc",
                                         "Bcc",
                                         "Resent-From",
                                         "Resent-Sender",
                                         "Resent-To",
                                         "Resent-Cc",
                                         "Resent-Bcc",
                                         "Mail-Followup-To",
                                         "Disposition-Notification-To" };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (field_is(f, names[i]))
            return true;
    return false;
}

/* Address fields are parsed and written again: a word decoded inside an addr-spec would lie. */
static char *readable_value(const field_view *f)
{
    gsize n;
    g_autofree char *line = field_unfold(f->value, f->value_nbytes, &n);
    if (!holds_addresses(f))
        return words_decode(line, n);
    g_autoptr(GPtrArray) list = address_list_new();
    addresses_parse(list, line, n);
    return list->len > 0 ? address_list_format(list) : words_repair(line, n);
}

static GPtrArray *fields_of(const entity *e)
{
    GPtrArray *fields = g_ptr_array_new_with_free_func(free_field);
    field_cursor c;
    field_view f;
    field_cursor_init(&c, header_of(e), e->body - e->header, true);
    while (field_next(&c, &f)) {
        mime_field *field = g_new0(mime_field, 1);
        field->name = g_strndup(f.name, f.name_nbytes);
        field->value = readable_value(&f);
        g_ptr_array_add(fields, field);
    }
    return fields;
}

GPtrArray *mime_message_fields(mime_message *m)
{
    return fields_of(m->root);
}

static const entity *find(const mime_message *m, const char *section)
{
    return *section ? g_hash_table_lookup(m->by_section, section) : m->root;
}

/* The inner root of a message/rfc822 part. */
static const entity *find_inner(const mime_message *m, const char *section)
{
    const entity *e = find(m, section);
    return e && e->kind == ENTITY_MESSAGE ? g_ptr_array_index(e->children, 0) : NULL;
}

mail_summary *mime_message_inner_summary(mime_message *m, const char *section)
{
    const entity *e = find_inner(m, section);
    return e ? summary_of(e) : NULL;
}

GPtrArray *mime_message_inner_fields(mime_message *m, const char *section)
{
    const entity *e = find_inner(m, section);
    return e ? fields_of(e) : NULL;
}

/* A multipart has no transfer encoding, whatever its label says (RFC 2045 section 6.4). */
static GBytes *decoded(const entity *e)
{
    bool multipart = e->kind == ENTITY_MULTIPART && e->children->len > 0;
    return body_decode(e->source, e->body, e->end - e->body, multipart ? NULL : e->part->encoding);
}

GBytes *mime_message_part_bytes(mime_message *m, const char *section)
{
    const entity *e = find(m, section);
    return e ? decoded(e) : NULL;
}

static char *text_of(const entity *e, gsize *nbytes, bool *guessed)
{
    g_autoptr(GBytes) bytes = decoded(e);
    if (!bytes)
        return NULL;
    gsize n;
    const char *data = g_bytes_get_data(bytes, &n);
    return body_text(data ? data : "", n, e->part->type, e->part->charset, nbytes, guessed);
}

char *mime_message_part_text(mime_message *m, const char *section, bool *guessed)
{
    const entity *e = find(m, section);
    return e ? text_of(e, NULL, guessed) : NULL;
}

static bool param_is(const entity *e, const char *name, const char *value)
{
    const char *found = params_get(e->type, name);
    return found && g_ascii_strcasecmp(found, value) == 0;
}

bool mime_message_part_flowed(mime_message *m, const char *section, bool *delsp)
{
    const entity *e = find(m, section);
    bool flowed = e && strcmp(e->part->type, "text/plain") == 0 && param_is(e, "format", "flowed");
    if (delsp)
        *delsp = flowed && param_is(e, "delsp", "yes");
    return flowed;
}

/* Something other than white space and what nobody sees. */
static bool is_readable_text(const char *text)
{
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (!g_unichar_isspace(c) && !g_unichar_iszerowidth(c))
            return true;
    }
    return false;
}

/* Alternatives inside alternatives ask for the same part again and again. */
static bool has_text(const entity *e, gpointer data)
{
    const mime_message *m = data;
    guint known = GPOINTER_TO_UINT(g_hash_table_lookup(m->readable, e));
    if (known == 0) {
        g_autofree char *text = text_of(e, NULL, NULL);
        known = text && is_readable_text(text) ? 1 : 2;
        g_hash_table_insert(m->readable, (gpointer)e, GUINT_TO_POINTER(known));
    }
    return known == 1;
}

static GPtrArray *shown(mime_message *m, bool prefer_html)
{
    GPtrArray *out = g_ptr_array_new();
    shown_choose(m->root, prefer_html, has_text, m, out);
    return out;
}

GPtrArray *mime_message_shown(mime_message *m, bool prefer_html)
{
    GPtrArray *out = shown(m, prefer_html);
    for (guint i = 0; i < out->len; i++)
        out->pdata[i] = ((entity *)out->pdata[i])->part;
    return out;
}

/* Words of text in one line, quoted lines passed over, until there are enough. */
static void add_words(GString *out, const char *text, gsize nbytes, bool quotes, gsize enough)
{
    bool line_start = true, blank = true;
    for (const char *p = text, *end = text + nbytes; p < end && out->len < enough; p++) {
        if (line_start && *p == '>' && !quotes) {
            p = memchr(p, '\n', (gsize)(end - p));
            if (!p)
                break;
        }
        line_start = *p == '\n';
        if (g_ascii_isspace(*p)) {
            if (!blank)
                g_string_append_c(out, ' ');
            blank = true;
        } else {
            g_string_append_c(out, *p);
            blank = false;
        }
    }
}

static bool add_preview(const entity *e, GString *out, bool quotes, gsize enough)
{
    gsize n;
    g_autofree char *text = text_of(e, &n, NULL);
    if (text && strcmp(e->part->type, "text/html") == 0) {
        char *plain = mime_render_strip(text, n);
        g_free(text);
        text = plain;
        n = strlen(text);
    }
    if (text)
        add_words(out, text, n, quotes, enough);
    return out->len > 0;
}

char *mime_message_preview(mime_message *m, guint ncharacters)
{
    g_autoptr(GPtrArray) parts = shown(m, false);
    g_autoptr(GString) out = g_string_new(NULL);
    gsize enough = (gsize)ncharacters * 4;
    for (int quotes = 0; quotes < 2 && out->len == 0; quotes++)
        for (guint i = 0; i < parts->len && out->len == 0; i++) {
            const entity *e = g_ptr_array_index(parts, i);
            if (e->kind == ENTITY_LEAF)
                add_preview(e, out, quotes == 1, enough);
        }
    g_autofree char *valid = g_utf8_make_valid(out->str, (gssize)out->len);
    g_autofree char *line = g_strchomp(text_sanitise_line(valid, -1));
    const char *stop = line;
    for (guint i = 0; i < ncharacters && *stop; i++)
        stop = g_utf8_next_char(stop);
    return g_strndup(line, (gsize)(stop - line));
}
