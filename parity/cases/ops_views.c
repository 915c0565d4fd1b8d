/* ops_views.c: mirrors of the rows of upstream's tests/ops_tests.cpp on shapes and views: the same elements under another
 * shape, order or layout. */
#include "arrays.h"

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test copy")
{
    psi_array scalar = f32(-7.5), again = psi_copy(scalar);
    CHECK_SCALAR(again);
    CHECK(psi_id(again) != psi_id(scalar));
    CHECK_VALUES(again, -7.5);
    psi_array column = SHAPED(PSI_INT32S(6, 5, 4), 3, 1), twin = psi_copy(column);
    CHECK_SHAPE(twin, 3, 1);
    CHECK_DTYPE(twin, PSI_INT32);
    CHECK(psi_id(twin) != psi_id(column));
    CHECK_EQUAL(twin, column);
    CHECK_SAME(psi_copy(psi_transpose(column, PSI_NONE)), SHAPED(PSI_INT32S(6, 5, 4), 1, 3));
    CHECK_VALUES(psi_stop_gradient(column), 6, 5, 4);
}

/* A view of x has x's first element where x has it. */
static bool shares(psi_array a, psi_array x)
{
    return psi_eval(PSI_ARRAYS(a, x)) && psi_data_size(a) == psi_data_size(x);
}

static void check_reshaped_scalar(void)
{
    psi_array x = f32(3);
    CHECK_SCALAR(psi_reshape(x, PSI_SCALAR_SHAPE));
    CHECK_REFUSED(psi_reshape(x, PSI_INTS(3)));
    CHECK_SHAPE(psi_reshape(x, PSI_INTS(1, 1)), 1, 1);
    CHECK_SHAPE(psi_reshape(x, PSI_INTS(-1, 1)), 1, 1);
    CHECK_SHAPE(psi_reshape(x, PSI_INTS(1, 1, 1, -1)), 1, 1, 1, 1);
    CHECK_REFUSED(psi_reshape(x, PSI_INTS(-1, -1)));
    CHECK_REFUSED(psi_reshape(x, PSI_INTS(3, -1)));
    CHECK_REFUSED(psi_reshape(x, PSI_INTS(-2)));

    x = psi_zeros(PSI_INTS(3, 2, 5), PSI_FLOAT32);
    CHECK_SHAPE(psi_reshape(x, PSI_INTS(30)), 30);
    CHECK_REFUSED(psi_reshape(x, PSI_INTS(31)));
    CHECK_SHAPE(psi_reshape(x, PSI_INTS(-1)), 30);
    CHECK_SHAPE(psi_reshape(x, PSI_INTS(10, -1)), 10, 3);
    CHECK_REFUSED(psi_reshape(x, PSI_INTS(4, -1)));

    x = nothing();
    psi_array cube = psi_reshape(x, PSI_INTS(0, 0, 0));
    CHECK_SHAPE(cube, 0, 0, 0);
    CHECK(psi_eval1(cube));
    CHECK_EQ_INT(psi_size(cube), 0);
    CHECK_REFUSED(psi_reshape(x, PSI_SCALAR_SHAPE));
    CHECK_REFUSED(psi_reshape(x, PSI_INTS(1)));
    CHECK_SHAPE(psi_reshape(x, PSI_INTS(3, 0, 2)), 3, 0, 2);
}

/* Reshapes of a transposed (3, 6, 4) that only split axes stay views. */
static void check_reshaped_views(void)
{
    psi_array x = psi_reshape(psi_arange(0, 72, 1, PSI_INT32), PSI_INTS(3, 4, 6));
    REQUIRE(psi_eval1(x));
    CHECK_INTS(psi_strides(x), 24, 6, 1);
    psi_array turned = psi_transpose(x, PSI_INTS(0, 2, 1));
    psi_array split = psi_reshape(turned, PSI_INTS(3, 3, 2, 4));
    REQUIRE(psi_eval1(split));
    CHECK_INTS(psi_strides(split), 24, 2, 1, 6);
    CHECK(shares(split, x));
    split = psi_reshape(turned, PSI_INTS(3, 6, 2, 2));
    REQUIRE(psi_eval1(split));
    CHECK_INTS(psi_strides(split), 24, 1, 12, 6);
    CHECK(shares(split, x));
    CHECK_VALUES(psi_reshape(split, PSI_INTS(3, 24)), 0, 6, 12, 18, 1, 7, 13, 19, 2, 8, 14, 20, 3, 9, 15, 21,
                 4, 10, 16, 22, 5, 11, 17, 23, 24, 30, 36, 42, 25, 31, 37, 43, 26, 32, 38, 44, 27, 33, 39, 45,
                 28, 34, 40, 46, 29, 35, 41, 47, 48, 54, 60, 66, 49, 55, 61, 67, 50, 56, 62, 68, 51, 57, 63,
                 69, 52, 58, 64, 70, 53, 59, 65, 71);
    /* Strides of axes of length 1 mean nothing. */
    split = psi_reshape(turned, PSI_INTS(3, 6, 2, 1, 2, 1));
    REQUIRE(psi_eval1(split));
    psi_ints strides = psi_strides(split);
    CHECK_EQ_INT(strides.data[0], 24);
    CHECK_EQ_INT(strides.data[1], 1);
    CHECK_EQ_INT(strides.data[2], 12);
    CHECK_EQ_INT(strides.data[4], 6);
    CHECK(shares(split, x));
}

/* Row-major, then column-major, after evaluation. */
#define CHECK_ORDER(array, row, column)                   \
    do {                                                  \
        psi_array order_ = (array);                       \
        REQUIRE(psi_eval1(order_));                       \
        CHECK(psi_is_row_contiguous(order_) == (row));    \
        CHECK(psi_is_col_contiguous(order_) == (column)); \
    } while (0)

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test reshape")
{
    check_reshaped_scalar();
    check_reshaped_views();
    psi_array plane = psi_ones(PSI_INTS(6, 8), PSI_FLOAT32);
    CHECK_ORDER(plane, true, false);
    CHECK_ORDER(psi_reshape(plane, PSI_INTS(3, 2, 8)), true, false);
    CHECK_ORDER(psi_reshape(plane, PSI_INTS(6, 1, 8, 1)), true, false);
    psi_array turned = psi_transpose(plane, PSI_INTS(1, 0));
    CHECK_ORDER(turned, false, true);
    CHECK_ORDER(psi_reshape(turned, PSI_INTS(8, 1, 6, 1)), false, true);
    CHECK_ORDER(psi_reshape(turned, PSI_INTS(2, 24)), true, false);
    CHECK_ORDER(psi_reshape(turned, PSI_INTS(4, 2, 6)), false, false);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test flatten")
{
    psi_array x = psi_zeros(PSI_INTS(3, 2, 5), PSI_FLOAT32);
    CHECK_SHAPE(psi_flatten(x, 0, -1), 30);
    CHECK_SHAPE(psi_flatten(x, 1, 1), 3, 2, 5);
    CHECK_SHAPE(psi_flatten(x, 0, 1), 6, 5);
    CHECK_SHAPE(psi_flatten(x, 1, 2), 3, 10);
    CHECK_SHAPE(psi_flatten(x, 1, 9), 3, 10);
    CHECK_SHAPE(psi_flatten(x, 1, -1), 3, 10);
    CHECK_SHAPE(psi_flatten(x, -2, -1), 3, 10);
    CHECK_SHAPE(psi_flatten(x, -3, -2), 6, 5);
    CHECK_SHAPE(psi_flatten(x, -7, -1), 30);
    CHECK_REFUSED(psi_flatten(x, 2, 0));
    CHECK_REFUSED(psi_flatten(x, 4, 7));
    CHECK_REFUSED(psi_flatten(x, -7, -6));
    CHECK_SHAPE(psi_flatten(f32(1), 0, 0), 1);
    CHECK_SHAPE(psi_flatten(f32(1), -4, -1), 1);
    CHECK_VALUES(psi_flatten(psi_transpose(SHAPED(PSI_INT32S(1, 2, 3, 4), 2, 2), PSI_NONE), 0, -1), 1, 3, 2,
                 4);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test unflatten")
{
    CHECK_REFUSED(psi_unflatten(f32(1), 0, PSI_INTS(1, 1)));
    psi_array one = PSI_FLOATS(4);
    CHECK_SHAPE(psi_unflatten(one, 0, PSI_INTS(1, 1, 1)), 1, 1, 1);
    CHECK_REFUSED(psi_unflatten(one, 1, PSI_INTS(1, 1)));
    CHECK_REFUSED(psi_unflatten(one, 0, PSI_INTS(-1, -1)));
    CHECK_REFUSED(psi_unflatten(one, 0, PSI_INTS(2, -1)));
    CHECK_REFUSED(psi_unflatten(one, 0, PSI_SCALAR_SHAPE));
    psi_array plane = psi_zeros(PSI_INTS(12, 5), PSI_FLOAT32);
    CHECK_SHAPE(psi_unflatten(plane, 0, PSI_INTS(2, 3, 2)), 2, 3, 2, 5);
    CHECK_SHAPE(psi_unflatten(plane, -2, PSI_INTS(4, -1)), 4, 3, 5);
    psi_array column = psi_unflatten(PSI_INT32S(7, 8, 9, 10), 0, PSI_INTS(2, 2));
    CHECK_VALUES(psi_transpose(column, PSI_NONE), 7, 9, 8, 10);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test squeeze and expand")
{
    psi_array x = psi_zeros(PSI_INTS(1, 3, 1, 4, 1), PSI_FLOAT32);
    CHECK_SHAPE(psi_squeeze(x, PSI_NONE), 3, 4);
    CHECK_SHAPE(psi_squeeze(x, PSI_INTS(0, 2, 4)), 3, 4);
    CHECK_SHAPE(psi_squeeze(x, PSI_INTS(-1, -3, -5)), 3, 4);
    CHECK_SHAPE(psi_squeeze(x, PSI_INTS(2)), 1, 3, 4, 1);
    CHECK_SHAPE(psi_squeeze(x, PSI_INTS(-1)), 1, 3, 1, 4);
    CHECK_REFUSED(psi_squeeze(x, PSI_INTS(1)));
    CHECK_REFUSED(psi_squeeze(x, PSI_INTS(5)));
    CHECK_REFUSED(psi_squeeze(x, PSI_INTS(0, 2, 0)));
    CHECK_REFUSED(psi_squeeze(x, PSI_INTS(0, 2, -5)));

    x = psi_zeros(PSI_INTS(3, 4), PSI_FLOAT32);
    CHECK_SHAPE(psi_expand_dims(x, PSI_INTS(0)), 1, 3, 4);
    CHECK_SHAPE(psi_expand_dims(x, PSI_INTS(-1)), 3, 4, 1);
    CHECK_SHAPE(psi_expand_dims(x, PSI_INTS(1)), 3, 1, 4);
    CHECK_SHAPE(psi_expand_dims(x, PSI_INTS(0, 2)), 1, 3, 1, 4);
    CHECK_SHAPE(psi_expand_dims(x, PSI_INTS(0, 1, 4, -1)), 1, 1, 3, 4, 1, 1);
    CHECK_REFUSED(psi_expand_dims(x, PSI_INTS(3)));
    CHECK_REFUSED(psi_expand_dims(x, PSI_INTS(-4)));
    CHECK_REFUSED(psi_expand_dims(x, PSI_INTS(1, 1)));
    CHECK_REFUSED(psi_expand_dims(x, PSI_INTS(0, -4)));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test swap and move axes")
{
    psi_array scalar = f32(0), line = psi_zeros(PSI_INTS(6), PSI_FLOAT32);
    psi_array box = psi_zeros(PSI_INTS(5, 6, 7), PSI_FLOAT32);
    CHECK_REFUSED(psi_swapaxes(scalar, 0, 0));
    CHECK_REFUSED(psi_swapaxes(line, 0, 1));
    CHECK_SHAPE(psi_swapaxes(line, 0, 0), 6);
    CHECK_SHAPE(psi_swapaxes(line, -1, 0), 6);
    CHECK_REFUSED(psi_swapaxes(box, 1, -4));
    CHECK_REFUSED(psi_swapaxes(box, 1, 3));
    CHECK_REFUSED(psi_swapaxes(box, 3, 1));
    CHECK_REFUSED(psi_swapaxes(box, -4, 1));
    CHECK_SHAPE(psi_swapaxes(box, 0, 2), 7, 6, 5);
    CHECK_SHAPE(psi_swapaxes(box, 1, 0), 6, 5, 7);
    CHECK_SHAPE(psi_swapaxes(box, -1, 0), 7, 6, 5);
    CHECK_SHAPE(psi_swapaxes(box, 2, -2), 5, 7, 6);

    CHECK_REFUSED(psi_moveaxis(scalar, 0, 0));
    CHECK_REFUSED(psi_moveaxis(line, 0, 1));
    CHECK_SHAPE(psi_moveaxis(line, 0, 0), 6);
    CHECK_SHAPE(psi_moveaxis(line, -1, 0), 6);
    CHECK_REFUSED(psi_moveaxis(box, 1, -4));
    CHECK_REFUSED(psi_moveaxis(box, 1, 3));
    CHECK_REFUSED(psi_moveaxis(box, 3, 1));
    CHECK_REFUSED(psi_moveaxis(box, -4, 1));
    CHECK_SHAPE(psi_moveaxis(box, 0, 2), 6, 7, 5);
    CHECK_SHAPE(psi_moveaxis(box, 2, 0), 7, 5, 6);
    CHECK_SHAPE(psi_moveaxis(box, 0, -2), 6, 5, 7);
    CHECK_SHAPE(psi_moveaxis(box, -2, -1), 5, 7, 6);
}

static void check_refused_orders(void)
{
    psi_array plane = psi_zeros(PSI_INTS(2, 3), PSI_INT32);
    CHECK_REFUSED(psi_transpose(i32(1), PSI_INTS(0)));
    CHECK_REFUSED(psi_transpose(i32(1), PSI_INTS(-1)));
    CHECK_REFUSED(psi_transpose(PSI_INT32S(1, 2), PSI_INTS(1)));
    CHECK_REFUSED(psi_transpose(PSI_INT32S(1, 2), PSI_INTS(0, 0)));
    CHECK_REFUSED(psi_transpose(plane, PSI_SCALAR_SHAPE));
    CHECK_REFUSED(psi_transpose(plane, PSI_INTS(1)));
    CHECK_REFUSED(psi_transpose(plane, PSI_INTS(1, 1)));
    CHECK_REFUSED(psi_transpose(plane, PSI_INTS(1, 1, 1)));
    CHECK_REFUSED(psi_transpose(plane, PSI_INTS(1, 0, 0)));
    CHECK_REFUSED(psi_transpose(plane, PSI_INTS(0, -2)));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test transpose")
{
    check_refused_orders();
    CHECK_SCALAR(psi_transpose(i32(8), PSI_NONE));
    CHECK_VALUES(psi_transpose(i32(8), PSI_NONE), 8);
    psi_array line = PSI_INT32S(8, 9);
    CHECK_SHAPE(psi_transpose(line, PSI_NONE), 2);
    CHECK_VALUES(psi_transpose(line, PSI_NONE), 8, 9);
    CHECK_SHAPE(psi_transpose(line, PSI_INTS(-1)), 2);
    CHECK_VALUES(psi_transpose(line, PSI_INTS(-1)), 8, 9);
    psi_array empty = psi_transpose(psi_zeros(PSI_INTS(0, 4), PSI_FLOAT32), PSI_NONE);
    CHECK_SHAPE(empty, 4, 0);
    CHECK(psi_eval1(empty));
    CHECK_EQ_INT(psi_size(empty), 0);

    psi_array plane = counted(1, PSI_INTS(3, 2), PSI_INT32);
    CHECK_SHAPE(psi_transpose(plane, PSI_NONE), 2, 3);
    CHECK_SHAPE(psi_transpose(plane, PSI_INTS(-1, 0)), 2, 3);
    CHECK_SHAPE(psi_transpose(plane, PSI_INTS(-1, -2)), 2, 3);
    CHECK_EQUAL(psi_transpose(plane, PSI_INTS(1, 0)), SHAPED(PSI_INT32S(1, 3, 5, 2, 4, 6), 2, 3));
    CHECK_SHAPE(psi_transpose(plane, PSI_INTS(0, 1)), 3, 2);
    CHECK_EQUAL(psi_transpose(plane, PSI_INTS(0, 1)), plane);
    CHECK_SHAPE(psi_transpose(plane, PSI_INTS(-2, 1)), 3, 2);
    CHECK_EQUAL(psi_transpose(plane, PSI_INTS(-2, 1)), plane);

    psi_array box = counted(0, PSI_INTS(2, 2, 3), PSI_INT32);
    CHECK_SHAPE(psi_transpose(box, PSI_NONE), 3, 2, 2);
    CHECK_VALUES(psi_transpose(box, PSI_NONE), 0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11);
    CHECK_EQUAL(psi_transpose(box, PSI_INTS(0, 1, 2)), box);
    CHECK_SHAPE(psi_transpose(box, PSI_INTS(1, 0, 2)), 2, 2, 3);
    CHECK_VALUES(psi_transpose(box, PSI_INTS(1, 0, 2)), 0, 1, 2, 6, 7, 8, 3, 4, 5, 9, 10, 11);
    CHECK_SHAPE(psi_transpose(box, PSI_INTS(0, 2, 1)), 2, 3, 2);
    CHECK_VALUES(psi_transpose(box, PSI_INTS(0, 2, 1)), 0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11);
    CHECK_SHAPE(psi_transpose(box, PSI_INTS(2, 0, 1)), 3, 2, 2);
    CHECK_VALUES(psi_reshape(psi_transpose(plane, PSI_NONE), PSI_INTS(3, 1, 2)), 1, 3, 5, 2, 4, 6);

    /* Moving axes of length 1 leaves row-major order as it is. */
    psi_array thin = counted(0, PSI_INTS(1, 3, 1, 4), PSI_INT32);
    CHECK_ORDER(thin, true, false);
    CHECK_ORDER(psi_transpose(thin, PSI_INTS(1, 2, 0, 3)), true, false);
    CHECK_EVERY_ISA(psi_contiguous(psi_transpose(counted(0, PSI_INTS(7, 9, 5), PSI_INT16), PSI_NONE), false));
}
