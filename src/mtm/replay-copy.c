/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages of one selected folder on their way: copied, moved, expunged.  Several moves of a message are one from where
 * the server has it to where it is shown; messages that go the same way share commands, as few as the server's limits
 * allow, several in a flight.  Where a group is refused it is split, so that one message does not hold up the others.
 *
 * MOVE (RFC 6851) where the server has it; else COPY, and when that is confirmed \Deleted and UID EXPUNGE, each of
 * which repeats.  Without UID EXPUNGE (RFC 4315) nothing is expunged: a bare EXPUNGE would take others' messages too. */
#include "mtm/replay-copy.h"
#include "base/i18n.h"

#include <string.h>

enum {
    LINE_REST = 120,  /* bytes of a command beside its set and the target's name */
};

/* ---- items and parcels */

static void item_free(gpointer data)
{
    item *i = data;
    g_array_unref(i->ids);
    g_free(i);
}

static item *item_new(transport *t, const store_journal_row *row)
{
    item *i = g_new0(item, 1);
    i->uid = row->uid;
    i->ids = row_ids_new();
    g_ptr_array_add(t->items, i);
    return i;
}

static void item_add(item *i, const store_journal_row *row)
{
    g_array_append_val(i->ids, row->id);
    i->tries = MAX(i->tries, row->tries);
}

parcel *parcel_new(way_kind kind, guint32 target)
{
    parcel *p = g_new0(parcel, 1);
    p->kind = kind;
    p->target = target;
    p->items = g_ptr_array_new();
    return p;
}

void parcel_free(parcel *p)
{
    g_ptr_array_unref(p->items);
    g_free(p);
}

static int by_uid(gconstpointer a, gconstpointer b)
{
    guint32 x = (*(const item *const *)a)->uid, y = (*(const item *const *)b)->uid;
    return x < y ? -1 : x > y;
}

static uid_set *set_of(const parcel *p)
{
    g_autofree guint32 *uids = g_new(guint32, p->items->len + 1);
    for (guint i = 0; i < p->items->len; i++)
        uids[i] = ((item *)g_ptr_array_index(p->items, i))->uid;
    uid_set *set = uid_set_new();
    uid_set_add_many(set, uids, p->items->len);
    return set;
}

row_ids *parcel_rows(const parcel *p)
{
    row_ids *ids = row_ids_new();
    for (guint i = 0; i < p->items->len; i++) {
        const item *it = g_ptr_array_index(p->items, i);
        g_array_append_vals(ids, it->ids->data, it->ids->len);
    }
    return ids;
}

/* ---- what is wished */

/* Two copies of one message into one folder are two commands: a set holds it once. */
static parcel *parcel_for(GPtrArray *parcels, way_kind kind, guint32 target, guint32 uid, GHashTable *last)
{
    g_autofree char *key = g_strdup_printf("%d %u %u", kind, target, uid);
    guint nth = GPOINTER_TO_UINT(g_hash_table_lookup(last, key));
    g_hash_table_insert(last, g_steal_pointer(&key), GUINT_TO_POINTER(nth + 1));
    guint met = 0;
    for (guint i = 0; i < parcels->len; i++) {
        parcel *p = g_ptr_array_index(parcels, i);
        if (p->kind == kind && p->target == target && met++ == nth)
            return p;
    }
    parcel *p = parcel_new(kind, target);
    g_ptr_array_add(parcels, p);
    return p;
}

/* All moves of a message are one item, by placement. */
static GHashTable *merge_moves(transport *t, const GPtrArray *rows, GHashTable *last_row)
{
    GHashTable *items = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (guint i = 0; i < rows->len; i++) {
        store_journal_row *row = g_ptr_array_index(rows, i);
        if (row->kind != JOURNAL_MOVE)
            continue;
        item *it = g_hash_table_lookup(items, GUINT_TO_POINTER(row->placement));
        if (it == NULL) {
            it = item_new(t, row);
            g_hash_table_insert(items, GUINT_TO_POINTER(row->placement), it);
        }
        item_add(it, row);
        g_hash_table_insert(last_row, it, row);
    }
    return items;
}

/* Where it is shown is where it is to be: home again is nothing on the wire. */
static bool plan_moves(transport *t, const GPtrArray *rows, GPtrArray *parcels, GHashTable *last, GError **error)
{
    g_autoptr(GHashTable) last_row = g_hash_table_new(g_direct_hash, g_direct_equal);
    g_autoptr(GHashTable) items = merge_moves(t, rows, last_row);
    g_autoptr(GHashTable) waits = g_hash_table_new(g_direct_hash, g_direct_equal);
    g_autoptr(GArray) home = row_ids_new();
    GHashTableIter it;
    gpointer value;
    g_hash_table_iter_init(&it, items);
    while (g_hash_table_iter_next(&it, NULL, &value)) {
        item *i = value;
        const store_journal_row *row = g_hash_table_lookup(last_row, i);
        if (row->shown == t->folder) {
            g_array_append_vals(home, i->ids->data, i->ids->len);
            continue;
        }
        gpointer key = GUINT_TO_POINTER(row->shown);
        if (row->shown != 0 && !g_hash_table_contains(waits, key))
            g_hash_table_insert(waits, key, GINT_TO_POINTER(replay_target_waits(t->r, row->shown) ? 2 : 1));
        if (row->shown != 0 && GPOINTER_TO_INT(g_hash_table_lookup(waits, key)) == 2)
            continue;
        way_kind kind = row->shown == 0 ? WAY_MARK : WAY_MOVE;
        g_ptr_array_add(parcel_for(parcels, kind, row->shown, i->uid, last)->items, i);
    }
    return replay_done(t->r, home, NULL, error);
}

static void plan_copies(transport *t, const GPtrArray *rows, GPtrArray *parcels, GHashTable *last)
{
    for (guint i = 0; i < rows->len; i++) {
        const store_journal_row *row = g_ptr_array_index(rows, i);
        if (row->kind != JOURNAL_COPY || replay_target_waits(t->r, row->target))
            continue;
        item *it = item_new(t, row);
        item_add(it, row);
        g_ptr_array_add(parcel_for(parcels, WAY_COPY, row->target, it->uid, last)->items, it);
    }
}

GPtrArray *replay_pieces(const mtm_session *s, const uid_set *set, gsize nbytes)
{
    GPtrArray *out = g_ptr_array_new_with_free_func((GDestroyNotify)uid_set_free);
    guint limit = imap_message_limit(s->c);
    g_autoptr(GPtrArray) texts = uid_set_format_pieces(set, nbytes);
    for (guint i = 0; i < texts->len; i++) {
        const char *text = g_ptr_array_index(texts, i);
        g_autoptr(uid_set) piece = uid_set_parse(text, strlen(text), 0, NULL);
        while (piece != NULL && limit > 0 && uid_set_count(piece) > limit)
            g_ptr_array_add(out, uid_set_take_newest(piece, limit));
        if (piece != NULL)
            g_ptr_array_add(out, g_steal_pointer(&piece));
    }
    return out;
}

/* As many messages as one line takes; the rest in parcels of their own. */
static void cut_to_lines(transport *t, parcel *p)
{
    mtm_session *s = t->r->s;
    g_autoptr(folder) f = p->target != 0 ? session_folder(s, p->target, NULL, NULL) : NULL;
    gsize rest = LINE_REST + (f != NULL ? 2 * strlen(f->wire_name) : 0), line = imap_line_limit(s->c);
    g_ptr_array_sort(p->items, by_uid);
    g_autoptr(uid_set) all = set_of(p);
    g_autoptr(GPtrArray) pieces = replay_pieces(s, all, line > 2 * rest ? line - rest : 200);
    for (guint i = 0; i < pieces->len; i++) {
        parcel *one = parcel_new(p->kind, p->target);
        for (guint k = 0; k < p->items->len; k++)
            if (uid_set_has(g_ptr_array_index(pieces, i), ((item *)g_ptr_array_index(p->items, k))->uid))
                g_ptr_array_add(one->items, g_ptr_array_index(p->items, k));
        g_queue_push_tail(&t->waiting, one);
    }
    parcel_free(p);
}

/* ---- sending */

bool replay_expunges(const mtm_session *s)
{
    return imap_has(s->c, "UIDPLUS") && !imap_quirk(s->c, QUIRK_NO_UID_EXPUNGE);
}

static guint32 send_removal(mtm_session *s, bool expunge, const uid_set *set)
{
    GString *c = imap_command(expunge ? "UID EXPUNGE" : "UID STORE");
    imap_add_set(c, set);
    if (!expunge)
        imap_add_text(c, "+FLAGS.SILENT (\\Deleted)");
    return imap_send(s->c, c);
}

/* Without a tag afterwards: nothing is left of it, or a folder of this name cannot be asked for. */
static void send_parcel(transport *t, parcel *p)
{
    mtm_session *s = t->r->s;
    g_autoptr(uid_set) set = set_of(p);
    p->tag = 0;
    if (p->items->len == 0)
        return;
    if (p->kind == WAY_MARK || p->kind == WAY_EXPUNGE) {
        p->tag = send_removal(s, p->kind == WAY_EXPUNGE, set);
        return;
    }
    g_autoptr(folder) f = session_folder(s, p->target, NULL, NULL);
    p->moves = p->kind == WAY_MOVE && imap_has(s->c, "MOVE");
    GString *c = imap_command(p->moves ? "UID MOVE" : "UID COPY");
    imap_add_set(c, set);
    if (f != NULL && imap_add_mailbox(s->c, c, f->wire_name))
        p->tag = imap_send(s->c, c);
    else
        g_string_free(c, TRUE);
}

static gsize cost(const parcel *p)
{
    g_autoptr(uid_set) set = set_of(p);
    g_autofree char *text = uid_set_format(set);
    return strlen(text) + LINE_REST;
}

/* An EXPUNGE never follows a STORE whose answer was not heard: Dovecot 2.3 then does not see the marks yet, and says OK
 * all the same. */
static GPtrArray *take_flight(transport *t)
{
    GPtrArray *flight = g_ptr_array_new_with_free_func((GDestroyNotify)parcel_free);
    gsize nbytes = 0;
    parcel *p;
    while ((p = g_queue_peek_head(&t->waiting)) != NULL) {
        const parcel *first = flight->len > 0 ? g_ptr_array_index(flight, 0) : p;
        nbytes += cost(p);
        if (flight->len > 0 && (nbytes > REPLAY_FLIGHT_NBYTES || (first->kind == WAY_EXPUNGE) != (p->kind == WAY_EXPUNGE)))
            break;
        g_ptr_array_add(flight, g_queue_pop_head(&t->waiting));
    }
    return flight;
}

static bool add_claims(transport *t, const parcel *p, GPtrArray *claims, GError **error)
{
    guint32 floor = 0;
    if (p->begun)
        return true;
    if (p->kind != WAY_MARK && !replay_floor(t->r, p->target, &floor, error))
        return false;
    for (guint i = 0; i < p->items->len; i++) {
        item *it = g_ptr_array_index(p->items, i);
        it->claim = (replay_claim){ .ids = it->ids, .target = p->target, .floor = floor, .moves = p->kind != WAY_COPY };
        g_ptr_array_add(claims, &it->claim);
    }
    return true;
}

/* What was taken back meanwhile stays. */
static bool mark_sent(transport *t, const GPtrArray *flight, GError **error)
{
    g_autoptr(GPtrArray) claims = g_ptr_array_new();
    for (guint i = 0; i < flight->len; i++)
        if (!add_claims(t, g_ptr_array_index(flight, i), claims, error))
            return false;
    if (!replay_claim_rows(t->r, claims, error))
        return false;
    for (guint i = 0; i < flight->len; i++) {
        parcel *p = g_ptr_array_index(flight, i);
        for (guint k = p->items->len; k-- > 0 && !p->begun;)
            if (!((item *)g_ptr_array_index(p->items, k))->claim.granted)
                g_ptr_array_remove_index(p->items, k);
    }
    return true;
}

/* ---- a flight */

static void forget_told(mtm_session *s)
{
    g_ptr_array_set_size(s->copied, 0);
}

static bool fly(transport *t, GError **error)
{
    g_autoptr(GPtrArray) flight = take_flight(t);
    if (!mark_sent(t, flight, error))
        return false;
    forget_told(t->r->s);
    for (guint i = 0; i < flight->len; i++)
        send_parcel(t, g_ptr_array_index(flight, i));
    for (guint i = 0; i < flight->len; i++) {
        parcel *p = g_ptr_array_index(flight, i);
        if (p->items->len == 0)
            continue;
        bool ok = p->tag != 0 ? parcel_answer(t, p, error)
                              : parcel_park(t, p, _("a folder of this name cannot be asked for"), error);
        if (!ok)
            return false;
    }
    return true;
}

/* Every EXPUNGE that was told is one of ours: nothing has to be compared because of them. */
static void mind_own_expunges(transport *t, bool stale_before)
{
    box *b = &t->r->s->box;
    if (t->look)
        b->stale = true;
    else if (!stale_before && b->expunged > 0 && b->expunged == t->removed)
        b->stale = false;
}

bool replay_remove(replay *r, const uid_set *set, GError **error)
{
    guint line = imap_line_limit(r->s->c);
    g_autoptr(GPtrArray) pieces = replay_pieces(r->s, set, line > 2 * LINE_REST ? line - LINE_REST : LINE_REST);
    for (guint i = 0; i < pieces->len; i++)
        for (int expunge = 0; expunge <= replay_expunges(r->s); expunge++) {
            guint32 tag = send_removal(r->s, expunge, g_ptr_array_index(pieces, i));
            g_autoptr(imap_reply) reply = imap_wait_reply(r->s->c, tag, error);
            if (reply == NULL)
                return false;
        }
    return true;
}

bool replay_copies(replay *r, guint32 folder_id, const GPtrArray *rows, GError **error)
{
    transport t = { .r = r, .folder = folder_id, .items = g_ptr_array_new_with_free_func(item_free),
                    .waiting = G_QUEUE_INIT };
    g_autoptr(GHashTable) last = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) parcels = g_ptr_array_new();
    plan_copies(&t, rows, parcels, last);
    bool ok = plan_moves(&t, rows, parcels, last, error), stale = r->s->box.stale;
    for (guint i = 0; i < parcels->len; i++)
        cut_to_lines(&t, g_ptr_array_index(parcels, i));
    r->s->box.expunged = 0;
    while (ok && !g_queue_is_empty(&t.waiting))
        ok = fly(&t, error);
    g_queue_clear_full(&t.waiting, (GDestroyNotify)parcel_free);
    if (t.items->len > 0) {
        mind_own_expunges(&t, stale);
        replay_show(r, folder_id, true);
    }
    g_ptr_array_unref(t.items);
    return ok;
}
