/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The values of the options, who watches them, and reading the two files. */
#include "conf/internal.h"
#include "base/error.h"
#include "base/i18n.h"
#include "base/paths.h"
#include "model/query.h"

#include <string.h>
#include <sys/stat.h>

void color_rule_free(gpointer data)
{
    color_rule *rule = data;
    g_free(rule->what);
    g_free(rule->words);
    g_free(rule);
}

void hook_rule_free(gpointer data)
{
    hook_rule *rule = data;
    g_free(rule->event);
    g_free(rule->query);
    g_free(rule->command);
    g_free(rule);
}

void folder_rule_free(gpointer data)
{
    folder_rule *rule = data;
    g_free(rule->pattern);
    g_hash_table_unref(rule->values);
    g_free(rule);
}

conf *conf_new(void)
{
    conf *c = g_new0(conf, 1);
    c->values = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)value_free);
    c->standards = g_ptr_array_new_with_free_func((GDestroyNotify)value_free);
    for (const option_row *row = conf_options(); row->name != NULL; row++)
        g_ptr_array_add(c->standards, option_parse(row, row->standard, NULL, NULL));
    c->accounts = g_ptr_array_new();
    c->states = g_ptr_array_new_with_free_func((GDestroyNotify)account_free);
    c->folders = g_ptr_array_new_with_free_func(folder_rule_free);
    c->colors = g_ptr_array_new_with_free_func(color_rule_free);
    c->hooks = g_ptr_array_new_with_free_func(hook_rule_free);
    c->watchers = g_array_new(FALSE, FALSE, sizeof(watcher));
    return c;
}

void conf_free(conf *c)
{
    if (c == NULL)
        return;
    g_hash_table_unref(c->values);
    g_ptr_array_unref(c->standards);
    g_ptr_array_unref(c->accounts);
    g_ptr_array_unref(c->states);
    g_ptr_array_unref(c->folders);
    g_ptr_array_unref(c->colors);
    g_ptr_array_unref(c->hooks);
    g_array_unref(c->watchers);
    g_free(c->config_path);
    g_free(c);
}

void conf_register(conf *c, command_table *table)
{
    command_attach(table, "conf", c);
    command_table_add_config(table, conf_set_rows);
    command_table_add_config(table, conf_block_rows);
    command_table_add_config(table, conf_rule_rows);
    command_table_add_config(table, command_language_rows);
    command_complete_with(table, conf_complete, c);
}

conf *conf_of(const command_call *call)
{
    return command_attached(call->table, "conf");
}

char *conf_origin(const command_call *call)
{
    return call->file != NULL ? g_strdup_printf("%s:%d", call->file, call->line) : NULL;
}

void conf_set_say(conf *c, conf_say_fn say)
{
    c->say = say;
}

/* ---- values */

const value *conf_value(const conf *c, const option_row *row)
{
    const value *v = g_hash_table_lookup(c->values, row->name);
    return v != NULL ? v : g_ptr_array_index(c->standards, row - conf_options());
}

/* A name that is not in the table is a bug of the caller. */
static const value *value_of(const conf *c, const char *option)
{
    const option_row *row = conf_option(option);
    if (row == NULL || row->account)
        g_error("there is no option %s", option);
    return conf_value(c, row);
}

bool conf_bool(const conf *c, const char *option)
{
    return value_of(c, option)->number != 0;
}

gint64 conf_number(const conf *c, const char *option)
{
    return value_of(c, option)->number;
}

const char *conf_text(const conf *c, const char *option)
{
    return value_of(c, option)->text;
}

const char *conf_folder_text(const conf *c, const char *account, const char *folder, const char *option)
{
    for (guint i = c->folders->len; i > 0; i--) {
        const folder_rule *rule = g_ptr_array_index(c->folders, i - 1);
        const value *v = g_hash_table_lookup(rule->values, option);
        if (v != NULL && query_folder_match(rule->pattern, account, folder))
            return v->text;
    }
    return conf_text(c, option);
}

void conf_watch(conf *c, conf_changed_fn fn, gpointer data)
{
    watcher w = { fn, data };
    g_array_append_val(c->watchers, w);
}

void conf_changed(conf *c, const char *account, const char *option)
{
    for (guint i = 0; i < c->watchers->len; i++) {
        const watcher *w = &g_array_index(c->watchers, watcher, i);
        w->fn(account, option, w->data);
    }
}

bool conf_assign(conf *c, const option_row *row, const char *text, const char *origin, GError **error)
{
    value *v = option_parse(row, text, origin, error);
    if (v == NULL)
        return false;
    g_hash_table_replace(c->values, (gpointer)row->name, v);
    conf_changed(c, NULL, row->name);
    return true;
}

void conf_reset(conf *c, const option_row *row)
{
    if (g_hash_table_remove(c->values, row->name))
        conf_changed(c, NULL, row->name);
}

bool conf_set(conf *c, const char *option, const char *text, GError **error)
{
    const option_row *row = option_find(option, error);
    if (row == NULL)
        return false;
    if (!row->account)
        return conf_assign(c, row, text, NULL, error);
    error_set(error, ERROR_INPUT, _("'%s' belongs to an account; expected ACCOUNT:%s"), row->name, row->name);
    return false;
}

const GPtrArray *conf_colors(const conf *c)
{
    return c->colors;
}

const GPtrArray *conf_hooks(const conf *c)
{
    return c->hooks;
}

/* ---- files */

typedef struct counter {
    command_report_fn report;
    gpointer data;
    int count;
} counter;

static void count_report(const char *message, gpointer data)
{
    counter *n = data;
    n->count++;
    if (n->report != NULL)
        n->report(message, n->data);
}

/* It names servers and commands that print passwords. */
static void check_mode(const char *path, counter *n)
{
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || (st.st_mode & 077) == 0)
        return;
    g_autofree char *quoted = g_shell_quote(path);
    g_autofree char *message = g_strdup_printf(_("%s: others may read or change this file; run: chmod 600 %s"), path, quoted);
    count_report(message, n);
}

int conf_load(conf *c, command_table *table, const char *config_path, gpointer host, command_report_fn report, gpointer data)
{
    counter n = { report, data, 0 };
    g_free(c->config_path);
    g_autofree char *xdg = path_config_dir();
    c->config_path = config_path != NULL ? g_strdup(config_path) : g_build_filename(xdg, "config", NULL);
    g_autofree char *dir = g_path_get_dirname(c->config_path);
    g_autofree char *accounts = strcmp(dir, ".") == 0 ? g_strdup("accounts") : g_build_filename(dir, "accounts", NULL);
    if (g_file_test(accounts, G_FILE_TEST_EXISTS)) {
        check_mode(accounts, &n);
        command_run_file_of(table, accounts, "account", host, count_report, &n, NULL);
    }
    if (config_path != NULL || g_file_test(c->config_path, G_FILE_TEST_EXISTS))
        command_run_file(table, c->config_path, host, count_report, &n, NULL);
    return n.count;
}

const char *conf_config_path(const conf *c)
{
    return c->config_path;
}
