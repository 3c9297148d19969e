/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "+seen -flagged +work" to bits and keywords.  Words of the command line first, then the wire's names
 * ("\Seen", "$Forwarded"), then any keyword a server may take (RFC 9051 flag-keyword). */
#include "action/face.h"
#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

/* Words a person says beside flag_from_word's; inverse: "+unread" takes \Seen away. */
static const struct {
    const char *word;
    mail_flags flag;
    bool inverse;
} spellings[] = {
    { "read", FLAG_SEEN, false },       { "unread", FLAG_SEEN, true },
    { "new", FLAG_SEEN, true },         { "replied", FLAG_ANSWERED, false },
    { "important", FLAG_FLAGGED, false }, { "notdeleted", FLAG_DELETED, true },
};

static mail_flags flag_of(const char *word, bool *add)
{
    for (gsize i = 0; i < G_N_ELEMENTS(spellings); i++)
        if (g_ascii_strcasecmp(word, spellings[i].word) == 0) {
            *add = *add != spellings[i].inverse;
            return spellings[i].flag;
        }
    g_autofree char *lower = g_ascii_strdown(word, -1);
    mail_flags flag = flag_from_word(lower);
    return (flag != 0 ? flag : flag_from_wire(word)) & FLAGS_STORABLE;
}

static bool take(const char *word, action_flags *out, GError **error)
{
    if ((word[0] != '+' && word[0] != '-') || word[1] == '\0') {
        error_set(error, ERROR_INPUT,
                  _("'%s' is no flag change: write +seen, -flagged, +KEYWORD, ..."), word);
        return false;
    }
    bool add = word[0] == '+';
    mail_flags flag = flag_of(word + 1, &add);
    if (flag != 0) {
        *(add ? &out->add : &out->remove) |= flag;
        return true;
    }
    if (!keyword_valid(word + 1)) {
        error_set(error, ERROR_INPUT,
                  _("'%s' cannot be a keyword: blanks, quotes, brackets and other alphabets are not allowed"),
                  word + 1);
        return false;
    }
    g_ptr_array_add(add ? out->add_keywords : out->remove_keywords, g_strdup(word + 1));
    return true;
}

static const char *keyword_in_both(const action_flags *f)
{
    for (guint i = 0; i < f->add_keywords->len; i++)
        for (guint j = 0; j < f->remove_keywords->len; j++)
            if (g_ascii_strcasecmp(f->add_keywords->pdata[i], f->remove_keywords->pdata[j]) == 0)
                return f->add_keywords->pdata[i];
    return NULL;
}

bool action_flags_parse(const char *const *words, action_flags *out, GError **error)
{
    *out = (action_flags){ .add_keywords = g_ptr_array_new_with_free_func(g_free),
                           .remove_keywords = g_ptr_array_new_with_free_func(g_free) };
    for (; *words != NULL; words++)
        if (!take(*words, out, error)) {
            action_flags_clear(out);
            return false;
        }
    const char *twice = keyword_in_both(out);
    if ((out->add & out->remove) != 0)
        twice = flag_to_word(1u << g_bit_nth_lsf(out->add & out->remove, -1));
    if (twice != NULL) {
        error_set(error, ERROR_INPUT, _("'%s' is both added and removed"), twice);
        action_flags_clear(out);
        return false;
    }
    g_ptr_array_add(out->add_keywords, NULL);
    g_ptr_array_add(out->remove_keywords, NULL);
    return true;
}

void action_flags_clear(action_flags *f)
{
    g_clear_pointer(&f->add_keywords, g_ptr_array_unref);
    g_clear_pointer(&f->remove_keywords, g_ptr_array_unref);
    f->add = f->remove = 0;
}
