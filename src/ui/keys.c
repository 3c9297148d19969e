/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From keys to commands: sequences are collected until a binding is found, and its text is run. */
#include "base/i18n.h"
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
    g_autofree char *text = help != NULL ? g_strdup_printf(_("%s does nothing here. %s shows the keys."), keys, help)
                                         : g_strdup_printf(_("%s does nothing here."), keys);
    ui_say(u, text);
}

void keys_typed(ui *u, const char *key)
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
        ui_run_text(u, text);
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
