/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages uploaded: copies from another account, files that were imported, and messages whose original went before
 * they could be copied or moved.  The body comes from the store; one that is not here is fetched from the server that
 * has it, by that account's fetcher, and the row waits meanwhile.  RFC 9051 section 6.3.12, RFC 4315 (APPENDUID). */
#include "mtm/replay.h"
#include "base/i18n.h"
#include "base/log.h"

#include <string.h>

enum {
    FLIGHT_NBYTES = 1 << 20, /* of messages sent before an answer is read, at least one */
    FLIGHT_MESSAGES = 50,
};

/* One message on its way up. */
typedef struct load {
    const store_journal_row *row; /* the last of its rows */
    guint32 target;
    row_ids *ids;
    mail_summary *summary;
    guint32 mail;      /* the content whose body it is */
    folder *f;         /* the target */
    GBytes *body;      /* with CRLF line ends */
    guint32 tag;
    replay_claim claim;
} load;

static void load_free(gpointer data)
{
    load *l = data;
    g_array_unref(l->ids);
    mail_summary_free(l->summary);
    folder_free(l->f);
    g_clear_pointer(&l->body, g_bytes_unref);
    g_free(l);
}

/* ---- which */

/* Is a copy of it still on its way here, so that it will have a number? */
static bool is_coming(const replay *r, guint32 placement)
{
    for (guint i = 0; i < r->rows->len; i++) {
        const store_journal_row *row = g_ptr_array_index(r->rows, i);
        if ((row->kind == JOURNAL_COPY || row->kind == JOURNAL_APPEND) && row->placement == placement)
            return true;
    }
    return false;
}

static bool is_upload(const replay *r, const store_journal_row *row)
{
    if (!row_waits(r, row) || row->shown == 0)
        return false;
    if (row->kind == JOURNAL_APPEND)
        return true;
    if (row->folder != 0 || row->uid != 0 || row->bound != 0)
        return false;
    if (row->kind == JOURNAL_COPY)
        return row->source == 0 || !is_coming(r, row->source);
    return row->kind == JOURNAL_MOVE && row->target != 0 && !is_coming(r, row->placement);
}

static GPtrArray *gather(replay *r)
{
    GPtrArray *loads = g_ptr_array_new_with_free_func(load_free);
    g_autoptr(GHashTable) moved = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (guint i = 0; i < r->rows->len; i++) {
        store_journal_row *row = g_ptr_array_index(r->rows, i);
        if (!is_upload(r, row))
            continue;
        gpointer key = GUINT_TO_POINTER(row->placement);
        load *l = row->kind == JOURNAL_MOVE ? g_hash_table_lookup(moved, key) : NULL;
        if (l == NULL) {
            l = g_new0(load, 1);
            l->ids = row_ids_new();
            g_ptr_array_add(loads, l);
        }
        if (row->kind == JOURNAL_MOVE)
            g_hash_table_insert(moved, key, l);
        l->row = row;
        l->target = row->kind == JOURNAL_MOVE ? row->shown : row->target;
        g_array_append_val(l->ids, row->id);
    }
    return loads;
}

/* ---- what */

static bool run_read(store *st, gpointer data, GError **error)
{
    load *l = data;
    l->summary = store_summary(st, l->row->placement, error);
    if (l->summary == NULL)
        return error == NULL || *error == NULL;
    l->mail = l->summary->mail;
    g_autoptr(mail_summary) source = l->row->source != 0 ? store_summary(st, l->row->source, NULL) : NULL;
    if (source != NULL)
        l->mail = source->mail;
    l->f = store_folder(st, l->target, error);
    return l->f != NULL || error == NULL || *error == NULL;
}

/* What was stored came off the wire with CRLF; a file's line ends may be anything. */
static GBytes *with_crlf(GBytes *raw)
{
    gsize n;
    const char *p = g_bytes_get_data(raw, &n);
    gsize bare = 0;
    for (gsize i = 0; i < n; i++)
        bare += p[i] == '\n' && (i == 0 || p[i - 1] != '\r');
    if (bare == 0)
        return g_bytes_ref(raw);
    char *out = g_malloc(n + bare);
    gsize at = 0;
    for (gsize i = 0; i < n; i++) {
        if (p[i] == '\n' && (i == 0 || p[i - 1] != '\r'))
            out[at++] = '\r';
        out[at++] = p[i];
    }
    return g_bytes_new_take(out, at);
}

static bool read_body(replay *r, load *l, GError **error)
{
    archive_settle(r->s->m);
    body_store *b = archive_reader(r->s->m, &r->s->bodies, error);
    if (b == NULL)
        return false;
    g_autoptr(GBytes) raw = body_get(b, l->mail);
    if (raw == NULL && l->summary->mail != l->mail)
        raw = body_get(b, l->summary->mail);
    if (raw != NULL)
        l->body = with_crlf(raw);
    return true;
}

static mtm_account_entry *account_of(mtm *m, guint32 id)
{
    for (guint i = 0; i < m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        if (a->id == id)
            return a;
    }
    return NULL;
}

/* Fetch it from where it is; why it cannot be had, or NULL: it comes, and the session is woken then. */
static char *ask_for_body(replay *r, const load *l)
{
    const store_journal_row *row = l->row;
    char *failed = session_body_failure(r->s, row->source);
    if (failed != NULL)
        return failed;
    g_autoptr(folder) f = row->uid != 0 ? session_folder(r->s, row->folder, NULL, NULL) : NULL;
    mtm_account_entry *a = f != NULL ? account_of(r->s->m, f->account) : NULL;
    if (a == NULL || a->fetcher == NULL)
        return row->kind == JOURNAL_APPEND && row->source == 0 ? g_strdup(_("its text is not stored any more"))
                                                                : g_strdup(_("the message is gone on the server"));
    session_await_bodies(r->s, 1); /* before it can be there */
    if (!fetcher_bring(a->fetcher, row->source != 0 ? row->source : row->placement, r->s))
        session_await_bodies(r->s, -1);
    return NULL;
}

/* *ready: it can be sent now. */
static bool prepare(replay *r, load *l, bool *ready, GError **error)
{
    *ready = false;
    if (!keeper_run(r->s->m, run_read, l, error))
        return false;
    if (l->summary == NULL) /* gone here: nothing is left to do */
        return replay_done(r, l->ids, NULL, error);
    if (l->f == NULL)
        return replay_park(r, l->ids, _("there is no such folder"), error);
    if (l->f->local)
        return true;
    if (!read_body(r, l, error))
        return false;
    if (l->body == NULL) {
        g_autofree char *why = ask_for_body(r, l);
        return why == NULL || replay_park(r, l->ids, why, error);
    }
    *ready = true;
    return true;
}

/* ---- up */

static bool mark_sent(replay *r, GPtrArray *flight, GError **error)
{
    g_autoptr(GPtrArray) claims = g_ptr_array_new();
    for (guint i = 0; i < flight->len; i++) {
        load *l = g_ptr_array_index(flight, i);
        l->claim = (replay_claim){ .ids = l->ids, .target = l->target, .moves = l->row->kind == JOURNAL_MOVE };
        if (!replay_floor(r, l->target, &l->claim.floor, error))
            return false;
        g_ptr_array_add(claims, &l->claim);
    }
    if (!replay_claim_rows(r, claims, error))
        return false;
    for (guint i = flight->len; i-- > 0;)
        if (!((load *)g_ptr_array_index(flight, i))->claim.granted)
            g_ptr_array_remove_index(flight, i);
    return true;
}

static bool send_load(replay *r, load *l, GError **error)
{
    g_auto(GStrv) keywords = keywords_split(l->summary->keywords);
    imap_upload up = { .message = l->body, .flags = l->summary->flags & FLAGS_STORABLE,
                       .keywords = (const char *const *)keywords, .received_s = l->summary->received_s };
    g_autoptr(GError) cause = NULL;
    l->tag = imap_send_append(r->s->c, l->f->wire_name, &up, 1, &cause);
    return l->tag != 0 || replay_park(r, l->ids, cause->message, error);
}

static bool run_validity(store *st, gpointer data, GError **error)
{
    store_folder_state state;
    guint32 *value = data;
    if (!store_folder_state_get(st, *value, &state, error))
        return false;
    *value = state.uidvalidity;
    return true;
}

static bool uploaded(replay *r, const load *l, const imap_reply *reply, GError **error)
{
    guint32 uidvalidity = l->target;
    if (!keeper_run(r->s->m, run_validity, &uidvalidity, error))
        return false;
    bool ours = reply->code == CODE_APPENDUID && reply->set2 != NULL && uid_set_count(reply->set2) == 1 &&
                uidvalidity != 0 && reply->number2 == uidvalidity;
    g_autofree guint32 *uids = g_new0(guint32, l->ids->len + 1);
    for (guint i = 0; ours && i < l->ids->len; i++)
        uids[i] = uid_set_min(reply->set2);
    if (!ours)
        todo_add(r->s, l->target, false); /* it is bound when it is seen */
    replay_show(r, l->target, true);
    return replay_done(r, l->ids, uids, error) && (!ours || replay_advance(r, l->target, reply->set2, error));
}

static bool park(replay *r, const load *l, const char *words, GError **error)
{
    replay_tell(r, "append", l->f->name, words);
    replay_show(r, l->target, true);
    return replay_park(r, l->ids, words, error);
}

/* *again: worth another try at once. */
static bool refused(replay *r, const load *l, const imap_reply *reply, bool *again, GError **error)
{
    g_autofree char *words = refusal_words(reply);
    switch (refusal_of(reply)) {
    case REFUSAL_LATER:
        if (l->row->tries >= REPLAY_TRIES)
            break;
        r->later = true;
        return replay_again(r, l->ids, error);
    case REFUSAL_MISSING:
        if (!replay_make_target(r, l->target, again, error))
            return false;
        if (*again)
            return true;
        break;
    case REFUSAL_SPLIT:
    case REFUSAL_PARK:
        break;
    }
    return park(r, l, words, error);
}

static bool take_answer(replay *r, load *l, bool *again, GError **error)
{
    *again = false;
    g_autoptr(imap_reply) reply = imap_wait_reply(r->s->c, l->tag, error);
    if (reply == NULL)
        return false;
    return reply->kind == IMAP_OK ? uploaded(r, l, reply, error) : refused(r, l, reply, again, error);
}

static bool fly(replay *r, GPtrArray *flight, GError **error)
{
    if (!mark_sent(r, flight, error))
        return false;
    for (guint i = 0; i < flight->len; i++)
        if (!send_load(r, g_ptr_array_index(flight, i), error))
            return false;
    g_autoptr(GPtrArray) repeated = g_ptr_array_new();
    for (guint i = 0; i < flight->len; i++) {
        load *l = g_ptr_array_index(flight, i);
        bool again = false;
        if (l->tag != 0 && !take_answer(r, l, &again, error))
            return false;
        if (again)
            g_ptr_array_add(repeated, l);
        else
            g_clear_pointer(&l->body, g_bytes_unref);
    }
    return repeated->len == 0 || fly(r, repeated, error); /* a folder is made once: no endless tale */
}

bool replay_appends(replay *r, GError **error)
{
    g_autoptr(GPtrArray) loads = gather(r);
    g_autoptr(GPtrArray) flight = g_ptr_array_new();
    gsize nbytes = 0;
    for (guint i = 0; i < loads->len && !session_disconnect_asked(r->s); i++) {
        load *l = g_ptr_array_index(loads, i);
        bool ready;
        if (!prepare(r, l, &ready, error))
            return false;
        if (!ready)
            continue;
        g_ptr_array_add(flight, l);
        nbytes += g_bytes_get_size(l->body);
        if (nbytes < FLIGHT_NBYTES && flight->len < FLIGHT_MESSAGES)
            continue;
        if (!fly(r, flight, error))
            return false;
        g_ptr_array_set_size(flight, 0);
        nbytes = 0;
    }
    return flight->len == 0 || fly(r, flight, error);
}
