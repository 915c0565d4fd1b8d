/* linalg.c: mirrors of the rows of upstream's tests/linalg_tests.cpp on factors, inverses, spectra and systems.
 * Factors are judged by what they multiply to, and by values where they are unique. */
#include "arrays.h"

#define CLOSE(a, b) CHECK_TRUE(psi_allclose(a, b, 1e-5, 2e-6, false))
#define WHOLE SHAPED(PSI_INT32S(3, -1), 1, 2)

static psi_array eye(int64_t n)
{
    return psi_eye(n, PSI_NO_INT, 0, PSI_FLOAT32);
}

static psi_array normal(uint64_t seed, int64_t rows, int64_t columns)
{
    return psi_random_normal(PSI_INTS(rows, columns), PSI_FLOAT32, NULL, NULL, psi_random_key(seed));
}

/* What no factorisation can take: a scalar, a vector, whole numbers; `a` stands for them in the call. */
#define CHECK_UNFIT(expression_of_a)                                                      \
    do {                                                                                  \
        psi_array unfit_[] = {f32(4), PSI_FLOATS(3, -1), SHAPED(PSI_INT32S(3, -1), 1, 2), \
                              SHAPED(PSI_INT32S(3, -1, 2, 0), 2, 2)};                     \
        for (int at_ = 0; at_ < 4; at_++) {                                               \
            psi_array a = unfit_[at_];                                                    \
            CHECK_REFUSED(expression_of_a);                                               \
        }                                                                                 \
    } while (0)

static psi_array turned(psi_array a)
{
    return psi_transpose(a, PSI_NONE);
}

PARITY_CASE(beyond_seed, "tests/linalg_tests.cpp", "test QR factorization")
{
    CHECK_UNFIT(psi_linalg_qr(a));
    psi_array matrix = SHAPED(PSI_FLOATS(3, 1, -4, 2), 2, 2);
    psi_arrays f = psi_linalg_qr(matrix);
    REQUIRE(f.count == 2);
    psi_array q = f.data[0], r = f.data[1];
    CLOSE(psi_matmul(q, r), matrix);
    CLOSE(psi_matmul(turned(q), q), eye(2));
    CHECK_EQUAL(psi_tril(r, -1), psi_zeros_like(r));
    CHECK_VALUES_NEAR(psi_abs(r), 1e-6, 5, 1, 0, 2);
    CHECK_DTYPE(q, PSI_FLOAT32);
    CHECK_DTYPE(r, PSI_FLOAT32);
}

PARITY_CASE(beyond_seed, "tests/linalg_tests.cpp", "test SVD factorization")
{
    CHECK_UNFIT(psi_linalg_svd(a, true));
    psi_array tall = normal(7, 6, 3);
    psi_arrays f = psi_linalg_svd(tall, true);
    REQUIRE(f.count == 3);
    psi_array u = f.data[0], s = f.data[1], vt = f.data[2];
    CHECK_SHAPE(u, 6, 6);
    CHECK_SHAPE(s, 3);
    CHECK_SHAPE(vt, 3, 3);
    psi_array thin = psi_slice(u, PSI_INTS(0, 0), PSI_INTS(6, psi_size(s)), PSI_NONE);
    CHECK_CLOSE(psi_matmul(psi_matmul(thin, psi_diag(s, 0)), vt), tall, 1e-4, 1e-5);
    CHECK_CLOSE(psi_matmul(turned(u), u), eye(6), 0, 1e-5);
    CHECK_CLOSE(psi_matmul(vt, turned(vt)), eye(3), 0, 1e-5);
    CHECK_DTYPE(u, PSI_FLOAT32);
    CHECK_DTYPE(s, PSI_FLOAT32);
    CHECK_DTYPE(vt, PSI_FLOAT32);

    psi_arrays values = psi_linalg_svd(tall, false);
    REQUIRE(values.count == 1);
    CHECK_SHAPE(values.data[0], 3);
    CHECK_DTYPE(values.data[0], PSI_FLOAT32);
    CLOSE(psi_linalg_norm_l2(values.data[0], PSI_NONE, false),
          psi_linalg_norm_matrix(tall, "fro", PSI_NONE, false));
    psi_arrays known = psi_linalg_svd(SHAPED(PSI_FLOATS(0, -3, 0, 0, 0, 5), 2, 3), false);
    CHECK_VALUES_NEAR(known.data[0], 1e-6, 5, 3);
}

PARITY_CASE(beyond_seed, "tests/linalg_tests.cpp", "test matrix inversion")
{
    CHECK_UNFIT(psi_linalg_inv(a));
    CHECK_REFUSED(psi_linalg_inv(SHAPED(PSI_FLOATS(1, 0, 0, 1, 2, 2), 3, 2)));
    psi_array matrix = psi_add(normal(3, 4, 4), psi_multiply(eye(4), f32(4)));
    CHECK_SHAPE(psi_linalg_inv(matrix), 4, 4);
    CHECK_CLOSE(psi_matmul(matrix, psi_linalg_inv(matrix)), eye(4), 0, 1e-6);
    CHECK_CLOSE(psi_matmul(psi_linalg_inv(matrix), matrix), eye(4), 0, 1e-6);
    CLOSE(psi_linalg_inv(SHAPED(PSI_FLOATS(1, 2, 3, 5), 2, 2)), SHAPED(PSI_FLOATS(-5, 2, 3, -1), 2, 2));
}

PARITY_CASE(beyond_seed, "tests/linalg_tests.cpp", "test matrix cholesky")
{
    CHECK_UNFIT(psi_linalg_cholesky(a, false));
    CHECK_REFUSED(psi_linalg_cholesky(SHAPED(PSI_FLOATS(1, 0, 0, 1, 2, 2), 3, 2), false));
    psi_array root = normal(11, 4, 4), matrix = psi_matmul(root, psi_transpose(root, PSI_NONE));
    psi_array lower = psi_linalg_cholesky(matrix, false), upper = psi_linalg_cholesky(matrix, true);
    CHECK_CLOSE(psi_matmul(lower, turned(lower)), matrix, 1e-5, 2e-6);
    CHECK_CLOSE(psi_matmul(turned(upper), upper), matrix, 1e-5, 2e-6);
    CLOSE(psi_linalg_cholesky(SHAPED(PSI_FLOATS(9, 3, 3, 5), 2, 2), false),
          SHAPED(PSI_FLOATS(3, 0, 1, 2), 2, 2));
}

/* A pseudo-inverse is one whose products with the matrix, in both orders, give back what they began with. */
static void check_pseudo_inverse(psi_array a)
{
    psi_array p = psi_linalg_pinv(a);
    CHECK_CLOSE(psi_matmul(psi_matmul(a, p), a), a, 1e-4, 1e-5);
    CHECK_CLOSE(psi_matmul(psi_matmul(p, a), p), p, 1e-4, 1e-5);
    CHECK_TRUE(psi_logical_not(psi_allclose(p, psi_zeros_like(p), 0, 1e-6, false)));
}

PARITY_CASE(beyond_seed, "tests/linalg_tests.cpp", "test matrix pseudo-inverse")
{
    CHECK_UNFIT(psi_linalg_pinv(a));
    CLOSE(psi_linalg_pinv(SHAPED(PSI_FLOATS(1, 2, 3, 5), 2, 2)), SHAPED(PSI_FLOATS(-5, 2, 3, -1), 2, 2));
    check_pseudo_inverse(SHAPED(PSI_FLOATS(2, 1, 0, -3), 2, 2));
    check_pseudo_inverse(normal(5, 3, 4));
    check_pseudo_inverse(normal(6, 5, 2));
}

PARITY_CASE(beyond_seed, "tests/linalg_tests.cpp", "test cross product")
{
    psi_array up = PSI_FLOATS(2, -1, 4), other = PSI_FLOATS(3, 5, -2);
    CHECK_EQ_INT(psi_size(psi_linalg_cross(up, other, -1)), 3);
    CLOSE(psi_linalg_cross(up, other, -1), PSI_FLOATS(-18, 16, 13));
    CLOSE(psi_linalg_cross(psi_negative(up), other, -1), PSI_FLOATS(18, -16, -13));
    CLOSE(psi_linalg_cross(up, PSI_FLOATS(3, 5), -1), PSI_FLOATS(-20, 12, 13));
    CHECK_EQUAL(psi_linalg_cross(PSI_INT32S(2, -1, 4), PSI_INT32S(3, 5, -2), -1), PSI_INT32S(-18, 16, 13));
}

PARITY_CASE(beyond_seed, "tests/linalg_tests.cpp", "test matrix eigh")
{
    CHECK_UNFIT(psi_linalg_eigh(a, "L"));
    CHECK_UNFIT(psi_linalg_eigvalsh(a, "L"));
    CHECK_REFUSED(psi_linalg_eigh(SHAPED(PSI_FLOATS(1, 0, 0, 1, 2, 2), 3, 2), "L"));
    psi_array matrix = SHAPED(PSI_FLOATS(5, 2, 2, 2), 2, 2);
    psi_arrays f = psi_linalg_eigh(matrix, "L");
    REQUIRE(f.count == 2);
    CLOSE(f.data[0], PSI_FLOATS(1, 6));
    CLOSE(psi_linalg_eigvalsh(matrix, "U"), PSI_FLOATS(1, 6));
    CLOSE(psi_matmul(f.data[1], psi_transpose(f.data[1], PSI_NONE)), eye(2));
    CLOSE(psi_matmul(matrix, f.data[1]), psi_multiply(f.data[0], f.data[1]));

    psi_arrays any = psi_linalg_eig(matrix);
    REQUIRE(any.count == 2);
    CLOSE(psi_sort(psi_real(any.data[0]), -1), PSI_FLOATS(1, 6));
    CLOSE(psi_real(psi_matmul(psi_astype(matrix, PSI_COMPLEX64), any.data[1])),
          psi_real(psi_multiply(any.data[0], any.data[1])));
}

static void check_lu(psi_array matrix)
{
    psi_arrays f = psi_linalg_lu(matrix);
    REQUIRE(f.count == 3);
    psi_array rows = psi_broadcast_to(psi_expand_dims(f.data[0], PSI_INTS(-1)), psi_shape(f.data[1]));
    CLOSE(psi_matmul(psi_take_along_axis(f.data[1], rows, -2), f.data[2]), matrix);
}

PARITY_CASE(beyond_seed, "tests/linalg_tests.cpp", "test lu")
{
    psi_array matrix = SHAPED(PSI_FLOATS(0, 2, 1, 4, 1, 3, -2, 5, 6), 3, 3);
    check_lu(SHAPED(PSI_FLOATS(1, 4, 2, 3), 2, 2));
    check_lu(matrix);
    check_lu(psi_broadcast_to(matrix, PSI_INTS(4, 3, 3)));
}

static void check_system(psi_array a, psi_array b)
{
    CLOSE(psi_matmul(a, psi_linalg_solve(a, b)), b);
}

PARITY_CASE(beyond_seed, "tests/linalg_tests.cpp", "test solve")
{
    CHECK_REFUSED(psi_linalg_solve(f32(4), f32(1)));
    CHECK_REFUSED(psi_linalg_solve(PSI_FLOATS(4), PSI_FLOATS(1)));
    CHECK_REFUSED(psi_linalg_solve(SHAPED(PSI_INT32S(3, 1, 1, 2), 2, 2), PSI_INT32S(1, 2)));
    psi_array flat = psi_reshape(psi_arange(0, 8, 1, PSI_FLOAT32), PSI_INTS(4, 2));
    CHECK_REFUSED(psi_linalg_solve(flat, psi_reshape(psi_arange(0, 4, 1, PSI_FLOAT32), PSI_INTS(4, 1))));

    psi_array small = SHAPED(PSI_FLOATS(3, 1, 1, 2), 2, 2);
    CLOSE(psi_linalg_solve(small, PSI_FLOATS(9, 8)), PSI_FLOATS(2, 3));
    psi_array a = SHAPED(PSI_FLOATS(0, 2, 1, 4, 1, 3, -2, 5, 6), 3, 3);
    psi_array column = SHAPED(PSI_FLOATS(1, -2, 3), 3, 1),
              block = SHAPED(PSI_FLOATS(1, 0, 2, 5, -3, 4), 3, 2);
    check_system(a, column);
    check_system(a, block);
    check_system(psi_broadcast_to(a, PSI_INTS(2, 3, 3)), psi_broadcast_to(column, PSI_INTS(2, 3, 1)));
    check_system(psi_broadcast_to(a, PSI_INTS(2, 3, 3)), psi_broadcast_to(block, PSI_INTS(2, 3, 2)));
}

PARITY_CASE(beyond_seed, "tests/linalg_tests.cpp", "test solve_triangluar")
{
    psi_array lower = SHAPED(PSI_FLOATS(4, 0, 0, -1, 2, 0, 3, 1, 5), 3, 3);
    CLOSE(psi_linalg_solve_triangular(lower, PSI_FLOATS(8, 4, 14), false), PSI_FLOATS(2, 3, 1));
    CLOSE(psi_linalg_solve_triangular(turned(lower), PSI_FLOATS(8, 7, 5), true), PSI_FLOATS(2, 3, 1));
}
