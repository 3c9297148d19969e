/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings that a person or a script changes beside another engine: what differs goes there, so that the acts that
 * follow mean what they would mean alone.  What says where and how to connect stays with each process: the next engine
 * takes it from its own config. */
#include "mtm/remote.h"

#include <stddef.h>
#include <string.h>

typedef enum setting_type { SETTING_INT, SETTING_I64, SETTING_BOOL, SETTING_TEXT, SETTING_WORDS } setting_type;

typedef struct setting {
    const char *key;
    setting_type type;
    gsize at;
    int most; /* of a choice; 0: any number from -1 on */
} setting;

#define AT(member) offsetof(account_settings, member)
static const setting settings[] = {
    { "sync", SETTING_INT, AT(sync), SYNC_LIST },
    { "sync_list", SETTING_WORDS, AT(sync_list), 0 },
    { "sync_interval", SETTING_INT, AT(sync_interval_s), 0 },
    { "idle", SETTING_BOOL, AT(idle), 0 },
    { "idle_timeout", SETTING_INT, AT(idle_timeout_s), 0 },
    { "stay_online", SETTING_BOOL, AT(stay_online), 0 },
    { "inbox_limit", SETTING_INT, AT(inbox_limit), 0 },
    { "folder_limit", SETTING_INT, AT(folder_limit), 0 },
    { "bodies", SETTING_INT, AT(bodies), BODIES_ALL },
    { "bodies_age", SETTING_INT, AT(bodies_age_s), 0 },
    { "bodies_size", SETTING_INT, AT(bodies_size), 0 },
    { "text_limit", SETTING_INT, AT(text_limit), 0 },
    { "attachment_limit", SETTING_INT, AT(attachment_limit), 0 },
    { "total_limit", SETTING_I64, AT(total_limit), 0 },
    { "metered", SETTING_BOOL, AT(metered), 0 },
    { "metered_bodies", SETTING_INT, AT(metered_bodies), BODIES_ALL },
    { "search_filter", SETTING_TEXT, AT(search_filter), 0 },
    { "fetch_chunk", SETTING_INT, AT(fetch_chunk), 0 },
    { "seen", SETTING_INT, AT(seen), SEEN_NEVER },
    { "delete", SETTING_INT, AT(del), DELETE_EXPUNGE },
    { "expunge_on_disconnect", SETTING_BOOL, AT(expunge_on_disconnect), 0 },
    { "subscribe", SETTING_INT, AT(subscribe), SUBSCRIBE_BOTH },
    { "sent", SETTING_TEXT, AT(roles[ROLE_SENT]), 0 },
    { "drafts", SETTING_TEXT, AT(roles[ROLE_DRAFTS]), 0 },
    { "trash", SETTING_TEXT, AT(roles[ROLE_TRASH]), 0 },
    { "junk", SETTING_TEXT, AT(roles[ROLE_JUNK]), 0 },
    { "archive", SETTING_TEXT, AT(roles[ROLE_ARCHIVE]), 0 },
};
G_STATIC_ASSERT(sizeof(delete_choice) == sizeof(int));

#define FIELD(s, type, setting) (*(type *)(gpointer)((char *)(s) + (setting)->at))
#define CONST_FIELD(s, type, setting) (*(type const *)(gconstpointer)((const char *)(s) + (setting)->at))

static bool same_words(char **a, char **b)
{
    static char *none[] = { NULL };
    return g_strv_equal((const char *const *)(a != NULL ? a : none), (const char *const *)(b != NULL ? b : none));
}

static bool is_same(const setting *f, const account_settings *a, const account_settings *b)
{
    switch (f->type) {
    case SETTING_INT:
        return CONST_FIELD(a, int, f) == CONST_FIELD(b, int, f);
    case SETTING_I64:
        return CONST_FIELD(a, gint64, f) == CONST_FIELD(b, gint64, f);
    case SETTING_BOOL:
        return CONST_FIELD(a, bool, f) == CONST_FIELD(b, bool, f);
    case SETTING_TEXT:
        return g_strcmp0(CONST_FIELD(a, char *, f), CONST_FIELD(b, char *, f)) == 0;
    case SETTING_WORDS:
        return same_words(CONST_FIELD(a, char **, f), CONST_FIELD(b, char **, f));
    }
    return true;
}

static void write_setting(json_writer *w, const setting *f, const account_settings *s)
{
    switch (f->type) {
    case SETTING_INT:
        json_number(w, f->key, CONST_FIELD(s, int, f));
        break;
    case SETTING_I64:
        json_number(w, f->key, CONST_FIELD(s, gint64, f));
        break;
    case SETTING_BOOL:
        json_bool(w, f->key, CONST_FIELD(s, bool, f));
        break;
    case SETTING_TEXT:
        json_string(w, f->key, CONST_FIELD(s, char *, f));
        break;
    case SETTING_WORDS:
        json_array_begin(w, f->key);
        for (char **word = CONST_FIELD(s, char **, f); word != NULL && *word != NULL; word++)
            json_string(w, NULL, *word);
        json_array_end(w);
        break;
    }
}

bool remote_settings_write(json_writer *w, const char *key, const account_settings *before, const account_settings *now)
{
    bool any = false;
    json_object_begin(w, key);
    for (gsize i = 0; i < G_N_ELEMENTS(settings); i++)
        if (!is_same(&settings[i], before, now)) {
            write_setting(w, &settings[i], now);
            any = true;
        }
    json_object_end(w);
    return any;
}

static char **read_words(const json_text *t, json_ref value)
{
    GPtrArray *words = g_ptr_array_new();
    for (json_ref e = json_first(t, value); e != JSON_NONE; e = json_next(t, e)) {
        char *word = json_dup_string(t, e);
        if (word != NULL)
            g_ptr_array_add(words, word);
    }
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}

static void read_setting(const json_text *t, json_ref value, const setting *f, account_settings *s)
{
    gint64 number;
    switch (f->type) {
    case SETTING_INT:
        if (json_integer(t, value, f->most > 0 ? 0 : -1, f->most > 0 ? f->most : G_MAXINT, &number))
            FIELD(s, int, f) = (int)number;
        break;
    case SETTING_I64:
        if (json_integer(t, value, G_MININT64, G_MAXINT64, &number))
            FIELD(s, gint64, f) = number;
        break;
    case SETTING_BOOL:
        FIELD(s, bool, f) = json_type_of(t, value) == JSON_TRUE;
        break;
    case SETTING_TEXT:
        g_free(FIELD(s, char *, f));
        FIELD(s, char *, f) = json_dup_string(t, value);
        break;
    case SETTING_WORDS:
        g_strfreev(FIELD(s, char **, f));
        FIELD(s, char **, f) = read_words(t, value);
        break;
    }
}

void remote_settings_read(const json_text *t, json_ref value, account_settings *s)
{
    for (gsize i = 0; i < G_N_ELEMENTS(settings); i++) {
        json_ref found = json_member(t, value, settings[i].key);
        if (found != JSON_NONE)
            read_setting(t, found, &settings[i], s);
    }
}
