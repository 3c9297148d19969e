/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table: rows by name, alias and prefix, and what rooms attach to it. */
#include "command/internal.h"
#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

command_table *command_table_new(void)
{
    command_table *t = g_new0(command_table, 1);
    t->rows = g_ptr_array_new();
    t->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    t->config = g_hash_table_new(g_direct_hash, g_direct_equal);
    t->attached = g_hash_table_new(g_str_hash, g_str_equal);
    t->completers = g_array_new(FALSE, FALSE, sizeof(completer));
    keymap_init(t);
    return t;
}

void command_table_free(command_table *t)
{
    if (t == NULL)
        return;
    keymap_clear(t);
    g_array_unref(t->completers);
    g_hash_table_unref(t->attached);
    g_hash_table_unref(t->by_name);
    g_hash_table_unref(t->config);
    g_ptr_array_unref(t->rows);
    g_free(t);
}

void command_table_add_config(command_table *t, const command_row *rows)
{
    command_table_add(t, rows);
    for (const command_row *row = rows; row->name != NULL; row++)
        g_hash_table_add(t->config, (gpointer)row);
}

void command_set_later(command_table *t, command_later_fn fn, gpointer data)
{
    t->later = fn;
    t->later_data = data;
}

void command_table_add(command_table *t, const command_row *rows)
{
    for (const command_row *row = rows; row->name != NULL; row++) {
        /* A row added later under the same name stands for the earlier one. */
        const command_row *old = g_hash_table_lookup(t->by_name, row->name);
        if (old != NULL && strcmp(old->name, row->name) == 0)
            g_ptr_array_remove(t->rows, (gpointer)old);
        g_ptr_array_add(t->rows, (gpointer)row);
        g_hash_table_insert(t->by_name, g_strdup(row->name), (gpointer)row);
        g_auto(GStrv) aliases = g_strsplit(row->aliases != NULL ? row->aliases : "", " ", -1);
        for (char **alias = aliases; *alias != NULL; alias++)
            if (**alias != '\0' && !g_hash_table_contains(t->by_name, *alias))
                g_hash_table_insert(t->by_name, g_strdup(*alias), (gpointer)row);
    }
}

const command_row *command_find(const command_table *t, const char *name, bool prefix)
{
    const command_row *found = g_hash_table_lookup(t->by_name, name);
    if (found != NULL || !prefix || name[0] == '\0')
        return found;
    for (guint i = 0; i < t->rows->len; i++) {
        const command_row *row = g_ptr_array_index(t->rows, i);
        if (!g_str_has_prefix(row->name, name))
            continue;
        if (found != NULL)
            return NULL;
        found = row;
    }
    return found;
}

const GPtrArray *command_rows(const command_table *t)
{
    return t->rows;
}

void command_attach(command_table *t, const char *room, gpointer data)
{
    g_hash_table_insert(t->attached, (gpointer)room, data);
}

gpointer command_attached(const command_table *t, const char *room)
{
    return g_hash_table_lookup(t->attached, room);
}

void command_complete_with(command_table *t, command_complete_fn fn, gpointer data)
{
    completer c = { fn, data };
    g_array_append_val(t->completers, c);
}

/* ---- contexts */

static const char *const context_words[CONTEXT_COUNT] = { "global", "index", "pager", "folders", "help", "jobs" };

int context_index(command_context one)
{
    int i = 0;
    while (i < CONTEXT_COUNT - 1 && (unsigned)one != 1u << i)
        i++;
    return i;
}

const char *command_context_word(command_context one)
{
    return context_words[context_index(one)];
}

command_context command_context_from_word(const char *word)
{
    if (g_ascii_strcasecmp(word, "generic") == 0)
        return CONTEXT_GLOBAL;
    if (g_ascii_strcasecmp(word, "browser") == 0)
        return CONTEXT_FOLDERS;
    for (int i = 0; i < CONTEXT_COUNT; i++)
        if (g_ascii_strcasecmp(word, context_words[i]) == 0)
            return (command_context)(1 << i);
    return 0;
}

unsigned command_contexts_parse(const char *list, GError **error)
{
    unsigned contexts = 0;
    if (strcmp(list, "*") == 0)
        return (1u << CONTEXT_COUNT) - 1;
    g_auto(GStrv) words = g_strsplit(list, ",", -1);
    for (char **word = words; *word != NULL; word++) {
        unsigned one = command_context_from_word(g_strstrip(*word));
        if (one == 0) {
            g_autofree char *known = g_strjoin(", ", context_words[0], context_words[1], context_words[2],
                                               context_words[3], context_words[4], context_words[5], NULL);
            error_set(error, ERROR_INPUT, _("there is no context '%s'; expected one of %s"), *word, known);
            return 0;
        }
        contexts |= one;
    }
    return contexts;
}
