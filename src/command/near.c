/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "Did you mean": the nearest known word, by optimal string alignment (insert, delete, replace and the
 * exchange of neighbours cost one each). */
#include "command/internal.h"

#include <string.h>

#define LONGEST 64 /* no name is longer; a longer word is near to none */

static int distance(const char *a, const char *b)
{
    int na = (int)strlen(a), nb = (int)strlen(b);
    int rows[3][LONGEST + 1];
    int *above2 = rows[0], *above = rows[1], *row = rows[2];
    for (int j = 0; j <= nb; j++)
        above[j] = j;
    for (int i = 1; i <= na; i++) {
        row[0] = i;
        for (int j = 1; j <= nb; j++) {
            char ca = g_ascii_tolower(a[i - 1]), cb = g_ascii_tolower(b[j - 1]);
            int best = MIN(above[j], row[j - 1]) + 1;
            best = MIN(best, above[j - 1] + (ca != cb));
            if (i > 1 && j > 1 && ca == g_ascii_tolower(b[j - 2]) && cb == g_ascii_tolower(a[i - 2]))
                best = MIN(best, above2[j - 2] + 1);
            row[j] = best;
        }
        int *spare = above2;
        above2 = above;
        above = row;
        row = spare;
    }
    return above[nb];
}

/* The longer the word, the more slips of the finger it may have. */
static int slips_allowed(gsize n)
{
    return n < 5 ? 1 : n < 8 ? 2 : 3;
}

const char *command_near_word(const char *word, const char *const *words, gsize nwords)
{
    gsize n = strlen(word);
    if (n < 2 || n > LONGEST)
        return NULL;
    const char *nearest = NULL;
    int least = MAX(2 * slips_allowed(n), 3) + 1;
    for (gsize i = 0; i < nwords; i++) {
        gsize length = strlen(words[i]);
        if (length < 2 || length > LONGEST)
            continue;
        int cost = 2 * distance(word, words[i]);
        /* The beginning of a word is near to it, but one slip is nearer. */
        if (n >= 3 && g_str_has_prefix(words[i], word))
            cost = MIN(cost, 3);
        if (cost < least) {
            least = cost;
            nearest = words[i];
        }
    }
    return nearest;
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *command_near(const command_table *t, const char *name)
{
    guint n = 0;
    g_autofree const char **names = (const char **)g_hash_table_get_keys_as_array(t->by_name, &n);
    qsort(names, n, sizeof *names, by_text); /* the same answer each time */
    return command_near_word(name, names, n);
}
