/* ops_linear.c: mirrors of the rows of upstream's tests/ops_tests.cpp on products over axes and on diagonals. */
#include "arrays.h"

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "tensordot")
{
    psi_array x = psi_reshape(psi_arange(0, 24, 1, PSI_FLOAT32), PSI_INTS(2, 3, 4));
    psi_array y = psi_reshape(psi_arange(0, 12, 1, PSI_FLOAT32), PSI_INTS(3, 2, 2));
    CHECK_EQUAL(psi_tensordot_axes(x, y, PSI_INTS(1, 0), PSI_INTS(0, 1)),
                SHAPED(PSI_FLOATS(400, 460, 430, 496, 460, 532, 490, 568), 4, 2));
    CHECK_REFUSED(psi_tensordot_axes(x, y, PSI_INTS(2, 0), PSI_INTS(0, 1)));
    CHECK_REFUSED(psi_tensordot_axes(x, y, PSI_INTS(1), PSI_INTS(0, 1)));
    psi_array z = psi_reshape(psi_arange(0, 24, 1, PSI_FLOAT32), PSI_INTS(3, 4, 2));
    CHECK_EQUAL(psi_tensordot(x, z, 2), SHAPED(PSI_FLOATS(1012, 1078, 2596, 2806), 2, 2));
    CHECK_SHAPE(psi_tensordot_axes(x, y, PSI_SCALAR_SHAPE, PSI_SCALAR_SHAPE), 2, 3, 4, 3, 2, 2);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "outer")
{
    CHECK_EQUAL(psi_outer(psi_arange(2, 5, 1, PSI_FLOAT32), psi_arange(-1, 1, 1, PSI_FLOAT32)),
                SHAPED(PSI_FLOATS(-2, 0, -3, 0, -4, 0), 3, 2));
    psi_array steps = psi_linspace(-1, 1, 3, PSI_FLOAT32);
    CHECK_EQUAL(psi_outer(psi_ones(PSI_INTS(2), PSI_FLOAT32), steps),
                SHAPED(PSI_FLOATS(-1, 0, 1, -1, 0, 1), 2, 3));
    CHECK_SHAPE(psi_outer(psi_ones(PSI_INTS(2, 2), PSI_FLOAT32),
                          psi_array_from((float[]){2, 3}, PSI_INTS(2), PSI_FLOAT32)),
                4, 2);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "inner")
{
    psi_array four = psi_reshape(psi_arange(0, 4, 1, PSI_FLOAT32), PSI_INTS(1, 4));
    CHECK_REFUSED(psi_inner(four, psi_reshape(psi_arange(0, 6, 1, PSI_FLOAT32), PSI_INTS(2, 3))));
    CHECK_VALUES(psi_inner(PSI_FLOATS(4, -5, 6), PSI_FLOATS(1, 2, 3)), 12);
    psi_array box = psi_reshape(psi_arange(0, 12, 1, PSI_FLOAT32), PSI_INTS(2, 2, 3));
    CHECK_EQUAL(psi_inner(box, PSI_FLOATS(1, 0, 2)), SHAPED(PSI_FLOATS(4, 13, 22, 31), 2, 2));
    CHECK_EQUAL(psi_inner(SHAPED(PSI_FLOATS(3, -1), 1, 1, 2), SHAPED(PSI_FLOATS(1, 2, 3, 4), 2, 2)),
                SHAPED(PSI_FLOATS(1, 5), 1, 1, 2));
    CHECK_EQUAL(psi_inner(psi_eye(2, PSI_NO_INT, 0, PSI_FLOAT32), f32(-3)),
                SHAPED(PSI_FLOATS(-3, 0, 0, -3), 2, 2));
    CHECK_EQUAL(psi_addmm(PSI_FLOATS(1, -1), box, SHAPED(PSI_FLOATS(1, 0, 2, 1, 0, 2), 3, 2), 2, 3),
                SHAPED(PSI_FLOATS(7, 7, 25, 25, 43, 43, 61, 61), 2, 2, 2));
    psi_array lines = SHAPED(PSI_FLOATS(2, 1, 1, 2, 1, -1), 2, 3, 1);
    CHECK_EQUAL(psi_gather_mm(box, lines, PSI_INT32S(1, 0), PSI_INT32S(1, 0), false),
                SHAPED(PSI_FLOATS(11, 17, 3, 15), 2, 2, 1));
    CHECK_EQUAL(psi_segmented_mm(SHAPED(PSI_FLOATS(1, 2, 3), 1, 3), SHAPED(PSI_FLOATS(4, 5, 6), 3, 1),
                                 SHAPED(PSI_INT32S(0, 2, 1, 3), 2, 2)),
                SHAPED(PSI_FLOATS(14, 28), 2, 1, 1));
    CHECK_VALUES(psi_block_masked_mm(PSI_FLOATS(1, 2), PSI_FLOATS(3, 4), 32, f32(2), NULL, f32(-1)), -22);
    CHECK_EQUAL(psi_hadamard_transform(PSI_FLOATS(4, 1, -2, 0), 2), PSI_FLOATS(6, 2, 14, 10));
    psi_array pairs = PSI_FLOATS(3, 1, 1, 3), weight = PSI_FLOATS(1, 2, 3, 4);
    CHECK_EQUAL(psi_fast_rms_norm(pairs, NULL, 11), PSI_FLOATS(0.75, 0.25, 0.25, 0.75));
    CHECK_EQUAL(psi_fast_layer_norm(pairs, weight, PSI_FLOATS(0, 1, 0, 0), 0), PSI_FLOATS(1, -1, -3, 4));
    psi_array here = SHAPED(PSI_FLOATS(5, 6, 7, 8), 1, 1, 4);
    CHECK_EQUAL(psi_fast_rope(here, 4, true, 10, 1, 0, NULL), here);
    psi_array keys = psi_zeros(PSI_INTS(1, 1, 2, 4), PSI_FLOAT32),
              means = SHAPED(PSI_FLOATS(1, 2, 5, 8), 1, 1, 2, 2);
    CHECK_EQUAL(
        psi_fast_scaled_dot_product_attention(SHAPED(here, 1, 1, 1, 4), keys, means, 1, "", NULL, NULL),
        SHAPED(PSI_FLOATS(3, 5), 1, 1, 1, 2));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test trace")
{
    CHECK_VALUES(psi_trace(psi_eye(4, PSI_NO_INT, 0, PSI_FLOAT32), 0, 0, 1, PSI_DTYPE_COUNT), 4);
    psi_array plane = psi_reshape(psi_arange(1, 10, 1, PSI_INT32), PSI_INTS(3, 3));
    CHECK_VALUES(psi_trace(plane, 0, 0, 1, PSI_DTYPE_COUNT), 15);
    CHECK_VALUES(psi_trace(plane, 1, 0, 1, PSI_DTYPE_COUNT), 8);
    psi_array box = psi_reshape(psi_arange(0, 12, 1, PSI_INT32), PSI_INTS(2, 3, 2));
    CHECK_EQUAL(psi_trace(box, 0, 0, 1, PSI_DTYPE_COUNT), PSI_INT32S(8, 10));
    psi_array converted = psi_trace(box, 0, 1, 2, PSI_FLOAT32);
    CHECK_DTYPE(converted, PSI_FLOAT32);
    CHECK_EQUAL(converted, PSI_FLOATS(3, 15));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test diagonal")
{
    psi_array tall = SHAPED(PSI_INT32S(10, 11, 12, 13, 14, 15), 3, 2);
    CHECK_EQUAL(psi_diagonal(tall, 0, 0, 1), PSI_INT32S(10, 13));
    CHECK_REFUSED(psi_diagonal(tall, 0, 2, 0));
    CHECK_REFUSED(psi_diagonal(tall, 0, 0, -3));
    CHECK_REFUSED(psi_diagonal(tall, 0, 1, -1));
    CHECK_REFUSED(psi_diagonal(PSI_INT32S(1, 2), 0, 0, 1));
    psi_array wide = counted(0, PSI_INTS(2, 5), PSI_INT32);
    CHECK_EQUAL(psi_diagonal(wide, -1, 0, 1), PSI_INT32S(5));
    CHECK_EQUAL(psi_diagonal(wide, 3, 0, 1), PSI_INT32S(3, 9));
    CHECK_EQUAL(psi_diagonal(wide, -2, 1, 0), PSI_INT32S(2, 8));
    psi_array beyond = psi_diagonal(wide, 6, 0, 1);
    REQUIRE(psi_eval(PSI_ARRAYS(beyond)));
    CHECK_SHAPE(beyond, 0);

    psi_array box = psi_reshape(psi_arange(0, 12, 1, PSI_INT32), PSI_INTS(2, 3, 2));
    CHECK_EQUAL(psi_diagonal(box, 0, 0, 1), SHAPED(PSI_INT32S(0, 8, 1, 9), 2, 2));
    CHECK_EQUAL(psi_diagonal(box, 1, 0, 1), SHAPED(PSI_INT32S(2, 10, 3, 11), 2, 2));
    CHECK_EQUAL(psi_diagonal(box, 0, 2, 0), SHAPED(PSI_INT32S(0, 7, 2, 9, 4, 11), 3, 2));
    CHECK_EQUAL(psi_diagonal(box, 1, -1, 0), SHAPED(PSI_INT32S(6, 8, 10), 3, 1));
    psi_array four = psi_reshape(psi_arange(0, 16, 1, PSI_INT32), PSI_INTS(2, 2, 2, 2));
    CHECK_EQUAL(psi_diagonal(four, 0, 1, 2), SHAPED(PSI_INT32S(0, 6, 1, 7, 8, 14, 9, 15), 2, 2, 2));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test diag")
{
    CHECK_REFUSED(psi_diag(f32(1), 0));
    CHECK_REFUSED(psi_diag(psi_zeros(PSI_INTS(1, 1, 1), PSI_FLOAT32), 0));
    psi_array line = PSI_INT32S(7, -8);
    CHECK_EQUAL(psi_diag(line, 0), SHAPED(PSI_INT32S(7, 0, 0, -8), 2, 2));
    CHECK_EQUAL(psi_diag(line, 1), SHAPED(PSI_INT32S(0, 7, 0, 0, 0, -8, 0, 0, 0), 3, 3));
    CHECK_EQUAL(psi_diag(line, -1), SHAPED(PSI_INT32S(0, 0, 0, 7, 0, 0, 0, -8, 0), 3, 3));
    psi_array plane = SHAPED(PSI_INT32S(1, 2, 3, 4, 5, 6, 7, 8, 9), 3, 3);
    CHECK_EQUAL(psi_diag(plane, 0), PSI_INT32S(1, 5, 9));
    CHECK_EQUAL(psi_diag(plane, 1), PSI_INT32S(2, 6));
    CHECK_EQUAL(psi_diag(plane, -2), PSI_INT32S(7));
}
