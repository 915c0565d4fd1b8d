/* matmul.c: the mirror of upstream's tests/blas_tests.cpp: products of vectors, matrices, transposes and stacks. */
#include "arrays.h"

#define ONES(...) psi_ones(PSI_INTS(__VA_ARGS__), PSI_FLOAT32)

/* Every element of the product is the inner length, since every factor is one. */
static void check_ones(psi_array a, psi_array b, psi_ints shape, float inner)
{
    psi_array wanted = psi_full(shape, psi_scalar(inner, PSI_FLOAT32), PSI_FLOAT32);
    CHECK_TRUE(psi_array_equal(psi_matmul(a, b), wanted, false));
}

static void check_refusals(void)
{
    CHECK_REFUSED(psi_matmul(psi_scalar(2, PSI_INT32), PSI_FLOATS(3)));
    CHECK_REFUSED(psi_matmul(ONES(3, 5), ONES(3)));
    CHECK_REFUSED(psi_matmul(ONES(3, 5), ONES(4, 3)));
    CHECK_REFUSED(psi_matmul(ONES(3, 5), ONES(5, 4, 3)));
    CHECK_REFUSED(psi_matmul(ONES(3), ONES(5, 3)));
    CHECK_REFUSED(psi_matmul(ONES(3, 4), ONES(5, 3)));
    CHECK_REFUSED(psi_matmul(ONES(3, 5, 4), ONES(5, 3)));
}

static void check_transposes(void)
{
    psi_array a = SHAPED(PSI_FLOATS(2, -1, 3, 5), 2, 2), b = SHAPED(PSI_FLOATS(4, 1, -2, 3), 2, 2);
    psi_array at = psi_transpose(a, PSI_NONE), bt = psi_transpose(b, PSI_NONE);
    CHECK_VALUES(psi_matmul(at, b), 2, 11, -14, 14);
    CHECK_VALUES(psi_matmul(a, bt), 7, -7, 17, 9);
    CHECK_VALUES(psi_matmul(at, bt), 11, 5, 1, 17);
    check_ones(psi_transpose(ONES(1, 6), PSI_NONE), psi_transpose(ONES(6, 1), PSI_NONE), PSI_INTS(6, 6), 1);
}

PARITY_CASE(beyond_seed, "tests/blas_tests.cpp", "test matmul")
{
    psi_array dot = psi_matmul(PSI_FLOATS(3), PSI_FLOATS(-0.5f));
    CHECK_SCALAR(dot);
    CHECK_EQ_INT(psi_size(dot), 1);
    CHECK_DTYPE(dot, PSI_FLOAT32);
    CHECK_VALUES(dot, -1.5);
    check_refusals();

    check_ones(ONES(3, 5), ONES(5, 2), PSI_INTS(3, 2), 5);
    check_ones(psi_ones(PSI_INTS(3, 5), PSI_INT32), ONES(5, 2), PSI_INTS(3, 2), 5);
    check_ones(ONES(5), ONES(5, 2), PSI_INTS(2), 5);
    check_ones(ONES(3, 5), ONES(5), PSI_INTS(3), 5);
    check_ones(ONES(5), ONES(5), PSI_SCALAR_SHAPE, 5);
    check_transposes();

    check_ones(ONES(4, 3, 6), ONES(6, 2), PSI_INTS(4, 3, 2), 6);
    check_ones(ONES(4, 1, 3, 6), ONES(1, 7, 6, 2), PSI_INTS(4, 7, 3, 2), 6);
    psi_ints swap = PSI_INTS(0, 2, 1);
    check_ones(psi_transpose(ONES(3, 4, 5), swap), psi_transpose(ONES(3, 6, 4), swap), PSI_INTS(3, 5, 6), 4);
}
