/* ops_slices.c: mirrors of the rows of upstream's tests/ops_tests.cpp on slices, slice updates, and padding. */
#include "arrays.h"

/* An evaluated slice: how much of the buffer it spans, and whether it is in row-major, column-major order. */
#define CHECK_SPAN(array, span)                     \
    do {                                            \
        psi_array part_ = (array);                  \
        REQUIRE(psi_eval(PSI_ARRAYS(part_)));       \
        CHECK_EQ_INT(psi_data_size(part_), (span)); \
    } while (0)
#define CHECK_ORDER(array, row, column)                  \
    do {                                                 \
        psi_array part_ = (array);                       \
        REQUIRE(psi_eval(PSI_ARRAYS(part_)));            \
        CHECK(psi_is_row_contiguous(part_) == (row));    \
        CHECK(psi_is_col_contiguous(part_) == (column)); \
    } while (0)

static void check_short_slices(void)
{
    psi_array scalar = i32(6), one = PSI_INT32S(6);
    CHECK_VALUES(psi_slice(scalar, PSI_SCALAR_SHAPE, PSI_SCALAR_SHAPE, PSI_NONE), 6);
    CHECK_REFUSED(psi_slice(scalar, PSI_INTS(0), PSI_INTS(1), PSI_NONE));
    CHECK_REFUSED(psi_slice(scalar, PSI_SCALAR_SHAPE, PSI_INTS(1), PSI_NONE));
    CHECK_REFUSED(psi_slice(scalar, PSI_INTS(0), PSI_SCALAR_SHAPE, PSI_NONE));
    CHECK_VALUES(psi_slice(one, PSI_INTS(0), PSI_INTS(1), PSI_NONE), 6);
    CHECK_VALUES(psi_slice(one, PSI_INTS(-1), PSI_INTS(1), PSI_NONE), 6);
    CHECK_VALUES(psi_slice(one, PSI_INTS(-8), PSI_INTS(8), PSI_NONE), 6);
    CHECK_VALUES(psi_slice(one, PSI_INTS(0), PSI_INTS(1), PSI_INTS(1)), 6);
    CHECK_VALUES(psi_slice(one, PSI_INTS(0), PSI_INTS(1), PSI_INTS(77)), 6);
    psi_array empty = psi_slice(one, PSI_INTS(1), PSI_INTS(0), PSI_NONE);
    CHECK_EMPTY(empty);
    CHECK_SHAPE(empty, 0);

    psi_array plane = counted(20, PSI_INTS(3, 4), PSI_INT32);
    CHECK_EQUAL(psi_slice(plane, PSI_INTS(1, 0), PSI_INTS(3, 2), PSI_NONE),
                SHAPED(PSI_INT32S(24, 25, 28, 29), 2, 2));
    CHECK_EQUAL(psi_slice(plane, PSI_INTS(0, 0), PSI_INTS(0, 3), PSI_NONE),
                psi_zeros(PSI_INTS(0, 3), PSI_INT32));
    CHECK_EQUAL(psi_slice(plane, PSI_INTS(0, 3), PSI_INTS(3, 4), PSI_NONE),
                SHAPED(PSI_INT32S(23, 27, 31), 3, 1));
    CHECK_EQUAL(psi_slice(plane, PSI_INTS(0, 1), PSI_INTS(3, 4), PSI_INTS(2, 2)),
                SHAPED(PSI_INT32S(21, 23, 29, 31), 2, 2));
    CHECK_EQUAL(psi_slice(plane, PSI_INTS(-1, -1), PSI_INTS(-4, -5), PSI_INTS(-1, -2)),
                SHAPED(PSI_INT32S(31, 29, 27, 25, 23, 21), 3, 2));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test slice")
{
    check_short_slices();
    psi_array plane = psi_ones(PSI_INTS(6, 8), PSI_FLOAT32);
    CHECK_ORDER(plane, true, false);
    CHECK_ORDER(psi_slice(plane, PSI_INTS(0, 0), PSI_INTS(6, 3), PSI_NONE), false, false);
    CHECK_ORDER(psi_slice(plane, PSI_INTS(0, 0), PSI_INTS(3, 8), PSI_NONE), true, false);
    psi_array turned = psi_transpose(plane, PSI_INTS(1, 0));
    CHECK_ORDER(turned, false, true);
    CHECK_ORDER(psi_slice(turned, PSI_INTS(0, 0), PSI_INTS(8, 3), PSI_NONE), false, true);
    CHECK_ORDER(psi_slice(turned, PSI_INTS(0, 0), PSI_INTS(3, 6), PSI_NONE), false, false);
    psi_array sparse = psi_slice(psi_ones(PSI_INTS(4, 3, 8), PSI_FLOAT32), PSI_INTS(0, 0, 0),
                                 PSI_INTS(4, 3, 8), PSI_INTS(2, 1, 2));
    CHECK_ORDER(sparse, false, false);
    CHECK_FALSE(psi_is_contiguous(sparse));

    psi_array line = psi_ones(PSI_INTS(6), PSI_FLOAT32);
    CHECK_SPAN(psi_slice(line, PSI_INTS(0), PSI_INTS(4), PSI_NONE), 4);
    CHECK_SPAN(psi_slice(line, PSI_INTS(4), PSI_INTS(6), PSI_NONE), 2);
    CHECK_SPAN(psi_slice(line, PSI_INTS(0), PSI_INTS(6), PSI_INTS(2)), 5);
    CHECK_SPAN(psi_slice(line, PSI_INTS(5), PSI_INTS(-7), PSI_INTS(-1)), 6);
    CHECK_SPAN(psi_slice(plane, PSI_INTS(0, 0), PSI_INTS(2, 8), PSI_NONE), 16);
    CHECK_SPAN(psi_slice(plane, PSI_INTS(0, 0), PSI_INTS(1, 5), PSI_NONE), 5);
    CHECK_SPAN(psi_slice(plane, PSI_INTS(0, 1), PSI_INTS(6, 8), PSI_NONE), 47);
    CHECK_SPAN(psi_slice(plane, PSI_INTS(1, 2), PSI_INTS(3, 4), PSI_NONE), 10);
    CHECK_SPAN(psi_slice(plane, PSI_INTS(5, 0), PSI_INTS(-7, 8), PSI_INTS(-1, 1)), 48);
    psi_array box = psi_ones(PSI_INTS(3, 4, 5), PSI_FLOAT32);
    CHECK_SPAN(psi_slice(box, PSI_INTS(0, 0, 0), PSI_INTS(3, 2, 2), PSI_NONE), 47);
    CHECK_SPAN(psi_slice(box, PSI_INTS(1, 1, 1), PSI_INTS(2, 2, 2), PSI_NONE), 1);
    CHECK_SPAN(psi_slice(box, PSI_INTS(1, 1, 1), PSI_INTS(2, 3, 2), PSI_NONE), 6);
    CHECK_EVERY_ISA(psi_add(psi_slice(counted(0, PSI_INTS(9, 30), PSI_FLOAT32), PSI_INTS(8, 1),
                                      PSI_INTS(-10, 29), PSI_INTS(-2, 3)),
                            f32(0.5)));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test slice update")
{
    psi_array line = psi_zeros(PSI_INTS(7), PSI_FLOAT32), update = PSI_FLOATS(6, 7, 8);
    psi_array out = psi_slice_update(line, update, PSI_INTS(3), PSI_INTS(6), PSI_INTS(1));
    CHECK_EQUAL(psi_slice(out, PSI_INTS(3), PSI_INTS(6), PSI_INTS(1)), update);
    CHECK_VALUES(out, 0, 0, 0, 6, 7, 8, 0);
    out = psi_slice_update(line, update, PSI_INTS(6), PSI_INTS(0), PSI_INTS(-2));
    CHECK_EQUAL(psi_slice(out, PSI_INTS(6), PSI_INTS(0), PSI_INTS(-2)), update);
    CHECK_VALUES(out, 0, 0, 8, 0, 7, 0, 6);
    /* The update is broadcast, the array stays as it was. */
    psi_array plane = psi_zeros(PSI_INTS(3, 3), PSI_FLOAT32);
    out = psi_slice_update(plane, update, PSI_INTS(1, 0), PSI_INTS(3, 3), PSI_INTS(1, 1));
    CHECK_VALUES(psi_reshape(out, PSI_INTS(9)), 0, 0, 0, 6, 7, 8, 6, 7, 8);
    CHECK_EQUAL(plane, psi_zeros(PSI_INTS(3, 3), PSI_FLOAT32));
    CHECK_REFUSED(psi_slice_update(plane, PSI_FLOATS(1, 2), PSI_INTS(0, 0), PSI_INTS(3, 3), PSI_NONE));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test dynamic slice")
{
    psi_array plane = psi_reshape(psi_arange(0, 12, 1, PSI_INT32), PSI_INTS(3, 4));
    CHECK_REFUSED(psi_slice_dynamic(plane, PSI_INT32S(0, 1, 1), PSI_INTS(0, 1, 1), PSI_INTS(1, 1)));
    CHECK_REFUSED(psi_slice_dynamic(plane, PSI_INT32S(0, 1), PSI_INTS(1), PSI_INTS(1, 1)));
    CHECK_REFUSED(psi_slice_dynamic(plane, PSI_INT32S(0), PSI_INTS(2), PSI_INTS(1, 1)));
    CHECK_REFUSED(psi_slice_dynamic(plane, PSI_INT32S(0, 1), PSI_INTS(1, 1), PSI_INTS(1, 1)));
    CHECK_REFUSED(psi_slice_dynamic(plane, PSI_INT32S(1), PSI_INTS(0), PSI_INTS(2, 5)));
    CHECK_REFUSED(psi_slice_dynamic(plane, PSI_FLOATS(1), PSI_INTS(0), PSI_INTS(1, 1)));
    CHECK_EQUAL(psi_slice_dynamic(plane, PSI_INT32S(2), PSI_INTS(0), PSI_INTS(1, 3)),
                SHAPED(PSI_INT32S(8, 9, 10), 1, 3));
    CHECK_EQUAL(psi_slice_dynamic(plane, PSI_INT32S(1, 2), PSI_INTS(0, 1), PSI_INTS(2, 2)),
                SHAPED(PSI_INT32S(6, 7, 10, 11), 2, 2));
    CHECK_SAME(psi_slice_dynamic(plane, PSI_INT32S(1, 2), PSI_INTS(0, 1), PSI_INTS(2, 2)),
               psi_slice(plane, PSI_INTS(1, 2), PSI_INTS(3, 4), PSI_NONE));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test dynamic slice update")
{
    psi_array plane = psi_zeros(PSI_INTS(3, 3), PSI_INT32), ones = psi_ones(PSI_INTS(1, 2), PSI_INT32);
    CHECK_REFUSED(psi_slice_update_dynamic(plane, ones, PSI_INT32S(0, 1, 1), PSI_INTS(0, 1, 1)));
    CHECK_REFUSED(psi_slice_update_dynamic(plane, ones, PSI_INT32S(0, 1), PSI_INTS(1)));
    CHECK_REFUSED(psi_slice_update_dynamic(plane, ones, PSI_INT32S(0), PSI_INTS(2)));
    CHECK_REFUSED(psi_slice_update_dynamic(plane, ones, PSI_INT32S(0, 1), PSI_INTS(1, 1)));
    CHECK_REFUSED(
        psi_slice_update_dynamic(plane, psi_ones(PSI_INTS(5), PSI_INT32), PSI_INT32S(1), PSI_INTS(0)));
    CHECK_REFUSED(
        psi_slice_update_dynamic(plane, psi_ones(PSI_INTS(1, 5), PSI_INT32), PSI_INT32S(1), PSI_INTS(0)));
    CHECK_REFUSED(psi_slice_update_dynamic(plane, ones, PSI_FLOATS(1), PSI_INTS(0)));
    CHECK_EQUAL(psi_slice_update_dynamic(plane, ones, PSI_INT32S(2), PSI_INTS(0)),
                psi_reshape(PSI_INT32S(0, 0, 0, 0, 0, 0, 1, 1, 0), PSI_INTS(3, 3)));
    CHECK_EQUAL(psi_slice_update_dynamic(plane, ones, PSI_INT32S(0, 1), PSI_INTS(0, 1)),
                psi_reshape(PSI_INT32S(0, 1, 1, 0, 0, 0, 0, 0, 0), PSI_INTS(3, 3)));
    CHECK_VALUES(psi_slice_update(plane, ones, PSI_INTS(1, 0), PSI_INTS(2, 2), PSI_NONE), 0, 0, 0, 1, 1, 0, 0,
                 0, 0);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test pad")
{
    psi_array box = psi_zeros(PSI_INTS(2, 1, 4), PSI_FLOAT32);
    psi_ints all = PSI_INTS(0, 1, 2);
    CHECK_SHAPE(psi_pad(box, all, PSI_INTS(2, 2, 2), PSI_INTS(2, 2, 2), NULL, "constant"), 6, 5, 8);
    CHECK_SHAPE(psi_pad(box, all, PSI_INTS(1, 1, 1), PSI_INTS(0, 0, 0), NULL, "constant"), 3, 2, 5);
    CHECK_SHAPE(psi_pad(box, all, PSI_INTS(1, 0, 2), PSI_INTS(0, 3, 1), NULL, "constant"), 3, 4, 7);
    psi_array plane = SHAPED(PSI_FLOATS(6, 7, 8, 9), 2, 2);
    CHECK_EQUAL(psi_pad(plane, PSI_INTS(0, 1), PSI_INTS(1, 1), PSI_INTS(1, 1), NULL, "constant"),
                SHAPED(PSI_FLOATS(0, 0, 0, 0, 0, 6, 7, 0, 0, 8, 9, 0, 0, 0, 0, 0), 4, 4));
    CHECK_VALUES(psi_pad(plane, PSI_INTS(1), PSI_INTS(1), PSI_INTS(0), f32(-1), "constant"), -1, 6, 7, -1, 8,
                 9);
    CHECK_VALUES(psi_pad(plane, PSI_INTS(0), PSI_INTS(0), PSI_INTS(2), NULL, "edge"), 6, 7, 8, 9, 8, 9, 8, 9);
    CHECK_REFUSED(psi_pad(plane, PSI_INTS(0), PSI_INTS(-1), PSI_INTS(0), NULL, "constant"));
    CHECK_REFUSED(psi_pad(plane, PSI_INTS(0), PSI_INTS(1), PSI_INTS(0), NULL, "wrap"));
}
