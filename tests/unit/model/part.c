/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person calls an attachment, and finding parts. */
#include "model/part.h"
#include "unit/runner.h"

static part *make(const char *section, const char *type, const char *name, const char *disposition)
{
    part *p = part_new();
    p->section = g_strdup(section);
    p->type = g_strdup(type);
    p->name = g_strdup(name);
    p->disposition = g_strdup(disposition);
    return p;
}

static const struct {
    const char *type, *name, *disposition;
    bool attachment;
} parts[] = {
    { "text/plain", NULL, NULL, false },
    { "text/html", NULL, "inline", false },
    { "text/plain", NULL, "attachment", true },
    { "text/plain", "body.txt", NULL, false }, /* some programs name the body */
    { "text/plain", "body.txt", "inline", false },
    { "text/plain", "notes.txt", "attachment", true },
    { "text/x-patch", "fix.patch", "inline", true },
    { "text/calendar", NULL, NULL, false },
    { "text/calendar", "invite.ics", NULL, true },
    { "image/png", NULL, NULL, true },
    { "image/png", "x.png", "inline", true },
    { "application/pdf", NULL, "ATTACHMENT", true },
    { "message/rfc822", NULL, NULL, true },
    { "multipart/mixed", NULL, NULL, false },
    { "multipart/mixed", "x", "attachment", false },
    { "application/pgp-signature", "signature.asc", NULL, false },
    { "application/pkcs7-signature", "smime.p7s", "attachment", false },
    { "APPLICATION/X-PKCS7-SIGNATURE", "smime.p7s", "attachment", false },
    { NULL, NULL, NULL, false },
};

START_TEST(attachments_are_what_people_call_so)
{
    g_autoptr(part) p = make("1", parts[_i].type, parts[_i].name, parts[_i].disposition);
    ck_assert_msg(part_is_attachment(p) == parts[_i].attachment, "%s %s", parts[_i].type,
                  parts[_i].name);
    ck_assert(part_has_attachment(p) == parts[_i].attachment);
}
END_TEST

static part *newsletter(const char *picture_disposition, const char *content_id)
{
    part *root = make("", "multipart/related", NULL, NULL);
    g_ptr_array_add(root->parts, make("1", "text/html", NULL, NULL));
    part *picture = make("2", "image/gif", "logo.gif", picture_disposition);
    picture->content_id = g_strdup(content_id);
    g_ptr_array_add(root->parts, picture);
    return root;
}

START_TEST(pictures_of_the_html_do_not_count)
{
    g_autoptr(part) embedded = newsletter("inline", "logo@x");
    ck_assert(!part_has_attachment(embedded));
    g_autoptr(part) attached = newsletter("attachment", "logo@x");
    ck_assert(part_has_attachment(attached));
    g_autoptr(part) unreferred = newsletter("inline", NULL);
    ck_assert(part_has_attachment(unreferred));
    g_autoptr(part) mixed = newsletter("inline", "logo@x");
    g_free(mixed->type);
    mixed->type = g_strdup("multipart/mixed");
    ck_assert(part_has_attachment(mixed));
}
END_TEST

START_TEST(parts_are_found_by_section)
{
    g_autoptr(part) root = make("", "multipart/mixed", NULL, NULL);
    part *inner = make("2", "multipart/alternative", NULL, NULL);
    g_ptr_array_add(inner->parts, make("2.1", "text/plain", NULL, NULL));
    g_ptr_array_add(inner->parts, make("2.2", "text/html", NULL, NULL));
    g_ptr_array_add(root->parts, make("1", "text/plain", NULL, NULL));
    g_ptr_array_add(root->parts, inner);
    ck_assert_ptr_eq(part_find(root, ""), root);
    ck_assert_ptr_eq(part_find(root, "2"), inner);
    ck_assert_str_eq(part_find(root, "2.2")->type, "text/html");
    ck_assert_ptr_null(part_find(root, "3"));
    ck_assert_ptr_null(part_find(root, "2.2.1"));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("part");
    TCase *all = tcase_create("all");
    tcase_add_loop_test(all, attachments_are_what_people_call_so, 0, G_N_ELEMENTS(parts));
    tcase_add_test(all, pictures_of_the_html_do_not_count);
    tcase_add_test(all, parts_are_found_by_section);
    suite_add_tcase(suite, all);
    return suite;
}
