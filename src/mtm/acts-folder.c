/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Acts of the person on folders, and on the journal.  Names are checked here, before anything is written: what the
 * server will be asked for is made with the delimiter of the account's other folders. */
#include "mtm/remote.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "imap/name.h"

#include <string.h>

/* Servers have their own limits; none takes more (RFC 9051 gives none, file systems 255 bytes a level). */
#define NAME_MAX_BYTES 1000

typedef struct folder_act {
    enum { FOLDER_CREATE, FOLDER_RENAME, FOLDER_DELETE, FOLDER_EMPTY, FOLDER_READ, FOLDER_SUBSCRIBE } kind;
    guint32 folder, account;
    char *name, *wire_name;
    char delimiter;
    bool subscribe, here, remote;
} folder_act;

static void act_free(gpointer data)
{
    folder_act *a = data;
    g_free(a->name);
    g_free(a->wire_name);
    g_free(a);
}

/* ---- names */

/* NULL: it may be a name; else why not. */
static const char *name_problem(const char *name, char delimiter)
{
    gsize n = strlen(name);
    if (!g_utf8_validate(name, (gssize)n, NULL))
        return N_("the name is not valid UTF-8");
    if (n == 0)
        return N_("a folder needs a name");
    if (n > NAME_MAX_BYTES)
        return N_("the name is too long");
    if (name[0] == '/' || name[n - 1] == '/' || strstr(name, "//") != NULL)
        return N_("a level of the name is empty");
    if (strpbrk(name, "*%") != NULL)
        return N_("a name cannot contain * or %");
    if (delimiter == '\0' && strchr(name, '/') != NULL)
        return N_("this server has no folders in folders");
    if (delimiter != '\0' && delimiter != '/' && strchr(name, delimiter) != NULL)
        return N_("the name contains the character by which this server separates levels; write / between levels");
    for (const char *p = name; *p != '\0'; p = g_utf8_next_char(p))
        if (g_unichar_iscntrl(g_utf8_get_char(p)))
            return N_("the name contains a control character");
    return NULL;
}

/* "inbox/x" lies below INBOX (RFC 9051 section 5.1). */
static char *name_normal(const char *name)
{
    char *made = g_strdup(name);
    if (g_ascii_strncasecmp(made, "INBOX", 5) == 0 && (made[5] == '\0' || made[5] == '/'))
        memcpy(made, "INBOX", 5);
    return made;
}

/* As its other folders have it; '/' before any is known. */
static char delimiter_of(mtm *m, const mtm_account_entry *a, char separator)
{
    bool any = false;
    if (separator != '\0')
        return separator;
    for (guint i = 0; i < m->folders->len; i++) {
        const folder *f = g_ptr_array_index(m->folders, i);
        if (f->account != a->id || f->local)
            continue;
        if (f->delimiter != '\0')
            return f->delimiter;
        any = any || strcmp(f->name, "INBOX") != 0; /* INBOX may say NIL where others have levels */
    }
    return any ? '\0' : '/';
}

/* Fills what a name means in this account; the sentence why it means nothing, caller frees. */
static char *name_taken_up(mtm *m, mtm_account_entry *account, const char *name, folder_act *a)
{
    account_settings *settings = account_copy_settings(account);
    g_autofree char *prefix = g_strdup(settings->path_prefix);
    a->delimiter = delimiter_of(m, account, settings->separator);
    account_settings_free(settings);
    const char *problem = name_problem(name, a->delimiter);
    if (problem != NULL)
        return g_strdup(_(problem));
    a->name = name_normal(name);
    a->wire_name = imap_name_to_wire(a->name, a->delimiter);
    if (prefix != NULL && !g_str_has_prefix(a->wire_name, prefix))
        return g_strdup_printf(_("the folders of this account lie below %s (path-prefix)"), prefix);
    return NULL;
}

/* ---- in the keeper */

/* Every row of a folder (unread ones only), as its view has them. */
static guint32 *ids_in(store *s, guint32 folder_id, bool unread, gsize *n, GError **error)
{
    g_autoptr(query) q = unread ? query_parse("is:unread", clock_now_s(), error) : NULL;
    view_request request = { .query = q, .folder = folder_id, .sort = SORT_DATE };
    g_autoptr(store_view) v = unread && q == NULL ? NULL : store_view_build(s, &request, error);
    guint32 *ids = g_new(guint32, v != NULL ? v->n + 1 : 1);
    *n = v != NULL ? v->n : 0;
    for (gsize i = 0; i < *n; i++)
        ids[i] = v->rows[i].id;
    return ids;
}

static guint64 run_contents(store *s, const folder_act *a, GError **error)
{
    gsize n;
    bool read = a->kind == FOLDER_READ;
    GError *problem = NULL;
    g_autofree guint32 *ids = ids_in(s, a->folder, read, &n, &problem);
    if (problem != NULL) {
        g_propagate_error(error, problem);
        return 0;
    }
    return read ? store_act_flag(s, "read", ids, n, FLAG_SEEN, 0, NULL, NULL, error)
                : store_act_expunge(s, "empty", ids, n, error);
}

static guint64 run_act(store *s, gpointer data, act_outcome *out, GError **error)
{
    const folder_act *a = data;
    guint32 made;
    out->rows = true;
    out->folders = true;
    switch (a->kind) {
    case FOLDER_CREATE:
        return store_act_folder_create(s, a->account, a->name, a->wire_name, a->delimiter, &made, error);
    case FOLDER_RENAME:
        return store_act_folder_rename(s, a->folder, a->name, error);
    case FOLDER_DELETE:
        return store_act_folder_delete(s, a->folder, error);
    case FOLDER_EMPTY:
    case FOLDER_READ:
        return run_contents(s, a, error);
    case FOLDER_SUBSCRIBE:
        return store_act_subscribe(s, a->folder, a->subscribe, a->here, a->remote, error);
    }
    return 0;
}

/* ---- posting */

static mtm_account_entry *entry_named(mtm *m, const char *name)
{
    for (guint i = 0; i < m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        if (name == NULL ? m->accounts->len == 1 : strcmp(a->name, name) == 0)
            return a;
    }
    return NULL;
}

static mtm_account_entry *entry_of(mtm *m, guint32 folder_id)
{
    const folder *f = mtm_folder(m, folder_id);
    return f != NULL ? entry_named(m, f->account_name) : NULL;
}

static folder_act *act_new(int kind, guint32 folder_id)
{
    folder_act *a = g_new0(folder_act, 1);
    a->kind = kind;
    a->folder = folder_id;
    return a;
}

static guint64 act_post(mtm *m, folder_act *a)
{
    guint64 op = mtm_next_op(m);
    keeper_act(m, op, run_act, a, act_free);
    return op;
}

static guint64 act_refuse(mtm *m, folder_act *a, const char *sentence)
{
    act_free(a);
    return mtm_refuse(m, ERROR_INPUT, "folder", sentence);
}

guint64 mtm_folder_create(mtm *m, const char *account, const char *name)
{
    if (m->remote != NULL)
        return remote_post(m, "folders create", &(remote_args){ .account = account, .name = name });
    owner_assert(&m->owner);
    guint64 refused = mtm_not_acting(m);
    if (refused != 0)
        return refused;
    mtm_account_entry *entry = entry_named(m, account);
    if (entry == NULL)
        return mtm_refuse(m, ERROR_INPUT, "account", _("no such account"));
    folder_act *a = act_new(FOLDER_CREATE, 0);
    g_autofree char *problem = name_taken_up(m, entry, name, a);
    if (problem != NULL)
        return act_refuse(m, a, problem);
    a->account = entry->id;
    return act_post(m, a);
}

/* The act on a folder that is there; else *op is of the refusal. */
static folder_act *act_on(mtm *m, int kind, guint32 folder_id, mtm_account_entry **entry, guint64 *op)
{
    owner_assert(&m->owner);
    *op = mtm_not_acting(m);
    if (*op != 0)
        return NULL;
    *entry = entry_of(m, folder_id);
    if (*entry != NULL)
        return act_new(kind, folder_id);
    *op = mtm_refuse(m, ERROR_INPUT, "folder", _("no such folder"));
    return NULL;
}

guint64 mtm_folder_rename(mtm *m, guint32 folder, const char *name)
{
    if (m->remote != NULL)
        return remote_post(m, "folders rename", &(remote_args){ .folder = folder, .name = name });
    guint64 op;
    mtm_account_entry *entry;
    folder_act *a = act_on(m, FOLDER_RENAME, folder, &entry, &op);
    if (a == NULL)
        return op;
    g_autofree char *problem = name_taken_up(m, entry, name, a);
    return problem != NULL ? act_refuse(m, a, problem) : act_post(m, a);
}

/* An act that needs nothing but the folder; name: as the engine's socket has it. */
static guint64 act_on_whole(mtm *m, const char *name, int kind, guint32 folder)
{
    if (m->remote != NULL)
        return remote_post(m, name, &(remote_args){ .folder = folder });
    guint64 op;
    mtm_account_entry *entry;
    folder_act *a = act_on(m, kind, folder, &entry, &op);
    return a != NULL ? act_post(m, a) : op;
}

guint64 mtm_folder_delete(mtm *m, guint32 folder)
{
    return act_on_whole(m, "folders delete", FOLDER_DELETE, folder);
}

guint64 mtm_folder_empty(mtm *m, guint32 folder)
{
    return act_on_whole(m, "folders empty", FOLDER_EMPTY, folder);
}

guint64 mtm_folder_mark_read(mtm *m, guint32 folder)
{
    return act_on_whole(m, "folders mark-read", FOLDER_READ, folder);
}

/* Whoever says "subscribe" means something by it: with "neither" it is the local mark. */
guint64 mtm_subscribe(mtm *m, guint32 folder, bool subscribe)
{
    if (m->remote != NULL)
        return remote_post(m, "folders subscribe", &(remote_args){ .folder = folder, .on = subscribe });
    guint64 op;
    mtm_account_entry *entry;
    folder_act *a = act_on(m, FOLDER_SUBSCRIBE, folder, &entry, &op);
    if (a == NULL)
        return op;
    g_mutex_lock(&entry->mutex);
    subscribe_choice choice = entry->settings->subscribe;
    g_mutex_unlock(&entry->mutex);
    a->subscribe = subscribe;
    a->here = choice != SUBSCRIBE_REMOTE;
    a->remote = choice == SUBSCRIBE_REMOTE || choice == SUBSCRIBE_BOTH;
    return act_post(m, a);
}

/* ---- the journal */

typedef struct journal_act {
    GHashTable *rows, *messages; /* of guint64 *, of placement ids; NULL: not asked for by them */
    guint32 folder;
    char *account;
    bool cancel;
} journal_act;

static void journal_act_free(gpointer data)
{
    journal_act *a = data;
    g_clear_pointer(&a->rows, g_hash_table_unref);
    g_clear_pointer(&a->messages, g_hash_table_unref);
    g_free(a->account);
    g_free(a);
}

static bool meant(const journal_act *a, const store_journal_row *r)
{
    if (a->rows != NULL)
        return g_hash_table_contains(a->rows, &r->id);
    if (a->messages != NULL)
        return (r->placement != 0 && g_hash_table_contains(a->messages, GUINT_TO_POINTER(r->placement))) ||
               (r->source != 0 && g_hash_table_contains(a->messages, GUINT_TO_POINTER(r->source)));
    return true;
}

static guint64 run_journal(store *s, gpointer data, act_outcome *out, GError **error)
{
    const journal_act *a = data;
    guint32 account = a->account != NULL ? store_account_find(s, a->account) : 0;
    bool narrow = a->rows != NULL || a->messages != NULL;
    g_autoptr(GPtrArray) all = store_journal(s, account, narrow ? 0 : a->folder, error);
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint64));
    for (guint i = 0; all != NULL && i < all->len; i++) {
        const store_journal_row *r = all->pdata[i];
        if (!meant(a, r) || (!a->cancel && r->state != 2))
            continue;
        /* One by number gets a refusal; of many, what was sent is left out and counted. */
        if (a->cancel && r->state == 1 && a->rows == NULL)
            out->failed++;
        else
            g_array_append_val(ids, r->id);
    }
    const guint64 *list = (const guint64 *)(void *)ids->data;
    out->rows = out->folders = out->taken_back = out->wake = true;
    out->count = ids->len;
    if (all != NULL && ids->len > 0 && a->cancel)
        store_journal_cancel(s, list, ids->len, error);
    else if (all != NULL && ids->len > 0)
        store_journal_retry(s, list, ids->len, error);
    return 0;
}

guint64 mtm_journal_change(mtm *m, const mtm_journal_scope *scope, bool cancel)
{
    owner_assert(&m->owner);
    if (m->remote != NULL)
        return remote_post(m, "journal", &(remote_args){ .rows = scope->rows, .nrows = scope->nrows,
                                                         .ids = scope->messages, .nids = scope->nmessages,
                                                         .folder = scope->folder, .account = scope->account,
                                                         .on = cancel });
    guint64 op, refused = mtm_not_acting(m);
    if (refused != 0)
        return refused;
    journal_act *a = g_new0(journal_act, 1);
    a->cancel = cancel;
    a->folder = scope->folder;
    a->account = scope->folder == 0 ? g_strdup(scope->account) : NULL;
    if (scope->nrows > 0) {
        a->rows = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
        for (gsize i = 0; i < scope->nrows; i++)
            g_hash_table_add(a->rows, g_memdup2(&scope->rows[i], sizeof scope->rows[i]));
    } else if (scope->nmessages > 0) {
        a->messages = g_hash_table_new(NULL, NULL);
        for (gsize i = 0; i < scope->nmessages; i++)
            g_hash_table_add(a->messages, GUINT_TO_POINTER(scope->messages[i]));
    }
    op = mtm_next_op(m);
    keeper_act(m, op, run_journal, a, journal_act_free);
    return op;
}
