/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Targets are shown whole, never shortened: where a link goes is what a reader must be able to
 * see. */
#include "render/links.h"

#include "text/sanitise.h"

#include <string.h>

struct links {
    GHashTable *numbers; /* target -> number; keys are those of targets */
    GPtrArray *targets;
};

links *links_new(void)
{
    links *l = g_new0(links, 1);
    l->numbers = g_hash_table_new(g_str_hash, g_str_equal);
    l->targets = g_ptr_array_new_with_free_func(g_free);
    return l;
}

void links_free(links *l)
{
    if (!l)
        return;
    g_hash_table_unref(l->numbers);
    g_ptr_array_unref(l->targets);
    g_free(l);
}

char *links_clean(const char *href)
{
    g_autofree char *line = text_sanitise_line(href, -1);
    g_strstrip(line);
    if (*line == '\0' || *line == '#' || g_ascii_strncasecmp(line, "javascript:", 11) == 0 ||
        g_ascii_strncasecmp(line, "data:", 5) == 0)
        return NULL;
    GString *out = g_string_sized_new(strlen(line) + 1);
    for (const char *p = line; *p; p++)
        if (*p == ' ')
            g_string_append(out, "%20");
        else
            g_string_append_c(out, *p);
    return g_string_free(out, FALSE);
}

guint links_number(links *l, const char *href)
{
    guint number = GPOINTER_TO_UINT(g_hash_table_lookup(l->numbers, href));
    if (number == 0) {
        char *copy = g_strdup(href);
        g_ptr_array_add(l->targets, copy);
        number = l->targets->len;
        g_hash_table_insert(l->numbers, copy, GUINT_TO_POINTER(number));
    }
    return number;
}

guint links_count(const links *l)
{
    return l->targets->len;
}

static const char *without_scheme(const char *href)
{
    static const char *const schemes[] = { "https://", "http://", "mailto:", "tel:" };
    for (gsize i = 0; i < G_N_ELEMENTS(schemes); i++)
        if (g_ascii_strncasecmp(href, schemes[i], strlen(schemes[i])) == 0)
            return href + strlen(schemes[i]);
    return href;
}

static gsize without_slash(const char *p, gsize n)
{
    while (n > 0 && (p[n - 1] == '/' || p[n - 1] == ' '))
        n--;
    return n;
}

bool links_says_itself(const char *href, const char *text, gsize nbytes)
{
    g_autofree char *copy = g_strndup(text, nbytes);
    g_strstrip(copy);
    const char *target = without_scheme(href), *shown = without_scheme(copy);
    gsize n = without_slash(target, strlen(target)), m = without_slash(shown, strlen(shown));
    return n > 0 && n == m && memcmp(target, shown, n) == 0;
}

void links_append(const links *l, page *p)
{
    if (l->targets->len == 0)
        return;
    page_place(p, 0, 0);
    page_gap(p);
    for (guint i = 0; i < l->targets->len && !page_is_full(p); i++) {
        const char *target = g_ptr_array_index(l->targets, i);
        g_autofree char *number = g_strdup_printf("[%u]\xc2\xa0", i + 1);
        page_text(p, number, strlen(number), STYLE_PLAIN, false);
        page_text(p, target, strlen(target), STYLE_LINK, false);
        page_break(p);
    }
}
