/* fft.c: mirrors of upstream's tests/fft_tests.cpp. Small transforms are checked against numbers worked out by hand, larger
 * ones by what defines them: shifted impulses, round trips and sums. */
#include "arrays.h"

#define LAST (-1)
#define OWN PSI_NO_INT
#define CLOSE(a, b) CHECK_TRUE(psi_allclose(a, b, 1e-5, 2e-5, false))

static psi_array complex_of(psi_array re, psi_array im)
{
    return psi_add(re, psi_multiply(im, psi_scalar_complex(0, 1)));
}

static psi_array as_complex(psi_array a)
{
    return psi_astype(a, PSI_COMPLEX64);
}

PARITY_CASE(beyond_seed, "tests/fft_tests.cpp", "test fft basics")
{
    CHECK_REFUSED(psi_fft_fft(f32(2), OWN, LAST));
    CHECK_REFUSED(psi_fft_ifft(f32(2), OWN, LAST));
    CHECK_REFUSED(psi_fft_fft(PSI_FLOATS(1, 2), 0, LAST));
    psi_array one = PSI_FLOATS(-3);
    psi_array both[] = {psi_fft_fft(one, OWN, LAST), psi_fft_ifft(one, OWN, LAST)};
    for (int i = 0; i < 2; i++) {
        CHECK_DTYPE(both[i], PSI_COMPLEX64);
        CHECK_EQ_INT(psi_size(both[i]), 1);
        CHECK_VALUES(both[i], -3, 0);
    }
    psi_array i = complex_of(PSI_FLOATS(2), PSI_FLOATS(-5));
    CHECK_VALUES(psi_fft_fft(i, OWN, LAST), 2, -5);
    CHECK_VALUES(psi_fft_ifft(i, OWN, LAST), 2, -5);
    CHECK_EQ_INT(psi_size(psi_fft_fft(i, OWN, LAST)), 1);

    psi_array x = PSI_FLOATS(4, -1, 0, 3);
    CHECK_VALUES(psi_fft_fft(x, OWN, LAST), 6, 0, 4, 4, 2, 0, 4, -4);
    CHECK_VALUES(psi_fft_ifft(x, OWN, LAST), 1.5, 0, 1, -1, 0.5, 0, 1, 1);
    CHECK_EQ_INT(psi_size(psi_fft_fft(x, OWN, LAST)), 4);
    psi_array z = complex_of(PSI_FLOATS(1, 0, 2, 1), PSI_FLOATS(0, 1, -1, 1));
    CHECK_VALUES(psi_fft_fft(z, OWN, LAST), 4, 1, -1, 2, 2, -3, -1, 0);
    CHECK_VALUES(psi_fft_ifft(z, OWN, LAST), 1, 0.25, -0.25, 0, 0.5, -0.75, -0.25, 0.5);
    CHECK_DTYPE(psi_fft_ifft(z, OWN, LAST), PSI_COMPLEX64);

    /* An impulse at 1 becomes a turning wave, which adds up to nothing. */
    psi_array impulse = as_complex(psi_equal(psi_arange(0, 48, 1, PSI_INT32), i32(1)));
    psi_array wave = psi_fft_fft(impulse, OWN, LAST);
    psi_array angle = psi_multiply(psi_arange(0, 48, 1, PSI_FLOAT32), f32(-6.283185307179586 / 48));
    CLOSE(wave, complex_of(psi_cos(angle), psi_sin(angle)));
    CLOSE(psi_fft_ifft(wave, OWN, LAST), impulse);
    CHECK_VALUES_NEAR(psi_abs(psi_sum(wave, PSI_NONE, false)), 1e-5, 0);

    psi_array table = SHAPED(PSI_FLOATS(1, 5, 2, 0, -1, 1), 2, 3);
    CHECK_VALUES(psi_fft_fft(table, OWN, 0), 1, 0, 4, 0, 3, 0, 1, 0, 6, 0, 1, 0);
    CHECK_EQUAL(psi_fft_fft(table, OWN, -2), psi_fft_fft(table, OWN, 0));
    CHECK_VALUES(psi_fft_ifft(table, OWN, 0), 0.5, 0, 2, 0, 1.5, 0, 0.5, 0, 3, 0, 0.5, 0);
    CHECK_ERROR_KIND(PSI_INVALID_ARGUMENT, PSI_INDEX_ERROR, psi_fft_fft(table, OWN, 2));
    CHECK_REFUSED(psi_fft_fft(table, 3, -3));
}

PARITY_CASE(beyond_seed, "tests/fft_tests.cpp", "test real ffts")
{
    psi_array x = PSI_FLOATS(3, 1, -2, 0);
    psi_array half = psi_fft_rfft(x, OWN, LAST);
    CHECK_DTYPE(half, PSI_COMPLEX64);
    CHECK_EQ_INT(psi_size(half), 3);
    CHECK_VALUES(half, 2, 0, 5, -1, 0, 0);
    psi_array back = psi_fft_irfft(half, OWN, LAST);
    CHECK_DTYPE(back, PSI_FLOAT32);
    CHECK_EQ_INT(psi_size(back), 4);
    CHECK_EQUAL(back, x);
    CHECK_EQ_INT(psi_size(psi_fft_irfft(half, 5, LAST)), 5);
    psi_array odd = PSI_FLOATS(1, 4, -2, 6, 0.5);
    CLOSE(psi_fft_irfft(psi_fft_rfft(odd, OWN, LAST), 5, LAST), odd);
    CHECK_REFUSED(psi_fft_irfft(PSI_FLOATS(1), OWN, LAST));
}

PARITY_CASE(beyond_seed, "tests/fft_tests.cpp", "test fftn")
{
    psi_array none = psi_zeros(PSI_INTS(3, 0), PSI_FLOAT32);
    CHECK_REFUSED(psi_fft_fftn(f32(1), PSI_NONE, PSI_NONE));
    CHECK_REFUSED(psi_fft_fftn(none, PSI_NONE, PSI_NONE));
    psi_array x = SHAPED(psi_arange(0, 24, 1, PSI_FLOAT32), 2, 3, 4);
    CHECK_REFUSED(psi_fft_fftn(x, PSI_NONE, PSI_INTS(1, 1)));
    CHECK_REFUSED(psi_fft_fftn(x, PSI_INTS(2, 2), PSI_INTS(1)));
    CHECK_REFUSED(psi_fft_fftn(x, PSI_INTS(2), PSI_INTS(3)));
    CHECK_REFUSED(psi_fft_fftn(x, PSI_INTS(2, 0), PSI_INTS(0, 1)));
    CHECK_REFUSED(psi_fft_fft2(PSI_FLOATS(1, 2), PSI_NONE, PSI_NONE));

    psi_array all = psi_fft_fftn(x, PSI_NONE, PSI_NONE);
    CHECK_SHAPE(all, 2, 3, 4);
    CHECK_DTYPE(all, PSI_COMPLEX64);
    CLOSE(all, psi_fft_fft(psi_fft_fft(psi_fft_fft(x, OWN, 0), OWN, 1), OWN, 2));
    CLOSE(psi_fft_ifftn(all, PSI_NONE, PSI_NONE), x);
    psi_array two = psi_fft_fft2(x, PSI_NONE, PSI_NONE);
    CLOSE(two, psi_fft_fftn(x, PSI_NONE, PSI_INTS(1, 2)));
    CLOSE(psi_fft_ifft2(two, PSI_NONE, PSI_NONE), x);
    CHECK_EQUAL(psi_fft_fft2(x, PSI_NONE, PSI_INTS(2, 0)), psi_fft_fftn(x, PSI_NONE, PSI_INTS(-1, 0)));
    CHECK_SHAPE(psi_fft_fft2(x, PSI_INTS(5, 3), PSI_NONE), 2, 5, 3);
    CHECK_SHAPE(psi_fft_ifft2(x, PSI_INTS(1, 6), PSI_INTS(0, 1)), 1, 6, 4);

    psi_array real = psi_fft_rfftn(x, PSI_NONE, PSI_NONE);
    CHECK_SHAPE(real, 2, 3, 3);
    CHECK_DTYPE(real, PSI_COMPLEX64);
    CLOSE(real, psi_slice(all, PSI_INTS(0, 0, 0), PSI_INTS(2, 3, 3), PSI_NONE));
    psi_array back = psi_fft_irfftn(real, PSI_NONE, PSI_NONE);
    CHECK_SHAPE(back, 2, 3, 4);
    CHECK_DTYPE(back, PSI_FLOAT32);
    CLOSE(back, x);
    CHECK_SHAPE(psi_fft_rfft2(x, PSI_NONE, PSI_NONE), 2, 3, 3);
    CLOSE(psi_fft_irfft2(psi_fft_rfft2(x, PSI_NONE, PSI_NONE), PSI_NONE, PSI_NONE), x);
    CHECK_SHAPE(psi_fft_rfft2(x, PSI_NONE, PSI_INTS(2, 0)), 2, 3, 4);
    CHECK_SHAPE(psi_fft_rfftn(x, PSI_INTS(7, 2), PSI_NONE), 2, 7, 2);
    CHECK_SHAPE(psi_fft_irfftn(real, PSI_INTS(3, 5), PSI_INTS(1, 2)), 2, 3, 5);
}

PARITY_CASE(beyond_seed, "tests/fft_tests.cpp", "test fft with provided shape")
{
    psi_array x = psi_ones(PSI_INTS(4, 6), PSI_FLOAT32);
    CHECK_SHAPE(psi_fft_fft(x, 9, 0), 9, 6);
    CHECK_SHAPE(psi_fft_fft(x, 2, 0), 2, 6);
    CHECK_SHAPE(psi_fft_fft(x, 11, LAST), 4, 11);
    CHECK_SHAPE(psi_fft_fft(x, 1, LAST), 4, 1);
    CHECK_SHAPE(psi_fft_rfft(x, 9, 0), 5, 6);
    CHECK_SHAPE(psi_fft_rfft(x, 3, LAST), 4, 2);
    CHECK_VALUES(psi_fft_fft(PSI_FLOATS(1, 2, 9), 2, LAST), 3, 0, -1, 0);
    CHECK_VALUES(psi_fft_fft(PSI_FLOATS(1, 2), 4, LAST), 3, 0, 1, -2, -1, 0, 1, 2);
}

static psi_arrays one(psi_array y)
{
    psi_arrays out = psi_arrays_new(1);
    if (out.count == 1)
        out.data[0] = y;
    return out;
}

#define BY(name)                                              \
    static psi_arrays by_##name(psi_arrays in, void *context) \
    {                                                         \
        (void)context;                                        \
        return one(psi_fft_##name(in.data[0], OWN, LAST));    \
    }
BY(fft)
BY(ifft)
BY(rfft)
BY(irfft)

#define BY_ALL(name)                                                \
    static psi_arrays by_##name(psi_arrays in, void *context)       \
    {                                                               \
        (void)context;                                              \
        return one(psi_fft_##name(in.data[0], PSI_NONE, PSI_NONE)); \
    }
BY_ALL(fftn)
BY_ALL(ifftn)
BY_ALL(rfftn)
BY_ALL(irfftn)

static psi_array mapped(psi_function fn, psi_array x, int64_t axis)
{
    psi_arrays out = psi_vmap(fn, NULL, PSI_ARRAYS(x), PSI_INTS(axis), PSI_INTS(axis));
    return out.count == 1 ? out.data[0] : NULL;
}

PARITY_CASE(beyond_seed, "tests/fft_tests.cpp", "test fft vmap")
{
    psi_array x = SHAPED(psi_arange(-6, 9, 1, PSI_FLOAT32), 3, 5);
    CHECK_EQUAL(mapped(by_fft, x, 0), psi_fft_fft(x, OWN, 1));
    CLOSE(mapped(by_fft, x, 1), psi_fft_fft(x, OWN, 0));
    CLOSE(mapped(by_rfft, x, 0), psi_fft_rfft(x, OWN, 1));
    CLOSE(mapped(by_rfft, x, 1), psi_fft_rfft(x, OWN, 0));
    psi_array half = psi_fft_rfft(x, OWN, 1);
    CLOSE(mapped(by_irfft, half, 0), psi_fft_irfft(half, OWN, 1));
}

static psi_array pulled(psi_function fn, psi_array at, psi_array cotangent)
{
    psi_arrays outputs, vjps = {0};
    psi_vjp(fn, NULL, PSI_ARRAYS(at), PSI_ARRAYS(cotangent), &outputs, &vjps);
    return vjps.count == 1 ? vjps.data[0] : NULL;
}

static psi_array pushed(psi_function fn, psi_array at, psi_array tangent)
{
    psi_arrays outputs, jvps = {0};
    psi_jvp(fn, NULL, PSI_ARRAYS(at), PSI_ARRAYS(tangent), &outputs, &jvps);
    return jvps.count == 1 ? jvps.data[0] : NULL;
}

/* Re <g, F t> = Re <F* g, t> for what a map does to tangents and cotangents. */
static bool adjoint(psi_array g, psi_array ft, psi_array fg, psi_array t)
{
    psi_array a = psi_sum(psi_real(psi_multiply(psi_conjugate(g), ft)), PSI_NONE, false);
    psi_array b = psi_sum(psi_real(psi_multiply(psi_conjugate(fg), t)), PSI_NONE, false);
    int64_t yes = 0;
    return psi_item_int(psi_allclose(a, b, 1e-4, 1e-3, false), &yes) && yes;
}

PARITY_CASE(beyond_seed, "tests/fft_tests.cpp", "test fft grads")
{
    psi_array c = as_complex(psi_arange(-4, 4, 1, PSI_FLOAT32)), zero = psi_zeros_like(c);
    psi_array t = complex_of(psi_arange(0, 8, 1, PSI_FLOAT32), PSI_FLOATS(1, -1, 0, 2, 0, 0, 3, 1));
    CLOSE(pulled(by_fft, zero, c), psi_multiply(psi_fft_ifft(c, OWN, LAST), f32(8)));
    CHECK_EQUAL(pushed(by_fft, zero, t), psi_fft_fft(t, OWN, LAST));
    CLOSE(pulled(by_ifft, zero, c), psi_multiply(psi_fft_fft(c, OWN, LAST), f32(0.125)));
    CLOSE(pushed(by_ifft, zero, t), psi_fft_ifft(t, OWN, LAST));

    psi_array real = psi_zeros(PSI_INTS(8), PSI_FLOAT32), r = psi_arange(0, 8, 1, PSI_FLOAT32);
    psi_array g = complex_of(PSI_FLOATS(1, -2, 0, 3, 2), PSI_FLOATS(5, 1, 1, -1, 2));
    CLOSE(pushed(by_rfft, real, r), psi_fft_rfft(r, OWN, LAST));
    CHECK(adjoint(g, pushed(by_rfft, real, r), pulled(by_rfft, real, g), r));
    CHECK_DTYPE(pulled(by_rfft, real, g), PSI_FLOAT32);
    psi_array halves = psi_zeros_like(g);
    CLOSE(pushed(by_irfft, halves, g), psi_fft_irfft(g, OWN, LAST));
    CHECK(adjoint(r, pushed(by_irfft, halves, g), pulled(by_irfft, halves, r), g));

    psi_array square = psi_astype(psi_zeros(PSI_INTS(3, 6), PSI_FLOAT32), PSI_COMPLEX64);
    CHECK_SHAPE(pulled(by_fftn, square, square), 3, 6);
    CHECK_SHAPE(pulled(by_ifftn, square, square), 3, 6);
    CHECK_SHAPE(pulled(by_rfftn, psi_zeros(PSI_INTS(3, 10), PSI_FLOAT32), square), 3, 10);
    CHECK_SHAPE(pulled(by_irfftn, square, psi_zeros(PSI_INTS(3, 10), PSI_FLOAT32)), 3, 6);
    psi_array at = SHAPED(psi_arange(0, 12, 1, PSI_FLOAT32), 3, 4);
    psi_array wave = psi_fft_rfftn(at, PSI_NONE, PSI_NONE);
    CHECK(adjoint(wave, wave, pulled(by_rfftn, at, wave), at));
    CHECK(adjoint(at, psi_fft_irfftn(wave, PSI_NONE, PSI_NONE), pulled(by_irfftn, wave, at), wave));
}

PARITY_CASE(beyond_seed, "tests/fft_tests.cpp", "test fftshift and ifftshift")
{
    psi_array even = psi_arange(0, 6, 1, PSI_INT32), odd = psi_arange(0, 5, 1, PSI_INT32);
    CHECK_VALUES(psi_fft_fftshift(even, PSI_NONE), 3, 4, 5, 0, 1, 2);
    CHECK_VALUES(psi_fft_ifftshift(even, PSI_NONE), 3, 4, 5, 0, 1, 2);
    CHECK_VALUES(psi_fft_fftshift(odd, PSI_NONE), 3, 4, 0, 1, 2);
    CHECK_VALUES(psi_fft_ifftshift(odd, PSI_NONE), 2, 3, 4, 0, 1);
    CHECK_SHAPE(psi_fft_fftshift(odd, PSI_NONE), 5);
    psi_array table = SHAPED(psi_arange(0, 12, 1, PSI_INT32), 3, 4);
    CHECK_VALUES(psi_fft_fftshift(table, PSI_NONE), 10, 11, 8, 9, 2, 3, 0, 1, 6, 7, 4, 5);
    CHECK_VALUES(psi_fft_fftshift(table, PSI_INTS(0)), 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 6, 7);
    CHECK_VALUES(psi_fft_ifftshift(table, PSI_INTS(0)), 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3);
    CHECK_VALUES(psi_fft_fftshift(table, PSI_INTS(-1)), 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9);
    CHECK_SHAPE(psi_fft_ifftshift(table, PSI_NONE), 3, 4);
    CHECK_EQUAL(psi_fft_ifftshift(psi_fft_fftshift(table, PSI_NONE), PSI_NONE), table);
    CHECK_EQUAL(psi_fft_fftshift(i32(7), PSI_NONE), i32(7));
    CHECK_EQUAL(psi_fft_fftshift(table, PSI_INTS(0, 1)), psi_fft_fftshift(table, PSI_NONE));
    CHECK_REFUSED(psi_fft_fftshift(table, PSI_INTS(2)));
    CHECK_REFUSED(psi_fft_ifftshift(table, PSI_INTS(-3)));
}
