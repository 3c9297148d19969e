/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mailbox names: modified UTF-7 (RFC 3501 section 5.1.3) and the hierarchy delimiter.  Decoding is
 * strict: a run that a correct encoder would not have made stays as it is, so that no two wire
 * names look alike and "&AEkATgBCAE8AWA-" is not INBOX. */
#include "imap/name.h"

#include <string.h>

#define DIVISION_SLASH "\xe2\x88\x95" /* U+2215 stands for a '/' inside a level */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static int digit(char c)
{
    const char *at = c != '\0' ? strchr(alphabet, c) : NULL;
    return at != NULL ? (int)(at - alphabet) : -1;
}

/* One UTF-16 unit; *high is a surrogate that waits for its other half.  False: it cannot stand
 * here. */
static bool take_unit(GString *out, guint32 unit, guint32 *high)
{
    if (*high != 0) {
        if (unit < 0xdc00 || unit > 0xdfff)
            return false;
        g_string_append_unichar(out, 0x10000 + ((*high - 0xd800) << 10) + (unit - 0xdc00));
        *high = 0;
        return true;
    }
    if (unit >= 0xd800 && unit <= 0xdbff) {
        *high = unit;
        return true;
    }
    if (unit == 0 || (unit >= 0x20 && unit <= 0x7e) || (unit >= 0xdc00 && unit <= 0xdfff))
        return false;
    g_string_append_unichar(out, unit);
    return true;
}

/* One shifted run, p behind '&'; gives the place behind '-', NULL when it is ill-formed. */
static const char *decode_run(const char *p, GString *out)
{
    guint32 bits = 0, high = 0;
    int nbits = 0;
    for (; *p != '-'; p++) {
        int d = digit(*p);
        if (d < 0)
            return NULL;
        bits = (bits << 6 | (guint32)d) & 0xffffff;
        nbits += 6;
        if (nbits < 16)
            continue;
        nbits -= 16;
        if (!take_unit(out, bits >> nbits & 0xffff, &high))
            return NULL;
    }
    if (high != 0 || nbits >= 6 || (bits & ((1u << nbits) - 1)) != 0)
        return NULL;
    return p + 1;
}

/* The run at p ("&...-"); gives the place behind it.  One that cannot be read keeps its '&': it is
 * a name all the same. */
static const char *decode_shift(const char *p, GString *out)
{
    gsize before = out->len;
    const char *next = p[1] == '-' ? NULL : decode_run(p + 1, out);
    if (next != NULL)
        return next;
    g_string_truncate(out, before);
    g_string_append_c(out, '&');
    return p[1] == '-' ? p + 2 : p + 1;
}

static char *valid(GString *text)
{
    char *made = g_utf8_make_valid(text->str, (gssize)text->len);
    g_string_free(text, TRUE);
    return made;
}

char *imap_name_decode(const char *wire)
{
    GString *out = g_string_new(NULL);
    for (const char *p = wire; *p != '\0';) {
        if (*p == '&')
            p = decode_shift(p, out);
        else
            g_string_append_c(out, *p++);
    }
    return valid(out);
}

static void put_unit(GString *out, guint32 unit, guint32 *bits, int *nbits)
{
    *bits = *bits << 16 | unit;
    *nbits += 16;
    while (*nbits >= 6) {
        *nbits -= 6;
        g_string_append_c(out, alphabet[*bits >> *nbits & 63]);
    }
    *bits &= (1u << *nbits) - 1;
}

static const char *encode_run(const char *p, GString *out)
{
    guint32 bits = 0;
    int nbits = 0;
    g_string_append_c(out, '&');
    for (; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar u = g_utf8_get_char(p);
        if (u >= 0x20 && u <= 0x7e)
            break;
        if (u > 0xffff) {
            put_unit(out, 0xd800 + ((u - 0x10000) >> 10), &bits, &nbits);
            u = 0xdc00 + ((u - 0x10000) & 0x3ff);
        }
        put_unit(out, u, &bits, &nbits);
    }
    if (nbits > 0)
        g_string_append_c(out, alphabet[bits << (6 - nbits) & 63]);
    g_string_append_c(out, '-');
    return p;
}

char *imap_name_encode(const char *utf8)
{
    g_autofree char *text = g_utf8_make_valid(utf8, -1);
    GString *out = g_string_new(NULL);
    for (const char *p = text; *p != '\0';) {
        if (*p == '&') {
            g_string_append(out, "&-");
            p++;
        } else if (*p >= 0x20 && *p <= 0x7e)
            g_string_append_c(out, *p++);
        else
            p = encode_run(p, out);
    }
    return g_string_free(out, FALSE);
}

char *imap_name_from_wire(const char *wire, char delimiter)
{
    GString *out = g_string_new(NULL);
    for (const char *p = wire; *p != '\0';) {
        if (*p == '&' && delimiter != '&') { /* the delimiter is looked for outside of runs only */
            p = decode_shift(p, out);
            continue;
        }
        if (*p == delimiter)
            g_string_append_c(out, '/');
        else if (*p == '/')
            g_string_append(out, DIVISION_SLASH);
        else
            g_string_append_c(out, *p);
        p++;
    }
    if (g_ascii_strncasecmp(out->str, "INBOX", 5) == 0 &&
        (out->str[5] == '\0' || out->str[5] == '/'))
        memcpy(out->str, "INBOX", 5);
    return valid(out);
}

char *imap_name_to_wire(const char *name, char delimiter)
{
    GString *out = g_string_new(NULL);
    for (const char *p = name; *p != '\0'; p++) {
        if (*p == '/' && delimiter != '\0')
            g_string_append_c(out, delimiter);
        else if (strncmp(p, DIVISION_SLASH, 3) == 0) {
            g_string_append_c(out, '/');
            p += 2;
        } else
            g_string_append_c(out, *p);
    }
    char *wire = imap_name_encode(out->str);
    g_string_free(out, TRUE);
    return wire;
}
