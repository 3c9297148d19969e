/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands in the main area: index, message, folder list, help.  Views lie on a stack, the top
 * one has the keys; the index is always the lowest. */
#ifndef CURSUS_UI_VIEW_H
#define CURSUS_UI_VIEW_H

#include "command/command.h"
#include "mtm/mtm.h"
#include "ui/canvas.h"

typedef struct ui ui;
typedef struct view view;

typedef enum view_motion { MOVE_LINE, MOVE_HALF, MOVE_PAGE, MOVE_END } view_motion;

/* Members may be NULL but draw, title and free. */
typedef struct view_class {
    command_context context;
    const char *hints; /* names of commands for the hint bar, by importance */
    void (*draw)(view *v, rect area);
    /* The two ends of the title line; the right one gives way. */
    void (*title)(view *v, GString *left, GString *right);
    /* Where in it: "1 of 48,201", the right end of the status line. */
    void (*place)(view *v, GString *out);
    void (*event)(view *v, const mtm_event *event);
    /* Move by n (negative: up) lines, halves or pages; MOVE_END: n < 0 to the first, else to the
     * last. */
    void (*move)(view *v, view_motion motion, int n);
    /* Find text from the cursor on, or again with text NULL; says itself what was not found. */
    bool (*search)(view *v, const char *text, bool backwards, GError **error);
    /* The mouse button on a row of the area it was drawn into. */
    void (*click)(view *v, int row);
    void (*free)(view *v);
} view_class;

struct view {
    const view_class *class;
    ui *ui;
};

#endif
