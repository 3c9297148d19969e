/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders on their way to the server: created before their messages are sent, renamed, deleted and subscribed to
 * behind them.  All of it repeats: what exists already or is gone already is what was wished.  Names are made from
 * what the server calls the parent now, since a parent's own renaming may still wait.  RFC 9051 sections 6.3.4 to
 * 6.3.8. */
#include "mtm/replay.h"
#include "base/i18n.h"
#include "base/log.h"
#include "imap/name.h"

#include <string.h>

/* ---- what is stored */

typedef struct folders_load {
    guint32 account;
    GPtrArray *folders;
} folders_load;

static bool load_folders(store *st, gpointer data, GError **error)
{
    folders_load *l = data;
    l->folders = store_folders_all(st, l->account, error); /* those to be deleted too */
    return l->folders != NULL;
}

static GPtrArray *folders_of(replay *r, GError **error)
{
    folders_load l = { .account = r->s->a->id };
    return keeper_run(r->s->m, load_folders, &l, error) ? l.folders : NULL;
}

/* Also one that is deleted here, and no longer listed; NULL: it is gone. */
static const folder *by_id(replay *r, GPtrArray *folders, guint32 id)
{
    for (guint i = 0; i < folders->len; i++)
        if (((folder *)g_ptr_array_index(folders, i))->id == id)
            return g_ptr_array_index(folders, i);
    folder *f = session_folder(r->s, id, NULL, NULL);
    if (f != NULL)
        g_ptr_array_add(folders, f);
    return f;
}

/* Is it below f, as the server names them? */
static bool is_below(const folder *one, const folder *f)
{
    gsize n = strlen(f->wire_name);
    return f->delimiter != '\0' && strncmp(one->wire_name, f->wire_name, n) == 0 && one->wire_name[n] == f->delimiter;
}

/* The folder above that is known; NULL none. */
static const folder *parent_of(const GPtrArray *folders, const folder *f, const char **rest)
{
    const char *slash = strrchr(f->name, '/');
    for (; slash != NULL && slash > f->name; slash = g_strrstr_len(f->name, slash - f->name, "/")) {
        gsize n = (gsize)(slash - f->name);
        for (guint i = 0; i < folders->len; i++) {
            const folder *one = g_ptr_array_index(folders, i);
            if (!one->parting && strlen(one->name) == n && strncmp(one->name, f->name, n) == 0) {
                *rest = slash + 1;
                return one;
            }
        }
    }
    return NULL;
}

/* What the server will call it. */
static char *wanted_name(const GPtrArray *folders, const folder *f)
{
    const char *rest = NULL;
    const folder *parent = f->delimiter != '\0' ? parent_of(folders, f, &rest) : NULL;
    if (parent == NULL)
        return imap_name_to_wire(f->name, f->delimiter);
    g_autofree char *last = imap_name_to_wire(rest, f->delimiter);
    return g_strdup_printf("%s%c%s", parent->wire_name, f->delimiter, last);
}

typedef struct renamed {
    guint32 folder;
    const char *wire_name;
} renamed;

static bool run_renamed(store *st, gpointer data, GError **error)
{
    const renamed *r = data;
    return store_folder_renamed(st, r->folder, r->wire_name, error);
}

static bool store_name(replay *r, guint32 folder_id, const char *wire_name, GError **error)
{
    renamed n = { folder_id, wire_name };
    return keeper_run(r->s->m, run_renamed, &n, error);
}

/* ---- commands */

/* The command's answer; NULL with *error: the link is dead; NULL without: the name cannot be sent. */
static imap_reply *ask(replay *r, const char *verb, const char *wire_name, const char *second, GError **error)
{
    GString *c = imap_command(verb);
    if (!imap_add_mailbox(r->s->c, c, wire_name) ||
        (second != NULL && !imap_add_mailbox(r->s->c, c, second))) {
        g_string_free(c, TRUE);
        return NULL;
    }
    return imap_wait_reply(r->s->c, imap_send(r->s->c, c), error);
}

/* What servers mostly do not carry along: nobody waits for it, and a refusal changes nothing. */
static void ask_besides(replay *r, const char *verb, const char *wire_name)
{
    GString *c = imap_command(verb);
    if (imap_add_mailbox(r->s->c, c, wire_name))
        session_send_loose(r->s, imap_send(r->s->c, c));
    else
        g_string_free(c, TRUE);
}

static row_ids *one_id(const store_journal_row *row)
{
    row_ids *ids = row_ids_new();
    g_array_append_val(ids, row->id);
    return ids;
}

static bool park(replay *r, const store_journal_row *row, const folder *f, const imap_reply *reply, GError **error)
{
    g_autofree char *words =
        reply != NULL ? refusal_words(reply) : g_strdup(_("a folder of this name cannot be asked for"));
    if (reply != NULL && refusal_of(reply) == REFUSAL_LATER && row->tries < REPLAY_TRIES) {
        r->later = true;
        return true;
    }
    replay_tell(r, "store-folder", f->name, words);
    g_autoptr(GArray) ids = one_id(row);
    return replay_park(r, ids, words, error);
}

/* A mailbox that is selected is not renamed or deleted under the session's feet.  CLOSE would expunge. */
static bool unselect(replay *r, const folder *f, GError **error)
{
    mtm_session *s = r->s;
    if (s->box.folder == 0)
        return true;
    folder here = { .wire_name = NULL };
    g_autoptr(folder) selected = session_folder(s, s->box.folder, NULL, NULL);
    if (selected != NULL)
        here.wire_name = selected->wire_name;
    if (here.wire_name != NULL && s->box.folder != f->id && !is_below(&here, f))
        return true;
    sync_flush(s);
    if (imap_has(s->c, "UNSELECT")) {
        if (!imap_wait(s->c, imap_send_text(s->c, "UNSELECT"), NULL, error))
            return false;
        box_clear(&s->box);
        return true;
    }
    store_folder_state state;
    guint32 inbox = session_inbox(s);
    g_autoptr(folder) other = inbox != 0 ? session_folder(s, inbox, &state, NULL) : NULL;
    g_autoptr(GError) cause = NULL;
    if (other == NULL || box_select(s, inbox, other, &cause) || replay_goes_on(cause)) /* refused, it left the other */
        return true;
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
}

/* ---- one row each.  False with *error: the end. */

static bool create_one(replay *r, const store_journal_row *row, GPtrArray *folders, GError **error)
{
    const folder *f = by_id(r, folders, row->target);
    g_autoptr(GArray) ids = one_id(row);
    if (f == NULL)
        return replay_done(r, ids, NULL, error);
    g_autofree char *wire = wanted_name(folders, f);
    g_autoptr(GError) cause = NULL;
    g_autoptr(imap_reply) reply = ask(r, "CREATE", wire, NULL, &cause);
    if (cause != NULL) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return false;
    }
    if (reply == NULL || (reply->kind != IMAP_OK && reply->code != CODE_ALREADYEXISTS))
        return park(r, row, f, reply, error);
    todo_add(r->s, f->id, false);
    return (strcmp(wire, f->wire_name) == 0 || store_name(r, f->id, wire, error)) && replay_done(r, ids, NULL, error);
}

static void carry_subscriptions(replay *r, const GPtrArray *folders, const folder *f, const char *wire)
{
    gsize n = strlen(f->wire_name);
    for (guint i = 0; i < folders->len; i++) {
        const folder *one = g_ptr_array_index(folders, i);
        if (!one->subscribed || (one != f && !is_below(one, f)))
            continue;
        g_autofree char *now = g_strconcat(wire, one->wire_name + n, NULL);
        ask_besides(r, "SUBSCRIBE", now);
        ask_besides(r, "UNSUBSCRIBE", one->wire_name);
    }
}

/* Every renaming of the folder is in the name it has now. */
static bool rename_one(replay *r, const store_journal_row *row, GPtrArray *folders, GError **error)
{
    const folder *f = by_id(r, folders, row->target);
    g_autoptr(GArray) ids = one_id(row);
    g_autofree char *wire = f != NULL ? wanted_name(folders, f) : NULL;
    if (f == NULL || strcmp(wire, f->wire_name) == 0)
        return replay_done(r, ids, NULL, error);
    if (f->local) /* it was not created: so is this */
        return true;
    g_autoptr(GError) cause = NULL;
    g_autoptr(imap_reply) reply = NULL;
    if (!unselect(r, f, &cause) || ((reply = ask(r, "RENAME", f->wire_name, wire, &cause)) == NULL && cause != NULL)) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return false;
    }
    if (reply == NULL || reply->kind != IMAP_OK)
        return park(r, row, f, reply, error);
    carry_subscriptions(r, folders, f, wire);
    return store_name(r, f->id, wire, error) && replay_done(r, ids, NULL, error);
}

static bool is_gone(const imap_reply *reply)
{
    return reply->code == CODE_NONEXISTENT || reply->code == CODE_TRYCREATE;
}

/* Each folder below it has a row of its own before. */
static bool delete_one(replay *r, const store_journal_row *row, GPtrArray *folders, GError **error)
{
    const folder *f = by_id(r, folders, row->target);
    g_autoptr(GArray) ids = one_id(row);
    if (f == NULL || f->local)
        return replay_done(r, ids, NULL, error);
    g_autoptr(GError) cause = NULL;
    g_autoptr(imap_reply) reply = NULL;
    if (!unselect(r, f, &cause) || ((reply = ask(r, "DELETE", f->wire_name, NULL, &cause)) == NULL && cause != NULL)) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return false;
    }
    if (reply == NULL || (reply->kind != IMAP_OK && !is_gone(reply)))
        return park(r, row, f, reply, error);
    if (f->subscribed)
        ask_besides(r, "UNSUBSCRIBE", f->wire_name);
    return replay_done(r, ids, NULL, error);
}

static bool subscribe_one(replay *r, const store_journal_row *row, GPtrArray *folders, GError **error)
{
    const folder *f = by_id(r, folders, row->target);
    bool wanted = row->kind == JOURNAL_SUBSCRIBE;
    g_autoptr(GArray) ids = one_id(row);
    if (f == NULL)
        return replay_done(r, ids, NULL, error);
    if (f->local)
        return true;
    g_autoptr(GError) cause = NULL;
    g_autoptr(imap_reply) reply = ask(r, wanted ? "SUBSCRIBE" : "UNSUBSCRIBE", f->wire_name, NULL, &cause);
    if (cause != NULL) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return false;
    }
    if (reply == NULL || (reply->kind != IMAP_OK && !(!wanted && is_gone(reply))))
        return park(r, row, f, reply, error);
    if (wanted)
        todo_add(r->s, f->id, false);
    return replay_done(r, ids, NULL, error);
}

/* ---- all of a kind */

typedef bool (*folder_step)(replay *r, const store_journal_row *row, GPtrArray *folders, GError **error);

static bool each(replay *r, journal_kind kind, folder_step step, GError **error)
{
    for (guint i = 0; i < r->rows->len && !session_disconnect_asked(r->s); i++) {
        const store_journal_row *row = g_ptr_array_index(r->rows, i);
        if (row->kind != kind || !row_waits(r, row))
            continue;
        tree_outdated(r->s);
        g_autoptr(GPtrArray) folders = folders_of(r, error); /* names change from one to the next */
        if (folders == NULL || !step(r, row, folders, error))
            return false;
        folders_changed(r->s->m);
    }
    return true;
}

bool replay_creates(replay *r, GError **error)
{
    return each(r, JOURNAL_FOLDER_CREATE, create_one, error);
}

typedef enum needed { NEEDED_NOT, NEEDED_NOW, NEEDED_REFUSED } needed;

/* May a folder go while messages of it are to be brought elsewhere? */
static needed is_needed(const replay *r, guint32 folder_id)
{
    needed n = NEEDED_NOT;
    for (guint i = 0; i < r->rows->len; i++) {
        const store_journal_row *row = g_ptr_array_index(r->rows, i);
        bool out = row->kind == JOURNAL_COPY || row->kind == JOURNAL_APPEND ||
                   (row->kind == JOURNAL_MOVE && row->target != 0);
        if (out && row->folder == folder_id && row->uid != 0)
            n = MAX(n, row->state == 2 ? NEEDED_REFUSED : NEEDED_NOW);
    }
    return n;
}

static bool delete_when_free(replay *r, const store_journal_row *row, GPtrArray *folders, GError **error)
{
    g_autoptr(GArray) ids = one_id(row);
    switch (is_needed(r, row->target)) {
    case NEEDED_NOT:
        return delete_one(r, row, folders, error);
    case NEEDED_NOW:
        return true;
    case NEEDED_REFUSED:
        return replay_park(r, ids, _("messages in it could not be brought elsewhere"), error);
    }
    return false;
}

bool replay_folder_changes(replay *r, GError **error)
{
    return each(r, JOURNAL_FOLDER_RENAME, rename_one, error) &&
           each(r, JOURNAL_FOLDER_DELETE, delete_when_free, error) &&
           each(r, JOURNAL_SUBSCRIBE, subscribe_one, error) && each(r, JOURNAL_UNSUBSCRIBE, subscribe_one, error) &&
           session_take_loose(r->s, error);
}
