/* Random numbers: what a key gives is what the MLX CPU wheel gives for it, number by number; bits also for any number
 * of threads, ISA and cut. */
#include <string.h>

#include "core/threefry.h"
#include "cpu/random.h"
#include "values.h"

static psi_array number(double x)
{
    return psi_scalar(x, PSI_FLOAT32);
}

static void keys(void **state)
{
    (void)state;
    PSI_SCOPE;
    EXPECT_EXACT(psi_random_key(1), PSI_UINT32, PSI_INTS(2), 0, 1);
    EXPECT_EXACT(psi_random_key((1LL << 32) + 1), PSI_UINT32, PSI_INTS(2), 1, 1);
    EXPECT_EXACT(psi_random_key(-1), PSI_UINT32, PSI_INTS(2), 4294967295, 4294967295);
    psi_array key = psi_random_key(3);
    psi_arrays two = psi_random_split(key);
    assert_int_equal(two.count, 2);
    EXPECT_EXACT(two.data[0], PSI_UINT32, PSI_INTS(2), 1024511538, 47757680);
    EXPECT_EXACT(two.data[1], PSI_UINT32, PSI_INTS(2), 2603795180, 1437962712);
    EXPECT_EXACT(psi_random_split_num(key, 3), PSI_UINT32, PSI_INTS(3, 2), 877192987, 1614509672, 1950127089,
                 3448417067, 2823528474, 3529024829);
    assert_int_equal(psi_size(psi_random_split_num(key, 0)), 0);
}

static void words(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array key = psi_random_key(3);
    EXPECT_EXACT(psi_random_bits(PSI_INTS(5), 4, key), PSI_UINT32, PSI_INTS(5), 877192987, 1614509672,
                 4140764773, 3448417067, 2823528474);
    EXPECT_EXACT(psi_random_bits(PSI_INTS(7), 2, key), PSI_UINT16, PSI_INTS(7), 52786, 15632, 47472, 728,
                 49900, 39730, 37336);
    EXPECT_EXACT(psi_random_bits(PSI_INTS(3, 3), 1, key), PSI_UINT8, PSI_INTS(3, 3), 50, 206, 16, 61, 147,
                 182, 96, 5, 236);
    EXPECT_EXACT(psi_random_bits(PSI_INTS(2), 1, key), PSI_UINT8, PSI_INTS(2), 155, 99);
    EXPECT_EXACT(psi_random_bits(PSI_SCALAR_SHAPE, 4, psi_random_key(0)), PSI_UINT32, PSI_SCALAR_SHAPE,
                 1797259609);
    assert_int_equal(psi_size(psi_random_bits(PSI_INTS(4, 0), 4, key)), 0);
    assert_true(psi_eval1(psi_random_bits(PSI_INTS(4, 0), 4, key)));
    /* A key that is a view with a stride. */
    psi_array column = psi_reshape(psi_astype(PSI_INT32S(0, 9, 3, 9), PSI_UINT32), PSI_INTS(2, 2));
    psi_array view = psi_split(psi_transpose(column, PSI_NONE), 2, 0).data[0];
    EXPECT_EXACT(psi_random_bits(PSI_INTS(1), 4, psi_reshape(view, PSI_INTS(2))), PSI_UINT32, PSI_INTS(1),
                 3716834203);
}

/* Each length against the definition, one counter at a time; then with one thread, and with every ISA. */
static void any_cut_gives_the_same_bits(void **state)
{
    (void)state;
    PSI_SCOPE;
    static const int64_t lengths[] = {1, 2, 3, 4, 63, 1023, 1024, 1025, 32767, 32768, 32769, 100001, 1 << 18};
    psi_word_pair key = {7, 0x9e3779b9};
    psi_array from = psi_random_key((int64_t)7 << 32 | 0x9e3779b9);
    int threads = psi_thread_count();
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
        int64_t n = lengths[k], half = n / 2, gap = half + n % 2;
        assert_true(psi_set_thread_count(4));
        const uint32_t *many = psi_data(psi_random_bits(PSI_INTS(n), 4, from));
        assert_true(psi_set_thread_count(1));
        const uint32_t *one = psi_data(psi_random_bits(PSI_INTS(n), 4, from));
        assert_true(many && one);
        for (int64_t i = 0; i < half; i++) {
            psi_word_pair x = psi_threefry(key, (psi_word_pair){(uint32_t)i, (uint32_t)(i + gap)});
            assert_true(many[i] == x.a && many[i + gap] == x.b);
        }
        if (n % 2)
            assert_true(many[half] == psi_threefry(key, (psi_word_pair){(uint32_t)half, 0}).a);
        assert_memory_equal(many, one, (size_t)n * sizeof *one);
    }
    assert_true(psi_set_thread_count(threads));
}

static void every_isa_gives_the_same_bits(void **state)
{
    (void)state;
    enum { N = 1001 };
    uint32_t first[N], second[N];
    for (int isa = 0; isa < PSI_ISA_COUNT; isa++) {
        if (!psi_isa_runs((psi_isa)isa))
            continue;
        psi_random_fn_of((psi_isa)isa)((psi_random_run){{1, 2}, {0xfffffff0, 5}}, N, first, second);
        for (uint32_t i = 0; i < N; i++) {
            psi_word_pair x = psi_threefry((psi_word_pair){1, 2}, (psi_word_pair){0xfffffff0 + i, 5 + i});
            assert_true(first[i] == x.a && second[i] == x.b);
        }
    }
}

static void samples_by_scaling(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array key = psi_random_key(3), low = number(-3), high = number(5);
    EXPECT_EXACT(psi_random_uniform(low, high, PSI_INTS(5), PSI_FLOAT32, key), PSI_FLOAT32, PSI_INTS(5),
                 -0x1.5db8c8p+0, 0x1.dbb4p-8, 0x1.2d9e1cp+2, 0x1.b62aacp+1, 0x1.212e8p+1);
    EXPECT_EXACT(psi_random_uniform(low, high, PSI_INTS(5), PSI_FLOAT16, key), PSI_FLOAT16, PSI_INTS(5),
                 -0x1.5dcp+0, 0x1p-7, 0x1.2d8p+2, 0x1.b6p+1, 0x1.21p+1);
    EXPECT_EXACT(psi_random_uniform(low, high, PSI_INTS(5), PSI_BFLOAT16, key), PSI_BFLOAT16, PSI_INTS(5),
                 -0x1.5ep+0, 0, 0x1.2ep+2, 0x1.b8p+1, 0x1.2p+1);
    EXPECT_EXACT(psi_random_randint(number(-10), number(1000), PSI_INTS(7), PSI_INT32, key), PSI_INT32,
                 PSI_INTS(7), 310, 853, 814, 948, 78, 37, 856);
    EXPECT_EXACT(psi_random_randint(PSI_INT32S(0), PSI_INT32S(256), PSI_INTS(7), PSI_UINT8, key), PSI_UINT8,
                 PSI_INTS(7), 81, 218, 209, 242, 22, 12, 219);
    psi_array p = PSI_FLOATS(.1f, .3f, .5f, .7f, .9f);
    EXPECT_EXACT(psi_random_bernoulli(p, PSI_INTS(3, 5), key), PSI_BOOL, PSI_INTS(3, 5), 0, 0, 1, 1, 1, 0, 0,
                 0, 0, 1, 0, 0, 1, 1, 1);
    EXPECT_EXACT(psi_random_bernoulli(NULL, PSI_NONE, key), PSI_BOOL, PSI_SCALAR_SHAPE, 0);
    EXPECT_EXACT(psi_random_bernoulli(PSI_FLOATS(-1, 5), PSI_NONE, key), PSI_BOOL, PSI_INTS(2), 0, 1);
    assert_int_equal(psi_size(psi_random_bernoulli(psi_zeros(PSI_INTS(0), PSI_FLOAT16), PSI_NONE, key)), 0);
}

static void samples_by_inverse_functions(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array key = psi_random_key(3);
    psi_ints five = PSI_INTS(5);
    EXPECT_NEAR(psi_random_normal(five, PSI_FLOAT32, NULL, NULL, key), PSI_FLOAT32, five, -0.8265804648399353,
                -0.3162474036216736, 1.8003450632095337, 0.8520151972770691, 0.40538841485977173);
    EXPECT_EXACT(psi_random_normal(PSI_INTS(4), PSI_FLOAT16, number(1), number(2), key), PSI_FLOAT16,
                 PSI_INTS(4), -0.421875, -3.5703125, 1.5390625, 0.146484375);
    psi_array z = psi_random_normal(PSI_INTS(3), PSI_COMPLEX64, NULL, NULL, key);
    assert_int_equal(psi_dtype_of(z), PSI_COMPLEX64);
    EXPECT_NEAR(psi_real(z), PSI_FLOAT32, PSI_INTS(3), -0.5844806432723999, -0.0816262811422348,
                0.28665289282798767);
    EXPECT_NEAR(psi_imag(z), PSI_FLOAT32, PSI_INTS(3), -0.2236206978559494, 0.6024657487869263,
                0.6517610549926758);
    EXPECT_NEAR(psi_random_truncated_normal(number(-1), number(2), five, PSI_FLOAT32, key), PSI_FLOAT32, five,
                -0.45142143964767456, -0.08439548313617706, 1.6244474649429321, 0.8998597860336304,
                0.5152265429496765);
    EXPECT_NEAR(psi_random_gumbel(five, PSI_FLOAT32, key), PSI_FLOAT32, five, -0.4627726972103119,
                0.021823788061738014, 3.3087058067321777, 1.5162725448608398, 0.8687952160835266);
    EXPECT_NEAR(psi_random_laplace(five, PSI_FLOAT32, 0, 1, key), PSI_FLOAT32, five, 0.8953248858451843,
                0.28526535630226135, -2.6337854862213135, -0.9308825731277466, -0.3780561089515686);
    EXPECT_NEAR(psi_random_laplace(PSI_INTS(3), PSI_FLOAT32, 1, 2, key), PSI_FLOAT32, PSI_INTS(3),
                2.480161190032959, 7.339504718780518, 0.5222499966621399);
    assert_int_equal(psi_dtype_of(psi_random_normal(five, PSI_FLOAT64, NULL, NULL, key)), PSI_FLOAT64);
    EXPECT_EXACT(psi_random_truncated_normal(number(2), number(-2), PSI_NONE, PSI_FLOAT32, NULL), PSI_FLOAT32,
                 PSI_SCALAR_SHAPE, 2);
}

/* NEAR, for samples that went through a factored matrix. */
#define FACTORED(a, shape, ...) expect_typed(a, PSI_FLOAT32, shape, (const double[]){__VA_ARGS__}, 2e-6)

static void vectors(void **state)
{
    (void)state;
    PSI_SCOPE;
    const psi_dtype f32 = PSI_FLOAT32;
    psi_ints two = PSI_INTS(2), none = PSI_SCALAR_SHAPE;
    psi_array key = psi_random_key(3), mean = PSI_INT32S(1, -2);
    psi_array cov = psi_reshape(PSI_FLOATS(4, 1.5f, 1.5f, 1), PSI_INTS(2, 2));
    FACTORED(psi_random_multivariate_normal(mean, cov, two, f32, key), PSI_INTS(2, 2), -1.6089634895324707,
             -4.306330680847168, 1.287402629852295, -2.2122316360473633);
    psi_array means = psi_reshape(PSI_FLOATS(0, 0, 5, 7), PSI_INTS(2, 2));
    psi_array covs = psi_stack(PSI_ARRAYS(cov, psi_multiply(cov, number(4))), 0);
    FACTORED(psi_random_multivariate_normal(means, covs, none, f32, key), PSI_INTS(2, 2), -2.6089634895324707,
             -2.306330442428589, 5.57480525970459, 6.575536727905273);
    psi_array still = psi_zeros(PSI_INTS(1, 2, 2), f32);
    EXPECT_EXACT(psi_random_multivariate_normal(mean, still, PSI_INTS(2, 1), PSI_DTYPE_COUNT, key), f32,
                 PSI_INTS(2, 1, 2), 1, -2, 1, -2);
    psi_array nothing = psi_zeros(PSI_INTS(0, 0), f32);
    EXPECT_EXACT(psi_random_multivariate_normal(psi_zeros(PSI_INTS(0), f32), nothing, two, f32, key), f32,
                 PSI_INTS(2, 0), 0);
    expect_message(psi_random_multivariate_normal(mean, cov, none, PSI_FLOAT16, key), PSI_VALUE_ERROR,
                   "random_multivariate_normal: dtype is float16, not float32");
    expect_message(psi_random_multivariate_normal(number(0), mean, none, f32, key), PSI_VALUE_ERROR,
                   "random_multivariate_normal: mean has 0 dimensions and cov 1, not at least 1 and 2");
    expect_message(psi_random_multivariate_normal(PSI_FLOATS(1, 2, 3), cov, none, f32, key), PSI_VALUE_ERROR,
                   "random_multivariate_normal: cov of shape (2,2) does not fit mean of shape (3)");
    expect_message(psi_random_multivariate_normal(mean, cov, PSI_NONE, f32, key), PSI_VALUE_ERROR,
                   "random_multivariate_normal: a shape has 0 to 63 dimensions, not -1");
    expect_message(psi_random_multivariate_normal(means, cov, PSI_INTS(3), f32, key), PSI_VALUE_ERROR,
                   "random_multivariate_normal: shapes (2) and (3) cannot be broadcast together");
}

static void categories(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array key = psi_random_key(3), two = psi_zeros(PSI_INTS(2, 4), PSI_FLOAT32);
    psi_array weights = psi_reshape(PSI_FLOATS(.1f, .2f, .7f, .8f, .1f, .1f), PSI_INTS(2, 3));
    EXPECT_EXACT(psi_random_categorical_num_samples(psi_log(weights), -1, 6, key), PSI_UINT32, PSI_INTS(2, 6),
                 1, 0, 1, 2, 1, 2, 0, 2, 0, 0, 2, 0);
    EXPECT_EXACT(psi_random_categorical(psi_zeros(PSI_INTS(3, 4), PSI_FLOAT32), 0, PSI_NONE, key), PSI_UINT32,
                 PSI_INTS(4), 0, 1, 0, 2);
    EXPECT_EXACT(psi_random_categorical(two, 1, PSI_INTS(3, 2), key), PSI_UINT32, PSI_INTS(3, 2), 1, 1, 2, 0,
                 1, 2);
    EXPECT_EXACT(psi_random_categorical(PSI_FLOATS(1, -2, INFINITY, 4), -1, PSI_NONE, NULL), PSI_UINT32,
                 PSI_SCALAR_SHAPE, 2);
    EXPECT_EXACT(psi_random_categorical(PSI_FLOATS(-INFINITY, -2, -INFINITY), -1, PSI_NONE, NULL), PSI_UINT32,
                 PSI_SCALAR_SHAPE, 1);
    expect_message(psi_random_categorical(two, 2, PSI_NONE, key), PSI_VALUE_ERROR,
                   "random_categorical: axis 2 is out of range for an array of 2 dimensions");
    expect_message(psi_random_categorical(two, 1, PSI_INTS(1), key), PSI_VALUE_ERROR,
                   "random_categorical: parameters of shape (2) do not fit samples of shape (1)");
    expect_message(psi_random_categorical(two, 1, PSI_INTS(3), key), PSI_VALUE_ERROR,
                   "random_categorical: shapes (3) and (2) cannot be broadcast together");
    expect_message(psi_random_categorical_num_samples(number(1), 0, 2, key), PSI_VALUE_ERROR,
                   "random_categorical: axis 0 is out of range for an array of 0 dimensions");
}

/* Where float32 cannot tell neighbours apart, upstream's samples leave the range. */
static void integers_stay_in_range(void **state)
{
    (void)state;
    PSI_SCOPE;
    enum { N = 20000 };
    static const int64_t ranges[][2] = {{(1 << 24) + 1, (1 << 24) + 3},
                                        {-(1LL << 40) - 3, -(1LL << 40)},
                                        {INT64_MAX - 1, INT64_MAX},
                                        {INT32_MIN, INT32_MAX},
                                        {-10, 20},
                                        {20, -10}};
    for (size_t k = 0; k < sizeof ranges / sizeof *ranges; k++) {
        int64_t low = ranges[k][0], high = ranges[k][1] > low ? ranges[k][1] : low + 1;
        psi_array x =
            psi_random_randint(psi_scalar_int(low, PSI_INT64), psi_scalar_int(ranges[k][1], PSI_INT64),
                               PSI_INTS(N), PSI_INT64, psi_random_key(5));
        const int64_t *values = psi_data(x);
        assert_non_null(values);
        for (int i = 0; i < N; i++)
            assert_true(values[i] >= low && values[i] < high);
    }
    psi_array big = psi_random_randint(psi_scalar_int(-2, PSI_UINT64), psi_scalar_int(-1, PSI_UINT64),
                                       PSI_INTS(3), PSI_UINT64, psi_random_key(5));
    const uint64_t *same = psi_data(big);
    assert_true(same && same[0] == UINT64_MAX - 1 && same[2] == UINT64_MAX - 1);
    /* A bool is the integer 0 or 1, each about as likely. */
    const bool *coins =
        psi_data(psi_random_randint(number(0), number(2), PSI_INTS(N), PSI_BOOL, psi_random_key(5)));
    int heads = 0;
    for (int i = 0; i < N; i++)
        heads += coins[i];
    assert_true(heads > N / 2 - 300 && heads < N / 2 + 300);
}

static void the_default_key_follows_its_seed(void **state)
{
    (void)state;
    PSI_SCOPE;
    static const double expected[3][2] = {{646934, 186988}, {250790, 561759}, {252861, 657112}};
    for (int round = 0; round < 2; round++) {
        psi_random_seed(11);
        for (int i = 0; i < 3; i++)
            expect_typed(psi_random_randint(number(0), number(1e6), PSI_INTS(2), PSI_INT32, NULL), PSI_INT32,
                         PSI_INTS(2), expected[i], 0);
    }
}

static psi_arrays three_bits(psi_arrays in, void *context)
{
    psi_arrays out = psi_arrays_new(1);
    out.data[0] = psi_random_bits(PSI_INTS(3), *(int *)context, in.data[0]);
    return out;
}

static psi_arrays pairs_of_bits(psi_arrays in, void *axis)
{
    int width = 4;
    return psi_vmap(three_bits, &width, in, PSI_INTS(*(int *)axis), PSI_NONE);
}

static psi_arrays uniform_above(psi_arrays in, void *context)
{
    (void)context;
    psi_arrays out = psi_arrays_new(1);
    out.data[0] = psi_random_uniform(in.data[1], number(10), PSI_INTS(3), PSI_FLOAT32, in.data[0]);
    return out;
}

static void batches_over_keys(void **state)
{
    (void)state;
    PSI_SCOPE;
    int width = 4, first = 0, last = 1;
    psi_array two = psi_astype(psi_reshape(PSI_INT32S(0, 0, 1, 1), PSI_INTS(2, 2)), PSI_UINT32);
    EXPECT_EXACT(psi_vmap(three_bits, &width, PSI_ARRAYS(two), PSI_NONE, PSI_NONE).data[0], PSI_UINT32,
                 PSI_INTS(2, 3), 4146024105, 1351547692, 2718843009, 3725146706, 1802982961, 1349634643);
    EXPECT_EXACT(psi_vmap(three_bits, &width, PSI_ARRAYS(two), PSI_INTS(1), PSI_NONE).data[0], PSI_UINT32,
                 PSI_INTS(2, 3), 2441914641, 1110694964, 3819641963, 2441914641, 1110694964, 3819641963);
    /* Twice, and with narrow bits whose rows do not end at whole words: as key by key. */
    psi_array many = psi_reshape(psi_random_bits(PSI_INTS(12), 4, psi_random_key(1)), PSI_INTS(3, 2, 2));
    for (int axis = first; axis <= last; axis++) {
        psi_array all = psi_vmap(pairs_of_bits, &axis, PSI_ARRAYS(many), PSI_NONE, PSI_NONE).data[0];
        const uint32_t *got = psi_data(all), *from = psi_data(many);
        for (int i = 0; i < 6; i++) {
            const uint32_t *k = from + i / 2 * 4;
            uint32_t key[2] = {axis ? k[i % 2] : k[i % 2 * 2], axis ? k[i % 2 + 2] : k[i % 2 * 2 + 1]};
            const uint32_t *one =
                psi_data(psi_random_bits(PSI_INTS(3), 4, psi_array_from(key, PSI_INTS(2), PSI_UINT32)));
            assert_memory_equal(got + 3 * i, one, 3 * sizeof *one);
        }
    }
    for (width = 1; width < 4; width++) {
        const char *rows =
            psi_data(psi_vmap(three_bits, &width, PSI_ARRAYS(two), PSI_NONE, PSI_NONE).data[0]);
        psi_arrays each = psi_split(two, 2, 0);
        for (int i = 0; i < 2; i++)
            assert_memory_equal(
                rows + i * 3 * width,
                psi_data(psi_random_bits(PSI_INTS(3), width, psi_reshape(each.data[i], PSI_INTS(2)))),
                (size_t)(3 * width));
        width += width == 2;
    }
    EXPECT_EXACT(psi_vmap(uniform_above, NULL,
                          PSI_ARRAYS(psi_random_split_num(psi_random_key(5), 4), PSI_FLOATS(0, 1, 2, 3)),
                          PSI_NONE, PSI_NONE)
                     .data[0],
                 PSI_FLOAT32, PSI_INTS(4, 3), 0x1.8152a8p+2, 0x1.c0064cp+2, 0x1.768082p+2, 0x1.9e2c5cp+2,
                 0x1.497074p+2, 0x1.c7bd8ap+2, 0x1.75ff48p+2, 0x1.8ed558p+1, 0x1.aa30fp+2, 0x1.1e0b62p+3,
                 0x1.ef087ep+1, 0x1.1ef0eep+3);
}

static void refuses(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array key = psi_random_key(0), low = number(0), high = number(1),
              thirds = psi_zeros(PSI_INTS(3, 3), PSI_FLOAT32);
    psi_ints none = PSI_SCALAR_SHAPE;
    expect_message(psi_random_bits(none, 4, PSI_INT32S(0, 0)), PSI_VALUE_ERROR,
                   "random_bits: a key is of dtype uint32, not int32");
    expect_message(psi_random_bits(none, 4, PSI_UINT32S(0, 0, 0)), PSI_VALUE_ERROR,
                   "random_bits: a key has shape (2), not (3)");
    expect_message(psi_random_uniform(low, high, none, PSI_FLOAT32, psi_reshape(key, PSI_INTS(2, 1))),
                   PSI_VALUE_ERROR, "random_bits: a key has shape (2), not (2,1)");
    expect_message(psi_random_bits(none, 3, key), PSI_VALUE_ERROR,
                   "random_bits: width is 3, not 1, 2 or 4 bytes");
    expect_message(psi_random_bits(PSI_NONE, 4, key), PSI_VALUE_ERROR,
                   "random_bits: a shape has 0 to 64 dimensions, not -1");
    assert_int_equal(psi_random_split(NULL).count, 0);
    expect_recorded(PSI_VALUE_ERROR, "random_split: argument 0 is NULL");
    expect_message(psi_random_uniform(low, high, none, PSI_INT32, key), PSI_VALUE_ERROR,
                   "random_uniform: dtype is int32, not a real floating point type");
    expect_message(psi_random_uniform(low, high, none, PSI_FLOAT64, key), PSI_RUNTIME_ERROR,
                   "random_uniform: dtype is float64; samples have 32 bits: ask for float32");
    expect_message(psi_random_uniform(thirds, high, PSI_INTS(1, 3), PSI_FLOAT32, key), PSI_VALUE_ERROR,
                   "random_uniform: parameters of shape (3,3) do not fit samples of shape (1,3)");
    expect_message(psi_random_uniform(thirds, high, PSI_INTS(2, 3), PSI_FLOAT32, key), PSI_VALUE_ERROR,
                   "random_uniform: shapes (2,3) and (3,3) cannot be broadcast together");
    expect_message(psi_random_normal(none, PSI_INT32, NULL, NULL, key), PSI_VALUE_ERROR,
                   "random_normal: dtype is int32, not a real floating point type");
    expect_message(psi_random_randint(low, high, none, PSI_FLOAT32, key), PSI_VALUE_ERROR,
                   "random_randint: dtype is float32, not an integer type or bool");
    expect_message(psi_random_bernoulli(PSI_INT32S(1), PSI_NONE, key), PSI_VALUE_ERROR,
                   "random_bernoulli: p: dtype is int32, not a real floating point type");
    expect_message(psi_random_bernoulli(PSI_FLOATS(.1f, .2f), PSI_INTS(1), key), PSI_VALUE_ERROR,
                   "random_bernoulli: parameters of shape (2) do not fit samples of shape (1)");
    expect_message(psi_random_laplace(none, PSI_INT32, 0, 1, key), PSI_VALUE_ERROR,
                   "random_laplace: dtype is int32, not a real floating point type");
    expect_message(psi_random_gumbel(PSI_INTS(-1), PSI_FLOAT32, key), PSI_VALUE_ERROR,
                   "shape (-1) of uint32 has a negative length or more than 2^62 bytes");
    EXPECT_EXACT(psi_random_key(4), PSI_UINT32, PSI_INTS(2), 0, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys),
        cmocka_unit_test(words),
        cmocka_unit_test(any_cut_gives_the_same_bits),
        cmocka_unit_test(every_isa_gives_the_same_bits),
        cmocka_unit_test(samples_by_scaling),
        cmocka_unit_test(samples_by_inverse_functions),
        cmocka_unit_test(vectors),
        cmocka_unit_test(categories),
        cmocka_unit_test(integers_stay_in_range),
        cmocka_unit_test(the_default_key_follows_its_seed),
        cmocka_unit_test(batches_over_keys),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
