/* SPDX-License-Identifier: GPL-3.0-or-later */
/* open [--json | --text | --preview] [--columns N] FILE...: opens each file as a reader would, in
 * every way the screen has.  Prints header values as JSON lines, or the text; without an option
 * only what took longer than a second and how many there were. */
#include "mtm/document.h"

#include "mime/header.h"
#include "mime/message.h"
#include "mime/render.h"
#include "text/json.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOW_MS 1000

static gboolean json, text, preview;
static int ncols = 80;
static const GOptionEntry options[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "header values", NULL },
    { "text", 0, 0, G_OPTION_ARG_NONE, &text, "the text as it is shown", NULL },
    { "preview", 0, 0, G_OPTION_ARG_NONE, &preview, "the preview", NULL },
    { "columns", 0, 0, G_OPTION_ARG_INT, &ncols, "width", "N" },
    { NULL }
};

static void put_list(json_writer *w, const char *key, const GPtrArray *list)
{
    json_array_begin(w, key);
    for (guint i = 0; i < list->len; i++) {
        const address *a = g_ptr_array_index(list, i);
        json_object_begin(w, NULL);
        json_string(w, "name", a->name);
        json_string(w, "mailbox", a->mailbox);
        json_object_end(w);
    }
    json_array_end(w);
}

static void put_part(json_writer *w, const char *key, document *d, const part *p)
{
    json_object_begin(w, key);
    json_string(w, "section", p->section);
    json_string(w, "type", p->type);
    json_string(w, "name", p->name);
    json_number(w, "size", (gint64)p->size);
    if (p->parts->len == 0) {
        g_autoptr(GBytes) bytes = document_part_bytes(d, p->section);
        g_autofree char *sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA1, bytes);
        json_number(w, "bytes", (gint64)g_bytes_get_size(bytes));
        json_string(w, "sha1", sum);
    }
    json_array_begin(w, "parts");
    for (guint i = 0; i < p->parts->len; i++)
        put_part(w, NULL, d, g_ptr_array_index(p->parts, i));
    json_array_end(w);
    json_object_end(w);
}

static void print_json(const char *path, document *d)
{
    const mail_summary *s = document_summary(d);
    g_autoptr(GString) out = g_string_new(NULL);
    json_writer w;
    json_init(&w, out);
    json_object_begin(&w, NULL);
    json_string(&w, "file", path);
    json_string(&w, "subject", s->subject);
    put_list(&w, "from", s->from);
    put_list(&w, "to", s->to);
    put_list(&w, "cc", s->cc);
    json_number(&w, "date", s->date_s);
    json_number(&w, "offset", s->date_offset_min);
    json_string(&w, "message_id", s->message_id);
    json_bool(&w, "has_attachment", s->has_attachment);
    json_array_begin(&w, "references");
    for (char **id = s->references; id && *id; id++)
        json_string(&w, NULL, *id);
    json_array_end(&w);
    put_part(&w, "structure", d, document_structure(d));
    json_object_end(&w);
    puts(out->str);
}

static void lay_out(document *d, document_headers headers, document_body body, bool print)
{
    document_layout layout = {
        .ncols = (guint)ncols, .headers = headers, .body = body, .attachments = true
    };
    const GPtrArray *lines = document_lines(d, &layout);
    for (guint i = 0; print && i < lines->len; i++)
        puts(((const styled_line *)g_ptr_array_index(lines, i))->text);
}

static void open_every_way(document *d)
{
    lay_out(d, HEADERS_WEEDED, BODY_BEST, false);
    lay_out(d, HEADERS_FULL, BODY_HTML, false);
    lay_out(d, HEADERS_NONE, BODY_SOURCE, false);
    g_autoptr(GPtrArray) attachments = document_attachments(d);
    for (guint i = 0; i < attachments->len; i++) {
        const part *p = g_ptr_array_index(attachments, i);
        g_bytes_unref(document_part_bytes(d, p->section));
    }
    g_autoptr(mime_message) m = mime_message_new(document_raw(d));
    g_free(mime_message_preview(m, 200));
}

static bool open_file(const char *path)
{
    char *data;
    gsize nbytes;
    if (!g_file_get_contents(path, &data, &nbytes, NULL)) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return false;
    }
    /* a heap copy of the exact size, so that the sanitizer sees every byte too many */
    g_autoptr(GBytes) raw = g_bytes_new(data, nbytes);
    g_free(data);
    gint64 start_us = g_get_monotonic_time();
    g_autoptr(document) d = document_new(raw);
    if (json) {
        print_json(path, d);
    } else if (text) {
        lay_out(d, HEADERS_WEEDED, BODY_BEST, true);
    } else if (preview) {
        g_autoptr(mime_message) m = mime_message_new(raw);
        g_autofree char *words = mime_message_preview(m, 100);
        printf("%s: %s\n", path, words);
    } else {
        open_every_way(d);
    }
    gint64 ms = (g_get_monotonic_time() - start_us) / 1000;
    if (ms > SLOW_MS)
        printf("slow: %s: %d ms\n", path, (int)ms);
    return ms <= SLOW_MS;
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C.UTF-8");
    g_autoptr(GOptionContext) context = g_option_context_new("FILE...");
    g_option_context_add_main_entries(context, options, NULL);
    if (!g_option_context_parse(context, &argc, &argv, NULL))
        return EXIT_FAILURE;
    document_init();
    int bad = 0;
    for (int i = 1; i < argc; i++)
        bad += !open_file(argv[i]);
    mime_render_stop();
    if (!json && !text && !preview)
        printf("opened %d, slow or unreadable %d\n", argc - 1, bad);
    return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
