/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a command may ask of the face that runs it (the screen or the command line), and the commands that
 * need no screen. */
#ifndef CURSUS_ACTION_FACE_H
#define CURSUS_ACTION_FACE_H

#include "command/command.h"
#include "conf/conf.h"
#include "mtm/mtm.h"

typedef struct face face;
struct face {
    mtm *mtm;
    conf *conf;
    command_table *commands;
    /* A sentence for the person. */
    void (*say)(face *f, const char *sentence);
    void (*warn)(face *f, const char *sentence);
    /* The ids a command without ids acts on: tagged rows or the one under the cursor.  Empty: there is none, and
     * that has been said.  Caller frees. */
    GArray *(*selection)(face *f); /* of guint32 */
    guint32 (*folder)(face *f);    /* the current folder or 0 */
    /* The face waits for this operation where it must (a one-shot command); the screen just notes it. */
    void (*started)(face *f, guint64 op, const char *label);
    /* Go to a folder (opens it on the screen). */
    bool (*open_folder)(face *f, guint32 folder, GError **error);
    void (*quit)(face *f);
    gpointer data;                 /* the face's own */

    /* ---- from here on a member may be NULL */
    /* Wait for an operation that was started and give its outcome: a face that runs one command after the other
     * stops its script there.  NULL: a command is done once its operation is posted (the screen). */
    bool (*wait)(face *f, guint64 op, GError **error);
    /* A row the face holds anyway, borrowed until the next event; NULL (member or answer): the store is asked,
     * which takes a moment. */
    const mail_summary *(*summary)(face *f, guint32 id);
    /* There is no such folder, but a server is being asked for its list: open the folder when it comes, and say so if
     * it does not. */
    void (*await_folder)(face *f, const char *name);
    const char *account;           /* commands that name none act on this account; NULL: on all */
    /* Not all that was asked for could be done, and why has been said: a script's exit status tells. */
    void (*partly)(face *f);
    /* Ask before what cannot be taken back: then(f, data) runs when the answer is yes; free_data always.  NULL: there
     * is nobody to ask, what was written is meant. */
    void (*confirm)(face *f, const char *question, void (*then)(face *f, gpointer data), gpointer data,
                    GDestroyNotify free_data);
    /* The list on the screen is to be read anew: rows that left it go. */
    void (*refresh)(face *f);
    /* The selection was acted on in a way that is done with it (deleted, moved): the cursor goes on. */
    void (*acted)(face *f);
};

/* Rows of the commands that need no screen; doc/cursus.1 lists them.  Their calls want a struct face as host; one
 * without an mtm (a config file being read) is answered with ERROR_INPUT. */
void action_register(command_table *table);

/* `search` where there is no screen (the screen's own row of this name hands over): mtm_search, a line a message. */
bool action_search(command_call *call, GError **error);
/* What an event that ends an operation has to tell beside its problem: "Taken back: delete.", or NULL.  Caller frees. */
char *action_done_sentence(const mtm_event *event);
/* NAME or ACCOUNT:NAME, first within the face's account; NULL with ERROR_INPUT. */
const folder *action_folder(face *f, const char *name, GError **error);

/* The sentence for a problem: what, where (host, port, step), why (the cause or the server's words) and what to
 * do; translated, sanitised.  Caller frees. */
char *action_sentence(const mtm_problem *problem);
char *action_sentence_error(const GError *error);
/* A change was refused: the journal has it, parked, with all that can be said of it. */
bool action_is_refusal(const mtm_problem *problem);

/* "+seen" "-flagged" "+work" -> bits and keywords; false with ERROR_INPUT. */
typedef struct action_flags {
    mail_flags add, remove;
    GPtrArray *add_keywords, *remove_keywords; /* of char *, NULL-terminated, owning */
} action_flags;
bool action_flags_parse(const char *const *words, action_flags *out, GError **error);
void action_flags_clear(action_flags *f);

#endif
