/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an engine does for others: a row an operation of mtm.h.  Client and engine run the same rows: the one when it
 * is asked, the other when it has become the engine with operations that nobody has answered. */
#include "mtm/remote.h"

#include <string.h>

static guint64 run_flag(mtm *m, const remote_args *a)
{
    static const char *const none[] = { NULL };
    return mtm_flag(m, a->ids, a->nids, a->add, a->remove, a->add_keywords != NULL ? a->add_keywords : none,
                    a->remove_keywords != NULL ? a->remove_keywords : none);
}

static guint64 run_copy(mtm *m, const remote_args *a)
{
    return mtm_copy(m, a->ids, a->nids, a->folder);
}

static guint64 run_move(mtm *m, const remote_args *a)
{
    return mtm_move(m, a->ids, a->nids, a->folder);
}

static guint64 run_delete(mtm *m, const remote_args *a)
{
    return mtm_delete(m, a->ids, a->nids);
}

static guint64 run_expunge(mtm *m, const remote_args *a)
{
    return mtm_expunge(m, a->ids, a->nids);
}

static guint64 run_undelete(mtm *m, const remote_args *a)
{
    return mtm_undelete(m, a->ids, a->nids);
}

static guint64 run_undelete_all(mtm *m, const remote_args *a)
{
    return mtm_undelete_all(m, a->folder);
}

static guint64 run_archive(mtm *m, const remote_args *a)
{
    return mtm_archive(m, a->ids, a->nids);
}

static guint64 run_undo(mtm *m, const remote_args *a)
{
    return mtm_undo(m);
}

static guint64 run_redo(mtm *m, const remote_args *a)
{
    return mtm_redo(m);
}

static guint64 run_folder_create(mtm *m, const remote_args *a)
{
    return mtm_folder_create(m, a->account, a->name != NULL ? a->name : "");
}

static guint64 run_folder_rename(mtm *m, const remote_args *a)
{
    return mtm_folder_rename(m, a->folder, a->name != NULL ? a->name : "");
}

static guint64 run_folder_delete(mtm *m, const remote_args *a)
{
    return mtm_folder_delete(m, a->folder);
}

static guint64 run_folder_empty(mtm *m, const remote_args *a)
{
    return mtm_folder_empty(m, a->folder);
}

static guint64 run_folder_mark_read(mtm *m, const remote_args *a)
{
    return mtm_folder_mark_read(m, a->folder);
}

static guint64 run_subscribe(mtm *m, const remote_args *a)
{
    return mtm_subscribe(m, a->folder, a->on);
}

static guint64 run_journal(mtm *m, const remote_args *a)
{
    mtm_journal_scope scope = { .rows = a->rows, .nrows = a->nrows, .messages = a->ids, .nmessages = a->nids,
                                .folder = a->folder, .account = a->account };
    return mtm_journal_change(m, &scope, a->on);
}

static guint64 run_sync(mtm *m, const remote_args *a)
{
    return mtm_connect_and_sync(m, a->account, (mtm_until)a->until);
}

static guint64 run_sync_folder(mtm *m, const remote_args *a)
{
    return mtm_sync_folder(m, a->folder, a->on);
}

static guint64 run_sync_tree(mtm *m, const remote_args *a)
{
    return mtm_sync_tree(m, a->account);
}

static guint64 run_sync_wait(mtm *m, const remote_args *a)
{
    return mtm_sync_wait(m, a->account);
}

static guint64 run_sync_cancel(mtm *m, const remote_args *a)
{
    mtm_sync_cancel(m, a->account);
    return 0;
}

static guint64 run_connect(mtm *m, const remote_args *a)
{
    return mtm_connect(m, a->account);
}

static guint64 run_disconnect(mtm *m, const remote_args *a)
{
    return mtm_disconnect(m, a->account);
}

static guint64 run_batch_begin(mtm *m, const remote_args *a)
{
    mtm_batch_begin(m, a->account);
    return 0;
}

static guint64 run_batch_end(mtm *m, const remote_args *a)
{
    return mtm_batch_end(m, a->account);
}

static guint64 run_select(mtm *m, const remote_args *a)
{
    mtm_select(m, a->folder);
    return 0;
}

static guint64 run_get(mtm *m, const remote_args *a)
{
    mtm_get_options o = a->get;
    o.folder = a->folder;
    o.account = a->account;
    o.ids = a->ids;
    o.n = a->nids;
    return mtm_get(m, &o);
}

static guint64 run_populate(mtm *m, const remote_args *a)
{
    return mtm_populate(m, a->ids, a->nids);
}

static guint64 run_import(mtm *m, const remote_args *a)
{
    return mtm_import(m, a->kind != NULL ? a->kind : "", a->path != NULL ? a->path : "", a->folder);
}

static guint64 run_export(mtm *m, const remote_args *a)
{
    return mtm_export(m, a->kind != NULL ? a->kind : "", a->path != NULL ? a->path : "", a->ids, a->nids);
}

static guint64 run_search(mtm *m, const remote_args *a)
{
    query all = { .kind = QUERY_ALL };
    return mtm_search(m, a->folder, a->query != NULL ? a->query : &all, a->on);
}

static guint64 run_open(mtm *m, const remote_args *a)
{
    return mtm_message_open(m, a->message);
}

static const remote_operation operations[] = {
    { "flag", run_flag, .repeats = true },
    { "copy", run_copy, 0 },
    { "move", run_move, .repeats = true },
    { "delete", run_delete, 0 }, /* what lies in the trash already would go for good */
    { "expunge", run_expunge, .repeats = true },
    { "undelete", run_undelete, .repeats = true },
    { "undelete-all", run_undelete_all, .repeats = true },
    { "archive", run_archive, .repeats = true },
    { "undo", run_undo, .folders = true },
    { "redo", run_redo, .folders = true },
    { "folders create", run_folder_create, .folders = true },
    { "folders rename", run_folder_rename, .folders = true },
    { "folders delete", run_folder_delete, .folders = true },
    { "folders empty", run_folder_empty, .repeats = true },
    { "folders mark-read", run_folder_mark_read, .repeats = true },
    { "folders subscribe", run_subscribe, .repeats = true, .folders = true },
    { "journal", run_journal, .repeats = true, .folders = true },
    { "sync", run_sync, .repeats = true, .waits = true, .folders = true },
    { "sync-folder", run_sync_folder, .repeats = true, .waits = true, .folders = true },
    { "sync-tree", run_sync_tree, .repeats = true, .waits = true, .folders = true },
    { "sync-wait", run_sync_wait, .repeats = true, .waits = true, .folders = true },
    { "sync-cancel", run_sync_cancel, 0 },
    { "connect", run_connect, .repeats = true, .waits = true, .folders = true },
    { "disconnect", run_disconnect, .repeats = true, .waits = true },
    { "batch-begin", run_batch_begin, 0 },
    { "batch-end", run_batch_end, .repeats = true },
    { "select", run_select, 0 },
    { "get", run_get, .waits = true, .folders = true },
    { "populate", run_populate, .repeats = true, .waits = true },
    { "search", run_search, .repeats = true, .waits = true },
    { "import", run_import, .repeats = true, .waits = true }, /* it goes on where it was cut */
    { "export", run_export, .repeats = true, .waits = true },
    { "open", run_open, .repeats = true, .waits = true },
};

const remote_operation *remote_operation_find(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(operations); i++)
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    return NULL;
}
