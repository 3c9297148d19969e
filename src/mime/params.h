/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Content-Type, Content-Disposition and their parameters: RFC 2045 section 5.1, RFC 2183, RFC
 * 2231. */
#ifndef CURSUS_MIME_PARAMS_H
#define CURSUS_MIME_PARAMS_H

#include <glib.h>

typedef struct params {
    char *value; /* "text/plain", "attachment": lower case, valid UTF-8; "" when unreadable */
    GPtrArray *
        items; /* of name, value, name, value ...: names lower case, values decoded UTF-8; owning */
} params;

/* Read an unfolded value.  Continuations (name*0*, name*1) are joined in their order, percent
 * encoding and charset of RFC 2231 decoded, and encoded words too, which many mailers put there. Of
 * repeated parameters the first wins.  Linear; at most PARAMS_MAX pieces.  Any thread. */
#define PARAMS_MAX 1000
params *params_parse(const char *value, gsize nbytes);
void params_free(params *p);
/* The decoded value of a parameter (lower case name), NULL when absent; borrowed. */
const char *params_get(const params *p, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(params, params_free)

#endif
