/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options, accounts, rules and the two files. */
#include "conf/conf.h"
#include "base/error.h"
#include "unit/runner.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

typedef struct fixture {
    conf *c;
    command_table *t;
    GString *reported; /* mistakes, a line each */
    GString *said;
    GString *changed;
} fixture;

static bool nothing(command_call *call, GError **error)
{
    return true;
}

static const command_row rows[] = {
    { "archive", NULL, CONTEXT_GLOBAL, "", 0, -1, "", nothing },
    { "limit", NULL, CONTEXT_INDEX, "", 0, -1, "", nothing },
    { NULL },
};

static void take_report(const char *message, gpointer data)
{
    g_string_append_printf(((fixture *)data)->reported, "%s\n", message);
}

static void take_said(const char *sentence, gpointer host)
{
    g_string_append_printf(((fixture *)host)->said, "%s\n", sentence);
}

static void take_changed(const char *account, const char *option, gpointer data)
{
    g_string_append_printf(((fixture *)data)->changed, "%s%s%s ", account != NULL ? account : "", account != NULL ? ":" : "", option);
}

static void setup(fixture *f)
{
    f->c = conf_new();
    f->t = command_table_new();
    f->reported = g_string_new(NULL);
    f->said = g_string_new(NULL);
    f->changed = g_string_new(NULL);
    conf_register(f->c, f->t);
    command_table_add(f->t, rows);
    conf_set_say(f->c, take_said);
    conf_watch(f->c, take_changed, f);
}

static void teardown(fixture *f)
{
    command_table_free(f->t);
    conf_free(f->c);
    g_string_free(f->reported, TRUE);
    g_string_free(f->said, TRUE);
    g_string_free(f->changed, TRUE);
}

static bool run(fixture *f, const char *text)
{
    return command_run_text(f->t, text, f, "f", 1, take_report, f, NULL);
}

static void must_run(fixture *f, const char *text)
{
    ck_assert_msg(run(f, text), "%s", f->reported->str);
}

static const account_settings *account(const fixture *f, guint index)
{
    ck_assert_uint_lt(index, conf_accounts(f->c)->len);
    return g_ptr_array_index(conf_accounts(f->c), index);
}

START_TEST(every_row_is_sound)
{
    g_autoptr(conf) c = conf_new();
    for (const option_row *row = conf_options(); row->name != NULL; row++) {
        ck_assert_ptr_eq(conf_option(row->name), row); /* no name twice */
        ck_assert_ptr_nonnull(row->help);
        ck_assert((row->type == OPTION_CHOICE) <= (row->choices != NULL));
        ck_assert((row->type == OPTION_NUMBER) == (row->max > row->min));
        if (!row->account && row->standard[0] != '\0')
            ck_assert_msg(conf_set(c, row->name, row->standard, NULL), "%s", row->name);
    }
}
END_TEST

START_TEST(defaults_of_the_table_are_those_of_an_account)
{
    fixture f;
    setup(&f);
    must_run(&f, "account a; end; account b; end");
    for (const option_row *row = conf_options(); row->name != NULL; row++)
        if (row->account)
            ck_assert_msg(conf_account_set(f.c, "a", row->name, row->standard, NULL), "%s", row->name);
    g_autoptr(account_settings) fresh = account_settings_new("a");
    ck_assert(account_settings_equal(account(&f, 0), fresh));
    teardown(&f);
}
END_TEST

/* Forms of set and its kin, and the value that comes of them. */
static const struct {
    const char *text, *option, *value;
} forms[] = {
    { "", "sort", "threads" },
    { "set sort date", "sort", "date" },
    { "set sort=date", "sort", "date" },
    { "set sort = date", "sort", "date" },
    { "set sort= date", "sort", "date" },
    { "set sort =date", "sort", "date" },
    { "set sort DATE", "sort", "date" },
    { "set sort=date reverse nohints sidebar=no", "reverse", "yes" },
    { "set sort=date reverse nohints sidebar=no", "hints", "no" },
    { "set sort=date reverse nohints sidebar=no", "sidebar", "no" },
    { "set reverse", "reverse", "yes" },
    { "set reverse on", "reverse", "yes" },
    { "set reverse; set noreverse", "reverse", "no" },
    { "set invreverse", "reverse", "yes" },
    { "set hints false", "hints", "no" },
    { "set sidebar", "sidebar", "yes" },
    { "unset sidebar", "sidebar", "no" },
    { "toggle sidebar", "sidebar", "yes" },
    { "toggle sidebar; toggle sidebar; toggle sidebar", "sidebar", "auto" },
    { "toggle reverse", "reverse", "yes" },
    { "unset hints", "hints", "no" },
    { "set sort date; unset sort", "sort", "threads" },
    { "set sort date; reset sort", "sort", "threads" },
    { "set sort date; set &sort", "sort", "threads" },
    { "set sidebar_width 30", "sidebar-width", "30" },
    { "set wrap 72; set wrap screen", "wrap", "0" },
    { "set hints=no\nif hints\nset sort date\nelse\nset sort size\nend", "sort", "size" },
    { "if not hints ; set sort date ; end", "sort", "threads" },
    { "if sort threads; set sort from; end", "sort", "from" },
    { "if env CURSUS_TEST_SET; set sort date; end", "sort", "date" },
    { "if env CURSUS_TEST_SET x; set sort date; end", "sort", "threads" },
    { "if env CURSUS_TEST_SET 1; set sort date; end", "sort", "date" },
    { "if env CURSUS_TEST_EMPTY; set sort date; end", "sort", "threads" },
    { "if not env CURSUS_TEST_UNSET; set sort date; end", "sort", "date" },
};

START_TEST(set_has_many_forms)
{
    fixture f;
    setup(&f);
    g_setenv("CURSUS_TEST_SET", "1", TRUE);
    g_setenv("CURSUS_TEST_EMPTY", "", TRUE);
    g_unsetenv("CURSUS_TEST_UNSET");
    must_run(&f, forms[_i].text);
    ck_assert_str_eq(conf_text(f.c, forms[_i].option), forms[_i].value);
    teardown(&f);
}
END_TEST

START_TEST(values_have_types)
{
    fixture f;
    setup(&f);
    must_run(&f, "set sidebar-width 40; set reverse yes");
    ck_assert_int_eq(conf_number(f.c, "sidebar-width"), 40);
    ck_assert(conf_bool(f.c, "reverse"));
    ck_assert(conf_bool(f.c, "hints"));
    ck_assert_str_eq(f.changed->str, "sidebar-width reverse ");
    g_autoptr(GError) error = NULL;
    ck_assert(!conf_set(f.c, "imap", "x", &error));
    ck_assert_ptr_nonnull(strstr(error->message, "ACCOUNT:imap"));
    ck_assert(conf_set(f.c, "sort", "size", NULL));
    ck_assert_str_eq(conf_text(f.c, "sort"), "size");
    teardown(&f);
}
END_TEST

START_TEST(values_can_be_seen)
{
    static const struct {
        const char *text, *said;
    } shows[] = {
        { "set ?sort", "set sort threads\n" },
        { "set sort?", "set sort threads\n" },
        { "set sort date; set ?sort sidebar?", "set sort date\nset sidebar auto\n" },
        { "why sort", "sort is 'threads', the default\n" },
        { "\n\nset sort date; why sort", "sort is 'date', set at f:3; the default is 'threads'\n" },
        { "account w\nset password-command \"a b\"\nend; set w:password-command?", "set w:password-command 'a b'\n" },
        { "account w\nset sync-interval 5m\nend; why w:sync-interval w:idle",
          "w:sync-interval is '300', set at f:2; the default is '300'\nw:idle is 'yes', the default\n" },
        { "account w; set idle no; end; set sort size; set", "set w:idle no\nset sort size\n" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(shows); i++) {
        fixture f;
        setup(&f);
        must_run(&f, shows[i].text);
        ck_assert_str_eq(f.said->str, shows[i].said);
        teardown(&f);
    }
}
END_TEST

START_TEST(account_is_filled)
{
    fixture f;
    setup(&f);
    must_run(&f, "account work\n"
                 "  set address \"Ada Lovelace <ada@example.org>\"\n"
                 "  set imap imaps://imap.example.org:1993\n"
                 "  set smtp smtps://ada@smtp.example.org\n"
                 "  set password-command pass show 'mail/work x'\n"
                 "  set ca-file ~/ca.pem\n"
                 "  set tls-name imap.example.net\n"
                 "  set tunnel \"ssh host /usr/lib/dovecot/imap\"\n"
                 "  set auth login; set sync all; set sync-interval 1h; set idle no; set idle-timeout 9m\n"
                 "  set stay-online no; set inbox-limit 500; set folder-limit none\n"
                 "  set bodies headers; set seen never; set connect-timeout 10s\n"
                 "end\n");
    const account_settings *a = account(&f, 0);
    g_autofree char *ca = g_build_filename(g_get_home_dir(), "ca.pem", NULL);
    ck_assert_str_eq(a->name, "work");
    ck_assert_str_eq(a->address, "ada@example.org");
    ck_assert_str_eq(a->real_name, "Ada Lovelace");
    ck_assert_str_eq(a->imap_host, "imap.example.org");
    ck_assert_int_eq(a->imap_port, 1993);
    ck_assert(!a->imap_starttls);
    ck_assert_str_eq(a->imap_user, "ada@example.org"); /* the address, since the URL names none */
    ck_assert_str_eq(a->smtp_url, "smtps://ada@smtp.example.org");
    ck_assert_str_eq(a->password_command, "pass show 'mail/work x'");
    ck_assert_str_eq(a->ca_file, ca);
    ck_assert_str_eq(a->tls_name, "imap.example.net");
    ck_assert_str_eq(a->tunnel, "ssh host /usr/lib/dovecot/imap");
    ck_assert_int_eq(a->auth, AUTH_LOGIN);
    ck_assert_int_eq(a->sync, SYNC_ALL);
    ck_assert_int_eq(a->sync_interval_s, 3600);
    ck_assert(!a->idle);
    ck_assert_int_eq(a->idle_timeout_s, 540);
    ck_assert(!a->stay_online);
    ck_assert_int_eq(a->inbox_limit, 500);
    ck_assert_int_eq(a->folder_limit, 0);
    ck_assert_int_eq(a->bodies, BODIES_HEADERS);
    ck_assert_int_eq(a->seen, SEEN_NEVER);
    ck_assert_int_eq(a->connect_timeout_s, 10);
    ck_assert_ptr_null(conf_account_lacks(a));
    teardown(&f);
}
END_TEST

START_TEST(limits_folders_and_ways_of_an_account_reach_the_settings)
{
    fixture f;
    setup(&f);
    must_run(&f, "account work\n"
                 "  set bodies-age 7d; set bodies-size 1M; set text-limit none; set attachment-limit 64K; set total-limit 1G\n"
                 "  set metered yes; set metered-bodies text; set search-filter \"is:flagged OR from:boss\"\n"
                 "  set proxy socks5://localhost:9050; set path-prefix Mail/; set separator .\n"
                 "  set delete mark; set expunge-on-disconnect yes; set subscribe both\n"
                 "  set sent Gesendet; set drafts D; set trash T; set junk J; set archive Archiv/2026\n"
                 "end\n");
    const account_settings *a = account(&f, 0);
    ck_assert_int_eq(a->bodies_age_s, 7 * 86400);
    ck_assert_int_eq(a->bodies_size, 1 << 20);
    ck_assert_int_eq(a->text_limit, 0);
    ck_assert_int_eq(a->attachment_limit, 64 << 10);
    ck_assert_int_eq(a->total_limit, 1 << 30);
    ck_assert_int_eq(account_bodies(a), BODIES_TEXT); /* on a metered line */
    ck_assert_str_eq(a->search_filter, "is:flagged OR from:boss");
    ck_assert_str_eq(a->proxy, "socks5://localhost:9050");
    ck_assert_str_eq(a->path_prefix, "Mail/");
    ck_assert_int_eq(a->separator, '.');
    ck_assert_int_eq(a->del, DELETE_MARK);
    ck_assert(a->expunge_on_disconnect);
    ck_assert_int_eq(a->subscribe, SUBSCRIBE_BOTH);
    ck_assert_str_eq(a->roles[ROLE_SENT], "Gesendet");
    ck_assert_str_eq(a->roles[ROLE_DRAFTS], "D");
    ck_assert_str_eq(a->roles[ROLE_TRASH], "T");
    ck_assert_str_eq(a->roles[ROLE_JUNK], "J");
    ck_assert_str_eq(a->roles[ROLE_ARCHIVE], "Archiv/2026");
    must_run(&f, "account work; unset delete; unset trash; unset separator; unset proxy; unset bodies-age; unset total-limit; end\n");
    ck_assert_int_eq(a->del, DELETE_TRASH);
    ck_assert_ptr_null(a->roles[ROLE_TRASH]);
    ck_assert_ptr_null(a->proxy);
    ck_assert_int_eq(a->separator, '\0');
    ck_assert_int_eq(a->bodies_age_s, 30 * 86400);
    ck_assert(a->total_limit == -1);
    teardown(&f);
}
END_TEST

START_TEST(user_and_name_do_not_depend_on_order)
{
    fixture f;
    setup(&f);
    must_run(&f, "account a; set imap imaps://u@h; set address x@y; end\n"
                 "account b; set imap imaps://h; set address x@y; end\n"
                 "account c; set name Ada; set address 'Grace <x@y>'; end\n"
                 "account d; set address 'Grace <x@y>'; set name Ada; unset name; end\n"
                 "account e; set address x@y; set imap imaps://u@h; set imap imaps://h; end\n"
                 "account f; set imap imaps://u@h; unset imap; end\n");
    ck_assert_str_eq(account(&f, 0)->imap_user, "u");
    ck_assert_str_eq(account(&f, 1)->imap_user, "x@y");
    ck_assert_str_eq(account(&f, 2)->real_name, "Ada");
    ck_assert_str_eq(account(&f, 3)->real_name, "Grace");
    ck_assert_str_eq(account(&f, 4)->imap_user, "x@y");
    ck_assert_ptr_null(account(&f, 5)->imap_host);
    ck_assert_ptr_null(account(&f, 5)->imap_user);
    ck_assert_int_eq(account(&f, 5)->imap_port, 993);
    teardown(&f);
}
END_TEST

START_TEST(folders_to_sync_may_be_a_list)
{
    fixture f;
    setup(&f);
    must_run(&f, "account a; set sync INBOX 'Sent Items' Lists/x; end; account b; set sync \"INBOX 'a b'\"; end\n"
                 "account c; set sync INBOX; set sync subscribed-local; end");
    ck_assert_int_eq(account(&f, 0)->sync, SYNC_LIST);
    ck_assert_uint_eq(g_strv_length(account(&f, 0)->sync_list), 3);
    ck_assert_str_eq(account(&f, 0)->sync_list[1], "Sent Items");
    ck_assert_str_eq(account(&f, 1)->sync_list[1], "a b");
    ck_assert_int_eq(account(&f, 2)->sync, SYNC_SUBSCRIBED_LOCAL);
    ck_assert_ptr_null(account(&f, 2)->sync_list);
    teardown(&f);
}
END_TEST

START_TEST(what_an_account_lacks_is_named)
{
    fixture f;
    setup(&f);
    must_run(&f, "account a; end; account b; set imap imaps://h; end; account c; set tunnel x; end");
    g_autofree char *imap = conf_account_lacks(account(&f, 0));
    ck_assert_str_eq(imap, "imap");
    g_autofree char *user = conf_account_lacks(account(&f, 1));
    ck_assert_str_eq(user, "address");
    ck_assert_ptr_null(conf_account_lacks(account(&f, 2)));
    teardown(&f);
}
END_TEST

START_TEST(later_block_changes_what_it_names)
{
    fixture f;
    setup(&f);
    must_run(&f, "account a; set imap imaps://u@h; set idle no; end; account b; end; account a; set imap imaps://u@i; end");
    ck_assert_uint_eq(conf_accounts(f.c)->len, 2);
    ck_assert_str_eq(account(&f, 0)->imap_host, "i");
    ck_assert(!account(&f, 0)->idle);
    g_string_truncate(f.changed, 0);
    must_run(&f, "set a:sync-interval 60; set a:idle; unset a:sync");
    ck_assert_int_eq(account(&f, 0)->sync_interval_s, 60);
    ck_assert(account(&f, 0)->idle);
    ck_assert_str_eq(f.changed->str, "a:sync-interval a:idle a:sync ");
    ck_assert(conf_account_set(f.c, "a", "sync-interval", "2m", NULL));
    ck_assert_int_eq(account(&f, 0)->sync_interval_s, 120);
    ck_assert(!conf_account_set(f.c, "a", "sort", "date", NULL));
    ck_assert(!conf_account_set(f.c, "z", "idle", "no", NULL));
    ck_assert_str_eq(conf_account_text(f.c, "a", "imap"), "imaps://u@i");
    ck_assert_str_eq(conf_account_text(f.c, "b", "sync-interval"), "300");
    ck_assert_ptr_null(conf_account_text(f.c, "z", "imap"));
    teardown(&f);
}
END_TEST

START_TEST(folder_has_its_own_order)
{
    fixture f;
    setup(&f);
    must_run(&f, "set sort from; folder work:Lists/* ; set sort date ; end; folder Lists/x; set reverse; end");
    ck_assert_str_eq(conf_folder_text(f.c, "work", "Lists/x", "sort"), "date");
    ck_assert_str_eq(conf_folder_text(f.c, "work", "Lists/x", "reverse"), "yes");
    ck_assert_str_eq(conf_folder_text(f.c, "home", "Lists/x", "sort"), "from");
    ck_assert_str_eq(conf_folder_text(f.c, "work", "INBOX", "sort"), "from");
    ck_assert_str_eq(conf_text(f.c, "sort"), "from");
    teardown(&f);
}
END_TEST

START_TEST(rules_are_kept)
{
    fixture f;
    setup(&f);
    must_run(&f, "color cursor black on bright-white\ncolor 'from:boss is:unread' bold '#d75f00'\ncolour label:work 208 on color17\n"
                 "hook new-mail \"to:ops@example.org is:unread\" exec 'notify-send -- \"$CURSUS_SUBJECT\"'\n");
    const GPtrArray *colors = conf_colors(f.c);
    ck_assert_uint_eq(colors->len, 3);
    const color_rule *second = g_ptr_array_index(colors, 1);
    ck_assert_str_eq(second->what, "from:boss is:unread");
    ck_assert_str_eq(second->words, "bold #d75f00");
    ck_assert_uint_eq(conf_hooks(f.c)->len, 1);
    const hook_rule *hook = g_ptr_array_index(conf_hooks(f.c), 0);
    ck_assert_str_eq(hook->query, "to:ops@example.org is:unread");
    ck_assert_str_eq(hook->command, "exec 'notify-send -- \"$CURSUS_SUBJECT\"'");
    teardown(&f);
}
END_TEST

/* What people get wrong, and the sentence that helps them. */
static const struct {
    const char *text, *says;
} mistakes[] = {
    { "set srot date", "f:1: there is no option 'srot'; did you mean 'sort'?" },
    { "\nset sort dat", "f:2: 'sort' cannot be 'dat'; expected threads, date, from, subject or size" },
    { "set hints perhaps", "f:1: 'hints' cannot be 'perhaps'; expected yes or no" },
    { "set sidebar-width 5", "f:1: 'sidebar-width' cannot be '5'; expected a number from 10 to 80" },
    { "set sidebar-width wide", "expected a number from 10 to 80" },
    { "set sort", "f:1: 'sort' lacks a value; expected set sort VALUE, or set ?sort to see it" },
    { "set imap imaps://h", "f:1: 'imap' belongs to an account; expected it between 'account NAME' and 'end'" },
    { "account a\nset sort date\nend", "f:2: 'sort' is no option of an account; expected it outside of account blocks" },
    { "account a\nset password hunter2\nend", "f:2: there is no option 'password': a password does not belong into a file; set password-command" },
    { "set imap_pass=hunter2", "set password-command" },
    { "account a\nset imap imap.example.org\nend", "f:2: 'imap.example.org' is not a server; expected imaps://USER@HOST" },
    { "account a\nset imap imap://h\nend", "f:2: a connection without encryption is not made; expected imaps://HOST, or imap://HOST?starttls=required" },
    { "account a\nset smtp imaps://h\nend", "f:2: 'imaps://h' is not a server; expected smtps://USER@HOST" },
    { "account a\nset address Ada\nend", "f:2: 'Ada' is not an address" },
    { "account a\nset address Ada\nend", "expected ada@example.org" },
    { "account a\nset sync-interval soon\nend", "f:2: 'sync-interval' cannot be 'soon'; expected seconds from 0 to 7d, or a time such as 5m or 1h" },
    { "account a\nset capabilities QRESYNC\nend",
      "f:2: 'QRESYNC' is not understood; expected no- and the name of a capability, such as no-QRESYNC" },
    { "account a\nset idle-timeout 30m\nend", "f:2: 'idle-timeout' cannot be '30m'; expected seconds from 0 to 1740" },
    { "account a\nset proxy ftp://h\nend", "f:2: 'ftp://h' is not a proxy; expected socks5://" },
    { "account a\nset proxy socks5://u:secret@h\nend", "is not a proxy; expected socks5://HOST:PORT" },
    { "account a\nset separator //\nend", "f:2: '//' is not a separator" },
    { "account a\nset search-filter \"(\"\nend", "f:2: " },
    { "account a\nset inbox-limit -2\nend", "f:2: 'inbox-limit' cannot be '-2'" },
    { "account a\nset connect-timeout 99999999999999999999\nend", "f:2: 'connect-timeout' cannot be" },
    { "account a\nset sync subscribed\nend", "f:2: 'sync' cannot be 'subscribed'; expected subscribed-remote" },
    { "account a\nset sync ''\nend", "" },
    { "account a\nset tunnel \"a\\nb\"\nend", "f:2: 'tunnel' cannot hold a control character" },
    { "account a\nset idle no\nbind index A archive\n", "f:3: 'bind' cannot stand in 'account a' (line 1); expected set, unset, reset, or end before it" },
    { "account a\nset idle no", "f:1: 'account a' is not closed; expected end" },
    { "account\nset idle no\nend", "f:1: account lacks something; expected: account NAME" },
    { "account a/b\nend", "f:1: 'a/b' is no name of an account" },
    { "account 12\nend", "f:1: '12' is no name of an account" },
    { "folder x\nset theme mono\nend", "f:2: 'theme' cannot differ by folder" },
    { "set z:idle no", "f:1: there is no account 'z'" },
    { "bind index A archve", "f:1: there is no command 'archve'; did you mean 'archive'?" },
    { "bind inbox A archive", "f:1: there is no context 'inbox'; expected one of global, index, pager, folders, help" },
    { "bind index <Entr> archive", "f:1: there is no key '<Entr>'" },
    { "bind index A", "f:1: bind lacks something; expected: bind CONTEXT" },
    { "mcaro index A archive", "f:1: there is no command 'mcaro'; did you mean 'macro'?" },
    { "color cursor rde", "f:1: 'rde' is no colour and no attribute; expected words such as red" },
    { "color cursor red on", "f:1: 'on' is no colour" },
    { "color cursor #d75f00", "f:1: color lacks something" },
    { "color is:urgent red", "f:1: \"is:urgent\": column 4: 'is:urgent' is not known; expected unread" },
    { "hook new-mial 'a' archive", "f:1: there is no event 'new-mial'; expected new-mail" },
    { "hook new-mail 'from:' archive", "f:1: \"from:\": column 6: expected text after from:" },
    { "hook new-mail a archve", "did you mean 'archive'?" },
    { "if; end", "f:1: if lacks something; expected: if [not] env VARIABLE" },
    { "if not; set hints; end", "f:1: 'if' lacks a condition" },
    { "if env; end", "f:1: 'env' lacks something" },
    { "if sort; end", "f:1: 'if sort' is not enough or too much" },
    { "if sotr date; end", "did you mean 'sort'?" },
    { "end", "f:1: 'end' closes nothing" },
    { "set hints yes\nset theme \"default\nset hints no", "f:2: a quote is not closed; expected another \" on this line" },
    { "toggle wrap", "f:1: 'wrap' is no switch; expected set wrap VALUE" },
    { "source /nonexistent/file", "f:1: /nonexistent/file: cannot be read" },
};

START_TEST(mistake_has_its_place_and_says_what_to_do)
{
    fixture f;
    setup(&f);
    g_autofree char *exact = g_strdup(mistakes[_i].text);
    bool good = run(&f, exact);
    if (mistakes[_i].says[0] == '\0') {
        ck_assert_msg(good, "%s", f.reported->str);
    } else {
        ck_assert(!good);
        ck_assert_msg(strstr(f.reported->str, mistakes[_i].says) != NULL, "%s", f.reported->str);
        const char *newline = strchr(f.reported->str, '\n');
        ck_assert_msg(newline[1] == '\0', "more than one mistake: %s", f.reported->str);
        ck_assert_ptr_null(strstr(f.reported->str, "hunter2"));
    }
    teardown(&f);
}
END_TEST

START_TEST(block_is_closed_whatever_happens)
{
    fixture f;
    setup(&f);
    ck_assert(!run(&f, "account a\nset nonsense 1"));
    must_run(&f, "set sort date"); /* global again */
    ck_assert(!command_run_text(f.t, "account a; fail", &f, NULL, 1, NULL, NULL, NULL));
    must_run(&f, "set sort size");
    ck_assert(!run(&f, "account -; set idle no; end; set sort from"));
    ck_assert_str_eq(conf_text(f.c, "sort"), "from");
    teardown(&f);
}
END_TEST

START_TEST(example_of_the_manual_loads)
{
    fixture f;
    setup(&f);
    char *dir = g_dir_make_tmp("cursus-conf-XXXXXX", NULL);
    g_autofree char *keys = g_build_filename(dir, "keys-of-mine", NULL);
    g_autofree char *config = g_build_filename(dir, "config", NULL);
    ck_assert(g_file_set_contents(keys, "bind index <F2> archive\n", -1, NULL));
    ck_assert(g_file_set_contents(config,
        "set sort threads\n"
        "account work                                   # a block: set/unset lines up to `end`\n"
        "  set address \"Ada Lovelace <ada@example.org>\"\n"
        "  set imap imaps://ada@imap.example.org\n"
        "  set smtp smtps://ada@smtp.example.org\n"
        "  set password-command \"pass show mail/work\"\n"
        "  set sync-interval 300\n"
        "end\n"
        "folder work:Lists/* ; set sort date ; end\n"
        "bind index,pager A archive\n"
        "macro index .t \"limit is:unread newer:1d\"\n"
        "color \"from:boss@example.org\" bold red\n"
        "hook new-mail \"to:ops@example.org is:unread\" exec 'notify-send -- \"$CURSUS_SUBJECT\"'\n"
        "if env SSH_TTY ; set mouse no ; end\n"
        "source keys-of-mine\n", -1, NULL));
    int n = conf_load(f.c, f.t, config, &f, take_report, &f);
    ck_assert_msg(n == 0, "%s", f.reported->str);
    ck_assert_int_eq(command_key(f.t, CONTEXT_INDEX, "<f2>", NULL), KEY_FOUND);
    ck_assert_str_eq(account(&f, 0)->imap_user, "ada");
    (void)g_remove(keys);
    (void)g_remove(config);
    (void)g_rmdir(dir);
    g_free(dir);
    teardown(&f);
}
END_TEST

/* ---- the two files */

START_TEST(accounts_are_read_first_and_config_overrides)
{
    fixture f;
    setup(&f);
    g_autofree char *dir = g_dir_make_tmp("cursus-conf-XXXXXX", NULL);
    g_autofree char *config = g_build_filename(dir, "my.conf", NULL);
    g_autofree char *accounts = g_build_filename(dir, "accounts", NULL);
    ck_assert(g_file_set_contents(accounts, "account a\nset imap imaps://u@one\nset idle no\nend\nset sort date\n", -1, NULL));
    ck_assert(g_file_set_contents(config, "account a\nset imap imaps://u@two\nend\nset sort size\nset nothing 1\n", -1, NULL));
    ck_assert_int_eq(g_chmod(accounts, 0600), 0);
    ck_assert_int_eq(conf_load(f.c, f.t, config, &f, take_report, &f), 2);
    ck_assert_ptr_nonnull(strstr(f.reported->str, "/accounts:5: 'set' cannot stand in this file; expected: account"));
    ck_assert_ptr_nonnull(strstr(f.reported->str, "/my.conf:5: there is no option 'nothing'"));
    ck_assert_str_eq(account(&f, 0)->imap_host, "two");
    ck_assert(!account(&f, 0)->idle);
    ck_assert_str_eq(conf_text(f.c, "sort"), "size");
    ck_assert_str_eq(conf_config_path(f.c), config);
    /* Readable by others: said, but read. */
    ck_assert_int_eq(g_chmod(accounts, 0640), 0);
    g_string_truncate(f.reported, 0);
    ck_assert_int_eq(conf_load(f.c, f.t, config, &f, take_report, &f), 3);
    ck_assert_ptr_nonnull(strstr(f.reported->str, "others may read or change this file; run: chmod 600 "));
    ck_assert_int_eq(g_chmod(accounts, 0400), 0);
    ck_assert_int_eq(conf_load(f.c, f.t, config, &f, take_report, &f), 2);
    (void)g_remove(config);
    (void)g_remove(accounts);
    (void)g_rmdir(dir);
    teardown(&f);
}
END_TEST

START_TEST(missing_files_are_fine_unless_named)
{
    fixture f;
    setup(&f);
    g_autofree char *dir = g_dir_make_tmp("cursus-conf-XXXXXX", NULL);
    g_setenv("XDG_CONFIG_HOME", dir, TRUE);
    g_autofree char *path = g_build_filename(dir, "cursus", "config", NULL);
    ck_assert_int_eq(conf_load(f.c, f.t, NULL, &f, take_report, &f), 0);
    ck_assert_str_eq(conf_config_path(f.c), path);
    g_autofree char *none = g_build_filename(dir, "none", NULL);
    ck_assert_int_eq(conf_load(f.c, f.t, none, &f, take_report, &f), 1);
    ck_assert_ptr_nonnull(strstr(f.reported->str, "none: cannot be read: No such file or directory"));
    g_string_truncate(f.reported, 0);
    ck_assert_int_eq(conf_load(f.c, f.t, dir, &f, take_report, &f), 1);
    ck_assert_ptr_nonnull(strstr(f.reported->str, "is a directory; expected a file"));
    ck_assert_int_eq(conf_load(f.c, f.t, "/dev/null", &f, take_report, &f), 0);
    (void)g_rmdir(dir);
    teardown(&f);
}
END_TEST

START_TEST(options_and_values_are_completed)
{
    static const struct {
        const char *line, *candidates;
    } lines[] = {
        { "set so", "sort" },
        { "unset mark", "mark-seen" },
        { "why the", "theme" },
        { "if qu", "quit-asks" },
        { "set sort ", "date from size subject threads" },
        { "set sort d", "date" },
        { "set sort=s", "sort=size sort=subject" },
        { "set hints ", "no yes" },
        { "set wrap ", "screen" },
        { "set sidebar-width ", "26" },
        { "set w:sync-", "w:sync-interval" },
        { "set w:bodies ", "all headers text" },
        { "set w:inbox-limit ", "all none" },
        { "account ", "w" },
        { "bind index x ar", "archive" },
    };
    fixture f;
    setup(&f);
    must_run(&f, "account w; end");
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(GPtrArray) found = command_complete(f.t, lines[i].line);
        g_autoptr(GString) out = g_string_new(NULL);
        for (guint j = 0; j < found->len; j++)
            g_string_append_printf(out, "%s%s", j > 0 ? " " : "", (char *)g_ptr_array_index(found, j));
        ck_assert_msg(strcmp(out->str, lines[i].candidates) == 0, "%s: %s", lines[i].line, out->str);
    }
    teardown(&f);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("conf");
    TCase *c = tcase_create("options");
    tcase_add_test(c, every_row_is_sound);
    tcase_add_test(c, defaults_of_the_table_are_those_of_an_account);
    tcase_add_loop_test(c, set_has_many_forms, 0, G_N_ELEMENTS(forms));
    tcase_add_test(c, values_have_types);
    tcase_add_test(c, values_can_be_seen);
    tcase_add_test(c, options_and_values_are_completed);
    suite_add_tcase(s, c);
    c = tcase_create("blocks");
    tcase_add_test(c, account_is_filled);
    tcase_add_test(c, user_and_name_do_not_depend_on_order);
    tcase_add_test(c, limits_folders_and_ways_of_an_account_reach_the_settings);
    tcase_add_test(c, folders_to_sync_may_be_a_list);
    tcase_add_test(c, what_an_account_lacks_is_named);
    tcase_add_test(c, later_block_changes_what_it_names);
    tcase_add_test(c, folder_has_its_own_order);
    tcase_add_test(c, rules_are_kept);
    tcase_add_loop_test(c, mistake_has_its_place_and_says_what_to_do, 0, G_N_ELEMENTS(mistakes));
    tcase_add_test(c, block_is_closed_whatever_happens);
    suite_add_tcase(s, c);
    c = tcase_create("files");
    tcase_add_test(c, example_of_the_manual_loads);
    tcase_add_test(c, accounts_are_read_first_and_config_overrides);
    tcase_add_test(c, missing_files_are_fine_unless_named);
    suite_add_tcase(s, c);
    return s;
}
