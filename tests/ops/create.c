/* Ranges, filled arrays and matrices by their diagonals; the numbers are the MLX CPU wheel's, but for float ranges,
 * whose every element is the rounded exact one here. */
#include "values.h"

static void refused(psi_array a, const char *message)
{
    expect_message(a, PSI_VALUE_ERROR, message);
}

static void ranges(void **state)
{
    (void)state;
    PSI_SCOPE;
    EXPECT_EXACT(psi_arange(0, 3, 1, PSI_DTYPE_COUNT), PSI_FLOAT32, PSI_INTS(3), 0, 1, 2);
    EXPECT_EXACT(psi_arange(0, -3, -1, PSI_INT32), PSI_INT32, PSI_INTS(3), 0, -1, -2);
    EXPECT_EXACT(psi_arange(0, 10, 9, PSI_INT64), PSI_INT64, PSI_INTS(2), 0, 9);
    EXPECT_EXACT(psi_arange(0, 5, 1.5, PSI_INT32), PSI_INT32, PSI_INTS(4), 0, 1, 2, 3);
    EXPECT_EXACT(psi_arange(0, 2, 0.5, PSI_INT32), PSI_INT32, PSI_INTS(4), 0, 0, 0, 0);
    EXPECT_EXACT(psi_arange(0, 5, 1.5, PSI_BFLOAT16), PSI_BFLOAT16, PSI_INTS(4), 0, 1.5, 3, 4.5);
    EXPECT_EXACT(psi_arange(-1.5, 3, 1, PSI_UINT8), PSI_UINT8, PSI_INTS(5), 255, 0, 1, 2, 3);
    EXPECT_EXACT(psi_arange(-1.5, 3, 1, PSI_FLOAT16), PSI_FLOAT16, PSI_INTS(5), -1.5, -0.5, 0.5, 1.5, 2.5);
    EXPECT_EXACT(psi_arange(250, 258, 1, PSI_INT8), PSI_INT8, PSI_INTS(8), -6, -5, -4, -3, -2, -1, 0, 1);
    EXPECT_EXACT(psi_arange(2.9, 0.5, -0.7, PSI_INT32), PSI_INT32, PSI_INTS(4), 2, 2, 2, 2);
    EXPECT_EXACT(psi_arange(0, 2, 1, PSI_COMPLEX64), PSI_COMPLEX64, PSI_INTS(2), 0, 1);
    EXPECT_EXACT(psi_arange(3, 5, INFINITY, PSI_INT32), PSI_INT32, PSI_INTS(1), 3);
    EXPECT_EXACT(psi_arange(0, 0.1, 0.05, PSI_FLOAT64), PSI_FLOAT64, PSI_INTS(2), 0, 0.05);
    EXPECT_EXACT(psi_arange(0x1p63, 0x1p63 + 4096, 2048, PSI_UINT64), PSI_UINT64, PSI_INTS(2), 0x1p63,
                 0x1p63 + 2048);
    assert_int_equal(psi_size(psi_arange(0, 10, 0.45, PSI_FLOAT32)), 23);
    assert_int_equal(psi_size(psi_arange(0, 3, -1, PSI_INT32)), 0);
    assert_int_equal(psi_size(psi_arange(0, -5, INFINITY, PSI_INT32)), 0);
    assert_int_equal(psi_size(psi_arange(1e300, -1e300, 1e-300, PSI_FLOAT64)), 0);
}

/* Long enough for many tasks: no error builds up, and the last element is the rounded exact one. */
static void long_ranges(void **state)
{
    (void)state;
    PSI_SCOPE;
    enum { N = 1000000 };
    const float *x = psi_data(psi_arange(0, N * 0.1, 0.1, PSI_FLOAT32));
    const int32_t *i = psi_data(psi_arange(7, 7 + N, 1, PSI_INT32));
    assert_true(x && i);
    for (int k = 0; k < N; k++) {
        assert_true(x[k] == (float)(k * 0.1));
        assert_int_equal(i[k], 7 + k);
    }
}

static void spaces(void **state)
{
    (void)state;
    PSI_SCOPE;
    EXPECT_EXACT(psi_linspace(0, 10, 7, PSI_FLOAT32), PSI_FLOAT32, PSI_INTS(7), 0, 1.6666667461395264,
                 3.3333334922790527, 5.0, 6.6666669845581055, 8.333333015441895, 10.0);
    EXPECT_EXACT(psi_linspace(0, 10, 7, PSI_FLOAT16), PSI_FLOAT16, PSI_INTS(7), 0.0, 1.6669921875,
                 3.333984375, 5.0, 6.66796875, 8.3359375, 10.0);
    EXPECT_EXACT(psi_linspace(0, 10, 7, PSI_UINT8), PSI_UINT8, PSI_INTS(7), 0, 1, 3, 5, 6, 8, 10);
    EXPECT_EXACT(psi_linspace(2.7, 10, 1, PSI_INT32), PSI_INT32, PSI_INTS(1), 2);
    EXPECT_EXACT(psi_linspace(0, 1, 3, PSI_FLOAT64), PSI_FLOAT64, PSI_INTS(3), 0, 0.5, 1);
    assert_int_equal(psi_size(psi_linspace(0, 1, 0, PSI_FLOAT32)), 0);
}

static void matrices(void **state)
{
    (void)state;
    PSI_SCOPE;
    EXPECT_EXACT(psi_eye(2, 3, 1, PSI_COMPLEX64), PSI_COMPLEX64, PSI_INTS(2, 3), 0, 1, 0, 0, 0, 1);
    EXPECT_EXACT(psi_eye(3, PSI_NO_INT, -2, PSI_INT32), PSI_INT32, PSI_INTS(3, 3), 0, 0, 0, 0, 0, 0, 1, 0, 0);
    EXPECT_EXACT(psi_eye(2, 2, INT64_MAX, PSI_DTYPE_COUNT), PSI_FLOAT32, PSI_INTS(2, 2), 0, 0, 0, 0);
    EXPECT_EXACT(psi_eye(2, 2, INT64_MIN, PSI_BOOL), PSI_BOOL, PSI_INTS(2, 2), 0, 0, 0, 0);
    EXPECT_EXACT(psi_identity(2, PSI_FLOAT16), PSI_FLOAT16, PSI_INTS(2, 2), 1, 0, 0, 1);
    EXPECT_EXACT(psi_tri(3, 3, 0, PSI_FLOAT32), PSI_FLOAT32, PSI_INTS(3, 3), 1, 0, 0, 1, 1, 0, 1, 1, 1);
    EXPECT_EXACT(psi_tri(2, 3, 1, PSI_INT8), PSI_INT8, PSI_INTS(2, 3), 1, 1, 0, 1, 1, 1);
    EXPECT_EXACT(psi_tri(2, 3, -5, PSI_INT8), PSI_INT8, PSI_INTS(2, 3), 0, 0, 0, 0, 0, 0);
    assert_int_equal(psi_dim(psi_tri(-1, 3, 0, PSI_FLOAT32), 0), 0);
    psi_array x = psi_reshape(psi_arange(1, 10, 1, PSI_INT32), PSI_INTS(3, 3));
    EXPECT_EXACT(psi_tril(x, -1), PSI_INT32, PSI_INTS(3, 3), 0, 0, 0, 4, 0, 0, 7, 8, 0);
    EXPECT_EXACT(psi_triu(x, 1), PSI_INT32, PSI_INTS(3, 3), 0, 2, 3, 0, 0, 6, 0, 0, 0);
    EXPECT_EXACT(psi_triu(psi_transpose(x, PSI_NONE), 0), PSI_INT32, PSI_INTS(3, 3), 1, 4, 7, 0, 5, 8, 0, 0,
                 9);
    psi_array batch = psi_reshape(psi_arange(1, 9, 1, PSI_FLOAT32), PSI_INTS(2, 2, 2));
    EXPECT_EXACT(psi_tril(batch, 0), PSI_FLOAT32, PSI_INTS(2, 2, 2), 1, 0, 3, 4, 5, 0, 7, 8);
    EXPECT_EXACT(psi_triu(x, INT64_MIN), PSI_INT32, PSI_INTS(3, 3), 1, 2, 3, 4, 5, 6, 7, 8, 9);
}

static void filled(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array pair = PSI_INT32S(3, 4);
    EXPECT_EXACT(psi_full(PSI_INTS(2, 2), psi_reshape(pair, PSI_INTS(2, 1)), PSI_DTYPE_COUNT), PSI_INT32,
                 PSI_INTS(2, 2), 3, 3, 4, 4);
    EXPECT_EXACT(psi_full(PSI_INTS(2, 2), pair, PSI_FLOAT32), PSI_FLOAT32, PSI_INTS(2, 2), 3, 4, 3, 4);
    EXPECT_EXACT(psi_full(PSI_INTS(2), psi_scalar(1, PSI_FLOAT32), PSI_BOOL), PSI_BOOL, PSI_INTS(2), 1, 1);
    EXPECT_EXACT(psi_full(PSI_INTS(0), psi_zeros(PSI_INTS(0), PSI_INT32), PSI_DTYPE_COUNT), PSI_INT32,
                 PSI_INTS(0), 0);
    EXPECT_EXACT(psi_ones(PSI_SCALAR_SHAPE, PSI_INT32), PSI_INT32, PSI_SCALAR_SHAPE, 1);
    EXPECT_EXACT(psi_zeros(PSI_INTS(1, 2), PSI_DTYPE_COUNT), PSI_FLOAT32, PSI_INTS(1, 2), 0, 0);
}

static void refuses(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array none = psi_zeros(PSI_INTS(0), PSI_FLOAT32);
    refused(psi_arange(0, 5, 1, PSI_BOOL), "arange: dtype bool is not supported");
    refused(psi_arange(0, 5, 1, (psi_dtype)99), "arange: 99 is not a dtype");
    refused(psi_arange(0, 5, 0, PSI_INT32), "arange: step is 0");
    refused(psi_arange(0, 0, 0, PSI_INT32), "arange: step is 0");
    refused(psi_arange(0, NAN, 1, PSI_INT32), "arange: no length follows from start 0, stop nan and step 1");
    refused(psi_arange(0, INFINITY, 1, PSI_INT32),
            "arange: no length follows from start 0, stop inf and step 1");
    refused(psi_arange(0, 1e10, 1, PSI_INT32),
            "arange: 10000000000 elements are more than the limit of 2147483647");
    refused(psi_arange(0, 1e308, 1e-308, PSI_INT32),
            "arange: inf elements are more than the limit of 2147483647");
    refused(psi_linspace(0, 1, -1, PSI_FLOAT32), "linspace: num is -1, not in 0 to 2147483647");
    refused(psi_eye(0, PSI_NO_INT, 0, PSI_FLOAT32), "eye: 0 by 0 is not a size from 1 to 2147483647");
    refused(psi_eye(2, 0, 0, PSI_FLOAT32), "eye: 2 by 0 is not a size from 1 to 2147483647");
    refused(psi_tri(1LL << 40, 1, 0, PSI_FLOAT32),
            "tri: 1099511627776 by 1 is not a size from 0 to 2147483647");
    refused(psi_tril(psi_ones(PSI_INTS(3), PSI_INT32), 0), "tril: an array of 1 dimensions has no matrices");
    refused(psi_triu(psi_eye(0, 0, 0, PSI_INT32), 0), "eye: 0 by 0 is not a size from 1 to 2147483647");
    refused(psi_zeros(PSI_INTS(2), (psi_dtype)99), "zeros: 99 is not a dtype");
    assert_true(psi_is_error(psi_full(PSI_INTS(-5, 0), psi_scalar(0, PSI_INT32), PSI_INT32)));
    assert_true(psi_error(NULL));
    assert_true(psi_is_error(psi_full(PSI_INTS(0, -5), psi_scalar(0, PSI_INT32), PSI_INT32)));
    assert_true(psi_error(NULL));
    assert_true(psi_is_error(psi_full(PSI_INTS(2), none, PSI_DTYPE_COUNT)));
    assert_true(psi_error(NULL));
    assert_true(psi_is_error(psi_full(PSI_SCALAR_SHAPE, none, PSI_DTYPE_COUNT)));
    assert_true(psi_error(NULL));
    EXPECT_EXACT(psi_arange(0, 2, 1, PSI_INT32), PSI_INT32, PSI_INTS(2), 0, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges),   cmocka_unit_test(long_ranges), cmocka_unit_test(spaces),
        cmocka_unit_test(matrices), cmocka_unit_test(filled),      cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
