/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The query tree as a condition on placement p and mail m, equal to query_match in what it finds.
 * Every text is a bound parameter. */
#include "store/view.h"
#include "base/fold.h"

static int number_value(view_scan *scan, gint64 number)
{
    db_value v = db_number(number);
    g_array_append_val(scan->values, v);
    return QUERY_SQL_FIRST_VALUE + (int)scan->values->len - 1;
}

/* Takes text. */
static int text_value(view_scan *scan, char *text)
{
    g_ptr_array_add(scan->texts, text);
    db_value v = db_text(text);
    g_array_append_val(scan->values, v);
    return QUERY_SQL_FIRST_VALUE + (int)scan->values->len - 1;
}

static int folded_value(view_scan *scan, const query *q)
{
    const char *text = q->text != NULL ? q->text : "";
    return text_value(scan, q->folded != NULL ? g_strdup(q->folded) : text_fold(text));
}

static void compile_has(view_scan *scan, const query *q, const char *column, GString *out)
{
    scan->needs_mail = true;
    g_string_append_printf(out, "has(%s, ?%d)", column, folded_value(scan, q));
}

static void compile_word(view_scan *scan, const query *q, GString *out)
{
    int v = folded_value(scan, q);
    scan->needs_mail = true;
    g_string_append_printf(out,
                           "(has(m.subject, ?%d) OR has(m.sender, ?%d) OR has(m.recipients, ?%d) "
                           "OR has(m.copies, ?%d))",
                           v, v, v, v);
}

/* The folders it names, as their ids: what a name means is decided by query_match alone. */
static void compile_names(const query *q, const GPtrArray *known, GString *out)
{
    g_autoptr(mail_summary) nothing = mail_summary_new();
    const char *comma = "";
    g_string_append(out, "p.folder IN (");
    for (guint i = 0; i < known->len; i++) {
        const folder *f = g_ptr_array_index(known, i);
        if (!query_match(q, nothing, f->account_name, f->name))
            continue;
        g_string_append_printf(out, "%s%u", comma, f->id);
        comma = ",";
    }
    g_string_append_c(out, ')');
}

static void compile_size(view_scan *scan, const query *q, GString *out)
{
    g_string_append_printf(out, "(p.size >= ?%d",
                           number_value(scan, (gint64)MIN(q->from_bytes, (guint64)G_MAXINT64)));
    if (q->to_bytes <= (guint64)G_MAXINT64)
        g_string_append_printf(out, " AND p.size < ?%d", number_value(scan, (gint64)q->to_bytes));
    g_string_append_c(out, ')');
}

static void compile_date(view_scan *scan, const query *q, GString *out)
{
    int from = number_value(scan, q->from_s), to = number_value(scan, q->to_s);
    g_string_append_printf(out, "(p.date >= ?%d AND p.date < ?%d)", from, to);
}

static void compile(view_scan *scan, const query *q, const GPtrArray *known, GString *out);

/* Reading the content costs a lookup, looking through text more: what needs neither goes first. */
static bool is_cheap(const query *q)
{
    switch (q->kind) {
    case QUERY_WORD:
    case QUERY_FROM:
    case QUERY_TO:
    case QUERY_CC:
    case QUERY_SUBJECT:
    case QUERY_LIST:
    case QUERY_ID:
    case QUERY_ATTACHMENT:
    case QUERY_AND:
    case QUERY_OR:
    case QUERY_NOT:
        return false;
    default:
        return true;
    }
}

static void compile_children(view_scan *scan, const query *q, const GPtrArray *known, GString *out)
{
    const char *operator= q->kind == QUERY_OR ? " OR " : " AND ", *between = "";
    if (q->children->len == 0) {
        g_string_append(out, q->kind == QUERY_OR ? "0" : "1");
        return;
    }
    g_string_append_c(out, '(');
    for (int cheap = 1; cheap >= 0; cheap--)
        for (guint i = 0; i < q->children->len; i++) {
            const query *child = g_ptr_array_index(q->children, i);
            if (is_cheap(child) != cheap)
                continue;
            g_string_append(out, between);
            compile(scan, child, known, out);
            between = operator;
        }
    g_string_append_c(out, ')');
}

static void compile(view_scan *scan, const query *q, const GPtrArray *known, GString *out)
{
    switch (q->kind) {
    case QUERY_ALL:
        g_string_append(out, "1");
        return;
    case QUERY_AND:
    case QUERY_OR:
        compile_children(scan, q, known, out);
        return;
    case QUERY_NOT:
        g_string_append(out, "NOT ");
        compile(scan, g_ptr_array_index(q->children, 0), known, out);
        return;
    case QUERY_WORD:
        compile_word(scan, q, out);
        return;
    case QUERY_FROM:
        compile_has(scan, q, "m.sender", out);
        return;
    case QUERY_TO:
        compile_has(scan, q, "m.recipients", out);
        return;
    case QUERY_CC:
        compile_has(scan, q, "m.copies", out);
        return;
    case QUERY_SUBJECT:
        compile_has(scan, q, "m.subject", out);
        return;
    case QUERY_LIST:
        compile_has(scan, q, "m.list_id", out);
        return;
    case QUERY_BODY: /* no text is stored where it could be looked up */
        g_string_append(out, "0");
        return;
    case QUERY_ID:
        scan->needs_mail = true;
        g_string_append_printf(out, "m.message_id IS ?%d", text_value(scan, g_strdup(q->text)));
        return;
    case QUERY_FOLDER:
    case QUERY_ACCOUNT:
        compile_names(q, known, out);
        return;
    case QUERY_FLAG:
        g_string_append_printf(out, "(p.flags & %u) = %u", q->flags, q->flags);
        return;
    case QUERY_KEYWORD:
        g_string_append_printf(out, "keyword(p.keywords, ?%d)",
                               text_value(scan, g_strdup(q->text)));
        return;
    case QUERY_ATTACHMENT:
        scan->needs_mail = true;
        g_string_append(out, "m.attachment");
        return;
    case QUERY_DATE:
        compile_date(scan, q, out);
        return;
    case QUERY_SIZE:
        compile_size(scan, q, out);
        return;
    }
    g_string_append(out, "0");
}

void query_sql_compile(view_scan *scan, const GPtrArray *known)
{
    GString *out = g_string_new("(");
    compile(scan, scan->request->query, known, out);
    g_string_append_c(out, ')');
    scan->condition = g_string_free(out, FALSE);
}

/* What the names alone say of a folder's rows. */
typedef enum verdict { NEVER, MAYBE, ALWAYS } verdict;

static verdict judge(const query *q, const folder *f, const mail_summary *nothing)
{
    verdict v = q->kind == QUERY_OR ? NEVER : ALWAYS;
    switch (q->kind) {
    case QUERY_ALL:
        return ALWAYS;
    case QUERY_AND:
        for (guint i = 0; i < q->children->len; i++)
            v = MIN(v, judge(g_ptr_array_index(q->children, i), f, nothing));
        return v;
    case QUERY_OR:
        for (guint i = 0; i < q->children->len; i++)
            v = MAX(v, judge(g_ptr_array_index(q->children, i), f, nothing));
        return v;
    case QUERY_NOT:
        return ALWAYS - judge(g_ptr_array_index(q->children, 0), f, nothing);
    case QUERY_FOLDER:
    case QUERY_ACCOUNT:
        return query_match(q, nothing, f->account_name, f->name) ? ALWAYS : NEVER;
    case QUERY_BODY:
        return NEVER;
    default:
        return MAYBE;
    }
}

bool query_sql_allows(const query *q, const folder *f)
{
    g_autoptr(mail_summary) nothing = mail_summary_new();
    return judge(q, f, nothing) != NEVER;
}
