/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wall clock and monotonic clock. */
#include "base/clock.h"

#include <stdatomic.h>

static atomic_llong fake_now_s;

gint64 clock_now_s(void)
{
    gint64 fake = atomic_load_explicit(&fake_now_s, memory_order_relaxed);
    return fake != 0 ? fake : g_get_real_time() / G_USEC_PER_SEC;
}

gint64 clock_monotonic_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

void clock_fake_s(gint64 now_s)
{
    atomic_store(&fake_now_s, now_s);
}
