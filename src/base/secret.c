/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Locked, wiped memory for passwords. */
#include "base/secret.h"
#include "config.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#if HAVE_PRCTL
#include <sys/prctl.h>
#endif

struct secret {
    atomic_int refs;
    gsize nbytes;
    char text[]; /* NUL after nbytes */
};

secret *secret_new(const char *bytes, gssize nbytes)
{
    gsize length = nbytes < 0 ? strlen(bytes) : (gsize)nbytes;
    secret *s = g_malloc(sizeof *s + length + 1);
    (void)mlock(s, sizeof *s + length + 1); /* a refusal (RLIMIT_MEMLOCK) only loses the lock */
    atomic_init(&s->refs, 1);
    s->nbytes = length;
    memcpy(s->text, bytes, length);
    s->text[length] = '\0';
    return s;
}

secret *secret_ref(secret *s)
{
    atomic_fetch_add(&s->refs, 1);
    return s;
}

void secret_unref(secret *s)
{
    if (s == NULL || atomic_fetch_sub(&s->refs, 1) != 1)
        return;
    gsize nbytes = s->nbytes;
    secret_wipe(s->text, nbytes);
    (void)munlock(s, sizeof *s + nbytes + 1);
    g_free(s);
}

const char *secret_text(const secret *s)
{
    return s->text;
}

gsize secret_length(const secret *s)
{
    return s->nbytes;
}

void secret_wipe(void *bytes, gsize nbytes)
{
#if HAVE_EXPLICIT_BZERO
    explicit_bzero(bytes, nbytes);
#else
    volatile unsigned char *p = bytes;
    while (nbytes-- > 0)
        *p++ = 0;
#endif
}

void secret_protect_process(void)
{
#if !CURSUS_SANITIZED
    struct rlimit none = { 0, 0 };
    (void)setrlimit(RLIMIT_CORE, &none);
#if HAVE_PRCTL
    (void)prctl(PR_SET_DUMPABLE, 0);
#endif
#endif
}
