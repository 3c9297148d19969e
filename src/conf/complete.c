/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completion of options and of their values. */
#include "conf/internal.h"

#include <string.h>

static void add_options(const conf *c, GPtrArray *out)
{
    for (const option_row *row = conf_options(); row->name != NULL; row++) {
        if (!row->account)
            g_ptr_array_add(out, g_strdup(row->name));
        for (guint i = 0; row->account && i < c->accounts->len; i++) {
            const account_settings *a = g_ptr_array_index(c->accounts, i);
            g_ptr_array_add(out, g_strdup_printf("%s:%s", a->name, row->name));
        }
    }
}

/* Values, each behind prefix ("sort=" or ""). */
static void add_values(const conf *c, const char *option, const char *prefix, GPtrArray *out)
{
    const char *colon = strchr(option, ':');
    const option_row *row = conf_option(colon != NULL ? colon + 1 : option);
    if (row == NULL)
        return;
    g_auto(GStrv) words = g_strsplit(row->type == OPTION_BOOL ? "yes no" : row->choices != NULL ? row->choices : "", " ", -1);
    for (char **word = words; *word != NULL; word++)
        if (**word != '\0')
            g_ptr_array_add(out, g_strdup_printf("%s%.*s", prefix, (int)strcspn(*word, "="), *word));
    g_autofree char *account = colon != NULL ? g_strndup(option, (gsize)(colon - option)) : NULL;
    const char *now = NULL;
    if (row->type == OPTION_TEXT || row->type == OPTION_NUMBER) /* what is set now, to be edited */
        now = account != NULL ? conf_account_text(c, account, row->name) : row->account ? NULL : conf_text(c, row->name);
    if (now != NULL && now[0] != '\0' && row->choices == NULL)
        g_ptr_array_add(out, g_strdup_printf("%s%s", prefix, now));
}

void conf_complete(const command_row *row, char **words, int nwords, GPtrArray *candidates, gpointer data)
{
    const conf *c = data;
    bool is_set = strcmp(row->name, "set") == 0;
    bool names = is_set || strcmp(row->name, "unset") == 0 || strcmp(row->name, "toggle") == 0 ||
                 strcmp(row->name, "reset") == 0 || strcmp(row->name, "why") == 0 || strcmp(row->name, "if") == 0;
    const char *typed = words[nwords];
    const char *equals = strchr(typed, '=');
    if (is_set && equals != NULL) {
        g_autofree char *option = g_strndup(typed, (gsize)(equals - typed));
        g_autofree char *prefix = g_strndup(typed, (gsize)(equals + 1 - typed));
        add_values(c, option, prefix, candidates);
    } else if (is_set && nwords == 2 && strpbrk(words[1], "=?&") == NULL) {
        add_values(c, words[1], "", candidates);
    } else if (names && (!is_set || nwords == 1)) {
        add_options(c, candidates);
    } else if (strcmp(row->name, "account") == 0 && nwords == 1) {
        for (guint i = 0; i < c->accounts->len; i++)
            g_ptr_array_add(candidates, g_strdup(((account_settings *)g_ptr_array_index(c->accounts, i))->name));
    }
}
