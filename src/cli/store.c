/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store check: the stored mail, file by file. */
#include "base/i18n.h"
#include "cli/output.h"
#include "cli/session.h"
#include "mtm/check.h"
#include "text/json.h"
#include "text/sanitise.h"

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

int cli_store(cli_session *s)
{
    g_autoptr(GPtrArray) findings = mtm_store_check(NULL, NULL);
    for (guint i = 0; i < findings->len; i++)
        print(findings->pdata[i], s->request->json);
    if (findings->len == 0)
        return EXIT_DONE;
    g_autofree char *sentence = g_strdup_printf(
        ngettext("the stored mail is damaged, %u finding is on standard output: move the named file away and sync; "
                 "changes not yet sent are lost with mail.db, nothing with bodies.db",
                 "the stored mail is damaged, %u findings are on standard output: move the named files away and sync; "
                 "changes not yet sent are lost with mail.db, nothing with bodies.db",
                 findings->len),
        findings->len);
    err_line(sentence);
    return EXIT_FAILED;
}
