/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Key maps: one a context, from canonical keys to bindings.  No key is ever both a binding and the beginning
 * of another in one context, so a lookup never has to wait for time to pass. */
#include "command/internal.h"
#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

static void binding_free(gpointer data)
{
    key_binding *b = data;
    g_free(b->keys);
    g_free(b->command);
    g_free(b->note);
    g_free(b);
}

void keymap_init(command_table *t)
{
    for (int i = 0; i < CONTEXT_COUNT; i++)
        t->keys[i] = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, binding_free);
    t->order = g_hash_table_new(NULL, NULL);
}

void keymap_clear(command_table *t)
{
    for (int i = 0; i < CONTEXT_COUNT; i++)
        g_hash_table_unref(t->keys[i]);
    g_hash_table_unref(t->order);
}

static void forget(command_table *t, GHashTable *map, const char *keys)
{
    key_binding *b = g_hash_table_lookup(map, keys);
    if (b == NULL)
        return;
    g_hash_table_remove(t->order, b);
    g_hash_table_remove(map, keys);
}

/* What could never be reached beside the new keys, or would make them unreachable. */
static void forget_rivals(command_table *t, GHashTable *map, const char *keys)
{
    g_autoptr(GList) all = g_hash_table_get_keys(map);
    for (GList *l = all; l != NULL; l = l->next)
        if (g_str_has_prefix(l->data, keys) || g_str_has_prefix(keys, l->data))
            forget(t, map, l->data);
}

static void put(command_table *t, int index, const char *keys, const char *command)
{
    key_binding *b = g_new0(key_binding, 1);
    b->keys = g_strdup(keys);
    b->command = g_strdup(command);
    b->context = (command_context)(1 << index);
    forget_rivals(t, t->keys[index], keys);
    g_hash_table_insert(t->keys[index], b->keys, b);
    g_hash_table_insert(t->order, b, GUINT_TO_POINTER(++t->nbound));
}

/* "scan -x" or an alias of it -> the row, and what follows the name. */
static const command_row *row_of(const command_table *t, const char *command, const char **rest)
{
    gsize n = strcspn(command, " \t");
    g_autofree char *name = g_strndup(command, n);
    *rest = command + n;
    return command_find(t, name, false);
}

static bool unknown_function(const command_table *t, const char *command, GError **error)
{
    g_autofree char *name = g_strndup(command, strcspn(command, " \t"));
    const char *near = command_near(t, name);
    if (near != NULL)
        error_set(error, ERROR_INPUT, _("there is no command '%s'; did you mean '%s'?"), name, near);
    else
        error_set(error, ERROR_INPUT, _("there is no command '%s'; expected one of those that ? lists"), name);
    return false;
}

/* Where a row may work, for a sentence. */
static char *contexts_list(unsigned contexts)
{
    g_autoptr(GString) out = g_string_new(NULL);
    for (int i = 0; i < CONTEXT_COUNT; i++)
        if (contexts & (1u << i))
            g_string_append_printf(out, "%s%s", out->len > 0 ? ", " : "", command_context_word((command_context)(1 << i)));
    return g_string_free(g_steal_pointer(&out), FALSE);
}

/* Text of the language for what stands behind the keys of a bind; NULL with *error. */
static char *bound_function(const command_table *t, const char *command, unsigned contexts, GError **error)
{
    const char *rest;
    const command_row *row = row_of(t, command, &rest);
    if (row == NULL) {
        unknown_function(t, command, error);
        return NULL;
    }
    /* In global it stands for the contexts where it works. */
    unsigned wrong = contexts & ~row->contexts & ~(unsigned)CONTEXT_GLOBAL;
    if ((row->contexts & CONTEXT_GLOBAL) == 0 && wrong != 0) {
        g_autofree char *where = contexts_list(row->contexts);
        g_autofree char *not_there = contexts_list(wrong);
        error_set(error, ERROR_INPUT, _("'%s' does not work in %s; it works in %s"), row->name, not_there, where);
        return NULL;
    }
    return g_strconcat(row->name, rest, NULL);
}

bool command_bind(command_table *t, const char *contexts, const char *keys, const char *command, bool macro, GError **error)
{
    unsigned where = command_contexts_parse(contexts, error);
    if (where == 0)
        return false;
    g_autofree char *canonical = command_keys_canonical(keys, error);
    if (canonical == NULL)
        return false;
    g_autofree char *text = NULL;
    if (!macro)
        text = bound_function(t, command, where, error);
    else if (command[0] == '<' || command[0] == ':')
        text = macro_from_mutt(t, command, error);
    else
        text = script_check(t, command, error) ? g_strdup(command) : NULL;
    if (text == NULL)
        return false;
    for (int i = 0; i < CONTEXT_COUNT; i++)
        if (where & (1u << i))
            put(t, i, canonical, text);
    return true;
}

void command_bind_note(command_table *t, const char *contexts, const char *keys, const char *note)
{
    unsigned where = command_contexts_parse(contexts, NULL);
    g_autofree char *canonical = command_keys_canonical(keys, NULL);
    for (int i = 0; i < CONTEXT_COUNT && canonical != NULL; i++) {
        key_binding *b = where & (1u << i) ? g_hash_table_lookup(t->keys[i], canonical) : NULL;
        if (b == NULL)
            continue;
        g_free(b->note);
        b->note = g_strdup(note);
    }
}

bool command_unbind(command_table *t, const char *contexts, const char *keys, GError **error)
{
    unsigned where = command_contexts_parse(contexts, error);
    g_autofree char *canonical = where != 0 ? command_keys_canonical(keys, error) : NULL;
    if (canonical == NULL)
        return false;
    for (int i = 0; i < CONTEXT_COUNT; i++)
        if (where & (1u << i))
            forget(t, t->keys[i], canonical);
    return true;
}

static key_match match_in(GHashTable *map, const char *keys, const key_binding **found)
{
    const key_binding *b = g_hash_table_lookup(map, keys);
    if (b != NULL) {
        *found = b;
        return KEY_FOUND;
    }
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, map);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        if (g_str_has_prefix(key, keys))
            return KEY_PREFIX;
    return KEY_NONE;
}

key_match command_key(const command_table *t, command_context context, const char *keys, const key_binding **found)
{
    const key_binding *b = NULL;
    key_match match = match_in(t->keys[context_index(context)], keys, &b);
    if (match == KEY_NONE)
        match = match_in(t->keys[context_index(CONTEXT_GLOBAL)], keys, &b);
    if (found != NULL)
        *found = b;
    return match;
}

static int by_keys(gconstpointer a, gconstpointer b)
{
    const key_binding *x = *(const key_binding *const *)a, *y = *(const key_binding *const *)b;
    bool named_x = x->keys[0] == '<', named_y = y->keys[0] == '<';
    if (named_x != named_y)
        return named_x ? 1 : -1; /* characters first */
    int order = g_ascii_strcasecmp(x->keys, y->keys);
    return order != 0 ? order : strcmp(y->keys, x->keys); /* a before A */
}

GPtrArray *command_bindings(const command_table *t, command_context context)
{
    GPtrArray *out = g_ptr_array_new();
    GHashTableIter iter;
    gpointer b;
    g_hash_table_iter_init(&iter, t->keys[context_index(context)]);
    while (g_hash_table_iter_next(&iter, NULL, &b))
        g_ptr_array_add(out, b);
    g_ptr_array_sort(out, by_keys);
    return out;
}

/* The keys of the binding that came first among those with this text; NULL none. */
static const key_binding *first_bound(const command_table *t, GHashTable *map, const char *text)
{
    const key_binding *first = NULL;
    guint least = G_MAXUINT;
    GHashTableIter iter;
    gpointer b;
    g_hash_table_iter_init(&iter, map);
    while (g_hash_table_iter_next(&iter, NULL, &b)) {
        guint turn = GPOINTER_TO_UINT(g_hash_table_lookup(t->order, b));
        if (turn < least && strcmp(((key_binding *)b)->command, text) == 0) {
            least = turn;
            first = b;
        }
    }
    return first;
}

char *command_keys_of(const command_table *t, command_context context, const char *command)
{
    const char *rest;
    const command_row *row = row_of(t, command, &rest);
    g_autofree char *text = g_strconcat(row != NULL ? row->name : "", row != NULL ? rest : command, NULL);
    const key_binding *b = first_bound(t, t->keys[context_index(context)], text);
    const key_binding *shadow = NULL;
    if (b == NULL)
        b = first_bound(t, t->keys[context_index(CONTEXT_GLOBAL)], text);
    /* A key of global that means something else here is no key of the command. */
    if (b != NULL && command_key(t, context, b->keys, &shadow) != KEY_FOUND)
        return NULL;
    return b != NULL && (shadow == NULL || shadow == b) ? command_keys_label(b->keys) : NULL;
}
