/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wires the rooms: libraries and arguments first, then the config, then one of the two faces.  Nothing here may
 * be slow: the screen's first paint waits for it. */
#include "action/face.h"
#include "base/error.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/paths.h"
#include "base/secret.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/session.h"
#include "conf/conf.h"
#include "mtm/mtm.h"
#include "text/sanitise.h"
#include "ui/ui.h"

#include <errno.h>
#include <locale.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void complain(const char *sentence)
{
    g_autofree char *clean = text_sanitise_line(sentence, -1);
    fprintf(stderr, "cursus: %s\n", clean);
}

static int fail(const GError *error, int status)
{
    g_autofree char *sentence = action_sentence_error(error);
    complain(sentence);
    return status;
}

/* GLib's own messages would break the screen: they go to the log. */
static GLogWriterOutput write_glib_message(GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
    g_autofree char *text = g_log_writer_format_fields(level, fields, n, FALSE);
    log_level ours = level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)   ? LEVEL_ERROR
                     : level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE) ? LEVEL_WARN
                                                                           : LEVEL_TRACE;
    log_write(LOG_BASE, ours, "%s", text);
    if (level & G_LOG_FLAG_FATAL)
        fprintf(stderr, "cursus: %s\n", text);
    return G_LOG_WRITER_HANDLED;
}

/* Large blocks (views, queues) go back to the system when freed, and few arenas share the small ones: threads
 * that hand values to one another otherwise keep each other's memory. */
static void bound_memory(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 128 << 10);
    mallopt(M_TRIM_THRESHOLD, 256 << 10);
    mallopt(M_ARENA_MAX, 4);
#endif
}

static void start_libraries(void)
{
    bound_memory();
    setlocale(LC_ALL, "");
#if ENABLE_NLS
    bindtextdomain("cursus", LOCALEDIR);
    bind_textdomain_codeset("cursus", "UTF-8"); /* text inside is UTF-8; the faces convert */
    textdomain("cursus");
#endif
    g_log_set_writer_func(write_glib_message, NULL, NULL);
    secret_protect_process();
    signal(SIGPIPE, SIG_IGN); /* a server or a pager that went away is an error to handle */
}

static bool start_log(const cli_request *r, GError **error)
{
    for (guint i = 0; r->debug->pdata[i] != NULL; i++)
        if (!log_set(r->debug->pdata[i], error))
            return false;
    if (r->log != NULL)
        return log_open(r->log, error);
    if (r->debug->pdata[0] == NULL)
        return true;
    g_autofree char *dir = path_state_dir();
    g_autofree char *path = g_build_filename(dir, "log", NULL);
    return path_make_private(dir, error) && log_open(path, error);
}

/* The usual file may be missing; one that was named may not. */
static bool config_is_there(const cli_request *r, GError **error)
{
    if (r->config == NULL || access(r->config, R_OK) == 0)
        return true;
    error_set(error, ERROR_INPUT, _("%s: the config file cannot be read: %s"), r->config, g_strerror(errno));
    return false;
}

/* Commands of the config that act wait for the screen; a subcommand has none and leaves them. */
static void keep_for_start(const char *text, const char *file, int line, gpointer data)
{
    (void)file;
    (void)line;
    g_ptr_array_add(((cli_session *)data)->startup, g_strdup(text));
}

/* Mistakes of the config go to standard error and never stop anything but `config check`, which lists them
 * itself. */
static void load_conf(cli_session *s)
{
    const cli_request *r = s->request;
    command_set_later(s->commands, keep_for_start, s);
    conf_load(s->conf, s->commands, r->config, &s->face, cli_report, s);
    command_set_later(s->commands, NULL, NULL);
    bool lists_them = r->subcommand != NULL && strcmp(r->subcommand->name, "config") == 0;
    for (guint i = 0; !lists_them && i < s->mistakes->len; i++)
        complain(s->mistakes->pdata[i]);
}

/* -e for a subcommand: like further lines of the config.  (The screen runs its own.) */
static bool run_early_commands(cli_session *s)
{
    const cli_request *r = s->request;
    for (guint i = 0; r->commands->pdata[i] != NULL; i++) {
        g_autoptr(GError) error = NULL;
        if (!command_run_text(s->commands, r->commands->pdata[i], &s->face, "-e", (int)i + 1, NULL, NULL, &error)) {
            complain(error->message);
            return false;
        }
    }
    return true;
}

/* ---- the screen */
static char *start_folder(const cli_request *r)
{
    if (r->account == NULL)
        return g_strdup(r->folder);
    return g_strdup_printf("%s:%s", r->account, r->folder != NULL ? r->folder : "INBOX");
}

/* What the config wants to happen, the person's -e, and what the config gets wrong as a first message on the screen. */
static GPtrArray *screen_commands(const cli_session *s)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < s->startup->len; i++)
        g_ptr_array_add(all, g_strdup(s->startup->pdata[i]));
    for (guint i = 0; s->request->commands->pdata[i] != NULL; i++)
        g_ptr_array_add(all, g_strdup(s->request->commands->pdata[i]));
    if (s->mistakes->len > 0) {
        g_autofree char *text = g_strdup_printf(
            ngettext("%u mistake in the config: %s", "%u mistakes in the config, the first: %s", s->mistakes->len),
            s->mistakes->len, (char *)s->mistakes->pdata[0]);
        g_strdelimit(text, "\"\\", '\''); /* it goes into a quoted word */
        g_ptr_array_add(all, g_strdup_printf("echo \"%s\"", text));
    }
    g_ptr_array_add(all, NULL);
    return all;
}

static int no_screen(const cli_request *r)
{
    if (r->folder == NULL) {
        complain(_("the screen needs a terminal on standard input and output; see 'cursus --help' for what does not"));
        return EXIT_FAILED;
    }
    g_autofree char *sentence = g_strdup_printf(
        _("'%s' is no subcommand, and the screen needs a terminal; see 'cursus --help'"), r->folder);
    complain(sentence);
    return EXIT_USAGE;
}

static int run_screen(cli_session *s)
{
    const cli_request *r = s->request;
    if (r->folder != NULL && g_ascii_strncasecmp(r->folder, "mailto:", strlen("mailto:")) == 0) {
        complain(_("writing mail is planned, but not there yet in this version"));
        return EXIT_USAGE;
    }
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return no_screen(r);
    g_autoptr(GError) error = NULL;
    if (!session_check_account(s, &error))
        return fail(error, EXIT_USAGE);
    document_init();
    mtm_options options = { .accounts = conf_accounts(s->conf), .offline = r->offline, .terminal = TERMINAL_LENT,
                            .cache_limit = (guint64)conf_number(s->conf, "cache-limit") };
    mtm *m = mtm_new(&options);
    if (!mtm_join(m, 0, &error)) {
        mtm_free(m);
        return fail(error, EXIT_FAILED);
    }
    g_autofree char *folder_name = start_folder(r);
    g_autoptr(GPtrArray) commands = screen_commands(s);
    int status = ui_run(&(ui_options){ .mtm = m, .conf = s->conf, .commands = s->commands, .folder = folder_name,
                                       .commands_e = (char **)commands->pdata, .offline = r->offline });
    mtm_free(m);
    return status;
}

static int print_help(const cli_request *r)
{
    g_autofree char *text = r->subcommand != NULL ? cli_help_subcommand(r->subcommand) : cli_help(cli_subcommands);
    out_text(text);
    g_autoptr(GError) error = NULL;
    return out_finish(&error) ? EXIT_DONE : fail(error, EXIT_FAILED);
}

/* Answers of the config's own commands ("set ?sort"): to whichever face runs them. */
static void say(const char *sentence, gpointer host)
{
    face *f = host;
    if (f != NULL)
        f->say(f, sentence);
}

static int run(const cli_request *r)
{
    g_autoptr(GError) error = NULL;
    if (!config_is_there(r, &error))
        return fail(error, EXIT_FAILED);
    command_table *commands = command_table_new();
    conf *c = conf_new();
    conf_register(c, commands);
    conf_set_say(c, say);
    action_register(commands);
    ui_register(commands);
    cli_session *s = cli_session_new(r, c, commands);
    int status = EXIT_USAGE;
    if (cli_needs_conf(r))
        load_conf(s);
    if (r->subcommand == NULL)
        status = run_screen(s);
    else if (run_early_commands(s))
        status = cli_run(s);
    cli_session_free(s);
    command_table_free(commands); /* it must not outlive what is registered on it */
    conf_free(c);
    return status;
}

int main(int argc, char **argv)
{
    start_libraries();
    g_autoptr(GError) error = NULL;
    g_autoptr(cli_request) r = cli_request_parse(argc, argv, cli_subcommands, &error);
    if (r == NULL)
        return fail(error, EXIT_USAGE);
    if (r->version) {
        printf("cursus %s\n", CURSUS_VERSION);
        return EXIT_DONE;
    }
    if (r->help)
        return print_help(r);
    if (!start_log(r, &error))
        return fail(error, error_kind_of(error) == ERROR_INPUT ? EXIT_USAGE : EXIT_FAILED);
    return run(r);
}
