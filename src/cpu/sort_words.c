/* sort_words.c: the sorts of words, written once for their three widths: by insertion, ranking, merging or radix as
 * they are long. Invariant: the order of words decides all. */
#include "cpu/sort_words.h"

#include <stdbool.h>
#include <string.h>

enum {
    INSERTION = 8,
    MOST_RANKED = 64, /* of 32 bits, which compare several at once */
    LEAST_RADIX = 96,
    LONG_RADIX = 1 << 13, /* from here on digits are long */
    SHORT_DIGIT = 8,
    LONG_DIGIT = 11,
    MOST_PASSES = 8 /* of 64 bits by short digits */
};

#define WORD uint32_t
#define NAME(name) name##32
#include "cpu/sort_words.inc"
#undef WORD
#undef NAME

#define WORD uint64_t
#define NAME(name) name##64
#include "cpu/sort_words.inc"
#undef WORD
#undef NAME

#define WORD psi_word128
#define NAME(name) name##128
#include "cpu/sort_words.inc"
#undef WORD
#undef NAME
