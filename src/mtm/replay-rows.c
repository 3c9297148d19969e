/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows before they leave and behind their answers: claimed and marked as sent in one transaction, done, parked or put
 * back, all through the keeper; and what a refusal means (RFC 5530). */
#include "mtm/replay.h"
#include "base/i18n.h"
#include "base/log.h"

row_ids *row_ids_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(guint64));
}

/* ---- outcomes */

typedef enum outcome_kind { OUTCOME_DONE, OUTCOME_PARK, OUTCOME_AGAIN } outcome_kind;

typedef struct outcome {
    outcome_kind kind;
    const guint64 *ids;
    const guint32 *uids;
    gsize n;
    const char *problem;
} outcome;

static bool run_outcome(store *st, gpointer data, GError **error)
{
    const outcome *o = data;
    switch (o->kind) {
    case OUTCOME_DONE:
        return store_journal_done(st, o->ids, o->uids, o->n, error);
    case OUTCOME_PARK:
        return store_journal_park(st, o->ids, o->n, o->problem, error);
    case OUTCOME_AGAIN: /* the answer is known */
        return store_journal_park(st, o->ids, o->n, "", error) && store_journal_retry(st, o->ids, o->n, error);
    }
    return false;
}

static bool record(replay *r, outcome o, const row_ids *ids, GError **error)
{
    if (ids->len == 0)
        return true;
    o.ids = (const guint64 *)(const void *)ids->data;
    o.n = ids->len;
    if (!keeper_run(r->s->m, run_outcome, &o, error))
        return false;
    if (o.kind == OUTCOME_DONE || o.kind == OUTCOME_PARK) {
        r->changed += ids->len;
        r->ndone += ids->len;
        account_set_progress(r->s->a, "journal", NULL, MIN(r->ndone, r->nrows), r->nrows);
        folders_changed(r->s->m);
    }
    return true;
}

bool replay_done(replay *r, const row_ids *ids, const guint32 *uids, GError **error)
{
    return record(r, (outcome){ .kind = OUTCOME_DONE, .uids = uids }, ids, error);
}

bool replay_park(replay *r, const row_ids *ids, const char *problem, GError **error)
{
    if (ids->len > 0)
        log_info(LOG_MTM, "%s: %u changes are parked: %s", r->s->a->name, ids->len, problem);
    return record(r, (outcome){ .kind = OUTCOME_PARK, .problem = problem }, ids, error);
}

bool replay_again(replay *r, const row_ids *ids, GError **error)
{
    return record(r, (outcome){ .kind = OUTCOME_AGAIN }, ids, error);
}

/* ---- what leaves */

typedef struct claim_call {
    replay *r;
    const GPtrArray *claims;
} claim_call;

static GHashTable *rows_by_id(const GPtrArray *rows)
{
    GHashTable *by_id = g_hash_table_new(g_int64_hash, g_int64_equal);
    for (guint i = 0; i < rows->len; i++) {
        store_journal_row *row = g_ptr_array_index(rows, i);
        g_hash_table_insert(by_id, &row->id, row);
    }
    return by_id;
}

static bool still_wanted(GHashTable *by_id, const replay_claim *c)
{
    for (guint i = 0; i < c->ids->len; i++) {
        const store_journal_row *row = g_hash_table_lookup(by_id, &g_array_index(c->ids, guint64, i));
        if (row == NULL || row->state == 2 || (c->moves && row->shown != c->target))
            return false;
    }
    return true;
}

/* In one transaction: what a person took back meanwhile does not leave. */
static bool run_claims(store *st, gpointer data, GError **error)
{
    claim_call *call = data;
    g_autoptr(GPtrArray) rows = store_journal(st, call->r->s->a->id, 0, error);
    if (rows == NULL)
        return false;
    g_autoptr(GHashTable) by_id = rows_by_id(rows);
    for (guint i = 0; i < call->claims->len; i++) {
        replay_claim *c = g_ptr_array_index(call->claims, i);
        c->granted = still_wanted(by_id, c);
        if (c->granted && !store_journal_sent(st, (const guint64 *)(const void *)c->ids->data, c->ids->len, c->floor, error))
            return false;
    }
    return true;
}

bool replay_claim_rows(replay *r, const GPtrArray *claims, GError **error)
{
    claim_call call = { r, claims };
    if (claims->len == 0)
        return true;
    if (!keeper_run_durably(r->s->m, run_claims, &call, error))
        return false;
    for (guint i = 0; i < claims->len; i++) {
        const replay_claim *c = g_ptr_array_index(claims, i);
        for (guint k = 0; c->granted && k < c->ids->len; k++)
            g_hash_table_remove(r->looked, &g_array_index(c->ids, guint64, k));
        r->changed += c->granted ? 0 : 1; /* another round takes what it has become */
    }
    return true;
}

/* ---- the cursor of the target */

typedef struct advance {
    guint32 folder;
    const uid_set *arrived;
} advance;

/* Only across what is stored whole; flags are told by the clock of changes, which stays. */
static bool run_advance(store *st, gpointer data, GError **error)
{
    const advance *a = data;
    store_folder_state state;
    if (!store_folder_state_get(st, a->folder, &state, error))
        return false;
    guint64 n = uid_set_count(a->arrived);
    guint32 first = uid_set_min(a->arrived), last = uid_set_max(a->arrived);
    if (state.provisional || state.uidnext == 0 || state.uidnext != first || n != (guint64)last - first + 1)
        return true;
    state.uidnext = last + 1;
    if (state.server_messages != G_MAXUINT32)
        state.server_messages += (guint32)n;
    return store_folder_state_set(st, a->folder, &state, error);
}

bool replay_advance(replay *r, guint32 folder_id, const uid_set *arrived, GError **error)
{
    advance a = { folder_id, arrived };
    return uid_set_count(arrived) == 0 || keeper_run(r->s->m, run_advance, &a, error);
}

/* ---- what is shown */

static void show_apply(mtm *m, posted *p)
{
    if (p->data != NULL)
        views_folder_changed(m, p->event.folder, true, true, false);
    else
        views_refresh(m, p->event.folder);
}

void replay_show(replay *r, guint32 folder_id, bool rows)
{
    if (folder_id == 0)
        return;
    posted *p = posted_new(MTM_CHANGED);
    p->event.folder = folder_id;
    p->apply = show_apply;
    p->data = rows ? r : NULL; /* only whether; it may be gone by then */
    mtm_post(r->s->m, p);
}

/* ---- refusals */

refusal refusal_of(const imap_reply *reply)
{
    if (reply->kind != IMAP_NO)
        return REFUSAL_SPLIT;
    switch (reply->code) {
    case CODE_LIMIT: /* a limit of the account rather than of the moment */
    case CODE_OVERQUOTA:
    case CODE_TOOBIG:
    case CODE_CORRUPTION:
        return REFUSAL_SPLIT;
    default:
        break;
    }
    switch (imap_code_lookup(reply->code)->hint) {
    case HINT_RETRY_LATER:
    case HINT_RELOGIN:
        return REFUSAL_LATER;
    case HINT_RECREATE:
        return REFUSAL_MISSING;
    case HINT_PARK:
        return REFUSAL_PARK;
    default:
        return REFUSAL_SPLIT;
    }
}

void replay_tell(replay *r, const char *step, const char *folder_name, const char *words)
{
    char *text = g_strdup_printf("%s: %s", folder_name, words);
    if (g_strcmp0(r->told, text) == 0) {
        g_free(text);
        return;
    }
    g_free(r->told);
    r->told = text;
    g_autoptr(GError) cause = NULL;
    error_set(&cause, ERROR_REFUSED, "%s", text);
    session_note(r->s, step, cause);
}

char *refusal_words(const imap_reply *reply)
{
    const char *words = reply->text != NULL && reply->text[0] != '\0' ? reply->text : _("refused");
    const char *clause = imap_code_lookup(reply->code)->sentence;
    return clause != NULL ? g_strdup_printf("%s (%s)", _(clause), words) : g_strdup(words);
}
