/* Softmax, logsumexp, mean, variance: values, infinities, half types, long rows, gradients. */
#include "ops/values.h"

#define NO_AXES PSI_NONE, false

static void softmaxes(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = psi_reshape(PSI_FLOATS(1, 2, 3, 4), PSI_INTS(2, 2));
    EXPECT(psi_softmax(x, PSI_INTS(-1), false), PSI_INTS(2, 2), 0.26894142, 0.73105858, 0.26894142,
           0.73105858);
    EXPECT(psi_softmax(x, PSI_INTS(0), false), PSI_INTS(2, 2), 0.11920292, 0.11920292, 0.88079708,
           0.88079708);
    EXPECT(psi_softmax(x, NO_AXES), PSI_INTS(2, 2), 0.0320586, 0.0871443, 0.2368828, 0.6439143);
    EXPECT(psi_softmax(psi_transpose(x, PSI_NONE), PSI_INTS(1), false), PSI_INTS(2, 2), 0.11920292,
           0.88079708, 0.11920292, 0.88079708);
    EXPECT(psi_softmax(psi_astype(x, PSI_FLOAT64), PSI_INTS(1), false), PSI_INTS(2, 2), 0.26894142,
           0.73105858, 0.26894142, 0.73105858);
    psi_array ints = psi_softmax(PSI_INT32S(0, 0), NO_AXES);
    assert_int_equal(psi_dtype_of(ints), PSI_FLOAT32);
    EXPECT(ints, PSI_INTS(2), 0.5, 0.5);
    EXPECT(psi_softmax(psi_zeros(PSI_INTS(2, 2), PSI_INT8), PSI_INTS(0), false), PSI_INTS(2, 2), 0.5, 0.5,
           0.5, 0.5);
    psi_array half = psi_softmax(psi_zeros(PSI_INTS(4096), PSI_FLOAT16), NO_AXES);
    assert_int_equal(psi_dtype_of(half), PSI_FLOAT16);
    EXPECT(psi_split_at(half, PSI_INTS(1), 0).data[0], PSI_INTS(1), 1.0 / 4096);
    EXPECT(psi_softmax(PSI_FLOATS(-INFINITY, 1), NO_AXES), PSI_INTS(2), 0, 1);
    EXPECT(psi_softmax(PSI_FLOATS(-INFINITY, -INFINITY), NO_AXES), PSI_INTS(2), NAN, NAN);
    EXPECT(psi_softmax(PSI_FLOATS(INFINITY, 1), NO_AXES), PSI_INTS(2), NAN, NAN);
    EXPECT(psi_softmax(PSI_FLOATS(NAN, 1), NO_AXES), PSI_INTS(2), NAN, NAN);
    EXPECT(psi_softmax(psi_scalar(2.5, PSI_FLOAT32), NO_AXES), PSI_SCALAR_SHAPE, 1);
    EXPECT(psi_softmax(psi_zeros(PSI_INTS(0, 3), PSI_FLOAT32), PSI_INTS(1), false), PSI_INTS(0, 3), 0);
    expect_error(psi_softmax(x, PSI_INTS(2), false), PSI_INDEX_ERROR);
    expect_error(psi_softmax(psi_scalar(1, PSI_FLOAT32), PSI_INTS(0), false), PSI_VALUE_ERROR);
}

static void long_rows(void **state)
{
    (void)state;
    PSI_SCOPE;
    enum { N = 200000 };
    float *values = malloc(N * sizeof *values);
    for (int i = 0; i < N; i++)
        values[i] = i < 100000 ? -INFINITY : (float)(i % 2);
    psi_array x = psi_array_from(values, PSI_INTS(N), PSI_FLOAT32);
    psi_array parts = psi_split_at(psi_softmax(x, NO_AXES), PSI_INTS(1, N - 2), 0).data[0];
    EXPECT(parts, PSI_INTS(1), 0);
    EXPECT(psi_split_at(psi_softmax(x, NO_AXES), PSI_INTS(N - 2), 0).data[1], PSI_INTS(2), 5.3788284e-6,
           1.46211716e-5);
    EXPECT(psi_logsumexp(x, NO_AXES), PSI_SCALAR_SHAPE, 12.1330397);
    free(values);
}

static void logsumexps(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = psi_reshape(PSI_FLOATS(1, 2, 3, 4), PSI_INTS(2, 2));
    EXPECT(psi_logsumexp(x, PSI_INTS(0), false), PSI_INTS(2), 3.1269280, 4.1269280);
    EXPECT(psi_logsumexp(x, PSI_INTS(1), true), PSI_INTS(2, 1), 2.3132617, 4.3132617);
    EXPECT(psi_logsumexp(x, NO_AXES), PSI_SCALAR_SHAPE, 4.4401897);
    EXPECT(psi_logsumexp(psi_reshape(PSI_FLOATS(1, 2), PSI_INTS(1, 2)), NO_AXES), PSI_SCALAR_SHAPE,
           2.3132617);
    EXPECT(psi_logsumexp(PSI_FLOATS(-INFINITY, -INFINITY), NO_AXES), PSI_SCALAR_SHAPE, -INFINITY);
    EXPECT(psi_logsumexp(PSI_FLOATS(INFINITY, 1), NO_AXES), PSI_SCALAR_SHAPE, INFINITY);
    EXPECT(psi_logsumexp(PSI_FLOATS(NAN, 1), NO_AXES), PSI_SCALAR_SHAPE, NAN);
    EXPECT(psi_logsumexp(PSI_FLOATS(1000, 1000), NO_AXES), PSI_SCALAR_SHAPE, 1000.6931472);
    EXPECT(psi_logsumexp(PSI_INT32S(3, 100, 2), NO_AXES), PSI_SCALAR_SHAPE, 100);
    expect_error(psi_logsumexp(psi_zeros(PSI_INTS(0, 3), PSI_FLOAT32), NO_AXES), PSI_VALUE_ERROR);
}

static void statistics(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = psi_reshape(PSI_INT32S(1, 2, 3, 5), PSI_INTS(2, 2));
    EXPECT(psi_mean(x, PSI_INTS(0, 1), true), PSI_INTS(1, 1), 2.75);
    EXPECT(psi_std(x, PSI_INTS(0), true, 0), PSI_INTS(1, 2), 1, 1.5);
    EXPECT(psi_var(PSI_FLOATS(1, 2, 3), NO_AXES, 1), PSI_SCALAR_SHAPE, 1);
    EXPECT(psi_var(PSI_FLOATS(1, 2, 3), NO_AXES, 5), PSI_SCALAR_SHAPE, INFINITY);
    EXPECT(psi_mean(psi_zeros(PSI_INTS(0, 3), PSI_FLOAT32), PSI_INTS(0), false), PSI_INTS(3), NAN, NAN, NAN);
    assert_int_equal(psi_dtype_of(psi_mean(psi_astype(x, PSI_FLOAT16), NO_AXES)), PSI_FLOAT16);
    expect_error(psi_mean(x, PSI_INTS(2), false), PSI_VALUE_ERROR);
}

static psi_arrays soft(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_softmax(in.data[0], PSI_INTS(-1), false));
}

static psi_arrays lse(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_logsumexp(in.data[0], PSI_INTS(-1), false));
}

static void gradients(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_arrays out, d;
    psi_array x = PSI_FLOATS(2, 0, 3), g = PSI_FLOATS(1, 0, 0);
    assert_true(psi_vjp(lse, NULL, PSI_ARRAYS(x), PSI_ARRAYS(psi_scalar(1, PSI_FLOAT32)), &out, &d));
    EXPECT(d.data[0], PSI_INTS(3), 0.2594965, 0.0351190, 0.7053845);
    assert_true(psi_jvp(lse, NULL, PSI_ARRAYS(x), PSI_ARRAYS(g), &out, &d));
    EXPECT(d.data[0], PSI_SCALAR_SHAPE, 0.2594965);
    assert_true(psi_vjp(soft, NULL, PSI_ARRAYS(x), PSI_ARRAYS(g), &out, &d));
    EXPECT(d.data[0], PSI_INTS(3), 0.1921580, -0.0091133, -0.1830448);
    assert_true(psi_jvp(soft, NULL, PSI_ARRAYS(x), PSI_ARRAYS(g), &out, &d));
    EXPECT(d.data[0], PSI_INTS(3), 0.1921580, -0.0091133, -0.1830448);
    psi_array m = psi_reshape(PSI_FLOATS(1, 2, 3, 4), PSI_INTS(2, 2));
    EXPECT(psi_vmap(soft, NULL, PSI_ARRAYS(m), PSI_INTS(1), PSI_NONE).data[0], PSI_INTS(2, 2), 0.11920292,
           0.88079708, 0.11920292, 0.88079708);
    EXPECT(psi_vmap(lse, NULL, PSI_ARRAYS(m), PSI_INTS(1), PSI_NONE).data[0], PSI_INTS(2), 3.1269280,
           4.1269280);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(softmaxes),  cmocka_unit_test(long_rows), cmocka_unit_test(logsumexps),
        cmocka_unit_test(statistics), cmocka_unit_test(gradients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
