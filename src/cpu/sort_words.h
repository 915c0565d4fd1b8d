/* sort_words.h: sorting and selecting unsigned words of 32, 64 and 128 bits, of which a range of bits is the key.
 * What lies below the key (an index) rises already; what lies above is the same everywhere. So sorts are stable. */
#ifndef PSI_CPU_SORT_WORDS_H
#define PSI_CPU_SORT_WORDS_H

#include <stdint.h>

__extension__ typedef unsigned __int128 psi_word128;

#define PSI_SORT_OF(bits, word)                                                                       \
    /* Sorts x by the `count` bits from `low` on; `spare` has room for as many words. Returns where \
     * the sorted words lie: in x or in spare. */ \
    word *psi_sort_words##bits(word *x, word *spare, int64_t n, int low, int count);                  \
    /* Puts the word that belongs at place k there, none larger before it, none smaller behind. */    \
    void psi_select_word##bits(word *x, word *spare, int64_t n, int64_t k, int low, int count);
PSI_SORT_OF(32, uint32_t)
PSI_SORT_OF(64, uint64_t)
PSI_SORT_OF(128, psi_word128)
#undef PSI_SORT_OF

#endif
