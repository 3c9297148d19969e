/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The line at the bottom where a person writes: editing, history, completion, a remark under the
 * column. */
#ifndef CURSUS_UI_PROMPT_H
#define CURSUS_UI_PROMPT_H

#include "ui/screen.h"

/* A line of a completion list. */
typedef struct candidate {
    char *word; /* replaces the text from the start of the word on */
    char *note; /* what it is, or NULL */
} candidate;
GPtrArray *candidates_new(void); /* of candidate, owning */
void candidates_add(GPtrArray *list, const char *word, const char *note);

typedef struct prompt_kind {
    const char *history; /* name of the history it shares, NULL: none */
    bool secret;         /* nothing of it is shown or kept */
    bool one_key;        /* the first key is the answer */
    bool list;           /* show candidates while typing, not only after Tab */
    /* Candidates for the word at the end of text; *start: the byte where that word begins. */
    GPtrArray *(*complete)(ui *u, const char *text, gsize *start);
    /* What is wrong with it so far, NULL nothing; *column counts from 1, 0 unknown.  Caller frees.
     */
    char *(*check)(ui *u, const char *text, int *column);
    /* After each change, behind a short pause. */
    void (*changed)(ui *u, const char *text, gpointer data);
    /* Once, after the prompt is gone; text NULL: cancelled. */
    void (*done)(ui *u, const char *text, gpointer data);
} prompt_kind;

/* Both texts are copied.  A prompt that is open already is cancelled first. */
void prompt_open(ui *u, const prompt_kind *kind, const char *label, const char *initial,
                 gpointer data);
void prompt_close(ui *u); /* cancelled */
void prompt_folders_changed(ui *u); /* what an open one offers may have changed */
void prompt_key(ui *u, const char *key);
void prompt_paste(ui *u, const char *text);
/* Rows it takes at the bottom of the screen, with its remark; the candidates lie above them. */
int prompt_nrows(const ui *u);
void prompt_draw(ui *u, rect area);

#endif
