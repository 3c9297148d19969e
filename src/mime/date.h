/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Date field (RFC 5322 section 3.3 and 4.3, and the other ways it is written) to an instant. */
#ifndef CURSUS_MIME_DATE_H
#define CURSUS_MIME_DATE_H

#include <glib.h>
#include <stdbool.h>

/* Seconds since 1970 UTC, and the zone in minutes east of it (0 when missing or absurd).  False,
 * both 0, when no day of the years 1900 to 9999 can be read.  Any thread, linear. */
bool date_parse(const char *value, gsize nbytes, gint64 *date_s, int *offset_min);

#endif
