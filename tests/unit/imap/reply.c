/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replies as values: a table of wire text and the value written out, then what a table says badly. */
#include "base/error.h"
#include "base/limits.h"
#include "dialogue/reply-text.h"
#include "imap/parse.h"
#include "unit/runner.h"

#include <string.h>

/* Parses an exact-size copy, so that a sanitizer sees a read past the end. */
static imap_reply *parse_bytes(const char *bytes, gsize n)
{
    char *exact = g_memdup2(bytes, MAX(n, 1));
    g_autoptr(GError) error = NULL;
    imap_reply *r = imap_reply_parse(exact, n, &error);
    ck_assert(r != NULL || error_kind_of(error) == ERROR_PROTOCOL);
    ck_assert(error == NULL || g_utf8_validate(error->message, -1, NULL));
    g_free(exact);
    return r;
}

static imap_reply *parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

static const struct {
    const char *wire, *expected;
} cases[] = {
    /* status replies; dovecot's short ones, texts that are missing */
    { "* OK ready", "OK text='ready'" },
    { "* ok ready", "OK text='ready'" },
    { "* OK", "OK text=''" },
    { "* OK ", "OK text=''" },
    { "a1 OK", "OK tag=1 text=''" },
    { "a1 NO", "NO tag=1 text=''" },
    { "a1 BAD", "BAD tag=1 text=''" },
    { "a4294967295 BAD no", "BAD tag=4294967295 text='no'" },
    { "a4294967296 BAD no", "other foreign" },
    { "a0 OK", "other foreign" },
    { "b7 OK", "other foreign" },
    { "A7 OK", "other foreign" },
    { "xyz", "other foreign" },
    { "a1", "BAD tag=1 text=''" },
    { "a1 ", "BAD tag=1 text=''" },
    { "a1 BYE", "BAD tag=1 text='BYE'" },
    { "a1 PREAUTH x", "BAD tag=1 text='PREAUTH x'" },
    { "a1 LIST () NIL x", "BAD tag=1 text='LIST () NIL x'" },
    { "* BYE so long", "BYE text='so long'" },
    { "* PREAUTH hello", "PREAUTH text='hello'" },
    { "+", "+ text=''" },
    { "+ ", "+ text=''" },
    { "+ go on", "+ text='go on'" },
    { "+go on", "+ text='go on'" },
    { "*", "other damaged" },
    { "* ", "other damaged" },
    { "", "other foreign" },
    { "* OK caf\xe9", "OK text='caf\xef\xbf\xbd'" },
    /* codes */
    { "* OK [ALERT] down soon", "OK code=ALERT text='down soon'" },
    { "* OK[ALERT] down soon", "OK code=ALERT text='down soon'" },
    { "* [ALERT] no OK before it", "OK code=ALERT text='no OK before it'" },
    { "* OK [UIDNEXT 4392] next", "OK code=UIDNEXT arguments='4392' text='next' number=4392" },
    { "* OK [UIDNEXT 4294967296] next", "OK code=UIDNEXT arguments='4294967296' text='next'" },
    { "* OK [UIDNEXT]", "OK code=UIDNEXT text=''" },
    { "* OK [UIDNEXT -1]", "OK code=UIDNEXT arguments='-1' text=''" },
    { "* OK [UIDVALIDITY 1", "OK text='[UIDVALIDITY 1'" },
    { "* OK [] x", "OK text='x'" },
    { "* OK [", "OK text='['" },
    { "* OK [HIGHESTMODSEQ 9223372036854775807]", "OK code=HIGHESTMODSEQ arguments='9223372036854775807' text='' "
                                                  "number=9223372036854775807" },
    { "* OK [HIGHESTMODSEQ 9223372036854775808]", "OK code=HIGHESTMODSEQ arguments='9223372036854775808' text=''" },
    { "* OK [NOMODSEQ]", "OK code=NOMODSEQ text=''" },
    { "* OK [XTEST arbitrary text] t", "OK code=OTHER arguments='arbitrary text' text='t'" },
    { "* OK [BADCHARSET (\"a]b\" c)] t", "OK code=BADCHARSET arguments='(\"a]b\" c)' text='t' words=a]b,c" },
    { "* OK [X \"unpaired] t", "OK code=OTHER arguments='\"unpaired' text='t'" },
    { "* OK [CAPABILITY imap4rev1 IDLE] t", "OK code=CAPABILITY arguments='imap4rev1 IDLE' text='t' words=IMAP4REV1,IDLE" },
    { "* OK [PERMANENTFLAGS (\\Seen work \\*)] t",
      "OK code=PERMANENTFLAGS arguments='(\\Seen work \\*)' text='t' words=\\Seen,work,\\*" },
    { "* OK [PERMANENTFLAGS (\\Seen (\\Draft x) work)]",
      "OK code=PERMANENTFLAGS arguments='(\\Seen (\\Draft x) work)' text='' words=\\Seen,work" },
    { "a5 OK [APPENDUID 38505 3955] done", "OK tag=5 code=APPENDUID arguments='38505 3955' text='done' number2=38505 "
                                           "set2=3955" },
    { "a5 OK [APPENDUID 38505] done", "OK tag=5 code=APPENDUID arguments='38505' text='done' number2=38505" },
    { "a5 OK [COPYUID 38505 304,319:320 3956:3958] done",
      "OK tag=5 code=COPYUID arguments='38505 304,319:320 3956:3958' text='done' number2=38505 set=304,319:320 "
      "set2=3956:3958" },
    { "* OK [COPYUID 1 2 3] moved", "OK code=COPYUID arguments='1 2 3' text='moved' number2=1 set=2 set2=3" },
    { "a5 OK [COPYUID 1 5,4 7:8]", "OK tag=5 code=COPYUID arguments='1 5,4 7:8' text='' number2=1" },
    { "a5 OK [COPYUID 1 4:5 8:7]", "OK tag=5 code=COPYUID arguments='1 4:5 8:7' text='' number2=1" },
    { "a5 OK [COPYUID 1 4:6 7:8]", "OK tag=5 code=COPYUID arguments='1 4:6 7:8' text='' number2=1" },
    { "a5 OK [COPYUID 1 4:6]", "OK tag=5 code=COPYUID arguments='1 4:6' text='' number2=1" },
    { "a5 OK [COPYUID]", "OK tag=5 code=COPYUID text=''" },
    { "a5 OK [MODIFIED 7,9] x", "OK tag=5 code=MODIFIED arguments='7,9' text='x' set=7,9" },
    { "a5 OK [MESSAGELIMIT 1000 23221] partly",
      "OK tag=5 code=MESSAGELIMIT arguments='1000 23221' text='partly' number=1000 number2=23221" },
    { "a5 NO [MESSAGELIMIT 1000] no", "NO tag=5 code=MESSAGELIMIT arguments='1000' text='no' number=1000" },
    { "* OK [INPROGRESS (\"a7\" 454 1000)] x", "OK code=INPROGRESS arguments='(\"a7\" 454 1000)' text='x' number=454 "
                                            "number2=1000 of=7" },
    { "* OK [INPROGRESS (\"a7\" NIL NIL)] x", "OK code=INPROGRESS arguments='(\"a7\" NIL NIL)' text='x' of=7" },
    { "* OK [INPROGRESS] x", "OK code=INPROGRESS text='x'" },
    { "a5 OK [MAILBOXID (F2212)] created", "OK tag=5 code=MAILBOXID arguments='(F2212)' text='created' words=F2212" },
    { "a5 NO [BADEVENT (FlagChange X)] no", "NO tag=5 code=BADEVENT arguments='(FlagChange X)' text='no' "
                                           "words=FlagChange,X" },
    { "* OK [NOTIFICATIONOVERFLOW] x", "OK code=NOTIFICATIONOVERFLOW text='x'" },
    { "a5 NO [OVERQUOTA] full", "NO tag=5 code=OVERQUOTA text='full'" },
    { "a5 NO [OVER] full", "NO tag=5 code=OTHER text='full'" },
    { "a5 NO [OVERQUOTAS] full", "NO tag=5 code=OTHER text='full'" },
    { "a5 NO [TRYCREATE] x", "NO tag=5 code=TRYCREATE text='x'" },
    { "a5 NO [AUTHENTICATIONFAILED] x", "NO tag=5 code=AUTHENTICATIONFAILED text='x'" },
    /* lists of words */
    { "* CAPABILITY IMAP4rev1 auth=plain", "CAPABILITY words=IMAP4REV1,AUTH=PLAIN" },
    { "* CAPABILITY", "CAPABILITY words=" },
    { "* ENABLED qresync", "ENABLED words=QRESYNC" },
    { "* ENABLED", "ENABLED words=" },
    { "* FLAGS (\\Seen $Forwarded)", "FLAGS words=\\Seen,$Forwarded" },
    { "* FLAGS ()", "FLAGS words=" },
    { "* FLAGS (", "FLAGS words=" },
    { "* ID (\"name\" \"Dovecot\" \"VERSION\" {1}\r\n2 \"os\" NIL)", "ID name='Dovecot' version='2'" },
    { "* ID NIL", "ID" },
    { "* ID", "ID" },
    { "* ID (\"name\")", "other damaged" },
    { "* ID (\"name\" \"x\"", "other damaged" },
    { "* NAMESPACE ((\"\" \"/\")) NIL NIL", "NAMESPACE personal=''/" },
    { "* NAMESPACE ((\"INBOX.\" \".\" \"X-P\" (\"a\"))) NIL ((\"#s/\" \"/\"))", "NAMESPACE personal='INBOX.'. shared='#s/'/" },
    { "* NAMESPACE NIL NIL NIL", "NAMESPACE" },
    { "* NAMESPACE ((\"\" \"\\\\\")(\"a/\" NIL)) ((\"~\" \"/\")) ((\"#p.\" \".\")(\"x\" \"\"))",
      "NAMESPACE personal=''\\ personal='a/' other='~'/ shared='#p.'. shared='x'" },
    { "* NAMESPACE ((\"\" \"/\"", "other damaged" },
    { "* NAMESPACE ((\"a\nb\" \"/\"))", "NAMESPACE" },
    /* QUOTA, ACL */
    { "* QUOTA \"\" (STORAGE 10 512 message 3 100)", "QUOTA words= STORAGE=10/512 MESSAGE=3/100" },
    { "* QUOTA user.ada ()", "QUOTA words=user.ada" },
    { "* QUOTA x", "QUOTA words=x" },
    { "* QUOTA x (STORAGE 10)", "other damaged" },
    { "* QUOTA x (STORAGE 10 -1)", "other damaged" },
    { "* QUOTAROOT INBOX \"\" other", "QUOTAROOT words=,other wire='INBOX'" },
    { "* QUOTAROOT comp.mail.mime", "QUOTAROOT words= wire='comp.mail.mime'" },
    { "* QUOTAROOT", "other damaged" },
    { "* ACL INBOX ada lrswipkxte \"group:x y\" lr", "ACL words=ada,lrswipkxte,group:x y,lr wire='INBOX'" },
    { "* ACL INBOX ada", "other damaged" },
    { "* MYRIGHTS INBOX rwiptsldaex", "MYRIGHTS words=rwiptsldaex wire='INBOX'" },
    { "* MYRIGHTS INBOX \"\"", "MYRIGHTS words= wire='INBOX'" },
    { "* MYRIGHTS INBOX", "other damaged" },
    { "* NAMESPACE", "NAMESPACE" },
    /* LIST */
    { "* LIST (\\HasNoChildren) \"/\" INBOX", "LIST wire='INBOX' name='INBOX' delimiter=/ childless role='inbox'" },
    { "* LIST () \".\" Inbox.Sent", "LIST wire='Inbox.Sent' name='INBOX/Sent' delimiter=." },
    { "* LIST (\\Sent \\Subscribed) \"/\" \"a b\"",
      "LIST wire='a b' name='a b' delimiter=/ subscribed role='sent'" },
    { "* LIST (\\Noselect \\Noinferiors) NIL {3}\r\na/b",
      "LIST wire='a/b' name='a\xe2\x88\x95" "b' noselect noinferiors" },
    { "* LIST (\\NonExistent) \"\\\\\" \"a\\\\b\"", "LIST wire='a\\b' name='a/b' delimiter=\\ noselect nonexistent" },
    { "* LIST () \"/\" \"foo\" (\"CHILDINFO\" (\"SUBSCRIBED\"))", "LIST wire='foo' name='foo' delimiter=/ children_subscribed" },
    { "* LIST () \"/\" foo (\"X-NEW\" (a (b)) \"OLDNAME\" (\"caf&AOk-\"))",
      "LIST wire='foo' name='foo' delimiter=/ old_wire='caf&AOk-' old='caf\xc3\xa9'" },
    { "* LIST (\\HasChildren \\Remote) \"/\" x (OLDNAME {3}\r\na b)", "LIST wire='x' name='x' delimiter=/ children remote" },
    { "* LIST (\\HasChildren \\Remote) \"/\" x (OLDNAME ({3}\r\na b))",
      "LIST wire='x' name='x' delimiter=/ children remote old_wire='a b' old='a b'" },
    { "* LIST () \"/\" x (CHILDINFO NIL OLDNAME NIL)", "LIST wire='x' name='x' delimiter=/" },
    { "* LIST () \"/\" x (CHILDINFO (", "LIST wire='x' name='x' delimiter=/" },
    { "* LIST () \"/\" &U,BTFw-", "LIST wire='&U,BTFw-' name='\xe5\x8f\xb0\xe5\x8c\x97' delimiter=/" },
    { "* LIST () \"/\" \"\"", "other" },
    { "* LIST () \"ab\" x", "LIST wire='x' name='x'" },
    { "* LIST () \"\" x", "LIST wire='x' name='x'" },
    { "* LIST () \"/\"", "other damaged, silence counts" },
    { "* LIST ()", "other damaged, silence counts" },
    { "* LIST (", "other damaged, silence counts" },
    { "* LIST", "other damaged, silence counts" },
    { "* LIST () \"/\" \"open", "other damaged, silence counts" },
    { "* LIST () \"/\" {9}\r\nshort", "other damaged, silence counts" },
    { "* LSUB () \"/\" x", "LSUB wire='x' name='x' delimiter=/ subscribed" },
    /* STATUS */
    { "* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292)", "STATUS wire='blurdybloop' messages=231 uidnext=44292" },
    { "* STATUS \"a b\" (UNSEEN 1 SIZE 99999999999 X-NEW (1 (2) \"3\") UIDVALIDITY 7 HIGHESTMODSEQ 12)",
      "STATUS wire='a b' unseen=1 uidvalidity=7 highestmodseq=12 size=99999999999" },
    { "* STATUS x (DELETED 3 DELETED-STORAGE 9000 APPENDLIMIT 35651584 MAILBOXID (F1-a) MESSAGES 1)",
      "STATUS wire='x' messages=1 deleted=3 deleted_storage=9000 appendlimit=35651584 id='F1-a'" },
    { "* STATUS x (APPENDLIMIT NIL MAILBOXID F2 SIZE -1 UIDNEXT 3)", "STATUS wire='x' uidnext=3 appendlimit=none id='F2'" },
    { "* STATUS x (APPENDLIMIT many MAILBOXID NIL)", "STATUS wire='x' id='NIL'" },
    { "* STATUS x (MAILBOXID (a b) UNSEEN 2)", "STATUS wire='x' unseen=2" },
    { "* STATUS {1}\r\nx (MESSAGES 0)", "STATUS wire='x' messages=0" },
    { "* STATUS x (MESSAGES 4294967296 UNSEEN 2)", "STATUS wire='x' unseen=2" },
    { "* STATUS x (MESSAGES NIL UNSEEN -1 UIDNEXT 3)", "STATUS wire='x' uidnext=3" },
    { "* STATUS x ()", "STATUS wire='x'" },
    { "* STATUS x", "STATUS wire='x'" },
    { "* STATUS x (MESSAGES)", "STATUS wire='x'" },
    { "* STATUS x (MESSAGES 1", "other damaged" },
    { "* STATUS", "other damaged" },
    /* numbers */
    { "* 23 EXISTS", "EXISTS number=23" },
    { "* 0 EXISTS", "EXISTS" },
    { "* 4294967296 EXISTS", "other damaged" },
    { "* 99999999999999999999999 EXISTS", "other damaged" },
    { "* 5 RECENT", "RECENT number=5" },
    { "* 44 EXPUNGE", "EXPUNGE number=44" },
    { "* 0 EXPUNGE", "other" },
    { "* 5 NEWWORD", "other" },
    { "* 5", "other damaged" },
    { "* -5 EXISTS", "other" },
    { "* UNKNOWN (a (b \"c\"))", "other" },
    { "* SORT 5 3 4", "other" },
    { "* THREAD (2)(3 6 (4 23)(44 7 96))", "other" },
    /* SEARCH, ESEARCH, VANISHED */
    { "* SEARCH", "SEARCH set=" },
    { "* SEARCH ", "SEARCH set=" },
    { "* SEARCH 2 3 4 10", "SEARCH set=2:4,10" },
    { "* SEARCH 10 4 3 2 2", "SEARCH set=2:4,10" },
    { "* SEARCH 2 (MODSEQ 917162500)", "SEARCH set=2 modseq=917162500" },
    { "* SEARCH 0 1", "SEARCH set=1" },
    { "* SEARCH 4294967296", "other damaged, silence counts" },
    { "* SEARCH x", "other damaged, silence counts" },
    { "* ESEARCH (TAG \"a282\") UID COUNT 3 MIN 2 MAX 50 ALL 2,10:11 MODSEQ 9",
      "ESEARCH set=2,10:11 count=3 min=2 max=50 modseq=9 of=282" },
    { "* ESEARCH (TAG \"a9\") UID", "ESEARCH set= of=9" },
    { "* ESEARCH", "ESEARCH set=" },
    { "* ESEARCH (TAG {2}\r\na9) UID COUNT 0 NEW (a \"b\")", "ESEARCH set= count=0 of=9" },
    { "* ESEARCH (TAG \"a9\" MAILBOX \"x\" UIDVALIDITY 5) UID ALL 1", "ESEARCH set=1 of=9" },
    { "* ESEARCH (TAG \"b9\") UID ALL 3:1", "ESEARCH set=1:3" },
    { "* ESEARCH (TAG \"a1\") UID PARTIAL (-1:-100 200:250,252)", "ESEARCH set=200:250,252 partial=-1:-100 of=1" },
    { "* ESEARCH (TAG \"a1\") UID PARTIAL (1:100 NIL)", "ESEARCH set= partial=1:100 of=1" },
    { "* ESEARCH (TAG \"a1\") UID PARTIAL (x 1)", "other damaged, silence counts" },
    { "* ESEARCH ALL 1,,2", "other damaged, silence counts" },
    { "* ESEARCH COUNT", "other damaged, silence counts" },
    { "* ESEARCH (TAG", "other damaged, silence counts" },
    { "* VANISHED 405,407,410,425", "VANISHED set=405,407,410,425" },
    { "* VANISHED (EARLIER) 300:310,405", "VANISHED earlier set=300:310,405" },
    { "* VANISHED 0:1", "VANISHED set=1" },
    { "* VANISHED 0", "VANISHED set=" },
    { "* VANISHED 1:2,", "VANISHED set=1:2" },
    { "* VANISHED 5:3,1", "VANISHED set=1,3:5" },
    { "* VANISHED 1:*", "VANISHED set=1:4294967295" },
    { "* VANISHED 1:4294967295", "VANISHED set=1:4294967295" },
    { "* VANISHED 1:4294967296", "other damaged, silence counts" },
    { "* VANISHED ,1", "other damaged, silence counts" },
    { "* VANISHED 1:", "other damaged, silence counts" },
    { "* VANISHED :1", "other damaged, silence counts" },
    { "* VANISHED 1-3", "other damaged, silence counts" },
    { "* VANISHED (EARLIER)", "other damaged, silence counts" },
    { "* VANISHED", "other damaged, silence counts" },
    /* FETCH */
    { "* 12 FETCH (UID 7 FLAGS (\\Seen \\Flagged))", "FETCH seq=12 uid=7 flags=5" },
    { "* 12 FETCH (FLAGS () UID 7)", "FETCH seq=12 uid=7 flags=0" },
    { "* 1 FETCH (FLAGS (\\Seen work $Forwarded Todo \\X))", "FETCH seq=1 flags=41 keywords=' Todo work '" },
    { "* 2 FETCH (FLAGS (\\Seen (\\Deleted junk FLAGS) $label1) UID 10)", "FETCH seq=2 uid=10 flags=1 "
                                                                          "keywords=' $label1 '" },
    { "* 1 FETCH (FLAGS NIL UID 3)", "FETCH seq=1 uid=3" },
    { "* 1 FETCH (UID 123MODSEQ (5))", "FETCH seq=1 uid=123 modseq=5" },
    { "* 1 FETCH (MODSEQ (624140003))", "FETCH seq=1 modseq=624140003" },
    { "* 1 FETCH (MODSEQ (-1) UID 2)", "FETCH seq=1 uid=2" },
    { "* 1 FETCH (MODSEQ (9223372036854775808) UID 2)", "FETCH seq=1 uid=2" },
    { "* 1 FETCH (MODSEQ 7 UID 2)", "FETCH seq=1 uid=2 modseq=7" },
    { "* 1 FETCH (UID 4294967296 RFC822.SIZE 1)", "FETCH seq=1 size=1" },
    { "* 1 FETCH (RFC822.SIZE 4286)", "FETCH seq=1 size=4286" },
    { "* 1 FETCH (RFC822.SIZE 0)", "FETCH seq=1 size=0" },
    { "* 1 FETCH (RFC822.SIZE 123.0 UID 1)", "FETCH seq=1 uid=1 size=123" },
    { "* 1 FETCH (RFC822.SIZE -12 UID 1)", "FETCH seq=1 uid=1" },
    { "* 1 FETCH (RFC822.SIZE NIL UID 1)", "FETCH seq=1 uid=1" },
    { "* 1 FETCH (RFC822.SIZE 99999999999999999999999999999999999999999999999999999999999999999999 UID 1)",
      "FETCH seq=1 uid=1" },
    { "* 1 FETCH (INTERNALDATE \"17-Jul-1996 02:44:25 -0700\")", "FETCH seq=1 received=837596665" },
    { "* 1 FETCH (INTERNALDATE \" 7-Jul-1996 02:44:25 +0000\")", "FETCH seq=1 received=836707465" },
    { "* 1 FETCH (INTERNALDATE NIL UID 1)", "FETCH seq=1 uid=1" },
    { "* 1 FETCH (BODY[HEADER] {4}\r\nA: b)", "FETCH seq=1 header='A: b'" },
    { "* 1 FETCH (BODY[HEADER.FIELDS (\"DATE\" FROM)] {4}\r\nA: b UID 2)", "FETCH seq=1 uid=2 header='A: b'" },
    { "* 1 FETCH (BODY[HEADER.FIELDS (\"a]b\")] {1}\r\nA)", "FETCH seq=1 header='A'" },
    { "* 1 FETCH (body[header] \"A: \\\"b\\\"\")", "FETCH seq=1 header='A: \"b\"'" },
    { "* 1 FETCH (BODY[HEADER] NIL UID 1)", "FETCH seq=1 uid=1" },
    { "* 1 FETCH (BODY[HEADER] {0}\r\n)", "FETCH seq=1 header=''" },
    { "* 1 FETCH (BODY[] {0}\r\n UID 1)", "FETCH seq=1 uid=1 section='' body=''" },
    { "* 1 FETCH (BODY[] NIL UID 1)", "FETCH seq=1 uid=1 section=''" },
    { "* 1 FETCH (BODY[]<0> {3}\r\na)b)", "FETCH seq=1 section='' origin=0 body='a)b'" },
    { "* 1 FETCH (BODY[1.2.MIME]<65536> {1}\r\nx)", "FETCH seq=1 section='1.2.MIME' origin=65536 body='x'" },
    { "* 1 FETCH (BODY[1] \"x\" BODY[2] \"y\")", "FETCH seq=1 section='1' body='x'" },
    { "* 1 FETCH (BODY[1]<99999999999999999999> \"x\")", "other damaged" },
    { "* 1 FETCH (BINARY[1] ~{3}\r\na\rb)", "FETCH seq=1 section='1' body='a\rb' decoded" },
    { "* 1 FETCH (BINARY.SIZE[1] 5 UID 3)", "FETCH seq=1 uid=3 decoded_size=5" },
    { "* 1 FETCH (BINARY[2]<0> {2}\r\nab)", "FETCH seq=1 section='2' origin=0 body='ab' decoded" },
    { "* 1 FETCH (RFC822 {2}\r\nhi RFC822.HEADER {1}\r\nh)", "FETCH seq=1 header='h' section='' body='hi'" },
    { "* 1 FETCH (RFC822.TEXT {5}\r\nHello)", "FETCH seq=1 section='TEXT' body='Hello'" },
    { "* 1 FETCH (X-GM-MSGID 1278455344230334865 X-GM-LABELS (\\Inbox \"a b\") UID 4)", "FETCH seq=1 uid=4 email='gm:1278455344230334865' labels='\\Inbox|a b'" },
    { "* 1 FETCH (X-GM-THRID 5 X-GM-LABELS (\"&BB8EQAQ4-\" {3}\r\na\nb))",
      "FETCH seq=1 thread='gm:5' labels='\xd0\x9f\xd1\x80\xd0\xb8|a b'" },
    { "* 1 FETCH (X-GM-LABELS () X-GM-MSGID 18446744073709551616)", "FETCH seq=1 labels=''" },
    { "* 1 FETCH (X-GM-MSGID 7 EMAILID (M1) X-GM-THRID 8 THREADID (T1))", "FETCH seq=1 email='M1' thread='T1'" },
    { "* 1 FETCH (EMAILID (M1) X-GM-MSGID 7 THREADID NIL)", "FETCH seq=1 email='M1'" },
    { "* 1 FETCH (EMAILID (M1 M2))", "other damaged" },
    { "* 1 FETCH (PREVIEW NIL SAVEDATE NIL UID 1)", "FETCH seq=1 uid=1" },
    { "* 1 FETCH (PREVIEW () UID 1)", "other damaged" },
    { "* 1 FETCH (PREVIEW \"\" SAVEDATE \"17-Jul-1996 02:44:25 -0700\")", "FETCH seq=1 preview='' saved=837596665" },
    { "* 1 FETCH (EMAILID (M1) THREADID NIL PREVIEW {2}\r\nok UID 4)", "FETCH seq=1 uid=4 email='M1' preview='ok'" },
    { "* 1 FETCH (ENVELOPE (\"d\" \"s\" NIL NIL NIL NIL NIL NIL NIL NIL) UID 4)", "FETCH seq=1 uid=4" },
    { "* 1 FETCH ()", "FETCH seq=1" },
    { "* 1 FETCH (UID)", "FETCH seq=1" },
    { "* 1 FETCH", "other" },
    { "* 1 FETCH x", "other" },
    { "* 1 FETCH (", "other damaged" },
    { "* 1 FETCH (UID 3", "other damaged" },
    { "* 1 FETCH (FLAGS (\\Seen)", "other damaged" },
    { "* 1 FETCH (FLAGS (\\Seen", "other damaged" },
    { "* 1 FETCH (BODY[", "other damaged" },
    { "* 1 FETCH (BODY[]", "other damaged" },
    { "* 1 FETCH (BODY[] {5}\r\nab)", "other damaged" },
    { "* 1 FETCH (BODY[] {-5}\r\nab)", "other damaged" },
    { "* 1 FETCH (BODY[] \"ab)", "other damaged" },
    { "* 1 FETCH (X ((())) Y)", "FETCH seq=1" },
    { "* 1 FETCH (X ((()))) Y)", "FETCH seq=1" },
    { "* 0 FETCH (UID 7 FLAGS ())", "other" },
    { "* 4294967296 FETCH (UID 7)", "other damaged" },
    /* BODYSTRUCTURE */
    { "* 1 FETCH (BODYSTRUCTURE (\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 2279 48) UID 1)",
      "FETCH seq=1 uid=1 structure=plain" },
    { "* 1 FETCH (BODYSTRUCTURE ((\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 1 1)(\"image\" \"png\" (\"name\" \"x\") NIL "
      "NIL \"base64\" 100 NIL (\"ATTACHMENT\" (\"FILENAME\" \"x\")) NIL) \"MIXED\"))",
      "FETCH seq=1 structure=attachment" },
    { "* 1 FETCH (BODYSTRUCTURE (\"image\" \"png\" NIL NIL NIL \"base64\" 9 NIL (\"attachment\" NIL) NIL))",
      "FETCH seq=1 structure=attachment" },
    { "* 1 FETCH (BODYSTRUCTURE (\"image\" \"png\" NIL NIL NIL \"base64\" 9 NIL (\"inline\" NIL) NIL))",
      "FETCH seq=1 structure=plain" },
    { "* 1 FETCH (BODYSTRUCTURE (\"APPLICATION\" \"PDF\" NIL NIL NIL \"BASE64\" 9))",
      "FETCH seq=1 structure=attachment" },
    { "* 1 FETCH (BODYSTRUCTURE (\"APPLICATION\" \"PDF\" NIL NIL NIL \"BASE64\" 9 NIL (\"INLINE\" NIL)))",
      "FETCH seq=1 structure=plain" },
    { "* 1 FETCH (BODYSTRUCTURE (\"APPLICATION\" \"PGP-SIGNATURE\" NIL NIL NIL \"7BIT\" 9))",
      "FETCH seq=1 structure=plain" },
    { "* 1 FETCH (BODYSTRUCTURE (\"TEXT\" \"PLAIN\" (\"attachment\" \"x\") NIL NIL \"7BIT\" 1 1))",
      "FETCH seq=1 structure=plain" },
    { "* 1 FETCH (BODYSTRUCTURE (\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 9 (\"d\" \"s\" ((\"attachment\" NIL "
      "\"a\" \"b\")) NIL NIL NIL NIL NIL NIL NIL) (\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 1 1) 5))",
      "FETCH seq=1 structure=plain" },
    { "* 1 FETCH (BODYSTRUCTURE NIL UID 1)", "FETCH seq=1 uid=1" },
    { "* 1 FETCH (BODYSTRUCTURE (NIL NIL NIL NIL NIL NIL NIL NIL) UID 1)", "FETCH seq=1 uid=1 structure=plain" },
    { "* 1 FETCH (BODY (\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 1 1))", "FETCH seq=1 structure=plain" },
    { "* 1 FETCH (BODYSTRUCTURE ((\"TEXT\")", "other damaged" },
    { "* 1 FETCH (BODYSTRUCTURE ())", "FETCH seq=1 structure=plain" },
};

START_TEST(reply_has_the_values_of_its_text)
{
    g_autoptr(imap_reply) r = parse(cases[_i].wire);
    g_autofree char *got = reply_text(r);
    ck_assert_msg(strcmp(got, cases[_i].expected) == 0, "%s\n  got      %s\n  expected %s", cases[_i].wire, got,
                  cases[_i].expected);
}
END_TEST

/* Cut anywhere, with any one byte replaced: a value or an error, never a crash or an endless loop. */
START_TEST(reply_survives_cuts_and_changed_bytes)
{
    const char *wire = cases[_i].wire;
    gsize n = strlen(wire);
    static const char bytes[] = { '\0', '(', ')', '"', '\\', '{', '}', '[', ']', ' ', '\r', '\n', '*', '9', 'N', (char)0xff };
    for (gsize cut = 0; cut < n; cut++)
        imap_reply_free(parse_bytes(wire, cut));
    g_autofree char *changed = g_strdup(wire);
    for (gsize at = 0; at < n; at++) {
        for (gsize i = 0; i < sizeof bytes; i++) {
            changed[at] = bytes[i];
            imap_reply_free(parse_bytes(changed, n));
        }
        changed[at] = wire[at];
    }
}
END_TEST

static const char *const dates[] = {
    "", "17-Jul-1996", "17-Jul-1996 02:44:25", "17-Jul-1996 02:44:25 -070", "17-Xxx-1996 02:44:25 -0700",
    "17-Jul-1996 02:44:25 0700 ", "37-Jul-1996 02:44:25 -0700", "17-Jul-1996 24:44:25 -0700",
    "17-Jul-1996 02:60:25 -0700", "17-Jul-1996 02:44:61 -0700", "17-Jul-1996 02:44:25 -9900", "00-Jul-1996 02:44:25 -0700",
    "17-Jul-0000 02:44:25 -0700", "17-Jul-1960 02:44:25 -0700", "17-07-1996  02:44:25 -0700",
    "17-Jul-1996 02:44:25 -070000000000000000000000000000000000000000000000000000000000000000000000000000000",
    "99999999999999999999999999",
};

START_TEST(internal_date_that_is_none_is_unknown)
{
    slice s = { .at = dates[_i], .nbytes = strlen(dates[_i]) };
    ck_assert_int_eq(parse_internal_date(&s), 0);
}
END_TEST

START_TEST(internal_date_agrees_with_glib)
{
    for (int year = 1970; year < 2110; year++)
        for (int month = 1; month <= 12; month++) {
            static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
            g_autofree char *text = g_strdup_printf("28-%.3s-%d 23:59:58 +0130", names + 3 * (month - 1), year);
            g_autoptr(GDateTime) utc = g_date_time_new_utc(year, month, 28, 22, 29, 58);
            slice s = { .at = text, .nbytes = strlen(text) };
            ck_assert_int_eq(parse_internal_date(&s), g_date_time_to_unix(utc));
        }
}
END_TEST

static char *nested(const char *before, gsize depth, const char *after)
{
    GString *text = g_string_new(before);
    for (gsize i = 0; i < depth; i++)
        g_string_append_c(text, '(');
    for (gsize i = 0; i < depth; i++)
        g_string_append_c(text, ')');
    g_string_append(text, after);
    return g_string_free(text, FALSE);
}

/* It costs no stack, so that no mail can hide behind it. */
START_TEST(nesting_has_no_limit)
{
    static const char *const items[] = { "* 1 FETCH (X ", "* 1 FETCH (BODYSTRUCTURE ", "* STATUS x (X ", "* ESEARCH X " };
    for (gsize i = 0; i < G_N_ELEMENTS(items); i++) {
        g_autofree char *deep = nested(items[i], 1000000, i == 3 ? "" : ")");
        g_autoptr(imap_reply) r = parse(deep);
        ck_assert_int_ne(r->kind, IMAP_OTHER);
    }
}
END_TEST

START_TEST(counts_stop_at_their_limits)
{
    GString *text = g_string_new("* 1 FETCH (FLAGS (");
    for (int i = 0; i < LIMIT_WORDS + 100; i++)
        g_string_append_printf(text, "k%d ", i);
    g_string_append(text, ") UID 7)");
    g_autoptr(imap_reply) r = parse(text->str);
    g_auto(GStrv) keywords = keywords_split(r->fetch->keywords);
    ck_assert_uint_eq(g_strv_length(keywords), LIMIT_WORDS);
    ck_assert_uint_eq(r->fetch->uid, 7);
    g_string_assign(text, "* CAPABILITY");
    for (int i = 0; i < LIMIT_WORDS + 100; i++)
        g_string_append(text, " X");
    g_autoptr(imap_reply) r2 = parse(text->str);
    ck_assert_uint_eq(g_strv_length(r2->words), LIMIT_WORDS);
    g_string_assign(text, "* OK [ALERT] x");
    for (int i = 0; i < LIMIT_SERVER_TEXT; i++)
        g_string_append(text, "\xc3\xa9");
    g_autoptr(imap_reply) r3 = parse(text->str);
    ck_assert_uint_eq(strlen(r3->text), LIMIT_SERVER_TEXT - 1); /* not half a character */
    ck_assert(g_utf8_validate(r3->text, -1, NULL) && strstr(r3->text, "\xef\xbf\xbd") == NULL);
    g_string_free(text, TRUE);
}
END_TEST

START_TEST(names_that_cannot_be_sent_back_are_no_folders)
{
    static const char with_nul[] = "* LIST () \"/\" {3}\r\na\0b";
    g_autoptr(imap_reply) r = parse_bytes(with_nul, sizeof with_nul - 1);
    ck_assert_int_eq(r->kind, IMAP_OTHER);
    g_autoptr(imap_reply) r3 = parse("* LIST () \"/\" {3}\r\na\rb");
    g_autoptr(imap_reply) r4 = parse("* STATUS {3}\r\na\nb (MESSAGES 1)");
    ck_assert(r3->kind == IMAP_OTHER && !r3->damaged && r4->kind == IMAP_OTHER && !r4->damaged);
    g_autofree char *name = g_strnfill(5000, 'x');
    g_autofree char *text = g_strdup_printf("* STATUS %s (MESSAGES 1)", name);
    g_autoptr(imap_reply) r2 = parse(text);
    ck_assert_int_eq(r2->kind, IMAP_OTHER);
}
END_TEST

START_TEST(body_bytes_come_as_they_are)
{
    GString *text = g_string_new("* 1 FETCH (BODY[] {256}\r\n");
    char bytes[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    g_string_append_len(text, bytes, 256);
    g_string_append_c(text, ')');
    g_autoptr(imap_reply) r = parse_bytes(text->str, text->len);
    g_string_free(text, TRUE);
    gsize n;
    const char *data = g_bytes_get_data(r->fetch->body, &n);
    ck_assert_uint_eq(n, 256);
    ck_assert_mem_eq(data, bytes, 256);
}
END_TEST

/* Sets in the worst order, and words without end: time grows with the text, not with its square. */
START_TEST(large_replies_take_linear_time)
{
    GString *down = g_string_new("* SEARCH");
    for (guint n = 600000; n > 0; n -= 2)
        g_string_append_printf(down, " %u", n);
    gint64 start = g_get_monotonic_time();
    g_autoptr(imap_reply) r = parse_bytes(down->str, down->len);
    ck_assert_uint_eq(uid_set_count(r->set), 300000);
    g_string_assign(down, "* VANISHED 600000");
    for (guint n = 599998; n > 0; n -= 2)
        g_string_append_printf(down, ",%u", n);
    g_autoptr(imap_reply) r2 = parse_bytes(down->str, down->len);
    ck_assert_uint_eq(uid_set_count(r2->set), 300000);
    ck_assert_int_lt(g_get_monotonic_time() - start, 5 * G_USEC_PER_SEC); /* squared: minutes */
    g_string_free(down, TRUE);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("imap/reply");
    TCase *t = tcase_create("reply");
    tcase_add_loop_test(t, reply_has_the_values_of_its_text, 0, G_N_ELEMENTS(cases));
    tcase_add_test(t, internal_date_agrees_with_glib);
    tcase_add_loop_test(t, internal_date_that_is_none_is_unknown, 0, G_N_ELEMENTS(dates));
    tcase_add_test(t, nesting_has_no_limit);
    tcase_add_test(t, counts_stop_at_their_limits);
    tcase_add_test(t, names_that_cannot_be_sent_back_are_no_folders);
    tcase_add_test(t, body_bytes_come_as_they_are);
    tcase_add_test(t, large_replies_take_linear_time);
    suite_add_tcase(s, t);
    TCase *slow = tcase_create("damage");
    tcase_set_timeout(slow, 60);
    tcase_add_loop_test(slow, reply_survives_cuts_and_changed_bytes, 0, G_N_ELEMENTS(cases));
    suite_add_tcase(s, slow);
    return s;
}
