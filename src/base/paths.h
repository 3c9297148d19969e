/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where things live: XDG directories, created 0700 when first asked for.  Main thread at start. */
#ifndef CURSUS_BASE_PATHS_H
#define CURSUS_BASE_PATHS_H

#include <glib.h>
#include <stdbool.h>

char *path_config_dir(void);  /* $XDG_CONFIG_HOME/cursus; caller frees; not created */
char *path_data_dir(void);    /* $XDG_DATA_HOME/cursus */
char *path_cache_dir(void);   /* $XDG_CACHE_HOME/cursus */
char *path_state_dir(void);   /* $XDG_STATE_HOME/cursus */
char *path_runtime_dir(void); /* $XDG_RUNTIME_DIR/cursus, else the state directory */

/* Make a directory and its parents, mode 0700.  Errors: ERROR_DISK, naming path and cause. */
bool path_make_private(const char *dir, GError **error);

/* "~/x" -> home; anything else copied.  Caller frees. */
char *path_expand(const char *path);

#endif
