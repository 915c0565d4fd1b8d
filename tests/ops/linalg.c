/* Linear algebra: literal values, products of factors, batches, gradients, empty matrices, typed refusals. */
#include <string.h>

#include "values.h"

static const double tall[] = {1, 2, 3, 4, 5, 7, 8, 10}; /* 4 x 2 */

/* The first `count` of three symmetric, well-conditioned matrices of 3 x 3, as a stack. */
static psi_array symmetric(int64_t count, psi_dtype dtype)
{
    static const double values[] = {4,  1, 2,  1, 5, 3, 2, 3, 6, 2, -1, 0, -1, 2,
                                    -1, 0, -1, 2, 9, 1, 1, 1, 8, 2, 1,  2, 7};
    return psi_astype(psi_array_from(values, PSI_INTS(count, 3, 3), PSI_FLOAT64), dtype);
}

static psi_array adjoint(psi_array a)
{
    return psi_conjugate(psi_swapaxes(a, -1, -2));
}

/* The largest difference, relative to the largest of either; NaN where either is. */
static void expect_close(psi_array a, psi_array b, double tolerance)
{
    int64_t n = psi_size(a);
    psi_array wide = psi_astype(psi_reshape(psi_abs(psi_subtract(a, b)), PSI_INTS(n)), PSI_FLOAT64);
    const double *d = psi_data(wide);
    assert_non_null(d);
    assert_true(n > 0 && n == psi_size(b));
    for (int64_t i = 0; i < n; i++)
        assert_true(d[i] <= tolerance);
}

static void qr(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = psi_array_from((float[]){2, 3, 1, 2}, PSI_INTS(2, 2), PSI_FLOAT32);
    psi_arrays f = psi_linalg_qr(a);
    assert_int_equal(f.count, 2);
    EXPECT(f.data[0], PSI_INTS(2, 2), -0.8944272, -0.4472136, -0.4472136, 0.8944272);
    EXPECT(f.data[1], PSI_INTS(2, 2), -2.2360680, -3.5777088, 0, 0.4472136);
    for (int turn = 0; turn < 2; turn++) {
        psi_array b = psi_array_from(tall, PSI_INTS(4, 2), PSI_FLOAT64);
        b = turn ? psi_transpose(b, PSI_NONE) : b;
        f = psi_linalg_qr(psi_broadcast_to(b, PSI_INTS(5, psi_dim(b, 0), psi_dim(b, 1))));
        assert_int_equal(psi_dtype_of(f.data[0]), PSI_FLOAT64);
        expect_close(psi_matmul(f.data[0], f.data[1]),
                     psi_broadcast_to(b, PSI_INTS(5, psi_dim(b, 0), psi_dim(b, 1))), 1e-13);
        expect_close(psi_matmul(adjoint(f.data[0]), f.data[0]),
                     psi_broadcast_to(psi_eye(2, 2, 0, PSI_FLOAT64), PSI_INTS(5, 2, 2)), 1e-14);
    }
    f = psi_linalg_qr(psi_zeros(PSI_INTS(2, 0, 3), PSI_FLOAT32));
    EXPECT(f.data[0], PSI_INTS(2, 0, 0), 0);
    EXPECT(f.data[1], PSI_INTS(2, 0, 3), 0);
}

static void lu(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = psi_array_from((float[]){3, 1, 2, 1, 8, 6, 9, 2, 5}, PSI_INTS(3, 3), PSI_FLOAT32);
    psi_arrays f = psi_linalg_lu(a);
    assert_int_equal(f.count, 3);
    EXPECT(f.data[0], PSI_INTS(3), 2, 1, 0);
    EXPECT(f.data[1], PSI_INTS(3, 3), 1, 0, 0, 1 / 9.0, 1, 0, 1 / 3.0, 3 / 70.0, 1);
    EXPECT(f.data[2], PSI_INTS(3, 3), 9, 2, 5, 0, 70 / 9.0, 49 / 9.0, 0, 0, 0.1);
    f = psi_linalg_lu_factor(a);
    assert_int_equal(f.count, 2);
    EXPECT(f.data[1], PSI_INTS(3), 2, 1, 2);
    assert_int_equal(psi_dtype_of(f.data[1]), PSI_UINT32);
    f = psi_linalg_lu(psi_array_from(tall, PSI_INTS(4, 2), PSI_FLOAT64));
    EXPECT(f.data[0], PSI_INTS(4), 3, 2, 1, 0);
    EXPECT(f.data[1], PSI_INTS(4, 2), 1, 0, 0.625, 1, 0.375, 1 / 3.0, 0.125, 1);
    EXPECT(f.data[2], PSI_INTS(2, 2), 8, 10, 0, 0.75);
    f = psi_linalg_lu(psi_zeros(PSI_INTS(3, 0), PSI_FLOAT32));
    EXPECT(f.data[0], PSI_INTS(3), 0, 1, 2);
    EXPECT(f.data[1], PSI_INTS(3, 0), 0);
}

static void cholesky(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = psi_array_from((double[]){4, 2, 2, 10}, PSI_INTS(2, 2), PSI_FLOAT64);
    EXPECT(psi_linalg_cholesky(a, false), PSI_INTS(2, 2), 2, 0, 1, 3);
    EXPECT(psi_linalg_cholesky(a, true), PSI_INTS(2, 2), 2, 1, 0, 3);
    EXPECT(psi_linalg_cholesky_inv(psi_linalg_cholesky(a, false), false), PSI_INTS(2, 2), 10 / 36., -2 / 36.,
           -2 / 36., 4 / 36.);
    EXPECT(psi_linalg_cholesky_inv(psi_linalg_cholesky(a, true), true), PSI_INTS(2, 2), 10 / 36., -2 / 36.,
           -2 / 36., 4 / 36.);
    psi_array stack = symmetric(3, PSI_FLOAT32), l = psi_linalg_cholesky(stack, false);
    expect_close(psi_matmul(l, adjoint(l)), stack, 1e-5);
    /* The temporary is factored where it lies; what it was made of is untouched. */
    psi_array sum = psi_linalg_cholesky(psi_add(a, a), false);
    EXPECT(sum, PSI_INTS(2, 2), 2.8284271, 0, 1.4142136, 4.2426407);
    EXPECT(a, PSI_INTS(2, 2), 4, 2, 2, 10);
}

static void singular_values(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = psi_array_from((double[]){3, 0, 4, 5}, PSI_INTS(2, 2), PSI_FLOAT64);
    EXPECT(psi_linalg_svd(a, false).data[0], PSI_INTS(2), 6.7082039, 2.2360680);
    psi_array b = psi_array_from(tall, PSI_INTS(4, 2), PSI_FLOAT64);
    psi_arrays f = psi_linalg_svd(b, true);
    assert_int_equal(f.count, 3);
    psi_array u = psi_slice(f.data[0], PSI_INTS(0, 0), PSI_INTS(4, 2), PSI_NONE);
    expect_close(psi_matmul(psi_multiply(u, f.data[1]), f.data[2]), b, 1e-13);
    expect_close(psi_matmul(adjoint(f.data[0]), f.data[0]), psi_eye(4, 4, 0, PSI_FLOAT64), 1e-13);
    psi_complex64 z[] = {{1, 2}, {0, -1}, {3, 1}, {2, 2}, {-1, 0}, {0, 4}};
    psi_array c = psi_array_from(z, PSI_INTS(2, 3), PSI_COMPLEX64);
    f = psi_linalg_svd(c, true);
    assert_int_equal(psi_dtype_of(f.data[1]), PSI_FLOAT32);
    psi_array vt = psi_slice(f.data[2], PSI_INTS(0, 0), PSI_INTS(2, 3), PSI_NONE);
    expect_close(psi_matmul(psi_multiply(f.data[0], f.data[1]), vt), c, 1e-5);
    f = psi_linalg_svd(psi_zeros(PSI_INTS(2, 0), PSI_FLOAT32), true);
    EXPECT(f.data[0], PSI_INTS(2, 2), 1, 0, 0, 1);
    EXPECT(f.data[1], PSI_INTS(0), 0);
    EXPECT(f.data[2], PSI_INTS(0, 0), 0);
}

/* a @ vectors and vectors scaled by the values. */
static void expect_eigen(psi_array a, psi_arrays f, double tolerance)
{
    assert_int_equal(f.count, 2);
    expect_close(psi_matmul(a, f.data[1]), psi_multiply(f.data[1], psi_expand_dims(f.data[0], PSI_INTS(-2))),
                 tolerance);
}

static void eigenvalues(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = symmetric(3, PSI_FLOAT64);
    expect_eigen(a, psi_linalg_eigh(a, "L"), 1e-13);
    expect_eigen(a, psi_linalg_eigh(a, "U"), 1e-13);
    /* One triangle alone is read: the lower one holds 5, the upper one 2. */
    psi_array skew = psi_array_from((float[]){1, 2, 5, 3}, PSI_INTS(2, 2), PSI_FLOAT32);
    EXPECT(psi_linalg_eigvalsh(skew, "L"), PSI_INTS(2), -3.0990195, 7.0990195);
    EXPECT(psi_linalg_eigvalsh(skew, "u"), PSI_INTS(2), -0.2360680, 4.2360680);
    psi_complex64 z[] = {{2, 0}, {1, -1}, {1, 1}, {3, 0}};
    psi_array c = psi_array_from(z, PSI_INTS(2, 2), PSI_COMPLEX64);
    EXPECT(psi_linalg_eigvalsh(c, "L"), PSI_INTS(2), 1, 4);
    expect_eigen(c, psi_linalg_eigh(c, "L"), 1e-5);
    expect_eigen(c, psi_linalg_eigh(c, "U"), 1e-5);
    psi_array spoilt = psi_array_from((float[]){1, NAN, NAN, 1}, PSI_INTS(2, 2), PSI_FLOAT32);
    const float *values = psi_data(psi_linalg_eigvalsh(spoilt, "L"));
    assert_true(isnan(values[0]) && isnan(values[1]));
}

static void general_eigenvalues(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array turn = psi_array_from((float[]){1, -1, 1, 1}, PSI_INTS(2, 2), PSI_FLOAT32);
    psi_array values = psi_linalg_eigvals(turn);
    EXPECT(psi_real(values), PSI_INTS(2), 1, 1);
    EXPECT(psi_imag(values), PSI_INTS(2), 1, -1);
    expect_eigen(psi_astype(turn, PSI_COMPLEX64), psi_linalg_eig(turn), 1e-6);
    psi_array mixed = psi_array_from((double[]){1, 2, 3, -4, 5, 6, 7, -8, 9}, PSI_INTS(3, 3), PSI_FLOAT64);
    psi_arrays f = psi_linalg_eig(mixed);
    expect_eigen(psi_astype(mixed, PSI_COMPLEX64), f, 2e-5);
    EXPECT(psi_real(f.data[0]), PSI_INTS(3), 6, 4.5, 4.5);
    EXPECT(psi_imag(f.data[0]), PSI_INTS(3), 0, 4.4440972, -4.4440972);
    psi_complex64 z[] = {{1, 2}, {3, -1}, {0, 2}, {4, 1}};
    psi_array c = psi_array_from(z, PSI_INTS(2, 2), PSI_COMPLEX64);
    expect_eigen(c, psi_linalg_eig(c), 1e-5);
    psi_array spoilt = psi_array_from((float[]){1, NAN, 2, 1}, PSI_INTS(2, 2), PSI_FLOAT32);
    expect_error(psi_linalg_eigvals(spoilt), PSI_RUNTIME_ERROR);
    expect_error(psi_linalg_svd(spoilt, false).data[0], PSI_RUNTIME_ERROR);
}

static void inverses(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = psi_array_from((float[]){1, 2, 3, 6, -5, 4, -9, 8, 7}, PSI_INTS(3, 3), PSI_FLOAT32);
    EXPECT(psi_linalg_inv(a), PSI_INTS(3, 3), 67 / 214., -10 / 214., -23 / 214., 78 / 214., -34 / 214.,
           -14 / 214., -3 / 214., 26 / 214., 17 / 214.);
    EXPECT(psi_linalg_tri_inv(psi_array_from((float[]){2, 7, 6, 4}, PSI_INTS(2, 2), PSI_FLOAT32), false),
           PSI_INTS(2, 2), 0.5, 0, -0.75, 0.25);
    EXPECT(psi_linalg_tri_inv(psi_array_from((float[]){2, 7, 6, 4}, PSI_INTS(2, 2), PSI_FLOAT32), true),
           PSI_INTS(2, 2), 0.5, -0.875, 0, 0.25);
    psi_array stack = psi_broadcast_to(symmetric(3, PSI_FLOAT64), PSI_INTS(40, 3, 3, 3));
    expect_close(psi_matmul(stack, psi_linalg_inv(stack)),
                 psi_broadcast_to(psi_eye(3, 3, 0, PSI_FLOAT64), PSI_INTS(40, 3, 3, 3)), 1e-14);
    EXPECT(psi_linalg_solve_triangular(psi_array_from((float[]){2, 0, 1, 4}, PSI_INTS(2, 2), PSI_FLOAT32),
                                       PSI_FLOATS(2, 5), false),
           PSI_INTS(2), 1, 1);
    EXPECT(psi_linalg_inv(psi_zeros(PSI_INTS(0, 0), PSI_FLOAT32)), PSI_INTS(0, 0), 0);
}

static void refusals(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array oblong = count_up(PSI_INTS(2, 3)), vector = count_up(PSI_INTS(3)),
              whole = psi_eye(2, 2, 0, PSI_INT32);
    psi_array singular = psi_array_from((float[]){1, 2, 2, 4}, PSI_INTS(2, 2), PSI_FLOAT32);
    expect_error(psi_linalg_inv(oblong), PSI_VALUE_ERROR);
    expect_error(psi_linalg_inv(vector), PSI_VALUE_ERROR);
    expect_error(psi_linalg_inv(whole), PSI_VALUE_ERROR);
    expect_error(psi_linalg_cholesky(whole, false), PSI_VALUE_ERROR);
    expect_error(psi_linalg_cholesky(singular, true), PSI_RUNTIME_ERROR);
    expect_error(psi_linalg_eigvals(oblong), PSI_VALUE_ERROR);
    expect_error(psi_linalg_eigvalsh(singular, "X"), PSI_VALUE_ERROR);
    assert_int_equal(psi_linalg_qr(whole).count, 0);
    assert_true(psi_error(NULL));
    assert_int_equal(psi_linalg_svd(whole, true).count, 0);
    assert_true(psi_error(NULL));
    expect_error(psi_linalg_solve_triangular(singular, vector, false), PSI_VALUE_ERROR);
    expect_error(psi_linalg_solve_triangular(whole, psi_astype(PSI_FLOATS(1, 2), PSI_INT32), false),
                 PSI_VALUE_ERROR);
    expect_error(psi_linalg_inv(singular), PSI_RUNTIME_ERROR);
    expect_error(psi_linalg_tri_inv(psi_zeros(PSI_INTS(2, 2), PSI_FLOAT32), false), PSI_RUNTIME_ERROR);
    expect_error(psi_linalg_lu(singular).data[0], PSI_RUNTIME_ERROR);
    /* Of many, the first that is singular is named. */
    psi_array many = psi_stack(
        PSI_ARRAYS(psi_eye(2, 2, 0, PSI_FLOAT32), singular, psi_zeros(PSI_INTS(2, 2), PSI_FLOAT32)), 0);
    psi_error_record e;
    assert_false(psi_eval1(psi_linalg_inv(many)));
    assert_true(psi_error(&e));
    assert_non_null(strstr(e.message, "matrix 1 of 3"));
}

/* ---- complex matrices ---- */

static psi_array complex_matrix(void)
{
    static const psi_complex64 values[] = {{2, 1}, {1, -1}, {0, 3}, {4, 0}};
    return psi_array_from(values, PSI_INTS(2, 2), PSI_COMPLEX64);
}

/* Real and imaginary parts, in turn. */
static void expect_complex(psi_array a, psi_ints shape, const double *parts)
{
    double re[16], im[16];
    for (int64_t i = 0; i < psi_size(a); i++) {
        re[i] = parts[2 * i];
        im[i] = parts[2 * i + 1];
    }
    assert_int_equal(psi_dtype_of(a), PSI_COMPLEX64);
    expect_within(psi_real(a), shape, re, 1e-6);
    expect_within(psi_imag(a), shape, im, 1e-6);
}
#define EXPECT_COMPLEX(a, shape, ...) expect_complex(a, shape, (const double[]){__VA_ARGS__})

static void complex_factors(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = complex_matrix(), one = psi_eye(2, 2, 0, PSI_COMPLEX64);
    psi_arrays f = psi_linalg_qr(a);
    expect_close(psi_matmul(f.data[0], f.data[1]), a, 1e-6);
    expect_close(psi_matmul(adjoint(f.data[0]), f.data[0]), one, 1e-6);
    EXPECT_COMPLEX(psi_linalg_lu_factor(a).data[0], PSI_INTS(2, 2), 2, 1, 1, -1, 0.6, 1.2, 2.2, -0.6);
    f = psi_linalg_lu(a);
    EXPECT(f.data[0], PSI_INTS(2), 0, 1);
    EXPECT_COMPLEX(f.data[1], PSI_INTS(2, 2), 1, 0, 0, 0, 0.6, 1.2, 1, 0);
    psi_complex64 z[] = {{4, 0}, {0, 2}, {0, -2}, {10, 0}};
    psi_array hermitian = psi_array_from(z, PSI_INTS(2, 2), PSI_COMPLEX64);
    psi_array low = psi_linalg_cholesky(hermitian, false), up = psi_linalg_cholesky(hermitian, true);
    EXPECT_COMPLEX(low, PSI_INTS(2, 2), 2, 0, 0, 0, 0, -1, 3, 0);
    EXPECT_COMPLEX(up, PSI_INTS(2, 2), 2, 0, 0, 1, 0, 0, 3, 0);
    expect_close(psi_matmul(hermitian, psi_linalg_cholesky_inv(low, false)), one, 1e-6);
    expect_close(psi_matmul(hermitian, psi_linalg_cholesky_inv(up, true)), one, 1e-6);
}

static void complex_inverses(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = complex_matrix(), one = psi_eye(2, 2, 0, PSI_COMPLEX64);
    /* The determinant is (2 + i) 4 - (1 - i) 3i = 5 + i. */
    EXPECT_COMPLEX(psi_linalg_inv(a), PSI_INTS(2, 2), 20 / 26., -4 / 26., -4 / 26., 6 / 26., -3 / 26.,
                   -15 / 26., 11 / 26., 3 / 26.);
    EXPECT_COMPLEX(psi_linalg_tri_inv(a, false), PSI_INTS(2, 2), 0.4, -0.2, 0, 0, -0.15, -0.3, 0.25, 0);
    psi_array tall = psi_concatenate(PSI_ARRAYS(a, one), 0), pinv = psi_linalg_pinv(tall);
    expect_close(psi_matmul(pinv, tall), one, 1e-5);
    expect_close(psi_matmul(tall, pinv), adjoint(psi_matmul(tall, pinv)), 1e-6);
    psi_array b = psi_array_from((float[]){1, 2}, PSI_INTS(2), PSI_FLOAT32),
              wide = psi_astype(b, PSI_FLOAT64);
    psi_array thirds =
        psi_linalg_solve(psi_multiply(psi_eye(2, 2, 0, PSI_FLOAT32), psi_scalar(3, PSI_FLOAT32)), wide);
    expect_close(thirds, psi_divide(wide, psi_scalar(3, PSI_FLOAT64)), 1e-16);
    expect_close(psi_matmul(a, psi_linalg_solve(a, b)), psi_astype(b, PSI_COMPLEX64), 1e-6);
    expect_close(psi_matmul(psi_triu(a, 0), psi_linalg_solve_triangular(a, b, true)),
                 psi_astype(b, PSI_COMPLEX64), 1e-6);
    expect_close(psi_linalg_inv(psi_broadcast_to(a, PSI_INTS(3, 2, 2))),
                 psi_broadcast_to(psi_linalg_inv(a), PSI_INTS(3, 2, 2)), 0);
}

static psi_arrays inverse(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_linalg_inv(in.data[0]));
}

static psi_arrays triangular_inverse(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_linalg_tri_inv(in.data[0], false));
}

static psi_arrays triangular_solution(psi_arrays in, void *context)
{
    return LIST(psi_linalg_solve_triangular(in.data[0], in.data[1], context != NULL));
}

static psi_arrays triangular_product(psi_arrays in, void *context)
{
    bool upper = context != NULL;
    return LIST(psi_matmul(psi_linalg_tri_inv(in.data[0], upper), in.data[1]));
}

static void solving_has_the_rules_of_its_product(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = complex_matrix(), b = psi_conjugate(psi_swapaxes(a, 0, 1)), g = psi_add(a, b);
    for (int turn = 0; turn < 4; turn++) {
        psi_dtype dtype = turn < 2 ? PSI_COMPLEX64 : PSI_FLOAT64;
        void *upper = turn % 2 ? &turn : NULL;
        psi_arrays in = PSI_ARRAYS(psi_astype(a, dtype), psi_astype(b, dtype)),
                   seed = PSI_ARRAYS(psi_astype(g, dtype));
        psi_arrays out, mine, theirs;
        assert_true(psi_vjp(triangular_solution, upper, in, seed, &out, &mine));
        assert_true(psi_vjp(triangular_product, upper, in, seed, &out, &theirs));
        for (int i = 0; i < 2; i++)
            expect_close(mine.data[i], theirs.data[i], 1e-5);
        assert_true(psi_jvp(triangular_solution, upper, in, in, &out, &mine));
        assert_true(psi_jvp(triangular_product, upper, in, in, &out, &theirs));
        expect_close(mine.data[0], theirs.data[0], 1e-5);
        /* Many right-hand sides of one matrix, and the other way round. */
        psi_array many = psi_stack(PSI_ARRAYS(in.data[1], in.data[0], seed.data[0]), 1);
        psi_arrays mapped =
            psi_vmap(triangular_solution, upper, PSI_ARRAYS(in.data[0], many), PSI_INTS(-1, 1), PSI_NONE);
        expect_close(psi_matmul(upper ? psi_triu(in.data[0], 0) : psi_tril(in.data[0], 0), mapped.data[0]),
                     psi_moveaxis(many, 1, 0), 1e-5);
    }
}

static psi_arrays all_factors(psi_arrays in, void *context)
{
    psi_array a = in.data[0];
    (void)context;
    psi_arrays f[] = {psi_linalg_qr(a),        psi_linalg_lu_factor(a), psi_linalg_svd(a, false),
                      psi_linalg_eigh(a, "L"), psi_linalg_eig(a),       LIST(psi_linalg_cholesky(a, true))};
    psi_arrays out = psi_arrays_new(6);
    for (int i = 0; i < 6; i++)
        out.data[i] = f[i].data[0];
    return out;
}

static void transforms(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = psi_array_from((float[]){2, 1, 0, 4}, PSI_INTS(2, 2), PSI_FLOAT32);
    EXPECT(gradient(inverse, a), PSI_INTS(2, 2), -0.125, -0.25, -0.21875, -0.1875);
    psi_array low = psi_array_from((float[]){2, 9, 1, 4}, PSI_INTS(2, 2), PSI_FLOAT32);
    EXPECT(gradient(triangular_inverse, low), PSI_INTS(2, 2), -0.0625, 0, -0.375, -0.15625);
    psi_arrays out, tangents;
    assert_true(psi_jvp(inverse, NULL, PSI_ARRAYS(a), PSI_ARRAYS(a), &out, &tangents));
    EXPECT(tangents.data[0], PSI_INTS(2, 2), -0.5, 0.125, 0, -0.25);
    psi_array stack = symmetric(3, PSI_FLOAT32);
    psi_arrays mapped =
        psi_vmap(all_factors, NULL, PSI_ARRAYS(psi_moveaxis(stack, 0, 1)), PSI_INTS(1), PSI_NONE);
    psi_arrays direct = all_factors(PSI_ARRAYS(stack), NULL);
    assert_int_equal(mapped.count, 6);
    for (int i = 0; i < 6; i++)
        expect_close(mapped.data[i], direct.data[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(qr),
        cmocka_unit_test(lu),
        cmocka_unit_test(cholesky),
        cmocka_unit_test(singular_values),
        cmocka_unit_test(eigenvalues),
        cmocka_unit_test(general_eigenvalues),
        cmocka_unit_test(inverses),
        cmocka_unit_test(refusals),
        cmocka_unit_test(transforms),
        cmocka_unit_test(complex_factors),
        cmocka_unit_test(complex_inverses),
        cmocka_unit_test(solving_has_the_rules_of_its_product),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
