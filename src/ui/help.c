/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The help, made from the key maps and the table of commands: what it says is what is. */
#include "base/i18n.h"
#include "ui/pane.h"

#include <string.h>

#define KEYS_COLS 12
#define COMMAND_COLS 26

static const char *context_title(command_context context)
{
    switch (context) {
    case CONTEXT_GLOBAL: return _("Everywhere");
    case CONTEXT_INDEX: return _("In the list of messages");
    case CONTEXT_PAGER: return _("In a message");
    case CONTEXT_FOLDERS: return _("In the list of folders");
    case CONTEXT_HELP: return _("In this text");
    }
    return "";
}

static const command_row *row_of(ui *u, const char *command)
{
    g_autofree char *name = g_strndup(command, strcspn(command, " \t;"));
    return command_find(u->commands, name, false);
}

static void add_line(GPtrArray *lines, const char *keys, const char *command, const char *what)
{
    g_autoptr(GPtrArray) one = styled_lines_new();
    pane_add_pair(one, command, COMMAND_COLS, STYLE_PLAIN, what);
    pane_add_pair(lines, keys, KEYS_COLS, STYLE_BOLD, ((styled_line *)one->pdata[0])->text);
}

/* All keys of one command stand on one line: "j Down". */
static void add_context(ui *u, GPtrArray *lines, command_context context)
{
    g_autoptr(GPtrArray) bindings = command_bindings(u->commands, context);
    g_autoptr(GHashTable) done = g_hash_table_new(g_str_hash, g_str_equal);
    if (bindings->len == 0)
        return;
    if (lines->len > 0)
        pane_add(lines, "", STYLE_PLAIN);
    pane_add(lines, context_title(context), STYLE_HEADING);
    for (guint i = 0; i < bindings->len; i++) {
        const key_binding *b = bindings->pdata[i];
        if (!g_hash_table_add(done, b->command))
            continue;
        g_autoptr(GString) keys = g_string_new(NULL);
        for (guint k = i; k < bindings->len; k++) {
            const key_binding *other = bindings->pdata[k];
            g_autofree char *label = strcmp(other->command, b->command) == 0 ? command_keys_label(other->keys) : NULL;
            if (label != NULL)
                g_string_append_printf(keys, "%s%s", keys->len > 0 ? "  " : "", label);
        }
        const command_row *row = row_of(u, b->command);
        add_line(lines, keys->str, b->command, b->note != NULL ? b->note : row != NULL ? _(row->help) : "");
    }
}

static bool has_key(ui *u, const command_row *row)
{
    for (int i = 0; i < CONTEXT_COUNT; i++) {
        g_autofree char *keys = command_keys_of(u->commands, (command_context)(1 << i), row->name);
        if (keys != NULL)
            return true;
    }
    return false;
}

static void add_commands_without_key(ui *u, GPtrArray *lines)
{
    const GPtrArray *rows = command_rows(u->commands);
    pane_add(lines, "", STYLE_PLAIN);
    pane_add(lines, _("Commands without a key, for the command line"), STYLE_HEADING);
    for (guint i = 0; i < rows->len; i++) {
        const command_row *row = rows->pdata[i];
        if (has_key(u, row))
            continue;
        g_autofree char *name = *row->args != '\0' ? g_strdup_printf("%s %s", row->name, row->args) : g_strdup(row->name);
        pane_add_pair(lines, name, KEYS_COLS + COMMAND_COLS, STYLE_PLAIN, _(row->help));
    }
}

GPtrArray *help_lines(ui *u, command_context context)
{
    static const command_context order[] = { CONTEXT_INDEX, CONTEXT_PAGER, CONTEXT_FOLDERS, CONTEXT_HELP };
    GPtrArray *lines = styled_lines_new();
    add_context(u, lines, context);
    add_context(u, lines, CONTEXT_GLOBAL);
    for (gsize i = 0; i < G_N_ELEMENTS(order); i++)
        if (order[i] != context)
            add_context(u, lines, order[i]);
    add_commands_without_key(u, lines);
    return lines;
}
