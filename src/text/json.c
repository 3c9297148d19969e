/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON out, RFC 8259.  Beyond what the RFC asks, every character a terminal would obey is escaped,
 * so that a person may look at the output of a script; what is read back is the same string. */
#include "text/json.h"
#include "text/classes.h"

#include <string.h>

void json_init(json_writer *w, GString *out)
{
    w->out = out;
    w->depth = 0;
    w->needs_comma = false;
}

static void append_escape(GString *out, gunichar c)
{
    if (c > 0xffff) {
        append_escape(out, 0xd800 + ((c - 0x10000) >> 10));
        append_escape(out, 0xdc00 + ((c - 0x10000) & 0x3ff));
        return;
    }
    g_string_append_printf(out, "\\u%04x", c);
}

static void append_special(GString *out, gunichar c)
{
    static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    const char *found = c < 0x80 && c != 0 ? memchr(letters, (int)c, sizeof letters - 1) : NULL;
    if (found != NULL && (found - letters) % 2 == 0) {
        g_string_append_c(out, '\\');
        g_string_append_c(out, found[1]);
    } else {
        append_escape(out, c);
    }
}

static bool must_escape(gunichar c)
{
    if (c == '"' || c == '\\')
        return true;
    text_class class = text_class_of(c);
    return class != CLASS_PLAIN && class != CLASS_JOINER && class != CLASS_SELECTOR;
}

/* Valid UTF-8 as a JSON string: what needs no escape goes over in spans. */
static void append_string(GString *out, const char *text)
{
    const char *from = text;
    g_string_append_c(out, '"');
    for (const char *p = text; *p != '\0';) {
        const char *next = g_utf8_next_char(p);
        gunichar c = g_utf8_get_char(p);
        if (must_escape(c)) {
            g_string_append_len(out, from, p - from);
            append_special(out, c);
            from = next;
        }
        p = next;
    }
    g_string_append(out, from);
    g_string_append_c(out, '"');
}

static void append_text(GString *out, const char *text)
{
    if (g_utf8_validate(text, -1, NULL)) {
        append_string(out, text);
        return;
    }
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    append_string(out, valid);
}

/* The comma before a value, and its key. */
static void begin_value(json_writer *w, const char *key)
{
    if (w->needs_comma)
        g_string_append_c(w->out, ',');
    w->needs_comma = true;
    if (key == NULL)
        return;
    append_text(w->out, key);
    g_string_append_c(w->out, ':');
}

static void begin_container(json_writer *w, const char *key, char bracket)
{
    begin_value(w, key);
    g_string_append_c(w->out, bracket);
    w->depth++;
    w->needs_comma = false;
}

static void end_container(json_writer *w, char bracket)
{
    g_assert(w->depth > 0);
    g_string_append_c(w->out, bracket);
    w->depth--;
    w->needs_comma = w->depth > 0; /* at the top the next value is a document of its own */
}

void json_object_begin(json_writer *w, const char *key)
{
    begin_container(w, key, '{');
}

void json_object_end(json_writer *w)
{
    end_container(w, '}');
}

void json_array_begin(json_writer *w, const char *key)
{
    begin_container(w, key, '[');
}

void json_array_end(json_writer *w)
{
    end_container(w, ']');
}

void json_string(json_writer *w, const char *key, const char *value)
{
    begin_value(w, key);
    if (value == NULL)
        g_string_append(w->out, "null");
    else
        append_text(w->out, value);
}

void json_number(json_writer *w, const char *key, gint64 value)
{
    begin_value(w, key);
    g_string_append_printf(w->out, "%" G_GINT64_FORMAT, value);
}

void json_bool(json_writer *w, const char *key, bool value)
{
    begin_value(w, key);
    g_string_append(w->out, value ? "true" : "false");
}
