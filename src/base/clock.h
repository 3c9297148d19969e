/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Time, replaceable in tests.  Any thread. */
#ifndef CURSUS_BASE_CLOCK_H
#define CURSUS_BASE_CLOCK_H

#include <glib.h>

gint64 clock_now_s(void);       /* seconds since 1970, UTC */
gint64 clock_monotonic_ms(void); /* for deadlines: never goes back */

/* Tests: freeze clock_now_s at this second; 0 lets it run again. */
void clock_fake_s(gint64 now_s);

#endif
