/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of classes: Default_Ignorable_Code_Point and Noncharacter_Code_Point of Unicode (its
 * own copy, so that the gate does not depend on the age of a library), the controls of ISO 6429,
 * the bidi controls of UAX 9, interlinear annotation. */
#include "text/classes.h"

static const struct class_range {
    gunichar first, last;
    text_class class;
} ranges[] = {
    { 0x0000, 0x001f, CLASS_CONTROL },      { 0x007f, 0x009f, CLASS_CONTROL },
    { 0x00ad, 0x00ad, CLASS_INVISIBLE },    { 0x034f, 0x034f, CLASS_INVISIBLE },
    { 0x061c, 0x061c, CLASS_BIDI },         { 0x115f, 0x1160, CLASS_INVISIBLE },
    { 0x17b4, 0x17b5, CLASS_INVISIBLE },    { 0x180b, 0x180d, CLASS_SELECTOR },
    { 0x180e, 0x180e, CLASS_INVISIBLE },    { 0x180f, 0x180f, CLASS_SELECTOR },
    { 0x200b, 0x200b, CLASS_INVISIBLE },    { 0x200c, 0x200d, CLASS_JOINER },
    { 0x200e, 0x200f, CLASS_BIDI },         { 0x2028, 0x2029, CLASS_LINE_END },
    { 0x202a, 0x202c, CLASS_BIDI },         { 0x202d, 0x202e, CLASS_OVERRIDE },
    { 0x2060, 0x2065, CLASS_INVISIBLE },    { 0x2066, 0x2069, CLASS_BIDI },
    { 0x206a, 0x206f, CLASS_INVISIBLE },    { 0x3164, 0x3164, CLASS_INVISIBLE },
    { 0xd800, 0xdfff, CLASS_NONCHARACTER }, { 0xfdd0, 0xfdef, CLASS_NONCHARACTER },
    { 0xfe00, 0xfe0f, CLASS_SELECTOR },     { 0xfeff, 0xfeff, CLASS_INVISIBLE },
    { 0xffa0, 0xffa0, CLASS_INVISIBLE },    { 0xfff0, 0xfffb, CLASS_INVISIBLE },
    { 0xfffe, 0xffff, CLASS_NONCHARACTER }, { 0x1bca0, 0x1bca3, CLASS_INVISIBLE },
    { 0x1d173, 0x1d17a, CLASS_INVISIBLE },  { 0xe0000, 0xe00ff, CLASS_INVISIBLE },
    { 0xe0100, 0xe01ef, CLASS_SELECTOR },   { 0xe01f0, 0xe0fff, CLASS_INVISIBLE },
};

text_class text_class_of(gunichar c)
{
    if ((c >= 0x20 && c < 0x7f) || (c > 0x206f && c < 0xd800 && c != 0x3164))
        return CLASS_PLAIN; /* most text, CJK included */
    if (c > 0xffff && (c & 0xfffe) == 0xfffe)
        return CLASS_NONCHARACTER;
    guint low = 0, high = G_N_ELEMENTS(ranges);
    while (low < high) {
        guint middle = (low + high) / 2;
        if (c > ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == G_N_ELEMENTS(ranges) || c < ranges[low].first)
        return CLASS_PLAIN;
    return ranges[low].class;
}
