/* ops_misc.c: mirrors of the rows of upstream's tests/ops_tests.cpp on arrays put together of others: split, stack,
 * repeat, tile, meshgrid, roll. */
#include "arrays.h"

static void check_even_parts(void)
{
    psi_array six = psi_arange(10, 16, 1, PSI_INT32);
    CHECK_REFUSED(psi_split(i32(1), 1, 0));
    CHECK_REFUSED(psi_split(six, 0, 0));
    CHECK_REFUSED(psi_split(six, -2, 0));
    CHECK_REFUSED(psi_split(six, 4, 0));
    CHECK_REFUSED(psi_split(six, 3, 1));
    CHECK_REFUSED(psi_split(six, 3, -2));
    CHECK_VALUES(psi_split(PSI_INT32S(-3), 1, 0).data[0], -3);
    CHECK_EQ_INT(psi_split(six, 3, 0).count, 3);
    psi_arrays each = psi_split(six, 6, -1);
    REQUIRE(each.count == 6);
    for (int i = 0; i < 6; i++) {
        CHECK_SHAPE(each.data[i], 1);
        CHECK_DTYPE(each.data[i], PSI_INT32);
        CHECK_EQ_INT(psi_size(each.data[i]), 1);
        CHECK_VALUES(each.data[i], 10 + i);
    }
    psi_array plane = psi_reshape(six, PSI_INTS(2, 3));
    psi_arrays rows = psi_split(plane, 2, 0), columns = psi_split(plane, 3, 1);
    REQUIRE(rows.count == 2 && columns.count == 3);
    CHECK_EQUAL(rows.data[0], SHAPED(PSI_INT32S(10, 11, 12), 1, 3));
    CHECK_EQUAL(rows.data[1], SHAPED(PSI_INT32S(13, 14, 15), 1, 3));
    CHECK_EQUAL(columns.data[0], SHAPED(PSI_INT32S(10, 13), 2, 1));
    CHECK_EQUAL(columns.data[1], SHAPED(PSI_INT32S(11, 14), 2, 1));
    CHECK_EQUAL(columns.data[2], SHAPED(PSI_INT32S(12, 15), 2, 1));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test split")
{
    check_even_parts();
    psi_array plane = psi_zeros(PSI_INTS(6, 10), PSI_FLOAT32);
    psi_arrays parts = psi_split(plane, 3, 0);
    REQUIRE(parts.count == 3);
    CHECK_SHAPE(parts.data[0], 2, 10);
    CHECK_SHAPE(parts.data[2], 2, 10);
    parts = psi_split(plane, 5, 1);
    REQUIRE(parts.count == 5);
    CHECK_SHAPE(parts.data[0], 6, 2);
    CHECK_SHAPE(parts.data[4], 6, 2);

    parts = psi_split_at(plane, PSI_SCALAR_SHAPE, 0);
    CHECK_EQ_INT(parts.count, 1);
    CHECK_SHAPE(parts.data[0], 6, 10);
    parts = psi_split_at(plane, PSI_INTS(1, 4), 0);
    REQUIRE(parts.count == 3);
    CHECK_SHAPE(parts.data[0], 1, 10);
    CHECK_SHAPE(parts.data[1], 3, 10);
    CHECK_SHAPE(parts.data[2], 2, 10);
    parts = psi_split_at(plane, PSI_INTS(90), 0);
    REQUIRE(parts.count == 2);
    CHECK_SHAPE(parts.data[0], 6, 10);
    CHECK_SHAPE(parts.data[1], 0, 10);
    parts = psi_split_at(plane, PSI_INTS(-2), 0);
    REQUIRE(parts.count == 2);
    CHECK_SHAPE(parts.data[0], 4, 10);
    CHECK_SHAPE(parts.data[1], 2, 10);
    parts = psi_split_at(plane, PSI_INTS(3, 9), 1);
    REQUIRE(parts.count == 3);
    CHECK_SHAPE(parts.data[0], 6, 3);
    CHECK_SHAPE(parts.data[1], 6, 6);
    CHECK_SHAPE(parts.data[2], 6, 1);
    /* Indices out of order. */
    parts = psi_split_at(psi_arange(0, 6, 1, PSI_INT32), PSI_INTS(4, 2, 3), 0);
    REQUIRE(parts.count == 4);
    CHECK_VALUES(parts.data[0], 0, 1, 2, 3);
    CHECK_EMPTY(parts.data[1]);
    CHECK_VALUES(parts.data[2], 2);
    CHECK_VALUES(parts.data[3], 3, 4, 5);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test stack")
{
    CHECK_SHAPE(psi_stack(PSI_ARRAYS(nothing()), 0), 1, 0);
    CHECK_SHAPE(psi_stack(PSI_ARRAYS(nothing()), 1), 0, 1);
    psi_array x = PSI_INT32S(7, 8, 9, 10), y = PSI_INT32S(-7, -8, -9, -10);
    CHECK_SHAPE(psi_stack(PSI_ARRAYS(x), 0), 1, 4);
    CHECK_SHAPE(psi_stack(PSI_ARRAYS(x), 1), 4, 1);
    CHECK_SHAPE(psi_stack(PSI_ARRAYS(x, y), 0), 2, 4);
    CHECK_SHAPE(psi_stack(PSI_ARRAYS(x, y), 1), 4, 2);
    CHECK_SHAPE(psi_stack(PSI_ARRAYS(x, y), -1), 4, 2);
    CHECK_SHAPE(psi_stack(PSI_ARRAYS(x, y), -2), 2, 4);
    CHECK_VALUES(psi_stack(PSI_ARRAYS(x, y), 0), 7, 8, 9, 10, -7, -8, -9, -10);
    CHECK_VALUES(psi_stack(PSI_ARRAYS(x, y), 1), 7, -7, 8, -8, 9, -9, 10, -10);
    CHECK_REFUSED(psi_stack((psi_arrays){NULL, 0}, 0));
    CHECK_REFUSED(psi_stack(PSI_ARRAYS(x, PSI_INT32S(1, 2, 3)), 0));
    CHECK_REFUSED(psi_stack(PSI_ARRAYS(x, y), 2));
    CHECK_DTYPE(psi_stack(PSI_ARRAYS(psi_astype(x, PSI_FLOAT16), y), 0), PSI_FLOAT16);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test repeat")
{
    psi_array box = counted(1, PSI_INTS(2, 2, 2), PSI_INT32);
    CHECK_EQUAL(psi_repeat(box, 2, 0),
                SHAPED(PSI_INT32S(1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 5, 6, 7, 8), 4, 2, 2));
    CHECK_EQUAL(psi_repeat(box, 2, 1),
                SHAPED(PSI_INT32S(1, 2, 1, 2, 3, 4, 3, 4, 5, 6, 5, 6, 7, 8, 7, 8), 2, 4, 2));
    CHECK_EQUAL(
        psi_repeat(box, 3, -1),
        SHAPED(PSI_INT32S(1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8), 2, 2, 6));
    CHECK_EQUAL(psi_repeat(box, 2, PSI_NO_INT), PSI_INT32S(1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8));
    CHECK_EQUAL(psi_repeat(PSI_INT32S(9, 4), 3, 0), PSI_INT32S(9, 9, 9, 4, 4, 4));
    CHECK_EQUAL(psi_repeat(SHAPED(PSI_INT32S(9, 4), 1, 2), 2, 0), SHAPED(PSI_INT32S(9, 4, 9, 4), 2, 2));
    /* Nearest elements of twice as many are each element twice. */
    CHECK_EQUAL(psi_upsample(box, 1, 2, "nearest", false), psi_repeat(box, 2, 1));
    CHECK_SHAPE(psi_repeat(box, 0, 0), 0);
    CHECK_EMPTY(psi_repeat(box, 0, 0));
    CHECK_REFUSED(psi_repeat(box, -1, 0));
    CHECK_REFUSED(psi_repeat(box, 2, 3));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "tile")
{
    CHECK_EQUAL(psi_tile(PSI_INT32S(5, 6), PSI_INTS(3)), PSI_INT32S(5, 6, 5, 6, 5, 6));
    psi_array plane = SHAPED(PSI_INT32S(5, 6, 7, 8), 2, 2);
    CHECK_EQUAL(psi_tile(plane, PSI_INTS(2)), SHAPED(PSI_INT32S(5, 6, 5, 6, 7, 8, 7, 8), 2, 4));
    CHECK_EQUAL(psi_tile(plane, PSI_INTS(2, 1)), SHAPED(PSI_INT32S(5, 6, 7, 8, 5, 6, 7, 8), 4, 2));
    CHECK_EQUAL(psi_tile(plane, PSI_INTS(2, 2)),
                SHAPED(PSI_INT32S(5, 6, 5, 6, 7, 8, 7, 8, 5, 6, 5, 6, 7, 8, 7, 8), 4, 4));
    CHECK_EQUAL(psi_tile(PSI_INT32S(5, 6), PSI_INTS(2, 1, 2)),
                SHAPED(PSI_INT32S(5, 6, 5, 6, 5, 6, 5, 6), 2, 1, 4));
    CHECK_SHAPE(psi_tile(plane, PSI_INTS(0, 3)), 0, 6);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test meshgrid")
{
    psi_array x = PSI_INT32S(7, 8), y = PSI_INT32S(1, 2, 3);
    CHECK_EQUAL(psi_meshgrid(PSI_ARRAYS(x), false, "xy").data[0], x);
    psi_arrays grid = psi_meshgrid(PSI_ARRAYS(x, y), false, "xy");
    REQUIRE(grid.count == 2);
    CHECK_EQUAL(grid.data[0], SHAPED(PSI_INT32S(7, 8, 7, 8, 7, 8), 3, 2));
    CHECK_EQUAL(grid.data[1], SHAPED(PSI_INT32S(1, 1, 2, 2, 3, 3), 3, 2));
    grid = psi_meshgrid(PSI_ARRAYS(x, y), false, "ij");
    REQUIRE(grid.count == 2);
    CHECK_EQUAL(grid.data[0], SHAPED(PSI_INT32S(7, 7, 7, 8, 8, 8), 2, 3));
    grid = psi_meshgrid(PSI_ARRAYS(x, y), true, "xy");
    REQUIRE(grid.count == 2);
    CHECK_EQUAL(grid.data[0], psi_reshape(x, PSI_INTS(1, 2)));
    CHECK_EQUAL(grid.data[1], psi_reshape(y, PSI_INTS(3, 1)));
    CHECK_REFUSED(psi_meshgrid(PSI_ARRAYS(x, y), false, "zz"));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test roll")
{
    psi_array x = psi_reshape(psi_arange(0, 6, 1, PSI_INT32), PSI_INTS(2, 3));
    CHECK_EQUAL(psi_roll(x, PSI_INTS(1), PSI_NONE), SHAPED(PSI_INT32S(5, 0, 1, 2, 3, 4), 2, 3));
    CHECK_EQUAL(psi_roll(x, PSI_INTS(-4), PSI_NONE), SHAPED(PSI_INT32S(4, 5, 0, 1, 2, 3), 2, 3));
    CHECK_EQUAL(psi_roll(x, PSI_INTS(1), PSI_INTS(1)), SHAPED(PSI_INT32S(2, 0, 1, 5, 3, 4), 2, 3));
    CHECK_EQUAL(psi_roll(x, PSI_INTS(-1), PSI_INTS(1)), SHAPED(PSI_INT32S(1, 2, 0, 4, 5, 3), 2, 3));
    CHECK_EQUAL(psi_roll(x, PSI_INTS(1, 1), PSI_INTS(0, 0)), x);
    CHECK_EQUAL(psi_roll(x, PSI_INTS(1, 1), PSI_INTS(1, 1)), SHAPED(PSI_INT32S(1, 2, 0, 4, 5, 3), 2, 3));
    CHECK_EQUAL(psi_roll(x, PSI_INTS(1, 2), PSI_INTS(0, 1)), SHAPED(PSI_INT32S(4, 5, 3, 1, 2, 0), 2, 3));
    CHECK_EQUAL(psi_roll(nothing(), PSI_INTS(0), PSI_INTS(0)), nothing());
    CHECK_REFUSED(psi_roll(x, PSI_INTS(1), PSI_INTS(2)));
}
