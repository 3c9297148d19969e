/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bodies off the wire: several small ones in one flight, large ones in pieces (RFC 9051 section 6.4.5,
 * BODY.PEEK[]<offset.size>).  A piece that has arrived is kept, so that a cut or the end of the program
 * costs at most the piece that was on its way. */
#include "mtm/fetcher.h"
#include "base/clock.h"
#include "base/limits.h"

enum {
    PIECES_IN_FLIGHT = 2,
    UNTIL_CHUNK = 16 << 10, /* where a part of the message may be enough: bytes fetched too much at most, twice */
};

void arrival_free(gpointer data)
{
    arrival *a = data;
    g_bytes_unref(a->bytes);
    g_free(a);
}

static guint32 send_fetch(mtm_fetcher *f, const uid_set *set, guint64 offset, guint nbytes)
{
    g_autofree char *text = uid_set_format(set);
    g_autofree char *piece =
        nbytes > 0 ? g_strdup_printf("(UID BODY.PEEK[]<%" G_GUINT64_FORMAT ".%u>)", offset, nbytes) : NULL;
    GString *c = imap_command("UID FETCH");
    imap_add_text(c, text);
    imap_add_text(c, piece != NULL ? piece : "(UID BODY.PEEK[])");
    return imap_send(f->c, c);
}

static guint32 send_one(mtm_fetcher *f, guint32 uid, guint64 offset, guint nbytes)
{
    g_autoptr(uid_set) set = uid_set_new();
    uid_set_add(set, uid);
    return send_fetch(f, set, offset, nbytes);
}

/* The first that came of uid at origin; one that came whole counts as its beginning. */
static const arrival *find_arrival(const mtm_fetcher *f, guint32 uid, gint64 origin)
{
    for (guint i = 0; i < f->arrived->len; i++) {
        const arrival *a = g_ptr_array_index(f->arrived, i);
        if (a->uid == uid && (a->origin == origin || a->origin == -1))
            return a;
    }
    return NULL;
}

static void arrivals_open(mtm_fetcher *f)
{
    f->arrived = g_ptr_array_new_with_free_func(arrival_free);
}

static void arrivals_close(mtm_fetcher *f)
{
    g_clear_pointer(&f->arrived, g_ptr_array_unref);
}

/* What came under another numbering is of other messages. */
static bool wait_fetch(mtm_fetcher *f, guint32 tag, GError **error)
{
    if (fetcher_entered(f, error))
        return imap_wait(f->c, tag, NULL, error);
    imap_reply_free(imap_wait_reply(f->c, tag, NULL));
    g_ptr_array_set_size(f->arrived, 0);
    return false;
}

/* ---- small ones */

/* Shorter than asked for is all there is. */
static void keep(mtm_fetcher *f, const want *w, const arrival *a, guint nbytes)
{
    gsize n = g_bytes_get_size(a->bytes);
    if (a->origin < 0 || nbytes == 0 || n < nbytes)
        archive_body(f->m, w->placement, w->mail, a->bytes, w->received_s);
    else
        archive_piece(f->m, w->mail, 0, a->bytes, MAX(w->size, n + 1), w->received_s);
}

bool fetch_flight(mtm_fetcher *f, const want *wants, guint n, guint nbytes, GError **error)
{
    g_autoptr(uid_set) set = uid_set_new();
    for (guint i = 0; i < n; i++)
        uid_set_add(set, wants[i].uid);
    arrivals_open(f);
    bool ok = imap_wait(f->c, send_fetch(f, set, 0, nbytes), NULL, error);
    for (guint i = 0; i < n; i++) {
        const arrival *a = find_arrival(f, wants[i].uid, 0);
        if (a != NULL) /* also when the link broke: what came is whole */
            keep(f, &wants[i], a, nbytes);
        if (a != NULL || ok) /* also what the server withheld: once is enough */
            g_hash_table_add(f->fetched, GUINT_TO_POINTER(wants[i].mail));
    }
    arrivals_close(f);
    return ok;
}

/* ---- a large one */

void fetch_part_clear(mtm_fetcher *f)
{
    g_clear_pointer(&f->part, g_byte_array_unref);
    f->part_mail = 0;
}

/* What is here of it: of a try before, else stored. */
static void part_open(mtm_fetcher *f, guint32 mail)
{
    if (f->part == NULL || f->part_mail != mail) {
        fetch_part_clear(f);
        f->part = g_byte_array_new();
        f->part_mail = mail;
    }
    archive_settle(f->m);
    g_autoptr(GBytes) stored = body_beginning(f->bodies, mail);
    if (stored == NULL || g_bytes_get_size(stored) <= f->part->len)
        return;
    gsize n;
    const guint8 *data = g_bytes_get_data(stored, &n);
    g_byte_array_set_size(f->part, 0);
    g_byte_array_append(f->part, data, (guint)n);
}

static void tell_progress(mtm_fetcher *f, const want *w, guint64 op)
{
    if (f->populating != NULL)
        populate_tell(f, f->part->len);
    if (op == 0)
        return;
    posted *p = posted_new(MTM_PROGRESS);
    p->account = g_strdup(f->a->name);
    p->event.op = op;
    p->event.phase = "bodies";
    p->event.done = f->part->len;
    p->event.total = MAX(w->size, f->part->len);
    mtm_post(f->m, p);
}

typedef struct pieces {
    GQueue tags;           /* of what is asked for */
    guint64 asked;         /* up to here */
    guint size;
    bool end;              /* the last piece is here */
    bool gone;
} pieces;

static void ask_pieces(mtm_fetcher *f, const want *w, pieces *p)
{
    /* Beyond what the server said to be the end only when everything before came full. */
    guint64 most = f->until != NULL ? f->until->most : G_MAXUINT64;
    while (!p->end && p->asked < most && p->tags.length < PIECES_IN_FLIGHT &&
           (p->asked < w->size || p->tags.length == 0)) {
        g_queue_push_tail(&p->tags, GUINT_TO_POINTER(send_one(f, w->uid, p->asked, p->size)));
        p->asked += p->size;
    }
}

static bool too_large(const mtm_fetcher *f, gsize more, GError **error)
{
    if (f->part->len + more <= LIMIT_LITERAL_BODY)
        return false;
    error_set(error, ERROR_REFUSED, "the message is larger than %u MB", LIMIT_LITERAL_BODY >> 20);
    return true;
}

static bool take_piece(mtm_fetcher *f, const want *w, gint64 used_s, pieces *p, GError **error)
{
    const arrival *a = find_arrival(f, w->uid, (gint64)f->part->len);
    if (a == NULL) {
        p->gone = p->end = true;
        return true;
    }
    gsize n;
    const guint8 *data = g_bytes_get_data(a->bytes, &n);
    if (a->origin < 0) /* a server that knows no pieces */
        g_byte_array_set_size(f->part, 0);
    if (too_large(f, n, error))
        return false;
    guint64 offset = f->part->len;
    if (n > 0)
        g_byte_array_append(f->part, data, (guint)n);
    p->end = a->origin < 0 || n < p->size;
    if (!p->end)
        archive_piece(f->m, w->mail, offset, a->bytes, MAX(w->size, f->part->len + 1), used_s);
    g_ptr_array_remove(f->arrived, (gpointer)a);
    return true;
}

static bool fetch_pieces(mtm_fetcher *f, const want *w, guint64 op, gint64 used_s, pieces *p, bool *interrupted,
                         GError **error)
{
    part_open(f, w->mail);
    p->asked = f->part->len;
    arrivals_open(f);
    bool ok = true;
    for (;;) {
        if (op == 0 && fetcher_demanded(f))
            *interrupted = true;
        if (!p->end && f->until != NULL && fetch_enough(f->until, f->part->data, f->part->len))
            *interrupted = true;
        if (ok && !*interrupted)
            ask_pieces(f, w, p);
        if (p->tags.length == 0 || !ok)
            break;
        ok = wait_fetch(f, GPOINTER_TO_UINT(g_queue_pop_head(&p->tags)), error);
        if (ok && !p->end)
            ok = take_piece(f, w, used_s, p, error);
        tell_progress(f, w, op);
    }
    g_queue_clear(&p->tags);
    arrivals_close(f);
    *interrupted = *interrupted && !p->end;
    return ok;
}

static GBytes *whole(mtm_fetcher *f)
{
    GByteArray *part = g_steal_pointer(&f->part);
    f->part_mail = 0;
    return g_byte_array_free_to_bytes(part);
}

bool fetch_message(mtm_fetcher *f, const want *w, guint64 op, gint64 used_s, GBytes **raw, bool *interrupted,
                   GError **error)
{
    guint chunk = (guint)f->settings->fetch_chunk;
    pieces p = { .tags = G_QUEUE_INIT, .size = f->until != NULL ? MIN(chunk, UNTIL_CHUNK) : chunk };
    *raw = NULL;
    *interrupted = false;
    if (w->size > p.size || f->until != NULL) {
        if (!fetch_pieces(f, w, op, used_s, &p, interrupted, error))
            return false;
        if (!*interrupted && !p.gone)
            *raw = whole(f);
    } else {
        arrivals_open(f);
        bool ok = wait_fetch(f, send_one(f, w->uid, 0, 0), error);
        const arrival *a = find_arrival(f, w->uid, -1);
        *raw = ok && a != NULL ? g_bytes_ref(a->bytes) : NULL;
        arrivals_close(f);
        if (!ok)
            return false;
    }
    if (*raw != NULL) {
        archive_body(f->m, w->placement, w->mail, *raw, used_s);
        g_hash_table_add(f->fetched, GUINT_TO_POINTER(w->mail));
    }
    return true;
}
