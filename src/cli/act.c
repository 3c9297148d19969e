/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Subcommands that act: each runs the command of its name, as a script or a key would, and tells what came of it. */
#include "base/error.h"
#include "base/i18n.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/session.h"

#include <string.h>

/* Words that stand before the options of a command: its verb, its kind and path. */
static guint leading_words(const char *name)
{
    static const struct {
        const char *name;
        guint n;
    } rows[] = { { "get", 1 }, { "journal", 1 }, { "folders", 1 }, { "export", 2 } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].n;
    return 0;
}

static void add_option(const cli_request *r, const cli_option *o, GPtrArray *words)
{
    const GPtrArray *values = cli_values(r, o->name);
    for (guint i = 0; values != NULL && i < values->len; i++) {
        g_ptr_array_add(words, g_strconcat("--", o->name, NULL));
        if (o->argument != NULL)
            g_ptr_array_add(words, g_strdup(values->pdata[i]));
    }
}

/* The words of the command line as those of the command.  NULL-terminated, owning. */
static GPtrArray *words_of(const cli_request *r)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    guint lead = MIN(leading_words(r->subcommand->name), r->nargs);
    for (guint i = 0; i < lead; i++)
        g_ptr_array_add(words, g_strdup(r->args->pdata[i]));
    for (const cli_option *o = r->subcommand->options; o != NULL && o->name != NULL; o++)
        add_option(r, o, words);
    for (guint i = lead; i < r->nargs; i++)
        g_ptr_array_add(words, g_strdup(r->args->pdata[i]));
    g_ptr_array_add(words, NULL);
    return words;
}

/* What is no id is found before anything is opened. */
static bool check_ids(const cli_request *r, GError **error)
{
    static const char *const with_ids[] = { "delete", "undelete", "archive", "populate", NULL };
    const char *name = r->subcommand->name;
    bool to_folder = strcmp(name, "copy") == 0 || strcmp(name, "move") == 0, export = strcmp(name, "export") == 0;
    if (!to_folder && !export && !g_strv_contains(with_ids, name))
        return true;
    guint first = export ? 2 : 0, end = to_folder ? r->nargs - 1 : r->nargs;
    for (guint i = first; i < end; i++)
        if (!g_ascii_string_to_unsigned(r->args->pdata[i], 10, 1, G_MAXUINT32, NULL, NULL)) {
            error_set(error, ERROR_INPUT, _("%s: '%s' is no message id: ids are the numbers that list shows"), name,
                      (char *)r->args->pdata[i]);
            return false;
        }
    if (end > first || cli_has(r, "query"))
        return true;
    error_set(error, ERROR_INPUT, _("%s wants ids, or --query QUERY"), name);
    return false;
}

static void print_outcome(const cli_session *s)
{
    g_autoptr(GString) object = g_string_new(NULL);
    cli_json_outcome(object, s->request->subcommand->name, &s->sum);
    out_json(object);
}

static int run(cli_session *s, const GPtrArray *words, GError **error)
{
    const command_row *row = command_find(s->commands, s->request->subcommand->name, false);
    command_call call = { .row = row, .table = s->commands, .args = (char **)words->pdata, .nargs = (int)words->len - 1,
                          .host = &s->face };
    if (!row->run(&call, error))
        return s->failure != EXIT_DONE ? s->failure : EXIT_FAILED;
    if (s->request->json)
        print_outcome(s);
    return s->partly ? EXIT_PARTLY : EXIT_DONE;
}

int cli_act(cli_session *s)
{
    g_autoptr(GError) error = NULL;
    if (!check_ids(s->request, &error))
        return session_usage(error->message);
    if (!session_open_engine(s, &error))
        return session_fail(error);
    g_autoptr(GPtrArray) words = words_of(s->request);
    int status = run(s, words, &error);
    if (error != NULL)
        session_say_error(s, error);
    return status;
}
