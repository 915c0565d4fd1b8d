/* ops_index.c: mirrors of the rows of upstream's tests/ops_tests.cpp on reading elements by index: gather, take, and the
 * pair along an axis. */
#include "arrays.h"

static void check_refused_gathers(void)
{
    psi_array one = PSI_INT32S(4), cell = SHAPED(PSI_INT32S(4), 1, 1), at = PSI_INT32S(0);
    psi_ints first = PSI_INTS(0), both = PSI_INTS(0, 1), single = PSI_INTS(1), unit = PSI_INTS(1, 1);
    CHECK_REFUSED(psi_gather(nothing(), PSI_ARRAYS(at), first, single));
    CHECK_REFUSED(psi_gather(i32(4), PSI_ARRAYS(at), first, single));
    CHECK_REFUSED(psi_gather(one, PSI_ARRAYS(at), both, single));
    CHECK_REFUSED(psi_gather(one, PSI_ARRAYS(at), PSI_INTS(-1), single));
    CHECK_REFUSED(psi_gather(cell, PSI_ARRAYS(at, at), PSI_INTS(1, 1), unit));
    CHECK_REFUSED(psi_gather(one, PSI_ARRAYS(at), first, PSI_INTS(3)));
    CHECK_REFUSED(psi_gather(one, PSI_ARRAYS(at), first, PSI_INTS(1, 1)));
    CHECK_REFUSED(psi_gather(one, PSI_ARRAYS(at), first, PSI_INTS(-2)));
    CHECK_REFUSED(psi_gather(one, PSI_ARRAYS(PSI_FLOATS(0)), first, single));
    CHECK_REFUSED(psi_gather(cell, PSI_ARRAYS(at, PSI_FLOATS(0)), both, unit));
    CHECK_REFUSED(psi_gather(cell, PSI_ARRAYS(PSI_INT32S(0, 0), PSI_INT32S(0, 0, 0)), both, unit));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test gather")
{
    check_refused_gathers();
    psi_array line = psi_arange(50, 62, 1, PSI_INT32), at = PSI_INT32S(7, 0, 11, 7);
    psi_array out = psi_gather(line, PSI_ARRAYS(at), PSI_INTS(0), PSI_INTS(1));
    CHECK_SHAPE(out, 4, 1);
    CHECK_EQUAL(psi_reshape(out, PSI_INTS(-1)), PSI_INT32S(57, 50, 61, 57));
    out = psi_gather(line, PSI_ARRAYS(PSI_UINT32S(9)), PSI_INTS(0), PSI_INTS(1));
    CHECK_SHAPE(out, 1, 1);
    CHECK_VALUES(out, 59);
    CHECK_VALUES(psi_gather(line, PSI_ARRAYS(PSI_INT32S(-2)), PSI_INTS(0), PSI_INTS(1)), 60);
    out = psi_gather(line, (psi_arrays){NULL, 0}, PSI_SCALAR_SHAPE, PSI_INTS(5));
    CHECK_SHAPE(out, 5);
    CHECK_EQUAL(out, psi_arange(50, 55, 1, PSI_INT32));

    psi_array plane = psi_reshape(psi_arange(0, 24, 1, PSI_INT32), PSI_INTS(4, 6));
    out = psi_gather(plane, PSI_ARRAYS(PSI_UINT32S(3, 1)), PSI_INTS(0), PSI_INTS(1, 6));
    CHECK_SHAPE(out, 2, 1, 6);
    CHECK_EQUAL(psi_reshape(out, PSI_INTS(12)), PSI_INT32S(18, 19, 20, 21, 22, 23, 6, 7, 8, 9, 10, 11));
    out = psi_gather(plane, PSI_ARRAYS(PSI_UINT32S(0)), PSI_INTS(1), PSI_INTS(4, 1));
    CHECK_SHAPE(out, 1, 4, 1);
    CHECK_EQUAL(out, psi_reshape(psi_arange(0, 24, 6, PSI_INT32), PSI_INTS(1, 4, 1)));
    psi_array box = psi_reshape(psi_arange(0, 24, 1, PSI_INT32), PSI_INTS(2, 3, 4));
    out = psi_gather(box, PSI_ARRAYS(PSI_UINT32S(2)), PSI_INTS(2), PSI_INTS(2, 3, 1));
    CHECK_SHAPE(out, 1, 2, 3, 1);
    CHECK_VALUES(out, 2, 6, 10, 14, 18, 22);
    out = psi_gather(box, PSI_ARRAYS(SHAPED(PSI_INT32S(0, 1), 2, 1), PSI_INT32S(3, 1)), PSI_INTS(0, 2),
                     PSI_INTS(1, 2, 1));
    CHECK_SHAPE(out, 2, 2, 1, 2, 1);
    CHECK_VALUES(out, 3, 7, 1, 5, 15, 19, 13, 17);
    psi_array repeated = psi_broadcast_to(PSI_INT32S(8, 9), PSI_INTS(30, 2));
    CHECK_VALUES(psi_gather(repeated, PSI_ARRAYS(PSI_INT32S(17)), PSI_INTS(0), PSI_INTS(1, 1)), 8);
    CHECK_VALUES(
        psi_gather(repeated, PSI_ARRAYS(PSI_INT32S(17), PSI_INT32S(1)), PSI_INTS(0, 1), PSI_INTS(1, 1)), 9);
}

static psi_array no_indices(void)
{
    return psi_astype(nothing(), PSI_INT32);
}

static void check_taken_shapes(void)
{
    psi_array plane = SHAPED(PSI_INT32S(6, 7, 8, 9), 2, 2), box = psi_zeros(PSI_INTS(3, 1, 2), PSI_FLOAT32);
    CHECK_SHAPE(psi_take(PSI_INT32S(6), no_indices(), PSI_NO_INT), 0);
    CHECK_SHAPE(psi_take(PSI_INT32S(6), psi_reshape(no_indices(), PSI_INTS(2, 0, 3)), PSI_NO_INT), 2, 0, 3);
    CHECK_EQ_INT(psi_size(psi_take(nothing(), no_indices(), PSI_NO_INT)), 0);
    CHECK_REFUSED(psi_take(nothing(), i32(1), PSI_NO_INT));
    CHECK_REFUSED(psi_take(nothing(), nothing(), PSI_NO_INT));
    CHECK_REFUSED(psi_take(plane, PSI_FLOATS(0, 1), PSI_NO_INT));
    CHECK_REFUSED(psi_take(plane, PSI_INT32S(1), -3));
    CHECK_REFUSED(psi_take(plane, PSI_INT32S(1), 2));
    CHECK_REFUSED(psi_take(box, psi_ones(PSI_INTS(3, 1, 2), PSI_FLOAT32), 1));
    CHECK_EQUAL(psi_take(box, PSI_INT32S(2), 0), psi_zeros(PSI_INTS(1, 1, 2), PSI_FLOAT32));
    CHECK_EQUAL(psi_take(box, PSI_INT32S(0), 1), psi_zeros(PSI_INTS(3, 1, 2), PSI_FLOAT32));
    CHECK_EQUAL(psi_take(box, PSI_INT32S(1), 2), psi_zeros(PSI_INTS(3, 1, 1), PSI_FLOAT32));
    CHECK_EQUAL(psi_take(box, PSI_INT32S(0, 1, 1), -1), psi_zeros(PSI_INTS(3, 1, 3), PSI_FLOAT32));
    CHECK_EQUAL(psi_take(box, SHAPED(PSI_INT32S(0, 0, 0, 0), 2, 2), 1),
                psi_zeros(PSI_INTS(3, 2, 2, 2), PSI_FLOAT32));
    CHECK_SHAPE(psi_take(box, i32(2), 0), 1, 2);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test take")
{
    check_taken_shapes();
    psi_array box = psi_reshape(psi_arange(0, 60, 1, PSI_INT32), PSI_INTS(5, 3, 4));
    CHECK_SHAPE(psi_take(box, PSI_UINT32S(0), 0), 1, 3, 4);
    CHECK_EQUAL(psi_reshape(psi_take(box, PSI_UINT32S(0), 0), PSI_INTS(12)), psi_arange(0, 12, 1, PSI_INT32));
    CHECK_EQUAL(psi_reshape(psi_take(box, PSI_UINT32S(3), 0), PSI_INTS(12)),
                psi_arange(36, 48, 1, PSI_INT32));
    CHECK_EQUAL(psi_reshape(psi_take(box, PSI_UINT32S(1, 2), 0), PSI_INTS(24)),
                psi_arange(12, 36, 1, PSI_INT32));
    psi_array cube = psi_reshape(psi_arange(0, 8, 1, PSI_INT32), PSI_INTS(2, 2, 2));
    CHECK_EQUAL(psi_take(cube, PSI_INT32S(1), 1), SHAPED(PSI_INT32S(2, 3, 6, 7), 2, 1, 2));
    CHECK_EQUAL(psi_take(cube, PSI_INT32S(1, 0), 2), SHAPED(PSI_INT32S(1, 0, 3, 2, 5, 4, 7, 6), 2, 2, 2));
    psi_array repeated = psi_take(PSI_FLOATS(4, 1, 9), psi_broadcast_to(i32(1), PSI_INTS(6)), PSI_NO_INT);
    CHECK_EQUAL(repeated, psi_ones(PSI_INTS(6), PSI_FLOAT32));
    psi_array one = psi_take(PSI_INT32S(6, 7, 8), i32(2), PSI_NO_INT);
    CHECK_VALUES(one, 8);
    CHECK_EQ_INT(psi_ndim(one), 0);
    psi_array plane = SHAPED(PSI_INT32S(6, 7, 8, 9), 2, 2);
    CHECK_VALUES(psi_take(plane, PSI_INT32S(-1), PSI_NO_INT), 9);
    CHECK_EQUAL(psi_take(plane, PSI_INT32S(-3, 2), PSI_NO_INT), PSI_INT32S(7, 8));
    CHECK_EQUAL(psi_take(plane, i32(-2), 0), PSI_INT32S(6, 7));
    CHECK_EQUAL(psi_take(plane, i32(-1), 1), PSI_INT32S(7, 9));
    CHECK_EVERY_ISA(psi_take(box, PSI_INT32S(4, -5, 2, 2), 0));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test take along axis")
{
    psi_array line = psi_arange(10, 16, 1, PSI_INT32);
    CHECK_REFUSED(psi_take_along_axis(i32(1), i32(0), 0));
    CHECK_REFUSED(psi_take_along_axis(line, PSI_INT32S(1), 1));
    CHECK_REFUSED(psi_take_along_axis(line, SHAPED(PSI_INT32S(1), 1, 1), 0));
    CHECK_REFUSED(psi_take_along_axis(line, i32(1), -1));
    CHECK_VALUES(psi_take_along_axis(line, PSI_INT32S(4), 0), 14);
    CHECK_VALUES(psi_take_along_axis(line, PSI_INT32S(-1, 0), -1), 15, 10);

    psi_array none = psi_reshape(nothing(), PSI_INTS(1, 0));
    CHECK_REFUSED(psi_take_along_axis(none, PSI_INT32S(1), 0));
    psi_array empty = psi_take_along_axis(none, psi_reshape(PSI_INT32S(0), PSI_INTS(1, 1)), 0);
    REQUIRE(psi_eval(PSI_ARRAYS(empty)));
    CHECK_SHAPE(empty, 1, 0);
    empty = psi_take_along_axis(none, psi_reshape(no_indices(), PSI_INTS(1, 0)), 0);
    REQUIRE(psi_eval(PSI_ARRAYS(empty)));
    CHECK_SHAPE(empty, 1, 0);

    psi_array plane = SHAPED(PSI_INT32S(6, 7, 8, 9), 2, 2);
    CHECK_EQUAL(psi_take_along_axis(plane, SHAPED(PSI_INT32S(1, 0), 1, 2), 0),
                SHAPED(PSI_INT32S(8, 7), 1, 2));
    CHECK_EQUAL(psi_take_along_axis(plane, SHAPED(PSI_INT32S(1, 1, 0, 1, 0, 0), 3, 2), 0),
                SHAPED(PSI_INT32S(8, 9, 6, 9, 6, 7), 3, 2));
    CHECK_EQUAL(psi_take_along_axis(plane, SHAPED(PSI_INT32S(1, 0), 2, 1), 1),
                SHAPED(PSI_INT32S(7, 8), 2, 1));
    psi_array corner = SHAPED(PSI_INT32S(1), 1, 1);
    CHECK_EQUAL(psi_take_along_axis(plane, corner, 0), SHAPED(PSI_INT32S(8, 9), 1, 2));
    CHECK_EQUAL(psi_take_along_axis(plane, corner, 1), SHAPED(PSI_INT32S(7, 9), 2, 1));
    CHECK_EQUAL(psi_take_along_axis(plane, SHAPED(PSI_INT32S(1, 1, 0, 0, 1, 0), 2, 3), 1),
                SHAPED(PSI_INT32S(7, 7, 6, 8, 9, 8), 2, 3));
    psi_array cube = psi_reshape(psi_arange(0, 8, 1, PSI_INT32), PSI_INTS(2, 2, 2));
    psi_array at = SHAPED(PSI_INT32S(1, 1, 0, 1, 0, 0, 1, 0), 2, 2, 2);
    CHECK_VALUES(psi_take_along_axis(cube, at, 0), 4, 5, 2, 7, 0, 1, 6, 3);
    CHECK_VALUES(psi_take_along_axis(cube, at, 1), 2, 3, 0, 3, 4, 5, 6, 5);
    CHECK_VALUES(psi_take_along_axis(cube, at, 2), 1, 1, 2, 3, 4, 4, 7, 6);
    CHECK_EVERY_ISA(psi_take_along_axis(cube, psi_astype(at, PSI_UINT8), 1));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test put along axis")
{
    psi_array line = psi_arange(10, 16, 1, PSI_INT32), zero = PSI_INT32S(0);
    CHECK_REFUSED(psi_put_along_axis(i32(1), i32(0), i32(1), 0));
    CHECK_REFUSED(psi_put_along_axis(line, PSI_INT32S(1), zero, 1));
    CHECK_REFUSED(psi_put_along_axis(line, SHAPED(PSI_INT32S(1), 1, 1), zero, 0));
    CHECK_REFUSED(psi_put_along_axis(line, i32(1), i32(0), -1));
    CHECK_EQUAL(psi_put_along_axis(line, PSI_INT32S(4, -6), zero, 0), PSI_INT32S(0, 11, 12, 13, 0, 15));
    psi_array none = psi_reshape(nothing(), PSI_INTS(1, 0));
    CHECK_REFUSED(psi_put_along_axis(none, PSI_INT32S(1), zero, 0));
    psi_array empty =
        psi_take_along_axis(none, psi_astype(psi_reshape(nothing(), PSI_INTS(1, 0)), PSI_INT32), 0);
    REQUIRE(psi_eval(PSI_ARRAYS(empty)));
    CHECK_SHAPE(empty, 1, 0);
    psi_array plane = SHAPED(PSI_INT32S(6, 7, 8, 9), 2, 2);
    CHECK_EQUAL(psi_put_along_axis(plane, SHAPED(PSI_INT32S(1, 0), 1, 2), zero, 0),
                SHAPED(PSI_INT32S(6, 0, 0, 9), 2, 2));
    CHECK_EQUAL(psi_put_along_axis(plane, SHAPED(PSI_INT32S(1, 1, 0, 0), 2, 2),
                                   SHAPED(PSI_INT32S(1, 2, 3, 4), 2, 2), 0),
                SHAPED(PSI_INT32S(3, 4, 1, 2), 2, 2));
    CHECK_EQUAL(psi_put_along_axis(plane, SHAPED(PSI_INT32S(1, 0), 2, 1), zero, 1),
                SHAPED(PSI_INT32S(6, 0, 0, 9), 2, 2));
    CHECK_EQUAL(psi_scatter_add_axis(plane, SHAPED(PSI_INT32S(1, 1, 1, 0), 2, 2), i32(5), 0),
                SHAPED(PSI_INT32S(6, 12, 18, 14), 2, 2));
    CHECK_VALUES(plane, 6, 7, 8, 9);
}
