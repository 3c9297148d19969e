/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the server says of messages becomes rows.  A batch is first linked in the forest, in memory,
 * then written with the threads as they are at its end, so that a row is written once. */
#include "store/acts.h"
#include "base/error.h"
#include "base/limits.h"

#include <string.h>

/* Messages of one folder that bear the same Message-ID and can still be told apart after the server
 * has numbered them anew; further ones are nodes without a name. */
#define SAME_ID_NODES 16

typedef struct arrival {
    const mail_summary *s;
    guint32 id, node, mail;
    gint64 date;
    bool known_mail; /* shares the content of another row */
    bool copy;       /* its node has another first placement */
    bool top;
} arrival;

typedef struct batch {
    store *s;
    guint32 folder, account;
    guint32 first_id; /* made by this batch: from here on */
    GArray *arrivals;
    GHashTable *by_uid; /* index + 1 in arrivals */
    GHashTable *copies; /* nodes of arrivals that are copies */
    GHashTable *revived; /* ids of this batch that are older than it */
    bool orphans, lost, homes; /* there are contents, rows that may be waiting for an arrival; rows shown elsewhere */
    GArray *refs;       /* scratch: hashes */
} batch;

/* ---- what is there already */

/* Content as seen now.  Once the body has been looked into (there is a preview), a header knows less. */
static bool update_content(store *s, guint32 mail, const mail_summary *m, GError **error)
{
    return db_run(&s->d,
                  "UPDATE mail SET attachment = ?2, preview = coalesce(?3, preview) WHERE id = ?1"
                  " AND (preview IS NULL OR ?3 IS NOT NULL)"
                  " AND (attachment <> ?2 OR preview IS NOT coalesce(?3, preview))",
                  VALUES(V(mail), V(m->has_attachment), V(m->preview)), error);
}

bool store_content_learned(store *s, guint32 mail, const char *preview, bool has_attachment, GError **error)
{
    return db_run(&s->d, "UPDATE mail SET attachment = ?2, preview = ?3 WHERE id = ?1",
                  VALUES(V(mail), V(has_attachment), V(preview)), error);
}

bool store_content_hashed(store *s, guint32 mail, GBytes *hash, GError **error)
{
    return db_run(&s->d, "UPDATE mail SET hash = ?2 WHERE id = ?1 AND hash IS NOT ?2", VALUES(V(mail), V(hash)), error);
}

GBytes *store_content_hash(store *s, guint32 mail)
{
    if (store_empty(s))
        return NULL;
    g_auto(db_rows) rows = db_query(&s->d, "SELECT hash FROM mail WHERE id = ?1", VALUES(V(mail)));
    if (db_step(&s->d, rows, NULL) <= 0 || sqlite3_column_bytes(rows, 0) != CONTENT_HASH_BYTES)
        return NULL;
    return g_bytes_new(sqlite3_column_blob(rows, 0), CONTENT_HASH_BYTES);
}

static bool content_split(store *s, guint32 placement, guint32 *mail, GError **error)
{
    guint32 fresh = next_id(s, &s->last_mail, error);
    if (fresh == 0)
        return false;
    if (!db_run(&s->d,
                "INSERT INTO mail (id, message_id, subject, sender, recipients, copies, list_id, date, date_offset,"
                " attachment) SELECT ?2, message_id, subject, sender, recipients, copies, list_id, date, date_offset,"
                " attachment FROM mail WHERE id = ?1",
                VALUES(V(*mail), V(fresh)), error) ||
        !db_run(&s->d, "UPDATE placement SET mail = ?2 WHERE id = ?1", VALUES(V(placement), V(fresh)), error))
        return false;
    *mail = fresh;
    return true;
}

bool store_content_split(store *s, guint32 placement, guint32 *mail, GError **error)
{
    bool own;
    gint64 now = 0, others = 0;
    if (!write_begin(s, &own, error))
        return false;
    int step = db_one(&s->d, "SELECT mail FROM placement WHERE id = ?1", VALUES(V(placement)), &now, error);
    if (step == 0)
        error_set(error, ERROR_INPUT, "there is no message %u", placement);
    bool ok = step > 0;
    *mail = (guint32)now;
    ok = ok && db_one(&s->d,
                      "SELECT count(*) FROM placement q, placement p WHERE p.id = ?1 AND q.id <> p.id AND q.mail ="
                      " p.mail AND q.id IN (SELECT first FROM node WHERE id = p.node UNION ALL SELECT id FROM"
                      " placement WHERE copy AND node = p.node)",
                      VALUES(V(placement)), &others, error) > 0;
    ok = ok && (others == 0 || content_split(s, placement, mail, error));
    return write_end(s, own, ok, false, error);
}

static int read_known(store *s, db_rows rows, flag_state *old, guint32 *mail, GError **error)
{
    int step = db_step(&s->d, rows, error);
    if (step > 0) {
        flag_state_read(old, rows);
        *mail = db_u32(rows, 7);
    }
    return step;
}

static int read_uid(batch *b, guint32 uid, flag_state *old, guint32 *mail, GError **error)
{
    store *s = b->s;
    {
        g_auto(db_rows) rows = db_query(&s->d,
                                        "SELECT " FLAG_STATE_COLUMNS ", mail FROM placement"
                                        " INDEXED BY placement_uid WHERE folder = ?1 AND uid = ?2",
                                        VALUES(V(b->folder), V(uid)));
        int step = read_known(s, rows, old, mail, error);
        if (step != 0 || !b->homes)
            return step;
    }
    guint32 id;
    int step = home_of(s, b->folder, uid, &id, error);
    if (step <= 0)
        return step;
    g_auto(db_rows) rows =
        db_query(&s->d, "SELECT " FLAG_STATE_COLUMNS ", mail FROM placement WHERE id = ?1", VALUES(V(id)));
    return read_known(s, rows, old, mail, error);
}

/* 1: the uid is stored, and now up to date; 0: not; -1: error. */
static int update_known(batch *b, const mail_summary *m, GError **error)
{
    g_auto(flag_state) old = { 0 };
    guint32 mail = 0;
    int step = read_uid(b, m->uid, &old, &mail, error);
    if (step <= 0)
        return step;
    bool stale = m->modseq != 0 && m->modseq < old.modseq;
    bool ok = stale || flags_set_server(b->s, &old, m->flags, m->keywords, m->modseq, error);
    return ok && update_content(b->s, mail, m, error) && object_learned(b->s, mail, m, error) ? 1 : -1;
}

/* The last of too many references: the near ancestors. */
static void link_references(batch *b, guint32 node, const mail_summary *m)
{
    static char *none[] = { NULL };
    char **refs = m->references != NULL ? m->references : none;
    guint n = g_strv_length(refs);
    if (n > LIMIT_REFERENCES)
        refs += n - LIMIT_REFERENCES;
    g_array_set_size(b->refs, 0);
    for (; *refs != NULL; refs++)
        if (**refs != '\0') {
            guint64 hash = forest_hash(b->s->hash_key, b->account, *refs, 0);
            g_array_append_val(b->refs, hash);
        }
    forest_link(b->s->forest, node, (const guint64 *)(gpointer)b->refs->data, b->refs->len);
}

/* One that was made here from what a list knows comes with its references for the first time. */
static bool link_bound(batch *b, guint32 id, const mail_summary *m, GError **error)
{
    gint64 node = 0;
    if (m->references == NULL || m->references[0] == NULL)
        return true;
    if (db_one(&b->s->d, "SELECT node FROM placement WHERE id = ?1 AND parent = 0", VALUES(V(id)), &node, error) < 0)
        return false;
    if (node != 0)
        link_references(b, (guint32)node, m);
    return true;
}

/* A row that waited gets its uid: it is the same message. */
static bool bind_waiting(batch *b, guint32 id, guint64 row, const mail_summary *m, GError **error)
{
    g_auto(flag_state) old = { 0 };
    guint32 mail;
    if (!arrived(b->s, id, b->folder, m->uid, row, error))
        return false;
    {
        g_auto(db_rows) rows =
            db_query(&b->s->d, "SELECT " FLAG_STATE_COLUMNS ", mail FROM placement WHERE id = ?1", VALUES(V(id)));
        if (read_known(b->s, rows, &old, &mail, error) <= 0)
            return false;
    }
    return flags_set_server(b->s, &old, m->flags, m->keywords, m->modseq, error) &&
           object_learned(b->s, mail, m, error) && link_bound(b, id, m, error);
}

/* ---- which node, which content */

typedef struct node_use {
    bool taken;      /* by another message of this folder */
    guint32 waiting; /* a row that waits for just this message to come here */
    guint64 row;     /* of the journal, that says so; 0 none */
    int waits;       /* how certainly (awaits) */
    guint32 mail;    /* the same content in another folder */
} node_use;

/* Rows that bear the node: does one wait for m, has one its content, is one in the way? */
static bool look_at_rows(batch *b, db_rows rows, const mail_summary *m, node_use *use, GError **error)
{
    int step;
    while ((step = db_step(&b->s->d, rows, error)) > 0) {
        bool here = db_u32(rows, 1) == b->folder;
        bool same = (guint64)db_int(rows, 3) == m->size || same_object(b->s, db_u32(rows, 4), m);
        /* One with a uid waits only where a move of it was sent, and taken back. */
        bool open = db_u32(rows, 2) == 0 || (db_u32(rows, 5) & FLAG_PENDING) != 0;
        if (same && m->uid != 0 && open) {
            guint64 row = 0;
            bool lost = here && db_int(rows, 6) != 0; /* all of a folder after a new numbering */
            int waits = lost ? 3 : awaits(b->s, db_u32(rows, 0), b->folder, m->uid, &row, error);
            if (waits < 0)
                return false;
            if (waits > use->waits) {
                use->waits = waits;
                use->waiting = db_u32(rows, 0);
                use->row = row;
            }
        }
        use->taken = use->taken || here;
        if (same)
            use->mail = db_u32(rows, 4);
    }
    use->taken = use->taken && use->waiting == 0;
    return step == 0;
}

static bool look_at_node(batch *b, guint32 node, const mail_summary *m, node_use *use,
                         GError **error)
{
    guint32 first = forest_get(b->s->forest, node)->first;
    *use = (node_use){ 0 };
    use->taken = first >= b->first_id || g_hash_table_contains(b->revived, GUINT_TO_POINTER(first)) ||
                 g_hash_table_contains(b->copies, GUINT_TO_POINTER(node));
    if ((first == 0 || first >= b->first_id) && !forest_copies(b->s->forest, node))
        return true;
    g_auto(db_rows) rows =
        db_query(&b->s->d,
                 "SELECT id, folder, uid, size, mail, flags, lost FROM placement WHERE id = ?1 UNION ALL"
                 " SELECT id, folder, uid, size, mail, flags, lost FROM placement INDEXED BY placement_copy"
                 " WHERE copy AND node = ?2",
                 VALUES(V(first), V(node)));
    return look_at_rows(b, rows, m, use, error);
}

/* What a message is found again by: its Message-ID, else the server's name of its content (in numbers of
 * their own, for a Message-ID can be anything).  0: nothing. */
static guint64 name_of(const batch *b, const mail_summary *m, guint copy)
{
    if (m->message_id != NULL && m->message_id[0] != '\0')
        return forest_hash(b->s->hash_key, b->account, m->message_id, copy);
    return object_known(m) ? forest_hash(b->s->hash_key, b->account, m->object_id, SAME_ID_NODES + copy) : 0;
}

/* Choose the node of a message: of its name, unless another message of the folder has that; then one
 * more of the same name (RFC 5256: only the first message keeps a repeated id). */
static bool choose_node(batch *b, arrival *a, node_use *use, GError **error)
{
    forest *f = b->s->forest;
    *use = (node_use){ 0 };
    for (guint copy = 0; copy < SAME_ID_NODES; copy++) {
        guint64 hash = name_of(b, a->s, copy);
        if (hash == 0)
            break;
        a->node = forest_find(f, hash);
        if (a->node == 0)
            a->node = forest_add(f, hash);
        if (!look_at_node(b, a->node, a->s, use, error))
            return false;
        if (!use->taken)
            return true;
    }
    a->node = forest_add(f, 0);
    *use = (node_use){ 0 };
    return true;
}

/* That of another folder, else of a message that vanished from one and has come here, with its id;
 * else a new one. */
static bool choose_content(batch *b, arrival *a, const node_use *use, GError **error)
{
    orphan back = { 0 };
    if (use->mail == 0 && b->orphans && orphan_take(b->s, a->node, a->s, &back, error) < 0)
        return false;
    a->id = back.placement != 0 ? back.placement : next_id(b->s, &b->s->last_placement, error);
    if (back.placement != 0)
        g_hash_table_add(b->revived, GUINT_TO_POINTER(a->id));
    a->mail = use->mail != 0 ? use->mail : back.mail;
    a->known_mail = a->mail != 0;
    if (a->known_mail)
        return a->id != 0 && object_learned(b->s, a->mail, a->s, error);
    a->mail = next_id(b->s, &b->s->last_mail, error);
    return a->id != 0 && a->mail != 0;
}

static bool arrive(batch *b, const mail_summary *m, GError **error)
{
    arrival a = { .s = m, .date = mail_summary_sort_date(m) };
    node_use use;
    guint32 lost = b->lost && m->uid != 0 ? lost_find(b->s, m) : 0;
    if (lost != 0)
        return bind_waiting(b, lost, 0, m, error);
    if (!choose_node(b, &a, &use, error))
        return false;
    if (use.waiting != 0)
        return bind_waiting(b, use.waiting, use.row, m, error);
    if (!choose_content(b, &a, &use, error))
        return false;
    forest *f = b->s->forest;
    bool message_before = forest_get(f, a.node)->first != 0 || forest_copies(f, a.node);
    a.copy = forest_get(f, a.node)->first != 0;
    if (a.copy) {
        forest_set_copies(f, a.node, true);
        g_hash_table_add(b->copies, GUINT_TO_POINTER(a.node));
    } else {
        forest_get(f, a.node)->first = a.id;
        forest_touch(f, a.node);
    }
    if (!message_before)
        link_references(b, a.node, m);
    g_array_append_val(b->arrivals, a);
    if (m->uid != 0)
        g_hash_table_insert(b->by_uid, GUINT_TO_POINTER(m->uid),
                            GUINT_TO_POINTER(b->arrivals->len));
    return true;
}

static bool take(batch *b, const mail_summary *m, GError **error)
{
    if (m->uid == 0)
        return arrive(b, m, error);
    guint again = GPOINTER_TO_UINT(g_hash_table_lookup(b->by_uid, GUINT_TO_POINTER(m->uid)));
    if (again != 0) { /* servers repeat themselves; the last word counts */
        g_array_index(b->arrivals, arrival, again - 1).s = m;
        return true;
    }
    int known = update_known(b, m, error);
    return known == 0 ? arrive(b, m, error) : known > 0;
}

/* ---- writing */

static bool newer(gint64 date, guint32 node, const arrival *than)
{
    return date != than->date ? date > than->date : node > than->node;
}

/* The newest arrival of a thread becomes its mark in the folder, if no stored row is newer. */
static bool choose_top(batch *b, arrival *a, GError **error)
{
    guint32 thread = forest_get(b->s->forest, a->node)->thread;
    a->top = true;
    return !(b->s->forest->state[thread] & FOREST_NAMING) ||
           top_enter(b->s, b->folder, thread, a->date, a->node, &a->top, error);
}

static bool choose_tops(batch *b, GError **error)
{
    g_autoptr(GHashTable) newest = g_hash_table_new(NULL, NULL); /* arrival by thread */
    for (guint i = 0; i < b->arrivals->len; i++) {
        arrival *a = &g_array_index(b->arrivals, arrival, i);
        gpointer thread = GUINT_TO_POINTER(forest_get(b->s->forest, a->node)->thread);
        const arrival *best = g_hash_table_lookup(newest, thread);
        if (best == NULL || newer(a->date, a->node, best))
            g_hash_table_insert(newest, thread, a);
    }
    GHashTableIter it;
    gpointer value;
    g_hash_table_iter_init(&it, newest);
    while (g_hash_table_iter_next(&it, NULL, &value))
        if (!choose_top(b, value, error))
            return false;
    return true;
}

static bool insert_mail(batch *b, const arrival *a, GError **error)
{
    const mail_summary *m = a->s;
    g_autofree char *from = addresses_pack(m->from);
    g_autofree char *to = addresses_pack(m->to);
    g_autofree char *cc = addresses_pack(m->cc);
    return db_run(
        &b->s->d,
        "INSERT INTO mail (id, message_id, subject, sender, recipients, copies, list_id, preview, date,"
        " date_offset, attachment, object_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        VALUES(V(a->mail), V(m->message_id), V(m->subject), V(from), V(to), V(cc), V(m->list_id),
               V(m->preview), V(m->date_s), V(m->date_offset_min), V(m->has_attachment), V(m->object_id)),
        error);
}

static bool insert_placement(batch *b, const arrival *a, GError **error)
{
    const mail_summary *m = a->s;
    const forest_node *n = forest_get(b->s->forest, a->node);
    mail_flags flags = m->flags & (FLAGS_STORABLE | FLAG_RECENT);
    count_add(b->s, b->folder, 1, !(flags & FLAG_SEEN));
    b->s->forest->state[n->thread] |= FOREST_NAMING;
    return db_run(
        &b->s->d,
        "INSERT INTO placement (id, folder, uid, thread, date, node, parent, mail, received, size,"
        " server_flags, flags, modseq, server_keywords, keywords, top, copy)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12, ?13, ?13, ?14, ?15)",
        VALUES(V(a->id), V(b->folder), m->uid != 0 ? V(m->uid) : SQL_NULL, V(n->thread), V(a->date),
               V(a->node), V(n->parent), V(a->mail), V(m->received_s), V((gint64)m->size), V(flags),
               V((gint64)m->modseq), V(m->keywords), V(a->top), V(a->copy)),
        error);
}

static bool insert_all(batch *b, GError **error)
{
    if (!forest_save(b->s, error) || !choose_tops(b, error))
        return false;
    for (guint i = 0; i < b->arrivals->len; i++) {
        const arrival *a = &g_array_index(b->arrivals, arrival, i);
        if ((!a->known_mail && !insert_mail(b, a, error)) || !insert_placement(b, a, error))
            return false;
    }
    return true;
}

static bool homes_there(store *s)
{
    gint64 any = 0;
    return db_one(&s->d, "SELECT 1 FROM home LIMIT 1", NO_VALUES, &any, NULL) > 0;
}

static void batch_open(batch *b, store *s, guint32 folder, guint32 account)
{
    *b = (batch){
        .s = s,
        .folder = folder,
        .account = account,
        .first_id = s->last_placement + 1,
        .arrivals = g_array_new(FALSE, FALSE, sizeof(arrival)),
        .by_uid = g_hash_table_new(NULL, NULL),
        .copies = g_hash_table_new(NULL, NULL),
        .revived = g_hash_table_new(NULL, NULL),
        .orphans = orphans_there(s),
        .homes = homes_there(s),
        .refs = g_array_new(FALSE, FALSE, sizeof(guint64)),
    };
}

static void batch_close(batch *b)
{
    g_array_unref(b->arrivals);
    g_hash_table_unref(b->by_uid);
    g_hash_table_unref(b->copies);
    g_hash_table_unref(b->revived);
    g_array_unref(b->refs);
}

static bool messages_add(store *s, guint32 folder, const GPtrArray *summaries, guint *added,
                         GError **error)
{
    gint64 account = 0;
    int step = db_one(&s->d, "SELECT account FROM folder WHERE id = ?1", VALUES(V(folder)),
                      &account, error);
    /* A folder that went while its messages were on the way takes none; that is no reason to fail
     * whatever else is in the transaction. */
    if (step <= 0)
        return step == 0;
    if (forest_open(s, error) == NULL)
        return false;
    batch b;
    batch_open(&b, s, folder, (guint32)account);
    bool ok = lost_open(s, folder, &b.lost, error);
    for (guint i = 0; ok && i < summaries->len; i++)
        ok = take(&b, g_ptr_array_index(summaries, i), error);
    ok = ok && insert_all(&b, error);
    *added = b.arrivals->len;
    batch_close(&b);
    return ok;
}

bool store_messages_add(store *s, guint32 folder, const GPtrArray *summaries, guint *added,
                        GError **error)
{
    bool own;
    guint n = 0;
    if (!write_begin(s, &own, error))
        return false;
    bool ok = messages_add(s, folder, summaries, &n, error);
    if (added != NULL)
        *added = n;
    return write_end(s, own, ok, false, error);
}

bool placement_make(store *s, guint32 folder, const mail_summary *summary, guint32 *id, guint32 *mail, GError **error)
{
    batch b;
    if (forest_open(s, error) == NULL)
        return false;
    g_autoptr(mail_summary) m = mail_summary_dup(summary);
    m->uid = 0;
    batch_open(&b, s, folder, account_of_folder(s, folder));
    bool ok = arrive(&b, m, error) && insert_all(&b, error);
    if (ok) {
        const arrival *a = &g_array_index(b.arrivals, arrival, 0);
        *id = a->id;
        *mail = a->mail;
    }
    batch_close(&b);
    return ok;
}
