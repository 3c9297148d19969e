/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of subcommands, and running one.  Rows without a function name what is planned: they say so. */
#include "base/error.h"
#include "base/i18n.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/session.h"

#include <string.h>

#define SORTS                                                                                                \
    "date|from|subject|size|threads|reverse-date|reverse-from|reverse-subject|reverse-size|reverse-threads"

static const cli_option sync_options[] = {
    { "new", '\0', NULL, NULL, N_("the new mail of the inbox only") },
    { "until", '\0', "WHEN", "connect|sync|disconnect",
      N_("be done when connected, after one whole sync (the standard), or stay and watch until Ctrl-C") },
    { 0 },
};
static const cli_option list_options[] = {
    { "sort", '\0', "KEY", SORTS, N_("date (newest first), from, subject, size, threads; reverse-KEY") },
    { "limit", '\0', "N", NULL, N_("at most so many messages") },
    { "threads", '\0', NULL, NULL, N_("together with the messages of their thread") },
    { 0 },
};
static const cli_option show_options[] = {
    { "raw", '\0', NULL, NULL, N_("the bytes of the message") },
    { "text", '\0', NULL, NULL, N_("as a person reads it (the standard)") },
    { "html", '\0', NULL, NULL, N_("as --text, from the HTML part") },
    { "headers", '\0', NULL, NULL, N_("every header field, decoded; with --text: all of them above it") },
    { "structure", '\0', NULL, NULL, N_("the tree of MIME parts") },
    { "part", '\0', "N", NULL, N_("the decoded bytes of this part (1, 2.1, ...)") },
    { "columns", '\0', "N", NULL, N_("break the text at this width") },
    { "output", '\0', "FILE", NULL, N_("write to this file, which must not exist") },
    { 0 },
};
static const cli_option run_options[] = {
    { "execute", 'e', "COMMAND", NULL, N_("run this command; may be repeated") },
    { 0 },
};

static const cli_option query_options[] = {
    { "query", '\0', "QUERY", NULL, N_("the messages that this query finds") },
    { 0 },
};
static const cli_option get_options[] = {
    { "scope", '\0', "WHICH", "new|selection|all", N_("new messages of the folders, the ids, or all; as the words say") },
    { "mode", '\0', "HOW", "connected|stay|disconnect",
      N_("only where there is a connection, connect (the standard), or connect and hang up behind it") },
    { "to", '\0', "FOLDER", NULL, N_("where copies and moves go: a folder of any account, mbox:PATH or maildir:PATH") },
    { "max-size", '\0', "N", NULL, N_("no messages larger than this: bytes, 64K, 2M") },
    { "total-limit", '\0', "N", NULL, N_("not more than this altogether") },
    { "text-limit", '\0', "N", NULL, N_("not more than this of a text") },
    { "attachment-limit", '\0', "N", NULL, N_("no attachment larger than this") },
    { "parts", '\0', "WHAT", "headers|text|text+attachments|attachments|alternative|whole",
      N_("what populate fetches; whole is the standard") },
    { "cumulative", '\0', NULL, NULL, N_("fill --total-limit in the order of the messages") },
    { "query", '\0', "QUERY", NULL, N_("the messages that this query finds") },
    { 0 },
};
static const cli_option search_options[] = {
    { "local", '\0', NULL, NULL, N_("do not ask the servers") },
    { "in", '\0', "FOLDER", NULL, N_("in this folder only") },
    { 0 },
};
static const cli_option journal_options[] = {
    { "message", '\0', NULL, NULL, N_("the numbers are ids of messages") },
    { "folder", '\0', "FOLDER", NULL, N_("all of this folder") },
    { "all", '\0', NULL, NULL, N_("all there are") },
    { 0 },
};

#define LATER(word) { .name = word, .args = "...", .max_args = -1, .dashes = true, .help = N_("planned") }

const cli_subcommand cli_subcommands[] = {
    { .name = "sync", .args = "[FOLDER...]", .max_args = -1, .options = sync_options, .needs = NEEDS_CONF,
      .help = N_("fetch what is new and send the changes that wait"),
      .more = N_("A FOLDER is NAME or ACCOUNT:NAME.  Without one, every account (or that of -a) is synchronised."),
      .run = cli_sync },
    { .name = "status", .args = "", .needs = NEEDS_CONF, .help = N_("how the accounts are"), .run = cli_status },
    { .name = "accounts", .args = "[list]", .max_args = 1, .verbs = "list", .later = "add|check|remove",
      .needs = NEEDS_CONF, .help = N_("the accounts of the config"), .run = cli_accounts },
    { .name = "folders", .args = "[list] | create|delete|subscribe|unsubscribe|empty|mark-read FOLDER... | rename FOLDER NAME",
      .max_args = -1, .verbs = "list|create|rename|delete|subscribe|unsubscribe|empty|mark-read", .needs = NEEDS_CONF,
      .help = N_("the folders, with unread and all messages; or make and change them"),
      .more = N_("What is changed is kept at once and sent with the next sync.  create wants ACCOUNT:NAME where there "
                 "are several accounts and no -a.  delete takes what lies below along."),
      .run = cli_folders },
    { .name = "list", .args = "[QUERY...]", .max_args = -1, .options = list_options, .needs = NEEDS_CONF,
      .dashes = true, .help = N_("the messages that a query finds"),
      .more = N_("The words of QUERY are joined by blanks: from:ada is:unread newer:7d, in:INBOX, -subject:spam, OR, "
                 "(...)."),
      .run = cli_list },
    { .name = "show", .args = "ID|FILE|-", .min_args = 1, .max_args = 1, .options = show_options,
      .needs = NEEDS_CONF_FOR_ID, .help = N_("a message"),
      .more = N_("Digits are the id of a message in the store; anything else is a file (./12 for a file of digits), - "
                 "is standard input.  A message that is not stored is fetched."),
      .run = cli_show },
    { .name = "flag", .args = "+X|-Y... ID...", .min_args = 2, .max_args = -1, .needs = NEEDS_CONF, .dashes = true,
      .help = N_("add and remove flags and keywords"),
      .more = N_("Flags: seen answered flagged deleted draft forwarded junk notjunk; any other word is a keyword.  The "
                 "change is kept at once and sent with the next sync."),
      .run = cli_flag },
    { .name = "config", .args = "[check|show|why] [OPTION...]", .max_args = -1, .verbs = "check|show|why",
      .later = "import", .needs = NEEDS_CONF,
      .help = N_("check the config files, or show options and where they were set"), .run = cli_config },
    { .name = "run", .args = "[FILE|-]", .max_args = 1, .options = run_options, .needs = NEEDS_CONF,
      .help = N_("run commands, without a screen, in one engine"),
      .more = N_("FILE holds a command a line, in the language of the config file; 'help' lists the commands.  The "
                 "first that fails ends the script."),
      .run = cli_script },
    { .name = "store", .args = "check|stats|compact", .min_args = 1, .max_args = 1, .verbs = "check|stats|compact",
      .needs = NEEDS_CONF, .help = N_("check the stored mail, say how much it is, or give unused room back"),
      .run = cli_store },
    { .name = "journal", .args = "[list] | cancel|retry [ROW...]", .max_args = -1, .verbs = "list|cancel|retry",
      .options = journal_options, .needs = NEEDS_CONF,
      .help = N_("the changes that wait for the server; take some back, or try refused ones again"),
      .more = N_("cancel and retry want numbers of rows as list shows them, or --message ID..., --folder, -a, --all."),
      .run = cli_journal },
    { .name = "connect", .args = "[ACCOUNT]", .max_args = 1, .needs = NEEDS_CONF,
      .help = N_("connect: of use where another cursus runs, which then stays online"), .run = cli_act },
    { .name = "disconnect", .args = "[ACCOUNT]", .max_args = 1, .needs = NEEDS_CONF, .help = N_("log out"),
      .run = cli_act },
    { .name = "search", .args = "QUERY...", .min_args = 1, .max_args = -1, .options = search_options,
      .needs = NEEDS_CONF, .dashes = true, .help = N_("search the store, and the servers for what is not stored"),
      .more = N_("As list, but words in bodies (body:) are looked for by the servers too.  With --json, found_by says who "
                 "found a message."),
      .run = cli_search },
    { .name = "get", .args = "populate|copy|move [FOLDER...|ID...]", .min_args = 1, .max_args = -1,
      .verbs = "populate|copy|move", .options = get_options, .needs = NEEDS_CONF,
      .help = N_("fetch, copy or move what is new, chosen, or all"), .run = cli_act },
    { .name = "copy", .args = "ID... FOLDER", .min_args = 1, .max_args = -1, .options = query_options,
      .needs = NEEDS_CONF, .help = N_("copy messages into a folder"),
      .more = N_("FOLDER may be of another account.  The change is kept at once and sent with the next sync."),
      .run = cli_act },
    { .name = "move", .args = "ID... FOLDER", .min_args = 1, .max_args = -1, .options = query_options,
      .needs = NEEDS_CONF, .help = N_("move messages into a folder"),
      .more = N_("FOLDER may be of another account.  The change is kept at once and sent with the next sync."),
      .run = cli_act },
    { .name = "delete", .args = "ID...", .max_args = -1, .options = query_options, .needs = NEEDS_CONF,
      .help = N_("delete messages as the account's option delete says"), .run = cli_act },
    { .name = "undelete", .args = "ID...", .max_args = -1, .options = query_options, .needs = NEEDS_CONF,
      .help = N_("take deletions back"), .run = cli_act },
    { .name = "archive", .args = "ID...", .max_args = -1, .options = query_options, .needs = NEEDS_CONF,
      .help = N_("move messages into the account's archive"), .run = cli_act },
    { .name = "undo", .args = "", .needs = NEEDS_CONF, .help = N_("take the last act back"), .run = cli_act },
    { .name = "redo", .args = "", .needs = NEEDS_CONF, .help = N_("do again what undo took back"), .run = cli_act },
    { .name = "import", .args = "mbox|maildir|eml PATH FOLDER", .min_args = 3, .max_args = 3,
      .verbs = "mbox|maildir|eml", .needs = NEEDS_CONF, .help = N_("put the messages of a file or directory into a folder"),
      .run = cli_act },
    { .name = "export", .args = "mbox|maildir|eml PATH ID...", .min_args = 2, .max_args = -1,
      .verbs = "mbox|maildir|eml", .options = query_options, .needs = NEEDS_CONF,
      .help = N_("write messages into a file or directory"), .run = cli_act },
    LATER("new"), LATER("reply"), LATER("reply-all"), LATER("reply-list"), LATER("forward"), LATER("forward-attached"),
    LATER("receipt"), LATER("resend"), LATER("edit-as-new"), LATER("send"), LATER("outbox"), LATER("contacts"),
    { .name = NULL },
};

static int not_there_yet(const char *name)
{
    g_autofree char *sentence =
        g_strdup_printf(_("%s is planned, but not there yet in this version; 'cursus --help' shows what is"), name);
    return session_usage(sentence);
}

int cli_run(cli_session *s)
{
    const cli_subcommand *row = s->request->subcommand;
    if (row->run == NULL)
        return not_there_yet(row->name);
    g_autoptr(GError) error = NULL;
    if (cli_needs_conf(s->request) && !session_check_account(s, &error)) {
        session_fail(error);
        return EXIT_USAGE;
    }
    int status = row->run(s);
    if (!out_finish(&error))
        return session_fail(error);
    return status;
}
