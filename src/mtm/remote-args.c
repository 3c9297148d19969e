/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The arguments of all operations as members of one JSON object: one table writes and reads them. */
#include "mtm/remote.h"

#include <stddef.h>
#include <string.h>

typedef enum field_type { FIELD_TEXT, FIELD_U32, FIELD_U64, FIELD_I64, FIELD_BOOL, FIELD_IDS, FIELD_ROWS, FIELD_FLAGS,
                          FIELD_WORD, FIELD_QUERY } field_type;

typedef struct field {
    const char *key;
    field_type type;
    gsize at, count;          /* offsets; count: of an array's length, or of the keywords beside flags */
    const char *const *words; /* of an enumeration, in its order, NULL at the end */
} field;

static const char *const untils[] = { "connect", "sync", "disconnect", NULL };
static const char *const verbs[] = { "populate", "copy", "move", NULL };
static const char *const scopes[] = { "new", "selection", "all", NULL };
static const char *const modes[] = { "connected", "stay", "disconnect", NULL };
static const char *const parts[] = { "headers", "text", "text+attachments", "attachments", "alternative", "whole",
                                     NULL };

#define AT(member) offsetof(remote_args, member)
static const field fields[] = {
    { "account", FIELD_TEXT, AT(account), 0, NULL },
    { "name", FIELD_TEXT, AT(name), 0, NULL },
    { "kind", FIELD_TEXT, AT(kind), 0, NULL },
    { "path", FIELD_TEXT, AT(path), 0, NULL },
    { "query", FIELD_QUERY, AT(query), 0, NULL },
    { "text", FIELD_TEXT, AT(text), 0, NULL },
    { "ask", FIELD_U64, AT(ask), 0, NULL },
    { "folder", FIELD_U32, AT(folder), 0, NULL },
    { "message", FIELD_U32, AT(message), 0, NULL },
    { "ids", FIELD_IDS, AT(ids), AT(nids), NULL },
    { "rows", FIELD_ROWS, AT(rows), AT(nrows), NULL },
    { "add", FIELD_FLAGS, AT(add), AT(add_keywords), NULL },
    { "remove", FIELD_FLAGS, AT(remove), AT(remove_keywords), NULL },
    { "until", FIELD_WORD, AT(until), 0, untils },
    { "on", FIELD_BOOL, AT(on), 0, NULL },
    { "verb", FIELD_WORD, AT(get.verb), 0, verbs },
    { "scope", FIELD_WORD, AT(get.scope), 0, scopes },
    { "mode", FIELD_WORD, AT(get.mode), 0, modes },
    { "to", FIELD_U32, AT(get.to), 0, NULL },
    { "to_file", FIELD_TEXT, AT(get.to_file), 0, NULL },
    { "parts", FIELD_WORD, AT(get.parts), 0, parts },
    { "max_size", FIELD_I64, AT(get.max_size), 0, NULL },
    { "total_limit", FIELD_I64, AT(get.total_limit), 0, NULL },
    { "text_limit", FIELD_I64, AT(get.text_limit), 0, NULL },
    { "attachment_limit", FIELD_I64, AT(get.attachment_limit), 0, NULL },
    { "cumulative", FIELD_BOOL, AT(get.cumulative), 0, NULL },
};
G_STATIC_ASSERT(sizeof(mtm_get_verb) == sizeof(guint));

#define MEMBER(a, type, offset) (*(type *)(gpointer)((char *)(a) + (offset)))
#define CONST_MEMBER(a, type, offset) (*(const type *)(gconstpointer)((const char *)(a) + (offset)))

/* ---- writing */

static void write_ids(json_writer *w, const field *f, const remote_args *a)
{
    gsize n = CONST_MEMBER(a, gsize, f->count);
    if (n == 0)
        return;
    json_array_begin(w, f->key);
    for (gsize i = 0; i < n; i++)
        json_number(w, NULL, f->type == FIELD_IDS ? (gint64)CONST_MEMBER(a, guint32 *, f->at)[i]
                                                  : (gint64)CONST_MEMBER(a, guint64 *, f->at)[i]);
    json_array_end(w);
}

/* Flags and keywords are words of one language, as on the command line. */
static void write_flags(json_writer *w, const field *f, const remote_args *a)
{
    mail_flags flags = CONST_MEMBER(a, mail_flags, f->at);
    const char *const *keywords = CONST_MEMBER(a, char *const *const, f->count);
    if (flags == 0 && (keywords == NULL || keywords[0] == NULL))
        return;
    json_array_begin(w, f->key);
    for (int bit = 0; bit < 32; bit++) {
        const char *word = flags & (1u << bit) ? flag_to_word(1u << bit) : NULL;
        if (word != NULL)
            json_string(w, NULL, word);
    }
    for (; keywords != NULL && *keywords != NULL; keywords++)
        json_string(w, NULL, *keywords);
    json_array_end(w);
}

static void write_number(json_writer *w, const char *key, gint64 value)
{
    if (value != 0)
        json_number(w, key, value);
}

static void write_field(json_writer *w, const field *f, const remote_args *a)
{
    switch (f->type) {
    case FIELD_TEXT:
        if (CONST_MEMBER(a, char *, f->at) != NULL)
            json_string(w, f->key, CONST_MEMBER(a, char *, f->at));
        break;
    case FIELD_U32:
        write_number(w, f->key, CONST_MEMBER(a, guint32, f->at));
        break;
    case FIELD_U64:
        write_number(w, f->key, (gint64)CONST_MEMBER(a, guint64, f->at));
        break;
    case FIELD_I64:
        write_number(w, f->key, CONST_MEMBER(a, gint64, f->at));
        break;
    case FIELD_BOOL:
        if (CONST_MEMBER(a, bool, f->at))
            json_bool(w, f->key, true);
        break;
    case FIELD_IDS:
    case FIELD_ROWS:
        write_ids(w, f, a);
        break;
    case FIELD_FLAGS:
        write_flags(w, f, a);
        break;
    case FIELD_WORD:
        if (CONST_MEMBER(a, guint, f->at) != 0)
            json_string(w, f->key, f->words[CONST_MEMBER(a, guint, f->at)]);
        break;
    case FIELD_QUERY:
        if (a->query != NULL)
            remote_query_write(w, f->key, a->query);
        break;
    }
}

void remote_args_write(json_writer *w, const remote_args *a)
{
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
        write_field(w, &fields[i], a);
}

/* ---- reading */

static bool read_ids(const field *f, const json_text *t, json_ref value, remote_args *a, GPtrArray *owned)
{
    bool wide = f->type == FIELD_ROWS;
    if (json_type_of(t, value) != JSON_ARRAY)
        return false;
    GArray *ids = g_array_new(FALSE, FALSE, wide ? sizeof(guint64) : sizeof(guint32));
    bool good = true;
    for (json_ref e = json_first(t, value); good && e != JSON_NONE; e = json_next(t, e)) {
        gint64 id;
        good = json_integer(t, e, 0, wide ? G_MAXINT64 : G_MAXUINT32, &id);
        guint64 id64 = (guint64)id;
        guint32 id32 = (guint32)id;
        if (good)
            g_array_append_vals(ids, wide ? (gconstpointer)&id64 : &id32, 1);
    }
    MEMBER(a, gsize, f->count) = ids->len;
    gpointer data = g_array_free(ids, FALSE);
    g_ptr_array_add(owned, data);
    MEMBER(a, gpointer, f->at) = data;
    return good;
}

static bool read_flags(const field *f, const json_text *t, json_ref value, remote_args *a, GPtrArray *owned)
{
    if (json_type_of(t, value) != JSON_ARRAY)
        return false;
    g_autoptr(GPtrArray) keywords = g_ptr_array_new();
    for (json_ref e = json_first(t, value); e != JSON_NONE; e = json_next(t, e)) {
        char *word = json_dup_string(t, e);
        if (word == NULL)
            return false;
        g_ptr_array_add(owned, word);
        mail_flags flag = flag_from_word(word);
        MEMBER(a, mail_flags, f->at) |= flag;
        if (flag == 0 && !keyword_valid(word))
            return false;
        if (flag == 0)
            g_ptr_array_add(keywords, word);
    }
    g_ptr_array_add(keywords, NULL);
    gpointer list = g_ptr_array_free(g_steal_pointer(&keywords), FALSE);
    g_ptr_array_add(owned, list);
    MEMBER(a, gpointer, f->count) = list;
    return true;
}

static bool read_text(const field *f, const json_text *t, json_ref value, remote_args *a, GPtrArray *owned)
{
    char *text = json_dup_string(t, value);
    if (text != NULL)
        g_ptr_array_add(owned, text);
    MEMBER(a, char *, f->at) = text;
    return text != NULL;
}

static bool read_word(const field *f, const json_text *t, json_ref value, remote_args *a)
{
    g_autofree char *word = json_dup_string(t, value);
    for (guint i = 0; word != NULL && f->words[i] != NULL; i++)
        if (strcmp(word, f->words[i]) == 0) {
            MEMBER(a, guint, f->at) = i;
            return true;
        }
    return false;
}

static bool read_field(const field *f, const json_text *t, json_ref value, remote_args *a, GPtrArray *owned)
{
    gint64 number;
    switch (f->type) {
    case FIELD_TEXT:
        return read_text(f, t, value, a, owned);
    case FIELD_U32:
        if (!json_integer(t, value, 0, G_MAXUINT32, &number))
            return false;
        MEMBER(a, guint32, f->at) = (guint32)number;
        return true;
    case FIELD_U64:
        if (!json_integer(t, value, 0, G_MAXINT64, &number))
            return false;
        MEMBER(a, guint64, f->at) = (guint64)number;
        return true;
    case FIELD_I64:
        return json_integer(t, value, G_MININT64, G_MAXINT64, &MEMBER(a, gint64, f->at));
    case FIELD_BOOL:
        MEMBER(a, bool, f->at) = json_type_of(t, value) == JSON_TRUE;
        return json_type_of(t, value) == JSON_TRUE || json_type_of(t, value) == JSON_FALSE;
    case FIELD_IDS:
    case FIELD_ROWS:
        return read_ids(f, t, value, a, owned);
    case FIELD_FLAGS:
        return read_flags(f, t, value, a, owned);
    case FIELD_WORD:
        return read_word(f, t, value, a);
    case FIELD_QUERY:
        a->query = a->query_read = remote_query_read(t, value);
        return a->query != NULL;
    }
    return false;
}

bool remote_args_read(const json_text *t, remote_args *a, GPtrArray *owned)
{
    *a = (remote_args){ 0 };
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
        json_ref value = json_member(t, 0, fields[i].key);
        if (value != JSON_NONE && json_type_of(t, value) != JSON_NULL && !read_field(&fields[i], t, value, a, owned))
            return false;
    }
    return true;
}

void remote_args_clear(remote_args *a)
{
    g_clear_pointer(&a->query_read, query_free);
    if (a->text != NULL)
        secret_wipe((char *)(gpointer)(gsize)a->text, strlen(a->text));
}
