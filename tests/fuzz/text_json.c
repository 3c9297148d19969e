/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The JSON reader: what it takes is walked whole; every string that it gives back is written and read again the same. */
#include "text/json-read.h"
#include "text/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool right)
{
    if (!right)
        abort();
}

static void string_comes_back(const char *text)
{
    g_autoptr(GString) out = g_string_new(NULL);
    json_writer w;
    json_init(&w, out);
    json_string(&w, NULL, text);
    g_autoptr(json_text) again = json_read(out->str, out->len, NULL);
    check(again != NULL);
    g_autofree char *back = json_dup_string(again, 0);
    check(g_strcmp0(back, text) == 0);
}

static void look_at(const json_text *t, json_ref value)
{
    gint64 n;
    g_autofree char *text = json_dup_string(t, value);
    check(text == NULL || (json_type_of(t, value) == JSON_STRING && g_utf8_validate(text, -1, NULL)));
    if (text != NULL)
        string_comes_back(text);
    if (json_integer(t, value, -5, 5, &n))
        check(json_type_of(t, value) == JSON_NUMBER && n >= -5 && n <= 5);
}

static guint walk(const json_text *t, json_ref value, guint depth)
{
    static const char *const keys[] = { "do", "op", "ids", "" };
    guint seen = 1;
    check(depth < 100);
    look_at(t, value);
    for (json_ref e = json_first(t, value); e != JSON_NONE; e = json_next(t, e)) {
        check(e > value);
        seen += walk(t, e, depth + 1);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        json_ref member = json_member(t, value, keys[i]);
        if (member != JSON_NONE)
            look_at(t, member);
    }
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = size > 0 ? g_memdup2(data, size) : NULL; /* of exactly this size: what reads on is found */
    g_autoptr(GError) error = NULL;
    g_autoptr(json_text) t = json_read(size > 0 ? text : "", size, &error);
    check((t == NULL) == (error != NULL));
    if (t != NULL)
        check(walk(t, 0, 0) >= 1);
    return 0;
}
