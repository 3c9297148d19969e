/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The characters that mean something to a terminal or hide from a reader, as one table: sanitise decides
 * by it what may pass, cells what is painted, json what is escaped. */
#ifndef CURSUS_TEXT_CLASSES_H
#define CURSUS_TEXT_CLASSES_H

#include <glib.h>

typedef enum text_class {
    CLASS_PLAIN,
    CLASS_CONTROL,      /* C0, DEL, C1: a terminal would obey them */
    CLASS_LINE_END,     /* U+2028, U+2029 */
    CLASS_BIDI,         /* marks, embeddings and isolates: they have honest uses, none on a terminal */
    CLASS_OVERRIDE,     /* U+202D, U+202E: they have none, and make gpj.exe look like exe.jpg */
    CLASS_JOINER,       /* ZWJ, ZWNJ */
    CLASS_SELECTOR,     /* variation selectors */
    CLASS_INVISIBLE,    /* other characters without any picture: zero width, fillers, tags, annotation */
    CLASS_NONCHARACTER, /* never assigned, for ever */
} text_class;

text_class text_class_of(gunichar c);

#endif
