/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The values of the query language: dates, ages and sizes, as cursus and as mutt write them.  Private to
 * the parser.  Errors are ERROR_INPUT and say what was expected; the parser adds the column. */
#ifndef CURSUS_MODEL_QUERY_VALUE_H
#define CURSUS_MODEL_QUERY_VALUE_H

#include <glib.h>
#include <stdbool.h>

/* "2024", "2024-01", "2024-01-15", "today", "yesterday", and A..B with either end open, in the local
 * zone.  *from_s <= t < *to_s; an open end is G_MININT64 or G_MAXINT64. */
bool query_value_dates(const char *text, gint64 now_s, gint64 *from_s, gint64 *to_s, GError **error);

/* "7d": the second that long before now_s. */
bool query_value_age(const char *text, gint64 now_s, gint64 *then_s, GError **error);

/* "340", "10K", "1M", "2G" in bytes. */
bool query_value_size(const char *text, guint64 *nbytes, GError **error);

/* mutt's ~d and ~z: "<2w", ">1m", "=3d", "1/5/2024-30/6/2024", "20240501-"; ">1M", "10K-1M".  The forms
 * above are taken too. */
bool query_value_mutt_dates(const char *text, gint64 now_s, gint64 *from_s, gint64 *to_s, GError **error);
bool query_value_mutt_sizes(const char *text, guint64 *from_bytes, guint64 *to_bytes, GError **error);

#endif
