/* Gradients of factorisations, singular values and eigenvalues, against numbers that another implementation gave in
 * float64; of vectors only what signs and phases leave alone. */
#include "ops/values.h"

#define FUNCTION(name, expression)                       \
    static psi_arrays name(psi_arrays in, void *context) \
    {                                                    \
        psi_array x = in.data[0];                        \
        (void)context;                                   \
        return LIST(expression);                         \
    }

static psi_array nth(psi_arrays list, int i)
{
    return list.count > i ? list.data[i] : psi_add(NULL, NULL);
}

/* What a 3 x 2 or 2 x 3 matrix's thin factors hold. */
static psi_array thin(psi_array a, int axis)
{
    return nth(psi_split_at(psi_abs(a), PSI_INTS(2), axis), 0);
}

FUNCTION(cholesky, psi_linalg_cholesky(x, false))
FUNCTION(cholesky_upper, psi_linalg_cholesky(x, true))
FUNCTION(q, nth(psi_linalg_qr(x), 0))
FUNCTION(r, nth(psi_linalg_qr(x), 1))
FUNCTION(lu, nth(psi_linalg_lu_factor(x), 0))
FUNCTION(left, thin(nth(psi_linalg_svd(x, true), 0), 1))
FUNCTION(singular, nth(psi_linalg_svd(x, true), 1))
FUNCTION(singular_alone, nth(psi_linalg_svd(x, false), 0))
FUNCTION(right, thin(nth(psi_linalg_svd(x, true), 2), 0))
FUNCTION(values, nth(psi_linalg_eigh(x, "L"), 0))
FUNCTION(values_alone, psi_linalg_eigvalsh(x, "U"))
FUNCTION(vectors, psi_abs(nth(psi_linalg_eigh(x, "U"), 1)))
FUNCTION(general_real, psi_real(nth(psi_linalg_eig(x), 0)))
FUNCTION(general_imaginary, psi_imag(psi_linalg_eigvals(x)))
FUNCTION(general_vectors, psi_abs(nth(psi_linalg_eig(x), 1)))

static psi_array matrix(psi_ints shape, const double *values)
{
    return psi_array_from(values, shape, PSI_FLOAT64);
}
#define TALL matrix(PSI_INTS(3, 2), (const double[]){2, 1, 0, 3, 1, 1})
#define WIDE matrix(PSI_INTS(2, 3), (const double[]){2, 0, 1, 1, 3, 1})
#define SYMMETRIC matrix(PSI_INTS(2, 2), (const double[]){4, 2, 2, 3})
#define GENERAL matrix(PSI_INTS(2, 2), (const double[]){1, 2, -3, 1})

static void factors(void **state)
{
    (void)state;
    PSI_SCOPE;
    EXPECT(gradient(cholesky, SYMMETRIC), PSI_INTS(2, 2), 0.22855339, 0.042893219, 0.042893219, 1.4142136);
    EXPECT(gradient(cholesky_upper, SYMMETRIC), PSI_INTS(2, 2), 0.35355339, -0.20710678, -0.20710678,
           1.4142136);
    EXPECT(gradient(q, TALL), PSI_INTS(3, 2), 0.3376844, 0.55903997, 0.52469264, 0.18634666, -0.67536879,
           -1.1180799);
    EXPECT(gradient(r, TALL), PSI_INTS(3, 2), -0.87379307, -1.5251022, -0.30951187, -3.9562828, -0.48848184,
           -1.4219316);
    EXPECT(gradient(q, WIDE), PSI_INTS(2, 3), 1.1627553, 0, 0, -2.3255107, 0, 0);
    EXPECT(gradient(r, WIDE), PSI_INTS(2, 3), 3.3988233, -4.0249224, -5.3665631, -9.0337146, 3.5777088,
           4.0249224);
    EXPECT(gradient(lu, TALL), PSI_INTS(3, 2), 0.25, 1, -0.33333333, 3.6666667, 1.5, 2);
    EXPECT(gradient(lu, WIDE), PSI_INTS(2, 3), 1.5, -0.5, 0, -1, 5, 6);
}

static void singular_values(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_function same[] = {singular, singular_alone};
    EXPECT(gradient(left, TALL), PSI_INTS(3, 2), -1.1534098, 0.1074067, -0.38446993, -0.091356762, 2.4975581,
           -0.024074901);
    EXPECT(gradient(right, TALL), PSI_INTS(3, 2), 0.67649513, 0.22549838, 0.67649513, -0.67649513, 0.45099675,
           0);
    EXPECT(gradient(left, WIDE), PSI_INTS(2, 3), 0.67649513, 0.67649513, 0.45099675, 0.22549838, -0.67649513,
           0);
    EXPECT(gradient(right, WIDE), PSI_INTS(2, 3), -0.95039476, -0.31679825, 2.0126458, 0.19815646,
           -0.0085187092, -0.28445663);
    for (int i = 0; i < 2; i++)
        EXPECT(gradient(same[i], TALL), PSI_INTS(3, 2), 1.5813288, -0.13244308, -0.79123496, 1.1851407,
               0.65879189, 0.13130191);
}

static void eigenvalues(void **state)
{
    (void)state;
    PSI_SCOPE;
    EXPECT(gradient(values, SYMMETRIC), PSI_INTS(2, 2), 1.6212678, 0.48507125, 0.48507125, 1.3787322);
    EXPECT(gradient(values_alone, SYMMETRIC), PSI_INTS(2, 2), 1.6212678, 0.48507125, 0.48507125, 1.3787322);
    EXPECT(gradient(vectors, SYMMETRIC), PSI_INTS(2, 2), -0.10164308, 0.025410769, 0.025410769, 0.10164308);
    EXPECT(gradient(general_real, GENERAL), PSI_INTS(2, 2), 1.5, 0, 0, 1.5);
    EXPECT(gradient(general_imaginary, GENERAL), PSI_INTS(2, 2), 0, -0.61237244, 0.40824829, 0);
    EXPECT(gradient(general_vectors, GENERAL), PSI_INTS(2, 2), 0, -0.25761268, -0.17174179, 0);
}

/* Equal values have no vectors of their own; nothing becomes infinite of that. */
static void equal_values(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array same = psi_eye(2, 2, 0, PSI_FLOAT64);
    EXPECT(gradient(vectors, same), PSI_INTS(2, 2), 0, 0, 0, 0);
    EXPECT(gradient(singular, same), PSI_INTS(2, 2), 1, 0, 0, 2);
    EXPECT(gradient(q, psi_zeros(PSI_INTS(2, 0), PSI_FLOAT64)), PSI_INTS(2, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(factors), cmocka_unit_test(singular_values),
                                       cmocka_unit_test(eigenvalues), cmocka_unit_test(equal_values)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
