/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tells when connections may have died or may come up again: the machine woke, or its addresses or routes changed. */
#ifndef CURSUS_NET_NETWATCH_H
#define CURSUS_NET_NETWATCH_H

#include <glib.h>
#include <stdbool.h>

typedef struct netwatch netwatch;

/* NULL where the system has nothing of the kind.  One thread. */
netwatch *netwatch_open(void);
void netwatch_close(netwatch *w); /* NULL is ignored */
int netwatch_fd(const netwatch *w); /* readable: call netwatch_take */
/* Read what is there.  True: something happened that concerns connections. */
bool netwatch_take(netwatch *w);

#endif
