/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From keys to commands: sequences are collected until a binding is found, and its text is run. */
#include "base/i18n.h"
#include "ui/index.h"
#include "ui/prompt.h"
#include "ui/screen.h"

#include <string.h>

static bool leaves(const char *key)
{
    return strcmp(key, "<ctrl-g>") == 0 || strcmp(key, "<ctrl-c>") == 0;
}

static void not_bound(ui *u)
{
    g_autofree char *keys = command_keys_label(u->keys->str);
    g_autofree char *help = command_keys_of(u->commands, screen_top(u)->class->context, "help");
    g_string_truncate(u->keys, 0);
    g_autofree char *text =
        help != NULL ? g_strdup_printf(_("%s does nothing here. %s shows the keys."), keys, help)
                     : g_strdup_printf(_("%s does nothing here."), keys);
    ui_say(u, text);
}

/* ---- keys that were typed ahead: what a key acts on is what the one before it brought to the
 * screen, though that comes from another thread.  So they wait for it, but not for long. */

#define HELD_MS 300

static void typed(ui *u, const char *key);
static gboolean release_late(gpointer data);

static gboolean release(gpointer data)
{
    ui *u = data;
    u->held_source = 0;
    while (!g_queue_is_empty(u->held) && (u->prompt != NULL || !index_settling(u->index))) {
        g_autofree char *key = g_queue_pop_head(u->held);
        typed(u, key);
    }
    if (!g_queue_is_empty(u->held))
        u->held_source = g_timeout_add_full(G_PRIORITY_HIGH, HELD_MS, release_late, u, NULL);
    return G_SOURCE_REMOVE;
}

static gboolean release_late(gpointer data)
{
    ui *u = data;
    u->held_source = 0;
    while (!g_queue_is_empty(u->held)) {
        g_autofree char *key = g_queue_pop_head(u->held);
        typed(u, key);
    }
    return G_SOURCE_REMOVE;
}

void keys_settled(ui *u)
{
    if (g_queue_is_empty(u->held))
        return;
    g_clear_handle_id(&u->held_source, g_source_remove);
    u->held_source = g_idle_add_full(G_PRIORITY_HIGH, release, u, NULL);
}

void keys_typed(ui *u, const char *key)
{
    if (g_queue_is_empty(u->held) && (u->prompt != NULL || !index_settling(u->index))) {
        typed(u, key);
        return;
    }
    g_queue_push_tail(u->held, g_strdup(key));
    if (u->held_source == 0)
        u->held_source = g_timeout_add_full(G_PRIORITY_HIGH, HELD_MS, release_late, u, NULL);
}

static void typed(ui *u, const char *key)
{
    if (u->prompt != NULL) {
        prompt_key(u, key);
        return;
    }
    messages_key(u);
    ui_dirty(u);
    /* Half a sequence can always be left. */
    if (u->keys->len > 0 && (leaves(key) || strcmp(key, "<esc>") == 0)) {
        g_string_truncate(u->keys, 0);
        return;
    }
    g_string_append(u->keys, key);
    const key_binding *found = NULL;
    switch (command_key(u->commands, screen_top(u)->class->context, u->keys->str, &found)) {
    case KEY_PREFIX:
        return;
    case KEY_FOUND: {
        g_autofree char *text = g_strdup(found->command);
        g_string_truncate(u->keys, 0);
        u->on_tagged = u->tag_prefix;
        u->tag_prefix = false;
        ui_run_text(u, text);
        u->on_tagged = false;
        return;
    }
    case KEY_NONE:
        if (leaves(key))
            g_string_truncate(u->keys, 0);
        else
            not_bound(u);
        return;
    }
}
