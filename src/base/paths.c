/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XDG base directories. */
#include "base/paths.h"
#include "base/error.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static char *under(const char *variable, const char *fallback)
{
    const char *base = g_getenv(variable);
    if (base != NULL && g_path_is_absolute(base))
        return g_build_filename(base, "cursus", NULL);
    return g_build_filename(g_get_home_dir(), fallback, "cursus", NULL);
}

char *path_config_dir(void)
{
    return under("XDG_CONFIG_HOME", ".config");
}

char *path_data_dir(void)
{
    return under("XDG_DATA_HOME", ".local/share");
}

char *path_cache_dir(void)
{
    return under("XDG_CACHE_HOME", ".cache");
}

char *path_state_dir(void)
{
    return under("XDG_STATE_HOME", ".local/state");
}

char *path_runtime_dir(void)
{
    const char *base = g_getenv("XDG_RUNTIME_DIR");
    if (base != NULL && g_path_is_absolute(base))
        return g_build_filename(base, "cursus", NULL);
    return path_state_dir();
}

bool path_make_private(const char *dir, GError **error)
{
    if (g_mkdir_with_parents(dir, 0700) == 0)
        return true;
    error_set(error, ERROR_DISK, "%s: cannot make the directory: %s", dir, g_strerror(errno));
    return false;
}

char *path_expand(const char *path)
{
    if (path[0] == '~' && (path[1] == '/' || path[1] == '\0'))
        return g_build_filename(g_get_home_dir(), path + 1, NULL);
    return g_strdup(path);
}
