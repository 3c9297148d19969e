/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command text.  One counted writer for every string: an atom, a quoted string, or a literal, never
 * a CR, LF or NUL on the line.  RFC 9051 section 9 (astring, quoted, literal). */
#include "imap/private.h"

#include "imap/name.h"

#include <string.h>

GString *imap_command(const char *verb)
{
    return g_string_new(verb);
}

void imap_add_text(GString *command, const char *raw)
{
    g_string_append_c(command, ' ');
    g_string_append(command, raw);
}

static bool is_atom(const char *value)
{
    if (value[0] == '\0' || g_ascii_strcasecmp(value, "NIL") == 0)
        return false;
    for (const char *p = value; *p != '\0'; p++)
        if (!g_ascii_isalnum(*p) && strchr("-_./@+=:,&#!", *p) == NULL)
            return false;
    return true;
}

bool imap_add_quoted(GString *command, const char *value)
{
    if (strpbrk(value, "\r\n") != NULL)
        return false;
    g_string_append(command, " \"");
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            g_string_append_c(command, '\\');
        g_string_append_c(command, *p);
    }
    g_string_append_c(command, '"');
    return true;
}

bool imap_add_string(GString *command, const char *value)
{
    bool eight_bit = false;
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '\r' || *p == '\n')
            return false;
        if ((guchar)*p >= 0x80)
            eight_bit = true;
    }
    if (!eight_bit && !is_atom(value))
        return imap_add_quoted(command, value);
    g_string_append_c(command, ' ');
    if (eight_bit) /* imap_flush knows this form and fits it to what the server announces */
        g_string_append_printf(command, "{%" G_GSIZE_FORMAT "}\r\n", strlen(value));
    g_string_append(command, value);
    return true;
}

bool imap_add_mailbox(const imap_connection *c, GString *command, const char *wire_name)
{
    if (!imap_speaks_utf8(c))
        return imap_add_string(command, wire_name);
    g_autofree char *name = imap_name_decode(wire_name);
    if (!is_atom(name)) /* may hold UTF-8 now: RFC 6855 section 3, RFC 9051 section 9 */
        return imap_add_quoted(command, name);
    imap_add_text(command, name);
    return true;
}

void imap_add_newest(GString *command, guint32 n)
{
    g_string_append_printf(command, " (PARTIAL -1:-%u)", n);
}

void imap_add_set(GString *command, const uid_set *set)
{
    g_autofree char *text = uid_set_format(set);
    imap_add_text(command, text);
}

void imap_add_flags(GString *command, mail_flags flags, const char *const *keywords)
{
    bool first = true;
    g_string_append(command, " (");
    for (int bit = 0; bit < 32; bit++) {
        const char *word =
            (flags & FLAGS_STORABLE & (1u << bit)) != 0 ? flag_to_wire(1u << bit) : NULL;
        if (word == NULL)
            continue;
        g_string_append_printf(command, "%s%s", first ? "" : " ", word);
        first = false;
    }
    for (; keywords != NULL && *keywords != NULL; keywords++) {
        if (!keyword_valid(*keywords))
            continue;
        g_string_append_printf(command, "%s%s", first ? "" : " ", *keywords);
        first = false;
    }
    g_string_append_c(command, ')');
}
