/* masked_mm.c: the matrix product under masks that hold one value for every square block of an operand or of the result.
 * It is composed: masks are spread over the elements, so that derivatives and all dtypes follow from the functions used. */
#include "ops/build.h"
#include "ops/matmul.h"

/* x under a mask of blocks: true keeps, false is zero whatever x is; numbers are factors. */
static psi_array under(psi_array x, psi_array mask, int64_t block)
{
    static const int64_t start[PSI_MAX_NDIM];
    int64_t shape[PSI_MAX_NDIM];
    if (!mask || psi_is_error(mask) || psi_is_error(x))
        return mask ? psi_is_error(mask) ? mask : x : x;
    const int n = x->ndim;
    for (int i = 0; i < n; i++)
        shape[i] = i < n - 2 ? x->shape[i] : (x->shape[i] + block - 1) / block;
    mask = psi_broadcast_to(mask, (psi_ints){shape, n});
    mask = psi_repeat(psi_repeat(mask, block, n - 2), block, n - 1);
    mask = psi_slice(mask, (psi_ints){start, n}, psi_shape(x), PSI_NONE);
    return psi_dtype_of(mask) == PSI_BOOL ? psi_where(mask, x, psi_like(x, 0)) : psi_multiply(x, mask);
}

/* A mask with the axes that vectors were given, as bools or in the product's dtype. */
static psi_array mask_of(psi_array mask, psi_ints axes, bool factors, psi_dtype dtype)
{
    if (!mask)
        return NULL;
    if (axes.count)
        mask = psi_expand_dims(mask, axes);
    return factors ? psi_astype(mask, dtype) : mask;
}

static bool is_factors(psi_array mask)
{
    return mask && psi_dtype_of(mask) != PSI_BOOL;
}

psi_array psi_block_masked_mm(psi_array a, psi_array b, int64_t block_size, psi_array mask_out,
                              psi_array mask_lhs, psi_array mask_rhs)
{
    psi_product p;
    psi_array masks[] = {mask_out, mask_lhs, mask_rhs};
    if (!psi_check_inputs(PSI_ARRAYS(a, b), "block_masked_mm"))
        return psi_error_array();
    for (int i = 0; i < 3; i++)
        if (masks[i] && !psi_check_inputs(PSI_ARRAYS(masks[i]), "block_masked_mm"))
            return psi_error_array();
    if (!mask_out && !mask_lhs && !mask_rhs)
        return psi_matmul(a, b);
    if (block_size != 32 && block_size != 64)
        return PSI_INVALID("block_masked_mm: blocks of %lld; 32 and 64 are known", (long long)block_size);
    psi_dtype dtype = psi_promote_types(psi_dtype_of(a), psi_dtype_of(b));
    if (!psi_product_check(&p, a, b, dtype, PSI_FLOATING, "block_masked_mm") ||
        !psi_product_broadcast(&p, "block_masked_mm"))
        return psi_error_array();
    const bool factors = is_factors(mask_lhs) || is_factors(mask_rhs);
    const psi_ints none = {0}, row = p.row ? PSI_INTS(-2) : none, column = p.column ? PSI_INTS(-1) : none;
    psi_array left = under(p.a, mask_of(mask_lhs, row, factors, dtype), block_size);
    psi_array right = under(p.b, mask_of(mask_rhs, column, factors, dtype), block_size);
    if (psi_is_error(left) || psi_is_error(right))
        return psi_error_array();
    mask_out = mask_of(mask_out,
                       p.row && p.column ? PSI_INTS(-2, -1)
                       : p.row           ? row
                                         : column,
                       is_factors(mask_out), dtype);
    return psi_product_done(&p, under(psi_matmul(left, right), mask_out, block_size));
}
