/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The JSON objects of the outer contract: keys and meaning as in doc/schema/.  Each call appends one object
 * without a newline.  Foreign text stays unsanitised (JSON escapes it). */
#ifndef CURSUS_CLI_JSON_H
#define CURSUS_CLI_JSON_H

#include "model/account.h"
#include "model/folder.h"
#include "model/summary.h"
#include "mtm/document.h"
#include "mtm/journal.h"
#include "mtm/mtm.h"
#include "text/json.h"

void cli_json_message(GString *out, const mail_summary *s, const char *account, const char *folder_name);
/* The same for what a search found, and who found it. */
void cli_json_found(GString *out, const mail_summary *s, const char *account, const char *folder_name, bool server);
/* What came of the operations of one subcommand. */
typedef struct cli_sum {
    guint64 count, failed; /* messages */
    char *label;           /* of what was taken back, or NULL */
} cli_sum;
void cli_json_outcome(GString *out, const char *command, const cli_sum *sum);
void cli_json_folder(GString *out, const folder *f);
void cli_json_status(GString *out, const mtm_account_status *s, bool engine);
void cli_json_account(GString *out, const account_settings *a, const char *lacks);
void cli_json_journal(GString *out, const mtm_journal_row *row, const char *state);
/* What of a message is written beside its head. */
typedef struct cli_json_show {
    bool structure, headers;
    const char *text; /* or NULL */
} cli_json_show;
void cli_json_document(GString *out, document *d, const cli_json_show *what);

#endif
