/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small JSON writer: one object or array into a GString, commas and escapes by itself. */
#ifndef CURSUS_TEXT_JSON_H
#define CURSUS_TEXT_JSON_H

#include <glib.h>
#include <stdbool.h>

typedef struct json_writer {
    GString *out;
    guint depth;
    bool needs_comma;
} json_writer;

void json_init(json_writer *w, GString *out);
/* key NULL: inside an array or at the top. */
void json_object_begin(json_writer *w, const char *key);
void json_object_end(json_writer *w);
void json_array_begin(json_writer *w, const char *key);
void json_array_end(json_writer *w);
void json_string(json_writer *w, const char *key, const char *value); /* NULL: null; invalid UTF-8 is repaired */
void json_number(json_writer *w, const char *key, gint64 value);
void json_bool(json_writer *w, const char *key, bool value);

#endif
