/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A header block to a summary: one walk over the fields, each value decoded by the file that knows
 * it.  No message objects and no allocation that the summary does not keep, where values are plain:
 * this runs once for every message of a mailbox. */
#include "mime/header.h"

#include "mime/addresses.h"
#include "mime/date.h"
#include "mime/fields.h"
#include "mime/ids.h"
#include "mime/words.h"

#include <gmime/gmime.h>
#include <string.h>

void mime_init(void)
{
    g_mime_init();
}

typedef enum field_kind {
    FIELD_SUBJECT,
    FIELD_FROM,
    FIELD_TO,
    FIELD_CC,
    FIELD_DATE,
    FIELD_MESSAGE_ID,
    FIELD_IN_REPLY_TO,
    FIELD_REFERENCES,
    FIELD_LIST_ID,
    FIELD_CONTENT_TYPE,
    FIELD_NKINDS
} field_kind;

static const char *const field_names[FIELD_NKINDS] = {
    [FIELD_SUBJECT] = "Subject",
    [FIELD_FROM] = "From",
    [FIELD_TO] = "To",
    [FIELD_CC] = "Cc",
    [FIELD_DATE] = "Date",
    [FIELD_MESSAGE_ID] = "Message-ID",
    [FIELD_IN_REPLY_TO] = "In-Reply-To",
    [FIELD_REFERENCES] = "References",
    [FIELD_LIST_ID] = "List-Id",
    [FIELD_CONTENT_TYPE] = "Content-Type",
};

static field_kind kind_of(const field_view *field)
{
    for (field_kind k = 0; k < FIELD_NKINDS; k++)
        if ((field->name[0] | 0x20) == (field_names[k][0] | 0x20) &&
            field_is(field, field_names[k]))
            return k;
    return FIELD_NKINDS;
}

/* "Name <list.example.org>" or just the id. */
static char *list_id(const char *value, gsize nbytes)
{
    const char *open = memchr(value, '<', nbytes), *end = value + nbytes;
    const char *close = open ? memchr(open, '>', (gsize)(end - open)) : NULL;
    if (close) {
        value = open + 1;
        nbytes = (gsize)(close - value);
    }
    char *id = g_strstrip(words_repair(value, nbytes));
    if (*id)
        return id;
    g_free(id);
    return NULL;
}

/* The root's type as a guess at attachments: mixed mail has them, and so has mail that is one
 * file. */
static bool type_suggests_attachment(const char *value, gsize nbytes)
{
    static const char *const inner[] = { "text", "multipart/", "message/" };
    const char *slash = memchr(value, '/', nbytes);
    if (nbytes >= 15 && g_ascii_strncasecmp(value, "multipart/mixed", 15) == 0)
        return true;
    for (gsize i = 0; i < G_N_ELEMENTS(inner); i++)
        if (g_ascii_strncasecmp(value, inner[i], MIN(nbytes, strlen(inner[i]))) == 0)
            return false;
    return slash != NULL && g_ascii_strncasecmp(value, "application/pgp", MIN(nbytes, 15)) != 0;
}

static void take_first_id(mail_summary *s, const char *value, gsize nbytes)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    ids_parse(ids, value, nbytes);
    if (ids->len > 0) {
        s->message_id = ids->pdata[0];
        ids->pdata[0] = NULL;
        return;
    }
    g_autofree char *text =
        words_repair(value, nbytes); /* "Message-ID: 1234": no id, but one's own */
    g_strstrip(text);
    if (*text && !strpbrk(text, "<> \t"))
        s->message_id = g_steal_pointer(&text);
}

/* An id without '@' names nothing: git send-email asked "In-Reply-To?" and many a person answered
 * "yes", which would make one thread of them all. */
static void take_references(GPtrArray *ids, const char *value, gsize nbytes)
{
    ids_parse(ids, value, nbytes);
    for (guint i = ids->len; i-- > 0;)
        if (strchr(ids->pdata[i], '@') == NULL)
            g_ptr_array_remove_index(ids, i);
}

static void take(mail_summary *s, field_kind kind, const char *value, gsize nbytes,
                 GPtrArray *references, GPtrArray *replied)
{
    switch (kind) {
    case FIELD_SUBJECT:
        g_free(s->subject);
        s->subject = words_decode(value, nbytes);
        break;
    case FIELD_FROM:
        addresses_parse(s->from, value, nbytes);
        break;
    case FIELD_TO:
        addresses_parse(s->to, value, nbytes);
        break;
    case FIELD_CC:
        addresses_parse(s->cc, value, nbytes);
        break;
    case FIELD_DATE:
        date_parse(value, nbytes, &s->date_s, &s->date_offset_min);
        break;
    case FIELD_MESSAGE_ID:
        take_first_id(s, value, nbytes);
        break;
    case FIELD_IN_REPLY_TO:
        take_references(replied, value, nbytes);
        break;
    case FIELD_REFERENCES:
        take_references(references, value, nbytes);
        break;
    case FIELD_LIST_ID:
        s->list_id = list_id(value, nbytes);
        break;
    case FIELD_CONTENT_TYPE:
        s->has_attachment = type_suggests_attachment(value, nbytes);
        break;
    case FIELD_NKINDS:
        break;
    }
}

/* References, or where there are none the first id of In-Reply-To (RFC 5256 section 3, REFERENCES):
 * a parent that only one of the two names is more often a wrong one than a lost one. */
static char **join_references(GPtrArray *references, GPtrArray *replied)
{
    if (references->len == 0 && replied->len > 0) {
        g_ptr_array_add(references, replied->pdata[0]);
        replied->pdata[0] = NULL;
    }
    g_ptr_array_add(references, NULL);
    g_ptr_array_set_free_func(references, NULL);
    return (char **)g_ptr_array_steal(references, NULL);
}

void mime_header_summary(const char *block, gsize nbytes, mail_summary *s)
{
    g_autoptr(GPtrArray) references = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) replied = g_ptr_array_new_with_free_func(g_free);
    bool seen[FIELD_NKINDS + 1] = { false };
    field_cursor c;
    field_view f;
    field_cursor_init(&c, block, nbytes, false);
    while (field_next(&c, &f)) {
        field_kind kind = kind_of(&f);
        if (kind == FIELD_NKINDS || seen[kind])
            continue;
        seen[kind] = true;
        if (field_trim(&f.value, &f.value_nbytes)) {
            take(s, kind, f.value, f.value_nbytes, references, replied);
        } else {
            gsize n;
            g_autofree char *value = field_unfold(f.value, f.value_nbytes, &n);
            take(s, kind, value, n, references, replied);
        }
    }
    if (!s->subject)
        s->subject = g_strdup("");
    g_strfreev(s->references);
    s->references = join_references(references, replied);
}

char *mime_header_field(const char *block, gsize nbytes, const char *name)
{
    field_cursor c;
    field_view f;
    field_cursor_init(&c, block, nbytes, false);
    while (field_next(&c, &f))
        if (field_is(&f, name))
            return field_unfold(f.value, f.value_nbytes, NULL);
    return NULL;
}

char *mime_header_decode(const char *value)
{
    gsize n;
    g_autofree char *line = field_unfold(value, strlen(value), &n);
    return words_decode(line, n);
}

gsize mime_header_length(const char *raw, gsize nbytes)
{
    field_cursor c;
    field_view f;
    field_cursor_init(&c, raw, nbytes, true);
    while (field_next(&c, &f))
        ;
    return (gsize)(c.p - raw);
}
