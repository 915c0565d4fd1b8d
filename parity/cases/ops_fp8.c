/* ops_fp8.c: mirrors of the rows of upstream's tests/ops_tests.cpp on 8-bit floats and on packed codes. */
#include "arrays.h"

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test fp8 conversion")
{
    static const psi_dtype dtypes[] = {PSI_FLOAT32, PSI_FLOAT16, PSI_BFLOAT16};
    psi_array exact = PSI_FLOATS(0, 1, -1.25, 0.001953125, -0.875, 13, 240, -448);
    for (int i = 0; i < 3; i++) {
        psi_array values = psi_astype(exact, dtypes[i]), codes = psi_to_fp8(values);
        CHECK_VALUES(codes, 0, 0x38, 0xba, 1, 0xb6, 0x55, 0x77, 0xfe);
        CHECK_EQUAL(psi_from_fp8(codes, dtypes[i]), values);
    }
    psi_array near = PSI_FLOATS(0.0004, 1.04, -1.27, 0.0021, -0.884, 13.3, 244, -446);
    CHECK_EQUAL(psi_from_fp8(psi_to_fp8(near), PSI_FLOAT32), exact);
    psi_array beyond = psi_from_fp8(psi_to_fp8(PSI_FLOATS(-1e6, 470, INFINITY)), PSI_FLOAT32);
    CHECK_EQUAL(beyond, PSI_FLOATS(-448, 448, 448));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test quantize dequantize")
{
    psi_array row = psi_expand_dims(psi_arange(-20, 236, 1, PSI_FLOAT32), PSI_INTS(0));
    psi_array x = psi_multiply(psi_ones(PSI_INTS(3, 1), PSI_FLOAT32), row);
    for (int bits = 2; bits <= 8; bits *= 2) {
        psi_arrays q = psi_quantize(x, 64, bits, "affine", NULL);
        CHECK_SHAPE(q.data[0], 3, 8 * bits);
        CHECK_SHAPE(q.data[1], 3, 4);
        CHECK_SHAPE(q.data[2], 3, 4);
        psi_array back =
            psi_dequantize(q.data[0], q.data[1], q.data[2], 64, bits, "affine", NULL, PSI_DTYPE_COUNT);
        psi_array off = psi_max(psi_abs(psi_subtract(x, back)), PSI_NONE, false);
        double most = INFINITY;
        CHECK(psi_item(off, &most) && most <= 64.0 / (1 << bits));
    }
    /* What has a code of its own comes back; products with it are right to two units of float32's last place. */
    psi_array codes = psi_reshape(psi_remainder(psi_arange(0, 64, 1, PSI_FLOAT32), f32(16)), PSI_INTS(2, 32));
    psi_arrays q = psi_quantize(codes, 32, 4, "affine", NULL);
    CHECK_EQUAL(psi_dequantize(q.data[0], q.data[1], q.data[2], 32, 4, "affine", NULL, PSI_DTYPE_COUNT),
                codes);
    psi_array ones = psi_ones(PSI_INTS(1, 32), PSI_FLOAT32), first = PSI_INT32S(0, 0);
    CHECK_VALUES_NEAR(psi_quantized_matmul(ones, q.data[0], q.data[1], q.data[2], true, 32, 4, "affine"),
                      0x1p-22, 240, 240);
    psi_array stack[3];
    for (int i = 0; i < 3; i++)
        stack[i] = psi_expand_dims(q.data[i], PSI_INTS(0));
    psi_array chosen = psi_gather_qmm(psi_expand_dims(ones, PSI_INTS(0)), stack[0], stack[1], stack[2], first,
                                      first, true, 32, 4, "affine", false);
    CHECK_SHAPE(chosen, 2, 1, 2);
    CHECK_VALUES_NEAR(chosen, 0x1p-22, 240, 240, 240, 240);
    psi_array sixes = psi_multiply(ones, f32(6));
    CHECK_VALUES(psi_qqmm(sixes, sixes, NULL, PSI_NO_INT, PSI_NO_INT, "nvfp4", NULL, NULL), 1152);
}
