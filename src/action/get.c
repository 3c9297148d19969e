/* SPDX-License-Identifier: GPL-3.0-or-later */
/* get and populate: fetching bodies, and copying or moving what is new, chosen or all, in one operation. */
#include "action/internal.h"
#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

#define VERBS "populate|copy|move"
#define SCOPES "new|selection|all"
#define MODES "connected|stay|disconnect"
#define PARTS "headers|text|text+attachments|attachments|alternative|whole"

typedef struct get_words {
    mtm_get_options o;
    bool scope_named;
    GArray *ids;
    const char *query, *to;
    GPtrArray *folders; /* of char *, borrowed */
} get_words;

static bool is_digits(const char *word)
{
    return word[0] != '\0' && word[strspn(word, "0123456789")] == '\0';
}

/* One option and its argument; false with ERROR_INPUT. */
static bool take_option(get_words *w, const char *name, const char *value, GError **error)
{
    static const struct {
        const char *name;
        gsize at;
    } sizes[] = { { "--max-size", G_STRUCT_OFFSET(mtm_get_options, max_size) },
                  { "--total-limit", G_STRUCT_OFFSET(mtm_get_options, total_limit) },
                  { "--text-limit", G_STRUCT_OFFSET(mtm_get_options, text_limit) },
                  { "--attachment-limit", G_STRUCT_OFFSET(mtm_get_options, attachment_limit) } };
    if (value == NULL) {
        error_set(error, ERROR_INPUT, _("'%s' wants an argument"), name);
        return false;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
        if (strcmp(name, sizes[i].name) == 0)
            return action_bytes_parse(value, G_STRUCT_MEMBER_P(&w->o, sizes[i].at), error);
    int choice = 0;
    if (strcmp(name, "--scope") == 0) {
        w->o.scope = (mtm_get_scope)(choice = action_choice(SCOPES, value, error));
        w->scope_named = true;
    } else if (strcmp(name, "--mode") == 0) {
        w->o.mode = (mtm_get_mode)(choice = action_choice(MODES, value, error));
    } else if (strcmp(name, "--parts") == 0) {
        w->o.parts = (mtm_get_parts)(choice = action_choice(PARTS, value, error));
    } else if (strcmp(name, "--to") == 0) {
        w->to = value;
    } else if (strcmp(name, "--query") == 0) {
        w->query = value;
    } else {
        error_set(error, ERROR_INPUT, _("unknown option '%s'"), name);
        return false;
    }
    return choice >= 0;
}

static bool take_words(const command_call *call, get_words *w, GError **error)
{
    for (int i = 1; i < call->nargs; i++) {
        const char *word = call->args[i];
        if (strcmp(word, "--cumulative") == 0) {
            w->o.cumulative = true;
        } else if (g_str_has_prefix(word, "--")) {
            if (!take_option(w, word, call->args[++i], error))
                return false;
            if (i >= call->nargs)
                break;
        } else if (is_digits(word)) {
            guint32 id = (guint32)MIN(g_ascii_strtoull(word, NULL, 10), G_MAXUINT32);
            g_array_append_val(w->ids, id);
        } else {
            g_ptr_array_add(w->folders, call->args[i]);
        }
    }
    return true;
}

/* --to FOLDER, or mbox:PATH and maildir:PATH; copies and moves want it, populate has no use for it. */
static bool take_target(face *f, get_words *w, GError **error)
{
    if ((w->o.verb == GET_POPULATE) != (w->to == NULL)) {
        error_set(error, ERROR_INPUT,
                  w->to == NULL ? _("where to? --to FOLDER, --to mbox:PATH or --to maildir:PATH")
                                : _("populate fetches bodies: it takes no --to"));
        return false;
    }
    if (w->to == NULL)
        return true;
    if (g_str_has_prefix(w->to, "mbox:") || g_str_has_prefix(w->to, "maildir:")) {
        w->o.to_file = w->to;
        return true;
    }
    const folder *to = action_folder(f, w->to, error);
    if (to != NULL)
        w->o.to = to->id;
    return to != NULL;
}

/* The messages of ids and --query, or of the selection of the screen. */
static bool take_selection(const command_call *call, get_words *w, GError **error)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < w->ids->len; i++)
        g_ptr_array_add(words, g_strdup_printf("%u", g_array_index(w->ids, guint32, i)));
    if (w->query != NULL) {
        g_ptr_array_add(words, g_strdup("--query"));
        g_ptr_array_add(words, g_strdup(w->query));
    }
    command_call chosen = *call;
    chosen.args = (char **)words->pdata;
    chosen.nargs = (int)words->len;
    GArray *ids = action_ids(&chosen, 0, chosen.nargs, error);
    if (ids == NULL)
        return false;
    g_array_unref(w->ids);
    w->ids = ids;
    w->o.ids = action_ids_data(ids);
    w->o.n = ids->len;
    return true;
}

static bool post(face *f, get_words *w, GError **error)
{
    static const char *const labels[] = { [GET_POPULATE] = N_("fetch"), [GET_COPY] = N_("copy"), [GET_MOVE] = N_("move") };
    return action_posted(f, mtm_get(f->mtm, &w->o), _(labels[w->o.verb]), error);
}

static bool run_words(command_call *call, get_words *w, GError **error)
{
    face *f = call->host;
    int verb = action_choice(VERBS, call->args[0], error);
    if (verb < 0)
        return false;
    w->o.verb = (mtm_get_verb)verb;
    if (!take_words(call, w, error) || !take_target(f, w, error))
        return false;
    bool chosen = w->ids->len > 0 || w->query != NULL;
    if (!w->scope_named)
        w->o.scope = chosen ? GET_SELECTION : GET_NEW;
    if (w->o.scope == GET_SELECTION && w->folders->len > 0) {
        error_set(error, ERROR_INPUT, _("a selection is of ids or --query; folders go with --scope new and all"));
        return false;
    }
    if (w->o.scope != GET_SELECTION && chosen) {
        error_set(error, ERROR_INPUT, _("ids go with --scope selection"));
        return false;
    }
    if (w->o.scope == GET_SELECTION)
        return take_selection(call, w, error) && post(f, w, error);
    w->o.account = f->account;
    bool good = true;
    for (guint i = 0; i < w->folders->len && good; i++) {
        const folder *of = action_folder(f, w->folders->pdata[i], error);
        good = of != NULL;
        w->o.folder = good ? of->id : 0;
        good = good && post(f, w, error);
    }
    return w->folders->len > 0 ? good : post(f, w, error);
}

static bool run_get(command_call *call, GError **error)
{
    if (action_face(call, error) == NULL)
        return false;
    get_words w = { .o = { .mode = GET_STAY, .parts = GET_WHOLE, .max_size = -1, .total_limit = -1, .text_limit = -1,
                           .attachment_limit = -1 },
                    .ids = g_array_new(FALSE, FALSE, sizeof(guint32)),
                    .folders = g_ptr_array_new() };
    bool good = run_words(call, &w, error);
    g_array_unref(w.ids);
    g_ptr_array_unref(w.folders);
    return good;
}

static bool run_populate(command_call *call, GError **error)
{
    face *f = action_face(call, error);
    g_autoptr(GArray) ids = f != NULL ? action_ids(call, 0, call->nargs, error) : NULL;
    if (ids == NULL)
        return false;
    return ids->len == 0 ||
           action_posted(f, mtm_populate(f->mtm, action_ids_data(ids), ids->len), _("fetch"), error);
}

const command_row action_get_rows[] = {
    { "get", NULL, CONTEXT_GLOBAL, "populate|copy|move [OPTION...] [FOLDER...|ID...]", 1, -1,
      N_("fetch, copy or move what is new, chosen, or all; with the options of the subcommand get"), run_get },
    { "populate", NULL, CONTEXT_INDEX | CONTEXT_PAGER, "[ID...]", 0, -1, N_("fetch the bodies of messages"),
      run_populate },
    { NULL },
};
