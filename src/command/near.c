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

const char *command_near_word(const char *word, const char *const *words, gsize nwords)
{
    gsize n = strlen(word);
    if (n < 2 || n > LONGEST)
        return NULL;
    const char *nearest = NULL;
    int least = (int)n / 3 + 1; /* a third of the letters may be wrong */
    for (gsize i = 0; i < nwords; i++) {
        gsize length = strlen(words[i]);
        if (length < 2 || length > LONGEST)
            continue;
        int d = distance(word, words[i]);
        /* The beginning of a word is near to it, but less than a slip of the finger is. */
        if (n >= 3 && g_str_has_prefix(words[i], word))
            d = MIN(d, 2);
        if (d < least || (d == least && nearest == NULL)) {
            least = d;
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
