/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answers of cursus-render, read as if an enemy had written them. */
#ifndef CURSUS_MIME_RENDER_ANSWER_H
#define CURSUS_MIME_RENDER_ANSWER_H

#include "mime/render.h"

/* The payload of text/render_protocol.h to lines; NULL with ERROR_PROTOCOL when anything in it is
 * not as it should be.  Text that is not clean is sanitised and loses its styles; lines wider than
 * ncols are cut. */
GPtrArray *render_answer_parse(const guchar *payload, gsize nbytes, guint ncols,
                               mime_render_facts *facts, GError **error);

#endif
