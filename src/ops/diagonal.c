/* diagonal.c: diagonals, as gathers and scatters along two axes. */
#include <stdlib.h>
#include <string.h>

#include "ops/build.h"
#include "ops/gather.h"

/* Two different axes; false with an error naming the op. */
static bool two_axes(const char *op, psi_array a, int64_t axis1, int64_t axis2, int *first, int *second)
{
    if (a->ndim < 2) {
        PSI_INVALID("%s: an array of %d dimensions has no diagonal", op, a->ndim);
        return false;
    }
    *first = psi_axis_index(axis1, a->ndim, op);
    *second = *first < 0 ? -1 : psi_axis_index(axis2, a->ndim, op);
    if (*second >= 0 && *first == *second)
        PSI_INVALID("%s: axis1 and axis2 are both %d", op, *first);
    return *second >= 0 && *first != *second;
}

psi_array psi_diagonal(psi_array a, int64_t offset, int64_t axis1, int64_t axis2)
{
    int64_t sizes[PSI_MAX_NDIM];
    int first, second;
    if (!psi_check_inputs(PSI_ARRAYS(a), "diagonal") ||
        !two_axes("diagonal", a, axis1, axis2, &first, &second))
        return psi_error_array();
    const int64_t limit = (int64_t)1 << 62;
    if (offset < -limit || offset > limit)
        return PSI_INVALID("diagonal: offset %lld is past 2^62", (long long)offset);
    int64_t low = offset < 0 ? -offset : 0, high = offset > 0 ? offset : 0;
    int64_t rows = a->shape[first] - low, cols = a->shape[second] - high, n = rows < cols ? rows : cols;
    n = n < 0 ? 0 : n;
    memcpy(sizes, a->shape, a->ndim * sizeof *sizes);
    if (n == 0) {
        int count = 0;
        for (int i = 0; i < a->ndim; i++)
            if (i != first && i != second)
                sizes[count++] = a->shape[i];
        sizes[count] = 0;
        return psi_zeros((psi_ints){sizes, count + 1}, psi_dtype_of(a));
    }
    sizes[first] = sizes[second] = 1;
    psi_array places = psi_positions(low, n, 0, 1), others = psi_positions(high, n, 0, 1);
    psi_array y =
        psi_gather(a, PSI_ARRAYS(places, others), PSI_INTS(first, second), (psi_ints){sizes, a->ndim});
    return psi_moveaxis(psi_squeeze(y, PSI_INTS(first + 1, second + 1)), 0, -1);
}

psi_array psi_diag(psi_array a, int64_t k)
{
    if (!psi_check_inputs(PSI_ARRAYS(a), "diag"))
        return psi_error_array();
    if (a->ndim == 2)
        return psi_diagonal(a, k, 0, 1);
    if (a->ndim != 1)
        return PSI_INVALID("diag: an array of %d dimensions is neither a vector nor a matrix", a->ndim);
    int64_t size = a->size, n;
    if (k == INT64_MIN || __builtin_add_overflow(size, k < 0 ? -k : k, &n))
        return PSI_INVALID("diag: k %lld is out of range", (long long)k);
    psi_array rows = psi_positions(k < 0 ? -k : 0, size, 0, 1),
              cols = psi_positions(k > 0 ? k : 0, size, 0, 1);
    return psi_scatter(psi_zeros(PSI_INTS(n, n), psi_dtype_of(a)), PSI_ARRAYS(rows, cols),
                       psi_reshape(a, PSI_INTS(size, 1, 1)), PSI_INTS(0, 1));
}

psi_array psi_trace(psi_array a, int64_t offset, int64_t axis1, int64_t axis2, psi_dtype dtype)
{
    psi_array d = psi_diagonal(a, offset, axis1, axis2);
    if (psi_is_error(d))
        return d;
    return psi_sum(psi_astype(d, dtype == PSI_DTYPE_COUNT ? psi_dtype_of(a) : dtype), PSI_INTS(-1), false);
}
