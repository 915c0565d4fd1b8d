/* linalg_norm.c: mirrors of the rows of upstream's tests/linalg_tests.cpp on norms, over matrices of our own:
 * the counting one of 3 x 3, and a stack of two symmetric ones whose spectra are known. */
#include "arrays.h"

#define NORM(a, ord, ...) psi_linalg_norm(a, ord, PSI_INTS(__VA_ARGS__), false)
#define NAMED(a, ord, ...) psi_linalg_norm_matrix(a, ord, PSI_INTS(__VA_ARGS__), false)
#define PLAIN(a, ...) psi_linalg_norm_l2(a, PSI_INTS(__VA_ARGS__), false)
#define CLOSE(a, b) CHECK_TRUE(psi_allclose(a, b, 1e-5, 1e-6, false))

/* 1 to 9. */
static psi_array plane(void)
{
    return psi_reshape(psi_arange(1, 10, 1, PSI_FLOAT32), PSI_INTS(3, 3));
}

/* Eigenvalues 1, 3, 3 and -5, -sqrt(17), sqrt(17). */
static psi_array stack(void)
{
    return SHAPED(PSI_FLOATS(2, 0, 1, 0, 3, 0, 1, 0, 2, 4, 1, 0, 1, -4, 0, 0, 0, -5), 2, 3, 3);
}

PARITY_CASE(beyond_seed, "tests/linalg_tests.cpp", "[mlx.core.linalg.norm] no ord")
{
    CHECK_VALUES(psi_linalg_norm_l2(f32(-3), PSI_NONE, false), 3);
    CHECK_REFUSED(PLAIN(f32(-3), 0));

    psi_array line = PSI_INT32S(2, -3, 6);
    CHECK_VALUES(psi_linalg_norm_l2(line, PSI_NONE, false), 7);
    CHECK_VALUES(PLAIN(line, 0), 7);
    CHECK_VALUES(PLAIN(line, -1), 7);
    CHECK_EQ_INT(psi_ndim(psi_linalg_norm_l2(line, PSI_INTS(-1), true)), 1);
    CHECK_REFUSED(PLAIN(line, 1));

    psi_array root = psi_sqrt(f32(285));
    CLOSE(psi_linalg_norm_l2(plane(), PSI_NONE, false), root);
    CLOSE(PLAIN(plane(), 0, 1), root);
    CLOSE(PLAIN(plane(), 0), psi_sqrt(PSI_FLOATS(66, 93, 126)));
    CLOSE(PLAIN(plane(), 1), psi_sqrt(PSI_FLOATS(14, 77, 194)));

    CLOSE(PLAIN(stack(), 0), psi_sqrt(SHAPED(PSI_FLOATS(20, 1, 1, 1, 25, 0, 1, 0, 29), 3, 3)));
    CLOSE(PLAIN(stack(), 2), psi_sqrt(SHAPED(PSI_FLOATS(5, 9, 5, 17, 17, 25), 2, 3)));
    CLOSE(PLAIN(stack(), 1, 2), psi_sqrt(PSI_FLOATS(19, 59)));
    CHECK_REFUSED(PLAIN(stack(), 0, 1, 2));
}

/* Orders of vectors; order 0 counts what is not zero. */
static void check_vector_orders(void)
{
    CHECK_REFUSED(psi_linalg_norm(i32(0), 2, PSI_NONE, false));
    psi_array line = PSI_INT32S(2, -3, 6);
    CHECK_VALUES_NEAR(psi_linalg_norm(line, 2, PSI_NONE, false), 1e-6, 7);
    CHECK_VALUES_NEAR(NORM(line, 2, 0), 1e-6, 7);
    CHECK_REFUSED(NORM(line, 2, 1));
    CHECK_VALUES(psi_linalg_norm(line, 1, PSI_NONE, false), 11);
    CHECK_VALUES(psi_linalg_norm(line, 0, PSI_NONE, false), 3);
    CHECK_VALUES(psi_linalg_norm(line, INFINITY, PSI_NONE, false), 6);
    CHECK_VALUES(psi_linalg_norm(line, -INFINITY, PSI_NONE, false), 2);
    CLOSE(NORM(plane(), 2, 0), psi_sqrt(PSI_FLOATS(66, 93, 126)));
    CLOSE(NORM(plane(), 2, 1), psi_sqrt(PSI_FLOATS(14, 77, 194)));

    CLOSE(NORM(stack(), 3, 0), SHAPED(PSI_FLOATS(4.1601677, 1, 1, 1, 4.4979415, 0, 1, 0, 5.1044687), 3, 3));
    CLOSE(NORM(stack(), 3, 2), SHAPED(PSI_FLOATS(2.0800838, 3, 2.0800838, 4.0207258, 4.0207258, 5), 2, 3));
    CLOSE(NORM(stack(), 0, 0), SHAPED(PSI_FLOATS(2, 1, 1, 1, 2, 0, 1, 0, 2), 3, 3));
    CLOSE(NORM(stack(), 0, 1), SHAPED(PSI_FLOATS(2, 1, 2, 2, 2, 1), 2, 3));
    CLOSE(NORM(stack(), 0, 2), SHAPED(PSI_FLOATS(2, 1, 2, 2, 2, 1), 2, 3));
    CLOSE(NORM(stack(), 1, 0), SHAPED(PSI_FLOATS(6, 1, 1, 1, 7, 0, 1, 0, 7), 3, 3));
    CLOSE(NORM(stack(), 1, 1), SHAPED(PSI_FLOATS(3, 3, 3, 5, 5, 5), 2, 3));
    CLOSE(NORM(stack(), 1, 2), SHAPED(PSI_FLOATS(3, 3, 3, 5, 5, 5), 2, 3));
}

/* Sums of columns and rows, and singular values, of one matrix. */
static void check_matrix_orders(void)
{
    static const double orders[] = {1, -1, 2, -2};
    static const double down[] = {18, 12, 16.848103, 0}, across[] = {24, 6, 16.848103, 0};
    for (int i = 0; i < 4; i++) {
        psi_array kept = psi_linalg_norm(plane(), orders[i], PSI_INTS(0, 1), true);
        CHECK_VALUES_NEAR(NORM(plane(), orders[i], 0, 1), 2e-6, down[i]);
        CHECK_VALUES_NEAR(NORM(plane(), orders[i], 1, 0), 2e-6, across[i]);
        CHECK_VALUES_NEAR(NORM(plane(), orders[i], -2, -1), 2e-6, down[i]);
        CHECK_SHAPE(kept, 1, 1);
        CHECK_SHAPE(psi_linalg_norm(plane(), orders[i], PSI_INTS(1, 0), true), 1, 1);
    }
}

PARITY_CASE(beyond_seed, "tests/linalg_tests.cpp", "[mlx.core.linalg.norm] double ord")
{
    check_vector_orders();
    check_matrix_orders();
    CHECK_EQ_INT(psi_shape(NORM(stack(), 3, 0)).count, 2);
    CHECK_REFUSED(NORM(stack(), 2, 0, 1, 2));
    CLOSE(NORM(stack(), 1, 0, 1), PSI_FLOATS(6, 7, 7));
    CLOSE(NORM(stack(), 1, 1, 2), PSI_FLOATS(3, 5));
    CLOSE(NORM(stack(), -1, 0, 1), PSI_FLOATS(1, 0, 0));
    CLOSE(NORM(stack(), -1, 1, 0), PSI_FLOATS(3, 3, 3));
    CLOSE(NORM(stack(), -1, 2, 1), PSI_FLOATS(3, 5));
    CLOSE(NORM(stack(), 2, 0, 1), PSI_FLOATS(4.5825757, 5.0644951, 5.3983456));
    CLOSE(NORM(stack(), 2, 1, 2), PSI_FLOATS(3, 5));
    CLOSE(NORM(stack(), -2, 0, 1), PSI_FLOATS(1, 0.5923591, 0.9262097));
    CLOSE(NORM(stack(), -2, 1, 2), PSI_FLOATS(1, 4.1231056));
}

PARITY_CASE(beyond_seed, "tests/linalg_tests.cpp", "[mlx.core.linalg.norm] string ord")
{
    CHECK_REFUSED(psi_linalg_norm_matrix(PSI_INT32S(2, -3, 6), "fro", PSI_NONE, false));
    CHECK_REFUSED(psi_linalg_norm_matrix(plane(), "frob", PSI_NONE, false));
    CHECK_VALUES_NEAR(NAMED(plane(), "f", 0, 1), 1e-6, 16.881943);
    CHECK_VALUES_NEAR(NAMED(plane(), "fro", 0, 1), 1e-6, 16.881943);
    CHECK_VALUES_NEAR(NAMED(plane(), "nuc", 0, 1), 1e-6, 17.916473);
    static const char *const frobenius[] = {"f", "fro"};
    for (int i = 0; i < 2; i++) {
        CLOSE(NAMED(stack(), frobenius[i], 0, 1), PSI_FLOATS(4.6904158, 5.0990195, 5.4772256));
        CLOSE(NAMED(stack(), frobenius[i], 1, 0), PSI_FLOATS(4.6904158, 5.0990195, 5.4772256));
        CLOSE(NAMED(stack(), frobenius[i], 1, 2), PSI_FLOATS(4.3588989, 7.6811457));
        CLOSE(NAMED(stack(), frobenius[i], 2, 1), PSI_FLOATS(4.3588989, 7.6811457));
    }
    CLOSE(NAMED(stack(), "nuc", 0, 1), PSI_FLOATS(5.5825757, 5.6568542, 6.3245553));
    CLOSE(NAMED(stack(), "nuc", 1, 2), PSI_FLOATS(7, 13.2462113));
    CLOSE(NAMED(stack(), "nuc", -2, -1), PSI_FLOATS(7, 13.2462113));
    CLOSE(NORM(psi_arange(-3, 1, 1, PSI_FLOAT32), 1, 0), f32(6));
}
