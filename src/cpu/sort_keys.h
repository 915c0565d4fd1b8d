/* sort_keys.h: elements of every dtype as unsigned keys of the same order: -0 just below 0, NaN last.
 * Complex numbers go by real part, then imaginary; those with NaN last: in the imaginary part, the real one, both. */
#ifndef PSI_CPU_SORT_KEYS_H
#define PSI_CPU_SORT_KEYS_H

#include <psionic/types.h>

/* Keys of n elements. With `equal_zeros`, -0 has 0's key. */
void psi_sort_keys(psi_dtype dtype, const void *from, int64_t n, bool equal_zeros, uint64_t *keys);

/* Elements from keys; a NaN comes back as one of all ones. Not for complex64, whose key tells too little. */
void psi_sort_values(psi_dtype dtype, const uint64_t *keys, int64_t n, void *to);

/* Keys of narrow dtypes fit 32 bits. */
static inline bool psi_sort_is_wide(psi_dtype dtype)
{
    return dtype == PSI_INT64 || dtype == PSI_UINT64 || dtype == PSI_FLOAT64 || dtype == PSI_COMPLEX64;
}

#endif
