/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Case folding for comparison and search, with an ASCII fast path. */
#ifndef CURSUS_BASE_FOLD_H
#define CURSUS_BASE_FOLD_H

#include <glib.h>
#include <stdbool.h>

char *text_fold(const char *text);                              /* caller frees */
/* Does haystack contain needle (already folded by text_fold), folding haystack? */
bool text_contains_folded(const char *haystack, const char *folded_needle);

#endif
