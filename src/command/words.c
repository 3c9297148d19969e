/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lexer of the command language.  '..' is literal; in ".." a backslash takes the next character (\n and \t
 * are line end and tab); outside it takes the next character; before a line end it joins the lines, everywhere
 * but in a comment.  A quote must close on its line, so that a forgotten one costs one line and not the file. */
#include "command/words.h"
#include "command/command.h"
#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

statement *statement_new(void)
{
    statement *s = g_new0(statement, 1);
    s->words = g_ptr_array_new_with_free_func(g_free);
    s->written = g_string_new(NULL);
    s->starts = g_array_new(FALSE, FALSE, sizeof(gsize));
    s->ends = g_array_new(FALSE, FALSE, sizeof(gsize));
    return s;
}

void statement_free(statement *s)
{
    if (s == NULL)
        return;
    g_ptr_array_unref(s->words);
    g_string_free(s->written, TRUE);
    g_array_unref(s->starts);
    g_array_unref(s->ends);
    g_free(s);
}

static void statement_empty(statement *s, int line)
{
    g_ptr_array_set_size(s->words, 0);
    g_string_truncate(s->written, 0);
    g_array_set_size(s->starts, 0);
    g_array_set_size(s->ends, 0);
    s->line = line;
}

static gsize line_end(const char *p)
{
    return p[0] == '\n' ? 1 : p[0] == '\r' && p[1] == '\n' ? 2 : 0;
}

/* Joined lines vanish before anything else looks; at the very end there is nothing to join. */
static void join_lines(lexer *l)
{
    gsize n;
    while (l->at[0] == '\\' && (n = line_end(l->at + 1)) != 0) {
        l->at += 1 + n;
        l->line++;
    }
    if (l->at[0] == '\\' && l->at[1] == '\0')
        l->at++;
}

/* Take one character into the written text. */
static char take(lexer *l, statement *s)
{
    char c = *l->at++;
    g_string_append_c(s->written, c);
    if (c == '\n')
        l->line++;
    join_lines(l);
    return c;
}

/* Behind a backslash, which is no join any more: the character it stands before, as it is. */
static char take_escaped(lexer *l, statement *s)
{
    g_string_append_c(s->written, *l->at++);
    return take(l, s);
}

static void skip_line(lexer *l)
{
    while (*l->at != '\0' && *l->at != '\n')
        l->at++;
}

static bool at_end(const lexer *l)
{
    return *l->at == '\0' || (!l->plain && (line_end(l->at) != 0 || *l->at == ';'));
}

static bool at_blank(const lexer *l)
{
    char c = *l->at;
    return c == ' ' || c == '\t' || c == '\r' || (l->plain && c == '\n');
}

static bool read_quoted(lexer *l, statement *s, GString *word, GError **error)
{
    char quote = take(l, s);
    while (*l->at != '\0' && (l->plain || line_end(l->at) == 0)) {
        bool escaped = *l->at == '\\' && quote == '"';
        char c = escaped ? take_escaped(l, s) : take(l, s);
        if (c == quote && !escaped)
            return true;
        if (escaped)
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
        g_string_append_c(word, c);
    }
    error_set(error, ERROR_INPUT, _("a quote is not closed; expected another %c on this line"), quote);
    skip_line(l);
    return false;
}

static bool read_word(lexer *l, statement *s, GError **error)
{
    g_autoptr(GString) word = g_string_new(NULL);
    gsize start = s->written->len;
    while (!at_end(l) && !at_blank(l)) {
        if (*l->at == '\'' || *l->at == '"') {
            if (!read_quoted(l, s, word, error))
                return false;
            continue;
        }
        g_string_append_c(word, *l->at == '\\' ? take_escaped(l, s) : take(l, s));
    }
    g_array_append_val(s->starts, start);
    g_array_append_val(s->ends, s->written->len);
    g_ptr_array_add(s->words, g_strdup(word->str));
    return true;
}

/* Step over blank lines, separators and comments to the next statement. */
static bool find_statement(lexer *l)
{
    for (;;) {
        join_lines(l);
        if (*l->at == '\0')
            return false;
        if (*l->at == '#' && !l->plain)
            skip_line(l);
        else if (*l->at == '\n') {
            l->at++;
            l->line++;
        } else if (at_blank(l) || (*l->at == ';' && !l->plain))
            l->at++;
        else
            return true;
    }
}

int statement_read(lexer *l, statement *s, GError **error)
{
    if (!find_statement(l))
        return 0;
    statement_empty(s, l->line);
    while (!at_end(l)) {
        if (at_blank(l))
            take(l, s);
        else if (*l->at == '#' && !l->plain)
            skip_line(l);
        else if (!read_word(l, s, error))
            return -1;
    }
    return 1;
}

char **command_words(const char *line, GError **error)
{
    lexer l = { .at = line, .line = 1, .plain = true };
    g_autoptr(statement) s = statement_new();
    if (statement_read(&l, s, error) < 0)
        return NULL;
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    for (guint i = 0; i < s->words->len; i++)
        g_strv_builder_add(words, g_ptr_array_index(s->words, i));
    return g_strv_builder_end(words);
}

char *command_quote(const char *word)
{
    if (word[0] != '\0' && word[0] != '#' && strpbrk(word, " \t\r\n'\"\\;") == NULL)
        return g_strdup(word);
    if (strpbrk(word, "'\n\r") == NULL && !g_str_has_suffix(word, "\\"))
        return g_strdup_printf("'%s'", word);
    g_autoptr(GString) out = g_string_new("\"");
    for (const char *p = word; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            g_string_append_c(out, '\\');
        if (*p == '\n')
            g_string_append(out, "\\n");
        else
            g_string_append_c(out, *p);
    }
    g_string_append_c(out, '"');
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static char *written_from(const command_call *call, int from)
{
    const statement *s = call->statement;
    gsize start = g_array_index(s->starts, gsize, from + 1);
    gsize end = g_array_index(s->ends, gsize, s->ends->len - 1);
    return g_strndup(s->written->str + start, end - start);
}

char *command_call_written(const command_call *call, int from)
{
    if (from >= call->nargs)
        return g_strdup("");
    if (call->statement != NULL)
        return written_from(call, from);
    g_autoptr(GString) out = g_string_new(NULL);
    for (int i = from; i < call->nargs; i++) {
        g_autofree char *quoted = command_quote(call->args[i]);
        g_string_append_printf(out, "%s%s", i > from ? " " : "", quoted);
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

char *command_call_text(const command_call *call, int from)
{
    if (from >= call->nargs)
        return g_strdup("");
    if (call->statement == NULL)
        return g_strjoinv(" ", call->args + from);
    char *written = written_from(call, from);
    if (call->nargs != from + 1 || (written[0] != '"' && written[0] != '\''))
        return written;
    g_free(written);
    return g_strdup(call->args[from]);
}
