/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A strict reader of JSON (RFC 8259): one text into a flat array of values that refer to it.  Nothing is converted
 * before it is asked for, nothing recurses, and depth and number of values are limited. */
#ifndef CURSUS_TEXT_JSON_READ_H
#define CURSUS_TEXT_JSON_READ_H

#include <glib.h>
#include <stdbool.h>

typedef enum json_type { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT } json_type;

typedef struct json_text json_text;
typedef guint32 json_ref; /* a value of a text; 0 is the root */
#define JSON_NONE G_MAXUINT32

/* nbytes at text, which must stay while the answer lives.  NULL with ERROR_INPUT: not UTF-8, not JSON, deeper than
 * LIMIT_JSON_DEPTH or of more values than LIMIT_JSON_VALUES, or something stands behind the value. */
json_text *json_read(const char *text, gsize nbytes, GError **error);
void json_text_free(json_text *t);

json_type json_type_of(const json_text *t, json_ref value);
/* The value of a key of an object; the first of several.  JSON_NONE: there is none, or `object` is no object. */
json_ref json_member(const json_text *t, json_ref object, const char *key);
/* Elements of an array one after the other; JSON_NONE: no (more) element, or no array. */
json_ref json_first(const json_text *t, json_ref array);
json_ref json_next(const json_text *t, json_ref element);

/* The string, its escapes undone; NULL: no string, or one that holds a NUL.  Caller frees. */
char *json_dup_string(const json_text *t, json_ref value);
/* False: no number, or not an integer between the two. */
bool json_integer(const json_text *t, json_ref value, gint64 lowest, gint64 highest, gint64 *out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_text, json_text_free)

#endif
