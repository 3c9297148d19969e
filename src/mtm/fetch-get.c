/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bodies that an operation asked for: many messages, whole or up to what is wanted of them.  The store keeps whole
 * messages and beginnings, so "the text" is the beginning up to where the text ends, as our own parser sees it:
 * BODYSTRUCTURE is wrong too often.  Between two flights whoever opens a message comes first. */
#include "mtm/fetcher.h"
#include "base/clock.h"
#include "mime/structure.h"

enum {
    POPULATE_BATCH = 50,        /* messages a flight at most */
    FLIGHT_BYTES = 1 << 20,
    SMALL_BYTES = 16 << 10,     /* what is not larger comes whole, whatever part is wanted */
    PROGRESS_PAUSE_MS = 100,
};

struct populate {
    populate_request want;
    guint64 op;
    guint at;                   /* ids before are settled */
    guint done, failed;
    guint64 bytes, total_bytes; /* fetched; about to be */
    bool measured;
    bool cancelled;             /* guarded by the fetcher's mutex */
    bool full;                  /* total_limit is reached */
    int tries;                  /* of the same flight */
    gint64 told_ms;
    mtm_problem *problem;       /* the first */
};

static void populate_free(populate *p)
{
    g_free(p->want.ids);
    mtm_problem_free(p->problem);
    g_free(p);
}

void fetcher_populate(mtm_fetcher *f, guint64 op, const populate_request *want)
{
    populate *p = g_new0(populate, 1);
    p->want = *want;
    p->want.ids = g_memdup2(want->ids, want->n * sizeof *want->ids);
    p->op = op;
    g_mutex_lock(&f->mutex);
    g_queue_push_tail(&f->populates, p);
    g_mutex_unlock(&f->mutex);
    wake_signal(&f->wake);
}

static void post_done(mtm_fetcher *f, const populate *p, mtm_problem *problem)
{
    posted *d = posted_new(MTM_DONE);
    d->event.op = p->op;
    d->event.count = p->done;
    d->event.failed = p->failed;
    d->account = g_strdup(f->a->name);
    d->problem = problem;
    mtm_post(f->m, d);
}

bool populate_cancel(mtm_fetcher *f, guint64 op)
{
    populate *found = NULL;
    g_mutex_lock(&f->mutex);
    for (GList *l = f->populates.head; l != NULL && found == NULL; l = l->next)
        if (((populate *)l->data)->op == op)
            found = l->data;
    bool begun = found != NULL && found == f->populating;
    if (begun)
        found->cancelled = true;
    else if (found != NULL)
        g_queue_remove(&f->populates, found);
    g_mutex_unlock(&f->mutex);
    if (found == NULL)
        return false;
    if (!begun) {
        post_done(f, found, fetcher_cancelled_problem());
        populate_free(found);
    }
    return true;
}

bool populate_due(mtm_fetcher *f)
{
    g_mutex_lock(&f->mutex);
    bool due = f->populates.length > 0;
    g_mutex_unlock(&f->mutex);
    return due;
}

static void finish(mtm_fetcher *f, populate *p, mtm_problem *problem)
{
    g_mutex_lock(&f->mutex);
    g_queue_remove(&f->populates, p);
    f->populating = NULL; /* from here on nobody else finds it */
    g_mutex_unlock(&f->mutex);
    if (problem == NULL)
        problem = g_steal_pointer(&p->problem);
    post_done(f, p, problem);
    populate_free(p);
}

void populate_drop(mtm_fetcher *f)
{
    for (populate *p; (p = g_queue_peek_head(&f->populates)) != NULL;)
        finish(f, p, fetcher_cancelled_problem());
}

void populate_tell(mtm_fetcher *f, guint64 now_bytes)
{
    populate *p = f->populating;
    gint64 now_ms = clock_monotonic_ms();
    if (p->want.tell == 0 || (p->at < p->want.n && now_ms - p->told_ms < PROGRESS_PAUSE_MS))
        return;
    p->told_ms = now_ms;
    posted *e = posted_new(MTM_PROGRESS);
    e->account = g_strdup(f->a->name);
    e->event.op = p->want.tell;
    e->event.phase = "bodies";
    e->event.done = p->at;
    e->event.total = p->want.n;
    e->event.bytes = p->bytes + now_bytes;
    e->event.total_bytes = MAX(p->total_bytes, p->bytes + now_bytes);
    mtm_post(f->m, e);
}

/* ---- how far */

static bool is_attachment(const entity *e)
{
    return part_is_attachment(e->part);
}

/* The leaves in order, by the tree's own links: no recursion. */
static const entity *next_leaf(const entity *e)
{
    while (e != NULL && e->parent != NULL) {
        guint at;
        if (!g_ptr_array_find(e->parent->children, e, &at))
            return NULL;
        if (at + 1 < e->parent->children->len) {
            e = g_ptr_array_index(e->parent->children, at + 1);
            break;
        }
        e = e->parent;
    }
    return e != NULL && e->parent == NULL ? NULL : e;
}

static const entity *first_leaf(const entity *e)
{
    while (e != NULL && e->children->len > 0)
        e = g_ptr_array_index(e->children, 0);
    return e;
}

/* Of a beginning: is the wanted part behind us? */
static bool part_reached(const fetch_until *u, const entity *root, gsize nbytes)
{
    bool text = false;
    for (const entity *e = first_leaf(root); e != NULL; e = first_leaf(next_leaf(e))) {
        bool attachment = is_attachment(e), complete = e->parent != NULL && e->end + 2 < nbytes;
        switch (u->parts) {
        case GET_ALTERNATIVE:
            if (!attachment && g_str_has_prefix(e->part->type, "text/"))
                return complete;
            break;
        case GET_TEXT:
            if (attachment && text)
                return true;
            text |= !attachment && complete;
            break;
        case GET_TEXT_ATTACHMENTS:
        case GET_ATTACHMENTS:
            if (attachment && u->attachment_limit >= 0 && e->end - e->body > (guint64)u->attachment_limit)
                return true;
            break;
        case GET_HEADERS:
        case GET_WHOLE:
            break;
        }
    }
    return false;
}

static bool by_structure(const fetch_until *u, const guint8 *data, gsize nbytes)
{
    g_autoptr(GBytes) raw = g_bytes_new_static(data, nbytes);
    entity *root = structure_parse(raw);
    bool reached = part_reached(u, root, nbytes);
    part *face = root->part;
    entity_free(root);
    part_free(face);
    return reached;
}

bool fetch_enough(fetch_until *u, const guint8 *data, gsize nbytes)
{
    if (nbytes >= u->most)
        return u->reached = true;
    if (u->parts == GET_WHOLE || nbytes == 0 || nbytes < 2 * u->looked)
        return false;
    u->looked = nbytes;
    return u->reached = by_structure(u, data, nbytes);
}

/* ---- one flight */

static void failed(populate *p, mtm_problem *problem)
{
    p->failed++;
    if (p->problem == NULL)
        p->problem = problem;
    else
        mtm_problem_free(problem);
}

static void failed_text(mtm_fetcher *f, populate *p, const char *text)
{
    g_autoptr(GError) error = NULL;
    error_set(&error, ERROR_REFUSED, "%s", text);
    failed(p, problem_new(f->settings, "fetch", error));
}

static void measure(mtm_fetcher *f, populate *p)
{
    for (guint i = 0; i < p->want.n; i++) {
        g_autoptr(mail_summary) s = store_summary(f->store, p->want.ids[i], NULL);
        if (s != NULL && !body_has(f->bodies, s->mail))
            p->total_bytes += s->size;
    }
    if (p->want.total_limit >= 0)
        p->total_bytes = MIN(p->total_bytes, (guint64)p->want.total_limit);
    p->measured = true;
}

/* What is left of total_limit. */
static guint64 room(const populate *p)
{
    if (p->want.total_limit < 0)
        return G_MAXUINT64;
    return p->bytes < (guint64)p->want.total_limit ? (guint64)p->want.total_limit - p->bytes : 0;
}

typedef enum verdict { TAKE, SETTLED, OTHER_FOLDER } verdict;

/* Is there something to fetch of this one?  Counts those of which there is not. */
static verdict judge(mtm_fetcher *f, populate *p, guint32 id, guint32 *folder, want *w, bool *small)
{
    g_autoptr(mail_summary) s = store_summary(f->store, id, NULL);
    if (s == NULL)
        return SETTLED;
    if (body_has(f->bodies, s->mail) || p->want.parts == GET_HEADERS ||
        (p->want.parts == GET_ATTACHMENTS && !s->has_attachment)) {
        p->done++;
        return SETTLED;
    }
    if (s->uid == 0) {
        failed_text(f, p, "the message has not reached the server yet");
        return SETTLED;
    }
    if (p->want.max_size >= 0 && s->size > (guint64)p->want.max_size)
        return SETTLED;
    if (!p->want.cumulative && s->size > room(p) && p->want.parts != GET_TEXT && p->want.parts != GET_ALTERNATIVE)
        return SETTLED;
    if (*folder != 0 && s->folder != *folder)
        return OTHER_FOLDER;
    *folder = s->folder;
    *w = (want){ s->id, s->mail, s->uid, s->size, clock_now_s() };
    *small = s->size <= (p->want.parts == GET_WHOLE ? (guint64)f->settings->fetch_chunk : SMALL_BYTES) &&
             s->size <= room(p) && (p->want.text_limit < 0 || p->want.parts == GET_WHOLE ||
                                    s->size <= (guint64)p->want.text_limit);
    return TAKE;
}

/* Small ones of one folder, in one flight.  Stops before what is not one. */
static GArray *next_small(mtm_fetcher *f, populate *p, guint32 *folder, guint *upto, want *single, bool *is_single)
{
    GArray *wants = g_array_new(FALSE, FALSE, sizeof(want));
    guint64 nbytes = 0;
    *is_single = false;
    for (*upto = p->at; *upto < p->want.n && wants->len < POPULATE_BATCH; ++*upto) {
        want w;
        bool small;
        verdict v = judge(f, p, p->want.ids[*upto], folder, &w, &small);
        if (v == OTHER_FOLDER)
            break;
        if (v == SETTLED) {
            if (wants->len == 0)
                p->at = *upto + 1; /* counted: not again when this flight is */
            else
                p->want.ids[*upto] = 0;
            continue;
        }
        if (!small || (wants->len > 0 && (nbytes + w.size > FLIGHT_BYTES || nbytes + w.size > room(p)))) {
            *is_single = !small && wants->len == 0;
            *single = w;
            break;
        }
        nbytes += w.size;
        g_array_append_val(wants, w);
    }
    return wants;
}

/* Its content may be another by now: the one that was known had other bytes. */
static bool has_body(mtm_fetcher *f, const want *w)
{
    if (body_has(f->bodies, w->mail))
        return true;
    g_autoptr(mail_summary) s = store_summary(f->store, w->placement, NULL);
    return s != NULL && s->mail != w->mail && body_has(f->bodies, s->mail);
}

/* What came is with the archivist by now. */
static void count_arrived(mtm_fetcher *f, populate *p, const want *wants, guint n)
{
    archive_settle(f->m);
    for (guint i = 0; i < n; i++)
        if (has_body(f, &wants[i])) {
            p->done++;
            p->bytes += wants[i].size;
        } else {
            failed_text(f, p, "the server did not give the message out");
        }
}

static bool fetch_single(mtm_fetcher *f, populate *p, const want *w, GError **error)
{
    bool text = p->want.parts == GET_TEXT || p->want.parts == GET_ALTERNATIVE;
    fetch_until until = { p->want.parts, p->want.attachment_limit,
                          p->want.cumulative || p->want.parts != GET_WHOLE ? room(p) : G_MAXUINT64, 0, false };
    if (text && p->want.text_limit >= 0)
        until.most = MIN(until.most, (guint64)p->want.text_limit);
    bool partly = p->want.parts != GET_WHOLE || until.most != G_MAXUINT64;
    g_autoptr(GBytes) raw = NULL;
    bool interrupted;
    f->until = partly ? &until : NULL;
    bool ok = fetch_message(f, w, 0, w->received_s, &raw, &interrupted, error);
    f->until = NULL;
    if (!ok)
        return false;
    if (interrupted && !until.reached)
        return true; /* somebody opens a message: it goes on behind that */
    p->bytes += raw != NULL ? g_bytes_get_size(raw) : f->part != NULL ? f->part->len : 0;
    p->full = until.reached && p->want.cumulative && room(p) == 0;
    if (raw != NULL || until.reached)
        p->done++;
    else
        failed_text(f, p, "the server does not have the message any more");
    fetch_part_clear(f);
    p->at++;
    return true;
}

/* False with *error: the link is gone. */
static bool fetch_slice(mtm_fetcher *f, populate *p, GError **error)
{
    guint32 folder_id = 0;
    guint upto;
    want single;
    bool is_single;
    g_autoptr(GError) cause = NULL;
    g_autoptr(GArray) wants = next_small(f, p, &folder_id, &upto, &single, &is_single);
    guint n = is_single ? 1 : wants->len;
    if (n == 0) {
        p->at = MAX(p->at, upto);
        return true;
    }
    if (!fetcher_enter(f, folder_id, true, &cause) || !fetcher_entered(f, &cause)) {
        if (fetch_connection_lost(cause)) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return false;
        }
        for (guint i = 0; i < n; i++)
            failed(p, problem_new(f->settings, "select", cause));
        p->at = is_single ? p->at + 1 : upto;
        return true;
    }
    if (is_single)
        return fetch_single(f, p, &single, error);
    const want *first = (const want *)(gpointer)wants->data;
    if (!fetch_flight(f, first, n, 0, &cause)) {
        if (fetch_connection_lost(cause)) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return false;
        }
        g_clear_error(&cause);
    }
    count_arrived(f, p, first, n);
    p->at = upto;
    return true;
}

/* A link that lay idle may have died unnoticed, and one may break: a second try each, on a new one. */
static bool serve_once(mtm_fetcher *f, populate *p, mtm_problem **problem)
{
    g_autoptr(GError) error = NULL;
    bool online = fetcher_open_store(f, &error) && fetcher_go_online(f, problem);
    if (online && !p->measured)
        measure(f, p);
    guint before = p->at;
    if (online && fetch_slice(f, p, &error)) {
        p->tries = p->at > before ? 0 : p->tries;
        return true;
    }
    if (*problem != NULL)
        return false;
    fetcher_hang_up(f);
    p->tries = p->at > before ? 1 : p->tries + 1;
    if (p->tries < 2 && !fetcher_was_cancelled(f))
        return true;
    *problem = problem_new(f->settings, "fetch", error);
    return false;
}

void populate_serve(mtm_fetcher *f)
{
    g_mutex_lock(&f->mutex);
    populate *p = g_queue_peek_head(&f->populates);
    f->populating = p;
    g_mutex_unlock(&f->mutex);
    if (p == NULL)
        return;
    mtm_problem *problem = NULL;
    fetcher_begin_serving(f, p->op);
    bool ok = serve_once(f, p, &problem);
    populate_tell(f, 0);
    bool cancelled = fetcher_was_cancelled(f);
    fetcher_end_serving(f);
    g_mutex_lock(&f->mutex);
    cancelled |= p->cancelled;
    bool ends = cancelled || !ok || p->full || p->at >= p->want.n;
    if (!ends)
        f->populating = NULL;
    g_mutex_unlock(&f->mutex);
    if (!ends)
        return;
    if (cancelled) {
        mtm_problem_free(problem);
        problem = fetcher_cancelled_problem();
    } else if (!ok) {
        p->failed += p->want.n - p->at;
    }
    g_hash_table_remove_all(f->fetched);
    finish(f, p, problem);
}
