/* SPDX-License-Identifier: GPL-3.0-or-later */
/* driver CURSUS IMAPD DIR SCRIPT: runs a script of keys and expectations.  Expectations are waited
 * for, up to a limit; nothing sleeps.  README says what a script may hold. */
#include "screen/script.h"
#include "screen/terminal.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define LIMIT_MS 15000 /* for a condition; sanitizers are slow */
#define TURN_MS 20

typedef struct driver {
    const char *cursus, *imapd, *dir, *script;
    terminal *terminal;
    GPtrArray *env;
    GString *config;
    int nrows, ncols;
    int line;
} driver;

/* ---- the picture */

static void show(driver *d)
{
    for (int row = 0; d->terminal != NULL && row < terminal_nrows(d->terminal); row++) {
        g_autofree char *text = terminal_row(d->terminal, row);
        printf("%3d |%s\n", row, text);
    }
}

static bool fail(driver *d, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool fail(driver *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    printf("%s:%d: %s\n", d->script, d->line, text);
    show(d);
    return false;
}

typedef bool (*condition)(driver *d, const step *s);

/* Until it is true; what the program draws is taken meanwhile. */
static bool wait_for(driver *d, const step *s, condition is_true)
{
    gint64 until = g_get_monotonic_time() + LIMIT_MS * 1000;
    while (!is_true(d, s)) {
        if (g_get_monotonic_time() > until)
            return false;
        if (!terminal_pump(d->terminal, TURN_MS) && terminal_status(d->terminal) >= 0 &&
            !is_true(d, s))
            return false;
    }
    return true;
}

static bool has_text(driver *d, const step *s)
{
    for (int row = 0; row < terminal_nrows(d->terminal); row++) {
        g_autofree char *text = terminal_row(d->terminal, row);
        if (strstr(text, s->rest) != NULL)
            return true;
    }
    return false;
}

static bool has_no_text(driver *d, const step *s)
{
    return !has_text(d, s);
}

/* "%%" at the end of an expected row leaves the rest open. */
static bool row_is(driver *d, int row, const char *expected)
{
    g_autofree char *text = terminal_row(d->terminal, row);
    gsize n = strlen(expected);
    if (g_str_has_suffix(expected, "%%"))
        return strncmp(text, expected, n - 2) == 0;
    return strcmp(text, expected) == 0;
}

/* rows FIRST, then the rows as a block; negative: counted from the bottom. */
static bool rows_are(driver *d, const step *s)
{
    int first = (int)g_ascii_strtoll(s->rest, NULL, 10);
    first = first < 0 ? terminal_nrows(d->terminal) + first : first;
    for (guint i = 0; i < s->block->len; i++)
        if (!row_is(d, first + (int)i, s->block->pdata[i]))
            return false;
    return true;
}

/* look WORDS: text   -- every cell of the text has these attributes ("plain": none) */
static bool look_is(driver *d, const step *s)
{
    const char *colon = strstr(s->rest, ": ");
    if (colon == NULL)
        return false;
    g_autofree char *words = g_strndup(s->rest, (gsize)(colon - s->rest));
    for (int row = 0; row < terminal_nrows(d->terminal); row++) {
        int col = terminal_find(d->terminal, row, colon + 2);
        if (col < 0)
            continue;
        g_autofree char *attrs = terminal_attrs(d->terminal, row, col);
        return strcmp(*attrs != '\0' ? attrs : "plain", words) == 0;
    }
    return false;
}

/* columns TEXT TEXT... : all begin in the same column. */
static bool columns_agree(driver *d, const step *s)
{
    int column = -1;
    for (guint i = 0; i < s->block->len; i++) {
        int here = -1;
        for (int row = 0; here < 0 && row < terminal_nrows(d->terminal); row++)
            here = terminal_find(d->terminal, row, s->block->pdata[i]);
        if (here < 0 || (column >= 0 && here != column))
            return false;
        column = here;
    }
    return true;
}

static bool cursor_is(driver *d, const step *s)
{
    return terminal_cursor_visible(d->terminal) == (strcmp(s->rest, "shown") == 0);
}

static bool server_heard(driver *d, const step *s)
{
    g_autofree char *path = g_build_filename(d->dir, "server", "log", NULL);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return false;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    return g_strv_contains((const char *const *)lines, s->rest);
}

static bool has_ended(driver *d, const step *s)
{
    return terminal_status(d->terminal) >= 0;
}

/* ---- the program and its server */

static bool run_server(driver *d, const char *what, const char *rest)
{
    g_autofree char *root = g_build_filename(d->dir, "server", NULL);
    g_auto(GStrv) words = NULL;
    g_autofree char *line = g_strdup_printf("python3 '%s' %s '%s' %s", d->imapd, what, root, rest);
    int status;
    if (!g_shell_parse_argv(line, NULL, &words, NULL))
        return false;
    return g_spawn_sync(NULL, words, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status,
                        NULL) &&
           status == 0;
}

static void put_env(driver *d, char *assignment)
{
    gsize n = strcspn(assignment, "=") + 1;
    for (guint i = 0; i < d->env->len; i++)
        if (strncmp(d->env->pdata[i], assignment, n) == 0)
            g_ptr_array_remove_index(d->env, i--);
    g_ptr_array_add(d->env, assignment);
}

static void set_env(driver *d, const char *name, const char *value)
{
    put_env(d, g_strdup_printf("%s=%s", name, value));
}

static void set_dir(driver *d, const char *name, const char *part)
{
    g_autofree char *path = g_build_filename(d->dir, part, NULL);
    g_mkdir_with_parents(path, 0700);
    set_env(d, name, path);
}

static bool write_config(driver *d)
{
    g_autofree char *dir = g_build_filename(d->dir, "config", "cursus", NULL);
    g_autofree char *path = g_build_filename(dir, "config", NULL);
    g_mkdir_with_parents(dir, 0700);
    return g_file_set_contents(path, d->config->str, -1, NULL) && g_chmod(path, 0600) == 0;
}

static bool do_start(driver *d, const step *s)
{
    g_autofree char *line = g_strdup_printf("'%s' %s", d->cursus, s->rest);
    g_auto(GStrv) argv = NULL;
    if (!write_config(d) || !g_shell_parse_argv(line, NULL, &argv, NULL))
        return fail(d, "cannot start");
    if (d->terminal != NULL)
        terminal_free(d->terminal);
    d->terminal = terminal_new(d->nrows, d->ncols);
    g_autoptr(GPtrArray) env = g_ptr_array_new();
    for (guint i = 0; i < d->env->len; i++)
        g_ptr_array_add(env, d->env->pdata[i]);
    g_ptr_array_add(env, NULL);
    return terminal_start(d->terminal, argv, (char **)env->pdata) || fail(d, "cannot start");
}

static bool do_config(driver *d, const step *s)
{
    for (guint i = 0; i < s->block->len; i++)
        g_string_append_printf(d->config, "%s\n", (char *)s->block->pdata[i]);
    return true;
}

static bool do_size(driver *d, const step *s)
{
    if (sscanf(s->rest, "%dx%d", &d->ncols, &d->nrows) != 2)
        return fail(d, "expected COLUMNSxROWS");
    if (d->terminal != NULL)
        terminal_resize(d->terminal, d->nrows, d->ncols);
    return true;
}

static bool do_env(driver *d, const step *s)
{
    put_env(d, g_strdup(s->rest));
    return true;
}

static bool do_keys(driver *d, const step *s)
{
    GString *bytes = script_keys(s->rest);
    if (bytes == NULL)
        return fail(d, "unknown key");
    terminal_type(d->terminal, bytes->str, bytes->len);
    g_string_free(bytes, TRUE);
    return true;
}

static bool do_type(driver *d, const step *s)
{
    terminal_type(d->terminal, s->rest, strlen(s->rest));
    return true;
}

static bool do_server(driver *d, const step *s)
{
    g_auto(GStrv) parts = g_strsplit(s->rest, " ", 2);
    g_autofree char *down = g_build_filename(d->dir, "server", "down", NULL);
    if (strcmp(parts[0], "down") == 0)
        return g_file_set_contents(down, "", 0, NULL);
    if (strcmp(parts[0], "up") == 0)
        return g_unlink(down) == 0;
    return run_server(d, parts[0], parts[1] != NULL ? parts[1] : "") ||
           fail(d, "the server refused");
}

static bool do_signal(driver *d, const step *s)
{
    static const struct {
        const char *name;
        int number;
    } signals[] = { { "TERM", SIGTERM },
                    { "HUP", SIGHUP },
                    { "TSTP", SIGTSTP },
                    { "CONT", SIGCONT },
                    { "INT", SIGINT } };
    for (gsize i = 0; i < G_N_ELEMENTS(signals); i++)
        if (strcmp(signals[i].name, s->rest) == 0)
            return kill(terminal_pid(d->terminal), signals[i].number) == 0;
    return fail(d, "unknown signal");
}

static bool do_exit(driver *d, const step *s)
{
    if (!wait_for(d, s, has_ended))
        return fail(d, "it did not end");
    while (terminal_pump(d->terminal, 0) && terminal_status(d->terminal) < 0)
        ;
    int expected = (int)g_ascii_strtoll(s->rest, NULL, 10), status = terminal_status(d->terminal);
    return status == expected || fail(d, "exit status %d, expected %d", status, expected);
}

static const struct {
    const char *verb;
    bool (*run)(driver *d, const step *s); /* NULL: a condition that is waited for */
    condition is_true;
} verbs[] = {
    { "config", do_config, NULL }, { "size", do_size, NULL },
    { "env", do_env, NULL },       { "start", do_start, NULL },
    { "keys", do_keys, NULL },     { "type", do_type, NULL },
    { "server", do_server, NULL }, { "signal", do_signal, NULL },
    { "exit", do_exit, NULL },     { "wait", NULL, has_text },
    { "gone", NULL, has_no_text }, { "rows", NULL, rows_are },
    { "look", NULL, look_is },     { "columns", NULL, columns_agree },
    { "cursor", NULL, cursor_is }, { "heard", NULL, server_heard },
};

static bool run_step(driver *d, const step *s)
{
    d->line = s->line;
    for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++) {
        if (strcmp(verbs[i].verb, s->verb) != 0)
            continue;
        if (verbs[i].run != NULL)
            return verbs[i].run(d, s);
        if (d->terminal != NULL && wait_for(d, s, verbs[i].is_true))
            return true;
        fail(d, "%s %s: not seen", s->verb, s->rest);
        for (guint k = 0; k < s->block->len; k++)
            printf("expected |%s\n", (char *)s->block->pdata[k]);
        return false;
    }
    return fail(d, "unknown step '%s'", s->verb);
}

static void prepare(driver *d)
{
    static const char *const kept[] = { "PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS" };
    for (gsize i = 0; i < G_N_ELEMENTS(kept); i++)
        if (g_getenv(kept[i]) != NULL)
            set_env(d, kept[i], g_getenv(kept[i]));
    set_env(d, "TERM", "xterm-256color");
    set_env(d, "LC_ALL", "C.UTF-8");
    set_env(d, "TZ", "UTC");
    set_dir(d, "HOME", "home");
    set_dir(d, "XDG_CONFIG_HOME", "config");
    set_dir(d, "XDG_DATA_HOME", "data");
    set_dir(d, "XDG_CACHE_HOME", "cache");
    set_dir(d, "XDG_STATE_HOME", "state");
    set_dir(d, "XDG_RUNTIME_DIR", "run");
    g_autofree char *server = g_build_filename(d->dir, "server", NULL);
    g_mkdir_with_parents(server, 0700);
    g_string_append_printf(d->config,
                           "account work\n  set address \"Ada Lovelace <ada@example.org>\"\n"
                           "  set tunnel \"exec python3 '%s' serve '%s'\"\n  set sync all\nend\n",
                           d->imapd, server);
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C.UTF-8");
    if (argc != 5) {
        fprintf(stderr, "driver CURSUS IMAPD DIR SCRIPT\n");
        return 2;
    }
    driver d = { .cursus = argv[1],
                 .imapd = argv[2],
                 .dir = argv[3],
                 .script = argv[4],
                 .nrows = 24,
                 .ncols = 80 };
    d.env = g_ptr_array_new_with_free_func(g_free);
    d.config = g_string_new(NULL);
    prepare(&d);
    g_autoptr(GPtrArray) steps = script_read(argv[4]);
    bool good = steps != NULL && run_server(&d, "make", "");
    for (guint i = 0; good && i < steps->len; i++)
        good = run_step(&d, steps->pdata[i]);
    if (d.terminal != NULL)
        terminal_free(d.terminal);
    g_ptr_array_unref(d.env);
    g_string_free(d.config, TRUE);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
