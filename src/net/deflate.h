/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Raw deflate both ways, between buffers: net/stream moves the bytes.  RFC 1951 as RFC 4978 has it.
 * Memory is fixed but for what deflater_new is given: output is made only into the caller's room, so
 * a bomb waits compressed. */
#ifndef CURSUS_NET_DEFLATE_H
#define CURSUS_NET_DEFLATE_H

#include <glib.h>
#include <stdbool.h>

typedef struct deflater deflater;

/* nfirst compressed bytes have been received already (copied).  NULL with INTERNAL: no memory. */
deflater *deflater_new(const void *first, gsize nfirst, GError **error);
void deflater_free(deflater *d); /* NULL is ignored */

enum {
    DEFLATE_END = 0,    /* the peer ended its compressed stream */
    DEFLATE_ERROR = -1, /* *error (PROTOCOL): damaged */
    DEFLATE_HUNGRY = -2 /* nothing to give out before more is received */
};
/* Expand into bytes, at most nbytes (> 0): the count or one of the above. */
gssize deflater_expand(deflater *d, void *bytes, gsize nbytes, GError **error);
/* Where to put received bytes when it is hungry, at least 16 KB (a whole TLS record); and how many
 * were put there. */
void *deflater_room(deflater *d, gsize *nroom);
void deflater_received(deflater *d, gsize nbytes);

/* Give bytes to compress (borrowed until deflater_compressed has answered 0), then take the pieces:
 * *piece is borrowed until the next call.  The last piece ends in a flush, so that the peer can read
 * all that was written.  Returns the size of the piece, 0: there is no more. */
void deflater_compress(deflater *d, const void *bytes, gsize nbytes);
gsize deflater_compressed(deflater *d, const void **piece);

#endif
