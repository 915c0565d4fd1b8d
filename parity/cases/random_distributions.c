/* random_distributions.c: mirrors of the rows of upstream's tests/random_tests.cpp on numbers that are not evenly
 * distributed. Seeds are fixed, so that what holds of the samples holds in every run. */
#include "arrays.h"

/* A key of the wrong dtype, or of another shape than two words. */
static void bad_keys(psi_array out[4])
{
    out[0] = PSI_INT32S(1, 2);
    out[1] = SHAPED(PSI_INT32S(1, 2), 1, 2);
    out[2] = SHAPED(PSI_UINT32S(1, 2, 3), 3, 1);
    out[3] = SHAPED(PSI_UINT32S(1, 2), 2, 1);
}

/* The mean of an array, taken in float32. */
static double mean_of(psi_array a)
{
    double mean = NAN;
    CHECK(psi_item(psi_mean(psi_astype(a, PSI_FLOAT32), PSI_NONE, false), &mean));
    return mean;
}

static void check_finite(psi_array a)
{
    CHECK_TRUE(psi_all(psi_less(psi_abs(a), f32(INFINITY)), PSI_NONE, false));
}

PARITY_CASE(ops_numeric, "tests/random_tests.cpp", "test random normal")
{
    psi_array one = psi_random_normal(PSI_SCALAR_SHAPE, PSI_FLOAT32, NULL, NULL, NULL), keys[4];
    CHECK_EQ_INT(psi_size(one), 1);
    CHECK_DTYPE(one, PSI_FLOAT32);
    CHECK_EQUAL(psi_random_normal(PSI_INTS(0), PSI_FLOAT32, NULL, NULL, NULL), nothing());
    CHECK_EQUAL(psi_random_uniform(f32(0), f32(1), PSI_INTS(0), PSI_FLOAT32, NULL), nothing());
    CHECK_REFUSED(psi_random_normal(PSI_SCALAR_SHAPE, PSI_INT32, NULL, NULL, NULL));
    bad_keys(keys);
    for (int i = 0; i < 4; i++)
        CHECK_REFUSED(psi_random_normal(PSI_SCALAR_SHAPE, PSI_FLOAT32, NULL, NULL, keys[i]));
    static const psi_dtype kinds[] = {PSI_FLOAT32, PSI_FLOAT16, PSI_BFLOAT16};
    for (int i = 0; i < 3; i++) {
        psi_array x = psi_random_normal(PSI_INTS(900), kinds[i], NULL, NULL, psi_random_key(77));
        CHECK_DTYPE(x, kinds[i]);
        check_finite(x);
        CHECK(fabs(mean_of(x)) < 0.1);
        CHECK(fabs(mean_of(psi_square(x)) - 1) < 0.15);
    }
    /* The standard ones, stretched and moved. */
    psi_array key = psi_random_key(78), plain = psi_random_normal(PSI_INTS(50), PSI_FLOAT32, NULL, NULL, key);
    psi_array moved = psi_random_normal(PSI_INTS(50), PSI_FLOAT32, f32(-3), f32(0.5), key);
    CHECK_CLOSE(moved, psi_subtract(psi_multiply(plain, f32(0.5)), f32(3)), 1e-6, 1e-6);
}

PARITY_CASE(ops_numeric, "tests/random_tests.cpp", "Test truncated normal")
{
    psi_array low = f32(-1.5), high = f32(0.75), keys[4];
    psi_array one = psi_random_truncated_normal(low, high, PSI_NONE, PSI_FLOAT32, NULL);
    CHECK_EQ_INT(psi_size(one), 1);
    CHECK_DTYPE(one, PSI_FLOAT32);
    one = psi_random_truncated_normal(low, high, PSI_SCALAR_SHAPE, PSI_FLOAT16, NULL);
    CHECK_EQ_INT(psi_size(one), 1);
    CHECK_DTYPE(one, PSI_FLOAT16);
    CHECK_SHAPE(psi_random_truncated_normal(low, high, PSI_INTS(5, 2), PSI_FLOAT32, NULL), 5, 2);
    CHECK_EQ_INT(psi_size(psi_random_truncated_normal(nothing(), nothing(), PSI_NONE, PSI_FLOAT32, NULL)), 0);

    psi_array lows = psi_reshape(PSI_FLOATS(-4, -1, 2), PSI_INTS(1, 3)),
              highs = SHAPED(PSI_FLOATS(2.5, 6), 2, 1);
    psi_array grid = psi_random_truncated_normal(lows, highs, PSI_NONE, PSI_FLOAT32, psi_random_key(5));
    CHECK_SHAPE(grid, 2, 3);
    CHECK_TRUE(psi_all(psi_less_equal(lows, grid), PSI_NONE, false));
    CHECK_TRUE(psi_all(psi_less_equal(grid, highs), PSI_NONE, false));
    psi_array many = psi_random_truncated_normal(low, high, PSI_INTS(2000), PSI_FLOAT32, psi_random_key(6));
    CHECK_TRUE(
        psi_all(psi_less_equal(psi_abs(psi_subtract(many, f32(-0.375))), f32(1.125001)), PSI_NONE, false));
    /* An empty interval is its lower end. */
    CHECK_VALUES(psi_random_truncated_normal(high, low, PSI_NONE, PSI_FLOAT32, NULL), 0.75);
    CHECK_REFUSED(psi_random_truncated_normal(lows, highs, PSI_INTS(2, 4), PSI_FLOAT32, NULL));
    bad_keys(keys);
    for (int i = 0; i < 4; i++)
        CHECK_REFUSED(psi_random_truncated_normal(low, high, PSI_INTS(1, 1), PSI_FLOAT32, keys[i]));
}

PARITY_CASE(ops_numeric, "tests/random_tests.cpp", "test laplace")
{
    psi_array one = psi_random_laplace(PSI_SCALAR_SHAPE, PSI_FLOAT32, 0, 1, NULL), keys[4];
    CHECK_EQ_INT(psi_size(one), 1);
    CHECK_DTYPE(one, PSI_FLOAT32);
    CHECK_REFUSED(psi_random_laplace(PSI_SCALAR_SHAPE, PSI_INT32, 0, 1, NULL));
    bad_keys(keys);
    for (int i = 0; i < 4; i++)
        CHECK_REFUSED(psi_random_laplace(PSI_SCALAR_SHAPE, PSI_FLOAT32, 0, 1, keys[i]));
    psi_array x = psi_random_laplace(PSI_INTS(300000), PSI_FLOAT32, 0, 1, psi_random_key(31));
    double mean = mean_of(x), variance = 0;
    check_finite(x);
    CHECK(fabs(mean) < 0.02);
    CHECK(psi_item(psi_var(x, PSI_NONE, false, 0), &variance) && fabs(variance - 2) < 0.05);
    /* Less lies beyond k deviations than Chebyshev allows. */
    psi_array deviation = psi_sqrt(f32(variance));
    for (int k = 1; k <= 5; k++)
        CHECK(mean_of(psi_greater_equal(psi_abs(x), psi_multiply(f32(k), deviation))) < 1.0 / (k * k));
    /* A Laplace distribution's excess kurtosis is 3. */
    double fourth = mean_of(psi_power(psi_subtract(x, f32(mean)), f32(4)));
    CHECK(fabs(fourth / (variance * variance) - 3 - 3) < 0.2);
    static const psi_dtype halves[] = {PSI_FLOAT16, PSI_BFLOAT16};
    for (int i = 0; i < 2; i++) {
        psi_array half = psi_random_laplace(PSI_INTS(20000), halves[i], 0, 1, psi_random_key(31));
        CHECK_DTYPE(half, halves[i]);
        check_finite(half);
        CHECK(fabs(mean_of(half)) < 0.1);
    }
    psi_array moved = psi_random_laplace(PSI_INTS(64), PSI_FLOAT32, 2, 3, psi_random_key(32));
    psi_array plain = psi_random_laplace(PSI_INTS(64), PSI_FLOAT32, 0, 1, psi_random_key(32));
    CHECK_CLOSE(moved, psi_add(psi_multiply(plain, f32(3)), f32(2)), 1e-5, 1e-5);
}

PARITY_CASE(ops_numeric, "tests/random_tests.cpp", "test categorical")
{
    psi_array flat = psi_zeros(PSI_INTS(6, 9), PSI_FLOAT32);
    int64_t largest = -1;
    CHECK_REFUSED(psi_random_categorical(flat, 2, PSI_NONE, NULL));
    CHECK_REFUSED(psi_random_categorical(flat, -3, PSI_NONE, NULL));
    CHECK_REFUSED(psi_random_categorical(flat, 1, PSI_INTS(1), NULL));
    CHECK_REFUSED(psi_random_categorical(flat, 1, PSI_INTS(7), NULL));
    CHECK_REFUSED(psi_random_categorical(flat, 1, PSI_INTS(6, 1), NULL));
    CHECK_SHAPE(psi_random_categorical(flat, 0, PSI_NONE, NULL), 9);
    CHECK_SHAPE(psi_random_categorical(flat, 1, PSI_NONE, NULL), 6);
    CHECK_SHAPE(psi_random_categorical(flat, -2, PSI_NONE, NULL), 9);
    psi_array drawn = psi_random_categorical(flat, -1, PSI_NONE, psi_random_key(4));
    CHECK_SHAPE(drawn, 6);
    CHECK_DTYPE(drawn, PSI_UINT32);
    CHECK(psi_item_int(psi_max(drawn, PSI_NONE, false), &largest) && largest < 9);
    drawn = psi_random_categorical(flat, 0, PSI_INTS(40, 9), psi_random_key(4));
    CHECK_SHAPE(drawn, 40, 9);
    CHECK(psi_item_int(psi_max(drawn, PSI_NONE, false), &largest) && largest == 5);
    /* What is certain, and what is impossible. */
    CHECK_VALUES(psi_random_categorical(PSI_FLOATS(2, -3, 0, INFINITY), -1, PSI_NONE, NULL), 3);
    CHECK_VALUES(psi_random_categorical(PSI_FLOATS(-INFINITY, -INFINITY, -9, -INFINITY), -1, PSI_NONE, NULL),
                 2);
    psi_array never =
        psi_random_categorical(PSI_FLOATS(0, -INFINITY, 0), -1, PSI_INTS(300), psi_random_key(1));
    CHECK_TRUE(psi_all(psi_not_equal(never, i32(1)), PSI_NONE, false));
    psi_array box = psi_zeros(PSI_INTS(2, 3, 4), PSI_FLOAT32);
    CHECK_SHAPE(psi_random_categorical_num_samples(box, -1, 5, NULL), 2, 3, 5);
    CHECK_SHAPE(psi_random_categorical_num_samples(box, 1, 5, NULL), 2, 4, 5);
    CHECK_SHAPE(psi_random_categorical_num_samples(box, -3, 5, NULL), 3, 4, 5);
}

PARITY_CASE(ops_numeric, "tests/random_tests.cpp", "test random multivariate_normal")
{
    const psi_dtype kind = PSI_FLOAT32;
    psi_array one = psi_eye(4, PSI_NO_INT, 0, kind), origin = psi_zeros(PSI_INTS(4), kind);
    psi_array x = psi_random_multivariate_normal(origin, one, PSI_INTS(3000), kind, psi_random_key(51));
    CHECK_SHAPE(x, 3000, 4);
    CHECK_DTYPE(x, kind);
    psi_array spread = psi_divide(psi_matmul(psi_transpose(x, PSI_NONE), x), f32(3000));
    CHECK_CLOSE(spread, one, 0, 0.12);
    /* Not symmetric, and so no covariance at all, which is not looked at. */
    psi_array odd = psi_reshape(PSI_FLOATS(2, -1, -.3f, 1), PSI_INTS(2, 2)), mean = PSI_INT32S(7, -7);
    x = psi_random_multivariate_normal(mean, odd, PSI_INTS(1), kind, NULL);
    CHECK_SHAPE(x, 1, 2);
    CHECK_DTYPE(x, kind);
    x = psi_random_multivariate_normal(mean, psi_zeros_like(odd), PSI_INTS(2), kind, NULL);
    CHECK_VALUES(x, 7, -7, 7, -7);
    /* Leading axes broadcast; the last ones have one length. */
    psi_array many = psi_zeros(PSI_INTS(1, 3, 4, 4), kind);
    CHECK_SHAPE(psi_random_multivariate_normal(origin, many, PSI_INTS(20, 3), kind, NULL), 20, 3, 4);
    CHECK_REFUSED(psi_random_multivariate_normal(origin, many, PSI_INTS(20, 2), kind, NULL));
    CHECK_REFUSED(
        psi_random_multivariate_normal(psi_zeros(PSI_INTS(4, 1), kind), one, PSI_INTS(9), kind, NULL));
    CHECK_REFUSED(psi_random_multivariate_normal(mean, one, PSI_INTS(9), kind, NULL));
    CHECK_REFUSED(psi_random_multivariate_normal(origin, one, PSI_INTS(9), PSI_FLOAT16, NULL));
}
