/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The socket's file: unix(7).  Directories are checked before they are used, a longer path than an address holds is
 * reached by way of the directory's descriptor. */
#include "mtm/remote-place.h"
#include "base/error.h"
#include "base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <stddef.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    BACKLOG = 128,      /* a stopped screen answers late: its clients wait for it there */
    HASH_LETTERS = 16,
    DIRECTORY_TRIES = 20, /* of 10 ms: another engine that starts holds it for less than one */
};

#ifndef O_PATH
#define O_PATH O_RDONLY
#endif

/* The address of NAME in a directory.  False: too long, and this system has no other way. */
static bool address_of(const char *dir, int dir_fd, const char *name, struct sockaddr_un *a)
{
    *a = (struct sockaddr_un){ .sun_family = AF_UNIX };
    g_autofree char *path = g_build_filename(dir, name, NULL);
    if (strlen(path) < sizeof a->sun_path)
        return g_strlcpy(a->sun_path, path, sizeof a->sun_path) < sizeof a->sun_path;
    int n = g_snprintf(a->sun_path, sizeof a->sun_path, "/proc/self/fd/%d/%s", dir_fd, name);
    return n > 0 && (gsize)n < sizeof a->sun_path && g_file_test("/proc/self/fd", G_FILE_TEST_IS_DIR);
}

static int socket_new(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Only this user's processes, at either end. */
static bool is_own(int fd)
{
    g_autoptr(GSocket) s = g_socket_new_from_fd(dup(fd), NULL);
    g_autoptr(GCredentials) who = s != NULL ? g_socket_get_credentials(s, NULL) : NULL;
    return who != NULL && g_credentials_get_unix_user(who, NULL) == geteuid();
}

static int connect_in(const char *dir, int dir_fd, const char *name)
{
    struct sockaddr_un a;
    int fd = address_of(dir, dir_fd, name, &a) ? socket_new() : -1;
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    int cause = errno;
    if (fd >= 0)
        close(fd);
    errno = cause;
    return -1;
}

int remote_place_connect(const char *path)
{
    g_autofree char *dir = g_path_get_dirname(path), *name = g_path_get_basename(path);
    int dir_fd = g_path_is_absolute(path) ? open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    if (dir_fd < 0)
        return -1;
    int fd = connect_in(dir, dir_fd, name);
    close(dir_fd);
    if (fd >= 0 && is_own(fd))
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

int remote_place_accept(int fd)
{
    int one = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (one < 0 || is_own(one))
        return one;
    close(one);
    errno = EAGAIN;
    return -1;
}

void remote_place_remove(const char *path)
{
    if (unlink(path) != 0)
        errno = 0; /* somebody tidied up: the next engine does not mind */
}

/* A directory that is ours alone, opened; -1 with *error. */
static int open_private(const char *dir, GError **error)
{
    if (!path_make_private(dir, error))
        return -1;
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat s;
    if (fd >= 0 && fstat(fd, &s) == 0 && s.st_uid == geteuid() &&
        ((s.st_mode & 077) == 0 || fchmod(fd, 0700) == 0))
        return fd;
    error_set(error, ERROR_DISK, "%s: not a directory of this user alone", dir);
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Who looks whether a socket is in use and replaces it is alone with the directory meanwhile. */
static bool lock_directory(int dir_fd)
{
    for (int i = 0; i < DIRECTORY_TRIES; i++) {
        if (flock(dir_fd, LOCK_EX | LOCK_NB) == 0)
            return true;
        g_usleep(10 * 1000);
    }
    return false;
}

static bool in_use(const char *dir, int dir_fd, const char *name)
{
    int fd = connect_in(dir, dir_fd, name);
    if (fd >= 0)
        close(fd);
    return fd >= 0 || errno == EAGAIN;
}

static char *own_name(const char *state_dir)
{
    g_autofree char *path = g_canonicalize_filename(state_dir, NULL);
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, path, -1);
    return g_strdup_printf("engine-%.*s.sock", HASH_LETTERS, hash);
}

static bool is_standard(const char *state_dir)
{
    g_autofree char *standard = path_state_dir();
    return strcmp(standard, state_dir) == 0;
}

static int listen_as(const char *dir, int dir_fd, const char *name, GError **error)
{
    struct sockaddr_un a;
    if (!address_of(dir, dir_fd, name, &a)) {
        error_set(error, ERROR_DISK, "%s/%s: too long for a socket", dir, name);
        return -1;
    }
    int fd = socket_new();
    if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT) /* of an engine that was killed */
        if (fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && fchmodat(dir_fd, name, 0600, 0) == 0 &&
            listen(fd, BACKLOG) == 0)
            return fd;
    error_set(error, ERROR_DISK, "%s/%s: %s", dir, name, g_strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static int listen_in(const char *dir, const char *state_dir, char **path, GError **error)
{
    int dir_fd = open_private(dir, error);
    if (dir_fd < 0)
        return -1;
    bool free = strcmp(dir, state_dir) == 0 || /* nobody else's */
                (lock_directory(dir_fd) && is_standard(state_dir) && !in_use(dir, dir_fd, "engine.sock"));
    g_autofree char *name = free ? g_strdup("engine.sock") : own_name(state_dir);
    int fd = listen_as(dir, dir_fd, name, error);
    if (fd >= 0)
        *path = g_build_filename(dir, name, NULL);
    close(dir_fd); /* and its lock */
    return fd;
}

int remote_place_listen(const char *state_dir, char **path, GError **error)
{
    g_autoptr(GError) first = NULL;
    const char *runtime = g_getenv("XDG_RUNTIME_DIR");
    if (runtime != NULL && g_path_is_absolute(runtime)) {
        g_autofree char *dir = path_runtime_dir();
        int fd = listen_in(dir, state_dir, path, &first);
        if (fd >= 0)
            return fd;
    }
    return listen_in(state_dir, state_dir, path, error);
}
