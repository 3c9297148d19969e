/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the server says to copies, moves and expunges: the new UIDs of COPYUID (RFC 4315, RFC 6851), refusals, which are
 * narrowed down to the messages that they are about, and what a move without MOVE still needs. */
#include "mtm/replay-copy.h"
#include "base/i18n.h"

enum { SPLITS = 64 }; /* refused commands of a folder before the rest is parked as it is */

/* COPYUID: what arrived as what.  At most as many pairs as were asked for are believed. */
static void take_pairs(parcel *p, const uid_set *from, const uid_set *to, bool ours)
{
    if (from == NULL || to == NULL || uid_set_count(from) != uid_set_count(to) || uid_set_count(from) > p->items->len)
        return;
    uid_iter a, b;
    guint32 uid, arrived;
    uid_iter_init(&a, from);
    uid_iter_init(&b, to);
    guint k = 0;
    while (uid_iter_next(&a, &uid) && uid_iter_next(&b, &arrived)) {
        while (k < p->items->len && ((item *)g_ptr_array_index(p->items, k))->uid < uid)
            k++;
        if (k == p->items->len)
            return;
        item *it = g_ptr_array_index(p->items, k);
        if (it->uid != uid)
            continue;
        it->confirmed = true;
        it->arrived = ours ? arrived : 0;
    }
}

/* Is the numbering of the answer the one that is stored?  A folder that nobody has looked into takes the server's. */
static bool run_number(store *st, gpointer data, GError **error)
{
    store_folder_state *wanted = data, state;
    guint32 folder_id = wanted->uidnext, uidvalidity = wanted->uidvalidity;
    if (!store_folder_state_get(st, folder_id, &state, error))
        return false;
    if (state.uidvalidity == 0 && uidvalidity != 0) {
        state.uidvalidity = uidvalidity;
        state.provisional = true;
        if (!store_folder_state_set(st, folder_id, &state, error))
            return false;
    }
    wanted->uidvalidity = state.uidvalidity;
    return true;
}

static bool is_stored_numbering(replay *r, guint32 folder_id, guint32 uidvalidity)
{
    store_folder_state wanted = { .uidnext = folder_id, .uidvalidity = uidvalidity };
    return keeper_run(r->s->m, run_number, &wanted, NULL) && uidvalidity != 0 && wanted.uidvalidity == uidvalidity;
}

static bool names_some(const parcel *p, const uid_set *from)
{
    for (guint i = 0; i < p->items->len; i++)
        if (uid_set_has(from, ((item *)g_ptr_array_index(p->items, i))->uid))
            return true;
    return false;
}

/* The tagged answer of COPY, and of MOVE where servers put it there; else those that stood before (RFC 6851 section
 * 4.3).  *told: some COPYUID was among them. */
static void take_copyuid(transport *t, parcel *p, const imap_reply *reply, bool *told)
{
    mtm_session *s = t->r->s;
    *told = reply->code == CODE_COPYUID && reply->set2 != NULL;
    if (*told)
        take_pairs(p, reply->set, reply->set2, is_stored_numbering(t->r, p->target, reply->number2));
    for (guint i = 0; p->moves && i < s->copied->len; i++) {
        const copy_told *c = g_ptr_array_index(s->copied, i);
        if (names_some(p, c->from))
            take_pairs(p, c->from, c->to, is_stored_numbering(t->r, p->target, c->uidvalidity));
        *told = true;
    }
}

static bool advance(transport *t, const GPtrArray *items, guint32 target, GError **error)
{
    g_autoptr(uid_set) arrived = uid_set_new();
    g_autoptr(GArray) uids = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (guint i = 0; i < items->len; i++)
        g_array_append_val(uids, ((item *)g_ptr_array_index(items, i))->arrived);
    uid_set_add_many(arrived, (const guint32 *)(const void *)uids->data, uids->len);
    return replay_advance(t->r, target, arrived, error);
}

static bool finish(transport *t, const GPtrArray *items, guint32 target, GError **error)
{
    g_autoptr(GArray) ids = row_ids_new(), uids = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (guint i = 0; i < items->len; i++) {
        const item *it = g_ptr_array_index(items, i);
        g_array_append_vals(ids, it->ids->data, it->ids->len);
        for (guint k = 0; k < it->ids->len; k++)
            g_array_append_val(uids, it->arrived);
        if (it->arrived == 0 && target != 0)
            todo_add(t->r->s, target, false); /* it is bound when it is seen */
    }
    if (target == 0)
        return replay_done(t->r, ids, NULL, error);
    bool ok = replay_done(t->r, ids, (const guint32 *)(const void *)uids->data, error) && advance(t, items, target, error);
    replay_show(t->r, target, true); /* behind the commit: what waited waits no more */
    return ok;
}

bool parcel_park(transport *t, const parcel *p, const char *words, GError **error)
{
    g_autoptr(GArray) ids = parcel_rows(p);
    replay_tell(t->r, p->kind == WAY_COPY ? "copy" : p->target != 0 ? "move" : "expunge", t->r->s->box.name, words);
    bool ok = replay_park(t->r, ids, words, error);
    replay_show(t->r, p->target, true);
    return ok;
}

/* What the answer leaves out was not there any more: a synchronisation tells, and its row is looked at again. */
static GPtrArray *confirmed_items(transport *t, const parcel *p, bool told)
{
    GPtrArray *here = g_ptr_array_new();
    for (guint i = 0; i < p->items->len; i++) {
        item *it = g_ptr_array_index(p->items, i);
        if (!told || it->confirmed)
            g_ptr_array_add(here, it);
    }
    if (here->len < p->items->len) {
        t->look = true;
        t->r->changed++;
    }
    return here;
}

/* Behind everything else that waits. */
static void follow_up(transport *t, way_kind kind, guint32 target, GPtrArray *items)
{
    parcel *next = parcel_new(kind, target);
    next->begun = true;
    g_ptr_array_extend(next->items, items, NULL, NULL);
    g_queue_push_tail(&t->waiting, next);
}

static bool copied(transport *t, parcel *p, const imap_reply *reply, GError **error)
{
    bool told;
    take_copyuid(t, p, reply, &told);
    g_autoptr(GPtrArray) here = confirmed_items(t, p, told);
    replay_show(t->r, p->target, true);
    if (p->kind == WAY_MOVE && !p->moves && here->len > 0) {
        follow_up(t, WAY_MARK, p->target, here);
        return true;
    }
    t->removed += p->moves ? here->len : 0;
    return finish(t, here, p->target, error);
}

static void split(transport *t, const parcel *p)
{
    parcel *halves[2] = { parcel_new(p->kind, p->target), parcel_new(p->kind, p->target) };
    for (guint i = 0; i < p->items->len; i++)
        g_ptr_array_add(halves[i >= p->items->len / 2]->items, g_ptr_array_index(p->items, i));
    for (int i = 1; i >= 0; i--) {
        halves[i]->begun = p->begun;
        g_queue_push_head(&t->waiting, halves[i]);
    }
}

/* What of a refused MOVE was done all the same (it may be done in part, RFC 6851 section 3.3) is done. */
static bool keep_done_part(transport *t, parcel *p, const imap_reply *reply, GError **error)
{
    bool told;
    if (!p->moves)
        return true;
    take_copyuid(t, p, reply, &told);
    g_autoptr(GPtrArray) here = g_ptr_array_new();
    for (guint i = p->items->len; told && i-- > 0;) {
        item *it = g_ptr_array_index(p->items, i);
        if (!it->confirmed)
            continue;
        g_ptr_array_add(here, it);
        g_ptr_array_remove_index(p->items, i);
    }
    t->removed += here->len;
    return here->len == 0 || finish(t, here, p->target, error);
}

static bool later(transport *t, const parcel *p, GError **error)
{
    t->r->later = true;
    g_autoptr(GArray) ids = parcel_rows(p);
    return replay_again(t->r, ids, error);
}

static bool refused(transport *t, parcel *p, const imap_reply *reply, GError **error)
{
    if (!keep_done_part(t, p, reply, error))
        return false;
    if (p->items->len == 0)
        return true;
    if (reply->kind == IMAP_BAD && p->moves && p->items->len == 1)
        imap_capability_failed(t->r->s->c, "MOVE");
    int tries = ((item *)g_ptr_array_index(p->items, 0))->tries;
    g_autofree char *words = refusal_words(reply);
    switch (refusal_of(reply)) {
    case REFUSAL_LATER:
        if (tries < REPLAY_TRIES)
            return later(t, p, error);
        break;
    case REFUSAL_MISSING: {
        bool made = false;
        if (p->target != 0 && !replay_make_target(t->r, p->target, &made, error))
            return false;
        if (made) {
            parcel *again = parcel_new(p->kind, p->target);
            g_ptr_array_extend(again->items, p->items, NULL, NULL);
            g_queue_push_head(&t->waiting, again);
            return true;
        }
        break;
    }
    case REFUSAL_SPLIT:
        if (p->items->len > 1 && t->refusals++ < SPLITS) {
            split(t, p);
            return true;
        }
        break;
    case REFUSAL_PARK:
        break;
    }
    return parcel_park(t, p, words, error);
}

/* The originals carry our mark, and nobody may expunge them one by one: they stay hidden until somebody does it. */
static bool only_marked(transport *t, const parcel *p, GError **error)
{
    const char *words = _("the server cannot remove single messages; it is marked as deleted there");
    flag_batch *b = flag_batch_new();
    for (guint i = 0; p->target == 0 && i < p->items->len; i++)
        flag_batch_add(b, ((item *)g_ptr_array_index(p->items, i))->uid, FLAG_DELETED | FLAG_SEEN, NULL, 0);
    if (flag_batch_count(b) > 0)
        keeper_flags(t->r->s->m, t->folder, b);
    else
        flag_batch_free(b);
    if (p->target == 0)
        return parcel_park(t, p, words, error);
    replay_tell(t->r, "expunge", t->r->s->box.name, words);
    return finish(t, p->items, p->target, error);
}

static bool done(transport *t, parcel *p, const imap_reply *reply, GError **error)
{
    switch (p->kind) {
    case WAY_COPY:
    case WAY_MOVE:
        return copied(t, p, reply, error);
    case WAY_MARK:
        if (!replay_expunges(t->r->s))
            return only_marked(t, p, error);
        follow_up(t, WAY_EXPUNGE, p->target, p->items);
        return true;
    case WAY_EXPUNGE:
        t->removed += p->items->len;
        return finish(t, p->items, p->target, error);
    }
    return false;
}

bool parcel_answer(transport *t, parcel *p, GError **error)
{
    g_autoptr(imap_reply) reply = imap_wait_reply(t->r->s->c, p->tag, error);
    if (reply == NULL)
        return false;
    return reply->kind == IMAP_OK ? done(t, p, reply, error) : refused(t, p, reply, error);
}
