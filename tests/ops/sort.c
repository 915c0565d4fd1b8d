/* Sorting, partitioning, medians, permutations: literal values, every dtype, long rows, gradients, refusals. */
#include <string.h>

#include "values.h"

static void sorts(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array m = psi_array_from((int32_t[]){5, -1, 3, 2, 9, -4}, PSI_INTS(2, 3), PSI_INT32);
    EXPECT(psi_sort(m, -1), PSI_INTS(2, 3), -1, 3, 5, -4, 2, 9);
    EXPECT(psi_sort(m, 0), PSI_INTS(2, 3), 2, -1, -4, 5, 9, 3);
    EXPECT(psi_sort(m, PSI_NO_INT), PSI_INTS(6), -4, -1, 2, 3, 5, 9);
    EXPECT(psi_argsort(m, -1), PSI_INTS(2, 3), 1, 2, 0, 2, 0, 1);
    EXPECT(psi_argsort(psi_transpose(m, PSI_NONE), 0), PSI_INTS(3, 2), 1, 2, 2, 0, 0, 1);
    assert_int_equal(psi_dtype_of(psi_argsort(m, 0)), PSI_UINT32);
    EXPECT(psi_argsort(PSI_FLOATS(2, 1, 2, 1, 0), 0), PSI_INTS(5), 4, 1, 3, 0, 2);
    EXPECT(psi_sort(psi_broadcast_to(PSI_FLOATS(3, 1), PSI_INTS(2, 2)), 0), PSI_INTS(2, 2), 3, 1, 3, 1);
    EXPECT(psi_sort(psi_slice(PSI_FLOATS(1, 4, 2, 3), PSI_INTS(3), PSI_INTS(-5), PSI_INTS(-1)), 0),
           PSI_INTS(4), 1, 2, 3, 4);
    EXPECT(psi_sort(psi_scalar(7, PSI_FLOAT32), PSI_NO_INT), PSI_INTS(1), 7);
    EXPECT(psi_sort(psi_zeros(PSI_INTS(2, 0), PSI_FLOAT32), 1), PSI_INTS(2, 0), 0);
    EXPECT(psi_argsort(psi_zeros(PSI_INTS(0, 2), PSI_FLOAT32), 1), PSI_INTS(0, 2), 0);
    expect_error(psi_sort(m, 2), PSI_VALUE_ERROR);
    expect_error(psi_argsort(psi_scalar(1, PSI_FLOAT32), -1), PSI_VALUE_ERROR);
}

static void nan_is_last(void **state)
{
    (void)state;
    static const psi_dtype dtypes[] = {PSI_FLOAT16, PSI_BFLOAT16, PSI_FLOAT32, PSI_FLOAT64};
    for (int i = 0; i < 4; i++) {
        PSI_SCOPE;
        psi_array x = psi_astype(PSI_DOUBLES(3, NAN, -INFINITY, 0, -0.0, -NAN, INFINITY, -2), dtypes[i]);
        EXPECT(psi_argsort(x, 0), PSI_INTS(8), 2, 7, 3, 4, 0, 6, 1, 5);
        psi_array wide = psi_astype(psi_sort(x, 0), PSI_FLOAT64);
        const double *y = psi_data(wide), expected[] = {-INFINITY, -2, 0, 0, 3, INFINITY};
        for (int k = 0; k < 6; k++)
            assert_true(y[k] == expected[k]);
        assert_true(isnan(y[6]) && isnan(y[7]));
    }
    PSI_SCOPE;
    psi_complex64 z[] = {{1, NAN}, {NAN, 1}, {1, 2}, {1, 1}, {0, 5}, {NAN, NAN}, {1, -1}, {-3, 0}};
    psi_array c = psi_array_from(z, PSI_INTS(8), PSI_COMPLEX64);
    EXPECT(psi_argsort(c, 0), PSI_INTS(8), 7, 4, 6, 3, 2, 0, 1, 5);
    const psi_complex64 *y = psi_data(psi_sort(c, 0));
    assert_true(y[2].re == 1 && y[2].im == -1 && y[5].re == 1 && isnan(y[5].im) && isnan(y[6].re) &&
                y[6].im == 1);
}

/* Pseudo-random 64-bit words. */
static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    return *seed ^= *seed << 17;
}

/* Numbers from -128 to 128, not negative ones for unsigned dtypes; or a few integers, again and again. */
static psi_array noise(psi_ints shape, psi_dtype dtype, bool few)
{
    bool magnitude = dtype <= PSI_UINT64;
    uint64_t seed = 88172645463325252u;
    int64_t n = 1;
    for (int i = 0; i < shape.count; i++)
        n *= shape.data[i];
    double *values = malloc((size_t)n * sizeof *values);
    for (int64_t i = 0; i < n; i++)
        values[i] = few ? (double)(next(&seed) % 5) - 2 : (double)(int64_t)next(&seed) * 0x1p-56;
    for (int64_t i = 0; magnitude && i < n; i++)
        values[i] = fabs(values[i]);
    psi_array a = psi_astype(psi_array_from(values, shape, PSI_FLOAT64), dtype);
    free(values);
    return a;
}

/* Rising, and the argsort stable and of the same elements. */
static void expect_sorted(psi_array a)
{
    psi_array y = psi_sort(a, -1), order = psi_argsort(a, -1), moved = psi_take_along_axis(a, order, -1);
    int64_t n = psi_dim(a, -1), rows = psi_size(a) / n;
    psi_array wide = psi_astype(y, PSI_FLOAT64), same = psi_astype(moved, PSI_FLOAT64);
    const double *v = psi_data(wide), *w = psi_data(same);
    const uint32_t *p = psi_data(order);
    assert_true(v && w && p);
    for (int64_t i = 0; i < rows * n; i++) {
        assert_true(v[i] == w[i]);
        if (i % n)
            assert_true(v[i - 1] < v[i] || (v[i - 1] == v[i] && p[i - 1] < p[i]));
    }
}

static void every_dtype_and_length(void **state)
{
    (void)state;
    static const int64_t lengths[] = {1, 8, 9, 64, 65, 95, 600, 9000, 140000};
    for (int t = 0; t < PSI_DTYPE_COUNT; t++)
        for (int i = 0; i < 9; i++)
            for (int few = 0; few < 2; few++) {
                PSI_SCOPE;
                if (t == PSI_COMPLEX64)
                    continue;
                int64_t rows = lengths[i] < 1000 ? 7 : lengths[i] < 10000 ? 3 : 1;
                expect_sorted(noise(PSI_INTS(rows, lengths[i]), (psi_dtype)t, few));
            }
}

/* What fills buckets badly: one value, two, all but two in one bucket, rising, falling. */
static void long_rows_of_every_shape(void **state)
{
    (void)state;
    enum { LONG = 200001 };
    for (int shape = 0; shape < 5; shape++) {
        PSI_SCOPE;
        uint64_t seed = 88172645463325252u;
        float *values = malloc(LONG * sizeof *values);
        assert_non_null(values);
        for (int i = 0; i < LONG; i++)
            values[i] = (float[]){7, (float)(next(&seed) % 2), (float)(next(&seed) % 1000003), (float)i / 3,
                                  (float)-i}[shape];
        if (shape == 2) {
            values[LONG / 2] = -INFINITY;
            values[LONG / 3] = 0x1p100f;
        }
        psi_array a = psi_array_from(values, PSI_INTS(LONG), PSI_FLOAT32);
        free(values);
        expect_sorted(a);
        expect_sorted(
            psi_astype(psi_clip(a, psi_scalar(-2e6, PSI_FLOAT32), psi_scalar(2e6, PSI_FLOAT32)), PSI_INT32));
    }
}

/* The words of a row, and little else, are held beside what goes in and comes out; any threads give the same places. */
static void long_rows_need_little_memory(void **state)
{
    (void)state;
    enum { LONG = 1000000 };
    PSI_SCOPE;
    psi_array a = noise(PSI_INTS(LONG), PSI_FLOAT32, false), places[2];
    int threads = psi_thread_count();
    assert_true(psi_eval1(a));
    psi_clear_cache();
    size_t before = psi_active_memory();
    psi_reset_peak_memory();
    for (int i = 0; i < 2; i++) {
        assert_true(psi_set_thread_count(i + 1));
        places[i] = psi_argsort(a, -1);
        assert_true(psi_eval1(places[i]));
        assert_true(psi_peak_memory() - before < (size_t)LONG * (4 + 8) + (2 << 20) + (size_t)i * LONG * 4);
    }
    assert_true(psi_set_thread_count(threads));
    assert_memory_equal(psi_data(places[0]), psi_data(places[1]), LONG * sizeof(uint32_t));
}

static void partitions(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = PSI_INT32S(5, 3, 1, 4, 2, 3);
    EXPECT(psi_sort(psi_topk(a, 2, 0), 0), PSI_INTS(2), 4, 5);
    EXPECT(psi_topk(a, 0, -1), PSI_INTS(0), 0);
    assert_ptr_equal(psi_topk(a, 6, 0), a);
    EXPECT(psi_argpartition(psi_broadcast_to(PSI_FLOATS(1, 2, 3), PSI_INTS(2, 3)), 1, 0), PSI_INTS(2, 3), 0,
           0, 0, 1, 1, 1);
    static const int64_t lengths[] = {1, 30, 700, 5000, 150000};
    for (int i = 0; i < 10; i++) {
        int64_t n = lengths[i / 2], kth = n * 2 / 3;
        psi_array x = noise(PSI_INTS(n), i % 2 ? PSI_FLOAT64 : PSI_FLOAT32, i % 4 == 3);
        psi_array y = psi_astype(psi_partition(x, kth - n, 0), PSI_FLOAT64),
                  sorted = psi_astype(psi_sort(x, 0), PSI_FLOAT64);
        psi_array moved = psi_astype(psi_take(x, psi_argpartition(x, kth, 0), 0), PSI_FLOAT64);
        const double *v = psi_data(y), *s = psi_data(sorted), *m = psi_data(moved);
        assert_true(v[kth] == s[kth]);
        for (int64_t k = 0; k < n; k++)
            assert_true(v[k] == m[k] && (k < kth ? v[k] <= s[kth] : v[k] >= s[kth]));
    }
    expect_error(psi_partition(a, 6, 0), PSI_VALUE_ERROR);
    expect_error(psi_argpartition(a, -7, 0), PSI_VALUE_ERROR);
    expect_error(psi_topk(a, 7, 0), PSI_VALUE_ERROR);
    expect_error(psi_topk(a, -1, 0), PSI_VALUE_ERROR);
    expect_error(psi_topk(a, 1, 1), PSI_VALUE_ERROR);
}

static void medians(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array m = psi_array_from((int32_t[]){5, 1, 3, 2, 9, 4}, PSI_INTS(2, 3), PSI_INT32);
    EXPECT(psi_median(m, PSI_NONE, false), PSI_SCALAR_SHAPE, 3.5);
    EXPECT(psi_median(m, PSI_INTS(1), true), PSI_INTS(2, 1), 3, 4);
    EXPECT(psi_median(m, PSI_INTS(0), false), PSI_INTS(3), 3.5, 5, 3.5);
    EXPECT(psi_median(m, PSI_INTS(-1, 0), true), PSI_INTS(1, 1), 3.5);
    EXPECT(psi_median(psi_scalar_int(3, PSI_INT32), PSI_NONE, false), PSI_SCALAR_SHAPE, 3);
    assert_int_equal(psi_dtype_of(psi_median(m, PSI_NONE, false)), PSI_FLOAT32);
    expect_error(psi_median(psi_zeros(PSI_INTS(0), PSI_FLOAT32), PSI_NONE, false), PSI_VALUE_ERROR);
    expect_error(psi_median(m, PSI_INTS(0, 0), false), PSI_VALUE_ERROR);
}

static void permutations(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array key = psi_random_key(7), m = count_up(PSI_INTS(2, 3));
    EXPECT(psi_random_permutation_arange(8, key), PSI_INTS(8), 0, 3, 2, 1, 4, 7, 6, 5);
    EXPECT(psi_random_permutation(m, 1, psi_random_key(3)), PSI_INTS(2, 3), 1, 0, 2, 4, 3, 5);
    EXPECT(psi_random_permutation_arange(0, key), PSI_INTS(0), 0);
    expect_error(psi_random_permutation_arange(-1, key), PSI_VALUE_ERROR);
    assert_true(psi_is_error(psi_random_permutation(m, 2, NULL)));
    assert_true(psi_error(NULL));
}

static psi_arrays sorted(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_sort(in.data[0], 0));
}

static psi_arrays largest(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_sort(psi_topk(in.data[0], 2, 0), 0));
}

static psi_arrays places(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_argpartition(in.data[0], 1, 0));
}

static void transforms(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = PSI_FLOATS(3, 1, 4, 2),
              m = psi_array_from((float[]){4, 1, 3, 2, 2, 6}, PSI_INTS(3, 2), PSI_FLOAT32);
    EXPECT(gradient(sorted, x), PSI_INTS(4), 3, 1, 4, 2);
    EXPECT(gradient(largest, x), PSI_INTS(4), 1, 0, 2, 0);
    psi_arrays out, tangents;
    assert_true(
        psi_jvp(sorted, NULL, PSI_ARRAYS(x), PSI_ARRAYS(PSI_FLOATS(10, 20, 30, 40)), &out, &tangents));
    EXPECT(tangents.data[0], PSI_INTS(4), 20, 40, 10, 30);
    EXPECT(psi_vmap(sorted, NULL, PSI_ARRAYS(m), PSI_INTS(1), PSI_NONE).data[0], PSI_INTS(2, 3), 2, 3, 4, 1,
           2, 6);
    EXPECT(psi_vmap(largest, NULL, PSI_ARRAYS(m), PSI_INTS(1), PSI_NONE).data[0], PSI_INTS(2, 2), 3, 4, 2, 6);
    EXPECT(psi_vmap(places, NULL, PSI_ARRAYS(m), PSI_INTS(1), PSI_NONE).data[0], PSI_INTS(2, 3), 2, 1, 0, 0,
           1, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts),
        cmocka_unit_test(nan_is_last),
        cmocka_unit_test(every_dtype_and_length),
        cmocka_unit_test(long_rows_of_every_shape),
        cmocka_unit_test(long_rows_need_little_memory),
        cmocka_unit_test(partitions),
        cmocka_unit_test(medians),
        cmocka_unit_test(permutations),
        cmocka_unit_test(transforms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
