/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is fetched before anybody asks: whole messages that are new and not large (or all, by the setting), then
 * the beginnings of everything else, where the text is.  Newest first, never beyond what the cache's limit
 * would let stay, and between two flights whoever waits for a message comes first. */
#include "mtm/fetcher.h"
#include "base/clock.h"
#include "model/query.h"

enum {
    AHEAD_BATCH = 50,               /* messages a look at the store */
    AHEAD_FILTERED = 1000,          /* the same where most of them may be passed over */
    FLIGHT_BYTES = 1 << 20,         /* asked for at once: what a person may have to wait behind */
};

static guint64 cost_of(guint64 size, guint beginning)
{
    return beginning > 0 ? MIN(size, beginning) : size;
}

/* The account's limits that the store does not know. */
static bool is_wanted(const mtm_fetcher *f, const mail_summary *s, const query *filter, const folder *where,
                      guint64 planned, guint beginning)
{
    const account_settings *a = f->settings;
    if (beginning == 0 && a->attachment_limit >= 0 && s->has_attachment && s->size > (guint64)a->attachment_limit)
        return false;
    if (a->total_limit >= 0 && f->ahead_bytes + planned + cost_of(s->size, beginning) > (guint64)a->total_limit)
        return false;
    return filter == NULL || query_match(filter, s, where->account_name, where->name);
}

static GArray *wanted_of(mtm_fetcher *f, const body_want *of, const folder *where, guint beginning)
{
    const char *text = f->settings->search_filter;
    g_autoptr(query) filter = text != NULL ? query_parse(text, clock_now_s(), NULL) : NULL;
    bool sieved = filter != NULL || f->settings->total_limit >= 0 || f->settings->attachment_limit >= 0;
    g_autoptr(GArray) ids = body_missing(f->bodies, f->store, of,
                                         (sieved ? AHEAD_FILTERED : AHEAD_BATCH) + g_hash_table_size(f->fetched));
    GArray *wants = g_array_new(FALSE, FALSE, sizeof(want));
    guint64 planned = 0;
    for (guint i = 0; i < ids->len && wants->len < AHEAD_BATCH; i++) {
        g_autoptr(mail_summary) s = store_summary(f->store, g_array_index(ids, guint32, i), NULL);
        if (s == NULL || s->uid == 0 || g_hash_table_contains(f->fetched, GUINT_TO_POINTER(s->mail)))
            continue;
        if (!is_wanted(f, s, filter, where, planned, beginning)) {
            g_hash_table_add(f->fetched, GUINT_TO_POINTER(s->mail)); /* for this run */
            continue;
        }
        planned += cost_of(s->size, beginning);
        want w = { s->id, s->mail, s->uid, s->size, s->received_s != 0 ? s->received_s : s->date_s };
        g_array_append_val(wants, w);
    }
    return wants;
}

static void give_up(mtm_fetcher *f, const GArray *wants)
{
    for (guint i = 0; i < wants->len; i++)
        g_hash_table_add(f->fetched, GUINT_TO_POINTER(g_array_index(wants, want, i).mail));
}

static bool fetch_large(mtm_fetcher *f, const want *w, GError **error)
{
    g_autoptr(GBytes) raw = NULL;
    bool interrupted;
    if (!fetch_message(f, w, 0, w->received_s, &raw, &interrupted, error))
        return false;
    if (!interrupted) {
        fetch_part_clear(f);
        g_hash_table_add(f->fetched, GUINT_TO_POINTER(w->mail));
    }
    return true;
}

/* One flight of at most FLIGHT_BYTES from wants[*at] on; beginning: so many bytes of each, 0 all. */
static bool fetch_next(mtm_fetcher *f, const GArray *wants, guint *at, guint beginning, GError **error)
{
    const want *first = &g_array_index(wants, want, *at);
    if (beginning == 0 && first->size > (guint64)f->settings->fetch_chunk) {
        ++*at;
        f->ahead_bytes += first->size;
        return fetch_large(f, first, error);
    }
    guint64 nbytes = 0;
    guint n = 0;
    while (*at + n < wants->len) {
        guint64 cost = cost_of(first[n].size, beginning);
        if (n > 0 && (nbytes + cost > FLIGHT_BYTES ||
                      (beginning == 0 && first[n].size > (guint64)f->settings->fetch_chunk)))
            break;
        nbytes += cost;
        n++;
    }
    *at += n;
    f->ahead_bytes += nbytes;
    return fetch_flight(f, first, n, beginning, error);
}

/* 1: something was fetched, 0: nothing to fetch here, -1: *error. */
static int folder_ahead(mtm_fetcher *f, const body_want *of, const folder *where, guint beginning, GError **error)
{
    g_autoptr(GArray) wants = wanted_of(f, of, where, beginning);
    g_autoptr(GError) cause = NULL;
    if (wants->len == 0)
        return 0;
    if (!fetcher_enter(f, of->folder, false, &cause) || !fetcher_entered(f, &cause)) {
        if (fetch_connection_lost(cause)) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return -1;
        }
        give_up(f, wants);
        return 1;
    }
    for (guint at = 0; at < wants->len && !fetcher_demanded(f);)
        if (!fetch_next(f, wants, &at, beginning, error))
            return -1;
    return 1;
}

static bool all_folders(mtm_fetcher *f, body_want want, guint beginning, bool *more, GError **error)
{
    gint64 floor_s = atomic_load(&f->m->archive.floor_s);
    g_autoptr(GPtrArray) folders = store_folders(f->store, f->a->id, error);
    want.since_s = MAX(want.since_s, floor_s);
    for (guint i = 0; folders != NULL && i < folders->len; i++) {
        const folder *target = g_ptr_array_index(folders, i);
        if (!target->selectable || target->uidvalidity == 0)
            continue;
        want.folder = target->id;
        int step = folder_ahead(f, &want, target, beginning, error);
        *more = step > 0;
        if (step != 0)
            return step > 0;
    }
    return folders != NULL;
}

bool fetch_ahead(mtm_fetcher *f, bool *more, GError **error)
{
    const account_settings *a = f->settings;
    body_choice choice = account_bodies(a);
    *more = false;
    if (choice == BODIES_HEADERS)
        return true;
    bool text = choice == BODIES_TEXT;
    return all_folders(f, (body_want){ .max_size = text && a->bodies_size > 0 ? (guint64)a->bodies_size : G_MAXUINT64,
                                       .since_s = text && a->bodies_age_s > 0 ? clock_now_s() - a->bodies_age_s : 0 },
                       0, more, error);
}

bool fetch_beginnings(mtm_fetcher *f, bool *more, GError **error)
{
    const account_settings *a = f->settings;
    body_choice choice = account_bodies(a);
    bool some = choice == BODIES_TEXT || (choice == BODIES_ALL && a->attachment_limit >= 0);
    *more = false;
    if (!some || a->text_limit == 0)
        return true;
    return all_folders(f, (body_want){ .max_size = G_MAXUINT64, .beginning = true }, (guint)a->text_limit, more, error);
}
