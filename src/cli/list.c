/* SPDX-License-Identifier: GPL-3.0-or-later */
/* list: the messages a query finds.  Aligned columns for a terminal, whole fields for a pipe, or JSON. */
#include "base/clock.h"
#include "base/error.h"
#include "base/i18n.h"
#include "cli/json.h"
#include "cli/list.h"
#include "cli/output.h"
#include "cli/session.h"

#include <stdio.h>
#include <string.h>

/* The query of the words, narrowed to -a's account.  Parsed alone first, so that the columns in errors are the
 * person's. */
static query *query_of(const cli_session *s, GError **error)
{
    g_autofree char *text = g_strjoinv(" ", (char **)s->request->args->pdata);
    query *q = query_parse(text, clock_now_s(), error);
    if (q == NULL || s->request->account == NULL)
        return q;
    query_free(q);
    g_autofree char *narrowed = text[strspn(text, " ")] == '\0'
                                    ? g_strdup_printf("account:\"%s\"", s->request->account)
                                    : g_strdup_printf("account:\"%s\" (%s)", s->request->account, text);
    return query_parse(narrowed, clock_now_s(), error);
}

static mtm_sort sort_of(const cli_request *r, bool *reverse)
{
    static const struct {
        const char *word;
        mtm_sort sort;
    } sorts[] = { { "threads", MTM_SORT_THREADS }, { "date", MTM_SORT_DATE }, { "from", MTM_SORT_FROM },
                  { "subject", MTM_SORT_SUBJECT }, { "size", MTM_SORT_SIZE } };
    const char *word = cli_value(r, "sort");
    *reverse = word != NULL && g_str_has_prefix(word, "reverse-");
    if (word == NULL)
        return cli_has(r, "threads") ? MTM_SORT_THREADS : MTM_SORT_DATE;
    word += *reverse ? strlen("reverse-") : 0;
    for (gsize i = 0; i < G_N_ELEMENTS(sorts); i++)
        if (strcmp(sorts[i].word, word) == 0)
            return sorts[i].sort;
    return MTM_SORT_DATE;
}

static bool limit_of(const cli_request *r, guint *limit, GError **error)
{
    const char *text = cli_value(r, "limit");
    guint64 n = 0; /* all */
    if (text != NULL && !g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT, &n, NULL)) {
        error_set(error, ERROR_INPUT, _("list: --limit wants a number, not '%s'"), text);
        return false;
    }
    *limit = (guint)n;
    return true;
}

static void print_json(cli_session *s, const mail_summary *m)
{
    const folder *where = mtm_folder(s->mtm, m->folder);
    g_autoptr(GString) object = g_string_new(NULL);
    cli_json_message(object, m, where != NULL ? where->account_name : NULL, where != NULL ? where->name : NULL);
    out_json(object);
}

void list_print(const GPtrArray *found, bool threads)
{
    guint32 largest = 1;
    for (guint i = 0; i < found->len; i++)
        largest = MAX(largest, ((const mail_summary *)found->pdata[i])->id);
    int id_columns = snprintf(NULL, 0, "%u", largest), ncols = out_columns();
    bool terminal = out_is_terminal(), ascii = out_is_ascii();
    gint64 now_s = clock_now_s();
    guint32 thread = 0;
    for (guint i = 0; i < found->len; i++) {
        const mail_summary *m = found->pdata[i];
        bool inside = threads && m->thread != 0 && m->thread == thread;
        g_autofree char *line = terminal ? list_line_columns(m, id_columns, ncols, inside, ascii, now_s)
                                         : list_line_plain(m);
        out_line(line);
        thread = m->thread;
    }
}

int cli_list(cli_session *s)
{
    const cli_request *r = s->request;
    g_autoptr(GError) error = NULL;
    guint limit;
    g_autoptr(query) q = query_of(s, &error);
    if (q == NULL || !limit_of(r, &limit, &error))
        return session_usage(error->message);
    bool reverse;
    mtm_sort sort = sort_of(r, &reverse);
    if (!session_open_reading(s, &error))
        return session_fail(error);
    g_autoptr(GPtrArray) found = mtm_list(s->mtm, q, sort, reverse, limit, &error);
    if (found == NULL)
        return session_fail(error);
    if (r->json)
        for (guint i = 0; i < found->len; i++)
            print_json(s, found->pdata[i]);
    else
        list_print(found, sort == MTM_SORT_THREADS);
    return EXIT_DONE;
}
