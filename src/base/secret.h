/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A password in memory that is locked where the system lets us and wiped when freed.  Any thread. */
#ifndef CURSUS_BASE_SECRET_H
#define CURSUS_BASE_SECRET_H

#include <glib.h>

typedef struct secret secret;

/* Copies nbytes (-1: to the NUL).  The caller wipes its own copy (secret_wipe). */
secret *secret_new(const char *bytes, gssize nbytes);
secret *secret_ref(secret *s);
void secret_unref(secret *s);
const char *secret_text(const secret *s); /* NUL-terminated, borrowed */
gsize secret_length(const secret *s);     /* bytes */
void secret_wipe(void *bytes, gsize nbytes);

/* No core dumps and no tracing by others, so that secrets do not reach a disk (not in sanitizer builds). */
void secret_protect_process(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(secret, secret_unref)

#endif
