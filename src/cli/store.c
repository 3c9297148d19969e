/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store check, stats and compact: the stored mail, file by file. */
#include "base/i18n.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "mtm/check.h"
#include "text/json.h"
#include "text/sanitise.h"

#include <string.h>

static void print(const char *finding, bool json)
{
    if (!json) {
        g_autofree char *clean = text_sanitise_line(finding, -1);
        out_line(clean);
        return;
    }
    g_autoptr(GString) object = g_string_new(NULL);
    json_writer w;
    json_init(&w, object);
    json_object_begin(&w, NULL);
    json_string(&w, "finding", finding);
    json_object_end(&w);
    out_json(object);
}

static void show_progress(const char *phase, guint64 done, guint64 total, gpointer data)
{
    (void)data;
    progress_event(&(mtm_event){ .kind = MTM_PROGRESS, .phase = phase, .done = done, .total = total });
}

static int check(cli_session *s)
{
    g_autoptr(GPtrArray) findings = mtm_store_check(NULL, NULL, show_progress, NULL);
    progress_clear();
    for (guint i = 0; i < findings->len; i++)
        print(findings->pdata[i], s->request->json);
    if (findings->len == 0)
        return EXIT_DONE;
    g_autofree char *sentence = g_strdup_printf(
        ngettext("the stored mail is damaged, %u finding is on standard output: the next sync sets the named file "
                 "aside, saves what can be read of it, and fetches the rest",
                 "the stored mail is damaged, %u findings are on standard output: the next sync sets the named files "
                 "aside, saves what can be read of them, and fetches the rest",
                 findings->len),
        findings->len);
    err_line(sentence);
    return EXIT_FAILED;
}

/* ---- stats */

static void stats_json(const mtm_store_figures *f, guint64 limit)
{
    g_autoptr(GString) object = g_string_new(NULL);
    json_writer w;
    json_init(&w, object);
    json_object_begin(&w, NULL);
    json_string(&w, "data_file", f->data_file);
    json_number(&w, "data_bytes", (gint64)f->data_bytes);
    json_string(&w, "cache_directory", f->cache_directory);
    json_number(&w, "cache_bytes", (gint64)f->cache_bytes);
    json_number(&w, "cache_limit", (gint64)limit);
    json_number(&w, "free_bytes", (gint64)f->free_bytes);
    json_number(&w, "accounts", (gint64)f->accounts);
    json_number(&w, "folders", (gint64)f->folders);
    json_number(&w, "messages", (gint64)f->messages);
    json_number(&w, "threads", (gint64)f->threads);
    json_number(&w, "contents", (gint64)f->contents);
    json_number(&w, "contents_without_message", (gint64)f->orphans);
    json_number(&w, "changes", (gint64)f->changes);
    json_number(&w, "bodies", (gint64)f->bodies);
    json_number(&w, "beginnings", (gint64)f->beginnings);
    json_number(&w, "body_bytes", (gint64)f->body_bytes);
    json_object_end(&w);
    out_json(object);
}

static void line(const char *text)
{
    g_autofree char *clean = text_sanitise_line(text, -1);
    out_line(clean);
}

#define LINE(...)                                                                                  \
    do {                                                                                           \
        g_autofree char *made = g_strdup_printf(__VA_ARGS__);                                      \
        line(made);                                                                                \
    } while (0)

static void stats_text(const mtm_store_figures *f, guint64 limit)
{
    g_autofree char *data = g_format_size_full(f->data_bytes, G_FORMAT_SIZE_IEC_UNITS);
    g_autofree char *cache = g_format_size_full(f->cache_bytes, G_FORMAT_SIZE_IEC_UNITS);
    g_autofree char *most = limit > 0 ? g_format_size_full(limit, G_FORMAT_SIZE_IEC_UNITS) : g_strdup(_("none"));
    g_autofree char *free = g_format_size_full(f->free_bytes, G_FORMAT_SIZE_IEC_UNITS);
    LINE("%s: %s", f->data_file, data);
    /* Ids are 32-bit, so the counts are too: "%u" can be translated, a macro in the middle cannot. */
    LINE(_("  accounts %u, folders %u, messages %u, threads %u"), (guint)f->accounts, (guint)f->folders,
         (guint)f->messages, (guint)f->threads);
    LINE(_("  contents %u, of them %u without a message; changes that wait %u"), (guint)f->contents,
         (guint)f->orphans, (guint)f->changes);
    LINE("%s: %s (cache-limit: %s)", f->cache_directory, cache, most);
    LINE(_("  whole messages %u, beginnings %u"), (guint)f->bodies, (guint)f->beginnings);
    LINE(_("compacting gives back %s"), free);
}

static guint64 cache_limit(const cli_session *s)
{
    return (guint64)conf_number(s->conf, "cache-limit");
}

static int stats(cli_session *s)
{
    g_autoptr(GError) error = NULL;
    mtm_store_figures f;
    if (!mtm_store_stats(&f, &error))
        return session_fail(error);
    if (s->request->json)
        stats_json(&f, cache_limit(s));
    else
        stats_text(&f, cache_limit(s));
    mtm_store_figures_clear(&f);
    return EXIT_DONE;
}

/* ---- compact */

static int compact(cli_session *s)
{
    g_autoptr(GError) error = NULL;
    guint64 before, after;
    bool ok = mtm_store_compact(cache_limit(s), show_progress, NULL, &before, &after, &error);
    progress_clear();
    if (!ok)
        return session_fail(error);
    g_autofree char *from = g_format_size_full(before, G_FORMAT_SIZE_IEC_UNITS);
    g_autofree char *to = g_format_size_full(after, G_FORMAT_SIZE_IEC_UNITS);
    if (s->request->json) {
        g_autoptr(GString) object = g_string_new(NULL);
        json_writer w;
        json_init(&w, object);
        json_object_begin(&w, NULL);
        json_number(&w, "bytes_before", (gint64)before);
        json_number(&w, "bytes_after", (gint64)after);
        json_object_end(&w);
        out_json(object);
    } else
        LINE(_("the stored mail took %s and takes %s now"), from, to);
    return EXIT_DONE;
}

int cli_store(cli_session *s)
{
    const char *verb = s->request->args->pdata[0];
    if (strcmp(verb, "stats") == 0)
        return stats(s);
    return strcmp(verb, "compact") == 0 ? compact(s) : check(s);
}
