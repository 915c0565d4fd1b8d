/* Where upstream is wrong, or leaves open what happens, and these answers are ours: see docs/differences.md. */
#include "values.h"

static void halves(void **state)
{
    (void)state;
    PSI_SCOPE;
    const psi_dtype types[] = {PSI_FLOAT16, PSI_BFLOAT16};
    for (int i = 0; i < 2; i++) {
        psi_array a = psi_astype(PSI_FLOATS(-1, 1, 5, -5, 7), types[i]),
                  b = psi_astype(PSI_FLOATS(3, -3, 3, 3, -2), types[i]);
        EXPECT(psi_remainder(a, b), PSI_INTS(5), 2, -2, 2, 1, -1);
        /* 12 / 3.01 is less than 4, and 4 when it is rounded to bfloat16; 2.999 is 3 in float16. */
        psi_array x = psi_astype(PSI_FLOATS(3.517578125, 0.9921875), types[i]),
                  y = psi_astype(PSI_FLOATS(1.1728515625, 0.0478515625), types[i]);
        psi_arrays both = psi_divmod(x, y);
        EXPECT(both.data[0], PSI_INTS(2), i ? 3 : 2, 20);
    }
}

static void integers(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = psi_reshape(psi_astype(PSI_INT32S(1, 2), PSI_INT8), PSI_INTS(2, 1));
    psi_array p = psi_prod(a, PSI_INTS(1), false);
    assert_int_equal(psi_dtype_of(p), PSI_INT32);
    EXPECT(p, PSI_INTS(2), 1, 2);
    psi_array u = psi_reshape(psi_astype(PSI_INT32S(0, 1, 2), PSI_UINT8), PSI_INTS(3, 1));
    EXPECT(psi_logsumexp(u, PSI_INTS(0), false), PSI_INTS(1), 2.4076059);
    EXPECT(psi_power(PSI_INT32S(2, 1, -1, -1, 0), PSI_INT32S(-3, -3, -3, -4, -1)), PSI_INTS(5), 0, 1, -1, 1,
           0);
    psi_array lowest = psi_scalar(INT32_MIN, PSI_INT32), minus = psi_scalar(-1, PSI_INT32);
    EXPECT(psi_remainder(lowest, minus), PSI_SCALAR_SHAPE, 0);
    EXPECT(psi_floor_divide(lowest, minus), PSI_SCALAR_SHAPE, INT32_MIN);
    psi_arrays both = psi_divmod(lowest, minus);
    EXPECT(both.data[0], PSI_SCALAR_SHAPE, INT32_MIN);
    EXPECT(both.data[1], PSI_SCALAR_SHAPE, 0);
    EXPECT(psi_logcumsumexp(PSI_INT32S(48, 99, 80), 0, false, false), PSI_INTS(3), -2147483648.0, 48, 99);
    EXPECT(psi_logcumsumexp(PSI_INT32S(-429204178, 1667043294, -1522884172), 0, false, true), PSI_INTS(3),
           -429204178, 1667043294, 1667043294);
}

static void shifts(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = PSI_INT32S(1, 1, 1, 3, -3), by = PSI_INT32S(-1, 32, INT32_MIN, 31, 100);
    EXPECT(psi_left_shift(a, by), PSI_INTS(5), 0, 0, 0, INT32_MIN, 0);
    EXPECT(psi_right_shift(a, by), PSI_INTS(5), 0, 0, 0, 0, -1);
}

static void complex_numbers(void **state)
{
    (void)state;
    PSI_SCOPE;
    const float parts[] = {NAN, 5, 2, 3}, beside[] = {2, 3, 1, NAN}, infinite[] = {-INFINITY, 6};
    psi_array a = psi_array_from(parts, PSI_INTS(2), PSI_COMPLEX64);
    const float *top = psi_data(psi_max(a, PSI_NONE, false));
    assert_true(isnan(top[0]) && top[1] == 5);
    const float *imaginary =
        psi_data(psi_max(psi_array_from(beside, PSI_INTS(2), PSI_COMPLEX64), PSI_NONE, false));
    assert_true(imaginary[0] == 1 && isnan(imaginary[1]));
    psi_array wide = psi_array_from((float[]){INFINITY, INFINITY}, PSI_SCALAR_SHAPE, PSI_COMPLEX64);
    const float *middle = psi_data(psi_median(psi_broadcast_to(wide, PSI_INTS(2)), PSI_NONE, false));
    assert_true(middle[0] == INFINITY && middle[1] == INFINITY);
    const float *larger =
        psi_data(psi_maximum(wide, psi_array_from(beside + 2, PSI_SCALAR_SHAPE, PSI_COMPLEX64)));
    assert_true(larger[0] == 1 && isnan(larger[1]));
    psi_array z = psi_array_from(infinite, PSI_SCALAR_SHAPE, PSI_COMPLEX64);
    const float *same = psi_data(psi_logsumexp(z, PSI_SCALAR_SHAPE, false));
    assert_true(same[0] == -INFINITY && same[1] == 6);
    psi_array low = psi_array_from((float[]){-INFINITY, 2}, PSI_SCALAR_SHAPE, PSI_COMPLEX64);
    const float *sum = psi_data(psi_logaddexp(z, psi_conjugate(low)));
    assert_true(sum[0] == INFINITY * -1 && sum[1] == 6);
    const float far[] = {INFINITY, -2, 3, 1};
    const float *top_of =
        psi_data(psi_logsumexp(psi_array_from(far, PSI_INTS(2), PSI_COMPLEX64), PSI_NONE, false));
    assert_true(top_of[0] == INFINITY && top_of[1] == -2);
    const float *sign =
        psi_data(psi_sign(psi_array_from((float[]){-0.0f, 2}, PSI_SCALAR_SHAPE, PSI_COMPLEX64)));
    assert_true(sign[0] == 0 && signbit(sign[0]) && sign[1] == 1);
    const float turned[] = {-INFINITY, -2, 3, 1, 0, 0};
    const float *sums =
        psi_data(psi_logcumsumexp(psi_array_from(turned, PSI_INTS(3), PSI_COMPLEX64), 0, false, false));
    assert_true(sums[0] == -INFINITY && sums[2] == -INFINITY && sums[4] == 3 && sums[5] == 1);
}

static void nothing(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = psi_ones(PSI_INTS(5, 3, 2), PSI_FLOAT32), empty = psi_zeros(PSI_INTS(2, 0), PSI_FLOAT32);
    EXPECT(psi_trace(x, 2, 1, 2, PSI_DTYPE_COUNT), PSI_INTS(5), 0, 0, 0, 0, 0);
    expect_error(psi_pad(empty, PSI_INTS(1), PSI_INTS(1), PSI_INTS(2), NULL, "edge"), PSI_VALUE_ERROR);
    expect_error(psi_concatenate(PSI_ARRAYS(x), 5), PSI_VALUE_ERROR);
    expect_error(psi_softmax(empty, PSI_INTS(4), false), PSI_INDEX_ERROR);
    expect_error(psi_logsumexp(empty, PSI_INTS(4), false), PSI_VALUE_ERROR);
    assert_int_equal(psi_size(psi_sort(psi_zeros(PSI_INTS(0), PSI_FLOAT32), -1)), 0);
    EXPECT(psi_median(PSI_FLOATS(3, 1), PSI_SCALAR_SHAPE, false), PSI_INTS(2), 3, 1);
    expect_error(psi_random_permutation(psi_scalar(1, PSI_FLOAT32), 3, NULL), PSI_INDEX_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(halves),          cmocka_unit_test(integers), cmocka_unit_test(shifts),
        cmocka_unit_test(complex_numbers), cmocka_unit_test(nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
