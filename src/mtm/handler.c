/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the server says between the lines of the work session: untagged replies become summaries and flags on
 * their way to the keeper, and marks in the box for what the session must look at.  What is told to have
 * vanished is only gathered here: confirm.c decides whether to believe it. */
#include "mtm/session.h"
#include "base/clock.h"
#include "base/limits.h"
#include "imap/name.h"
#include "mime/header.h"

#include <string.h>

enum {
    BATCH = 250,            /* summaries handed to the keeper at once */
    FLAG_BATCH = 2000,
    FLUSH_MS = 400,         /* on a slow line fewer at once: rows appear as they come */
    TELL_MS = 100,          /* between two words of progress */
    COPIED_MAX = 10000,     /* COPYUIDs that are kept: more than commands are sent at once */
};

void sync_flush(mtm_session *s)
{
    box *b = &s->box;
    b->flushed_ms = clock_monotonic_ms();
    if (b->batch != NULL && b->batch->len > 0)
        keeper_add(s->m, s->a->id, b->folder, g_steal_pointer(&b->batch), b->announce);
    if (b->flags != NULL && flag_batch_count(b->flags) > 0)
        keeper_flags(s->m, b->folder, g_steal_pointer(&b->flags));
}

/* Between a pipelined FETCH and the moment when SELECT's answer is looked at, UIDs may be those of a new
 * numbering: then they name other messages than the stored ones. */
static bool renumbered(const box *b)
{
    return b->expected_uidvalidity != 0 && b->uidvalidity != 0 && b->uidvalidity != b->expected_uidvalidity;
}

static mail_summary *summary_of(imap_fetch *f)
{
    gsize n = 0;
    const char *block = g_bytes_get_data(f->header, &n);
    mail_summary *m = mail_summary_new();
    mime_header_summary(block, n, m);
    m->uid = f->uid;
    m->flags = f->flags;
    g_free(m->keywords);
    m->keywords = g_strdup(f->keywords != NULL ? f->keywords : "");
    m->received_s = f->received_s;
    m->size = f->size;
    m->modseq = f->modseq;
    m->object_id = g_steal_pointer(&f->email_id); /* fields may be stolen: connection.h */
    if (f->preview != NULL && m->preview == NULL)
        m->preview = g_steal_pointer(&f->preview);
    return m;
}

static void take_message(mtm_session *s, imap_fetch *f)
{
    box *b = &s->box;
    if (f->uid < b->floor)
        return; /* "n:*" names the last message even when it lies below n (RFC 9051 section 6.4.8) */
    if (b->batch == NULL)
        b->batch = g_ptr_array_new_with_free_func((GDestroyNotify)mail_summary_free);
    g_ptr_array_add(b->batch, summary_of(f));
    b->highest = MAX(b->highest, f->uid);
    b->fetched++;
    gint64 now_ms = clock_monotonic_ms();
    if (b->batch->len >= BATCH || b->fetched == FIRST_WINDOW || now_ms - b->flushed_ms >= FLUSH_MS)
        sync_flush(s);
    if (b->wanted > 0 && now_ms - b->told_ms >= TELL_MS) {
        b->told_ms = now_ms;
        account_set_progress(s->a, "headers", b->name, b->fetched, b->wanted);
    }
}

static void take_flags(mtm_session *s, const imap_fetch *f)
{
    box *b = &s->box;
    if (f->uid == 0) {
        b->stale = true; /* only a sequence number: which message is meant is not certain */
        imap_idle_break(s->c);
        return;
    }
    if (b->flags == NULL)
        b->flags = flag_batch_new();
    flag_batch_add(b->flags, f->uid, f->flags, f->keywords, f->modseq);
    if (flag_batch_count(b->flags) >= FLAG_BATCH)
        sync_flush(s);
}

static void take_fetch(mtm_session *s, imap_fetch *f)
{
    if (s->box.folder == 0 || renumbered(&s->box))
        return;
    if (f->header != NULL && f->uid != 0) {
        take_message(s, f);
    } else if (f->has_flags) {
        take_flags(s, f);
        imap_idle_break(s->c);
    }
}

static void take_vanished(mtm_session *s, const imap_reply *r)
{
    box *b = &s->box;
    if (b->folder == 0 || r->set == NULL || renumbered(b))
        return;
    if (b->vanished == NULL)
        b->vanished = uid_set_new();
    uid_set_add_set(b->vanished, r->set);
    guint64 n = uid_set_count(r->set);
    if (r->earlier)
        return;
    b->exists = n < b->exists ? b->exists - (guint32)n : 0;
    imap_idle_break(s->c);
}

/* "(F2212ea87-6097)", RFC 8474 section 4.1. */
static void take_mailbox_id(box *b, const char *text)
{
    gsize n = text != NULL ? strlen(text) : 0;
    if (n < 3 || n - 2 > MAILBOX_ID_MAX || text[0] != '(' || text[n - 1] != ')')
        return;
    g_free(b->mailbox_id);
    b->mailbox_id = g_strndup(text + 1, n - 2);
}

static void take_copied(mtm_session *s, imap_reply *r)
{
    if (r->set == NULL || r->set2 == NULL || s->copied->len >= COPIED_MAX)
        return;
    copy_told *c = g_new(copy_told, 1);
    *c = (copy_told){ r->number2, g_steal_pointer(&r->set), g_steal_pointer(&r->set2) };
    g_ptr_array_add(s->copied, c);
}

static void take_code(mtm_session *s, const imap_reply *r)
{
    box *b = &s->box;
    switch (r->code) {
    case CODE_UIDVALIDITY:
        b->uidvalidity = (guint32)r->number;
        break;
    case CODE_UIDNEXT:
        b->uidnext = (guint32)r->number;
        break;
    case CODE_HIGHESTMODSEQ:
        b->modseq = session_modseq(s) ? r->number : 0;
        break;
    case CODE_NOMODSEQ:
        b->modseq = 0;
        break;
    case CODE_COPYUID:
        take_copied(s, (imap_reply *)r);
        break;
    case CODE_MAILBOXID:
        take_mailbox_id(b, r->code_text);
        break;
    case CODE_CLOSED:
        s->closing = false;
        break;
    case CODE_NOTIFICATIONOVERFLOW: /* RFC 5465 section 5.8: nothing more will be told */
        s->notified = false;
        s->tree_due = true;
        imap_idle_break(s->c);
        break;
    default:
        break;
    }
}

/* Asked for by tree.c, or told by NOTIFY. */
static void take_counters(mtm_session *s, imap_reply *r)
{
    if (r->status == NULL)
        return;
    imap_status *status = g_steal_pointer(&r->status);
    if (s->status == NULL) {
        if (s->told == NULL)
            s->told = status_table_new();
        imap_idle_break(s->c);
    }
    g_hash_table_replace(s->status != NULL ? s->status : s->told, status->wire_name, status);
}

/* With a path-prefix, what the server keeps elsewhere is not mail. */
static bool is_ours(const mtm_session *s, const imap_list *l)
{
    const char *prefix = s->settings->path_prefix;
    return prefix == NULL || strcmp(l->name, "INBOX") == 0 || g_str_has_prefix(l->wire_name, prefix);
}

static void take_listed(mtm_session *s, const imap_reply *r)
{
    const imap_list *l = r->list;
    if (l == NULL)
        return;
    if (s->listed == NULL) { /* NOTIFY: a folder came, went or was renamed; Dovecot 2.3 tells nothing more of it
                              * until NOTIFY is set again */
        s->tree_due = true;
        s->notified = false;
        imap_idle_break(s->c);
        return;
    }
    if (s->listed->len >= LIMIT_FOLDERS || !is_ours(s, l))
        return;
    folder *f = g_new0(folder, 1);
    char separator = s->settings->separator;
    f->name = separator != '\0' ? imap_name_from_wire(l->wire_name, separator) : g_strdup(l->name);
    f->wire_name = g_strdup(l->wire_name);
    f->delimiter = separator != '\0' ? separator : l->delimiter;
    f->role = strcmp(l->name, "INBOX") == 0 ? ROLE_INBOX : l->role;
    f->selectable = !l->noselect && !l->nonexistent;
    f->subscribed = l->subscribed || r->kind == IMAP_LSUB;
    g_ptr_array_add(s->listed, f);
}

static void take_exists(mtm_session *s, guint64 n)
{
    box *b = &s->box;
    if (n > b->exists)
        b->grown = true;
    b->exists = (guint32)MIN(n, G_MAXUINT32);
    imap_idle_break(s->c);
}

static void take_box_news(mtm_session *s, imap_reply *r)
{
    box *b = &s->box;
    switch (r->kind) {
    case IMAP_EXISTS:
        take_exists(s, r->number);
        break;
    case IMAP_EXPUNGE:
        if (b->exists > 0)
            b->exists--;
        b->stale = true; /* a sequence number: the sets are compared */
        b->expunged++;
        imap_idle_break(s->c);
        break;
    case IMAP_VANISHED:
        take_vanished(s, r);
        break;
    case IMAP_FETCH:
        if (r->fetch != NULL)
            take_fetch(s, r->fetch);
        break;
    case IMAP_SEARCH:
    case IMAP_ESEARCH:
        if (r->set != NULL && b->search != NULL)
            uid_set_add_set(b->search, r->set);
        break;
    default:
        break;
    }
}

bool session_reply(const imap_reply *reply, gpointer data)
{
    mtm_session *s = data;
    imap_reply *r = (imap_reply *)reply; /* fields may be stolen: connection.h */
    switch (r->kind) {
    case IMAP_LIST:
    case IMAP_LSUB:
        take_listed(s, r);
        break;
    case IMAP_STATUS:
        take_counters(s, r);
        break;
    case IMAP_OK:
        take_code(s, r);
        break;
    default:
        if (!s->closing) /* else it is about the folder that is left; its next delta tells again */
            take_box_news(s, r);
        break;
    }
    return true;
}

void box_clear(box *b)
{
    g_free(b->name);
    g_free(b->mailbox_id);
    uid_set_free(b->search);
    uid_set_free(b->vanished);
    if (b->batch != NULL)
        g_ptr_array_unref(b->batch);
    if (b->flags != NULL)
        flag_batch_free(b->flags);
    memset(b, 0, sizeof *b);
}
