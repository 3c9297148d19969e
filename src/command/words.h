/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lexer of the command language: statements and words, with their text as written.  Private to the room. */
#ifndef CURSUS_COMMAND_WORDS_H
#define CURSUS_COMMAND_WORDS_H

#include <glib.h>
#include <stdbool.h>

typedef struct statement {
    GPtrArray *words; /* of char *, owning; no NULL at the end */
    GString *written; /* the text, continuation lines joined */
    GArray *starts;   /* of gsize: where each word begins in written */
    GArray *ends;
    int line;         /* of its first word */
} statement;

typedef struct lexer {
    const char *at;
    int line;         /* of `at` */
    bool plain;       /* ';' and '#' are ordinary, a line end is a blank */
} lexer;

statement *statement_new(void);
void statement_free(statement *s);

/* Read the next statement that has words.  1: *s is filled (its former contents are gone); 0: the end; -1: a
 * quote that is not closed on its line, with *error; the lexer is then behind that line and s->line names it. */
int statement_read(lexer *l, statement *s, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(statement, statement_free)

#endif
