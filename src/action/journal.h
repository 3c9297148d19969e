/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A row of the journal in words. */
#ifndef CURSUS_ACTION_JOURNAL_H
#define CURSUS_ACTION_JOURNAL_H

#include "mtm/journal.h"

/* "waiting" "sent" "parked".  Static. */
const char *action_journal_state(mtm_journal_state state);
/* What is to be done: "+seen -flagged", "move to Archive".  Not sanitised; caller frees. */
char *action_journal_change(const mtm_journal_row *row);
/* "work:INBOX: the server refused this: +seen (its words)", for a row that is parked.  Sanitised; caller frees. */
char *action_journal_refused(const mtm_journal_row *row);
/* "12  waiting  work:INBOX  40  +seen  (words of the server)".  Sanitised; caller frees. */
char *action_journal_line(const mtm_journal_row *row);

#endif
