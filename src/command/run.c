/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running text of the language: statements, blocks up to "end", files that source one another, and mistakes
 * with their place.  What a block means is its row's business; this file only knows where it ends. */
#include "command/internal.h"
#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "base/paths.h"

#include <stdlib.h>
#include <string.h>

typedef struct block {
    const command_row *row;
    char *written; /* "account work", for sentences */
    int line;
    bool skip;     /* its lines are left out */
    bool dead;     /* all of it is: it stands in lines that are left out, or its opening failed */
    bool other;    /* behind else */
} block;

struct script {
    script *up;             /* the one that sources this one, NULL none */
    command_table *table;
    const char *file;       /* as it is named in mistakes, NULL none */
    char *path;             /* where it really is, NULL for a text */
    int depth;
    const char *only;       /* commands that may stand here, NULL any */
    gpointer host;
    command_report_fn report;
    gpointer report_data;
    GArray *blocks;         /* of block */
    guint spare_ends;       /* of blocks that were taken as closed before their end */
    bool failed;
    GError *first;          /* the first mistake */
};

/* ---- mistakes */

/* Takes problem.  False when the script is to stop. */
static bool mistake(script *s, int line, GError *problem)
{
    g_autofree char *placed = s->file != NULL ? g_strdup_printf("%s:%d: %s", s->file, line, problem->message)
                                              : g_strdup(problem->message);
    s->failed = true;
    if (s->first == NULL)
        error_set(&s->first, error_kind_of(problem), "%s", placed);
    g_error_free(problem);
    if (s->report == NULL)
        return false;
    s->report(placed, s->report_data);
    return true;
}

static bool unknown_command(const command_table *t, const char *name, GError **error)
{
    const char *near = command_near(t, name);
    if (near != NULL)
        error_set(error, ERROR_INPUT, _("there is no command '%s'; did you mean '%s'?"), name, near);
    else
        error_set(error, ERROR_INPUT, _("there is no command '%s'; expected one such as set, bind or account"), name);
    return false;
}

static const command_row *look_up(const script *s, const char *name, GError **error)
{
    const command_row *row = command_find(s->table, name, s->file == NULL);
    if (row == NULL)
        unknown_command(s->table, name, error);
    return row;
}

/* ---- blocks */

static block *innermost(script *s)
{
    return s->blocks->len > 0 ? &g_array_index(s->blocks, block, s->blocks->len - 1) : NULL;
}

static bool skipping(script *s)
{
    const block *b = innermost(s);
    return b != NULL && (b->skip || b->dead);
}

static void block_clear(gpointer data)
{
    g_free(((block *)data)->written);
}

static bool has_word(const char *list, const char *word)
{
    gsize n = strlen(word);
    for (const char *p = strstr(list, word); p != NULL; p = strstr(p + 1, word))
        if ((p == list || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
            return true;
    return false;
}

/* "set unset" for a sentence. */
static char *with_commas(const char *list)
{
    g_auto(GStrv) words = g_strsplit(list, " ", -1);
    return g_strjoinv(", ", words);
}

static bool close_block(script *s, int line, GError **error)
{
    block b = *innermost(s);
    command_call call = { .row = b.row, .table = s->table, .host = s->host, .file = s->file, .line = line };
    bool good = b.dead || b.row->end == NULL || b.row->end(&call, error);
    g_array_set_size(s->blocks, s->blocks->len - 1);
    return good;
}

static bool run_else(block *b, GError **error)
{
    if (b->row->inside[0] != '\0') {
        error_set(error, ERROR_INPUT, _("'else' cannot stand in '%s' (line %d); expected end"), b->written, b->line);
        return false;
    }
    if (b->other) {
        error_set(error, ERROR_INPUT, _("a second 'else' in '%s' (line %d); expected end"), b->written, b->line);
        return false;
    }
    b->other = true;
    b->skip = !b->skip;
    return true;
}

/* ---- statements */

static bool check_count(const command_row *row, int nargs, GError **error)
{
    if (nargs >= row->min_args && (row->max_args < 0 || nargs <= row->max_args))
        return true;
    error_set(error, ERROR_INPUT, nargs < row->min_args ? _("%s lacks something; expected: %s%s%s")
                                                        : _("%s has too much behind it; expected: %s%s%s"),
              row->name, row->name, row->args[0] != '\0' ? " " : "", row->args);
    return false;
}

/* Something stands in a block that cannot hold it.  The end was probably forgotten, so the block is taken as
 * closed, and one complaint is all that comes of it. */
static bool check_place(script *s, const char *name, int line, GError **error)
{
    const block *b;
    while ((b = innermost(s)) != NULL && b->row->inside[0] != '\0' && !has_word(b->row->inside, name)) {
        GError *own = NULL;
        g_autofree char *allowed = with_commas(b->row->inside);
        error_set(&own, ERROR_INPUT, _("'%s' cannot stand in '%s' (line %d); expected %s, or end before it"), name,
                  b->written, b->line, allowed);
        s->spare_ends++;
        close_block(s, line, NULL);
        if (!mistake(s, line, own))
            return false;
    }
    if (s->only == NULL || b != NULL || has_word(s->only, name))
        return true;
    g_autofree char *allowed = with_commas(s->only);
    error_set(error, ERROR_INPUT, _("'%s' cannot stand in this file; expected: %s"), name, allowed);
    return false;
}

static void open_block(script *s, const command_row *row, const statement *st, bool skip, bool dead)
{
    block b = { .row = row, .written = g_strstrip(g_strdup(st->written->str)), .line = st->line, .skip = skip, .dead = dead };
    g_array_append_val(s->blocks, b);
}

/* Not part of a config, but standing in one: it waits. */
static bool waits(const script *s, const command_row *row)
{
    return s->table->later != NULL && s->file != NULL && !g_hash_table_contains(s->table->config, row);
}

static bool call_row(script *s, const command_row *row, statement *st, GError **error)
{
    int nargs = (int)st->words->len - 1;
    bool good = check_count(row, nargs, error);
    g_ptr_array_add(st->words, NULL);
    command_call call = {
        .row = row, .table = s->table, .args = (char **)st->words->pdata + 1, .nargs = nargs, .host = s->host,
        .file = s->file, .line = st->line, .statement = st,
    };
    if (good && waits(s, row)) {
        g_autofree char *written = command_call_written(&call, 0);
        g_autofree char *text = g_strdup_printf("%s %s", row->name, written);
        s->table->later(text, s->file, st->line, s->table->later_data);
    } else {
        good = good && row->run(&call, error);
    }
    if (row->inside != NULL)
        open_block(s, row, st, call.skip, !good);
    return good;
}

/* "end" that closes a block, or one that was taken as closed; false: it closes nothing. */
static bool run_end(script *s, const statement *st, bool *good, GError **error)
{
    if (innermost(s) != NULL)
        *good = close_block(s, st->line, error);
    else if (s->spare_ends > 0)
        s->spare_ends--;
    else
        return false;
    return true;
}

/* else, end, and anything while lines are left out.  False: it is an ordinary statement. */
static bool run_structure(script *s, const statement *st, bool *good, GError **error)
{
    const char *name = g_ptr_array_index(st->words, 0);
    if (strcmp(name, "end") == 0 && st->words->len == 1)
        return run_end(s, st, good, error);
    if (strcmp(name, "else") == 0 && st->words->len == 1 && innermost(s) != NULL) {
        *good = run_else(innermost(s), error);
        return true;
    }
    if (!skipping(s))
        return false;
    const command_row *row = command_find(s->table, name, false);
    if (row != NULL && row->inside != NULL)
        open_block(s, row, st, false, true);
    return true;
}

/* False with *error unset: the mistake is noted already, and the script is to stop. */
static bool run_statement(script *s, statement *st, GError **error)
{
    bool good = true;
    if (run_structure(s, st, &good, error))
        return good;
    const command_row *row = look_up(s, g_ptr_array_index(st->words, 0), error);
    return row != NULL && check_place(s, row->name, st->line, error) && call_row(s, row, st, error);
}

/* At the end of the text nothing may be open. */
static void close_all(script *s)
{
    while (s->blocks->len > 0) {
        const block *b = innermost(s);
        GError *error = NULL;
        if (s->first == NULL || s->report != NULL) {
            error_set(&error, ERROR_INPUT, _("'%s' is not closed; expected end"), b->written);
            mistake(s, b->line, g_steal_pointer(&error));
        }
        close_block(s, b->line, NULL);
    }
}

static void run_text(script *s, const char *text, int first_line)
{
    lexer l = { .at = text, .line = first_line };
    g_autoptr(statement) st = statement_new();
    for (;;) {
        GError *error = NULL;
        int got = statement_read(&l, st, &error);
        if (got == 0)
            break;
        bool good = got > 0 && run_statement(s, st, &error);
        if (!good && (error == NULL || !mistake(s, st->line, error)))
            break;
    }
    close_all(s);
}

/* Runs it in the place of the table's script, and says how it went. */
static bool run_script(script *s, const char *text, int first_line, GError **error)
{
    s->up = s->table->script;
    s->depth = s->up != NULL ? s->up->depth + 1 : 1;
    s->blocks = g_array_new(FALSE, FALSE, sizeof(block));
    g_array_set_clear_func(s->blocks, block_clear);
    s->table->script = s;
    run_text(s, text, first_line);
    s->table->script = s->up;
    g_array_unref(s->blocks);
    if (s->first != NULL)
        g_propagate_error(error, s->first);
    return !s->failed;
}

bool command_run_text(command_table *t, const char *text, gpointer host, const char *file, int first_line,
                      command_report_fn report, gpointer report_data, GError **error)
{
    if (t->script != NULL && t->script->depth >= LIMIT_SOURCE_DEPTH) {
        error_set(error, ERROR_INPUT, _("commands run one another more than %d deep"), LIMIT_SOURCE_DEPTH);
        return false;
    }
    script s = { .table = t, .file = file, .host = host, .report = report, .report_data = report_data };
    return run_script(&s, text, first_line, error);
}

/* ---- files */

/* The chain of files from the one at path down to here, for a sentence; NULL when path is not in it. */
static char *cycle_of(const script *s, const char *path)
{
    g_autoptr(GString) chain = g_string_new(path);
    for (; s != NULL; s = s->up) {
        g_autofree char *longer = g_strdup_printf("%s -> %s", s->path != NULL ? s->path : "?", chain->str);
        g_string_assign(chain, longer);
        if (g_strcmp0(s->path, path) == 0)
            return g_string_free(g_steal_pointer(&chain), FALSE);
    }
    return NULL;
}

static bool run_file(script *s, const char *path, GError **error)
{
    const script *up = s->table->script;
    g_autofree char *text = file_read_text(path, error);
    if (text == NULL)
        return false;
    char *real = realpath(path, NULL);
    g_autofree char *copy = g_strdup(real != NULL ? real : path);
    free(real);
    g_autofree char *cycle = cycle_of(up, copy);
    if (cycle != NULL) {
        error_set(error, ERROR_INPUT, _("%s sources itself: %s"), path, cycle);
        return false;
    }
    if (up != NULL && up->depth >= LIMIT_SOURCE_DEPTH) {
        error_set(error, ERROR_INPUT, _("files source one another more than %d deep"), LIMIT_SOURCE_DEPTH);
        return false;
    }
    s->file = path;
    s->path = copy;
    return run_script(s, text, 1, error);
}

bool command_run_file_of(command_table *t, const char *path, const char *only, gpointer host,
                         command_report_fn report, gpointer report_data, GError **error)
{
    script s = { .table = t, .only = only, .host = host, .report = report, .report_data = report_data };
    g_autoptr(GError) own = NULL;
    bool good = run_file(&s, path, &own);
    if (own != NULL && s.file == NULL && report != NULL)
        report(own->message, report_data); /* the file itself */
    if (own != NULL)
        g_propagate_error(error, g_steal_pointer(&own));
    return good;
}

bool command_run_file(command_table *t, const char *path, gpointer host, command_report_fn report,
                      gpointer report_data, GError **error)
{
    return command_run_file_of(t, path, NULL, host, report, report_data, error);
}

bool script_source(command_table *t, const char *path, GError **error)
{
    script *up = t->script;
    g_autofree char *expanded = path_expand(path);
    g_autofree char *dir = up->path != NULL ? g_path_get_dirname(up->path) : NULL;
    g_autofree char *full = dir != NULL && !g_path_is_absolute(expanded) ? g_build_filename(dir, expanded, NULL)
                                                                        : g_strdup(expanded);
    script s = { .table = t, .only = up->only, .host = up->host, .report = up->report, .report_data = up->report_data };
    g_autoptr(GError) own = NULL;
    if (run_file(&s, full, &own))
        return true;
    if (s.file == NULL) { /* it was not even begun: a mistake of this line */
        g_propagate_error(error, g_steal_pointer(&own));
        return false;
    }
    up->failed = true;
    if (up->first == NULL)
        up->first = g_steal_pointer(&own);
    return up->report != NULL;
}

bool script_check(command_table *t, const char *text, GError **error)
{
    lexer l = { .at = text, .line = 1 };
    g_autoptr(statement) st = statement_new();
    int got;
    while ((got = statement_read(&l, st, error)) > 0) {
        const char *name = g_ptr_array_index(st->words, 0);
        if (command_find(t, name, false) == NULL)
            return unknown_command(t, name, error);
    }
    return got == 0;
}
