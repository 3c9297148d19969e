/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The password or token of an account: from a command or a person, once for all its sessions. */
#ifndef CURSUS_MTM_PASSWORD_H
#define CURSUS_MTM_PASSWORD_H

#include "mtm/internal.h"

/* Is what is needed an OAuth2 access token? */
bool password_is_token(const account_settings *settings);
/* Start the command, if there is one, nothing is known and none runs.  Session threads; does not wait: the
 * connection is made meanwhile. */
void password_begin(mtm_account_entry *a, const account_settings *settings);
/* Wait for what was begun, or ask a person.  NULL with AUTH, CANCELLED or ERROR_INPUT; who comes while the command
 * runs shares its outcome.  Session threads. */
secret *password_get(mtm_account_entry *a, const account_settings *settings, GCancellable *cancel, GError **error);
/* The server did not take it. */
void password_forget(mtm_account_entry *a);
/* The end: a command that still runs is ended, and its thread joined.  Main thread, after the sessions. */
void password_stop(mtm_account_entry *a);

#endif
