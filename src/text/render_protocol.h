/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a program and cursus-render say to each other over one stream socket, so that both sides,
 * which must not include one another, read the same page.  Numbers are unsigned, big-endian.
 *
 * Request:  magic "CRQ1"  kind:32  ncols:32  nbytes:32  bytes (UTF-8)
 * Answer:   magic "CRA1"  status:32  nbytes:32  payload (empty unless status is 0)
 * Payload:  links:32  pictures:32  trackers:32  hidden:32  truncated:32  nlines:32  lines
 * Line:     nbytes:32  quote:8  wrapped:8  nruns:16  text  runs
 * Run:      start:32  length:32  style:8  (enum text_style)
 *
 * One answer a request, in order.  End of file ends the program.  The side that asks trusts nothing
 * in an answer; the side that answers has read hostile HTML. */
#ifndef CURSUS_TEXT_RENDER_PROTOCOL_H
#define CURSUS_TEXT_RENDER_PROTOCOL_H

#define RENDER_REQUEST_MAGIC 0x43525131u /* "CRQ1" */
#define RENDER_ANSWER_MAGIC 0x43524131u  /* "CRA1" */
#define RENDER_REQUEST_HEADER 16         /* bytes */
#define RENDER_ANSWER_HEADER 12
#define RENDER_PAYLOAD_HEADER 24
#define RENDER_LINE_HEADER 8
#define RENDER_RUN 9

#define RENDER_KIND_HTML 1u

#define RENDER_STATUS_OK 0u
#define RENDER_STATUS_DIED 1u /* the child that worked on it ended early: time, memory or a fault  \
                               */
#define RENDER_STATUS_REFUSED 2u /* a kind or size that is not taken */

#define RENDER_MIN_COLUMNS 20
#define RENDER_MAX_COLUMNS 400

#endif
