/* SPDX-License-Identifier: GPL-3.0-or-later */
/* search: what the store knows, then what the servers find in mail that is not stored. */
#include "base/clock.h"
#include "base/error.h"
#include "base/i18n.h"
#include "cli/json.h"
#include "cli/list.h"
#include "cli/output.h"
#include "cli/session.h"

typedef struct finding {
    GPtrArray *rows;     /* of mail_summary, owning */
    GHashTable *by_server; /* ids */
} finding;

static gint newest_first(gconstpointer a, gconstpointer b)
{
    gint64 x = mail_summary_sort_date(*(const mail_summary *const *)a),
           y = mail_summary_sort_date(*(const mail_summary *const *)b);
    return x > y ? -1 : x < y;
}

static void collect(cli_session *s, finding *f)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < s->found->len; i++) {
        const cli_found *one = &g_array_index(s->found, cli_found, i);
        if (!g_hash_table_add(seen, GUINT_TO_POINTER(one->id)))
            continue;
        mail_summary *m = mtm_summary(s->mtm, one->id, NULL);
        if (m == NULL)
            continue;
        g_ptr_array_add(f->rows, m);
        if (one->server)
            g_hash_table_add(f->by_server, GUINT_TO_POINTER(one->id));
    }
    g_ptr_array_sort(f->rows, newest_first);
}

static void print_json(cli_session *s, const finding *f)
{
    for (guint i = 0; i < f->rows->len; i++) {
        const mail_summary *m = f->rows->pdata[i];
        const folder *where = mtm_folder(s->mtm, m->folder);
        g_autoptr(GString) object = g_string_new(NULL);
        cli_json_found(object, m, where != NULL ? where->account_name : NULL, where != NULL ? where->name : NULL,
                       g_hash_table_contains(f->by_server, GUINT_TO_POINTER(m->id)));
        out_json(object);
    }
}

/* Which part ran where, for the person who reads the list. */
static void say_where(const finding *f)
{
    guint server = g_hash_table_size(f->by_server), here = f->rows->len - server;
    g_autofree char *sentence =
        server == 0
            ? g_strdup_printf(ngettext("%u message found in the store", "%u messages found in the store", here), here)
            : g_strdup_printf(_("found in the store: %u, by asking the server: %u"), here, server);
    err_line(sentence);
}

/* The folder of --in, 0 all. */
static bool folder_of(cli_session *s, guint32 *id, GError **error)
{
    const char *name = cli_value(s->request, "in");
    *id = 0;
    if (name == NULL)
        return true;
    const folder *f = action_folder(&s->face, name, error);
    *id = f != NULL ? f->id : 0;
    return f != NULL;
}

int cli_search(cli_session *s)
{
    const cli_request *r = s->request;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strjoinv(" ", (char **)r->args->pdata);
    g_autofree char *narrowed = r->account != NULL ? g_strdup_printf("account:\"%s\" (%s)", r->account, text) : NULL;
    g_autoptr(query) q = query_parse(text, clock_now_s(), &error);
    if (q == NULL)
        return session_usage(error->message);
    if (narrowed != NULL) {
        query_free(q);
        q = query_parse(narrowed, clock_now_s(), &error);
    }
    guint32 in;
    if (q == NULL || !session_open_engine(s, &error) || !folder_of(s, &in, &error))
        return session_fail(error);
    guint64 op = mtm_search(s->mtm, in, q, cli_has(r, "local"));
    session_started(s, op);
    const mtm_problem *p = session_wait(s, op);
    finding f = { .rows = g_ptr_array_new_with_free_func((GDestroyNotify)mail_summary_free),
                  .by_server = g_hash_table_new(NULL, NULL) };
    collect(s, &f);
    if (r->json)
        print_json(s, &f);
    else
        list_print(f.rows, false);
    if (!r->json && out_is_terminal())
        say_where(&f);
    guint n = f.rows->len;
    g_ptr_array_unref(f.rows);
    g_hash_table_unref(f.by_server);
    if (p == NULL)
        return EXIT_DONE;
    int status = session_fail_problem(s, p);
    return n > 0 ? EXIT_PARTLY : status;
}
