/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One HTML text to the payload of an answer (text/render_protocol.h). */
#ifndef CURSUS_RENDER_ANSWER_H
#define CURSUS_RENDER_ANSWER_H

#include <glib.h>

GByteArray *answer_html(const char *html, gsize nbytes, guint ncols);

#endif
