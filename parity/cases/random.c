/* random.c: mirrors of rows of upstream's tests/random_tests.cpp on keys, and on evenly distributed numbers. */
#include "random_keys.h"

PARITY_CASE(ops_numeric, "tests/random_tests.cpp", "test random key")
{
    CHECK_EQUAL(psi_random_key(0), PSI_UINT32S(0, 0));
    CHECK_EQUAL(psi_random_key(9), PSI_UINT32S(0, 9));
    CHECK_EQUAL(psi_random_key((int64_t)3 << 32), PSI_UINT32S(3, 0));
    CHECK_EQUAL(psi_random_key(((int64_t)3 << 32) + 7), PSI_UINT32S(3, 7));
    CHECK_EQUAL(psi_random_key(-1), PSI_UINT32S(4294967295, 4294967295));
    CHECK_DTYPE(psi_random_key(0), PSI_UINT32);
}

PARITY_CASE(ops_numeric, "tests/random_tests.cpp", "test global rng")
{
    psi_array first[2], second[2];
    for (int round = 0; round < 2; round++) {
        psi_random_seed(1234);
        first[round] = psi_random_bits(PSI_SCALAR_SHAPE, 4, NULL);
        second[round] = psi_random_bits(PSI_SCALAR_SHAPE, 4, NULL);
    }
    CHECK_SAME(first[0], first[1]);
    CHECK_SAME(second[0], second[1]);
    CHECK_TRUE(psi_not_equal(first[0], second[0]));
    psi_random_seed(1235);
    CHECK_TRUE(psi_not_equal(psi_random_bits(PSI_SCALAR_SHAPE, 4, NULL), first[0]));
    CHECK_EQUAL(psi_sort(psi_random_permutation_arange(40, NULL), 0), psi_arange(0, 40, 1, PSI_INT32));
}

PARITY_CASE(ops_numeric, "tests/random_tests.cpp", "test random split")
{
    psi_arrays two = psi_random_split(psi_random_key(11));
    REQUIRE(two.count == 2);
    CHECK_EQUAL(two.data[0], PSI_UINT32S(3467837548, 240607015));
    CHECK_EQUAL(two.data[1], PSI_UINT32S(1955229632, 165406301));
    CHECK_EQUAL(psi_random_split_num(psi_random_key(11), 4),
                SHAPED(PSI_UINT32S(4213856276, 1524721184, 2818244318, 4202205405, 1731468746, 2158011154,
                                   1115166609, 2400622352),
                       4, 2));
    CHECK_KEYS(psi_random_split_num(key, 2));
}

static psi_arrays uniform_above(psi_arrays inputs, void *context)
{
    (void)context;
    psi_arrays out = psi_arrays_new(1);
    if (out.count == 1)
        out.data[0] = psi_random_uniform(inputs.data[1], f32(1), PSI_INTS(4), PSI_FLOAT32, inputs.data[0]);
    return out;
}

static void check_uniform_arguments(void)
{
    psi_array zero = f32(0), one = f32(1);
    CHECK_EQ_INT(psi_size(psi_random_uniform(zero, one, PSI_SCALAR_SHAPE, PSI_FLOAT32, NULL)), 1);
    CHECK_DTYPE(psi_random_uniform(zero, one, PSI_SCALAR_SHAPE, PSI_DTYPE_COUNT, NULL), PSI_FLOAT32);
    CHECK_EQ_INT(psi_size(psi_random_uniform(zero, one, PSI_SCALAR_SHAPE, PSI_FLOAT16, NULL)), 1);
    CHECK_DTYPE(psi_random_uniform(zero, one, PSI_SCALAR_SHAPE, PSI_FLOAT16, NULL), PSI_FLOAT16);
    CHECK_EQUAL(psi_random_uniform(zero, one, PSI_INTS(0), PSI_FLOAT32, NULL), nothing());
    CHECK_REFUSED(psi_random_uniform(zero, one, PSI_SCALAR_SHAPE, PSI_INT32, NULL));
    CHECK_DTYPE(psi_random_uniform(f32(-0.25), f32(0.25), PSI_INTS(0), PSI_BFLOAT16, NULL), PSI_BFLOAT16);
    psi_array rows = psi_zeros(PSI_INTS(4, 1), PSI_FLOAT32), columns = psi_ones(PSI_INTS(1, 2), PSI_FLOAT32);
    CHECK_SHAPE(psi_random_uniform(rows, columns, PSI_INTS(4, 2), PSI_FLOAT32, NULL), 4, 2);
    CHECK_REFUSED(
        psi_random_uniform(psi_zeros(PSI_INTS(4, 2), PSI_FLOAT32), one, PSI_INTS(1, 2), PSI_FLOAT32, NULL));
    CHECK_REFUSED(
        psi_random_uniform(psi_zeros(PSI_INTS(4, 2), PSI_FLOAT32), one, PSI_INTS(3, 2), PSI_FLOAT32, NULL));
    CHECK_REFUSED(psi_random_uniform(rows, columns, PSI_INTS(1, 2), PSI_FLOAT32, NULL));
    CHECK_KEYS(psi_random_uniform(zero, one, PSI_SCALAR_SHAPE, PSI_FLOAT32, key));
}

/* A thousand numbers of a half type: below one, not below zero, about a half on average. */
static void check_uniform_halves(psi_dtype dtype)
{
    psi_array x = psi_random_uniform(f32(0), f32(1), PSI_INTS(1000), dtype, psi_random_key(3));
    double mean = 0;
    CHECK_DTYPE(x, dtype);
    CHECK_TRUE(psi_all(psi_less(x, f32(1)), PSI_NONE, false));
    CHECK_TRUE(psi_all(psi_greater_equal(x, f32(0)), PSI_NONE, false));
    CHECK_VALUES(psi_all(psi_equal(x, f32(0)), PSI_NONE, false), 0);
    CHECK(psi_item(psi_mean(psi_astype(x, PSI_FLOAT32), PSI_NONE, false), &mean) && fabs(mean - 0.5) < 0.02);
}

PARITY_CASE(ops_numeric, "tests/random_tests.cpp", "test random uniform")
{
    psi_array zero = f32(0), one = f32(1);
    check_uniform_arguments();
    psi_array key = psi_random_key(21), x = psi_random_uniform(zero, one, PSI_SCALAR_SHAPE, PSI_FLOAT32, key);
    /* The bits over the largest of them. */
    CHECK_VALUES(x, (float)((double)BITS_21 / 4294967295.0));
    CHECK_SAME(psi_random_uniform(zero, one, PSI_SCALAR_SHAPE, PSI_FLOAT32, key), x);
    CHECK_VALUES(psi_random_uniform(zero, one, PSI_SCALAR_SHAPE, PSI_FLOAT32, psi_random_key(22)),
                 (float)((double)BITS_22 / 4294967295.0));
    CHECK_EQUAL(psi_random_uniform(zero, one, PSI_INTS(4, 1), PSI_FLOAT32, key),
                SHAPED(PSI_FLOATS(0.0036529283970594406f, 0.6852408647537231f, 0.3837275207042694f,
                                  0.07893455773591995f),
                       4, 1));

    psi_array lows = psi_zeros(PSI_INTS(3, 4), PSI_FLOAT32);
    psi_arrays mapped = psi_vmap(uniform_above, NULL, PSI_ARRAYS(key, lows), PSI_INTS(-1, 0), PSI_INTS(0));
    REQUIRE(mapped.count == 1);
    CHECK_SHAPE(mapped.data[0], 3, 4);
    psi_array keys = psi_zeros(PSI_INTS(3, 2), PSI_UINT32);
    mapped = psi_vmap(uniform_above, NULL, PSI_ARRAYS(keys, lows), PSI_INTS(0, 0), PSI_INTS(0));
    REQUIRE(mapped.count == 1);
    CHECK_SHAPE(mapped.data[0], 3, 4);

    psi_array wide = psi_random_uniform(f32(-7), f32(5), PSI_INTS(500), PSI_FLOAT32, key);
    CHECK_TRUE(psi_all(psi_less(wide, f32(5)), PSI_NONE, false));
    CHECK_TRUE(psi_all(psi_greater_equal(wide, f32(-7)), PSI_NONE, false));
    CHECK_TRUE(psi_less(psi_abs(psi_subtract(psi_mean(wide, PSI_NONE, false), f32(-1))), f32(0.5)));
    check_uniform_halves(PSI_FLOAT16);
    check_uniform_halves(PSI_BFLOAT16);
    CHECK_EVERY_ISA(psi_random_uniform(f32(-7), f32(5), PSI_INTS(777), PSI_FLOAT32, key));
}

static psi_array randint(int64_t low, int64_t high, psi_ints shape, psi_dtype dtype)
{
    return psi_random_randint(i32(low), i32(high), shape, dtype, psi_random_key(8));
}

PARITY_CASE(ops_numeric, "tests/random_tests.cpp", "test random randint")
{
    CHECK_REFUSED(randint(2, 9, PSI_INTS(3), PSI_FLOAT32));
    static const psi_dtype kinds[] = {PSI_UINT32, PSI_BOOL, PSI_INT32, PSI_INT64};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        CHECK_EQ_INT(psi_size(randint(0, 2, PSI_SCALAR_SHAPE, kinds[i])), 1);
        CHECK_DTYPE(randint(0, 2, PSI_SCALAR_SHAPE, kinds[i]), kinds[i]);
    }
    psi_array many = randint(-6, 13, PSI_INTS(700, 300), PSI_INT32);
    CHECK_TRUE(psi_all(psi_less_equal(i32(-6), many), PSI_NONE, false));
    CHECK_TRUE(psi_all(psi_less(many, i32(13)), PSI_NONE, false));
    CHECK_TRUE(psi_any(psi_equal(many, i32(-5)), PSI_NONE, false));
    CHECK_TRUE(psi_any(psi_equal(many, i32(12)), PSI_NONE, false));
    CHECK_TRUE(psi_all(psi_equal(randint(13, -6, PSI_INTS(4, 2), PSI_INT32), i32(13)), PSI_NONE, false));
    CHECK_KEYS(psi_random_randint(i32(0), i32(9), PSI_SCALAR_SHAPE, PSI_INT32, key));
    CHECK_EVERY_ISA(randint(-6, 13, PSI_INTS(401), PSI_INT32));
}

PARITY_CASE(ops_numeric, "tests/random_tests.cpp", "test random bernoulli")
{
    psi_array coin = psi_random_bernoulli(NULL, PSI_NONE, NULL);
    CHECK_EQ_INT(psi_size(coin), 1);
    CHECK_DTYPE(coin, PSI_BOOL);
    coin = psi_random_bernoulli(psi_scalar(0.5, PSI_FLOAT16), PSI_NONE, NULL);
    CHECK_EQ_INT(psi_size(coin), 1);
    CHECK_DTYPE(coin, PSI_BOOL);
    CHECK_REFUSED(psi_random_bernoulli(i32(1), PSI_NONE, NULL));
    CHECK_VALUES(psi_random_bernoulli(f32(-0.5), PSI_NONE, NULL), 0);
    CHECK_VALUES(psi_random_bernoulli(f32(1.5), PSI_NONE, NULL), 1);
    CHECK_SHAPE(psi_random_bernoulli(f32(0.25), PSI_INTS(2, 6), NULL), 2, 6);
    CHECK_EQ_INT(psi_size(psi_random_bernoulli(nothing(), PSI_NONE, NULL)), 0);
    psi_array row = psi_reshape(PSI_FLOATS(0, 0.5, 1, 2), PSI_INTS(1, 4));
    psi_array many = psi_random_bernoulli(row, PSI_INTS(500, 4), psi_random_key(2));
    CHECK_SHAPE(many, 500, 4);
    CHECK_VALUES(psi_all(many, PSI_INTS(0), false), 0, 0, 1, 1);
    CHECK_VALUES(psi_any(many, PSI_INTS(0), false), 0, 1, 1, 1);
    CHECK_REFUSED(psi_random_bernoulli(nothing(), PSI_INTS(2, 2), NULL));
    CHECK_REFUSED(psi_random_bernoulli(PSI_FLOATS(0.5, 0.5, 0.5), PSI_INTS(4), NULL));
    CHECK_KEYS(psi_random_bernoulli(f32(0.5), PSI_NONE, key));
}
