/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The archivist, the only writer of bodies.db: bodies and beginnings as they arrive, what was read, the
 * limit, and a file that turns out to be damaged.  Behind everything else; what a person waits for never
 * waits for it. */
#include "mtm/internal.h"
#include "base/clock.h"
#include "base/log.h"
#include "mime/message.h"

#include <string.h>

enum {
    ARCHIVIST_BOUND = 8 << 20,     /* bytes of queued bodies */
    PREVIEW_CHARACTERS = 200,      /* as RFC 8970 has it */
    LEARN_MAX = 8 << 20,           /* bytes of the largest body that is parsed for it */
    USED_PAUSE_MS = 60 * 1000,     /* between two notes of what was read */
};

typedef struct archivist {
    mtm *m;
    body_store *bodies;
    store *store;                  /* reading, on demand */
} archivist;

static store *archivist_store(archivist *a)
{
    g_autoptr(GError) error = NULL;
    if (a->store == NULL)
        a->store = store_open(a->m->data_dir, STORE_READ, &error);
    if (error != NULL)
        log_warn(LOG_STORE, "%s", error->message);
    return a->store;
}

/* ---- what stays, whatever the limit */

static GHashTable *protected_now(gpointer data)
{
    archivist *a = data;
    store *s = archivist_store(a);
    GHashTable *set = s != NULL ? store_protected(s) : g_hash_table_new(NULL, NULL);
    g_mutex_lock(&a->m->archive.mutex);
    for (guint i = 0; i < ARCHIVE_OPEN; i++)
        if (a->m->archive.open[i] != 0)
            g_hash_table_add(set, GUINT_TO_POINTER(a->m->archive.open[i]));
    g_mutex_unlock(&a->m->archive.mutex);
    return set;
}

static void tell_floor(archivist *a)
{
    atomic_store(&a->m->archive.floor_s, body_floor(a->bodies));
}

static void obey_limit(archivist *a)
{
    g_autoptr(GError) error = NULL;
    body_limit(a->bodies, atomic_load(&a->m->archive.limit), protected_now, a);
    if (!body_evict(a->bodies, &error))
        log_warn(LOG_STORE, "%s", error->message);
    tell_floor(a);
}

/* ---- the file, and one that is damaged */

static void note_aside(mtm *m, const char *step, const char *detail)
{
    g_autoptr(GError) error = NULL;
    error_set(&error, ERROR_DISK, "%s", detail);
    posted *p = posted_new(MTM_NOTE);
    p->problem = problem_new(NULL, step, error);
    mtm_post(m, p);
}

static bool open_bodies(archivist *a, GError **error)
{
    g_autofree char *aside = NULL;
    a->bodies = body_store_open(a->m->cache_dir, STORE_WRITE, &aside, error);
    if (a->bodies == NULL)
        return false;
    if (aside != NULL) {
        log_warn(LOG_STORE, "bodies.db was damaged: %s", aside);
        note_aside(a->m, "cache", aside);
    }
    store *s = archivist_store(a);
    if (s == NULL || !body_store_claim(a->bodies, s, error)) {
        g_clear_pointer(&a->bodies, body_store_close);
        if (s == NULL)
            error_set(error, ERROR_DISK, "the mail store cannot be read");
        return false;
    }
    atomic_fetch_add(&a->m->archive.generation, 1); /* handles of before read another file */
    return true;
}

/* Damage that showed while the file was in use. */
static void begin_anew(archivist *a)
{
    g_autoptr(GError) error = NULL;
    g_clear_pointer(&a->bodies, body_store_close);
    g_autofree char *aside = store_set_aside(a->m->cache_dir, "bodies.db", &error);
    if (aside != NULL) {
        log_warn(LOG_STORE, "bodies.db is damaged: %s", aside);
        note_aside(a->m, "cache", aside);
    }
    if (open_bodies(a, &error))
        obey_limit(a);
    else
        log_error(LOG_STORE, "%s", error->message);
}

/* Bodies were here, and their file is gone: somebody cleared the cache. */
static void note_missing(archivist *a)
{
    g_autofree char *path = g_build_filename(a->m->cache_dir, "bodies.db", NULL);
    store *s = !g_file_test(path, G_FILE_TEST_EXISTS) ? archivist_store(a) : NULL;
    if (s != NULL && store_knows_bodies(s))
        note_aside(a->m, "cache-gone", path);
}

static bool archivist_open(gpointer user, gpointer *state, GError **error)
{
    archivist *a = g_new0(archivist, 1);
    a->m = user;
    note_missing(a);
    if (!open_bodies(a, error)) {
        store_close(a->store);
        g_free(a);
        return false;
    }
    *state = a;
    return true;
}

static void note_used(archivist *a);

static void archivist_close(gpointer state)
{
    archivist *a = state;
    note_used(a);
    body_store_close(a->bodies);
    store_close(a->store);
    g_free(a);
}

/* The file may have gone for good (no room for a new one): then nothing is kept. */
static bool usable(archivist *a)
{
    if (a->bodies != NULL && body_store_damaged(a->bodies))
        begin_anew(a);
    return a->bodies != NULL;
}

bool archivist_start(mtm *m, GError **error)
{
    static const worker_hooks hooks = { .open = archivist_open, .close = archivist_close };
    m->archivist = worker_new("archivist", &hooks, m, ARCHIVIST_BOUND, error);
    if (m->archivist == NULL)
        return false;
    archive_limit(m);
    return true;
}

/* ---- small jobs */

typedef struct task {
    job base;
    void (*fn)(archivist *a, guint argument);
    guint argument;
} task;

static void task_run(job *base, gpointer state)
{
    task *t = (task *)base;
    archivist *a = state;
    if (usable(a))
        t->fn(a, t->argument);
}

/* At the acts' priority, which is not bounded: the keeper posts too, and must not wait for its own queue. */
static void post_task(mtm *m, void (*fn)(archivist *, guint), guint argument)
{
    task *t = g_new0(task, 1);
    t->base.run = task_run;
    t->fn = fn;
    t->argument = argument;
    worker_post(m->archivist, WORKER_ACT, &t->base);
}

static void run_limit(archivist *a, guint argument)
{
    (void)argument;
    obey_limit(a);
}

void archive_limit(mtm *m)
{
    post_task(m, run_limit, 0);
}

static void run_sweep(archivist *a, guint argument)
{
    (void)argument;
    g_autoptr(GError) error = NULL;
    guint removed = 0;
    store *s = archivist_store(a);
    if (s != NULL && !body_sweep(a->bodies, s, &removed, &error))
        log_warn(LOG_STORE, "%s", error->message);
    tell_floor(a);
}

void archive_sweep(mtm *m)
{
    post_task(m, run_sweep, 0);
}

static void run_damaged(archivist *a, guint generation)
{
    if (generation == atomic_load(&a->m->archive.generation)) /* else it is another file by now */
        begin_anew(a);
}

body_store *archive_reader(mtm *m, archive_handle *h, GError **error)
{
    guint generation = atomic_load(&m->archive.generation);
    if (h->bodies != NULL && body_store_damaged(h->bodies) && m->archivist != NULL && !h->told) {
        h->told = true;
        post_task(m, run_damaged, h->generation);
    }
    if (h->bodies != NULL && h->generation != generation)
        archive_handle_clear(h);
    if (h->bodies == NULL) {
        h->bodies = body_store_open(m->cache_dir, STORE_READ, NULL, error);
        h->generation = generation;
        h->told = false;
    }
    return h->bodies;
}

void archive_handle_clear(archive_handle *h)
{
    g_clear_pointer(&h->bodies, body_store_close);
}

/* ---- what was read */

static void note_used(archivist *a)
{
    archive *r = &a->m->archive;
    g_autoptr(GError) error = NULL;
    g_mutex_lock(&r->mutex);
    g_autoptr(GArray) used = r->used;
    r->used = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_mutex_unlock(&r->mutex);
    if (a->bodies != NULL && used->len > 0 &&
        !body_used(a->bodies, (const guint32 *)(gpointer)used->data, used->len, clock_now_s(), &error))
        log_warn(LOG_STORE, "%s", error->message);
}

static void run_used(archivist *a, guint argument)
{
    (void)argument;
    note_used(a);
}

void archive_used(mtm *m, guint32 mail)
{
    archive *r = &m->archive;
    gint64 now_ms = clock_monotonic_ms();
    g_mutex_lock(&r->mutex);
    g_array_append_val(r->used, mail);
    r->open[r->next_open++ % ARCHIVE_OPEN] = mail;
    bool due = r->used_told_ms == 0 || now_ms - r->used_told_ms >= USED_PAUSE_MS;
    if (due)
        r->used_told_ms = now_ms;
    g_mutex_unlock(&r->mutex);
    if (due && m->archivist != NULL)
        post_task(m, run_used, 0);
}

void archive_init(mtm *m)
{
    g_mutex_init(&m->archive.mutex);
    m->archive.used = g_array_new(FALSE, FALSE, sizeof(guint32));
}

void archive_clear(mtm *m)
{
    g_array_unref(m->archive.used);
    g_mutex_clear(&m->archive.mutex);
}

/* ---- bodies */

typedef struct body_job {
    job base;
    mtm *m;
    guint32 placement, mail;
    GBytes *raw;
    bool piece;
    guint64 offset, total;
    gint64 used_s;
} body_job;

static void learn_from(const body_job *j, guint32 mail, GBytes *hash)
{
    if (g_bytes_get_size(j->raw) > LEARN_MAX)
        return;
    g_autoptr(mime_message) message = mime_message_new(j->raw);
    keeper_learned(j->m, &(learned){ .mail = mail, .preview = mime_message_preview(message, PREVIEW_CHARACTERS),
                                     .has_attachment = part_has_attachment(mime_message_structure(message)),
                                     .hash = g_bytes_ref(hash) });
}

typedef struct split {
    guint32 placement, mail;
} split;

static bool run_split(store *s, gpointer data, GError **error)
{
    split *what = data;
    return store_content_split(s, what->placement, &what->mail, error);
}

/* The server gave other bytes than those this content is known by.  They never take their place where
 * another message shows them too; where there is none, the server's latest word counts. */
static guint32 content_for_different(archivist *a, const body_job *j)
{
    g_autoptr(GError) error = NULL;
    split what = { .placement = j->placement };
    if (!keeper_run(j->m, run_split, &what, &error)) {
        log_warn(LOG_STORE, "message %u: %s", j->placement, error->message);
        return 0;
    }
    log_warn(LOG_STORE, "message %u: its body is another than the one known for content %u; %s", j->placement, j->mail,
             what.mail != j->mail ? "kept apart" : "the server changed it");
    if (what.mail == j->mail && !body_drop(a->bodies, j->mail, &error))
        return 0;
    return what.mail;
}

static bool known_by_another(archivist *a, guint32 mail, GBytes *hash)
{
    store *s = archivist_store(a);
    g_autoptr(GBytes) known = s != NULL ? store_content_hash(s, mail) : NULL;
    return known != NULL && !g_bytes_equal(known, hash);
}

static void put_body(archivist *a, const body_job *j)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) hash = content_hash(j->raw);
    guint32 mail = j->mail;
    body_outcome out = known_by_another(a, mail, hash) ? BODY_DIFFERS
                                                       : body_put(a->bodies, mail, j->raw, j->used_s, &error);
    if (out == BODY_DIFFERS) {
        mail = content_for_different(a, j);
        out = mail != 0 ? body_put(a->bodies, mail, j->raw, j->used_s, &error) : BODY_FAILED;
    }
    /* A body that cannot be kept is fetched again when it is wanted. */
    if (error != NULL)
        log_warn(LOG_STORE, "body of message %u not kept: %s", mail, error->message);
    if (mail != 0 && out != BODY_SAME)
        learn_from(j, mail, hash);
}

static void body_run(job *base, gpointer state)
{
    body_job *j = (body_job *)base;
    archivist *a = state;
    g_autoptr(GError) error = NULL;
    if (!usable(a))
        return;
    if (!j->piece)
        put_body(a, j);
    else if (body_append(a->bodies, j->mail, j->offset, j->raw, j->total, j->used_s, &error) == BODY_FAILED)
        log_warn(LOG_STORE, "beginning of message %u not kept: %s", j->mail, error->message);
    tell_floor(a);
}

static void body_job_free(job *base)
{
    body_job *j = (body_job *)base;
    g_bytes_unref(j->raw);
    g_free(j);
}

static body_job *body_job_new(mtm *m, guint32 mail, GBytes *raw, gint64 used_s)
{
    body_job *j = g_new0(body_job, 1);
    j->base = (job){ body_run, NULL, body_job_free, g_bytes_get_size(raw) };
    j->m = m;
    j->mail = mail;
    j->raw = g_bytes_ref(raw);
    j->used_s = used_s;
    return j;
}

void archive_body(mtm *m, guint32 placement, guint32 mail, GBytes *raw, gint64 used_s)
{
    body_job *j = body_job_new(m, mail, raw, used_s);
    j->placement = placement;
    worker_post(m->archivist, WORKER_SYNC, &j->base);
}

void archive_piece(mtm *m, guint32 mail, guint64 offset, GBytes *piece, guint64 total, gint64 used_s)
{
    body_job *j = body_job_new(m, mail, piece, used_s);
    j->piece = true;
    j->offset = offset;
    j->total = total;
    worker_post(m->archivist, WORKER_SYNC, &j->base);
}

static void nothing(gpointer data, gpointer state)
{
    (void)data;
    (void)state;
}

void archive_settle(mtm *m)
{
    worker_call(m->archivist, WORKER_SYNC, nothing, NULL);
}
