/* 8-bit floats: all codes, rounding, ends, dtypes, layouts, batching, typed refusals. */
#include "values.h"

static void decoding(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array codes = psi_astype(
        psi_array_from((float[]){0, 0x80, 1, 7, 8, 0x38, 0xb9, 0x7e, 0x7f, 0xff}, PSI_INTS(10), PSI_FLOAT32),
        PSI_UINT8);
    static const psi_dtype dtypes[] = {PSI_FLOAT16, PSI_FLOAT32, PSI_FLOAT64, PSI_BFLOAT16};
    for (int i = 0; i < 4; i++) {
        psi_array y = psi_from_fp8(codes, dtypes[i]);
        assert_int_equal(psi_dtype_of(y), dtypes[i]);
        EXPECT(y, PSI_INTS(10), 0, 0, 0.001953125, 0.013671875, 0.015625, 1, -1.125, 448, 480, -480);
    }
    /* Every code but the two past 448 comes back. */
    psi_array all = psi_arange(0, 256, 1, PSI_UINT8);
    psi_array back = psi_astype(psi_to_fp8(psi_from_fp8(all, PSI_BFLOAT16)), PSI_INT32);
    psi_array moved = psi_subtract(psi_astype(all, PSI_INT32), back);
    EXPECT(psi_sum(psi_abs(moved), PSI_NONE, false), PSI_SCALAR_SHAPE, 2);
    EXPECT(psi_slice(back, PSI_INTS(126), PSI_INTS(129), PSI_NONE), PSI_INTS(3), 126, 126, 128);
    EXPECT(psi_slice(back, PSI_INTS(254), PSI_INTS(256), PSI_NONE), PSI_INTS(2), 254, 254);
}

static void encoding(void **state)
{
    (void)state;
    PSI_SCOPE;
    /* Halfway goes to the even code, below and above the smallest normal number. */
    psi_array x = psi_array_from((float[]){0.0009765625f, 0.00097656256f, 0.0029296875f, 0.0146484375f,
                                           1.0625f, 1.1875f, 463, 465, 1e30f, -INFINITY, NAN, -0.0f},
                                 PSI_INTS(12), PSI_FLOAT32);
    EXPECT(psi_to_fp8(x), PSI_INTS(12), 0, 1, 2, 8, 0x38, 0x3a, 0x7e, 0x7e, 0x7e, 0xfe, 0x7e, 0x80);
    EXPECT(psi_to_fp8(psi_array_from((double[]){1, -3.1}, PSI_INTS(2), PSI_FLOAT64)), PSI_INTS(2), 0x38,
           0xc4);
    psi_array grid = psi_slice(psi_transpose(count_up(PSI_INTS(2, 3)), PSI_NONE), PSI_INTS(2, 0),
                               PSI_INTS(-4, 2), PSI_INTS(-1, 1));
    EXPECT(psi_from_fp8(psi_to_fp8(grid), PSI_FLOAT32), PSI_INTS(3, 2), 2, 5, 1, 4, 0, 3);
    EXPECT(psi_to_fp8(psi_zeros(PSI_INTS(0, 2), PSI_FLOAT16)), PSI_INTS(0, 2), 0);
    EXPECT(psi_to_fp8(psi_scalar(1.5, PSI_FLOAT32)), PSI_SCALAR_SHAPE, 0x3c);
    psi_array many = psi_full(PSI_INTS(20000), psi_scalar(0.3, PSI_BFLOAT16), PSI_DTYPE_COUNT);
    EXPECT(psi_max(psi_to_fp8(many), PSI_NONE, false), PSI_SCALAR_SHAPE, 0x2a);
    EXPECT(psi_min(psi_to_fp8(many), PSI_NONE, false), PSI_SCALAR_SHAPE, 0x2a);
}

static void refusals(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array code = psi_scalar_int(56, PSI_UINT8), whole = psi_scalar_int(1, PSI_INT32);
    expect_error(psi_to_fp8(whole), PSI_VALUE_ERROR);
    expect_error(psi_to_fp8(psi_scalar(1, PSI_COMPLEX64)), PSI_VALUE_ERROR);
    expect_error(psi_from_fp8(whole, PSI_FLOAT32), PSI_VALUE_ERROR);
    expect_error(psi_from_fp8(code, PSI_INT32), PSI_VALUE_ERROR);
    expect_error(psi_from_fp8(code, PSI_COMPLEX64), PSI_VALUE_ERROR);
    expect_error(psi_from_fp8(code, PSI_DTYPE_COUNT), PSI_VALUE_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoding),
        cmocka_unit_test(encoding),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
