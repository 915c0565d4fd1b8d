/* Arg-reductions: axes, ties, NaN, layouts, long rows, errors. */
#include "ops/values.h"

static void places(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = psi_reshape(PSI_FLOATS(5, 9, 2, 9, 1, 7), PSI_INTS(2, 3));
    EXPECT(psi_argmax(x, PSI_NO_INT, false), PSI_SCALAR_SHAPE, 1);
    EXPECT(psi_argmin(x, PSI_NO_INT, true), PSI_INTS(1, 1), 4);
    EXPECT(psi_argmax(x, 0, false), PSI_INTS(3), 1, 0, 1);
    EXPECT(psi_argmax(x, -1, true), PSI_INTS(2, 1), 1, 0);
    EXPECT(psi_argmin(psi_transpose(x, PSI_NONE), 0, false), PSI_INTS(2), 2, 1);
    EXPECT(psi_argmin(psi_scalar(3, PSI_FLOAT32), PSI_NO_INT, true), PSI_SCALAR_SHAPE, 0);
    assert_int_equal(psi_dtype_of(psi_argmin(x, 1, false)), PSI_UINT32);
    for (int d = 0; d < PSI_DTYPE_COUNT; d++) {
        psi_array y = psi_astype(PSI_FLOATS(0, 1, 1, 0), (psi_dtype)d);
        EXPECT(psi_argmax(y, 0, false), PSI_SCALAR_SHAPE, 1);
        EXPECT(psi_argmin(y, 0, false), PSI_SCALAR_SHAPE, 0);
    }
    expect_error(psi_argmax(x, 2, false), PSI_INDEX_ERROR);
    expect_error(psi_argmin(psi_zeros(PSI_INTS(3, 0), PSI_FLOAT32), 0, false), PSI_VALUE_ERROR);
}

static void nan_counts_where_it_is_first(void **state)
{
    (void)state;
    PSI_SCOPE;
    EXPECT(psi_argmax(PSI_FLOATS(1, NAN, 3), 0, false), PSI_SCALAR_SHAPE, 2);
    EXPECT(psi_argmax(PSI_FLOATS(NAN, 1, 3), 0, false), PSI_SCALAR_SHAPE, 0);
    EXPECT(psi_argmin(PSI_FLOATS(1, NAN, 0), 0, false), PSI_SCALAR_SHAPE, 2);
    EXPECT(psi_argmin(PSI_FLOATS(-0.0f, 0.0f), 0, false), PSI_SCALAR_SHAPE, 0);
    psi_array x = psi_reshape(PSI_FLOATS(1, NAN, 2, 3), PSI_INTS(2, 2));
    EXPECT(psi_argmax(x, 0, false), PSI_INTS(2), 1, 0);
}

static void complex_numbers_by_real_then_imaginary_part(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_complex64 z[] = {{1, 2}, {1, 3}, {0, 9}};
    psi_array a = psi_array_from(z, PSI_INTS(3), PSI_COMPLEX64);
    EXPECT(psi_argmax(a, 0, false), PSI_SCALAR_SHAPE, 1);
    EXPECT(psi_argmin(a, 0, false), PSI_SCALAR_SHAPE, 2);
    /* What wins with a part that is NaN is still found. */
    psi_complex64 half[] = {{0, 1}, {INFINITY, NAN}, {3, 0}};
    EXPECT(psi_argmax(psi_array_from(half, PSI_INTS(3), PSI_COMPLEX64), 0, false), PSI_SCALAR_SHAPE, 1);
}

/* The first of equals, over chunks; a NaN at the very start stays. */
static void long_rows(void **state)
{
    (void)state;
    PSI_SCOPE;
    enum { N = 300000 };
    float *values = malloc(N * sizeof *values);
    for (int i = 0; i < N; i++)
        values[i] = (float)(i % 1000);
    values[150001] = values[250000] = 2000;
    values[65536] = NAN;
    EXPECT(psi_argmax(psi_array_from(values, PSI_INTS(N), PSI_FLOAT32), 0, false), PSI_SCALAR_SHAPE, 150001);
    EXPECT(psi_argmin(psi_array_from(values, PSI_INTS(N), PSI_FLOAT32), 0, false), PSI_SCALAR_SHAPE, 0);
    values[0] = NAN;
    EXPECT(psi_argmax(psi_array_from(values, PSI_INTS(N), PSI_FLOAT32), 0, false), PSI_SCALAR_SHAPE, 0);
    free(values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places),
        cmocka_unit_test(nan_counts_where_it_is_first),
        cmocka_unit_test(complex_numbers_by_real_then_imaginary_part),
        cmocka_unit_test(long_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
