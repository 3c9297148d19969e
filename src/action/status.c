/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of an account in one line. */
#include "action/face.h"
#include "action/sync.h"
#include "base/i18n.h"
#include "text/sanitise.h"

#define MINUTE_S 60
#define HOUR_S (60 * MINUTE_S)
#define DAY_S (24 * HOUR_S)

char *action_ago(gint64 then_s, gint64 now_s)
{
    gint64 s = MAX(now_s - then_s, 0);
    if (s < MINUTE_S)
        return g_strdup_printf(ngettext("%d second ago", "%d seconds ago", (gulong)s), (int)s);
    if (s < HOUR_S)
        return g_strdup_printf(ngettext("%d minute ago", "%d minutes ago", (gulong)(s / MINUTE_S)),
                               (int)(s / MINUTE_S));
    if (s < DAY_S)
        return g_strdup_printf(ngettext("%d hour ago", "%d hours ago", (gulong)(s / HOUR_S)), (int)(s / HOUR_S));
    return g_strdup_printf(ngettext("%d day ago", "%d days ago", (gulong)(s / DAY_S)),
                           (int)MIN(s / DAY_S, G_MAXINT));
}

static void add_state(GString *line, const mtm_account_status *s, gint64 now_s)
{
    switch (s->state) {
    case STATE_OFFLINE:
        g_string_append(line, _("offline"));
        break;
    case STATE_CONNECTING:
        g_string_append(line, _("connecting"));
        break;
    case STATE_ONLINE:
        g_string_append(line, s->idle ? _("online, watching") : _("online"));
        break;
    case STATE_WAITING:
        g_string_append_printf(line, _("offline, again in %d s"), (int)CLAMP(s->next_try_s - now_s, 0, DAY_S));
        break;
    }
}

static void add_phase(GString *line, const mtm_account_status *s)
{
    if (s->phase == NULL)
        return;
    g_autofree char *where = text_sanitise_line(s->folder_name != NULL ? s->folder_name : "", -1);
    g_string_append_printf(line, "; %s%s%s", s->phase, where[0] != '\0' ? " " : "", where);
    if (s->total > 0)
        g_string_append_printf(line, " %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, s->done, s->total);
}

char *action_status_line(const mtm_account_status *s, gint64 now_s)
{
    g_autofree char *name = text_sanitise_line(s->account, -1);
    GString *line = g_string_new(name);
    g_string_append(line, ": ");
    add_state(line, s, now_s);
    add_phase(line, s);
    if (s->pending > 0) {
        g_string_append(line, "; ");
        g_string_append_printf(line, ngettext("%u change waits", "%u changes wait", s->pending), s->pending);
    }
    if (s->parked > 0) {
        g_string_append(line, "; ");
        g_string_append_printf(line, ngettext("%u change was refused", "%u changes were refused", s->parked),
                               s->parked);
    }
    g_string_append(line, "; ");
    if (s->synced_at_s > 0) {
        g_autofree char *ago = action_ago(s->synced_at_s, now_s);
        g_string_append_printf(line, _("synced %s"), ago);
    } else
        g_string_append(line, _("never synced"));
    if (s->problem != NULL) {
        g_autofree char *sentence = action_sentence(s->problem);
        g_string_append_printf(line, "; %s", sentence);
    }
    return g_string_free(line, FALSE);
}
