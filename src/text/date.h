/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dates for people and for machines. */
#ifndef CURSUS_TEXT_DATE_H
#define CURSUS_TEXT_DATE_H

#include <glib.h>

/* The index column: time today, "Yesterday", weekday within a week, "12 Nov" within a year, else the year.
 * Local zone; at most 9 columns in English.  Caller frees. */
char *text_date_short(gint64 date_s, gint64 now_s);
/* "Sun 22 Nov 2026 10:02 +0000 (12 minutes ago)"; offset_min is the sender's zone.  Caller frees. */
char *text_date_long(gint64 date_s, int offset_min, gint64 now_s);
/* RFC 3339 in UTC ("2026-11-22T10:02:00Z"); "" for 0.  Caller frees. */
char *text_date_rfc3339(gint64 date_s);
/* "18K", "1.2M", "340": sizes in at most 5 columns.  Caller frees. */
char *text_size_short(guint64 nbytes);

#endif
