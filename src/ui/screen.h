/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The screen as its own files see it: the one struct, and what they do for one another.  All of it
 * belongs to the main thread, and nothing here waits for network or disk. */
#ifndef CURSUS_UI_SCREEN_H
#define CURSUS_UI_SCREEN_H

#include "action/face.h"
#include "ui/canvas.h"
#include "ui/theme.h"
#include "ui/ui.h"
#include "ui/view.h"

typedef struct index_view index_view;
typedef struct folder_tree folder_tree;
typedef struct prompt prompt;
typedef struct messages messages;
typedef struct refusals refusals;
typedef struct loop loop;

/* Below this the screen says so instead of drawing. */
#define SCREEN_MIN_ROWS 10
#define SCREEN_MIN_COLS 60
/* From these widths on the folder list stands at the left, and the message beside the index. */
#define SCREEN_SIDEBAR_COLS 110
#define SCREEN_BESIDE_COLS 160

typedef enum sidebar_wish { SIDEBAR_AUTO, SIDEBAR_YES, SIDEBAR_NO } sidebar_wish;

struct ui {
    const ui_options *options;
    mtm *mtm;
    conf *conf;
    command_table *commands;
    face face;
    theme *theme;
    GPtrArray *views;  /* of view *, owning; the index first, the focused one last */
    index_view *index; /* views[0] */
    folder_tree *folders;
    messages *messages;
    prompt *prompt;      /* NULL: none is open */
    GHashTable *history; /* kind of prompt -> GPtrArray of what was entered */
    GString *keys;       /* typed so far of a binding with several keys */
    GHashTable *ops;     /* operations a person started: id -> label */
    GQueue *asks;        /* questions that wait behind an open prompt */
    GQueue *held;        /* keys that wait for rows which the last key asked for */
    guint held_source;
    loop *loop;
    sidebar_wish sidebar;
    bool started;      /* the first paint is done */
    bool tag_prefix;   /* the next key acts on what is tagged */
    bool on_tagged;    /* the command that runs does */
    GArray *chosen;    /* of guint32: what a command is run on instead of the selection; NULL none */
    guint32 acted_on;  /* where the cursor was after the last act: while it stays there, u is undo */
    char *last_target; /* of a move or copy, ACCOUNT:NAME; NULL none yet */
    char *awaited_folder; /* to be opened when the list has it; NULL none */
    refusals *refusals;
    GHashTable *noted; /* account -> the last problem that was shown; until it is online again */
};

/* ---- help.c */
GPtrArray *help_lines(ui *u, command_context context); /* of styled_line, owning */

/* ---- events.c: what mtm tells */
void events_start(ui *u); /* observe */
void events_stop(ui *u);
void events_prompt_is_free(ui *u); /* a question that waits is asked soon */
/* Open the folder to begin with, once it is known; first: before the first paint. */
void events_open_first(ui *u, bool first);
/* Open this folder (NULL: none) once it is known, or say that there is none when no server can name it any more. */
void events_await_folder(ui *u, const char *name);

/* ---- ui.c */
/* The screen of a call; NULL with ERROR_INPUT where there is none. */
ui *ui_of_call(const command_call *call, GError **error);
/* Run a line of the command language; a mistake goes to the message line. */
void ui_run_text(ui *u, const char *text);
/* Ids a command acts on: those chosen, tagged, or under the cursor, also of rows that have left.  Caller frees. */
GArray *ui_selection(ui *u);
/* 48201 -> "48,201"; caller frees. */
char *ui_number(guint64 n);
/* "Inbox", else the whole name; with the account where there are several.  Sanitised; caller frees.
 */
char *ui_folder_title(ui *u, const folder *f);
/* Open the command line with this begun; in commands-screen.c. */
void ui_command_prompt(ui *u, const char *initial);

/* ---- loop.c */
/* Before the terminal is taken: ncurses leaves signals alone that somebody handles. */
loop *loop_new(ui *u);
void loop_free(loop *l);
void ui_loop_run(ui *u);
void ui_loop_quit(ui *u);
void ui_dirty(ui *u); /* the picture is old: paint soon */
void ui_paint_now(ui *u);

/* ---- screen.c */
void screen_paint(ui *u);
/* The area the index would be drawn into, before anything is. */
rect screen_index_area(ui *u);
/* The area of the view on top. */
rect screen_view_area(ui *u);
view *screen_top(ui *u);
void screen_push(ui *u, view *v);
void screen_pop(ui *u); /* never the index */
void screen_pop_to_index(ui *u);
view *screen_find(ui *u, command_context context); /* the uppermost of this context, or NULL */
bool screen_sidebar_shown(ui *u);
void screen_click(ui *u, const term_mouse *mouse);

/* ---- status.c */
void status_draw(ui *u, int row, int col, int ncols);
/* The hint bar: the most important keys of the view on top, or the continuations of a half typed
 * key. */
void hints_draw(ui *u, int row, int ncols);

/* ---- message.c: the message line */
messages *messages_new(void);
void messages_free(messages *m);
void ui_say(ui *u, const char *sentence);  /* goes with the next key */
void ui_warn(ui *u, const char *sentence); /* stays until it could be read */
void ui_warn_account(ui *u, const char *account,
                     const char *sentence);         /* a problem of this account ... */
void messages_resolved(ui *u, const char *account); /* ... that is over */
void ui_warn_error(ui *u, GError *error);           /* frees it */
void ui_warn_problem(ui *u, const mtm_problem *problem);
bool messages_shown(const ui *u);
void messages_key(ui *u);             /* a key was typed */
int messages_nrows(ui *u, int ncols); /* 0: nothing to say */
void messages_draw(ui *u, rect area);
GPtrArray *messages_all(const ui *u); /* of const char *, newest last; container owned by caller */

/* ---- refusals.c: changes that a server refused are said, once */
refusals *refusals_new(ui *u);
void refusals_free(refusals *r);
void refusals_look(refusals *r); /* the state of an account has changed */

/* ---- keys.c */
void keys_typed(ui *u, const char *key);
/* What was asked for is on the screen: keys that waited for it go on. */
void keys_settled(ui *u);
extern const char default_keys[];

/* ---- the rows of the commands, beside their functions */
extern const command_row ui_move_rows[], ui_act_rows[], ui_index_rows[], ui_pager_rows[], ui_folder_rows[],
    ui_screen_rows[], ui_manage_rows[], ui_jobs_rows[];

#endif
