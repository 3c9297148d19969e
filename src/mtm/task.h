/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An operation of many steps (get, search, import, export): a thread of its own that reads the store, hands work to
 * sessions and fetchers and waits for their completions.  It never blocks the main thread and ends in one MTM_DONE. */
#ifndef CURSUS_MTM_TASK_H
#define CURSUS_MTM_TASK_H

#include "mtm/internal.h"

typedef struct mtm_task mtm_task;
typedef void (*task_fn)(mtm_task *t, gpointer data);

struct mtm_task {
    mtm *m;
    guint64 op;
    char *account;         /* NULL: several */
    task_fn fn;
    gpointer data;
    GDestroyNotify free_data;
    GThread *thread;
    GMutex mutex;          /* guards the next three */
    GCond cond;
    GHashTable *subs;      /* op -> sub_result *, of what is waited for */
    bool cancelled;
    /* the thread's own */
    store *store;          /* reading, on demand */
    archive_handle handle;
    guint count, failed;   /* messages */
    mtm_problem *problem;  /* the first */
    gint64 told_ms;
};

/* Main thread.  fn runs in a thread of its own; what it leaves in count, failed and problem is told by MTM_DONE of the
 * operation whose id is returned.  data is freed with free_data. */
guint64 task_start(mtm *m, const char *account, task_fn fn, gpointer data, GDestroyNotify free_data);
bool task_cancel(mtm *m, guint64 op);
void task_heard(mtm *m, const mtm_event *done); /* of every MTM_DONE */
bool tasks_busy(const mtm *m, const char *account);
/* Cancels all and waits for them; before sessions and fetchers end. */
void tasks_stop(mtm *m);

/* ---- of the task's thread */
bool task_stopped(mtm_task *t);
/* The id of an operation that will be waited for. */
guint64 task_sub(mtm_task *t);
/* True: done.  Else *problem (may be NULL: it is kept as the task's if that has none). */
bool task_wait(mtm_task *t, guint64 sub, mtm_problem **problem);
/* Calls fn in the main thread and waits for the operation it begins (0: none); its count and failures are added. */
typedef guint64 (*task_call)(mtm *m, gpointer data);
bool task_on_main(mtm_task *t, task_call fn, gpointer data);
void task_progress(mtm_task *t, const char *phase, const char *folder_name, guint64 done, guint64 total,
                   guint64 bytes, guint64 total_bytes);
/* A problem with one message: counted, the first is kept. */
void task_failed(mtm_task *t, const char *step, const GError *error);
void task_problem(mtm_task *t, mtm_problem *problem); /* of the whole; taken */
void task_refuse(mtm_task *t, error_kind kind, const char *step, const char *text);
store *task_store(mtm_task *t); /* NULL: a problem was set */
body_store *task_bodies(mtm_task *t);
mtm_account_entry *task_account(mtm_task *t, guint32 id); /* by its id in the store; NULL none */

#endif
