/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that cannot be used any more are set aside, never deleted; and where a file had better not lie. */
#include "store/store.h"
#include "base/clock.h"
#include "base/error.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#define NAMES_TRIED 100 /* of one second */

/* "mail.db.damaged-20261122-160412", with a number when that is taken. */
static char *free_name(const char *path)
{
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_utc(clock_now_s());
    g_autofree char *date = g_date_time_format(now, "%Y%m%d-%H%M%S");
    g_autofree char *name = g_strdup_printf("%s.damaged-%s", path, date);
    for (int i = 2; i <= NAMES_TRIED && access(name, F_OK) == 0; i++) {
        g_free(name);
        name = g_strdup_printf("%s.damaged-%s-%d", path, date, i);
    }
    return g_steal_pointer(&name);
}

char *store_set_aside(const char *dir, const char *file, GError **error)
{
    static const char *const logs[] = { "-wal", "-shm" };
    g_autofree char *path = g_build_filename(dir, file, NULL);
    g_autofree char *name = free_name(path);
    if (rename(path, name) != 0) {
        error_set(error, ERROR_DISK, "%s: %s", path, g_strerror(errno));
        return NULL;
    }
    /* Its log belongs to it, and would be played into the next file of the name. */
    for (gsize i = 0; i < G_N_ELEMENTS(logs); i++) {
        g_autofree char *from = g_strconcat(path, logs[i], NULL), *to = g_strconcat(name, logs[i], NULL);
        if (rename(from, to) != 0 && errno != ENOENT)
            unlink(from);
    }
    return g_steal_pointer(&name);
}

/* statfs(2) and linux/magic.h.  Not FUSE: local ones are among them. */
const char *store_network(const char *dir)
{
    static const struct {
        guint32 magic;
        const char *name;
    } kinds[] = {
        { 0x6969, "NFS" },     { 0x517b, "SMB" },      { 0xff534d42, "CIFS" },     { 0xfe534d42, "SMB" },
        { 0x5346414f, "AFS" }, { 0x6b414653, "AFS" },  { 0x73757245, "Coda" },     { 0x00c36400, "Ceph" },
        { 0x564c, "NCP" },     { 0x01021997, "9P" },   { 0x0bd00bd0, "Lustre" },   { 0x47504653, "GPFS" },
    };
    struct statfs st;
    if (statfs(dir, &st) != 0)
        return NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if ((guint32)st.f_type == kinds[i].magic)
            return kinds[i].name;
    return NULL;
}
