/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Thread ownership: a handle notes the thread that made it and every use asserts it, since no
 * sanitizer sees GLib's locks. */
#ifndef CURSUS_BASE_OWNER_H
#define CURSUS_BASE_OWNER_H

#include <glib.h>

typedef struct owner {
    GThread *thread;
} owner;

static inline void owner_claim(owner *o)
{
    o->thread = g_thread_self();
}

#define owner_assert(o) g_assert((o)->thread == NULL || (o)->thread == g_thread_self())

#endif
