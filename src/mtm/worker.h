/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A thread with one duty and a queue: keeper, archivist and reader are workers.  Two priorities (acts
 * of the person first), a bound in bytes on the lower one, and jobs grouped into batches (transactions). */
#ifndef CURSUS_MTM_WORKER_H
#define CURSUS_MTM_WORKER_H

#include <glib.h>
#include <stdbool.h>

typedef struct worker worker;

typedef struct worker_hooks {
    /* In the worker's thread.  open makes the state the jobs get; false with *error stops the worker. */
    bool (*open)(gpointer user, gpointer *state, GError **error);
    void (*close)(gpointer state);
    /* Around a batch of jobs; NULL where batches mean nothing.  durable: the batch holds an act. */
    void (*batch_begin)(gpointer state);
    void (*batch_end)(gpointer state, bool durable);
    /* The queue has been empty for a second. */
    void (*idle)(gpointer state);
    gint64 batch_ms; /* a batch ends after so many milliseconds */
} worker_hooks;

typedef struct job job;
struct job {
    void (*run)(job *j, gpointer state);  /* in the worker's thread */
    void (*after)(job *j);                /* in the worker's thread, after the batch is committed; may be NULL */
    void (*free)(job *j);                 /* frees j; NULL: g_free */
    gsize nbytes;                         /* counts against the bound */
};

typedef enum worker_priority { WORKER_ACT, WORKER_SYNC } worker_priority;

/* Start the thread and wait until open has run.  NULL with *error when it failed. */
worker *worker_new(const char *name, const worker_hooks *hooks, gpointer user, gsize max_nbytes, GError **error);
/* Run what is queued, stop, free. */
void worker_free(worker *w);
/* Takes the job.  WORKER_SYNC blocks while more than max_nbytes wait (back-pressure). Any thread. */
void worker_post(worker *w, worker_priority priority, job *j);
/* Run fn in the worker's thread, in the order of the queue, and wait for it.  Not from the worker itself. */
void worker_call(worker *w, worker_priority priority, void (*fn)(gpointer data, gpointer state), gpointer data);

#endif
