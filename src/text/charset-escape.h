/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside text/: 7-bit East Asian text to its 8-bit form. */
#ifndef CURSUS_TEXT_CHARSET_ESCAPE_H
#define CURSUS_TEXT_CHARSET_ESCAPE_H

#include <glib.h>
#include <stdbool.h>

/* ISO-2022-JP (RFC 1468, with the kana and the vendor rows that mail programs add) to bytes of
 * CP932. */
GString *charset_2022_to_932(const char *bytes, gsize nbytes);
/* HZ (RFC 1843) to bytes of GB 18030. */
GString *charset_hz_to_gb(const char *bytes, gsize nbytes);
/* Does 7-bit text without a label switch to Japanese? */
bool charset_is_2022(const char *bytes, gsize nbytes);

#endif
