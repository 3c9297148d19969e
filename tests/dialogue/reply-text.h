/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A reply written out in one line, for tables and dialogues: every field that is set, in a fixed
 * order. */
#ifndef CURSUS_TESTS_DIALOGUE_REPLY_TEXT_H
#define CURSUS_TESTS_DIALOGUE_REPLY_TEXT_H

#include "imap/reply.h"

static inline void put_set(GString *out, const char *name, const uid_set *set)
{
    if (set == NULL)
        return;
    g_autofree char *text = uid_set_format(set);
    g_string_append_printf(out, " %s=%s", name, text);
}

static inline void put_text(GString *out, const char *name, const char *text)
{
    if (text != NULL)
        g_string_append_printf(out, " %s='%s'", name, text);
}

static inline void put_number(GString *out, const char *name, guint64 n)
{
    if (n != 0)
        g_string_append_printf(out, " %s=%" G_GUINT64_FORMAT, name, n);
}

static inline void put_bytes(GString *out, const char *name, GBytes *bytes)
{
    if (bytes == NULL)
        return;
    gsize n = 0;
    const char *data = g_bytes_get_data(bytes, &n);
    g_string_append_printf(out, " %s='%.*s'", name, (int)n, data != NULL ? data : "");
}

static inline void put_fetch(GString *out, const imap_fetch *f)
{
    put_number(out, "seq", f->seq);
    put_number(out, "uid", f->uid);
    if (f->has_flags)
        g_string_append_printf(out, " flags=%x", f->flags);
    put_text(out, "keywords", f->keywords);
    put_number(out, "modseq", f->modseq);
    if (f->has_size)
        g_string_append_printf(out, " size=%" G_GUINT64_FORMAT, f->size);
    if (f->received_s != 0)
        g_string_append_printf(out, " received=%" G_GINT64_FORMAT, f->received_s);
    put_bytes(out, "header", f->header);
    put_text(out, "section", f->body_section);
    if (f->body_origin >= 0)
        g_string_append_printf(out, " origin=%" G_GINT64_FORMAT, f->body_origin);
    put_bytes(out, "body", f->body);
    if (f->decoded)
        g_string_append(out, " decoded");
    if (f->has_decoded_size)
        g_string_append_printf(out, " decoded_size=%" G_GUINT64_FORMAT, f->decoded_size);
    put_text(out, "email", f->email_id);
    put_text(out, "thread", f->thread_id);
    put_text(out, "preview", f->preview);
    if (f->labels != NULL) {
        g_autofree char *one_line = g_strdup(f->labels);
        put_text(out, "labels", g_strdelimit(one_line, "\n", '|'));
    }
    if (f->saved_s != 0)
        g_string_append_printf(out, " saved=%" G_GINT64_FORMAT, f->saved_s);
    if (f->has_structure)
        g_string_append(out, f->has_attachment ? " structure=attachment" : " structure=plain");
}

static inline void put_list(GString *out, const imap_list *l)
{
    put_text(out, "wire", l->wire_name);
    put_text(out, "name", l->name);
    if (l->delimiter != '\0')
        g_string_append_printf(out, " delimiter=%c", l->delimiter);
    if (l->noselect)
        g_string_append(out, " noselect");
    if (l->nonexistent)
        g_string_append(out, " nonexistent");
    if (l->subscribed)
        g_string_append(out, " subscribed");
    if (l->noinferiors)
        g_string_append(out, " noinferiors");
    if (l->has_children)
        g_string_append(out, " children");
    if (l->has_no_children)
        g_string_append(out, " childless");
    if (l->remote)
        g_string_append(out, " remote");
    if (l->children_subscribed)
        g_string_append(out, " children_subscribed");
    if (l->role != ROLE_NONE)
        put_text(out, "role", folder_role_word(l->role));
    put_text(out, "old_wire", l->old_wire_name);
    put_text(out, "old", l->old_name);
}

static inline void put_status(GString *out, const imap_status *s)
{
    put_text(out, "wire", s->wire_name);
    if (s->has_messages)
        g_string_append_printf(out, " messages=%u", s->messages);
    if (s->has_unseen)
        g_string_append_printf(out, " unseen=%u", s->unseen);
    if (s->has_uidnext)
        g_string_append_printf(out, " uidnext=%u", s->uidnext);
    if (s->has_uidvalidity)
        g_string_append_printf(out, " uidvalidity=%u", s->uidvalidity);
    if (s->has_highestmodseq)
        g_string_append_printf(out, " highestmodseq=%" G_GUINT64_FORMAT, s->highestmodseq);
    if (s->has_size)
        g_string_append_printf(out, " size=%" G_GUINT64_FORMAT, s->size);
    if (s->has_deleted)
        g_string_append_printf(out, " deleted=%u", s->deleted);
    if (s->has_deleted_storage)
        g_string_append_printf(out, " deleted_storage=%" G_GUINT64_FORMAT, s->deleted_storage);
    if (s->has_appendlimit && s->appendlimit == G_MAXUINT64)
        g_string_append(out, " appendlimit=none");
    else if (s->has_appendlimit)
        g_string_append_printf(out, " appendlimit=%" G_GUINT64_FORMAT, s->appendlimit);
    put_text(out, "id", s->mailbox_id);
}

static inline void put_namespaces(GString *out, const GPtrArray *namespaces)
{
    static const char *const kinds[] = { "personal", "other", "shared" };
    for (guint i = 0; namespaces != NULL && i < namespaces->len; i++) {
        const imap_namespace *n = namespaces->pdata[i];
        g_string_append_printf(out, " %s='%s'", kinds[n->kind], n->prefix);
        if (n->delimiter != '\0')
            g_string_append_c(out, n->delimiter);
    }
}

static inline void put_quotas(GString *out, const GPtrArray *quotas)
{
    for (guint i = 0; quotas != NULL && i < quotas->len; i++) {
        const imap_quota *q = quotas->pdata[i];
        g_string_append_printf(out, " %s=%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, q->resource,
                               q->used, q->limit);
    }
}

static inline const char *code_name(imap_code code)
{
    return code == CODE_OTHER ? "OTHER" : imap_code_lookup(code)->name;
}

/* The reply in one line; "error" for NULL.  Caller frees. */
static inline char *reply_text(const imap_reply *r)
{
    static const char *const kinds[] = { "OK",       "NO",         "BAD",    "BYE",     "PREAUTH",
                                         "+",        "CAPABILITY", "ID",     "ENABLED", "NAMESPACE",
                                         "LIST",     "LSUB",       "STATUS", "SEARCH",  "ESEARCH",
                                         "FLAGS",    "EXISTS",     "RECENT", "EXPUNGE", "FETCH",
                                         "VANISHED", "QUOTA",      "QUOTAROOT", "ACL",    "MYRIGHTS",
                                         "other" };
    if (r == NULL)
        return g_strdup("error");
    GString *out = g_string_new(kinds[r->kind]);
    if (r->damaged)
        g_string_append(out, r->silence_counts ? " damaged, silence counts" : " damaged");
    if (r->foreign)
        g_string_append(out, " foreign");
    put_number(out, "tag", r->tag);
    if (r->code != CODE_NONE)
        g_string_append_printf(out, " code=%s", code_name(r->code));
    put_text(out, "arguments", r->code_text);
    put_text(out, "text", r->text);
    put_number(out, "number", r->number);
    put_number(out, "number2", r->number2);
    if (r->earlier)
        g_string_append(out, " earlier");
    put_set(out, "set", r->set);
    put_set(out, "set2", r->set2);
    if (r->words != NULL) {
        g_autofree char *words = g_strjoinv(",", r->words);
        g_string_append_printf(out, " words=%s", words);
    }
    if (r->wire_name != NULL)
        put_text(out, "wire", r->wire_name);
    put_namespaces(out, r->namespaces);
    put_quotas(out, r->quotas);
    if (r->id != NULL) {
        put_text(out, "name", g_hash_table_lookup(r->id, "name"));
        put_text(out, "version", g_hash_table_lookup(r->id, "version"));
    }
    if (r->fetch != NULL)
        put_fetch(out, r->fetch);
    if (r->list != NULL)
        put_list(out, r->list);
    if (r->status != NULL)
        put_status(out, r->status);
    if (r->esearch_has_count)
        g_string_append_printf(out, " count=%" G_GUINT64_FORMAT, r->esearch_count);
    put_number(out, "min", r->esearch_min);
    put_number(out, "max", r->esearch_max);
    put_number(out, "modseq", r->esearch_modseq);
    if (r->partial_first != 0)
        g_string_append_printf(out, " partial=%d:%d", (int)r->partial_first, (int)r->partial_last);
    put_number(out, "of", r->esearch_tag);
    return g_string_free(out, FALSE);
}

#endif
