/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding rows: first among those that are here, and where these end a second view with the query
 * is asked, so that nothing on the screen waits for the store. */
#include "base/clock.h"
#include "base/error.h"
#include "base/i18n.h"
#include "ui/index-private.h"

/* Rows that are looked at in one go before the reader is asked: far below a frame. */
#define SCAN_MAX 2000

void index_hunt_clear(index_hunt *h)
{
    if (h->view != NULL)
        mtm_view_close(h->view);
    query_free(h->query);
    g_free(h->what);
    *h = (index_hunt){ 0 };
}

void index_search_stop(index_view *ix)
{
    index_hunt_clear(&ix->hunt);
}

bool index_needs_store(const query *q)
{
    if (q->kind == QUERY_BODY)
        return true;
    for (guint i = 0; q->children != NULL && i < q->children->len; i++)
        if (index_needs_store(q->children->pdata[i]))
            return true;
    return false;
}

typedef enum found { FOUND, FOUND_NOTHING, FOUND_NOT_KNOWN } found;

/* Among the rows that are here, going round the end once. */
static found scan(index_view *ix, const query *q, bool backwards, guint32 *hit)
{
    guint32 n = index_count(ix);
    const folder *f = mtm_folder(ix->base.ui->mtm, ix->folder);
    if (index_needs_store(q))
        return FOUND_NOT_KNOWN;
    for (guint32 i = 1; i <= n; i++) {
        guint32 row = backwards ? (ix->cursor + n - i) % n : (ix->cursor + i) % n;
        const mail_summary *s = i <= SCAN_MAX ? mtm_view_summary(ix->rows, row) : NULL;
        if (s == NULL)
            return FOUND_NOT_KNOWN;
        if (index_left(ix, s))
            continue; /* still shown, but not in this folder any more */
        if (query_match(q, s, f != NULL ? f->account_name : "", f != NULL ? f->name : "")) {
            *hit = row;
            return FOUND;
        }
    }
    return FOUND_NOTHING;
}

static void jump(index_view *ix, guint32 row, bool backwards)
{
    ui *u = ix->base.ui;
    bool round = backwards ? row >= ix->cursor : row <= ix->cursor;
    index_goto_id(ix, mtm_view_row(ix->rows, row)->id);
    if (round && index_count(ix) > 1)
        ui_say(u,
               backwards ? _("Searched on from the end.") : _("Searched on from the beginning."));
}

static void nothing(index_view *ix, const char *what)
{
    g_autofree char *text = g_strdup_printf(_("Nothing here matches %s."), what);
    ui_say(ix->base.ui, text);
}

/* The next hit in display order, going round; NO_ROW when there is none. */
static guint32 nearest_hit(const index_view *ix, bool backwards)
{
    guint32 best = NO_ROW, around = NO_ROW, n = mtm_view_count(ix->hunt.view);
    for (guint32 i = 0; i < n; i++) {
        guint32 row = mtm_view_index(ix->rows, mtm_view_row(ix->hunt.view, i)->id);
        if (row == NO_ROW)
            continue;
        bool ahead = backwards ? row < ix->cursor : row > ix->cursor;
        guint32 *where = ahead ? &best : &around;
        if (*where == NO_ROW || (backwards ? row > *where : row < *where))
            *where = row;
    }
    return best != NO_ROW ? best : around;
}

static void hunt_jump(index_view *ix)
{
    index_hunt *h = &ix->hunt;
    guint32 row = nearest_hit(ix, h->backwards);
    h->waiting = false;
    if (row == NO_ROW)
        nothing(ix, h->what);
    else
        jump(ix, row, h->backwards);
    if (h->once)
        index_hunt_clear(h);
    keys_settled(ix->base.ui);
}

void index_hunt_event(index_view *ix, const mtm_event *event)
{
    index_hunt *h = &ix->hunt;
    if (event->kind == MTM_VIEW && h->waiting && mtm_view_complete(h->view))
        hunt_jump(ix);
}

query *index_within_limit(const index_view *ix, const query *q)
{
    if (ix->limit == NULL)
        return query_dup(q);
    query *both = g_new0(query, 1);
    both->kind = QUERY_AND;
    both->children = g_ptr_array_new_with_free_func((GDestroyNotify)query_free);
    g_ptr_array_add(both->children, query_dup(ix->limit));
    g_ptr_array_add(both->children, query_dup(q));
    both->from_s = G_MININT64;
    both->to_s = G_MAXINT64;
    return both;
}

void index_hunt_for(index_view *ix, query *q, const char *what, bool backwards, bool once)
{
    guint32 row;
    g_autoptr(query) mine = q;
    if (index_count(ix) == 0) {
        nothing(ix, what);
        return;
    }
    switch (scan(ix, mine, backwards, &row)) {
    case FOUND:
        jump(ix, row, backwards);
        return;
    case FOUND_NOTHING:
        nothing(ix, what);
        return;
    case FOUND_NOT_KNOWN:
        break;
    }
    index_hunt_clear(&ix->hunt);
    ix->hunt = (index_hunt){ .query = index_within_limit(ix, mine),
                             .backwards = backwards,
                             .waiting = true,
                             .once = once,
                             .what = g_strdup(what) };
    ix->hunt.view =
        mtm_view_open(ix->base.ui->mtm, ix->folder, ix->hunt.query, ix->sort, ix->reverse);
}

bool index_search(view *v, const char *text, bool backwards, GError **error)
{
    index_view *ix = (index_view *)v;
    if (text == NULL && ix->pattern == NULL) {
        error_set(error, ERROR_INPUT, _("nothing was searched for yet"));
        return false;
    }
    if (text != NULL) {
        query *q = query_parse(text, clock_now_s(), error);
        if (q == NULL)
            return false;
        query_free(ix->pattern);
        g_free(ix->pattern_text);
        ix->pattern = q;
        ix->pattern_text = g_strdup(text);
    }
    index_hunt_for(ix, query_dup(ix->pattern), ix->pattern_text, backwards, true);
    return true;
}

bool index_step_unread(index_view *ix, int direction)
{
    query *q = query_parse("is:unread", clock_now_s(), NULL);
    if (q == NULL || ix->folder == 0) {
        query_free(q);
        return false;
    }
    index_hunt_for(ix, q, _("unread"), direction < 0, true);
    return true;
}
