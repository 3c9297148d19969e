/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of mail.db share: the handle, transactions, ids, counters, placements. */
#ifndef CURSUS_STORE_INTERNAL_H
#define CURSUS_STORE_INTERNAL_H

#include "store/database.h"
#include "store/forest.h"
#include "store/store.h"

extern const database_kind database_mail, database_bodies;

typedef struct lost_rows lost_rows;

struct store {
    database d;
    char *dir;
    store_mode mode;
    bool in_transaction;
    bool broken;            /* a write failed inside the open transaction: only a rollback helps */
    forest *forest;         /* the writer's; NULL until the first message, and after a rollback */
    guint32 last_placement; /* highest ids given out */
    guint32 last_mail;
    bool ids_changed; /* not yet written to `high` */
    guint8 hash_key[16];
    lost_rows *lost; /* of the folder that is being bound again; NULL: none */
    GHashTable *counts; /* of folder_count, by folder id: not yet written to `folder` */
    GHashTable *touched; /* folder ids whose rows have changed, not NULL when some came or went: store_touched */
    guint64 joined;     /* acts are one action: its id once there is one */
    bool joining, joined_changed;
    char *joined_label;
};

typedef struct folder_count {
    gint64 messages, unseen; /* differences */
} folder_count;

/* A reader's file may come later: true while there is none. */
bool store_empty(store *s);

/* ---- one writing function: joins the open transaction, or is one itself.
 *     write_begin(...); bool ok = ...; return write_end(s, own, ok, durable, error); */
bool write_begin(store *s, bool *own, GError **error);
bool write_end(store *s, bool own, bool ok, bool durable, GError **error);
/* Differences of a folder's counters, written by write_end. */
void count_add(store *s, guint32 folder, int messages, int unseen);
/* 0 with *error when the ids are used up. */
guint32 next_id(store *s, guint32 *last, GError **error);

/* ---- forest-store.c */
/* The writer's forest, loaded at first use; NULL with *error. */
forest *forest_open(store *s, GError **error);
/* Write what changed in the forest, and let the stored placements follow. */
bool forest_save(store *s, GError **error);
/* Choose the newest row of a thread in a folder again. */
bool thread_retop(store *s, guint32 folder, guint32 thread, GError **error);

/* ---- where.c: where a message is */
typedef struct location {
    guint32 folder; /* 0: nowhere */
    guint32 uid;    /* 0: not known yet */
    guint32 floor;  /* then it is not below this */
    bool lost;      /* then it had one that a new numbering made void */
} location;
typedef struct whereabouts {
    guint32 id, shown; /* folder; 0 nowhere */
    location server;
    bool homed;        /* has a row of `home` */
    guint32 thread, node, mail;
    gint64 date, received;
    guint64 size;
    mail_flags flags;
    char *keywords;
    bool top;
} whereabouts;
void where_clear(whereabouts *w);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(whereabouts, where_clear)
/* 1: *w is set; 0: there is no such placement; -1: error. */
int where_read(store *s, guint32 id, whereabouts *w, GError **error);
/* The account it belongs to; 0 unknown. */
guint32 where_account(store *s, const whereabouts *w);
guint32 account_of_folder(store *s, guint32 folder);
/* Show it in another folder (0: nowhere), say where the server has it; mark: flags that are shown besides. */
bool where_write(store *s, const whereabouts *old, guint32 shown, const location *server, mail_flags mark,
                 GError **error);
/* 1: rows that wait say that it is to be in *folder; 0: none does; -1: error. */
int where_wanted(store *s, guint32 id, guint32 *folder, GError **error);
/* 1: it has rows of copying, moving, appending in this state (-1: any). */
int where_rows(store *s, guint32 id, int state, GError **error);
/* Show it where it belongs by what the server has (NULL: as before) and the rows that wait; remove it when that is
 * nowhere and nothing waits.  Its flags are played again too. */
bool where_settle(store *s, guint32 id, const location *server, GError **error);
/* It is (folder, uid) on the server: a row that was made for that before goes, its changes are taken over. */
bool where_claim(store *s, guint32 id, guint32 folder, guint32 uid, GError **error);
/* The marks of the newest: after a row of the thread that had the mark left the folder; before one comes. */
bool top_leave(store *s, guint32 folder, guint32 thread, GError **error);
bool top_enter(store *s, guint32 folder, guint32 thread, gint64 date, guint32 node, bool *top, GError **error);

/* ---- placements.c: removal */
/* Remove one row with all that hangs on it alone: journal rows, content. */
bool placement_remove(store *s, guint32 id, GError **error);
/* The server has it no more where it had it: the row goes, unless something else is wanted of it. */
bool placement_left_home(store *s, guint32 id, GError **error);
/* The same for all of the folder whose uid was not found in so many synchronisations. */
bool homes_drop(store *s, guint32 folder, int syncs, GError **error);

/* ---- acts-folder.c: what is shown of folders follows their rows */
bool folder_settle(store *s, guint32 folder, GError **error);
bool folder_settle_marks(store *s, guint32 folder, GError **error); /* all but names */
bool folder_row_done(store *s, journal_kind kind, guint32 folder, const char *name, GError **error);
/* Of all folders of the account, after the server's list; writes only what changed. */
bool folders_settle(store *s, guint32 account, GError **error);
/* Names of the account's folders: the server's, with the renamings that wait. */
bool folder_names_settle(store *s, guint32 account, GError **error);
/* folder-list.c: rows that want something into it are parked, what is in it goes, then itself. */
bool folder_remove(store *s, guint32 folder, GError **error);
/* journal.c: joins the open transaction; sent ones too. */
bool journal_cancel(store *s, const guint64 *ids, gsize n, GError **error);
/* folders.c: also those that are not listed. */
GPtrArray *folders_all(store *s, guint32 account, GError **error);

/* ---- arrivals.c */
/* > 0: placement waits for a message like it in folder, and it may be this uid; *row of the journal says so, or 0; 0:
 * it does not wait; -1: error.  Of several the greatest: 3 what the server has had here, 2 what it has nowhere, 1 what
 * it may still have elsewhere. */
int awaits(store *s, guint32 placement, guint32 folder, guint32 uid, guint64 *row, GError **error);
/* It has arrived: rows up to row are done. */
bool arrived(store *s, guint32 placement, guint32 folder, guint32 uid, guint64 row, GError **error);
/* The row of a message whose uid is (folder, uid) on the server, shown elsewhere: 1 *placement, 0 none, -1 error. */
int home_of(store *s, guint32 folder, guint32 uid, guint32 *placement, GError **error);

/* ---- identity.c */
bool object_known(const mail_summary *m);
/* The stored content bears the server's name of m's. */
bool same_object(store *s, guint32 mail, const mail_summary *m);
bool object_learned(store *s, guint32 mail, const mail_summary *m, GError **error);
/* A content whose last placement went. */
typedef struct orphan {
    guint32 mail, node, placement;
    guint64 size;
} orphan;
bool orphan_add(store *s, const orphan *o, GError **error);
bool orphans_there(store *s);
/* 1: *found is the content of m, and no orphan any more; 0: none; -1: error. */
int orphan_take(store *s, guint32 node, const mail_summary *m, orphan *found, GError **error);
/* Rows of the folder that lost their uid, for lost_find until lost_forget.  *any: there are some. */
bool lost_open(store *s, guint32 folder, bool *any, GError **error);
guint32 lost_find(store *s, const mail_summary *m); /* the row that m is; 0 none, or not certain */
void lost_forget(store *s);

/* ---- flags.c */
/* Columns of a placement that the flags depend on. */
typedef struct flag_state {
    guint32 id, folder;
    mail_flags server_flags, flags;
    guint64 modseq;
    char *server_keywords, *keywords; /* g_free */
} flag_state;
#define FLAG_STATE_COLUMNS "id, folder, server_flags, flags, modseq, server_keywords, keywords"
void flag_state_read(flag_state *f, db_rows rows);
void flag_state_clear(flag_state *f);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(flag_state, flag_state_clear)
/* Set the server's word, play the waiting rows over it, write both. */
bool flags_set_server(store *s, const flag_state *old, mail_flags flags, const char *keywords,
                      guint64 modseq, GError **error);
/* Play the journal again for one placement: rows of it changed. */
bool flags_recompute(store *s, guint32 placement, GError **error);

/* ---- packed address lists (columns sender, recipients, copies) */
char *addresses_pack(const GPtrArray *list);
GPtrArray *addresses_unpack(const char *packed);

#endif
