/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preloaded into a server that was unpacked with dpkg -x and not installed: paths that the distribution compiled
 * into it (helpers to run, modules to load) are looked for below the directory of this library first.  Only what
 * Dovecot needs: it runs doveconf and loads its TLS module by absolute name.  Not part of the program. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char self[PATH_MAX], root[PATH_MAX], *libraries;

/* The server cleans its environment before it runs a part of itself: what is needed again is kept here. */
__attribute__((constructor)) static void remember(void)
{
    Dl_info info;
    const char *path = getenv("LD_LIBRARY_PATH");
    libraries = strdup(path ? path : "");
    if (!dladdr(self, &info) || !realpath(info.dli_fname, self))
        return;
    memcpy(root, self, sizeof root);
    *strrchr(root, '/') = '\0';
}

static void pass_on(void)
{
    setenv("LD_PRELOAD", self, 1);
    setenv("LD_LIBRARY_PATH", libraries, 1);
}

static const char *below_root(const char *path, char buffer[PATH_MAX])
{
    static const char *const prefixes[] = { "/usr/lib/dovecot", "/usr/bin/dove", "/usr/sbin/dovecot" };
    for (size_t i = 0; path && i < sizeof prefixes / sizeof *prefixes; i++) {
        if (strncmp(path, prefixes[i], strlen(prefixes[i])))
            continue;
        int n = snprintf(buffer, PATH_MAX, "%s%s", root, path);
        if (n > 0 && n < PATH_MAX && !access(buffer, F_OK))
            return buffer;
    }
    return path;
}

#define NEXT(name, type) ((type)dlsym(RTLD_NEXT, name))

int execv(const char *path, char *const argv[])
{
    char buffer[PATH_MAX];
    pass_on();
    return NEXT("execv", int (*)(const char *, char *const[]))(below_root(path, buffer), argv);
}

int execvp(const char *path, char *const argv[])
{
    char buffer[PATH_MAX];
    pass_on();
    return NEXT("execvp", int (*)(const char *, char *const[]))(below_root(path, buffer), argv);
}

DIR *opendir(const char *path)
{
    char buffer[PATH_MAX];
    return NEXT("opendir", DIR *(*)(const char *))(below_root(path, buffer));
}

void *dlopen(const char *path, int flags)
{
    char buffer[PATH_MAX];
    return NEXT("dlopen", void *(*)(const char *, int))(below_root(path, buffer), flags);
}
