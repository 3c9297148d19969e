/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the work session asks the keeper about a folder: behind everything that is queued for it already. */
#include "mtm/session.h"
#include "base/clock.h"

typedef struct folder_load {
    guint32 id;
    folder *f;
    store_folder_state state;
} folder_load;

static bool load_folder(store *st, gpointer data, GError **error)
{
    folder_load *l = data;
    l->f = store_folder(st, l->id, error);
    if (l->f == NULL) {
        if (error != NULL && *error == NULL)
            error_set(error, ERROR_INPUT, "no such folder");
        return false;
    }
    return store_folder_state_get(st, l->id, &l->state, error);
}

folder *session_folder(mtm_session *s, guint32 id, store_folder_state *state, GError **error)
{
    folder_load l = { .id = id };
    if (!keeper_run(s->m, load_folder, &l, error)) {
        folder_free(l.f);
        return NULL;
    }
    if (state != NULL)
        *state = l.state;
    return l.f;
}

/* An account that has never been listed has an INBOX all the same (RFC 9051 section 5.1): it can be
 * synchronised before LIST is answered. */
static bool find_inbox(store *st, gpointer data, GError **error)
{
    folder_load *l = data;
    l->f = store_folder_find(st, l->id, "INBOX");
    if (l->f != NULL)
        return true;
    g_autoptr(GPtrArray) known = store_folders(st, l->id, error);
    if (known == NULL || known->len > 0)
        return known != NULL;
    folder inbox = { .name = (char[]){ "INBOX" }, .wire_name = (char[]){ "INBOX" }, .role = ROLE_INBOX,
                     .selectable = true };
    g_ptr_array_set_free_func(known, NULL);
    g_ptr_array_add(known, &inbox);
    if (!store_folders_apply(st, l->id, known, NULL, error))
        return false;
    l->f = store_folder_find(st, l->id, "INBOX");
    return true;
}

guint32 session_inbox(mtm_session *s)
{
    folder_load l = { .id = s->a->id };
    if (!keeper_run(s->m, find_inbox, &l, NULL) || l.f == NULL)
        return 0;
    guint32 id = l.f->id;
    folder_free(l.f);
    return id;
}

typedef struct uids_load {
    guint32 folder;
    uid_set *set;
} uids_load;

static bool load_uids(store *st, gpointer data, GError **error)
{
    uids_load *l = data;
    l->set = store_uids(st, l->folder, error);
    return l->set != NULL;
}

uid_set *session_stored_uids(mtm_session *s, guint32 id, GError **error)
{
    uids_load l = { .folder = id };
    sync_flush(s);
    return keeper_run(s->m, load_uids, &l, error) ? l.set : NULL;
}

typedef struct count_load {
    guint32 folder, n;
} count_load;

static bool load_count(store *st, gpointer data, GError **error)
{
    count_load *l = data;
    return store_uid_count(st, l->folder, &l->n, error);
}

bool session_stored_count(mtm_session *s, guint32 id, guint32 *n, GError **error)
{
    count_load l = { .folder = id };
    sync_flush(s);
    bool ok = keeper_run(s->m, load_count, &l, error);
    *n = l.n;
    return ok;
}
