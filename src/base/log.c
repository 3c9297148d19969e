/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log file: opened once, each line written with one write(2) so that threads do not mix. */
#include "base/log.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static const char *const area_names[LOG_NAREAS] = { "base",  "net", "imap", "wire", "mime",
                                                    "store", "mtm", "conf", "ui" };
static const char *const level_names[] = { "error", "warn", "info", "debug", "trace" };

static atomic_int log_fd = -1;
static atomic_int levels[LOG_NAREAS] = { LEVEL_INFO, LEVEL_INFO, LEVEL_INFO, LEVEL_ERROR, LEVEL_INFO,
                                         LEVEL_INFO, LEVEL_INFO, LEVEL_INFO,  LEVEL_INFO };

bool log_open(const char *path, GError **error)
{
    int fd = -1;
    if (path != NULL) {
        fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd < 0) {
            error_set(error, ERROR_DISK, "%s: cannot open the log: %s", path, g_strerror(errno));
            return false;
        }
    }
    int old = atomic_exchange(&log_fd, fd);
    if (old >= 0)
        close(old);
    return true;
}

bool log_set(const char *spec, GError **error)
{
    const char *equals = strchr(spec, '=');
    if (equals == NULL) {
        error_set(error, ERROR_INPUT, "'%s' is not AREA=LEVEL", spec);
        return false;
    }
    int level = -1;
    for (int i = 0; i <= LEVEL_TRACE; i++)
        if (strcmp(equals + 1, level_names[i]) == 0)
            level = i;
    g_autofree char *area = g_strndup(spec, (gsize)(equals - spec));
    bool all = strcmp(area, "all") == 0, found = all;
    for (int i = 0; i < LOG_NAREAS && level >= 0; i++)
        if (all || strcmp(area, area_names[i]) == 0) {
            atomic_store(&levels[i], level);
            found = true;
        }
    if (level < 0 || !found) {
        error_set(error, ERROR_INPUT,
                  "'%s': areas are base net imap wire mime store mtm conf ui all, "
                  "levels error warn info debug trace", spec);
        return false;
    }
    return true;
}

bool log_wants(log_area area, log_level level)
{
    return atomic_load_explicit(&log_fd, memory_order_relaxed) >= 0 &&
           (int)level <= atomic_load_explicit(&levels[area], memory_order_relaxed);
}

void log_write(log_area area, log_level level, const char *format, ...)
{
    if (!log_wants(area, level))
        return;
    va_list ap;
    va_start(ap, format);
    g_autofree char *text = g_strdup_vprintf(format, ap);
    va_end(ap);
    g_strdelimit(text, "\r\n\033", ' ');
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *stamp = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S.%f");
    g_autofree char *line =
        g_strdup_printf("%.23s %-5s %-5s %s\n", stamp, level_names[level], area_names[area], text);
    int fd = atomic_load(&log_fd);
    if (fd >= 0 && write(fd, line, strlen(line)) < 0)
        return; /* nowhere is left to say so */
}
