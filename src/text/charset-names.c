/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What mail calls character sets, and what iconv calls them.  Where a set has a superset that
 * senders mean when they write the smaller name (Windows' code pages, GB 18030), the superset is
 * taken.  Labels compare by their letters and digits alone, up to a ':'. */
#include "text/charset-names.h"
#include "text/charset.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX 32 /* with its NUL; longer names mean nothing to anybody */

static const struct charset_name {
    const char *key; /* ascending */
    const char *name;
} names[] = {
    { "646", CHARSET_ASCII },
    { "65001", CHARSET_UTF8 },
    { "7bit", CHARSET_ASCII },
    { "88591", CHARSET_1252 },
    { "8bit", CHARSET_ASCII },
    { "ansi", CHARSET_1252 },
    { "ansix341968", CHARSET_ASCII },
    { "ansix341986", CHARSET_ASCII },
    { "ascii", CHARSET_ASCII },
    { "big5", "CP950" },
    { "big5eten", "CP950" },
    { "binary", CHARSET_ASCII },
    { "chinese", "GB18030" },
    { "cnbig5", "CP950" },
    { "cp1252", CHARSET_1252 },
    { "cp50220", CHARSET_2022_JP },
    { "cp50221", CHARSET_2022_JP },
    { "cp50222", CHARSET_2022_JP },
    { "cp51932", "EUC-JP-MS" },
    { "cp65001", CHARSET_UTF8 },
    { "cp819", CHARSET_1252 },
    { "cp936", "GB18030" },
    { "csbig5", "CP950" },
    { "cseuckr", "CP949" },
    { "cseucpkdfmtjapanese", "EUC-JP-MS" },
    { "csgb2312", "GB18030" },
    { "csiso2022jp", CHARSET_2022_JP },
    { "csisolatin1", CHARSET_1252 },
    { "cskoi8r", "KOI8-R" },
    { "csksc56011987", "CP949" },
    { "csshiftjis", "CP932" },
    { "csunicode", CHARSET_UTF16 },
    { "csunicode11utf7", "UTF-7" },
    { "csutf8", CHARSET_UTF8 },
    { "cswindows31j", "CP932" },
    { "default", CHARSET_ASCII },
    { "defaultcharset", CHARSET_ASCII },
    { "dos874", "CP874" },
    { "euccn", "GB18030" },
    { "eucgb2312cn", "GB18030" },
    { "eucjp", "EUC-JP-MS" },
    { "euckr", "CP949" },
    { "gb18030", "GB18030" },
    { "gb2312", "GB18030" },
    { "gb231280", "GB18030" },
    { "gbk", "GB18030" },
    { "hz", CHARSET_HZ },
    { "hzgb2312", CHARSET_HZ },
    { "ibm819", CHARSET_1252 },
    { "iso10646ucs2", CHARSET_UTF16 },
    { "iso2022jp", CHARSET_2022_JP },
    { "iso2022jp1", CHARSET_2022_JP },
    { "iso2022jpms", CHARSET_2022_JP },
    { "iso646us", CHARSET_ASCII },
    { "iso88591", CHARSET_1252 },
    { "iso885910", "ISO-8859-10" },
    { "iso885911", "CP874" },
    { "iso885913", "ISO-8859-13" },
    { "iso885914", "ISO-8859-14" },
    { "iso885915", "ISO-8859-15" },
    { "iso885916", "ISO-8859-16" },
    { "iso88591windows31latin1", CHARSET_1252 },
    { "iso88592", "ISO-8859-2" },
    { "iso88593", "ISO-8859-3" },
    { "iso88594", "ISO-8859-4" },
    { "iso88595", "ISO-8859-5" },
    { "iso88596", "ISO-8859-6" },
    { "iso88596e", "ISO-8859-6" },
    { "iso88596i", "ISO-8859-6" },
    { "iso88597", "ISO-8859-7" },
    { "iso88598", "ISO-8859-8" },
    { "iso88598e", "ISO-8859-8" },
    { "iso88598i", "ISO-8859-8" },
    { "iso88599", "WINDOWS-1254" },
    { "isoir100", CHARSET_1252 },
    { "isoir149", "CP949" },
    { "isoir58", "GB18030" },
    { "isoir6", CHARSET_ASCII },
    { "koi8", "KOI8-R" },
    { "koi8r", "KOI8-R" },
    { "koi8ru", "KOI8-U" },
    { "koi8u", "KOI8-U" },
    { "korean", "CP949" },
    { "ksc5601", "CP949" },
    { "ksc56011987", "CP949" },
    { "ksc56011989", "CP949" },
    { "l1", CHARSET_1252 },
    { "latin1", CHARSET_1252 },
    { "latin2", "ISO-8859-2" },
    { "latin5", "WINDOWS-1254" },
    { "latin9", "ISO-8859-15" },
    { "logical", "ISO-8859-8" },
    { "mac", "MACINTOSH" },
    { "macintosh", "MACINTOSH" },
    { "macroman", "MACINTOSH" },
    { "ms932", "CP932" },
    { "ms936", "GB18030" },
    { "mskanji", "CP932" },
    { "none", CHARSET_ASCII },
    { "shiftjis", "CP932" },
    { "sjis", "CP932" },
    { "tis620", "CP874" },
    { "ucs2", CHARSET_UTF16 },
    { "uhc", "CP949" },
    { "ujis", "EUC-JP-MS" },
    { "unicode", CHARSET_UTF16 },
    { "unicode11utf7", "UTF-7" },
    { "unicode11utf8", CHARSET_UTF8 },
    { "unknown", CHARSET_ASCII },
    { "unknown7bit", CHARSET_ASCII },
    { "unknown8bit", CHARSET_ASCII },
    { "us", CHARSET_ASCII },
    { "usascii", CHARSET_ASCII },
    { "utf16", CHARSET_UTF16 },
    { "utf7", "UTF-7" },
    { "utf8", CHARSET_UTF8 },
    { "utf8mb3", CHARSET_UTF8 },
    { "utf8mb4", CHARSET_UTF8 },
    { "visual", "ISO-8859-8" },
    { "win1250", "WINDOWS-1250" },
    { "win1251", "WINDOWS-1251" },
    { "win1252", CHARSET_1252 },
    { "windows1250", "WINDOWS-1250" },
    { "windows1251", "WINDOWS-1251" },
    { "windows1252", CHARSET_1252 },
    { "windows1253", "WINDOWS-1253" },
    { "windows1254", "WINDOWS-1254" },
    { "windows1255", "WINDOWS-1255" },
    { "windows1256", "WINDOWS-1256" },
    { "windows1257", "WINDOWS-1257" },
    { "windows1258", "WINDOWS-1258" },
    { "windows31j", "CP932" },
    { "windows874", "CP874" },
    { "windows936", "GB18030" },
    { "windows949", "CP949" },
    { "windows950", "CP950" },
    { "xansi", CHARSET_1252 },
    { "xbig5", "CP950" },
    { "xcp1250", "WINDOWS-1250" },
    { "xcp1251", "WINDOWS-1251" },
    { "xcp1252", CHARSET_1252 },
    { "xeuc", "EUC-JP-MS" },
    { "xeuccn", "GB18030" },
    { "xeucjp", "EUC-JP-MS" },
    { "xeuckr", "CP949" },
    { "xgbk", "GB18030" },
    { "xmac", "MACINTOSH" },
    { "xmaccyrillic", "MAC-CYRILLIC" },
    { "xmacroman", "MACINTOSH" },
    { "xmscp932", "CP932" },
    { "xsjis", "CP932" },
    { "xunicode20utf8", CHARSET_UTF8 },
    { "xunknown", CHARSET_ASCII },
    { "xuserdefined", CHARSET_1252 },
    { "xutf8", CHARSET_UTF8 },
    { "xwindows949", "CP949" },
    { "xxbig5", "CP950" },
};

/* Other names of the same or nearly the same set, for iconvs that lack the first. */
static const char *const second_choices[][2] = {
    { "EUC-JP-MS", "EUC-JP" },
    { "CP932", "SHIFT_JIS" },
    { "GB18030", "GBK" },
    { "CP949", "EUC-KR" },
    { "CP950", "BIG5" },
    { "CP874", "TIS-620" },
    { "MAC-CYRILLIC", "MacCyrillic" },
    { "WINDOWS-1254", "ISO-8859-9" },
};

/* Sets in which bytes below 0x80 are ASCII, whatever stands before them. */
static const char *const ascii_supersets[] = {
    "ISO-8859-", "WINDOWS-", "KOI8-", "GB18030", "CP9", "CP8", "CP12", "EUC-", "MAC", "BIG5",
};

/* Code pages with shift states whose converters in C libraries have crashed or looped on bad input,
 * and which no mail is written in. */
static const int refused_pages[] = { 930, 933, 935, 937, 939, 1364, 1371, 1388, 1390, 1399 };

/* "ISO_8859-1:1987" -> "iso88591"; false when nothing is left or it is too long. */
static bool make_key(const char *label, char key[KEY_MAX])
{
    gsize n = 0;
    for (const char *p = label; *p != '\0' && *p != ':'; p++) {
        if (!g_ascii_isalnum(*p))
            continue;
        if (n == KEY_MAX - 1)
            return false;
        key[n++] = g_ascii_tolower(*p);
    }
    key[n] = '\0';
    return n > 0;
}

static int compare_key(const void *key, const void *row)
{
    return strcmp(key, ((const struct charset_name *)row)->key);
}

const char *charset_alias(const char *label)
{
    char key[KEY_MAX];
    if (!make_key(label, key))
        return label;
    const struct charset_name *found =
        bsearch(key, names, G_N_ELEMENTS(names), sizeof names[0], compare_key);
    return found != NULL ? found->name : label;
}

const char *charset_second_choice(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(second_choices); i++)
        if (strcmp(name, second_choices[i][0]) == 0)
            return second_choices[i][1];
    return NULL;
}

bool charset_extends_ascii(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(ascii_supersets); i++)
        if (g_ascii_strncasecmp(name, ascii_supersets[i], strlen(ascii_supersets[i])) == 0)
            return true;
    return false;
}

static bool is_refused_page(const char *key)
{
    if (strstr(key, "ibm") == NULL && strstr(key, "cp") == NULL)
        return false;
    guint64 page = g_ascii_strtoull(key + strcspn(key, "0123456789"), NULL, 10);
    for (guint i = 0; i < G_N_ELEMENTS(refused_pages); i++)
        if (page == (guint64)refused_pages[i])
            return true;
    return false;
}

bool charset_may_open(const char *name)
{
    char key[KEY_MAX];
    /* '/' starts options or a path; other characters stand in no name. */
    if (name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:+")] !=
            '\0' ||
        !make_key(name, key))
        return false;
    /* Names for the machine's own forms, whose units hostile text could misalign. */
    if (strcmp(key, "char") == 0 || strstr(key, "wchar") != NULL || strstr(key, "internal") != NULL)
        return false;
    return strstr(key, "ebcdic") == NULL && !is_refused_page(key);
}

gsize charset_unit(const char *name)
{
    char key[KEY_MAX];
    if (!make_key(name, key))
        return 1;
    if (g_str_has_prefix(key, "utf16") || g_str_has_prefix(key, "ucs2"))
        return 2;
    return g_str_has_prefix(key, "utf32") || g_str_has_prefix(key, "ucs4") ? 4 : 1;
}
