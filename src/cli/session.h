/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the subcommands share: opening the mail, waiting for operations, failing with a sentence. */
#ifndef CURSUS_CLI_SESSION_H
#define CURSUS_CLI_SESSION_H

#include "cli/cli.h"

/* Open the store for reading, or to act: as the engine, or beside the one that runs (ERROR_BUSY: it does not answer). */
bool session_open_reading(cli_session *s, GError **error);
bool session_open_engine(cli_session *s, GError **error);
/* -a names an account of the config, or is absent. */
bool session_check_account(const cli_session *s, GError **error);
/* Is this account meant (by -a, or all are)? */
bool session_wants(const cli_session *s, const char *account);

/* Note an operation, so that Ctrl-C cancels it. */
void session_started(cli_session *s, guint64 op);
/* Run the main loop until the operation is done.  NULL: success; else the problem, borrowed from the session. */
const mtm_problem *session_wait(cli_session *s, guint64 op);
/* The document of an opened message, borrowed; NULL: it did not come. */
document *session_document(cli_session *s, guint64 op);

/* Say why on standard error and give the exit status of the kind (BUSY: 75, INPUT as given). */
int session_fail(const GError *error);
int session_fail_problem(cli_session *s, const mtm_problem *problem); /* what was said already is not repeated */
int session_usage(const char *sentence);
/* The sentence of an error that a command gave: a problem's sentence as it stands, and not twice. */
void session_say_error(cli_session *s, const GError *error);

/* The subcommands of cli_subcommands. */
int cli_sync(cli_session *s);
int cli_status(cli_session *s);
int cli_accounts(cli_session *s);
int cli_folders(cli_session *s);
int cli_list(cli_session *s);
int cli_show(cli_session *s);
int cli_flag(cli_session *s);
int cli_config(cli_session *s);
int cli_script(cli_session *s); /* "run" */
int cli_store(cli_session *s);
int cli_journal(cli_session *s);
int cli_act(cli_session *s); /* copy, move, undo, ...: the command of the same name */
int cli_search(cli_session *s);

#endif
