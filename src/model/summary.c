/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Life of a mail summary, and the instant it is sorted by. */
#include "model/summary.h"

/* Clocks and zones of senders are wrong by hours; by more than this the Date field is not believed.
 */
#define DATE_TOLERANCE_S (24 * 60 * 60)

mail_summary *mail_summary_new(void)
{
    mail_summary *s = g_new0(mail_summary, 1);
    s->keywords = g_strdup("");
    s->subject = g_strdup("");
    s->from = address_list_new();
    s->to = address_list_new();
    s->cc = address_list_new();
    return s;
}

void mail_summary_free(mail_summary *s)
{
    if (s == NULL)
        return;
    g_free(s->keywords);
    g_free(s->message_id);
    g_free(s->object_id);
    g_free(s->subject);
    g_clear_pointer(&s->from, g_ptr_array_unref);
    g_clear_pointer(&s->to, g_ptr_array_unref);
    g_clear_pointer(&s->cc, g_ptr_array_unref);
    g_free(s->list_id);
    g_free(s->preview);
    g_strfreev(s->references);
    g_free(s);
}

mail_summary *mail_summary_dup(const mail_summary *s)
{
    mail_summary *copy = g_new(mail_summary, 1);
    *copy = *s;
    copy->keywords = g_strdup(s->keywords);
    copy->message_id = g_strdup(s->message_id);
    copy->object_id = g_strdup(s->object_id);
    copy->subject = g_strdup(s->subject);
    copy->from = address_list_dup(s->from);
    copy->to = address_list_dup(s->to);
    copy->cc = address_list_dup(s->cc);
    copy->list_id = g_strdup(s->list_id);
    copy->preview = g_strdup(s->preview);
    copy->references = g_strdupv(s->references);
    return copy;
}

gint64 mail_summary_sort_date(const mail_summary *s)
{
    if (s->received_s == 0)
        return s->date_s;
    if (s->date_s == 0)
        return s->received_s;
    /* Unsigned: the Date field is the sender's, its difference may not fit. */
    guint64 apart = s->date_s > s->received_s ? (guint64)s->date_s - (guint64)s->received_s
                                              : (guint64)s->received_s - (guint64)s->date_s;
    return apart > DATE_TOLERANCE_S ? s->received_s : s->date_s;
}
