/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every limit on what a stranger may choose, with its reason. */
#ifndef CURSUS_BASE_LIMITS_H
#define CURSUS_BASE_LIMITS_H

#define LIMIT_MIME_DEPTH 100             /* real mail nests below 10; deeper is an attack on stacks */
#define LIMIT_MIME_PARTS 10000           /* a digest of a busy list has hundreds */
#define LIMIT_HEADER_BLOCK (1u << 20)    /* bytes; long ARC and Received chains stay below 64 KB */
#define LIMIT_LINE (64u << 10)           /* bytes of one protocol line outside literals */
#define LIMIT_ADDRESSES 10000            /* addresses in one field */
#define LIMIT_REFERENCES 1000            /* ids taken from one References field (the last ones) */
#define LIMIT_QUERY_NODES 200            /* nodes of one query tree */
#define LIMIT_RENDER_ANSWER (8u << 20)   /* bytes of cursus-render's answer for one part */
#define LIMIT_RENDER_REQUEST (8u << 20)  /* bytes of HTML given to it; the largest real mail has one */
#define LIMIT_SHOWN_TEXT (8u << 20)      /* bytes of one text part that are laid out for reading */
#define LIMIT_REPLY_DEPTH 200            /* nested parentheses of a BODYSTRUCTURE that are looked into */
#define LIMIT_WORDS 10000                /* flags, keywords or capabilities taken from one IMAP reply */
#define LIMIT_SERVER_TEXT 2000           /* bytes kept of what a server says to people in one reply */
#define LIMIT_REPLY (16u << 20)          /* bytes of one IMAP reply beside its largest literal: the UIDs of a million */
#define LIMIT_LITERAL_HEADER (2u << 20)  /* bytes of a literal in a header fetch */
#define LIMIT_LITERAL_BODY (1u << 30)    /* bytes of a literal in a body fetch: the largest mail taken */
#define LIMIT_FOLDERS 100000             /* folders one account may list */
#define LIMIT_FOLDER_NAME 4096           /* bytes of one folder's name */
#define LIMIT_CONFIG_FILE (4u << 20)     /* bytes of one config file */
#define LIMIT_SOURCE_DEPTH 16            /* config files that source one another */
#define LIMIT_JSON_TEXT (16u << 20)      /* bytes of one JSON text: a line between two processes */
#define LIMIT_JSON_DEPTH 32              /* what our own lines nest stays below 5 */
#define LIMIT_JSON_VALUES 2000000        /* an act on a million messages names each */
#define LIMIT_ENGINE_LINE (12u << 20)    /* bytes of one line to the engine: the ids of a million messages */
#define LIMIT_ENGINE_GREETING 4096       /* bytes of the first one */
#define LIMIT_ENGINE_BEHIND (4u << 20)   /* bytes that may wait for a client that does not read */
#define LIMIT_ENGINE_CLIENTS 256         /* connections to one engine; a person's scripts open a few */

#endif
