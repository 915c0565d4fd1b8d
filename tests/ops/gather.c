/* Gathers, scatters and diagonals: values, gradients, batching, and indices outside the array. */
#include "values.h"

static void takes(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array m = count_up(PSI_INTS(3, 4)), i = PSI_INT32S(2, -3);
    EXPECT(psi_take(m, i, 0), PSI_INTS(2, 4), 8, 9, 10, 11, 0, 1, 2, 3);
    EXPECT(psi_take(m, i, -1), PSI_INTS(3, 2), 2, 1, 6, 5, 10, 9);
    psi_array columns =
        psi_transpose(psi_reshape(psi_arange(0, 6, 1, PSI_FLOAT32), PSI_INTS(1, 2, 3)), PSI_INTS(0, 2, 1));
    EXPECT(psi_take(columns, PSI_INT32S(0), 0), PSI_INTS(1, 3, 2), 0, 3, 1, 4, 2, 5);
    EXPECT(psi_take(psi_transpose(m, PSI_NONE), i, 1), PSI_INTS(4, 2), 8, 0, 9, 1, 10, 2, 11, 3);
    EXPECT(psi_take(m, psi_scalar_int(-1, PSI_INT8), PSI_NO_INT), PSI_SCALAR_SHAPE, 11);
    EXPECT(psi_take_index(m, -1, 0), PSI_INTS(4), 8, 9, 10, 11);
    EXPECT(psi_take_along_axis(m, psi_reshape(PSI_UINT32S(3, 0, 1), PSI_INTS(3, 1)), 1), PSI_INTS(3, 1), 3, 4,
           9);
    /* One index for a run of neighbours, which are copied as one. */
    psi_array rows = count_up(PSI_INTS(4, 20)), one = psi_reshape(PSI_INT32S(-1, 2), PSI_INTS(2, 1));
    psi_array picked = psi_take_along_axis(rows, one, 0), turned = psi_transpose(rows, PSI_NONE);
    EXPECT(psi_slice(picked, PSI_INTS(0, 17), PSI_INTS(2, 20), PSI_NONE), PSI_INTS(2, 3), 77, 78, 79, 57, 58,
           59);
    EXPECT(psi_max(psi_abs(psi_subtract(psi_transpose(picked, PSI_NONE),
                                        psi_take_along_axis(turned, psi_reshape(one, PSI_INTS(1, 2)), 1))),
                   PSI_INTS(0, 1), false),
           PSI_SCALAR_SHAPE, 0);
    expect_error(psi_take_along_axis(rows, psi_reshape(PSI_INT32S(0, 4), PSI_INTS(2, 1)), 0),
                 PSI_INDEX_ERROR);
    EXPECT(psi_gather(m, PSI_ARRAYS(PSI_INT32S(0, 1), PSI_INT32S(2, -4)), PSI_INTS(0, 1), PSI_INTS(2, 1)),
           PSI_INTS(2, 2, 1), 2, 6, 4, 8);
    expect_error(psi_take(m, PSI_INT32S(0, 3), 0), PSI_INDEX_ERROR);
    expect_error(psi_take(m, PSI_INT64S(INT64_MIN), 0), PSI_INDEX_ERROR);
    expect_error(psi_take(m, PSI_UINT32S(0xffffffff), 0), PSI_INDEX_ERROR);
    expect_error(psi_take_along_axis(m, psi_reshape(PSI_INT32S(4), PSI_INTS(1, 1)), 1), PSI_INDEX_ERROR);
    expect_error(psi_take_index(m, 3, 0), PSI_VALUE_ERROR);
    expect_error(psi_take_index(psi_zeros(PSI_INTS(2, 0), PSI_FLOAT32), 0, 0), PSI_VALUE_ERROR);
    expect_error(psi_take(m, PSI_FLOATS(0), 0), PSI_VALUE_ERROR);
    expect_error(psi_take(psi_zeros(PSI_INTS(0, 2), PSI_FLOAT32), i, 0), PSI_VALUE_ERROR);
    expect_error(psi_gather(m, PSI_ARRAYS(i, i), PSI_INTS(0, 0), PSI_INTS(1, 1)), PSI_VALUE_ERROR);
    expect_error(psi_gather(m, PSI_ARRAYS(i), PSI_INTS(0), PSI_INTS(4, 1)), PSI_VALUE_ERROR);
}

static void scatters(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = PSI_FLOATS(1, 2, 3), i = PSI_INT32S(0, -1, 0),
              u = psi_reshape(PSI_FLOATS(5, 1, 7), PSI_INTS(3, 1));
    psi_arrays at = PSI_ARRAYS(i);
    EXPECT(psi_scatter(a, at, u, PSI_INTS(0)), PSI_INTS(3), 7, 2, 1);
    EXPECT(psi_scatter_add(a, at, u, PSI_INTS(0)), PSI_INTS(3), 13, 2, 4);
    EXPECT(psi_scatter_prod(a, at, u, PSI_INTS(0)), PSI_INTS(3), 35, 2, 3);
    EXPECT(psi_scatter_max(a, at, u, PSI_INTS(0)), PSI_INTS(3), 7, 2, 3);
    EXPECT(psi_scatter_min(a, at, u, PSI_INTS(0)), PSI_INTS(3), 1, 2, 1);
    EXPECT(psi_scatter_add(psi_astype(a, PSI_BFLOAT16), at, u, PSI_INTS(0)), PSI_INTS(3), 13, 2, 4);
    EXPECT(a, PSI_INTS(3), 1, 2, 3);
    psi_array m = count_up(PSI_INTS(2, 3)), column = psi_reshape(PSI_FLOATS(10, 20), PSI_INTS(1, 2, 1));
    EXPECT(psi_scatter_add(m, PSI_ARRAYS(PSI_INT32S(1)), column, PSI_INTS(1)), PSI_INTS(2, 3), 0, 11, 2, 3,
           24, 5);
    psi_array p = psi_reshape(PSI_INT32S(2, 0), PSI_INTS(2, 1));
    EXPECT(psi_put_along_axis(m, p, psi_scalar(9, PSI_FLOAT32), 1), PSI_INTS(2, 3), 0, 1, 9, 9, 4, 5);
    EXPECT(psi_scatter_add_axis(m, p, psi_scalar(9, PSI_FLOAT32), -1), PSI_INTS(2, 3), 0, 1, 11, 12, 4, 5);
    psi_array none = psi_zeros(PSI_INTS(2, 0), PSI_FLOAT32); /* no index is of a wrong dtype */
    EXPECT(psi_put_along_axis(none, none, none, 1), PSI_INTS(2, 0), 0);
    psi_array mask = psi_reshape(PSI_BOOLS(0, 1, 1, 0, 0, 1), PSI_INTS(2, 3));
    EXPECT(psi_masked_scatter(m, mask, PSI_FLOATS(7, 8, 9)), PSI_INTS(2, 3), 0, 7, 8, 3, 4, 9);
    expect_error(psi_masked_scatter(m, mask, PSI_FLOATS(7, 8)), PSI_VALUE_ERROR);
    expect_error(psi_scatter(a, PSI_ARRAYS(PSI_INT32S(0, 1, 3)), u, PSI_INTS(0)), PSI_INDEX_ERROR);
    expect_error(
        psi_scatter(a, PSI_ARRAYS(PSI_INT32S(-4)), psi_ones(PSI_INTS(1, 1), PSI_FLOAT32), PSI_INTS(0)),
        PSI_INDEX_ERROR);
    expect_error(psi_scatter(a, at, PSI_FLOATS(1, 2, 3), PSI_INTS(0)), PSI_VALUE_ERROR);
    expect_error(psi_put_along_axis(m, psi_reshape(PSI_INT32S(3), PSI_INTS(1, 1)), a, 1), PSI_INDEX_ERROR);
    /* A failed scatter leaves the operand it might have written into as it was. */
    psi_array sum = psi_add(a, a), bad = psi_scatter(sum, PSI_ARRAYS(PSI_INT32S(0, 5)),
                                                     psi_zeros(PSI_INTS(2, 1), PSI_FLOAT32), PSI_INTS(0));
    expect_error(bad, PSI_INDEX_ERROR);
    EXPECT(sum, PSI_INTS(3), 2, 4, 6);
}

/* A complex product is that of multiply, of single elements and of runs: its parts' products are rounded each by
 * itself (one joined with the sum would leave 2^-24 more), and infinities survive. */
static void complex_products(void **state)
{
    (void)state;
    PSI_SCOPE;
    const float near[] = {1 + 0x1p-12F, 1, INFINITY, NAN}, factors[] = {1 + 0x1p-12F, 1, 1, 0};
    psi_array a = psi_array_from(near, PSI_INTS(2), PSI_COMPLEX64),
              u = psi_array_from(factors, PSI_INTS(2), PSI_COMPLEX64);
    psi_array one =
        psi_scatter_prod(a, PSI_ARRAYS(PSI_INT32S(0, 1)), psi_reshape(u, PSI_INTS(2, 1)), PSI_INTS(0));
    psi_array run = psi_scatter_prod(psi_reshape(a, PSI_INTS(1, 2)), PSI_ARRAYS(PSI_INT32S(0)),
                                     psi_reshape(u, PSI_INTS(1, 1, 2)), PSI_INTS(0));
    const psi_array products[] = {one, run};
    for (int i = 0; i < 2; i++) {
        const float *values = psi_data(products[i]);
        assert_non_null(values);
        assert_true(values[0] == 0x1p-11F && values[1] == 2 + 0x1p-11F && isinf(values[2]));
    }
}

static void diagonals(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array m = count_up(PSI_INTS(3, 4));
    EXPECT(psi_diagonal(m, 1, 0, 1), PSI_INTS(3), 1, 6, 11);
    EXPECT(psi_diagonal(m, -2, 0, 1), PSI_INTS(1), 8);
    assert_int_equal(psi_size(psi_diagonal(m, 4, 0, 1)), 0);
    EXPECT(psi_diag(PSI_FLOATS(1, 2), -1), PSI_INTS(3, 3), 0, 0, 0, 1, 0, 0, 0, 2, 0);
    EXPECT(psi_trace(m, 0, 0, 1, PSI_DTYPE_COUNT), PSI_SCALAR_SHAPE, 15);
    expect_error(psi_diagonal(m, 0, 1, -1), PSI_VALUE_ERROR);
    expect_error(psi_diagonal(m, 0, 2, 0), PSI_INDEX_ERROR);
    expect_error(psi_trace(m, 0, 0, -3, PSI_DTYPE_COUNT), PSI_INDEX_ERROR);
    expect_error(psi_diag(psi_scalar(1, PSI_FLOAT32), 0), PSI_VALUE_ERROR);
}

static psi_arrays picked(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_take(in.data[0], PSI_INT32S(1, -1, 1), 0));
}

static psi_arrays along(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_take_along_axis(in.data[0], PSI_INT32S(2, 2), 0));
}

static psi_arrays added(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = in.data[0];
    return LIST(psi_scatter_add(x, PSI_ARRAYS(PSI_INT32S(0, 0)),
                                psi_reshape(psi_slice(x, PSI_INTS(1), PSI_INTS(3), PSI_NONE), PSI_INTS(2, 1)),
                                PSI_INTS(0)));
}

static psi_arrays masked(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = in.data[0];
    return LIST(psi_masked_scatter(x, PSI_BOOLS(1, 0, 1), psi_square(x)));
}

static psi_arrays windows(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_as_strided(in.data[0], PSI_INTS(2, 2), PSI_INTS(1, 1), 0));
}

static void transforms(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = PSI_FLOATS(1, 2, 3), m = count_up(PSI_INTS(3, 2));
    EXPECT(gradient(picked, x), PSI_INTS(3), 0, 4, 2);
    EXPECT(gradient(along, x), PSI_INTS(3), 0, 0, 3);
    EXPECT(gradient(added, x), PSI_INTS(3), 1, 3, 4);
    EXPECT(gradient(masked, x), PSI_INTS(3), 2, 2 + 3 * 4, 0);
    EXPECT(gradient(windows, x), PSI_INTS(3), 1, 5, 4);
    EXPECT(psi_vmap(picked, NULL, PSI_ARRAYS(m), PSI_INTS(1), PSI_NONE).data[0], PSI_INTS(2, 3), 2, 4, 2, 3,
           5, 3);
    EXPECT(psi_vmap(along, NULL, PSI_ARRAYS(m), PSI_INTS(1), PSI_NONE).data[0], PSI_INTS(2, 2), 4, 4, 5, 5);
    EXPECT(psi_vmap(added, NULL, PSI_ARRAYS(m), PSI_INTS(1), PSI_NONE).data[0], PSI_INTS(2, 3), 6, 2, 4, 9, 3,
           5);
    EXPECT(psi_vmap(masked, NULL, PSI_ARRAYS(m), PSI_INTS(1), PSI_NONE).data[0], PSI_INTS(2, 3), 0, 2, 4, 1,
           3, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes),     cmocka_unit_test(scatters),   cmocka_unit_test(complex_products),
        cmocka_unit_test(diagonals), cmocka_unit_test(transforms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
