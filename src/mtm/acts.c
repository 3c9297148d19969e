/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Acts of the person: on the screen at once (view.c), durable by the keeper, on the server by replay. */
#include "mtm/internal.h"

guint64 mtm_flag(mtm *m, const guint32 *ids, gsize n, mail_flags add, mail_flags remove,
                 const char *const *add_keywords, const char *const *remove_keywords)
{
    owner_assert(&m->owner);
    guint64 refused = mtm_not_acting(m);
    if (refused != 0)
        return refused;
    guint64 op = mtm_next_op(m);
    if (n == 0) { /* an empty selection is success */
        mtm_post_done(m, op, NULL, NULL);
        return op;
    }
    views_acted(m, op, ids, n, add, remove);
    keeper_flag_act(m, op, ids, n, add, remove, add_keywords, remove_keywords);
    return op;
}

guint64 mtm_copy(mtm *m, const guint32 *ids, gsize n, guint32 folder)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}

guint64 mtm_move(mtm *m, const guint32 *ids, gsize n, guint32 folder)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}

guint64 mtm_delete(mtm *m, const guint32 *ids, gsize n)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}

guint64 mtm_expunge(mtm *m, const guint32 *ids, gsize n)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}

guint64 mtm_undelete(mtm *m, const guint32 *ids, gsize n)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}

guint64 mtm_undelete_all(mtm *m, guint32 folder)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}

guint64 mtm_archive(mtm *m, const guint32 *ids, gsize n)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}

guint64 mtm_undo(mtm *m)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}

guint64 mtm_redo(mtm *m)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}

guint64 mtm_folder_create(mtm *m, const char *account, const char *name)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}

guint64 mtm_folder_rename(mtm *m, guint32 folder, const char *name)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}

guint64 mtm_folder_delete(mtm *m, guint32 folder)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}

guint64 mtm_folder_empty(mtm *m, guint32 folder)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}

guint64 mtm_folder_mark_read(mtm *m, guint32 folder)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}

guint64 mtm_subscribe(mtm *m, guint32 folder, bool subscribe)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}

guint64 mtm_journal_change(mtm *m, const mtm_journal_scope *scope, bool cancel)
{
    return mtm_refuse(m, ERROR_INTERNAL, "engine", "this is not there yet");
}
