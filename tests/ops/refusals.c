/* refusals.c: kinds of errors that differ from the usual value error, as upstream's Python raises them. */
#include "values.h"

static void axes_out_of_range_are_index_errors_where_upstream_says_so(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = psi_zeros(PSI_INTS(2, 3), PSI_FLOAT32);
    expect_error(psi_moveaxis(a, 2, 0), PSI_INDEX_ERROR);
    expect_error(psi_moveaxis(a, 0, -3), PSI_INDEX_ERROR);
    expect_error(psi_swapaxes(a, 0, 5), PSI_INDEX_ERROR);
    expect_error(psi_transpose(a, PSI_INTS(0, 5)), PSI_VALUE_ERROR);
}

static void bits_of_floats_are_runtime_errors_for_two_operands(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = PSI_FLOATS(1, 2);
    expect_error(psi_bitwise_and(a, a), PSI_RUNTIME_ERROR);
    expect_error(psi_left_shift(PSI_INT32S(1, 2), a), PSI_RUNTIME_ERROR);
    expect_error(psi_bitwise_invert(a), PSI_VALUE_ERROR);
    expect_error(psi_floor(psi_scalar_complex(1, 2)), PSI_VALUE_ERROR);
}

static void null_is_refused_as_an_argument(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = PSI_FLOATS(1, 2);
    psi_array (*const of_one[])(psi_array) = {
        psi_isnan,      psi_isinf,      psi_isfinite,      psi_isposinf,   psi_isneginf,
        psi_copy,       psi_reciprocal, psi_stop_gradient, psi_zeros_like, psi_ones_like,
        psi_atleast_1d, psi_atleast_2d, psi_atleast_3d,    psi_abs,        psi_real,
    };
    for (size_t i = 0; i < sizeof of_one / sizeof *of_one; i++)
        expect_error(of_one[i](NULL), PSI_VALUE_ERROR);
    expect_error(psi_min(NULL, PSI_NONE, false), PSI_VALUE_ERROR);
    expect_error(psi_logsumexp(NULL, PSI_NONE, false), PSI_VALUE_ERROR);
    expect_error(psi_contiguous(NULL, false), PSI_VALUE_ERROR);
    expect_error(psi_isclose(a, NULL, 1e-5, 1e-8, false), PSI_VALUE_ERROR);
    expect_message(psi_add(a, NULL), PSI_VALUE_ERROR, "add: argument 1 is NULL");
    expect_message(psi_convolve(a, a, NULL), PSI_VALUE_ERROR,
                   "convolve: mode is NULL; it must be full, valid or same");
    expect_message(psi_upsample(a, 0, 2, NULL, false), PSI_VALUE_ERROR,
                   "upsample: mode is NULL; it must be nearest, linear or cubic");
    expect_message(psi_linalg_norm_matrix(psi_ones(PSI_INTS(2, 2), PSI_FLOAT32), NULL, PSI_NONE, false),
                   PSI_VALUE_ERROR, "linalg_norm: ord is NULL; of a matrix it is f, fro or nuc");
    assert_int_equal(psi_ndim(NULL), 0);
    assert_int_equal(psi_size(NULL), 0);
    assert_int_equal(psi_nbytes(NULL), 0);
    assert_int_equal(psi_dtype_of(NULL), PSI_FLOAT32);
    assert_true(psi_is_error(NULL));
}

static void negative_lengths_are_refused(void **state)
{
    (void)state;
    PSI_SCOPE;
    expect_error(psi_zeros(PSI_INTS(0, -1), PSI_FLOAT32), PSI_VALUE_ERROR);
    expect_message(psi_tile(psi_zeros(PSI_INTS(2, 3), PSI_FLOAT32), PSI_INTS(-1)), PSI_VALUE_ERROR,
                   "tile: -1 repetitions of axis 1 are negative or too many");
}

/* 2^62 elements of 4 bytes are 2^64 bytes, which no count of bytes holds. */
static void more_bytes_than_can_be_counted_are_refused(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array one = psi_scalar(1, PSI_FLOAT32);
    expect_message(
        psi_broadcast_to(one, PSI_INTS(1 << 30, 1 << 30, 4)), PSI_VALUE_ERROR,
        "shape (1073741824,1073741824,4) of float32 has a negative length or more than 2^62 bytes");
    psi_array most = psi_broadcast_to(one, PSI_INTS(1 << 30, 1 << 30));
    assert_int_equal(psi_nbytes(most), (int64_t)1 << 62);
    expect_error(psi_astype(most, PSI_COMPLEX64), PSI_VALUE_ERROR);
    /* Three nodes, of whose bytes the sum is past 64 bits, are still planned. */
    psi_array y = psi_add(psi_add(psi_contiguous(most, false), psi_contiguous(most, false)), one);
    expect_error(y, PSI_MEMORY_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_out_of_range_are_index_errors_where_upstream_says_so),
        cmocka_unit_test(bits_of_floats_are_runtime_errors_for_two_operands),
        cmocka_unit_test(null_is_refused_as_an_argument),
        cmocka_unit_test(negative_lengths_are_refused),
        cmocka_unit_test(more_bytes_than_can_be_counted_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
