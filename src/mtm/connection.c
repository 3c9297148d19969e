/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of connections as a question, connecting without more, runs of operations, and settings that change
 * while an account runs. */
#include "mtm/remote.h"
#include "mtm/task.h"

#include <string.h>

static bool means(const mtm_account_entry *a, const char *account)
{
    return account == NULL || strcmp(a->name, account) == 0;
}

static bool known(const mtm *m, const char *account)
{
    for (guint i = 0; i < m->accounts->len; i++)
        if (means(g_ptr_array_index(m->accounts, i), account))
            return true;
    return false;
}

bool mtm_is_connected(const mtm *m, const char *account)
{
    for (guint i = 0; i < m->accounts->len; i++) {
        const mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        if (means(a, account) && a->shown.state != STATE_ONLINE)
            return false;
    }
    return known(m, account);
}

bool mtm_is_busy(const mtm *m, const char *account)
{
    for (guint i = 0; m->engine && i < m->accounts->len; i++) {
        const mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        if (means(a, account) &&
            (session_busy(a->session) || (a->fetcher != NULL && fetcher_busy(a->fetcher))))
            return true;
    }
    return m->remote != NULL ? remote_busy(m, account) : tasks_busy(m, account);
}

static guint64 done_at_once(mtm *m, const char *account)
{
    guint64 op = mtm_next_op(m);
    mtm_post_done(m, op, account, NULL);
    return op;
}

static void run_link(mtm_account_entry *a, int argument, guint64 op)
{
    (void)argument;
    session_link(a->session, op);
}

guint64 mtm_connect(mtm *m, const char *account)
{
    owner_assert(&m->owner);
    if (m->engine && mtm_is_connected(m, account))
        return mtm_refuse(m, ERROR_BUSY, "connect", "connected already");
    if (m->remote != NULL && !m->offline)
        return remote_post(m, "connect", &(remote_args){ .account = account });
    return mtm_each_account(m, account, run_link, 0);
}

static void run_wait(mtm_account_entry *a, int argument, guint64 op)
{
    (void)argument;
    session_sync_wait(a->session, op);
}

guint64 mtm_sync_wait(mtm *m, const char *account)
{
    owner_assert(&m->owner);
    if (m->engine && m->offline && known(m, account)) /* none runs */
        return done_at_once(m, account);
    if (m->remote != NULL && !m->offline)
        return remote_post(m, "sync-wait", &(remote_args){ .account = account });
    return mtm_each_account(m, account, run_wait, 0);
}

/* ---- runs */

void mtm_batch_begin(mtm *m, const char *account)
{
    owner_assert(&m->owner);
    if (m->remote != NULL)
        remote_tell(m, "batch-begin", &(remote_args){ .account = account });
    for (guint i = 0; i < m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        if (means(a, account))
            a->batches++;
    }
}

static void run_hang_up(mtm_account_entry *a, int argument, guint64 op)
{
    (void)argument;
    bool due = a->hang_up_due && a->batches == 0;
    if (due) {
        a->hang_up_due = false;
        session_disconnect(a->session, op, false);
    } else {
        mtm_post_done(a->m, op, a->name, NULL);
    }
}

guint64 mtm_batch_end(mtm *m, const char *account)
{
    owner_assert(&m->owner);
    for (guint i = 0; i < m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        if (means(a, account) && a->batches > 0)
            a->batches--;
    }
    if (m->offline)
        return done_at_once(m, account);
    if (m->remote != NULL)
        return remote_post(m, "batch-end", &(remote_args){ .account = account });
    return mtm_each_account(m, account, run_hang_up, 0);
}

guint64 mtm_hang_up(mtm *m, const char *account)
{
    owner_assert(&m->owner);
    for (guint i = 0; i < m->accounts->len; i++) {
        mtm_account_entry *a = g_ptr_array_index(m->accounts, i);
        if (means(a, account))
            a->hang_up_due = true;
    }
    return mtm_each_account(m, account, run_hang_up, 0);
}

/* ---- settings */

static bool other_list(const account_settings *a, const account_settings *b)
{
    static char *none[] = { NULL };
    return !g_strv_equal((const char *const *)(a->sync_list != NULL ? a->sync_list : none),
                         (const char *const *)(b->sync_list != NULL ? b->sync_list : none));
}

static bool other_folders(const account_settings *a, const account_settings *b)
{
    bool other = a->sync != b->sync || other_list(a, b) || a->inbox_limit != b->inbox_limit ||
                 a->folder_limit != b->folder_limit || a->separator != b->separator ||
                 g_strcmp0(a->path_prefix, b->path_prefix) != 0;
    for (gsize i = 0; i < G_N_ELEMENTS(a->roles); i++)
        other |= g_strcmp0(a->roles[i], b->roles[i]) != 0;
    return other;
}

static bool other_bodies(const account_settings *a, const account_settings *b)
{
    return account_bodies(a) != account_bodies(b) || a->bodies_age_s != b->bodies_age_s ||
           a->bodies_size != b->bodies_size || a->text_limit != b->text_limit ||
           a->attachment_limit != b->attachment_limit || a->total_limit != b->total_limit ||
           g_strcmp0(a->search_filter, b->search_filter) != 0;
}

void connection_changed(mtm_account_entry *a, const account_settings *before)
{
    if (a->session == NULL)
        return;
    session_wake(a->session); /* intervals and limits are taken up; what concerns a connection, by the next one */
    if (other_folders(a->settings, before))
        session_list_again(a->session);
    if (a->fetcher != NULL && a->shown.state == STATE_ONLINE && other_bodies(a->settings, before))
        fetcher_prefetch(a->fetcher, 0);
}
