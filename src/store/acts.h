/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between the files of acts: an action while it is made, its rows and differences. */
#ifndef CURSUS_STORE_ACTS_H
#define CURSUS_STORE_ACTS_H

#include "store/internal.h"

/* Stored in `difference`: never renumber. */
typedef enum difference_kind {
    DIFFERENCE_FLAGS,
    DIFFERENCE_MOVE,      /* from, to; of a copy or a new message from is 0, of a deletion to is 0 */
    DIFFERENCE_CREATE,    /* folder kinds: what is the folder */
    DIFFERENCE_RENAME,
    DIFFERENCE_DELETE,
    DIFFERENCE_SUBSCRIBE, /* add_flags: SUBSCRIBED_* set, remove_flags: taken away */
} difference_kind;
enum { SUBSCRIBED_HERE = 1, SUBSCRIBED_THERE = 2 };

typedef struct difference {
    difference_kind kind;
    guint32 what, from, to, source;
    guint32 mail, node;
    gint64 date, received;
    guint64 size;
    mail_flags add, remove;
    char *add_keywords, *remove_keywords; /* NULL: "" */
    char *from_name, *to_name;
} difference;
void difference_clear(difference *d);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(difference, difference_clear)

typedef struct act {
    store *s;
    guint64 action;
    bool own;     /* the transaction */
    bool changed; /* some difference was written */
} act;
/* The action is made when it is first needed; back: it is an undo. */
bool act_begin(act *a, store *s, const char *label, GError **error);
/* The action's id; 0 when nothing was changed, or on error (ok false). */
guint64 act_end(act *a, bool ok, GError **error);

typedef struct journal_new {
    journal_kind kind;
    guint32 account, placement, target, source;
    guint64 after;
    mail_flags add, remove;
    const char *add_keywords, *remove_keywords, *name; /* NULL: "", of name none */
} journal_new;
/* Its id; 0 with *error. */
guint64 journal_add(act *a, const journal_new *row, GError **error);
bool difference_add(act *a, const difference *d, GError **error);

bool act_flags(act *a, guint32 id, mail_flags add, mail_flags remove, const char *const *add_keywords,
               const char *const *remove_keywords, GError **error);
/* Inside an account; folder 0: nowhere.  after: a row that must be done before.  *row (may be NULL): of the journal,
 * 0 when none was needed. */
bool act_move(act *a, guint32 id, guint32 folder, guint64 after, guint64 *row, GError **error);
/* A new placement of the same content; in another account an appended one.  *row: of the journal. */
bool act_copy(act *a, guint32 id, guint32 folder, guint32 *made, guint64 *row, GError **error);
/* The row of a copy or an appending that was not sent goes, with the placement it was to make. */
bool act_drop_unsent(act *a, const whereabouts *w, GError **error);

/* ---- messages.c: one message without a uid */
bool placement_make(store *s, guint32 folder, const mail_summary *summary, guint32 *id, guint32 *mail, GError **error);

/* ---- acts-folder.c */
bool act_subscribe(act *a, guint32 folder, int set, int taken, GError **error);
bool act_rename(act *a, guint32 folder, const char *name, GError **error);
bool act_delete_folder(act *a, guint32 folder, GError **error);
/* NULL: name may be given to this folder (0: a new one), else why not.  Caller frees. */
char *name_refused(store *s, guint32 account, guint32 folder, const char *name);

#endif
