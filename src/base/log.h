/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log: one line an event, areas with levels, to a file or nowhere.  Any thread.
 * Never give it a secret: protocol text goes through net/wirelog, which masks. */
#ifndef CURSUS_BASE_LOG_H
#define CURSUS_BASE_LOG_H

#include <glib.h>
#include <stdbool.h>

typedef enum log_area { LOG_BASE, LOG_NET, LOG_IMAP, LOG_WIRE, LOG_MIME, LOG_STORE, LOG_MTM, LOG_CONF, LOG_UI, LOG_NAREAS } log_area;
typedef enum log_level { LEVEL_ERROR, LEVEL_WARN, LEVEL_INFO, LEVEL_DEBUG, LEVEL_TRACE } log_level;

/* Open the log file (appended, mode 0600).  NULL closes it.  Main thread, before others start. */
bool log_open(const char *path, GError **error);

/* "AREA=LEVEL" as in -d imap=debug; AREA "all" sets every one.  Errors: ERROR_INPUT. */
bool log_set(const char *spec, GError **error);

bool log_wants(log_area area, log_level level);
void log_write(log_area area, log_level level, const char *format, ...) G_GNUC_PRINTF(3, 4);

#define log_error(area, ...) log_write(area, LEVEL_ERROR, __VA_ARGS__)
#define log_warn(area, ...) log_write(area, LEVEL_WARN, __VA_ARGS__)
#define log_info(area, ...) log_write(area, LEVEL_INFO, __VA_ARGS__)
#define log_debug(area, ...)                                                                       \
    do {                                                                                           \
        if (log_wants(area, LEVEL_DEBUG))                                                          \
            log_write(area, LEVEL_DEBUG, __VA_ARGS__);                                             \
    } while (0)

#endif
