/* ops_layout.c: mirrors of the rows of upstream's tests/ops_tests.cpp on views that repeat, restride or reinterpret
 * elements, and on the least number of dimensions. */
#include "arrays.h"

static psi_ints none(void)
{
    return PSI_SCALAR_SHAPE;
}

static void check_broadcast_shapes(void)
{
    CHECK_INTS(psi_broadcast_shapes(PSI_INTS(1), PSI_INTS(1, 3)), 1, 3);
    CHECK_INTS(psi_broadcast_shapes(PSI_INTS(1, 3), PSI_INTS(1)), 1, 3);
    CHECK_INTS(psi_broadcast_shapes(PSI_INTS(4, 3), none()), 4, 3);
    CHECK_INTS(psi_broadcast_shapes(none(), PSI_INTS(1, 1)), 1, 1);
    CHECK_INTS(psi_broadcast_shapes(PSI_INTS(1, 3, 1), PSI_INTS(5)), 1, 3, 5);
    CHECK_INTS(psi_broadcast_shapes(PSI_INTS(5), PSI_INTS(1, 3, 1)), 1, 3, 5);
    CHECK_INTS(psi_broadcast_shapes(PSI_INTS(4, 3, 5), PSI_INTS(1, 3, 1)), 4, 3, 5);
    CHECK_INTS(psi_broadcast_shapes(PSI_INTS(6, 4, 3, 1), PSI_INTS(1, 3, 1)), 6, 4, 3, 1);
    CHECK_INTS(psi_broadcast_shapes(PSI_INTS(0), PSI_INTS(0, 0)), 0, 0);
    CHECK_INTS(psi_broadcast_shapes(PSI_INTS(3, 0), PSI_INTS(0, 3, 0)), 0, 3, 0);
    CHECK_INTS(psi_broadcast_shapes(none(), PSI_INTS(0)), 0);
    CHECK_INTS(psi_broadcast_shapes(PSI_INTS(1), PSI_INTS(0)), 0);
    CHECK_INTS(psi_broadcast_shapes(PSI_INTS(1), PSI_INTS(0, 0)), 0, 0);
    CHECK_INTS(psi_broadcast_shapes(PSI_INTS(1, 1), PSI_INTS(0)), 1, 0);
    CHECK_INTS(psi_broadcast_shapes(PSI_INTS(1, 1), PSI_INTS(0, 0)), 0, 0);
    CHECK_INTS(psi_broadcast_shapes(PSI_INTS(3, 1), PSI_INTS(1, 0)), 3, 0);
    CHECK_INTS(psi_broadcast_shapes(PSI_INTS(3, 1), PSI_INTS(3, 0)), 3, 0);
    CHECK_INTS(psi_broadcast_shapes(PSI_INTS(3, 1), PSI_INTS(1, 3, 0)), 1, 3, 0);
    CHECK_REFUSED(psi_broadcast_shapes(PSI_INTS(3), PSI_INTS(0)));
    CHECK_REFUSED(psi_broadcast_shapes(PSI_INTS(3, 1), PSI_INTS(0, 0)));
    CHECK_REFUSED(psi_broadcast_shapes(PSI_INTS(5), PSI_INTS(4)));
    CHECK_REFUSED(psi_broadcast_shapes(PSI_INTS(1, 5), PSI_INTS(4)));
    CHECK_REFUSED(psi_broadcast_shapes(PSI_INTS(5), PSI_INTS(1, 4)));
    CHECK_REFUSED(psi_broadcast_shapes(PSI_INTS(1, 5, 2), PSI_INTS(1, 4, 2)));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test broadcast")
{
    check_broadcast_shapes();
    psi_array x = psi_full(PSI_INTS(1, 1), f32(-0.75), PSI_FLOAT32);
    CHECK_VALUES(psi_broadcast_to(x, PSI_INTS(1, 1)), -0.75);
    psi_array column = psi_broadcast_to(x, PSI_INTS(4, 1));
    CHECK_SHAPE(column, 4, 1);
    REQUIRE(psi_eval1(column));
    CHECK_EQ_INT(psi_strides(column).data[0], 0);
    CHECK_REFUSED(psi_broadcast_to(column, PSI_INTS(1, 4)));
    CHECK_SHAPE(psi_broadcast_to(column, PSI_INTS(4, 4)), 4, 4);
    psi_array deep = psi_broadcast_to(psi_zeros(PSI_INTS(3, 1, 2), PSI_FLOAT32), PSI_INTS(5, 3, 4, 2));
    CHECK_SHAPE(deep, 5, 3, 4, 2);
    REQUIRE(psi_eval1(deep));
    CHECK_INTS(psi_strides(deep), 0, 2, 0, 1);

    CHECK_REFUSED(psi_broadcast_to(nothing(), PSI_INTS(1)));
    psi_array none_left = psi_broadcast_to(PSI_INT32S(6), PSI_INTS(0));
    REQUIRE(psi_eval1(none_left));
    CHECK_EQ_INT(psi_size(none_left), 0);
    CHECK_SHAPE(none_left, 0);
    none_left = psi_broadcast_to(SHAPED(PSI_INT32S(6, 7, 8), 3, 1), PSI_INTS(3, 0));
    REQUIRE(psi_eval1(none_left));
    CHECK_EQ_INT(psi_size(none_left), 0);
    CHECK_SHAPE(none_left, 3, 0);

    psi_array line = psi_zeros(PSI_INTS(3), PSI_FLOAT32);
    psi_array twice = psi_broadcast_to(psi_broadcast_to(line, PSI_INTS(2, 3)), PSI_INTS(2, 3));
    REQUIRE(psi_eval1(twice));
    CHECK_SHAPE(twice, 2, 3);
    CHECK_INTS(psi_strides(twice), 0, 1);
    twice = psi_broadcast_to(twice, PSI_INTS(4, 2, 3));
    REQUIRE(psi_eval1(twice));
    CHECK_SHAPE(twice, 4, 2, 3);
    CHECK_INTS(psi_strides(twice), 0, 0, 1);

    psi_array turned = psi_transpose(counted(1, PSI_INTS(2, 2), PSI_INT32), PSI_NONE);
    psi_array stack = psi_broadcast_to(turned, PSI_INTS(2, 2, 2));
    CHECK_SHAPE(stack, 2, 2, 2);
    CHECK_EQUAL(stack, SHAPED(PSI_INT32S(1, 3, 2, 4, 1, 3, 2, 4), 2, 2, 2));
    psi_array flat = psi_reshape(psi_broadcast_to(f32(1), PSI_INTS(3)), PSI_INTS(3, 1));
    CHECK_EQUAL(flat, psi_ones(PSI_INTS(3, 1), PSI_FLOAT32));
    CHECK_EVERY_ISA(psi_add(psi_broadcast_to(SHAPED(PSI_FLOATS(1, 2, 3), 3, 1), PSI_INTS(3, 9)), f32(0.5)));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test as_strided op")
{
    psi_array x = psi_arange(0, 12, 1, PSI_INT32);
    CHECK_EQUAL(psi_as_strided(x, PSI_INTS(2, 4), PSI_INTS(1, 2), 0),
                SHAPED(PSI_INT32S(0, 2, 4, 6, 1, 3, 5, 7), 2, 4));
    CHECK_VALUES(psi_as_strided(x, PSI_INTS(2, 3), PSI_INTS(0, 5), 1), 1, 6, 11, 1, 6, 11);
    /* Of the elements in row-major order, which a transposed array holds in another. */
    psi_array turned = psi_transpose(psi_reshape(x, PSI_INTS(3, 4)), PSI_NONE);
    CHECK_VALUES(psi_as_strided(turned, PSI_INTS(2, 3), PSI_INTS(3, 1), 2), 8, 1, 5, 9, 2, 6);
    CHECK_VALUES(psi_as_strided(x, PSI_INTS(3), PSI_INTS(-4), 11), 11, 7, 3);
    CHECK_REFUSED(psi_as_strided(x, PSI_INTS(4), PSI_INTS(4), 0));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test view")
{
    CHECK_REFUSED(psi_view(i32(5), PSI_INT64));
    CHECK_REFUSED(psi_view(PSI_INT32S(5, 6, 7), PSI_INT64));
    psi_array wide = PSI_INT64S(3, -1, (int64_t)9 << 32);
    CHECK_EQUAL(psi_view(wide, PSI_INT32), PSI_INT32S(3, 0, -1, -1, 0, 9));
    CHECK_SHAPE(psi_view(SHAPED(PSI_INT64S(1, 2, 3, 4), 2, 2), PSI_INT16), 2, 8);
    CHECK_VALUES(psi_view(PSI_FLOATS(1, -2), PSI_UINT32), 0x3f800000, 0xc0000000);
    CHECK_VALUES(psi_view(PSI_INT32S(3, 0, -1, -1), PSI_INT64), 3, -1);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test contiguous")
{
    psi_array dense = psi_contiguous(psi_broadcast_to(PSI_INT32S(4, 5), PSI_INTS(3, 2, 2)), false);
    REQUIRE(psi_eval(PSI_ARRAYS(dense)));
    CHECK(psi_is_row_contiguous(dense));
    CHECK_INTS(psi_strides(dense), 4, 2, 1);
    CHECK_VALUES(dense, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5);
    psi_array turned = psi_transpose(SHAPED(PSI_INT32S(1, 2, 3, 4, 5, 6), 2, 3), PSI_NONE);
    psi_array kept = psi_contiguous(turned, true), moved = psi_contiguous(turned, false);
    REQUIRE(psi_eval(PSI_ARRAYS(kept, moved)));
    CHECK(psi_is_col_contiguous(kept));
    CHECK_INTS(psi_strides(kept), 1, 3);
    CHECK(psi_is_row_contiguous(moved));
    CHECK_SAME(moved, kept);
}

/* A scalar, a vector of three and a column of three. */
static void three(psi_array out[3])
{
    out[0] = i32(1);
    out[1] = PSI_INT32S(1, 2, 3);
    out[2] = SHAPED(PSI_INT32S(1, 2, 3), 3, 1);
}

typedef psi_array (*raising)(psi_array);

static psi_array raise_to_1(psi_array a)
{
    return psi_atleast_1d(a);
}

static psi_array raise_to_2(psi_array a)
{
    return psi_atleast_2d(a);
}

static psi_array raise_to_3(psi_array a)
{
    return psi_atleast_3d(a);
}

static void check_raised(raising raise, int least, psi_ints line, psi_ints column)
{
    psi_array arrays[3];
    three(arrays);
    for (int i = 0; i < 3; i++) {
        psi_array raised = raise(arrays[i]);
        CHECK_EQ_INT(psi_ndim(raised), psi_ndim(arrays[i]) > least ? psi_ndim(arrays[i]) : least);
        CHECK_EQ_INT(psi_size(raised), psi_size(arrays[i]));
        CHECK_SAME(psi_reshape(raised, PSI_INTS(-1)), psi_reshape(arrays[i], PSI_INTS(-1)));
    }
    psi_ints one = {(const int64_t[]){1, 1, 1}, least};
    CHECK_SAME(raise(arrays[0]), psi_reshape(arrays[0], one));
    CHECK_SAME(raise(arrays[1]), psi_reshape(arrays[1], line));
    CHECK_SAME(raise(arrays[2]), psi_reshape(arrays[2], column));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test atleast_1d")
{
    check_raised(raise_to_1, 1, PSI_INTS(3), PSI_INTS(3, 1));
    CHECK_SHAPE(psi_atleast_1d(f32(4)), 1);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test atleast_1d vector")
{
    check_raised(raise_to_1, 1, PSI_INTS(3), PSI_INTS(3, 1));
    CHECK_SHAPE(psi_atleast_1d(nothing()), 0);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test atleast_2d")
{
    check_raised(raise_to_2, 2, PSI_INTS(1, 3), PSI_INTS(3, 1));
    CHECK_SHAPE(psi_atleast_2d(f32(4)), 1, 1);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test atleast_2d vector")
{
    check_raised(raise_to_2, 2, PSI_INTS(1, 3), PSI_INTS(3, 1));
    CHECK_SHAPE(psi_atleast_2d(nothing()), 1, 0);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test atleast_3d")
{
    check_raised(raise_to_3, 3, PSI_INTS(1, 3, 1), PSI_INTS(3, 1, 1));
    CHECK_SHAPE(psi_atleast_3d(f32(4)), 1, 1, 1);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test atleast_3d vector")
{
    check_raised(raise_to_3, 3, PSI_INTS(1, 3, 1), PSI_INTS(3, 1, 1));
    CHECK_SHAPE(psi_atleast_3d(nothing()), 1, 0, 1);
}
