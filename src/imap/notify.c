/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NOTIFY (RFC 5465): what the server is to tell of by itself.  What it tells are ordinary replies.
 */
#include "imap/connection.h"

guint32 imap_send_notify(imap_connection *c, const char *fetch_items, bool status)
{
    GString *command = g_string_new(status ? "NOTIFY SET STATUS" : "NOTIFY SET");
    g_string_append(command, " (selected (MessageNew");
    if (fetch_items != NULL)
        g_string_append_printf(command, " (%s)", fetch_items);
    g_string_append(command, " MessageExpunge FlagChange))"
                             " (personal (MessageNew MessageExpunge FlagChange MailboxName"
                             " SubscriptionChange))");
    return imap_send(c, command);
}
