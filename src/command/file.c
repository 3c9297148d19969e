/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a file of the language.  Pipes and devices are read as they come (-F /dev/null, -F <(command)). */
#include "command/internal.h"
#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 65536

static bool cannot_read(const char *path, int number, GError **error)
{
    error_set(error, ERROR_INPUT, _("%s: cannot be read: %s"), path, g_strerror(number));
    return false;
}

static bool read_all(int fd, const char *path, GString *out, GError **error)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return cannot_read(path, errno, error);
    if (S_ISDIR(st.st_mode)) {
        error_set(error, ERROR_INPUT, _("%s: is a directory; expected a file"), path);
        return false;
    }
    while (out->len <= LIMIT_CONFIG_FILE) {
        char bytes[BLOCK];
        ssize_t n = read(fd, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cannot_read(path, errno, error);
        if (n == 0)
            return true;
        g_string_append_len(out, bytes, n);
    }
    error_set(error, ERROR_INPUT, _("%s: is larger than %u bytes; that is no config file"), path, LIMIT_CONFIG_FILE);
    return false;
}

static int line_at(const GString *text, const char *where)
{
    int line = 1;
    for (const char *p = text->str; p < where; p++)
        line += *p == '\n';
    return line;
}

char *file_read_text(const char *path, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        cannot_read(path, errno, error);
        return NULL;
    }
    g_autoptr(GString) text = g_string_new(NULL);
    bool good = read_all(fd, path, text, error);
    close(fd);
    if (!good)
        return NULL;
    const char *bad = NULL;
    if (!g_utf8_validate(text->str, (gssize)text->len, &bad)) {
        error_set(error, ERROR_INPUT, *bad == '\0' ? _("%s:%d: a NUL byte; expected text")
                                                   : _("%s:%d: not valid UTF-8; save the file as UTF-8"),
                  path, line_at(text, bad));
        return NULL;
    }
    if (g_str_has_prefix(text->str, "\xef\xbb\xbf"))
        g_string_erase(text, 0, 3);
    return g_string_free(g_steal_pointer(&text), FALSE);
}
