/* Running values: directions, axes, dtypes, NaN as upstream has it, gradients. */
#include "ops/values.h"

static void directions(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = PSI_FLOATS(1, 2, 3);
    EXPECT(psi_cumsum(x, 0, false, true), PSI_INTS(3), 1, 3, 6);
    EXPECT(psi_cumsum(x, 0, true, true), PSI_INTS(3), 6, 5, 3);
    EXPECT(psi_cumsum(x, 0, false, false), PSI_INTS(3), 0, 1, 3);
    EXPECT(psi_cumprod(x, 0, true, false), PSI_INTS(3), 6, 3, 1);
    EXPECT(psi_cummax(x, 0, false, false), PSI_INTS(3), -INFINITY, 1, 2);
    EXPECT(psi_cummin(psi_astype(x, PSI_UINT8), 0, false, false), PSI_INTS(3), 255, 1, 1);
    EXPECT(psi_cummax(psi_astype(x, PSI_INT32), 0, false, false), PSI_INTS(3), -2147483648.0, 1, 2);
    EXPECT(psi_logcumsumexp(x, 0, false, true), PSI_INTS(3), 1, 2.3132617, 3.4076059);
    EXPECT(psi_logcumsumexp(x, 0, false, false), PSI_INTS(3), -INFINITY, 1, 2.3132617);
    EXPECT(psi_logcumsumexp(PSI_FLOATS(-INFINITY, -INFINITY, 3), 0, false, true), PSI_INTS(3), -INFINITY,
           -INFINITY, 3);
}

static void axes(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = psi_reshape(PSI_FLOATS(1, 2, 3, 4, 5, 6), PSI_INTS(2, 3));
    EXPECT(psi_cumsum(x, PSI_NO_INT, false, true), PSI_INTS(6), 1, 3, 6, 10, 15, 21);
    EXPECT(psi_cumsum(x, 0, false, true), PSI_INTS(2, 3), 1, 2, 3, 5, 7, 9);
    EXPECT(psi_cumsum(x, 0, true, false), PSI_INTS(2, 3), 4, 5, 6, 0, 0, 0);
    EXPECT(psi_cumsum(x, -1, true, true), PSI_INTS(2, 3), 6, 5, 3, 15, 11, 6);
    EXPECT(psi_cumprod(psi_transpose(x, PSI_NONE), 0, false, true), PSI_INTS(3, 2), 1, 4, 2, 20, 6, 120);
    EXPECT(psi_logcumsumexp(x, 0, false, true), PSI_INTS(2, 3), 1, 2, 3, 4.0485873, 5.0485873, 6.0485873);
    EXPECT(psi_cumsum(psi_zeros(PSI_INTS(0, 3), PSI_FLOAT32), 0, false, true), PSI_INTS(0, 3), 0);
    EXPECT(psi_cumsum(psi_scalar(3, PSI_FLOAT32), PSI_NO_INT, false, true), PSI_INTS(1), 3);
    psi_array wide = psi_broadcast_to(psi_scalar(3, PSI_FLOAT32), PSI_INTS(2, 2));
    EXPECT(psi_cumsum(wide, 0, false, true), PSI_INTS(2, 2), 3, 3, 6, 6);
    EXPECT(psi_cummax(wide, 1, false, false), PSI_INTS(2, 2), -INFINITY, 3, -INFINITY, 3);
    expect_error(psi_cumsum(x, 2, false, true), PSI_VALUE_ERROR);
    expect_error(psi_cumsum(psi_scalar(3, PSI_FLOAT32), 0, false, true), PSI_VALUE_ERROR);
}

static void dtypes(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array b = PSI_BOOLS(true, false, true);
    EXPECT(psi_cumsum(b, 0, false, true), PSI_INTS(3), 1, 1, 2);
    assert_int_equal(psi_dtype_of(psi_cumsum(b, 0, false, true)), PSI_INT32);
    EXPECT(psi_cumprod(b, 0, false, true), PSI_INTS(3), 1, 0, 0);
    assert_int_equal(psi_dtype_of(psi_cumprod(b, 0, false, true)), PSI_BOOL);
    EXPECT(psi_cumsum(psi_astype(PSI_INT32S(100, 100), PSI_INT8), 0, false, true), PSI_INTS(2), 100, -56);
    psi_array half = psi_ones(PSI_INTS(3000), PSI_FLOAT16);
    EXPECT(psi_split_at(psi_cumsum(half, 0, false, true), PSI_INTS(2999), 0).data[1], PSI_INTS(1), 3000);
    psi_array both = psi_cumsum(psi_ones(PSI_INTS(2, 2), PSI_BFLOAT16), 0, false, true);
    EXPECT(both, PSI_INTS(2, 2), 1, 1, 2, 2);
    for (int d = 1; d < PSI_DTYPE_COUNT; d++) {
        psi_array x = psi_astype(PSI_FLOATS(3, 1, 2), (psi_dtype)d);
        EXPECT(psi_cummax(x, 0, true, true), PSI_INTS(3), 3, 2, 2);
        EXPECT(psi_cummin(x, 0, false, true), PSI_INTS(3), 3, 1, 1);
        EXPECT(psi_cumprod(x, 0, false, true), PSI_INTS(3), 3, 3, 6);
    }
}

static void starts_from_the_lowest(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_complex64 z[] = {{-1, 5}, {-2, 0}}, y[2];
    assert_true(
        psi_read(psi_cummax(psi_array_from(z, PSI_INTS(2), PSI_COMPLEX64), 0, false, false), y, sizeof y));
    assert_true(y[0].re == -INFINITY && y[1].re == -1 && y[1].im == 5);
    EXPECT(psi_logcumsumexp(PSI_INT32S(3, 4), 0, false, false), PSI_INTS(2), -2147483648.0, 3);
}

static void nan_as_upstream(void **state)
{
    (void)state;
    PSI_SCOPE;
    EXPECT(psi_cummax(PSI_FLOATS(1, NAN, 3), 0, false, true), PSI_INTS(3), 1, NAN, 3);
    EXPECT(psi_cummin(PSI_FLOATS(3, NAN, 1), 0, false, true), PSI_INTS(3), 3, 3, 1);
    EXPECT(psi_cummin(PSI_FLOATS(NAN, 1), 0, false, true), PSI_INTS(2), NAN, NAN);
    EXPECT(psi_cummin(PSI_FLOATS(NAN, 1, 2), 0, false, false), PSI_INTS(3), INFINITY, INFINITY, 1);
}

typedef psi_array (*scan)(psi_array, int64_t, bool, bool);

static psi_arrays run(psi_arrays in, void *context)
{
    return LIST((*(scan *)context)(in.data[0], 0, false, true));
}

static void gradients(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_arrays out, d;
    psi_array x = PSI_FLOATS(2, 0, 3), g = PSI_FLOATS(1, 1, 1);
    scan sum = psi_cumsum, product = psi_cumprod, logs = psi_logcumsumexp, top = psi_cummax;
    assert_true(psi_vjp(run, &sum, PSI_ARRAYS(x), PSI_ARRAYS(g), &out, &d));
    EXPECT(d.data[0], PSI_INTS(3), 3, 2, 1);
    assert_true(psi_vjp(run, &product, PSI_ARRAYS(x), PSI_ARRAYS(g), &out, &d));
    EXPECT(d.data[0], PSI_INTS(3), 1, 8, 0);
    assert_true(psi_vjp(run, &logs, PSI_ARRAYS(x), PSI_ARRAYS(g), &out, &d));
    EXPECT(d.data[0], PSI_INTS(3), 2.1402935, 0.1543222, 0.7053845);
    assert_true(psi_jvp(run, &sum, PSI_ARRAYS(x), PSI_ARRAYS(g), &out, &d));
    EXPECT(d.data[0], PSI_INTS(3), 1, 2, 3);
    assert_true(psi_vjp(run, &top, PSI_ARRAYS(PSI_FLOATS(2, 5, 3, 5, 1)),
                        PSI_ARRAYS(PSI_FLOATS(1, 2, 4, 8, 16)), &out, &d)); /* of equal ones it is the last */
    EXPECT(d.data[0], PSI_INTS(5), 1, 6, 0, 24, 0);
    assert_true(psi_jvp(run, &top, PSI_ARRAYS(x), PSI_ARRAYS(PSI_FLOATS(7, 8, 9)), &out, &d));
    EXPECT(d.data[0], PSI_INTS(3), 7, 7, 9);
    psi_array m = psi_reshape(PSI_FLOATS(1, 2, 3, 4, 5, 6), PSI_INTS(2, 3));
    EXPECT(psi_vmap(run, &sum, PSI_ARRAYS(m), PSI_INTS(1), PSI_NONE).data[0], PSI_INTS(3, 2), 1, 5, 2, 7, 3,
           9);
    EXPECT(psi_vmap(run, &sum, PSI_ARRAYS(m), PSI_INTS(0), PSI_NONE).data[0], PSI_INTS(2, 3), 1, 3, 6, 4, 9,
           15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directions), cmocka_unit_test(axes),
        cmocka_unit_test(dtypes),     cmocka_unit_test(nan_as_upstream),
        cmocka_unit_test(gradients),  cmocka_unit_test(starts_from_the_lowest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
