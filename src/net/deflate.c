/* SPDX-License-Identifier: GPL-3.0-or-later */
/* zlib's corner of the wire (RFC 1951, 4978).  Without header and checksum: TLS below protects the
 * bytes. */
#include "net/deflate.h"

#include "base/error.h"
#include "base/i18n.h"

#include <string.h>
#include <zlib.h>

enum {
    BUFFER = 32 << 10,   /* compressed bytes on their way, each direction */
    RAW_WINDOW = -15,    /* 32 KB of history, no header */
    MEMORY_LEVEL = 8,
    PIECE_MAX = 1 << 30, /* zlib counts in unsigned int */
};

struct deflater {
    z_stream in, out;
    GByteArray *first;  /* compressed bytes from before, or NULL */
    bool ended;
    const guchar *rest; /* still to be compressed, behind what out has */
    gsize nrest;
    bool flushed;       /* the last piece ended a flush: nothing is held back */
    guchar received[BUFFER], piece[BUFFER];
};

deflater *deflater_new(const void *first, gsize nfirst, GError **error)
{
    deflater *d = g_try_malloc0(sizeof *d);
    if (d != NULL && inflateInit2(&d->in, RAW_WINDOW) == Z_OK) {
        if (deflateInit2(&d->out, Z_DEFAULT_COMPRESSION, Z_DEFLATED, RAW_WINDOW, MEMORY_LEVEL,
                         Z_DEFAULT_STRATEGY) == Z_OK) {
            d->flushed = true;
            if (nfirst > 0) {
                d->first = g_byte_array_new();
                g_byte_array_append(d->first, first, (guint)nfirst);
                d->in.next_in = d->first->data;
                d->in.avail_in = d->first->len;
            }
            return d;
        }
        inflateEnd(&d->in);
    }
    g_free(d);
    error_set(error, ERROR_INTERNAL, _("there is no memory for compression"));
    return NULL;
}

void deflater_free(deflater *d)
{
    if (d == NULL)
        return;
    inflateEnd(&d->in);
    deflateEnd(&d->out);
    if (d->first != NULL)
        g_byte_array_unref(d->first);
    g_free(d);
}

/* ---- what comes */

gssize deflater_expand(deflater *d, void *bytes, gsize nbytes, GError **error)
{
    if (d->ended)
        return DEFLATE_END;
    d->in.next_out = bytes;
    d->in.avail_out = (uInt)MIN(nbytes, PIECE_MAX);
    uInt room = d->in.avail_out;
    /* Called without input too: output may wait inside for which there was no room. */
    int result = inflate(&d->in, Z_SYNC_FLUSH);
    gssize n = (gssize)(room - d->in.avail_out);
    d->ended = result == Z_STREAM_END;
    if (n > 0)
        return n;
    if (d->ended)
        return DEFLATE_END;
    if (result == Z_OK || result == Z_BUF_ERROR)
        return DEFLATE_HUNGRY;
    error_set(error, ERROR_PROTOCOL, _("the compressed connection is damaged"));
    return DEFLATE_ERROR;
}

void *deflater_room(deflater *d, gsize *nroom)
{
    *nroom = sizeof d->received;
    return d->received;
}

void deflater_received(deflater *d, gsize nbytes)
{
    g_clear_pointer(&d->first, g_byte_array_unref);
    d->in.next_in = d->received;
    d->in.avail_in = (uInt)nbytes;
}

/* ---- what goes */

void deflater_compress(deflater *d, const void *bytes, gsize nbytes)
{
    d->rest = bytes;
    d->nrest = nbytes;
    d->flushed = d->flushed && nbytes == 0;
}

gsize deflater_compressed(deflater *d, const void **piece)
{
    d->out.next_out = d->piece;
    d->out.avail_out = sizeof d->piece;
    while (d->out.avail_out > 0 && !d->flushed) {
        if (d->out.avail_in == 0 && d->nrest > 0) {
            gsize n = MIN(d->nrest, PIECE_MAX);
            d->out.next_in = (Bytef *)(gsize)d->rest;
            d->out.avail_in = (uInt)n;
            d->rest += n;
            d->nrest -= n;
        }
        bool last = d->nrest == 0;
        (void)deflate(&d->out, last ? Z_SYNC_FLUSH : Z_NO_FLUSH);
        /* A full buffer may hold only the beginning of the flush. */
        d->flushed = last && d->out.avail_in == 0 && d->out.avail_out > 0;
    }
    *piece = d->piece;
    return sizeof d->piece - d->out.avail_out;
}
