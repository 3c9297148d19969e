/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A server that suddenly reports most of a folder gone may be restoring a backup, or be wrong (a false QRESYNC
 * answer, a mount that is missing).  Before the stored copy goes, a second connection must say the same. */
#include "mtm/session.h"
#include "base/log.h"

enum { MASS = 10 }; /* fewer may go unasked: they are fetched again soon */

/* ---- the second opinion */

typedef struct opinion {
    uid_set *present;
    GPtrArray *names;      /* of wire names listed, or NULL */
    guint32 uidvalidity;
} opinion;

static bool hear(const imap_reply *r, gpointer data)
{
    opinion *o = data;
    if ((r->kind == IMAP_SEARCH || r->kind == IMAP_ESEARCH) && r->set != NULL)
        uid_set_add_set(o->present, r->set);
    if (r->kind == IMAP_OK && r->code == CODE_UIDVALIDITY)
        o->uidvalidity = (guint32)r->number;
    if (r->kind == IMAP_LIST && r->list != NULL && o->names != NULL)
        g_ptr_array_add(o->names, g_strdup(r->list->wire_name));
    return true;
}

static imap_connection *second_connection(mtm_session *s, opinion *o, GError **error)
{
    mtm_problem *problem = NULL;
    g_autofree char *name = g_strdup_printf("%s-confirm", s->a->name);
    imap_connection *c = link_open(s->a, s->settings, name, false, s->cancel, &problem);
    if (c == NULL) {
        error_set(error, ERROR_REFUSED, "%s", problem->detail);
        mtm_problem_free(problem);
        return NULL;
    }
    imap_connection_set_handler(c, hear, o);
    return c;
}

/* Every UID that another session sees in the folder; NULL with *error. */
static uid_set *ask_again(mtm_session *s, const folder *f, GError **error)
{
    opinion o = { .present = uid_set_new() };
    imap_connection *c = second_connection(s, &o, error);
    bool ok = false;
    if (c != NULL) {
        GString *examine = imap_command("EXAMINE");
        if (imap_add_mailbox(c, examine, f->wire_name)) {
            ok = imap_run(c, examine, NULL, error) &&
                 imap_wait(c, imap_send_text(c, imap_has(c, "ESEARCH") ? "UID SEARCH RETURN (ALL) ALL" : "UID SEARCH ALL"),
                           NULL, error);
        } else {
            g_string_free(examine, TRUE);
        }
        if (ok)
            imap_logout(c);
        imap_connection_free(c);
    }
    if (ok && s->box.uidvalidity != 0 && o.uidvalidity != s->box.uidvalidity) {
        error_set(error, ERROR_REFUSED, "two connections see two numberings of the folder");
        ok = false;
    }
    if (ok)
        return o.present;
    uid_set_free(o.present);
    return NULL;
}

/* ---- messages */

bool believe_gone(mtm_session *s, uid_set *gone, guint64 nstored, GError **error)
{
    guint64 n = uid_set_count(gone);
    if (n == 0) {
        uid_set_free(gone);
        return true;
    }
    if (n < MASS || n * 2 <= nstored) {
        keeper_vanished(s->m, s->box.folder, gone);
        return true;
    }
    log_warn(LOG_MTM, "%s: %s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " messages are reported gone; asking again",
             s->a->name, s->box.name, n, nstored);
    g_autoptr(GError) cause = NULL;
    g_autoptr(folder) f = session_folder(s, s->box.folder, NULL, &cause);
    g_autoptr(uid_set) present = f != NULL ? ask_again(s, f, &cause) : NULL;
    uid_set *really = present != NULL ? uid_set_minus(gone, present) : NULL;
    bool all = really != NULL && uid_set_count(really) == n;
    uid_set_free(gone);
    if (really != NULL && uid_set_count(really) > 0)
        keeper_vanished(s->m, s->box.folder, really);
    else
        uid_set_free(really);
    if (all)
        return true;
    if (present != NULL)
        error_set(error, ERROR_REFUSED,
                  "the server reported %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                  " messages gone, but another connection still sees them: they are kept", n, nstored);
    else
        error_set(error, ERROR_REFUSED,
                  "the server reports %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                  " messages gone; they are kept until a second connection confirms it (%s)", n, nstored,
                  cause != NULL ? cause->message : "none could be made");
    return false;
}

bool settle_vanished(mtm_session *s, GError **error)
{
    g_autoptr(uid_set) told = g_steal_pointer(&s->box.vanished);
    if (told == NULL)
        return true;
    uid_set *lost = g_hash_table_lookup(s->unfetchable, GUINT_TO_POINTER(s->box.folder));
    if (lost != NULL) {
        uid_set *left = uid_set_minus(lost, told);
        g_hash_table_replace(s->unfetchable, GUINT_TO_POINTER(s->box.folder), left);
    }
    sync_flush(s);
    if (uid_set_count(told) < MASS) {
        keeper_vanished(s->m, s->box.folder, g_steal_pointer(&told));
        return true;
    }
    g_autoptr(uid_set) stored = session_stored_uids(s, s->box.folder, error);
    if (stored == NULL)
        return false;
    g_autoptr(uid_set) left = uid_set_minus(stored, told);
    return believe_gone(s, uid_set_minus(stored, left), uid_set_count(stored), error);
}

/* ---- folders */

bool folders_really_gone(mtm_session *s, const GPtrArray *missing, GError **error)
{
    opinion o = { .present = uid_set_new(), .names = g_ptr_array_new_with_free_func(g_free) };
    imap_connection *c = second_connection(s, &o, error);
    bool ok = c != NULL && imap_wait(c, imap_send_text(c, "LIST \"\" \"*\""), NULL, error);
    if (ok)
        imap_logout(c);
    if (c != NULL)
        imap_connection_free(c);
    for (guint i = 0; ok && i < missing->len; i++) {
        const folder *f = g_ptr_array_index(missing, i);
        if (!g_ptr_array_find_with_equal_func(o.names, f->wire_name, g_str_equal, NULL))
            continue;
        error_set(error, ERROR_REFUSED,
                  "the server left %u folders out of its list, but another connection still sees %s: they are kept",
                  missing->len, f->name);
        ok = false;
    }
    uid_set_free(o.present);
    g_ptr_array_unref(o.names);
    return ok;
}
