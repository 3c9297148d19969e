/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The help, made from the key maps and the table of commands: what it says is what is. */
#include "base/i18n.h"
#include "ui/pane.h"

#include <string.h>

#define KEYS_COLS 16
#define COMMAND_COLS 22

static const char *context_title(command_context context)
{
    switch (context) {
    case CONTEXT_GLOBAL:
        return _("Everywhere");
    case CONTEXT_INDEX:
        return _("In the list of messages");
    case CONTEXT_PAGER:
        return _("In a message");
    case CONTEXT_FOLDERS:
        return _("In the list of folders");
    case CONTEXT_HELP:
        return _("In this text");
    case CONTEXT_JOBS:
        return _("In the list of changes");
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

/* Bindings of the same row, whatever its arguments, belong together: 1 to 9 of jump-prompt. */
static bool same_command(const key_binding *a, const key_binding *b)
{
    gsize n = strcspn(a->command, " \t");
    return strcmp(a->command, b->command) == 0 ||
           (strncmp(a->command, b->command, n) == 0 && strchr(" \t", b->command[n]) != NULL &&
            a->command[n] != '\0' && g_ascii_isdigit(a->keys[0]) && g_ascii_isdigit(b->keys[0]));
}

/* "j Down", "1 ... 9". */
static char *keys_of(const GPtrArray *bindings, guint from)
{
    g_autoptr(GPtrArray) labels = g_ptr_array_new_with_free_func(g_free);
    for (guint i = from; i < bindings->len; i++)
        if (same_command(bindings->pdata[from], bindings->pdata[i]))
            g_ptr_array_add(labels,
                            command_keys_label(((const key_binding *)bindings->pdata[i])->keys));
    if (labels->len > 4)
        return g_strdup_printf("%s ... %s", (char *)labels->pdata[0],
                               (char *)labels->pdata[labels->len - 1]);
    g_ptr_array_add(labels, NULL);
    return g_strjoinv("  ", (char **)labels->pdata);
}

static bool was_listed(const GPtrArray *bindings, guint at)
{
    for (guint i = 0; i < at; i++)
        if (same_command(bindings->pdata[i], bindings->pdata[at]))
            return true;
    return false;
}

static void add_context(ui *u, GPtrArray *lines, command_context context)
{
    g_autoptr(GPtrArray) bindings = command_bindings(u->commands, context);
    if (bindings->len == 0)
        return;
    if (lines->len > 0)
        pane_add(lines, "", STYLE_PLAIN);
    pane_add(lines, context_title(context), STYLE_HEADING);
    for (guint i = 0; i < bindings->len; i++) {
        const key_binding *b = bindings->pdata[i];
        if (was_listed(bindings, i))
            continue;
        g_autofree char *keys = keys_of(bindings, i);
        const command_row *row = row_of(u, b->command);
        g_autofree char *name =
            row != NULL && strchr(b->command, ' ') != NULL && g_ascii_isdigit(b->keys[0])
                ? g_strdup(row->name)
                : g_strdup(b->command);
        add_line(lines, keys, name, b->note != NULL ? b->note : row != NULL ? _(row->help) : "");
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
        g_autofree char *name = *row->args != '\0' ? g_strdup_printf("%s %s", row->name, row->args)
                                                   : g_strdup(row->name);
        pane_add_pair(lines, name, KEYS_COLS + COMMAND_COLS, STYLE_PLAIN, _(row->help));
    }
}

GPtrArray *help_lines(ui *u, command_context context)
{
    static const command_context order[] = { CONTEXT_INDEX, CONTEXT_PAGER, CONTEXT_FOLDERS,
                                             CONTEXT_JOBS, CONTEXT_HELP };
    GPtrArray *lines = styled_lines_new();
    add_context(u, lines, context);
    add_context(u, lines, CONTEXT_GLOBAL);
    for (gsize i = 0; i < G_N_ELEMENTS(order); i++)
        if (order[i] != context)
            add_context(u, lines, order[i]);
    add_commands_without_key(u, lines);
    return lines;
}
