/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages to the server: APPEND, MULTIAPPEND (RFC 3502), REPLACE (RFC 8508), with what the
 * server's limits and extensions make of it (RFC 7889, 3516, 6855).  The bytes stay where they are.
 */
#include "imap/private.h"

#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

/* ---- the command */

static bool has_nul(GBytes *message)
{
    gsize n;
    const char *bytes = g_bytes_get_data(message, &n);
    return n > 0 && memchr(bytes, '\0', n) != NULL;
}

/* Raw 8-bit before the first empty line. */
static bool has_utf8_header(GBytes *message)
{
    gsize n;
    const char *bytes = g_bytes_get_data(message, &n);
    for (gsize i = 0; i < n; i++) {
        if ((guchar)bytes[i] >= 0x80)
            return true;
        if (bytes[i] == '\n' && i + 1 < n && (bytes[i + 1] == '\n' || bytes[i + 1] == '\r'))
            return false;
    }
    return false;
}

static bool may_be_sent(const imap_connection *c, GBytes *message, GError **error)
{
    gsize n = g_bytes_get_size(message);
    guint64 limit = imap_capability_number(c, "APPENDLIMIT");
    if (limit != 0 && n > limit) {
        error_set(error, ERROR_QUOTA,
                  _("the message has %lu bytes, and the server takes no more than %lu"),
                  (unsigned long)n, (unsigned long)limit);
        return false;
    }
    if (n == 0 || (has_nul(message) && !imap_has(c, "BINARY"))) {
        error_set(error, ERROR_INPUT,
                  n == 0 ? _("the message is empty")
                         : _("the server takes no message with NUL bytes"));
        return false;
    }
    return true;
}

/* " 7-Jul-1996 02:44:25 +0000": never in the words of a locale. */
static void add_date(GString *command, gint64 when_s)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(when_s);
    if (utc == NULL || g_date_time_get_year(utc) < 1900 || g_date_time_get_year(utc) > 9999)
        return;
    g_string_append_printf(
        command, " \"%02d-%.3s-%04d %02d:%02d:%02d +0000\"", g_date_time_get_day_of_month(utc),
        months + 3 * (g_date_time_get_month(utc) - 1), g_date_time_get_year(utc),
        g_date_time_get_hour(utc), g_date_time_get_minute(utc), g_date_time_get_second(utc));
}

/* flags, date and the place where the bytes go */
static void add_message(const imap_connection *c, GString *command, GArray *inserts,
                        const imap_upload *u)
{
    bool utf8 = imap_enabled(c, "UTF8=ACCEPT") && has_utf8_header(u->message);
    insert in = { .bytes = g_bytes_ref(u->message), .literal8 = utf8 || has_nul(u->message) };
    imap_add_flags(command, u->flags, u->keywords);
    if (u->received_s != 0)
        add_date(command, u->received_s);
    g_string_append(command, utf8 ? " UTF8 (" : " ");
    in.at = command->len;
    g_array_append_val(inserts, in);
    if (utf8)
        g_string_append_c(command, ')');
}

static guint32 send_upload(imap_connection *c, GString *command, const char *wire_name,
                           const imap_upload *uploads, guint n, GError **error)
{
    bool ok = imap_add_mailbox(c, command, wire_name);
    if (!ok)
        error_set(error, ERROR_INPUT, _("a folder of this name cannot be asked for"));
    for (guint i = 0; ok && i < n; i++)
        ok = may_be_sent(c, uploads[i].message, error);
    if (!ok) {
        g_string_free(command, TRUE);
        return 0;
    }
    GArray *inserts = imap_inserts_new();
    for (guint i = 0; i < n; i++)
        add_message(c, command, inserts, &uploads[i]);
    guint32 tag = imap_send_with_bytes(c, command, inserts);
    g_clear_pointer(&c->told_uids, uid_set_free);
    if (c->uploads == NULL)
        c->uploads = g_hash_table_new(g_direct_hash, g_direct_equal);
    g_hash_table_add(c->uploads, GUINT_TO_POINTER(tag));
    return tag;
}

guint32 imap_send_append(imap_connection *c, const char *wire_name, const imap_upload *uploads,
                         guint n, GError **error)
{
    g_return_val_if_fail(n > 0, 0);
    return send_upload(c, imap_command("APPEND"), wire_name, uploads, n, error);
}

guint32 imap_send_replace(imap_connection *c, guint32 uid, const char *wire_name,
                          const imap_upload *upload, GError **error)
{
    GString *command = imap_command("UID REPLACE");
    g_string_append_printf(command, " %u", uid);
    return send_upload(c, command, wire_name, upload, 1, error);
}

/* ---- the answer */

void imap_upload_told(imap_connection *c, const imap_reply *r)
{
    /* Of several at once nobody knows which it means. */
    if (r->code != CODE_APPENDUID || r->set2 == NULL || c->uploads == NULL ||
        g_hash_table_size(c->uploads) != 1)
        return;
    uid_set_free(c->told_uids);
    c->told_uids = uid_set_dup(r->set2);
    c->told_validity = r->number2;
}

void imap_upload_answered(imap_connection *c, imap_reply *r)
{
    bool upload = c->uploads != NULL && g_hash_table_remove(c->uploads, GUINT_TO_POINTER(r->tag));
    if (upload && r->kind == IMAP_OK && r->code == CODE_NONE && c->told_uids != NULL) {
        r->code = CODE_APPENDUID;
        r->number2 = c->told_validity;
        r->set2 = g_steal_pointer(&c->told_uids);
    }
    if (r->code == CODE_APPENDUID && (imap_quirk(c, QUIRK_NO_APPENDUID) || r->number2 == 0))
        g_clear_pointer(&r->set2, uid_set_free);
}
