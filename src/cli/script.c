/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run: a file of commands, or commands of the command line, in one engine.  Each waits for its operations; the
 * first that fails ends the script. */
#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "cli/output.h"
#include "cli/session.h"
#include "text/sanitise.h"

#include <stdio.h>
#include <string.h>

static char *standard_input(GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char buffer[4096];
    size_t n;
    while ((n = fread(buffer, 1, sizeof buffer, stdin)) > 0) {
        g_string_append_len(text, buffer, (gssize)n);
        if (text->len > LIMIT_CONFIG_FILE) {
            error_set(error, ERROR_INPUT, _("standard input is longer than a script may be"));
            return NULL;
        }
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static bool run_file(cli_session *s, const char *path, GError **error)
{
    if (strcmp(path, "-") != 0)
        return command_run_file(s->commands, path, &s->face, NULL, NULL, error);
    g_autofree char *text = standard_input(error);
    return text != NULL && command_run_text(s->commands, text, &s->face, "-", 1, NULL, NULL, error);
}

static bool run_commands(cli_session *s, const GPtrArray *commands, GError **error)
{
    for (guint i = 0; i < commands->len; i++)
        if (!command_run_text(s->commands, commands->pdata[i], &s->face, "-e", (int)i + 1, NULL, NULL, error))
            return false;
    return true;
}

/* `help` opens a page on the screen; here its lines are said. */
static bool run_help(command_call *call, GError **error)
{
    return command_find(call->table, "describe", false)->run(call, error);
}

static const command_row script_rows[] = {
    { "help", NULL, CONTEXT_GLOBAL, "[COMMAND...]", 0, -1, N_("say what a command does; without one, list all"),
      run_help },
    { NULL },
};

/* "set work:idle no" in a script is obeyed by the account that runs already. */
static void option_changed(const char *account, const char *option, gpointer data)
{
    cli_session *s = data;
    const GPtrArray *accounts = conf_accounts(s->conf);
    for (guint i = 0; i < accounts->len; i++) {
        const account_settings *a = accounts->pdata[i];
        if (account != NULL && s->mtm != NULL && strcmp(a->name, account) == 0)
            mtm_account_change(s->mtm, a);
    }
    if (account == NULL && s->mtm != NULL && strcmp(option, "cache-limit") == 0)
        mtm_set_cache_limit(s->mtm, (guint64)conf_number(s->conf, option));
}

int cli_script(cli_session *s)
{
    const cli_request *r = s->request;
    const GPtrArray *commands = cli_values(r, "execute");
    if ((commands == NULL) == (r->nargs == 0))
        return session_usage(_("run wants a FILE (or -), or -e COMMAND; see 'cursus run --help'"));
    command_table_add(s->commands, script_rows);
    g_autoptr(GError) error = NULL;
    if (!session_open_engine(s, &error))
        return session_fail(error);
    conf_watch(s->conf, option_changed, s);
    bool good = commands != NULL ? run_commands(s, commands, &error) : run_file(s, r->args->pdata[0], &error);
    if (good)
        return s->partly ? EXIT_PARTLY : EXIT_DONE;
    g_autofree char *sentence = text_sanitise_line(error->message, -1);
    err_line(sentence);
    return EXIT_FAILED;
}
