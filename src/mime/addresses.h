/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Address lists of header fields (RFC 5322 section 3.4, its obsolete forms, and what is sent
 * instead). */
#ifndef CURSUS_MIME_ADDRESSES_H
#define CURSUS_MIME_ADDRESSES_H

#include <glib.h>

/* Append the addresses of an unfolded value to list (address_list_new).  Groups are flattened; an
 * empty one leaves its name with an empty mailbox ("undisclosed-recipients").  Display names are
 * decoded, addr-specs never: encoded words in them stay as they are.  Something without an address
 * keeps its words as name. At most LIMIT_ADDRESSES in all.  Never fails; linear in time.  Any
 * thread. */
void addresses_parse(GPtrArray *list, const char *value, gsize nbytes);

#endif
