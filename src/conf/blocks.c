/* SPDX-License-Identifier: GPL-3.0-or-later */
/* account, folder, if: the commands that open a block.  Where a block ends is the language's business. */
#include "conf/internal.h"
#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

static bool run_account(command_call *call, GError **error)
{
    conf *c = conf_of(call);
    c->account = account_open(c, call->args[0], error);
    return c->account != NULL;
}

static bool end_account(command_call *call, GError **error)
{
    conf_of(call)->account = NULL;
    return true;
}

static bool run_folder(command_call *call, GError **error)
{
    conf *c = conf_of(call);
    folder_rule *rule = g_new0(folder_rule, 1);
    rule->pattern = g_strdup(call->args[0]);
    rule->values = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)value_free);
    g_ptr_array_add(c->folders, rule);
    c->folder = rule;
    return true;
}

static bool end_folder(command_call *call, GError **error)
{
    conf_of(call)->folder = NULL;
    return true;
}

/* env NAME [VALUE] */
static bool test_env(char **words, int n, bool *answer, GError **error)
{
    if (n != 2 && n != 3) {
        error_set(error, ERROR_INPUT, _("'env' lacks something; expected if env VARIABLE or if env VARIABLE VALUE"));
        return false;
    }
    const char *found = g_getenv(words[1]);
    *answer = found != NULL && (n == 3 ? strcmp(found, words[2]) == 0 : found[0] != '\0');
    return true;
}

/* OPTION [VALUE] */
static bool test_option(const conf *c, char **words, int n, bool *answer, GError **error)
{
    const option_row *row = option_find(words[0], error);
    if (row == NULL)
        return false;
    if (row->account || n > 2 || (n == 1 && row->type != OPTION_BOOL)) {
        error_set(error, ERROR_INPUT, _("'if %s' is not enough or too much; expected a switch, or OPTION VALUE"), words[0]);
        return false;
    }
    value *wanted = option_parse(row, n == 2 ? words[1] : "yes", NULL, error);
    if (wanted == NULL)
        return false;
    *answer = strcmp(wanted->text, conf_value(c, row)->text) == 0;
    value_free(wanted);
    return true;
}

static bool run_if(command_call *call, GError **error)
{
    char **words = call->args;
    int n = call->nargs;
    bool negated = false, answer = false;
    while (n > 0 && (strcmp(words[0], "not") == 0 || strcmp(words[0], "!") == 0)) {
        negated = !negated;
        words++;
        n--;
    }
    if (n == 0) {
        error_set(error, ERROR_INPUT, _("'if' lacks a condition; expected env VARIABLE or an option"));
        return false;
    }
    bool good = strcmp(words[0], "env") == 0 ? test_env(words, n, &answer, error)
                                             : test_option(conf_of(call), words, n, &answer, error);
    call->skip = answer == negated;
    return good;
}

const command_row conf_block_rows[] = {
    { "account", NULL, CONTEXT_GLOBAL, "NAME", 1, 1, N_("begin the settings of an account"), run_account,
      .inside = "set unset reset", .end = end_account },
    { "folder", NULL, CONTEXT_GLOBAL, "PATTERN", 1, 1, N_("begin the settings of folders"), run_folder,
      .inside = "set unset reset", .end = end_folder },
    { "if", NULL, CONTEXT_GLOBAL, "[not] env VARIABLE [VALUE] | [not] OPTION [VALUE]", 1, -1,
      N_("run the lines up to else or end only then"), run_if, .inside = "" },
    { NULL },
};
