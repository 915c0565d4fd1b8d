/* ops_conv.c: mirrors of the rows of upstream's tests/ops_tests.cpp on convolutions, over small whole numbers whose
 * sums were made by hand. */
#include "arrays.h"

/* Rows of weight o: all its elements are o + 1, so that an output is that times the sum of a window. */
static psi_array plain_weight(int64_t outputs, psi_ints rest, psi_dtype dtype)
{
    psi_array column = psi_reshape(psi_arange(1, (double)outputs + 1, 1, dtype), PSI_INTS(-1, 1));
    int64_t size = 1, shape[8] = {outputs};
    for (int i = 0; i < rest.count; i++) {
        size *= rest.data[i];
        shape[i + 1] = rest.data[i];
    }
    return psi_reshape(psi_broadcast_to(column, PSI_INTS(outputs, size)), (psi_ints){shape, rest.count + 1});
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test conv1d")
{
    psi_array in = psi_astype(SHAPED(PSI_FLOATS(1, 2, 3, 4, 5, 6), 1, 3, 2), PSI_FLOAT16);
    psi_array y = psi_conv1d(in, plain_weight(3, PSI_INTS(3, 2), PSI_FLOAT16), 1, 1, 1, 1);
    CHECK_DTYPE(y, PSI_FLOAT16);
    CHECK_SHAPE(y, 1, 3, 3);
    CHECK_VALUES(y, 10, 20, 30, 21, 42, 63, 18, 36, 54);
    /* two groups: outputs 0 and 1 of channel 0, outputs 2 and 3 of channel 1, in the promoted dtype */
    psi_array wide = plain_weight(4, PSI_INTS(3, 1), PSI_FLOAT32);
    y = psi_conv1d(in, wide, 1, 1, 1, 2);
    CHECK_DTYPE(y, PSI_FLOAT32);
    CHECK_TRUE(psi_allclose(y, SHAPED(PSI_FLOATS(4, 8, 18, 24, 9, 18, 36, 48, 8, 16, 30, 40), 1, 3, 4), 1e-5,
                            1e-8, false));
    CHECK_VALUES(psi_conv1d(in, wide, 2, 1, 1, 2), 4, 8, 18, 24, 8, 16, 30, 40);
    CHECK_VALUES(psi_conv1d(in, wide, 1, 2, 2, 2), 6, 12, 24, 32, 3, 6, 12, 16, 6, 12, 24, 32);
    CHECK_REFUSED(psi_conv1d(in, wide, 1, 1, 1, 1));
    CHECK_REFUSED(psi_conv1d(in, wide, 1, 1, 1, 3));
    CHECK_REFUSED(psi_conv1d(in, wide, 0, 1, 1, 2));
    CHECK_REFUSED(psi_conv1d(in, wide, 1, 0, 2, 2));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test conv2d")
{
    psi_array in = SHAPED(PSI_FLOATS(1, -2, 3, 4, -5, 6, 7, -8), 1, 2, 2, 2);
    psi_array weight = SHAPED(PSI_FLOATS(1, 1, 2, 0, 0, -1, 1, 3, 4, 2, 0, 1, -1, 0, 0.5, 0), 2, 2, 2, 2);
    psi_array y = psi_conv2d(in, weight, PSI_NONE, PSI_NONE, PSI_NONE, 1);
    CHECK_SHAPE(y, 1, 1, 1, 2);
    CHECK_VALUES(y, -18, 12.5);
    psi_array grouped = SHAPED(PSI_FLOATS(1, 2, 0, 1, -1, 0, 1, 1, 2, 1, 1, 0, 3, 0, 0, 1), 4, 2, 2, 1);
    CHECK_TRUE(psi_allclose(psi_conv2d(in, grouped, PSI_INTS(1, 1), PSI_INTS(0), PSI_INTS(1, 1), 2),
                            SHAPED(PSI_FLOATS(14, 1, 6, -14), 1, 1, 1, 4), 1e-5, 1e-8, false));
    psi_array twice = psi_concatenate(PSI_ARRAYS(in, psi_negative(in)), 0);
    y = psi_conv2d(twice, grouped, PSI_NONE, PSI_NONE, PSI_NONE, 2);
    CHECK_SHAPE(y, 2, 1, 1, 4);
    CHECK_VALUES(y, 14, 1, 6, -14, -14, -1, -6, 14);
    y = psi_conv2d(in, weight, PSI_NONE, PSI_INTS(1, 0), PSI_NONE, 1);
    CHECK_SHAPE(y, 1, 3, 1, 2);
    CHECK_VALUES(y, 17, 0.5, -18, 12.5, 15, -16);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test conv_transpose1d with output_padding")
{
    psi_array in = SHAPED(PSI_FLOATS(2, -1, 5), 1, 1, 3), weight = psi_ones(PSI_INTS(1, 1, 3), PSI_FLOAT32);
    CHECK_EQUAL(psi_conv_transpose1d(in, weight, 2, 0, 1, 1, 1), SHAPED(PSI_FLOATS(6, 0), 1, 2, 1));
    CHECK_EQUAL(psi_conv_transpose1d(in, weight, 2, 0, 1, 0, 1), SHAPED(PSI_FLOATS(6), 1, 1, 1));
    psi_array line = SHAPED(PSI_FLOATS(1, 2, 3), 1, 3, 1), kernel = SHAPED(PSI_FLOATS(1, 10, 100), 1, 3, 1);
    CHECK_VALUES(psi_conv_transpose1d(line, kernel, 2, 0, 1, 1, 1), 1, 10, 102, 20, 203, 30, 300, 0);
    CHECK_VALUES(psi_conv_transpose1d(line, kernel, 1, 1, 1, 0, 1), 12, 123, 230);
    CHECK_VALUES(psi_conv_transpose1d(line, kernel, 1, 0, 2, 0, 1), 1, 2, 13, 20, 130, 200, 300);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test conv_transpose2d with output_padding")
{
    psi_array in = SHAPED(PSI_FLOATS(1, 1, 2, 3), 1, 1, 2, 2),
              weight = plain_weight(2, PSI_INTS(1, 1, 2), PSI_FLOAT32);
    psi_array y =
        psi_conv_transpose2d(in, weight, PSI_INTS(2, 2), PSI_INTS(0, 0), PSI_INTS(1, 1), PSI_INTS(1, 1), 1);
    CHECK_SHAPE(y, 1, 2, 4, 2);
    CHECK_EQUAL(y, SHAPED(PSI_FLOATS(2, 4, 0, 0, 5, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 1, 2, 4, 2));
    y = psi_conv_transpose2d(in, weight, PSI_INTS(1, 2), PSI_NONE, PSI_NONE, PSI_NONE, 1);
    CHECK_VALUES(y, 2, 4, 0, 0, 5, 10);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test conv_transpose3d with output_padding")
{
    psi_array in = counted(1, PSI_INTS(1, 1, 2, 2, 2), PSI_FLOAT32),
              weight = psi_ones(PSI_INTS(1, 1, 1, 1, 2), PSI_FLOAT32);
    psi_array y = psi_conv_transpose3d(in, weight, PSI_INTS(2), PSI_INTS(0), PSI_INTS(1), PSI_INTS(1), 1);
    CHECK_SHAPE(y, 1, 2, 4, 4, 1);
    CHECK_EQUAL(psi_slice(y, PSI_INTS(0, 0, 0, 0, 0), PSI_INTS(1, 1, 4, 4, 1), PSI_INTS(1, 1, 2, 2, 1)),
                SHAPED(PSI_FLOATS(3, 7, 11, 15), 1, 1, 2, 2, 1));
    CHECK_VALUES(psi_sum(y, PSI_NONE, false), 36);
}
