/* random_keys.h: what the cases on random numbers share: wrong keys, and words that are known. */
#ifndef PARITY_RANDOM_KEYS_H
#define PARITY_RANDOM_KEYS_H

#include "arrays.h"

/* One word of bits from the keys of 21 and of 22. */
#define BITS_21 2350560007U
#define BITS_22 3976468042U

/* A key of the wrong dtype, or of another shape than two words. */
#define CHECK_KEYS(expression_of_key)                                                                     \
    do {                                                                                                  \
        psi_array bad_[] = {PSI_INT32S(3, 4), SHAPED(PSI_INT32S(3, 4), 1, 2),                             \
                            SHAPED(PSI_UINT32S(3, 4, 5), 3, 1), SHAPED(PSI_UINT32S(3, 4), 2, 1), f32(1)}; \
        for (int bad_key_ = 0; bad_key_ < 5; bad_key_++) {                                                \
            psi_array key = bad_[bad_key_];                                                               \
            CHECK_REFUSED(expression_of_key);                                                             \
        }                                                                                                 \
    } while (0)

#endif
