/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The watch session of an account: IDLE on the inbox while the work session idles on another folder and the
 * server cannot tell of both (no NOTIFY).  It only listens: on news the work session is told, which feeds the
 * folder, so that a folder is never fed by two.  Where a server grants no further connection, the inbox is seen
 * at the interval. */
#include "base/clock.h"
#include "base/log.h"
#include "mtm/internal.h"
#include "mtm/link.h"

enum {
    RENEW_S = 540,              /* below the life of a silent connection in common NATs */
    RETRY_MS = 5 * 60 * 1000,   /* after a refusal: the server may not want so many connections */
    SPARE_MS = 5 * 60 * 1000,   /* it stays up so long unused: folders change quickly on a screen */
};

struct mtm_watcher {
    mtm_account_entry *a;
    GThread *thread;            /* NULL: never wanted yet */
    GCancellable *cancel;
    wake_pipe wake;
    GMutex mutex;               /* guards the line below */
    bool wanted, leaving, stopping;
    /* the thread's own */
    imap_connection *c;
    gint64 retry_ms, spare_ms;  /* spare_ms: when it hangs up, 0: in use */
    bool selecting, news;
};

static bool on_reply(const imap_reply *r, gpointer data)
{
    mtm_watcher *w = data;
    bool tells = r->kind == IMAP_EXISTS || r->kind == IMAP_EXPUNGE || r->kind == IMAP_VANISHED || r->kind == IMAP_FETCH;
    if (tells && !w->selecting) {
        w->news = true;
        imap_idle_break(w->c);
    }
    return true;
}

static void hang_up(mtm_watcher *w, bool politely)
{
    if (w->c != NULL && politely)
        imap_logout(w->c);
    if (w->c != NULL)
        imap_connection_free(w->c);
    w->c = NULL;
}

static bool go_online(mtm_watcher *w)
{
    g_autoptr(account_settings) settings = account_copy_settings(w->a);
    g_autofree char *name = g_strdup_printf("%s-watch", w->a->name);
    mtm_problem *problem = NULL;
    w->c = link_open(w->a, settings, name, false, w->cancel, &problem);
    mtm_problem_free(problem);
    if (w->c == NULL)
        return false;
    imap_connection_set_handler(w->c, on_reply, w);
    w->selecting = true;
    bool ok = imap_has(w->c, "IDLE") && imap_wait(w->c, imap_send_text(w->c, "EXAMINE INBOX"), NULL, NULL);
    w->selecting = false;
    w->news = true; /* what came since the work session looked */
    return ok;
}

static bool listen(mtm_watcher *w)
{
    gint64 renew_ms = clock_monotonic_ms() + RENEW_S * 1000;
    return imap_idle(w->c, renew_ms, w->wake.fds[0], NULL) && imap_has(w->c, "IDLE");
}

typedef struct orders {
    bool wanted, leaving, stopping;
} orders;

static orders look(mtm_watcher *w)
{
    wake_drain(&w->wake);
    g_mutex_lock(&w->mutex);
    orders o = { w->wanted, w->leaving, w->stopping };
    w->leaving = false;
    g_mutex_unlock(&w->mutex);
    return o;
}

static void rest(mtm_watcher *w, bool leaving)
{
    gint64 now_ms = clock_monotonic_ms();
    if (w->spare_ms == 0)
        w->spare_ms = now_ms + SPARE_MS;
    if (leaving || now_ms >= w->spare_ms)
        hang_up(w, true);
    w->retry_ms = 0;
    wake_wait(&w->wake, w->c != NULL ? w->spare_ms : 0);
}

static void watch_inbox(mtm_watcher *w)
{
    w->spare_ms = 0;
    if ((w->c == NULL && !go_online(w)) || (!w->news && !listen(w))) {
        log_info(LOG_MTM, "%s: the inbox cannot be watched beside another folder", w->a->name);
        hang_up(w, false);
        w->retry_ms = clock_monotonic_ms() + RETRY_MS;
    }
    if (w->news && w->c != NULL)
        session_inbox_news(w->a->session);
    w->news = false;
}

static gpointer watcher_main(gpointer data)
{
    mtm_watcher *w = data;
    for (orders o = look(w); !o.stopping; o = look(w)) {
        if (!o.wanted)
            rest(w, o.leaving);
        else if (w->c == NULL && clock_monotonic_ms() < w->retry_ms)
            wake_wait(&w->wake, w->retry_ms);
        else
            watch_inbox(w);
    }
    hang_up(w, !g_cancellable_is_cancelled(w->cancel));
    return NULL;
}

mtm_watcher *watcher_new(mtm_account_entry *a)
{
    mtm_watcher *w = g_new0(mtm_watcher, 1);
    w->a = a;
    w->cancel = g_cancellable_new();
    g_mutex_init(&w->mutex);
    wake_open(&w->wake);
    return w;
}

void watcher_want(mtm_watcher *w, bool wanted)
{
    g_mutex_lock(&w->mutex);
    bool changed = w->wanted != wanted && !w->stopping;
    w->wanted = wanted;
    if (changed && w->thread == NULL)
        w->thread = g_thread_new("watch", watcher_main, w);
    g_mutex_unlock(&w->mutex);
    if (changed)
        wake_signal(&w->wake);
}

void watcher_leave(mtm_watcher *w)
{
    g_mutex_lock(&w->mutex);
    w->wanted = false;
    w->leaving = true;
    g_mutex_unlock(&w->mutex);
    wake_signal(&w->wake);
}

void watcher_stop(mtm_watcher *w)
{
    g_mutex_lock(&w->mutex);
    w->stopping = true;
    g_mutex_unlock(&w->mutex);
    g_cancellable_cancel(w->cancel);
    wake_signal(&w->wake);
}

void watcher_join(mtm_watcher *w)
{
    if (w != NULL && w->thread != NULL)
        g_thread_join(w->thread);
}

void watcher_free(mtm_watcher *w)
{
    if (w == NULL)
        return;
    g_object_unref(w->cancel);
    g_mutex_clear(&w->mutex);
    wake_close(&w->wake);
    g_free(w);
}
