/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A set of 32-bit UIDs (or sequence numbers) as sorted, merged ranges; hostile text never expands it. */
#ifndef CURSUS_MODEL_UIDSET_H
#define CURSUS_MODEL_UIDSET_H

#include <glib.h>
#include <stdbool.h>

typedef struct uid_range {
    guint32 first, last; /* inclusive, first <= last, never 0 */
} uid_range;

typedef struct uid_set {
    GArray *ranges; /* of uid_range, ascending, not touching */
} uid_set;

uid_set *uid_set_new(void);
void uid_set_free(uid_set *set);
uid_set *uid_set_dup(const uid_set *set);
void uid_set_add(uid_set *set, guint32 uid);
void uid_set_add_range(uid_set *set, guint32 first, guint32 last); /* in any order; 0 ignored */
/* Many at once in any order (0 ignored): one sort, where adding one by one from the top is quadratic. */
void uid_set_add_many(uid_set *set, const guint32 *uids, gsize n);
void uid_set_add_set(uid_set *set, const uid_set *other); /* the union */
void uid_set_remove(uid_set *set, guint32 uid);
bool uid_set_has(const uid_set *set, guint32 uid);
guint64 uid_set_count(const uid_set *set);
guint32 uid_set_min(const uid_set *set); /* 0 when empty */
guint32 uid_set_max(const uid_set *set);
uid_set *uid_set_minus(const uid_set *a, const uid_set *b);
/* Remove the n largest (all if fewer) from set and give them as a new set. */
uid_set *uid_set_take_newest(uid_set *set, guint32 n);
/* RFC 9051 sequence-set; "" for the empty set.  Caller frees. */
char *uid_set_format(const uid_set *set);
/* Formatted in pieces of at most nbytes each (a piece holds at least one range). GPtrArray of char*, owning. */
GPtrArray *uid_set_format_pieces(const uid_set *set, gsize nbytes);
/* Parse; '*' stands for star (0: '*' is refused).  NULL with ERROR_PROTOCOL. */
uid_set *uid_set_parse(const char *text, gsize nbytes, guint32 star, GError **error);

typedef struct uid_iter {
    const uid_set *set;
    guint range;
    guint32 next;
} uid_iter;
void uid_iter_init(uid_iter *it, const uid_set *set);
bool uid_iter_next(uid_iter *it, guint32 *uid); /* ascending */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(uid_set, uid_set_free)

#endif
