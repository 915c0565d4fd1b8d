/* Fourier transforms: every way through the kernels (side by side, cut into squares, convolved; lines next to each other and
 * apart) against the definition in double precision, layouts, empty arrays, and what is refused. */
#include "values.h"

#include <complex.h>

/* The largest distance from the transform's definition along the middle axis, in units of the largest result. */
static double distance(psi_array x, int sign)
{
    int64_t outer = psi_dim(x, 0), n = psi_dim(x, 1), inner = psi_dim(x, 2);
    psi_array y = sign < 0 ? psi_fft_fft(x, PSI_NO_INT, 1) : psi_fft_ifft(x, PSI_NO_INT, 1);
    const psi_complex64 *in = psi_data(x), *out = psi_data(y);
    double worst = 0, largest = 0;
    assert_non_null(in);
    assert_non_null(out);
    for (int64_t line = 0; line < outer * inner; line++)
        for (int64_t k = 0; k < n; k += 1 + n / 60) {
            double complex sum = 0;
            const psi_complex64 *from = in + line / inner * n * inner + line % inner;
            for (int64_t j = 0; j < n; j++)
                sum += (from[j * inner].re + from[j * inner].im * I) *
                       cexp(sign * 2 * M_PI * I * (double)(j * k % n) / (double)n);
            if (sign > 0)
                sum /= (double)n;
            psi_complex64 got = out[(line / inner * n + k) * inner + line % inner];
            double off = cabs(sum - (got.re + got.im * I));
            worst = off > worst ? off : worst;
            largest = cabs(sum) > largest ? cabs(sum) : largest;
        }
    return worst / largest;
}

static psi_array noise(psi_ints shape)
{
    psi_array re = psi_random_normal(shape, PSI_FLOAT32, NULL, NULL, psi_random_key(1));
    psi_array im = psi_random_normal(shape, PSI_FLOAT32, NULL, NULL, psi_random_key(2));
    return psi_add(re, psi_multiply(im, psi_scalar_complex(0, 1)));
}

static void by_definition(void **state)
{
    (void)state;
    /* Radices 2 to 13, primes beyond, lengths past what runs side by side; few lines and many, near and apart. */
    static const int64_t shapes[][3] = {
        {1, 1, 1},    {3, 2, 1},     {20, 3, 1},   {17, 8, 3},   {2, 30, 40},  {33, 60, 1}, {1, 91, 18},
        {5, 143, 2},  {40, 17, 1},   {2, 101, 20}, {1, 256, 1},  {3, 300, 1},  {1, 512, 2}, {2, 1009, 1},
        {1, 4096, 1}, {1, 5000, 1},  {1, 4099, 1}, {1, 8192, 2}, {17, 256, 1}, {3, 512, 1}, {17, 1000, 1},
        {1, 64, 20},  {2, 1000, 17}, {2, 900, 16}, {1, 6561, 3}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        PSI_SCOPE;
        psi_array x = noise((psi_ints){shapes[i], 3});
        assert_true(distance(x, -1) < 2e-6);
        assert_true(distance(x, 1) < 2e-6);
    }
}

/* Real transforms are the complex ones of the same numbers, whatever the lines look like. */
static bool alike(psi_array a, psi_array b)
{
    int64_t yes = 0;
    return psi_item_int(psi_allclose(a, b, 1e-4, 1e-4, false), &yes) && yes;
}

static void halves(void **state)
{
    (void)state;
    static const int64_t shapes[][2] = {{1, 1},    {20, 6},   {3, 7},     {40, 33},   {2, 600},
                                        {1, 601},  {2, 5003}, {17, 1024}, {2, 512},   {33, 1000},
                                        {20, 202}, {16, 2},   {1, 8192},  {3, 10000}, {2, 12289}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int64_t axis = 0; axis < 2; axis++) {
            PSI_SCOPE;
            psi_array x = psi_real(noise((psi_ints){shapes[i], 2}));
            x = axis ? x : psi_transpose(x, PSI_NONE);
            int64_t n = psi_dim(x, (int)axis), keep[2] = {psi_dim(x, 0), psi_dim(x, 1)};
            keep[axis] = n / 2 + 1;
            psi_array half = psi_fft_rfft(x, PSI_NO_INT, axis);
            psi_array whole =
                psi_slice(psi_fft_fft(x, PSI_NO_INT, axis), PSI_INTS(0, 0), (psi_ints){keep, 2}, PSI_NONE);
            assert_true(alike(half, whole));
            assert_true(alike(psi_fft_irfft(half, n, axis), x));
        }
}

static void edges(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array none = psi_zeros(PSI_INTS(0, 4), PSI_FLOAT32);
    assert_int_equal(psi_size(psi_fft_fft(none, PSI_NO_INT, -1)), 0);
    assert_non_null(psi_data(psi_fft_rfft(none, PSI_NO_INT, -1)));
    psi_array x = psi_arange(0, 12, 1, PSI_FLOAT32);
    psi_array backwards = psi_slice(x, PSI_INTS(11), PSI_INTS(-13), PSI_INTS(-1));
    EXPECT(psi_real(psi_fft_fft(backwards, 2, -1)), PSI_INTS(2), 21, 1);
    /* What cannot be but real in a half is taken to be. */
    psi_array half = psi_multiply(psi_ones(PSI_INTS(2), PSI_COMPLEX64), psi_scalar_complex(1, 5));
    EXPECT(psi_fft_irfft(half, 2, -1), PSI_INTS(2), 1, 0);
    static const psi_dtype dtypes[] = {PSI_BOOL,    PSI_INT8,     PSI_UINT64,
                                       PSI_FLOAT16, PSI_BFLOAT16, PSI_FLOAT64};
    for (int i = 0; i < 6; i++)
        EXPECT(psi_real(psi_fft_fft(psi_astype(PSI_FLOATS(0, 1, 1, 0), dtypes[i]), PSI_NO_INT, -1)),
               PSI_INTS(4), 2, -1, 0, -1);
    expect_error(psi_fft_fft(psi_scalar(1, PSI_FLOAT32), PSI_NO_INT, -1), PSI_VALUE_ERROR);
    expect_error(psi_fft_fft(x, -1, -1), PSI_VALUE_ERROR);
    expect_error(psi_fft_fft(x, INT64_MAX, -1), PSI_VALUE_ERROR);
    expect_error(psi_fft_fft(x, 3, 1), PSI_VALUE_ERROR);
    expect_error(psi_fft_fftn(x, PSI_NONE, PSI_INTS(0, 0)), PSI_VALUE_ERROR);
}

static psi_arrays along_rows(psi_arrays in, void *context)
{
    (void)context;
    psi_arrays out = psi_arrays_new(1);
    if (out.count == 1)
        out.data[0] = psi_fft_rfft(in.data[0], PSI_NO_INT, 1);
    return out;
}

/* A tangent goes through the same axes as the value, and a mapped axis is none of them. */
static void axes_of_rules(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = psi_real(noise(PSI_INTS(3, 6))), t = psi_real(noise(PSI_INTS(3, 6)));
    psi_arrays outputs, jvps = {0};
    assert_true(psi_jvp(along_rows, NULL, PSI_ARRAYS(x), PSI_ARRAYS(t), &outputs, &jvps));
    assert_true(alike(jvps.data[0], psi_fft_rfft(t, PSI_NO_INT, 1)));
    psi_array stack = psi_real(noise(PSI_INTS(2, 3, 6)));
    psi_arrays each = psi_vmap(along_rows, NULL, PSI_ARRAYS(stack), PSI_INTS(0), PSI_NONE);
    assert_int_equal(each.count, 1);
    assert_true(alike(each.data[0], psi_fft_rfft(stack, PSI_NO_INT, 2)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_definition),
        cmocka_unit_test(halves),
        cmocka_unit_test(edges),
        cmocka_unit_test(axes_of_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
