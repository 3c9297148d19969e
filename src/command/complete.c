/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completion of a command line: names of commands here, contexts and functions of bind here, the rest by the
 * rooms that registered a completer. */
#include "command/internal.h"

#include <string.h>

/* The statement that is being written, cut into words; the last one may be empty.  NULL inside a comment or when
 * a quote before the last word is open. */
static GPtrArray *words_so_far(const char *line)
{
    g_autoptr(statement) st = statement_new();
    lexer l = { .at = line, .line = 1 };
    int got = 0;
    bool complete = true; /* nothing of a further word has begun */
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    while ((got = statement_read(&l, st, NULL)) > 0) {
        g_ptr_array_set_size(words, 0);
        for (guint i = 0; i < st->words->len; i++)
            g_ptr_array_add(words, g_strdup(g_ptr_array_index(st->words, i)));
        gsize end = g_array_index(st->ends, gsize, st->ends->len - 1);
        complete = st->written->len > end;
        if (*l.at == ';')
            g_ptr_array_set_size(words, 0);
    }
    if (got < 0) { /* an open quote: complete what is behind it */
        g_ptr_array_set_size(words, 0);
        for (guint i = 0; i < st->words->len; i++)
            g_ptr_array_add(words, g_strdup(g_ptr_array_index(st->words, i)));
        gsize start = st->written->len;
        while (start > 0 && strchr(" \t", st->written->str[start - 1]) == NULL)
            start--;
        const char *word = st->written->str + start;
        g_ptr_array_add(words, g_strdup(word + strspn(word, "'\"")));
        complete = false;
    }
    if (complete || words->len == 0)
        g_ptr_array_add(words, g_strdup(""));
    return words;
}

static void add_commands(const command_table *t, unsigned contexts, GPtrArray *out)
{
    for (guint i = 0; i < t->rows->len; i++) {
        const command_row *row = g_ptr_array_index(t->rows, i);
        if (row->contexts & contexts)
            g_ptr_array_add(out, g_strdup(row->name));
    }
}

static void add_contexts(const char *typed, GPtrArray *out)
{
    const char *comma = strrchr(typed, ',');
    int n = comma != NULL ? (int)(comma + 1 - typed) : 0;
    for (int i = 0; i < CONTEXT_COUNT; i++)
        g_ptr_array_add(out, g_strdup_printf("%.*s%s", n, typed, command_context_word((command_context)(1 << i))));
}

static void add_arguments(const command_table *t, const command_row *row, GPtrArray *words, GPtrArray *out)
{
    int nwords = (int)words->len - 1;
    bool keys = strcmp(row->name, "bind") == 0 || strcmp(row->name, "unbind") == 0 || strcmp(row->name, "macro") == 0;
    if (keys && nwords == 1)
        add_contexts(g_ptr_array_index(words, 1), out);
    else if (keys && nwords == 3 && row->name[0] != 'u')
        add_commands(t, command_contexts_parse(g_ptr_array_index(words, 1), NULL) | CONTEXT_GLOBAL, out);
    for (guint i = 0; i < t->completers->len; i++) {
        const completer *c = &g_array_index(t->completers, completer, i);
        c->fn(row, (char **)words->pdata, nwords, out, c->data);
    }
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *command_complete(const command_table *t, const char *line)
{
    g_autoptr(GPtrArray) words = words_so_far(line);
    GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
    if (words->len == 1) {
        add_commands(t, ~0u, out);
    } else {
        const command_row *row = command_find(t, g_ptr_array_index(words, 0), true);
        if (row != NULL)
            add_arguments(t, row, words, out);
    }
    const char *typed = g_ptr_array_index(words, words->len - 1);
    for (guint i = out->len; i > 0; i--)
        if (!g_str_has_prefix(g_ptr_array_index(out, i - 1), typed))
            g_ptr_array_remove_index(out, i - 1);
    g_ptr_array_sort(out, by_text);
    return out;
}
