/* Norms of every order, cross products, systems and pseudo-inverses: literal values and typed refusals. */
#include "values.h"

static void vectors(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array v = PSI_FLOATS(3, -4, 0), whole = PSI_INT32S(3, 4);
    EXPECT(psi_linalg_norm_l2(v, PSI_NONE, false), PSI_SCALAR_SHAPE, 5);
    EXPECT(psi_linalg_norm(v, 0, PSI_NONE, false), PSI_SCALAR_SHAPE, 2);
    EXPECT(psi_linalg_norm(v, 1, PSI_NONE, true), PSI_INTS(1), 7);
    EXPECT(psi_linalg_norm(v, 2, PSI_NONE, false), PSI_SCALAR_SHAPE, 5);
    EXPECT(psi_linalg_norm(v, 3, PSI_NONE, false), PSI_SCALAR_SHAPE, 4.4979414);
    EXPECT(psi_linalg_norm(v, INFINITY, PSI_NONE, false), PSI_SCALAR_SHAPE, 4);
    EXPECT(psi_linalg_norm(v, -INFINITY, PSI_NONE, false), PSI_SCALAR_SHAPE, 0);
    EXPECT(psi_linalg_norm(whole, 3, PSI_NONE, false), PSI_SCALAR_SHAPE, 4.4979414);
    assert_int_equal(psi_dtype_of(psi_linalg_norm(whole, 1, PSI_NONE, false)), PSI_FLOAT32);
    EXPECT(psi_linalg_norm_l2(psi_scalar(-3, PSI_FLOAT32), PSI_NONE, false), PSI_SCALAR_SHAPE, 3);
    EXPECT(psi_linalg_norm_l2(psi_zeros(PSI_INTS(0), PSI_FLOAT32), PSI_NONE, false), PSI_SCALAR_SHAPE, 0);
    psi_array c = psi_array_from((psi_complex64[]){{3, 4}, {0, 12}}, PSI_INTS(2), PSI_COMPLEX64);
    EXPECT(psi_real(psi_linalg_norm_l2(c, PSI_NONE, false)), PSI_SCALAR_SHAPE, 13);
}

static void matrices(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array m = psi_array_from((float[]){1, -2, 3, -4, 5, 6}, PSI_INTS(2, 3), PSI_FLOAT32);
    EXPECT(psi_linalg_norm(m, 1, PSI_NONE, false), PSI_SCALAR_SHAPE, 9);
    EXPECT(psi_linalg_norm(m, -1, PSI_NONE, true), PSI_INTS(1, 1), 5);
    EXPECT(psi_linalg_norm(m, INFINITY, PSI_NONE, false), PSI_SCALAR_SHAPE, 15);
    EXPECT(psi_linalg_norm(m, -INFINITY, PSI_INTS(-2, -1), false), PSI_SCALAR_SHAPE, 6);
    EXPECT(psi_linalg_norm(m, INFINITY, PSI_INTS(1, 0), false), PSI_SCALAR_SHAPE, 9);
    EXPECT(psi_linalg_norm(m, 2, PSI_NONE, false), PSI_SCALAR_SHAPE, 8.789365882622867);
    EXPECT(psi_linalg_norm(m, -2, PSI_INTS(1, 0), true), PSI_INTS(1, 1), 3.707701091159473);
    EXPECT(psi_linalg_norm_matrix(m, "nuc", PSI_NONE, false), PSI_SCALAR_SHAPE, 12.49706697378234);
    EXPECT(psi_linalg_norm_matrix(m, "fro", PSI_NONE, true), PSI_INTS(1, 1), 9.5393920);
    EXPECT(psi_linalg_norm_l2(m, PSI_INTS(0), false), PSI_INTS(3), 4.1231056, 5.3851648, 6.7082039);
    psi_array stack = psi_stack(PSI_ARRAYS(m, psi_multiply(m, m)), 1);
    EXPECT(psi_linalg_norm(stack, 1, PSI_INTS(0, 2), false), PSI_INTS(2), 9, 45);
    EXPECT(psi_linalg_norm(stack, 1, PSI_INTS(0, -1), false), PSI_INTS(2), 9, 45);
    expect_error(psi_linalg_norm_l2(m, PSI_INTS(2), false), PSI_INDEX_ERROR);
    EXPECT(psi_linalg_norm(stack, INFINITY, PSI_INTS(0, 2), true), PSI_INTS(1, 2, 1), 15, 77);
    expect_error(psi_linalg_norm(m, 3, PSI_NONE, false), PSI_VALUE_ERROR);
    expect_error(psi_linalg_norm(stack, 1, PSI_NONE, false), PSI_VALUE_ERROR);
    expect_error(psi_linalg_norm_matrix(m, "x", PSI_NONE, false), PSI_VALUE_ERROR);
    expect_error(psi_linalg_norm_matrix(m, "fro", PSI_INTS(0), false), PSI_VALUE_ERROR);
    expect_error(psi_linalg_norm_l2(m, PSI_INTS(0, 0), false), PSI_VALUE_ERROR);
}

static void crosses(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = PSI_FLOATS(1, 2, 3), b = PSI_INT32S(4, 5, 6), flat = PSI_FLOATS(1, 2);
    EXPECT(psi_linalg_cross(a, b, -1), PSI_INTS(3), -3, 6, -3);
    EXPECT(psi_linalg_cross(flat, b, -1), PSI_INTS(3), 12, -6, -3);
    EXPECT(psi_linalg_cross(b, flat, 0), PSI_INTS(3), -12, 6, 3);
    EXPECT(psi_linalg_cross(flat, PSI_FLOATS(3, 4), -1), PSI_INTS(3), 0, 0, -2);
    EXPECT(psi_linalg_cross(psi_broadcast_to(a, PSI_INTS(2, 3)), b, -1), PSI_INTS(2, 3), -3, 6, -3, -3, 6,
           -3);
    psi_array rows = psi_array_from((float[]){0, 1, 2, 3, 4, 5}, PSI_INTS(3, 2), PSI_FLOAT32);
    psi_array turned = psi_slice(rows, PSI_INTS(2, 0), PSI_INTS(-4, 2), PSI_INTS(-1, 1));
    EXPECT(psi_linalg_cross(turned, psi_ones(PSI_INTS(3, 2), PSI_FLOAT32), 0), PSI_INTS(3, 2), 2, 2, -4, -4,
           2, 2);
    EXPECT(psi_linalg_cross(rows, turned, 0), PSI_INTS(3, 2), -8, -12, 16, 24, -8, -12);
    expect_error(psi_linalg_cross(PSI_FLOATS(1), PSI_FLOATS(2), -1), PSI_VALUE_ERROR);
    expect_error(psi_linalg_cross(a, b, 1), PSI_VALUE_ERROR);
    expect_error(psi_linalg_cross(a, b, -2), PSI_INDEX_ERROR);
    expect_error(psi_linalg_cross(count_up(PSI_INTS(3, 2)), a, 0), PSI_VALUE_ERROR);
}

static void systems(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = psi_array_from((float[]){3, 1, 2, 1, 8, 6, 9, 2, 5}, PSI_INTS(3, 3), PSI_FLOAT32);
    psi_array x = psi_linalg_solve(psi_astype(a, PSI_FLOAT64), PSI_DOUBLES(11, 35, 28));
    EXPECT(x, PSI_INTS(3), 1.0, 2.0, 3.0);
    psi_array two = psi_array_from((double[]){11, 6, 35, 15, 28, 16}, PSI_INTS(3, 2), PSI_FLOAT64);
    EXPECT(psi_matmul(psi_astype(a, PSI_FLOAT64), psi_linalg_solve(psi_astype(a, PSI_FLOAT64), two)),
           PSI_INTS(3, 2), 11, 6, 35, 15, 28, 16);
    EXPECT(psi_linalg_pinv(psi_array_from((float[]){4, 1, 4, 1}, PSI_INTS(2, 2), PSI_FLOAT32)),
           PSI_INTS(2, 2), 2 / 17., 2 / 17., 0.5 / 17, 0.5 / 17);
    EXPECT(psi_linalg_pinv(psi_array_from((float[]){1, 0, 0, 2, 0, 0}, PSI_INTS(3, 2), PSI_FLOAT32)),
           PSI_INTS(2, 3), 1, 0, 0, 0, 0.5, 0);
    EXPECT(psi_linalg_pinv(psi_zeros(PSI_INTS(2, 3), PSI_FLOAT32)), PSI_INTS(3, 2), 0, 0, 0, 0, 0, 0);
    expect_error(psi_linalg_solve(a, PSI_FLOATS(1, 2)), PSI_VALUE_ERROR);
    expect_error(psi_linalg_solve(psi_zeros(PSI_INTS(2, 2), PSI_FLOAT32), PSI_FLOATS(1, 2)),
                 PSI_RUNTIME_ERROR);
    expect_error(psi_linalg_solve(a, psi_zeros(PSI_INTS(2, 3, 1), PSI_FLOAT32)), PSI_VALUE_ERROR);
    expect_error(psi_linalg_pinv(PSI_FLOATS(1)), PSI_VALUE_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(matrices),
        cmocka_unit_test(crosses),
        cmocka_unit_test(systems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
