/* A thin slice of every transform: one op of each class, split and matmul, from builder to values, gradients, tangents,
 * batching and tracing. */
#include "ops/values.h"

static psi_arrays sine_times(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_multiply(psi_sin(in.data[0]), in.data[1]));
}

static psi_arrays product_sum(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_sum(psi_matmul(in.data[0], in.data[1]), PSI_NONE, false));
}

static psi_arrays halves(psi_arrays in, void *context)
{
    (void)context;
    psi_arrays parts = psi_split(in.data[0], 2, 0);
    return LIST(psi_multiply(parts.data[0], parts.data[1]));
}

static psi_arrays bigger(psi_arrays in, void *context)
{
    (void)context;
    return LIST(
        psi_where(psi_greater(in.data[0], psi_scalar(1.5, PSI_FLOAT32)), psi_exp(in.data[0]), in.data[0]));
}

static void evaluates(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = PSI_FLOATS(1, 2, 3, 4), m = psi_reshape(x, PSI_INTS(2, 2));
    EXPECT(psi_add(m, PSI_FLOATS(10, 20)), PSI_INTS(2, 2), 11, 22, 13, 24);
    EXPECT(psi_transpose(m, PSI_NONE), PSI_INTS(2, 2), 1, 3, 2, 4);
    EXPECT(psi_reshape(psi_transpose(m, PSI_NONE), PSI_INTS(4)), PSI_INTS(4), 1, 3, 2, 4);
    EXPECT(psi_sum(m, PSI_INTS(0), false), PSI_INTS(2), 4, 6);
    EXPECT(psi_sum(m, PSI_INTS(1), true), PSI_INTS(2, 1), 3, 7);
    EXPECT(psi_matmul(m, m), PSI_INTS(2, 2), 7, 10, 15, 22);
    EXPECT(psi_less(x, psi_scalar(2.5, PSI_FLOAT32)), PSI_INTS(4), 1, 1, 0, 0);
    EXPECT(psi_concatenate(PSI_ARRAYS(m, m), 1), PSI_INTS(2, 4), 1, 2, 1, 2, 3, 4, 3, 4);
    EXPECT(psi_split(x, 2, 0).data[1], PSI_INTS(2), 3, 4);
}

static void long_chains_fuse(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array y;
    {
        PSI_SCOPE;
        y = psi_zeros(PSI_INTS(3000), PSI_FLOAT32);
        psi_array one_each = psi_ones(PSI_INTS(3000), PSI_FLOAT32);
        for (int i = 0; i < 10000; i++)
            y = psi_add(y, one_each);
        psi_promote(y);
    }
    assert_true(psi_eval1(y));
    assert_true(((const float *)psi_data(y))[2999] == 10000);
}

static void differentiates(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_arrays out, grads;
    psi_array x = PSI_FLOATS(0, 1), w = PSI_FLOATS(3, 5);
    assert_true(psi_vjp(sine_times, NULL, PSI_ARRAYS(x, w), PSI_ARRAYS(PSI_FLOATS(1, 2)), &out, &grads));
    EXPECT(out.data[0], PSI_INTS(2), 0, 5 * sin(1));
    EXPECT(grads.data[0], PSI_INTS(2), 3, 10 * cos(1));
    EXPECT(grads.data[1], PSI_INTS(2), 0, 2 * sin(1));
    assert_true(psi_jvp(sine_times, NULL, PSI_ARRAYS(x, w), PSI_ARRAYS(PSI_FLOATS(1, 1), PSI_FLOATS(0, 1)),
                        &out, &grads));
    EXPECT(grads.data[0], PSI_INTS(2), 3, 5 * cos(1) + sin(1));

    psi_array a = psi_reshape(PSI_FLOATS(1, 2, 3, 4), PSI_INTS(2, 2));
    assert_true(psi_value_and_grad(product_sum, NULL, PSI_ARRAYS(a, a), PSI_INTS(0, 1), &out, &grads));
    EXPECT(out.data[0], PSI_SCALAR_SHAPE, 54);
    EXPECT(grads.data[0], PSI_INTS(2, 2), 3, 7, 3, 7);
    EXPECT(grads.data[1], PSI_INTS(2, 2), 4, 4, 6, 6);

    psi_array v = PSI_FLOATS(1, 2, 3, 4);
    assert_true(psi_vjp(halves, NULL, PSI_ARRAYS(v), PSI_ARRAYS(PSI_FLOATS(1, 10)), &out, &grads));
    EXPECT(grads.data[0], PSI_INTS(4), 3, 40, 1, 20);
    assert_true(psi_vjp(bigger, NULL, PSI_ARRAYS(v), PSI_ARRAYS(psi_ones_like(v)), &out, &grads));
    EXPECT(grads.data[0], PSI_INTS(4), 1, exp(2), exp(3), exp(4));
}

static void batches(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array m = psi_reshape(PSI_FLOATS(1, 2, 3, 4, 5, 6, 7, 8), PSI_INTS(2, 2, 2));
    psi_array x = psi_reshape(PSI_FLOATS(1, 2, 3, 4), PSI_INTS(2, 2)), w = PSI_FLOATS(10, 20);
    psi_arrays y = psi_vmap(sine_times, NULL, PSI_ARRAYS(x, w), PSI_INTS(1, -1), PSI_NONE);
    EXPECT(y.data[0], PSI_INTS(2, 2), 10 * sin(1), 20 * sin(3), 10 * sin(2), 20 * sin(4));
    y = psi_vmap(product_sum, NULL, PSI_ARRAYS(m, x), PSI_INTS(0, -1), PSI_NONE);
    EXPECT(y.data[0], PSI_INTS(2), 54, 134);
    y = psi_vmap(halves, NULL, PSI_ARRAYS(x), PSI_INTS(1), PSI_INTS(1));
    EXPECT(y.data[0], PSI_INTS(1, 2), 3, 8);
    y = psi_vmap(bigger, NULL, PSI_ARRAYS(x), PSI_NONE, PSI_NONE);
    EXPECT(y.data[0], PSI_INTS(2, 2), 1, exp(2), exp(3), exp(4));
}

static psi_arrays gradient_of_sine(psi_arrays in, void *context)
{
    psi_arrays out, grads;
    (void)context;
    psi_vjp(sine_times, NULL, PSI_ARRAYS(in.data[0], in.data[0]), PSI_ARRAYS(psi_ones_like(in.data[0])), &out,
            &grads);
    return LIST(grads.data[0]);
}

static void nests(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_arrays out, grads;
    psi_array x = PSI_FLOATS(0.5, 2);
    /* d/dx (x cos x) = cos x - x sin x */
    assert_true(psi_vjp(gradient_of_sine, NULL, PSI_ARRAYS(x), PSI_ARRAYS(psi_ones_like(x)), &out, &grads));
    EXPECT(grads.data[0], PSI_INTS(2), cos(0.5) - 0.5 * sin(0.5), cos(2) - 2 * sin(2));
    psi_arrays y = psi_vmap(gradient_of_sine, NULL, PSI_ARRAYS(x), PSI_NONE, PSI_NONE);
    EXPECT(y.data[0], PSI_INTS(2), 0.5 * cos(0.5), 2 * cos(2));
}

static psi_arrays eight_layers(psi_arrays in, void *context)
{
    psi_array x = in.data[0];
    (void)context;
    for (int i = 0; i < 8; i++)
        x = psi_cumsum(psi_sin(x), 0, false, true);
    return LIST(psi_sum(x, PSI_NONE, false));
}

/* A loss that is kept keeps nothing of what it was made of, once it has a value. */
static void lets_go(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_arrays out, grads;
    psi_array x = psi_ones(PSI_INTS(1 << 16), PSI_FLOAT32), loss, grad;
    assert_true(psi_eval1(x));
    size_t before = psi_active_memory();
    {
        PSI_SCOPE;
        assert_true(psi_value_and_grad(eight_layers, NULL, PSI_ARRAYS(x), PSI_NONE, &out, &grads));
        loss = psi_promote(out.data[0]);
        grad = psi_promote(grads.data[0]);
    }
    assert_true(psi_eval(PSI_ARRAYS(loss, grad)));
    assert_true(psi_active_memory() - before < 2 * psi_nbytes(x));
}

enum { MANY = 70000 };

static psi_arrays parts_joined(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_concatenate(psi_split(in.data[0], MANY, 0), 0));
}

/* More parts than sixteen bits count. */
static void many_parts(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_arrays out, grads;
    psi_error_record e;
    psi_array x = psi_arange(0, MANY, 1, PSI_FLOAT32);
    psi_arrays parts = psi_split(x, MANY, 0);
    assert_int_equal(parts.count, MANY);
    EXPECT(parts.data[MANY - 1], PSI_INTS(1), MANY - 1);
    EXPECT(parts.data[MANY - 65536], PSI_INTS(1), MANY - 65536);
    assert_true(psi_vjp(parts_joined, NULL, PSI_ARRAYS(x), PSI_ARRAYS(x), &out, &grads));
    EXPECT(psi_array_equal(grads.data[0], x, false), ((psi_ints){NULL, 0}), 1);
    assert_int_equal(psi_split(x, 1 << 25, 0).count, 0);
    assert_true(psi_error(&e));
    assert_string_equal(e.message, "split: 33554432 parts; at most 16777216 are made");
}

static void refuses(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_error_record e;
    psi_array bad = psi_add(PSI_FLOATS(1, 2, 3), PSI_FLOATS(1, 2));
    assert_true(psi_is_error(psi_exp(bad)));
    assert_true(psi_error(&e));
    assert_int_equal(e.code, PSI_INVALID_ARGUMENT);
    assert_string_equal(e.message, "add: shapes (3) and (2) cannot be broadcast together");
    assert_true(psi_eval1(psi_exp(PSI_FLOATS(1))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evaluates),      cmocka_unit_test(long_chains_fuse),
        cmocka_unit_test(differentiates), cmocka_unit_test(batches),
        cmocka_unit_test(nests),          cmocka_unit_test(lets_go),
        cmocka_unit_test(many_parts),     cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
