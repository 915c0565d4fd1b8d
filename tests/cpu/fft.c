/* fft: plans under many threads and lengths, the same bits for any number of threads, accuracy, and running out of memory. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "ops/values.h"

/* Every kind of plan, and more of them than the cache holds; {lines, length}. */
static const int64_t shapes[][2] = {{40, 60},  {20, 77},   {3, 101},   {20, 256},  {5, 512},  {17, 1000},
                                    {3, 1009}, {33, 1024}, {2, 2048},  {9, 3993},  {2, 4099}, {1, 5000},
                                    {2, 6561}, {1, 8192},  {1, 16384}, {1, 20000}, {20, 6},   {20, 8},
                                    {1, 32},   {20, 13},   {2, 600},   {3, 352},   {3, 1200}, {2, 4000}};
#define LARGEST 40000 /* numbers of a shape, at most */
#define SHAPES ((int)(sizeof shapes / sizeof *shapes))

static psi_array noise(int i, psi_dtype dtype)
{
    psi_array x =
        psi_random_normal((psi_ints){shapes[i], 2}, PSI_FLOAT32, NULL, NULL, psi_random_key((int64_t)i));
    return psi_astype(x, dtype);
}

/* Real lines there and back, and complex ones along both axes. */
static psi_array transformed(int i)
{
    psi_array real = psi_fft_irfft(psi_fft_rfft(noise(i, PSI_FLOAT32), PSI_NO_INT, 1), shapes[i][1], 1);
    psi_array complex = psi_fft_fft2(noise(i, PSI_COMPLEX64), PSI_NONE, PSI_NONE);
    return psi_add(complex, real);
}

static void copy_values(int i, psi_complex64 *to)
{
    PSI_SCOPE;
    const psi_complex64 *values = psi_data(transformed(i));
    if (values)
        memcpy(to, values, (size_t)(shapes[i][0] * shapes[i][1]) * sizeof *to);
}

static psi_complex64 *wanted[SHAPES];
static atomic_int wrong;

static void *transform_all(void *context)
{
    int first = *(const int *)context;
    psi_complex64 *got = malloc(sizeof *got * LARGEST);
    for (int k = 0; got && k < 2 * SHAPES; k++) {
        int i = (first + k * (first % 2 ? 1 : SHAPES - 1)) % SHAPES;
        size_t bytes = (size_t)(shapes[i][0] * shapes[i][1]) * sizeof *got;
        memset(got, 0, bytes);
        copy_values(i, got);
        if (memcmp(got, wanted[i], bytes) != 0)
            atomic_fetch_add(&wrong, 1);
    }
    free(got);
    return NULL;
}

static void many_threads_same_bits(void **state)
{
    (void)state;
    int threads = psi_thread_count(), first[4] = {0, 5, 10, 15};
    pthread_t thread[4];
    assert_true(psi_set_thread_count(1));
    for (int i = 0; i < SHAPES; i++) {
        wanted[i] = calloc((size_t)(shapes[i][0] * shapes[i][1]), sizeof **wanted);
        assert_non_null(wanted[i]);
        copy_values(i, wanted[i]);
    }
    assert_true(psi_set_thread_count(3));
    for (int t = 0; t < 4; t++)
        assert_int_equal(pthread_create(&thread[t], NULL, transform_all, &first[t]), 0);
    for (int t = 0; t < 4; t++)
        assert_int_equal(pthread_join(thread[t], NULL), 0);
    assert_int_equal(wrong, 0);
    assert_true(psi_set_thread_count(threads));
    for (int i = 0; i < SHAPES; i++)
        free(wanted[i]);
}

/* The root mean square of the error of some results, relative to theirs, for a line of small integers. */
static double error_of(int64_t n, bool real)
{
    PSI_SCOPE;
    int64_t numbers = real ? n / 2 + 1 : n;
    float *x = malloc((size_t)n * sizeof *x);
    double off = 0, all = 0;
    assert_non_null(x);
    for (int64_t j = 0; j < n; j++)
        x[j] = (float)((double)(j * j % 251) - 125);
    psi_array a = psi_array_from(x, PSI_INTS(n), PSI_FLOAT32);
    const psi_complex64 *got =
        psi_data(real ? psi_fft_rfft(a, PSI_NO_INT, -1) : psi_fft_fft(a, PSI_NO_INT, -1));
    assert_non_null(got);
    for (int64_t k = 0; k < numbers; k += 1 + numbers / 50) {
        double re = 0, im = 0;
        for (int64_t j = 0; j < n; j++) {
            double angle = -2 * M_PI * (double)(j * k % n) / (double)n;
            re += x[j] * cos(angle);
            im += x[j] * sin(angle);
        }
        off += (got[k].re - re) * (got[k].re - re) + (got[k].im - im) * (got[k].im - im);
        all += re * re + im * im;
    }
    free(x);
    return sqrt(off / all);
}

static void accuracy(void **state)
{
    (void)state;
    for (int i = 0; i < SHAPES; i++) {
        assert_true(error_of(shapes[i][1], false) < 4e-7);
        assert_true(error_of(shapes[i][1], true) < 4e-7);
    }
}

/* The axis of dense lines comes second, so that they are transformed where they lie. */
static void dense_lines_in_place(void **state)
{
    PSI_SCOPE;
    (void)state;
    psi_array x = psi_astype(
        psi_random_normal(PSI_INTS(12, 1200), PSI_FLOAT32, NULL, NULL, psi_random_key(7)), PSI_COMPLEX64);
    psi_array y = psi_fft_fftn(x, PSI_NONE, PSI_INTS(1, 0));
    psi_array apart = psi_fft_fft(psi_fft_fft(x, PSI_NO_INT, 0), PSI_NO_INT, 1);
    const psi_complex64 *got = psi_data(y), *wanted_values = psi_data(apart);
    assert_non_null(got);
    assert_non_null(wanted_values);
    assert_memory_equal(got, wanted_values, 12 * 1200 * sizeof *got);
}

static void out_of_memory(void **state)
{
    (void)state;
    for (int i = 0; i < SHAPES; i++)
        for (int64_t nth = 1;; nth++) {
            PSI_SCOPE;
            psi_array y = psi_fft_irfft(noise(i, PSI_COMPLEX64), shapes[i][1], 1);
            psi_test_fail_allocation(nth);
            if (survived(psi_eval1(y)))
                break;
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(out_of_memory),
        cmocka_unit_test(many_threads_same_bits),
        cmocka_unit_test(accuracy),
        cmocka_unit_test(dense_lines_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
