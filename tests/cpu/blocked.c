/* Factors of matrices so large that they are blocked over the product: residuals in every dtype, the same bits for any
 * number of threads, and the difference that a product may be taken from. */
#include <float.h>
#include <string.h>

#include "cpu/gemm.h"
#include "ops/values.h"

enum { EDGE = 211 }; /* blocks of 64, and a rest */

static const psi_dtype dtypes[] = {PSI_FLOAT32, PSI_FLOAT64, PSI_COMPLEX64};

/* Random numbers of mean 0 and variance 1. */
static psi_array noise(int64_t rows, int64_t cols, psi_dtype dtype)
{
    psi_array re = psi_random_normal(PSI_INTS(rows, cols), PSI_FLOAT32, NULL, NULL, psi_random_key(7));
    psi_array im = psi_random_normal(PSI_INTS(rows, cols), PSI_FLOAT32, NULL, NULL, psi_random_key(8));
    psi_complex64 i[] = {{0, 1}};
    if (dtype != PSI_COMPLEX64)
        return psi_astype(re, dtype);
    return psi_add(re, psi_multiply(im, psi_array_from(i, PSI_SCALAR_SHAPE, PSI_COMPLEX64)));
}

static psi_array adjoint(psi_array a)
{
    return psi_conjugate(psi_swapaxes(a, -1, -2));
}

static psi_array identity(int64_t n, psi_dtype dtype)
{
    return psi_eye(n, n, 0, dtype);
}

/* No element of a - b is larger than so many units of rounding of an element of size 1. */
static void expect_near(psi_array a, psi_array b, double units)
{
    psi_array largest = psi_astype(psi_max(psi_abs(psi_subtract(a, b)), PSI_INTS(0, 1), false), PSI_FLOAT64);
    const double *d = psi_data(largest);
    assert_non_null(d);
    assert_true(d[0] <= units * (psi_dtype_of(a) == PSI_FLOAT64 ? DBL_EPSILON : FLT_EPSILON));
}

/* The check of matrices of every dtype: square, wide, tall. */
static void check_shapes(void (*check)(psi_array a, psi_dtype dtype))
{
    for (int d = 0; d < 3; d++)
        for (int s = 0; s < 3; s++) {
            PSI_SCOPE;
            check(noise(s == 2 ? 300 : EDGE, s == 1 ? 300 : EDGE, dtypes[d]), dtypes[d]);
        }
}

static void check_qr(psi_array a, psi_dtype dtype)
{
    psi_arrays f = psi_linalg_qr(a);
    expect_near(psi_matmul(f.data[0], f.data[1]), a, 200);
    expect_near(psi_matmul(adjoint(f.data[0]), f.data[0]), identity(EDGE, dtype), 50);
    expect_near(psi_tril(f.data[1], -1), psi_zeros_like(f.data[1]), 0);
}

static void orthogonal_factors(void **state)
{
    (void)state;
    check_shapes(check_qr);
}

/* Pivots are the largest of their columns, by LAPACK's measure of a complex number. */
static void check_lu(psi_array a, psi_dtype dtype)
{
    psi_arrays f = psi_linalg_lu(a);
    psi_array largest = psi_max(psi_abs(f.data[1]), PSI_INTS(0, 1), false);
    (void)dtype;
    expect_near(psi_take(psi_matmul(f.data[1], f.data[2]), f.data[0], 0), a, 1000);
    assert_true(*(const float *)psi_data(psi_astype(largest, PSI_FLOAT32)) <= 1.4143f);
}

static void triangular_factors(void **state)
{
    (void)state;
    check_shapes(check_lu);
}

static void definite_factors(void **state)
{
    (void)state;
    for (int d = 0; d < 3; d++) {
        PSI_SCOPE;
        psi_array a = noise(EDGE, EDGE, dtypes[d]), n = psi_scalar(1. / EDGE, dtypes[d]),
                  noisy = psi_tril(a, -1);
        psi_array whole = psi_add(psi_multiply(psi_matmul(a, adjoint(a)), n), identity(EDGE, dtypes[d]));
        /* The other triangle is not read. */
        psi_array low = psi_linalg_cholesky(psi_add(whole, adjoint(noisy)), false);
        psi_array up = psi_linalg_cholesky(psi_add(whole, noisy), true);
        expect_near(psi_matmul(low, adjoint(low)), whole, 50);
        expect_near(up, adjoint(low), 50);
        expect_near(psi_triu(low, 1), psi_zeros_like(low), 0);
        expect_near(psi_matmul(whole, psi_linalg_cholesky_inv(low, false)), identity(EDGE, dtypes[d]), 200);
        expect_error(psi_linalg_cholesky(psi_subtract(psi_add(low, adjoint(low)), whole), false),
                     PSI_RUNTIME_ERROR);
    }
}

static void inverses(void **state)
{
    (void)state;
    for (int d = 0; d < 3; d++) {
        PSI_SCOPE;
        psi_array n = psi_scalar(1. / EDGE, dtypes[d]), one = identity(EDGE, dtypes[d]);
        psi_array noisy = psi_multiply(noise(EDGE, EDGE, dtypes[d]), n);
        psi_array a =
            psi_add(psi_take(one, psi_random_permutation_arange(EDGE, psi_random_key(3)), 0), noisy);
        expect_near(psi_matmul(psi_linalg_inv(a), a), one, 50);
        psi_array b = noise(EDGE, 70, dtypes[d]);
        expect_near(psi_matmul(a, psi_linalg_solve(a, b)), b, 100);
        expect_near(psi_matmul(a, psi_linalg_solve(a, noise(EDGE, 1, dtypes[d]))), noise(EDGE, 1, dtypes[d]),
                    100);
        a = psi_add(one, noisy);
        for (int upper = 0; upper < 2; upper++) {
            psi_array half = upper ? psi_triu(a, 0) : psi_tril(a, 0), x = psi_linalg_tri_inv(a, upper);
            expect_near(psi_matmul(half, x), one, 50);
            expect_near(upper ? psi_tril(x, -1) : psi_triu(x, 1), psi_zeros_like(x), 0);
            expect_near(psi_matmul(half, psi_linalg_solve_triangular(a, b, upper)), b, 100);
        }
    }
}

static void singular_matrices(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_error_record e;
    psi_array a = psi_multiply(identity(EDGE, PSI_COMPLEX64),
                               psi_less(psi_arange(0, EDGE, 1, PSI_FLOAT32), psi_scalar(200, PSI_FLOAT32)));
    psi_array made[] = {psi_linalg_inv(a), psi_linalg_tri_inv(a, true),
                        psi_linalg_solve_triangular(a, a, false), psi_linalg_lu_factor(a).data[0],
                        psi_linalg_solve(a, a)};
    for (int i = 0; i < 5; i++) {
        assert_false(psi_eval1(made[i]));
        assert_true(psi_error(&e));
        assert_non_null(strstr(e.message, "matrix 0 of 1, of 211 x 211: it is singular (LAPACK's info 201)"));
    }
    psi_array spoilt = psi_multiply(noise(EDGE, EDGE, PSI_FLOAT32), psi_scalar(NAN, PSI_FLOAT32));
    assert_true(isnan(*(const float *)psi_data(psi_linalg_inv(spoilt))));
}

/* All results of one matrix, one after another. */
static psi_array everything(psi_dtype dtype)
{
    psi_array a = noise(EDGE, EDGE, dtype), one = identity(EDGE, dtype);
    psi_arrays q = psi_linalg_qr(a), lu = psi_linalg_lu_factor(a);
    psi_array positive = psi_add(psi_matmul(a, adjoint(a)), one), low = psi_linalg_cholesky(positive, false);
    psi_array many = psi_linalg_inv(psi_broadcast_to(a, PSI_INTS(9, EDGE, EDGE))); /* a task each */
    return psi_concatenate(PSI_ARRAYS(q.data[0], q.data[1], lu.data[0], low,
                                      psi_linalg_cholesky(positive, true), psi_linalg_inv(a),
                                      psi_linalg_tri_inv(low, false), psi_linalg_solve(a, low),
                                      psi_reshape(many, PSI_INTS(-1, EDGE))),
                           0);
}

static void threads_do_not_show(void **state)
{
    int threads = psi_thread_count();
    (void)state;
    for (int d = 0; d < 3; d++) {
        PSI_SCOPE;
        assert_true(psi_set_thread_count(1));
        psi_array alone = everything(dtypes[d]);
        assert_non_null(psi_data(alone));
        assert_true(psi_set_thread_count(3));
        psi_array shared = everything(dtypes[d]);
        assert_non_null(psi_data(shared));
        assert_memory_equal(psi_data(alone), psi_data(shared), psi_nbytes(alone));
    }
    assert_true(psi_set_thread_count(threads));
}

static psi_array one_of_each(psi_array a, int which)
{
    switch (which) {
    case 0:
        return psi_linalg_qr(a).data[0];
    case 1:
        return psi_linalg_cholesky(a, true);
    case 2:
        return psi_linalg_inv(a);
    case 3:
        return psi_linalg_inv(psi_broadcast_to(a, PSI_INTS(9, EDGE, EDGE)));
    default:
        return psi_linalg_solve(a, a);
    }
}

static void out_of_memory(void **state)
{
    (void)state;
    for (int which = 0; which < 5; which++)
        for (int64_t nth = 1;; nth++) {
            PSI_SCOPE;
            psi_array a = identity(EDGE, which % 2 ? PSI_COMPLEX64 : PSI_FLOAT32), y = one_of_each(a, which);
            assert_true(psi_eval1(a));
            psi_test_fail_allocation(nth);
            if (survived(psi_eval1(y)))
                break;
            assert_true(psi_eval1(y)); /* the graph can be tried again */
        }
}

/* out -= A @ B of small whole numbers is exact, for every shape and layout. */
static void products_are_subtracted(void **state)
{
    static const int64_t sizes[][3] = {{1, 1, 1}, {1, 40, 3},    {40, 1, 5},
                                       {3, 4, 0}, {70, 90, 500}, {33, 200, 64}};
    static double a[70 * 500], b[500 * 200], out[70 * 200];
    (void)state;
    for (int d = 0; d < 2; d++)
        for (int s = 0; s < 6; s++)
            for (int turned = 0; turned < 2; turned++) {
                int64_t m = sizes[s][0], n = sizes[s][1], k = sizes[s][2];
                bool wide = d > 0;
                for (int64_t i = 0; i < m * k; i++)
                    wide ? (a[i] = (double)(i % 7)) : (((float *)a)[i] = (float)(i % 7));
                for (int64_t i = 0; i < k * n; i++)
                    wide ? (b[i] = (double)(i % 5)) : (((float *)b)[i] = (float)(i % 5));
                for (int64_t i = 0; i < m * n; i++)
                    wide ? (out[i] = 3) : (((float *)out)[i] = 3);
                psi_gemm_call call = {.batch = 1, .m = m, .n = n, .k = k, .alpha = 1, .subtract = true};
                call.a = (psi_gemm_operand){a, turned ? 1 : k, turned ? m : 1, dtypes[d], NULL};
                call.b = (psi_gemm_operand){b, turned ? 1 : n, turned ? k : 1, dtypes[d], NULL};
                call.out = (psi_gemm_output){out, n, dtypes[d], NULL};
                assert_true(psi_gemm(&call));
                for (int64_t i = 0; i < m * n; i++) {
                    int64_t sum = 3, row = i / n, col = i % n;
                    for (int64_t t = 0; t < k; t++)
                        sum -= (turned ? t * m + row : row * k + t) % 7 *
                               ((turned ? col * k + t : t * n + col) % 5);
                    assert_true((wide ? out[i] : (double)((float *)out)[i]) == (double)sum);
                }
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orthogonal_factors),      cmocka_unit_test(triangular_factors),
        cmocka_unit_test(definite_factors),        cmocka_unit_test(inverses),
        cmocka_unit_test(singular_matrices),       cmocka_unit_test(threads_do_not_show),
        cmocka_unit_test(products_are_subtracted), cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
