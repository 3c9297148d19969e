/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random histories of acts, taking back, answers that come, are lost or refused, and other programs, against a
 * server that is an array.  Alone: after each step every message is shown just where the person has put it, and when
 * all is replayed the server has each exactly once.  With others: the rules of the store hold, and in the end it
 * shows what the server has. */
#include "base/error.h"
#include "unit/store/acted.h"

enum { NFOLDERS = 3, NMAILS = 6, FIRST_SIZE = 5000, NSTEPS = 120 };
static const mail_flags bits[] = { FLAG_SEEN, FLAG_FLAGGED };

typedef struct there { /* a message on the server */
    guint folder;
    guint32 uid;
    guint name; /* which content */
    mail_flags flags;
} there;

typedef struct wanted { /* as the person has it */
    guint32 folder; /* 0: nowhere */
    mail_flags flags;
} wanted;

typedef struct walk {
    fixture t;
    GRand *rand;
    bool alone;
    guint32 folders[NFOLDERS], uidnext[NFOLDERS], uidvalidity;
    gint64 syncs;
    GArray *server;        /* of there */
    GHashTable *now;       /* placement -> wanted */
    GPtrArray *past, *future; /* of such tables, for undo and redo; NULL: nothing changed */
    GHashTable *names;     /* placement -> content */
} walk;

static int draw(walk *w, int n)
{
    return n > 0 ? g_rand_int_range(w->rand, 0, n) : 0;
}

/* ---- the server */

static guint index_of(const walk *w, guint32 folder)
{
    for (guint i = 0; i < NFOLDERS; i++)
        if (w->folders[i] == folder)
            return i;
    ck_abort_msg("folder %u", folder);
    return 0;
}

static there *server_find(walk *w, guint32 folder, guint32 uid)
{
    for (guint i = 0; folder != 0 && i < w->server->len; i++) {
        there *m = &g_array_index(w->server, there, i);
        if (m->folder == index_of(w, folder) && m->uid == uid)
            return m;
    }
    return NULL;
}

static guint32 server_add(walk *w, guint folder, guint name, mail_flags flags)
{
    there m = { folder, w->uidnext[folder]++, name, flags };
    g_array_append_val(w->server, m);
    return m.uid;
}

static void server_remove(walk *w, there *m)
{
    g_array_remove_index(w->server, (guint)(m - (there *)(void *)w->server->data));
}

static mail_summary *summary_of(const there *m)
{
    g_autofree char *id = g_strdup_printf("m%u@x", m->name);
    mail_summary *s = new_mail(m->uid, id, m->name > 0 && m->name % 3 != 0 ? "m0@x" : NULL, 1000 + m->name);
    s->size = FIRST_SIZE + m->name;
    s->flags = m->flags;
    return s;
}

/* The store learns what the server has in a folder. */
static void sync_folder(walk *w, guint folder)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)mail_summary_free);
    g_autoptr(uid_set) gone = store_uids(w->t.s, w->folders[folder], &error), here = uid_set_new();
    for (guint i = 0; i < w->server->len; i++) {
        const there *m = &g_array_index(w->server, there, i);
        if (m->folder == folder) {
            g_ptr_array_add(all, summary_of(m));
            uid_set_add(here, m->uid);
        }
    }
    g_autoptr(uid_set) vanished = uid_set_minus(gone, here);
    if (draw(w, 2))
        store_vanished(w->t.s, w->folders[folder], vanished, NULL, &error);
    no_error(error);
    store_messages_add(w->t.s, w->folders[folder], all, NULL, &error);
    no_error(error);
    store_vanished(w->t.s, w->folders[folder], vanished, NULL, &error);
    no_error(error);
    store_folder_state state = { .uidvalidity = w->uidvalidity,
                                 .uidnext = w->uidnext[folder],
                                 .synced_at_s = ++w->syncs };
    store_folder_state_set(w->t.s, w->folders[folder], &state, &error);
    no_error(error);
    /* their bodies have been seen: what is expunged can be appended again */
    db_run(&w->t.s->d, "UPDATE mail SET hash = zeroblob(32)", NO_VALUES, NULL);
}

static void step_renumber(walk *w)
{
    g_autoptr(GError) error = NULL;
    guint folder = (guint)draw(w, NFOLDERS);
    for (guint i = 0; i < w->server->len; i++) {
        there *m = &g_array_index(w->server, there, i);
        if (m->folder == folder)
            m->uid = w->uidnext[folder]++;
    }
    store_folder_renumber(w->t.s, w->folders[folder], ++w->uidvalidity, &error);
    sync_folder(w, folder);
    store_unbound_drop(w->t.s, w->folders[folder], &error);
    no_error(error);
}

/* ---- what the person wants */

static GHashTable *snapshot(const walk *w)
{
    GHashTable *copy = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    GHashTableIter it;
    gpointer key, value;
    g_hash_table_iter_init(&it, w->now);
    while (g_hash_table_iter_next(&it, &key, &value))
        g_hash_table_insert(copy, key, g_memdup2(value, sizeof(wanted)));
    return copy;
}

static void acted(walk *w, GHashTable *before, guint64 action)
{
    if (action == 0) {
        g_hash_table_unref(before);
        return;
    }
    g_ptr_array_add(w->past, before);
    g_ptr_array_set_size(w->future, 0);
}

static void want(walk *w, guint32 id, guint32 folder, mail_flags flags)
{
    wanted *x = g_new(wanted, 1);
    *x = (wanted){ folder, flags };
    g_hash_table_insert(w->now, GUINT_TO_POINTER(id), x);
}

/* Some that are shown. */
static guint32 *choose(walk *w, gsize *n)
{
    guint32 *ids = g_new(guint32, 200);
    *n = 0;
    g_auto(db_rows) rows = db_query(&w->t.s->d, "SELECT id FROM placement WHERE folder > 0 ORDER BY id", NO_VALUES);
    while (db_step(&w->t.s->d, rows, NULL) > 0)
        if (*n < 100 && draw(w, 4) == 0)
            ids[(*n)++] = db_u32(rows, 0);
    return ids;
}

static guint name_of(walk *w, guint32 id)
{
    g_autoptr(mail_summary) s = store_summary(w->t.s, id, NULL);
    return (guint)(s->size - FIRST_SIZE);
}

static void step_move(walk *w, guint32 to)
{
    g_autoptr(GError) error = NULL;
    gsize n;
    g_autofree guint32 *ids = choose(w, &n);
    GHashTable *before = snapshot(w);
    for (gsize i = 0; i < n; i++) {
        const wanted *x = g_hash_table_lookup(w->now, GUINT_TO_POINTER(ids[i]));
        want(w, ids[i], to, x != NULL ? x->flags : 0);
    }
    guint64 action = to != 0 ? store_act_move(w->t.s, "move", ids, n, to, &error)
                             : store_act_expunge(w->t.s, "delete", ids, n, &error);
    no_error(error);
    acted(w, before, action);
}

/* Contents that are copied are not flagged: two of them cannot be told apart. */
static void step_copy(walk *w)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) made = g_array_new(FALSE, FALSE, sizeof(guint32));
    gsize n, some = 0;
    guint32 to = w->folders[draw(w, NFOLDERS)];
    g_autofree guint32 *ids = choose(w, &n);
    for (gsize i = 0; i < n && some < 2; i++)
        if (name_of(w, ids[i]) % 2 == 0)
            ids[some++] = ids[i];
    if (number_of(w->t.s, "SELECT count(*) FROM placement") > 25)
        return;
    GHashTable *before = snapshot(w);
    guint64 action = store_act_copy(w->t.s, "copy", ids, some, to, made, &error);
    no_error(error);
    for (guint i = 0; i < made->len; i++)
        want(w, g_array_index(made, guint32, i), to, 0);
    acted(w, before, action);
}

static void step_flag(walk *w)
{
    g_autoptr(GError) error = NULL;
    gsize n, some = 0;
    mail_flags add = bits[draw(w, 2)], remove = bits[draw(w, 2)];
    g_autofree guint32 *ids = choose(w, &n);
    GHashTable *before = snapshot(w);
    for (gsize i = 0; i < n; i++)
        if (name_of(w, ids[i]) % 2 == 1) {
            const wanted *x = g_hash_table_lookup(w->now, GUINT_TO_POINTER(ids[i]));
            if (x != NULL)
                want(w, ids[i], x->folder, (x->flags | add) & ~remove);
            ids[some++] = ids[i];
        }
    guint64 action = store_act_flag(w->t.s, "flag", ids, some, add & ~remove, remove, NULL, NULL, &error);
    no_error(error);
    acted(w, before, action);
}

static void step_undo(walk *w, bool redo)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *label = NULL;
    GPtrArray *from = redo ? w->future : w->past, *to = redo ? w->past : w->future;
    guint64 action = store_undo(w->t.s, redo, &label, &error);
    if (!w->alone) {
        ck_assert(error == NULL || error_kind_of(error) == ERROR_INPUT);
        return;
    }
    no_error(error);
    ck_assert_int_eq(action != 0, from->len > 0);
    if (action == 0)
        return;
    g_ptr_array_add(to, w->now);
    w->now = g_ptr_array_steal_index(from, from->len - 1);
}

/* ---- replay, as simple as it can be said */

typedef enum fate { ANSWERED, NO_UID, LOST_BEHIND, LOST_BEFORE, REFUSED } fate;

/* The message is in folder (0: nowhere) on the server now; 0 or its uid there. */
static guint32 server_place(walk *w, const store_journal_row *r, guint32 target)
{
    there *m = server_find(w, r->folder, r->uid);
    g_autoptr(mail_summary) own = store_summary(w->t.s, r->placement, NULL);
    guint name = m != NULL ? m->name : (guint)(own->size - FIRST_SIZE);
    mail_flags flags = m != NULL ? m->flags : own->flags & FLAGS_STORABLE;
    if (r->kind == JOURNAL_MOVE && m != NULL)
        server_remove(w, m);
    return target != 0 ? server_add(w, index_of(w, target), name, flags) : 0;
}

static bool same_message_waits(const GPtrArray *rows, guint before, const store_journal_row *r)
{
    for (guint i = 0; i < before; i++) {
        const store_journal_row *o = rows->pdata[i];
        if (o->state < 2 && o->placement == r->placement)
            return true;
    }
    return false;
}

/* Rows of moving that are done at once with the first. */
static GArray *sent_together(const GPtrArray *rows, guint at, bool merge)
{
    const store_journal_row *r = rows->pdata[at];
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(guint64));
    g_array_append_val(ids, r->id);
    for (guint i = at + 1; merge && r->kind == JOURNAL_MOVE && i < rows->len; i++) {
        const store_journal_row *o = rows->pdata[i];
        if (o->placement == r->placement && o->state < 2 && o->kind == JOURNAL_MOVE)
            g_array_append_val(ids, o->id);
    }
    return ids;
}

static void replay_row(walk *w, const GPtrArray *rows, guint at, fate what)
{
    g_autoptr(GError) error = NULL;
    const store_journal_row *r = rows->pdata[at];
    store *s = w->t.s;
    bool nowhere = r->folder == 0, merge = draw(w, 2) && r->state == 0;
    if (r->after != 0 || same_message_waits(rows, at, r) || r->state == 2)
        return;
    if (r->folder != 0 && server_find(w, r->folder, r->uid) == NULL) {
        sync_folder(w, index_of(w, r->folder)); /* not numbered yet, or gone */
        return;
    }
    if (r->kind == JOURNAL_FLAG) {
        there *m = server_find(w, r->folder, r->uid);
        if (m != NULL && what != REFUSED)
            m->flags = (m->flags | r->add) & ~r->remove;
        if (what == REFUSED)
            store_journal_park(s, &r->id, 1, "NO", &error);
        else if (m != NULL)
            store_journal_done(s, &r->id, NULL, 1, &error);
        no_error(error);
        return;
    }
    g_autoptr(GArray) ids = sent_together(rows, at, merge);
    guint64 *list = (guint64 *)(void *)ids->data;
    guint32 target = merge && r->kind == JOURNAL_MOVE ? r->shown : r->target;
    guint32 floor = target != 0 ? w->uidnext[index_of(w, target)] : 0;
    store_journal_sent(s, list, ids->len, floor, &error);
    no_error(error);
    if (what == REFUSED) {
        store_journal_park(s, list, ids->len, "NO", &error);
        no_error(error);
        return;
    }
    bool still = r->kind == JOURNAL_MOVE && !nowhere && r->folder == target; /* back home: nothing on the wire */
    guint32 uid = 0;
    if (what != LOST_BEFORE && !still)
        uid = server_place(w, r, target);
    if (what == LOST_BEHIND || what == LOST_BEFORE)
        return;
    g_autofree guint32 *uids = g_new0(guint32, ids->len);
    for (guint i = 0; what == ANSWERED && i < ids->len; i++)
        uids[i] = uid;
    store_journal_done(s, list, uids, ids->len, &error);
    no_error(error);
}

/* What was sent and whose answer is not known is looked for first. */
static bool settle_sent(walk *w, const store_journal_row *r)
{
    if (r->state != 1)
        return true;
    if (r->target != 0)
        sync_folder(w, index_of(w, r->target));
    for (guint i = 0; i < NFOLDERS; i++)
        sync_folder(w, i);
    g_autoptr(GPtrArray) rows = store_journal(w->t.s, w->t.account, 0, NULL);
    for (guint i = 0; i < rows->len; i++)
        if (((store_journal_row *)rows->pdata[i])->id == r->id)
            return false;
    return false;
}

static void step_replay(walk *w)
{
    g_autoptr(GPtrArray) rows = store_journal(w->t.s, w->t.account, 0, NULL);
    if (rows->len == 0)
        return;
    guint at = (guint)draw(w, (int)rows->len);
    const store_journal_row *r = rows->pdata[at];
    if (!settle_sent(w, r))
        return;
    fate what = (fate)draw(w, w->alone ? 4 : 5);
    /* Two that are the same, and nobody knows which has gone: there is no telling. */
    if (w->alone && r->placement != 0 && name_of(w, r->placement) % 2 == 0)
        what = ANSWERED;
    replay_row(w, rows, at, what);
}

/* Until nothing waits. */
static void replay_all(walk *w)
{
    for (int round = 0; round < 400; round++) {
        for (guint i = 0; i < NFOLDERS; i++)
            sync_folder(w, i);
        g_autoptr(GPtrArray) rows = store_journal(w->t.s, w->t.account, 0, NULL);
        guint at = 0, waiting = 0;
        for (guint i = 0; i < rows->len; i++)
            if (((store_journal_row *)rows->pdata[i])->state < 2 && waiting++ == 0)
                at = i;
        if (waiting == 0)
            return;
        const store_journal_row *r = rows->pdata[at];
        if (r->kind == JOURNAL_FLAG && r->folder == 0) { /* it can be nowhere only for good */
            store_journal_park(w->t.s, &r->id, 1, "gone", NULL);
            continue;
        }
        replay_row(w, rows, at, ANSWERED);
    }
    ck_abort_msg("rows wait for ever");
}

/* ---- others */

static void step_others(walk *w)
{
    if (w->server->len == 0 || draw(w, 4) == 0) {
        server_add(w, (guint)draw(w, NFOLDERS), (guint)draw(w, NMAILS), 0);
        return;
    }
    there *m = &g_array_index(w->server, there, (guint)draw(w, (int)w->server->len));
    there copy = *m;
    int what = draw(w, 3);
    if (what == 0) {
        m->flags ^= bits[draw(w, 2)];
        return;
    }
    server_remove(w, m);
    if (what == 1)
        server_add(w, (guint)draw(w, NFOLDERS), copy.name, copy.flags);
}

static void step_person_again(walk *w)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) rows = store_journal(w->t.s, w->t.account, 0, NULL);
    if (rows->len == 0)
        return;
    const store_journal_row *r = rows->pdata[draw(w, (int)rows->len)];
    if (draw(w, 2))
        store_journal_cancel(w->t.s, &r->id, 1, &error);
    else
        store_journal_retry(w->t.s, &r->id, 1, &error);
    ck_assert(error == NULL || error_kind_of(error) == ERROR_INPUT);
}

static void step_undelete(walk *w)
{
    g_autoptr(GError) error = NULL;
    store_act_undelete_all(w->t.s, "undelete", w->folders[draw(w, NFOLDERS)], &error);
    no_error(error);
}

/* ---- comparing */

/* Shown is where the last row that waits wants it, else where the server has it. */
static void check_shown(walk *w)
{
    static const char *const never[] = {
        "SELECT count(*) FROM placement p JOIN journal j ON j.id = (SELECT max(id) FROM journal WHERE placement = p.id"
        " AND state < 2 AND kind BETWEEN 1 AND 3) WHERE p.folder <> j.target",
        "SELECT count(*) FROM placement p JOIN home h ON h.placement = p.id WHERE p.folder <> h.folder AND NOT EXISTS"
        " (SELECT 1 FROM journal WHERE placement = p.id AND state < 2 AND kind BETWEEN 1 AND 3)",
        "SELECT count(*) FROM placement WHERE (flags >> 16 & 1) <> (id IN (SELECT placement FROM journal WHERE state < "
        "2))",
        "SELECT count(*) FROM journal WHERE action NOT IN (SELECT id FROM action)",
    };
    check_invariants(w->t.s);
    for (guint i = 0; i < G_N_ELEMENTS(never); i++)
        ck_assert_msg(number_of(w->t.s, never[i]) == 0, "%s", never[i]);
}

static void check_wanted(walk *w)
{
    GHashTableIter it;
    gpointer key, value;
    guint shown = 0;
    g_hash_table_iter_init(&it, w->now);
    while (g_hash_table_iter_next(&it, &key, &value)) {
        const wanted *x = value;
        g_autoptr(mail_summary) s = store_summary(w->t.s, GPOINTER_TO_UINT(key), NULL);
        ck_assert_uint_eq(s != NULL ? s->folder : 0, x->folder);
        if (x->folder != 0)
            ck_assert_uint_eq(s->flags & FLAGS_STORABLE, x->flags);
        shown += x->folder != 0;
    }
    ck_assert_int_eq(number_of(w->t.s, "SELECT count(*) FROM placement WHERE folder > 0"), shown);
}

/* Every message the server has is shown there, and none besides. */
static void check_server(walk *w)
{
    for (guint i = 0; i < w->server->len; i++) {
        const there *m = &g_array_index(w->server, there, i);
        g_autoptr(mail_summary) s = summary_of_uid(w->t.s, w->folders[m->folder], m->uid);
        ck_assert_msg(s != NULL, "not shown: m%u in %u as %u", m->name, m->folder, m->uid);
        ck_assert_uint_eq(s->size, FIRST_SIZE + m->name);
        ck_assert_uint_eq(s->flags, m->flags);
    }
    ck_assert_int_eq(number_of(w->t.s, "SELECT count(*) FROM placement WHERE uid > 0"), w->server->len);
    ck_assert_int_eq(number_of(w->t.s, "SELECT count(*) FROM home"), 0);
}

/* ---- */

static void walk_open(walk *w, guint32 seed, bool alone)
{
    *w = (walk){ .rand = g_rand_new_with_seed(seed), .alone = alone, .uidvalidity = 1 };
    fixture_open(&w->t);
    static const char *const names[] = { "INBOX", "Archive", "Sent" };
    for (guint i = 0; i < NFOLDERS; i++) {
        w->folders[i] = folder_id(w->t.s, w->t.account, names[i]);
        w->uidnext[i] = 1;
    }
    w->server = g_array_new(FALSE, FALSE, sizeof(there));
    w->now = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    w->past = g_ptr_array_new_with_free_func((GDestroyNotify)g_hash_table_unref);
    w->future = g_ptr_array_new_with_free_func((GDestroyNotify)g_hash_table_unref);
    for (guint i = 0; i < NMAILS; i++)
        server_add(w, (guint)draw(w, NFOLDERS), i, 0);
    for (guint i = 0; i < NFOLDERS; i++)
        sync_folder(w, i);
    for (guint i = 0; i < w->server->len; i++) {
        const there *m = &g_array_index(w->server, there, i);
        want(w, id_of_uid(w->t.s, w->folders[m->folder], m->uid), w->folders[m->folder], 0);
    }
}

static void walk_close(walk *w)
{
    fixture_close(&w->t);
    g_rand_free(w->rand);
    g_array_unref(w->server);
    g_hash_table_unref(w->now);
    g_ptr_array_unref(w->past);
    g_ptr_array_unref(w->future);
}

static void step_inside(walk *w, int what)
{
    if (what < 4)
        step_move(w, w->folders[draw(w, NFOLDERS)]);
    else if (what < 5)
        step_move(w, 0);
    else if (what < 6)
        step_copy(w);
    else if (what < 7)
        step_flag(w);
    else if (what < 9)
        step_undo(w, false);
    else if (what < 10)
        step_undo(w, true);
    else if (what < 17)
        step_replay(w);
    else if (what < 18)
        sync_folder(w, (guint)draw(w, NFOLDERS));
    else if (what < 19)
        step_renumber(w);
    else if (what < 23)
        step_others(w);
    else if (what < 25)
        step_person_again(w);
    else
        step_undelete(w);
}

/* As the keeper does it: a refusal must not spoil the transaction. */
static void step(walk *w)
{
    g_autoptr(GError) error = NULL;
    int what = draw(w, w->alone ? 20 : 26);
    if (what == 19) {
        fixture_reopen(&w->t);
        return;
    }
    store_begin(w->t.s, &error);
    step_inside(w, what);
    store_commit(w->t.s, false, &error);
    no_error(error);
}

static int times(int standard)
{
    const char *wanted_times = g_getenv("CURSUS_WALKS");
    return wanted_times != NULL ? (int)g_ascii_strtoll(wanted_times, NULL, 10) : standard;
}

START_TEST(alone)
{
    for (guint32 seed = 1; seed <= (guint32)times(15); seed++) {
        walk w;
        walk_open(&w, seed, true);
        if (g_getenv("CURSUS_WALKS") != NULL)
            g_printerr("alone %u\n", seed);
        for (int i = 0; i < NSTEPS; i++) {
            step(&w);
            check_shown(&w);
            check_wanted(&w);
        }
        store_begin(w.t.s, NULL);
        replay_all(&w);
        store_commit(w.t.s, false, NULL);
        check_shown(&w);
        check_wanted(&w);
        check_server(&w);
        ck_assert_int_eq(number_of(w.t.s, "SELECT count(*) FROM journal"), 0);
        walk_close(&w);
    }
}
END_TEST

START_TEST(with_others)
{
    for (guint32 seed = 1; seed <= (guint32)times(15); seed++) {
        walk w;
        walk_open(&w, seed, false);
        if (g_getenv("CURSUS_WALKS") != NULL)
            g_printerr("others %u\n", seed);
        for (int i = 0; i < NSTEPS; i++) {
            step(&w);
            check_shown(&w);
        }
        store_begin(w.t.s, NULL);
        replay_all(&w);
        for (guint i = 0; i < NFOLDERS; i++)
            sync_folder(&w, i);
        store_commit(w.t.s, false, NULL);
        check_shown(&w);
        check_server(&w);
        walk_close(&w);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("store/walk");
    TCase *t = tcase_create("walk");
    tcase_set_timeout(t, 300);
    tcase_add_test(t, alone);
    tcase_add_test(t, with_others);
    suite_add_tcase(suite, t);
    return suite;
}
