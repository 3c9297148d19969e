/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A page to an answer: the first byte chooses the width.  What the other side would refuse aborts
 * here. */
#include "render/answer.h"

#include "text/render_protocol.h"
#include "text/styled.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

static guint32 number(const guchar *p, guint nbytes)
{
    guint32 value = 0;
    for (guint i = 0; i < nbytes; i++)
        value = value << 8 | p[i];
    return value;
}

static void demand(bool condition)
{
    if (!condition)
        abort();
}

/* Behind the line. */
static const guchar *check_line(const guchar *p, const guchar *end)
{
    demand(end - p >= RENDER_LINE_HEADER);
    guint32 nbytes = number(p, 4), nruns = number(p + 6, 2), behind = 0;
    p += RENDER_LINE_HEADER;
    demand((gsize)(end - p) >= (gsize)nbytes + (gsize)nruns * RENDER_RUN);
    demand(g_utf8_validate((const char *)p, nbytes, NULL) && !memchr(p, '\n', nbytes));
    p += nbytes;
    for (guint32 i = 0; i < nruns; i++, p += RENDER_RUN) {
        guint32 start = number(p, 4), length = number(p + 4, 4);
        demand(start >= behind && start <= nbytes && length <= nbytes - start &&
               p[8] <= STYLE_DIFF_HUNK);
        behind = start + length;
    }
    return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    if (nbytes < 1)
        return 0;
    char *html = g_utf8_make_valid((const char *)data + 1, (gssize)nbytes - 1);
    GByteArray *answer = answer_html(html, strlen(html), RENDER_MIN_COLUMNS + data[0]);
    const guchar *p = answer->data + RENDER_PAYLOAD_HEADER, *end = answer->data + answer->len;
    for (guint32 n = number(answer->data + 20, 4); n > 0; n--)
        p = check_line(p, end);
    demand(p == end);
    g_byte_array_unref(answer);
    g_free(html);
    return 0;
}
