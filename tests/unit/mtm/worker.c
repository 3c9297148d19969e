/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue behind keeper and reader: order, priorities, batches, back-pressure, end. */
#include "unit/runner.h"

#include "base/error.h"
#include "mtm/worker.h"

#include <string.h>

typedef struct trace {
    GMutex mutex;
    GString *text;
    GMutex gate; /* held by the test: jobs that want it wait */
} trace;

static trace t;

static void note(const char *word)
{
    g_mutex_lock(&t.mutex);
    g_string_append(t.text, word);
    g_mutex_unlock(&t.mutex);
}

typedef struct word_job {
    job base;
    const char *word;
    bool gated;
} word_job;

static void word_run(job *base, gpointer state)
{
    word_job *j = (word_job *)base;
    (void)state;
    if (j->gated) {
        note("(");
        g_mutex_lock(&t.gate);
        g_mutex_unlock(&t.gate);
    }
    note(j->word);
}

static void word_after(job *base)
{
    (void)base;
    note("'");
}

static void post(worker *w, worker_priority priority, const char *word, bool gated, gsize nbytes)
{
    word_job *j = g_new0(word_job, 1);
    j->base = (job){ word_run, word_after, NULL, nbytes };
    j->word = word;
    j->gated = gated;
    worker_post(w, priority, &j->base);
}

static void begin(gpointer state)
{
    (void)state;
    note("[");
}

static void end(gpointer state, bool durable)
{
    (void)state;
    note(durable ? "!]" : "]");
}

static void setup(void)
{
    memset(&t, 0, sizeof t);
    g_mutex_init(&t.mutex);
    g_mutex_init(&t.gate);
    t.text = g_string_new(NULL);
}

static void teardown(void)
{
    g_string_free(t.text, TRUE);
}

static void wait_for(const char *text)
{
    for (;;) {
        g_mutex_lock(&t.mutex);
        bool there = strstr(t.text->str, text) != NULL;
        g_mutex_unlock(&t.mutex);
        if (there)
            return;
        g_thread_yield();
    }
}

START_TEST(acts_overtake_sync_and_end_their_batch)
{
    const worker_hooks hooks = { .batch_begin = begin, .batch_end = end, .batch_ms = 100000 };
    worker *w = worker_new("test", &hooks, NULL, 1000, NULL);
    g_mutex_lock(&t.gate);
    post(w, WORKER_SYNC, "a", true, 1);
    wait_for("(");
    post(w, WORKER_SYNC, "b", false, 1);
    post(w, WORKER_SYNC, "c", false, 1);
    post(w, WORKER_ACT, "X", false, 1);
    g_mutex_unlock(&t.gate);
    worker_free(w);
    ck_assert_str_eq(t.text->str, "[(aX!]''[bc]''");
}
END_TEST

static gpointer poster(gpointer data)
{
    post(data, WORKER_SYNC, "b", false, 60);
    note("p");
    return NULL;
}

START_TEST(a_full_queue_holds_the_poster_back)
{
    const worker_hooks hooks = { 0 };
    worker *w = worker_new("test", &hooks, NULL, 100, NULL);
    g_mutex_lock(&t.gate);
    post(w, WORKER_SYNC, "a", true, 10);
    wait_for("(");
    post(w, WORKER_SYNC, "x", false, 60);
    GThread *thread = g_thread_new("poster", poster, w);
    post(w, WORKER_ACT, "A", false, 1000); /* acts are never held back */
    g_mutex_lock(&t.mutex);
    bool held = strchr(t.text->str, 'p') == NULL;
    g_mutex_unlock(&t.mutex);
    g_mutex_unlock(&t.gate);
    g_thread_join(thread);
    worker_free(w);
    ck_assert(held);
    ck_assert_ptr_nonnull(strchr(t.text->str, 'b'));
}
END_TEST

static bool fail_open(gpointer user, gpointer *state, GError **error)
{
    (void)user;
    (void)state;
    error_set(error, ERROR_DISK, "no room");
    return false;
}

START_TEST(a_failed_open_is_the_callers_error)
{
    const worker_hooks hooks = { .open = fail_open };
    g_autoptr(GError) error = NULL;
    ck_assert_ptr_null(worker_new("test", &hooks, NULL, 0, &error));
    ck_assert_int_eq(error_kind_of(error), ERROR_DISK);
}
END_TEST

static void call_fn(gpointer data, gpointer state)
{
    (void)state;
    *(int *)data += 1;
}

START_TEST(a_call_returns_after_what_was_queued_before)
{
    const worker_hooks hooks = { 0 };
    worker *w = worker_new("test", &hooks, NULL, 100, NULL);
    int n = 0;
    for (int i = 0; i < 100; i++)
        post(w, WORKER_SYNC, "a", false, 1);
    worker_call(w, WORKER_SYNC, call_fn, &n);
    ck_assert_int_eq(n, 1);
    ck_assert_uint_ge(t.text->len, 199); /* each job noted itself and its end, but perhaps the last one's */
    worker_free(w);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("mtm/worker");
    TCase *c = tcase_create("worker");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, acts_overtake_sync_and_end_their_batch);
    tcase_add_test(c, a_full_queue_holds_the_poster_back);
    tcase_add_test(c, a_failed_open_is_the_callers_error);
    tcase_add_test(c, a_call_returns_after_what_was_queued_before);
    suite_add_tcase(s, c);
    return s;
}
