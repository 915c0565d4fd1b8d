/* permutation.c: random permutations: the order that sorts random bits, as upstream draws them. */
#include "ops/build.h"

psi_array psi_random_permutation_arange(int64_t x, psi_array key)
{
    if (x < 0)
        return PSI_INVALID("random_permutation: of %lld numbers", (long long)x);
    return psi_argsort(psi_random_bits(PSI_INTS(x), 4, key), 0);
}

psi_array psi_random_permutation(psi_array x, int64_t axis, psi_array key)
{
    if (!psi_check_inputs(PSI_ARRAYS(x), "random_permutation"))
        return psi_error_array();
    int at = psi_axis_index(axis, x->ndim, "random_permutation");
    if (at < 0)
        return psi_error_array();
    return psi_take(x, psi_random_permutation_arange(x->shape[at], key), at);
}
