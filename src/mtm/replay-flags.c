/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flags on their way to the server: rows merged per message, messages that want the same change in as few STORE
 * commands as the server's line and message limits allow, all in one flight.  STORE repeats freely, so nothing is
 * marked before it leaves.  RFC 9051 section 6.4.6. */
#include "mtm/replay.h"
#include "base/log.h"

#include <string.h>

/* The wish for one message after all its rows. */
typedef struct wish {
    guint32 uid;
    mail_flags add, remove;
    char *add_keywords, *remove_keywords;
    row_ids *ids;
} wish;

static void wish_free(gpointer data)
{
    wish *w = data;
    g_free(w->add_keywords);
    g_free(w->remove_keywords);
    g_array_unref(w->ids);
    g_free(w);
}

static void wish_merge(wish *w, const store_journal_row *row)
{
    w->add = (w->add & ~row->remove) | row->add;
    w->remove = (w->remove & ~row->add) | row->remove;
    g_auto(GStrv) add = keywords_split(row->add_keywords), drop = keywords_split(row->remove_keywords);
    char *added = keywords_change(w->add_keywords, (const char *const *)add, (const char *const *)drop);
    char *removed = keywords_change(w->remove_keywords, (const char *const *)drop, (const char *const *)add);
    g_free(w->add_keywords);
    g_free(w->remove_keywords);
    w->add_keywords = added;
    w->remove_keywords = removed;
    g_array_append_val(w->ids, row->id);
}

/* By UID. */
static GHashTable *merge(const GPtrArray *rows)
{
    GHashTable *wishes = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, wish_free);
    for (guint i = 0; i < rows->len; i++) {
        const store_journal_row *row = g_ptr_array_index(rows, i);
        if (row->kind != JOURNAL_FLAG)
            continue;
        wish *w = g_hash_table_lookup(wishes, GUINT_TO_POINTER(row->uid));
        if (w == NULL) {
            w = g_new0(wish, 1);
            w->uid = row->uid;
            w->add_keywords = g_strdup("");
            w->remove_keywords = g_strdup("");
            w->ids = row_ids_new();
            g_hash_table_insert(wishes, GUINT_TO_POINTER(row->uid), w);
        }
        wish_merge(w, row);
    }
    return wishes;
}

/* Everything that wants the same change. */
typedef struct change {
    GArray *uids;          /* of guint32 */
    mail_flags add, remove;
    char *add_keywords, *remove_keywords;
    row_ids *ids;
    replay_claim claim;
    GArray *tags;          /* of guint32, of what was sent for it */
    bool later;
    char *refused;         /* the first refusal, or NULL */
} change;

static void change_free(gpointer data)
{
    change *c = data;
    g_array_unref(c->uids);
    g_free(c->add_keywords);
    g_free(c->remove_keywords);
    g_array_unref(c->ids);
    g_array_unref(c->tags);
    g_free(c->refused);
    g_free(c);
}

static change *change_new(const wish *w)
{
    change *c = g_new0(change, 1);
    c->uids = g_array_new(FALSE, FALSE, sizeof(guint32));
    c->add = w->add;
    c->remove = w->remove;
    c->add_keywords = g_strdup(w->add_keywords);
    c->remove_keywords = g_strdup(w->remove_keywords);
    c->ids = row_ids_new();
    c->tags = g_array_new(FALSE, FALSE, sizeof(guint32));
    return c;
}

static GPtrArray *group(GHashTable *wishes)
{
    g_autoptr(GHashTable) by_change = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GPtrArray *changes = g_ptr_array_new_with_free_func(change_free);
    GHashTableIter it;
    gpointer value;
    g_hash_table_iter_init(&it, wishes);
    while (g_hash_table_iter_next(&it, NULL, &value)) {
        wish *w = value;
        char *key = g_strdup_printf("%x %x %s|%s", w->add, w->remove, w->add_keywords, w->remove_keywords);
        change *c = g_hash_table_lookup(by_change, key);
        if (c == NULL) {
            c = change_new(w);
            g_ptr_array_add(changes, c);
            g_hash_table_insert(by_change, key, c);
        } else {
            g_free(key);
        }
        g_array_append_val(c->uids, w->uid);
        g_array_append_vals(c->ids, w->ids->data, w->ids->len);
    }
    return changes;
}

/* ---- sending */

static void send_store(mtm_session *s, change *c, const uid_set *set, bool add)
{
    mail_flags flags = (add ? c->add : c->remove) & FLAGS_STORABLE;
    const char *keywords = add ? c->add_keywords : c->remove_keywords;
    if (flags == 0 && keywords[0] == '\0')
        return;
    g_auto(GStrv) words = keywords_split(keywords);
    GString *command = imap_command("UID STORE");
    imap_add_set(command, set);
    imap_add_text(command, add ? "+FLAGS.SILENT" : "-FLAGS.SILENT");
    imap_add_flags(command, flags, (const char *const *)words);
    guint32 tag = imap_send(s->c, command);
    g_array_append_val(c->tags, tag);
}

static bool take_answers(replay *r, change *c, GError **error)
{
    for (guint i = 0; i < c->tags->len; i++) {
        g_autoptr(imap_reply) reply = imap_wait_reply(r->s->c, g_array_index(c->tags, guint32, i), error);
        if (reply == NULL)
            return false;
        if (reply->kind == IMAP_OK)
            continue;
        c->later |= refusal_of(reply) == REFUSAL_LATER;
        if (c->refused == NULL)
            c->refused = refusal_words(reply);
    }
    g_array_set_size(c->tags, 0);
    return true;
}

/* A piece at a time is answered before more is written than a pipe holds. */
static bool send_change(replay *r, change *c, gsize *written, GError **error)
{
    g_autoptr(uid_set) uids = uid_set_new();
    uid_set_add_many(uids, (const guint32 *)(void *)c->uids->data, c->uids->len);
    gsize words = strlen(c->add_keywords) + strlen(c->remove_keywords);
    guint line = imap_line_limit(r->s->c);
    g_autoptr(GPtrArray) pieces = replay_pieces(r->s, uids, line > words + 600 ? line - words - 200 : 400);
    for (guint i = 0; i < pieces->len; i++) {
        const uid_set *piece = g_ptr_array_index(pieces, i);
        if (*written > REPLAY_FLIGHT_NBYTES) {
            *written = 0;
            if (!take_answers(r, c, error))
                return false;
        }
        send_store(r->s, c, piece, true);
        send_store(r->s, c, piece, false);
        g_autofree char *text = uid_set_format(piece);
        *written += 2 * (strlen(text) + words + 100);
    }
    return true;
}

static bool settle(replay *r, change *c, GError **error)
{
    if (c->later) {
        r->later = true;
        return replay_again(r, c->ids, error);
    }
    if (c->refused == NULL)
        return replay_done(r, c->ids, NULL, error);
    replay_tell(r, "store-flags", r->s->box.name, c->refused);
    return replay_park(r, c->ids, c->refused, error);
}

/* What was taken back meanwhile waits for the next round, with what was to go with it. */
static bool claim(replay *r, GPtrArray *changes, GError **error)
{
    g_autoptr(GPtrArray) claims = g_ptr_array_new();
    for (guint i = 0; i < changes->len; i++) {
        change *c = g_ptr_array_index(changes, i);
        c->claim = (replay_claim){ .ids = c->ids };
        g_ptr_array_add(claims, &c->claim);
    }
    if (!replay_claim_rows(r, claims, error))
        return false;
    for (guint i = changes->len; i-- > 0;)
        if (!((change *)g_ptr_array_index(changes, i))->claim.granted)
            g_ptr_array_remove_index(changes, i);
    return true;
}

bool replay_flags(replay *r, const GPtrArray *rows, GError **error)
{
    g_autoptr(GHashTable) wishes = merge(rows);
    if (g_hash_table_size(wishes) == 0)
        return true;
    g_autoptr(GPtrArray) changes = group(wishes);
    if (!claim(r, changes, error))
        return false;
    guint32 folder_id = r->s->box.folder;
    gsize written = 0;
    for (guint i = 0; i < changes->len; i++)
        if (!send_change(r, g_ptr_array_index(changes, i), &written, error))
            return false;
    for (guint i = 0; i < changes->len; i++)
        if (!take_answers(r, g_ptr_array_index(changes, i), error) ||
            !settle(r, g_ptr_array_index(changes, i), error))
            return false;
    replay_show(r, folder_id, false);
    return true;
}
