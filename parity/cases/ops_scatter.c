/* ops_scatter.c: mirrors of the rows of upstream's tests/ops_tests.cpp on writing elements by index or under a mask. */
#include "arrays.h"

static void check_refused_scatters(void)
{
    psi_array one = PSI_INT32S(4), cell = SHAPED(PSI_INT32S(4), 1, 1), at = PSI_INT32S(0);
    psi_ints first = PSI_INTS(0), both = PSI_INTS(0, 1);
    CHECK_REFUSED(psi_scatter(i32(4), PSI_ARRAYS(at), i32(1), first));
    CHECK_REFUSED(psi_scatter(one, PSI_ARRAYS(at), cell, both));
    CHECK_REFUSED(psi_scatter(one, PSI_ARRAYS(at), cell, PSI_INTS(-1)));
    CHECK_REFUSED(psi_scatter(cell, PSI_ARRAYS(at, at), one, PSI_INTS(1, 1)));
    CHECK_REFUSED(psi_scatter(one, PSI_ARRAYS(at), PSI_INT32S(1, 2), first));
    CHECK_REFUSED(psi_scatter(one, PSI_ARRAYS(at), SHAPED(PSI_INT32S(1, 2, 3), 3, 1), first));
    CHECK_REFUSED(psi_scatter(one, PSI_ARRAYS(at), SHAPED(PSI_INT32S(1, 2, 3), 1, 3), first));
    CHECK_REFUSED(psi_scatter(one, PSI_ARRAYS(PSI_FLOATS(0)), cell, first));
    CHECK_REFUSED(psi_scatter(cell, PSI_ARRAYS(at, PSI_FLOATS(0)), SHAPED(PSI_INT32S(1), 1, 1, 1), both));
    CHECK_REFUSED(psi_scatter(cell, PSI_ARRAYS(PSI_INT32S(0, 0), PSI_INT32S(0, 0, 0)),
                              psi_ones(PSI_INTS(2, 3, 1, 1), PSI_INT32), both));
}

/* Single elements of a vector, one index used twice. */
static void check_single_elements(void)
{
    psi_array base = psi_full(PSI_INTS(5), f32(2), PSI_FLOAT32);
    psi_arrays at = PSI_ARRAYS(PSI_INT32S(3, 1, 3));
    psi_array updates = SHAPED(PSI_FLOATS(5, -4, 7), 3, 1);
    psi_ints first = PSI_INTS(0);
    CHECK_EQUAL(psi_scatter(base, PSI_ARRAYS(psi_arange(1, 3, 1, PSI_INT32)),
                            psi_ones(PSI_INTS(2, 1), PSI_FLOAT32), first),
                PSI_FLOATS(2, 1, 1, 2, 2));
    CHECK_EQUAL(psi_scatter_add(base, at, updates, first), PSI_FLOATS(2, -2, 2, 14, 2));
    CHECK_EQUAL(psi_scatter_prod(base, at, updates, first), PSI_FLOATS(2, -8, 2, 70, 2));
    CHECK_EQUAL(psi_scatter_max(base, at, updates, first), PSI_FLOATS(2, 2, 2, 7, 2));
    CHECK_EQUAL(psi_scatter_min(base, at, updates, first), PSI_FLOATS(2, -4, 2, 2, 2));
    psi_array none = psi_astype(nothing(), PSI_UINT32), line = psi_arange(0, 5, 1, PSI_FLOAT32);
    CHECK_EQUAL(psi_scatter(line, PSI_ARRAYS(none), psi_reshape(nothing(), PSI_INTS(0, 1)), first), line);
    psi_array thrice = psi_broadcast_to(i32(3), PSI_INTS(12));
    psi_array sum = psi_scatter_add(psi_zeros(PSI_INTS(6), PSI_FLOAT32), PSI_ARRAYS(thrice),
                                    psi_full(PSI_INTS(12, 1), f32(0.5), PSI_FLOAT32), first);
    CHECK_VALUES(psi_take(sum, i32(3), PSI_NO_INT), 6);
    CHECK_VALUES(sum, 0, 0, 0, 6, 0, 0);
    CHECK_VALUES(psi_scatter_max(PSI_INT32S(4), PSI_ARRAYS(i32(0)), PSI_INT32S(9), first), 9);
    CHECK_VALUES(psi_scatter_max(i32(4), (psi_arrays){NULL, 0}, i32(9), PSI_SCALAR_SHAPE), 9);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test scatter")
{
    check_refused_scatters();
    check_single_elements();
    psi_ints first = PSI_INTS(0), both = PSI_INTS(0, 1);
    psi_array zeros = psi_zeros(PSI_INTS(3, 3), PSI_FLOAT32), rows = PSI_INT32S(2, 0, 1);
    psi_array updates = psi_reshape(psi_arange(0, 9, 1, PSI_FLOAT32), PSI_INTS(3, 1, 3));
    CHECK_EQUAL(psi_scatter(zeros, PSI_ARRAYS(rows), updates, first),
                SHAPED(PSI_FLOATS(3, 4, 5, 6, 7, 8, 0, 1, 2), 3, 3));
    CHECK_EQUAL(psi_scatter(zeros, PSI_ARRAYS(rows), psi_transpose(updates, PSI_NONE), first),
                SHAPED(PSI_FLOATS(1, 4, 7, 2, 5, 8, 0, 3, 6), 3, 3));
    psi_array repeated = psi_broadcast_to(PSI_FLOATS(4, 5, 6), PSI_INTS(1, 2, 3));
    CHECK_EQUAL(psi_scatter(zeros, PSI_ARRAYS(PSI_INT32S(1)), repeated, first),
                SHAPED(PSI_FLOATS(0, 0, 0, 4, 5, 6, 4, 5, 6), 3, 3));
    CHECK_EQUAL(psi_scatter(psi_zeros(PSI_INTS(2, 4), PSI_INT32), PSI_ARRAYS(PSI_INT32S(3, 1)),
                            SHAPED(PSI_INT32S(5, 6, 7, 8), 2, 2, 1), PSI_INTS(1)),
                SHAPED(PSI_INT32S(0, 7, 0, 5, 0, 8, 0, 6), 2, 4));
    /* Several index arrays, which broadcast against each other. */
    CHECK_EQUAL(
        psi_scatter(zeros, PSI_ARRAYS(rows, PSI_INT32S(1, 1, 2)), SHAPED(PSI_FLOATS(7, 8, 9), 3, 1, 1), both),
        SHAPED(PSI_FLOATS(0, 8, 0, 0, 0, 9, 0, 7, 0), 3, 3));
    CHECK_EQUAL(psi_scatter(zeros, PSI_ARRAYS(SHAPED(PSI_INT32S(0, 2), 2, 1), SHAPED(PSI_INT32S(2, 0), 1, 2)),
                            SHAPED(PSI_FLOATS(1, 2, 3, 4), 2, 2, 1, 1), both),
                SHAPED(PSI_FLOATS(2, 0, 1, 0, 0, 0, 4, 0, 3), 3, 3));
    psi_array operand = psi_broadcast_to(PSI_INT32S(5, 0), PSI_INTS(2, 2));
    CHECK_EQUAL(
        psi_scatter_add(operand, PSI_ARRAYS(PSI_INT32S(0, 1)), SHAPED(PSI_INT32S(1, 2), 2, 1, 1), first),
        SHAPED(PSI_INT32S(6, 0, 7, 0), 2, 2));
    psi_array row = psi_scatter(psi_zeros(PSI_INTS(2, 3), PSI_INT32), PSI_ARRAYS(PSI_INT32S(-1)),
                                SHAPED(PSI_INT32S(7, 8, 9), 1, 1, 3), first);
    CHECK_EQUAL(row, SHAPED(PSI_INT32S(0, 0, 0, 7, 8, 9), 2, 3));
    psi_array patch =
        psi_scatter(psi_zeros(PSI_INTS(3, 3), PSI_INT32), PSI_ARRAYS(PSI_INT32S(0), PSI_INT32S(1)),
                    SHAPED(PSI_INT32S(6, 7, 8, 9), 1, 2, 2), both);
    CHECK_EQUAL(patch, SHAPED(PSI_INT32S(0, 6, 7, 0, 8, 9, 0, 0, 0), 3, 3));
    CHECK_EQUAL(psi_scatter(zeros, PSI_ARRAYS(psi_astype(rows, PSI_UINT8)), updates, first),
                psi_scatter(zeros, PSI_ARRAYS(rows), updates, first));
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test scatter types")
{
    static const psi_dtype kinds[] = {PSI_BOOL,  PSI_UINT8,   PSI_UINT16,   PSI_INT8,     PSI_INT16,
                                      PSI_INT64, PSI_FLOAT16, PSI_BFLOAT16, PSI_COMPLEX64};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        psi_array along = psi_arange(0, 3, 1, PSI_INT32);
        psi_array out = psi_scatter(psi_zeros(PSI_INTS(3, 3), kinds[i]), PSI_ARRAYS(along, along),
                                    psi_ones(PSI_INTS(3, 1, 1), kinds[i]), PSI_INTS(0, 1));
        CHECK_DTYPE(out, kinds[i]);
        CHECK_EQUAL(out, psi_eye(3, PSI_NO_INT, 0, PSI_FLOAT32));
        CHECK_TRUE(psi_allclose(out, psi_eye(3, PSI_NO_INT, 0, kinds[i]), 1e-5, 1e-8, false));
    }
    CHECK_VALUES(psi_array_equal(psi_array_from((bool[]){true}, PSI_INTS(1), PSI_BOOL), PSI_INT32S(0), false),
                 0);
}

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test masked_scatter")
{
    CHECK_REFUSED(psi_masked_scatter(PSI_INT32S(4, 5), PSI_INT32S(1, 0), PSI_INT32S(7, 8)));
    CHECK_REFUSED(psi_masked_scatter(SHAPED(PSI_INT32S(1, 2, 3, 4), 2, 2),
                                     SHAPED(PSI_BOOLS(true, false, false, true), 4, 1), PSI_INT32S(7, 8)));
    psi_array zeros = psi_zeros(PSI_INTS(5), PSI_INT32);
    psi_array out = psi_masked_scatter(zeros, PSI_BOOLS(false, true, true, false, true), PSI_INT32S(7, 8, 9));
    CHECK_FALSE(psi_is_available(out));
    CHECK_EQUAL(out, PSI_INT32S(0, 7, 8, 0, 9));
    CHECK_EQUAL(psi_masked_scatter(zeros, psi_zeros(PSI_INTS(5), PSI_BOOL), PSI_INT32S(7)), zeros);
    /* A mask over the first axis covers whole rows. */
    CHECK_EQUAL(psi_masked_scatter(psi_zeros(PSI_INTS(3, 2), PSI_INT32), PSI_BOOLS(true, false, true),
                                   SHAPED(PSI_INT32S(6, 7, 8, 9), 2, 2)),
                SHAPED(PSI_INT32S(6, 7, 0, 0, 8, 9), 3, 2));
}
