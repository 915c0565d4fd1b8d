/* autograd.c: mirrors of the rows of upstream's tests/autograd_tests.cpp on vjp, jvp and grad themselves. */
#include "functions.h"

/* ---- stop_gradient ---- */

FUNCTION(stopped_sum, psi_stop_gradient(psi_add(x, filled(3, PSI_INTS(2)))))
FUNCTION(sum_with_stopped, psi_add(psi_stop_gradient(x), filled(3, PSI_INTS(2))))
FUNCTION(stopped_double, psi_stop_gradient(psi_add(x, x)))
FUNCTION(half_stopped, psi_multiply(x, psi_stop_gradient(x)))

static psi_arrays long_and_stopped(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = in.data[0];
    for (int i = 0; i < 9; i++)
        x = psi_multiply(x, x);
    return one(psi_stop_gradient(x));
}

PARITY_CASE(autograd, "tests/autograd_tests.cpp", "test stop gradient")
{
    psi_array grid = psi_zeros(PSI_INTS(3, 4), PSI_FLOAT32), whole = psi_zeros(PSI_INTS(3, 4), PSI_INT32);
    CHECK_EQUAL(psi_stop_gradient(grid), grid);
    CHECK_DTYPE(psi_stop_gradient(whole), PSI_INT32);
    CHECK_EQUAL(psi_stop_gradient(whole), whole);

    psi_array rows = psi_ones(PSI_INTS(4, 2), PSI_FLOAT32);
    CHECK_EQUAL(nth(psi_vmap(stopped_sum, NULL, PSI_ARRAYS(rows), PSI_NONE, PSI_NONE), 0),
                filled(4, PSI_INTS(4, 2)));
    CHECK_EQUAL(nth(psi_vmap(sum_with_stopped, NULL, PSI_ARRAYS(rows), PSI_NONE, PSI_NONE), 0),
                filled(4, PSI_INTS(4, 2)));

    CHECK_VALUES(PULLED(stopped_double, f32(5), f32(1)), 0);
    CHECK_VALUES(PUSHED(stopped_double, f32(5), f32(1)), 0);
    CHECK_VALUES(PULLED(half_stopped, f32(5), f32(2)), 10);
    CHECK_VALUES(PUSHED(half_stopped, f32(5), f32(2)), 10);
    /* What is stopped builds no graph: its powers would be infinite, and times zero not a number. */
    CHECK_VALUES(PULLED(long_and_stopped, f32(5), f32(1)), 0);
    CHECK_VALUES(PUSHED(long_and_stopped, f32(5), f32(1)), 0);
    CHECK_TRUE(psi_array_equal(PSI_FLOATS(1, 2), psi_stop_gradient(PSI_FLOATS(1, 2)), false));
}

/* ---- jvp and vjp ---- */

FUNCTION(sum_of_two, psi_add(x, y))
FUNCTION(product_of_two, psi_multiply(x, y))
FUNCTION(thrice, psi_add(psi_add(x, x), x))
FUNCTION(plus_captured, psi_add(x, *(psi_array *)context))
FUNCTION(constant_pair, PSI_FLOATS(4, 6))
FUNCTION(constant_scalar, f32(4))

/* 5 x, whose inner value is computed on the way and stays differentiable. */
static psi_arrays computed_on_the_way(psi_arrays in, void *context)
{
    psi_array y = psi_multiply(f32(5), in.data[0]);
    *(bool *)context = psi_eval1(y) && psi_is_available(y);
    return one(psi_multiply(f32(2), y));
}

static psi_arrays two_outputs(psi_arrays in, void *context)
{
    (void)context;
    psi_arrays out = psi_arrays_new(2);
    out.data[0] = psi_multiply(in.data[0], in.data[1]);
    out.data[1] = psi_multiply(in.data[1], in.data[in.count - 1]);
    return out;
}

PARITY_CASE(autograd, "tests/autograd_tests.cpp", "test jvp")
{
    psi_arrays out, tangents;
    bool computed = false;
    REQUIRE(
        psi_jvp(sum_of_two, NULL, PSI_ARRAYS(f32(2), f32(7)), PSI_ARRAYS(f32(1), f32(5)), &out, &tangents));
    CHECK_VALUES(out.data[0], 9);
    CHECK_VALUES(tangents.data[0], 6);
    CHECK_VALUES(nth(pushed(computed_on_the_way, &computed, PSI_ARRAYS(f32(1)), PSI_ARRAYS(f32(1))), 0), 10);
    CHECK(computed);
    psi_array held = f32(8);
    CHECK_VALUES(nth(pushed(plus_captured, &held, PSI_ARRAYS(f32(1)), PSI_ARRAYS(f32(4))), 0), 4);
    CHECK_VALUES(nth(pushed(plus_captured, &held, PSI_ARRAYS(held), PSI_ARRAYS(f32(3))), 0), 3);
    CHECK_REFUSED(pushed(thrice, NULL, PSI_ARRAYS(f32(1)), PSI_ARRAYS(PSI_FLOATS(1, 1))));
    CHECK_REFUSED(pushed(sum_of_two, NULL, PSI_ARRAYS(f32(1), f32(1)), PSI_ARRAYS(f32(1))));
    psi_array none = PUSHED(constant_pair, f32(1), f32(1));
    CHECK_EQUAL(none, psi_zeros(PSI_INTS(2), PSI_FLOAT32));
    CHECK_SHAPE(none, 2);
}

PARITY_CASE(autograd, "tests/autograd_tests.cpp", "test vjp")
{
    psi_arrays out, grads;
    psi_array held = f32(6), pair = psi_zeros(PSI_INTS(2), PSI_FLOAT32);
    REQUIRE(psi_vjp(plus_captured, &held, PSI_ARRAYS(f32(2)), PSI_ARRAYS(f32(1)), &out, &grads));
    CHECK_VALUES(out.data[0], 8);
    CHECK_VALUES(grads.data[0], 1);
    CHECK_VALUES(PULLED(thrice, f32(2), f32(1)), 3);
    CHECK_VALUES(PULLED(thrice, f32(2), f32(-4)), -12);
    CHECK_VALUES(nth(pulled(plus_captured, &held, PSI_ARRAYS(held), f32(1)), 0), 1);
    CHECK_REFUSED(PULLED(thrice, PSI_FLOATS(1), pair));
    CHECK_REFUSED(pulled(two_outputs, NULL, PSI_ARRAYS(pair, pair), pair));
    CHECK_EQUAL(PULLED(constant_scalar, pair, f32(1)), pair);
    psi_array x = f32(2), y = f32(3), z = f32(5);
    REQUIRE(psi_vjp(two_outputs, NULL, PSI_ARRAYS(x, y, z), PSI_ARRAYS(f32(10), f32(1)), &out, &grads));
    CHECK_EQ_INT(grads.count, 3);
    CHECK_EQ_INT(psi_size(grads.data[0]), 1);
    CHECK_VALUES(grads.data[0], 30);
    CHECK_VALUES(grads.data[1], 25);
    CHECK_VALUES(grads.data[2], 3);
    CHECK_TRUE(
        psi_array_equal(psi_array_from((float[]){30}, PSI_SCALAR_SHAPE, PSI_FLOAT32), grads.data[0], false));
}

/* ---- grad ---- */

/* A function of one number whose derivatives are taken again and again. */
typedef struct derivative {
    psi_function fn;
    int order;
} derivative;

static psi_arrays differentiate(psi_arrays in, void *context)
{
    const derivative *d = context;
    derivative inner = {d->fn, d->order - 1};
    psi_arrays out, grads;
    if (!d->order)
        return d->fn(in, NULL);
    return psi_value_and_grad(differentiate, &inner, in, PSI_NONE, &out, &grads) ? grads
                                                                                 : (psi_arrays){NULL, 0};
}

static psi_array nth_derivative(psi_function fn, int order, psi_array x)
{
    return nth(differentiate(PSI_ARRAYS(x), &(derivative){fn, order}), 0);
}

FUNCTION(plus_four, psi_add(x, f32(4)))
FUNCTION(exponential, psi_exp(x))

/* (x + 2)^2; what stands aside is computed without being kept, what leads to the result is computed and kept. */
static psi_arrays square_beside(psi_arrays in, void *context)
{
    psi_array x = psi_add(in.data[0], f32(2)), *aside = context;
    if (!psi_eval1(aside ? *aside : x))
        return (psi_arrays){NULL, 0};
    return one(psi_square(x));
}

/* x^2 or 5 x, by the value. */
static psi_arrays by_value(psi_arrays in, void *context)
{
    double value = 0;
    (void)context;
    psi_item(in.data[0], &value);
    return one(value > 2 ? psi_square(in.data[0]) : psi_multiply(f32(5), in.data[0]));
}

static psi_arrays gradient(psi_function fn, void *context, psi_arrays at, psi_ints argnums)
{
    psi_arrays out, grads;
    return psi_value_and_grad(fn, context, at, argnums, &out, &grads) ? grads : (psi_arrays){NULL, 0};
}

PARITY_CASE(autograd, "tests/autograd_tests.cpp", "test grad")
{
    psi_arrays out, grads, both = PSI_ARRAYS(f32(4), f32(7));
    derivative first = {plus_four, 1};
    REQUIRE(psi_value_and_grad(plus_four, NULL, PSI_ARRAYS(f32(2)), PSI_NONE, &out, &grads));
    CHECK_VALUES(out.data[0], 6);
    CHECK_VALUES(grads.data[0], 1);
    REQUIRE(psi_value_and_grad(differentiate, &first, PSI_ARRAYS(f32(2)), PSI_NONE, &out, &grads));
    CHECK_VALUES(out.data[0], 1);
    CHECK_VALUES(grads.data[0], 0);
    CHECK_EQUAL(nth_derivative(plus_four, 1, f32(3)), psi_ones(PSI_SCALAR_SHAPE, PSI_FLOAT32));
    CHECK_EQUAL(nth_derivative(plus_four, 2, f32(3)), f32(0));
    for (int order = 1; order <= 3; order++)
        CHECK_CLOSE(nth_derivative(exponential, order, f32(0.5)), psi_exp(f32(0.5)), 1e-6, 0);

    psi_array aside = psi_add(f32(1), f32(1));
    CHECK_VALUES(nth(gradient(square_beside, &aside, PSI_ARRAYS(f32(3)), PSI_NONE), 0), 10);
    CHECK(psi_is_available(aside));
    CHECK_VALUES(aside, 2);
    CHECK_VALUES(nth(gradient(square_beside, NULL, PSI_ARRAYS(f32(3)), PSI_NONE), 0), 10);
    CHECK_VALUES(nth_derivative(by_value, 1, f32(1)), 5);
    CHECK_VALUES(nth_derivative(by_value, 1, f32(3)), 6);

    REQUIRE(psi_value_and_grad(product_of_two, NULL, both, PSI_NONE, &out, &grads));
    CHECK_VALUES(out.data[0], 28);
    CHECK_EQ_INT(grads.count, 1);
    CHECK_VALUES(grads.data[0], 7);
    CHECK_VALUES(nth(gradient(product_of_two, NULL, both, PSI_INTS(0)), 0), 7);
    CHECK_VALUES(nth(gradient(product_of_two, NULL, both, PSI_INTS(1)), 0), 4);
    CHECK_VALUES(nth(gradient(product_of_two, NULL, both, PSI_INTS(-1)), 0), 4);
    grads = gradient(product_of_two, NULL, both, PSI_INTS(0, 1));
    CHECK_VALUES(nth(grads, 0), 7);
    CHECK_VALUES(nth(grads, 1), 4);
    CHECK_REFUSED(gradient(product_of_two, NULL, both, (psi_ints){NULL, 0}));
    CHECK_REFUSED(gradient(product_of_two, NULL, both, PSI_INTS(0, 1, 2)));
    CHECK_REFUSED(gradient(product_of_two, NULL, both, PSI_INTS(0, 0)));
    CHECK_REFUSED(gradient(product_of_two, NULL, both, PSI_INTS(-3)));
    CHECK_VALUES(psi_array_from((double[]){3}, PSI_INTS(1), PSI_FLOAT64), 3);
}

FUNCTION(doubled_total, psi_sum(psi_multiply(x, psi_scalar(2, psi_dtype_of(x))), PSI_NONE, false))
FUNCTION(total_of_both, psi_sum(psi_add(x, y), PSI_NONE, false))

PARITY_CASE(autograd, "tests/autograd_tests.cpp", "test grad types")
{
    const psi_dtype dtypes[] = {PSI_FLOAT16, PSI_BFLOAT16, PSI_FLOAT32};
    for (int i = 0; i < 3; i++) {
        psi_array x = psi_scalar(3, dtypes[i]), y = psi_scalar(4, dtypes[i]);
        CHECK_DTYPE(nth(gradient(doubled_total, NULL, PSI_ARRAYS(x), PSI_NONE), 0), dtypes[i]);
        CHECK_DTYPE(nth(gradient(total_of_both, NULL, PSI_ARRAYS(x, y), PSI_NONE), 0), dtypes[i]);
    }
}

/* ---- state ---- */

typedef struct moving {
    psi_array x, state;
} moving;

/* sum(y x); keeps the product in the state, which outlives the call. */
static psi_arrays move(psi_arrays in, void *context)
{
    moving *m = context;
    psi_array moved = psi_multiply(in.data[0], m->x);
    m->state = psi_add(m->state, moved);
    return one(psi_sum(moved, PSI_NONE, false));
}

PARITY_CASE(autograd, "tests/autograd_tests.cpp", "test update state")
{
    moving m = {PSI_FLOATS(2, 3), PSI_FLOATS(10, 20)};
    CHECK_VALUES(nth(gradient(move, &m, PSI_ARRAYS(PSI_FLOATS(4)), PSI_NONE), 0), 5);
    REQUIRE(psi_eval1(m.state));
    CHECK(psi_is_available(m.state));
    CHECK_EQUAL(m.state, PSI_FLOATS(18, 32));
}

/* ---- derivatives in both directions agree ---- */

typedef psi_array (*unary)(psi_array a);
typedef psi_array (*binary)(psi_array a, psi_array b);
FUNCTION(call_unary, (*(unary *)context)(x))
FUNCTION(call_binary, (*(binary *)context)(x, y))
FUNCTION(call_where, psi_where(x, y, z))

static psi_array uniform(uint64_t seed)
{
    return psi_random_uniform(f32(0), f32(1), PSI_INTS(4, 6), PSI_FLOAT32, psi_random_key((int64_t)seed));
}

PARITY_CASE(autograd, "tests/autograd_tests.cpp", "test jvp from vjp")
{
    psi_array x = uniform(1), y = uniform(2), ones = psi_ones(psi_shape(x), PSI_FLOAT32);
    REQUIRE(psi_default_device().type == PSI_CPU && psi_eval(PSI_ARRAYS(x, y)));
    const unary unaries[] = {psi_abs, psi_cos,    psi_erf,      psi_erfinv,  psi_exp,
                             psi_log, psi_log1p,  psi_negative, psi_sigmoid, psi_sign,
                             psi_sin, psi_square, psi_sqrt,     psi_rsqrt};
    for (size_t i = 0; i < sizeof unaries / sizeof *unaries; i++) {
        unary fn = unaries[i];
        CHECK_EQUAL(nth(pulled(call_unary, &fn, PSI_ARRAYS(x), ones), 0),
                    nth(pushed(call_unary, &fn, PSI_ARRAYS(x), PSI_ARRAYS(ones)), 0));
    }
    const binary binaries[] = {psi_add,     psi_divide,   psi_logaddexp, psi_maximum,
                               psi_minimum, psi_multiply, psi_subtract,  psi_power};
    for (size_t i = 0; i < sizeof binaries / sizeof *binaries; i++) {
        binary fn = binaries[i];
        psi_arrays grads = pulled(call_binary, &fn, PSI_ARRAYS(x, y), ones);
        CHECK_EQUAL(psi_add(nth(grads, 0), nth(grads, 1)),
                    nth(pushed(call_binary, &fn, PSI_ARRAYS(x, y), PSI_ARRAYS(ones, ones)), 0));
    }
    psi_array condition = psi_random_randint(i32(0), i32(2), psi_shape(x), PSI_INT32, psi_random_key(3));
    psi_arrays grads = pulled(call_where, NULL, PSI_ARRAYS(condition, x, y), ones);
    CHECK_EQUAL(psi_add(psi_add(nth(grads, 0), nth(grads, 1)), nth(grads, 2)),
                nth(pushed(call_where, NULL, PSI_ARRAYS(condition, x, y),
                           PSI_ARRAYS(psi_ones(psi_shape(x), PSI_INT32), ones, ones)),
                    0));
}
