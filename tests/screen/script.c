/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading .keys files. */
#include "screen/script.h"

#include <stdio.h>
#include <string.h>

static void step_free(gpointer data)
{
    step *s = data;
    g_free(s->verb);
    g_free(s->rest);
    g_ptr_array_unref(s->block);
    g_free(s);
}

GPtrArray *script_read(const char *path)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return NULL;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GPtrArray *steps = g_ptr_array_new_with_free_func(step_free);
    for (int i = 0; lines[i] != NULL; i++) {
        const char *line = lines[i];
        if (line[0] == '|' && steps->len > 0) {
            g_ptr_array_add(((step *)steps->pdata[steps->len - 1])->block, g_strdup(line + 1));
            continue;
        }
        if (line[0] == '#' || line[0] == '\0')
            continue;
        step *s = g_new0(step, 1);
        gsize n = strcspn(line, " ");
        s->verb = g_strndup(line, n);
        s->rest = g_strdup(line[n] == ' ' ? line + n + 1 : "");
        s->block = g_ptr_array_new_with_free_func(g_free);
        s->line = i + 1;
        g_ptr_array_add(steps, s);
    }
    return steps;
}

static const struct {
    const char *name, *bytes;
} keys[] = {
    { "<enter>", "\r" },
    { "<esc>", "\033" },
    { "<tab>", "\t" },
    { "<space>", " " },
    { "<backspace>", "\177" },
    { "<up>", "\033OA" },
    { "<down>", "\033OB" },
    { "<right>", "\033OC" },
    { "<left>", "\033OD" },
    { "<home>", "\033OH" },
    { "<end>", "\033OF" },
    { "<pageup>", "\033[5~" },
    { "<pagedown>", "\033[6~" },
    { "<delete>", "\033[3~" },
    { "<backtab>", "\033[Z" },
    { "<lt>", "<" },
    { "<wheel-down>", "\033[<65;50;6M" },
    { "<paste>", "\033[200~" },
    { "</paste>", "\033[201~" },
};

static const char *key_bytes(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        if (strcmp(keys[i].name, name) == 0)
            return keys[i].bytes;
    return NULL;
}

/* Blanks between keys are only for the reader; <space> is one that is typed. */
GString *script_keys(const char *written)
{
    GString *out = g_string_new(NULL);
    for (const char *p = written; *p != '\0'; p++) {
        const char *close = *p == '<' ? strchr(p, '>') : NULL;
        if (*p == ' ')
            continue;
        if (close == NULL) {
            g_string_append_c(out, *p);
            continue;
        }
        g_autofree char *name = g_strndup(p, (gsize)(close + 1 - p));
        const char *bytes = key_bytes(name);
        int col, row;
        if (sscanf(name, "<click-%d-%d>", &col, &row) == 2) {
            g_string_append_printf(out, "\033[<0;%d;%dM\033[<0;%d;%dm", col, row, col, row);
            p = close;
            continue;
        }
        if (g_str_has_prefix(name, "<ctrl-") && name[6] != '\0')
            g_string_append_c(out, (char)(g_ascii_toupper(name[6]) - 0x40));
        else if (bytes != NULL)
            g_string_append(out, bytes);
        else {
            g_string_free(out, TRUE);
            return NULL;
        }
        p = close;
    }
    return out;
}
