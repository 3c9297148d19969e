/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folder list of an account: LIST with subscriptions, roles and counters in as few flights as the server
 * allows, and from the counters the folders that need a synchronisation. */
#include "mtm/session.h"
#include "base/clock.h"
#include "base/log.h"

#include <string.h>

typedef struct apply {
    guint32 account;
    const GPtrArray *listed;
    bool changed;
    GPtrArray *folders;      /* after */
} apply;

static bool run_apply(store *st, gpointer data, GError **error)
{
    apply *a = data;
    if (a->listed->len > 0 && !store_folders_apply(st, a->account, a->listed, &a->changed, error))
        return false;
    a->folders = store_folders(st, a->account, error);
    return a->folders != NULL;
}

/* LSUB replies name what LIST has named already: carry the mark over and drop them. */
static void merge_subscriptions(GPtrArray *listed, guint nlisted)
{
    g_autoptr(GHashTable) by_name = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < nlisted; i++) {
        folder *f = g_ptr_array_index(listed, i);
        g_hash_table_insert(by_name, f->name, f);
    }
    for (guint i = nlisted; i < listed->len; i++) {
        folder *f = g_hash_table_lookup(by_name, ((folder *)g_ptr_array_index(listed, i))->name);
        if (f != NULL)
            f->subscribed = true;
    }
    g_ptr_array_set_size(listed, (int)nlisted);
}

static void drop_repeated(GPtrArray *listed)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < listed->len;) {
        folder *f = g_ptr_array_index(listed, i);
        folder *first = g_hash_table_lookup(seen, f->name);
        if (first == NULL) {
            g_hash_table_insert(seen, f->name, f);
            i++;
            continue;
        }
        first->subscribed |= f->subscribed;
        if (first->role == ROLE_NONE)
            first->role = f->role;
        g_ptr_array_remove_index(listed, i);
    }
}

static guint32 send_status(mtm_session *s, const char *wire_name)
{
    GString *c = imap_command("STATUS");
    if (!imap_add_mailbox(s->c, c, wire_name)) {
        g_string_free(c, TRUE);
        return 0;
    }
    imap_add_text(c, s->enabled_qresync ? "(MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ)"
                                        : "(MESSAGES UIDNEXT UIDVALIDITY UNSEEN)");
    return imap_send(s->c, c);
}

static bool list(mtm_session *s, GError **error)
{
    if (!imap_has(s->c, "LIST-EXTENDED")) {
        guint32 tag = imap_send_text(s->c, "LIST \"\" \"*\"");
        guint32 lsub = imap_send_text(s->c, "LSUB \"\" \"*\"");
        if (!imap_wait(s->c, tag, NULL, error))
            return false;
        guint nlisted = s->listed->len;
        if (!imap_wait(s->c, lsub, NULL, error))
            return false;
        merge_subscriptions(s->listed, nlisted);
        return true;
    }
    g_autofree char *text = g_strdup_printf(
        "LIST \"\" \"*\" RETURN (SUBSCRIBED%s%s)", imap_has(s->c, "SPECIAL-USE") ? " SPECIAL-USE" : "",
        !imap_has(s->c, "LIST-STATUS") ? ""
        : s->enabled_qresync ? " STATUS (MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ)"
                             : " STATUS (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)");
    return imap_wait(s->c, imap_send_text(s->c, text), NULL, error);
}

static bool any_subscribed(const GPtrArray *folders)
{
    for (guint i = 0; i < folders->len; i++) {
        const folder *f = g_ptr_array_index(folders, i);
        if (f->subscribed && f->role != ROLE_INBOX)
            return true;
    }
    return false;
}

/* Which folders are kept: a server that has no subscriptions at all is taken to mean every folder. */
static bool is_kept(const mtm_session *s, const folder *f, bool subscriptions)
{
    if (!f->selectable)
        return false;
    if (f->role == ROLE_INBOX)
        return true;
    switch (s->settings->sync) {
    case SYNC_ALL:
        return true;
    case SYNC_LIST:
        return s->settings->sync_list != NULL &&
               g_strv_contains((const char *const *)s->settings->sync_list, f->name);
    default:
        /* The same mail once more: Gmail's \All and \Flagged are synchronised when opened. */
        if (f->role == ROLE_ALL || f->role == ROLE_FLAGGED)
            return false;
        return f->subscribed || !subscriptions;
    }
}

static bool status_differs(const mtm_session *s, const folder *f)
{
    const imap_status *st = g_hash_table_lookup(s->status, f->wire_name);
    if (st == NULL || f->provisional || f->uidvalidity == 0)
        return true;
    return (st->has_uidvalidity && st->uidvalidity != f->uidvalidity) ||
           (st->has_uidnext && st->uidnext != f->uidnext) ||
           (st->has_messages && st->messages != f->server_messages) ||
           (st->has_highestmodseq ? st->highestmodseq != f->highestmodseq
                                  : st->has_unseen && st->unseen != f->unseen);
}

static bool ask_counters(mtm_session *s, const GPtrArray *folders, bool subscriptions, GError **error)
{
    g_autoptr(GArray) tags = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (guint i = 0; i < folders->len; i++) {
        const folder *f = g_ptr_array_index(folders, i);
        /* STATUS of the selected mailbox is frozen on some servers (RFC 9051 section 6.3.11). */
        if (!is_kept(s, f, subscriptions) || f->id == s->box.folder || g_hash_table_contains(s->status, f->wire_name))
            continue;
        guint32 tag = send_status(s, f->wire_name);
        if (tag != 0)
            g_array_append_val(tags, tag);
    }
    for (guint i = 0; i < tags->len; i++) {
        g_autoptr(imap_reply) r = imap_wait_reply(s->c, g_array_index(tags, guint32, i), error);
        if (r == NULL)
            return false; /* a NO only means that this folder is looked at by selecting it */
    }
    return true;
}

static void status_free(gpointer data)
{
    imap_status *st = data;
    g_free(st->wire_name);
    g_free(st);
}

static bool tree_steps(mtm_session *s, GError **error)
{
    account_set_progress(s->a, "folders", NULL, 0, 0);
    if (s->box.folder != 0)
        session_send_loose(s, "NOOP"); /* news of the selected folder ride along */
    if (!list(s, error) || !session_take_loose(s, error))
        return false;
    drop_repeated(s->listed);
    apply a = { .account = s->a->id, .listed = s->listed };
    if (!keeper_run(s->m, run_apply, &a, error))
        return false;
    if (a.changed)
        folders_changed(s->m);
    bool subscriptions = any_subscribed(a.folders);
    bool ok = imap_has(s->c, "LIST-STATUS") || ask_counters(s, a.folders, subscriptions, error);
    for (guint i = 0; ok && i < a.folders->len; i++) {
        const folder *f = g_ptr_array_index(a.folders, i);
        if (!is_kept(s, f, subscriptions))
            continue;
        if (f->id == s->box.folder ? s->box.stale : status_differs(s, f))
            todo_add(s, f->id, false);
    }
    g_ptr_array_unref(a.folders);
    return ok;
}

bool tree_sync(mtm_session *s, GError **error)
{
    s->listed = g_ptr_array_new_with_free_func((GDestroyNotify)folder_free);
    s->status = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, status_free);
    bool ok = tree_steps(s, error);
    g_clear_pointer(&s->listed, g_ptr_array_unref);
    g_clear_pointer(&s->status, g_hash_table_unref);
    s->tree_due = !ok;
    return ok;
}
