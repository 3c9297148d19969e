/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes of a server, cut and parsed: the splits that the first byte chooses must not change what comes out. */
#include "imap/name.h"
#include "imap/parse.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const imap_limits limits = { .line = 4096, .literal = 40, .total = 16384, .cut = 4096 };

static guint parse_one(const char *bytes, gsize nbytes)
{
    char *exact = g_malloc(MAX(nbytes, 1));
    memcpy(exact, bytes, nbytes);
    g_autoptr(GError) error = NULL;
    g_autoptr(imap_reply) r = imap_reply_parse(exact, nbytes, &error);
    if ((r == NULL) == (error == NULL))
        abort();
    if (r != NULL && r->text != NULL && !g_utf8_validate(r->text, -1, NULL))
        abort();
    if (r != NULL && r->list != NULL && !g_utf8_validate(r->list->name, -1, NULL))
        abort();
    if (r != NULL && r->fetch != NULL &&
        ((r->fetch->preview != NULL && !g_utf8_validate(r->fetch->preview, -1, NULL)) ||
         (r->fetch->labels != NULL && !g_utf8_validate(r->fetch->labels, -1, NULL))))
        abort();
    if (r != NULL && r->code == CODE_COPYUID && (r->set == NULL) != (r->set2 == NULL))
        abort();
    g_free(exact);
    if (r != NULL)
        parse_names_were_utf8(r);
    if (r != NULL && r->list != NULL && !g_str_is_ascii(r->list->wire_name))
        abort();
    return r != NULL ? (guint)r->kind : 99;
}

static guint cut(const char *bytes, gsize nbytes, gsize split)
{
    imap_lexer *lexer = imap_lexer_new(&limits);
    guint sum = 0;
    int got = 0;
    for (gsize at = 0; at < nbytes && got >= 0; at += split) {
        const char *reply;
        gsize n;
        imap_lexer_feed(lexer, bytes + at, MIN(split, nbytes - at));
        while ((got = imap_lexer_next(lexer, &reply, &n, NULL)) == 1)
            sum = sum * 31 + parse_one(reply, n) + (guint)n + imap_lexer_was_cut(lexer) * 7u;
    }
    sum += got < 0;
    imap_lexer_free(lexer);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const char *bytes = (const char *)data + 1;
    gsize nbytes = size - 1;
    guint whole = cut(bytes, nbytes, MAX(nbytes, 1));
    if (cut(bytes, nbytes, 1 + data[0] % 7) != whole)
        abort();
    parse_one(bytes, nbytes);
    g_autofree char *name = g_strndup(bytes, nbytes);
    g_autofree char *shown = imap_name_from_wire(name, (char)data[0]);
    g_autofree char *wire = imap_name_to_wire(shown, '/');
    if (!g_utf8_validate(shown, -1, NULL) || !g_str_is_ascii(wire))
        abort();
    return 0;
}
