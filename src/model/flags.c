/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of the flag bits, and keyword strings.  RFC 9051 section 2.3.2; $Forwarded and $MDNSent are
 * in the IANA registry (RFC 5788), $Junk and $NotJunk too.  Keywords compare without regard to
 * ASCII case, as servers do; the spelling that came first is kept. */
#include "model/flags.h"

#include <string.h>

static const struct flag_name {
    mail_flags bit;
    const char *wire;
    const char *word;
} flag_names[] = {
    { FLAG_SEEN, "\\Seen", "seen" },
    { FLAG_ANSWERED, "\\Answered", "answered" },
    { FLAG_FLAGGED, "\\Flagged", "flagged" },
    { FLAG_DELETED, "\\Deleted", "deleted" },
    { FLAG_DRAFT, "\\Draft", "draft" },
    { FLAG_RECENT, "\\Recent", NULL },
    { FLAG_FORWARDED, "$Forwarded", "forwarded" },
    { FLAG_MDNSENT, "$MDNSent", "mdnsent" },
    { FLAG_JUNK, "$Junk", "junk" },
    { FLAG_NOTJUNK, "$NotJunk", "notjunk" },
};

mail_flags flag_from_wire(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(flag_names); i++)
        if (g_ascii_strcasecmp(name, flag_names[i].wire) == 0)
            return flag_names[i].bit;
    return 0;
}

const char *flag_to_wire(mail_flags one_bit)
{
    for (guint i = 0; i < G_N_ELEMENTS(flag_names); i++)
        if (flag_names[i].bit == one_bit)
            return flag_names[i].wire;
    return NULL;
}

mail_flags flag_from_word(const char *word)
{
    for (guint i = 0; i < G_N_ELEMENTS(flag_names); i++)
        if (flag_names[i].word != NULL && g_ascii_strcasecmp(word, flag_names[i].word) == 0)
            return flag_names[i].bit;
    return 0;
}

const char *flag_to_word(mail_flags one_bit)
{
    for (guint i = 0; i < G_N_ELEMENTS(flag_names); i++)
        if (flag_names[i].bit == one_bit)
            return flag_names[i].word;
    return NULL;
}

/* A word with a blank or a control character inside would fall apart in the joined string. */
static bool joinable(const char *word)
{
    if (word[0] == '\0')
        return false;
    for (const char *p = word; *p != '\0'; p++)
        if ((unsigned char)*p <= ' ' || *p == 0x7f)
            return false;
    return true;
}

static int compare_words(gconstpointer a, gconstpointer b)
{
    return g_ascii_strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

static bool contains(const char *const *words, const char *word)
{
    if (words == NULL)
        return false;
    for (; *words != NULL; words++)
        if (g_ascii_strcasecmp(*words, word) == 0)
            return true;
    return false;
}

/* Sort (GPtrArray's sort is stable, so of two spellings the first given stays), drop repetitions,
 * join. */
static char *join_array(GPtrArray *words)
{
    g_ptr_array_sort(words, compare_words);
    GString *out = g_string_new(NULL);
    const char *last = NULL;
    for (guint i = 0; i < words->len; i++) {
        const char *word = g_ptr_array_index(words, i);
        if (last != NULL && g_ascii_strcasecmp(last, word) == 0)
            continue;
        g_string_append_c(out, ' ');
        g_string_append(out, word);
        last = word;
    }
    if (out->len > 0)
        g_string_append_c(out, ' ');
    return g_string_free(out, FALSE);
}

static void collect(GPtrArray *into, const char *const *words, const char *const *but)
{
    if (words == NULL)
        return;
    for (; *words != NULL; words++)
        if (joinable(*words) && !contains(but, *words))
            g_ptr_array_add(into, (gpointer)*words);
}

char *keywords_join(const char *const *words)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    collect(all, words, NULL);
    return join_array(all);
}

char **keywords_split(const char *joined)
{
    GPtrArray *words = g_ptr_array_new();
    for (const char *p = joined; *p != '\0';) {
        gsize blanks = strspn(p, " ");
        gsize n = strcspn(p + blanks, " ");
        if (n > 0)
            g_ptr_array_add(words, g_strndup(p + blanks, n));
        p += blanks + n;
    }
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}

bool keywords_have(const char *joined, const char *word)
{
    gsize wanted = strlen(word);
    for (const char *p = joined; *p != '\0';) {
        p += strspn(p, " ");
        gsize n = strcspn(p, " ");
        if (n == wanted && n > 0 && g_ascii_strncasecmp(p, word, n) == 0)
            return true;
        p += n;
    }
    return false;
}

char *keywords_change(const char *joined, const char *const *added, const char *const *removed)
{
    g_auto(GStrv) old = keywords_split(joined);
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    collect(all, (const char *const *)old, removed);
    collect(all, added, removed);
    return join_array(all);
}

/* flag-keyword is an atom: no CTL, blank, 8-bit, ( ) { % * " \ or ]. */
bool keyword_valid(const char *word)
{
    if (word[0] == '\0')
        return false;
    for (const char *p = word; *p != '\0'; p++)
        if (!g_ascii_isgraph(*p) || strchr("(){%*\"\\]", *p) != NULL)
            return false;
    return true;
}
