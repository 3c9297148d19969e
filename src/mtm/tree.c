/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folder list of an account: LIST with subscriptions, roles and counters in as few flights as the server
 * allows, and from the counters the folders that need a synchronisation. */
#include "mtm/session.h"
#include "base/clock.h"
#include "base/log.h"

#include <string.h>

enum {
    MASS = 3,       /* folders that may be left out of a list without a second opinion */
    FLAGS_S = 3600, /* between two looks at the flags of a folder without MODSEQ that is not on the screen */
};

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

/* Roles by hand: the folder of that name has it, and no other. */
static void set_roles(const account_settings *settings, GPtrArray *listed)
{
    for (int role = ROLE_NONE; role <= ROLE_TRASH; role++) {
        const char *name = settings->roles[role];
        for (guint i = 0; name != NULL && i < listed->len; i++) {
            folder *f = g_ptr_array_index(listed, i);
            if (f->role != ROLE_INBOX && strcmp(f->name, name) == 0)
                f->role = (folder_role)role;
            else if ((int)f->role == role)
                f->role = ROLE_NONE;
        }
    }
}

static GString *status_items(const mtm_session *s)
{
    GString *items = g_string_new("(MESSAGES UIDNEXT UIDVALIDITY UNSEEN");
    if (session_modseq(s))
        g_string_append(items, " HIGHESTMODSEQ");
    if (imap_has(s->c, "OBJECTID"))
        g_string_append(items, " MAILBOXID");
    return g_string_append_c(items, ')');
}

static guint32 send_status(mtm_session *s, const char *wire_name)
{
    GString *c = imap_command("STATUS");
    if (!imap_add_mailbox(s->c, c, wire_name)) {
        g_string_free(c, TRUE);
        return 0;
    }
    g_autoptr(GString) items = status_items(s);
    imap_add_text(c, items->str);
    return imap_send(s->c, c);
}

static void status_free(gpointer data)
{
    imap_status *st = data;
    g_free(st->wire_name);
    g_free(st->mailbox_id);
    g_free(st);
}

GHashTable *status_table_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, NULL, status_free);
}

/* The names to ask for, as LIST takes them. */
static void add_patterns(mtm_session *s, GString *text)
{
    const char *prefix = s->settings->path_prefix;
    g_autofree char *below = g_strconcat(prefix != NULL ? prefix : "", "*", NULL);
    bool both = prefix != NULL && imap_has(s->c, "LIST-EXTENDED"); /* else the inbox is asked for by itself */
    g_string_append(text, both ? " (INBOX" : "");
    imap_add_string(text, below);
    g_string_append(text, both ? ")" : "");
}

static guint32 send_plain_list(mtm_session *s, const char *verb)
{
    g_autoptr(GString) text = g_string_new(verb);
    g_string_append(text, " \"\"");
    add_patterns(s, text);
    return imap_send_text(s->c, text->str);
}

void tree_begin(mtm_session *s)
{
    if (s->listed != NULL)
        return;
    s->listed = g_ptr_array_new_with_free_func((GDestroyNotify)folder_free);
    s->status = status_table_new();
    /* Before LIST: what changes behind the list's back is told. */
    if (s->settings->idle && !s->notified && imap_has(s->c, "NOTIFY"))
        s->notify_tag = imap_send_notify(s->c, NULL, false);
    if (!imap_has(s->c, "LIST-EXTENDED")) {
        if (s->settings->path_prefix != NULL)
            session_send_loose(s, imap_send_text(s->c, "LIST \"\" INBOX"));
        s->list_tag = send_plain_list(s, "LIST");
        s->lsub_tag = send_plain_list(s, "LSUB");
        return;
    }
    g_autoptr(GString) text = g_string_new("LIST \"\"");
    add_patterns(s, text);
    g_string_append(text, " RETURN (SUBSCRIBED");
    if (imap_has(s->c, "SPECIAL-USE"))
        g_string_append(text, " SPECIAL-USE");
    if (imap_has(s->c, "LIST-STATUS")) {
        g_autoptr(GString) items = status_items(s);
        g_string_append_printf(text, " STATUS %s", items->str);
    }
    g_string_append_c(text, ')');
    s->list_tag = imap_send_text(s->c, text->str);
}

void tree_drop(mtm_session *s)
{
    g_clear_pointer(&s->listed, g_ptr_array_unref);
    g_clear_pointer(&s->status, g_hash_table_unref);
    g_clear_pointer(&s->counts, g_hash_table_unref);
    g_clear_pointer(&s->told, g_hash_table_unref);
    s->list_tag = s->lsub_tag = s->notify_tag = 0;
    s->notified = s->list_outdated = false;
}

/* Whether the server will tell of every folder by itself. */
static bool take_notify_answer(mtm_session *s, GError **error)
{
    if (s->notify_tag == 0)
        return true;
    g_autoptr(imap_reply) r = imap_wait_reply(s->c, s->notify_tag, error);
    s->notify_tag = 0;
    if (r == NULL)
        return false;
    s->notified = r->kind == IMAP_OK;
    if (!s->notified) {
        imap_capability_failed(s->c, "NOTIFY");
        imap_capability_failed(s->c, "NOTIFY");
    }
    return true;
}

/* A list that was cut short by a refusal is none. */
static bool take_list(mtm_session *s, GError **error)
{
    if (!take_notify_answer(s, error) || !imap_wait(s->c, s->list_tag, NULL, error))
        return false;
    if (s->lsub_tag == 0)
        return true;
    guint nlisted = s->listed->len;
    if (!imap_wait(s->c, s->lsub_tag, NULL, error))
        return false;
    merge_subscriptions(s->listed, nlisted);
    return true;
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
    if (!f->selectable || f->local || f->parting)
        return false;
    if (f->role == ROLE_INBOX)
        return true;
    switch (s->settings->sync) {
    case SYNC_ALL:
        return true;
    case SYNC_LIST:
        return s->settings->sync_list != NULL &&
               g_strv_contains((const char *const *)s->settings->sync_list, f->name);
    case SYNC_SUBSCRIBED_LOCAL:
        return f->subscribed_here;
    case SYNC_SUBSCRIBED_EITHER:
        if (f->subscribed_here)
            return true;
        break;
    case SYNC_SUBSCRIBED_REMOTE:
        break;
    }
    /* The same mail once more: Gmail's \All and \Flagged are synchronised when opened. */
    if (f->role == ROLE_ALL || f->role == ROLE_FLAGGED)
        return false;
    return f->subscribed || !subscriptions;
}

static bool status_differs(const imap_status *st, const folder *f)
{
    return (st->has_uidvalidity && st->uidvalidity != f->uidvalidity) ||
           (st->has_uidnext && st->uidnext != f->uidnext) ||
           (st->has_messages && st->messages != f->server_messages) ||
           (st->has_highestmodseq ? st->highestmodseq != f->highestmodseq
                                  : st->has_unseen && st->unseen != f->unseen);
}

/* Without MODSEQ the counters do not show that flags changed: who asks for a synchronisation gets them, a poll
 * comes round. */
static bool flags_due(const mtm_session *s, const folder *f)
{
    if (f->highestmodseq > 0 && session_modseq(s))
        return false;
    for (guint i = 0; i < s->ops->len; i++)
        if (g_array_index(s->ops, session_op, i).kind == OP_SYNC)
            return true;
    return clock_now_s() - f->synced_at_s >= FLAGS_S;
}

static bool needs_sync(const mtm_session *s, const folder *f)
{
    if (f->id == s->box.folder) /* STATUS of the selected mailbox may stand still; it tells by itself */
        return s->box.stale;
    const imap_status *st = g_hash_table_lookup(s->status, f->wire_name);
    return st == NULL || f->provisional || f->uidvalidity == 0 || status_differs(st, f) || flags_due(s, f);
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

/* ---- the list and the store */

/* What STATUS said tells a renamed folder from a new one. */
static void add_counters(mtm_session *s)
{
    for (guint i = 0; i < s->listed->len; i++) {
        folder *f = g_ptr_array_index(s->listed, i);
        const imap_status *st = g_hash_table_lookup(s->status, f->wire_name);
        if (st == NULL)
            continue;
        f->uidvalidity = st->has_uidvalidity ? st->uidvalidity : 0;
        f->uidnext = st->has_uidnext ? st->uidnext : 0;
        f->server_messages = st->has_messages ? st->messages : G_MAXUINT32;
        g_free(f->mailbox_id);
        f->mailbox_id = g_strdup(st->mailbox_id);
    }
}

static bool run_folders(store *st, gpointer data, GError **error)
{
    apply *a = data;
    a->folders = store_folders(st, a->account, error);
    return a->folders != NULL;
}

/* A list that leaves most folders out is believed only when a second connection gives the same; else those stay. */
static bool keep_doubtful(mtm_session *s, GError **error)
{
    apply a = { .account = s->a->id };
    if (!keeper_run(s->m, run_folders, &a, error))
        return false;
    g_autoptr(GPtrArray) stored = a.folders;
    const char *prefix = s->settings->path_prefix;
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < s->listed->len; i++)
        g_hash_table_add(names, ((folder *)g_ptr_array_index(s->listed, i))->wire_name);
    g_autoptr(GPtrArray) missing = g_ptr_array_new();
    for (guint i = 0; i < stored->len; i++) {
        folder *f = g_ptr_array_index(stored, i);
        bool outside = prefix != NULL && !g_str_has_prefix(f->wire_name, prefix); /* not asked for */
        if (!outside && !f->local && !g_hash_table_contains(names, f->wire_name))
            g_ptr_array_add(missing, f);
    }
    g_autoptr(GError) cause = NULL;
    if (missing->len < MASS || missing->len * 2 <= stored->len || folders_really_gone(s, missing, &cause))
        return true;
    session_note(s, "folders", cause);
    for (guint i = 0; i < missing->len; i++)
        g_ptr_array_add(s->listed, folder_dup(g_ptr_array_index(missing, i)));
    return true;
}

void tree_outdated(mtm_session *s)
{
    s->list_outdated = s->listed != NULL;
    s->tree_due = true;
}

/* What was on its way when folders were changed here does not know of them. */
static bool drop_outdated(mtm_session *s, GError **error)
{
    if (!s->list_outdated)
        return true;
    s->list_outdated = false;
    g_autoptr(GError) cause = NULL;
    if (!take_list(s, &cause) && !imap_is_refusal(cause)) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return false;
    }
    g_clear_pointer(&s->listed, g_ptr_array_unref);
    g_clear_pointer(&s->status, g_hash_table_unref);
    s->list_tag = s->lsub_tag = s->notify_tag = 0;
    return true;
}

static bool tree_steps(mtm_session *s, GError **error)
{
    if (!drop_outdated(s, error))
        return false;
    account_set_progress(s->a, "folders", NULL, 0, 0);
    if (s->box.folder != 0 && s->listed == NULL && !s->notified && !imap_idle_is_open(s->c))
        session_send_loose(s, imap_send_text(s->c, "NOOP")); /* news of the selected folder ride along */
    tree_begin(s);
    session_idle_behind(s);
    if (!take_list(s, error) || !session_take_loose(s, error))
        return false;
    drop_repeated(s->listed);
    set_roles(s->settings, s->listed);
    if (s->listed->len > 0 && !keep_doubtful(s, error))
        return false;
    add_counters(s);
    apply a = { .account = s->a->id, .listed = s->listed };
    if (!keeper_run(s->m, run_apply, &a, error))
        return false;
    if (a.changed)
        folders_changed(s->m);
    bool subscriptions = any_subscribed(a.folders);
    bool ok = imap_has(s->c, "LIST-STATUS") || ask_counters(s, a.folders, subscriptions, error);
    for (guint i = 0; ok && i < a.folders->len; i++) {
        const folder *f = g_ptr_array_index(a.folders, i);
        if (is_kept(s, f, subscriptions) && needs_sync(s, f))
            todo_add(s, f->id, false);
    }
    g_ptr_array_unref(a.folders);
    return ok;
}

bool tree_sync(mtm_session *s, GError **error)
{
    bool ok = tree_steps(s, error);
    g_clear_pointer(&s->counts, g_hash_table_unref);
    s->counts = g_steal_pointer(&s->status);
    g_clear_pointer(&s->listed, g_ptr_array_unref);
    s->list_tag = s->lsub_tag = s->notify_tag = 0;
    s->tree_due = !ok;
    if (!ok)
        return false;
    s->tree_ms = clock_monotonic_ms();
    keeper_tell_folders(s->m); /* who waits for the list can name what is in it */
    g_mutex_lock(&s->a->mutex);
    s->a->now.listing = false;
    g_mutex_unlock(&s->a->mutex);
    account_changed(s->a);
    return true;
}

bool tree_news(mtm_session *s, GError **error)
{
    g_autoptr(GHashTable) told = g_steal_pointer(&s->told);
    if (told == NULL)
        return true;
    apply a = { .account = s->a->id };
    if (!keeper_run(s->m, run_folders, &a, error))
        return false;
    g_autoptr(GPtrArray) folders = a.folders;
    bool subscriptions = any_subscribed(folders);
    for (guint i = 0; i < folders->len; i++) {
        const folder *f = g_ptr_array_index(folders, i);
        const imap_status *st = g_hash_table_lookup(told, f->wire_name);
        if (st != NULL && f->id != s->box.folder && is_kept(s, f, subscriptions) && status_differs(st, f))
            todo_add(s, f->id, false);
    }
    return true;
}
