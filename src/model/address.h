/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One mailbox address of a header field, decoded: plain UTF-8, no folding, no encoded words. */
#ifndef CURSUS_MODEL_ADDRESS_H
#define CURSUS_MODEL_ADDRESS_H

#include <glib.h>

typedef struct address {
    const char *name;    /* display name or NULL */
    const char *mailbox; /* local@domain; "" when there was none; never decoded from encoded words */
    char texts[];        /* both of them: an address is one allocation, for a folder has many */
} address;

address *address_new(const char *name, const char *mailbox); /* "" is no name either */
address *address_new_len(const char *name, gsize name_nbytes, const char *mailbox, gsize mailbox_nbytes);
void address_free(address *a);
address *address_dup(const address *a);
/* What a list column shows: the name, else the mailbox.  Borrowed. */
const char *address_label(const address *a);
/* "Name <mailbox>", quoted where RFC 5322 asks; caller frees. */
char *address_format(const address *a);
GPtrArray *address_list_new(void); /* of address, owning */
GPtrArray *address_list_dup(const GPtrArray *list);
/* Joined with ", "; caller frees. */
char *address_list_format(const GPtrArray *list);
/* Parse one "Name <a@b>" or "a@b" as a person types it; NULL with ERROR_INPUT. */
address *address_parse(const char *text, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(address, address_free)

#endif
