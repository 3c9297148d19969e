/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Error kinds and how GLib's errors map to them. */
#include "base/error.h"

#include <gio/gio.h>

G_DEFINE_QUARK(cursus-error-quark, cursus_error)

void error_set(GError **error, error_kind kind, const char *format, ...)
{
    if (error == NULL)
        return;
    va_list ap;
    va_start(ap, format);
    g_autofree char *text = g_strdup_vprintf(format, ap);
    va_end(ap);
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_set_error_literal(error, CURSUS_ERROR, (int)kind, valid);
}

error_kind error_kind_of(const GError *error)
{
    if (error == NULL)
        return 0;
    if (error->domain == CURSUS_ERROR)
        return (error_kind)error->code;
    if (error->domain == G_IO_ERROR && error->code == G_IO_ERROR_CANCELLED)
        return ERROR_CANCELLED;
    if (error->domain == G_IO_ERROR && error->code == G_IO_ERROR_TIMED_OUT)
        return ERROR_TIMEOUT;
    return ERROR_INTERNAL;
}

const char *error_kind_word(error_kind kind)
{
    static const char *const words[] = {
        [ERROR_NETWORK] = "network",   [ERROR_TIMEOUT] = "timeout",     [ERROR_TLS] = "tls",
        [ERROR_AUTH] = "auth",         [ERROR_REFUSED] = "refused",     [ERROR_PROTOCOL] = "protocol",
        [ERROR_QUOTA] = "quota",       [ERROR_DISK] = "disk",           [ERROR_BUSY] = "busy",
        [ERROR_CANCELLED] = "cancelled", [ERROR_INPUT] = "input",       [ERROR_CRYPTO] = "crypto",
        [ERROR_INTERNAL] = "internal",
    };
    if (kind < ERROR_NETWORK || kind > ERROR_INTERNAL)
        return "internal";
    return words[kind];
}

void error_from(GError **error, error_kind kind, const GError *cause, const char *what)
{
    error_set(error, kind, "%s: %s", what, cause != NULL ? cause->message : "unknown error");
}
