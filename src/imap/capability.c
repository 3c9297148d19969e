/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the server is and can do: CAPABILITY, ENABLE (RFC 5161), ID (RFC 2971), what IMAP4rev2 holds
 * in itself, and what is not believed of all that (quirks.c, the account's overrides, what failed).
 */
#include "imap/private.h"

#include "config.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/log.h"
#include "imap/parse.h"

#include <string.h>

/* RFC 9051 appendix E. */
static const char *const in_rev2[] = {
    "ENABLE",    "IDLE",     "NAMESPACE",   "UIDPLUS",       "ESEARCH",
    "SEARCHRES", "UNSELECT", "SASL-IR",     "LIST-EXTENDED", "LIST-STATUS",
    "MOVE",      "LITERAL-", "STATUS=SIZE", "CHILDREN",      NULL,
};
/* Taking these away would not make anything safer or work. */
static const char *const always_believed[] = { "LOGINDISABLED", "IMAP4REV1", NULL };

static bool has_word(GHashTable *words, const char *upper)
{
    return words != NULL && g_hash_table_contains(words, upper);
}

static void add_word(GHashTable **words, const char *word)
{
    if (*words == NULL)
        *words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_add(*words, g_ascii_strup(word, -1));
}

void imap_facts_clear(imap_facts *f)
{
    g_clear_pointer(&f->capabilities, g_hash_table_unref);
    g_clear_pointer(&f->off, g_hash_table_unref);
    g_clear_pointer(&f->failed, g_hash_table_unref);
    g_clear_pointer(&f->enabled, g_hash_table_unref);
    g_strfreev(f->enable_words);
    g_free(f->greeting);
    g_free(f->id_name);
    g_free(f->server);
}

void imap_forget_facts(imap_connection *c)
{
    GHashTable *off = g_steal_pointer(&c->facts.off);
    imap_facts_clear(&c->facts);
    c->facts = (imap_facts){ .off = off };
}

/* ---- who it is */

static void identify(imap_connection *c)
{
    imap_facts *f = &c->facts;
    const imap_quirks *before = f->quirks;
    imap_server_facts known = { .greeting = f->greeting,
                                .id_name = f->id_name,
                                .capabilities = f->capabilities };
    f->quirks = imap_quirks_find(&known);
    if (f->quirks != before && f->quirks->server[0] != '\0')
        log_info(LOG_IMAP, "the server is known as %s", f->quirks->server);
}

/* NULL: nobody. */
static const imap_quirks *quirks(const imap_connection *c)
{
    static const imap_server_facts nothing;
    return c != NULL && c->facts.quirks != NULL ? c->facts.quirks : imap_quirks_find(&nothing);
}

bool imap_quirk(const imap_connection *c, imap_quirk_id q)
{
    return (quirks(c)->bits & 1u << q) != 0;
}

guint imap_line_limit(const imap_connection *c)
{
    return quirks(c)->line_nbytes;
}

guint imap_message_limit(const imap_connection *c)
{
    guint64 told = imap_capability_number(c, "MESSAGELIMIT");
    guint known = quirks(c)->nmessages;
    if (told == 0 || told > G_MAXUINT)
        return known;
    return known == 0 ? (guint)told : MIN((guint)told, known);
}

const char *imap_server_name(const imap_connection *c)
{
    return c->facts.server != NULL ? c->facts.server : "";
}

void imap_take_greeting(imap_connection *c, const char *text)
{
    g_free(c->facts.greeting);
    g_free(c->facts.server);
    c->facts.greeting = g_strdup(text);
    c->facts.server = g_strdup(text);
    identify(c);
}

static void take_id(imap_connection *c, const imap_reply *r)
{
    const char *name = r->id != NULL ? g_hash_table_lookup(r->id, "name") : NULL;
    const char *version = name != NULL ? g_hash_table_lookup(r->id, "version") : NULL;
    if (name == NULL)
        return;
    g_free(c->facts.server);
    g_free(c->facts.id_name);
    c->facts.server = version != NULL ? g_strdup_printf("%s %s", name, version) : g_strdup(name);
    c->facts.id_name = g_strdup(name);
    identify(c);
}

guint32 imap_send_id(imap_connection *c)
{
    if (!imap_has(c, "ID"))
        return 0;
    return imap_send_text(c, "ID (\"name\" \"cursus\" \"version\" \"" CURSUS_VERSION "\")");
}

/* ---- what it can do */

void imap_forget_capabilities(imap_connection *c)
{
    g_clear_pointer(&c->facts.capabilities, g_hash_table_unref);
}

static void take_capabilities(imap_connection *c, char **words)
{
    imap_forget_capabilities(c);
    c->facts.capabilities = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (; *words != NULL; words++)
        add_word(&c->facts.capabilities, *words);
    identify(c);
}

static bool is_status(imap_reply_kind kind)
{
    return kind == IMAP_OK || kind == IMAP_NO || kind == IMAP_BAD || kind == IMAP_BYE ||
           kind == IMAP_PREAUTH;
}

/* The answer to ENABLE.  ENABLED says it; one server only says OK. */
static void take_enable(imap_connection *c, const imap_reply *r)
{
    imap_facts *f = &c->facts;
    if (r->kind == IMAP_OK && imap_quirk(c, QUIRK_SILENT_ENABLE))
        for (char **word = f->enable_words; *word != NULL; word++)
            add_word(&f->enabled, *word);
    g_clear_pointer(&f->enable_words, g_strfreev);
    f->enable_tag = 0;
}

void imap_take_facts(imap_connection *c, const imap_reply *r)
{
    if ((r->kind == IMAP_CAPABILITY || (is_status(r->kind) && r->code == CODE_CAPABILITY)) &&
        r->words != NULL)
        take_capabilities(c, r->words);
    if (r->kind == IMAP_ID)
        take_id(c, r);
    for (char **word = r->kind == IMAP_ENABLED ? r->words : NULL; word != NULL && *word != NULL;
         word++)
        add_word(&c->facts.enabled, *word);
    if (r->tag != 0 && r->tag == c->facts.enable_tag)
        take_enable(c, r);
}

/* " WORD " in the table's list */
static bool named_in(const char *list, const char *upper)
{
    g_autofree char *word = g_strdup_printf(" %s ", upper);
    return list != NULL && strstr(list, word) != NULL;
}

static bool is_believed(const imap_connection *c, const char *upper)
{
    return g_strv_contains(always_believed, upper) ||
           (!has_word(c->facts.off, upper) && !named_in(quirks(c)->not_believed, upper));
}

/* Where both revisions are announced the old one is in force until ENABLE (RFC 9051 section 6.3.1).
 */
static bool rev2_in_force(const imap_connection *c)
{
    GHashTable *told = c->facts.capabilities;
    return has_word(told, "IMAP4REV2") && is_believed(c, "IMAP4REV2") &&
           (!has_word(told, "IMAP4REV1") || has_word(c->facts.enabled, "IMAP4REV2"));
}

bool imap_has(const imap_connection *c, const char *capability)
{
    g_autofree char *upper = g_ascii_strup(capability, -1);
    if (c->facts.capabilities == NULL || !is_believed(c, upper))
        return false;
    return has_word(c->facts.capabilities, upper) ||
           (g_strv_contains(in_rev2, upper) && rev2_in_force(c));
}

guint64 imap_capability_number(const imap_connection *c, const char *name)
{
    GHashTableIter it;
    gpointer word;
    gsize n = strlen(name);
    if (c->facts.capabilities == NULL)
        return 0;
    g_hash_table_iter_init(&it, c->facts.capabilities);
    while (g_hash_table_iter_next(&it, &word, NULL)) {
        const char *text = word;
        guint64 number;
        if (g_ascii_strncasecmp(text, name, n) != 0 || text[n] != '=')
            continue;
        cursor at = { .p = text + n + 1, .end = text + strlen(text) };
        if (cursor_number(&at, G_MAXINT64, &number) == NUMBER_OK && cursor_at_end(&at) &&
            is_believed(c, name))
            return number;
    }
    return 0;
}

bool imap_capability(imap_connection *c, GError **error)
{
    if (c->facts.capabilities != NULL)
        return true;
    if (!imap_wait(c, imap_send_text(c, "CAPABILITY"), NULL, error))
        return false;
    if (c->facts.capabilities != NULL)
        return true;
    error_set(error, ERROR_PROTOCOL, _("the server does not tell what it can do"));
    return false;
}

void imap_connection_set_overrides(imap_connection *c, const char *const *off)
{
    for (; off != NULL && *off != NULL; off++)
        add_word(&c->facts.off, *off);
}

void imap_capability_off(imap_connection *c, const char *name)
{
    add_word(&c->facts.off, name);
    log_info(LOG_IMAP, "%s is not used any more on this connection", name);
}

void imap_capability_failed(imap_connection *c, const char *name)
{
    g_autofree char *upper = g_ascii_strup(name, -1);
    if (has_word(c->facts.failed, upper) && !has_word(c->facts.off, upper))
        imap_capability_off(c, upper);
    add_word(&c->facts.failed, upper);
}

/* ---- ENABLE */

bool imap_enabled(const imap_connection *c, const char *name)
{
    g_autofree char *upper = g_ascii_strup(name, -1);
    return has_word(c->facts.enabled, upper);
}

bool imap_speaks_utf8(const imap_connection *c)
{
    return c != NULL && (has_word(c->facts.enabled, "UTF8=ACCEPT") || rev2_in_force(c));
}

void imap_note_enable(imap_connection *c, guint32 tag, const GString *command)
{
    if (g_ascii_strncasecmp(command->str, "ENABLE ", 7) != 0)
        return;
    g_strfreev(c->facts.enable_words);
    c->facts.enable_words = g_strsplit(command->str + 7, " ", -1);
    c->facts.enable_tag = tag;
}

guint32 imap_send_enable(imap_connection *c, const char *words)
{
    g_auto(GStrv) wanted = g_strsplit(words, " ", -1);
    g_autoptr(GString) command = g_string_new("ENABLE");
    gsize nothing = command->len;
    for (char **word = wanted; imap_has(c, "ENABLE") && *word != NULL; word++)
        if (imap_has(c, *word) && !imap_enabled(c, *word))
            imap_add_text(command, *word);
    return command->len > nothing ? imap_send_text(c, command->str) : 0;
}

/* ---- COMPRESS */

bool imap_compress(imap_connection *c, GError **error)
{
    if (!imap_has(c, "COMPRESS=DEFLATE"))
        return true;
    if (!imap_flush(c, error))
        return false;
    c->byte_by_byte = true; /* what follows the answer is compressed and must not be read yet */
    guint32 tag = imap_send_text(c, "COMPRESS DEFLATE");
    g_autoptr(imap_reply) r = imap_wait_reply(c, tag, error);
    c->byte_by_byte = false;
    if (r == NULL)
        return false;
    imap_capability_off(c, "COMPRESS=DEFLATE"); /* once a connection, whatever is announced later */
    if (r->kind == IMAP_OK)
        return stream_start_deflate(c->stream, error);
    return true;
}
