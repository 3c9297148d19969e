/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of the commands that need no screen, and what their functions share.  The functions stand
 * beside their rows in sync.c, flag.c and general.c. */
#include "action/internal.h"
#include "base/error.h"
#include "base/i18n.h"

void action_register(command_table *table)
{
    command_table_add(table, action_sync_rows);
    command_table_add(table, action_flag_rows);
    command_table_add(table, action_general_rows);
}

face *action_face(const command_call *call, GError **error)
{
    face *f = call->host;
    if (f == NULL || f->mtm == NULL) {
        error_set(error, ERROR_INPUT, _("%s acts on mail: it cannot stand in a config file"),
                  call->row->name);
        return NULL;
    }
    return f;
}

GArray *action_ids(const command_call *call, int first, GError **error)
{
    face *f = call->host;
    if (call->nargs <= first) {
        GArray *ids = f->selection(f);
        if (ids->len == 0)
            f->say(f, _("No message is selected."));
        return ids;
    }
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (int i = first; i < call->nargs; i++) {
        guint64 value;
        if (!g_ascii_string_to_unsigned(call->args[i], 10, 1, G_MAXUINT32, &value, NULL)) {
            error_set(error, ERROR_INPUT, _("'%s' is no message id: ids are the numbers that list shows"),
                      call->args[i]);
            return NULL;
        }
        guint32 id = (guint32)value;
        g_array_append_val(ids, id);
    }
    return g_steal_pointer(&ids);
}

bool action_posted(face *f, guint64 op, const char *label, GError **error)
{
    f->started(f, op, label);
    return f->wait == NULL || f->wait(f, op, error);
}
