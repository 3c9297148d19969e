/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values to JSON objects.  Outside scripts build on the keys: a change goes with the schema and a line in CHANGES. */
#include "cli/json.h"
#include "action/face.h"
#include "base/error.h"
#include "text/date.h"

#include <string.h>

static void put_date(json_writer *w, const char *key, gint64 date_s)
{
    g_autofree char *date = text_date_rfc3339(date_s);
    json_string(w, key, date[0] != '\0' ? date : NULL);
}

static void put_addresses(json_writer *w, const char *key, const GPtrArray *list)
{
    g_autofree char *text = address_list_format(list);
    json_string(w, key, text);
}

static void put_words(json_writer *w, const char *key, char **words)
{
    json_array_begin(w, key);
    for (; words != NULL && *words != NULL; words++)
        json_string(w, NULL, *words);
    json_array_end(w);
}

static void put_keywords(json_writer *w, const char *key, const char *joined)
{
    g_auto(GStrv) words = keywords_split(joined);
    put_words(w, key, words);
}

static void put_flags(json_writer *w, const char *key, mail_flags flags)
{
    json_array_begin(w, key);
    for (int bit = 0; bit < 32; bit++) {
        const char *word = flags & (1u << bit) ? flag_to_word(1u << bit) : NULL;
        if (word != NULL)
            json_string(w, NULL, word);
    }
    json_array_end(w);
}

static void put_known(json_writer *w, const char *key, guint64 value, bool known)
{
    if (known)
        json_number(w, key, (gint64)value);
    else
        json_string(w, key, NULL);
}

static void put_role(json_writer *w, const char *key, folder_role role)
{
    json_string(w, key, role != ROLE_NONE ? folder_role_word(role) : NULL);
}

static void put_message(GString *out, const mail_summary *s, const char *account, const char *folder_name,
                        const char *found_by)
{
    json_writer w;
    json_init(&w, out);
    json_object_begin(&w, NULL);
    json_number(&w, "id", s->id);
    json_string(&w, "account", account);
    json_string(&w, "folder", folder_name);
    put_known(&w, "uid", s->uid, s->uid != 0);
    json_string(&w, "message_id", s->message_id);
    put_date(&w, "date", s->date_s != 0 ? s->date_s : s->received_s);
    put_date(&w, "received", s->received_s);
    put_addresses(&w, "from", s->from);
    put_addresses(&w, "to", s->to);
    put_addresses(&w, "cc", s->cc);
    json_string(&w, "subject", s->subject);
    put_flags(&w, "flags", s->flags & FLAGS_STORABLE);
    put_keywords(&w, "keywords", s->keywords);
    json_bool(&w, "pending", (s->flags & FLAG_PENDING) != 0);
    json_number(&w, "size", (gint64)s->size);
    json_number(&w, "thread", s->thread);
    json_bool(&w, "has_attachment", s->has_attachment);
    json_string(&w, "list_id", s->list_id);
    json_string(&w, "preview", s->preview);
    if (found_by != NULL)
        json_string(&w, "found_by", found_by);
    json_object_end(&w);
}

void cli_json_message(GString *out, const mail_summary *s, const char *account, const char *folder_name)
{
    put_message(out, s, account, folder_name, NULL);
}

void cli_json_found(GString *out, const mail_summary *s, const char *account, const char *folder_name, bool server)
{
    put_message(out, s, account, folder_name, server ? "server" : "store");
}

void cli_json_outcome(GString *out, const char *command, const cli_sum *sum)
{
    json_writer w;
    json_init(&w, out);
    json_object_begin(&w, NULL);
    json_string(&w, "command", command);
    json_number(&w, "count", (gint64)sum->count);
    json_number(&w, "failed", (gint64)sum->failed);
    json_string(&w, "label", sum->label);
    json_object_end(&w);
}

void cli_json_folder(GString *out, const folder *f)
{
    json_writer w;
    json_init(&w, out);
    json_object_begin(&w, NULL);
    json_number(&w, "id", f->id);
    json_string(&w, "account", f->account_name);
    json_string(&w, "name", f->name);
    put_role(&w, "role", f->role);
    json_number(&w, "messages", f->messages);
    json_number(&w, "unseen", f->unseen);
    put_known(&w, "server_messages", f->server_messages, f->server_messages != G_MAXUINT32);
    json_bool(&w, "subscribed", f->subscribed);
    json_bool(&w, "selectable", f->selectable);
    put_known(&w, "uidvalidity", f->uidvalidity, f->uidvalidity != 0);
    put_date(&w, "synced_at", f->synced_at_s);
    json_bool(&w, "provisional", f->provisional);
    json_object_end(&w);
}

static void put_problem(json_writer *w, const mtm_problem *p)
{
    if (p == NULL) {
        json_string(w, "problem", NULL);
        return;
    }
    g_autofree char *sentence = action_sentence(p);
    json_object_begin(w, "problem");
    json_string(w, "kind", error_kind_word((error_kind)p->kind));
    json_string(w, "step", p->step);
    json_string(w, "host", p->host);
    put_known(w, "port", p->port, p->port != 0);
    json_string(w, "detail", p->detail);
    json_string(w, "sentence", sentence);
    json_object_end(w);
}

void cli_json_status(GString *out, const mtm_account_status *s, bool engine)
{
    static const char *const states[] = { [STATE_OFFLINE] = "offline",
                                          [STATE_CONNECTING] = "connecting",
                                          [STATE_ONLINE] = "online",
                                          [STATE_WAITING] = "waiting" };
    json_writer w;
    json_init(&w, out);
    json_object_begin(&w, NULL);
    json_string(&w, "account", s->account);
    json_string(&w, "state", states[s->state]);
    json_bool(&w, "engine", engine);
    json_string(&w, "phase", s->phase);
    json_string(&w, "folder", s->folder_name);
    json_number(&w, "done", (gint64)s->done);
    json_number(&w, "total", (gint64)s->total);
    json_bool(&w, "idle", s->idle);
    json_number(&w, "pending", s->pending);
    json_number(&w, "parked", s->parked);
    json_number(&w, "received_bytes", (gint64)s->received);
    json_number(&w, "sent_bytes", (gint64)s->sent);
    put_date(&w, "synced_at", s->synced_at_s);
    put_date(&w, "next_sync", s->next_sync_s);
    put_date(&w, "next_try", s->next_try_s);
    put_problem(&w, s->problem);
    json_object_end(&w);
}

void cli_json_account(GString *out, const account_settings *a, const char *lacks)
{
    static const char *const syncs[] = { [SYNC_SUBSCRIBED_REMOTE] = "subscribed-remote",
                                         [SYNC_SUBSCRIBED_LOCAL] = "subscribed-local",
                                         [SYNC_SUBSCRIBED_EITHER] = "subscribed-either",
                                         [SYNC_ALL] = "all",
                                         [SYNC_LIST] = "list" };
    static const char *const bodies[] = { [BODIES_HEADERS] = "headers", [BODIES_TEXT] = "text", [BODIES_ALL] = "all" };
    json_writer w;
    json_init(&w, out);
    json_object_begin(&w, NULL);
    json_string(&w, "name", a->name);
    json_string(&w, "address", a->address);
    json_string(&w, "real_name", a->real_name);
    json_string(&w, "imap_host", a->imap_host);
    put_known(&w, "imap_port", a->imap_port, a->imap_host != NULL);
    json_string(&w, "imap_user", a->imap_user);
    json_bool(&w, "imap_starttls", a->imap_starttls);
    json_bool(&w, "tunnel", a->tunnel != NULL);
    json_bool(&w, "password_command", a->password_command != NULL);
    json_string(&w, "sync", syncs[a->sync]);
    put_words(&w, "sync_list", a->sync == SYNC_LIST ? a->sync_list : NULL);
    json_number(&w, "sync_interval", a->sync_interval_s);
    json_bool(&w, "idle", a->idle);
    json_bool(&w, "stay_online", a->stay_online);
    json_string(&w, "bodies", bodies[a->bodies]);
    json_string(&w, "lacks", lacks);
    json_object_end(&w);
}

static void put_change(json_writer *w, const char *key, mail_flags flags, const char *keywords)
{
    json_object_begin(w, key);
    put_flags(w, "flags", flags);
    put_keywords(w, "keywords", keywords);
    json_object_end(w);
}

void cli_json_journal(GString *out, const mtm_journal_row *row, const char *state)
{
    json_writer w;
    json_init(&w, out);
    json_object_begin(&w, NULL);
    json_number(&w, "id", (gint64)row->id);
    json_number(&w, "action", (gint64)row->action);
    put_known(&w, "after", row->after, row->after != 0);
    json_string(&w, "kind", mtm_journal_kind_word(row->kind));
    json_string(&w, "state", state);
    json_string(&w, "account", row->account);
    json_string(&w, "folder", row->folder[0] != '\0' ? row->folder : NULL);
    json_string(&w, "target", row->target);
    json_string(&w, "name", row->name);
    put_known(&w, "message", row->message, row->message != 0);
    put_known(&w, "uid", row->uid, row->uid != 0);
    put_change(&w, "add", row->add, row->add_keywords);
    put_change(&w, "remove", row->remove, row->remove_keywords);
    json_number(&w, "tries", row->tries);
    json_string(&w, "problem", row->problem);
    json_object_end(&w);
}

/* part_find's limits hold here: the tree is never deeper than LIMIT_MIME_DEPTH. */
static void put_part(json_writer *w, const char *key, const part *p)
{
    json_object_begin(w, key);
    json_string(w, "type", p->type);
    json_string(w, "charset", p->charset);
    json_string(w, "name", p->name);
    json_string(w, "disposition", p->disposition);
    json_string(w, "encoding", p->encoding);
    json_number(w, "size", (gint64)p->size);
    json_array_begin(w, "parts");
    for (guint i = 0; i < p->parts->len; i++)
        put_part(w, NULL, p->parts->pdata[i]);
    json_array_end(w);
    json_object_end(w);
}

static void put_headers(json_writer *w, document *d)
{
    g_autoptr(GPtrArray) lines = document_header_lines(d, HEADERS_FULL);
    json_array_begin(w, "headers");
    for (guint i = 0; i < lines->len; i++) {
        const char *line = lines->pdata[i];
        const char *colon = strchr(line, ':');
        gsize n = colon != NULL ? (gsize)(colon - line) : strlen(line);
        g_autofree char *name = g_strndup(line, n);
        const char *value = colon != NULL ? colon + 1 : "";
        json_object_begin(w, NULL);
        json_string(w, "name", name);
        json_string(w, "value", value + strspn(value, " "));
        json_object_end(w);
    }
    json_array_end(w);
}

void cli_json_document(GString *out, document *d, const cli_json_show *what)
{
    const mail_summary *s = document_summary(d);
    json_writer w;
    json_init(&w, out);
    json_object_begin(&w, NULL);
    json_string(&w, "subject", s->subject);
    put_addresses(&w, "from", s->from);
    put_addresses(&w, "to", s->to);
    put_addresses(&w, "cc", s->cc);
    put_date(&w, "date", s->date_s);
    json_string(&w, "message_id", s->message_id);
    if (what->headers)
        put_headers(&w, d);
    if (what->structure)
        put_part(&w, "structure", document_structure(d));
    if (what->text != NULL)
        json_string(&w, "text", what->text);
    json_object_end(&w);
}
