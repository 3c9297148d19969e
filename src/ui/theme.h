/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each thing on the screen looks like: roles with names, themes, and the person's color rules.
 */
#ifndef CURSUS_UI_THEME_H
#define CURSUS_UI_THEME_H

#include "conf/conf.h"
#include "model/summary.h"
#include "text/styled.h"
#include "ui/term-curses.h"

typedef enum theme_role {
    LOOK_NORMAL,
    LOOK_CURSOR,
    LOOK_UNREAD,
    LOOK_READ,
    LOOK_FLAGGED, /* its mark */
    LOOK_TAGGED,  /* its mark */
    LOOK_DELETED, /* the row */
    LOOK_PENDING, /* its mark */
    LOOK_THREAD,  /* tree lines */
    LOOK_DATE,
    LOOK_SENDER,
    LOOK_SUBJECT,
    LOOK_SIZE,
    LOOK_LABEL,
    LOOK_ATTACHMENT,
    LOOK_PALE, /* a row that is not here yet */
    LOOK_TITLE,
    LOOK_FOLDER,
    LOOK_FOLDER_UNREAD,
    LOOK_FOLDER_CURRENT,
    LOOK_ACCOUNT,
    LOOK_LINE, /* rules and borders */
    LOOK_STATUS,
    LOOK_ONLINE,
    LOOK_OFFLINE,
    LOOK_HINT,
    LOOK_HINT_KEY,
    LOOK_MESSAGE,
    LOOK_ERROR,
    LOOK_PROGRESS,
    LOOK_PROMPT,
    LOOK_COMPLETION,
    LOOK_MATCH, /* what a search found */
    LOOK_HEADER_NAME,
    LOOK_HEADER,
    LOOK_QUOTE1,
    LOOK_QUOTE2,
    LOOK_QUOTE3,
    LOOK_QUOTE4,
    LOOK_QUOTE5,
    LOOK_QUOTE6,
    LOOK_SIGNATURE,
    LOOK_LINK,
    LOOK_CODE,
    LOOK_HEADING,
    LOOK_NOTE,
    LOOK_DIFF_ADD,
    LOOK_DIFF_DELETE,
    LOOK_DIFF_HUNK,
    LOOK_TRUST_GOOD,
    LOOK_TRUST_WARN,
    LOOK_COUNT
} theme_role;

typedef struct theme theme;

/* By the options `theme` and the color rules; ncolors as of the terminal.  report gets rules that
 * make no sense (role or query unknown, word unknown), as whole sentences. */
theme *theme_new(const conf *c, int ncolors, gint64 now_s, command_report_fn report, gpointer data);
void theme_free(theme *t);
/* The look to lay over what is below (colours may be TERM_INHERIT). */
term_style theme_look(const theme *t, theme_role role);
/* The look of one "label:NAME" or "account:NAME" where the person gave it one, else of the role. */
term_style theme_name_look(const theme *t, const char *kind, const char *name, theme_role fallback);
/* On the row of the cursor: only the weight of a look is kept, the one surface stays whole. */
term_style theme_on_cursor(const theme *t, term_style style);
/* All rules whose query matches the row, laid over each other; false when none does. */
bool theme_row(const theme *t, const mail_summary *s, const char *account, const char *folder,
               term_style *out);
/* A run of a styled line; quote: level of the line. */
term_style theme_text(const theme *t, text_style style, guint quote);
/* "bold red on blue" -> style; NULL, or a word it does not know. */
const char *theme_parse(const char *words, term_style *out);
/* A role by its word ("cursor"), LOOK_COUNT when there is none. */
theme_role theme_role_from_word(const char *word);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(theme, theme_free)

#endif
